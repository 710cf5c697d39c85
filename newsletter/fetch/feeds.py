"""A feed's address → one document, fresh or as last seen; a sentence when it is the latter.

The address is `https://…` or `webcal://…`. `${NAME}` in it is a key, taken from the environment, never shown.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import PurePosixPath
from urllib.parse import quote, urlsplit

from newsletter.errors import SourceUnreadable
from newsletter.fetch import pages
from newsletter.fetch.copies import Copies, Copy
from newsletter.fetch.errand import FeedDown, Fetching, Gathered
from newsletter.model import Document, Origin, Problem

SECURE = re.compile(r"webcals?://", re.IGNORECASE)
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
KEY = re.compile(r"\$\{(\w+)\}")
SUFFIXES = {".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".tsv", ".txt", ".ics", ".json"}
TYPES = {
    "text/calendar": ".ics",
    "application/json": ".json",
    "text/tab-separated-values": ".tsv",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
}
MEND = "vérifiez « path » dans config.toml en ouvrant cette adresse dans un navigateur, ou réessayez plus tard"


def is_feed(path: str) -> bool:
    """Whether a source's path is an address rather than a file."""
    return SCHEME.match(path) is not None


def shown(path: str) -> str:
    """Its machine and path: the rest may hold keys."""
    try:
        parts = urlsplit(path)
        return f"{parts.hostname or ''}{parts.path}".rstrip("/")
    except ValueError:
        return "adresse illisible"


def gather(path: str, fetching: Fetching) -> Gathered:
    """The feed's document. Raises SourceUnreadable when it is down and no copy is kept."""
    name, copies = shown(path), Copies(fetching.copies, path)
    last = copies.last()
    if fetching.offline:
        return _offline(name, last, fetching)
    try:
        read = pages.read(_address(path), fetching, last.validators if last else {})
    except FeedDown as down:
        return _old(name, last, str(down), fetching)
    if read.content is None and last:
        fresh = replace(last, at=fetching.at)
    else:
        content = read.content or b""
        fresh = Copy(content, fetching.at, _suffix(path, read.headers), _validators(read))
    problems = [_warning(name, pages.TOO_MANY, "pages")] if read.more else []
    try:
        copies.keep(fresh)
    except OSError as error:
        wanted = f"la copie de ce flux n'a pas pu être gardée ({error.strerror}) : vérifiez {fetching.copies}"
        problems.append(_warning(name, wanted, "copy"))
    return Gathered((Document(name, fresh.content, suffix=fresh.suffix),), tuple(problems))


def _address(path: str) -> str:
    """The address to ask, with its keys."""
    missing = next((key for key in KEY.findall(path) if not os.environ.get(key)), None)
    if missing:
        raise FeedDown(f"la clé {missing} manque : donnez-la dans l'environnement du programme")
    address = KEY.sub(lambda key: quote(os.environ[key[1]], safe=""), path)
    return SECURE.sub("https://", address)


def _offline(name: str, last: Copy | None, fetching: Fetching) -> Gathered:
    if last is None:
        raise SourceUnreadable(f"{name} : pas encore de copie de ce flux ; lisez-le une fois sans « --offline »")
    wanted = f"hors ligne : ce flux est lu dans sa copie du {_moment(last)} (il y a {age(fetching.at - last.at)})"
    return _copied(name, last, _warning(name, wanted, "stale"))


def _old(name: str, last: Copy | None, reason: str, fetching: Fetching) -> Gathered:
    if last is None:
        raise SourceUnreadable(f"{name} : ce flux ne peut pas être lu, {reason} ; {MEND}")
    copy = f"sa copie du {_moment(last)} (il y a {age(fetching.at - last.at)}) est lue à la place"
    return _copied(name, last, _warning(name, f"ce flux ne peut pas être lu, {reason} : {copy} ; {MEND}", "stale"))


def _copied(name: str, last: Copy, problem: Problem) -> Gathered:
    return Gathered((Document(name, last.content, suffix=last.suffix),), (problem,))


def _warning(name: str, wanted: str, code: str) -> Problem:
    return Problem(Origin(name), None, None, wanted, "warning", code)


def _moment(last: Copy) -> str:
    return f"{last.at:%d/%m/%Y à %Hh%M}"


def age(since: timedelta) -> str:
    """In the largest unit that says something: minutes, hours, days."""
    minutes = max(0, int(since.total_seconds() // 60))
    for size, word in ((1440, "jour"), (60, "heure")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {word}s" if count > 1 else f"{count} {word}"
    return f"{minutes} minutes" if minutes > 1 else "moins de deux minutes"


def _suffix(path: str, headers: Mapping[str, str]) -> str:
    """How to read what its bytes don't tell: by its name, else by what the server says, else as a text table."""
    named = PurePosixPath(shown(path)).suffix.lower()
    said = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return named if named in SUFFIXES else TYPES.get(said, ".csv")


def _validators(read: pages.Read) -> dict[str, str]:
    """What to send back next time; nothing when several pages were read, for the first doesn't speak for the others."""
    if read.count > 1:
        return {}
    pairs = (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified"))
    return {asked: read.headers[said] for asked, said in pairs if said in read.headers}
