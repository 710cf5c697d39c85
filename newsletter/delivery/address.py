"""Mailboxes as the wire wants them: an address as a person typed it in, its parts out, or a sentence.

Nothing that passes here can end a command or a header: no control character, no space outside quotes, no bracket.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Controls, line ends of Unicode, marks that hide or turn the writing round. Joiners stay: emoji and Persian need them.
INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
LOCAL = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~\-\u0080-\U0010ffff]+(?:\.[\w!#$%&'*+/=?^`{|}~\-\u0080-\U0010ffff]+)*"
    r'|"(?:[ !\x23-\x5b\x5d-\x7e\u0080-\U0010ffff]|\\[ -~])*"'
)
LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


class Undeliverable(ValueError):
    """One copy that can't be written for its reader. The sentence says why, and never holds the address."""


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox. The domain is in ASCII wherever IDNA allows; the local part is as typed, quotes included."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def utf8(self) -> bool:
        """Whether only a server with SMTPUTF8 takes it."""
        return not (self.local.isascii() and self.domain.isascii())


def parse(written: str) -> Address:
    """The mailbox of an address without a name. Raises Undeliverable."""
    local, at, domain = unicodedata.normalize("NFC", written).rpartition("@")
    if not at or not LOCAL.fullmatch(local) or not (local.isascii() or _visible(local)):
        raise Undeliverable("l'adresse n'est pas lisible ; corrigez-la chez l'abonné")
    domain = ascii_domain(domain)
    if len(local.encode()) > 64 or len(local.encode()) + len(domain.encode()) > 253:
        raise Undeliverable("l'adresse est trop longue ; corrigez-la chez l'abonné")
    return Address(local, domain)


@lru_cache(maxsize=4096)
def ascii_domain(domain: str) -> str:
    """The domain in ASCII, or as it is when IDNA 2003 would change what it names ("straße"). Raises Undeliverable."""
    try:
        encoded = domain.encode("idna")
        faithful = encoded.decode("idna") == unicodedata.normalize("NFC", domain).lower() or domain.isascii()
    except UnicodeError:
        encoded, faithful = b"", False
    plain = encoded.decode() if faithful else ""
    if plain and all(LABEL.fullmatch(label) for label in plain.split(".")):
        return plain
    if domain.isascii() or not all(_spelt(label) for label in domain.split(".")):
        raise Undeliverable("le domaine de l'adresse n'existe pas ; corrigez-la chez l'abonné")
    return domain


def _visible(local: str) -> bool:
    return all(character == " " or unicodedata.category(character)[0] not in "CZ" for character in local)


def _spelt(label: str) -> bool:
    return bool(label) and all(c.isalnum() or unicodedata.category(c) in ("Mn", "Mc") or c == "-" for c in label)
