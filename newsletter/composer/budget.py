"""How much of a page fits in a letter: what each card weighs in, a shorter Page out.

Descriptions shorten first, all alike; then lists end, turn by turn, so that no section starves another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from newsletter.composer import wording
from newsletter.composer.page import Card, Page, Section
from newsletter.composer.view import NOUNS
from newsletter.model import Kind

WORDS = (60, 30, 12, 0)
_PARAGRAPH, _OTHERS = 60, 240  # bytes around a description, and of a line « voir les autres »


@dataclass(frozen=True, slots=True)
class Plan:
    """How many words descriptions keep, and how many cards each section shows."""

    words: int
    counts: tuple[int, ...]


def plan(page: Page, weights: Sequence[Sequence[int]], room: float) -> Plan:
    """The fullest plan in this many bytes. `weights`: each section's cards, without their descriptions."""
    whole = tuple(len(section.cards) for section in page.sections)
    for words in WORDS:
        if weigh(page, weights, Plan(words, whole)) <= room:
            return Plan(words, whole)
    return Plan(0, _turn_by_turn(weights, room))


def weigh(page: Page, weights: Sequence[Sequence[int]], plan: Plan) -> int:
    """The bytes of the cards of this plan."""
    total = 0
    for section, own, count in zip(page.sections, weights, plan.counts, strict=True):
        total += sum(own[:count]) + (_OTHERS if count < len(own) else 0)
        if plan.words:
            total += sum(_described(card, plan.words) for card in section.cards[:count])
    return total


def _described(card: Card, words: int) -> int:
    return len(wording.shorten(card.description, words).encode()) + _PARAGRAPH if card.description else 0


def _turn_by_turn(weights: Sequence[Sequence[int]], room: float) -> tuple[int, ...]:
    counts = [0] * len(weights)
    left = room - _OTHERS * len(weights)
    growing = list(range(len(weights)))
    while growing:
        for at in list(growing):
            if counts[at] < len(weights[at]) and weights[at][counts[at]] <= left:
                left -= weights[at][counts[at]]
                counts[at] += 1
            else:
                growing.remove(at)
    return tuple(counts)


def cut(page: Page, plan: Plan) -> Page:
    """The page this plan leaves."""
    sections = (_cut(section, count, plan.words) for section, count in zip(page.sections, plan.counts, strict=True))
    return replace(page, sections=tuple(sections))


def _cut(section: Section, count: int, words: int) -> Section:
    left = len(section.cards) - count
    others = None
    if left:
        noun = NOUNS[Kind(section.kind)][left > 1]
        others = f"Voir l’autre {noun}" if left == 1 else f"Voir les {left} autres {noun}"
    return replace(section, cards=tuple(_shorter(card, words) for card in section.cards[:count]), others=others)


def _shorter(card: Card, words: int) -> Card:
    short = wording.shorten(card.description or "", words)
    return card if short == (card.description or "") else replace(card, description=short or None, is_cut=True)
