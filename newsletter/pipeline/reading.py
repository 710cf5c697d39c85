"""Load: every source's files in, the catalogue out. One source that can't be read is a problem; the others are read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from newsletter import catalogue, fetch, loaders
from newsletter.config import Config, Source
from newsletter.errors import SourceUnreadable
from newsletter.model import Catalogue, Origin, Problem, Table

Advance = Callable[[int, int], None]


def quietly(done: int, total: int) -> None:
    """Progress nobody looks at."""


def load(config: Config, *, as_of: datetime, progress: Advance = quietly) -> Catalogue:
    """Reads every source. One that can't be read is a problem; the others are read all the same."""
    tables: list[tuple[Table, Source]] = []
    problems: list[Problem] = []
    for number, source in enumerate(config.sources):
        progress(number, len(config.sources))
        try:
            documents = fetch.gather(source, config.folder)
        except SourceUnreadable as error:
            problems.append(_unreadable(source.path, error))
            continue
        for document in documents:
            try:
                read = loaders.read(document, source, as_of=as_of)
            except SourceUnreadable as error:
                problems.append(_unreadable(document.name, error))
                continue
            tables += [(table, source) for table in read.tables]
            problems += read.problems
    built = catalogue.build(tables, as_of=as_of, audiences=config.audiences)
    progress(len(config.sources), len(config.sources))
    return replace(built, problems=(*problems, *built.problems))


def _unreadable(name: str, error: SourceUnreadable) -> Problem:
    return Problem(Origin(Path(name).name), None, None, str(error), "error", "source")
