"""What is asked of this room, and what it brings back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter.model import Document, Problem


@dataclass(frozen=True, slots=True)
class Fetching:
    """The terms: where copies of feeds are kept, when it is, whether to stay off the network, machines let through.

    `patience`: seconds an answer may take, all of it. `largest`: its bytes, unpacked.
    """

    copies: Path
    at: datetime
    offline: bool = False
    allow: Sequence[str] = ()
    patience: float = 10
    largest: int = 20 * 2**20


@dataclass(frozen=True, slots=True)
class Gathered:
    """A source's documents, and what is to be said of them."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...] = ()


class FeedDown(Exception):
    """Why a feed gives nothing now: the middle of a French sentence, without any part of a query."""
