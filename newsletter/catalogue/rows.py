"""A row being read: its cells, and what is found wrong with them. A problem never stops the reading of the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from newsletter.catalogue.audiences import Audiences
from newsletter.catalogue.texts import CELL_ERROR, is_formula, is_nothing, paragraphs, show, tidy
from newsletter.config import Source
from newsletter.model import Origin, Problem, Severity, Table

LONGEST = 20_000
SHOWN = 300


@dataclass(frozen=True, slots=True)
class Setting:
    """What all rows of a table share."""

    table: Table
    number: int
    source: Source
    audiences: Audiences
    as_of: datetime


@dataclass(slots=True)
class Row:
    """Its values by field. Read each text once: what is wrong with a cell is said at each reading."""

    origin: Origin
    values: Mapping[str, object]
    setting: Setting
    problems: list[Problem] = field(default_factory=list)
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
        if value is None or value != value or (isinstance(value, str) and is_nothing(value.strip())):
            return None
        return value

    def text(self, name: str) -> str | None:
        """A cell's text on one line."""
        written = self._written(name)
        return None if written is None else tidy(written) or None

    def paragraphs(self, name: str) -> str | None:
        """A cell's text, lines kept."""
        written = self._written(name)
        return None if written is None else paragraphs(written) or None

    def warn(self, name: str, wanted: str, code: str) -> None:
        """The row is printed; this cell needs a look."""
        self.problems.append(self._problem(name, wanted, "warning", code))

    def refuse(self, name: str, wanted: str, code: str) -> None:
        """The row can't be printed."""
        self.refused = True
        self.problems.append(self._problem(name, wanted, "error", code))

    def _problem(self, name: str, wanted: str, severity: Severity, code: str) -> Problem:
        value = self.value(name)
        found = None if value is None else show(value)[:SHOWN]
        return Problem(self.origin, self.headers.get(name), found, wanted, severity, code)

    def _written(self, name: str) -> str | None:
        value = self.value(name)
        if value is None:
            return None
        written = show(value)
        if written.startswith(("=", "#")) and (fault := _computed(written)):
            (self.refuse if name == "title" else self.warn)(name, fault, "formula")
            return None
        if len(written) > LONGEST:
            self.warn(name, f"texte très long : seuls les {LONGEST} premiers caractères sont lus", "text_long")
        return written[:LONGEST]


def _computed(written: str) -> str | None:
    if is_formula(written):
        return "c'est une formule, pas un texte : tapez le texte lui-même"
    if CELL_ERROR.fullmatch(written):
        return "le calcul de cette cellule a échoué : tapez le texte lui-même"
    return None
