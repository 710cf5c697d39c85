"""Tables of cells as typed → the catalogue: typed items, duplicates merged, and a problem for all that is wrong.

Here rows end. No row is lost: each is printed, merged into an earlier one, refused with its reason, or was skipped with
its own. Nothing is fetched, kept or timed here: `as_of` is an argument, and the same rows give the same items.

    drafts   a row → an item (when: its days · words, audiences: the narrow columns · urls, amounts, texts)
    merge    the same thing told twice → one item      clashes   two things in one room at one time
    identities   an id that lasts from month to month
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from newsletter.catalogue import clashes
from newsletter.catalogue.audiences import Audiences
from newsletter.catalogue.drafts import Draft, read
from newsletter.catalogue.identities import identities
from newsletter.catalogue.merge import merge
from newsletter.catalogue.rows import Row, Setting
from newsletter.config import Audience, Source
from newsletter.model import Catalogue, Item, SourceCount, Table

__all__ = ["build"]


def build(tables: Sequence[tuple[Table, Source]], *, as_of: datetime, audiences: Mapping[str, Audience]) -> Catalogue:
    """Everything the tables hold, in their order. `as_of` is aware, in the town's zone."""
    rows = list(_rows(tables, as_of, Audiences(audiences)))
    drafts = [draft for row in rows if (draft := read(row))]
    kept = merge(drafts)
    clashes.warn(kept, as_of)
    items = tuple(_item(draft, identity) for draft, identity in zip(kept, identities(kept), strict=True))
    problems = tuple(problem for row in rows for problem in row.problems)
    return Catalogue(items, problems, _counts(tables, rows, kept))


def _rows(tables: Sequence[tuple[Table, Source]], as_of: datetime, audiences: Audiences) -> Iterator[Row]:
    for number, (table, source) in enumerate(tables):
        setting = Setting(table, number, source, audiences, as_of)
        for origin, values in table.records():
            yield Row(origin, values, setting)


def _item(draft: Draft, identity: str) -> Item:
    text = "\n".join(filter(None, (draft.item.description, " ".join(draft.details))))
    return replace(draft.item, id=identity, description=text or None)


def _counts(
    tables: Sequence[tuple[Table, Source]], rows: Sequence[Row], kept: Sequence[Draft]
) -> tuple[SourceCount, ...]:
    read = Counter(row.setting.number for row in rows)
    refused = Counter(row.setting.number for row in rows if row.refused)
    items = Counter(draft.row.setting.number for draft in kept)
    return tuple(
        SourceCount(
            table.file,
            table.sheet,
            rows=table.rows,
            items=items[number],
            merged=read[number] - refused[number] - items[number],
            refused=refused[number],
            skipped=table.skipped,
            unread=table.unread,
        )
        for number, (table, _) in enumerate(tables)
    )
