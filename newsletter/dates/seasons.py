"""Seasons and public holidays: the days the sky and the law give.

A year enters, dates leave. Seasons begin at the equinoxes and solstices by France's clocks.
"""

from datetime import date, timedelta
from functools import lru_cache
from math import cos, floor, radians

# March equinox, June solstice, September equinox, December solstice: mean Julian day by powers of the thousands of
# years since 2000, the largest periodic terms, and the hours of France on UTC then (Meeus, "Astronomical Algorithms",
# chapter 27). Good to a quarter of an hour, which settles the day of every season from 1970 to 2099.
_MEAN = (
    (2451623.80984, 365242.37404, 0.05169, -0.00411, -0.00057),
    (2451716.56767, 365241.62603, 0.00325, 0.00888, -0.00030),
    (2451810.21715, 365242.01767, -0.11575, 0.00337, 0.00078),
    (2451900.05952, 365242.74049, -0.06223, -0.00823, 0.00032),
)
_TERMS = (
    (485, 324.96, 1934.136), (203, 337.23, 32964.467), (199, 342.08, 20.186), (182, 27.85, 445267.112),
    (156, 73.14, 45036.886), (136, 171.52, 22518.443), (77, 222.54, 65928.934), (74, 296.72, 3034.906),
    (70, 243.58, 9037.513), (58, 119.81, 33718.147), (52, 297.17, 150.678), (50, 21.02, 2281.226),
)  # fmt: skip
_FRANCE = (1, 2, 2, 1)
_YEAR_2000 = 2451544.5


@lru_cache(maxsize=512)
def first_day(season: int, year: int) -> date:
    """The day a season (0 is spring, 3 winter) begins in that year."""
    thousands = (year - 2000) / 1000
    mean = sum(factor * thousands**power for power, factor in enumerate(_MEAN[season]))
    centuries = (mean - 2451545) / 36525
    sway = 0.00001 * sum(size * cos(radians(phase + speed * centuries)) for size, phase, speed in _TERMS)
    return date(2000, 1, 1) + timedelta(floor(mean + sway + _FRANCE[season] / 24 - _YEAR_2000))


def season(number: int, year: int) -> tuple[date, date]:
    """The first and the last day of the season that begins in that year."""
    following = first_day(0, year + 1) if number == 3 else first_day(number + 1, year)
    return first_day(number, year), following - timedelta(1)


def easter(year: int) -> date:
    """Easter Sunday (the anonymous Gregorian rule)."""
    century, rest = divmod(year, 100)
    shift = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    back = (32 + 2 * (century % 4) + 2 * (rest // 4) - shift - rest % 4) % 7
    late = (year % 19 + 11 * shift + 22 * back) // 451
    month, day = divmod(shift + back - 7 * late + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=64)
def holidays(year: int) -> frozenset[date]:
    """France's public holidays of that year."""
    fixed = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)]
    moving = [easter(year) + timedelta(days) for days in (1, 39, 50)]
    return frozenset([date(year, month, day) for month, day in fixed] + moving)
