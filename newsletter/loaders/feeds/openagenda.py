"""OpenAgenda's API v2 (and its older export): an event's record → its values.

What isn't published is never printed. Hours are those of the event's own zone, right where offsets are not.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from newsletter.loaders.feeds import values
from newsletter.loaders.feeds.markup import plain
from newsletter.loaders.feeds.shapes import Feed, Record, Values
from newsletter.loaders.feeds.values import words
from newsletter.loaders.request import Request
from newsletter.model import Occurrence

STATUSES = {1: "Programmé", 2: "Reprogrammé", 3: "Déplacé en ligne", 4: "Reporté", 5: "Complet", 6: "Annulé"}
PUBLISHED, ONLINE = 2, 2
UNPUBLISHED = "non publié dans OpenAgenda"
MOST = 1000
ACCESS = {
    "ii": "handicap intellectuel", "hi": "handicap auditif", "vi": "handicap visuel", "pi": "handicap psychique",
    "mi": "handicap moteur",
}  # fmt: skip


def read(record: Record, request: Request) -> Values | str:
    """The values of a record."""
    if "state" in record and values.number(record["state"]) != PUBLISHED:
        return UNPUBLISHED
    there = values.zone(record.get("timezone"), request.as_of.tzinfo)
    location = record.get("location")
    location = location if isinstance(location, Mapping) else {}
    ways = registration(record.get("registration"))
    online = values.number(record.get("attendanceMode")) == ONLINE
    age = record.get("age")
    moments = dated(record, there, request.as_of.tzinfo)
    return {
        "title": words(record.get("title")),
        "association": words(record.get("originAgenda")),
        "occurrences": moments,
        "date": None if moments else words(record.get("dateRange")),
        "place": words(location.get("name")) or words(location.get("address")) or ("En ligne" if online else None),
        "price": words(record.get("conditions")),
        "email": ways.get("email"),
        "phone": ways.get("phone"),
        "url": ways.get("link") or words(record.get("onlineAccessLink")) or words(record.get("canonicalUrl")),
        "description": described(
            plain(words(record.get("description")) or words(record.get("longDescription"))),
            _where(location),
            aged(age) if isinstance(age, Mapping) else None,
            accessible(record.get("accessibility")),
        ),
        "status": STATUSES.get(values.number(record.get("status")) or 1),
        "themes": words(record.get("keywords")),
    }


def dated(record: Record, there: tzinfo, here: tzinfo | None) -> tuple[Occurrence, ...] | None:
    """Its timings; without them, from the first day to the last."""
    timings = values.inner(record.get("timings"))
    found = tuple(occurrences(timings, there, here)) if isinstance(timings, list) else ()
    if found:
        return found
    ends = (record.get("firstTiming") or record.get("nextTiming"), record.get("lastTiming"))
    return spanned(list(occurrences([end for end in ends if end], there, here)))


def spanned(ends: list[Occurrence]) -> tuple[Occurrence, ...] | None:
    """From the first to the last of what is known: as days, for other hours may lie between."""
    if not ends:
        return None
    first, last = ends[0], ends[-1]
    if first == last:
        return (first,)
    return (Occurrence(_day(first.start), _day(last.end or last.start)),)


def _day(moment: Any) -> Any:
    return moment.date() if isinstance(moment, datetime) else moment


def occurrences(timings: Iterable[Any], there: tzinfo, here: tzinfo | None) -> Iterator[Occurrence]:
    """In the town's time, in their order; what can't be read of them is left out."""
    found: dict[datetime, datetime | None] = {}
    for timing in list(timings)[:MOST]:
        if not isinstance(timing, Mapping):
            continue
        start = values.moment(timing.get("begin") or timing.get("start"), there)
        end = values.moment(timing.get("end"), there)
        if start and 1970 < start.year < 2200:
            found[start.astimezone(here)] = end.astimezone(here) if end and end > start and end.year < 2200 else None
    return (Occurrence(start, end) for start, end in sorted(found.items(), key=lambda pair: pair[0]))


def registration(written: Any) -> dict[str, str]:
    """How to register: the first link, phone and email. Entries are objects, or bare texts."""
    entries = values.inner(written)
    found: dict[str, str] = {}
    for entry in entries if isinstance(entries, list) else [entries]:
        entry = values.inner(entry)
        said = words(entry.get("value")) if isinstance(entry, Mapping) else words(entry)
        if said:
            way = words(entry.get("type")) if isinstance(entry, Mapping) else None
            found.setdefault(way or ("email" if "@" in said else "link" if "://" in said else "phone"), said)
    return found


def accessible(written: Any) -> str | None:
    """For whom it is accessible. Only a yes counts: null says nothing."""
    written = values.inner(written)
    if isinstance(written, Mapping):
        codes = [code for code, said in written.items() if values.flag(said)]
    else:
        codes = written if isinstance(written, list) else str(written or "").replace(",", ";").split(";")
    named = [ACCESS[code] for code in map(str, codes) if code in ACCESS]
    return f"Accessible : {', '.join(named)}." if named else None


def aged(age: Mapping[str, Any]) -> str | None:
    """For which ages."""
    least, most = values.number(age.get("min")), values.number(age.get("max"))
    if least and most and most < 99:
        return f"De {least} à {most} ans." if least < most else f"{least} ans."
    return f"À partir de {least} ans." if least else None


def described(*parts: str | None) -> str | None:
    """Its text, then what has no place of its own."""
    return "\n".join(filter(None, parts)) or None


def _where(location: Mapping[str, Any]) -> str | None:
    return address(words(location.get("name")), words(location.get("address")), words(location.get("city")))


def address(name: str | None, street: str | None, city: str | None) -> str | None:
    """Where the place is, when its name isn't its address."""
    if not name or not street or street == name:
        return None
    return f"Adresse : {street}." if not city or city in street else f"Adresse : {street}, {city}."


def _knows(record: Record) -> bool:
    marks = {"timings", "firstTiming", "nextTiming", "lastTiming", "dateRange", "attendanceMode", "originAgenda"}
    return "uid" in record and "title" in record and bool(marks & record.keys())


FEED = Feed(
    "OpenAgenda",
    _knows,
    {
        "title": "title", "association": "originAgenda", "occurrences": "timings", "date": "dateRange",
        "place": "location", "price": "conditions", "email": "registration", "phone": "registration",
        "url": "registration", "description": "description", "status": "status", "themes": "keywords",
    },
    read,
)  # fmt: skip
