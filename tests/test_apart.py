"""A task in a process of its own: its value, its faults as a sentence each, and nobody left when it is over."""

import os
import pickle
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from newsletter import apart
from newsletter.apart import Apart, Task
from newsletter.errors import ConfigError, FormRefused, NewsletterError, SourceUnreadable, TemplateError, Unfinished
from newsletter.model import Catalogue, Image, Item, Kind, Occurrence, Origin, Problem, Status
from tests.tasks import (
    broken,
    busy,
    chatty,
    dead,
    endless,
    given,
    greedy,
    limits,
    loaded,
    lying,
    mother,
    number,
    ready,
    refused,
    several,
    warmed,
)

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def alone() -> Iterator[Apart]:
    with Apart() as one:
        yield one


def gone(pid: int, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if "State:\tZ" in Path(f"/proc/{pid}/status").read_text():
            return True
        time.sleep(0.02)
    return False


def test_a_value_comes_back_as_it_was(alone: Apart) -> None:
    moment = datetime(2021, 12, 4, 14, 30, tzinfo=PARIS)
    image = Image(Path("a.png"), "a.png", "Un chat", 10, 10)
    spans = (Occurrence(moment), Occurrence(date(2021, 12, 5)), Occurrence(datetime(2021, 12, 1, tzinfo=UTC)))
    item = Item("a", Kind.EVENT, "Bal", image=image, status=Status.FULL, occurrences=spans)
    catalogue = Catalogue((item,), (Problem(Origin("a.csv", None, 2), "Date", "x", "y"),), ())
    value = {"catalogue": catalogue, "nothing": None, "said": frozenset({"a"}), "list": [1, 2.5, b"x", True]}
    assert alone.do(Task("la lecture", given, (value,))) == value
    assert alone.do(Task("la lecture", chatty)) == "value"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (SourceUnreadable, ("agenda.xlsx : abîmé",)),
        (TemplateError, ("letter.mjml, ligne 3",)),
        (ConfigError, (["town.logo : absent", "site.url : absent"],)),
        (FormRefused, (["une faute"],)),
    ],
)
def test_what_is_raised_there_is_raised_here(alone: Apart, kind: type[NewsletterError], words: tuple[object]) -> None:
    with pytest.raises(kind) as raised:
        alone.do(Task("la lecture", refused, (kind, *words)))
    assert type(raised.value) is kind
    assert str(raised.value) == str(kind(*words))  # type: ignore[arg-type]
    assert getattr(raised.value, "faults", None) == getattr(kind(*words), "faults", None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (Task("la lecture", endless, seconds=1.5), "la lecture a pris plus de 1.5 secondes"),
        (Task("la lecture", greedy), "la lecture demande trop de mémoire"),
        (Task("la lecture", dead), "la lecture s’est arrêtée au milieu (code -11)"),
        (Task("la lecture", broken), "la lecture s’est arrêtée au milieu (KeyError tasks.py"),
        (Task("la lecture", given, (ready,)), "la lecture s’est arrêtée au milieu"),
    ],
    ids=["slow", "large", "killed", "crashed", "no value"],
)
def test_each_fault_is_one_sentence_that_tells_nothing_of_the_files(
    alone: Apart, task: Task[object], said: str
) -> None:
    with pytest.raises(Unfinished) as raised:
        alone.do(task)
    assert str(raised.value).startswith(said)
    assert "@" not in str(raised.value)
    assert alone.do(Task("la suite", given, (1,))) == 1


def test_a_process_that_never_rests_is_ended_by_the_kernel_too(alone: Apart) -> None:
    began = time.monotonic()
    with pytest.raises(Unfinished, match="plus de 1 secondes"):
        alone.do(Task("la lecture", busy, seconds=1))
    assert time.monotonic() - began < 10


class Hostile:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("touch /tmp/nothing-of-the-kind",)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x80",
        b"bonjour",
        pickle.dumps("done"),
        pickle.dumps(("refused", ("os", ["x"]))),
        pickle.dumps(("refused", ("Overtaken", ["x"]))),
        pickle.dumps(("refused", ("NewsletterError.__class__", ["x"]))),
        pickle.dumps(("refused", 5)),
        pickle.dumps(("refused", ("ConfigError", [5]))),
        pickle.dumps(("refused", ("TemplateError", 5))),
        pickle.dumps((["done"], 5)),
        pickle.dumps(("died", "a line\nWARNING another")),
        pickle.dumps(("died", {"x": ["y"] * 5_000})),
        pickle.dumps(("done", Hostile())),
        pickle.dumps(("done", getattr)),
        b"\x80\x04\x8c\x16newsletter.model.items\x94\x8c\x04Path\x94\x93\x94.",
        b"\x80\x04\x8c\x16newsletter.model.items\x94\x8c\x10dataclass.__doc__\x94\x93\x94.",
    ],
)
def test_whatever_it_answers_nothing_is_made_of_it_but_values(
    alone: Apart, answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Unfinished) as told:
        alone.do(Task("la lecture", lying, (answer,)))
    for said in (str(told.value), *caplog.messages):
        assert "\n" not in said
        assert len(said) < 300


def written_into(module: str, name: str, made_of: str = "") -> bytes:
    """An answer that writes into a class, or into the one value a class makes of some words."""
    words = [bytes([len(each)]) + each.encode() for each in (module, name, "_value_", "other", made_of)]
    module_, name_, field, value, given_ = (b"\x8c" + each for each in words)
    what = module_ + name_ + b"\x93" + (given_ + b"\x85R" if made_of else b"")
    state = b"}" + field + value + b"s" if made_of else b"N}" + field + value + b"s\x86"
    return b"\x80\x04\x8c\x04done" + what + state + b"b\x86."


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (Kind, written_into("newsletter.model.items", "Kind")),
        (Kind, written_into("newsletter.model.items", "Kind", "event")),
        (Item, written_into("newsletter.model.items", "Item")),
        (type(Path()), written_into(type(Path()).__module__, "PosixPath")),
        (apart.zone, written_into("newsletter.apart", "zone")),
    ],
)
def test_no_answer_changes_what_the_service_shares(alone: Apart, kind: object, answer: bytes) -> None:
    with pytest.raises(Unfinished):
        alone.do(Task("la lecture", lying, (answer + bytes(apart.STATUS),)))
    assert getattr(kind, "_value_", None) is None
    assert [one.value for one in Kind if one.name.lower() != one.value] == []


def test_one_of_several_that_breaks_answers_for_itself_only(alone: Apart) -> None:
    with pytest.raises(Unfinished, match=r"^la composition d’une lettre s’est arrêtée au milieu"):
        alone.do(Task("la lecture", several))


def test_who_gets_ready_too_late_does_not_answer_the_next_one() -> None:
    with Apart(ready) as one:
        one.do(Task("la lecture", number))
        late = one._stand
        assert late is not None
        os.kill(late.process.pid, signal.SIGSTOP)
        late._socket.settimeout(0.2)
        with pytest.raises(Unfinished):
            one.do(Task("la lecture", number))
        assert one.do(Task("la lecture", given, (5,))) == 5
        assert one._stand is not late
        assert gone(late.process.pid)


def test_where_the_system_has_no_more_to_give_a_sentence_says_so_and_nothing_is_lost() -> None:
    with Apart(ready) as one:
        one.do(Task("la lecture", number))
        before, (most, ceiling) = open_files(), resource.getrlimit(resource.RLIMIT_NOFILE)
        for room in (1, 2, 3):
            used = open_files()
            free = [number for number in range(1000) if number not in used][room]
            resource.setrlimit(resource.RLIMIT_NOFILE, (free, ceiling))
            try:
                with pytest.raises(Unfinished):
                    one.do(Task("la lecture", number))
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, ceiling))
        assert one.do(Task("la lecture", given, (6,))) == 6
        assert len(open_files()) == len(before)


def open_files() -> set[int]:
    named = [int(path.name) for path in Path("/proc/self/fd").iterdir()]
    return {each for each in named if Path(f"/proc/self/fd/{each}").is_symlink()}  # one was of looking


def test_each_task_has_a_process_of_its_own_of_one_that_stands_ready() -> None:
    with Apart(warmed) as one:
        assert one._stand is None, "nobody, before anything was done"
        assert one.do(Task("la lecture", loaded))[0]
        stand = one._stand
        assert stand is not None
        assert stand.stands
        pids = {one.do(Task("la lecture", number)) for _ in range(3)}
        assert len(pids) == 3
        assert one._stand is stand
    assert all(gone(pid) for pid in (*pids, stand.process.pid))


def test_who_stands_ready_goes_when_nothing_is_asked_for_long() -> None:
    with Apart(ready, rest=0.5) as one:
        one.do(Task("la lecture", number))
        stand = one._stand
        assert stand is not None
        assert gone(stand.process.pid)
        assert one._stand is None
        assert one.do(Task("la lecture", given, (2,))) == 2


def test_who_stood_ready_and_died_is_not_waited_for() -> None:
    with Apart(ready) as one:
        one.do(Task("la lecture", number))
        stand = one._stand
        assert stand is not None
        os.kill(stand.process.pid, signal.SIGKILL)
        assert gone(stand.process.pid)
        assert one.do(Task("la lecture", given, (3,))) == 3


def test_what_it_has_started_ends_with_it(alone: Apart) -> None:
    assert gone(alone.do(Task("la lecture", mother)))


def test_it_has_no_more_than_it_needs(alone: Apart, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pickle.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMTP_PASSWORD", "secret")
    assert alone.do(Task("la lecture", limits)) == (apart.MEMORY[0], ())
    assert alone.do(Task("la lecture", loaded))[1] != ""


KILLED = """
import sys
from newsletter.apart import Apart, Task
from tests import tasks
one = Apart(tasks.ready)
one.do(Task("la lecture", tasks.number))
print(one._stand.process.pid, flush=True)
one.do(Task("la lecture", tasks.told_and_endless, (sys.argv[1],)))
"""


def test_nobody_is_left_when_we_are_killed(tmp_path: Path) -> None:
    root, where = Path(__file__).parent.parent, tmp_path / "pid"
    with subprocess.Popen([sys.executable, "-c", KILLED, str(where)], stdout=subprocess.PIPE, cwd=root) as ours:
        assert ours.stdout is not None
        standing = int(ours.stdout.readline())
        while not where.exists() or not where.read_text():
            time.sleep(0.02)
        working = int(where.read_text())
        ours.kill()
        assert gone(standing)
        assert gone(working)
