"""Tables of cells as typed → the catalogue: typed items, duplicates merged, and a problem for all that is wrong.

Here rows end. No row is lost: each is printed, merged into an earlier one, refused with its reason, or was skipped with
its own. Nothing is fetched, kept or timed here: `as_of` is an argument, and the same rows give the same items.

    drafts   a row → an item (when: its days · words, audiences: the narrow columns · urls, amounts, texts)
    merge    the same thing told twice (near: nearly) → join: one item      clashes   two things in one room at once
    directory    associations by one name      reminders   what readers will ask
    identities   an id that lasts from month to month
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from newsletter.catalogue import clashes, reminders
from newsletter.catalogue.audiences import Audiences
from newsletter.catalogue.directory import Directory
from newsletter.catalogue.drafts import Draft, read
from newsletter.catalogue.identities import identities
from newsletter.catalogue.merge import merge
from newsletter.catalogue.rows import Row, Setting
from newsletter.config import Audience, Source
from newsletter.model import Catalogue, Item, Problem, SourceCount, Table
from newsletter.model.decisions import NOTHING_SAID, Decisions

__all__ = ["build"]


def build(
    tables: Sequence[tuple[Table, Source]],
    *,
    as_of: datetime,
    audiences: Mapping[str, Audience],
    decisions: Decisions = NOTHING_SAID,
    directory: Sequence[Table] = (),
) -> Catalogue:
    """Everything the tables hold, in their order. `as_of` is aware, in the town's zone.

    `decisions`: what staff said of two ids, the same thing or two. `directory`: the town's associations, by name.
    """
    known, names = Audiences(audiences), Directory(directory)
    settings = [Setting(table, source, known, as_of, names) for table, source in tables]
    drafts = [draft for setting in settings for row in _rows(setting) if (draft := read(row))]
    kept = merge(drafts, decisions)
    clashes.warn(kept)
    reminders.warn(kept)
    items = tuple(_item(draft, identity) for draft, identity in zip(kept, identities(kept), strict=True))
    return Catalogue(items, tuple(_problems(settings)), tuple(_counts(settings, drafts, kept)))


def _rows(setting: Setting) -> Iterator[Row]:
    return (Row(origin, values, setting) for origin, values in setting.table.records())


def _item(draft: Draft, identity: str) -> Item:
    text = "\n".join(filter(None, (draft.item.description, " ".join(draft.details))))
    return replace(draft.item, id=identity, description=text or None)


def _problems(settings: Sequence[Setting]) -> Iterator[Problem]:
    """In the order of the sources and of their rows, not of their discovery."""
    for setting in settings:
        shown = (problem for problem in setting.problems if setting.source.shows(problem))
        yield from sorted(shown, key=lambda problem: problem.origin.row or 0)


def _counts(settings: Sequence[Setting], drafts: Sequence[Draft], kept: Sequence[Draft]) -> Iterator[SourceCount]:
    readable, items = (Counter(id(draft.row.setting) for draft in each) for each in (drafts, kept))
    for setting in settings:
        table, key = setting.table, id(setting)
        yield SourceCount(
            table.file,
            table.sheet,
            rows=table.rows,
            items=items[key],
            merged=readable[key] - items[key],
            refused=len(table.frame) - readable[key],
            skipped=table.skipped,
            unread=table.unread,
        )
