"""The studio's door and its safety: who comes in, which role does what, and what nobody else can make it do."""

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from newsletter.model.studio import ROLES, Act, Person, Role
from newsletter.web.studio import ROUTES
from newsletter.web.studio.room import AT, COOKIE
from tests.browser import ROOT, Town
from tests.studio_town import (
    BY,
    MONTH,
    NOW,
    Somebody,
    account,
    address,
    come_in,
    outsider,
    studio,
)

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}\u202e'
PASSWORD = "quatre mots sans suite"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with studio(tmp_path_factory.mktemp("studio")) as running:
        yield running


@pytest.fixture
def site(served: Town) -> Town:
    served.empty()
    served.now = NOW
    return served


# who comes in


def test_a_link_opens_a_session_once_and_looking_at_it_uses_nothing(site: Town) -> None:
    link, who = account(site, Role.EDITOR), outsider(site)
    for _ in range(3):
        assert "Bonjour Awa (exemple)" in who.get(link).text
    answer = who.client.post(site.url + link, data={"csrf": who.csrf(link)})
    assert (answer.status_code, answer.headers["location"]) == (303, AT)
    assert who.get(AT).status_code == 200
    assert who.get(link).status_code == 410
    again = outsider(site)
    assert again.client.post(site.url + link, data={"csrf": again.csrf("/studio/entrer")}).status_code == 410
    assert again.get(AT).status_code == 303


def test_the_cookie_is_for_no_script_no_other_site_and_https(site: Town) -> None:
    who, link = outsider(site), account(site, Role.EDITOR)
    token = who.csrf(link)
    for scheme, secure in (("http", False), ("https", True)):
        headers = {"X-Forwarded-Proto": scheme}
        answer = who.client.post(site.url + link, data={"csrf": token}, headers=headers)
        said = answer.headers["set-cookie"]
        assert "HttpOnly" in said
        assert "SameSite=strict" in said
        assert f"Path={AT}" in said
        assert ("Secure" in said) is secure
        link = account(site, Role.EDITOR)


def test_under_the_towns_own_name_the_cookie_is_for_https_only(site: Town) -> None:
    who, link = outsider(site), account(site, Role.EDITOR)
    headers = {"Host": "lettre.malakoff.example"}
    answer = who.client.post(site.url + link, data={"csrf": who.csrf(link)}, headers=headers)
    assert "Secure" in answer.headers["set-cookie"]


def test_a_password_comes_in_and_a_wrong_one_is_told_as_an_unknown_address_is(site: Town) -> None:
    who = come_in(site, Role.EDITOR)
    who.post("/studio/compte", {"passe": PASSWORD, "encore": PASSWORD})
    assert who.get(AT).status_code == 200, "this session goes on"
    other, pages = outsider(site), []
    for mailbox in (address(Role.EDITOR), "personne@malakoff.example"):
        form = {"csrf": other.csrf("/studio/entrer"), "adresse": mailbox, "passe": "autre chose"}
        answer = other.client.post(f"{site.url}/studio/entrer", data=form)
        assert answer.status_code == 422
        pages.append(answer.text.replace(mailbox, "…"))
    assert pages[0] == pages[1]
    form = {"csrf": other.csrf("/studio/entrer"), "adresse": address(Role.EDITOR), "passe": PASSWORD}
    assert other.client.post(f"{site.url}/studio/entrer", data=form).status_code == 303
    assert other.get(AT).status_code == 200


@pytest.mark.parametrize(("one", "two"), [("court", "court"), (PASSWORD, PASSWORD + "?")])
def test_a_password_that_is_short_or_typed_differently_is_refused(site: Town, one: str, two: str) -> None:
    who = come_in(site, Role.EDITOR)
    assert who.post("/studio/compte", {"passe": one, "encore": two}).status_code == 422


def test_too_many_tries_are_not_even_looked_at(site: Town) -> None:
    who = outsider(site)
    form = {"csrf": who.csrf("/studio/entrer"), "adresse": address(Role.ADMIN), "passe": "autre chose"}
    codes = [who.client.post(f"{site.url}/studio/entrer", data=form).status_code for _ in range(30)]
    assert codes[0] == 422
    assert codes[-1] == 429


def test_a_link_by_mail_is_promised_to_anyone_and_sent_to_who_has_an_account(site: Town) -> None:
    account(site, Role.APPROVER)
    who, said = outsider(site), []
    for mailbox in (address(Role.APPROVER), "personne@malakoff.example"):
        form = {"csrf": who.csrf("/studio/entrer"), "adresse": mailbox, "passe": ""}
        answer = who.client.post(f"{site.url}/studio/lien", data=form)
        assert answer.status_code == 200
        said.append(answer.text.replace(mailbox, "…"))
    assert said[0] == said[1]
    (mail,) = site.mails()
    assert address(Role.APPROVER) in str(mail["To"])
    assert "/studio/entrer/" in str(mail.get_content())


def test_a_session_ends_by_itself_and_when_somebody_leaves(site: Town) -> None:
    who, other = come_in(site, Role.EDITOR), come_in(site, Role.ADMIN)
    assert who.post("/studio/sortir").headers["location"] == "/studio/entrer"
    assert who.get(AT).status_code == 303
    site.wait(hours=9)
    assert other.get(AT).headers["location"] == "/studio/entrer"


def test_a_session_that_is_made_up_is_nobodys(site: Town) -> None:
    for made_up in ("", "x", "é" * 50, "x" * 5000):
        who = outsider(site)
        cookie = f"{COOKIE}={made_up}".encode()
        assert who.client.get(site.url + AT, headers={"Cookie": cookie}).status_code == 303  # type: ignore[dict-item]


def test_who_follows_a_link_of_a_mail_is_asked_for_again_by_a_page_of_ours(site: Town) -> None:
    who = outsider(site)
    answer = who.get(f"{AT}/{MONTH}", headers={"Sec-Fetch-Site": "cross-site"})
    assert f'content="0;url={AT}/{MONTH}"' in answer.text
    hostile = who.get(AT + '/"><script>', headers={"Sec-Fetch-Site": "cross-site"})
    assert "<script" not in hostile.text


# the table of routes


def test_every_route_under_the_studio_is_in_the_table_with_what_it_does() -> None:
    before = {route.path for route in ROUTES if route.act is None}
    assert before == {"/studio/entrer", "/studio/lien", "/studio/entrer/{token}"}
    assert {route.path.split("/")[2] for route in ROUTES if route.guest} == {"relire"}


def test_every_route_is_documented_and_every_documented_one_is_there() -> None:
    table = (ROOT / "docs" / "studio.md").read_text("utf-8").split("| route | does |", 1)[1].split("\n\n", 1)[0]
    assert set(re.findall(r"`(/[^`]*)`", table)) == {route.path for route in ROUTES}


# safety


def test_coming_in_is_asked_of_our_own_page_too(site: Town) -> None:
    link, who = account(site, Role.ADMIN), outsider(site)
    token = who.csrf("/studio/entrer")
    foreign = {"Origin": "https://ailleurs.example"}
    assert who.client.post(site.url + link, data={"csrf": token}, headers=foreign).status_code == 403
    assert who.client.post(site.url + link, data={}).status_code == 403
    assert who.client.post(f"{site.url}/studio/entrer", data={"adresse": "a", "passe": "b"}).status_code == 403


def policy(answer: httpx.Response) -> dict[str, list[str]]:
    parts = [part.split() for part in answer.headers["content-security-policy"].split(";")]
    return {name: values for name, *values in parts}


def test_pages_run_no_script_but_our_files_and_stand_in_no_frame(site: Town) -> None:
    who = come_in(site, Role.ADMIN)
    for page in (AT, f"{AT}/{MONTH}", f"{AT}/comptes", f"{AT}/entrer", f"{AT}/nulle-part"):
        answer = who.get(page)
        said = policy(answer)
        assert said["default-src"] == ["'none'"]
        assert said.get("script-src", ["'self'"]) == ["'self'"]
        assert said["frame-ancestors"] == ["'none'"]
        assert said["base-uri"] == ["'none'"]
        assert said["form-action"] == ["'self'"]
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?! src=\"/static/)|\son\w+=|javascript:|style=", answer.text)


def test_what_somebody_is_called_or_types_is_only_words(site: Town) -> None:
    who = come_in(site, Role.ADMIN)
    answer = who.post(f"{AT}/comptes", {"adresse": "x@malakoff.example", "nom": HOSTILE, "role": "editor"})
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert "49" not in re.sub(r"\d{3,}", "", answer.text.split("Qui entre")[1].split("Ouvrir")[0])
    who.post(f"{AT}/{MONTH}/remarques", {"mots": HOSTILE})
    assert "<script>alert" not in who.get(f"{AT}/{MONTH}/relecture").text


def test_what_was_typed_stays_on_the_page_of_who_is_refused_and_never_a_password(site: Town) -> None:
    who = come_in(site, Role.REVIEWER)
    answer = who.post(f"{AT}/{MONTH}/textes", {"editorial": "Trois mots écrits <b>", "passe": "un secret gardé"})
    assert answer.status_code == 403
    assert "Trois mots écrits &lt;b&gt;" in answer.text
    assert "un secret" not in answer.text


@pytest.mark.parametrize("month", ["2021-13", "2021-1", "0001-01", "9999-12", "%2e%2e", "x" * 300])
def test_a_month_that_is_none_is_nowhere(site: Town, month: str) -> None:
    assert come_in(site, Role.ADMIN).get(f"{AT}/{month}").status_code == 404


def test_an_account_that_is_closed_is_out_at_once_and_nobody_closes_their_own(site: Town) -> None:
    dan, awa = come_in(site, Role.ADMIN), come_in(site, Role.EDITOR)
    assert dan.post(f"{AT}/comptes/fermer", {"adresse": address(Role.ADMIN)}).status_code == 422
    assert dan.post(f"{AT}/comptes/fermer", {"adresse": address(Role.EDITOR)}).status_code == 303
    assert awa.get(AT).status_code == 303


def test_the_log_is_read_and_taken_away_by_who_administers(site: Town) -> None:
    dan = come_in(site, Role.ADMIN)
    assert "entré" in dan.get(f"{AT}/journal").text
    taken = dan.post(f"{AT}/journal")
    assert taken.headers["content-type"].startswith("text/csv")
    assert "Dan (exemple)" in taken.text
    assert site.store.audit.broken() is None


def test_a_new_account_is_given_a_link_that_works(site: Town) -> None:
    dan = come_in(site, Role.ADMIN)
    answer = dan.post(f"{AT}/comptes", {"adresse": "neuve@malakoff.example", "nom": "Neuve", "role": Role.REVIEWER})
    found = re.search(r"https://lettre\.malakoff\.example(/studio/entrer/[\w-]+)", answer.text)
    assert found
    who = outsider(site)
    assert "Bonjour Neuve" in who.get(found[1]).text
    refused = dan.post(f"{AT}/comptes", {"adresse": "pas une adresse", "nom": "", "role": Role.REVIEWER})
    assert refused.status_code == 422
    assert dan.post(f"{AT}/comptes", {"adresse": "a@malakoff.example", "role": "guest"}).status_code == 422


# the bureau, by a link


def invited(site: Town) -> tuple[Somebody, str]:
    letters = site.approved()  # any letters
    assert letters
    awa = come_in(site, Role.EDITOR)
    assert (
        awa.post(f"{AT}/{MONTH}/invitations", {"adresses": "Élise (exemple) <elise@exemple.example>"}).status_code
        == 303
    )
    (mail,) = [mail for mail in site.mails() if "elise" in str(mail["To"])]
    found = re.search(r"/studio/relire/\S+", str(mail.get_content()))
    assert found
    return outsider(site), found[0]


def test_a_guest_reads_and_comments_by_a_link_and_does_nothing_else(site: Town) -> None:
    guest, link = invited(site)
    before = len(site.store.audit.of())
    page = guest.get(link)
    assert "Bonjour Élise (exemple)" in page.text
    assert guest.get(f"{link}/lettre/public").status_code == 200
    assert len(site.store.audit.of()) == before, "reading changes nothing"
    form = {"csrf": guest.csrf(link), "mots": "Il manque la chorale.", "annonce": ""}
    assert guest.client.post(site.url + link, data=form).status_code == 303
    ((said, _),) = site.store.comments.of(MONTH)
    assert (said.by, said.guest, said.words) == ("Élise (exemple)", True, "Il manque la chorale.")
    assert "Il manque la chorale." in guest.get(link).text
    assert guest.get(AT).status_code == 303
    assert "Régler" not in page.text


def test_a_guests_link_that_is_forged_too_old_or_taken_back_is_worth_nothing(site: Town) -> None:
    guest, link = invited(site)
    assert guest.get(link[:-2] + "zz").status_code == 404
    form = {"csrf": "x", "mots": "Bonjour à tous"}
    assert guest.client.post(site.url + link, data=form).status_code == 403
    awa = come_in(site, Role.EDITOR)
    number = site.store.comments.invited(MONTH)[0].id
    site.wait(days=22)
    assert guest.get(link).status_code == 404
    site.now = NOW + timedelta(hours=1)
    assert guest.get(link).status_code == 200
    awa.post(f"{AT}/{MONTH}/invitations/reprendre", {"invitation": str(number)})
    assert guest.get(link).status_code == 404


def test_accounts_are_named_by_who_made_them(site: Town) -> None:
    assert BY.may(Act.ACCOUNTS)
    assert [role for role in ROLES if Person("x", role).may(Act.ACCOUNTS)] == [Role.ADMIN]
