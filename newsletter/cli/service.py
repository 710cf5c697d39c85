"""The commands of who keeps the service: what will happen, what would fail, a copy of all, a unit for systemd."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from newsletter import timetable
from newsletter.cli import answers, words
from newsletter.config import Config
from newsletter.pipeline import examining, installing, safekeeping

MARKS = {"right": "bien     ", "warning": "à voir   ", "wrong": "à réparer"}
File = Annotated[Path, typer.Argument(help="Le fichier de la sauvegarde.", metavar="FILE")]
AsJson = Annotated[bool, typer.Option("--json", help="Répond en JSON.")]


def register(app: typer.Typer) -> None:
    """Adds them."""
    for command in (schedule, doctor, backup, restore, install):
        app.command()(command)


def schedule(context: typer.Context, as_json: AsJson = False) -> None:
    """Ce qui va se passer, et quand : les douze mois qui viennent."""
    config, now = context.obj.config, _now(context.obj.config)
    steps = timetable.between(config.schedule, config.town.zone, now, _next_year(now))
    if as_json:
        words.json(answers.schedule(steps, config.town.zone))
    else:
        words.schedule(steps, config.town.zone)


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Ce qui échouerait le jour de l'envoi : réglages, base, clés, disque, horloge, DNS, relais."""
    config = context.obj.config
    checks = examining.examine(config, _now(config))
    if as_json:
        words.json({"checks": [{"about": one.about, "state": one.state, "message": one.said} for one in checks]})
    else:
        for one in checks:
            words.say(f"{MARKS[one.state]}  {one.about} : {one.said}")
    raise typer.Exit(int(any(one.state == "wrong" for one in checks)))


def backup(context: typer.Context, file: File) -> None:
    """Sauvegarde tout dans un seul fichier, même pendant un envoi. Il est plein d'adresses : gardez-le à l'abri."""
    config = context.obj.config
    size = safekeeping.backup(config, file, _now(config))
    words.say(f"{file} : sauvegarde faite, {size / 1e6:.1f} Mo. Gardez-la à l'abri : elle contient les adresses.")


def restore(context: typer.Context, file: File) -> None:
    """Remet une sauvegarde dans un dossier vide : rien n'en part sans une personne."""
    restored = safekeeping.restore(file, context.obj.path, datetime.now(UTC))
    words.say(f"{restored.folder} : tout est revenu, comme le {restored.made_at.astimezone():%d/%m/%Y à %H:%M}.")
    if not restored.held:
        words.say("Aucun envoi n'était en cours. Ce qui était approuvé est à approuver de nouveau : newsletter status")
        return
    held = words.number(restored.held, "envoi inachevé est retenu", "envois inachevés sont retenus")
    words.say(f"{held}, et ce qui restait à remettre est incertain : newsletter status, puis resolve MOIS --list")
    raise typer.Exit(1)


def install(
    context: typer.Context,
    user: Annotated[str, typer.Option(help="Le compte du service, qui n'a que ce dossier.")] = "newsletter",
    to: Annotated[Path | None, typer.Option(help="Où écrire l'unité ; à côté de config.toml sinon.")] = None,
) -> None:
    """Écrit une unité systemd, et dit comment la mettre en marche. Ne change rien d'autre."""
    config, settings = context.obj.config, context.obj.path.absolute()
    unit = to or config.folder / installing.NAME
    words.say(installing.install(config, settings, unit, user))


def _now(config: Config) -> datetime:
    return datetime.now(config.town.zone)


def _next_year(now: datetime) -> datetime:
    return now.replace(year=now.year + 1, day=min(now.day, 28) if now.month == 2 else now.day)
