"""Folding: an address in, the mark of its mailbox out; the same one however it is typed.

Never here: a database; the way back.
"""

import hmac
import unicodedata


class Folding:
    """One mailbox, one mark, however it is typed. The key never leaves the store."""

    def __init__(self, key: bytes) -> None:
        self._mac = hmac.new(key, digestmod="sha256")  # copied for each: half the time of one made anew

    def person(self, address: str) -> bytes:
        """The keyed hash of a folded address: HMAC-SHA256, its first 16 bytes."""
        mac = self._mac.copy()
        mac.update(fold(address).encode())
        return mac.digest()[:16]


def fold(address: str) -> str:
    """An address as it is compared: NFC, lower case, the domain's accents as letters (not xn--)."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", address.strip()).casefold())
    local, _, domain = folded.rpartition("@")
    if "xn--" not in domain:
        return folded
    try:
        return f"{local}@{domain.encode('ascii').decode('idna')}"
    except UnicodeError:
        return folded
