"""Subscribers: a list typed by staff in; readers, their consent, and a problem per row that stays out; and back."""

import gc
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from newsletter import audience
from newsletter.config import Config
from newsletter.errors import ConfigError
from newsletter.model import Entry, Problem
from newsletter.pipeline.listing import loads
from newsletter.pipeline.reading import collector_at_rest
from newsletter.store import Store, Taken

ASCII_ONLY = {"sendgrid": "SendGrid"}  # transports that carry no letter but those of ASCII before an « @ »


@dataclass(frozen=True, slots=True)
class Taking:
    """What an import changed, or would (`kept` False), and the rows that stay out."""

    file: str
    taken: Taken
    problems: tuple[Problem, ...]
    kept: bool = True


def take_subscribers(config: Config, store: Store, path: Path, at: datetime, *, dry_run: bool = False) -> Taking:
    """Reads a list of subscribers and keeps those who agreed; a long one piece by piece. Raises SourceUnreadable.

    `dry_run`: says what would change, and changes nothing.
    """
    problems: list[Problem] = []
    entries = _entries(config, path, at, problems)
    with collector_at_rest():
        taken = store.subscribers.take(entries, at=at, file=path.name, keep=not dry_run)
    told = dict.fromkeys((*problems, *taken.problems))  # a column that a list lacks, each of its pieces lacks
    return Taking(path.name, taken, tuple(told), kept=not dry_run)


def _entries(config: Config, path: Path, at: datetime, problems: list[Problem]) -> Iterator[Entry]:
    only = ASCII_ONLY.get(config.delivery.transport)
    for load in loads(config, path, at):
        here = at.astimezone(config.town.zone)
        entries, faults = audience.read(load.tables, audiences=config.audiences, as_of=here, ascii_only=only)
        problems += (*load.problems, *faults)
        yield from entries
        gc.collect(1)  # the collector is at rest: without it 1,000,000 rows take 150 MB more


def export_subscribers(config: Config, store: Store, path: Path) -> int:
    """Writes every subscriber to a .csv or .xlsx, which comes to be whole or not at all; how many lines it has.

    Raises ConfigError when it can't be written.
    """
    if path.suffix.lower() not in (".csv", ".xlsx"):
        raise ConfigError([f"{path} : écrivez un nom de fichier en .csv ou en .xlsx"])
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.unlink(missing_ok=True)
        with open(draft, "xb", opener=_for_us_alone) as out:
            count = _write(config, store, path.suffix.lower(), out)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ConfigError([f"{path} : ce fichier ne peut pas être écrit ({error.strerror})"]) from None
    return count


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _write(config: Config, store: Store, suffix: str, out: IO[bytes]) -> int:
    if suffix == ".xlsx":
        return audience.write_xlsx(_lines(store), out, config.town.zone)
    with open(out.fileno(), "w", encoding="utf-8", newline="", closefd=False) as text:
        return audience.write_csv(_lines(store), text, config.town.zone)


def print_subscribers(config: Config, store: Store, out: IO[str]) -> int:
    """Every subscriber as CSV, wherever it is shown; how many lines."""
    return audience.write_csv(_lines(store), out, config.town.zone)


def _lines(store: Store) -> Iterator[audience.Line]:
    for one in store.subscribers.listed():
        who = one.subscriber
        yield audience.Line(
            who.address, who.first_name, who.status, who.themes, one.audiences, one.at, one.origin, one.wording
        )


def erase_subscriber(store: Store, address: str, at: datetime) -> bool:
    """Forgets an address: only its keyed hash stays, and no list brings it back. Whether anything was known of it."""
    known = store.subscribers.known(address) is not None
    return store.subscribers.erase(address, at=at) and known
