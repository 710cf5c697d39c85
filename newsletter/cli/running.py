"""`run`: the whole service in one process; its log, and its clock, which trials may set.

For trials only, `NEWSLETTER_CLOCK="2026-11-19T08:00 600 2026-11-25T20:30"`: the service believes that it was the first
moment (of the town) at the third (of this machine; its start, unless said), and that time goes 600 times as fast.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

import typer

from newsletter.cli import logs, words
from newsletter.errors import ConfigError
from newsletter.store import Store, ticks

CLOCK, LOG = "NEWSLETTER_CLOCK", "NEWSLETTER_LOG"
LEVELS = ("debug", "info", "warning", "error")
EVERY, LEAST = 30.0, 0.25  # seconds between two looks at the months; of a machine, at least


@dataclass(frozen=True, slots=True)
class Time:
    """What the service goes by: a clock, the kernel's seconds beside it (a trial has none), how often it looks."""

    clock: Callable[[], datetime]
    ticks: Callable[[], float] | None
    every: float


def register(app: typer.Typer) -> None:
    """Adds it."""
    app.command()(run)


def run(context: typer.Context) -> None:
    """Tient tout le service jusqu'à ce qu'on l'arrête : les pages, les courriels, les étapes du mois et les envois."""
    from newsletter import scheduler, web  # half a second of imports that no other command needs
    from newsletter.pipeline.standing import Pulse

    config = context.obj.config
    runs = _time(os.environ.get(CLOCK), config.town.zone)
    logs.open_log(_level(os.environ.get(LOG) or "info"))
    with Store.open(config.store.url, config.folder) as store:
        words.advice.print(f"Les pages sont sur http://{config.site.host}:{config.site.port}/ ; Ctrl+C les arrête.")
        pulse = Pulse()
        watch = scheduler.Watch(config, store, runs.clock, ticks=runs.ticks, pulse=pulse)
        with scheduler.ticking(watch, every=runs.every):
            web.serve(config, store, runs.clock, pulse)


def _level(written: str) -> str:
    if written.lower() not in LEVELS:
        raise ConfigError([f"{LOG} : « {written} » n'est pas connu ; au choix : {', '.join(LEVELS)}"])
    return written


def _time(written: str | None, zone: tzinfo) -> Time:
    """This machine's, unless a trial says otherwise."""
    if not written:
        return Time(lambda: datetime.now(UTC), ticks, EVERY)
    try:
        first, speed, *since = written.split()
        origin = datetime.fromisoformat(first)
        began = datetime.fromisoformat(since[0]).astimezone() if since else datetime.now(UTC)
        fast = float(speed)
        if not 0 < fast <= 1e6:
            raise ValueError(speed)
    except (ValueError, IndexError):
        raise ConfigError(
            [f"{CLOCK} : « {written} » ne se lit pas ; écrivez par exemple 2026-11-19T08:00 600"]
        ) from None
    start = origin if origin.tzinfo else origin.replace(tzinfo=zone)
    words.advice.print(f"{CLOCK} : une heure d'essai, {fast:g} fois plus vite ; jamais pour de vrai.")
    first_utc = start.astimezone(UTC)
    return Time(lambda: first_utc + (datetime.now(UTC) - began) * fast, None, max(EVERY / fast, LEAST))
