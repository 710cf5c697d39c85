"""The commands about readers: a list in, a list out, what is known of somebody, and their being forgotten."""

import sys
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer

from newsletter import pipeline
from newsletter.cli import answers, people, words
from newsletter.config import Config
from newsletter.store import Store

app = typer.Typer(help="Les abonnés.", no_args_is_help=True)

Address = Annotated[str, typer.Argument(help="Une adresse.")]
AsJson = Annotated[bool, typer.Option("--json", help="Répond en JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Dit ce qui changerait, et ne change rien.")]


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Un tableur ou un CSV.")],
    dry_run: DryRun = False,
) -> None:
    """Ajoute ou met à jour des abonnés, avec la preuve de leur accord."""
    config = context.obj.config
    with _store(config) as store:
        taking = pipeline.take_subscribers(config, store, file, _now(config), dry_run=dry_run)
    people.taken(taking)
    raise typer.Exit(int(any(problem.severity == "error" for problem in taking.problems)))


@app.command()
def export(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="Un .csv ou un .xlsx ; la sortie standard sinon.", metavar="FILE")
    ] = None,
) -> None:
    """Écrit tous les abonnés, avec leur accord, tels que « import » les relit."""
    config = context.obj.config
    with _store(config) as store:
        if file is None:
            out = TextIOWrapper(sys.stdout.buffer, "utf-8", newline="")
            pipeline.print_subscribers(config, store, out)
            out.detach()
        else:
            people.exported(file, pipeline.export_subscribers(config, store, file))


@app.command()
def show(context: typer.Context, address: Address, as_json: AsJson = False) -> None:
    """Tout ce qui est su d'une adresse."""
    with _store(context.obj.config) as store:
        known: dict[str, Any] = answers.subscriber(store, address)
    (words.json if as_json else people.known)(known)


@app.command()
def erase(context: typer.Context, address: Address) -> None:
    """Oublie une adresse : il n'en reste qu'une empreinte, pour qu'aucune liste ne la ramène."""
    config = context.obj.config
    with _store(config) as store:
        people.erased(pipeline.erase_subscriber(store, address, _now(config)))


@app.command()
def retention(context: typer.Context, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Efface ce qui est trop ancien, et demande à qui n'a pas donné signe depuis longtemps s'il veut continuer."""
    config = context.obj.config
    with _store(config) as store:
        kept = pipeline.keep_no_more(config, store, _now(config), dry_run=dry_run)
    (words.json(answers.kept(kept)) if as_json else people.kept(kept))


def _store(config: Config) -> Store:
    return Store.open(config.store.url, config.folder)


def _now(config: Config) -> datetime:
    return datetime.now(config.town.zone)
