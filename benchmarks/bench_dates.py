"""How long a date cell takes to read: once seen, and the first time."""

from datetime import datetime
from timeit import repeat
from zoneinfo import ZoneInfo

from newsletter import dates
from newsletter.dates import cells, grammar, reading

AS_OF = datetime(2021, 11, 25, 9, 0, tzinfo=ZoneInfo("Europe/Paris"))
FORMS: list[tuple[object, tuple[object, object]]] = [
    ("samedi 4 décembre 2021", ("14h30 à 17h", None)),
    ("12/12/21", ("15h00", None)),
    ("du 10 au 12 décembre 2021", ("10h–18h", None)),
    ("les 18 et 25 janvier 2022", ("18h30", "20h30")),
    ("mi-janvier 2022", (None, None)),
    ("tous les mardis à 18h jusqu'à fin juin", (None, None)),
]
KEPT = [value for room in (cells, grammar, reading) for value in vars(room).values() if hasattr(value, "cache_clear")]


def forget() -> None:
    """As if nothing had been read."""
    for kept in KEPT:
        kept.cache_clear()


def microseconds(forgetting: bool) -> float:
    """Of one read, over all forms; the best of five rounds."""

    def once() -> None:
        for written, times in FORMS:
            if forgetting:
                forget()
            dates.read(written, as_of=AS_OF, times=times)

    return min(repeat(once, number=200, repeat=5)) / 200 / len(FORMS) * 1e6


def main() -> None:
    """Prints both figures."""
    print(f"dates: {microseconds(False):.1f} µs per read seen before, {microseconds(True):.0f} µs the first time")


if __name__ == "__main__":
    main()
