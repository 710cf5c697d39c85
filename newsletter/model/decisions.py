"""What staff said of two rows that look alike: the same thing, or two. A row is named by what lasts of it (its id)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Word = Literal["same", "different"]
Decisions = Mapping[frozenset[str], Word]
NOTHING_SAID: Decisions = MappingProxyType({})
