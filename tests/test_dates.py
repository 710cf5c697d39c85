"""French dates: what people type, and what it means. Nothing here asks what day it is."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from newsletter import dates
from newsletter.model import Occurrence

PARIS = ZoneInfo("Europe/Paris")
AS_OF = datetime(2021, 11, 25, 9, 0, tzinfo=PARIS)  # a Thursday


def day(year: int, month: int, number: int, last: date | None = None) -> Occurrence:
    """A day, or all days to the last one."""
    return Occurrence(date(year, month, number), last)


def about(first: date, last: date) -> Occurrence:
    return Occurrence(first, last, approximate=True)


def moment(on: date, hour: str) -> datetime:
    return datetime.combine(on, time.fromisoformat(hour), PARIS)


def at(on: date, start: str, end: str | None = None, ends_on: date | None = None) -> Occurrence:
    """A day with its hours."""
    return Occurrence(moment(on, start), moment(ends_on or on, end) if end else None)


def read(written: object, **known: object) -> dates.Reading:
    return dates.read(written, as_of=AS_OF, **known)  # type: ignore[arg-type]  # each test gives what the door takes


D = date
WRITTEN = [
    ("samedi 4 décembre 2021", [day(2021, 12, 4)]),
    ("samedi 4 décembre 2021 à 14h30", [at(D(2021, 12, 4), "14:30")]),
    ("du 10 au 12 décembre 2021", [day(2021, 12, 10, D(2021, 12, 12))]),
    ("mi-février 2022", [about(D(2022, 2, 11), D(2022, 2, 20))]),
]


@pytest.mark.parametrize(("written", "meant"), WRITTEN)
def test_dates_as_people_type_them(written: str, meant: list[Occurrence]) -> None:
    assert read(written) == dates.Reading(tuple(meant))
