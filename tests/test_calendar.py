import time as clock
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter import loaders
from newsletter.config import Source
from newsletter.errors import SourceUnreadable
from newsletter.loaders import Load
from newsletter.model import Document, Occurrence

PARIS = ZoneInfo("Europe/Paris")
AS_OF = datetime(2021, 11, 25, 9, tzinfo=PARIS)
PARIS_COMPONENT = """BEGIN:VTIMEZONE
TZID:{}
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
"""


def calendar(*events: str, head: str = "", end: str = "\r\n") -> bytes:
    blocks = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{blocks}END:VCALENDAR\n"
    return text.replace("\n", end).encode()


def read(content: bytes, association: str | None = None) -> Load:
    source = Source(path="a.ics", association=association)
    return loaders.read(Document("a.ics", content), source, as_of=AS_OF)


def occurrences(load: Load, row: int = 1) -> tuple[Occurrence, ...]:
    found = load.tables[0].frame.at[row, "occurrences"]
    assert isinstance(found, tuple)
    return found


def skipped(load: Load) -> dict[int, str]:
    return {skip.row: skip.reason for skip in load.tables[0].skipped}


def at(day: int, hour: int = 0, minute: int = 0, month: int = 12, year: int = 2021) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("lines", "start", "end"),
    [
        ("DTSTART:20211204T133000Z\nDTEND:20211204T160000Z", at(4, 14, 30), at(4, 17)),
        ("DTSTART:20211204T143000\nDTEND:20211204T170000", at(4, 14, 30), at(4, 17)),
        ("DTSTART;TZID=Europe/Paris:20211204T143000", at(4, 14, 30), None),
        ("DTSTART;TZID=America/New_York:20211204T083000", at(4, 14, 30), None),
        ("DTSTART;TZID=Romance Standard Time:20211204T143000", at(4, 14, 30), None),
        ("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Paris:20211204T143000", at(4, 14, 30), None),
        ("DTSTART:20211204T133000Z\nDURATION:PT2H30M", at(4, 14, 30), at(4, 17)),
        ("DTSTART:20211204T133000Z\nDTEND:20211204T133000Z", at(4, 14, 30), None),
        ("DTSTART:20211204T200000Z\nDTEND:20211205T010000Z", at(4, 21), at(5, 2)),
        ("DTSTART;VALUE=DATE:20211218\nDTEND;VALUE=DATE:20211220", date(2021, 12, 18), date(2021, 12, 19)),
        ("DTSTART;VALUE=DATE:20211218\nDTEND;VALUE=DATE:20211219", date(2021, 12, 18), date(2021, 12, 18)),
        ("DTSTART;VALUE=DATE:20211218", date(2021, 12, 18), None),
        ("DTSTART;VALUE=DATE:20211218\nDURATION:P2D", date(2021, 12, 18), date(2021, 12, 19)),
        ("DTSTART:20211218T000000\nDTEND:20211220T000000", date(2021, 12, 18), date(2021, 12, 19)),
        ("DTSTART:20211217T230000Z\nDTEND:20211218T230000Z", date(2021, 12, 18), date(2021, 12, 18)),
    ],
)
def test_starts_and_ends(lines: str, start: date, end: date | None) -> None:
    load = read(calendar(f"UID:a\nSUMMARY:Bal\n{lines}"))
    assert load.problems == ()
    assert occurrences(load) == (Occurrence(start, end),)


def test_times_are_the_towns() -> None:
    [one] = occurrences(read(calendar("SUMMARY:Bal\nDTSTART:20211204T133000Z")))
    assert isinstance(one.start, datetime)
    assert one.start.tzinfo is PARIS


def test_a_zone_of_the_file_is_learnt() -> None:
    head = PARIS_COMPONENT.format("Heure de Malakoff")
    load = read(calendar("SUMMARY:Bal\nDTSTART;TZID=Heure de Malakoff:20210704T143000", head=head))
    assert load.problems == ()
    assert occurrences(load)[0].start == at(4, 14, 30, month=7)


def test_a_zone_nobody_knows_is_told() -> None:
    load = read(calendar("SUMMARY:Bal\nDTSTART;TZID=Heure de la Lune:20211204T143000"))
    [problem] = load.problems
    assert (problem.severity, problem.column, problem.origin.row) == ("warning", "DTSTART", 1)
    assert occurrences(load)[0].start == at(4, 14, 30)


def days(*events: str) -> list[str]:
    return [f"{one.start:%d/%m %H:%M}" for one in occurrences(read(calendar(*events)))]


START = "UID:a\nSUMMARY:Chorale\nDTSTART;TZID=Europe/Paris:20211102T193000\nDTEND;TZID=Europe/Paris:20211102T210000\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("RRULE:FREQ=WEEKLY;COUNT=3", ["02/11 19:30", "09/11 19:30", "16/11 19:30"]),
        ("RRULE:FREQ=WEEKLY;UNTIL=20211116T183000Z", ["02/11 19:30", "09/11 19:30", "16/11 19:30"]),
        ("RRULE:FREQ=WEEKLY;UNTIL=20211116", ["02/11 19:30", "09/11 19:30"]),
        ("RRULE:FREQ=MONTHLY;BYDAY=1TU;COUNT=2", ["02/11 19:30", "07/12 19:30"]),
        ("RRULE:FREQ=MONTHLY;BYDAY=1TU,-1TU;COUNT=2", ["02/11 19:30", "30/11 19:30"]),
        (
            "RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;TZID=Europe/Paris:20211109T193000",
            ["02/11 19:30", "16/11 19:30"],
        ),
        ("RRULE:FREQ=WEEKLY;COUNT=2\nEXDATE:20211109T183000Z", ["02/11 19:30"]),
        ("RDATE;TZID=Europe/Paris:20211105T200000,20211106T200000", ["02/11 19:30", "05/11 20:00", "06/11 20:00"]),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;COUNT=3", ["02/11 19:30", "04/11 19:30", "16/11 19:30"]),
    ],
)
def test_repetitions(lines: str, expected: list[str]) -> None:
    assert days(START + lines) == expected


def test_a_repetition_keeps_its_hour_over_the_change_of_time() -> None:
    event = "UID:a\nSUMMARY:Yoga\nDTSTART;TZID=Europe/Paris:20220324T190000\nRRULE:FREQ=WEEKLY;COUNT=2"
    assert days(event) == ["24/03 19:00", "31/03 19:00"]


def test_a_repetition_without_an_end_stops_thirteen_months_ahead() -> None:
    found = occurrences(read(calendar(START + "RRULE:FREQ=WEEKLY")))
    assert found[0].start == at(2, 19, 30, month=11)
    last = found[-1].start
    assert isinstance(last, datetime)
    assert datetime(2022, 12, 18, tzinfo=PARIS) < last < datetime(2022, 12, 26, tzinfo=PARIS)


def test_an_old_repetition_keeps_its_last_five_hundred_dates() -> None:
    event = "UID:a\nSUMMARY:Marché\nDTSTART;VALUE=DATE:19950105\nRRULE:FREQ=DAILY"
    found = occurrences(read(calendar(event)))
    assert len(found) == 500
    assert found[-1].start == date(2022, 12, 25)


CHANGE = "UID:a\nSUMMARY:Chorale\nRECURRENCE-ID;TZID=Europe/Paris:20211109T193000\n"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (CHANGE + "DTSTART;TZID=Europe/Paris:20211110T200000", ["02/11 19:30", "10/11 20:00", "16/11 19:30"]),
        (CHANGE + "STATUS:CANCELLED\nDTSTART;TZID=Europe/Paris:20211109T193000", ["02/11 19:30", "16/11 19:30"]),
        (
            CHANGE.replace("RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDFUTURE")
            + "DTSTART;TZID=Europe/Paris:20211109T203000",
            ["02/11 19:30", "09/11 20:30", "16/11 20:30"],
        ),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_changed_date_is_its_events(change: str, expected: list[str], first: bool) -> None:
    master = START + "RRULE:FREQ=WEEKLY;COUNT=3"
    load = read(calendar(*([change, master] if first else [master, change])))
    row, other = (2, 1) if first else (1, 2)
    assert [f"{one.start:%d/%m %H:%M}" for one in occurrences(load, row)] == expected
    assert skipped(load) == {other: f"modifie une date de l'évènement nº {row}"}
    assert load.problems == ()
    assert load.tables[0].rows == 2


def test_a_changed_date_with_a_place_of_its_own_is_told() -> None:
    change = CHANGE + "DTSTART;TZID=Europe/Paris:20211109T193000\nLOCATION:Gymnase"
    [problem] = read(calendar(START + "RRULE:FREQ=WEEKLY;COUNT=3", change)).problems
    assert (problem.severity, problem.code, problem.origin.row) == ("warning", "event_differs", 2)
    assert "nº 1" in problem.wanted


def test_a_changed_date_of_no_event_is_an_event() -> None:
    assert days(CHANGE + "DTSTART;TZID=Europe/Paris:20211110T200000") == ["10/11 20:00"]


def test_two_events_of_one_uid_are_two() -> None:
    load = read(
        calendar("UID:a\nSUMMARY:Bal\nDTSTART:20211204T133000Z", "UID:a\nSUMMARY:Troc\nDTSTART:20211205T133000Z")
    )
    assert load.tables[0].frame["title"].tolist() == ["Bal", "Troc"]


def test_the_words_of_an_event() -> None:
    event = r"""UID:a
DTSTART:20211204T133000Z
SUMMARY:Bal\, repas &amp; danse
LOCATION:Salle des fêtes\; rue du Bal
DESCRIPTION:Venez
  tous\nà 14 h
URL:https://bal.example
CONTACT:lea@bal.example
CATEGORIES:danse,musique
CATEGORIES:fête
ORGANIZER;CN="Les Danseurs":mailto:prive@bal.example
ATTENDEE;CN=Léa:mailto:lea@bal.example
STATUS:CANCELLED
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT1H
DESCRIPTION:rappel
END:VALARM"""
    row = next(read(calendar(event)).tables[0].records())[1]
    del row["occurrences"]
    assert row == {
        "title": "Bal, repas &amp; danse",
        "place": "Salle des fêtes; rue du Bal",
        "description": "Venez tous\nà 14 h",
        "url": "https://bal.example",
        "contact": "lea@bal.example",
        "themes": "danse, musique, fête",
        "association": "Les Danseurs",
        "status": "Annulé",
    }
    assert "association" not in read(calendar(event), association="Malakfé").tables[0].frame


def test_null_is_nothing() -> None:
    event = "SUMMARY:Bal\nDTSTART:20211204T133000Z\nLOCATION:null\nURL:NULL\nDESCRIPTION:undefined"
    assert list(read(calendar(event)).tables[0].frame.columns) == ["title", "occurrences"]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\n\n", "\r\n \r\n"])
def test_line_ends_and_blank_lines(end: str) -> None:
    load = read(calendar("SUMMARY:Bal\nDTSTART:20211204T133000Z", "SUMMARY:Troc\nDTSTART:20211205T133000Z", end=end))
    assert load.tables[0].frame["title"].tolist() == ["Bal", "Troc"]
    assert load.problems == ()


def test_lines_an_exporter_broke_without_folding_are_one() -> None:
    event = "SUMMARY:Bal\nDESCRIPTION:Venez nombreux\nà la salle des fêtes\nDTSTART:20211204T133000Z"
    assert read(calendar(event)).tables[0].frame.at[1, "description"] == "Venez nombreux\nà la salle des fêtes"


GOOD = "SUMMARY:Troc\nDTSTART:20211205T133000Z"


@pytest.mark.parametrize(
    ("event", "code", "column"),
    [
        ("SUMMARY:Bal", "event_no_start", "DTSTART"),
        ("SUMMARY:Bal\nDTSTART:null", "event_bad_start", "DTSTART"),
        ("SUMMARY:Bal\nDTSTART:20211332T250000", "event_bad_start", "DTSTART"),
        ("SUMMARY:Bal\nDTSTART:20211204T133000Z\nRRULE:FREQ=SECONDLY", "event_too_often", "RRULE"),
        ("SUMMARY:Bal\nDTSTART:20211204T133000Z\nRRULE:FREQ=HOURLY;COUNT=100000", "event_too_often", "RRULE"),
        ("SUMMARY:Bal\nDTSTART:20211204T133000Z\nRRULE:FREQ=WEEKLY;INTERVAL=0", "event_too_often", "RRULE"),
        ("SUMMARY:Bal\nBEGIN:VEVENT\nSUMMARY:Autre\nDTSTART:20211204T133000Z", "event_cut", None),
    ],
)
def test_a_broken_event_breaks_no_other(event: str, code: str, column: str | None) -> None:
    load = read(calendar(event, GOOD))
    assert "Troc" in load.tables[0].frame["title"].tolist()
    [problem] = load.problems
    assert (problem.severity, problem.code, problem.column, problem.origin.row) == ("error", code, column, 1)
    assert skipped(load) == {1: "évènement illisible"}


def test_a_repetition_that_falls_on_no_day_ends() -> None:
    start = clock.monotonic()
    rule = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
    load = read(calendar(f"SUMMARY:Bal\nDTSTART:20211204T133000Z\n{rule};COUNT=5", GOOD))
    assert load.tables[0].frame["title"].tolist()[-1] == "Troc"
    assert clock.monotonic() - start < 10


def test_a_repetition_that_cannot_be_read_leaves_the_first_date() -> None:
    load = read(calendar("SUMMARY:Bal\nDTSTART:20211204T133000Z\nRRULE:CHAQUE SEMAINE"))
    [problem] = load.problems
    assert (problem.severity, problem.code) == ("warning", "event_repetition")
    assert occurrences(load) == (Occurrence(at(4, 14, 30)),)


def test_an_end_before_the_start_is_told() -> None:
    load = read(calendar("SUMMARY:Bal\nDTSTART:20211204T133000Z\nDTEND:20211204T120000Z"))
    [problem] = load.problems
    assert (problem.severity, problem.column) == ("warning", "DTEND")
    assert occurrences(load) == (Occurrence(at(4, 14, 30)),)


def test_private_events_are_not_read_and_provisional_ones_told() -> None:
    load = read(calendar(GOOD + "\nCLASS:PRIVATE", GOOD + "\nSTATUS:TENTATIVE"))
    assert skipped(load) == {1: "évènement privé"}
    assert [problem.code for problem in load.problems] == ["event_tentative"]


def test_a_truncated_file_is_told_and_what_it_has_is_read() -> None:
    content = calendar(GOOD, "SUMMARY:Bal\nDTSTART:20211204T133000Z")
    load = read(content[: content.rindex(b"DTSTART") + 5])
    assert load.tables[0].frame["title"].tolist() == ["Troc"]
    assert [problem.code for problem in load.problems] == ["cut", "event_cut"]


def test_an_empty_calendar_is_told() -> None:
    load = read(calendar())
    assert [(problem.severity, problem.code) for problem in load.problems] == [("warning", "empty")]
    assert load.tables[0].rows == 0


def test_cp1252_and_a_mark_are_read() -> None:
    event = calendar("SUMMARY:Fête d’été\nDTSTART:20211204T133000Z")
    for content in (event.decode().encode("cp1252"), b"\xef\xbb\xbf" + event):
        assert read(content).tables[0].frame.at[1, "title"] == "Fête d’été"


def test_a_calendar_of_too_many_events_is_refused_in_time() -> None:
    start = clock.monotonic()
    with pytest.raises(SourceUnreadable, match="12000 évènements"):
        read(calendar(*[GOOD] * 12_000))
    assert clock.monotonic() - start < 10


def test_a_year_of_a_busy_town_is_read_fast() -> None:
    weekly = [
        f"UID:{n}\nSUMMARY:Cours {n}\nDTSTART:20210901T{8 + n % 10:02}0000Z\nRRULE:FREQ=WEEKLY" for n in range(60)
    ]
    start = clock.monotonic()
    load = read(calendar(*weekly))
    assert clock.monotonic() - start < 8
    assert len(load.tables[0].frame) == 60
    assert occurrences(load)[-1].start - occurrences(load)[0].start > timedelta(days=470)
