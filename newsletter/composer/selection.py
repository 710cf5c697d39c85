"""Which items a letter prints, in which order, and why the others are not in it.

Items and an Issue enter, a Selection leaves. Nothing is worded here but the reasons of what is left out.

Events and trainings: something of them between the sending and the end of the next month. Meetings: a month more,
as people prepare them. Calls: until their deadline, that day included. News and exchanges: while they are to be
published. Publishing dates and a passed deadline hold for every kind.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from types import MappingProxyType

from newsletter.composer import arranging, wording
from newsletter.composer.issue import Issue
from newsletter.model import Exchange, Item, Kind, LeftOut, Occurrence, Status

DATED: Mapping[Kind, int] = MappingProxyType({Kind.EVENT: 1, Kind.TRAINING: 1, Kind.MEETING: 2})
NAMES: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.EVENT: "Agenda",
        Kind.CALL: "Appels et subventions",
        Kind.TRAINING: "Formations",
        Kind.MEETING: "Rencontres et réunions",
        Kind.EXCHANGE: "Entraide et partage",
        Kind.NEWS: "Informations",
    }
)


@dataclass(frozen=True, slots=True)
class Shown:
    """An item to print, with those of its occurrences to show. `goes_on`: it has others after them."""

    item: Item
    occurrences: tuple[Occurrence, ...] = ()
    goes_on: bool = False
    is_new: bool = False

    @property
    def first(self) -> date | None:
        """Where it may start, at the soonest."""
        return day_of(self.occurrences[0].start) if self.occurrences else None


@dataclass(frozen=True, slots=True)
class Selection:
    """The sections with something in them, in the stanza's order, and what is left out with its reason."""

    sections: tuple[tuple[Kind, tuple[Shown, ...]], ...]
    left_out: tuple[LeftOut, ...]


def select(items: Sequence[Item], audience: str, issue: Issue) -> Selection:
    """Sorts out what this audience's letter prints."""
    kept: dict[Kind, list[Shown]] = {kind: [] for kind in issue.stanza.sections}
    left_out = []
    for item in items:
        if reason := _reason(item, audience, issue) or arranging.hidden(item, issue.arrangement):
            left_out.append(LeftOut(item, reason))
        else:
            kept[item.kind].append(_shown(arranging.shortened(item, issue.arrangement), issue))
    sections = ((kind, _in_order(kind, kept[kind], issue)) for kind in dict.fromkeys(issue.stanza.sections))
    return Selection(tuple(section for section in sections if section[1]), tuple(left_out))


def _in_order(kind: Kind, shown: Sequence[Shown], issue: Issue) -> tuple[Shown, ...]:
    usual = {one.item.id: one for one in sorted(shown, key=_order)}
    return tuple(usual[id_] for id_ in arranging.placed(kind, list(usual), issue.arrangement))


def closes(kind: Kind, issue: Issue) -> date:
    """The last day a dated kind is announced for."""
    months = issue.month.year * 12 + issue.month.month - 1 + DATED[kind]
    year, month = divmod(months, 12)
    return date(year, month + 1, monthrange(year, month + 1)[1])


def day_of(moment: date | datetime) -> date:
    """The day of a moment, whether its hour is known or not."""
    return moment.date() if isinstance(moment, datetime) else moment


def is_over(occurrence: Occurrence, now: datetime) -> bool:
    """Whether nothing of it is left: its end has passed, or its start when no end is known."""
    last = occurrence.end or occurrence.start
    return last < now if isinstance(last, datetime) else last < now.date()


def _reason(item: Item, audience: str, issue: Issue) -> str | None:
    today = issue.today
    if audience not in item.audiences:
        return f"réservé à : {', '.join(item.audiences)}" if item.audiences else "pour aucune audience"
    if item.kind not in issue.stanza.sections:
        return f"pas de rubrique « {NAMES[item.kind]} » dans cette lettre"
    if item.publish_from and item.publish_from > today:
        return f"à publier à partir du {wording.day(item.publish_from)}"
    if item.publish_until and item.publish_until < today:
        return f"à publier jusqu'au {wording.day(item.publish_until)}"
    if item.deadline and item.deadline.day < today and item.kind not in DATED:
        return f"date limite passée le {wording.day(item.deadline.day)}"
    return _reason_of_its_date(item, issue) if item.kind in DATED else None


def _reason_of_its_date(item: Item, issue: Issue) -> str | None:
    if not item.occurrences:
        return "sans date"
    left = [o for o in item.occurrences if not is_over(o, issue.leaves)]
    if not left:
        ends = (day_of(o.end or o.start) for o in item.occurrences)
        return f"déjà passé le {wording.day(max(ends))}"
    last = closes(item.kind, issue)
    if any(day_of(o.start) <= last for o in left) or _called_off_since(item, issue):
        return None
    return f"après le {wording.day(last)}"


def _called_off_since(item: Item, issue: Issue) -> bool:
    return item.id in issue.seen and item.status in (Status.CANCELLED, Status.POSTPONED)


def _shown(item: Item, issue: Issue) -> Shown:
    left = sorted((o for o in item.occurrences if not is_over(o, issue.leaves)), key=_start)
    last = closes(item.kind, issue) if item.kind in DATED else date.max
    within = tuple(o for o in left if day_of(o.start) <= last)
    if left and not within:
        within = tuple(left[:1])
    return Shown(item, within, len(within) < len(left), bool(issue.seen) and item.id not in issue.seen)


def _start(occurrence: Occurrence) -> tuple[date, time, date]:
    start = occurrence.start
    hour = start.time() if isinstance(start, datetime) else time.min
    return day_of(start), hour, day_of(occurrence.end or start)


def _order(shown: Shown) -> tuple[object, ...]:
    item = shown.item
    if item.kind in DATED:
        first: tuple[object, ...] = _start(shown.occurrences[0])
    elif item.kind is Kind.CALL:
        first = (item.deadline is None, item.deadline.day if item.deadline else date.max)
    elif item.kind is Kind.EXCHANGE:
        first = (list(Exchange).index(item.exchange) if item.exchange else len(Exchange),)
    else:
        first = (-(item.publish_from or date.min).toordinal(),)
    return (*first, item.title.casefold(), item.id)
