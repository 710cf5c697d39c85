"""A town with its files and its studio, on loopback; people who come in by the door, and their forms."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from newsletter.model.studio import ROLES, Person, Role
from newsletter.store import Newcomer
from tests.browser import ROOT, Town, town

NOW = datetime(2021, 11, 25, 9, tzinfo=UTC)  # the edition of December leaves on the 1st, at 9
MONTH = "2021-12"
PUBLIC = "https://lettre.malakoff.example"  # pictures of letters need an address like this one
OPENED: list[httpx.Client] = []  # closed with their town
BY = Person("la ligne de commande", Role.PROGRAM)
NAMES = {
    Role.EDITOR: "Awa (exemple)",
    Role.REVIEWER: "Chloé (exemple)",
    Role.APPROVER: "Bilal (exemple)",
    Role.ADMIN: "Dan (exemple)",
}


@contextmanager
def studio(folder: Path, **more: Any) -> Iterator[Town]:
    """A town whose files are those of the sample month."""
    with town(folder, public=PUBLIC, **more) as served:
        for file in (ROOT / "data").iterdir():
            if file.is_file():
                shutil.copy(file, folder / "data" / file.name)
        served.now = NOW
        yield served
        while OPENED:
            OPENED.pop().close()


@dataclass
class Somebody:
    """Somebody of the studio, in their browser."""

    site: Town
    client: httpx.Client

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.client.get(self.site.url + path, **more)

    def csrf(self, path: str = "/studio/compte") -> str:
        """The token in the forms of a page."""
        found = re.search('name="csrf" value="([^"]+)"', self.get(path).text)
        return found[1] if found else ""

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """Sends a form of one of our pages."""
        return self.client.post(self.site.url + path, data={"csrf": self.csrf(), **(data or {})}, **more)

    def seen(self) -> str:
        """The arrangement the edition's page was made from."""
        return str(self.site.store.arrangements.get(MONTH).version)


def outsider(site: Town) -> Somebody:
    """A browser nobody has come in with."""
    OPENED.append(httpx.Client(trust_env=False, follow_redirects=False, timeout=30))
    return Somebody(site, OPENED[-1])


def address(role: Role) -> str:
    return f"{role.value}@malakoff.example"


def account(site: Town, role: Role) -> str:
    """An account, and the link by which it comes in."""
    newcomer = Newcomer(address(role), role, NAMES[role])
    return f"/studio/entrer/{site.store.accounts.add(newcomer, BY, at=site.now)[1]}"


def come_in(site: Town, role: Role) -> Somebody:
    """Somebody with that role, who has just come in by their link."""
    who, link = outsider(site), account(site, role)
    answer = who.client.post(site.url + link, data={"csrf": who.csrf(link)})
    assert answer.status_code == 303, answer.text
    return who


def everybody(site: Town) -> dict[Role, Somebody]:
    return {role: come_in(site, role) for role in ROLES}
