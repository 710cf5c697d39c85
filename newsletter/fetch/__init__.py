"""A source's stanza → the bytes of its files or of its feed. The only room that goes and gets.

Enters: a stanza, the folder paths start at, the terms (`Fetching`: copies, time, what may be reached). Leaves:
documents, and a problem for each that stayed out or came as an old copy. SourceUnreadable: nothing of the source is
there, with what to do. Never here: a table, a cell; the keys of an address said aloud.

    files   a file, a folder, a glob            download, inflate   one exchange, within limits of time and size
    feeds   an https address, page after page   guard               which machines may be reached
    copies  the last good bytes of a feed       errand              the words above
    places  where files are, not what they say
"""

from datetime import datetime
from pathlib import Path

from newsletter.config import Source
from newsletter.fetch import feeds, files
from newsletter.fetch.errand import Fetching, Gathered
from newsletter.fetch.files import READABLE, opened
from newsletter.fetch.places import Place, of, within

__all__ = [
    "READABLE",
    "Fetching",
    "Gathered",
    "Place",
    "gather",
    "is_feed",
    "opened",
    "places_of",
    "room_for",
    "shown",
    "written",
]


def gather(source: Source, folder: Path, *, fetching: Fetching) -> Gathered:
    """What a source holds; a relative path starts at `folder`. Raises SourceUnreadable."""
    if feeds.is_feed(source.path):
        return feeds.gather(source.path, fetching)
    return files.gather(source.path, folder)


def is_feed(source: Source) -> bool:
    """Whether it is read where it is published, and nobody has to send it."""
    return feeds.is_feed(source.path)


def written(source: Source, folder: Path) -> datetime | None:
    """When the newest of its files was written. None: none is there, or it is a feed."""
    return None if is_feed(source) else files.written(source.path, folder)


def places_of(source: Source, folder: Path) -> list[Place]:
    """Its files on this machine: none of a feed's."""
    return [] if is_feed(source) else of(source.path, folder)


def room_for(source: Source, folder: Path, name: str) -> Place | None:
    """Where another file of that name would be. None: it is no folder."""
    return None if is_feed(source) else within(source.path, folder, name)


def shown(source: Source) -> str:
    """The source's name in messages: a file's own, a feed's machine and path, never its keys."""
    return feeds.shown(source.path) if feeds.is_feed(source.path) else Path(source.path).name
