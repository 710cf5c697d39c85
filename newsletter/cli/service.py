"""The commands of who keeps the service: what will happen, what would fail, a copy of all, a unit for systemd."""

from datetime import datetime
from typing import Annotated

import typer

from newsletter import timetable
from newsletter.cli import answers, words
from newsletter.config import Config

AsJson = Annotated[bool, typer.Option("--json", help="Répond en JSON.")]


def register(app: typer.Typer) -> None:
    """Adds them."""
    app.command()(schedule)


def schedule(context: typer.Context, as_json: AsJson = False) -> None:
    """Ce qui va se passer, et quand : les douze mois qui viennent."""
    config, now = context.obj.config, _now(context.obj.config)
    steps = timetable.between(config.schedule, config.town.zone, now, _next_year(now))
    if as_json:
        words.json(answers.schedule(steps, config.town.zone))
    else:
        words.schedule(steps, config.town.zone)


def _now(config: Config) -> datetime:
    return datetime.now(config.town.zone)


def _next_year(now: datetime) -> datetime:
    return now.replace(year=now.year + 1, day=min(now.day, 28) if now.month == 2 else now.day)
