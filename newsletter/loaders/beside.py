"""Tables side by side on one sheet, an empty column between them: each is read by itself."""

from dataclasses import replace

from newsletter.loaders.grid import Grid
from newsletter.loaders.headers import Finder, Header


def split(grid: Grid, header: Header, finder: Finder) -> list[tuple[Grid, Header]]:
    """The sheet's tables from left to right: one, unless each part has a title and they share a header ("Date")."""
    blocks = _blocks(sorted(header.written))
    if len(blocks) < 2 or len(set(header.cells)) == len(header.cells):
        return [(grid, header)]
    parts = [_between(grid, first, last) for first, last in blocks]
    found = [(part, own) for part in parts if (own := finder.best(part)) and own.has_title]
    if len(found) < len(blocks) or not set.intersection(*(set(own.cells) for _, own in found)):
        return [(grid, header)]
    return found


def _blocks(columns: list[int]) -> list[tuple[int, int]]:
    """Runs of columns without a gap: first and last of each."""
    blocks: list[tuple[int, int]] = []
    for column in columns:
        if blocks and column == blocks[-1][1] + 1:
            blocks[-1] = (blocks[-1][0], column)
        else:
            blocks.append((column, column))
    return blocks


def _between(grid: Grid, first: int, last: int) -> Grid:
    """The grid with nothing but these columns."""
    rows = [(number, [*[None] * first, *cells[first : last + 1]]) for number, cells in grid.rows]
    merges = [merge for merge in grid.merges if first <= merge[1] <= last]
    return replace(
        grid, rows=[row for row in rows if any(cell is not None for cell in row[1])], merges=merges, _widths=None
    )
