"""Run as a program of its own: an iCalendar file (UTF-8) on standard input → its events as JSON lines.

Argument: {"zone": "Europe/Paris", "until": "2022-12-25"}: where floating times are, and where endless repetitions stop.
An event is read by itself, so that a broken one breaks no other, and within a second of work. Starting takes 130 ms.

    {"events": 3, "cut": false}
    {"row": 1, "title": …, "occurrences": [[start, end], …], …, "warnings": [code, …]}
    {"row": 2, "fault": code}    {"row": 3, "skipped": code, "of": 1, "differs": false}    then {"end": true}
"""

import json
import re
import resource
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

MEMORY = 512 * 2**20
SECONDS = 4
BYTES_A_SECOND = 500_000
LONGEST = 8
AN_EVENT = 2.0
MOST = 500
MOST_EVENTS = 10_000
OLDEST_YEARS = 40
PROPERTY = re.compile(r"[A-Za-z][A-Za-z0-9-]*[;:]")
TEXTS = {
    "title": "SUMMARY", "place": "LOCATION", "description": "DESCRIPTION", "url": "URL", "contact": "CONTACT"
}  # fmt: skip
NOTHING = {"", "null", "undefined", "none", "nil"}
TOO_OFTEN = {"SECONDLY", "MINUTELY", "HOURLY"}
BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, ArithmeticError, OSError)


Span = tuple[date, date | None]


class Fault(Exception):
    """Why an event can't be read: a code the parent has a sentence for."""


class Slow(Exception):
    """An event asks for too much work."""


def main() -> None:
    """Reads all of standard input, answers, ends."""
    content = sys.stdin.buffer.read()
    asked = json.loads(sys.argv[1])
    limit(len(content))
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGVTALRM, too_slow)
    zone, until = ZoneInfo(asked["zone"]), date.fromisoformat(asked["until"])
    try:
        for line in answer(content.decode("utf-8", "replace"), zone, until):
            sys.stdout.write(json.dumps(line, default=tagged, ensure_ascii=False) + "\n")
    except MemoryError:
        sys.stdout.write('{"refused": "large", "what": ""}\n')
    sys.stdout.flush()


def limit(size: int) -> None:
    """Memory and processor time from here on."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    seconds = min(LONGEST, SECONDS + size // BYTES_A_SECOND)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def too_slow(signum: int, frame: FrameType | None) -> None:
    """What the timer of an event does."""
    raise Slow


def tagged(value: object) -> dict[str, str]:
    """Days and moments as JSON has none."""
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    raise TypeError(type(value).__name__)


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of one component, unfolded. `cut`: its end is missing."""

    lines: list[str]
    cut: bool = False

    @property
    def text(self) -> str:
        """As icalendar reads it."""
        return "\r\n".join(self.lines) + "\r\n"


@dataclass(slots=True)
class Event:
    """One event of the file: what was read of it, or the code of what stopped it."""

    row: int
    read: Any  # an icalendar.Event, or None
    fault: str | None = None
    changes: "list[Event]" = field(default_factory=list)

    @property
    def uid(self) -> str:
        """What its changed dates share with it; nothing when it has none."""
        return text_of(self.read, "UID") or ""

    @property
    def is_change(self) -> bool:
        """Whether it only changes a date of another."""
        return self.read is not None and "RECURRENCE-ID" in self.read


def unfold(text: str) -> list[str]:
    """Whole lines: blank ones gone, folded ones joined, and those an exporter broke by itself too."""
    lines: list[str] = []
    for line in re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff")):
        if line[:1] in (" ", "\t") and lines and line.strip():
            lines[-1] += line[1:]
        elif PROPERTY.match(line):
            lines.append(line.rstrip())
        elif line.strip() and lines:
            lines[-1] += "\\n" + line.strip()
    return lines


def blocks(lines: list[str], name: str) -> Iterator[Block]:
    """The components of that name, even if the next one starts before they end. Alarms in them are left out."""
    begin, end = f"BEGIN:{name}", f"END:{name}"
    inside: list[str] | None = None
    alarm = False
    for line in lines:
        upper = line.upper()
        if upper == begin:
            if inside is not None:
                yield Block([*inside, end], cut=True)
            inside = []
        alarm = upper == "BEGIN:VALARM" or (alarm and upper not in ("END:VALARM", end))
        if inside is not None and not alarm and upper != "END:VALARM":
            inside.append(line)
            if upper == end:
                yield Block(inside)
                inside = None
    if inside is not None:
        yield Block([*inside, end], cut=True)


def answer(text: str, zone: ZoneInfo, until: date) -> Iterator[dict[str, object]]:
    """The lines, in order."""
    lines = unfold(text)
    for block in blocks(lines, "VTIMEZONE"):
        learn(block)
    found = list(blocks(lines, "VEVENT"))
    if len(found) > MOST_EVENTS:
        yield {"refused": "events", "what": str(len(found))}
        return
    yield {"events": len(found), "cut": not any(line.upper() == "END:VCALENDAR" for line in lines)}
    events = [parse(row, block) for row, block in enumerate(found, 1)]
    originals = join(events)
    for event in events:
        original = originals.get(event.row)
        yield {"row": event.row, **(changed(event, original) if original else told(event, zone, until))}
    yield {"end": True}


def learn(block: Block) -> None:
    """A time zone the file brings: known from here on, unless the machine knows one of that name."""
    try:
        with working():
            icalendar.Calendar.from_ical(f"BEGIN:VCALENDAR\r\n{block.text}END:VCALENDAR\r\n")
    except (Slow, *BROKEN):
        return  # its times are read as local ones then, and the event says so


def parse(row: int, block: Block) -> Event:
    """An event by itself."""
    if block.cut:
        return Event(row, None, "cut")
    try:
        with working():
            return Event(row, icalendar.Event.from_ical(block.text))
    except Slow:
        return Event(row, None, "slow")
    except BROKEN:
        return Event(row, None, "broken")


@contextmanager
def working() -> Iterator[None]:
    """Two seconds of work, no more."""
    signal.setitimer(signal.ITIMER_VIRTUAL, AN_EVENT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def join(events: list[Event]) -> dict[int, Event]:
    """Hands each changed date to the event it changes: row of the change → that event."""
    masters: dict[str, Event] = {}
    for event in events:
        if event.uid and not event.is_change:
            masters.setdefault(event.uid, event)
    originals: dict[int, Event] = {}
    for event in events:
        if event.is_change and (master := masters.get(event.uid)):
            master.changes.append(event)
            originals[event.row] = master
    return originals


def changed(event: Event, original: Event) -> dict[str, object]:
    """A changed date: no item of its own. Its own title or place is worth a word."""
    names = [name for name in ("SUMMARY", "LOCATION") if text_of(event.read, name)]
    differs = any(text_of(event.read, name) != text_of(original.read, name) for name in names)
    return {"skipped": "change", "of": original.row, "differs": differs}


def told(event: Event, zone: ZoneInfo, until: date) -> dict[str, object]:
    """What an event says."""
    if event.read is None:
        return {"fault": event.fault}
    if (text_of(event.read, "CLASS") or "").upper() in ("PRIVATE", "CONFIDENTIAL"):
        return {"skipped": "private"}
    try:
        with working():
            occurrences, said = when(event, zone, until)
            return {**words(event.read), "occurrences": occurrences, "warnings": said}
    except Fault as error:
        return {"fault": str(error), "title": text_of(event.read, "SUMMARY")}
    except Slow:
        return {"fault": "slow", "title": text_of(event.read, "SUMMARY")}
    except BROKEN:
        return {"fault": "broken"}


def words(event: icalendar.Event) -> dict[str, object]:
    """Its texts by field."""
    said: dict[str, object] = {name: text_of(event, prop) for name, prop in TEXTS.items()}
    themes = [theme.strip() for prop in listed(event, "CATEGORIES") for theme in prop.to_ical().decode().split(",")]
    organizer = first(event, "ORGANIZER")
    name = "" if organizer is None else str(organizer.params.get("CN", "")).strip()
    said["themes"] = ", ".join(filter(None, themes)) or None
    said["association"] = name if name and "@" not in name else None
    said["status"] = {"CANCELLED": "Annulé"}.get((text_of(event, "STATUS") or "").upper())
    return said


def text_of(event: icalendar.Event | None, name: str) -> str | None:
    """A property's text; an exporter's "null" is none."""
    value = "" if event is None else str(first(event, name) or "").strip()
    return None if value.casefold() in NOTHING else value


def first(event: Any, name: str) -> Any:
    """A property's first value, or None."""
    return next(iter(listed(event, name)), None)


def listed(event: icalendar.Event, name: str) -> list[Any]:
    """A property's values, however often it is there."""
    value = event.get(name)
    return value if isinstance(value, list) else [] if value is None else [value]


def when(event: Event, zone: ZoneInfo, until: date) -> tuple[list[Span], list[str]]:
    """Its occurrences, and the codes of what to say of them."""
    read = event.read
    broken = {name for name, _ in read.errors}
    for name in broken - {"DTSTART"}:
        read.pop(name, None)
    if "DTSTART" in broken or not isinstance(getattr(first(read, "DTSTART"), "dt", None), date):
        raise Fault("bad_start" if "DTSTART" in read else "no_start")
    start = first(read, "DTSTART")
    end, said = end_of(read, start.dt)
    said += ["zone"] if start.params.get("TZID") and is_floating(start.dt) else []
    said += ["tentative"] if (text_of(read, "STATUS") or "").upper() == "TENTATIVE" else []
    spans = [(start.dt, end)]
    if event.changes or any(name in read for name in ("RRULE", "RDATE")):
        try:
            spans = list(repeated(event, start.dt, until))
        except BROKEN:
            broken.add("RRULE")
        if not spans:
            raise Fault("never")
    said += ["repetition"] if broken & {"RRULE", "RDATE", "EXDATE"} else []
    return sorted({local(*span, zone) for span in spans}, key=lambda span: str(span[0]))[-MOST:], said


def is_floating(moment: date) -> bool:
    """Whether it is a time without a zone."""
    return isinstance(moment, datetime) and moment.tzinfo is None


def end_of(event: Any, start: date) -> tuple[date | None, list[str]]:
    """The end as written, exclusive for whole days. One before the start is taken away, and told."""
    end = next((value.dt for value in listed(event, "DTEND") if isinstance(getattr(value, "dt", None), date)), None)
    span = next((value.dt for value in listed(event, "DURATION") if isinstance(value.dt, timedelta)), None)
    if end is None and span is not None:
        end = start + span
    if end is not None and (
        isinstance(end, datetime) != isinstance(start, datetime) or is_floating(end) != is_floating(start)
    ):
        end = None
    backwards = end is not None and end < start
    if end is None or backwards:
        for name in ("DTEND", "DURATION"):
            event.pop(name, None)
    return (None, ["backwards"]) if backwards else (end, [])


def repeated(event: Event, start: date, until: date) -> Iterator[tuple[date, date | None]]:
    """The dates of a repetition with its exceptions, down to `until`."""
    for rule in listed(event.read, "RRULE"):
        bound(rule, start, until)
    calendar = icalendar.Calendar()
    calendar.add_component(event.read)
    for change in event.changes:
        calendar.add_component(change.read)
    cancelled = (text_of(event.read, "STATUS") or "").upper() == "CANCELLED"
    has_end = "DTEND" in event.read or "DURATION" in event.read
    day = start.date() if isinstance(start, datetime) else start
    since = max(day - timedelta(days=800), date(until.year - OLDEST_YEARS, 1, 1))
    for one in recurring_ical_events.of(calendar).between(since, until + timedelta(days=1)):
        if cancelled or (text_of(one, "STATUS") or "").upper() != "CANCELLED":
            yield one["DTSTART"].dt, one["DTEND"].dt if has_end or "RECURRENCE-ID" in one else None


def bound(rule: icalendar.vRecur, start: date, until: date) -> None:
    """Refuses a repetition no agenda has, and gives an endless one its end."""
    if str(rule["FREQ"][0]).upper() in TOO_OFTEN or "BYSECOND" in rule or "BYMINUTE" in rule:
        raise Fault("too_often")
    if any(int(step) < 1 for step in rule.get("INTERVAL", [])):
        raise Fault("too_often")
    if "COUNT" not in rule and "UNTIL" not in rule:
        last = datetime.combine(until, datetime.max.time().replace(microsecond=0))
        is_aware = isinstance(start, datetime) and start.tzinfo is not None
        rule["UNTIL"] = [last.replace(tzinfo=UTC) if is_aware else last if isinstance(start, datetime) else until]


def local(start: date, end: date | None, zone: ZoneInfo) -> Span:
    """In the town's time; the end of whole days is the last of them."""
    if isinstance(start, datetime) and (end is None or isinstance(end, datetime)):
        here, there = in_zone(start, zone), None if end is None or end <= start else in_zone(end, zone)
        midnight = time()
        if there and here.time() == there.time() == midnight:
            return here.date(), there.date() - timedelta(days=1)
        return here, there
    return start, None if end is None else max(start, end - timedelta(days=1))


def in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """A floating time is a local one."""
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


if __name__ == "__main__":
    main()
