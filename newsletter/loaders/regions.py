"""A sheet with its headers found → its tables' rows, top to bottom: kept, or skipped with the reason.

Merged cells repeat downwards, months headings reach the rows below them, a second header starts a second table.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from newsletter import dates
from newsletter.loaders import rows
from newsletter.loaders.grid import Cells, Grid
from newsletter.loaders.headers import Finder, Header
from newsletter.model import Skip

FAR = 1000
MONTH = "month"


@dataclass(slots=True)
class Region:
    """The rows under one header. `far`: where something lies so far below that it is another thing."""

    header: Header
    kept: list[tuple[int, Cells]] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    months: dict[int, date] = field(default_factory=dict)
    far: int | None = None


def regions(grid: Grid, header: Header, finder: Finder, as_of: datetime) -> Iterator[Region]:
    """The sheet's tables. Stops at what lies more than a thousand blank rows below the rest."""
    walk = _Walk(grid, Region(header), finder, as_of)
    for index in range(bisect_left(grid.rows, header.last + 1, key=lambda row: row[0]), len(grid.rows)):
        number, cells = grid.rows[index]
        if number - walk.previous > FAR:
            walk.region.far = number
            break
        if number <= walk.region.header.last:
            continue
        following = walk.following(index) if walk.may_end(number) else None
        if following:
            yield walk.close()
            walk = _Walk(grid, Region(following), finder, as_of)
        else:
            walk.take(number, cells)
    yield walk.close()


class _Walk:
    """One table being read downwards."""

    def __init__(self, grid: Grid, region: Region, finder: Finder, as_of: datetime) -> None:
        self.grid, self.region, self.finder, self.as_of = grid, region, finder, as_of
        self.previous = region.header.last
        self.alone = False
        self.month = self._month(grid.sheet)
        self.repeats = _Repeats(grid, region.header.last)
        self.months = region.header.fields.get(MONTH, ())

    def may_end(self, number: int) -> bool:
        """Whether another header may stand here: after blank rows, or under a title of its own."""
        return self.alone or number > self.previous + 1

    def following(self, index: int) -> Header | None:
        """The header of another table on this row."""
        header = max(self.finder.at(self.grid.rows, index), key=lambda header: header.worth, default=None)
        return header if header and header.is_sure and header.cells != self.region.header.cells else None

    def take(self, number: int, cells: Cells) -> None:
        """One row that holds something."""
        if number > self.previous + 1:
            self.region.skipped += (Skip(blank, rows.BLANK) for blank in range(self.previous + 1, number))
        self.previous = number
        own = [(column, cell) for column, cell in enumerate(cells) if cell is not None]
        self.alone = len(own) == 1
        if why := self._reason(number, own):
            self.region.skipped.append(Skip(number, why))
            return
        cells = self.repeats.under(number, cells)
        for column in self.months:
            if column < len(cells) and (month := self._month(cells[column])):
                self.month = month
        if self.month:
            self.region.months[number] = self.month
        self.region.kept.append((number, cells))

    def close(self) -> Region:
        """The region, its last rows looked at again: remarks lie there."""
        region = self.region
        self._leave_notes()
        last = region.kept[-1][0] if region.kept else region.header.last
        region.skipped = [
            Skip(skip.row, rows.NOTE_UNDER) if skip.reason == rows.NOTE and skip.row > last else skip
            for skip in region.skipped
        ]
        return region

    def _leave_notes(self) -> None:
        """Remarks in the title's column, under the table and after a blank row, are no titles."""
        region = self.region
        blanks = {skip.row for skip in region.skipped if skip.reason == rows.BLANK}
        index = len(region.kept)
        while index and region.header.tells_when and rows.is_trailing_note(region.kept[index - 1][1]):
            index -= 1
        if index and region.kept[index:] and region.kept[index][0] - 1 in blanks:
            region.skipped += (Skip(number, rows.NOTE_UNDER) for number, _ in region.kept[index:])
            region.skipped.sort(key=lambda skip: skip.row)
            region.kept = region.kept[:index]

    def _reason(self, number: int, own: list[tuple[int, object]]) -> str | None:
        header = self.region.header
        if not own:
            return rows.LOST
        if rows.is_repeated(own, header):
            return rows.REPEATED
        said = own[0][1]
        if all(cell == said for _, cell in own) and (month := self._month(said)):
            self.month = month
            return rows.HEADING
        return rows.reason(own, header, self.grid.width(number, own[0][0]))

    def _month(self, cell: object) -> date | None:
        if not isinstance(cell, str) or len(cell) > rows.LONG:
            return None
        return dates.month_heading(cell, as_of=self.as_of, previous=getattr(self, "month", None))


class _Repeats:
    """What vertically merged cells say again on the rows below."""

    def __init__(self, grid: Grid, after: int) -> None:
        tall = [merge for merge in grid.merges if merge[2] > merge[0] > after]
        self.coming = sorted(tall, reverse=True)
        self.active: list[tuple[int, int, object]] = []

    def under(self, number: int, cells: Cells) -> Cells:
        """The row's cells, those of its merges filled."""
        if not self.active and not self.coming:
            return cells
        self.active = [one for one in self.active if one[0] >= number]
        while self.coming and self.coming[-1][0] <= number:
            first, column, last, _ = self.coming.pop()
            if first == number and column < len(cells) and cells[column] is not None:
                self.active.append((last, column, cells[column]))
        if not self.active:
            return cells
        wide = max(column for _, column, _ in self.active) + 1
        filled = cells + [None] * (wide - len(cells))
        for _, column, value in self.active:
            if filled[column] is None:
                filled[column] = value
        return filled
