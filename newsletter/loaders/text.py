"""CSV, TSV and text files: bytes → one grid. A record is a row, however many lines it takes."""

import csv
import io
import math
import re
from collections import Counter
from itertools import islice

from newsletter.errors import SourceUnreadable
from newsletter.loaders import tables
from newsletter.loaders.cells import text
from newsletter.loaders.grid import Cells, Grid
from newsletter.loaders.request import Load, Request

SEPARATORS = ";,\t|"
SAMPLE = 50
BIGGEST_CELL = 20_000_000
ESCAPED = re.compile(r'="([^"]*)"')


def rows(request: Request) -> Load:
    """The table of a text file."""
    return tables.build(
        [Grid(None, records(decode(request.document.content, request.document.name)), alone=True)], request
    )


def decode(content: bytes, name: str) -> str:
    """By BOM, then UTF-8, then cp1252: never latin-1, which has no œ nor €."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    if content.count(b"\x00") > len(content) // 20:
        raise SourceUnreadable(f"{name} : ce n'est pas un texte ; enregistrez le tableau en « CSV UTF-8 » ou en .xlsx")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def records(content: str) -> list[tuple[int, Cells]]:
    """The records that hold something, under their numbers."""
    content = content.replace("\x00", "")
    separator, content = _separator(content)
    csv.field_size_limit(BIGGEST_CELL)
    found: list[tuple[int, Cells]] = []
    for number, record in enumerate(csv.reader(io.StringIO(content, newline=""), delimiter=separator), 1):
        cells: Cells = [text(ESCAPED.sub(r"\1", cell) if cell.startswith('="') else cell) for cell in record]
        if any(cell is not None for cell in cells):
            found.append((number, cells))
    return found


def _separator(content: str) -> tuple[str, str]:
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
