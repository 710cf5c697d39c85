"""The town's directory of associations → each by one name: initials at length, a misspelling with the name it may be.

A name that is not in it, nor like one that is, is left as typed: new associations come before the directory knows them.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from newsletter.catalogue import near
from newsletter.catalogue.texts import CELL_ERROR, fold, is_formula, tidy
from newsletter.model import Table

LIKE = 88.0  # what rapidfuzz must say of two names for one to be proposed
SHORTEST = 4  # letters initials need for one slip to be a slip


class Known(NamedTuple):
    """What the directory says of a name as typed: the full one; or the one it may be, mistyped."""

    name: str | None = None
    near: str | None = None


class Directory:
    """Names, and what stands for them."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self._names: dict[str, str] = {}
        self._short: dict[str, set[str]] = {}
        for name, short in _lines(tables):
            self._names.setdefault(fold(name), name)
            if short:
                self._short.setdefault(fold(short), set()).add(name)
        self._compared = {folded: near.words(folded).sorted for folded in self._names}
        self._read: dict[str, Known] = {}

    def read(self, written: str) -> Known:
        """A name as typed; several are each looked for (« AAMAM et ASIAM »)."""
        if written not in self._read:
            self._read[written] = self._look(written) if self._names else Known()
        return self._read[written]

    def _look(self, written: str) -> Known:
        folded = fold(written)
        if name := self._full(folded):
            return Known(name)
        parts = [self._full(part.strip()) for part in f" {folded} ".split(" et ")]
        if len(parts) > 1 and all(parts):
            return Known(" et ".join(filter(None, parts)))
        return Known(near=self._like(folded))

    def _full(self, folded: str) -> str | None:
        names = self._short.get(folded, set())
        return self._names.get(folded) or (next(iter(names)) if len(names) == 1 else None)

    def _like(self, folded: str) -> str | None:
        said = near.words(folded)
        found = process.extractOne(said.sorted, self._compared, scorer=fuzz.token_sort_ratio, score_cutoff=LIKE)
        if found and near.words(found[2]).apart == said.apart:
            return self._names[found[2]]
        if len(folded) >= SHORTEST and " " not in folded:
            close = [short for short in self._short if OSA.distance(folded, short, score_cutoff=1) <= 1]
            names = {name for short in close if short[0] == folded[0] for name in self._short[short]}
            return next(iter(names)) if len(names) == 1 else None
        return None


def _lines(tables: Sequence[Table]) -> Iterator[tuple[str, str]]:
    for table in tables:
        for _, values in table.records():
            name, short = (tidy(str(values.get(field) or "")) for field in ("name", "short"))
            if _is_name(name):
                yield name, short if _is_name(short) else ""


def _is_name(text: str) -> bool:
    return bool(fold(text)) and not is_formula(text) and not CELL_ERROR.fullmatch(text)
