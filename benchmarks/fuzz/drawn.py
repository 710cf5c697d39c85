"""Tables made up from nothing: headers staff may write, over cells nobody should."""

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from benchmarks.fuzz.changes import cell, written
from benchmarks.fuzz.zips import settled
from newsletter.loaders.columns import ITEMS, SUBSCRIBERS
from tests import workbooks
from tests.workbooks import Sheet

WRITERS = ("csv", "xlsx", "ods", "xls")
MOST_IN_XLS = 200


def table(draw: Random, writer: str) -> bytes:
    """A file of it."""
    rows = _rows(draw)
    if writer == "csv":
        return written(
            draw, [["" if value is None else str(value) for value in row] for row in rows], draw.choice(";,\t|")
        )
    if writer == "xls":
        short = [[v[:MOST_IN_XLS] if isinstance(v, str) else v for v in map(_plain, row)] for row in rows]
        return workbooks.xls(Sheet("Agenda", short))
    sheets = [Sheet("Agenda", [[_writable(value) for value in row] for row in rows], _merges(draw, len(rows)))]
    if draw.random() < 0.2:
        sheets.append(Sheet("Feuille 2", [[_writable(value) for value in row] for row in _rows(draw)]))
    return settled((workbooks.xlsx if writer == "xlsx" else workbooks.ods)(*sheets))


def _rows(draw: Random) -> list[list[object]]:
    words = SUBSCRIBERS if draw.random() < 0.1 else ITEMS
    fields = draw.sample(sorted(words), k=draw.randrange(1, min(9, len(words))))
    if draw.random() < 0.8 and "title" in words:
        fields = list(dict.fromkeys(["title", "date", *fields]))
    header: list[object] = [
        draw.choice((*words[field], cell(draw)) if draw.random() < 0.1 else words[field]) for field in fields
    ]
    body = [_row(draw, len(header)) for _ in range(draw.choice((0, 1, 3, 8, 20)))]
    above: list[list[object]] = [[cell(draw)] for _ in range(draw.choice((0, 0, 0, 1, 3)))]
    again = [list(header)] if draw.random() < 0.05 else []
    return [*above, header, *body, *again]


def _row(draw: Random, width: int) -> list[object]:
    chance = draw.random()
    if chance < 0.06:
        return []
    if chance < 0.14:
        return [draw.choice((cell(draw), "JANVIER 2022", "Total", "NB : à vérifier"))]
    row = [_value(draw) for _ in range(width + draw.choice((0, 0, 0, 0, -1, 2)))]
    if draw.random() < 0.5:  # sound enough to be an item, so that something is left to merge and clash
        row[:2] = [draw.choice(("Concert", "Bal", "Marché")), draw.choice(("4/12/2021", "11 décembre 2021"))]
    return row


def _value(draw: Random) -> object:
    chance = draw.random()
    if chance < 0.2:
        return None
    if chance < 0.75:
        return cell(draw)
    kinds: tuple[Any, ...] = (
        draw.randrange(-10, 60_000), draw.uniform(-1, 60_000), draw.random(), 10 ** draw.randrange(1, 300), True,
        date(2021, 1, 1) + timedelta(draw.randrange(-40_000, 900_000)), time(draw.randrange(24), draw.randrange(60)),
        datetime(2021, 12, draw.randrange(1, 32), draw.randrange(24)),  # noqa: DTZ001 — spreadsheets have no zones
    )  # fmt: skip
    return draw.choice(kinds)


def _plain(value: object) -> object:
    """What a file of Excel 97 holds here: texts, and numbers that fit."""
    if isinstance(value, int | float) and abs(value) < 1e300:
        return value
    return None if value is None else str(value)


def _writable(value: object) -> object:
    """What XML can hold."""
    if isinstance(value, str):
        return (
            "".join(sign for sign in value if sign in "\t\n" or sign >= " ")[:32_000]
            .replace("\ufffe", "")
            .replace("\uffff", "")
        )
    return str(value) if isinstance(value, int) and abs(value) > 1e15 else value


def _merges(draw: Random, rows: int) -> tuple[str, ...]:
    if draw.random() < 0.7 or rows < 3:
        return ()
    top = draw.randrange(1, rows)
    return (f"A{top}:{draw.choice('AAC')}{top + draw.randrange(1, 4)}",)
