"""What staff do to an edition in the studio's pages, and what its frames let a letter do: nothing."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import escape, unescape
from io import BytesIO
from typing import Any
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest

from newsletter.composer.wording import tidy
from newsletter.model import EditionState, Kind
from newsletter.model.studio import Person, Role
from newsletter.web.desk import Stuck
from newsletter.web.studio.letters import POLICY, cut
from newsletter.web.studio.saying import Saying
from tests.browser import Town
from tests.studio_town import MONTH, NAMES, NOW, Somebody, address, come_in, studio

HERE = f"/studio/{MONTH}"
AWA = Person(NAMES[Role.EDITOR], Role.EDITOR)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with studio(tmp_path_factory.mktemp("pages")) as running:
        running.now = NOW
        yield running


@pytest.fixture(scope="module")
def awa(site: Town) -> Somebody:
    who = come_in(site, Role.EDITOR)
    assert who.post(f"{HERE}/composer").status_code == 303
    return who


@pytest.fixture(scope="module")
def dan(site: Town) -> Somebody:
    return come_in(site, Role.ADMIN)


def change(who: Somebody, id_: str, act: str, **more: str) -> int:
    form = {"annonce": id_, "faire": act, "vu": who.seen(), **more}
    return who.post(f"{HERE}/annonce", form).status_code


def printed(site: Town) -> list[str]:
    basis = site.store.editions.basis(MONTH)
    return [id_ for id_ in site.store.editions.letters(MONTH)["public"].items if basis.items[id_]["kind"] == Kind.EVENT]


def test_an_item_goes_up_and_down_is_pinned_hidden_shortened_and_as_usual_again(site: Town, awa: Somebody) -> None:
    first, second, third = printed(site)[:3]
    assert change(awa, second, "monter") == 303
    assert printed(site)[:3] == [second, first, third]
    change(awa, second, "descendre")
    assert printed(site)[:3] == [first, second, third]
    change(awa, third, "epingler")
    assert printed(site)[:3] == [third, first, second]
    change(awa, third, "depingler")
    assert printed(site)[:3] == [first, second, third]
    assert change(awa, first, "masquer", raison="") == 422
    change(awa, first, "masquer", raison="complet depuis hier")
    assert first not in printed(site)
    assert "complet depuis hier" in awa.get(HERE).text
    change(awa, first, "montrer")
    assert first in printed(site)
    change(awa, first, "raccourcir", mots="Venez nombreux.")
    assert "Venez nombreux." in site.store.editions.letters(MONTH)["public"].text
    change(awa, first, "retablir")
    assert "Venez nombreux." not in site.store.editions.letters(MONTH)["public"].text


def test_what_is_no_item_and_what_is_no_button_change_nothing(site: Town, awa: Somebody) -> None:
    before = awa.seen()
    assert change(awa, "inconnue", "monter") == 422
    assert change(awa, "../../x", "masquer", raison="x") == 422
    assert change(awa, printed(site)[0], "effacer") == 422
    assert awa.post(f"{HERE}/annonce", {"annonce": printed(site)[0], "faire": "epingler", "vu": "x"}).status_code == 409
    assert awa.seen() == before


def test_of_two_who_write_at_once_the_second_is_told_and_keeps_what_they_wrote(
    site: Town, awa: Somebody, dan: Somebody
) -> None:
    seen = awa.seen()
    first = {"vu": seen, "editorial": "De la part d’Awa.", "avec": "oui", "objet-public": "Objet d’Awa"}
    assert awa.post(f"{HERE}/textes", first).status_code == 303
    second = {"vu": seen, "editorial": "De la part de Dan <b>.", "avec": "oui", "objet-public": "Objet de Dan"}
    told = dan.post(f"{HERE}/textes", second)
    assert told.status_code == 409
    assert "Awa (exemple) a enregistré avant vous" in told.text
    assert "De la part de Dan &lt;b&gt;." in told.text
    assert 'value="Objet de Dan"' in told.text
    assert "De la part d’Awa." in told.text
    assert site.store.arrangements.get(MONTH).arrangement.editorial == "De la part d’Awa."
    again = re.search(r'name="vu" value="(\d+)"', told.text)
    assert again
    assert dan.post(f"{HERE}/textes", {**second, "vu": again[1]}).status_code == 303
    assert site.store.arrangements.get(MONTH).arrangement.subjects == {"public": "Objet de Dan"}


def meanwhile(site: Town, **changes: object) -> str:
    """Awa arranges the edition, without composing it; the number of the arrangement before."""
    before = site.store.arrangements.get(MONTH)
    arrangement = replace(before.arrangement, **changes)  # type: ignore[arg-type]
    site.store.arrangements.save(MONTH, arrangement, seen=before.version, by=AWA, at=site.now)
    return str(before.version)


def wanted(page: str) -> dict[str, str]:
    """The form of a page on which one button does again what was wanted."""
    form = page.split('action="/studio/2021-12/annonce"', 1)[1].split("</form>", 1)[0]
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    return fields | dict(re.findall(r'<textarea [^>]*name="(\w+)"[^>]*>([^<]*)<', form))


def test_who_is_overtaken_over_an_item_sees_what_was_done_and_does_it_in_one_click(site: Town, dan: Somebody) -> None:
    first, second = printed(site)[:2]
    titles = {id_: facts["title"] for id_, facts in site.store.editions.basis(MONTH).items.items()}
    seen = meanwhile(site, hidden={first: "complet <b>"})
    meanwhile(site, pinned=(second,))
    form = {"vu": seen, "annonce": second, "faire": "raccourcir", "mots": "Plus <i>court</i>.", "raison": ""}
    told = dan.post(f"{HERE}/annonce", form)
    assert told.status_code == 409
    assert "Awa (exemple) a enregistré avant vous" in told.text
    assert "est masquée\u00a0: complet &lt;b&gt;" in told.text
    assert "est épinglée en tête" in told.text
    assert f"Vous vouliez changer la description de «\u00a0{tidy(titles[second])}\u00a0»" in unescape(told.text)
    assert "Plus &lt;i&gt;court&lt;/i&gt;." in told.text
    again = {name: unescape(value) for name, value in wanted(told.text).items()}
    assert again["mots"] == "Plus <i>court</i>."
    assert dan.client.post(f"{site.url}{HERE}/annonce", data=again).status_code == 303
    now = site.store.arrangements.get(MONTH).arrangement
    assert now.shortened[second] == "Plus <i>court</i>."
    assert (now.hidden[first], now.pinned) == ("complet <b>", (second,)), "on top of what the other did"
    meanwhile(site, hidden={}, pinned=(), shortened={})


def test_what_somebody_else_has_done_already_is_not_done_again(site: Town, dan: Somebody) -> None:
    id_ = printed(site)[0]
    seen = meanwhile(site, pinned=(id_,))
    told = dan.post(f"{HERE}/annonce", {"vu": seen, "annonce": id_, "faire": "epingler"})
    assert (told.status_code, "Il n’y a rien à refaire" in told.text) == (409, True)
    assert '<form method="post" action="/studio/2021-12/annonce"' not in told.text
    meanwhile(site, pinned=())


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 30, "999", "²"])
def test_a_page_that_says_nothing_of_what_was_seen_is_overtaken(site: Town, dan: Somebody, seen: str) -> None:
    form = {"vu": seen, "annonce": printed(site)[0], "faire": "epingler"}
    assert dan.post(f"{HERE}/annonce", form).status_code == 409
    assert dan.post(f"{HERE}/textes", {"vu": seen, "editorial": "Un mot"}).status_code == 409


def test_texts_too_long_and_overtaken_too_are_told_of_both(site: Town, dan: Somebody) -> None:
    seen = meanwhile(site, editorial="Un mot d’Awa.", with_editorial=True)
    refused = dan.post(f"{HERE}/textes", {"vu": seen, "editorial": "mot " * 900})
    assert refused.status_code == 422
    assert f'name="vu" value="{seen}">\n<div class="columns">' in refused.text
    told = dan.post(f"{HERE}/textes", {"vu": seen, "editorial": "De la part de Dan."})
    assert told.status_code == 409
    assert "L’éditorial est récrit" in told.text or "L’éditorial est écrit" in told.text
    assert "Enregistré\u00a0: coché" in told.text


def test_what_is_too_long_stays_on_the_page_to_be_shortened(awa: Somebody) -> None:
    answer = awa.post(f"{HERE}/textes", {"vu": awa.seen(), "editorial": "mot " * 900, "avec": "oui"})
    assert answer.status_code == 422
    assert "a plus de 3000 caractères" in answer.text
    assert "mot mot mot" in answer.text


def test_an_editorial_switched_off_is_kept_and_not_printed(site: Town, awa: Somebody) -> None:
    awa.post(f"{HERE}/textes", {"vu": awa.seen(), "editorial": "Un mot **doux**."})
    assert "doux" not in site.store.editions.letters(MONTH)["public"].html
    assert "Un mot **doux**." in awa.get(HERE).text


@pytest.mark.parametrize(
    ("query", "inside", "outside"),
    [
        ("", "/images/", "https://lettre.malakoff.example/images/"),
        ("?fond=sombre", "@media all", "(prefers-color-scheme: dark)"),
        ("?format=texte", "<pre", "<table"),
        ("?format=source", "&lt;table", "<table"),
        ("?prenom=%3Cscript%3E", "&lt;script&gt;", "<script>"),
    ],
)
def test_a_frame_shows_what_a_switch_asks_for(awa: Somebody, query: str, inside: str, outside: str) -> None:
    page = awa.get(f"{HERE}/lettre/public{query}").text
    assert inside in page
    assert outside not in page


def test_a_frame_has_no_origin_no_script_no_form_and_stands_in_the_studio_only(awa: Somebody) -> None:
    answer = awa.get(f"{HERE}/lettre/public?images=non")
    assert answer.headers["content-security-policy"] == POLICY.format(pictures="'none'")
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "script" not in answer.headers["content-security-policy"]
    assert re.findall(r"<iframe [^>]*>", awa.get(HERE).text) == re.findall(
        r"<iframe [^>]*title=\"[^\"]*\" sandbox>", awa.get(HERE).text
    )
    assert awa.get(f"{HERE}/lettre/inconnue").status_code == 404
    assert awa.get("/studio/2022-07/lettre/public").status_code == 404


def test_a_copy_goes_to_who_asks_for_it_and_to_nobody_else(site: Town, awa: Somebody) -> None:
    before = len(site.outbox())
    assert awa.post(f"{HERE}/essai", {"adresse": "autre@exemple.example"}).status_code == 303
    assert {str(mail["To"]) for mail in site.outbox()[before:]} == {address(Role.EDITOR)}


def test_who_approves_agrees_to_the_digest_they_saw_and_to_no_other(site: Town, awa: Somebody, dan: Somebody) -> None:
    edition = site.store.editions.get(MONTH)
    assert edition
    assert dan.post(f"{HERE}/accord", {"empreinte": "sha256:" + "0" * 64}).status_code == 409
    assert dan.post(f"{HERE}/accord", {"empreinte": ""}).status_code == 409
    assert awa.post(f"{HERE}/accord", {"empreinte": edition.digest}).status_code == 403, "an editor's doesn't count"
    seen = re.findall('name="vu" value="([^"]+)"', dan.get(f"{HERE}/accord").text)
    assert dan.post(f"{HERE}/accord", {"empreinte": edition.digest, "vu": seen}).status_code == 303
    assert dan.post(f"{HERE}/envoi", {"empreinte": "sha256:" + "0" * 64}).status_code == 409
    assert change(awa, printed(site)[0], "epingler") == 303
    edition = site.store.editions.get(MONTH)
    assert edition
    assert edition.state is EditionState.DRAFT, "what is changed is approved no longer"


def test_two_versions_are_told_apart_in_words_and_side_by_side(site: Town, awa: Somebody) -> None:
    kept = site.store.editions.versions(MONTH)
    texts = [site.store.editions.letters(MONTH, one.number)["public"].text for one in kept]
    place = next(place for place, text in enumerate(texts) if "De la part de Dan <b>." in text)
    before, after = kept[place - 1 : place + 1]
    asked = f"{HERE}/versions?avant={before.number}&apres={after.number}"
    page = awa.get(asked).text
    assert f"De la version {before.number} à la version {after.number}" in page
    assert "Dan &lt;b&gt;</ins>" in re.sub(r'<span class="seen">[^<]*</span>', "", page)
    assert '<del><span class="seen">retiré' in page
    assert "Accord de Dan (exemple)" in page
    assert "modifiée dans le studio" in page
    assert "lignes sans changement</summary>" in page
    for version in (before, after):
        link = f"{HERE}/lettre/public?version={version.number}&amp;fond=sombre"
        assert f'src="{link}"' in awa.get(f"{asked}&fond=sombre").text
        letter = site.store.editions.letters(MONTH, version.number)["public"]
        shown = awa.get(f"{HERE}/lettre/public?version={version.number}&format=source").text
        assert escape(letter.html) in shown
    switched = f"avant={before.number}&amp;apres={after.number}&amp;largeur=telephone&amp;fond=sombre"
    assert switched in awa.get(f"{asked}&largeur=telephone").text


@pytest.mark.parametrize("asked", ["0", "999", "-1", "01", "x", "", "1 ", "9" * 40, "1&version=999"])
def test_a_version_that_is_none_is_nowhere(awa: Somebody, asked: str) -> None:
    assert awa.get(f"{HERE}/lettre/public?version={asked}").status_code == 404
    assert awa.get(f"{HERE}/versions?avant={asked}&apres={asked}").status_code == 200


def test_the_same_version_twice_and_one_alone_are_said_so(awa: Somebody) -> None:
    there = "/studio/2022-03"
    awa.post(f"{there}/composer")
    assert "Il n’y en a qu’une" in awa.get(f"{there}/versions?avant=1&apres=1").text
    awa.post(f"{there}/textes", {"vu": "0", "objet-public": "Une version de plus"})
    assert "C’est la même version" in awa.get(f"{there}/versions?avant=1&apres=1").text
    assert "Rien n’est encore composé" in awa.get("/studio/2022-07/versions").text


@pytest.mark.parametrize("month", ["2021-13", "novembre", "2021-1", "%00", "%C2%B2021-12", "20%D9%A2%D9%A1-12"])
def test_of_a_month_that_is_none_nothing_is_kept(site: Town, awa: Somebody, month: str) -> None:
    before = len(site.store.audit.of())
    for page in ("textes", "annonce"):
        assert awa.post(f"/studio/{month}/{page}", {"vu": "0", "editorial": "Bonjour"}).status_code == 404
    assert awa.get(f"/studio/{month}/lettre/public?version=1").status_code == 404
    assert len(site.store.audit.of()) == before


class Mended(dict[str, Stuck]):
    """What is mended as soon as somebody has looked."""

    def get(self, month: str, usual: Any = None) -> Any:
        return self.pop(month, usual)


def test_what_is_mended_while_the_page_is_made_breaks_nothing(site: Town, awa: Somebody) -> None:
    assert site.server
    office = site.server.config.app.state.office  # type: ignore[union-attr]
    edition = site.store.editions.get(MONTH)
    assert edition
    before = office.stuck
    object.__setattr__(office, "stuck", Mended({MONTH: Stuck(edition.version, "un fichier ne se lit pas")}))
    try:
        assert awa.get(HERE).status_code == 200
    finally:
        object.__setattr__(office, "stuck", before)


def test_half_a_letter_in_a_form_breaks_no_page(site: Town, awa: Somebody) -> None:
    fields = {"csrf": awa.csrf(), "adresse": "claire+2AA-"}  # in that character set, one half of a pair
    parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{said}\r\n' for name, said in fields.items()]
    kind = {"Content-Type": "multipart/form-data; charset=utf-7; boundary=x"}
    answer = awa.client.post(f"{site.url}{HERE}/abonne", content="".join([*parts, "--x--\r\n"]), headers=kind)
    assert answer.status_code == 422
    assert 'value="claire?"' in answer.text


def test_an_address_that_is_none_is_not_invited(site: Town, awa: Somebody) -> None:
    for typed in ("", "pas une adresse", "\n".join(f"n{n}@exemple.example" for n in range(31))):
        assert awa.post(f"{HERE}/invitations", {"adresses": typed}).status_code == 422
    assert site.store.comments.invited(MONTH) == []


def test_a_workbook_is_taken_back_with_what_to_mend_marked(site: Town, awa: Somebody) -> None:
    page = awa.get("/studio/fichiers").text
    assert "29/02/2022" in page
    before = (site.config.folder / "data" / "agenda.xlsx").read_bytes()
    taken = awa.post("/studio/fichiers", {"fichier": "data/agenda.xlsx"})
    assert taken.status_code == 200
    assert taken.content[:2] == b"PK"
    assert "février 2022 a 28 jours" in comments(taken.content)
    assert (site.config.folder / "data" / "agenda.xlsx").read_bytes() == before
    for name in ("", "data/abonnes.csv", "../config.toml", "/etc/passwd"):
        assert awa.post("/studio/fichiers", {"fichier": name}).status_code == 404


def comments(workbook: bytes) -> str:
    """What its cells are marked with."""
    with ZipFile(BytesIO(workbook)) as opened:
        return "".join(opened.read(name).decode() for name in opened.namelist() if name.endswith(".xml"))


@pytest.mark.parametrize(("words", "most", "shown"), [("court", 10, "court"), ("un peu trop long", 8, "un peu…")])
def test_a_subject_is_cut_as_phones_do(words: str, most: int, shown: str) -> None:
    assert cut(words, most) == shown


@pytest.mark.parametrize(
    ("dates", "shown"),
    [
        ("29/01/2022 – 29/01/2022", "29/01/2022"),
        ("11/12/2021 10:00 – 11/12/2021 19:00 ; 12/12/2021", "11/12/2021 10:00 – 19:00 et 1\u00a0autre date"),
        ("10/12/2021 – 12/12/2021", "10/12/2021 – 12/12/2021"),
        ("31/12/2021 20:00 – 01/01/2022 02:00", "31/12/2021 20:00 – 01/01/2022 02:00"),
    ],
)
def test_a_date_is_said_once(dates: str, shown: str) -> None:
    assert Saying(ZoneInfo("Europe/Paris"), NOW).when({"dates": dates}) == shown


def test_a_moment_is_said_as_in_the_letters() -> None:
    saying = Saying(ZoneInfo("Europe/Paris"), NOW)
    first = datetime(2021, 11, 30, 23, tzinfo=UTC)
    assert saying.moment(first) == "mercredi 1er\u00a0décembre à minuit"
    assert saying.month("2021-12") == "Décembre 2021"
    assert saying.short(first) == "1er déc."
