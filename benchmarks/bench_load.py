"""A workbook of 15 columns → a catalogue, through pipeline.load: seconds per stage, memory, and what a row costs.

python -m benchmarks.bench_load [ROWS …]. Each figure comes from a process of its own, on a workbook written as Excel
writes one (shared texts, typed days), whose days, titles, associations and texts differ from row to row.
"""

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import openpyxl
import python_calamine

from newsletter import catalogue, fetch, loaders, pipeline
from newsletter.config import Config, Source
from newsletter.loaders import sandbox

SIZES = (1_000, 10_000, 50_000, 200_000)
TARGET = 50_000
RUNS = 3
SLICE = 5_000  # rows openpyxl reads: it takes as long for each of the others
AS_OF = datetime(2021, 11, 25, 9, tzinfo=ZoneInfo("Europe/Paris"))
HEADERS = (
    "Type", "Association", "Intitulé", "Date", "Horaires", "Lieu", "Tarif", "Diffusion", "Contact", "Mail",
    "Téléphone", "Lien", "Descriptif", "Thème", "Statut",
)  # fmt: skip
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip
WORDS = (
    "atelier", "concert", "goûter", "quartier", "familles", "rencontre", "jardin", "théâtre", "bénévoles", "découverte",
    "chorale", "solidaire", "exposition", "hiver", "lecture", "partagé", "jeunes", "aînés", "danse", "cuisine",
)  # fmt: skip
SHARED = {  # what openpyxl leaves out: a workbook of shared texts says where they are
    "[Content_Types].xml": (
        b"</Types>",
        b'<Override PartName="/xl/sharedStrings.xml" ContentType='
        b'"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>',
    ),
    "xl/_rels/workbook.xml.rels": (
        b"</Relationships>",
        b'<Relationship Id="rId9" Target="sharedStrings.xml" Type='
        b'"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/>',
    ),
}

Cells = Sequence[object]


def row(number: int, chance: random.Random) -> Cells:
    day = date(2021, 12, 1) + timedelta(chance.randrange(1500))
    hour, minute = chance.randrange(8, 20), chance.choice((0, 15, 30, 45))
    name = f"{chance.choice(WORDS)} {chance.choice(WORDS)} {number % 3000}"
    return [
        ("Évènement", "Formation", "Rencontre")[number % 3],
        f"Association {name} (exemple)",
        f"{chance.choice(WORDS).capitalize()} et {chance.choice(WORDS)} n° {number}",
        _day(day, chance.randrange(10)),
        (f"{hour}h{minute:02} à {hour + 2}h", f"{hour}h-{hour + 1}h{minute:02}", f"{hour}h{minute:02}")[
            chance.randrange(3)
        ],
        f"Salle {number % 700}, {number % 90} rue de l'Exemple",
        (number % 20, "Gratuit", "3,50 €", None)[number % 4],
        ("Tous", "Grand public", "associations", None)[number % 4],
        f"Prénom {number % 5000} Exemple",
        f"contact{number % 3000}@asso.example",
        f"01 46 {number // 10000 % 100:02} {number // 100 % 100:02} {number % 100:02}",
        f"https://asso{number % 3000}.example/agenda/{number}",
        f"N° {number} : {' '.join(chance.choices(WORDS, k=25))}.",
        chance.choice(("culture", "sport ; jeunesse", "écologie, solidarité", None)),
        "Confirmé" if number % 50 else "Annulé",
    ]


def _day(day: date, form: int) -> object:
    """Six in ten are the spreadsheet's own dates; the others are typed."""
    spelt = f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    typed = (f"{WEEKDAYS[day.weekday()]} {spelt}", f"{day:%d/%m/%y}", f"{day:%d/%m/%Y}", f"le {spelt}")
    return typed[form] if form < len(typed) else day


class Sheet:
    """Rows as the XML of a sheet, with the texts they share."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}

    def xml(self, rows: Iterator[Cells]) -> Iterator[str]:
        yield '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        for number, cells in enumerate(rows, 1):
            filled = "".join(self._cell(chr(65 + n), number, cell) for n, cell in enumerate(cells) if cell is not None)
            yield f'<row r="{number}">{filled}</row>'
        yield "</sheetData></worksheet>"

    def _cell(self, column: str, number: int, cell: object) -> str:
        if isinstance(cell, str):
            return f'<c r="{column}{number}" t="s"><v>{self.texts.setdefault(cell, len(self.texts))}</v></c>'
        if isinstance(cell, date):
            return f'<c r="{column}{number}" s="1"><v>{(cell - date(1899, 12, 30)).days}</v></c>'
        return f'<c r="{column}{number}"><v>{cell}</v></c>'


def workbook(path: Path, count: int) -> None:
    """Takes the rest from an empty one of openpyxl's: the sheet and its texts alone are written here, faster."""
    book, sheet, chance = openpyxl.Workbook(), Sheet(), random.Random(3)
    book.active["A1"] = date(2021, 12, 1)  # its style is the first one
    book.save(path.with_suffix(".empty"))
    rows = ([*HEADERS] if n < 0 else row(n, chance) for n in range(-1, count))
    with (
        zipfile.ZipFile(path.with_suffix(".empty")) as empty,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as full,
    ):
        for name in empty.namelist():
            if name != "xl/worksheets/sheet1.xml":
                closing, more = SHARED.get(name, (b"", b""))
                full.writestr(name, empty.read(name).replace(closing, more + closing) if closing else empty.read(name))
        with full.open("xl/worksheets/sheet1.xml", "w") as part:
            part.writelines(piece.encode() for piece in sheet.xml(rows))
        listed = "".join(f"<si><t>{escape(text)}</t></si>" for text in sheet.texts)
        head = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        full.writestr("xl/sharedStrings.xml", f"{head}{listed}</sst>")
    path.with_suffix(".empty").unlink()


def settings(path: Path) -> Config:
    return Config(folder=path.parent, sources=(Source(path=path.name),))


def whole(path: Path) -> dict[str, float]:
    """What the pipeline takes, and its memory."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    found = pipeline.load(settings(path), as_of=AS_OF)
    took = time.perf_counter() - start
    busy = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    own = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return {
        "seconds": took,
        "processor": sum(one.ru_utime + one.ru_stime for one in busy) - before.ru_utime - before.ru_stime,
        "items": len(found.items),
        "problems": len(found.problems),
        "parent": int(own.split()[1]) / 1024,
        "child": busy[1].ru_maxrss / 1024,
    }


def stages(path: Path) -> dict[str, float]:
    """Seconds by stage. The child's answer is read twice: by itself, then on its way to tables."""
    config = settings(path)
    source, content = config.sources[0], path.read_bytes()
    child = _seconds(lambda: sum(1 for _ in sandbox.run("workbook.py", content, [], lambda code, what: code)))
    start = time.perf_counter()
    gathered = fetch.gather(source, config.folder, fetching=pipeline.reading.terms(config, AS_OF))
    fetched = time.perf_counter()
    [document] = gathered.documents
    read = loaders.read(document, source, as_of=AS_OF)
    loaded = time.perf_counter()
    built = _seconds(
        lambda: catalogue.build([(t, source) for t in read.tables], as_of=AS_OF, audiences=config.audiences)
    )
    return {"fetch": fetched - start, "child": child, "tables": loaded - fetched - child, "catalogue": built}


def calamine(path: Path) -> dict[str, float]:
    return {"seconds": _seconds(lambda: [list(_calamine_rows(path))])}


def _calamine_rows(path: Path) -> Iterator[Cells]:
    yield from python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows()


def excel(path: Path) -> dict[str, float]:
    """openpyxl's time on the first rows. It reads all the shared texts first, which is told apart."""
    start = time.perf_counter()
    book = openpyxl.load_workbook(path, read_only=True)
    opened = time.perf_counter()
    rows = sum(1 for _ in islice(book.worksheets[0].values, SLICE))
    return {"open": opened - start, "row": (time.perf_counter() - opened) / rows}


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


MEASURES: dict[str, Callable[[Path], dict[str, float]]] = {
    "whole": whole, "stages": stages, "calamine": calamine, "excel": excel
}  # fmt: skip


def alone(measure: str, path: Path) -> dict[str, float]:
    """A measure in a process of its own: nothing is warm, no memory is left from before."""
    command = [sys.executable, "-m", "benchmarks.bench_load", measure, str(path)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, cwd=Path(__file__).parent.parent)
    return {name: float(value) for name, value in json.loads(answer.stdout).items()}


def medians(measure: str, path: Path, runs: int = RUNS) -> dict[str, float]:
    found = [alone(measure, path) for _ in range(runs)]
    return {name: statistics.median(one[name] for one in found) for name in found[0]}


def told(path: Path, count: int) -> None:
    """One size."""
    runs = RUNS if count <= TARGET else 1
    took = medians("whole", path, runs)
    print(
        f"{count:>7} rows → {took['items']:.0f} items, {took['problems']:.0f} problems in {took['seconds']:.2f} s"
        f" ({took['processor']:.2f} s of processor; median of {runs}), {count / took['seconds']:.0f} rows/s;"
        f" at most {took['parent']:.0f} MB, child {took['child']:.0f} MB; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    if count == TARGET:
        parts = medians("stages", path)
        print("        " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in parts.items()))
        quick, slow = medians("calamine", path)["seconds"], medians("excel", path, 1)
        guess = slow["open"] + slow["row"] * count
        print(
            f"        calamine alone {quick:.2f} s; openpyxl {guess:.1f} s (from its first {SLICE} rows):"
            f" {guess / quick:.1f} times as long",
            flush=True,
        )


def main() -> None:
    """Every size, or those asked for."""
    if sys.argv[1:] and sys.argv[1] in MEASURES:
        print(json.dumps(MEASURES[sys.argv[1]](Path(sys.argv[2]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        for count in map(int, filter(str.isdigit, sys.argv[1:])) if any(map(str.isdigit, sys.argv[1:])) else SIZES:
            path = Path(folder) / f"agenda-{count}.xlsx"
            workbook(path, count)
            told(path, count)
            path.unlink()


if __name__ == "__main__":
    main()
