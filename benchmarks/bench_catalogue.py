"""How long rows take to become items: `python -m benchmarks.bench_catalogue [ROWS]`.

One line per size, in seconds of processor: for all, and for the same rows with their days read before (dates have their
own bench).
"""

import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from datetime import time as clock
from zoneinfo import ZoneInfo

import pandas as pd

from newsletter import catalogue, dates
from newsletter.config import ASSOCIATIONS, PUBLIC, Source
from newsletter.model import Table

PARIS = ZoneInfo("Europe/Paris")
AS_OF = datetime(2021, 11, 25, 9, tzinfo=PARIS)
LETTERS = {"public": PUBLIC, "associations": ASSOCIATIONS}
WRITTEN = ("samedi {day:%d/%m/%Y}", "{day:%d/%m/%Y}", "{day:%Y-%m-%d}")
PRICES = ("Gratuit", "3,50 €", 5.0, None)
MARKUP = ("", "<p>Plus d’infos &agrave; l’<b>accueil</b>.</p>")
WHO = ("Tous", "Grand public", "associations et habitants", None)


def row(number: int) -> Mapping[str, object]:
    """One of fifteen cells, as a town would type it; one in forty tells an earlier one again."""
    number = number - 17 if number % 40 == 39 else number
    day = date(2021, 12, 1) + timedelta(number % 365)
    return {
        "title": f"Atelier n° {number} de l'été & de l'hiver (exemple)",
        "kind": ("Évènement", "Atelier", None)[number % 3],
        "association": f"Association {number % 300}",
        "date": day if number % 2 else WRITTEN[number % 3].format(day=day).removeprefix("samedi "),
        "start": clock(8 + number % 12, 30),
        "end": clock(9 + number % 12, 45),
        "place": f"Salle {number % 500}, 1er étage",
        "price": PRICES[number % 4],
        "audiences": WHO[number % 4],
        "email": f"contact{number % 300}@asso.example",
        "phone": 146000000.0 + number % 300,
        "url": ("https://", "", "http://www.")[number % 3] + f"asso{number % 300}.example/ateliers/{number}",
        "description": f"Venez à l’atelier {number}, inscription et goûter.\nApportez vos outils.\n" * 3
        + MARKUP[number % 10 == 0],
        "themes": "culture ; sport, écologie",
        "places": float(number % 30),
    }


def table(rows: Sequence[Mapping[str, object]]) -> Table:
    """A sheet of them."""
    frame = pd.DataFrame(rows, dtype=object, index=range(2, len(rows) + 2))
    return Table("agenda.xlsx", "Agenda", frame, {name: name for name in frame.columns}, rows=len(rows))


def dated(cells: Mapping[str, object]) -> Mapping[str, object]:
    """The same row with its days read, as a calendar gives it."""
    reading = dates.read(cells["date"], as_of=AS_OF, times=(cells["start"], cells["end"]))
    others = {name: value for name, value in cells.items() if name not in ("date", "start", "end")}
    return {**others, "occurrences": reading.occurrences}


def seconds(rows: Sequence[Mapping[str, object]]) -> tuple[float, int]:
    """What their way to items takes, and how many items they are."""
    sheet = table(rows)
    start = time.process_time()
    found = catalogue.build([(sheet, Source(path="agenda.xlsx"))], as_of=AS_OF, audiences=LETTERS)
    return time.process_time() - start, len(found.items)


def main() -> None:
    """One line per size."""
    for number in map(int, sys.argv[1:] or ("1000", "10000", "50000")):
        rows = [row(each) for each in range(number)]
        whole, items = seconds(rows)
        alone, _ = seconds([dated(each) for each in rows])
        print(f"catalogue: {number} rows → {items} items in {whole:.2f} s, {alone:.2f} s of it without reading dates")


if __name__ == "__main__":
    main()
