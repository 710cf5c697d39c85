"""What a reader is asked, and what it answers: the same two words for every kind of file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from newsletter.model import Document, Origin, Problem, Severity, Table

if TYPE_CHECKING:
    from newsletter.config import Source

Vocabulary = Literal["items", "subscribers", "directory"]


@dataclass(frozen=True, slots=True)
class Request:
    """One file to read, the stanza it comes from, and the moment it is read for."""

    document: Document
    source: "Source"
    as_of: datetime
    vocabulary: Vocabulary = "items"

    def problem(self, wanted: str, code: str, *, sheet: str | None = None, row: int | None = None) -> Problem:
        """An error on the file, on a sheet of it, or on a row."""
        return Problem(Origin(self.document.name, sheet, row), None, None, wanted, "error", code)

    def cell(self, place: tuple[str | None, int, str | None], found: str, wanted: str, code: str) -> Problem:
        """A warning on a cell: its sheet, row and column."""
        sheet, row, column = place
        severity: Severity = "warning"
        return Problem(Origin(self.document.name, sheet, row), column, found[:300], wanted, severity, code)


@dataclass(frozen=True, slots=True)
class Load:
    """The tables of one file, and what is wrong with what isn't in them."""

    tables: tuple[Table, ...] = ()
    problems: tuple[Problem, ...] = ()


Reader = Callable[[Request], Load]
