"""The watch: what tells that a file of a source, or a template of the letters, is another; and who tells it at once.

    seen       each file that sources read, as it stands
    dressed    each template
    wait       says whenever something moved in their folders, until it is stopped

An editor's save is several events, a temporary file, a lock: `wait` tells once they rest, and who hears it looks for
themselves whether a file is another. A network share may tell nobody: who waits looks now and then all the same.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from watchfiles import awatch

from newsletter import fetch
from newsletter.config import Config, Source

PASSING = (".tmp", ".temp", ".bak", ".part", ".crdownload", ".swp", ".lock", "~", "#")
REST, LONGEST = 100, 1_000  # milliseconds without an event; after which it is told anyhow
AGAIN = 60.0  # seconds before another try, where the system doesn't let us watch

Mark = tuple[str, int, int]

log = logging.getLogger(__name__)
logging.getLogger("watchfiles").setLevel(logging.WARNING)  # it would name each file


def seen(config: Config) -> tuple[Mark, ...]:
    """Each file that sources read: its name, its size, when it was written."""
    return tuple(_marks(place.path for source in _sources(config) for place in fetch.places_of(source, config.folder)))


def dressed(config: Config) -> tuple[Mark, ...]:
    """Each template of the letters, likewise."""
    return tuple(_marks(_inside(config.templates)))


async def wait(config: Config, tell: Callable[[], None]) -> None:
    """Calls `tell` soon after something moved, as long as it isn't cancelled."""
    while True:
        folders = await asyncio.to_thread(_folders, config)
        try:
            moving = awatch(*folders, watch_filter=None, debounce=LONGEST, step=REST, recursive=False)
            async for _ in moving:
                tell()
                if await asyncio.to_thread(_folders, config) != folders:
                    break
        except (OSError, RuntimeError) as fault:  # too many watches, or a folder that went away just now
            log.warning("not_watching reason=%s", type(fault).__name__)
            await asyncio.sleep(AGAIN)


def _sources(config: Config) -> list[Source]:
    """Those on this machine, and the directory of associations."""
    directory = [Source(path=config.town.directory)] if config.town.directory else []
    return [one for one in (*config.sources, *directory) if not fetch.is_feed(one)]


def _inside(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if not _passing(path.name.lower())]
    except OSError:  # it isn't there just now
        return []


def _marks(paths: Iterator[Path] | list[Path]) -> Iterator[Mark]:
    for path in sorted(set(paths)):
        try:
            kept = path.stat()
        except OSError:  # it went away meanwhile
            continue
        if path.is_file():
            yield str(path), kept.st_size, kept.st_mtime_ns


def _passing(name: str) -> bool:
    """Whether it is a lock, a hidden or a temporary file."""
    return name.startswith((".", "~$", "#")) or name.endswith(PASSING)


def _folders(config: Config) -> list[Path]:
    """Where such files are, or would be."""
    found = {config.templates}
    for source in _sources(config):
        named, places = config.folder / source.path, fetch.places_of(source, config.folder)
        found |= {named if named.is_dir() else named.parent, *(place.path.parent for place in places)}
    return sorted({_there(folder) for folder in found})


def _there(folder: Path) -> Path:
    """The folder, or the nearest above it that is there: it tells when the folder comes."""
    return next(one for one in (folder, *folder.parents) if one.is_dir())
