"""What a file is, by its bytes first and its name second: the suffix whose reader takes it, or why none does."""

import re
from pathlib import PurePath

from newsletter.errors import SourceUnreadable

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WORKBOOKS = {".xlsx", ".xlsm", ".xls", ".ods"}
TEXTS = {".csv", ".tsv", ".txt", ".ics"}
SAVE_AS = "enregistrez le tableau en .xlsx, .ods ou .csv"
FOREIGN = (
    (b"%PDF", "un PDF"),
    (b"{\\rtf", "un document RTF"),
    (b"\x89PNG", "une image"),
    (b"\xff\xd8\xff", "une image"),
    (b"GIF8", "une image"),
    (b"\x1f\x8b", "une archive compressée"),
    (b"Rar!", "une archive compressée"),
    (b"7z\xbc\xaf", "une archive compressée"),
    (b"MZ", "un programme"),
    (b"\x7fELF", "un programme"),
)
PAGE = re.compile(rb"\s*(?:<!doctype html|<html|<head|<table|<meta|<div|<body|<style)", re.IGNORECASE)
JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*["}]|\[\s*[\[{\]"\d])')
MARKUP = re.compile(rb"\s*<(?:\?xml|[a-z!])", re.IGNORECASE)


def suffix(name: str, content: bytes, otherwise: str | None = None) -> str:
    """The suffix that tells how to read it. Raises SourceUnreadable in words for who can mend it.

    `otherwise`: what it is taken for when its name says nothing known, as a feed's.
    """
    said = PurePath(name).suffix.lower()
    said = said if said in WORKBOOKS | TEXTS or otherwise is None else otherwise
    if not content.strip(b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise SourceUnreadable(f"{name} : ce fichier est vide ; remplissez-le, ou retirez-le des sources")
    if content.startswith(b"PK"):
        return ".ods" if said == ".ods" else ".xlsx"
    if content.startswith(OLE):
        return _ole(name, said, content)
    if JSON.match(content):
        return ".json"
    what = next((what for magic, what in FOREIGN if content.startswith(magic)), None) or _markup(content)
    if what is None and said in WORKBOOKS | TEXTS and _is_binary(content):
        found = "ce n'est pas un texte" if said in TEXTS else "ce classeur est abîmé, ou n'en est pas un"
        raise SourceUnreadable(f"{name} : {found} ; {SAVE_AS} à nouveau")
    if what is None and said not in WORKBOOKS | TEXTS:
        known = ", ".join(sorted(WORKBOOKS | TEXTS))
        what = f"un fichier « {said} »" if said else "un fichier dont le nom ne dit pas la nature"
        raise SourceUnreadable(f"{name} : {what} ne se lit pas ici (se lisent : {known}) ; {SAVE_AS}")
    if what is not None:
        raise SourceUnreadable(f"{name} : c'est {what}, pas un tableau ; {SAVE_AS}")
    if is_calendar(content):
        return ".ics"
    if said == ".ics":
        raise SourceUnreadable(f"{name} : ce n'est pas un agenda iCalendar ; exportez-le à nouveau au format .ics")
    return said if said in TEXTS else ".csv"


def is_calendar(content: bytes) -> bool:
    """Whether it opens as a calendar, whatever its marks and blank lines."""
    return content[:200].removeprefix(b"\xef\xbb\xbf").lstrip()[:15].upper() == b"BEGIN:VCALENDAR"


def _ole(name: str, said: str, content: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in content:
        advice = "enregistrez-en une copie sans mot de passe"
        raise SourceUnreadable(f"{name} : ce classeur est protégé par un mot de passe ; {advice}")
    if said in (".doc", ".ppt", ".msg") or "WordDocument".encode("utf-16-le") in content:
        raise SourceUnreadable(
            f"{name} : c'est un document Word ou un ancien fichier Office, pas un classeur ; {SAVE_AS}"
        )
    return ".xls"


def _markup(content: bytes) -> str | None:
    start = content[:1000].removeprefix(b"\xef\xbb\xbf")
    if PAGE.match(start) or b"<html" in start.lower():
        return "une page web (HTML), malgré son nom"
    if MARKUP.match(start):
        return "un fichier XML"
    return None


def _is_binary(content: bytes) -> bool:
    start = content[:4000]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    return sum(byte < 9 or 13 < byte < 32 for byte in start) > 8 + len(start) // 50
