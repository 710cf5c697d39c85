"""The public pages: what somebody can do there, what a robot can't, and what everyone reads when it can't be given."""

import csv
import io
import json
import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from jinja2 import Environment, meta, nodes

from newsletter import speech
from newsletter.composer import palette
from newsletter.config import carried
from newsletter.errors import StoreError, TemplateError
from newsletter.web import guard
from newsletter.web.app import ROUTES
from newsletter.web.printer import Printer, colours
from tests.browser import Town, town

LEA = "lea@exemple.example"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("web")) as running:
        yield running


@pytest.fixture
def site(served: Town) -> Town:
    """The same pages for every test, and nobody on the list."""
    served.empty()
    return served


def heading(answer: httpx.Response) -> str:
    found = re.search("<h1>(.*?)</h1>", answer.text, re.DOTALL)
    assert found, answer.text
    return found[1].replace("\u00a0", " ").replace("\u202f", " ")


def reads(site: Town, address: str = LEA) -> tuple[str, ...]:
    found = site.store.subscribers.show(address)
    return found.audiences if found else ()


# ---- joining -----------------------------------------------------------------------------------------------------


def test_somebody_joins_by_a_form_a_mail_and_a_button(site: Town) -> None:
    assert site.ask(LEA, "public", prenom="Léa", themes=["culture"]).status_code == 200
    assert reads(site) == ()
    (mail,) = site.mails()
    assert mail["To"] == LEA
    page = site.link(mail)
    for _ in range(2):
        assert heading(site.get(page)) == "Confirmer mon inscription"
    assert reads(site) == (), "a robot followed the link"
    assert heading(site.post(page)) == "C’est fait, bienvenue !"
    known = site.store.subscribers.known(LEA)
    assert known is not None
    assert known.subscriber is not None
    assert (known.subscriber.audiences, known.subscriber.themes) == (("public",), ("culture",))
    assert known.subscriber.first_name == "Léa"


def test_the_consent_says_to_which_words(site: Town) -> None:
    site.ask(LEA, "public")
    site.post(site.link(site.mails()[0]))
    (line,) = site.store.subscribers.history(LEA)
    assert line.origin.startswith("formulaire en ligne, demandé le 07/12/2021")
    assert line.wording is not None
    assert re.fullmatch(
        r"J’accepte que Ville de Malakoff .+ depuis chaque lettre\. \[texte [0-9a-f]{12}\]", line.wording
    )


def test_nothing_is_ticked_beforehand(site: Town) -> None:
    page = site.get("/inscription").text
    assert page.count('type="checkbox"') == 4
    assert "checked" not in page


@pytest.mark.parametrize(
    ("written", "faults"),
    [
        ({"adresse": "", "lettres": "public"}, ["adresse"]),
        ({"adresse": "lea", "lettres": "public"}, ["adresse"]),
        ({"adresse": "a@b.example, c@d.example", "lettres": "public"}, ["adresse"]),
        ({"adresse": f"lea@{'a' * 250}.example", "lettres": "public"}, ["adresse"]),
        ({"adresse": "lea@exemple.example\r\nBcc: tous@exemple.example", "lettres": "public"}, ["adresse"]),
        ({"adresse": LEA}, ["lettres"]),
        ({"adresse": LEA, "lettres": "inconnue"}, ["lettres"]),
        ({"adresse": LEA, "lettres": "public", "prenom": "Léa\u202e"}, ["prenom"]),
        ({"adresse": LEA, "lettres": "public", "prenom": "L" * 101}, ["prenom"]),
        ({"adresse": "<script>", "prenom": "\x00"}, ["lettres", "adresse", "prenom"]),
    ],
)
def test_what_is_to_be_mended_is_said_beside_its_field(site: Town, written: dict[str, Any], faults: list[str]) -> None:
    answer = site.post("/inscription", written)
    assert answer.status_code == 422
    assert re.findall('class="fault" id="([a-z]+)-faute"', answer.text) == faults
    for name in faults:
        assert f'<a href="#{name}">' in answer.text
        assert re.search(f' id="{name}"[^>]* aria-describedby="{name}-faute[^>]* aria-invalid="true"', answer.text)
    assert "<script>" not in answer.text
    assert site.mails() == []


@pytest.mark.parametrize("address", ["zoé@exemple.example", "zoe@école.example", "LEA+lettre@EXEMPLE.example"])
def test_unusual_addresses_may_join(site: Town, address: str) -> None:
    assert site.ask(address, "public").status_code == 200
    assert site.store.subscribers.known(address) is not None


def test_a_form_that_comes_back_at_once_is_shown_again_and_then_taken(site: Town) -> None:
    since = re.search('name="depuis" value="([^"]+)"', site.get("/inscription").text)
    assert since
    form = {"adresse": LEA, "lettres": "public", "depuis": since[1]}
    again = site.post("/inscription", form)
    assert again.status_code == 422
    assert "Encore une fois" in again.text
    assert f'value="{LEA}"' in again.text
    assert site.mails() == []
    site.wait(seconds=3)
    assert site.post("/inscription", form).status_code == 200
    assert len(site.mails()) == 1


@pytest.mark.parametrize("since", ["", "x", "MA"])
def test_a_form_nobody_asked_for_is_shown_again(site: Town, since: str) -> None:
    assert site.post("/inscription", {"adresse": LEA, "lettres": "public", "depuis": since}).status_code == 422
    assert site.mails() == []


def test_a_form_left_open_for_days_is_shown_again(site: Town) -> None:
    since = re.search('name="depuis" value="([^"]+)"', site.get("/inscription").text)
    assert since
    site.wait(days=2)
    form = {"adresse": LEA, "lettres": "public", "depuis": since[1]}
    again = site.post("/inscription", form)
    assert again.status_code == 422
    assert since[1] not in again.text, "or it would never be taken"


def test_who_fills_in_the_hidden_field_gets_the_same_page_and_no_mail(site: Town) -> None:
    robot = site.ask(LEA, "public", site="https://robot.example")
    assert (robot.status_code, site.mails()) == (200, [])
    assert robot.text == site.ask(LEA, "public").text


def test_a_known_and_an_unknown_address_get_the_same_answer_in_about_the_same_time(site: Town) -> None:
    site.reader(LEA, "public")
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    pages: dict[str, set[tuple[int, str, str]]] = {"known": set(), "unknown": set()}
    for path in ("/inscription", "/mon-abonnement"):
        for number in range(5):
            for who, address in (("known", LEA), ("unknown", f"personne{number}@exemple.example")):
                site.ask(address, "public")  # warms up, and is the sign-up itself
                began = time.perf_counter()
                answer = (
                    site.post("/mon-abonnement", {"adresse": address})
                    if path != "/inscription"
                    else site.ask(address, "public")
                )
                times[who].append(time.perf_counter() - began)
                headers = sorted(name for name in answer.headers if name not in ("date", "content-length"))
                pages[who].add((answer.status_code, answer.text.replace(address, "…"), str(headers)))
    assert pages["known"] == pages["unknown"]
    assert statistics.median(times["known"]) < 4 * statistics.median(times["unknown"]) + 0.02


def test_who_reads_a_letter_already_is_told_so_by_mail_only(site: Town) -> None:
    site.reader(LEA, "public")
    site.ask(LEA, "public")
    (mail,) = site.mails()
    assert "déjà inscrite" in mail["Subject"]
    assert heading(site.get(site.link(mail))) == "Mes préférences"


def test_who_wants_one_more_letter_confirms_it(site: Town) -> None:
    site.reader(LEA, "public")
    site.ask(LEA, "associations")
    site.post(site.link(site.mails()[0]))
    assert reads(site) == ("associations", "public")


def test_one_visitor_has_so_many_mails_sent_an_hour_and_no_more(tmp_path: Path) -> None:
    with town(tmp_path, asks=2) as site:
        for number in range(2):
            assert site.ask(f"lea{number}@exemple.example", "public").status_code == 200
        refused = site.ask("lea3@exemple.example", "public")
        assert (refused.status_code, heading(refused)) == (429, "Trop de demandes")
        assert refused.headers["retry-after"] == "3600"
        assert site.post("/mon-abonnement", {"adresse": LEA}).status_code == 429
        assert len(site.mails()) == 2
        site.wait(hours=1, minutes=1)
        assert site.ask("lea3@exemple.example", "public").status_code == 200


def test_one_mailbox_is_asked_five_times_a_day_at_most(site: Town) -> None:
    assert {site.ask(LEA, "public").status_code for _ in range(8)} == {200}
    assert len(site.mails()) == 5
    site.reader("zoe@exemple.example")
    for _ in range(8):
        site.wait(minutes=1)
        for _ in range(2):  # twice in a minute is once
            assert site.post("/mon-abonnement", {"adresse": "zoe@exemple.example"}).status_code == 200
        site.settle()
    assert len(site.mails()) == 5
    site.wait(days=1)
    assert site.post("/mon-abonnement", {"adresse": "zoe@exemple.example"}).status_code == 200
    assert len(site.mails()) == 1


def test_a_link_to_ones_choices_goes_to_who_is_known(site: Town) -> None:
    site.reader(LEA)
    for address in (LEA, "personne@exemple.example"):
        assert site.post("/mon-abonnement", {"adresse": address}).status_code == 200
    (mail,) = site.mails()
    assert mail["To"] == LEA
    assert heading(site.get(site.link(mail))) == "Mes préférences"


# ---- choosing, leaving -------------------------------------------------------------------------------------------


def test_choices_join_as_well_as_leave(site: Town) -> None:
    page = f"/p/{site.token('preferences', site.reader(LEA, 'public'))}"
    assert site.post(page, {"lettres": ["associations"], "themes": ["sport"], "prenom": " Zoé "}).status_code == 200
    assert reads(site) == ("associations",)
    assert re.findall('value="(\\w+)" checked', site.get(page).text) == ["associations", "sport"]
    assert 'value="Zoé"' in site.get(page).text
    site.post(page, {"lettres": ["public", "associations"]})
    assert reads(site) == ("associations", "public")
    assert "plus aucune lettre" in site.post(page, {}).text
    assert reads(site) == ()


def test_what_the_form_does_not_show_it_does_not_take_away(site: Town) -> None:
    number = site.reader(LEA, "public", "ancienne")
    page = f"/p/{site.token('preferences', number)}"
    site.post(page, {"lettres": ["public", "associations"], "themes": ["culture"]})
    assert reads(site) == ("ancienne", "associations", "public")


ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.mark.parametrize("multipart", [False, True])
def test_one_click_leaves_that_letter_again_and_again(site: Town, multipart: bool) -> None:
    site.reader(LEA, "public", "associations")
    page = f"/d/{site.signer.sign('unsubscribe', site.copy(LEA))}"
    left = {"public": "associations", "associations": "public"}
    audience = site.store.ledger.reader(site.signer.read("unsubscribe", page.removeprefix("/d/")))
    assert audience is not None
    for _ in range(3):
        body = {"files": {"List-Unsubscribe": (None, "One-Click")}} if multipart else {"data": ONE_CLICK}
        answer = httpx.post(site.url + page, **body, trust_env=False)  # type: ignore[arg-type]
        assert answer.status_code == 200
        assert not answer.history
        assert "set-cookie" not in answer.headers
        assert reads(site) == (left[audience.audience],)
    (line,) = [line for line in site.store.subscribers.history(LEA) if line.act == "withdrawn"]
    assert "un clic" in line.origin


def test_one_click_is_answered_even_when_nobody_is_left(site: Town) -> None:
    number = site.reader(LEA)
    page = f"/d/{site.token('unsubscribe', number)}"
    site.store.subscribers.erase(number, at=site.now)
    assert site.post(page, ONE_CLICK).status_code == 200


def test_a_button_leaves_and_a_link_does_not(site: Town) -> None:
    site.reader(LEA, "public", "associations")
    page = f"/d/{site.signer.sign('unsubscribe', site.copy(LEA))}"
    assert heading(site.get(page)) == "Se désinscrire"
    assert len(reads(site)) == 2
    site.post(page)
    assert len(reads(site)) == 1
    site.post(page, {"quoi": "toutes"})
    assert reads(site) == ()
    assert "ne reçoit déjà plus" in site.get(page).text


def test_why_somebody_left_is_asked_afterwards_and_kept(site: Town) -> None:
    site.reader(LEA)
    page = f"/d/{site.signer.sign('unsubscribe', site.copy(LEA))}"
    assert "pourquoi" not in site.get(page).text
    assert "pourquoi" in site.post(page).text
    thanked = site.post(f"{page}/raison", {"raison": "Je n’habite plus ici", "precision": "à\nVanves"})
    assert heading(thanked) == "Merci"
    known = site.store.subscribers.known(LEA)
    assert known is not None
    assert [one.said for one in known.suppressions] == ["Je n’habite plus ici : à Vanves"]


def test_who_left_can_come_back(site: Town) -> None:
    site.reader(LEA)
    left = site.post(f"/d/{site.signer.sign('unsubscribe', site.copy(LEA))}")
    back = re.search('href="(/p/[^"]+)"', left.text)
    assert back
    site.post(back[1], {"lettres": "public"})
    assert reads(site) == ("public",)


def test_going_on_is_a_button_too(site: Town) -> None:
    page = f"/p/{site.token('preferences', site.reader(LEA))}/continuer"
    assert heading(site.get(page)) == "Voulez-vous continuer ?"
    assert [line.act for line in site.store.subscribers.history(LEA)] == ["given"]
    assert heading(site.post(page)) == "C’est noté, merci !"
    assert [line.act for line in site.store.subscribers.history(LEA)] == ["given", "renewed"]


# ---- rights ------------------------------------------------------------------------------------------------------


def test_all_that_is_known_can_be_read_and_taken_away(site: Town) -> None:
    number = site.reader(LEA)
    site.copy(LEA)
    page = f"/p/{site.token('preferences', number)}/donnees"
    shown = site.get(page).text
    assert LEA in shown
    assert "papier (exemple)" in shown
    written = json.loads(site.get(f"{page}.json").text)
    assert written["subscriber"]["address"] == LEA
    assert [copy["month"] for copy in written["copies"]] == ["2021-12"]
    table = site.get(f"{page}.csv")
    assert table.headers["content-disposition"] == 'attachment; filename="mes-donnees.csv"'
    lines = list(csv.reader(io.StringIO(table.text.removeprefix("\ufeff")), delimiter=";"))
    assert lines[0] == ["Date", "Quoi", "Lettre", "Précision"]
    assert ["Adresse", LEA] in [[line[1], line[3]] for line in lines]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_a_spreadsheet_runs_nothing_of_it(site: Town, name: str) -> None:
    page = f"/p/{site.token('preferences', site.reader(LEA))}"
    site.post(page, {"lettres": "public", "prenom": name})
    table = site.get(f"{page}/donnees.csv").text.removeprefix("\ufeff")
    cells = [cell for line in csv.reader(io.StringIO(table), delimiter=";") for cell in line]
    assert f"'{name}" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_who_is_erased_is_gone_and_their_links_with_them(site: Town) -> None:
    page = f"/p/{site.token('preferences', site.reader(LEA))}"
    assert site.get(f"{page}/effacer").status_code == 200
    assert site.store.subscribers.number(LEA) is not None
    assert heading(site.post(f"{page}/effacer")) == "Tout est effacé"
    assert site.store.subscribers.number(LEA) is None
    for rest in ("", "/donnees", "/donnees.json", "/donnees.csv", "/effacer", "/continuer"):
        gone = site.get(page + rest)
        assert (gone.status_code, heading(gone)) == (410, "Ce lien ne sert plus")
    assert site.post(f"{page}/effacer").status_code == 410


# ---- letters -----------------------------------------------------------------------------------------------------


def test_a_letter_is_online_once_it_leaves_and_as_it_was_sent(site: Town) -> None:
    site.reader(LEA)
    assert site.get("/lettres/2021-12/public").status_code == 404
    site.copy(LEA)
    online = site.get("/lettres/2021-12/public")
    assert online.status_code == 200
    sent = site.store.editions.letters("2021-12")["public"].html
    for mark, value in {
        "first_name": "",
        "unsubscribe": f"{site.url}/mon-abonnement",
        "preferences": f"{site.url}/mon-abonnement",
        "online": f"{site.url}/lettres/2021-12/public",
    }.items():
        sent = sent.replace(f"[[html:{mark}]]", value)
    sent = sent.replace('aria-roledescription="email" class="page" role="article"', 'class="page" role="main"')
    assert online.text == sent
    policy = online.headers["content-security-policy"]
    assert "script-src" not in policy
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'" in policy
    assert "La lettre, public" in site.get("/lettres").text
    assert "La lettre, public" in site.get("/").text


def test_a_letter_that_waits_for_a_person_is_not_online(site: Town) -> None:
    site.reader(LEA)
    approved = site.approved()
    number = site.store.ledger.create("2021-12", "public", approved["public"].digest, at=site.now, hold="trop tard")
    assert site.get("/lettres/2021-12/public").status_code == 404
    assert "Aucune lettre" in site.get("/lettres").text
    site.store.ledger.cancel(number, at=site.now)
    assert site.get("/lettres/2021-12/public").status_code == 404


@pytest.mark.parametrize("path", ["/lettres/2021-12/public", "/lettres/2021-13/x", "/lettres/a%00b/c", "/lettres/é/ü"])
def test_no_letter_is_a_page_that_says_so(site: Town, path: str) -> None:
    assert heading(site.get(path)) == "Cette page n’existe pas"


def test_pictures_are_served_by_their_published_name_and_nothing_else_is(site: Town) -> None:
    (logo,) = (site.config.var / "images").iterdir()
    found = site.get(f"/images/{logo.name}")
    assert (found.content, found.headers["content-type"]) == (logo.read_bytes(), "image/png")
    assert found.headers["cross-origin-resource-policy"] == "cross-origin"
    for name in ("..%2fnewsletter.db", "%2e%2e/secret", "0123456789abcdef.png", f"{logo.name}%00", "x"):
        assert site.get(f"/images/{name}").status_code == 404


# ---- links that are not what they should be ----------------------------------------------------------------------

PLACES = ["/c/{}", "/p/{}", "/d/{}", "/p/{}/donnees", "/p/{}/donnees.json", "/p/{}/effacer", "/p/{}/continuer"]
POSTED = ["/c/{}", "/p/{}", "/d/{}", "/d/{}/raison", "/p/{}/effacer", "/p/{}/continuer"]


def bad_tokens(site: Town, number: int) -> dict[str, str]:
    good = site.token("preferences", number)
    return {
        "forged": good[:-4] + "AAAA",
        "cut": good[:-1],
        "of nobody": site.signer.sign("preferences", "0" * 24),
        "with another number": site.signer.sign("preferences", "s:-1"),
        "not one": "é%00<b>",
        "long": "x" * 5000,
        "swapped": site.signer.sign("form", f"s:{number}"),
    }


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_is_not_one_of_ours_is_refused_with_a_page(site: Town, method: str) -> None:
    number = site.reader(LEA)
    for kind, token in bad_tokens(site, number).items():
        for place in PLACES if method == "GET" else POSTED:
            answer = site.client.request(method, site.url + place.format(token))
            assert answer.status_code == 404, (kind, place)
            assert heading(answer) == "Ce lien n’est pas valable"
    assert reads(site) == ("public",)


def test_a_link_for_one_thing_does_nothing_else(site: Town) -> None:
    number = site.reader(LEA)
    for purpose, place in (("unsubscribe", "/p/{}"), ("preferences", "/d/{}"), ("preferences", "/c/{}")):
        assert site.post(place.format(site.token(purpose, number))).status_code == 404
    assert reads(site) == ("public",)


def test_a_confirmation_serves_once_and_for_seven_days(site: Town) -> None:
    site.ask(LEA, "public")
    page = site.link(site.mails()[0])
    assert site.post(page).status_code == 200
    for again in (site.get(page), site.post(page)):
        assert (again.status_code, heading(again)) == (410, "Ce lien ne sert plus")
    site.ask("zoe@exemple.example", "public")
    late = site.link(site.mails()[0])
    site.wait(days=8)
    assert site.post(late).status_code in (404, 410)
    assert reads(site, "zoe@exemple.example") == ()


def test_a_newer_confirmation_takes_the_place_of_an_older_one(site: Town) -> None:
    site.ask(LEA, "public")
    site.ask(LEA, "associations")
    older, newer = map(site.link, site.mails())
    assert site.post(older).status_code == 410
    assert site.post(newer).status_code == 200
    assert reads(site) == ("associations",)


@pytest.mark.parametrize("word", ["essai", "exemple"])
def test_links_of_a_test_copy_say_what_they_are(site: Town, word: str) -> None:
    for purpose, place in (("unsubscribe", "/d/"), ("preferences", "/p/")):
        page = place + site.signer.sign(purpose, word)
        for answer in (site.get(page), site.post(page, ONE_CLICK)):
            assert (answer.status_code, heading(answer)) == (200, "Ceci est un exemplaire d’essai")


def test_links_survive_a_new_secret(site: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    token = site.token("preferences", site.reader(LEA))
    before = (site.config.var / "secret").read_text().strip()
    monkeypatch.setenv("NEWSLETTER_SECRET", f"un-nouveau-secret-assez-long,{before}")
    assert site.signer.read("preferences", token).startswith("s:")
    assert site.signer.sign("preferences", "s:1") != token


# ---- for every page ----------------------------------------------------------------------------------------------


def test_every_page_is_read_and_no_more(site: Town) -> None:
    token = site.token("preferences", site.reader(LEA))
    for path in ("/", "/inscription", "/lettres", "/mon-abonnement", f"/p/{token}", f"/p/{token}/donnees", "/rien"):
        answer = site.get(path)
        assert answer.headers["content-security-policy"] == guard.POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "camera=()" in answer.headers["permissions-policy"]
        assert "set-cookie" not in answer.headers
        assert "<script" not in answer.text
        assert "style=" not in answer.text
        assert ('content="noindex' in answer.text) == path.startswith(("/p/", "/rien"))


class Outline(HTMLParser):
    """What a page's fields are called, and what is said of them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.fields: list[dict[str, str | None]] = []
        self.names: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = dict(attributes)
        assert len(known) == len(attributes), f"{tag} says something twice"
        self.names |= set(known)
        self.ids += [value for name, value in attributes if name == "id" and value]
        if tag == "label":
            self.labels.add(known["for"] or "")
        if tag in ("input", "textarea") and known.get("type") != "hidden":
            self.fields.append(known)


NAMES = {
    *("lang", "charset", "name", "content", "rel", "href", "class", "id", "tabindex", "alt", "width", "height", "src"),
    *(
        "type",
        "value",
        "method",
        "action",
        "novalidate",
        "for",
        "required",
        "maxlength",
        "autocomplete",
        "checked",
        "rows",
    ),
    *("hreflang", "role", "aria-label", "aria-labelledby", "aria-describedby", "aria-invalid", "aria-hidden"),
}


def test_every_field_has_a_label_and_what_is_said_of_it_is_there(site: Town) -> None:
    token = site.token("preferences", site.reader(LEA))
    out = f"/d/{site.token('unsubscribe', site.reader(LEA))}"
    pages = [site.get(path).text for path in ("/", "/inscription", "/mon-abonnement", f"/p/{token}", out)]
    pages += [site.post("/inscription", {}).text, site.post("/mon-abonnement", {}).text, site.post(out).text]
    for page in pages:
        outline = Outline(page)
        assert outline.names <= NAMES
        assert len(set(outline.ids)) == len(outline.ids)
        assert {field["id"] for field in outline.fields} == outline.labels
        for field in outline.fields:
            assert set((field.get("aria-describedby") or "").split()) <= set(outline.ids)


@pytest.mark.parametrize(
    ("conformity", "path", "said"),
    [
        ("non", "/", "Accessibilité\u00a0: non conforme"),
        ("partial", "/inscription", "Accessibilité\u00a0: partiellement conforme"),
        ("total", "/lettres?lang=en", "Accessibility: fully compliant"),
    ],
)
def test_a_page_leads_to_the_declaration_of_accessibility(site: Town, conformity: str, path: str, said: str) -> None:
    link = "https://www.malakoff.example/accessibilite"
    assert link not in site.get(path).text
    assert site.server
    state = site.server.config.app.state  # type: ignore[union-attr]
    usual = state.office
    declared = usual.config.site.model_copy(update={"accessibility": link, "conformity": conformity})
    state.office = replace(usual, config=usual.config.model_copy(update={"site": declared}))
    shown = site.get(path).text
    state.office = usual
    assert f'<a href="{link}">{said}</a>' in shown


@pytest.mark.parametrize("path", ["//ailleurs.example/x", "/%2F/ailleurs.example", '/"><script>', "/%3Cb%3E"])
def test_a_page_leads_nowhere_else_whatever_its_address(site: Town, path: str) -> None:
    shown = site.get(path).text
    assert "<script>" not in shown
    assert "<b>" not in shown
    links = re.findall('(?:href|action)="([^"]+)"', shown)
    outside = (site.config.town.website, site.config.town.privacy)
    assert all(re.match("/(?![/\\\\])|#", link) for link in links if link not in outside), links


def test_what_somebody_types_can_be_kept_on_any_database(site: Town) -> None:
    site.reader(LEA)
    page = f"/d/{site.signer.sign('unsubscribe', site.copy(LEA))}"
    site.post(page)
    site.post(f"{page}/raison", {"precision": "a\x00b\u202e\r\nc" + "d" * 5000})
    known = site.store.subscribers.known(LEA)
    assert known is not None
    (said,) = [one.said or "" for one in known.suppressions]
    assert said.startswith("a b c")
    assert said.isprintable()
    assert len(said) <= 2000


def test_robots_are_asked_to_leave_people_alone(site: Town) -> None:
    told = site.get("/robots.txt").text
    assert all(f"Disallow: {path}" in told for path in ("/c/", "/d/", "/p/"))


@pytest.mark.parametrize("path", ["/inscription", "/evenements/x"])
def test_a_body_has_a_largest_size(site: Town, path: str) -> None:
    most = 64 if path == "/inscription" else 1024

    def pieces(kilobytes: int) -> Iterator[bytes]:
        yield from [b"x" * 1024] * kilobytes

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    expected = {422, 404}
    assert site.post(path, content=b"x" * 1024 * most, headers=form).status_code in expected
    if path == "/inscription":
        for content in (b"x" * (1024 * most + 1), pieces(most + 1)):
            assert site.post(path, content=content, headers=form).status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/inscription", 405),
        ("DELETE", "/", 405),
        ("POST", "/lettres", 405),
        ("PATCH", "/p/x", 405),
        ("GET", "/rien", 404),
        ("GET", "/inscription/", 404),
        ("GET", "/%ff", 404),
    ],
)
def test_what_is_not_a_page_is_a_page_too(site: Town, method: str, path: str, status: int) -> None:
    answer = site.client.request(method, site.url + path)
    assert answer.status_code == status
    assert heading(answer)
    assert 'lang="fr"' in answer.text


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xfe=%", "application/x-www-form-urlencoded"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"x", "multipart/form-data"),
        (b"{", "application/json"),
        (b"&".join([b"a=1"] * 5000), "application/x-www-form-urlencoded"),
    ],
)
def test_a_body_that_is_no_form_is_answered_with_a_page(site: Town, content: bytes, kind: str) -> None:
    answer = site.post("/inscription", content=content, headers={"Content-Type": kind})
    assert answer.status_code in (400, 422)
    assert heading(answer)


def test_a_file_is_no_field(site: Town) -> None:
    answer = site.post("/inscription", {"lettres": "public"}, files={"adresse": ("x.txt", b"x", "text/plain")})
    assert (answer.status_code, heading(answer)) == (422, "Cette demande n’a pas été comprise")


def test_head_is_get_without_its_body(site: Town) -> None:
    for path in ("/", "/inscription", "/robots.txt", "/rien", "/static/pages.css"):
        head, got = site.client.head(site.url + path), site.get(path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize(
    ("error", "status"), [(StoreError("la base est occupée"), 503), (RuntimeError(f"{LEA} est cassée"), 500)]
)
def test_what_breaks_is_said_to_people_and_logged_without_an_address(
    site: Town, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    token = site.token("preferences", site.reader(LEA))

    def broken(number: int) -> None:
        raise error

    monkeypatch.setattr(site.store.subscribers, "get", broken)
    answer = site.get(f"/p/{token}")
    assert answer.status_code == status
    assert heading(answer)
    assert answer.headers["content-security-policy"] == guard.POLICY
    assert LEA not in caplog.text
    assert token not in caplog.text
    assert ("page_failed path=/p/{token} error=RuntimeError" in caplog.text) == (status == 500)


def test_every_page_speaks_english_too(site: Town) -> None:
    token = site.token("preferences", site.reader(LEA))
    paths = ["/", "/inscription", "/lettres", "/mon-abonnement", f"/p/{token}", f"/p/{token}/donnees", "/rien"]
    for path in paths:
        page = site.get(path, params={"lang": "en"})
        assert '<html lang="en">' in page.text
        assert not re.search("Votre|S’inscrire|Mes |Ce qui", page.text), path
        assert "lang=en" in page.text, "links keep the language"
    assert "Your link" not in site.get("/mon-abonnement", params={"lang": "xx"}).text


def test_an_english_sign_up_is_confirmed_in_english(site: Town) -> None:
    since = re.search('name="depuis" value="([^"]+)"', site.get("/inscription").text)
    assert since
    site.wait(seconds=5)
    site.post("/inscription?lang=en", {"adresse": LEA, "lettres": "public", "depuis": since[1]})
    (mail,) = site.mails()
    assert "Confirm" in mail["Subject"]
    assert "Confirm my sign-up" in site.get(site.link(mail)).text


# ---- docs and templates ------------------------------------------------------------------------------------------

DOCS = (Path(__file__).parent.parent / "docs" / "pages.md").read_text("utf-8")
TEMPLATES = sorted((carried("templates") / "pages").glob("*.html"))
COMMON = set(re.findall(r"`([a-z_]+)[`(]", DOCS.split("Every template may use", 1)[1].split("Besides:", 1)[0]))


def test_every_route_is_documented_and_every_documented_one_is_there() -> None:
    table = DOCS.split("| route | what |", 1)[1].split("\n\n", 1)[0]
    documented = set(re.findall(r"`(/[^`…]*)`", table))
    ours = {route.path for route in ROUTES if not route.path.startswith("/studio")}  # type: ignore[attr-defined]
    assert documented == ours | {"/openapi.json"}


def documented(name: str) -> set[str]:
    rows = [line for line in DOCS.splitlines() if line.startswith("| `") and f"`{name}`" in line.split("|")[1]]
    return COMMON.union(*(re.findall(r"`([a-z_]+)`", row.split("|")[2]) for row in rows))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_uses_only_words_that_are_documented(path: Path) -> None:
    environment = Environment(autoescape=True)
    speech.teach(environment, "fr")
    parsed = environment.parse(path.read_text("utf-8"))
    own = {node.target for node in parsed.find_all(nodes.Import)} | {"_", "gettext", "ngettext"}
    own |= {node.target.name for node in parsed.find_all(nodes.Assign)}
    assert meta.find_undeclared_variables(parsed) - own <= documented(path.name)


def test_a_town_may_write_its_own_page_and_a_mistake_in_it_is_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "home.html").write_text("Chez nous", "utf-8")
    printer = Printer(tmp_path, "#0b5c7a", ["fr"])
    assert printer.print("fr", "home.html", {}) == "Chez nous"
    (folder / "home.html").write_text("{% if %}", "utf-8")
    with pytest.raises(TemplateError, match=r"templates/pages/home\.html, ligne 1"):
        Printer(tmp_path, "#0b5c7a", ["fr"])


@pytest.mark.parametrize("color", ["#000000", "#ffffff", "#ffff00", "#0000ff", "#808080", "#c02040", "#0b5c7a"])
def test_any_colour_of_a_town_can_be_read(color: str) -> None:
    light, dark = (dict(re.findall(r"--([a-z-]+): (#\w{6})", part)) for part in colours(color).split("@media"))
    assert palette.contrast(light["band"], light["on-band"]) >= 4.5
    for shades in (light, {**light, **dark}):
        for ink in ("ink", "soft", "accent", "alert"):
            for ground in ("card", "page", "tint"):
                assert palette.contrast(shades[ink], shades[ground]) >= 4.5, (ink, ground, shades)
