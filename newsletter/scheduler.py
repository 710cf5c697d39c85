"""The scheduler: every 30 seconds, what is due of the months, and copies that may leave. One process of all leads.

Every ten minutes the mailbox of what comes back is read, where there is one; once a day, what is too old goes.
APScheduler only ticks: late ticks are one, none is dropped, two never run at once. It keeps no state of ours.
`ticking` stops within what is under way: two windows of a mailing end and are settled, the rest stays queued.
Never here: when something is due (pipeline).
"""

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from threading import Event

from apscheduler.schedulers.background import BackgroundScheduler

from newsletter import pipeline
from newsletter.config import Config
from newsletter.domain import Resolver
from newsletter.errors import NewsletterError
from newsletter.pipeline import monthly, scheduling, studio
from newsletter.pipeline.standing import Pulse
from newsletter.store import Store, Worker, ticks
from newsletter.store.leading import Leader

EVERY = 30.0  # seconds
MAILBOX = timedelta(minutes=10)
REST = 300.0  # seconds without a way out before the next try
Clock = Callable[[], datetime]
Ticks = Callable[[], float]

log = logging.getLogger(__name__)
logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a long mailing skips ticks: that is no news


class Stopped(Exception):
    """Somebody said stop, in the middle of a mailing."""


class Watch:
    """What a tick does."""

    def __init__(
        self,
        config: Config,
        store: Store,
        clock: Clock,
        *,
        ticks: Ticks | None = ticks,
        asking: Resolver | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        self._config = config
        self._store = store
        self._means = monthly.Means(clock, self._go_on, ticks, asking)
        self._leader = Leader(config.store.url, config.folder)
        self._stop = Event()
        self._rests_until = 0.0
        self._read_at: datetime | None = None
        self._swept: date | None = None
        self._pulse = pulse or Pulse()

    def tick(self) -> None:
        """The steps that are due, then every mailing on its way, then what came back, and what is too old."""
        self._alive()
        try:
            self._pulse.leads = not self._stop.is_set() and self._leader.leads()
            if self._pulse.leads:
                self._steps()
                self._deliver()
                self._hear()
                self._sweep()
        except Stopped:
            log.info("tick_stopped")
        except NewsletterError as fault:
            log.warning("tick_failed reason=%s", fault)
        finally:
            self._alive()

    def stop(self) -> None:
        """No tick begins; the one under way ends soon."""
        self._stop.set()

    def close(self) -> None:
        """Another process may lead."""
        self._leader.close()

    def _steps(self) -> None:
        doers = monthly.doers(self._means)
        for note in scheduling.keep_time(self._config, self._store, self._means.clock, doers, Worker.here()):
            log.info("step edition=%s step=%s state=%s", note.edition, note.step, note.state)

    def _deliver(self) -> None:
        if time.monotonic() < self._rests_until:
            return
        try:
            sent = studio.leave_due(self._config, self._store, self._means)
            sent += monthly.deliver_due(self._config, self._store, self._means)
        except NewsletterError as fault:
            self._rests_until = time.monotonic() + REST
            log.warning("delivery_waits reason=%s", fault)
            return
        for one in sent:
            log.info("mailing audience=%s state=%s handed=%d", one.audience, one.state, one.handed)

    def _hear(self) -> None:
        now = self._means.clock()
        if self._config.delivery.mailbox is None or (self._read_at and abs(now - self._read_at) < MAILBOX):
            return
        self._read_at = now
        try:
            pipeline.hear_mailbox(self._config, self._store, now)
        except NewsletterError as fault:
            log.warning("mailbox_unread reason=%s", fault)

    def _sweep(self) -> None:
        now = self._means.clock()
        day = now.astimezone(self._config.town.zone).date()
        if day == self._swept:
            return
        self._swept = day
        try:
            kept = pipeline.keep_no_more(self._config, self._store, now)
        except NewsletterError as fault:
            log.warning("nothing_swept reason=%s", fault)
        else:
            log.info("swept signups=%d notices=%d asked=%d", kept.gone.signups, kept.gone.notices, kept.asked)

    def _alive(self) -> None:
        self._pulse.beat(time.monotonic())
        tell_systemd("WATCHDOG=1")

    def _go_on(self, done: int, total: int) -> None:
        """Between two windows: still alive, and not told to stop."""
        self._alive()
        if self._stop.is_set():
            raise Stopped


@contextmanager
def ticking(watch: Watch, *, every: float = EVERY) -> Iterator[None]:
    """Minds the months until it is left; then ends what is under way."""
    scheduler = BackgroundScheduler(timezone=UTC)
    options = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
    scheduler.add_job(watch.tick, "interval", seconds=every, **options)
    scheduler.start()
    tell_systemd("READY=1")
    try:
        yield
    finally:
        tell_systemd("STOPPING=1")
        watch.stop()
        scheduler.shutdown(wait=True)
        watch.close()


def tell_systemd(word: str) -> None:
    """READY=1, WATCHDOG=1, STOPPING=1: to the socket it names, when it started us."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        try:
            line.sendto(word.encode(), f"\0{address[1:]}" if address.startswith("@") else address)
        except OSError as error:
            log.warning("systemd_deaf reason=%s", error.strerror)
