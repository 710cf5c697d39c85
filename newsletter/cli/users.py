"""The commands about staff accounts: who may come into the studio."""

from datetime import datetime
from typing import Annotated

import typer

from newsletter.cli import words
from newsletter.config import Config
from newsletter.errors import ConfigError
from newsletter.model.studio import ROLES, Role
from newsletter.pipeline import studio
from newsletter.pipeline.entering import COMMAND
from newsletter.store import Newcomer, Store

app = typer.Typer(help="Les comptes du studio.", no_args_is_help=True)
SAID = {
    Role.EDITOR: "prépare les lettres",
    Role.REVIEWER: "relit et commente (bureau)",
    Role.APPROVER: "donne son accord",
    Role.ADMIN: "fait tout, et gère les comptes",
}

Address = Annotated[str, typer.Argument(help="Une adresse.")]


@app.command()
def add(
    context: typer.Context,
    address: Address,
    role: Annotated[str, typer.Option(help=f"{', '.join(ROLES)}.")],
    name: Annotated[str | None, typer.Option(help="Son nom, montré aux autres ; sinon, le début de l’adresse.")] = None,
) -> None:
    """Ouvre un compte, ou change son rôle, et montre le lien par lequel y entrer une première fois."""
    config = context.obj.config
    if role not in list(ROLES):
        raise ConfigError([f"« {role} » n’est pas un rôle ; au choix : {', '.join(ROLES)}"])
    with _store(config) as store:
        account, link = studio.add_user(config, store, Newcomer(address, Role(role), name), COMMAND, _now(config))
    words.say(f"{account.name} ({account.role}) : {SAID[account.role]}. Son lien sert une fois, pendant trois jours :")
    words.say(link)


@app.command("list")
def list_(context: typer.Context) -> None:
    """Qui a un compte, et quel rôle."""
    with _store(context.obj.config) as store:
        accounts = store.accounts.all()
    for account in accounts:
        words.say(f"{account.name} <{account.address}> : {account.role}")
    if not accounts:
        words.say("Aucun compte : newsletter users add ADRESSE --role admin")


@app.command()
def remove(context: typer.Context, address: Address) -> None:
    """Ferme un compte : personne n’y entre plus. Ce qu’il a fait reste au journal, sous son nom."""
    config = context.obj.config
    with _store(config) as store:
        removed = studio.remove_user(store, address, COMMAND, _now(config))
    if not removed:
        raise ConfigError([f"« {address} » n’a pas de compte ; « newsletter users list » les montre"])
    words.say(f"{address} : ce compte est fermé.")


def _store(config: Config) -> Store:
    return Store.open(config.store.url, config.folder)


def _now(config: Config) -> datetime:
    return datetime.now(config.town.zone)
