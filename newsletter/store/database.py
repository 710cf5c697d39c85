"""The database: an address in; transactions out, each whole or not at all.

SQLite writes take the lock first (BEGIN IMMEDIATE: a read that turns into a write can't wait), wait for one another,
and are on disk when they end (WAL, synchronous=FULL). What the database can't do is a StoreError, in French.
Never here: a table.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from newsletter.errors import StoreError

FAULTS = {
    "database is locked": "est occupée par un autre programme ; réessayez, ou fermez ce qui l’ouvre",
    "readonly": "ne peut pas être modifiée ; vérifiez les droits du fichier et de son dossier",
    "not a database": "n’est pas une base de données ; restaurez une sauvegarde, ou changez store.url",
    "malformed": "est abîmée ; restaurez une sauvegarde",
    "disk is full": "n’a plus de place sur le disque",
    "unable to open": "ne peut pas être ouverte ; vérifiez store.url, et les droits du dossier",
}


class Database:
    """One database, by its address. `name` is what a person calls it."""

    def __init__(self, url: str, folder: Path, patience: float = 30.0) -> None:
        self.url = _located(url, folder)
        self.name = self.url.database or url
        self.engine = _engine(self.url, patience)
        self._writer = self.engine.execution_options(writes=True)

    @property
    def path(self) -> Path | None:
        """The file, when it is one."""
        return Path(self.name) if self.url.get_backend_name() == "sqlite" else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent look."""
        with self._speaking_french(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One change, on disk when this ends, alone meanwhile (SQLite)."""
        with self._speaking_french(), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Lets go of the file."""
        self.engine.dispose()

    @contextmanager
    def _speaking_french(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise StoreError(self.sentence(error)) from error

    def sentence(self, error: DBAPIError) -> str:
        """What a person can do about it."""
        said = str(error.orig).strip()
        known = next((sentence for words, sentence in FAULTS.items() if words in said), None)
        return f"la base {self.name} {known or f'ne peut pas servir : {said}'}"


def insert_new(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that leaves a row alone when it is there already."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def _located(url: str, folder: Path) -> URL:
    try:
        made = make_url(url)
    except ArgumentError:
        raise StoreError(f"store.url : « {url} » n’est pas l’adresse d’une base") from None
    if made.get_backend_name() != "sqlite":
        return made
    path = folder / (made.database or "newsletter.db")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path.parent} : ce dossier ne peut pas être créé ({error.strerror})") from None
    return made.set(database=str(path))


def _engine(url: URL, patience: float) -> Engine:
    try:
        if url.get_backend_name() != "sqlite":
            return create_engine(url)
        engine = create_engine(url, connect_args={"timeout": patience})
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreError(f"store.url : il manque de quoi ouvrir une base {url.get_backend_name()} ({error})") from None
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: sqlite3's own comes too late, and not before DDL
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    options: dict[str, Any] = dict(connection.get_execution_options())
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")
