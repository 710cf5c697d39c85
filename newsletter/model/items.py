"""What is read: origins, problems, tables, items."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pandas import DataFrame

Severity = Literal["error", "warning"]


class Kind(StrEnum):
    """What an item is."""

    EVENT = "event"
    CALL = "call"
    TRAINING = "training"
    MEETING = "meeting"
    EXCHANGE = "exchange"
    NEWS = "news"


class Status(StrEnum):
    """Whether it still takes place, and whether one can still come."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    FULL = "full"


class Exchange(StrEnum):
    """What an `exchange` item offers: an offer, a request, or a thing shared."""

    OFFER = "offer"
    REQUEST = "request"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was typed. `row` is as a spreadsheet program shows it; in an .ics, the event's number."""

    file: str
    sheet: str | None = None
    row: int | None = None

    def __str__(self) -> str:
        parts = [self.file]
        if self.sheet is not None:
            parts.append(f"feuille « {self.sheet} »")
        if self.row is not None:
            parts.append(f"ligne {self.row}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a value. An error: the row isn't printed. A warning: it is, look at it.

    `wanted` is a French sentence: what is wrong and what to type. `column` is the header as written. `code` is stable.
    """

    origin: Origin
    column: str | None
    found: str | None
    wanted: str
    severity: Severity = "error"
    code: str = "row"

    def __str__(self) -> str:
        column = "" if self.column is None else f", colonne « {self.column} »"
        found = "" if self.found is None else f"« {self.found.replace(chr(10), ' ⏎ ')} » — "
        return f"{self.origin}{column} : {found}{self.wanted}"


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes of one file of a source. `folder` is where the pictures it names are looked for (None: nowhere).

    `suffix`: of a feed, whose name often has none, how to read it when its bytes don't tell.
    """

    name: str
    content: bytes
    folder: Path | None = None
    suffix: str | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """A row that is not an item, and why ("ligne vide", "titre de mois", "note sous le tableau")."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one sheet, as loaders give them to the catalogue (or to the audience).

    `frame`: one column per field known (title, date, start, end, place, …), dtype object; its index holds the rows'
    numbers as a spreadsheet program shows them. An empty cell is None; text is stripped, in NFC, otherwise as typed.
    `headers`: field → header as written. `months`: row → first day of the month heading above it.
    `rows` counts all rows below the header that hold something or stand between such rows.
    `date_1904`: the workbook counts its serial days from 1904. `unread`: headers that mean nothing to us.
    """

    file: str
    sheet: str | None
    frame: "DataFrame"
    headers: Mapping[str, str]
    rows: int
    skipped: tuple[Skip, ...] = ()
    months: Mapping[int, date] = field(default_factory=dict)
    date_1904: bool = False
    unread: tuple[str, ...] = ()

    def records(self) -> Iterator[tuple[Origin, dict[str, object]]]:
        """Each row: its origin, and its values by field."""
        columns = [self.frame[name].tolist() for name in self.frame.columns]
        names = list(self.frame.columns)
        for row, values in zip(self.frame.index, zip(*columns, strict=True), strict=True):
            yield Origin(self.file, self.sheet, int(row)), dict(zip(names, values, strict=True))


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One start and end. A date where no time is known; else a datetime in the town's zone, aware.

    The end of an all-day occurrence is the last day itself; None when only a start is known.
    An approximate one spans the days it may mean.
    """

    start: date | datetime
    end: date | datetime | None = None
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day to answer, with the text it was read from ("mi-février 2022")."""

    day: date
    written: str
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of an item. `path` is the file it comes from, `name` what it is published as under `site.url`/images/.

    Width and height are those of the published picture, in pixels.
    """

    path: Path
    name: str
    alt: str
    width: int
    height: int

    def url(self, site_url: str) -> str:
        """Its absolute address."""
        return f"{site_url.rstrip('/')}/images/{self.name}"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to print. `written` is its date as typed, for approximate ones. Audiences and themes are sorted."""

    id: str
    kind: Kind
    title: str
    association: str | None = None
    place: str | None = None
    url: str | None = None
    contact: str | None = None
    description: str | None = None
    price: str | None = None
    image: Image | None = None
    status: Status = Status.CONFIRMED
    exchange: Exchange | None = None
    publish_from: date | None = None
    publish_until: date | None = None
    themes: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    occurrences: tuple[Occurrence, ...] = ()
    written: str | None = None
    deadline: Deadline | None = None
    sources: tuple[Origin, ...] = ()

    @property
    def approximate(self) -> bool:
        """Whether its date or its deadline is only about."""
        return any(o.approximate for o in self.occurrences) or bool(self.deadline and self.deadline.approximate)


@dataclass(frozen=True, slots=True)
class SourceCount:
    """No row is lost: rows = items + merged + refused + len(skipped)."""

    file: str
    sheet: str | None
    rows: int
    items: int
    merged: int
    refused: int
    skipped: tuple[Skip, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All items of all sources, duplicates merged, and what is wrong with the rest."""

    items: tuple[Item, ...]
    problems: tuple[Problem, ...]
    sources: tuple[SourceCount, ...]
