"""Compare: two versions of each letter's text in; its paragraphs out, each with the words taken out and put in.

The text is wrapped at a width; its lines are joined again first, so that a word more does not change a whole paragraph.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from re import compile as pattern

from newsletter.composer.press import WIDTH
from newsletter.model import Field, Letter
from newsletter.store import Store

SPLIT = pattern(r"\s+|\w+|[^\w\s]")
ALIKE = 0.5  # of its words, from which a paragraph is the other one, changed
LONGEST = 1_000  # words of a paragraph compared one by one: a longer one is shown whole, before and after
MOST = 2_500  # pairs of paragraphs compared, where one run of them took the place of another


class Mark(StrEnum):
    """What became of some words."""

    SAME = "same"
    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class Part:
    """Some words of a paragraph."""

    mark: Mark
    words: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of either version, or of both."""

    parts: tuple[Part, ...]

    @property
    def same(self) -> bool:
        """Whether nothing of it changed."""
        return all(part.mark is Mark.SAME for part in self.parts)

    def side(self, without: Mark) -> str:
        """As it is in one version: without what is only in the other."""
        return "".join(part.words for part in self.parts if part.mark is not without)


def compare(store: Store, month: str, one: int, other: int) -> Mapping[str, tuple[Paragraph, ...]]:
    """Two versions of each letter as text; its subject and its preheader come first."""
    before, after = store.editions.letters(month, one), store.editions.letters(month, other)
    return {
        name: tuple(differences(_lines(before.get(name)), _lines(after.get(name))))
        for name in dict.fromkeys([*before, *after])
    }


def _lines(letter: Letter | None) -> list[str]:
    if letter is None:
        return []
    return [f"Objet : {letter.subject}", f"Aperçu : {letter.preheader}", "", *map(_said, unwrapped(letter.text))]


def _said(line: str) -> str:
    """Without our marks: what differs from reader to reader, in a word."""
    for field in Field:
        line = line.replace(field.text, "(prénom)" if field is Field.FIRST_NAME else "(lien)")
    return line


def unwrapped(text: str) -> list[str]:
    """Its paragraphs: a line goes on in the next when that one's first word had no room in it."""
    found, last = list[str](), ""
    for line in text.split("\n"):
        word = next(iter(line.split()), "*")
        if word != "*" and " " in last.strip() and len(f"{last} {word}") > WIDTH:
            found[-1] += f" {line.strip()}"
        else:
            found.append(line)
        last = line
    return found


def differences(before: Sequence[str], after: Sequence[str]) -> Iterator[Paragraph]:
    """Every paragraph, in order: those of both, those that changed, those of one."""
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (_whole(Mark.SAME, line) for line in before[i:j])
        else:
            yield from _changed(before[i:j], after[k:m])


def _changed(before: Sequence[str], after: Sequence[str]) -> Iterator[Paragraph]:
    """Each with the nearest of those that are left, in their order."""
    start, compared = 0, len(before) * len(after) <= MOST
    for old in before:
        place = _nearest(old, after, start) if compared else None
        if place is None:
            yield _whole(Mark.OUT, old)
        else:
            yield from (_whole(Mark.IN, new) for new in after[start:place])
            yield Paragraph(tuple(_word_by_word(old, after[place])))
            start = place + 1
    yield from (_whole(Mark.IN, new) for new in after[start:])


def _nearest(old: str, after: Sequence[str], start: int) -> int | None:
    words = old.strip(" *").split()
    likeness = [_alike(words, new.strip(" *").split()) for new in after[start:]]
    best = max(likeness, default=0.0)
    return start + likeness.index(best) if best >= ALIKE else None


def _alike(one: list[str], other: list[str]) -> float:
    if max(len(one), len(other)) > LONGEST:
        return 0.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= ALIKE else 0.0


def _word_by_word(old: str, new: str) -> Iterator[Part]:
    before, after = SPLIT.findall(old), SPLIT.findall(new)
    out = put_in = ""
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        was, is_ = "".join(before[i:j]), "".join(after[k:m])
        if tag == "equal" and (was.strip() or not (out or put_in)):
            yield from _parts(out, put_in)
            yield Part(Mark.SAME, was)
            out = put_in = ""
        else:  # a space between two words that changed is read with them
            out, put_in = out + was, put_in + is_
    yield from _parts(out, put_in)


def _parts(out: str, put_in: str) -> Iterator[Part]:
    yield from (Part(mark, words) for mark, words in ((Mark.OUT, out), (Mark.IN, put_in)) if words)


def _whole(mark: Mark, line: str) -> Paragraph:
    return Paragraph((Part(mark, line),))
