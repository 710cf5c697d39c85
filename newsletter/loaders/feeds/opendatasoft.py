"""OpenAgenda's mirror on Opendatasoft: flat names with their language, lists in texts, days in UTC."""

from datetime import UTC

from newsletter.loaders.feeds import openagenda, values
from newsletter.loaders.feeds.markup import plain
from newsletter.loaders.feeds.openagenda import described
from newsletter.loaders.feeds.shapes import Feed, Record, Values
from newsletter.loaders.feeds.values import words
from newsletter.loaders.request import Request
from newsletter.model import Occurrence


def read(record: Record, request: Request) -> Values | str:
    """The values of a record."""
    if "state" in record and values.number(record["state"]) != openagenda.PUBLISHED:
        return openagenda.UNPUBLISHED
    ways = openagenda.registration(record.get("registration"))
    name, street = words(record.get("location_name")), words(record.get("location_address"))
    online = values.number(record.get("attendancemode")) == openagenda.ONLINE
    keywords = words(record.get("keywords_fr"))
    age = {"min": record.get("age_min"), "max": record.get("age_max")}
    moments = _dated(record, request)
    return {
        "title": words(record.get("title_fr")),
        "association": words(record.get("originagenda_title")),
        "occurrences": moments,
        "date": None if moments else words(record.get("daterange_fr")),
        "place": name or street or ("En ligne" if online else None),
        "price": plain(words(record.get("conditions_fr"))),
        "email": ways.get("email"),
        "phone": ways.get("phone"),
        "url": ways.get("link") or words(record.get("onlineaccesslink")) or words(record.get("canonicalurl")),
        "description": described(
            plain(words(record.get("description_fr")) or words(record.get("longdescription_fr"))),
            openagenda.address(name, street, words(record.get("location_city"))),
            openagenda.aged(age),
            openagenda.accessible(record.get("accessibility")),
        ),
        "status": openagenda.STATUSES.get(values.number(record.get("status")) or 1),
        "themes": keywords.replace(";", ", ") if keywords else None,
    }


def _dated(record: Record, request: Request) -> tuple[Occurrence, ...] | None:
    here = request.as_of.tzinfo
    there = values.zone(record.get("timezone") or record.get("location_timezone"), here)
    if found := openagenda.dated({"timings": record.get("timings")}, there, here):
        return found
    ends = [{"begin": record.get(f"{end}_begin"), "end": record.get(f"{end}_end")} for end in ("firstdate", "lastdate")]
    return openagenda.spanned(list(openagenda.occurrences(ends, UTC, here)))


def _knows(record: Record) -> bool:
    return "title_fr" in record and bool({"timings", "firstdate_begin", "daterange_fr", "lastdate_end"} & record.keys())


FEED = Feed(
    "OpenAgenda sur Opendatasoft",
    _knows,
    {
        "title": "title_fr", "association": "originagenda_title", "occurrences": "timings", "date": "daterange_fr",
        "place": "location_name", "price": "conditions_fr", "email": "registration", "phone": "registration",
        "url": "canonicalurl", "description": "description_fr", "status": "status", "themes": "keywords_fr",
    },
    read,
)  # fmt: skip
