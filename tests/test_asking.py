"""Asking for news: who is known to have answered, and what the others get."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.config import Config, People, Schedule, Site, Source, Town
from newsletter.model import Answer, Receipt
from newsletter.model.steps import StepState
from newsletter.pipeline.asking import collect, remind, silent
from newsletter.pipeline.scheduling import Errand, Outcome
from newsletter.store import Store, Worker
from newsletter.timetable import Name, of_month

CALL = datetime(2021, 11, 19, 8, tzinfo=UTC)
REMINDER, DRAFT = CALL + timedelta(days=2), CALL + timedelta(days=4)
LEA, ZOE = "Léa (exemple) <lea@asso.example>", "zoe@asso.example"


def town(folder: Path, *sources: Source, collect: tuple[str, ...] = (LEA, ZOE), **keys: str) -> Config:
    return Config(
        folder=folder,
        town=Town(name="Ville (exemple)", sender="asso@ville.example"),
        site=Site(url="https://lettre.ville.example"),
        people=People(collect=collect),
        schedule=Schedule(send="1 09:00", **keys),
        sources=sources,
    )


def put(folder: Path, name: str, at: datetime) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    os.utime(path, (at.timestamp(), at.timestamp()))


BEFORE, SINCE = CALL - timedelta(days=1), CALL + timedelta(days=1)


@pytest.mark.parametrize(
    ("files", "sources", "answered"),
    [
        ({}, [], False),
        ({"agenda.csv": SINCE}, [("agenda.csv", None)], False),  # nobody's own: whose rows are new isn't known
        ({"lea.csv": SINCE}, [("lea.csv", LEA)], True),
        ({"lea.csv": SINCE}, [("lea.csv", "LEA@asso.example")], True),
        ({"lea.csv": CALL}, [("lea.csv", LEA)], True),
        ({"lea.csv": BEFORE}, [("lea.csv", LEA)], False),
        ({}, [("lea.csv", LEA)], False),
        ({"lea.csv": BEFORE, "rencontres.csv": SINCE}, [("lea.csv", LEA), ("rencontres.csv", LEA)], True),
        ({"zoe.csv": SINCE}, [("zoe.csv", ZOE)], False),
        ({"lea/a.ics": BEFORE, "lea/b.ics": SINCE}, [("lea", LEA)], True),
        ({"lea/a.ics": BEFORE, "lea/~$b.xlsx": SINCE}, [("lea", LEA)], False),  # opened, not saved
        ({"lea/a.ics": BEFORE, "lea/affiche.jpg": SINCE}, [("lea", LEA)], False),
        ({"lea/a.ics": SINCE}, [("lea/*.ics", LEA)], True),
        ({"lea/a.ics": BEFORE}, [("lea/*.ics", LEA)], False),
        ({"lea/a.ics": SINCE}, [("lea/***.ics", LEA)], False),
        ({}, [("https://lea.example/agenda.ics", LEA)], True),  # it is read where it is published
        ({}, [("https://lea.example/agenda.ics", None)], False),
    ],
)
def test_who_has_answered(
    tmp_path: Path, files: dict[str, datetime], sources: list[tuple[str, str | None]], answered: bool
) -> None:
    for name, at in files.items():
        put(tmp_path, name, at)
    config = town(tmp_path, *(Source(path=path, contact=contact) for path, contact in sources), collect=(LEA,))
    assert silent(config, CALL) == ([] if answered else [LEA])


# ---- the mails -------------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open("sqlite:///newsletter.db", tmp_path) as opened:
        yield opened


def errand(config: Config, store: Store, name: Name, at: datetime) -> Errand:
    steps = of_month(config.schedule, CALL.date().replace(month=12, day=1), config.town.zone)
    return Errand(config, store, next(step for step in steps if step.name is name), at)


def called(store: Store, config: Config, at: datetime = CALL, state: StepState = StepState.DONE) -> None:
    collect(errand(config, store, Name.COLLECT, at))
    store.steps.give_up("2021-12", "collect", state, "", planned_at=CALL, at=at)


def mails(store: Store) -> dict[str, tuple[str, str]]:
    found = {}
    while handed := store.notices.hand_over(Worker.here(), at=DRAFT):
        found[handed.notice.address] = handed.notice.subject, handed.notice.text
        store.notices.settle(handed, Receipt(handed.delivery, Answer.ACCEPTED), at=DRAFT)
    return found


def test_a_reminder_goes_to_who_has_not_answered_once(tmp_path: Path, store: Store) -> None:
    config = town(tmp_path, Source(path="lea.csv", contact=LEA))
    put(tmp_path, "lea.csv", SINCE)
    called(store, config)
    assert set(mails(store)) == {"lea@asso.example", ZOE}
    for _ in range(2):  # a crash before it was written down that it is done
        outcome = remind(errand(config, store, Name.REMIND, REMINDER))
    assert outcome == Outcome(StepState.DONE, "rappel envoyé, adresses : 1")
    ((address, (subject, text)),) = mails(store).items()
    assert (address, subject) == (ZOE, "Rappel\u00a0: vos annonces pour la lettre de décembre 2021")
    said = " ".join(text.replace("\u00a0", " ").split())
    assert "avant le mardi 23 novembre à 9 h" in said
    assert "Si vous avez déjà répondu, merci, et ne tenez pas compte de ce message." in said
    assert "https://lettre.ville.example/modeles/event.xlsx" in said
    assert remind(errand(config, store, Name.REMIND, REMINDER)).detail == "rappel envoyé, adresses : 1"
    assert mails(store) == {}


def test_nobody_is_reminded_who_was_only_just_asked(tmp_path: Path, store: Store) -> None:
    config = town(tmp_path)
    called(store, config, REMINDER - timedelta(minutes=1))
    mails(store)
    assert remind(errand(config, store, Name.REMIND, REMINDER)).detail == "l’appel vient de partir : pas de rappel"
    early = town(tmp_path, remind="J-13 09:00")
    assert remind(errand(early, store, Name.REMIND, CALL - timedelta(days=1))).state is StepState.DONE
    assert mails(store) == {}


def test_when_the_call_was_missed_the_reminder_is_one_for_all(tmp_path: Path, store: Store) -> None:
    config = town(tmp_path)
    store.steps.give_up("2021-12", "collect", StepState.SKIPPED, "", planned_at=CALL, at=REMINDER)
    remind(errand(config, store, Name.REMIND, REMINDER))
    assert set(mails(store)) == {"lea@asso.example", ZOE}


def test_when_all_have_answered_or_there_is_nobody_to_ask_nothing_is_sent(tmp_path: Path, store: Store) -> None:
    put(tmp_path, "tous.csv", SINCE)
    config = town(tmp_path, Source(path="tous.csv", contact=LEA), collect=(LEA,))
    assert remind(errand(config, store, Name.REMIND, REMINDER)).detail == "tout le monde a répondu"
    for ask in (collect, remind):
        assert ask(errand(town(tmp_path, collect=()), store, Name.REMIND, REMINDER)).detail == "people.collect est vide"
    assert mails(store) == {}
