"""Every page of the studio, in every state that looks different: who comes to see it, and what they do to get there.

lived_in   a town whose month has been worked on, and whose next one is approved
VIEWS      by name
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page

from newsletter.model.studio import Role
from tests.browser import Town
from tests.studio_town import MONTH, NOW, Somebody, come_in

HERE, NEXT = f"/studio/{MONTH}", "/studio/2022-01"
SMALL, LARGE = 320, 1600
# Of a page that takes the keyboard: what the Tab key must come to, and where it is now.
REACHED = """() => {
  const all = [...document.querySelectorAll('a[href],button,input,select,textarea,summary,iframe')];
  const first = one => one === document.getElementsByName(one.name)[0];  // the arrow keys go on from there
  const shown = all.filter(one => one.type !== 'hidden' && !one.disabled && one.checkVisibility()
    && (one.type !== 'radio' || first(one)));
  shown.forEach((one, place) => { one.dataset.place = place; });
  return shown.map(one => one.tagName + ' ' + (one.getAttribute('aria-label') || one.textContent || one.name).trim());
}"""
FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  const label = one.type === 'file' || one.tagName === 'IFRAME' ? true : null;
  const seen = label || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0);
  return [one.dataset.place === undefined ? -1 : +one.dataset.place, seen];
}"""


@dataclass(frozen=True)
class View:
    """A page. `role` None: nobody has come in. `act`: what is done on it first. `scripts`: whether it has its own."""

    path: str
    role: Role | None = Role.ADMIN
    act: Callable[["Lived", Page], None] | None = None
    scripts: bool = True


@dataclass(frozen=True)
class Lived:
    """The town, and the cookies of who may come in."""

    site: Town
    people: Mapping[Role, Somebody]
    guest: str

    def show(self, page: Page, view: View) -> None:
        """Brings a page to that view."""
        if not view.scripts:
            page.route("**/studio.js*", lambda asked: asked.abort())
        page.goto(self.site.url + (self.guest if view.role is Role.GUEST else view.path), wait_until="load")
        if view.act:
            view.act(self, page)

    def context(self, chromium: Browser, role: Role | None, scheme: str, width: int) -> BrowserContext:
        """A browser in which they have come in."""
        size = {"width": width, "height": 900}
        made = chromium.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
        if role in self.people:
            session = self.people[role].client.cookies["studio"]
            made.add_cookies([{"name": "studio", "value": session, "url": f"{self.site.url}/studio"}])
        return made


def lived_in(site: Town) -> Lived:
    """A month with remarks, a guest and items that were arranged; the next one, approved, and files changed since."""
    for name in ("lea", "noe", "zoe"):
        site.reader(f"{name}@exemple.example", "public")
    site.now = NOW
    people = {role: come_in(site, role) for role in (Role.EDITOR, Role.APPROVER, Role.ADMIN)}
    awa, dan = people[Role.EDITOR], people[Role.ADMIN]
    awa.post(f"{HERE}/composer")
    awa.post(f"{HERE}/remarques", {"mots": "Le titre de la chorale est-il juste ?"})
    dan.post(f"{HERE}/remarques/1/reponse", {"mots": "Oui, vu avec eux."})
    awa.post(f"{HERE}/remarques", {"mots": "Et le prix ?"})
    awa.post(f"{HERE}/remarques/3/regler")
    awa.post(f"{HERE}/invitations", {"adresses": "Élise (exemple) <elise@exemple.example>"})
    link = next(re.search(r"/studio/relire/\S+", str(mail.get_content())) for mail in site.mails())
    assert link
    items = list(site.store.editions.letters(MONTH)["public"].items)
    for act in (
        {"faire": "epingler"},
        {"faire": "masquer", "raison": "complet"},
        {"faire": "raccourcir", "mots": "Venez."},
    ):
        awa.post(f"{HERE}/annonce", {"annonce": items.pop(), "vu": awa.seen(), **act})
    awa.post(f"{NEXT}/composer")
    digest = site.store.editions.get("2022-01")
    assert digest
    seen = re.findall('name="vu" value="([^"]+)"', dan.get(f"{NEXT}/accord").text)
    assert dan.post(f"{NEXT}/accord", {"empreinte": digest.digest, "vu": seen}).status_code == 303
    file = site.config.folder / "data" / "entraide.csv"
    file.write_text(file.read_text("utf-8").replace("Blanc, ", "Tout blanc, "), "utf-8")
    awa.post(f"{HERE}/composer")  # else the first to open its page would have it composed
    return Lived(site, people, link[0])


def overtaken_item(town: Lived, page: Page) -> None:
    _meanwhile(town)
    page.locator("#rubrique-event + ol button[value=descendre]").first.click()
    page.get_by_text("a enregistré avant vous").first.wait_for()
    page.wait_for_load_state("load")


def overtaken_words(town: Lived, page: Page) -> None:
    page.locator("#objet-public").fill("Décembre, au chaud")
    _meanwhile(town)
    page.locator("#textes form button.button").last.click()
    page.get_by_text("a enregistré avant vous").first.wait_for()
    page.wait_for_load_state("load")


def _meanwhile(town: Lived) -> None:
    """Somebody else saves."""
    dan = town.people[Role.ADMIN]
    dan.post(f"{HERE}/textes", {"vu": dan.seen(), "editorial": f"Bonjour, {dan.seen()}.", "avec": "oui"})


def opened(town: Lived, page: Page) -> None:
    """Whatever unfolds is unfolded."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")


def nothing_said(town: Lived, page: Page) -> None:
    page.evaluate("document.querySelectorAll('[required]').forEach(one => one.removeAttribute('required'))")
    page.get_by_role("button", name="Noter la remarque").click()


def new_account(town: Lived, page: Page) -> None:
    page.locator("input[name=adresse]").last.fill(f"eve{town.site.store.audit.of()[-1].id}@malakoff.example")
    page.locator("form[action='/studio/comptes'] button").last.click()


def dropped(town: Lived, page: Page) -> None:
    """A new version of a file: a row more, one that is wrong, one changed."""
    file = town.site.config.folder / "data" / "entraide.csv"
    written = (
        file.read_text("utf-8-sig").replace("18/12/2021", "31/11/2021").replace("un jeudi sur deux", "le jeudi", 1)
    )
    words = f"{written}Offre,Une sono (exemple),Scarabé-e,31/03/2022,materiel@scarabee.example,tous,Pour vos fêtes.\n"
    field = page.locator("section.file:has(h2:text-is('data/entraide.csv'))")
    field.locator("summary").click()
    field.locator("input[type=file]").set_input_files(
        {"name": "neuf.csv", "mimeType": "text/csv", "buffer": words.encode()}
    )
    field.get_by_role("button", name="Voir ce qu’il change").click()
    page.wait_for_url("**/depot/**")


def nothing_dropped(town: Lived, page: Page) -> None:
    """A file that is not what its name says."""
    field = page.locator("section.file:has(h2:text-is('data/agenda.xlsx'))")
    field.locator("summary").click()
    file = {"name": "agenda.xlsx", "mimeType": "application/octet-stream", "buffer": b"Bonjour"}
    field.locator("input[type=file]").set_input_files(file)
    field.get_by_role("button", name="Voir ce qu’il change").click()
    page.wait_for_load_state("load")


def looked_up(address: str) -> Callable[[Lived, Page], None]:
    def look(town: Lived, page: Page) -> None:
        page.locator("#adresse").fill(address)
        page.get_by_role("button", name="Voir ses lettres").click()
        page.wait_for_load_state("load")

    return look


VIEWS: Mapping[str, View] = {
    "entrer": View("/studio/entrer", None),
    "lien perdu": View("/studio/entrer/faux", None),
    "accueil": View("/studio"),
    "accueil, relecture": View("/studio", Role.APPROVER),
    "lettres": View(HERE, act=opened),
    "lettres au téléphone, sombres": View(f"{HERE}?largeur=telephone&fond=sombre&images=non", Role.EDITOR),
    "lettres en texte": View(f"{HERE}?format=texte", Role.APPROVER),
    "lettres approuvées": View(NEXT),
    "annonce dépassée": View(HERE, Role.EDITOR, overtaken_item, scripts=False),
    "textes dépassés": View(HERE, Role.EDITOR, overtaken_words),
    "relecture": View(f"{HERE}/relecture", act=opened),
    "remarque vide": View(f"{HERE}/relecture", act=nothing_said),
    "accord": View(f"{HERE}/accord", Role.APPROVER, opened),
    "accord donné": View(f"{NEXT}/accord", act=opened),
    "envoi": View(f"{NEXT}/envoi"),
    "versions": View(f"{HERE}/versions", act=opened),
    "versions comparées": View(f"{HERE}/versions?avant=1&apres=4", act=opened),
    "versions comparées, téléphone sombre": View(f"{HERE}/versions?avant=1&apres=4&largeur=telephone&fond=sombre"),
    "fichiers": View("/studio/fichiers", Role.EDITOR, opened),
    "fichier déposé": View("/studio/fichiers", Role.EDITOR, dropped),
    "fichier refusé": View("/studio/fichiers", Role.EDITOR, nothing_dropped),
    "abonnée": View(f"{HERE}/abonne", Role.EDITOR, looked_up("lea@exemple.example")),
    "inconnue": View(f"{HERE}/abonne", Role.EDITOR, looked_up("nemo@exemple.example")),
    "comptes": View("/studio/comptes", act=opened),
    "journal": View("/studio/journal"),
    "compte": View("/studio/compte", Role.APPROVER),
    "pas composée": View("/studio/2022-06"),
    "nulle part": View("/studio/2021-13"),
    "pas permis": View("/studio/journal", Role.EDITOR),
    "invitée": View("", Role.GUEST, opened),
}


def unreached(page: Page) -> list[str]:
    """What the Tab key never comes to, or without a mark one sees."""
    wanted = page.evaluate(REACHED)
    left, unseen = dict(enumerate(wanted)), []
    page.evaluate("document.activeElement.blur()")
    for _ in range(3 * len(wanted) + 400):  # the links of a letter in a frame are come to as well
        page.keyboard.press("Tab")
        place, seen = page.evaluate(FOCUSED)
        if place in left:
            said = left.pop(place)
            unseen += [] if seen else [f"{said} (sans marque)"]
        if not left:
            break
    return [*left.values(), *unseen]
