"""Intake: good rows of a list in; subscribers, subscriptions, consents and suppressions written, in groups.

Each group is one transaction: what is known of its people is read once, the rows are told apart in memory, and what
changes is written at once.
Never here: who is valid (audience.py says it); an address coming back after it left.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from newsletter.model import Entry, Problem
from newsletter.store.database import Database, insert_new, insert_rows
from newsletter.store.tables import EVERY, OTHERS, consents, subscribers, subscriptions, suppressions

GROUP = 10_000  # the write lock is held 0.4 s; by 5,000 the pages of a million are written twice as often
SUBSCRIBER = ("address", "person", "first_name", "themes", "status", "since")
LINE = ("audience", "act", "at", "origin", "wording", "file", "recorded_at")
Line = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the rows: added + updated + unchanged + suppressed + left. A problem names each that stays out."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    suppressed: int = 0
    left: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class _Reader:
    """What is known of somebody while rows are read. `reads`: audience → since; `had`: audience → read it before."""

    address: str
    number: int | None = None
    first_name: str | None = None
    themes: list[str] = field(default_factory=list)
    status: str = "active"
    reads: dict[str, datetime] = field(default_factory=dict)
    had: dict[str, bool] = field(default_factory=dict)
    agreed: set[tuple[str, datetime, str]] = field(default_factory=set)
    lines: list[Line] = field(default_factory=list)
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Intake:
    """How a list is taken in. `keep` False: it is only tried, and everything undone."""

    at: datetime
    file: str
    keep: bool = True


def take(database: Database, person: Callable[[str], bytes], entries: Iterable[Entry], intake: Intake) -> Taken:
    """Takes all of them, in groups."""
    tally = _Tally(person, intake)
    if not intake.keep:  # as one: rows of a group have to see those of the groups before
        with database.trying() as connection:
            for group in _groups(entries):
                tally.take(connection, group)
        return tally.taken
    for group in _groups(entries):
        with database.writing() as connection:
            tally.take(connection, group)
    return tally.taken


class _Tally:
    """What became of the groups so far."""

    def __init__(self, person: Callable[[str], bytes], intake: Intake) -> None:
        self._person = person
        self._intake = intake
        self._counts = dict.fromkeys(("added", "updated", "unchanged", "suppressed", "left"), 0)
        self._problems: list[Problem] = []

    def take(self, connection: Connection, group: Sequence[Entry]) -> None:
        desk = _Desk(connection, [self._person(entry.address) for entry in group], self._intake.at, self._intake.file)
        for mark, entry in zip(desk.marks, group, strict=True):
            self._counts[desk.take(mark, entry)] += 1
        desk.write()
        self._problems += desk.problems

    @property
    def taken(self) -> Taken:
        return Taken(**self._counts, problems=tuple(self._problems))


def _groups(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    rest = iter(entries)
    while group := list(islice(rest, GROUP)):
        yield group


class _Desk:
    """One group in one transaction: `take` each row, then `write`."""

    def __init__(self, connection: Connection, marks: Sequence[bytes], at: datetime, file: str) -> None:
        self.marks = marks
        self.problems: list[Problem] = []
        self._connection = connection
        self._at = at
        self._file = file
        self._readers = _known(connection, list(set(marks)))
        self._out = _suppressed(connection, list(set(marks)))
        self._gone: list[dict[str, Any]] = []

    def take(self, mark: bytes, entry: Entry) -> str:
        """What becomes of a row."""
        if entry.left:
            return self._depart(mark, entry)
        wanted = self._wanted(mark, entry)
        if len(wanted) < len(entry.audiences):
            self._refuse(entry, some=bool(wanted))
        if not wanted:
            return "suppressed"
        if mark in self._readers:
            return "updated" if self._gain(self._readers[mark], entry, wanted) else "unchanged"
        self._readers[mark] = _Reader(entry.address)
        self._gain(self._readers[mark], entry, wanted)
        return "added"

    def _wanted(self, mark: bytes, entry: Entry) -> list[str]:
        """The letters of a row that a list may give this person."""
        out = self._out.get(mark, set())
        if EVERY in out:
            return []
        reads = self._readers[mark].reads if OTHERS in out and mark in self._readers else entry.audiences
        return [audience for audience in entry.audiences if audience in reads and audience not in out]

    def _refuse(self, entry: Entry, *, some: bool) -> None:
        wanted = "cette personne s’est désinscrite : elle n’est pas réinscrite ; elle seule peut revenir, par le site"
        if some:
            wanted = "cette personne a quitté une de ces lettres : elle n’est inscrite qu’aux autres"
        self.problems.append(Problem(entry.origin, None, entry.address, wanted, "warning", "suppressed"))

    def _gain(self, reader: _Reader, entry: Entry, wanted: Sequence[str]) -> bool:
        """Adds what the row says and wasn't known; nothing known is replaced: a reader's own choice is newer."""
        since = entry.consented_at or self._at
        gained = False
        for audience in wanted:
            proof = (audience, since, entry.consent)
            if audience not in reader.reads or proof not in reader.agreed:
                reader.reads.setdefault(audience, since)
                reader.agreed.add(proof)
                reader.lines.append(self._line(audience, "given", since, entry.consent, entry.wording))
                gained = True
        themes = reader.themes + [theme for theme in entry.themes if theme not in reader.themes]
        known = (reader.first_name, reader.themes, reader.status)
        reader.first_name, reader.themes, reader.status = reader.first_name or entry.first_name, themes, "active"
        reader.changed = reader.changed or known != (reader.first_name, themes, reader.status)
        return gained or known != (reader.first_name, themes, reader.status)

    def _depart(self, mark: bytes, entry: Entry) -> str:
        out = self._out.setdefault(mark, set())
        reader = self._readers.get(mark)
        if EVERY in out or (reader and reader.status == "left"):
            return "unchanged"
        out.add(EVERY)
        reason = f"désinscrit, selon {entry.origin}"
        self._gone.append({"person": mark, "audience": EVERY, "reason": reason, "at": self._at})
        if reader:
            reader.lines += [self._line(name, "withdrawn", self._at, reason, None) for name in reader.reads]
            reader.reads, reader.status, reader.changed = {}, "left", True
        return "left"

    def _line(self, audience: str, act: str, at: datetime, origin: str, wording: str | None) -> Line:
        return (audience, act, at, origin, wording, self._file, self._at)

    def write(self) -> None:
        """Writes the group's changes."""
        new = {mark: reader for mark, reader in self._readers.items() if reader.number is None}
        rows = [
            (reader.address, mark, reader.first_name, reader.themes, reader.status, self._at)
            for mark, reader in new.items()
        ]
        insert_rows(self._connection, subscribers, SUBSCRIBER, rows)
        _number(self._connection, new)
        self._change([reader for mark, reader in self._readers.items() if reader.changed and mark not in new])
        self._subscribe(self._readers.values())
        lines = [(reader.number, *line) for reader in self._readers.values() for line in reader.lines]
        insert_rows(self._connection, consents, ("subscriber_id", *LINE), lines)
        if self._gone:
            self._connection.execute(insert_new(self._connection, suppressions), self._gone)

    def _change(self, readers: Sequence[_Reader]) -> None:
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("first_name", "themes", "status")}
        change = update(subscribers).where(subscribers.c.id == bindparam("number")).values(values)
        rows = [
            {"number": r.number, "new_first_name": r.first_name, "new_themes": r.themes, "new_status": r.status}
            for r in readers
        ]
        if rows:
            self._connection.execute(change, rows)

    def _subscribe(self, readers: Iterable[_Reader]) -> None:
        new, again, ended = [], [], []
        for reader in readers:
            for audience, since in reader.reads.items():
                if audience not in reader.had:
                    new.append((audience, reader.number, since))
                elif not reader.had[audience]:
                    again.append({"letter": audience, "number": reader.number, "moment": since})
            over = [name for name, active in reader.had.items() if active and name not in reader.reads]
            ended += [{"letter": name, "number": reader.number, "moment": self._at} for name in over]
        insert_rows(self._connection, subscriptions, ("audience", "subscriber_id", "since"), new)
        which = update(subscriptions).where(
            subscriptions.c.audience == bindparam("letter"), subscriptions.c.subscriber_id == bindparam("number")
        )
        moment = bindparam("moment", type_=subscriptions.c.since.type)
        if again:
            self._connection.execute(which.values(since=moment, ended_at=None), again)
        if ended:
            self._connection.execute(which.values(ended_at=moment), ended)


def _number(connection: Connection, new: dict[bytes, _Reader]) -> None:
    """Gives them the numbers they were written under."""
    written = select(subscribers.c.person, subscribers.c.id).where(subscribers.c.person.in_(list(new)))
    for mark, number in connection.execute(written):
        new[mark].number = number


def _known(connection: Connection, marks: list[bytes]) -> dict[bytes, _Reader]:
    columns = (subscribers.c.address, subscribers.c.id, subscribers.c.first_name, subscribers.c.themes)
    written = select(subscribers.c.person, *columns, subscribers.c.status).where(subscribers.c.person.in_(marks))
    people = {row.person: _Reader(*row[1:]) for row in connection.execute(written)}
    numbered = {reader.number: reader for reader in people.values()}
    reading = select(subscriptions).where(subscriptions.c.subscriber_id.in_(list(numbered)))
    for row in connection.execute(reading):
        reader = numbered[row.subscriber_id]
        reader.had[row.audience] = row.ended_at is None
        if row.ended_at is None:
            reader.reads[row.audience] = row.since
    given = select(consents.c.subscriber_id, consents.c.audience, consents.c.at, consents.c.origin)
    of_them = consents.c.subscriber_id.in_(list(numbered))
    for row in connection.execute(given.where(of_them, consents.c.act == "given")):
        numbered[row.subscriber_id].agreed.add((row.audience, row.at, row.origin))
    return people


def _suppressed(connection: Connection, marks: list[bytes]) -> dict[bytes, set[str]]:
    rows = connection.execute(
        select(suppressions.c.person, suppressions.c.audience).where(suppressions.c.person.in_(marks))
    )
    out: dict[bytes, set[str]] = {}
    for mark, audience in rows:
        out.setdefault(mark, set()).add(audience)
    return out
