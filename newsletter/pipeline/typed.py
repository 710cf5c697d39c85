"""What people type in the studio's forms in; the same words out, without what can't be seen, kept or printed."""

import unicodedata

KEPT = "\n\t"


def cleaned(words: str) -> str:
    """Lines, ended by \\n, without control characters nor halves of letters, in NFC."""
    lines = words.replace("\r\n", "\n").replace("\r", "\n")
    seen = (
        letter for letter in lines if letter in KEPT or unicodedata.category(letter) not in ("Cc", "Cs", "Co", "Cn")
    )
    return unicodedata.normalize("NFC", "".join(seen)).strip()


def line(words: str) -> str:
    """The same on one line."""
    return " ".join(cleaned(words).split())
