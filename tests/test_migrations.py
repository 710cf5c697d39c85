"""Migrations: an old database becomes a new one whole, or stays what it was, also when the power goes."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool

from newsletter.errors import StoreError
from newsletter.model import Entry, Origin
from newsletter.store import Store
from newsletter.store.database import Database
from newsletter.store.migrate import upgrade
from newsletter.store.tables import METADATA

NOW = datetime(2021, 12, 1, 8, 0, tzinfo=UTC)
URL = "sqlite:///newsletter.db"
READERS = 300
# A migration as one will be: over a table with rows that others point at, which SQLite has to build again.
NEXT = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9001", "{before}", None, None


def upgrade() -> None:
    with op.batch_alter_table("subscribers") as table:
        table.add_column(sa.Column("language", sa.String(2), nullable=False, server_default="fr"))
        table.alter_column("first_name", new_column_name="given_name")
    op.execute("UPDATE subscribers SET language = 'en' WHERE id % 2 = 0")
    op.create_table("welcomes", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO welcomes SELECT id FROM subscribers")
"""


def no_sync(connection: sqlite3.Connection, *_: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture
def quick_disk() -> Iterator[None]:
    """Commits that a killed process survives, but not the machine: these tests are many."""
    event.listen(Pool, "checkout", no_sync)
    yield
    event.remove(Pool, "checkout", no_sync)


@pytest.fixture
def folder(tmp_path: Path, quick_disk: None) -> Path:
    """A folder with a database, some readers in it, and the next migration beside it."""
    with Store.open(URL, tmp_path) as store:
        entries = [
            Entry(Origin("abonnes.csv", None, n), f"lecteur{n}@example.org", f"L{n}", ("public",), (), NOW, "Forum")
            for n in range(READERS)
        ]
        store.subscribers.take(entries, at=NOW, file="abonnes.csv")
    (tmp_path / "next").mkdir()
    (tmp_path / "next" / "9001_languages.py").write_text(NEXT.format(before=known()[-1]))
    return tmp_path


def known() -> list[str]:
    versions = Path(sys.modules["newsletter.store"].__path__[0]) / "migrations" / "versions"
    return sorted(path.name[:4] for path in versions.glob("[0-9]*.py"))


def migrate(folder: Path, *more: Path) -> None:
    database = Database(URL, folder)
    try:
        upgrade(database, *more)
    finally:
        database.close()


def facts(path: Path) -> tuple[object, ...]:
    """What a database holds: is it sound, at which revision, which columns, how many rows, what points nowhere."""
    with closing(sqlite3.connect(path)) as database:
        ask = [
            "PRAGMA integrity_check",
            "PRAGMA foreign_key_check",
            "SELECT version_num FROM alembic_version",
            "SELECT name FROM pragma_table_info('subscribers') ORDER BY name",
            "SELECT name FROM sqlite_master WHERE name IN ('welcomes', '_alembic_tmp_subscribers')",
            "SELECT count(*), count(DISTINCT address), min(since) FROM subscribers",
            "SELECT count(*) FROM subscriptions JOIN subscribers ON subscribers.id = subscriber_id",
            "SELECT count(*) FROM consents",
            "SELECT sql FROM sqlite_master WHERE type = 'index' ORDER BY name",
        ]
        return tuple(str(database.execute(question).fetchall()) for question in ask)


# ---- the tables ------------------------------------------------------------------------------------------------------


def test_the_migrations_make_the_tables_the_program_knows(tmp_path: Path) -> None:
    Store.open(URL, tmp_path).close()
    database = Database(URL, tmp_path)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []
    database.close()


def test_the_migrations_make_exactly_what_the_tables_would(tmp_path: Path) -> None:
    Store.open(URL, tmp_path).close()
    made = Database("sqlite:///made.db", tmp_path)
    with made.writing() as connection:
        METADATA.create_all(connection)
    made.close()
    shapes = []
    for name in ("newsletter.db", "made.db"):
        with closing(sqlite3.connect(tmp_path / name)) as database:
            asked = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%'"
            shapes.append({name: Counter(re.findall(r"\w+", str(sql))) for name, sql in database.execute(asked)})
    assert shapes[0] == shapes[1]


def test_every_migration_can_be_undone(tmp_path: Path) -> None:
    Store.open(URL, tmp_path).close()
    database = Database(URL, tmp_path)
    config = Config()
    folder = Path(sys.modules["newsletter.store"].__path__[0]) / "migrations"
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "newline")
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE name LIKE 'sub%'").all() == []
    database.close()
    Store.open(URL, tmp_path).close()


# ---- going on --------------------------------------------------------------------------------------------------------


def test_a_migration_changes_the_tables_and_loses_nothing(folder: Path) -> None:
    before = facts(folder / "newsletter.db")
    migrate(folder, folder / "next")
    after = facts(folder / "newsletter.db")
    assert after[:2] == before[:2] == ("[('ok',)]", "[]")
    assert after[2] == "[('9001',)]"
    assert "given_name" in str(after[3])
    assert "language" in str(after[3])
    assert after[4] == "[('welcomes',)]"
    assert after[5:] == before[5:]


def test_the_database_is_copied_beside_itself_first(folder: Path) -> None:
    before = facts(folder / "newsletter.db")
    migrate(folder, folder / "next")
    copy = folder / "newsletter.before-9001.db"
    assert facts(copy) == before
    assert copy.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in folder.glob("*.db")) == ["newsletter.before-9001.db", "newsletter.db"]
    assert not list(folder.glob(".*"))


def test_what_cannot_be_copied_is_not_changed(folder: Path) -> None:
    before = facts(folder / "newsletter.db")
    (folder / ".newsletter.before-9001.db.part").mkdir()
    with pytest.raises(StoreError, match="ne peut pas être copiée"):
        migrate(folder, folder / "next")
    assert facts(folder / "newsletter.db") == before


def test_nothing_is_copied_when_nothing_changes(tmp_path: Path) -> None:
    for _ in range(2):
        Store.open(URL, tmp_path).close()
    assert [path.name for path in tmp_path.iterdir()] == ["newsletter.db"]


def test_a_newer_database_is_left_alone(folder: Path) -> None:
    migrate(folder, folder / "next")
    before = facts(folder / "newsletter.db")
    with pytest.raises(StoreError, match=r"plus récente du programme \(9001\)"):
        Store.open(URL, folder)
    assert facts(folder / "newsletter.db") == before


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "newsletter.db")) as other:
        other.execute("CREATE TABLE subscribers (id INTEGER)")
    with pytest.raises(StoreError, match="d’un autre programme"):
        Store.open(URL, tmp_path)
    with closing(sqlite3.connect(tmp_path / "newsletter.db")) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("subscribers",)]


def test_a_migration_that_fails_changes_nothing(folder: Path) -> None:
    before = facts(folder / "newsletter.db")
    script = folder / "next" / "9001_languages.py"
    script.write_text(script.read_text() + "    op.execute('INSERT INTO welcomes VALUES (1)')\n")
    with pytest.raises(Exception, match="UNIQUE constraint"):
        migrate(folder, folder / "next")
    assert facts(folder / "newsletter.db") == before
    Store.open(URL, folder).close()


def test_a_migration_that_leaves_links_to_nowhere_changes_nothing(folder: Path) -> None:
    before = facts(folder / "newsletter.db")
    script = folder / "next" / "9001_languages.py"
    script.write_text(script.read_text() + "    op.execute('DELETE FROM subscribers WHERE id = 7')\n")
    with pytest.raises(StoreError, match="des liens y manquent"):
        migrate(folder, folder / "next")
    assert facts(folder / "newsletter.db") == before


# ---- killed ----------------------------------------------------------------------------------------------------------


def die_at(folder: Path, step: int) -> None:
    """Migrates, and is killed before its nth statement (0: lives)."""
    count = 0

    def count_down(*_: object) -> None:
        nonlocal count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Pool, "checkout", no_sync)
    event.listen(Engine, "before_cursor_execute", count_down)
    event.listen(Engine, "commit", count_down)
    migrate(folder, folder / "next")


def killed_everywhere(folder: Path) -> Iterator[tuple[int, bool, Path]]:
    """A copy of the folder for each step a migration can be killed at, until one lives."""
    step, lived = 0, False
    while not lived:
        step += 1
        copy = folder.with_name(f"{folder.name}-{step}")
        subprocess.run(["cp", "-r", folder, copy], check=True)
        child = os.fork()
        if not child:
            die_at(copy, step)
            os._exit(0)
        lived = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        yield step, lived, copy


def test_killed_anywhere_in_a_migration_the_database_is_the_old_one_or_the_new_one(folder: Path) -> None:
    old = facts(folder / "newsletter.db")
    told = subprocess.run(
        [sys.executable, __file__, str(folder)], capture_output=True, text=True, check=False, timeout=60
    )
    assert told.returncode == 0, told.stderr
    copies = [Path(line) for line in told.stdout.split()]
    assert len(copies) > 15
    new = facts(copies[-1] / "newsletter.db")
    assert new != old
    for copy in copies[:-1]:
        assert facts(copy / "newsletter.db") == old, copy
        for kept in copy.glob("*.before-*.db"):
            assert facts(kept) == old
        migrate(copy, copy / "next")
        assert facts(copy / "newsletter.db") == new, copy
        assert not list(copy.glob(".*"))


if __name__ == "__main__":
    for _, _, place in killed_everywhere(Path(sys.argv[1])):
        sys.stdout.write(f"{place}\n")
