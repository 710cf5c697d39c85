"""Decisions: what staff said of two rows that look alike, kept from month to month. The last word counts.

Never here: a row. Two ids are all that is known of them.
"""

from datetime import datetime

from sqlalchemy import select

from newsletter.model.decisions import Decisions as Said
from newsletter.model.decisions import Word
from newsletter.store.database import Database
from newsletter.store.tables import decisions


class Decisions:
    """Which rows are the same thing, whatever they look like."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def say(self, left: str, right: str, word: Word, by: str, at: datetime) -> None:
        """Somebody says it of two ids, in any order; an earlier word on the two no longer counts."""
        one, other = sorted((left, right))
        pair = (decisions.c.one == one) & (decisions.c.other == other)
        with self._database.writing() as connection:
            connection.execute(decisions.delete().where(pair))
            line = {"one": one, "other": other, "word": word, "by": by, "at": at}
            connection.execute(decisions.insert(), line)

    def all(self) -> Said:
        """Everything said, by pair of ids."""
        lines = select(decisions.c.one, decisions.c.other, decisions.c.word)
        with self._database.reading() as connection:
            return {frozenset((line.one, line.other)): line.word for line in connection.execute(lines)}
