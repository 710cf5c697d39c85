"""Feeds of other programs, as JSON or CSV → a `Table` with their own fields; what is none of them is not read here.

Enters: a file's bytes. Leaves: one row per record, its number in the feed (of a CSV: the row a spreadsheet program
shows), occurrences already read. A record that isn't printed is skipped with its reason. Never here: a download, a
person's name.

    openagenda     API v2                      opendatasoft   its mirror, records v1 or flat
    aides          Aides-territoires           dispositifs    schema-dispositif-aide        decidim   meetings
    shapes         records → a Table           markup         HTML, Markdown → text         values    JSON's cells
"""

import json
from collections.abc import Mapping
from typing import Any

from newsletter.errors import SourceUnreadable
from newsletter.loaders import tables, text
from newsletter.loaders.feeds import aides, decidim, dispositifs, openagenda, opendatasoft
from newsletter.loaders.feeds.shapes import Feed, Record, refusal, table
from newsletter.loaders.request import Load, Request
from newsletter.model import Origin, Problem

FEEDS: tuple[Feed, ...] = (
    openagenda.FEED, opendatasoft.FEED, aides.FEED, aides.EXPORT, dispositifs.FEED, decidim.FEED
)  # fmt: skip
KNOWN = ", ".join(dict.fromkeys(feed.name for feed in FEEDS))
LISTS = ("events", "records", "results", "data", "meetings", "aides")
LOOKED_AT = 20
EMPTY = "aucun enregistrement dans ce flux : vérifiez l'adresse, ou retirez la source"


def rows(request: Request) -> Load:
    """The records of a JSON feed. Raises SourceUnreadable when it is none that is known."""
    name = request.document.name
    try:
        records = _records(json.loads(text.decode(request.document.content)))
    except (ValueError, RecursionError):
        raise SourceUnreadable(f"{name} : ce JSON est abîmé ou coupé ; téléchargez-le à nouveau") from None
    if not records:
        return Load((), (Problem(Origin(name), None, None, EMPTY, "warning", "empty"),))
    sample = [record for record in records[:LOOKED_AT] if isinstance(record, Mapping)]
    feed = _feed(sample) if request.vocabulary == "items" else None
    if feed is None:
        if (people := refusal(records, request)) and request.vocabulary == "items":
            return Load((), (people,))
        raise SourceUnreadable(
            f"{name} : ce JSON n'est d'aucune sorte connue ({KNOWN}) ; enregistrez le tableau en .csv ou .xlsx"
        )
    return table(feed, enumerate(records, 1), request)


def csv(request: Request) -> Load:
    """A text file: the records of a feed's export, or a table as people type them."""
    grid, swallowed = text.read(request)
    header = [str(cell) if cell is not None else "" for cell in grid.rows[0][1]] if grid.rows else []
    feed = _feed([decidim.nested(dict.fromkeys(header))]) if request.vocabulary == "items" else None
    if feed is None:
        load = tables.build([grid], request)
    else:
        records = ((number, decidim.nested(dict(zip(header, cells, strict=False)))) for number, cells in grid.rows[1:])
        load = table(feed, records, request)
    return Load(load.tables, (*swallowed, *load.problems))


def _feed(records: list[Record]) -> Feed | None:
    return next((feed for feed in FEEDS if any(feed.knows(record) for record in records)), None)


def _records(written: Any) -> list[Any]:
    """The list inside the envelope; Opendatasoft's records inside theirs."""
    if isinstance(written, Mapping):
        inside = next((written[key] for key in LISTS if isinstance(written.get(key), list)), None)
        written = [written] if inside is None else inside
    if not isinstance(written, list):
        raise ValueError
    return [_unwrapped(record) for record in written]


def _unwrapped(record: Any) -> Any:
    """What an envelope of its own holds: `fields` (records v1), `record.fields` (first v2)."""
    if isinstance(record, Mapping) and isinstance(record.get("record"), Mapping):
        record = record["record"]
    if isinstance(record, Mapping) and isinstance(record.get("fields"), Mapping):
        return record["fields"]
    return record
