"""What checks say of an edition, each with the item it speaks of and the cell that was typed in."""

from dataclasses import dataclass

from newsletter.composer.wording import tidy
from newsletter.model import Finding, Letter
from newsletter.model.studio import Basis, Facts, Tick
from newsletter.pipeline.composing import look
from newsletter.store import Edition
from newsletter.web.desk import Desk

KNOWN = 20  # letters


@dataclass(frozen=True, slots=True)
class Check:
    """A finding. `item` and `cell`: what it is about, when a title tells."""

    tick: Tick
    item: str | None = None
    title: str | None = None
    cell: str | None = None

    @property
    def finding(self) -> Finding:
        """What is said."""
        return self.tick.finding

    @property
    def blocks(self) -> bool:
        """Whether nobody can approve with it."""
        return self.tick.finding.severity == "error"


def checks(desk: Desk, edition: Edition, basis: Basis) -> list[Check]:
    """Errors first."""
    letters = desk.store.editions.letters(edition.month)
    found = {audience: _said(desk, letter) for audience, letter in letters.items()}
    for audience in list(found)[:1]:
        found[audience] += basis.findings
    all_ = [_about(Tick(audience, one), basis) for audience, findings in found.items() for one in findings]
    return sorted(all_, key=lambda check: not check.blocks)


def _said(desk: Desk, letter: Letter) -> tuple[Finding, ...]:
    """What is said of a letter: found out once, as the same bytes always say the same."""
    known = desk.office.looked
    if letter.digest not in known:
        while len(known) >= KNOWN:
            known.pop(next(iter(known)), None)
        known[letter.digest] = look(desk.config, {letter.audience: letter})[letter.audience]
    return known[letter.digest]


def _about(tick: Tick, basis: Basis) -> Check:
    """The item whose title the message holds: the longest, as one title may hold another."""
    said = tick.finding.message
    named = [(id_, facts) for id_, facts in basis.items.items() if _named(facts, said)]
    if not named:
        return Check(tick)
    id_, facts = max(named, key=lambda one: len(one[1]["title"]))
    return Check(tick, id_, facts["title"], facts.get("source"))


def _named(facts: Facts, said: str) -> bool:
    title = facts.get("title", "")
    return len(title) > 3 and (title in said or tidy(title) in said)
