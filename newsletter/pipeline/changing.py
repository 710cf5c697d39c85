"""What changed: the sources read again, or two versions of an edition in; the differences out. Nothing is kept."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from newsletter import composer, timetable
from newsletter.config import Config
from newsletter.model import Catalogue
from newsletter.model.studio import Arranged, Change, Facts
from newsletter.pipeline.composing import Plan, issue_of, name_of, said_of
from newsletter.pipeline.facts import differences
from newsletter.pipeline.reading import load
from newsletter.pipeline.rearranged import rearranged
from newsletter.store import Store


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
    after = said_of(config, store, Plan(month, at), catalogue.items, arranged.arrangement)
    why = _left_out(config, store, Plan(month, at), catalogue, arranged)
    return differences(_shown(before.items, arranged), _shown(after, arranged), why)


def would_change(config: Config, store: Store, plan: Plan, before: Catalogue, after: Catalogue) -> list[Change]:
    """What would become of that month's items if the sources said the other thing."""
    arranged = store.arrangements.get(name_of(plan.month))
    then, now = (said_of(config, store, plan, one.items, arranged.arrangement) for one in (before, after))
    return differences(then, now, _left_out(config, store, plan, after, arranged))


def _left_out(config: Config, store: Store, plan: Plan, catalogue: Catalogue, arranged: Arranged) -> dict[str, str]:
    """Why what is there isn't printed, by item."""
    why = dict[str, str]()
    for audience in config.audiences:
        issue = issue_of(config, store, plan, audience, arranged.arrangement)
        for left in composer.select(catalogue.items, audience, issue).left_out:
            why.setdefault(left.item.id, left.reason)
    return why


def _shown(items: Mapping[str, Facts], arranged: Arranged) -> dict[str, Facts]:
    return {id_: said for id_, said in items.items() if id_ not in arranged.arrangement.hidden}


def sentence(found: Sequence[Change]) -> str:
    """« 3 lignes ont changé : rouvrir ? »; nothing when nothing did."""
    if not found:
        return ""
    return f"{len(found)} lignes ont changé : rouvrir ?" if len(found) > 1 else "1 ligne a changé : rouvrir ?"


def between(store: Store, month: str, one: int, other: int) -> list[Change]:
    """What became of the items from one version to the other, as they were printed."""
    before, after = (store.editions.basis(month, number) for number in (one, other))
    then, now = (store.arrangements.get(month, basis.arranged) for basis in (before, after))
    gone = {
        **dict.fromkeys(before.items, ""),
        **{id_: f"masquée ({why})" for id_, why in now.arrangement.hidden.items()},
    }
    return differences(_printed(before.items, then), _printed(after.items, now), gone)


def _printed(items: Mapping[str, Facts], arranged: Arranged) -> dict[str, Facts]:
    shortened = arranged.arrangement.shortened
    shown = _shown(items, arranged)
    return {id_: {**said, "description": shortened[id_]} if id_ in shortened else said for id_, said in shown.items()}


def rearrangements(store: Store, month: str, one: int, other: int, letters: Mapping[str, str]) -> list[str]:
    """What staff did from one arrangement to another, by their numbers. `letters`: their titles."""
    then, now = (store.arrangements.get(month, number).arrangement for number in (one, other))
    titles = store.editions.titles(month, {*then.named, *now.named})
    return rearranged(then, now, titles, letters)
