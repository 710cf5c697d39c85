"""JSON's values as feeds write them → a text, a moment, a yes or a no. Nothing here is sure of what it is given."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

YES = {"true", "oui", "1", "vrai", "yes", "x"}
NO = {"false", "non", "0", "faux", "no"}


def words(value: Any) -> str | None:
    """A text: itself, the French one of several languages, or a list's words joined."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        named = (words(value.get(key)) for key in ("fr", "name", "label", "title"))
        texts = (words(one) for one in value.values() if isinstance(one, str | list))
        return next(filter(None, (*named, *texts)), None)
    if isinstance(value, list):
        return ", ".join(filter(None, map(words, value))) or None
    return None


def inner(value: Any) -> Any:
    """What a text that holds JSON holds; anything else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def number(value: Any) -> int | None:
    """A code, written as a number, a text, or an object with its `id`."""
    value = inner(value)
    if isinstance(value, Mapping):
        value = value.get("id")
    try:
        return int(str(value).removesuffix(".0"))
    except ValueError:
        return None


def flag(value: Any) -> bool | None:
    """Yes, no, or nothing said: null is no no."""
    said = str(value).strip().casefold()
    return True if said in YES else False if said in NO else None


def zone(name: Any, otherwise: tzinfo | None) -> tzinfo:
    """The zone of that name, else the town's."""
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else otherwise or UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return otherwise or UTC


def moment(written: Any, there: tzinfo) -> datetime | None:
    """A moment as written. A zone is trusted over an offset it doesn't have on that day; UTC only fills in."""
    if not isinstance(written, str):
        return None
    try:
        read = datetime.fromisoformat(written.strip().removesuffix(" UTC").replace(" +", "+"))
    except ValueError:
        return None
    local = read.replace(tzinfo=there)
    offset = read.utcoffset()
    if offset is None or (offset and there is not UTC and offset != local.utcoffset()):
        return local
    return read


def day(written: Any, here: tzinfo | None) -> date | None:
    """The day of a deadline: its last minute, if it is one, is of the day as written."""
    if not isinstance(written, str):
        return None
    try:
        read = datetime.fromisoformat(written.strip())
    except ValueError:
        return None
    as_written = read.tzinfo is None or (read.hour, read.minute) == (23, 59) or read.time() == time()
    if as_written or not 1970 < read.year < 2200:
        return read.date()
    return read.astimezone(here).date()
