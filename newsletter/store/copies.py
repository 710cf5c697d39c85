"""What a copy is called outside: a nonce and its number in one word, which says nothing of its reader.

    3f9c0a77d1e2b4c5a6f71b2 → number 0x1b2, nonce 3f9c0a77d1e2b4c5a6f7

It is random enough that nobody names another's copy, and a copy is found by its number: an index over random words
would be written all over with each chunk of a mailing (tables.py).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, String, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

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


class _Listed(FunctionElement[Any]):
    """The values of a JSON list that is one parameter, for what stands right of IN."""

    inherit_cache = True

    def __init__(self, values: BindParameter[str], kind: TypeEngine[Any]) -> None:
        self.type = kind
        super().__init__(values)


@compiles(_Listed, "sqlite")
def _listed_on_sqlite(element: _Listed, compiler: SQLCompiler, **options: Any) -> str:
    rows = func.json_each(*element.clauses).table_valued("value")
    return compiler.process(select(rows.c.value).scalar_subquery(), **options)


@compiles(_Listed, "postgresql")
def _listed_on_postgresql(element: _Listed, compiler: SQLCompiler, **options: Any) -> str:
    rows = func.jsonb_array_elements_text(cast(next(iter(element.clauses)), JSONB)).table_valued("value")
    return compiler.process(select(cast(rows.c.value, element.type)).scalar_subquery(), **options)


def among(column: ColumnElement[Any], values: BindParameter[str] | Iterable[int | str]) -> ColumnElement[bool]:
    """The column's value is one of these; of those in a parameter, as `listed` writes them.

    With a parameter for each value, SQLAlchemy writes the SQL of 1,000 of them anew each time, which takes longer than
    the UPDATE itself.
    """
    whole = values if isinstance(values, BindParameter) else literal(listed(values), Text())
    return column.op("IN", is_comparison=True)(_Listed(whole, column.type))


def listed(values: Iterable[int | str]) -> str:
    """Many values in one parameter."""
    return json.dumps(list(values), separators=(",", ":"))


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
    return among(deliveries.c.id, [pair[0] for pair in pairs]) & among(deliveries.c.nonce, [pair[1] for pair in pairs])


def reader(connection: Connection, word: str) -> Reader | None:
    """Who the copy of that name is for; None: it is no copy's."""
    found = (
        select(deliveries.c.subscriber_id, mailings.c.audience, mailings.c.month)
        .join(mailings, mailings.c.id == deliveries.c.mailing_id)
        .where(named([word]))
    )
    row = connection.execute(found).first()
    return None if row is None else Reader(*row)
