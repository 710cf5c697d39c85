"""What came of an input, looked at: nothing raised but a refusal, nothing slow, no row lost, no message is empty."""

import re
import resource
import signal
import subprocess
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import FrameType, TracebackType
from typing import Any
from unittest.mock import patch

from benchmarks.fuzz.inputs import Input
from benchmarks.fuzz.nursery import Nursery
from newsletter import audience, catalogue, loaders
from newsletter.config import ASSOCIATIONS, PUBLIC, Town
from newsletter.errors import SourceUnreadable
from newsletter.loaders import giveback
from newsletter.model import Catalogue, Item, Problem, Table

AS_OF = datetime(2021, 11, 25, 9, tzinfo=Town().zone)
AUDIENCES = {"public": PUBLIC, "associations": ASSOCIATIONS}
SECONDS = 5.0
MEMORY = 2 * 2**30
SHOWN = 3_000
ENGLISH = re.compile(r"Traceback|Error\b|Exception|<class|object at 0x|\bNone\b|\bnan\b|\{\w*\}")
WORD = re.compile(r"[a-zà-ÿ]{2}")


class Hang(BaseException):
    """More than its seconds of work. Not an Exception, so that nobody on the way catches it."""


@dataclass
class Outcome:
    """What an input came to. `answer`: refused, read or people; `faults`: empty when all is well."""

    answer: str = "read"
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0
    rows: int = 0


class _Watched:
    """Whatever is raised inside, kept as a fault."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def __enter__(self) -> None:
        signal.signal(signal.SIGPROF, _hang)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        signal.setitimer(signal.ITIMER_PROF, 0)
        if error is None or isinstance(error, KeyboardInterrupt | SystemExit):
            return False
        self.outcome.faults.append("".join(traceback.format_exception(kind, error, at))[-SHOWN:])
        return True


def _hang(signum: int, frame: FrameType | None) -> None:
    raise Hang


class Judge:
    """Reads inputs one after the other; children start from a nursery."""

    def __init__(self) -> None:
        self.nursery = Nursery()

    def look(self, given: Input) -> Outcome:
        """What it comes to."""
        outcome = Outcome()
        self.nursery.forget()
        started = time.process_time()
        with self.hosting(), _Watched(outcome):
            _read(given, outcome)
        outcome.seconds = time.process_time() - started + self.nursery.cpu
        if outcome.seconds > SECONDS:
            outcome.faults.append(f"{outcome.seconds:.1f} s")
        if (
            "Traceback" in self.nursery.said
        ):  # of what it can't help: the readers' own warnings, a panic that was caught
            outcome.faults.append(f"a child said: {self.nursery.said[-SHOWN:]}")
        return outcome

    @contextmanager
    def hosting(self) -> Iterator[None]:
        """Children started in here are forked from the nursery's."""
        with patch.object(subprocess, "run", self.nursery.run):
            yield

    def close(self) -> None:
        """No child left."""
        self.nursery.close()


@contextmanager
def limited() -> Iterator[None]:
    """This process has 2 GB and no more: an input that asks for all of the memory is a fault, not a crash."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _read(given: Input, outcome: Outcome) -> None:
    try:
        load = loaders.read(given.document, given.source, as_of=AS_OF, vocabulary=given.vocabulary)
    except SourceUnreadable as error:
        outcome.answer = "refused"
        outcome.faults += _unclear(str(error), given.document.name)
        return
    outcome.faults += _lost(load.tables)
    if not load.tables and not load.problems:
        outcome.faults.append("nothing read, and nothing said")
    problems: Sequence[Problem] = load.problems
    if given.vocabulary == "subscribers":
        outcome.answer = "people"
        problems = [*problems, *audience.read(load.tables, audiences=AUDIENCES, as_of=AS_OF)[1]]
    else:
        built = catalogue.build([(table, given.source) for table in load.tables], as_of=AS_OF, audiences=AUDIENCES)
        outcome.rows = sum(table.rows for table in load.tables)
        outcome.faults += [*uncounted(load.tables, built), *_unwritable(built.items)]
        problems = [*problems, *built.problems]
    if given.given_back and giveback.takes(given.document):
        outcome.faults += _copied(given, problems)
    for problem in problems:
        outcome.faults += _unclear(str(replace(problem, found="…")), given.document.name)
        outcome.faults += _unprintable(problem.found or "")
        outcome.faults += [] if WORD.search(problem.wanted) else [f"says nothing: {problem!r}"]


def _copied(given: Input, problems: Sequence[Problem]) -> Iterator[str]:
    """The workbook given back, or a refusal."""
    try:
        name, copy = giveback.annotate(given.document, problems)
    except SourceUnreadable as error:
        yield from _unclear(str(error), given.document.name)
    else:
        if not name.endswith(".xlsx") or not copy.startswith(b"PK"):
            yield f"a copy that is no workbook: {name!r}"


def _lost(tables: Iterable[Table]) -> Iterator[str]:
    """Each row is once in its table: in the frame, or skipped with a reason."""
    for table in tables:
        numbers = [*map(int, table.frame.index), *(skip.row for skip in table.skipped)]
        twice = [number for number, times in Counter(numbers).items() if times > 1]
        if twice or len(numbers) != table.rows:
            yield f"rows {table.rows} of {table.sheet!r}, told {len(numbers)}, twice {twice[:5]}"
        if not all(skip.reason for skip in table.skipped):
            yield "a skip without a reason"


def uncounted(tables: Iterable[Table], built: Catalogue) -> Iterator[str]:
    """rows = items + merged + refused + skipped, and each row refused is an error someone can mend."""
    for table, count in zip(tables, built.sources, strict=True):
        told = count.items + count.merged + count.refused + len(count.skipped)
        if count.rows != told or min(count.items, count.merged, count.refused) < 0:
            yield f"the sum of {count.sheet!r}: {count.rows} rows, {told} told ({count})"
        rows = set(map(int, table.frame.index))
        errors = {(p.origin.row, p.severity) for p in built.problems if p.origin.sheet == table.sheet}
        refused = {row for row, severity in errors if severity == "error" and row in rows}
        if len(list(built.sources)) == 1 and len(refused) != count.refused:
            yield f"{count.refused} rows refused, {len(refused)} with an error"
    if sum(count.items for count in built.sources) != len(built.items):
        yield f"{len(built.items)} items, other sums"


def _unclear(message: str, name: str) -> Iterator[str]:
    """A message is French, tells the file, and can be printed."""
    if name and name not in message:
        yield f"no file name in: {message!r}"
    said = re.sub(r"«[^»]*»", "", message.replace(name, "") if name else message)
    if len(said.strip()) < 10 or not WORD.search(said):
        yield f"says nothing: {message!r}"
    if ENGLISH.search(
        re.sub(r"«.*»", "", message.replace(name, ""), flags=re.DOTALL)
    ):  # what is quoted may hold a quote
        yield f"not for people: {message!r}"
    yield from _unprintable(message)


def _unwritable(items: Iterable[Item]) -> Iterator[str]:
    for item in items:
        texts: tuple[Any, ...] = (
            item.title,
            item.association,
            item.place,
            item.url,
            item.contact,
            item.description,
            item.price,
        )
        for text in (*texts, *item.themes):
            if text is not None:
                yield from _unprintable(text)


def _unprintable(text: str) -> Iterator[str]:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        yield f"can't be written: {text[:200]!r}"
