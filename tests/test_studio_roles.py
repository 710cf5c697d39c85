"""Who may use which page of the studio: each route, each person, allowed or refused; and forms that are not ours.

The table is written by hand, beside the one in model.studio that the pages obey: a route without a row fails.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from newsletter.model.studio import MAY, Role
from newsletter.store import Newcomer
from newsletter.web.studio import ROUTES
from newsletter.web.studio.room import AT, COOKIE, FOREIGN
from tests.browser import NOON, Town, letter, town
from tests.studio_town import BY, NOW, PUBLIC, Somebody, come_in, everybody, outsider

MONTH, ANOTHER, EMPTY = "2021-12", "2022-01", "2022-03"  # composed, as is another; and one of which nothing is there
STAFF = {"reviewer", "approver", "editor", "admin"}
DECIDING, EDITING, ADMIN = {"approver", "editor", "admin"}, {"editor", "admin"}, {"admin"}
GUEST = {"guest"}
COMPOSING = "/{month}/composer"  # takes long: who may is told of the form, who may not of their role
ANYONE = {*STAFF, "stranger", "guest", "other guest", "closed"}
ALLOWED = {
    "GET /entrer": ANYONE,
    "POST /entrer": ANYONE,
    "POST /lien": ANYONE,
    "GET /entrer/{token}": ANYONE,
    "POST /entrer/{token}": ANYONE,
    "GET /relire/{token}": GUEST,
    "POST /relire/{token}": GUEST,
    "GET /relire/{token}/lettre/{audience}": GUEST,
    "POST /relire/{token}/reponse/{number:int}": GUEST,
    "GET ": STAFF,
    "POST /sortir": STAFF,
    "GET /compte": STAFF,
    "POST /compte": STAFF,
    "GET /comptes": ADMIN,
    "POST /comptes": ADMIN,
    "POST /comptes/fermer": ADMIN,
    "GET /journal": ADMIN,
    "POST /journal": ADMIN,
    "GET /fichiers": STAFF,
    "POST /fichiers": STAFF,
    "POST /fichiers/deposer": EDITING,
    "GET /fichiers/depot/{token}": EDITING,
    "POST /fichiers/depot/{token}": EDITING,
    "POST /fichiers/revenir": EDITING,
    "GET /{month}": STAFF,
    "GET /{month}/lettre/{audience}": STAFF,
    "GET /{month}/flux": STAFF,
    "GET /{month}/abonne": EDITING,
    "POST /{month}/abonne": EDITING,
    "POST /{month}/composer": EDITING,
    "POST /{month}/textes": EDITING,
    "POST /{month}/annonce": EDITING,
    "POST /{month}/essai": STAFF,
    "GET /{month}/relecture": STAFF,
    "POST /{month}/remarques": STAFF,
    "POST /{month}/remarques/{number:int}/reponse": STAFF,
    "POST /{month}/remarques/{number:int}/regler": DECIDING,
    "POST /{month}/invitations": EDITING,
    "POST /{month}/invitations/reprendre": EDITING,
    "GET /{month}/accord": STAFF,
    "POST /{month}/accord": STAFF,
    "POST /{month}/rouvrir": DECIDING,
    "GET /{month}/envoi": DECIDING,
    "POST /{month}/envoi": DECIDING,
    "POST /{month}/annuler": DECIDING,
    "GET /{month}/versions": STAFF,
}


@dataclass
class Person:
    """Somebody who tries a page: in their browser, with the token of their forms, and the link they were sent."""

    who: Somebody
    csrf: str
    link: str = "inconnu"


@dataclass
class Place:
    """The town, and everybody who tries."""

    site: Town
    people: dict[str, Person]

    def asks(self, name: str, method: str, path: str, *, month: str = EMPTY, **more: object) -> httpx.Response:
        """What they are answered: its head, as some pages never end."""
        person = self.people[name]
        filled = path.replace("{month}", month).replace("{audience}", "public").replace("{number:int}", "1")
        filled = filled.replace("{token}", person.link)
        outside = ALLOWED.get(f"{method} {path}") == ANYONE
        token = self.people["stranger"].csrf if outside else person.csrf
        sent = {"data": {"csrf": token}} if method == "POST" else {}
        with person.who.client.stream(method, self.site.url + AT + filled, **(sent | more)) as answer:  # type: ignore[arg-type]
            return answer

    def state(self) -> object:
        """All that a form could have changed."""
        store = self.site.store
        return (
            len(store.audit.of()), len(store.accounts.all()), store.arrangements.get(MONTH).version,
            store.comments.of(MONTH), store.comments.of(ANOTHER), store.comments.invited(MONTH), store.editions.all(),
        )  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with town(tmp_path_factory.mktemp("roles"), public=PUBLIC) as site:
        site.now = NOW
        for month in (MONTH, ANOTHER):
            letters = {name: letter(name) for name in site.config.audiences}
            site.store.editions.draft(month, letters, rules="{}", send_at=NOON, at=NOW)
        people = {role.value: Person(who, who.csrf()) for role, who in everybody(site).items()}
        people["stranger"] = Person(stranger := outsider(site), stranger.csrf("/studio/entrer"))
        people["closed"] = closed(site, people["admin"].who)
        for name, month in (("guest", MONTH), ("other guest", ANOTHER)):
            people[name] = guest(site, people["editor"].who, month)
        yield Place(site, people)


def closed(site: Town, admin: Somebody) -> Person:
    """Somebody who was of the staff this morning."""
    newcomer = Newcomer("partie@malakoff.example", Role.EDITOR, "Partie (exemple)")
    link, who = f"/studio/entrer/{site.store.accounts.add(newcomer, BY, at=NOW)[1]}", outsider(site)
    assert who.client.post(site.url + link, data={"csrf": who.csrf(link)}).status_code == 303
    token = who.csrf()
    assert token
    admin.post(f"{AT}/comptes/fermer", {"adresse": newcomer.address})
    return Person(who, token)


def guest(site: Town, editor: Somebody, month: str) -> Person:
    """Somebody of the bureau, who would have their link open more than it does."""
    editor.post(f"{AT}/{month}/invitations", {"adresses": f"Élise {month} <elise-{month}@exemple.example>"})
    (mail,) = [mail for mail in site.mails() if f"elise-{month}" in str(mail["To"])]
    found = re.search(r"/studio/relire/(\S+)", str(mail.get_content()))
    assert found
    who = outsider(site)
    who.client.cookies.set(COOKIE, found[1], path=AT)
    return Person(who, who.csrf(f"/studio/relire/{found[1]}"), found[1])


def names() -> list[tuple[str, str]]:
    return [(next(iter(route.methods - {"HEAD"})), route.path.removeprefix(AT)) for route in ROUTES]


POSTS = [path for method, path in names() if method == "POST"]


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert {f"{method} {path}" for method, path in names()} == set(ALLOWED)


def test_the_table_says_of_roles_what_the_pages_obey() -> None:
    for route, (method, path) in zip(ROUTES, names(), strict=True):
        if route.act is not None and not route.guest:
            assert {role.value for role in MAY[route.act]} - {"guest"} == ALLOWED[f"{method} {path}"], path


STAYING = [route for route in names() if route != ("POST", "/sortir")]  # leaving is tried by itself, at the end


@pytest.mark.parametrize(("method", "path"), STAYING, ids=lambda part: part or "-")
def test_each_page_lets_in_who_may_and_nobody_else(place: Place, method: str, path: str) -> None:
    before = place.state()
    refused = [name for name in place.people if name not in ALLOWED.get(f"{method} {path}", set())]
    for name in refused:
        if path.startswith("/relire/") and name == "other guest":
            continue  # their link opens their own month: below
        answer = place.asks(name, method, path, month=MONTH)
        said = (answer.status_code, answer.headers.get("location"))
        if path.startswith("/relire/"):
            assert said == (404, None), name
        elif name in STAFF:
            assert said == (403, None), name
        else:
            assert said == ((401, None) if method == "POST" else (303, "/studio/entrer")), name
    assert place.state() == before, "who is refused changes nothing"
    for name in sorted(set(place.people) - set(refused)):
        if path == COMPOSING:
            assert FOREIGN[1:] in place.people[name].who.client.post(place.site.url + AT + path).text, name
            continue
        answer = place.asks(name, method, path)
        assert answer.status_code in (200, 303, 404, 409, 410, 422, 429), name
        assert answer.headers.get("location") != "/studio/entrer", name


def test_a_guest_of_another_month_reaches_nothing_of_this_one(place: Place) -> None:
    store, other, site = place.site.store, place.people["other guest"], place.site
    said = store.comments.say(MONTH, "Il manque la chorale.", BY, at=NOW)
    store.comments.answer(said.id, "C’est vu.", BY, at=NOW)
    own = f"{AT}/relire/{other.link}"
    before = store.comments.of(MONTH)
    assert "Il manque la chorale" not in other.who.get(own).text
    form = {"csrf": other.csrf, "mots": "Bonjour", "mois": MONTH, "month": MONTH}
    assert other.who.client.post(f"{site.url}{own}/reponse/{said.id}", data=form).status_code == 404
    assert other.who.client.post(site.url + own, data=form).status_code == 303
    assert store.comments.of(MONTH) == before
    assert [first.words for first, _ in store.comments.of(ANOTHER)] == ["Bonjour"]
    nonce = place.people["guest"].link.split(".")[0]
    for forged in (f"{nonce}.{other.link.split('.')[1]}", nonce, other.link[:-1]):
        assert other.who.get(f"{AT}/relire/{forged}").status_code == 404


ELSEWHERE = [{"Origin": "https://ailleurs.example"}, {"Sec-Fetch-Site": "cross-site"}]
ODD = [{"Origin": "null"}, {"Origin": "http://[::1"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "x"}]


@pytest.mark.parametrize("path", POSTS)
def test_a_form_that_is_not_ours_does_nothing(place: Place, path: str) -> None:
    name = "guest" if path.startswith("/relire/") else "admin" if ALLOWED[f"POST {path}"] != ANYONE else "stranger"
    others = {"guest": "other guest", "admin": "editor", "stranger": "admin"}
    ours, theirs = place.people[name].csrf, place.people[others[name]].csrf
    before = place.state()
    for token in ({}, {"csrf": theirs}):
        assert place.asks(name, "POST", path, month=MONTH, data=token).status_code == 403, token
    for headers in ELSEWHERE:
        assert place.asks(name, "POST", path, month=MONTH, headers=headers).status_code == 403, headers
    there = ("GET", path) in names()
    query = {"csrf": ours, "mots": "Bonjour", "faire": "masquer", "adresse": "a@malakoff.example", "empreinte": "x"}
    answer = place.asks(name, "GET", path, month=MONTH, params=query)
    assert answer.status_code in ((200, 404, 409, 410) if there else (303, 404, 405)), "a GET is no form"
    assert place.state() == before


@pytest.mark.parametrize(
    ("name", "path"), [("guest", "/relire/{token}"), ("stranger", "/entrer"), ("admin", "/sortir")]
)
def test_a_form_that_is_nearly_ours_does_nothing_either(place: Place, name: str, path: str) -> None:
    ours = place.people[name].csrf
    for token in ("", "é", ours[:-1], f"{ours} ", ours.swapcase(), "x" * 5000):
        assert place.asks(name, "POST", path, data={"csrf": token}).status_code == 403, token
    for headers in ODD:
        assert place.asks(name, "POST", path, headers=headers).status_code == 403, headers


def test_who_leaves_is_out(place: Place) -> None:
    for role in (Role.REVIEWER, Role.APPROVER, Role.EDITOR, Role.ADMIN):
        who = come_in(place.site, role)
        assert who.post(f"{AT}/sortir").status_code == 303
        assert who.get(AT).headers["location"] == "/studio/entrer"
    for name in ("stranger", "guest", "other guest", "closed"):
        assert place.asks(name, "POST", "/sortir").status_code == 401
