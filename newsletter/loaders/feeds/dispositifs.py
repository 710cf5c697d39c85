"""The national schema of aids (schema-dispositif-aide), CSV or JSON: a call → its values.

An aid without an end is not news, nor is one that isn't for associations nor for residents.
"""

from newsletter.loaders.feeds import values
from newsletter.loaders.feeds.aides import KIND, NOT_FOR_US
from newsletter.loaders.feeds.markup import plain
from newsletter.loaders.feeds.shapes import Feed, Record, Values
from newsletter.loaders.feeds.values import words
from newsletter.loaders.request import Request

PERMANENT = "aide permanente : pas de date de clôture"


def read(record: Record, request: Request) -> Values | str:
    """The values of a record."""
    targets = (words(record.get("cibles")) or "").casefold()
    if targets and "association" not in targets and "particulier" not in targets:
        return NOT_FOR_US
    written = words(record.get("date_cloture"))
    if not written:
        return PERMANENT
    text = plain(words(record.get("promesse"))) or plain(words(record.get("description")))
    conditions = plain(words(record.get("eligibilite")))
    return {
        "title": words(record.get("titre")),
        "kind": KIND,
        "association": _several(record.get("porteurs")),
        "deadline": values.day(written, request.as_of.tzinfo) or written,
        "audiences": _audiences(targets),
        "description": "\n".join(filter(None, (text, conditions))) or None,
        "url": words(record.get("url_source")),
    }


def _several(written: object) -> str | None:
    said = words(written)
    return ", ".join(part.strip() for part in said.split("|") if part.strip()) if said else None


def _audiences(targets: str) -> str | None:
    """In the words of the letters."""
    if "particulier" not in targets:
        return None
    return "Public, Associations" if "association" in targets else "Public"


def _knows(record: Record) -> bool:
    marks = {"date_cloture", "date_ouverture", "porteurs", "cibles", "types_aides", "promesse", "eligibilite"}
    return "titre" in record and len(marks & record.keys()) >= 3


FEED = Feed(
    "schema-dispositif-aide",
    _knows,
    {
        "title": "titre", "kind": "types_aides", "association": "porteurs", "deadline": "date_cloture",
        "audiences": "cibles", "description": "description", "url": "url_source",
    },
    read,
)  # fmt: skip
