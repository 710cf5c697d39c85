"""CSV, TSV and text files: bytes → one grid. A record is a row, however many lines it takes."""

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice

from newsletter.errors import SourceUnreadable
from newsletter.loaders import tables
from newsletter.loaders.cells import text
from newsletter.loaders.grid import Cells, Grid
from newsletter.loaders.request import Load, Request
from newsletter.model import Problem

SEPARATORS = ";,\t|"
SAMPLE = 50
SHORT = 60
BIGGEST_CELL = 20_000_000
MOST_COLUMNS = 2_000
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
ESCAPED = re.compile(r'="([^"]*)"')


def rows(request: Request) -> Load:
    """The table of a text file."""
    grid, swallowed = read(request)
    load = tables.build([grid], request)
    return Load(load.tables, (*swallowed, *load.problems))


def read(request: Request) -> tuple[Grid, list[Problem]]:
    """Its records, and what a quote left open took from them. Raises SourceUnreadable."""
    content = decode(request.document.content).replace("\x00", "")
    separator, content = separator_of(content)
    with closed_quotes(request):
        grid = Grid(None, list(records(io.StringIO(content, newline=""), separator)), alone=True)
    return grid, look_over(grid, separator, request)


@contextmanager
def closed_quotes(request: Request) -> Iterator[None]:
    """A text that no table can be made of is a SourceUnreadable."""
    try:
        yield
    except csv.Error:
        raise SourceUnreadable(
            f"{request.document.name} : un guillemet ouvert n'est jamais fermé, ou une cellule n'en finit pas ; "
            "enregistrez à nouveau le tableau en .csv"
        ) from None


def look_over(grid: Grid, separator: str, request: Request) -> list[Problem]:
    """What a quote left open took from its rows. Raises SourceUnreadable when one is too wide."""
    if wide := _too_wide(grid):
        raise SourceUnreadable(
            f"{request.document.name} : une ligne a {wide} colonnes, trop pour un agenda ; "
            "vérifiez le séparateur, ou copiez le tableau seul dans un fichier neuf"
        )
    return list(_swallowed(grid, separator, request))


def decode(content: bytes) -> str:
    """By BOM, then UTF-8, then cp1252: never latin-1, which has no œ nor €."""
    if marked := marked_encoding(content):
        return content.decode(marked, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def marked_encoding(start: bytes) -> str | None:
    """What the first bytes say, if they do."""
    return next((encoding for mark, encoding in MARKS if start.startswith(mark)), None)


def records(lines: Iterable[str], separator: str) -> Iterator[tuple[int, Cells]]:
    """The records that hold something, under their numbers. `lines` keep their ends."""
    csv.field_size_limit(BIGGEST_CELL)
    for number, record in enumerate(csv.reader(lines, delimiter=separator), 1):
        cells: Cells = [_short(cell) if len(cell) < SHORT else _cell(cell) for cell in record]
        if any(cell is not None for cell in cells):
            yield number, cells


def _cell(written: str) -> str | None:
    return text(ESCAPED.sub(r"\1", written) if written.startswith('="') else written)


_short = lru_cache(8192)(_cell)  # most cells of a long list say what others said before


def _too_wide(grid: Grid) -> int | None:
    """How many columns its widest row fills, when no table has as many."""
    far = [cells for _, cells in grid.rows if len(cells) > MOST_COLUMNS]
    widest = max((max(n for n, cell in enumerate(cells, 1) if cell is not None) for cells in far), default=0)
    return widest if widest > MOST_COLUMNS else None


def _swallowed(grid: Grid, separator: str, request: Request) -> Iterator[Problem]:
    """Cells that hold whole rows, for want of a quote: emptied, and told."""
    cuts = len(grid.rows[0][1]) - 1 if grid.rows else 0
    for number, cells in grid.rows:
        for column, cell in enumerate(cells):
            if not cuts or not isinstance(cell, str) or cell.count("\n") < 2:
                continue
            if sum(line.count(separator) >= cuts for line in cell.split("\n")) >= 2:
                cells[column] = None
                wanted = (
                    f"un guillemet ouvert ligne {number} n'est pas fermé : les lignes suivantes sont perdues, fermez-le"
                )
                yield request.problem(wanted, "quote", row=number)


def separator_of(content: str) -> tuple[str, str]:
    """The one that cuts most of the first records in the same number of cells. "sep=;" says it outright."""
    if content[:4].lower() == "sep=" and content[4:5] in SEPARATORS and content[4:5]:
        return content[4], content[5:].lstrip("\r").removeprefix("\n")
    return max(SEPARATORS, key=lambda separator: _regularity(content, separator)), content


def _regularity(content: str, separator: str) -> float:
    sample = csv.reader(io.StringIO(content[: 200 * 1024], newline=""), delimiter=separator)
    widths = Counter(len(record) for record in islice(sample, SAMPLE) if len(record) > 1)
    if not widths:
        return 0
    width, count = widths.most_common(1)[0]
    return count * math.sqrt(width - 1)
