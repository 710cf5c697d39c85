"""Colours and comments on the cells at fault; and those of an earlier copy taken away again."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from openpyxl.comments import Comment
from openpyxl.styles import Border, PatternFill, Side

from newsletter.loaders.giveback.places import Found
from newsletter.loaders.written import harmless
from newsletter.model import Problem, Severity

AUTHOR = "Newsletter"
WIDTH, LINE, LETTERS = 320, 18, 44
INK = "FF1F1F1F"


class Look(NamedTuple):
    """How a severity shows: a word and a line round the cell as well as a colour, for those who see no colours."""

    word: str
    fill: str
    line: str
    style: str


LOOKS: dict[Severity, Look] = {
    "error": Look("Erreur", "FFF9CFCF", "FFB42318", "medium"),
    "warning": Look("À voir", "FFFFE8B0", "FFB7791F", "thin"),
}
OURS = re.compile(rf"\n*^▸ (?:{'|'.join(look.word for look in LOOKS.values())}) : .*", re.DOTALL | re.MULTILINE)


def mark(book: Any, found: Sequence[Found]) -> None:
    """Colours each cell, and says there what to do; one comment for all that is wrong with it."""
    cells: dict[tuple[str, int, int], list[Problem]] = defaultdict(list)
    for one in found:
        if one.sheet is not None and one.cell:
            cells[one.sheet, one.row, one.column].append(one.problem)
    for (sheet, row, column), problems in cells.items():
        cell = book[sheet].cell(row, column)
        _colour(cell, LOOKS[min(problem.severity for problem in problems)])  # "error" comes before "warning"
        cell.comment = _comment(cell.comment, problems)


def clear(book: Any) -> None:
    """Takes away what an earlier copy marked: staff may mend that copy, and give it in."""
    fills = {look.fill for look in LOOKS.values()}
    for sheet in book.worksheets:
        for cell in [cell for cell in sheet._cells.values() if cell.comment is not None]:
            said, author = cell.comment.text, cell.comment.author
            before = OURS.sub("", said)
            cell.comment = _sized(before, author) if before else None  # openpyxl forgets how large they were
            if before != said and cell.fill.fgColor.rgb in fills:
                cell.fill, cell.border = PatternFill(), Border()


def _colour(cell: Any, look: Look) -> None:
    side = Side(style=look.style, color=look.line)
    cell.fill = PatternFill("solid", fgColor=look.fill)
    cell.border = Border(left=side, right=side, top=side, bottom=side)
    font = cell.font.__copy__()
    font.color = INK  # a light letter would be lost on these colours
    cell.font = font


def _comment(before: Comment | None, problems: Sequence[Problem]) -> Comment:
    mends = dict.fromkeys(f"▸ {LOOKS[problem.severity].word} : {mend(problem)}" for problem in problems)
    lines = [*mends] if before is None else [_signed(before), "", *mends]
    return _sized("\n".join(lines), AUTHOR)


def _sized(said: str, author: str) -> Comment:
    """A comment as large as its text."""
    height = sum(1 + len(line) // LETTERS for line in said.split("\n"))
    return Comment(said, author, height=max(3, height) * LINE + 12, width=WIDTH)


def _signed(before: Comment) -> str:
    """An earlier comment, with who wrote it."""
    written, author = str(before.text).strip(), before.author or ""
    return written if not author or author in (AUTHOR, "None") or author in written else f"{author} :\n{written}"


def mend(problem: Problem) -> str:
    """What is wrong and what to type, as a sentence."""
    wanted = harmless(problem.wanted)
    return wanted[:1].upper() + wanted[1:]
