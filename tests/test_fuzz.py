"""Mutated files through every reader, 2,400 of them, always the same: `python -m benchmarks.fuzz` runs 100,000.

In this process: text tables, feeds, the catalogue. Workbooks and calendars are read by the children that read them for
staff, under their own limits, forked from an interpreter already started; a few are started as staff's are.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from random import Random
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from workbooks import Sheet, drawn, ods, part, repacked, text, xls, xlsx

from benchmarks.fuzz.inputs import Input, draw
from benchmarks.fuzz.judge import AS_OF, AUDIENCES, Judge, uncounted
from benchmarks.fuzz.seeds import DATA
from newsletter import catalogue, loaders
from newsletter.config import Source
from newsletter.errors import SourceUnreadable
from newsletter.loaders import giveback
from newsletter.loaders.pictures import Album
from newsletter.model import Document, SourceCount

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SEED, PART = 20211125, 600
HEADER = ("Titre", "Date", "Lieu", "Heure début", "Pour qui ?", "Lien")
TITLES = some.sampled_from(
    ["Concert", "concert", "Concerts", "Bal", "Total", "DÉCEMBRE 2021", "NB : non", "Titre", "x" * 90]
)
DAYS = some.sampled_from(
    [
        "4/12/2021",
        "samedi 4 décembre",
        date(2021, 12, 4),
        "31/11/2021",
        "tous les lundis",
        "mi-février",
        44534,
        "?",
        "Date",
    ]
)
CELLS = (
    some.none()
    | DAYS
    | TITLES
    | some.text("aé1;\"'\n,=@<&\u00a0", max_size=12)
    | some.sampled_from(
        ["Salle", "tous", "14h", time(14, 30), 0.5, "https://x.example", "http://[", "10 €", datetime(2021, 12, 4, 14)]  # noqa: DTZ001
    )
)
ROWS = some.lists(
    some.just(())
    | some.tuples(CELLS)
    | some.tuples(TITLES, DAYS, CELLS)
    | some.tuples(*[CELLS] * 6)
    | some.just(HEADER),
    max_size=25,
)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    judge = Judge()
    yield judge
    judge.close()


@pytest.mark.parametrize("nth", range(4))
def test_nothing_but_tables_problems_and_refusals_comes_of_a_broken_file(judge: Judge, nth: int) -> None:
    faults = {}
    rows = 0
    for number in range(nth * PART, (nth + 1) * PART):
        outcome = judge.look(draw(SEED, number))
        rows += outcome.rows
        if outcome.faults:
            faults[number] = outcome.faults[0]
    assert not faults, f"python -m benchmarks.fuzz --seed {SEED} --replay {next(iter(faults))}"
    assert rows > 1000, "most files must still be read for the test to mean anything"


@pytest.mark.parametrize("sort", ["sheet", "ics", "drawn sheet"])
def test_a_child_of_the_nursery_answers_as_one_started_for_the_file(judge: Judge, sort: str) -> None:
    compared = 0
    for number in range(40):
        drawn_input = draw(SEED, number)
        if drawn_input.sort == sort and compared < 2:
            compared += 1
            alone = _said(drawn_input)
            with judge.hosting():
                assert _said(drawn_input) == alone
    assert compared == 2


def _said(one: Input) -> str:
    try:
        load = loaders.read(one.document, one.source, as_of=AS_OF, vocabulary=one.vocabulary)
    except SourceUnreadable as error:
        return str(error)
    return "\n".join([*map(str, load.problems), *(f"{table.rows} {table.frame.to_dict()}" for table in load.tables)])


def test_an_input_is_the_same_whoever_draws_it() -> None:
    assert draw(SEED, 7) == draw(SEED, 7)
    assert len({draw(SEED, number).document.content for number in range(50)}) > 45


def test_the_judge_sees_what_it_is_there_for(judge: Judge) -> None:
    class Broken(bytes):
        def startswith(self, *given: object) -> bool:
            raise RuntimeError("unforeseen")

    one = draw(SEED, 0)
    [fault] = judge.look(Input(0, "csv", Document("x.csv", Broken(b"Titre;Date")), one.source, "items")).faults
    assert "RuntimeError: unforeseen" in fault


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS, some.integers(0, 2**32))
def test_no_row_vanishes_from_a_table_of_text(rows: list[Sequence[object]], chance: int) -> None:
    draw_one = Random(chance)
    content = text([HEADER, *rows], draw_one.choice(";,\t|"), draw_one.choice(["utf-8", "utf-16", "utf-8-sig"]))
    _counted("tableau.csv", content)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(rows=ROWS)
def test_no_row_vanishes_from_a_workbook(judge: Judge, rows: list[Sequence[object]]) -> None:
    with judge.hosting():
        _counted("tableau.xlsx", xlsx(Sheet("Agenda", [HEADER, *rows], merges=("A2:A3",))))


def _counted(name: str, content: bytes) -> None:
    source = Source(path=name)
    load = loaders.read(Document(name, content), source, as_of=AS_OF)
    built = catalogue.build([(table, source) for table in load.tables], as_of=AS_OF, audiences=AUDIENCES)
    assert len(built.sources) == len(load.tables) >= 1
    for count in built.sources:
        assert count.rows == count.items + count.merged + count.refused + len(count.skipped)
        assert all(skip.reason for skip in count.skipped)
    assert sum(count.items for count in built.sources) == len(built.items)
    errors = {problem.origin for problem in built.problems if problem.severity == "error"}
    assert sum(count.refused for count in built.sources) == len(errors), "each refused row says why"


def test_the_sum_of_a_table_that_has_everything() -> None:
    rows = drawn("""
Titre | Date | Lieu
DÉCEMBRE 2021
Concert | samedi 4 | Salle
Concert | samedi 4 | Salle

Bal | 31/11/2021 | Place
Marché | 11/12/2021 | Place""")
    source = Source(path="a.csv")
    [table] = loaders.read(Document("a.csv", text(rows)), source, as_of=AS_OF).tables
    [count] = catalogue.build([(table, source)], as_of=AS_OF, audiences=AUDIENCES).sources
    assert count == SourceCount("a.csv", None, 6, items=2, merged=1, refused=1, skipped=table.skipped)
    assert [skip.reason for skip in table.skipped] == ["titre de mois", "ligne vide"]


def test_the_judge_misses_a_row_that_vanished() -> None:
    source = Source(path="a.csv")
    [table] = loaders.read(
        Document("a.csv", text([HEADER, ("Concert", "4/12/2021"), ("Bal", "31/11/2021")])), source, as_of=AS_OF
    ).tables
    built = catalogue.build([(table, source)], as_of=AS_OF, audiences=AUDIENCES)
    [count] = built.sources
    assert not list(uncounted([table], built))
    assert list(uncounted([table], replace(built, items=())))
    assert list(uncounted([table], replace(built, problems=()))), "a refused row without a word"
    assert list(uncounted([table], replace(built, sources=(replace(count, refused=0),))))


def test_a_table_as_wide_as_can_be_is_read_in_time() -> None:
    content = ods(Sheet("Agenda", [["Quoi", "du"] * 8_000, ["Concert", "4/12/2021"] * 8_000]))
    started = process_time()
    [table] = loaders.read(Document("a.ods", content), Source(path="a.ods"), as_of=AS_OF).tables
    assert process_time() - started < 10
    assert table.frame["title"].tolist() == ["Concert"]


def test_a_picture_that_every_row_names_is_opened_once() -> None:
    rows = [["Titre", "Date", "Image", "Texte alternatif"]]
    rows += [[f"Concert {n}", "4/12/2021", "concert-hiver.jpg", f"Scène {n}"] for n in range(2_000)]
    started = process_time()
    [table] = loaders.read(Document("a.csv", text(rows), DATA), Source(path="a.csv"), as_of=AS_OF).tables
    assert process_time() - started < 10
    assert [image.alt for image in table.frame["image"]] == [f"Scène {n}" for n in range(2_000)]


def test_a_picture_that_two_sheets_name_is_opened_once() -> None:
    album = Album(DATA)
    assert album.find("concert-hiver.jpg") is album.find("concert-hiver.jpg")


TWICE = {  # the same sheet, again and again, as a broken xl/workbook.xml tells
    "one name": '<sheet name="Agenda" sheetId="1" r:id="rId1"/>' * 2,
    "one member": '<sheet name="Agenda" sheetId="1" r:id="rId1"/><sheet name="Bis" sheetId="2" r:id="rId1"/>',
    "no end": "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="rId1"/>' for n in range(1, 302)),
}


@pytest.mark.parametrize("sheets", TWICE.values(), ids=TWICE)
def test_a_sheet_that_lies_there_many_times_is_not_read_as_often(sheets: str) -> None:
    whole = xlsx(Sheet("Agenda", [HEADER, ("Concert", "4/12/2021")]))
    listed = part(whole, "xl/workbook.xml").decode()
    broken = re.sub(r"<sheet [^>]*/>", sheets, listed).replace("<workbook ", f'<workbook xmlns:r="{RELATIONS}" ', 1)
    assert broken.count("<sheet ") == sheets.count("<sheet ")
    with pytest.raises(SourceUnreadable, match=r"abîmé|301 feuilles"):
        loaders.read(Document("a.xlsx", repacked(whole, book=broken)), Source(path="a.xlsx"), as_of=AS_OF)


def test_a_text_wider_than_any_agenda_is_refused() -> None:
    content = "Quoi;" * 2499 + "Date\n" + " ;" * 9000
    with pytest.raises(SourceUnreadable, match="2500 colonnes"):
        loaders.read(Document("a.csv", content.encode()), Source(path="a.csv"), as_of=AS_OF)


@pytest.mark.parametrize("name", ["loin.csv", "loin.xls"])
def test_a_cell_where_no_workbook_has_a_column_is_no_copy_to_give_back(name: str) -> None:
    far = [None] * 40_000 + ["x"]
    content = xls(Sheet("Agenda", [HEADER, far])) if name.endswith("xls") else text([HEADER, far])
    with pytest.raises(SourceUnreadable, match="trop de cellules"):
        giveback.annotate(Document(name, content), ())


def test_a_time_zone_with_an_endless_name_breaks_nothing() -> None:
    start = f"DTSTART;TZID={'A' * 400}:20211204T143000"
    lines = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "SUMMARY:Concert", start, "END:VEVENT", "END:VCALENDAR", ""]
    load = loaders.read(Document("a.ics", "\r\n".join(lines).encode()), Source(path="a.ics"), as_of=AS_OF)
    assert load.tables[0].rows == 1
