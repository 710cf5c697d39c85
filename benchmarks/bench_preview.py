"""How long a saved workbook takes to show in an open preview: from the end of its save to the new words in the frame.

    python -m benchmarks.bench_preview [--saves 12] [--rows 200]

The real process, `newsletter run`, and a real Chromium with the edition's page open. The workbook has 200 rows, all of
the month: both letters are at their limit of size, which is the most work there is. One title changes at each save, by
turns written aside and put in its place (as LibreOffice and Excel do), and written in place.
"""

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from openpyxl import Workbook
from playwright.sync_api import Page, Request

from benchmarks.bench_idle import asked, serving
from newsletter import config
from newsletter.model.studio import Person, Role
from newsletter.store import Newcomer, Store
from tests.browser import browser

BY = Person("la ligne de commande", Role.PROGRAM)
MONTH = (datetime.now(UTC).replace(day=1) + timedelta(days=62)).replace(day=1)
FIRST = MONTH.replace(day=min((datetime.now(UTC) + timedelta(days=15)).day, 28)) + timedelta(days=1)  # it has left
HEADER = ("Date", "Intitulé", "Lieu", "Association", "Description")


def workbook(rows: int, title: str) -> Workbook:
    """A month of events, the first under that title."""
    book = Workbook()
    sheet = book.active
    assert sheet
    sheet.append(HEADER)
    for number in range(rows):
        day = FIRST + timedelta(days=number % 27)
        said = title if number == 0 else f"Atelier n° {number} (exemple)"
        where, words = f"Salle {number % 9}", "Venez nombreux. " * 4
        sheet.append((f"{day:%d/%m/%Y} 19h", said, where, "Les voisins (exemple)", words))
    return book


def save(file: Path, book: Workbook, *, aside: bool) -> float:
    """Writes it; when that was done."""
    if not aside:
        book.save(file)
        return time.perf_counter()
    other = file.with_name(".~save.tmp")
    book.save(other)
    other.replace(file)
    return time.perf_counter()


def one_source(folder: Path) -> None:
    """The town reads that workbook, and nothing else."""
    settings = folder / "config.toml"
    written = re.sub(r"(?ms)^\[\[sources\]\].*?(?=^\[[^\[])", "", settings.read_text("utf-8"))
    settings.write_text(f'{written}\n[[sources]]\npath = "data/mois.xlsx"\nkind = "event"\n', "utf-8")
    workbook(200, "Le grand bal (exemple)").save(folder / "data" / "mois.xlsx")


def come_in(page: Page, folder: Path, url: str) -> None:
    """An editor, whose page of the month is open and composed."""
    settings = config.load(folder / "config.toml")
    with Store.open(settings.store.url, folder) as store:
        newcomer = Newcomer("camille@exemple.example", Role.EDITOR, "Camille (exemple)")
        token = store.accounts.add(newcomer, BY, at=datetime.now(UTC))[1]
    page.goto(f"{url}/studio/entrer/{token}?mois={MONTH:%Y-%m}")
    page.get_by_role("button", name="Entrer dans le studio").click()
    page.get_by_role("button", name="Composer le brouillon").click()
    page.wait_for_load_state("load")


def saves(page: Page, file: Path, wanted: argparse.Namespace) -> Iterator[tuple[bool, tuple[float, float]]]:
    """Of each save whether it was aside, and what passed until the frame is asked for, and until it is shown."""
    seen: list[float] = []

    def asked_for(one: Request) -> None:
        if "/lettre/" in one.url:
            seen.append(time.perf_counter())

    page.on("request", asked_for)
    frame = page.frame_locator("article:has(#lettre-public) iframe:not(.coming)")
    for number in range(wanted.saves):
        title, aside = f"Le grand bal, essai {number} (exemple)", number % 2 == 0
        book = workbook(wanted.rows, title)
        seen.clear()
        began = save(file, book, aside=aside)
        frame.get_by_role("heading", name=title).wait_for(state="attached")
        ended = time.perf_counter()
        yield aside, (seen[0] - began, ended - seen[0])
        time.sleep(4)


def main() -> None:
    """Prints it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--saves", type=int, default=12)
    parser.add_argument("--rows", type=int, default=200)
    wanted = parser.parse_args(None if sys.argv[0].endswith("bench_preview.py") else [])
    with (
        tempfile.TemporaryDirectory() as made,
        serving(Path(made) / "town", one_source) as (_, url),
        browser() as chromium,
    ):
        folder = Path(made) / "town"
        asked(url)
        page = chromium.new_context(viewport={"width": 1200, "height": 900}).new_page()
        page.set_default_timeout(60_000)
        come_in(page, folder, url)
        time.sleep(5)
        found = list(saves(page, folder / "data" / "mois.xlsx", wanted))
        page.context.close()
    told("written aside", [sum(times) for aside, times in found if aside])
    told("written in place", [sum(times) for aside, times in found if not aside])
    told("all", [sum(times) for _, times in found])
    for place, name in enumerate(("watched, read, composed", "frame loaded")):
        told(f"of it {name}", [times[place] for _, times in found])


def told(name: str, times: list[float]) -> None:
    print(f"preview {name}: median {statistics.median(times):.2f} s, worst {max(times):.2f} s, {len(times)} saves")


if __name__ == "__main__":
    main()
