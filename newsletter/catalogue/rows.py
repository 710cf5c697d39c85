"""A row being read: its cells, and what is found wrong with them. A problem never stops the reading of the others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from newsletter.catalogue.audiences import Audiences
from newsletter.catalogue.directory import Directory
from newsletter.catalogue.texts import CELL_ERROR, DOUBTFUL, is_formula, is_nothing, paragraphs, show, tidy
from newsletter.config import Source
from newsletter.model import Origin, Problem, Severity, Table

LONGEST = 20_000
SHOWN = 300
KEPT = 200
SHORT = 12  # a cell that says nothing says it briefly


@dataclass(frozen=True, slots=True)
class Setting:
    """What all rows of a table share: what they mean, and what is wrong with them."""

    table: Table
    source: Source
    audiences: Audiences
    as_of: datetime
    directory: Directory
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class Row:
    """Its values by field. Each text is to be read once: what is wrong with a cell is said at each reading."""

    origin: Origin
    values: Mapping[str, object]
    setting: Setting
    refused: bool = False

    @property
    def headers(self) -> Mapping[str, str]:
        """Field → header as written."""
        return self.setting.table.headers

    @property
    def month(self) -> date | None:
        """The month heading above it."""
        return self.setting.table.months.get(self.origin.row or 0)

    def value(self, name: str) -> object:
        """A cell, or None when it holds nothing."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, str):
            return None if len(value) < SHORT and is_nothing(value.strip()) else value
        return None if value != value else value  # NaN and NaT differ from themselves

    def text(self, name: str) -> str | None:
        """A cell's text on one line."""
        value = self.values.get(name)
        if value is None or (type(value) is str and is_tidy(value)):  # most cells: nothing to mend, nothing to say
            return value
        return self._read(name, _line)

    def paragraphs(self, name: str) -> str | None:
        """A cell's text, lines kept."""
        return self._read(name, _lines)

    def warn(self, name: str, wanted: str, code: str) -> None:
        """The row is printed; this cell needs a look."""
        self.setting.problems.append(self._problem(name, wanted, "warning", code))

    def refuse(self, name: str, wanted: str, code: str) -> None:
        """The row can't be printed."""
        self.refused = True
        self.setting.problems.append(self._problem(name, wanted, "error", code))

    def _problem(self, name: str, wanted: str, severity: Severity, code: str) -> Problem:
        value = self.value(name)
        found = None if value is None else show(value)[:SHOWN]
        return Problem(self.origin, self.headers.get(name), found, wanted, severity, code)

    def _read(self, name: str, how: Callable[[str], "Cell"]) -> str | None:
        value = self.values.get(name)
        if value is None:
            return None
        cell = how(value if isinstance(value, str) else "" if value != value else show(value))
        if cell.fault:
            say = self.refuse if name == "title" and cell.text is None else self.warn
            say(name, cell.fault, cell.code)
        return cell.text


class Cell(NamedTuple):
    """A text to print, and what is wrong with the cell."""

    text: str | None
    fault: str | None = None
    code: str = "formula"


def is_tidy(written: str) -> bool:
    """Whether it is printed as it is: it says something, is no formula, and neither starts nor ends with a blank."""
    return (
        5 < len(written) < KEPT
        and written[0].isalnum()
        and not written[-1].isspace()
        and "  " not in written
        and "\n" not in written
        and not DOUBTFUL.search(written)
    )


def computed(written: object) -> str | None:
    """What to say of a formula, or of one that failed; None of what people type."""
    if not isinstance(written, str) or not written.startswith(("=", "#")):
        return None
    if is_formula(written):
        return "c'est une formule, pas un texte : tapez le texte lui-même"
    if CELL_ERROR.fullmatch(written):
        return "le calcul de cette cellule a échoué : tapez le texte lui-même"
    return None


def _line(written: str) -> Cell:
    return _short_line(written) if len(written) < KEPT else _cell(written, tidy)


@lru_cache(maxsize=16384)  # rooms, associations, addresses come back row after row
def _short_line(written: str) -> Cell:
    return _cell(written, tidy)


def _lines(written: str) -> Cell:
    return _cell(written, paragraphs)


def _cell(written: str, how: Callable[[str], str]) -> Cell:
    written = written.strip()
    if is_nothing(written):
        return Cell(None)
    if fault := computed(written):
        return Cell(None, fault)
    if len(written) > LONGEST:
        fault = f"texte très long : seuls les {LONGEST} premiers caractères sont lus"
        return Cell(how(written[:LONGEST]) or None, fault, "text_long")
    return Cell(how(written) or None)
