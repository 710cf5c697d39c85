"""Whole copies of the database: taken while others write, put back where there is none.

SQLite by its own online backup; PostgreSQL by its own pg_dump and pg_restore, which are not ours: when they are missing
that is said.
Never here: what a copy doesn't know of what happened since (pipeline, ledger).
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from newsletter.errors import StoreError
from newsletter.store.database import Database

OURS = ("editions", "mailings", "deliveries", "alembic_version")


def kind(url: str) -> str:
    """Which copies a database can take back: those of "sqlite", or of "postgresql"."""
    return make_url(url).get_backend_name()


def copy(url: str, folder: Path, target: Path) -> None:
    """Writes the database there, whole and of one moment. Raises StoreError."""
    with closing(Database(url, folder)) as database:
        _copy(database, target)


def put_back(url: str, folder: Path, source: Path) -> None:
    """Makes that copy the database. Raises StoreError when there is one already, or when the copy isn't sound."""
    with closing(Database(url, folder)) as database:
        if database.path is None:
            _put_back_postgresql(database, source)
        else:
            _put_back_sqlite(database.path, source)


def _copy(database: Database, target: Path) -> None:
    if database.path is None:
        _run("pg_dump", database.url, ["--format=custom", "--no-owner", f"--file={target}"])
        return
    try:
        with closing(sqlite3.connect(database.path)) as source, closing(sqlite3.connect(target)) as made:
            source.backup(made)  # in one go: in steps, each change of another process starts it again
            made.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise StoreError(f"la base {database.name} ne peut pas être copiée ({error})") from None


def _put_back_sqlite(path: Path, source: Path) -> None:
    if path.exists() and path.stat().st_size:
        raise StoreError(f"{path} est déjà là ; restaurez dans un dossier vide")
    sound(source)
    for side in ("-wal", "-shm"):  # of another database, they would change this one
        path.with_name(path.name + side).unlink(missing_ok=True)
    shutil.copyfile(source, path)
    path.chmod(0o600)


def sound(source: Path) -> None:
    """Refuses a copy of SQLite's that is damaged, or not ours, before anything of it runs. Raises StoreError."""
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as found:
            (said,) = found.execute("PRAGMA quick_check(1)").fetchone()
            tables = {name for (name,) in found.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            active = found.execute("SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchall()
    except sqlite3.Error as error:
        raise StoreError(f"la base de cette sauvegarde ne peut pas être lue ({error})") from None
    if said != "ok" or active or not tables.issuperset(OURS):
        raise StoreError("la base de cette sauvegarde est abîmée, ou celle d’un autre programme")


def _put_back_postgresql(database: Database, source: Path) -> None:
    try:
        with database.engine.connect() as connection:
            there = inspect(connection).get_table_names()
    except DBAPIError as error:
        raise StoreError(database.sentence(error)) from error
    if there:
        raise StoreError(f"la base {database.name} contient déjà des tables ; restaurez dans une base vide")
    _run(
        "pg_restore",
        database.url,
        ["--no-owner", "--single-transaction", "--exit-on-error", f"--dbname={_name(database.url)}", str(source)],
    )


def _name(url: URL) -> str:
    return url.set(drivername="postgresql", password=None).render_as_string()


def _run(program: str, url: URL, options: Sequence[str]) -> None:
    """A program of PostgreSQL's. The password goes by the environment, where other users can't read it."""
    found = shutil.which(program)
    if found is None:
        raise StoreError(
            f"il manque {program} pour copier une base PostgreSQL ; installez postgresql-client, de même version"
        )
    password = {"PGPASSWORD": url.password} if url.password else {}
    where = [] if program == "pg_restore" else [f"--dbname={_name(url)}"]
    done = subprocess.run(  # noqa: S603  # PostgreSQL's own program, with words of ours
        [found, *where, *options], capture_output=True, text=True, env={**os.environ, **password}, check=False
    )
    if done.returncode:
        raise StoreError(f"{program} n’a pas pu copier la base : {' '.join(done.stderr.splitlines()[-1:])}")
