"""A feed's pages → its bytes, once they are surely the feed's: not a login page, not cut, not empty.

OpenAgenda and Aides-territoires answer page by page; their pages become one answer of the same shape.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from newsletter.fetch import download
from newsletter.fetch.errand import FeedDown, Fetching

MOST = 20
TOO_MANY = f"ce flux a plus de {MOST} pages : les suivantes ne sont pas lues ; demandez moins d'évènements, ou size=300"
NO_FEED = re.compile(r"\s*(?:text/html|application/xhtml|application/pdf|image/|audio/|video/)", re.IGNORECASE)
PAGE = re.compile(rb"[\s\xef\xbb\xbf]*<(?:!doctype html|html|head|body)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Read:
    """A feed's bytes (None: nothing changed), what the server said of the first page. `more`: there were others."""

    content: bytes | None
    headers: Mapping[str, str]
    count: int = 1
    more: bool = False


def read(address: str, fetching: Fetching, conditions: Mapping[str, str]) -> Read:
    """All the pages of an address. Raises FeedDown."""
    answer = download.get(address, fetching, conditions)
    if answer.content is None:
        return Read(None, answer.headers)
    whole = _checked(answer.content, answer.headers)
    following = _following(address, whole)
    if following is None:
        return Read(answer.content, answer.headers)
    size, count = len(answer.content), 1
    records = _records(whole)
    while following and count < MOST:
        answer = download.get(following, fetching, {})
        page = _checked(answer.content or b"", answer.headers)
        size, count = size + len(answer.content or b""), count + 1
        if size > fetching.largest:
            raise FeedDown(f"il dépasse {fetching.largest / 2**20:.0f} Mo")
        records += _records(page)
        following = _following(address, page)
    content = json.dumps({**whole, "after": None, "next": None}, ensure_ascii=False).encode("utf-8", "replace")
    return Read(content, answer.headers, count, bool(following))


def _checked(content: bytes, headers: Mapping[str, str]) -> Any:
    """The answer's JSON, if it is. Raises FeedDown for what is surely no feed."""
    if NO_FEED.match(headers.get("Content-Type", "")) or PAGE.match(content):
        raise FeedDown("il répond une page web ou une image, pas un tableau : partagez-le publiquement")
    start = content[:200].removeprefix(b"\xef\xbb\xbf").lstrip()[:15]
    if not start:
        raise FeedDown("il répond un fichier vide")
    if start.upper() == b"BEGIN:VCALENDAR" and b"END:VCALENDAR" not in content[-4096:].upper():
        raise FeedDown("il a été coupé en route")
    if not start.startswith((b"{", b"[")):
        return None
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        if "json" in headers.get("Content-Type", "").lower():
            raise FeedDown("son JSON est abîmé, ou a été coupé en route") from None
        return None


def _records(page: Any) -> list[Any]:
    """The page's own list, in place."""
    for key in ("events", "results"):
        found: object = page.get(key) if isinstance(page, dict) else None
        if isinstance(found, list):
            return found
    raise FeedDown("une de ses pages n'a pas la forme des autres")


def _following(address: str, page: Any) -> str | None:
    """The address of the next page, on the same machine, or None."""
    if not isinstance(page, dict):
        return None
    after, further = page.get("after"), page.get("next")
    parts = urlsplit(address)
    if isinstance(page.get("events"), list) and page["events"] and isinstance(after, list) and after:
        kept = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key != "after[]"]
        query = urlencode([*kept, *(("after[]", str(mark)) for mark in after)])
        return urlunsplit(parts._replace(query=query))
    if isinstance(page.get("results"), list) and page["results"] and isinstance(further, str):
        return further if urlsplit(further)[:2] == parts[:2] else None
    return None
