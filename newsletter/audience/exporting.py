"""Subscribers → a list to open in a spreadsheet program: a line per consent in, CSV or XLSX out, never all at once.

What somebody typed is text, also when it looks like a formula: a « ' » before it keeps spreadsheet programs from
computing it, and is taken off when the list is read again.
Never here: where lines come from.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from typing import IO

from newsletter.audience.reading import BREAKING, SHOWN, computes

HEADER = ("Courriel", "Prénom", "Liste", "Thèmes", "Statut", "Inscrit le", "Origine du consentement", "Texte présenté")
STATUSES = {"active": "Inscrit", "left": "Désinscrit"}
MOST_ROWS = 1_048_576  # of a sheet; the rest goes on the next one


@dataclass(frozen=True, slots=True)
class Line:
    """A subscriber, and one consent of theirs: for which letters, when, how, to which wording."""

    address: str
    first_name: str | None
    status: str
    themes: Sequence[str]
    audiences: Sequence[str]
    at: datetime | None
    origin: str | None
    wording: str | None


def write_csv(lines: Iterable[Line], out: IO[str], zone: tzinfo) -> int:
    """As French spreadsheet programs open it: semicolons, a byte order mark. How many lines there are."""
    out.write("\ufeff")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    count = 0
    for line in lines:
        writer.writerow(_cells(line, zone))
        count += 1
    return count


def write_xlsx(lines: Iterable[Line], out: IO[bytes], zone: tzinfo) -> int:
    """A workbook of text cells. How many lines there are."""
    from openpyxl import Workbook  # 0.3 s, and most commands write none

    book, count = Workbook(write_only=True), 0
    sheet = book.create_sheet("Abonnés")
    sheet.append(HEADER)
    for count, line in enumerate(lines, 1):
        if count % (MOST_ROWS - 1) == 0:
            sheet = book.create_sheet(f"Abonnés, suite {count // (MOST_ROWS - 1)}")
            sheet.append(HEADER)
        sheet.append(_cells(line, zone))
    book.save(out)
    return count


def _cells(line: Line, zone: tzinfo) -> list[str]:
    written = (
        line.address,
        line.first_name,
        ", ".join(SHOWN.get(name, name) for name in line.audiences),
        ", ".join(line.themes),
        STATUSES.get(line.status, line.status),
        "" if line.at is None else _moment(line.at, zone),
        line.origin,
        line.wording,
    )
    return [_inert(BREAKING.sub(" ", cell or "")) for cell in written]


def _moment(at: datetime, zone: tzinfo) -> str:
    """A day as people write it, when it is one: its first moment; else the moment, to the microsecond."""
    local = at.astimezone(zone)
    return f"{local:%d/%m/%Y}" if local.timetz().replace(tzinfo=None) == time() else local.isoformat()


def _inert(cell: str) -> str:
    return f"'{cell}" if computes(cell) else cell
