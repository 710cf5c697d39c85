"""The commonest ways to write a day or hours, read at once: « samedi 4 décembre 2021 à 14h », « 27/11/21 », « 9h-17h ».

A folded text enters; the very phrase that the grammar would make of it leaves, ten times sooner, or None: the grammar
reads it then. Nothing is judged here.
"""

import re

from newsletter.dates.lexer import MONTHS, WEEKDAYS, year
from newsletter.dates.parts import Entry, Hours, Phrase, Point

_DAY = (
    rf"(?:le )?(?:(?P<weekday>{'|'.join(WEEKDAYS)}),? (?:le )?)?"
    rf"(?:(?P<number>1er|\d\d?) (?P<month>{'|'.join(MONTHS)})\.? (?P<year>\d{{4}})"
    r"|(?P<day>\d\d?)(?P<sign>[/.-])(?P<of>\d\d?)(?P=sign)(?P<short>\d{4}|\d\d))"
)
_HOURS = (
    r"(?:(?:de|a) )?(?P<h>\d\d?)(?: ?h(?: ?(?P<min>\d\d))?|:(?P<cmin>\d\d))"
    r"(?:(?: a | ?- ?)(?P<to>\d\d?)(?: ?h(?: ?(?P<tomin>\d\d))?|:(?P<tocmin>\d\d)))?"
)
_FORMS = re.compile(rf"(?P<days>{_DAY})(?:,? {_HOURS})?", re.ASCII)
_HOURS_ALONE = re.compile(_HOURS, re.ASCII)


def phrase(folded: str) -> Phrase | None:
    """What it says, when it is said in one of these ways."""
    found = _FORMS.fullmatch(folded) or _HOURS_ALONE.fullmatch(folded)
    if found is None:
        return None
    said = found.groupdict()
    hours = _hours(said) if said["h"] else ()
    if hours is None:
        return None
    if "days" not in said:
        return Phrase((Entry((), hours),))
    return Phrase((Entry((0,), hours),), (_point(said),))


def _point(said: dict[str, str]) -> Point:
    weekday = WEEKDAYS[said["weekday"]] if said["weekday"] else None
    if said["month"]:
        number = int(said["number"].removesuffix("er"))
        return Point("day", number, MONTHS[said["month"]], int(said["year"]), weekday)
    short = said["short"]
    return Point("day", int(said["day"]), int(said["of"]), year(short), weekday, short=len(short) == 2)


def _hours(said: dict[str, str]) -> tuple[Hours, ...] | None:
    start = _minutes(said["h"], said["min"] or said["cmin"])
    end = _minutes(said["to"], said["tomin"] or said["tocmin"]) if said["to"] else None
    return None if start is None or (said["to"] and end is None) else (Hours(start, end),)


def _minutes(hour: str, minute: str | None) -> int | None:
    minutes = int(minute or 0)
    total = int(hour) * 60 + minutes
    return total if minutes < 60 and total <= 1440 else None
