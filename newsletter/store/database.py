"""The database: an address in; transactions out, each whole or not at all.

SQLite writes take the lock first (BEGIN IMMEDIATE: a read that turns into a write can't wait), wait for one another,
and are on disk when they end (WAL, synchronous=FULL) but where losing the last ones is harmless. What the database
can't do is a StoreError, in French.
Never here: a table.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from newsletter.errors import StoreError

LASTING, QUICK = "FULL", "NORMAL"
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
        self._turn: AbstractContextManager[object] = Lock() if self.path else nullcontext()

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
    def writing(self, *, lasting: bool = True) -> Iterator[Connection]:
        """One change, on disk when this ends, alone meanwhile (SQLite).

        Not `lasting`: a killed process loses nothing, a power cut may lose it, with the changes after it and none
        before. Threads wait here for their turn: SQLite itself would have them sleep and try again.
        """
        writer = self.engine.execution_options(writes=LASTING if lasting else QUICK)
        with self._turn, self._speaking_french(), writer.begin() as connection:
            yield connection

    @contextmanager
    def trying(self) -> Iterator[Connection]:
        """Changes nobody keeps: they are undone when this ends. Other writers wait meanwhile."""
        writer = self.engine.execution_options(writes=QUICK)
        with self._turn, self._speaking_french(), writer.connect() as connection:
            yield connection

    def tidy(self) -> None:
        """What was deleted is gone from the disk too: the log is copied back and emptied, as far as others let it."""
        if self.path:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

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


def insert_rows(connection: Connection, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Many rows, by position. SQLAlchemy's own way takes 9 µs for a row that SQLite writes in 3; this one, 1."""
    if not rows:
        return
    dialect = connection.dialect
    columns = list(zip(*rows, strict=True))
    for place, name in enumerate(names):
        if change := table.c[name].type.dialect_impl(dialect).bind_processor(dialect):
            columns[place] = tuple(None if value is None else change(value) for value in columns[place])
    compiled = table.insert().compile(dialect=dialect, column_keys=list(names))
    if compiled.positiontup is None:
        by_name = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
        connection.exec_driver_sql(str(compiled), by_name)
    else:
        by_place = zip(*(columns[names.index(name)] for name in compiled.positiontup), strict=True)
        connection.exec_driver_sql(str(compiled), list(by_place))


def _located(url: str, folder: Path) -> URL:
    try:
        made = make_url(url)
    except ArgumentError:
        raise StoreError("store.url n’est pas l’adresse d’une base ; par exemple sqlite:///var/newsletter.db") from None
    if made.get_backend_name() != "sqlite":
        return made
    path = folder / (made.database or "newsletter.db")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(0o600)  # it is full of addresses
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
    # A log of 32 MB before it is copied back, 8 times SQLite's own: a chunk of a mailing is written once, not twice.
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "cache_size=-32768", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("PRAGMA wal_autocheckpoint=8000")


def _begin(connection: Connection) -> None:
    synchronous = connection.get_execution_options().get("writes")
    if synchronous:
        connection.exec_driver_sql(f"PRAGMA synchronous={synchronous}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if synchronous else "BEGIN")
