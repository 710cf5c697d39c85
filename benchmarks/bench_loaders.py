"""A workbook of 15 columns → tables: seconds and memory, per number of rows, beside openpyxl reading the same file.

python -m benchmarks.bench_loaders [ROWS …]
"""

import io
import os
import resource
import sys
import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl

from newsletter import loaders
from newsletter.config import Source
from newsletter.model import Document

HEADERS = (
    "Association", "Intitulé", "Date", "Heure début", "Heure fin", "Lieu", "Tarif", "Diffusion", "Contact", "Mail",
    "Téléphone", "Lien", "Descriptif", "Thème", "Statut",
)  # fmt: skip
AS_OF = datetime(2021, 11, 25, 9, tzinfo=ZoneInfo("Europe/Paris"))


def row(number: int) -> list[object]:
    day = date(2021, 12, 1) + timedelta(days=number % 300)
    return [
        f"Association {number % 300}", f"Évènement nº {number} (exemple)", day, "14h30", "17h", f"Salle {number % 40}",
        number % 20, "Tous", f"Léa {number % 90}", f"contact{number % 300}@asso.example", "01 02 03 04 05",
        f"https://asso.example/{number}", f"Une phrase qui dit ce que c’est, la {number}e fois.", "culture", "Confirmé",
    ]  # fmt: skip


def workbook(rows: int) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("Agenda")
    page.append(HEADERS)
    for number in range(rows):
        page.append(row(number))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def text(rows: int) -> bytes:
    lines = (";".join(map(str, cells)) for cells in [HEADERS, *map(row, range(rows))])
    return "\n".join(lines).encode()


def processor() -> float:
    """Seconds of it used by this process and the readers it started."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def timed(name: str, content: bytes) -> float:
    start, before = time.perf_counter(), processor()
    [table] = loaders.read(Document(name, content), Source(path=name), as_of=AS_OF).tables
    took = time.perf_counter() - start
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    used = processor() - before
    print(
        f"{name:>7} {len(table.frame):>7} rows  {took:6.2f} s ({used:.2f} s of processor)  {own} MB, child {child} MB"
    )
    return took


def main() -> None:
    for rows in map(int, sys.argv[1:] or ("1000", "10000", "50000")):
        content = workbook(rows)
        ours = timed("a.xlsx", content)
        timed("a.csv", text(rows))
        if rows <= 50_000:
            start = time.perf_counter()
            list(openpyxl.load_workbook(io.BytesIO(content), read_only=True).worksheets[0].values)
            print(f"openpyxl takes {(time.perf_counter() - start) / ours:.1f} times as long to read the cells alone")


if __name__ == "__main__":
    main()
