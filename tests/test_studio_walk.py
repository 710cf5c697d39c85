"""A month in the studio, in a browser: from a file to the outbox; an item by keyboard, a hostile letter."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from newsletter.model.studio import Role
from newsletter.pipeline import studio as verbs
from newsletter.pipeline.monthly import Means
from tests.browser import Town, browser, letter
from tests.studio_town import MONTH, NOW, account, come_in, studio

HERE = f"/studio/{MONTH}"
expect.set_options(timeout=30_000)  # a month is composed meanwhile, on a machine that may be busy


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with studio(tmp_path_factory.mktemp("walk")) as running:
        for name in ("lea", "noe", "zoe"):
            running.reader(f"{name}@exemple.example", "public")
        running.now = NOW
        yield running


class Browsing:
    """Somebody in a browser of their own; whatever is asked of another machine, or complains, is kept."""

    def __init__(self, chromium: Browser, site: Town, role: Role | None, width: int = 1200) -> None:
        self.site = site
        self.context: BrowserContext = chromium.new_context(viewport={"width": width, "height": 900})
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(40_000)
        self.asked: list[str] = []
        self.said: list[str] = []
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.context.on("console", lambda message: self.said.append(message.text))
        if role is not None:
            self.go(account(site, role))
            self.press("Entrer dans le studio")

    def go(self, path: str) -> None:
        self.page.goto(self.site.url + path, wait_until="domcontentloaded")

    def press(self, words: str) -> None:
        self.page.get_by_role("button", name=words, exact=True).first.click()

    def follow(self, words: str) -> None:
        self.page.get_by_role("link", name=words, exact=True).first.click()

    def sees(self, words: str) -> None:
        expect(self.page.locator("main")).to_contain_text(re.compile(words))

    def letter(self, audience: str = "public") -> str:
        """The words in a frame."""
        frame = self.page.frame_locator(f"article:has(#lettre-{audience}) iframe:not(.coming)")
        return " ".join(frame.locator("body").inner_text().split())

    def leave(self) -> None:
        self.context.close()
        assert [url for url in self.asked if not url.startswith(self.site.url)] == []
        assert [words for words in self.said if "status of 4" not in words and "img-src 'none'" not in words] == []


def mend(site: Town, before: str, after: str) -> None:
    """Somebody saves a file."""
    file = site.config.folder / "data" / "entraide.csv"
    written = file.read_text("utf-8")
    assert before in written
    file.write_text(written.replace(before, after), "utf-8")


def drop(who: Browsing, written: str) -> None:
    """Somebody gives a new version of a file, by its page."""
    who.go("/studio/fichiers")
    file = who.page.locator("section.file").filter(has=who.page.get_by_role("heading", name="data/entraide.csv"))
    file.locator("summary").click()
    new = {"name": "Entraide de décembre.csv", "mimeType": "text/csv", "buffer": written.encode()}
    file.locator("input[type=file]").set_input_files(new)  # type: ignore[arg-type]
    file.get_by_role("button", name="Voir ce qu’il change").click()
    who.sees("Rien n’est encore changé")


def test_a_month_from_its_files_to_the_outbox(site: Town, chromium: Browser) -> None:
    awa, bilal = Browsing(chromium, site, Role.EDITOR), Browsing(chromium, site, Role.APPROVER)
    awa.sees("Le brouillon du mois n’est pas encore composé")
    awa.follow("Composer le brouillon")
    awa.press("Composer le brouillon")
    assert "Bonjour Camille" in awa.letter()

    file = site.config.folder / "data" / "entraide.csv"
    before = file.read_text("utf-8")
    drop(awa, before.replace("18/12/2021", "31/11/2021").replace("Une heure ou deux", "Deux heures"))
    awa.sees("31/11/2021.*cette date n.existe pas")
    assert file.read_text("utf-8") == before
    awa.press("Remplacer le fichier")
    awa.go("/studio")
    awa.sees("data/entraide.csv")
    awa.sees("31/11/2021.*cette date n.existe pas")
    drop(awa, before.replace("Une heure ou deux", "Deux heures"))
    awa.sees("Ce qu’il corrige")
    awa.press("Remplacer le fichier")
    awa.go(HERE)
    awa.press("Relire les fichiers")
    assert "Deux heures pour trier" in awa.letter()
    mend(site, "Un barnum de trois mètres sur six", "Un grand barnum")
    shown = awa.page.frame_locator("article:has(#lettre-associations) iframe:not(.coming)").locator("body")
    expect(shown).to_contain_text("Un grand barnum")  # by itself

    awa.page.locator("#objet-public").fill("Décembre, au chaud")
    awa.page.get_by_label("Éditorial", exact=True).fill("Chères et chers **voisins**, bel hiver.")
    awa.press("Enregistrer")
    awa.sees("C’est enregistré")
    assert "Chères et chers voisins, bel hiver." in awa.letter()

    awa.follow("Relecture")
    awa.page.get_by_label("Adresses, une par ligne").fill("Élise (exemple) <elise@exemple.example>")
    awa.press("Envoyer les invitations")
    awa.sees("Élise \\(exemple\\)")
    link = next(re.search(r"/studio/relire/\S+", str(mail.get_content())) for mail in site.mails())
    assert link
    elise = Browsing(chromium, site, None, 360)
    elise.go(link[0])
    assert "bel hiver" in elise.letter()
    elise.page.get_by_label("Votre remarque").fill("« Chers » suffit.")
    elise.press("Envoyer ma remarque")
    elise.sees("Votre remarque est notée")
    elise.leave()

    awa.go("/studio")
    awa.follow("Lire les remarques")
    awa.sees("« Chers » suffit")
    awa.press("Marquer comme réglée la remarque de Élise (exemple)")
    awa.sees("Aucune remarque n’attend")

    bilal.go("/studio")
    bilal.follow("Relire et donner mon accord")
    bilal.sees("3\u00a0abonnés")
    bilal.sees("mercredi 1er\u00a0décembre à 9\u00a0h")
    bilal.press("Donner mon accord")
    bilal.sees("Votre accord est donné")

    awa.go(HERE)
    mend(site, "Blanc, ", "Tout blanc, ")
    awa.sees("1 ligne a changé")  # by itself, and nothing else is
    bilal.go(f"{HERE}/accord")
    bilal.sees("1 ligne a changé\u00a0: rouvrir")
    bilal.sees("Tout blanc")
    bilal.press("Rouvrir l’édition")
    bilal.sees("L’édition est rouverte")
    awa.go(HERE)
    awa.press("Relire les fichiers")
    bilal.go(f"{HERE}/accord")
    bilal.press("Donner mon accord")
    bilal.follow("Envoyer maintenant…")
    bilal.sees("3\u00a0personnes recevront")
    bilal.press("Oui, envoyer à 3\u00a0personnes")
    bilal.sees("L’édition part à 10\u00a0h\u00a010")
    awa.go(f"{HERE}/accord")
    awa.press("Annuler l’envoi")
    awa.sees("rien n’est parti")
    site.wait(minutes=11)
    assert verbs.leave_due(site.config, site.store, Means(site.clock)) == []

    bilal.go(f"{HERE}/envoi")
    bilal.press("Oui, envoyer à 3\u00a0personnes")
    site.wait(minutes=11)
    verbs.leave_due(site.config, site.store, Means(site.clock))
    sent = [mail for mail in site.outbox() if "lettre." in str(mail["List-Id"])]
    assert len(sent) == 3
    assert {str(mail["Subject"]) for mail in sent} == {"Décembre, au chaud"}
    bilal.go("/studio")
    bilal.sees("remis\\s*3")
    awa.leave()
    bilal.leave()


def test_an_item_is_moved_and_hidden_by_keyboard(site: Town, chromium: Browser) -> None:
    site.empty()
    site.now = NOW
    come_in(site, Role.EDITOR).post(f"{HERE}/composer")
    who = Browsing(chromium, site, Role.EDITOR)
    who.go(HERE)
    titles = who.page.locator("#rubrique-event + ol .title b")
    first, second = titles.nth(0).inner_text(), titles.nth(1).inner_text()
    who.page.get_by_role("button", name=f"Descendre « {first} »".replace("« ", "« ").replace(" »", " »")).focus()
    who.page.keyboard.press("Enter")
    expect(titles.nth(0)).to_have_text(second)
    who.page.locator("#rubrique-event + ol summary").first.focus()
    who.page.keyboard.press("Enter")
    who.page.keyboard.press("Tab")
    who.page.keyboard.type("complet")
    who.page.keyboard.press("Tab")
    who.page.keyboard.press("Enter")
    who.sees("Masquée.*complet")
    assert second not in who.letter()
    who.leave()


def test_no_script_of_a_letter_runs_in_its_frame_nor_alone(site: Town, chromium: Browser) -> None:
    site.empty()
    site.now = NOW
    attack = (
        "<script>document.title='prise';top.document.title='prise'</script><img src=x onerror=document.title='prise'>"
    )
    hostile = {name: replace(letter(name), html=letter(name).html + attack) for name in site.config.audiences}
    site.store.editions.draft(MONTH, hostile, rules="{}", send_at=NOW, at=NOW)
    who = Browsing(chromium, site, Role.EDITOR)
    who.go(HERE)
    assert "Bonjour Camille" in who.letter()
    assert who.page.title().startswith("Décembre 2021")
    assert [frame.title() for frame in who.page.frames[1:]] == ["La lettre", "La lettre"]
    who.go(f"{HERE}/lettre/public")
    assert who.page.title() == "La lettre"
    who.context.close()
