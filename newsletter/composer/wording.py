"""French as it is printed: days, hours, counts, and the typography of what people typed. Values in, sentences out."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, time
from functools import lru_cache, partial

from babel.dates import get_day_names, get_month_names

NBSP, NARROW, JOINER = "\u00a0", "\u202f", "\u2060"

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_MARK = re.compile(r"\[(?=\[(?:html|text):)")
_ADDRESS_LIKE = r"(?P<address>(?:https?://|www\.|mailto:)[^\s<>\"«»]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|&#?\w+;)"
_MAY_HOLD_ONE = re.compile(r"[@&]|https?:|www\.|mailto:")
_BLANK = "[ \t\u00a0\u202f\u2009]"
_RULES: tuple[tuple[str, str], ...] = (
    (r"\.{3,}", "…"),
    (r"(?<=[^\W\d_])['\u02bc](?=[^\W\d_]|[«\"])", "’"),
    (r"(?<!\w)\"(?P<inside>[^\"\s](?:[^\"]*[^\"\s])?)\"(?!\w)", f"«{NBSP}\\g<inside>{NBSP}»"),
    (rf"(?<=[\w)»’…%€]){_BLANK}*(?P<mark>[;!?]+)(?![\w;!?)-])", f"{NARROW}\\g<mark>"),
    (rf"(?<=[\w)»’…%€]){_BLANK}*:(?=\s|$)", f"{NBSP}:"),
    (rf"«{_BLANK}*", f"«{NBSP}"),
    (rf"{_BLANK}*»", f"{NBSP}»"),
    (rf"(?<=\d){_BLANK}+(?=[€%](?!\w))", NBSP),
    (r"(?<![\d.,])(?P<thousands>\d{1,3}) (?=\d{3}(?!\d))", f"\\g<thousands>{NARROW}"),
    (r"(?<=\S) - (?=\S)", " – "),
)
_SIMPLE = tuple((re.compile(pattern), instead) for pattern, instead in _RULES)
_AROUND = tuple((re.compile(f"{_ADDRESS_LIKE}|{pattern}"), instead) for pattern, instead in _RULES)


def tidy(text: str) -> str:
    """One line of what people typed, with French typography; addresses in it stay as they are.

    What could pass for one of our merge marks, or turn the reading direction, cannot any more.
    """
    line = re.sub(r"[ \t\r\n]+", " ", _INVISIBLE.sub("", text)).strip()
    if _MAY_HOLD_ONE.search(line):
        for pattern, instead in _AROUND:
            line = pattern.sub(partial(_unless_address, instead), line)
    else:
        for pattern, instead in _SIMPLE:
            line = pattern.sub(instead, line)
    return _MARK.sub(f"[{JOINER}", line)


def _unless_address(instead: str, found: re.Match[str]) -> str:
    return found[0] if found["address"] else found.expand(instead)


def capital(text: str) -> str:
    """The same with a capital first, accents kept."""
    return text[:1].upper() + text[1:]


def shorten(text: str, words: int) -> str:
    """At most this many words, then an ellipsis when some are cut off."""
    kept = text.split(" ", words)
    if len(kept) <= words:
        return text
    return "" if words == 0 else re.sub(r"[\s,;:.–(«\u202f]+$", "", " ".join(kept[:words])) + "…"


def cap(text: str, longest: int) -> str:
    """At most this many characters, cut between words where it can be."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    return (head.rsplit(" ", 1)[0] if " " in head[longest // 2 :] else head).rstrip(" ,;:–") + "…"


def listed(words: Sequence[str]) -> str:
    """« a, b et c »."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} et {words[-1]}"


def counted(number: int, one: str, many: str) -> str:
    """« 1 formation », « 3 formations »: the number stays beside its noun."""
    return f"{number}{NBSP}{one if number < 2 else many}"


@lru_cache
def months() -> tuple[str, ...]:
    """janvier, …"""
    names = get_month_names("wide", locale="fr")
    return tuple(names[number] for number in range(1, 13))


@lru_cache
def short_months() -> tuple[str, ...]:
    """janv., …"""
    names = get_month_names("abbreviated", locale="fr")
    return tuple(names[number] for number in range(1, 13))


@lru_cache
def weekdays() -> tuple[str, ...]:
    """lundi, …"""
    names = get_day_names("wide", locale="fr")
    return tuple(names[number] for number in range(7))


@lru_cache
def short_weekdays() -> tuple[str, ...]:
    """lun., …"""
    names = get_day_names("abbreviated", locale="fr")
    return tuple(names[number] for number in range(7))


def month(day: date) -> str:
    """« décembre 2021 »."""
    return f"{months()[day.month - 1]} {day.year}"


def number(day: date) -> str:
    """« 1er », « 2 »."""
    return "1er" if day.day == 1 else str(day.day)


def day(when: date, today: date | None = None) -> str:
    """« 4 décembre 2021 », without its year when that is today's."""
    year = "" if today and when.year == today.year else f" {when.year}"
    return f"{number(when)}{NBSP}{months()[when.month - 1]}{year}"


def weekday(when: date, today: date) -> str:
    """« samedi 4 décembre »."""
    return f"{weekdays()[when.weekday()]} {day(when, today)}"


def clock(hour: time) -> str:
    """« 14 h 30 », « 19 h », « minuit »."""
    if hour == time(0, 0):
        return "minuit"
    return f"{hour.hour}{NBSP}h" + (f"{NBSP}{hour.minute:02}" if hour.minute else "")


def hours(start: time, end: time | None) -> str:
    """« 14 h 30 – 17 h »."""
    return clock(start) if end is None else f"{clock(start)}{NBSP}– {clock(end)}"


def linked(text: str) -> Iterator[tuple[str, str | None]]:
    """The pieces of a text, each with where it leads: web, mail and telephone addresses, None for what is none."""
    at = 0
    for found in _ADDRESS.finditer(text):
        whole = found[0].rstrip(".,;:!?)…’»")
        yield text[at : found.start()], None
        yield whole.replace(" ", NBSP), _target(whole)
        at = found.start() + len(whole)
    yield text[at:], None


_ADDRESS = re.compile(
    r"https?://[^\s<>\"«»]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\d+])(?:\+33[ .\u00a0]?|0)[1-9](?:[ .\u00a0-]?\d\d){4}(?!\d)"
)


def _target(written: str) -> str:
    if written.startswith("http"):
        return written
    if "@" in written:
        return f"mailto:{written}"
    return "tel:+33" + re.sub(r"\D", "", written).removeprefix("33").removeprefix("0")
