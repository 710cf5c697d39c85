"""Rows that tell the same thing → one draft each. What is only near is asked of staff, whose word is obeyed.

Never across kinds, but for their word. The same title (but for case, accents, punctuation), the same day, and a place
and an association that don't exclude each other: the same. Nearly the same title (near), the same day, and a place or
an association in common: the same too. A little less near: a warning shows both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from rapidfuzz import fuzz, process

from newsletter.catalogue import near
from newsletter.catalogue.drafts import Draft
from newsletter.catalogue.identities import names, told_apart
from newsletter.catalogue.join import ARTICLES, DEADLINES, NOUNS, PLACES, TIMES, Doubt, differ, join, warn, where
from newsletter.catalogue.texts import fold
from newsletter.catalogue.when import DATED, day
from newsletter.model import Item, Kind
from newsletter.model.decisions import Decisions, Word

MOST_RIVALS = 40  # of one title and day that a row is compared with, so that the cost stays in proportion to the rows
CLOSEST = 5  # near titles that are looked at more closely
LOOKED_AT = 70.0  # what rapidfuzz must say of two titles for that


class Verdict(Enum):
    """What two items of one title are to each other. A doubt: the same, it seems, but they contradict each other."""

    SAME = "same"
    OTHER = "other"
    NEAR = "near"
    TIMES = "times"
    PLACES = "places"
    DEADLINES = "deadlines"


DOUBTS = {Verdict.TIMES: TIMES, Verdict.PLACES: PLACES, Verdict.DEADLINES: DEADLINES}


@dataclass(slots=True)
class Block:
    """Drafts of one kind, one day and one set of words that set titles apart; their other words, to compare."""

    drafts: list[Draft] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    glued: dict[str, Draft] = field(default_factory=dict)

    def add(self, draft: Draft) -> None:
        """One more to compare with."""
        self.drafts.append(draft)
        self.titles.append(near.words(draft.name).sorted)
        self.glued.setdefault(_glue(draft), draft)

    def closest(self, draft: Draft) -> list[Draft]:
        """Those of the last ones whose titles are near, or the same but for a space."""
        title, glued = near.words(draft.name).sorted, self.glued.get(_glue(draft))
        start = max(0, len(self.titles) - MOST_RIVALS)
        found = process.extract(
            title, self.titles[start:], scorer=fuzz.token_set_ratio, score_cutoff=LOOKED_AT, limit=CLOSEST
        )
        return [*filter(None, [glued]), *(self.drafts[start + index] for _, _, index in found)]


def merge(drafts: Sequence[Draft], decisions: Decisions) -> list[Draft]:
    """One draft for each thing, in the order of the first rows that tell it; later rows are warned."""
    merging = Merging(decisions)
    for draft in drafts:
        merging.take(draft)
    return [draft for draft in merging.kept if draft.into is None]


class Merging:
    """The drafts kept so far, and where to look for the like of the next one."""

    def __init__(self, decisions: Decisions) -> None:
        self.kept: list[Draft] = []
        self._decisions = decisions
        self._partners: dict[str, set[str]] = {}
        for pair in decisions:
            for name in pair:
                self._partners.setdefault(name, set()).update(pair - {name})
        self._told: dict[str, Draft] = {}
        self._alike: dict[object, list[Draft]] = {}
        self._near: dict[object, Block] = {}

    def take(self, draft: Draft) -> None:
        """Puts a draft into an earlier one that is the same, or keeps it."""
        draft.said = self._said(draft)
        if not (self._as_told(draft) or self._same_title(draft) or self._near_title(draft)):
            self._keep(draft)
        self._told |= dict.fromkeys(draft.said, draft)

    def _keep(self, draft: Draft) -> None:
        self.kept.append(draft)
        self._alike.setdefault(_key(draft), []).append(draft)
        if (key := _near_key(draft)) is not None:
            self._near.setdefault(key, Block()).add(draft)

    def _said(self, draft: Draft) -> frozenset[str]:
        return frozenset(names(draft)) & self._partners.keys() if self._partners else frozenset()

    def _word(self, rival: Draft, draft: Draft) -> Word | None:
        """What staff said of two drafts; that they are different outweighs that they are the same."""
        pairs = [frozenset((one, other)) for one in rival.said for other in draft.said]
        said = {self._decisions[pair] for pair in pairs if pair in self._decisions}
        return "different" if "different" in said else "same" if said else None

    def _as_told(self, draft: Draft) -> bool:
        """Joins all that staff said is the same, whatever it looks like."""
        partners = {other for name in draft.said for other in self._partners[name]}
        found = {id(rival): rival for name in sorted(partners) if (rival := _whole(self._told.get(name)))}
        rivals = [rival for rival in found.values() if self._word(rival, draft) == "same"]
        for rival in rivals:
            into = _whole(draft)
            if into is draft:
                self._join_told(rival, draft)
            elif into and self._word(into, rival) != "different":
                self._join_told(into, rival)
        return bool(rivals)

    def _join_told(self, rival: Draft, draft: Draft) -> None:
        again = f"{NOUNS[rival.item.kind]} que {where(rival.row.origin, draft.row.origin)}, vous l'avez dit"
        verdict = compare(rival.item, draft.item)
        if verdict in DOUBTS:
            warn(rival, draft, DOUBTS[verdict], "corrigez l'une des deux")
        self._join(rival, draft, f"{again} : les deux lignes sont fusionnées{_undo(rival, draft)}")

    def _join(self, rival: Draft, draft: Draft, said: str) -> None:
        join(rival, draft, said)
        draft.into = rival
        rival.said |= draft.said | self._said(rival)
        self._told |= dict.fromkeys(rival.said, rival)

    def _same_title(self, draft: Draft) -> bool:
        """Joins one of the same title, if any; else warns when one contradicts it."""
        doubts: list[tuple[Draft, Doubt]] = []
        for rival in map(_whole, self._alike.get(_key(draft), [])[:MOST_RIVALS]):
            if rival is None or self._word(rival, draft) == "different":
                continue
            verdict = compare(rival.item, draft.item)
            if verdict is Verdict.SAME:
                again = f"{NOUNS[draft.item.kind]} que {where(rival.row.origin, draft.row.origin)}"
                advice = "distinguez les titres si ce n'est pas la même chose"
                self._join(rival, draft, f"{again} : les deux lignes sont fusionnées ; {advice}")
                return True
            if verdict in DOUBTS:
                doubts.append((rival, DOUBTS[verdict]))
        for rival, doubt in doubts[:1]:
            warn(rival, draft, doubt, "corrigez l'une des deux, ou distinguez les titres")
            draft.asked = rival
        return False

    def _near_title(self, draft: Draft) -> bool:
        """Joins one of nearly the same title; else asks when one is a little less near."""
        block = None if draft.asked else self._near.get(_near_key(draft))
        asked: Draft | None = None
        for rival in map(_whole, block.closest(draft) if block else ()):
            if rival is None or self._word(rival, draft) == "different":
                continue
            verdict = compare_near(rival.item, draft.item)
            if verdict is Verdict.SAME:
                again = f"{_alike(rival, draft)} : les deux lignes sont fusionnées"
                self._join(rival, draft, again + _undo(rival, draft))
                return True
            asked = asked or (rival if verdict is Verdict.NEAR else None)
        if asked:
            _ask(asked, draft)
        return False


def compare(earlier: Item, later: Item) -> Verdict:
    """Whether two items of the same kind and title (and day, if they have one) are the same thing."""
    if not compatible(earlier.association, later.association):
        return Verdict.OTHER
    if earlier.kind in DATED:
        return _compare_dated(earlier, later)
    if earlier.kind is Kind.CALL:
        return Verdict.DEADLINES if differ(earlier.deadline, later.deadline) else Verdict.SAME
    if earlier.exchange and later.exchange and earlier.exchange is not later.exchange:
        return Verdict.OTHER
    return Verdict.OTHER if _never_together(earlier, later) else Verdict.SAME


def compatible(one: str | None, other: str | None) -> bool:
    """« Malakfé » and « Malakfé, salle du fond » don't exclude each other, nor does an empty cell anything."""
    if one is None or other is None or one == other:
        return True
    one, other = f" {fold(one)} ", f" {fold(other)} "
    return one in other or other in one


def compare_near(earlier: Item, later: Item) -> Verdict:
    """Whether two items of one kind and day, whose titles are near, are the same thing."""
    hosts, places = _one(earlier.association, later.association), _one(earlier.place, later.place)
    score = near.likeness(fold(earlier.title), fold(later.title), _names(earlier, later))
    if score < near.ASK or places is False:
        return Verdict.OTHER
    times = _share_a_start(earlier, later)
    if hosts is False:
        told_twice = score >= near.MERGE and places and times
        return Verdict.NEAR if told_twice else Verdict.OTHER
    proof = bool(hosts or places or (earlier.url and earlier.url == later.url))
    if score < near.MERGE:
        return Verdict.NEAR if proof and times is not False else Verdict.OTHER
    if times is False:
        return Verdict.NEAR if proof else Verdict.OTHER
    return Verdict.SAME if proof else Verdict.NEAR


def _one(name: str | None, other: str | None) -> bool | None:
    """Whether two names of an association, or of a place, are one; None when one is unknown."""
    if name is None or other is None:
        return None
    return compatible(name, other) or near.same_name(fold(name), fold(other))


def _names(*items: Item) -> set[str]:
    said = [fold(name) for item in items for name in (item.association, item.place) if name]
    return {word for name in said for word in near.words(name).every}


def _share_a_start(earlier: Item, later: Item) -> bool | None:
    starts = [{o.start for o in item.occurrences if isinstance(o.start, datetime)} for item in (earlier, later)]
    return bool(starts[0] & starts[1]) if starts[0] and starts[1] else None


def _whole(draft: Draft | None) -> Draft | None:
    """What a draft has been merged into, or itself."""
    while draft is not None and draft.into is not None:
        draft = draft.into
    return draft


def _key(draft: Draft) -> object:
    item = draft.item
    if item.kind in DATED:
        return item.kind, draft.name, day(item.occurrences[0].start)
    return item.kind, draft.name, None if item.kind is Kind.CALL else fold(item.association or "")


def _near_key(draft: Draft) -> object:
    """None: only the same title is the same."""
    item = draft.item
    moment = item.occurrences[0].start if item.kind in DATED else None
    if item.kind is Kind.CALL and item.deadline:
        moment = item.deadline.day
    return None if moment is None else (item.kind, day(moment), near.words(draft.name).apart)


def _glue(draft: Draft) -> str:
    return "".join(draft.name.split())


def _alike(rival: Draft, draft: Draft) -> str:
    kind, other = draft.item.kind, where(rival.row.origin, draft.row.origin)
    return f"{ARTICLES.get(kind, 'le')} {NOUNS[kind]}, presque, que {other} (« {rival.item.title} »)"


def _undo(rival: Draft, draft: Draft) -> str:
    ids = told_apart(rival, draft)
    return f" ; si ce n'est pas la même chose, newsletter different {ids[0]} {ids[1]}" if ids else ""


def _ask(rival: Draft, draft: Draft) -> None:
    draft.asked = rival
    kind, other = draft.item.kind, where(rival.row.origin, draft.row.origin)
    question = f"peut-être {ARTICLES.get(kind, 'le')} {NOUNS[kind]} que {other} (« {rival.item.title} »)"
    ids = " ".join(told_apart(rival, draft) or ())
    said = f"si oui, newsletter same {ids} ; si non, newsletter different {ids}" if ids else "corrigez l'une des deux"
    draft.row.warn("title", f"{question} : les deux sont imprimées ; {said}", "duplicate")


def _compare_dated(earlier: Item, later: Item) -> Verdict:
    same_place = compatible(earlier.place, later.place)
    starts = [{o.start for o in item.occurrences if isinstance(o.start, datetime)} for item in (earlier, later)]
    if starts[0] and starts[1] and not starts[0] & starts[1]:
        return Verdict.TIMES if same_place else Verdict.OTHER
    return Verdict.SAME if same_place else Verdict.PLACES


def _never_together(earlier: Item, later: Item) -> bool:
    """Whether one is over when the other comes: last month's « Prochain bureau » is not this month's."""
    days = [{day(o.start) for o in item.occurrences} for item in (earlier, later)]
    if days[0] and days[1] and not days[0] & days[1]:
        return True
    ends = earlier.publish_until or date.max, later.publish_until or date.max
    return (earlier.publish_from or date.min) > ends[1] or (later.publish_from or date.min) > ends[0]
