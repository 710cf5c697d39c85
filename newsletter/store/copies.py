"""What a copy is called outside: a nonce and its number in one word, which says nothing of its reader.

    3f9c0a77d1e2b4c5a6f71b2 → number 0x1b2, nonce 3f9c0a77d1e2b4c5a6f7

It is random enough that nobody names another's copy, and a copy is found by its number: an index over random words
would be written all over with each chunk of a mailing (tables.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, String, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from newsletter.store.tables import NONCE, deliveries, mailings

HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose copy it is, and of which letter."""

    number: int
    audience: str
    month: str


class Nonce(FunctionElement[str]):
    """80 random bits in SQL, others in each row."""

    type = String(NONCE)
    inherit_cache = True


@compiles(Nonce, "sqlite")
def _on_sqlite(element: Nonce, compiler: SQLCompiler, **options: object) -> str:
    return "lower(hex(randomblob(10)))"


@compiles(Nonce, "postgresql")
def _on_postgresql(element: Nonce, compiler: SQLCompiler, **options: object) -> str:
    return "right(replace(gen_random_uuid()::text, '-', ''), 20)"


def name(number: int, nonce: str) -> str:
    """The word for a copy."""
    return f"{nonce}{number:x}"


def split(word: str) -> tuple[int, str]:
    """The number and the nonce in a word; of one that is none of ours, those of no copy."""
    digits = word[NONCE:]
    if not digits or len(digits) > 15 or not HEX.issuperset(word):
        return -1, ""
    return int(digits, 16), word[:NONCE]


def named(words: Iterable[str]) -> ColumnElement[bool]:
    """The copies these words are for."""
    pairs = [split(word) for word in words]
    return deliveries.c.id.in_([number for number, _ in pairs]) & deliveries.c.nonce.in_([nonce for _, nonce in pairs])


def reader(connection: Connection, word: str) -> Reader | None:
    """Who the copy of that name is for; None: it is no copy's."""
    found = (
        select(deliveries.c.subscriber_id, mailings.c.audience, mailings.c.month)
        .join(mailings, mailings.c.id == deliveries.c.mailing_id)
        .where(named([word]))
    )
    row = connection.execute(found).first()
    return None if row is None else Reader(*row)
