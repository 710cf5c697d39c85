"""Grids → tables: a header found in each sheet, the rows under it, and why each other row is none.

Enters: sheets as they lie. Leaves: a `Table` per header, its frame of cells as typed, and the problems of what can't be
a table. No row is left out without a word.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from newsletter.loaders import flags, marks, refusals
from newsletter.loaders.beside import split
from newsletter.loaders.cells import Place, faults
from newsletter.loaders.grid import Cells, Grid
from newsletter.loaders.headers import TITLE, Finder, Header
from newsletter.loaders.pictures import Album, attach
from newsletter.loaders.regions import MONTH, Region, regions
from newsletter.loaders.request import Load, Request
from newsletter.model import Problem, Table

# Fields whose columns complete each other; of the other fields, the first filled cell counts.
JOINED = {"description": "\n", "place": ", ", "date": " et "}


def build(grids: Iterable[Grid], request: Request) -> Load:
    """The tables of a file. A sheet without one is passed over, unless it is all there is."""
    finder, album = Finder(request), Album(request.document.folder)
    problems: list[Problem] = []
    tables: list[Table] = []
    passed: list[tuple[Grid, Header | None]] = []
    for grid in grids:
        header = finder.best(grid)
        if people := refusals.people(grid, request):
            problems.append(people)
        elif header is None or not header.has_title:
            passed.append((grid, header))
        else:
            for part, own in split(grid, header, finder):
                found = regions(part, own, finder, request.as_of)
                tables += [_table(part, region, request, album, problems) for region in found]
    problems += refusals.passed_over(passed, request, alone=not tables and not problems)
    problems += refusals.settings(tables, request)
    return Load(tuple(tables), tuple(problems))


def _table(grid: Grid, region: Region, request: Request, album: Album, problems: list[Problem]) -> Table:
    """The rows as a frame, each field a column."""
    import pandas  # here, not above: importing it takes longer than reading most files, and most commands read none

    fields = {name: places for name, places in region.header.by_column() if name != MONTH}
    headers = {name: region.header.written[places[0]] for name, places in fields.items()}
    numbers = [number for number, _ in region.kept]
    values = {name: _column(name, places, region) for name, places in fields.items()}
    for name, column in values.items():
        place = Place(request, grid.sheet, headers[name])
        problems += faults(place, numbers, column)
    if "status" in values:
        values["status"] = flags.statuses(values["status"], headers["status"])
    if "image" in values:
        attach(values, numbers, Place(request, grid.sheet, headers["image"]), album, problems)
    if "url" in values and grid.links:
        marks.follow(values["url"], numbers, fields["url"], grid)
    problems += marks.told(grid, region, TITLE[request.vocabulary], request)
    if grid.sheet is None:
        problems += _beyond(region, request)
    if region.far is not None:
        problems.append(refusals.far(grid.sheet, region.far, request))
    frame = pandas.DataFrame(values, index=pandas.Index(numbers, dtype="int64"), columns=list(values), dtype=object)
    return Table(
        request.document.name,
        grid.sheet,
        frame,
        headers,
        rows=len(region.kept) + len(region.skipped),
        skipped=tuple(region.skipped),
        months=region.months,
        date_1904=grid.date_1904,
        unread=region.header.unread,
    )


def _beyond(region: Region, request: Request) -> Iterator[Problem]:
    """What a text file has further right than its header: a separator inside a text has cut it."""
    width = max(region.header.written) + 1
    for number, cells in region.kept:
        if len(cells) > width and (extra := [str(cell) for cell in cells[width:] if cell is not None]):
            wanted = "cette ligne a plus de cases que l'en-tête : mettez entre guillemets le texte où est un séparateur"
            yield request.cell((None, number, None), ", ".join(extra), wanted, "ragged")


def _column(name: str, places: tuple[int, ...], region: Region) -> list[object]:
    """A field's cells."""
    if len(places) == 1:
        [place] = places
        return [cells[place] if place < len(cells) else None for _, cells in region.kept]
    together = JOINED.get(name)
    if name == "date" and not all(region.header.written[place][-1:].isdigit() for place in places):
        together = None  # "Jour" and "Date" say the same; "Date 1" and "Date 2" don't
    return [_several([cells[place] for place in places if place < len(cells)], together) for _, cells in region.kept]


def _several(cells: Cells, together: str | None) -> object:
    """The cells of one field: those that hold something, put together, or the first of them."""
    filled = [cell for cell in cells if cell is not None]
    if together is None or len(filled) < 2:
        return filled[0] if filled else None
    texts = [f"{cell:%d/%m/%Y}" if isinstance(cell, date) else str(cell) for cell in filled]
    return together.join(text for text in dict.fromkeys(texts))
