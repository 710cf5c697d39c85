"""The shelf: the sources as they were read last, kept as long as no file of theirs changed. In memory, one month's.

They are read, and months composed of them, in processes of their own (pipeline.drafting): never here. Feeds are read in
their last copies. Several pages that ask at once wait for one reading.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from threading import Lock

from newsletter import timetable
from newsletter.apart import Apart
from newsletter.config import Config
from newsletter.model import Catalogue
from newsletter.pipeline import Plan, drafting
from newsletter.pipeline.drafting import Drafted
from newsletter.pipeline.reading import Instead
from newsletter.store import Store
from newsletter.web.watch import seen

Mark = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    mark: Mark
    catalogue: Catalogue


class Shelf:
    """What the sources say now."""

    def __init__(self, config: Config, store: Store, apart: Apart) -> None:
        self._config = config
        self._store = store
        self._apart = apart
        self._lock = Lock()
        self._read: _Read | None = None
        self._beside: _Read | None = None

    def catalogue(self, month: date, at: datetime) -> Catalogue:
        """Items and problems of every source, read for that month's edition. Raises Unfinished."""
        with self._lock:
            mark = self._mark(month)
            if self._read is None or self._read.mark != mark:
                as_of = timetable.send_at(self._config.schedule, month, self._config.town.zone)
                said = self._store.decisions.all()
                self._read = _Read(mark, drafting.read_apart(self._apart, self._config, as_of, at, said))
            return self._read.catalogue

    def beside(self, month: date, at: datetime, instead: Instead) -> Catalogue:
        """The same, were that file where it would be. Raises SourceUnreadable when it can't be; Unfinished."""
        mark = (*self._mark(month), instead)
        read = self._beside
        if read is None or read.mark != mark:
            as_of = timetable.send_at(self._config.schedule, month, self._config.town.zone)
            said = self._store.decisions.all()
            found = drafting.read_apart(self._apart, self._config, as_of, at, said, instead=instead)
            self._beside = read = _Read(mark, found)
        return read.catalogue

    def compose(self, plan: Plan) -> Drafted:
        """Composes the month of what is here (unless feeds are fetched), or of what sources say now: that is here then.

        Raises what composing raises, and Unfinished.
        """
        mark, read = self._mark(plan.month), self._read
        if plan.offline and read is not None and read.mark == mark:
            plan = replace(plan, catalogue=read.catalogue)
        made = drafting.draft_apart(self._apart, self._config, plan)
        with self._lock:
            self._read = _Read(mark, made.catalogue)
        return made

    def forget(self) -> None:
        """The next page reads the sources again."""
        with self._lock:
            self._read = None

    def _mark(self, month: date) -> Mark:
        return (month, self._store.decisions.all(), *seen(self._config))
