"""Load: every source's files in, the catalogue out. One source that can't be read is a problem; the others are read."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from newsletter import fetch, loaders
from newsletter.config import Config, Source
from newsletter.errors import SourceUnreadable
from newsletter.model import Catalogue, Origin, Problem, Table
from newsletter.model.decisions import NOTHING_SAID, Decisions

Advance = Callable[[int, int], None]


def quietly(done: int, total: int) -> None:
    """Progress nobody looks at."""


def load(
    config: Config,
    *,
    as_of: datetime,
    at: datetime | None = None,
    offline: bool = False,
    decisions: Decisions = NOTHING_SAID,
    progress: Advance = quietly,
) -> Catalogue:
    """Reads every source. One that can't be read is a problem; the others are read all the same.

    `at`: when feeds are fetched, `as_of` unless given. `offline`: feeds are read in their last copies.
    `decisions`: what staff said of rows that look alike.
    """
    with collector_at_rest():
        return _load(config, as_of, terms(config, at or as_of, offline=offline), decisions, progress)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Rows, items and entries hold no cycle; looking for some, over all of them, took a quarter of the whole time."""
    awake = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if awake:
            gc.enable()


def _load(
    config: Config, as_of: datetime, fetching: fetch.Fetching, decisions: Decisions, progress: Advance
) -> Catalogue:
    from newsletter import catalogue  # 5 MB that the service, which composes apart, doesn't hold

    tables: list[tuple[Table, Source]] = []
    problems: list[Problem] = []
    for number, source in enumerate(config.sources):
        progress(number, len(config.sources))
        try:
            gathered = fetch.gather(source, config.folder, fetching=fetching)
        except SourceUnreadable as error:
            problems.append(_unreadable(fetch.shown(source), error))
            continue
        problems += filter(source.shows, gathered.problems)
        for document in gathered.documents:
            try:
                read = loaders.read(document, source, as_of=as_of)
            except SourceUnreadable as error:
                problems.append(_unreadable(document.name if document.suffix else Path(document.name).name, error))
                continue
            tables += [(table, source) for table in read.tables]
            problems += filter(source.shows, read.problems)
    names, faults = _directory(config, fetching, as_of)
    built = catalogue.build(tables, as_of=as_of, audiences=config.audiences, decisions=decisions, directory=names)
    progress(len(config.sources), len(config.sources))
    return replace(built, problems=(*problems, *faults, *built.problems))


def _directory(config: Config, fetching: fetch.Fetching, as_of: datetime) -> tuple[list[Table], list[Problem]]:
    """The town's associations. Without them, names are left as typed."""
    if config.town.directory is None:
        return [], []
    source = Source(path=config.town.directory)
    try:
        gathered = fetch.gather(source, config.folder, fetching=fetching)
        read = [loaders.read(each, source, as_of=as_of, vocabulary="directory") for each in gathered.documents]
    except SourceUnreadable as error:
        return [], [_unreadable(fetch.shown(source), error)]
    faults = [problem for load_ in read for problem in load_.problems]
    return [table for load_ in read for table in load_.tables], [*gathered.problems, *faults]


def terms(config: Config, at: datetime, *, offline: bool = False) -> fetch.Fetching:
    """On which terms the town's feeds are fetched."""
    return fetch.Fetching(config.var / "feeds", at, offline, config.fetch.allow)


def _unreadable(name: str, error: SourceUnreadable) -> Problem:
    return Problem(Origin(name), None, None, str(error), "error", "source")
