"""Passwords: what somebody types in, an argon2 hash out; and whether the two go together. Never here: a database."""

import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200  # characters
# OWASP's figures for argon2id: 19 MiB and some 25 ms for each try, of which a few may run at once.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hashed(password: str) -> str:
    """What is kept of a password."""
    return HASHER.hash(_typed(password))


def fits(kept: str | None, password: str) -> bool:
    """Whether it is that one. When none is kept it takes as long to say no: nobody learns which accounts exist."""
    try:
        right = HASHER.verify(kept or _nobodys(), _typed(password[:LONGEST]))
    except (VerificationError, InvalidHashError):
        return False
    return right and kept is not None and len(password) <= LONGEST


@lru_cache(1)
def _nobodys() -> str:
    return HASHER.hash("nobody's")


def _typed(password: str) -> bytes:
    """The same letters, whichever keyboard made their accents."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
