"""What changed: the sources read again, or two versions of the letters in; the differences out. Nothing is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from itertools import zip_longest

from newsletter import composer, timetable
from newsletter.config import Config
from newsletter.model import Catalogue, Letter
from newsletter.model.studio import Arranged, Change, Facts
from newsletter.pipeline.composing import Plan, issue_of, name_of, said_of
from newsletter.pipeline.facts import differences
from newsletter.pipeline.reading import load
from newsletter.store import Store


@dataclass(frozen=True, slots=True)
class Pair:
    """A line of the text in both versions; None: it is only in the other."""

    before: str | None
    after: str | None

    @property
    def same(self) -> bool:
        """Whether nothing changed."""
        return self.before == self.after


def changes(
    config: Config, store: Store, month: date, at: datetime, *, catalogue: Catalogue | None = None
) -> list[Change]:
    """What became of the edition's items since it was composed: feeds are read in their last copies.

    `catalogue`: the sources as a door has read them just now.
    """
    send_at = timetable.send_at(config.schedule, month, config.town.zone)
    said, name = store.decisions.all(), name_of(month)
    if catalogue is None:
        catalogue = load(config, as_of=send_at, at=at, offline=True, decisions=said)
    before = store.editions.basis(name)
    if not before.by:  # made before this was kept
        return []
    arranged = store.arrangements.get(name, before.arranged)
    plan, why = Plan(month, at), dict[str, str]()
    for audience in config.audiences:
        issue = issue_of(config, store, plan, audience, arranged.arrangement)
        for left in composer.select(catalogue.items, audience, issue).left_out:
            why.setdefault(left.item.id, left.reason)
    after = said_of(config, store, plan, catalogue.items, arranged.arrangement)
    return differences(_shown(before.items, arranged), _shown(after, arranged), why)


def _shown(items: Mapping[str, Facts], arranged: Arranged) -> dict[str, Facts]:
    return {id_: said for id_, said in items.items() if id_ not in arranged.arrangement.hidden}


def sentence(found: Sequence[Change]) -> str:
    """« 3 lignes ont changé : rouvrir ? »; nothing when nothing did."""
    if not found:
        return ""
    return f"{len(found)} lignes ont changé : rouvrir ?" if len(found) > 1 else "1 ligne a changé : rouvrir ?"


def compare(store: Store, month: str, one: int, other: int) -> Mapping[str, tuple[Pair, ...]]:
    """Two versions of each letter as text, line by line; its subject and preheader come first."""
    before, after = store.editions.letters(month, one), store.editions.letters(month, other)
    return {
        name: tuple(_pairs(_lines(before.get(name)), _lines(after.get(name))))
        for name in dict.fromkeys([*before, *after])
    }


def _lines(letter: Letter | None) -> list[str]:
    return [] if letter is None else [letter.subject, letter.preheader, "", *letter.text.split("\n")]


def _pairs(before: list[str], after: list[str]) -> list[Pair]:
    found: list[Pair] = []
    for _, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        found += [Pair(*lines) for lines in zip_longest(before[i:j], after[k:m])]
    return found
