"""The shelf: the sources as they were read last, kept as long as no file of theirs changed. In memory, one month's.

Feeds are read in their last copies. Several pages that ask at once wait for one reading.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from threading import Lock

from newsletter import pipeline, timetable
from newsletter.config import Config
from newsletter.model import Catalogue
from newsletter.store import Store

PATTERN = set("*?[")
MOST = 2_000  # files looked at

Mark = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    mark: Mark
    catalogue: Catalogue


class Shelf:
    """What the sources say now."""

    def __init__(self, config: Config, store: Store) -> None:
        self._config = config
        self._store = store
        self._lock = Lock()
        self._read: _Read | None = None

    def catalogue(self, month: date, at: datetime) -> Catalogue:
        """Items and problems of every source, read for that month's edition."""
        config = self._config
        said = self._store.decisions.all()
        as_of = timetable.send_at(config.schedule, month, config.town.zone)
        with self._lock:
            mark: Mark = (month, said, *_seen(config))
            if self._read is None or self._read.mark != mark:
                found = pipeline.load(config, as_of=as_of, at=at, offline=True, decisions=said)
                self._read = _Read(mark, found)
            return self._read.catalogue

    def forget(self) -> None:
        """The next page reads the sources again."""
        with self._lock:
            self._read = None


def _seen(config: Config) -> Iterator[object]:
    """What tells that a file is another: its name, its size, when it was written."""
    for path in sorted(_files(config))[:MOST]:
        if path.is_file():
            kept = path.stat()
            yield str(path), kept.st_size, kept.st_mtime_ns


def _files(config: Config) -> Iterator[Path]:
    written = {source.path for source in config.sources} | {config.town.directory or ""} - {""}
    for path in written:
        if "://" in path or not path:
            continue
        named = config.folder / path
        if named.is_dir():
            yield from named.iterdir()
        elif PATTERN & set(path):
            yield from config.folder.glob(path)
        else:
            yield named
