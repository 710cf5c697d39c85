"""A sheet as it lies: rows of cells under their numbers, before anyone knows which of them is a header."""

from dataclasses import dataclass, field

Cells = list[object]


@dataclass(slots=True)
class Grid:
    """`rows`: (number as a spreadsheet program shows it, cells from column A on); a number left out is a blank row.

    `merges`: (first row, first column, last row, last column), rows as numbered, columns from 0.
    `alone`: the stanza named this sheet, or it is the only one: nothing in it is passed over in silence.
    `links`: (row, column) → where a cell's text leads; `struck`: cells a stroke goes through; `hidden`: rows not shown.
    """

    sheet: str | None
    rows: list[tuple[int, Cells]]
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    date_1904: bool = False
    alone: bool = False
    links: dict[tuple[int, int], str] = field(default_factory=dict)
    struck: set[tuple[int, int]] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)
    _widths: dict[tuple[int, int], int] | None = None

    def width(self, row: int, column: int) -> int:
        """How many columns that cell is merged over."""
        if self._widths is None:
            self._widths = {(first, left): right - left + 1 for first, left, _, right in self.merges}
        return self._widths.get((row, column), 1)
