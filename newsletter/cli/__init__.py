"""The commands. Each parses, calls one verb of `pipeline`, prints one answer, and exits non-zero if a person must look.

Standard output is the answer (JSON with --json); standard error is progress and advice.
Exit: 0 done · 1 this command's own work needs a person · 2 it could not run: a sentence, never a traceback.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import Progress

from newsletter import config as settings
from newsletter import pipeline
from newsletter.cli import answers, previewing, running, service, subscribers, users, words
from newsletter.errors import ApprovalRefused, ConfigError, NewsletterError
from newsletter.model.decisions import Word
from newsletter.store import Store, ticks

app = typer.Typer(
    help="Compose, faire approuver et envoyer les lettres du mois.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(subscribers.app, name="subscribers")
app.add_typer(users.app, name="users")
service.register(app)
running.register(app)
previewing.register(app)

Month = Annotated[str, typer.Argument(help="Le mois, par exemple 2021-12.")]
AsJson = Annotated[bool, typer.Option("--json", help="Répond en JSON.")]
AsOf = Annotated[str | None, typer.Option(help="Fait comme si on était ce jour-là, par exemple 2021-12-01T09:00.")]
OneId = Annotated[str, typer.Argument(help="Un identifiant montré par « check ».", metavar="ID")]
By = Annotated[str, typer.Option(help="Qui le dit.")]
Offline = Annotated[bool, typer.Option(help="Ne télécharge rien : les flux sont lus dans leur dernière copie.")]
OneAudience = Annotated[str | None, typer.Option("--audience", help="Une seule audience.")]


@dataclass(frozen=True, slots=True)
class House:
    """What a command works with: where the settings are, read once they are needed."""

    path: Path

    @property
    def config(self) -> settings.Config:
        """The settings. Raises ConfigError."""
        return settings.load(self.path)


@app.callback()
def _options(
    context: typer.Context,
    config: Annotated[Path, typer.Option(help="Le fichier de configuration.")] = Path("config.toml"),
) -> None:
    context.obj = House(config)


def main() -> None:
    """Runs a command; what stops it is a sentence on standard error."""
    try:
        app()
    except ApprovalRefused as error:
        _stop(error, 1)
    except NewsletterError as error:
        _stop(error, 2)
    except KeyboardInterrupt:
        _stop("interrompu ; ce qui était fait est gardé", 130)


def _stop(sentence: object, status: int) -> None:
    words.advice.print(str(sentence))
    sys.exit(status)


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Le dossier à préparer.", metavar="DIR")]) -> None:
    """Prépare un dossier de travail : config.toml, modèles de lettres, mois d'exemple."""
    pipeline.init(folder)
    words.say(
        f"{folder} est prêt. Ouvrez {folder / 'config.toml'}, puis : newsletter --config {folder / 'config.toml'} check"
    )


@app.command()
def check(
    context: typer.Context,
    as_json: AsJson = False,
    as_of: AsOf = None,
    offline: Offline = False,
    annotate: Annotated[
        Path | None, typer.Option(help="Rend une copie des tableurs, chaque cellule à corriger marquée.", metavar="DIR")
    ] = None,
) -> None:
    """Lit les sources : les éléments trouvés et ce qui ne va pas."""
    config = context.obj.config
    now = _moment(as_of, config) or _now(config)
    with _progress("Lecture des sources") as advance:
        said = pipeline.decisions(config)
        catalogue = pipeline.load(config, as_of=now, at=_now(config), offline=offline, decisions=said, progress=advance)
    if as_json:
        words.json(answers.check(catalogue, config.site.address))
    else:
        words.check(catalogue)
    for line in pipeline.annotate(config, catalogue, annotate, _now(config)) if annotate else ():
        words.advice.print(line)
    raise typer.Exit(int(any(problem.severity == "error" for problem in catalogue.problems)))


@app.command()
def model(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="event, call, training, meeting, exchange ou news.", metavar="KIND")],
    file: Annotated[Path, typer.Argument(help="Le classeur à écrire, en .xlsx.", metavar="FILE.xlsx")],
) -> None:
    """Écrit un classeur vide à remplir, pour le service ou les associations."""
    pipeline.write_model(context.obj.config, kind, file)
    words.say(f'{file} est prêt : remplissez-le, puis ajoutez-le aux sources de config.toml (path, kind = "{kind}")')


@app.command()
def same(context: typer.Context, left: OneId, right: OneId, by: By = "la ligne de commande") -> None:
    """Dit que deux lignes qui se ressemblent sont la même chose : elles n'en font plus qu'une."""
    _decide(context, (left, right), "same", by)


@app.command()
def different(context: typer.Context, left: OneId, right: OneId, by: By = "la ligne de commande") -> None:
    """Dit que deux lignes qui se ressemblent sont deux choses : elles restent deux."""
    _decide(context, (left, right), "different", by)


def _decide(context: typer.Context, ids: tuple[str, str], word: Word, by: str) -> None:
    config = context.obj.config
    with _store(config) as store:
        pipeline.decide(store, ids, word, by, _now(config))
    words.decided(ids, word)


@app.command()
def compose(
    context: typer.Context,
    month: Month,
    audience: OneAudience = None,
    out: Annotated[Path | None, typer.Option(help="Où écrire ; var/drafts/MOIS sinon.", metavar="DIR")] = None,
    as_of: AsOf = None,
    reopen: Annotated[bool, typer.Option(help="Rouvre une édition approuvée : son accord ne vaut plus.")] = False,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Compose les lettres du mois et les écrit : HTML, texte, MJML et courriel d'exemple."""
    config, day = context.obj.config, _month(month)
    names = _audiences(config, audience)
    with _store(config) as store, _progress("Composition") as advance:
        plan = pipeline.Plan(day, _now(config), _moment(as_of, config), reopen=reopen, offline=offline)
        composition = pipeline.compose(config, store, plan, progress=advance)
    folder = out or config.var / "drafts" / month
    pipeline.write(config, composition, names, folder)
    if as_json:
        words.json(answers.compose(composition, names))
    else:
        words.compose(composition, names, folder, config.town.zone)


@app.command()
def approve(
    context: typer.Context,
    month: Month,
    by: Annotated[str, typer.Option(help="Qui approuve.")],
    digest: Annotated[str | None, typer.Option(help="L'empreinte vue ; refuse s'il y en a une autre.")] = None,
) -> None:
    """Approuve les lettres composées en dernier : ce sont elles, octet pour octet, qui partiront."""
    config, day = context.obj.config, _month(month)
    with _store(config) as store:
        edition = pipeline.approve(config, store, day, pipeline.Approval(by, digest, _now(config)))
    by = ", ".join(approval.by for approval in edition.approvals) or by
    words.approved(edition, by, config.schedule.approvals)


@app.command()
def send(
    context: typer.Context,
    month: Month,
    audience: OneAudience = None,
    to: Annotated[
        str | None, typer.Option(help="Envoie un exemplaire d'essai à cette adresse.", metavar="ADDRESS")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Compte sans rien remettre.")] = False,
) -> None:
    """Envoie maintenant une édition approuvée : un exemplaire par abonné."""
    config, day = context.obj.config, _month(month)
    names = _audiences(config, audience)
    with _store(config) as store:
        if to is not None:
            return words.tried(pipeline.send_test(config, store, pipeline.Order(day, names, to), _now(config)))
        if dry_run:
            return words.dry_run(month, pipeline.dry_run(config, store, pipeline.Order(day, names), _now(config)))
        with _progress("Envoi") as advance:
            order = pipeline.Order(day, names)
            sent = pipeline.send(config, store, order, _clock, progress=advance, ticks=ticks)
    words.send(month, sent)
    raise typer.Exit(int(any(mailing.needs_a_person for mailing in sent)))


@app.command()
def pause(context: typer.Context, month: Month) -> None:
    """Suspend l'envoi d'un mois."""
    _order(context, month, pipeline.pause)


@app.command()
def resume(context: typer.Context, month: Month) -> None:
    """Reprend un envoi suspendu ou retenu."""
    _order(context, month, pipeline.resume)


@app.command()
def cancel(context: typer.Context, month: Month) -> None:
    """Annule ce qui n'est pas encore parti."""
    _order(context, month, pipeline.cancel)


def _order(context: typer.Context, month: str, verb: pipeline.Verb) -> None:
    config, day = context.obj.config, _month(month)
    with _store(config) as store:
        changed = verb(store, day, _now(config))
        words.status(answers.status(store, month)["editions"])
    if not changed:
        _stop(f"rien à changer : aucun envoi de {month} n'est dans cet état", 1)


@app.command()
def resolve(
    context: typer.Context,
    month: Month,
    listed: Annotated[bool, typer.Option("--list", help="Montre qui est incertain.")] = False,
    resend: Annotated[bool, typer.Option(help="Les remet en attente : « send » les enverra à nouveau.")] = False,
    drop: Annotated[bool, typer.Option(help="Les abandonne.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tranche ce qui est incertain : remis, mais la réponse n'a jamais été vue."""
    config, day = context.obj.config, _month(month)
    if [listed, resend, drop].count(True) != 1:
        raise ConfigError(["choisissez --list, --resend ou --drop"])
    with _store(config) as store:
        if listed:
            return (words.json if as_json else words.uncertain)(answers.uncertain(store, month))
        how: Literal["resend", "drop"] = "resend" if resend else "drop"
        resolved = pipeline.resolve(store, day, how, _now(config))
    return words.resolved(month, how, resolved)


@app.command()
def status(
    context: typer.Context,
    month: Annotated[str | None, typer.Argument(help="Un mois ; tous sinon.")] = None,
    as_json: AsJson = False,
) -> None:
    """Où en est chaque édition, et chaque envoi."""
    with _store(context.obj.config) as store:
        stands = answers.status(store, None if month is None else pipeline.name_of(_month(month)))
    if as_json:
        words.json(stands)
    else:
        words.status(stands["editions"])
        words.held(stands["held"])


@app.command()
def hear(
    context: typer.Context,
    mailbox: Annotated[bool, typer.Option("--mailbox", help="Lit une fois la boîte des retours.")] = False,
) -> None:
    """Entend ce qui revient : un courriel donné sur l'entrée standard, ou la boîte des retours."""
    if mailbox:
        config = context.obj.config
        with _store(config) as store:
            return words.collected(pipeline.hear_mailbox(config, store, _now(config)))
    mail = _mail_given()
    try:
        config = context.obj.config
        with _store(config) as store:
            return words.heard(pipeline.hear(config, store, mail, _now(config)))
    except NewsletterError as error:
        _stop(error, os.EX_TEMPFAIL)  # a mail server that pipes a mail here tries it again later, and loses none


def _mail_given() -> bytes:
    """The mail of a pipe, all of it read, whatever its length: who writes it is not cut off."""
    if sys.stdin.isatty():
        raise ConfigError(["donnez un courriel sur l'entrée standard, ou --mailbox pour lire la boîte des retours"])
    mail = sys.stdin.buffer.read(pipeline.MAIL_MAX)
    while sys.stdin.buffer.read(1 << 16):
        pass
    return mail


def _store(config: settings.Config) -> Store:
    return Store.open(config.store.url, config.folder)


def _now(config: settings.Config) -> datetime:
    return datetime.now(config.town.zone)


def _clock() -> datetime:
    return datetime.now(UTC)


def _month(written: str) -> date:
    try:
        return date.fromisoformat(f"{written}-01")
    except ValueError:
        raise ConfigError([f"« {written} » n'est pas un mois ; écrivez par exemple 2021-12"]) from None


def _moment(written: str | None, config: settings.Config) -> datetime | None:
    if written is None:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise ConfigError([f"« {written} » n'est pas une date ; écrivez 2021-12-01 ou 2021-12-01T09:00"]) from None
    return moment.astimezone(config.town.zone) if moment.tzinfo else moment.replace(tzinfo=config.town.zone)


def _audiences(config: settings.Config, one: str | None) -> tuple[str, ...]:
    if one is not None and one not in config.audiences:
        raise ConfigError([f"« {one} » n'est pas une audience ; au choix : {', '.join(config.audiences)}"])
    return tuple(config.audiences) if one is None else (one,)


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error where somebody looks, nothing in a pipe."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, total: None
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
