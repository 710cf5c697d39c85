"""French dates: what people type, and what it means. Nothing here asks what day it is."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter import dates
from newsletter.model import Deadline, Occurrence

PARIS = ZoneInfo("Europe/Paris")
AS_OF = datetime(2021, 11, 25, 9, 0, tzinfo=PARIS)  # a Thursday
DECEMBER, JANUARY = date(2021, 12, 1), date(2022, 1, 1)


def day(first: str, last: str | None = None) -> Occurrence:
    """A day, or all days to the last one."""
    return Occurrence(date.fromisoformat(first), last and date.fromisoformat(last))


def about(first: str, last: str) -> Occurrence:
    return Occurrence(date.fromisoformat(first), date.fromisoformat(last), approximate=True)


def at(start: str, end: str | None = None) -> Occurrence:
    """A start, and an end on the same day (« 17:00 ») or with its own."""
    if end and len(end) == 5:
        end = f"{start[:10]} {end}"
    return Occurrence(*(moment and datetime.fromisoformat(moment).replace(tzinfo=PARIS) for moment in (start, end)))


typed = datetime.fromisoformat  # a cell's date and time: no zone


def read(written: object, **known: object) -> dates.Reading:
    return dates.read(written, as_of=AS_OF, **known)  # type: ignore[arg-type]  # each test gives what the door takes


def meant(written: object, **known: object) -> list[Occurrence]:
    """The occurrences of what must read without a fault."""
    reading = read(written, **known)
    assert not reading.faults, [fault.message for fault in reading.faults]
    return list(reading.occurrences)


ONE_DAY = [
    *[
        (written, "2021-12-04")
        for written in (
            "samedi 4 décembre 2021", "SAMEDI 4 DÉCEMBRE 2021", "Samedi 4 Decembre 2021", "le samedi 4 décembre 2021",
            "sam. 4 déc. 2021", "Sam 4 dec", "samedi, 4 décembre 2021", "samedi le 4 décembre", "4 décembre",
            "4 décembre 2021", "04 décembre 2021", "le 4 décembre", "4 déc. 21", "4-déc-21", "4-déc.-2021",
            "04/12/2021", "4/12/2021", "4/12/21", "04.12.2021", "04-12-2021", "4-12-21", "4/12", "04/12",
            "4 / 12 / 2021", "4 12 2021", "samedi 4/12", "sam. 04/12/21", "2021-12-04", "2021/12/04", "20211204",
            "2021-12-04 00:00:00", "04/12/2021 00:00:00", "2021-12-03T23:00:00Z", "2021-12-04T00:00:00+01:00",
            "samedi\xa04\xa0décembre\u202f2021", "samedi 4 de\u0301cembre 2021", "\ufeffsamedi 4 décembre 2021 ",
            "Le samedi 4 décembre 2021.", "Date : 4 décembre 2021", "44534", "44534.0", "44534,0",
            "samedi 4 décembre prochain",
            "4 décembre 2021 (samedi)", "4 décembre, toute la journée", "4 décembre en soirée", "4 décembre au matin",
            "samedi 4 décembre après-midi", "4 décembre 2021, horaires à préciser", "le 4 du mois de décembre 2021",
            "４/１２/２０２１",
        )
    ],
    ("1er décembre 2021", "2021-12-01"),
    ("1 er décembre", "2021-12-01"),
    ("1ᵉʳ décembre", "2021-12-01"),
    ("mercredi 1 décembre", "2021-12-01"),
    ("1er/12/2021", "2021-12-01"),
    ("1er février", "2022-02-01"),
    ("25 novembre", "2021-11-25"),
    ("24 novembre", "2022-11-24"),
    ("mar. 7 déc.", "2021-12-07"),
    ("7 mar. 2022", "2022-03-07"),
    ("15 Août 2022", "2022-08-15"),
    ("8 sept. 2022", "2022-09-08"),
    ("29 février 2024", "2024-02-29"),
    ("27/11/98", None),
    ("dernier dimanche de mars", "2022-03-27"),
    ("3e jeudi de novembre", "2022-11-17"),
    ("premier décembre 2021", "2021-12-01"),
    ("1er samedi de janvier 2022", "2022-01-01"),
    ("le 2e mardi du mois de mars", "2022-03-08"),
    ("à partir du 4 janvier 2022", "2022-01-04"),
    ("dès le 4 janvier", "2022-01-04"),
    ("depuis le 4 octobre", "2021-10-04"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "iso"), [row for row in ONE_DAY if row[1]])
def test_a_day_as_people_type_it(written: str, iso: str) -> None:
    assert meant(written) == [day(iso)]


SEVERAL_DAYS = [
    ("du 3 au 5 mars 2022", [day("2022-03-03", "2022-03-05")]),
    ("3 au 5 mars 2022", [day("2022-03-03", "2022-03-05")]),
    ("3-5 mars 2022", [day("2022-03-03", "2022-03-05")]),
    ("3 – 5 mars", [day("2022-03-03", "2022-03-05")]),
    ("3—5 mars", [day("2022-03-03", "2022-03-05")]),
    ("3/03 au 5/03/2022", [day("2022-03-03", "2022-03-05")]),
    ("du 3/03 au 5/03/2022", [day("2022-03-03", "2022-03-05")]),
    ("3/03-5/03/2022", [day("2022-03-03", "2022-03-05")]),
    ("du 3 jusqu'au 5 mars", [day("2022-03-03", "2022-03-05")]),
    ("le 3 mars jusqu’au 5", [day("2022-03-03", "2022-03-05")]),
    ("entre le 3 et le 5 mars", [day("2022-03-03", "2022-03-05")]),
    ("à partir du 3 mars jusqu'au 5 mars", [day("2022-03-03", "2022-03-05")]),
    ("03/03/2022 → 05/03/2022", [day("2022-03-03", "2022-03-05")]),
    ("2022-03-03/2022-03-05", [day("2022-03-03", "2022-03-05")]),
    ("2022-03-03_2022-03-05", [day("2022-03-03", "2022-03-05")]),
    ("du 28 février au 2 mars", [day("2022-02-28", "2022-03-02")]),
    ("du lundi 28 février au mercredi 2 mars 2022", [day("2022-02-28", "2022-03-02")]),
    ("du 30 décembre 2021 au 2 janvier 2022", [day("2021-12-30", "2022-01-02")]),
    ("du 30 décembre au 2 janvier 2022", [day("2021-12-30", "2022-01-02")]),
    ("du 30 décembre au 2 janvier", [day("2021-12-30", "2022-01-02")]),
    ("du 20 novembre au 3 décembre", [day("2021-11-20", "2021-12-03")]),
    ("du 15 septembre au 30 juin", [day("2021-09-15", "2022-06-30")]),
    ("du samedi 4 au dimanche 5 décembre", [day("2021-12-04", "2021-12-05")]),
    ("semaine du 6 au 10 décembre", [day("2021-12-06", "2021-12-10")]),
    ("24/12/2021-02/01/2022", [day("2021-12-24", "2022-01-02")]),
    ("24.12.21 - 02.01.22", [day("2021-12-24", "2022-01-02")]),
    ("Lun 6 > Ven 10 déc", [day("2021-12-06", "2021-12-10")]),
    ("du 18 au 25/01/22", [day("2022-01-18", "2022-01-25")]),
    ("du 6 au 14 décembre sauf le lundi", [day("2021-12-07", "2021-12-12"), day("2021-12-14", "2021-12-14")]),
    ("3 et 4 mars", [day("2022-03-03"), day("2022-03-04")]),
    ("les 3, 4 et 5 mars", [day("2022-03-03"), day("2022-03-04"), day("2022-03-05")]),
    ("4 ou 5 décembre", [day("2021-12-04"), day("2021-12-05")]),
    ("4/5 décembre", [day("2021-12-04"), day("2021-12-05")]),
    ("les 4 et 5/12/2021", [day("2021-12-04"), day("2021-12-05")]),
    ("04/12/2021 et 05/12/2021", [day("2021-12-04"), day("2021-12-05")]),
    ("04/12/2021, 05/12/2021", [day("2021-12-04"), day("2021-12-05")]),
    ("samedi 4 et dimanche 5 décembre", [day("2021-12-04"), day("2021-12-05")]),
    ("samedi 4 & dimanche 5 décembre 2021", [day("2021-12-04"), day("2021-12-05")]),
    ("samedi 4 décembre et dimanche 5", [day("2021-12-04"), day("2021-12-05")]),
    ("week-end des 4 et 5 décembre", [day("2021-12-04"), day("2021-12-05")]),
    ("les mardis 7 et 14 décembre", [day("2021-12-07"), day("2021-12-14")]),
    ("mercredis 1, 8 et 15 décembre", [day("2021-12-01"), day("2021-12-08"), day("2021-12-15")]),
    ("janvier 2022 : 4, 11 et 18", [day("2022-01-04"), day("2022-01-11"), day("2022-01-18")]),
    ("4 décembre ; 11 décembre ; 8 janvier 2022", [day("2021-12-04"), day("2021-12-11"), day("2022-01-08")]),
    ("4 décembre\n11 décembre\n8 janvier 2022", [day("2021-12-04"), day("2021-12-11"), day("2022-01-08")]),
    ("• 4 décembre • 8 janvier", [day("2021-12-04"), day("2022-01-08")]),
    ("10 janvier et 3 décembre", [day("2021-12-03"), day("2022-01-10")]),
    ("3 décembre 2021 et 10 janvier", [day("2021-12-03"), day("2022-01-10")]),
    ("samedi 4 décembre, dimanche 5, samedi 8 janvier", [day("2021-12-04"), day("2021-12-05"), day("2022-01-08")]),
    ("du 4 au 6 et du 10 au 12 décembre", [day("2021-12-04", "2021-12-06"), day("2021-12-10", "2021-12-12")]),
    ("tous les jours du 3 au 5 janvier", [day("2022-01-03"), day("2022-01-04"), day("2022-01-05")]),
]


@pytest.mark.parametrize(("written", "expected"), SEVERAL_DAYS)
def test_ranges_and_lists_as_people_type_them(written: str, expected: list[Occurrence]) -> None:
    assert meant(written) == expected


S = "2021-12-04"
HOURS = [
    *[
        (f"{S} {written}", [at(f"{S} 14:30")])
        for written in (
            "14h30", "à 14h30", "14 h 30", "14H30", "14:30", "14:30:00", "à 14 heures 30", "14h30mn",
            "2:30 PM", "- 14h30", ": 14h30", "14h30 précises", "à partir de 14h30", "dès 14h30", "vers 14h30",
            "de 14h30", "à 14h et demie",
        )
    ],
    ("2021-12-04T14:30:00", [at(f"{S} 14:30")]),
    ("2021-12-04T13:30:00Z", [at(f"{S} 14:30")]),
    ("2021-12-04T13:30:00.000Z", [at(f"{S} 14:30")]),
    ("2021-12-04T14:30+0100", [at(f"{S} 14:30")]),
    ("2021-12-04 13:30:00 UTC", [at(f"{S} 14:30")]),
    ("44534.604166", [at(f"{S} 14:30")]),
    ("18 heures 30 le 4 décembre", [at(f"{S} 18:30")]),
    ("samedi 4 décembre à midi", [at(f"{S} 12:00")]),
    ("samedi 4 décembre à midi et demi", [at(f"{S} 12:30")]),
    ("04/12/21 14h", [at(f"{S} 14:00")]),
    ("4/12 14h", [at(f"{S} 14:00")]),
    *[
        (f"samedi 4 décembre {written}", [at(f"{S} 09:00", "17:00")])
        for written in (
            "de 9 à 17 heures", "de 9h à 17h", "9h-17h", "9-17h", "9h-17", "9 h – 17 h", "9h/17h", "9:00-17:00",
            "de 9h00 à 17h00", "entre 9h et 17h", "entre 9 et 17h",
            "à partir de 9h et jusqu'à 17h", "9h jusqu’à 17h", "9h > 17h",
            ", de 9h à 17h.", "(9h-17h)",
        )
    ],
    ("samedi 4 décembre de midi à 14h", [at(f"{S} 12:00", "14:00")]),
    ("samedi 4 décembre 20h à 2h", [at(f"{S} 20:00", "2021-12-05 02:00")]),
    ("samedi 4 décembre de 20h à minuit", [at(f"{S} 20:00", "2021-12-05 00:00")]),
    ("samedi 4 décembre de 22h à 6h", [at(f"{S} 22:00", "2021-12-05 06:00")]),
    ("de 14h à 18h, samedi 4 décembre", [at(f"{S} 14:00", "18:00")]),
    ("4 décembre 10h-12h et 14h-18h", [at(f"{S} 10:00", "12:00"), at(f"{S} 14:00", "18:00")]),
    ("4 décembre de 10h à 12h puis de 14h à 18h", [at(f"{S} 10:00", "12:00"), at(f"{S} 14:00", "18:00")]),
    ("4 décembre : 10h - 12h / 14h - 18h", [at(f"{S} 10:00", "12:00"), at(f"{S} 14:00", "18:00")]),
    ("4 décembre à 14h30, 15h30 et 16h30", [at(f"{S} 14:30"), at(f"{S} 15:30"), at(f"{S} 16:30")]),
    ("3, 10 et 17 janvier à 18h", [at("2022-01-03 18:00"), at("2022-01-10 18:00"), at("2022-01-17 18:00")]),
    ("samedi 4 et dimanche 5 décembre à 16h", [at(f"{S} 16:00"), at("2021-12-05 16:00")]),
    ("4 décembre à 20h et à 16h", [at(f"{S} 16:00"), at(f"{S} 20:00")]),
    ("vendredi 3 décembre à 20h et samedi 4 à 16h", [at("2021-12-03 20:00"), at(f"{S} 16:00")]),
    ("14h le 4 décembre et 16h le 5 décembre", [at(f"{S} 14:00"), at("2021-12-05 16:00")]),
    ("Samedi 4 : 14h-18h\nDimanche 5 décembre : 10h-12h", [at(f"{S} 14:00", "18:00"), at("2021-12-05 10:00", "12:00")]),
    ("du 4 au 5 décembre de 10h à 18h", [at(f"{S} 10:00", "18:00"), at("2021-12-05 10:00", "18:00")]),
    ("du 4 au 5 décembre à 20h", [at(f"{S} 20:00"), at("2021-12-05 20:00")]),
    ("du 4 décembre 2021 (10h) au 5 décembre 2021 (18h)", [at(f"{S} 10:00", "2021-12-05 18:00")]),
    ("du samedi 4 décembre à 10h au dimanche 5 à 18h", [at(f"{S} 10:00", "2021-12-05 18:00")]),
    ("4 décembre 22h - 5 décembre 5h", [at(f"{S} 22:00", "2021-12-05 05:00")]),
    ("du 4 décembre 18h au 6 décembre", [at(f"{S} 18:00"), day("2021-12-05", "2021-12-06")]),
    ("du 3 au 5 décembre : vendredi 18h-22h, samedi et dimanche 10h-19h",
     [at("2021-12-03 18:00", "22:00"), at(f"{S} 10:00", "19:00"), at("2021-12-05 10:00", "19:00")]),
    ("27 mars 2022 à 2h30", [Occurrence(datetime(2022, 3, 27, 3, 30, tzinfo=PARIS))]),
]  # fmt: skip


@pytest.mark.parametrize(("written", "expected"), HOURS)
def test_hours_as_people_type_them(written: str, expected: list[Occurrence]) -> None:
    assert meant(written) == expected


ABOUT = [
    ("début février 2022", "2022-02-01", "2022-02-10"),
    ("mi-février 2022", "2022-02-11", "2022-02-20"),
    ("mi février", "2022-02-11", "2022-02-20"),
    ("à la mi-février", "2022-02-11", "2022-02-20"),
    ("milieu février", "2022-02-11", "2022-02-20"),
    ("fin février 2022", "2022-02-21", "2022-02-28"),
    ("Fin-février", "2022-02-21", "2022-02-28"),
    ("d'ici fin janvier 2022", "2022-01-21", "2022-01-31"),
    ("d’ici la fin janvier", "2022-01-21", "2022-01-31"),
    ("avant fin janvier", "2022-01-21", "2022-01-31"),
    ("vers fin janvier", "2022-01-21", "2022-01-31"),
    ("courant janvier", "2022-01-01", "2022-01-31"),
    ("dans le courant du mois de janvier", "2022-01-01", "2022-01-31"),
    ("au cours du mois de janvier 2022", "2022-01-01", "2022-01-31"),
    ("en janvier", "2022-01-01", "2022-01-31"),
    ("janv. 2022", "2022-01-01", "2022-01-31"),
    ("01/2022", "2022-01-01", "2022-01-31"),
    ("janvier 2022 (date à confirmer)", "2022-01-01", "2022-01-31"),
    ("novembre", "2021-11-01", "2021-11-30"),
    ("début novembre", "2022-11-01", "2022-11-10"),
    ("1re quinzaine de mars", "2022-03-01", "2022-03-15"),
    ("première quinzaine de mars 2022", "2022-03-01", "2022-03-15"),
    ("seconde quinzaine de mars", "2022-03-16", "2022-03-31"),
    ("2e quinzaine de février", "2022-02-16", "2022-02-28"),
    ("1re semaine de janvier", "2022-01-01", "2022-01-07"),
    ("dernière semaine de janvier", "2022-01-25", "2022-01-31"),
    ("semaine du 6 décembre", "2021-12-06", "2021-12-12"),
    ("semaine du 8 décembre", "2021-12-06", "2021-12-12"),
    ("semaine 50", "2021-12-13", "2021-12-19"),
    ("semaine 2 de 2022", "2022-01-10", "2022-01-16"),
    ("week-end du 4 décembre", "2021-12-04", "2021-12-05"),
    ("weekend du 5 décembre", "2021-12-04", "2021-12-05"),
    ("premier week-end de décembre", "2021-12-04", "2021-12-05"),
    ("vers le 15 janvier", "2022-01-12", "2022-01-18"),
    ("aux alentours du 15 janvier", "2022-01-12", "2022-01-18"),
    ("d'ici le 15 janvier", "2022-01-15", "2022-01-15"),
    ("fin janvier/début février 2022", "2022-01-21", "2022-02-10"),
    ("fin janvier ou début février", "2022-01-21", "2022-02-10"),
    ("de fin janvier à début mars", "2022-01-21", "2022-03-10"),
    ("du 4 janvier à fin mars", "2022-01-04", "2022-03-31"),
    ("janvier-février 2022", "2022-01-01", "2022-02-28"),
    ("décembre 2021 - janvier 2022", "2021-12-01", "2022-01-31"),
    ("mars ou avril", "2022-03-01", "2022-04-30"),
    ("1er trimestre 2022", "2022-01-01", "2022-03-31"),
    ("dernier trimestre 2022", "2022-10-01", "2022-12-31"),
    ("fin du premier trimestre 2022", "2022-03-01", "2022-03-31"),
    ("avant Noël", "2021-12-25", "2021-12-25"),
    ("fin de l'été 2022", "2022-08-22", "2022-09-22"),
    ("premier trimestre", "2022-01-01", "2022-03-31"),
    ("2e semestre 2022", "2022-07-01", "2022-12-31"),
    ("2022", "2022-01-01", "2022-12-31"),
    ("en 2022", "2022-01-01", "2022-12-31"),
    ("courant 2022", "2022-01-01", "2022-12-31"),
    ("l'année 2022", "2022-01-01", "2022-12-31"),
    ("dans le courant de l'année", "2021-01-01", "2021-12-31"),
    ("en cours d'année", "2021-01-01", "2021-12-31"),
    ("début 2022", "2022-01-01", "2022-04-30"),
    ("mi-2022", "2022-05-01", "2022-08-31"),
    ("fin 2022", "2022-09-01", "2022-12-31"),
    ("année scolaire 2021-2022", "2021-09-01", "2022-07-07"),
    ("2021-2022", "2021-01-01", "2022-12-31"),
    ("rentrée 2022", "2022-09-01", "2022-09-30"),
    ("printemps 2026", "2026-03-20", "2026-06-20"),
    ("au printemps", "2022-03-20", "2022-06-20"),
    ("été 2022", "2022-06-21", "2022-09-22"),
    ("à l'automne 2023", "2023-09-23", "2023-12-21"),
    ("hiver 2021-2022", "2021-12-21", "2022-03-19"),
    ("cet hiver", "2021-12-21", "2022-03-19"),
    ("à partir de mars 2022", "2022-03-01", "2022-03-31"),
]


@pytest.mark.parametrize(("written", "first", "last"), ABOUT)
def test_approximate_dates_span_the_days_they_may_mean(written: str, first: str, last: str) -> None:
    assert meant(written) == [about(first, last)]


# What comes back: how many times, the first, the last. Without an end: to 25 December 2022, 13 months on.
SERIES = [
    ("tous les mardis", 56, day("2021-11-30"), day("2022-12-20")),
    ("le mardi", 56, day("2021-11-30"), day("2022-12-20")),
    ("les mardis", 56, day("2021-11-30"), day("2022-12-20")),
    ("chaque mardi à 18h", 56, at("2021-11-30 18:00"), at("2022-12-20 18:00")),
    ("chaque jeudi", 57, day("2021-11-25"), day("2022-12-22")),
    ("chaque semaine le jeudi", 57, day("2021-11-25"), day("2022-12-22")),
    ("les dimanches matins", 57, day("2021-11-28"), day("2022-12-25")),
    ("tous les mardis et jeudis de 18h à 20h", 113, at("2021-11-25 18:00", "20:00"), at("2022-12-22 18:00", "20:00")),
    ("lundi, mercredi et vendredi à 9h", 169, at("2021-11-26 09:00"), at("2022-12-23 09:00")),
    ("Lun/Mer/Ven 9h", 169, at("2021-11-26 09:00"), at("2022-12-23 09:00")),
    ("du lundi au vendredi", 282, day("2021-11-25"), day("2022-12-23")),
    ("lundi au vendredi 9h-17h, samedi 9h-12h", 339, at("2021-11-25 09:00", "17:00"), at("2022-12-24 09:00", "12:00")),
    ("tous les mardis à 18h jusqu'à fin juin", 31, at("2021-11-30 18:00"), at("2022-06-28 18:00")),
    ("tous les mardis jusqu'au 14 décembre", 3, day("2021-11-30"), day("2021-12-14")),
    ("tous les mardis à partir du 4 janvier", 51, day("2022-01-04"), day("2022-12-20")),
    ("à partir du 4 janvier jusqu'à mi-février, tous les mardis", 7, day("2022-01-04"), day("2022-02-15")),
    ("tous les mardis depuis le 4 octobre", 64, day("2021-10-05"), day("2022-12-20")),
    ("tous les dimanches de décembre 2021", 4, day("2021-12-05"), day("2021-12-26")),
    ("les mardis de janvier", 4, day("2022-01-04"), day("2022-01-25")),
    ("tous les samedis de décembre et janvier", 9, day("2021-12-04"), day("2022-01-29")),
    ("tous les samedis de janvier à mars 2022", 13, day("2022-01-01"), day("2022-03-26")),
    ("tous les mardis du 4 janvier au 29 mars", 13, day("2022-01-04"), day("2022-03-29")),
    ("du 4 janvier au 29 mars, tous les mardis à 18h", 13, at("2022-01-04 18:00"), at("2022-03-29 18:00")),
    ("tous les mardis à 18h, du 4 janvier au 29 mars", 13, at("2022-01-04 18:00"), at("2022-03-29 18:00")),
    ("mardi 18h-20h et jeudi 14h-16h du 4 janvier au 29 mars", 25, at("2022-01-04 18:00", "20:00"),
     at("2022-03-29 18:00", "20:00")),
    ("2e samedi du mois", 13, day("2021-12-11"), day("2022-12-10")),
    ("le deuxième samedi de chaque mois", 13, day("2021-12-11"), day("2022-12-10")),
    ("chaque mois, le 2nd samedi", 13, day("2021-12-11"), day("2022-12-10")),
    ("chaque premier samedi", 13, day("2021-12-04"), day("2022-12-03")),
    ("tous les premiers samedis du mois", 13, day("2021-12-04"), day("2022-12-03")),
    ("1er et 3e mercredi du mois de 14h à 16h", 26, at("2021-12-01 14:00", "16:00"), at("2022-12-21 14:00", "16:00")),
    ("dernier dimanche du mois", 14, day("2021-11-28"), day("2022-12-25")),
    ("avant-dernier samedi du mois", 13, day("2021-11-27"), day("2022-11-26")),
    ("5e samedi du mois", 4, day("2022-01-29"), day("2022-10-29")),
    ("le 15 de chaque mois", 13, day("2021-12-15"), day("2022-12-15")),
    ("tous les 1er et 15 du mois", 26, day("2021-12-01"), day("2022-12-15")),
    ("le 31 de chaque mois", 7, day("2021-12-31"), day("2022-10-31")),
    ("1er samedi de chaque mois, de 9h30 à 12h, d'octobre 2021 à juin 2022", 9, at("2021-10-02 09:30", "12:00"),
     at("2022-06-04 09:30", "12:00")),
    ("un mardi sur deux à partir du 4 janvier", 26, day("2022-01-04"), day("2022-12-20")),
    ("tous les 15 jours le mardi à partir du 4 janvier", 26, day("2022-01-04"), day("2022-12-20")),
    ("le mardi, tous les quinze jours, à partir du 4 janvier", 26, day("2022-01-04"), day("2022-12-20")),
    ("tous les 15 jours à partir du 4 janvier", 26, day("2022-01-04"), day("2022-12-20")),
    ("une semaine sur deux le mardi à partir du 4 janvier", 26, day("2022-01-04"), day("2022-12-20")),
    ("toutes les 2 semaines du 4 janvier au 1er février", 3, day("2022-01-04"), day("2022-02-01")),
    ("lundi matin au vendredi soir", 282, day("2021-11-25"), day("2022-12-23")),
    ("lundi - mercredi - vendredi", 169, day("2021-11-26"), day("2022-12-23")),
    ("un week-end sur deux à partir du 4 décembre", 56, day("2021-12-04"), day("2022-12-18")),
    ("un mardi sur deux du 4 au 31 janvier et le jeudi du 4 au 31 janvier", 6, day("2022-01-04"), day("2022-01-27")),
    ("tous les jours de décembre", 31, day("2021-12-01"), day("2021-12-31")),
    ("tous les soirs à 20h du 6 au 10 décembre", 5, at("2021-12-06 20:00"), at("2021-12-10 20:00")),
    ("tous les week-ends de décembre", 8, day("2021-12-04"), day("2021-12-26")),
    ("chaque week-end jusqu'à Noël", 9, day("2021-11-27"), day("2021-12-25")),
    ("tous les mardis sauf le 28 décembre", 55, day("2021-11-30"), day("2022-12-20")),
    ("tous les mardis sauf les 21 et 28 décembre à 18h", 54, at("2021-11-30 18:00"), at("2022-12-20 18:00")),
    ("tous les mardis de décembre sauf du 20 au 31 décembre", 2, day("2021-12-07"), day("2021-12-14")),
    ("tous les mardis de décembre sauf le 28", 3, day("2021-12-07"), day("2021-12-21")),
    ("tous les jours sauf le lundi du 6 au 14 décembre", 7, day("2021-12-07"), day("2021-12-14")),
    ("tous les jours sauf dimanche et jours fériés du 20 au 31 décembre", 10, day("2021-12-20"), day("2021-12-31")),
    ("le 1er lundi de chaque mois sauf en août", 12, day("2021-12-06"), day("2022-12-05")),
    ("du 6 au 14 décembre de 10h à 18h, fermé le lundi", 7, at("2021-12-07 10:00", "18:00"),
     at("2021-12-14 10:00", "18:00")),
    ("tous les mardis et le 6 janvier", 57, day("2021-11-30"), day("2022-12-20")),
]  # fmt: skip


@pytest.mark.parametrize(("written", "count", "first", "last"), SERIES)
def test_recurrences_as_people_type_them(written: str, count: int, first: Occurrence, last: Occurrence) -> None:
    occurrences = meant(written)
    assert (len(occurrences), occurrences[0], occurrences[-1]) == (count, first, last)


def test_the_table_is_as_long_as_promised() -> None:
    assert len({str(row[0]) for row in [*ONE_DAY, *SEVERAL_DAYS, *HOURS, *ABOUT, *SERIES]}) >= 250


# An error: no day is printed. The words that the message must hold tell people what to do.
ERRORS = [
    ("31/11/2021", "impossible", "cette date n'existe pas : novembre a 30 jours"),
    ("31 novembre", "impossible", "novembre a 30 jours"),
    ("30 février 2022", "impossible", "février 2022 a 28 jours"),
    ("29/02/2022", "impossible", "février 2022 a 28 jours"),
    ("29 février", "impossible", "février 2022 a 28 jours"),
    ("2021-02-30", "impossible", "février 2021 a 28 jours"),
    ("samedi 32 décembre", "impossible", "décembre a 31 jours"),
    ("les 30 et 31 novembre", "impossible", "novembre a 30 jours"),
    ("du 28 au 31 novembre", "impossible", "novembre a 30 jours"),
    ("0/12/2021", "impossible", "décembre commence le 1er"),
    ("12/25/2021", "impossible", "il n'y a pas de mois 25 ; écrivez jour/mois/année (par exemple « 25/12/2021 »)"),
    ("2022-13-45", "impossible", "il n'y a pas de mois 13"),
    ("04/00/2021", "impossible", "il n'y a pas de mois 0"),
    ("tous les mardis jusqu'au 31 novembre", "impossible", "novembre a 30 jours"),
    ("samedi 4 décembre 0021", "year", "l'année 21 n'est pas plausible"),
    ("0001-01-01", "year", "en quatre chiffres"),
    ("9999-12-31", "year", "l'année 9999"),
    ("du 12 au 10 décembre 2021", "range", "la fin (10 décembre 2021) est avant le début (12 décembre 2021)"),
    ("du 12 mars 2022 au 10 février 2022", "range", "corrigez l'une des deux dates"),
    ("du 28 au 3 janvier", "range", "écrivez peut-être « du 28 décembre 2021 au 3 janvier 2022 »"),
    ("samedi 4", "month_missing", "« samedi 4 décembre 2021 »"),
    ("le 4", "month_missing", "« 4 décembre 2021 »"),
    ("12", "month_missing", "« 12 décembre 2021 »"),
    ("20h", "day_missing", "le jour manque"),
    ("de 14h à 18h", "day_missing", "« samedi 4 décembre 2021 à 14h »"),
    ("à confirmer", "unset", "« mi-janvier 2022 »"),
    ("À définir", "unset", "écrivez au moins une période"),
    ("date à venir", "unset", "n'est pas fixée"),
    ("prochainement", "unset", "n'est pas fixée"),
    ("bientôt", "unset", "n'est pas fixée"),
    ("non précisé", "unset", "n'est pas fixée"),
    ("NC", "unset", "n'est pas fixée"),
    ("?", "unset", "n'est pas fixée"),
    ("-", "unset", "n'est pas fixée"),
    ("sur rendez-vous", "unset", "n'est pas fixée"),
    ("toute l'année", "unset", "n'est pas fixée"),
    ("mardi prochain", "relative", "« mardi 7 décembre 2021 »"),
    ("demain", "relative", "dépend du jour où on la lit"),
    ("aujourd'hui", "relative", "dépend du jour où on la lit"),
    ("le mois prochain", "relative", "dépend du jour où on la lit"),
    ("courant de l'année prochaine", "relative", "dépend du jour où on la lit"),
    ("mensuel", "weekday_missing", "« tous les mardis »"),
    ("toutes les semaines", "weekday_missing", "« 2e samedi du mois »"),
    ("tous les 15 jours", "weekday_missing", "le jour manque"),
    ("un jeudi par mois", "weekday_missing", "le jour manque"),
    ("2 fois par mois", "weekday_missing", "le jour manque"),
    ("tous les mardis jusqu'aux vacances", "bound", "« du 4 janvier 2022 au 28 juin 2022 »"),
    ("tous les mardis du 5 au 8 janvier 2022", "empty", "aucun de ces jours"),
    ("les 24 et 25 décembre sauf les 24 et 25 décembre", "empty", "« sauf »"),
    ("4 decmbre 2021", "unreadable", "vouliez-vous « décembre » ?"),
    ("samdi 4 décembre 2021", "unreadable", "vouliez-vous « samedi » ?"),
    ("4 fevirer", "unreadable", "vouliez-vous « février » ?"),
    ("bonjour", "unreadable", "écrivez par exemple « samedi 4 décembre 2021 »"),
    ("annulé", "unreadable", "date illisible"),
    ("4 décembre 2021 2021", "unreadable", "date illisible"),
    ("4 décembre 2021 12", "unreadable", "date illisible"),
    ("3 personnes", "unreadable", "date illisible"),
    ("déc. 21", "unreadable", "date illisible"),
    ("mardi dernier", "unreadable", "date illisible"),
    ("99999", "unreadable", "date illisible"),
    ("vacances de Noël", "unreadable", "date illisible"),
]


@pytest.mark.parametrize(("written", "code", "words"), ERRORS)
def test_what_is_no_date_becomes_an_error_that_says_what_to_type(written: str, code: str, words: str) -> None:
    reading = read(written)
    assert reading.occurrences == ()
    assert [(fault.severity, fault.code, fault.about) for fault in reading.faults] == [("error", code, "date")]
    assert words in reading.faults[0].message


S4 = day("2021-12-04")
WARNINGS = [
    ("mardi 12 juin 2026", [day("2026-06-12")], "weekday",
     "le 12 juin 2026 est un vendredi, pas un mardi ; écrivez « vendredi 12 juin 2026 » ou « mardi 9 juin 2026 »"),
    ("vendredi 27 novembre", [day("2021-11-27")], "weekday", "« vendredi 26 novembre 2021 »"),
    ("27/11/2021 (vendredi)", [day("2021-11-27")], "weekday", "est un samedi"),
    ("du lundi 4 au dimanche 5 décembre", [day("2021-12-04", "2021-12-05")], "weekday", "est un samedi"),
    ("samedi 9 octobre", [day("2021-10-09")], "year_missing", "lu « samedi 9 octobre 2021 », déjà passé"),
    ("03/04/05", [day("2005-04-03")], "ambiguous", "lu jour/mois/année : « 3 avril 2005 »"),
    ("21/12/04", [day("2004-12-21")], "ambiguous", "en quatre chiffres"),
    ("27/11/98", [day("1998-11-27")], "ambiguous", "« 27 novembre 1998 »"),
    ("3/10 mars", [day("2022-03-03"), day("2022-03-10")], "ambiguous", "« 3/10 mars » est lu comme des jours séparés"),
    ("hiver 2022", [about("2022-12-21", "2023-03-19")], "ambiguous", "« hiver 2021-2022 »"),
    ("4 décembre 10h 12h", [at("2021-12-04 10:00", "12:00")], "ambiguous", "« 10h 12h »"),
    ("4 décembre à minuit", [at("2021-12-04 00:00")], "midnight", "le tout début du samedi 4 décembre 2021"),
    ("4 décembre de 18h à 16h", [at("2021-12-04 18:00")], "hours", "la fin (16h) est avant le début (18h)"),
    ("4 décembre de 18h à 18h", [at("2021-12-04 18:00")], "hours", "est l'heure de début"),
    ("4 décembre de 18h à 6h30", [at("2021-12-04 18:00")], "hours", "la fin (6h30)"),
    ("4 décembre à 25h", [S4], "hours", "« 25h » n'est pas une heure"),
    ("4 décembre à 14h75", [S4], "hours", "n'est pas une heure"),
    ("4 décembre jusqu'à 18h", [S4], "hours", "l'heure de début manque"),
    ("mi-janvier 2022 à 18h", [about("2022-01-11", "2022-01-20")], "hours", "approximatif"),
    ("samedi 4 décembre 2021 Salle des fêtes", [S4], "words", "« Salle des fêtes » n'est pas compris"),
    ("4 décembre 2021 (date à confirmer)", [S4], "words", "« à confirmer »"),
    ("4 décembre ?", [S4], "words", "« ? »"),
    ("4 décembre 2021, Marsan", [S4], "words", "« Marsan »"),
    ("hiver-22", [about("2022-12-21", "2023-03-19")], "ambiguous", "« hiver 2021-2022 »"),
    ("4 décembre 14h (accueil dès 13h30)", [at("2021-12-04 14:00")], "words", "« accueil dès 13h30 »"),
    ("4 décembre 14h (13h30 pour les parents)", [at("2021-12-04 14:00")], "words", "« 13h30 pour les parents »"),
    ("4 décembre 14h, durée 2h", [at("2021-12-04 14:00")], "words", "« durée 2h »"),
    ("4 décembre sauf pluie", [S4], "words", "« sauf pluie »"),
    ("4 décembre reporté au 11 décembre", [day("2021-12-11")], "moved", "seule la nouvelle date"),
    ("jusqu'au 30 janvier 2022", [day("2021-11-25", "2022-01-30")], "start_missing", "le début n'est pas écrit"),
    ("samedi 4 décembre 10h, dimanche 11h", [at("2021-12-04 10:00"), at("2021-12-05 11:00")], "weekday_alone",
     "« dimanche » est lu « dimanche 5 décembre 2021 »"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "expected", "code", "words"), WARNINGS)
def test_what_is_doubtful_is_printed_with_a_warning(
    written: str, expected: list[Occurrence], code: str, words: str
) -> None:
    reading = read(written)
    assert list(reading.occurrences) == expected
    assert [(fault.severity, fault.code) for fault in reading.faults] == [("warning", code)]
    assert words in reading.faults[0].message


@pytest.mark.parametrize(
    ("written", "code", "words"),
    [
        (
            "mardi",
            "weekday_alone",
            "lu « tous les mardis » ; pour un seul jour, écrivez par exemple « mardi 30 novembre",
        ),
        ("un mardi sur deux", "which_week", "« un mardi sur deux à partir du 30 novembre 2021 »"),
        ("tous les mardis (hors vacances scolaires)", "vacations", "« hors vacances scolaires » n'est pas compris"),
        ("tous les mardis (période scolaire)", "vacations", "« période scolaire »"),
        ("les mardis pendant les vacances scolaires", "vacations", "toutes les dates sont imprimées"),
        ("tous les mardis salle 1bis à 18h", None, ""),
        ("tous les jours jusqu'au 31 décembre 2040", "too_many", "plus de 800 dates"),
    ],
)
def test_a_doubtful_recurrence_is_printed_with_a_warning(written: str, code: str | None, words: str) -> None:
    reading = read(written)
    if code is None:
        assert reading.faults[0].severity == "error"
    else:
        assert 1 < len(reading.occurrences) <= 800
        assert [(fault.severity, fault.code) for fault in reading.faults] == [("warning", code)]
        assert words in reading.faults[0].message


D10, D12 = date(2021, 12, 10), date(2021, 12, 12)
DAILY = [at(f"2021-12-{n} 10:00", "18:00") for n in (10, 11, 12)]
CELLS = [
    (D10, {}, [day("2021-12-10")]),
    (typed("2021-12-10 00:00"), {}, [day("2021-12-10")]),
    (typed("2021-12-10 14:30"), {}, [at("2021-12-10 14:30")]),
    (typed("2021-12-10 14:29:59.990000"), {}, [at("2021-12-10 14:30")]),
    (datetime(2021, 12, 10, 13, 30, tzinfo=UTC), {}, [at("2021-12-10 14:30")]),
    (44540, {}, [day("2021-12-10")]),
    (44540.0, {}, [day("2021-12-10")]),
    (44540.75, {}, [at("2021-12-10 18:00")]),
    (44539.99999, {}, [day("2021-12-10")]),
    (43078, {"date_1904": True}, [day("2021-12-10")]),
    ("43078", {"date_1904": True}, [day("2021-12-10")]),
    (20211210, {}, [day("2021-12-10")]),
    (2022, {}, [about("2022-01-01", "2022-12-31")]),
    (D10, {"end": D12}, [day("2021-12-10", "2021-12-12")]),
    (D10, {"end": "12/12/2021"}, [day("2021-12-10", "2021-12-12")]),
    ("10 décembre", {"end": "12"}, [day("2021-12-10", "2021-12-12")]),
    ("30 décembre", {"end": "2 janvier"}, [day("2021-12-30", "2022-01-02")]),
    (D10, {"end": D10}, [day("2021-12-10", "2021-12-10")]),
    (D10, {"end": ""}, [day("2021-12-10")]),
    (D10, {"end": float("nan")}, [day("2021-12-10")]),
    ("du 10 au 12 décembre", {"end": D12}, [day("2021-12-10", "2021-12-12")]),
    ("mi-janvier 2022", {"end": "fin février 2022"}, [about("2022-01-11", "2022-02-28")]),
    (typed("2021-12-10 18:00"), {"end": typed("2021-12-10 20:00")}, [at("2021-12-10 18:00", "20:00")]),
    (typed("2021-12-10 18:00"), {"end": typed("2021-12-12 16:00")}, [at("2021-12-10 18:00", "2021-12-12 16:00")]),
    (D10, {"end": D12, "times": ("18h", "16h")}, [at("2021-12-10 18:00", "2021-12-12 16:00")]),
    (D10, {"end": D12, "times": ("10h–18h", None)}, DAILY),
    ("du 10 au 12 décembre 2021", {"times": ("10h–18h", None)}, DAILY),
    ("du 10 au 12 décembre 2021", {"times": ("10h", "18h")}, DAILY),
    ("les 10, 11 et 12 décembre", {"times": (time(10), time(18))}, DAILY),
    ("tous les mardis", {"end": "07/12/2021", "times": ("18h", None)},
     [at("2021-11-30 18:00"), at("2021-12-07 18:00")]),
    ("du 10 au 12 décembre", {"times": ("vendredi 18h-22h, dimanche 10h-19h", None)},
     [at("2021-12-10 18:00", "22:00"), at("2021-12-12 10:00", "19:00")]),
    (D10, {"times": ("10h-12h / 14h-18h", None)}, [at("2021-12-10 10:00", "12:00"), at("2021-12-10 14:00", "18:00")]),
    (D10, {"times": ("14h et 16h", None)}, [at("2021-12-10 14:00"), at("2021-12-10 16:00")]),
    *[
        (D10, {"times": times}, [at("2021-12-10 18:00", "20:00")])
        for times in [
            ("18h", "20h"), ("18h-20h", None), ("18-20", ""), (18, 20.0), (0.75, 20 / 24), ("18:00", "20:00"),
            ("18.00", "20,00"),
            (time(18), time(20)), (timedelta(hours=18), timedelta(hours=20)), (typed("1899-12-31 18:00"), "20 heures"),
            ("à partir de 18h", "jusqu'à 20h"), ("18h-20h", "20h"), ("De 18 h à 20 h", None), ("18", "20"),
        ]
    ],
    *[
        (D10, {"times": (hour, None)}, [day("2021-12-10")])
        for hour in ("toute la journée", "Journée", "en soirée", "le matin", "après-midi", "à confirmer", "-", "?", " ")
    ],
    (D10, {"times": ("20h", "2h")}, [at("2021-12-10 20:00", "2021-12-11 02:00")]),
    (D10, {"times": ("20h", time(0))}, [at("2021-12-10 20:00", "2021-12-11 00:00")]),
    (D10, {"times": ("20h", timedelta(hours=24))}, [at("2021-12-10 20:00", "2021-12-11 00:00")]),
    (typed("2021-12-10 09:30"), {"times": (None, "12h30")}, [at("2021-12-10 09:30", "12:30")]),
    (typed("2021-12-10 09:30"), {"times": ("9h30-12h30", None)}, [at("2021-12-10 09:30", "12:30")]),
    ("10 décembre à 18h", {"times": ("18h", "20h")}, [at("2021-12-10 18:00", "20:00")]),
    ("10 décembre 18h-20h", {"times": ("18h", None)}, [at("2021-12-10 18:00", "20:00")]),
    ("le 4", {"near": DECEMBER}, [day("2021-12-04")]),
    ("samedi 4", {"near": DECEMBER}, [day("2021-12-04")]),
    ("samedi 22 janvier", {"near": JANUARY}, [day("2022-01-22")]),
    ("3 janvier", {"near": DECEMBER}, [day("2022-01-03")]),
    ("30 décembre", {"near": JANUARY}, [day("2021-12-30")]),
    ("5 décembre", {"near": date(2020, 12, 1)}, [day("2020-12-05")]),
    ("du 30 décembre au 2 janvier", {"near": DECEMBER}, [day("2021-12-30", "2022-01-02")]),
    ("mi-janvier", {"near": date(2023, 1, 1)}, [about("2023-01-11", "2023-01-20")]),
    ("dans le courant de l'année", {"near": JANUARY}, [about("2022-01-01", "2022-12-31")]),
    (None, {"times": ("20h", None)}, []),
    ("", {}, []),
    (" \u200b\xa0", {}, []),
    (float("nan"), {}, []),
]  # fmt: skip


@pytest.mark.parametrize(("written", "known", "expected"), CELLS)
def test_cells_complete_each_other(written: object, known: dict[str, object], expected: list[Occurrence]) -> None:
    assert meant(written, **known) == expected


def test_a_recurrence_starts_with_the_month_above_it() -> None:
    assert meant("tous les mardis", near=JANUARY)[0] == day("2022-01-04")


@pytest.mark.parametrize(
    ("written", "known", "expected", "fault"),
    [
        (D10, {"times": ("18h", "16h")}, at("2021-12-10 18:00"), ("hours", "end")),
        (D10, {"times": (time(18), time(16))}, at("2021-12-10 18:00"), ("hours", "end")),
        (D10, {"times": ("18h-16h", None)}, at("2021-12-10 18:00"), ("hours", "start")),
        (D10, {"times": ("beaucoup", None)}, day("2021-12-10"), ("hours", "start")),
        (D10, {"times": ("25h", None)}, day("2021-12-10"), ("hours", "start")),
        (D10, {"times": (True, None)}, day("2021-12-10"), ("hours", "start")),
        (D10, {"times": (18.5, None)}, day("2021-12-10"), ("hours", "start")),
        (D10, {"times": ("4 décembre 14h", None)}, day("2021-12-10"), ("hours", "start")),
        (D10, {"times": ("samedi 14h", None)}, day("2021-12-10"), ("hours", "start")),
        (D10, {"times": ("jusqu'à 18h", None)}, day("2021-12-10"), ("hours", "start")),
        (D10, {"times": (None, "18h")}, day("2021-12-10"), ("hours", "end")),
        (D10, {"times": ("14h", "bof")}, at("2021-12-10 14:00"), ("hours", "end")),
        (D10, {"times": ("14h-18h", "19h")}, at("2021-12-10 14:00", "18:00"), ("hours_twice", "end")),
        (D10, {"times": ("14h sur inscription", None)}, at("2021-12-10 14:00"), ("words", "start")),
        (D10, {"end": date(2021, 12, 8)}, day("2021-12-10"), ("date_end", "end")),
        (D10, {"end": "bof"}, day("2021-12-10"), ("date_end", "end")),
        (D10, {"end": "31/11/2021"}, day("2021-12-10"), ("date_end", "end")),
        ("du 10 au 12 décembre", {"end": "13/12/2021"}, day("2021-12-10", "2021-12-12"), ("date_end", "end")),
        ("10 décembre à 18h", {"times": ("19h", None)}, at("2021-12-10 18:00"), ("hours_twice", "start")),
        ("mi-janvier 2022", {"times": ("18h", None)}, about("2022-01-11", "2022-01-20"), ("hours", "start")),
    ],
)
def test_a_cell_at_fault_is_named_and_the_rest_is_kept(
    written: object, known: dict[str, object], expected: Occurrence, fault: tuple[str, str]
) -> None:
    reading = read(written, **known)
    assert list(reading.occurrences) == [expected]
    assert [(f.severity, f.code, f.about) for f in reading.faults] == [("warning", *fault)]


@pytest.mark.parametrize(
    "written", [True, [1], {}, b"4 mars", float("inf"), 1e300, -3, 12.5, 19_999, time(18), "x" * 9999]
)
def test_what_no_spreadsheet_means_by_a_date_is_an_error(written: object) -> None:
    assert [fault.severity for fault in read(written).faults] == ["error"]


BEFORE = date(2022, 1, 18)
DEADLINES = [
    ("31 décembre 2021", {}, "2021-12-31", False),
    ("31 décembre", {}, "2021-12-31", False),
    ("mi-février 2022", {}, "2022-02-20", True),
    ("15/01/22", {}, "2022-01-15", False),
    ("dimanche 30 janvier 2022 à minuit", {}, "2022-01-30", False),
    ("31 décembre 23h59", {}, "2021-12-31", False),
    ("10 janvier", {"before": BEFORE}, "2022-01-10", False),
    ("18 janvier", {"before": BEFORE}, "2022-01-18", False),
    ("20 décembre", {"before": BEFORE}, "2021-12-20", False),
    ("20 décembre", {"before": BEFORE, "near": JANUARY}, "2021-12-20", False),
    ("25 janvier", {"before": BEFORE, "near": JANUARY}, "2022-01-25", False),
    ("20 novembre", {"before": BEFORE, "near": JANUARY}, "2021-11-20", False),
    ("10 octobre", {"before": date(2021, 10, 20)}, "2021-10-10", False),
    ("avant le 10 janvier", {}, "2022-01-10", False),
    ("d'ici le 10 janvier", {}, "2022-01-10", False),
    ("jusqu'au 10 janvier", {}, "2022-01-10", False),
    ("au plus tard le 10 janvier", {}, "2022-01-10", False),
    ("10 janvier dernier délai", {}, "2022-01-10", False),
    ("Date limite : 10/01", {}, "2022-01-10", False),
    ("10 janvier inclus", {}, "2022-01-10", False),
    ("vendredi 7 janvier 2022 (cachet de la poste faisant foi)", {}, "2022-01-07", False),
    ("du 1er au 15 janvier", {}, "2022-01-15", False),
    ("d'ici fin janvier", {}, "2022-01-31", True),
    ("avant fin janvier 2022", {}, "2022-01-31", True),
    ("début janvier", {"before": BEFORE}, "2022-01-10", True),
    ("courant 2022", {}, "2022-12-31", True),
    ("2022-03-31", {}, "2022-03-31", False),
    (date(2022, 1, 7), {}, "2022-01-07", False),
    (typed("2022-01-07 12:00"), {}, "2022-01-07", False),
    (44568, {}, "2022-01-07", False),
]


@pytest.mark.parametrize(("written", "known", "iso", "approximate"), DEADLINES)
def test_deadlines_as_people_type_them(written: object, known: dict[str, date], iso: str, approximate: bool) -> None:
    deadline, faults = dates.read_deadline(written, as_of=AS_OF, near=known.get("near"), before=known.get("before"))
    assert faults == ()
    assert deadline is not None
    assert (deadline.day, deadline.approximate) == (date.fromisoformat(iso), approximate)


def test_a_deadline_keeps_the_text_it_was_read_from() -> None:
    assert dates.read_deadline(" mi-février 2022 ", as_of=AS_OF)[0] == Deadline(
        date(2022, 2, 20), "mi-février 2022", True
    )
    deadline, _ = dates.read_deadline(44568, as_of=AS_OF)
    assert deadline is not None
    assert deadline.written == "7 janvier 2022"


@pytest.mark.parametrize(
    "written", [None, "", "-", "néant", "aucune", "sans", "au fil de l'eau", "Toute l'année", "permanent"]
)
def test_no_deadline_is_no_fault(written: object) -> None:
    assert dates.read_deadline(written, as_of=AS_OF) == (None, ())


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("31/02/2022", "impossible"),
        ("à confirmer", "unset"),
        ("tous les mardis", "unreadable"),
        ("14h", "day_missing"),
        ("8 jours avant", "unreadable"),
        ("vendredi prochain", "relative"),
    ],
)
def test_a_deadline_that_is_no_day_is_a_fault(written: str, code: str) -> None:
    deadline, faults = dates.read_deadline(written, as_of=AS_OF)
    assert deadline is None
    assert [fault.code for fault in faults] == [code]


def test_a_deadline_whose_weekday_is_wrong_is_kept_with_a_warning() -> None:
    deadline, faults = dates.read_deadline("mardi 10 janvier", as_of=AS_OF, before=BEFORE)
    assert deadline is not None
    assert (deadline.day, faults[0].code) == (date(2022, 1, 10), "weekday")


@pytest.mark.parametrize(
    ("text", "previous", "iso"),
    [
        ("DÉCEMBRE 2021", None, "2021-12-01"),
        ("— Mars 2022 —", None, "2022-03-01"),
        ("Mois de mars 2022", None, "2022-03-01"),
        ("Mois d’avril 2022 :", None, "2022-04-01"),
        ("janv. 2022", None, "2022-01-01"),
        ("FÉV.", None, "2022-02-01"),
        ("12/2021", None, "2021-12-01"),
        ("JANVIER 22", None, "2022-01-01"),
        ("Déc-21", None, "2021-12-01"),
        ("Mars 2022 (suite)", None, "2022-03-01"),
        ("Décembre", None, "2021-12-01"),
        ("Juin", None, "2022-06-01"),
        ("Septembre", None, "2021-09-01"),
        ("Janvier", DECEMBER, "2022-01-01"),
        ("Décembre", DECEMBER, "2021-12-01"),
        ("Novembre", DECEMBER, "2021-11-01"),
        ("Septembre", DECEMBER, "2022-09-01"),
        ("Janvier 2021", DECEMBER, "2021-01-01"),
    ],
)
def test_month_headings(text: str, previous: date | None, iso: str) -> None:
    assert dates.month_heading(text, as_of=AS_OF, previous=previous) == date.fromisoformat(iso)


@pytest.mark.parametrize(
    "text",
    [
        "1er décembre 2021", "Agenda décembre 2021", "décembre - janvier", "2021", "13/2021", "", "Fin décembre",
        "mardi",
        "Le mois de la photo", "décembre 2021 à 18h", "décembre 999", "mars 5021", "x" * 500, "Mai Nguyen",
        "12/12/2021",
    ],
)  # fmt: skip
def test_anything_but_a_month_is_no_heading(text: str) -> None:
    assert dates.month_heading(text, as_of=AS_OF) is None


VOCABULARY = [
    "samedi", "mardi", "mardis", "lundi", "4", "12", "31", "29", "1er", "2e", "5/12", "04/12/2021", "2021-12-04",
    "2022", "99", "0", "décembre", "janvier", "février", "14h", "14h30", "18:00", "minuit", "midi", "25h", "du",
    "au", "à", "et", ",", ";", "/", "-", "–", "le", "les", "de", "entre", "jusqu'à", "jusqu'au", "d'ici", "vers",
    "mi-", "fin", "début", "courant", "semaine", "week-end", "quinzaine", "trimestre", "l'année", "tous", "chaque",
    "sur", "deux", "jours", "mois", "du mois", "dernier", "premier", "sauf", "hors", "vacances", "fériés",
    "à partir de", "dès", "depuis", "(", ")", ":", ".", "?", "printemps", "hiver", "matin", "soir", "prochain",
    "reporté", "bof", "salle", "12/2021", "44530", "20211204", "durée", "Noël", "2021-12-04T23:30:00-11:00",
    "0001-01-01", "9999-12-31", "à confirmer", "une semaine sur deux",
]  # fmt: skip
TYPED = [str(row[0]) for table in (ONE_DAY, SEVERAL_DAYS, HOURS, ABOUT, SERIES, ERRORS, WARNINGS) for row in table]
VALUES = (
    st.tuples(st.sampled_from(TYPED), st.text(max_size=3), st.sampled_from(["", *TYPED])).map("".join)
    | st.lists(st.sampled_from(VOCABULARY), max_size=9).map(" ".join)
    | st.text(max_size=40)
    | st.floats()
    | st.integers()
    | st.dates()
    | st.datetimes(timezones=st.none() | st.just(UTC) | st.just(PARIS))
    | st.times()
    | st.timedeltas()
    | st.none()
    | st.booleans()
)
MOMENTS = st.datetimes(timezones=st.just(PARIS)) | st.just(AS_OF)


@settings(max_examples=600, deadline=None)
@given(VALUES, VALUES, st.tuples(VALUES, VALUES), MOMENTS, st.none() | st.dates(), st.booleans())
def test_whatever_is_typed_is_read_or_explained(
    written: object, end: object, times: tuple[object, object], as_of: datetime, near: date | None, from_1904: bool
) -> None:
    reading = dates.read(written, as_of=as_of, near=near, end=end, times=times, date_1904=from_1904)
    errors = [fault for fault in reading.faults if fault.severity == "error"]
    assert not (reading.occurrences and errors)
    assert reading.occurrences or errors or not reading.faults
    for occurrence in reading.occurrences:
        moments = [moment for moment in (occurrence.start, occurrence.end) if moment is not None]
        assert len({type(moment) for moment in moments}) == 1
        assert moments == sorted(moments)
        assert all(moment.tzinfo is PARIS for moment in moments if isinstance(moment, datetime))
    assert all(len(fault.message) > 20 for fault in reading.faults)


@settings(max_examples=300, deadline=None)
@given(VALUES, MOMENTS, st.none() | st.dates(), st.none() | st.dates())
def test_whatever_is_typed_as_a_deadline_is_read_or_explained(
    written: object, as_of: datetime, near: date | None, before: date | None
) -> None:
    deadline, faults = dates.read_deadline(written, as_of=as_of, near=near, before=before)
    assert not (deadline and any(fault.severity == "error" for fault in faults))
    heading = dates.month_heading(str(written), as_of=as_of, previous=near)
    assert heading is None or heading.day == 1


@given(st.dates(date(1970, 1, 1), date(2099, 12, 31)))
def test_every_day_reads_back_from_the_ways_it_is_written(when: date) -> None:
    months = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ]
    weekday = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"][when.weekday()]
    for written in (
        f"{weekday} {when.day} {months[when.month - 1]} {when.year}",
        f"{when:%d/%m/%Y}",
        when.isoformat(),
        when,
        datetime.combine(when, time(0)),
    ):
        assert meant(written) == [Occurrence(when)]


def test_seasons_begin_on_the_days_almanacs_give() -> None:
    known = {
        "2020": "20 20 22 21",
        "2021": "20 21 22 21",
        "2022": "20 21 23 21",
        "2023": "20 21 23 22",
        "2024": "20 20 22 21",
    }
    for year, days in known.items():
        for name, number in zip(("printemps", "été", "automne"), days.split(), strict=False):
            assert meant(f"{name} {year}")[0].start.day == int(number)
