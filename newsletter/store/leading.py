"""Leading: of all processes on one database, one minds the months. Asked often; who dies leads no more.

SQLite: a lock on a file beside it, which ends with its process. PostgreSQL: an advisory lock, which ends with its
connection. It only saves work: without it, each step would be done once all the same (steps.py).
"""

import fcntl
import os
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from newsletter.errors import StoreError
from newsletter.store.database import Database

LOCK = 5_032_022  # PostgreSQL's advisory lock: any number but the migrations', always this one


class Leader:
    """One process that would lead."""

    def __init__(self, url: str, folder: Path) -> None:
        self._database = Database(url, folder)
        self._file: int | None = None
        self._connection: Connection | None = None

    def leads(self) -> bool:
        """Whether this process is the one."""
        return self._by_file(self._database.path) if self._database.path else self._by_connection()

    def close(self) -> None:
        """Another may lead."""
        if self._file is not None:
            os.close(self._file)
        self._hang_up()
        self._file = None
        self._database.close()

    def _by_file(self, path: Path) -> bool:
        if self._file is not None:
            return True
        try:
            file = os.open(path.with_name(f"{path.name}.leader"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreError(f"{path.parent} : on ne peut pas y écrire ({error.strerror})") from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def _by_connection(self) -> bool:
        try:
            if self._connection is None:
                self._connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                led = self._connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK})
                if not led:
                    self._hang_up()
                return bool(led)
            return bool(self._connection.scalar(text("SELECT 1")))
        except DBAPIError as error:
            self._hang_up()
            raise StoreError(self._database.sentence(error)) from error

    def _hang_up(self) -> None:
        """Without giving the connection back to the pool: the lock would go on."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
        self._connection = None
