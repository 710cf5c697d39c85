"""Load: every source's files in, the catalogue out. One source that can't be read is a problem; the others are read."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from newsletter import fetch, loaders
from newsletter.config import Config, Source
from newsletter.errors import SourceUnreadable
from newsletter.model import Catalogue, Document, Origin, Problem, Table
from newsletter.model.decisions import NOTHING_SAID, Decisions

Advance = Callable[[int, int], None]
FAMILY = {".xlsm": ".xlsx", ".tsv": ".csv", ".txt": ".csv"}


@dataclass(frozen=True, slots=True)
class Instead:
    """A file to be read where `place` is, or would be; `held`: where its bytes are meanwhile."""

    place: fetch.Place
    held: Path


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
    instead: Instead | None = None,
) -> Catalogue:
    """Reads every source. One that can't be read is a problem; the others are read all the same.

    `at`: when feeds are fetched, `as_of` unless given. `offline`: feeds are read in their last copies.
    `decisions`: what staff said of rows that look alike. `instead`: a file as it would be; one that can't be read, or
    isn't what its name says, is a SourceUnreadable.
    """
    if instead:
        suits(_held(instead))
    with collector_at_rest():
        return _load(config, as_of, _Terms(terms(config, at or as_of, offline=offline), decisions, instead), progress)


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


@dataclass(frozen=True, slots=True)
class _Terms:
    fetching: fetch.Fetching
    decisions: Decisions
    instead: Instead | None


def _load(config: Config, as_of: datetime, on: _Terms, progress: Advance) -> Catalogue:
    from newsletter import catalogue  # 5 MB that the service, which composes apart, doesn't hold

    tables: list[tuple[Table, Source]] = []
    problems: list[Problem] = []
    for number, source in enumerate(config.sources):
        progress(number, len(config.sources))
        try:
            gathered = _gathered(config, source, on)
        except SourceUnreadable as error:
            problems.append(_unreadable(fetch.shown(source), error))
            continue
        problems += filter(source.shows, gathered.problems)
        for document in gathered.documents:
            try:
                read = loaders.read(document, source, as_of=as_of)
            except SourceUnreadable as error:
                if on.instead and document.name == on.instead.place.name:
                    raise
                problems.append(_unreadable(document.name if document.suffix else Path(document.name).name, error))
                continue
            tables += [(table, source) for table in read.tables]
            problems += filter(source.shows, read.problems)
    names, faults = _directory(config, on.fetching, as_of)
    built = catalogue.build(tables, as_of=as_of, audiences=config.audiences, decisions=on.decisions, directory=names)
    progress(len(config.sources), len(config.sources))
    return replace(built, problems=(*problems, *faults, *built.problems))


def _gathered(config: Config, source: Source, on: _Terms) -> fetch.Gathered:
    """Its documents, with the one that is to be read instead, where it is one of its own."""
    instead, folder = on.instead, config.folder
    if instead is None or not reads(source, folder, instead.place):
        return fetch.gather(source, folder, fetching=on.fetching)
    name, path = instead.place.name, instead.place.path
    try:
        there = fetch.gather(source, folder, fetching=on.fetching)
    except SourceUnreadable:  # it is missing, or alone and empty: that is mended then
        there = fetch.Gathered(())
    one = _held(instead)
    others = [document for document in there.documents if document.name != name]
    problems = tuple(problem for problem in there.problems if problem.origin.file not in (name, path.name))
    return fetch.Gathered(tuple(sorted([*others, one], key=lambda document: document.name)), problems)


def _held(instead: Instead) -> Document:
    return Document(instead.place.name, instead.held.read_bytes(), instead.place.path.parent)


def reads(source: Source, folder: Path, place: fetch.Place) -> bool:
    """Whether that source has, or would have, the file of that place."""
    named = {one.path for one in fetch.places_of(source, folder)}
    beside = fetch.room_for(source, folder, place.path.name)
    return place.path in named or (beside is not None and beside.path == place.path)


def suits(document: Document) -> None:
    """Raises SourceUnreadable when it isn't what its name says."""
    said = Path(document.name).suffix.lower()
    found = loaders.content.suffix(document.name, document.content)
    if FAMILY.get(said, said) != FAMILY.get(found, found):
        raise SourceUnreadable(
            f"{document.name} : ce fichier est en réalité un {found} ; enregistrez-le au format {said}, puis déposez-le"
        )


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
