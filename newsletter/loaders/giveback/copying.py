"""The steps of a copy: open, find the cells, mark them, list them on a first sheet, save."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from newsletter.loaders.giveback import kept, marks, opening, places, summary
from newsletter.model import Document, Problem

UNSAFE = re.compile(r'[\x00-\x1f<>:"|?*\\/]')


@dataclass(frozen=True, slots=True)
class Order:
    """A document, its true suffix, its problems; `more`: how many of them are too many to be marked."""

    document: Document
    suffix: str
    problems: Sequence[Problem]
    more: int = 0


def annotated(order: Order) -> tuple[str, bytes]:
    """The copy's name and its bytes."""
    if order.suffix == ".xlsx":
        try:
            return name(order.document.name), _finished(opening.as_it_is(order.document.content), order)
        except opening.BROKEN:  # what openpyxl can't take, another reader may still give the values of
            copy = opening.values(order.document.content, opening.STYLE_LOST)
    elif order.suffix == ".csv" or order.suffix in opening.TEXTS:
        copy = opening.typed(order.document)
    else:
        copy = opening.values(order.document.content, opening.VALUES_ONLY)
    return name(order.document.name), _finished(copy, order)


def name(written: str) -> str:
    """The original's own, as an .xlsx, in no folder."""
    stem = UNSAFE.sub("_", PurePosixPath(bare(written)).stem).strip(". ")
    return f"{stem or 'copie'}.xlsx"


def bare(written: str) -> str:
    """A file's name without its folders."""
    return PurePosixPath(written.replace("\\", "/")).name


def _finished(copy: opening.Copy, order: Order) -> bytes:
    marks.clear(copy.book)
    found = places.find(copy.book, order.problems, copy.titles)
    marks.mark(copy.book, found)
    summary.write(copy.book, found, summary.About(bare(order.document.name), tuple(copy.lost), order.more))
    return kept.saved(copy.book, copy.results)
