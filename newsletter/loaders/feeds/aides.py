"""Aides-territoires, its API's JSON or its CSV export: a call for projects or a grant → its values.

Most aids never end: without a deadline, only those flagged as a call are news. A flag that is null says nothing. An aid
that says for whom it is, and not for associations, is not for our readers.
"""

import re
from typing import Any
from urllib.parse import urljoin

from newsletter.loaders.feeds import values
from newsletter.loaders.feeds.markup import plain
from newsletter.loaders.feeds.shapes import Feed, Record, Values
from newsletter.loaders.feeds.values import words
from newsletter.loaders.request import Request

SITE = "https://aides-territoires.beta.gouv.fr/"
PERMANENT = "aide permanente : ni date limite, ni appel à projets"
NOT_FOR_US = "aide qui ne s'adresse pas aux associations"
CALL = re.compile(r"\b(?:AAP|AMI|appel)\b", re.IGNORECASE)
KIND = "Appel à projets"


def read(record: Record, request: Request) -> Values | str:
    """The values of a record of the API."""
    deadline = values.day(record.get("submission_deadline"), request.as_of.tzinfo)
    written = words(record.get("submission_deadline"))
    if why := _passed_over(record.get("targeted_audiences"), written, record.get("is_call_for_project")):
        return why
    own = words(record.get("url"))
    return {
        "title": words(record.get("name")) or words(record.get("short_title")),
        "kind": KIND,
        "association": words(record.get("financers")) or words(record.get("financers_full")),
        "deadline": deadline or written,
        "description": plain(words(record.get("description"))),
        "contact": plain(words(record.get("contact"))),
        "url": words(record.get("application_url")) or words(record.get("origin_url")) or (own and urljoin(SITE, own)),
    }


def read_export(record: Record, request: Request) -> Values | str:
    """The values of a row of the CSV that staff export."""
    said = {name.strip().casefold().replace("’", "'"): cell for name, cell in record.items()}
    deadline = words(said.get("date clôture")) or words(said.get("date de clôture"))
    if why := _passed_over(said.get("bénéficiaire") or said.get("bénéficiaires"), deadline, said.get("aap/ami")):
        return why
    return {
        "title": words(said.get("nom")),
        "kind": KIND,
        "association": words(said.get("financeurs")),
        "deadline": values.day(deadline, request.as_of.tzinfo) or deadline,
        "description": plain(words(said.get("descriptif"))),
        "url": words(said.get("lien")),
    }


def _passed_over(audiences: Any, deadline: str | None, flagged: Any) -> str | None:
    said = words(values.inner(audiences))
    if said and "association" not in said.casefold():
        return NOT_FOR_US
    called = values.flag(flagged) is True or (isinstance(flagged, str) and CALL.search(flagged) is not None)
    return None if deadline or called else PERMANENT


def _knows(record: Record) -> bool:
    marks = {"submission_deadline", "financers", "targeted_audiences", "is_call_for_project", "perimeter", "aid_types"}
    return "name" in record and len(marks & record.keys()) >= 2


def _knows_export(record: Record) -> bool:
    names = {name.strip().casefold() for name in record}
    return {"nom", "financeurs"} <= names and bool({"date clôture", "date de clôture", "aap/ami"} & names)


FEED = Feed(
    "Aides-territoires",
    _knows,
    {
        "title": "name", "kind": "is_call_for_project", "association": "financers", "deadline": "submission_deadline",
        "description": "description", "contact": "contact", "url": "application_url",
    },
    read,
)  # fmt: skip
EXPORT = Feed(
    "Aides-territoires",
    _knows_export,
    {
        "title": "Nom", "kind": "AAP/AMI", "association": "Financeurs", "deadline": "Date Clôture",
        "description": "Descriptif", "url": "Lien",
    },
    read_export,
)  # fmt: skip
