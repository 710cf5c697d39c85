"""A long list of people: a text file read a piece at a time, so that a million rows take no more room than 10,000.

Each piece is read as a file of its own under the header of the whole, and its rows keep their numbers.
Enters: an open file. Leaves: a `Load` per piece. Never here: a workbook, which is read whole, within its limits.
"""

import codecs
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from newsletter.loaders import tables, text
from newsletter.loaders.grid import Cells, Grid
from newsletter.loaders.headers import Finder
from newsletter.loaders.request import Load, Request
from newsletter.model import Document, Problem, Table

if TYPE_CHECKING:
    from newsletter.config import Source

PIECE = 10_000  # records: as many as the store writes at once
START = 200 * 1024  # bytes that tell the separator
BLOCK = 1024 * 1024
Rows = list[tuple[int, Cells]]


def read_in_pieces(name: str, file: BinaryIO, source: "Source", *, as_of: datetime) -> Iterator[Load]:
    """The tables of a text file of people, piece by piece. Raises SourceUnreadable."""
    start = file.read(START)
    request = Request(Document(name, start), source, as_of, "subscribers")
    encoding = text.marked_encoding(start) or _encoding(file)
    separator, rest = text.separator_of(head := start.decode(encoding, errors="replace").replace("\x00", ""))
    file.seek(0)
    lines = io.TextIOWrapper(file, encoding, errors="replace", newline="")
    try:
        if len(rest) < len(head):
            lines.readline()  # « sep=; »
        with text.closed_quotes(request):
            rows = text.records((line.replace("\x00", "") for line in lines), separator)
            yield from _loads(rows, separator, request)
    finally:
        lines.detach()  # the file is closed by who opened it


def _encoding(file: BinaryIO) -> str:
    """UTF-8, if all of it is."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block := file.read(BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _loads(rows: Iterator[tuple[int, Cells]], separator: str, request: Request) -> Iterator[Load]:
    first = list(islice(rows, PIECE))
    header = Finder(request).best(Grid(None, first, alone=True))
    load = _load(first, separator, request)
    yield load
    if header is None or not load.tables:
        return
    above = [row for row in first if row[0] <= header.last]
    last = first[-1][0]
    del first
    while len(load.tables) == 1 and (piece := list(islice(rows, PIECE))):
        shift, last = piece[0][0] - header.last - 1, piece[-1][0]
        shifted = above + [(number - shift, cells) for number, cells in piece]
        load = _moved(_load(shifted, separator, request), header.last, shift)
        yield load
    if len(load.tables) > 1 and next(rows, None):
        wanted = "un autre en-tête est plus haut : la suite n'est pas lue ; faites un fichier par tableau"
        yield Load((), (request.problem(wanted, "header", row=last + 1),))


def _load(rows: Rows, separator: str, request: Request) -> Load:
    grid = Grid(None, rows, alone=True)
    swallowed = text.look_over(grid, separator, request)
    load = tables.build([grid], request)
    return Load(load.tables, (*swallowed, *load.problems))


def _moved(load: Load, header: int, shift: int) -> Load:
    """Its rows under the numbers they have in the file. What is wrong with the header was said of the first piece."""
    return Load(
        tuple(_moved_table(table, shift) for table in load.tables),
        tuple(_moved_problem(problem, shift) for problem in load.problems if (problem.origin.row or 0) > header),
    )


def _moved_table(table: Table, shift: int) -> Table:
    skipped = tuple(replace(skip, row=skip.row + shift) for skip in table.skipped)
    return replace(table, frame=table.frame.set_axis(table.frame.index + shift), skipped=skipped)


def _moved_problem(problem: Problem, shift: int) -> Problem:
    return replace(problem, origin=replace(problem.origin, row=(problem.origin.row or 0) + shift))
