"""What staff and bureau make of an edition: who they are, what they change of it, what they say of it.

Act   who may do what is a table, the same for pages and verbs: `may`
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from newsletter.model.items import Kind
from newsletter.model.letters import Finding


class Role(StrEnum):
    """Who somebody is in the studio. `guest`: of the bureau, by a signed link; `program`: nobody, it did it itself."""

    EDITOR = "editor"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    ADMIN = "admin"
    GUEST = "guest"
    PROGRAM = "program"


ROLES = (Role.EDITOR, Role.REVIEWER, Role.APPROVER, Role.ADMIN)  # those an account may have


class Act(StrEnum):
    """What may be done in the studio."""

    READ = "read"
    COMMENT = "comment"
    CLOSE = "close"
    ARRANGE = "arrange"
    COMPOSE = "compose"
    INVITE = "invite"
    APPROVE = "approve"
    REOPEN = "reopen"
    SEND = "send"
    UNDO = "undo"
    ACCOUNTS = "accounts"
    AUDIT = "audit"
    UPLOAD = "upload"
    SUBSCRIBERS = "subscribers"  # what one of them gets


_STAFF = frozenset({Role.EDITOR, Role.ADMIN})
_DECIDING = frozenset({Role.EDITOR, Role.APPROVER, Role.ADMIN})
# Whose approval counts is said by config.toml (studio.approvers), not here.
MAY: Mapping[Act, frozenset[Role]] = MappingProxyType(
    {
        Act.READ: frozenset({*ROLES, Role.GUEST}),
        Act.COMMENT: frozenset({*ROLES, Role.GUEST}),
        Act.CLOSE: _DECIDING,
        Act.ARRANGE: _STAFF,
        Act.COMPOSE: _STAFF,
        Act.INVITE: _STAFF,
        Act.APPROVE: frozenset({Role.REVIEWER, Role.EDITOR, Role.APPROVER, Role.ADMIN}),
        Act.REOPEN: _DECIDING,
        Act.SEND: _DECIDING,
        Act.UNDO: _DECIDING,
        Act.ACCOUNTS: frozenset({Role.ADMIN}),
        Act.AUDIT: frozenset({Role.ADMIN}),
        Act.UPLOAD: _STAFF,
        Act.SUBSCRIBERS: _STAFF,
    }
)


@dataclass(frozen=True, slots=True)
class Person:
    """Who does something, as it is written down. Of two accounts no name is the same."""

    name: str
    role: Role

    def may(self, act: Act) -> bool:
        """Whether their role does that. The program does what nobody has to be asked for."""
        return self.role in MAY[act] or self.role is Role.PROGRAM


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody of the town. Without an address it was taken away, and nobody enters by it."""

    id: int
    name: str
    role: Role
    address: str | None
    has_password: bool = False

    @property
    def person(self) -> Person:
        """Who acts."""
        return Person(self.name, self.role)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What staff change of an edition without touching the sheets. Items are named by their ids.

    `subjects`, `preheaders`: by audience; without one, the usual. `order`: of a section, those named in the order they
    are named; the others stay after those they follow. `pinned` come first in theirs. `hidden`: why, by item.
    `shortened`: what is printed instead of the description. `with_editorial` False: it is kept, and not printed.
    """

    editorial: str = ""
    with_editorial: bool = True
    subjects: Mapping[str, str] = field(default_factory=dict)
    preheaders: Mapping[str, str] = field(default_factory=dict)
    order: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)
    pinned: tuple[str, ...] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)
    shortened: Mapping[str, str] = field(default_factory=dict)

    @property
    def named(self) -> tuple[str, ...]:
        """Every item it says something of, once."""
        placed = (one for ids in self.order.values() for one in ids)
        return tuple(dict.fromkeys([*self.pinned, *self.hidden, *self.shortened, *placed]))


NOTHING_ARRANGED = Arrangement()


@dataclass(frozen=True, slots=True)
class Arranged:
    """An arrangement as it is kept: its number, who made it, when. Number 0: nobody has arranged anything."""

    arrangement: Arrangement = NOTHING_ARRANGED
    version: int = 0
    by: str = ""
    at: datetime | None = None


Facts = Mapping[str, str]  # what an item says, in words, by field; an unknown one is not in it


@dataclass(frozen=True, slots=True)
class Basis:
    """What a version was made of: what its items said (by id), the arrangement's number, who had it composed.

    `findings`: of the arrangement, when it was composed.
    """

    items: Mapping[str, Facts] = field(default_factory=dict)
    arranged: int = 0
    by: str = ""
    findings: tuple[Finding, ...] = ()


NO_BASIS = Basis()


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one item: before is empty when it is new, after when it is gone, for the reason given."""

    item: str
    before: Facts
    after: Facts
    reason: str = ""

    @property
    def title(self) -> str:
        """What it is called now, or was."""
        return (self.after or self.before).get("title", self.item)

    @property
    def fields(self) -> tuple[str, ...]:
        """Those that differ, in the order items have them."""
        both = dict.fromkeys([*self.before, *self.after])
        return tuple(name for name in both if self.before.get(name) != self.after.get(name))


@dataclass(frozen=True, slots=True)
class Tick:
    """A warning of an edition, to be ticked by who approves it."""

    audience: str
    finding: Finding

    @property
    def key(self) -> str:
        """What a form names it by: another message is another warning."""
        said = "\x1f".join((self.audience, self.finding.code, self.finding.message))
        return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Comment:
    """Something said of an edition, or of one of its items. `about`: the comment it answers. `guest`: by a link."""

    id: int
    month: str
    item: str | None
    about: int | None
    by: str
    guest: bool
    words: str
    at: datetime
    closed_by: str | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody of the bureau asked to read a draft."""

    id: int
    month: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Departure:
    """An edition a person has sent: it leaves at `leaves_at` unless somebody undoes it before it has begun."""

    id: int
    month: str
    digest: str
    by: str
    asked_at: datetime
    leaves_at: datetime
    undone_by: str | None = None
    undone_at: datetime | None = None
    begun_at: datetime | None = None
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """A line of the log: who did what, to which digest. Nobody changes one, nor takes it away."""

    at: datetime
    by: str
    role: Role
    act: str
    month: str | None = None
    digest: str | None = None
    detail: str = ""
