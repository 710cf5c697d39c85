"""Steps: a row per step of an edition, so that each is done once, whoever else is at it. A claim in, or none.

    (no row) → doing → done | skipped | held | waiting     waiting → doing

A claim is an INSERT, or an UPDATE that names the row as it was: of two processes one wins. What a dead process left at
`doing` is free again: at once on this machine, when its time is over on another.
Never here: when a step is due, what it does.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, update

from newsletter.model.steps import StepNote, StepState
from newsletter.store.database import Database, insert_new
from newsletter.store.tables import mailings, steps
from newsletter.store.workers import Worker

UNSETTLED = (StepState.DOING, StepState.WAITING)
PATIENCE = timedelta(minutes=15)  # after which a worker of another machine is believed dead
LONGEST = timedelta(hours=1)  # nothing is put off for more
START = "start"
NOTE = [steps.c[name] for name in StepNote.__slots__]


@dataclass(frozen=True, slots=True)
class Claim:
    """A step that is one worker's: the n-th try of it."""

    edition: str
    step: str
    tries: int


class Steps:
    """What was done of each month, and what is being done."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def started(self, *, at: datetime) -> datetime:
        """Since when somebody watches over the steps: written down by the first who asks."""
        first = select(func.min(steps.c.planned_at)).where(steps.c.step == START)
        with self._database.reading() as connection:
            known: datetime | None = connection.scalar(first)
        if known:
            return known
        with self._database.writing() as connection:
            row = {"edition": f"{at:%Y-%m}", "step": START, "state": StepState.DONE, "planned_at": at, "settled_at": at}
            connection.execute(insert_new(connection, steps), {**row, "tries": 0, "detail": ""})
            written: datetime = connection.execute(first).scalar_one()
            return written

    def newest(self) -> datetime | None:
        """When the latest step that was ever taken up was planned."""
        newest = select(func.max(steps.c.planned_at)).where(steps.c.step != START)
        with self._database.reading() as connection:
            latest: datetime | None = connection.scalar(newest)
            return latest

    def known(self, editions: Iterable[str]) -> dict[tuple[str, str], StepNote]:
        """What is written down of these editions' steps, by edition and step."""
        which = select(*NOTE).where(steps.c.edition.in_(set(editions)), steps.c.step != START)
        with self._database.reading() as connection:
            return {(row.edition, row.step): StepNote(*row) for row in connection.execute(which)}

    def held(self) -> list[StepNote]:
        """Sends that wait for a person: nothing of their edition has left."""
        gone = select(mailings.c.month).where(mailings.c.filled_at.is_not(None))
        which = select(*NOTE).where(steps.c.state == StepState.HELD, steps.c.edition.not_in(gone))
        with self._database.reading() as connection:
            return [StepNote(*row) for row in connection.execute(which.order_by(steps.c.edition))]

    def left(self, editions: Iterable[str]) -> dict[str, datetime]:
        """When the first letter of each of these editions began to leave; one that hasn't is not in it."""
        first = select(mailings.c.month, func.min(mailings.c.filled_at)).where(mailings.c.filled_at.is_not(None))
        first = first.where(mailings.c.month.in_(set(editions))).group_by(mailings.c.month)
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(first)}

    def claim(self, edition: str, step: str, worker: Worker, *, planned_at: datetime, at: datetime) -> Claim | None:
        """The step is this worker's, unless it is another's, or settled, or has to wait."""
        mine = {"state": StepState.DOING, "free_at": at + PATIENCE, "carrier": asdict(worker)}
        row = {"edition": edition, "step": step, "planned_at": planned_at, "tries": 1, "detail": ""}
        taking = update(steps).where(_one(edition, step), steps.c.state.in_(UNSETTLED), steps.c.free_at <= at)
        again = taking.values(**mine, tries=steps.c.tries + 1).returning(steps.c.tries)
        with self._database.writing() as connection:
            adding = insert_new(connection, steps).returning(steps.c.tries)
            tries = connection.scalar(adding, {**row, **mine}) or connection.scalar(again)
        return None if tries is None else Claim(edition, step, tries)

    def settle(self, claim: Claim, state: StepState, detail: str, *, at: datetime, again: float | None = None) -> bool:
        """Writes down how it ended, if it is still this claim's. `again`: seconds until the next try (waiting)."""
        mine = _one(claim.edition, claim.step) & (steps.c.tries == claim.tries) & (steps.c.state == StepState.DOING)
        ended = {"settled_at": at, "free_at": None} if again is None else {"free_at": at + timedelta(seconds=again)}
        settling = update(steps).where(mine).values(state=state, detail=detail, carrier=None, **ended)
        with self._database.writing() as connection:
            return connection.execute(settling).rowcount > 0

    def give_up(
        self, edition: str, step: str, state: StepState, detail: str, *, planned_at: datetime, at: datetime
    ) -> None:
        """Settles a step that nobody will do, unless it is settled."""
        ended = {"state": state, "settled_at": at, "free_at": None, "carrier": None, "detail": detail}
        open_ = update(steps).where(_one(edition, step), steps.c.state.in_(UNSETTLED))
        with self._database.writing() as connection:
            row = {"edition": edition, "step": step, "planned_at": planned_at, "tries": 0, **ended}
            if not connection.execute(insert_new(connection, steps), row).rowcount:
                connection.execute(open_.values(**ended))

    def recover(self, worker: Worker, *, at: datetime) -> int:
        """Frees what dead workers were doing, and what waits for a time that only a clock gone wrong had; how many."""
        unsettled = select(steps).where(steps.c.state.in_(UNSETTLED), steps.c.free_at > at)
        with self._database.reading() as connection:
            stuck = [row for row in connection.execute(unsettled).all() if _stuck(row, worker, at)]
        if not stuck:
            return 0
        with self._database.writing() as connection:
            for row in stuck:
                same = _one(row.edition, row.step) & (steps.c.tries == row.tries) & (steps.c.state == row.state)
                connection.execute(update(steps).where(same).values(free_at=at))
        return len(stuck)


def _stuck(row: Row[*tuple[Any, ...]], worker: Worker, at: datetime) -> bool:
    if row.state is StepState.WAITING:
        return bool(row.free_at > at + LONGEST)
    return worker.sees_dead(Worker(**row.carrier), row.free_at, at)


def _one(edition: str, step: str) -> ColumnElement[bool]:
    return (steps.c.edition == edition) & (steps.c.step == step)
