"""See as a subscriber: what one of them gets, or why nothing; who may look, how often, and what is kept of it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import httpx
import pytest

from newsletter.model import Choice, Entry, Origin, Wish
from newsletter.model.studio import Role
from newsletter.pipeline.receiving import MOST
from newsletter.web.studio.readers import LASTS
from tests.browser import NOON, Town, letter
from tests.studio_town import MONTH, NOW, Somebody, come_in, outsider, studio

HERE = f"/studio/{MONTH}"
LOOK = f"{HERE}/abonne"
LEA = "lea@exemple.example"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with studio(tmp_path_factory.mktemp("readers")) as running:
        yield running


@pytest.fixture
def site(served: Town) -> Town:
    served.empty()
    served.now = NOW
    drafted(served)
    return served


@pytest.fixture
def awa(site: Town) -> Somebody:
    return come_in(site, Role.EDITOR)


def drafted(site: Town, rules: str = "{}", audiences: tuple[str, ...] = ("public", "associations")) -> str:
    letters = {name: letter(name) for name in audiences}
    return site.store.editions.draft(MONTH, letters, rules=rules, send_at=NOON, at=NOW).digest


def look(who: Somebody, address: str = LEA) -> httpx.Response:
    return who.post(LOOK, {"adresse": address})


def page(who: Somebody, address: str = LEA) -> str:
    """The letters as that subscriber gets them."""
    answer = look(who, address)
    assert answer.status_code == 303, answer.text
    return re.sub("</?span[^>]*>", "", unescape(who.get(answer.headers["location"]).text))


def frames(page: str) -> list[str]:
    return re.findall(r'<iframe src="([^"]+)"', page)


def test_a_subscriber_gets_their_letter_at_their_name_and_its_links_lead_nowhere(site: Town, awa: Somebody) -> None:
    number = site.reader(LEA, "public")
    found = page(awa)
    assert "Vous voyez ce que reçoit Léa, le…@…\u00a0: La lettre des habitants" in found
    (frame,) = frames(found)
    shown = awa.get(frame).text
    assert "Bonjour Léa" in shown
    assert set(re.findall(r'href="([^"]*)"', shown)) == {"#"}
    assert awa.get(frame.replace("/public", "/associations")).status_code == 404
    assert "Bonjour Camille" in awa.get(f"{HERE}/lettre/public").text
    assert f'<a href="{HERE}#lettres">Revenir à la vue habituelle</a>' in found
    switched = re.search(rf'href="({HERE}\?fond=sombre[^"]*)"', found)
    assert switched
    assert "reçoit Léa" in awa.get(switched[1]).text, "the switches keep it"
    (deed,) = [one for one in site.store.audit.of() if one.act == "look"]
    assert (deed.by, deed.month, deed.detail) == ("Awa (exemple)", MONTH, f"abonné n° {number}")


def test_an_address_is_in_no_link_no_page_and_no_line_of_the_log(site: Town, awa: Somebody) -> None:
    site.reader(LEA, "public")
    answer = look(awa)
    assert "lea" not in answer.headers["location"].lower()
    dan = come_in(site, Role.ADMIN)
    for path in (answer.headers["location"], HERE):
        assert LEA not in awa.get(path).text
    assert LEA not in dan.get("/studio/journal").text + dan.post("/studio/journal").text
    assert "vu ce que reçoit" in dan.get("/studio/journal").text


def test_who_reads_both_gets_what_the_approved_rules_say(site: Town, awa: Somebody) -> None:
    site.reader(LEA, "public", "associations")
    assert len(frames(page(awa))) == 2
    drafted(site, rules='{"both": "associations"}')
    found = page(awa)
    assert "\u00a0: La lettre des associations." in found
    assert len(frames(found)) == 1


def without_name(site: Town, awa: Somebody) -> str:
    entry = Entry(Origin("abonnes.csv"), LEA, None, ("public",), (), NOON, "papier (exemple)")
    site.store.subscribers.take([entry], at=NOW, file="abonnes.csv")
    return page(awa)


def test_who_has_no_name_is_called_by_none(site: Town, awa: Somebody) -> None:
    found = without_name(site, awa)
    assert "reçoit cette personne, le…@…" in found
    assert "<p>Bonjour </p>" in awa.get(frames(found)[0]).text


def test_who_left_gets_nothing_and_the_page_says_since_when(site: Town, awa: Somebody) -> None:
    site.reader(LEA, "public")
    site.store.subscribers.leave(LEA, at=NOW)
    found = page(awa)
    assert "le…@…\u00a0: rien." in found
    assert "Plus rien ne part à cette adresse depuis le 25/11/2021\u00a0: désinscription." in found
    assert frames(found) == []


def test_who_left_one_letter_gets_the_other(site: Town, awa: Somebody) -> None:
    site.reader(LEA, "public", "associations")
    site.store.subscribers.leave(LEA, "public", at=NOW)
    assert [frame.split("/")[4].split("?")[0] for frame in frames(page(awa))] == ["associations"]


def test_whose_mailbox_fails_gets_nothing(site: Town, awa: Somebody) -> None:
    site.reader(LEA, "public")
    site.store.subscribers.leave(LEA, at=NOW, reason="adresse qui ne reçoit plus")
    assert "adresse qui ne reçoit plus" in page(awa)


def test_who_chose_nothing_any_more_is_told_of(site: Town, awa: Somebody) -> None:
    number = site.reader(LEA, "public", "associations")
    site.store.subscribers.choose(number, Choice(("associations",)), at=NOW, origin="préférences")
    drafted(site, audiences=("public",))
    assert "Son abonnement («\u00a0La lettre des associations\u00a0») n’est pas dans cette édition." in page(awa)


def test_who_is_asked_to_go_on_and_who_will_be_are_told_of(site: Town, awa: Somebody) -> None:
    number = site.reader(LEA, "public")
    assert "confirmer" not in page(awa)
    site.now = NOON + timedelta(days=400)
    awa = come_in(site, Role.EDITOR)
    assert "Son accord a plus de 12 mois" in page(awa)
    site.store.retention.asked(site.store.retention.due(site.now), at=site.now, origin="courriel")
    found = page(awa)
    assert "On lui a demandé le 11/01/2023 de confirmer son abonnement" in found
    assert "sans réponse le 12/03/2023" in found
    site.store.subscribers.renew(number, at=site.now + timedelta(hours=1), origin="page")
    assert "confirmer" not in page(awa)


def test_what_has_left_is_shown_as_it_went(site: Town, awa: Somebody) -> None:
    number = site.reader(LEA, "public")
    digest = drafted(site)
    site.store.editions.approve(MONTH, digest, by="Bilal (exemple)", at=NOW)
    mailing = site.store.ledger.create(MONTH, "public", letter("public").digest, at=NOW)
    site.store.ledger.fill(mailing, at=NOW)
    assert "elle attend de partir" in page(awa)
    site.reader("noe@exemple.example", "public")
    assert "est partie sans cette adresse" in page(awa, "noe@exemple.example")
    site.store.ledger.cancel(mailing, at=NOW)
    found = page(awa)
    assert ("elle n’est pas partie" in found, frames(found)) == (True, [])
    assert number


@pytest.mark.parametrize(
    "address", ["personne@exemple.example", "LEA@exemple.example", " lea@exemple.example ", "é@ü.example"]
)
def test_an_address_is_known_as_mailboxes_are(site: Town, awa: Somebody, address: str) -> None:
    site.reader(LEA, "public")
    answer = look(awa, address)
    if "lea" in address.lower():
        assert answer.status_code == 303
    else:
        assert answer.status_code == 200
        assert "Personne ne reçoit de lettre à cette adresse" in answer.text
        assert site.store.audit.of()[-1].detail == "adresse inconnue"


def test_who_asked_to_read_and_has_not_confirmed_and_who_was_erased_are_nobody(site: Town, awa: Somebody) -> None:
    site.store.signups.ask(Wish(LEA, ("public",), "texte", "page"), at=NOW)
    assert "n’est pas encore confirmée" in look(awa).text
    number = site.reader("noe@exemple.example", "public")
    link = look(awa, "noe@exemple.example").headers["location"]
    site.store.subscribers.erase(number, at=NOW)
    assert "écrivez à nouveau l’adresse" in awa.get(link).text
    assert look(awa, "noe@exemple.example").status_code == 200


@pytest.mark.parametrize("typed", ["", "lea", "x" * 320 + "@exemple.example", "a@b\x00", '"><script>alert(1)</script>'])
def test_what_is_no_address_is_not_looked_up(site: Town, awa: Somebody, typed: str) -> None:
    answer = look(awa, typed)
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert [one for one in site.store.audit.of() if one.act == "look"] == []


def test_one_person_looks_so_often_an_hour(site: Town, awa: Somebody) -> None:
    dan = come_in(site, Role.ADMIN)
    codes = [look(awa, f"n{n}@exemple.example").status_code for n in range(MOST + 1)]
    assert codes == [200] * MOST + [429]
    assert look(dan).status_code == 200
    site.wait(hours=1)
    assert look(awa).status_code == 200


def test_a_link_is_worth_something_to_who_asked_for_that_month_for_an_hour(site: Town, awa: Somebody) -> None:
    site.reader(LEA, "public")
    link = look(awa).headers["location"]
    dan, chloe = come_in(site, Role.ADMIN), come_in(site, Role.REVIEWER)
    token = link.split("abonne=")[1].split("#")[0]
    for who, path in (
        (dan, link),
        (awa, f"{HERE}?abonne={token[:-2]}zz"),
        (awa, f"{HERE}?abonne=1"),
        (awa, f"{HERE}?abonne={site.token('preferences', 1)}"),
    ):
        found = who.get(path).text
        assert "écrivez à nouveau l’adresse" in found
        assert "reçoit Léa" not in found
    assert chloe.get(link).status_code == 403
    assert chloe.get(f"{HERE}/lettre/public?abonne={token}").status_code == 403
    assert dan.get(f"{HERE}/lettre/public?abonne={token}").status_code == 404
    assert "reçoit Léa" not in awa.get(f"/studio/2022-01?abonne={token}").text
    assert "reçoit Léa" in awa.get(link).text
    site.wait(seconds=LASTS.total_seconds() + 1)
    assert "écrivez à nouveau l’adresse" in awa.get(link).text
    assert outsider(site).get(link).status_code == 303


def test_only_who_may_is_offered_it(site: Town, awa: Somebody) -> None:
    assert "Voir comme…" in awa.get(HERE).text
    bilal = come_in(site, Role.APPROVER)
    assert "Voir comme…" not in bilal.get(HERE).text
    assert look(bilal).status_code == 403


@pytest.mark.parametrize("both", [None, "public", "associations"])
def test_who_would_get_a_letter_is_who_gets_a_copy(site: Town, both: str | None) -> None:
    for name, audiences in {"a": ("public",), "b": ("associations",), "c": ("public", "associations")}.items():
        site.reader(f"{name}@exemple.example", *audiences)
        site.reader(f"{name}-parti@exemple.example", *audiences)
        site.store.subscribers.leave(f"{name}-parti@exemple.example", at=NOW)
    site.store.subscribers.leave(site.reader("d@exemple.example", "public", "associations"), "public", at=NOW)
    numbers = [number for number in range(1, 100) if site.store.subscribers.get(number)]
    said = {number: site.store.ledger.would_get(number, ("public", "associations"), both) for number in numbers}
    site.store.editions.approve(MONTH, drafted(site), by="Bilal (exemple)", at=NOW)
    for audience in ("public", "associations"):
        mailing = site.store.ledger.create(MONTH, audience, letter(audience).digest, at=NOW)
        site.store.ledger.fill(mailing, at=NOW, both=both)
    known = {number: site.store.subscribers.known(number) for number in numbers}
    made = {number: sorted(copy.audience for copy in one.copies) for number, one in known.items() if one}
    assert {number: sorted(audiences) for number, audiences in said.items()} == made
    assert sum(map(len, made.values())) == (5 if both is None else 4)
