"""A store with an edition composed, and the people of a studio, for tests."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from newsletter.model import Letter
from newsletter.model.studio import Basis, Person, Role
from newsletter.store import Edition, Store

NOW = datetime(2021, 12, 1, 8, 0, tzinfo=UTC)
SEND_AT = datetime(2021, 12, 7, 8, 0, tzinfo=UTC)
MONTH = "2021-12"
URL = "sqlite:///newsletter.db"
AWA = Person("Awa (exemple)", Role.EDITOR)
BILAL = Person("Bilal (exemple)", Role.APPROVER)
CHLOE = Person("Chloé (exemple)", Role.REVIEWER)
DAN = Person("Dan (exemple)", Role.ADMIN)
GUEST = Person("Élise, du bureau (exemple)", Role.GUEST)
FACTS = {"a": {"title": "Bal (exemple)", "place": "Place"}, "b": {"title": "Chorale (exemple)"}}


def migrated(folder: Path) -> Path:
    """An empty database, to be copied: ten times as quick as making one for each test."""
    Store.open(URL, folder).close()
    return folder / "newsletter.db"


def opened(folder: Path, empty: Path) -> Store:
    """A store of that folder, which begins as a copy of the empty one."""
    shutil.copy(empty, folder / "newsletter.db")
    return Store.open(URL, folder)


def letter(audience: str = "public", text: str = "Bonjour") -> Letter:
    return Letter(audience, "Décembre", "Ce mois-ci", f"<p>{text}</p>", text, "<mjml/>", ("a", "b"))


def drafted(store: Store, text: str = "Bonjour", basis: Basis | None = None, month: str = MONTH) -> Edition:
    letters = {"public": letter(text=text), "associations": letter("associations", text)}
    arranged = store.arrangements.get(month).version
    basis = basis or Basis(FACTS, arranged, AWA.name)
    return store.editions.draft(month, letters, rules="{}", send_at=SEND_AT, at=NOW, basis=basis)


def approved(store: Store, by: Person = BILAL, text: str = "Bonjour") -> Edition:
    edition = drafted(store, text)
    return store.editions.approve(MONTH, edition.digest, by=by.name, at=NOW)
