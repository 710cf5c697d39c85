"""Schedule: which steps of the months are due, decided from what is written down and the time; each done once.

    due         a pure function: the timetable, what is known of it, the time → what to take up now, in order
    keep_time   takes it up: claims a step, does it, writes down how it ended

A step whose window is over is not done: it is skipped, a send is held, and somebody is told. A restart, a missed week,
a second process or a clock that jumps change none of that. Never here: what a step does (monthly.py).
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter import timetable
from newsletter.config import Config
from newsletter.errors import NewsletterError
from newsletter.model.steps import StepNote, StepState
from newsletter.store import Claim, Store, Worker
from newsletter.timetable import Name, Step

LOOK_BACK = timedelta(days=110)  # the longest window is J-99 to the send
AGAIN, LONGEST = (
    60.0,
    1800.0,
)  # seconds: the first try after a failure, then twice as long each time, up to half an hour
UNSETTLED = (StepState.DOING, StepState.WAITING)

Clock = Callable[[], datetime]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known: since when somebody watches, what is written down of steps, when editions began to leave."""

    since: datetime
    notes: Mapping[tuple[str, str], StepNote]
    left: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Due:
    """A step to take up. `late`: its window is over, it is not done any more. `until`: the end of the window."""

    step: Step
    until: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class Errand:
    """A step as its doer gets it."""

    config: Config
    store: Store
    step: Step
    at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step ended, and a sentence on it."""

    state: StepState
    detail: str


Doer = Callable[[Errand], Outcome]


@dataclass(frozen=True, slots=True)
class Doers:
    """Who does each step, and who tells of one that came too late."""

    each: Mapping[Name, Doer]
    missed: Doer


def due(steps: Sequence[Step], standing: Standing, at: datetime) -> list[Due]:
    """What may be taken up now, in order. A step waits for those before it in its edition while they have time."""
    sends = {step.edition: step.at for step in steps if step.name is Name.SEND}
    found: list[Due] = []
    blocked: set[str] = set()
    for step in steps:
        note = standing.notes.get((step.edition, step.key))
        window = _window(step, standing.left.get(step.edition), sends.get(step.edition))
        if window is None or _settled(note, window[1], standing.since) or at < window[0] or step.edition in blocked:
            continue
        if note is None and _unplanned(step, standing):
            continue
        if note is not None and note.free_at is not None and note.free_at > at:
            blocked.add(step.edition)
        else:
            found.append(Due(step, window[1], at > window[1]))
    return found


def _settled(note: StepNote | None, until: datetime, since: datetime) -> bool:
    """Done, or given up; or over before anybody watched."""
    return until < since if note is None else note.state not in UNSETTLED


def _unplanned(step: Step, standing: Standing) -> bool:
    """What came after its window is settled, and it is not: it wasn't on the timetable then, and nobody missed it."""
    notes = (note for note in standing.notes.values() if note.edition == step.edition)
    return any(note.planned_at >= step.until and note.state not in UNSETTLED for note in notes)


def _window(step: Step, left: datetime | None, planned: datetime | None) -> tuple[datetime, datetime] | None:
    """A report counts from the real departure. While nothing has left there is nothing to report: None."""
    if step.name is not Name.REPORT:
        return step.at, step.until
    if left is None or planned is None:
        return None
    delay = max(left - planned, timedelta())
    return step.at + delay, step.until + delay


def keep_time(config: Config, store: Store, clock: Clock, doers: Doers, worker: Worker) -> list[StepNote]:
    """Takes up every step that is due, each once; what is written down of them now."""
    store.steps.recover(worker, at=clock())
    taken: list[tuple[str, str]] = []
    while True:
        steps, standing = look(config, store, clock())
        new = (one for one in due(steps, standing, clock()) if (one.step.edition, one.step.key) not in taken)
        one = next(new, None)
        if one is None:
            return [standing.notes[key] for key in taken if key in standing.notes]
        taken.append((one.step.edition, one.step.key))
        at = clock()
        claim = store.steps.claim(one.step.edition, one.step.key, worker, planned_at=one.step.at, at=at)
        if claim:
            doer = doers.missed if one.late else doers.each[one.step.name]
            _carry(Errand(config, store, one.step, at), doer, claim, one.until, clock)


def look(config: Config, store: Store, at: datetime) -> tuple[list[Step], Standing]:
    """The steps up to now that may still matter, and what is known of them."""
    since = store.steps.started(at=at)
    first = min(at, store.steps.newest() or since) - LOOK_BACK
    steps = timetable.between(config.schedule, config.town.zone, first, at)
    editions = {step.edition for step in steps}
    return steps, Standing(since, store.steps.known(editions), store.steps.left(editions))


def _carry(errand: Errand, doer: Doer, claim: Claim, until: datetime, clock: Clock) -> None:
    """What fails for a reason that may pass is tried again, less and less often, until its window is over."""
    step, again = errand.step, None
    try:
        outcome = doer(errand)
    except NewsletterError as fault:
        outcome = Outcome(StepState.WAITING, str(fault))
        left = (until - clock()).total_seconds() + 1
        pause = min(AGAIN * 2.0 ** min(claim.tries - 1, 10), LONGEST)
        again = min(pause, left) if left > 1 else pause
    errand.store.steps.settle(claim, outcome.state, outcome.detail, at=clock(), again=again)
    log.info("step_settled edition=%s step=%s state=%s tries=%d", step.edition, step.key, outcome.state, claim.tries)
