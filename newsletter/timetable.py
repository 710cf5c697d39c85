"""The timetable: settings and a month in, its steps out, each with its time and how long it is still worth doing.

Times are meant in the town's zone, right across both clock changes: an hour that doesn't exist is the one after it, an
hour that comes twice is the first. They are kept in UTC, where comparing two of them means something in every night.
With `working_days` a day off becomes the next working day; a step before the send that would meet what follows it
becomes the last working day instead, so the order never changes.
Never here: a clock, what a step does, whether it was done.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from newsletter.config import Schedule
from newsletter.config.values import AFTER, ORDINALS, RELATIVE, SEND, WEEKDAYS
from newsletter.dates.seasons import holidays

REPORTED_FOR = timedelta(days=7)
FARTHEST = 5  # months between an edition's own and its farthest step (J-99, J+99, days off)


class Name(StrEnum):
    """A step of a month, in the order of the story."""

    COLLECT = "collect"
    REMIND = "remind"
    DRAFT = "draft"
    REVIEW = "review"
    REHEARSAL = "rehearsal"
    APPROVAL = "approval"
    SEND = "send"
    REPORT = "report"


FRENCH = {
    Name.COLLECT: "appel aux annonces",
    Name.REMIND: "rappel à qui n’a pas répondu",
    Name.DRAFT: "brouillon",
    Name.REVIEW: "relecture par le bureau",
    Name.REHEARSAL: "répétition",
    Name.APPROVAL: "fin du délai pour donner son accord",
    Name.SEND: "envoi",
    Name.REPORT: "bilan",
}
ORDER = {name: place for place, name in enumerate(Name)}
ASKING = (Name.COLLECT, Name.REMIND)  # for news: worth nothing once what follows has begun
BEFORE = (*ASKING, Name.DRAFT, Name.REVIEW, Name.REHEARSAL, Name.APPROVAL)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do for one edition. `after`: which report ("H+1"). Later than `until` it is not done any more."""

    edition: str
    name: Name
    at: datetime
    until: datetime
    after: str = ""

    @property
    def key(self) -> str:
        """What tells it from the edition's other steps: "send", "report H+1"."""
        return f"{self.name} {self.after}".strip()


def send_at(schedule: Schedule, month: date, zone: ZoneInfo) -> datetime:
    """The planned send time of that month's edition, in `zone`."""
    match = SEND.fullmatch(schedule.send)
    if match is None:
        raise ValueError(f"schedule.send was let through: {schedule.send}")
    day = int(match[1]) if match[1] else _weekday(month, ORDINALS[match[2]], WEEKDAYS.index(match[3]))
    chosen = month.replace(day=day)
    leaves = _working(chosen, 1) if schedule.working_days else chosen
    return _moment(leaves, _hour(match[4], match[5]), zone).astimezone(zone)


def of_month(schedule: Schedule, month: date, zone: ZoneInfo) -> list[Step]:
    """The steps of that month's edition, the first one first."""
    edition, leaves = f"{month:%Y-%m}", send_at(schedule, month, zone)
    before = _before(schedule, leaves, zone)
    moments = [*before.values(), leaves.astimezone(UTC)]
    steps = [Step(edition, name, at, _until(name, at, moments)) for name, at in before.items()]
    steps.append(Step(edition, Name.SEND, moments[-1], moments[-1] + timedelta(hours=schedule.late_by)))
    for after in dict.fromkeys(schedule.report):
        at = _after(after, leaves, schedule, zone)
        steps.append(Step(edition, Name.REPORT, at, at + REPORTED_FOR, after))
    return sorted(steps, key=_place)


def between(schedule: Schedule, zone: ZoneInfo, first: datetime, last: datetime) -> list[Step]:
    """Every step of any edition planned from `first` to `last`, in order."""
    months = _months(_later(first.astimezone(zone), -FARTHEST), _later(last.astimezone(zone), FARTHEST))
    steps = (step for month in months for step in of_month(schedule, month, zone))
    return sorted((step for step in steps if first <= step.at <= last), key=_place)


def _place(step: Step) -> tuple[datetime, int, str, str]:
    return step.at, ORDER[step.name], step.edition, step.after


def _weekday(month: date, ordinal: int, weekday: int) -> int:
    if ordinal < 0:
        last = month.replace(day=monthrange(month.year, month.month)[1])
        return (last - timedelta((last.weekday() - weekday) % 7)).day
    return 1 + (weekday - month.replace(day=1).weekday()) % 7 + 7 * ordinal


def _before(schedule: Schedule, leaves: datetime, zone: ZoneInfo) -> dict[Name, datetime]:
    """The steps before the send, settled from the last one back: none may reach what comes after it."""
    wanted: dict[Name, tuple[date, time]] = {}
    for name in BEFORE:
        match = RELATIVE.fullmatch(getattr(schedule, name))
        if match is None:
            raise ValueError(f"schedule.{name} was let through: {getattr(schedule, name)}")
        wanted[name] = leaves.date() - timedelta(int(match[1])), _hour(match[2], match[3])
    settled: dict[Name, datetime] = {}
    limit = departure = leaves.astimezone(UTC)
    for name in sorted(wanted, key=lambda name: (wanted[name], ORDER[name]), reverse=True):
        day, hour = wanted[name]
        at = _moment(_working(day, 1) if schedule.working_days else day, hour, zone)
        useless = at == limit and (name in ASKING or limit == departure)
        if schedule.working_days and (at > limit or useless):
            at = min(_moment(_working(day, -1), hour, zone), limit)
        settled[name] = limit = at
    return settled


def _until(name: Name, at: datetime, others: Sequence[datetime]) -> datetime:
    """Until the send; but nobody is asked for news once the next step has begun."""
    return min((other for other in others if other > at), default=at) if name in ASKING else others[-1]


def _after(written: str, leaves: datetime, schedule: Schedule, zone: ZoneInfo) -> datetime:
    match = AFTER.fullmatch(written)
    if match is None:
        raise ValueError(f"schedule.report was let through: {written}")
    if match[1] == "H":
        return leaves.astimezone(UTC) + timedelta(hours=int(match[2]))
    day = leaves.date() + timedelta(int(match[2]))
    return _moment(_working(day, 1) if schedule.working_days else day, leaves.time(), zone)


def _hour(hours: str, minutes: str) -> time:
    return time(int(hours), int(minutes))


def _moment(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, zone).astimezone(UTC)


def _working(day: date, way: int) -> date:
    """The day itself, else the next one (or the last, -1) that people work on in France."""
    while day.weekday() > 4 or day in holidays(day.year):
        day += timedelta(way)
    return day


def _later(moment: datetime, months: int) -> date:
    count = moment.year * 12 + moment.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _months(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first = (first + timedelta(31)).replace(day=1)
