"""Real files to start from: the sample month, the tables of the tests, and a feed of each sort that is known."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.fuzz.zips import settled
from tests import workbooks
from tests.shapes import SHAPES
from tests.workbooks import Sheet, drawn

DATA = Path(__file__).parent.parent.parent / "data"
SORTS = {".ods": "sheet", ".xlsx": "sheet", ".xls": "sheet", ".csv": "csv", ".ics": "ics", ".json": "json"}
TYPED = (
    ("Titre", "Date", "Heure début", "Heure fin", "Lieu", "Tarif", "Pour qui ?", "Date limite", "Image"),
    ("Concert", date(2021, 12, 4), time(14, 30), time(17), "Salle", 5, "tous", None, "concert-hiver.jpg"),
    ("Marché", datetime(2021, 12, 11, 10), 0.5, "18h", 92240, 2.5, "public", date(2021, 12, 1), None),  # noqa: DTZ001
    ("Repas", 44546, "12h-14h", None, None, "gratuit", "associations", "mi-décembre", None),
)
OPENAGENDA: dict[str, Any] = {
    "uid": 1, "title": {"fr": "Concert (exemple)"}, "description": {"fr": "Un <b>beau</b> concert"}, "state": 2,
    "status": 1,
    "longDescription": {"fr": "**Venez**\n\n* à deux"}, "dateRange": {"fr": "4 décembre 2021"},
    "timezone": "Europe/Paris",
    "timings": [{"begin": "2021-12-04T14:30:00+01:00", "end": "2021-12-04T17:00:00+01:00"}], "attendanceMode": 1,
    "firstTiming": {"begin": "2021-12-04T14:30:00+01:00"}, "lastTiming": {"begin": "2021-12-05T14:30:00+01:00"},
    "location": {"name": "Salle", "address": "1 rue X", "city": "Malakoff"}, "conditions": {"fr": "5 €"},
    "age": {"min": 6, "max": 99},
    "registration": [{"type": "link", "value": "https://x.example"}, "01 02 03 04 05"],
    "accessibility": {"mi": True, "hi": None},
    "keywords": {"fr": ["musique"]}, "originAgenda": {"title": "Agenda"},
    "canonicalUrl": "https://openagenda.example/x",
}  # fmt: skip
OPENDATASOFT: dict[str, Any] = {
    "uid": "1", "title_fr": "Concert (exemple)", "description_fr": "Beau", "longdescription_fr": "<p>Beau</p>",
    "conditions_fr": "5 €",
    "keywords_fr": "musique;danse", "firstdate_begin": "2021-12-04T13:30:00+00:00",
    "firstdate_end": "2021-12-04T16:00:00+00:00",
    "lastdate_begin": "2021-12-05T13:30:00+00:00", "lastdate_end": None, "daterange_fr": "4 et 5 décembre",
    "timings": "[{\"begin\": \"2021-12-04T14:30:00+01:00\", \"end\": \"2021-12-04T17:00:00+01:00\"}]",
    "location_name": "Salle",
    "location_address": "1 rue X", "location_city": "Malakoff", "accessibility": "mi;hi", "status": "1", "age_min": 3,
    "age_max": 12,
    "registration": "[{\"type\": \"phone\", \"value\": \"01 02 03 04 05\"}]", "originagenda_title": "Agenda",
    "attendancemode": "{\"id\": 1}",
}  # fmt: skip
AIDE: dict[str, Any] = {
    "name": "Fonds (exemple)", "short_title": "Fonds", "financers": ["Région"], "submission_deadline": "2022-01-15",
    "perimeter": "92",
    "is_call_for_project": True, "targeted_audiences": ["Associations"], "description": "<p>Pour tous</p>",
    "contact": "a@b.example",
    "application_url": "https://x.example", "origin_url": "", "url": "/aides/x/",
}  # fmt: skip
EXPORT = {
    "Nom": "Fonds (exemple)", "Financeurs": "Région", "Bénéficiaires": "Association", "Date Clôture": "15/01/2022",
    "AAP/AMI": "AAP",
    "Descriptif": "<p>Pour tous</p>", "Lien": "https://x.example",
}  # fmt: skip
DISPOSITIF: dict[str, Any] = {
    "titre": "Aide (exemple)", "date_cloture": "2022-01-15", "date_ouverture": "2021-11-01",
    "porteurs": "Ville|Région", "promesse": "x",
    "cibles": "association|particulier", "types_aides": "subvention", "eligibilite": "tous", "description": "x",
    "url_source": "https://x.example",
}  # fmt: skip
DECIDIM: dict[str, Any] = {
    "id": 1, "title": {"fr": "Réunion (exemple)"}, "description": {"fr": "<p>x</p>"},
    "start_time": "2021-12-04 18:00:00 UTC",
    "end_time": "2021-12-04 20:00:00 UTC", "location": {"fr": "Mairie"}, "address": "1 place X",
    "url": "https://x.example", "published": True,
    "withdrawn": False, "category": {"name": {"fr": "Vie locale"}}, "component": {"id": 3}, "attendees": 3,
}  # fmt: skip
DECIDIM_CSV = {
    "id": "1", "title/fr": "Réunion (exemple)", "description/fr": "<p>x</p>", "start_time": "2021-12-04 18:00:00 UTC",
    "end_time": "",
    "location/fr": "Mairie", "address": "1 place X", "url": "https://x.example", "category/name/fr": "Vie",
}  # fmt: skip
ENVELOPES = ("events", "records", "results", "aides", "")
RECURRING = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:a
DTSTART;VALUE=DATE:20211201
RRULE:FREQ=MONTHLY;BYDAY=1WE;COUNT=5
EXDATE;VALUE=DATE:20220105
SUMMARY:Bureau (exemple)
END:VEVENT
BEGIN:VEVENT
UID:a
RECURRENCE-ID;VALUE=DATE:20220202
DTSTART;VALUE=DATE:20220203
SUMMARY:Bureau déplacé (exemple)
END:VEVENT
BEGIN:VEVENT
UID:b
DTSTART:20211204T133000Z
DURATION:PT2H
RDATE:20211211T133000Z
CATEGORIES:Culture,Fête
ORGANIZER;CN=Malakfé:mailto:a@b.example
SUMMARY:Concert (exemple)
BEGIN:VALARM
TRIGGER:-PT15M
END:VALARM
END:VEVENT
END:VCALENDAR
"""


@dataclass(frozen=True)
class Seed:
    """A file, and of what sort it is: sheet, csv, ics, json, other."""

    name: str
    content: bytes
    sort: str


@cache
def seeds() -> tuple[Seed, ...]:
    """All of them, always in the same order."""
    return tuple(Seed(name, settled(content), SORTS.get(Path(name).suffix, "other")) for name, content in _files())


def _files() -> Iterator[tuple[str, bytes]]:
    for path in sorted(DATA.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()
    yield from _tables()
    yield from _feeds()
    yield "repetitions.ics", RECURRING.replace("\n", "\r\n").encode()


def _tables() -> Iterator[tuple[str, bytes]]:
    typed = Sheet("Agenda", TYPED, merges=("E2:E3",))
    yield "typed.xlsx", workbooks.xlsx(Sheet("Notice", [("Lisez-moi",)]), typed, Sheet("Caché", TYPED, state="hidden"))
    yield "typed-1904.xlsx", workbooks.xlsx(typed, date_1904=True)
    yield "typed.ods", workbooks.ods(typed)
    yield "typed.xls", workbooks.xls(typed)
    yield "locked.xls", workbooks.locked()
    for number, shape in enumerate(SHAPES):
        rows = drawn(shape.drawing)
        yield (
            f"shape{number}.csv",
            workbooks.text(rows, ";,\t|"[number % 4], ("utf-8", "cp1252", "utf-8-sig", "utf-16")[number // 4 % 4]),
        )
        if number % 3 == 0:
            sheet = Sheet(shape.name[:30].replace("/", " "), rows, shape.merges)
            suffix, write = ((".xlsx", workbooks.xlsx), (".ods", workbooks.ods))[number % 2]
            yield f"shape{number}{suffix}", write(sheet)


def _feeds() -> Iterator[tuple[str, bytes]]:
    for number, record in enumerate((OPENAGENDA, OPENDATASOFT, AIDE, DISPOSITIF, DECIDIM)):
        envelope = ENVELOPES[number]
        records = [record, {**record, "uid": 2}, record]
        yield (
            f"feed{number}.json",
            json.dumps({envelope: records} if envelope else records, ensure_ascii=False).encode(),
        )
    yield (
        "flat.json",
        json.dumps({"records": [{"fields": OPENDATASOFT}, {"record": {"fields": OPENDATASOFT}}]}).encode(),
    )
    for number, flat in enumerate((EXPORT, DISPOSITIF, DECIDIM_CSV, OPENDATASOFT)):
        yield f"feed{number}.csv", workbooks.text([list(flat), list(flat.values()), list(flat.values())])
