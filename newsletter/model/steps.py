"""Steps of a month: where each stands.

doing → done | held | waiting     waiting → doing     what comes too late: doing → skipped, and a send → held
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class StepState(StrEnum):
    """Where one step of one edition stands. `waiting`: it failed, and is tried again while there is time."""

    DOING = "doing"
    WAITING = "waiting"
    DONE = "done"
    SKIPPED = "skipped"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class StepNote:
    """What is written down of a step. `free_at`: when it may be taken up (again); None once it is settled."""

    edition: str
    step: str
    state: StepState
    planned_at: datetime
    free_at: datetime | None
    tries: int
    settled_at: datetime | None
    detail: str
