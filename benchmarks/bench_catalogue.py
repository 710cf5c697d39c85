"""How long rows take to become items: `python -m benchmarks.bench_catalogue [ROWS]`.

One line per size: seconds for the whole, and for all but the reading of dates (which has its own bench).
"""

import sys
import time
from collections.abc import Mapping
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


def table(rows: int) -> Table:
    """A sheet of that many rows."""
    frame = pd.DataFrame([row(number) for number in range(rows)], dtype=object, index=range(2, rows + 2))
    return Table("agenda.xlsx", "Agenda", frame, {name: name for name in frame.columns}, rows=rows)


def seconds(rows: int) -> tuple[float, float, int]:
    """For that many rows: all, dates alone (their cache empty at first, as it was), and items made."""
    sheet = table(rows)
    start = time.perf_counter()
    found = catalogue.build([(sheet, Source(path="agenda.xlsx"))], as_of=AS_OF, audiences=LETTERS)
    whole = time.perf_counter() - start
    cells = [(values["date"], (values["start"], values["end"])) for _, values in sheet.records()]
    start = time.perf_counter()
    for written, times in cells:
        dates.read(written, as_of=AS_OF, times=times)
    return whole, time.perf_counter() - start, len(found.items)


def main() -> None:
    """One line per size."""
    for rows in map(int, sys.argv[1:] or ("1000", "10000", "50000")):
        whole, reading, items = seconds(rows)
        print(f"catalogue: {rows} rows → {items} items in {whole:.2f} s, {whole - reading:.2f} s without dates")


if __name__ == "__main__":
    main()
