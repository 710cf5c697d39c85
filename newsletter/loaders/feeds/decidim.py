"""Decidim's export of meetings, JSON or CSV with slashes (`title/fr`): a meeting → its values.

Hours are in UTC, without a mark. Who came, and what was said there, is not read.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from newsletter.loaders.feeds import openagenda, values
from newsletter.loaders.feeds.markup import plain
from newsletter.loaders.feeds.shapes import Feed, Record, Values
from newsletter.loaders.feeds.values import words
from newsletter.loaders.request import Request

UNPUBLISHED = "non publiée dans Decidim"
KIND = "Rencontre"


def read(record: Record, request: Request) -> Values | str:
    """The values of a record."""
    if values.flag(record.get("published")) is False:
        return UNPUBLISHED
    timing = {"begin": record.get("start_time"), "end": record.get("end_time")}
    location, street = words(record.get("location")), words(record.get("address"))
    return {
        "title": words(record.get("title")),
        "kind": KIND,
        "occurrences": tuple(openagenda.occurrences([timing], UTC, request.as_of.tzinfo)) or None,
        "place": location or street,
        "url": words(record.get("url")),
        "description": openagenda.described(
            plain(words(record.get("description"))), openagenda.address(location, street, None)
        ),
        "status": "Annulé" if values.flag(record.get("withdrawn")) else None,
        "themes": words(record.get("category")),
    }


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """`title/fr` → {"title": {"fr": …}}; empty cells are left out, all else stays."""
    whole: dict[str, Any] = {}
    for name, cell in flat.items():
        parent, _, child = name.partition("/")
        if child and parent and isinstance(whole.get(parent, {}), dict) and "/" not in child and child.islower():
            whole.setdefault(parent, {})[child] = cell
        else:
            whole[name] = cell
    return whole


def _knows(record: Record) -> bool:
    marks = {"participatory_space", "component", "attendees", "contributions", "related_proposals", "reference"}
    return {"title", "start_time"} <= record.keys() and bool(marks & record.keys())


FEED = Feed(
    "Decidim (rencontres)",
    _knows,
    {
        "title": "title", "kind": "component", "occurrences": "start_time", "place": "location", "url": "url",
        "description": "description", "status": "withdrawn", "themes": "category",
    },
    read,
)  # fmt: skip
