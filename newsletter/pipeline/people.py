"""Subscribers: a list typed by staff in; readers, their consent, and a problem per row that stays out."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from newsletter import audience, fetch, loaders
from newsletter.config import Config, Source
from newsletter.model import Problem, Table
from newsletter.pipeline.reading import terms
from newsletter.store import Store, Taken


@dataclass(frozen=True, slots=True)
class Taking:
    """What an import changed, and the rows that stay out."""

    file: str
    taken: Taken
    problems: tuple[Problem, ...]


def take_subscribers(config: Config, store: Store, path: Path, at: datetime) -> Taking:
    """Reads a list of subscribers and keeps those who agreed. Raises SourceUnreadable."""
    source = Source(path=str(path.absolute()))
    problems: list[Problem] = []
    tables: list[Table] = []
    gathered = fetch.gather(source, config.folder, fetching=terms(config, at))
    problems += gathered.problems
    for document in gathered.documents:
        read = loaders.read(replace(document, name=path.name), source, as_of=at, vocabulary="subscribers")
        tables += read.tables
        problems += read.problems
    entries, faults = audience.read(tables, audiences=config.audiences, as_of=at)
    taken = store.subscribers.take(entries, at=at, file=path.name)
    return Taking(path.name, taken, (*problems, *faults, *taken.problems))
