"""Robots: they follow every link of every mail and page, twice, fill in forms with anything, and change nothing."""

import os
import re
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import select
from starlette.routing import Match

from newsletter.store.tables import METADATA
from newsletter.web.app import ROUTES
from tests.browser import Town, town

LEA = "lea@exemple.example"
CASES = int(os.environ.get("PAGES_CASES", "200"))
HREF = re.compile(r'(?:href|src|action)="([^"]+)"')


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("robots"), asks=1_000_000) as running:
        yield running


@pytest.fixture
def site(served: Town) -> Town:
    served.empty()
    return served


def everything(site: Town) -> dict[str, list[tuple[Any, ...]]]:
    """The whole database, and every file the town has written."""
    with site.store._database.reading() as connection:
        rows = {
            table.name: [tuple(row) for row in connection.execute(select(table))] for table in METADATA.sorted_tables
        }
    files = sorted(path for path in site.config.var.rglob("*") if path.is_file() and "newsletter.db" not in path.name)
    return {**rows, "files": [(str(path), path.read_bytes()) for path in files]}


def linked(site: Town, words: str) -> set[str]:
    return {found[len(site.url) :] for found in re.findall(re.escape(site.url) + r"[^\s<>\"\])]*", words)}


def mailed(site: Town) -> Iterator[EmailMessage]:
    """One of every mail that leads here: letters, a confirmation, a link, somebody who is known already."""
    site.reader(LEA, "public", "associations")
    site.copy(LEA)
    site.ask("zoe@exemple.example", "public")
    site.ask(LEA, "public")
    site.post("/mon-abonnement?lang=en", {"adresse": LEA})
    site.mails()
    yield from site.outbox()


def paths(site: Town) -> set[str]:
    """Every link of every mail, headers too, and of every page they lead to."""
    found: set[str] = set()
    for mail in mailed(site):
        for part in mail.walk():
            found |= linked(site, str(part.items()))
            if part.get_content_maintype() == "text":
                found |= linked(site, part.get_content())
    waiting = found | {"/", "/rien", "/robots.txt", "/favicon.ico"}
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        page = site.get(path)
        if "text/html" in page.headers["content-type"]:
            targets = {urljoin(site.url + path, target.replace("&amp;", "&")) for target in HREF.findall(page.text)}
            local = {target.partition("#")[0][len(site.url) :] for target in targets if target.startswith(site.url)}
            waiting |= local - seen - {""}
    return seen


def matched(path: str) -> set[str]:
    scope = {"type": "http", "method": "GET", "path": unquote(urlsplit(path).path), "headers": []}
    return {route.path for route in ROUTES if route.matches(scope)[0] is Match.FULL}  # type: ignore[attr-defined]


def test_robots_that_follow_every_link_twice_change_nothing(site: Town) -> None:
    links = paths(site)
    pages = [route for route in ROUTES if route.include_in_schema]  # type: ignore[attr-defined]
    known = {route.path for route in pages if "GET" in route.methods}  # type: ignore[attr-defined]
    followed = {path: one for path in sorted(links) for one in matched(path)}
    tokens = {token for path in links if (token := re.match(r"/p/([^/?]+)$", path))}
    more = {f"/p/{token[1]}/continuer" for token in tokens}
    # In other mails, in the studio.
    elsewhere = {"/p/{token}/continuer", "/modeles/{kind}.xlsx", "/static/studio.css", "/static/studio.js"}
    assert set(followed.values()) | elsewhere == known, "a route no link leads to"
    before = everything(site)
    assert {len(before[name]) > 0 for name in ("subscribers", "signups", "notices", "deliveries")} == {True}
    for _ in range(2):
        for path in sorted(links | more):
            for method in ("GET", "HEAD"):
                assert site.client.request(method, site.url + path).status_code in (200, 404), (method, path)
    assert everything(site) == before


def filled(path: str, known: Mapping[str, str]) -> str:
    """A route's address, with 1 for what isn't known."""
    return re.sub(r"\{(\w+)[^}]*\}", lambda name: known.get(name[1], "1"), path)


def test_robots_that_make_up_links_change_nothing(site: Town) -> None:
    number = site.reader(LEA)
    values = [f"s:{number}", site.copy(LEA), f"s:{number + 1}"]
    before = everything(site)
    for route in ROUTES:
        if "{token}" in route.path:  # type: ignore[attr-defined]
            for purpose in ("confirm", "preferences", "unsubscribe"):
                for value in values:
                    known = {"token": site.signer.sign(purpose, value), "audience": "public"}
                    path = filled(route.path, known)  # type: ignore[attr-defined]
                    refused = (303,) if "/depot/" in path else (404, 410)  # there, who hasn't come in is asked to
                    assert site.client.request("HEAD", site.url + path).status_code in (200, 405, *refused), path
                    assert site.get(path).status_code in (200, 405, *refused), path
    assert everything(site) == before


def test_no_form_however_filled_in_breaks_a_page(site: Town) -> None:
    """PAGES_CASES=2000 tries as many as the issue asks for."""
    number = site.reader(LEA)
    tokens = [site.signer.sign(purpose, f"s:{number}") for purpose in ("preferences", "unsubscribe")]
    schema = schemathesis.openapi.from_dict(site.get("/openapi.json").json())
    schema.config.update(base_url=site.url)
    operations = [result.ok() for result in schema.get_all_operations()]
    pages = [route for route in ROUTES if route.include_in_schema]  # type: ignore[attr-defined]
    assert len(operations) == len(pages)
    seen: dict[int, int] = {}
    each = -(-CASES // len(operations))
    for operation in operations:

        @settings(
            max_examples=each,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def attempt(case: schemathesis.Case) -> None:
            if (
                "token" in (case.path_parameters or {}) and sum(seen.values()) % 2
            ):  # half of them with a link that is one
                case.path_parameters["token"] = tokens[case.path.startswith("/d/")]
            answer = case.call(session=None, timeout=20)
            assert answer.status_code < 500, (answer.status_code, case.as_curl_command())
            seen[answer.status_code] = seen.get(answer.status_code, 0) + 1

        given(case=operation.as_strategy())(attempt)()
    assert sum(seen.values()) >= CASES * 0.9
    assert set(seen) >= {200, 404, 422}
