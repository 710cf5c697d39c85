"""Brings a database to this version of the program: all the way in one transaction, or not at all.

An existing SQLite database is copied beside itself first. One that is newer than the program is left alone.
Never here: a migration (migrations/versions).
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from newsletter.errors import StoreError
from newsletter.store.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 5_032_021  # PostgreSQL's advisory lock: any number, always this one


def upgrade(database: Database, *more: Path) -> None:
    """Makes the tables, or changes them to what this program knows. `more`: folders of further migrations (tests)."""
    folders = (MIGRATIONS / "versions", *more)
    revisions = sorted(path.name[:4] for folder in folders for path in folder.glob("[0-9]*.py"))
    try:
        with database.engine.connect() as connection:
            if _standing(connection, database, revisions) == revisions[-1]:
                return
        _upgrade(database, revisions, folders)
    except DBAPIError as error:
        raise StoreError(database.sentence(error)) from error


def _standing(connection: Connection, database: Database, revisions: list[str]) -> str | None:
    """Which revision a database is at; None when it is empty."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise StoreError(f"la base {database.name} est celle d’un autre programme ; changez store.url")
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if revision is not None and revision not in revisions:
        raise StoreError(
            f"la base {database.name} est d’une version plus récente du programme ({revision}) ; "
            "mettez newsletter à jour, ou restaurez une sauvegarde"
        )
    return None if revision is None else str(revision)


def _upgrade(database: Database, revisions: list[str], folders: tuple[Path, ...]) -> None:
    """Under the write lock, so that two programs starting at once don't both do it."""
    engine = create_engine(database.url, poolclass=NullPool)
    if database.path:
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        if not database.path:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        standing = _standing(connection, database, revisions)
        if standing == revisions[-1]:
            return
        if database.path and standing is not None:
            _copy(database.path, database.path.with_name(f"{database.path.stem}.before-{revisions[-1]}.db"))
        _run(connection, folders)
        if database.path and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise StoreError(f"la base {database.name} ne peut pas être mise à jour : des liens y manquent")


def _prepare(connection: sqlite3.Connection, entry: object) -> None:
    """Foreign keys are not followed while tables are rebuilt: dropping one would empty those that point at it."""
    connection.isolation_level = None
    for pragma in ("foreign_keys=OFF", "busy_timeout=60000", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _copy(source: Path, target: Path) -> None:
    """The database as it was, whole under its name or not there."""
    draft = target.with_name(f".{target.name}.part")
    try:
        draft.unlink(missing_ok=True)
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(draft)) as new:
            old.backup(new)
        draft.chmod(0o600)
        draft.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"la base {source} doit être mise à jour, et ne peut pas être copiée avant ({error}) ; "
            "faites de la place sur le disque, et vérifiez les droits du dossier"
        ) from None


def _run(connection: Connection, folders: tuple[Path, ...]) -> None:
    from alembic import command  # 0.2 s, needed once per version
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(f).replace("%", "%%") for f in folders))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
