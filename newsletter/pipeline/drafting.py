"""Drafting: sources read and a month composed in a process of their own (apart): for the studio, for the timetable.

    read_apart      the sources as they are now
    draft_apart     a month's letters composed and kept; with `plan.catalogue`, of what was read already
    compose_apart   the same, by the timetable; and files to look at, under var/drafts
    warm            what such a process does while it waits

pandas and premailer are 100 MB the service never holds, and files come from strangers. Never here: a clock.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from newsletter import checks, composer, loaders
from newsletter.apart import Apart, Task, beside
from newsletter.config import Audience, Config, Source
from newsletter.errors import TemplateError
from newsletter.model import Catalogue, Document, Item, Letter
from newsletter.model.decisions import Decisions
from newsletter.pipeline.composing import Composition, Plan, compose, name_of, write
from newsletter.pipeline.reading import Instead, load
from newsletter.store import Store

READING, COMPOSING, DRAFTING = 90.0, 120.0, 600.0  # seconds: somebody waits for the first two
READ = "la lecture des fichiers"
ROW = "Titre;Date;Lieu;Description\nBal (exemple);4 décembre 2021 à 14h30;Salle des fêtes;On danse.\n".encode()
REHEARSED = datetime(2021, 12, 1, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft: letters' subjects, its digest, what was read, what checks say. `kept` False: what is approved stayed."""

    digest: str
    subjects: Mapping[str, str]
    catalogue: Catalogue
    findings: tuple[str, ...]
    kept: bool

    @property
    def errors(self) -> int:
        """How many rows aren't printed."""
        return sum(problem.severity == "error" for problem in self.catalogue.problems)

    @property
    def warnings(self) -> int:
        """How many are, and should be looked at."""
        return len(self.catalogue.problems) - self.errors


def read_apart(
    apart: Apart, config: Config, as_of: datetime, at: datetime, decisions: Decisions, *, instead: Instead | None = None
) -> Catalogue:
    """Every source, feeds in their last copies. Raises Unfinished; of `instead`, SourceUnreadable."""
    what = f"la lecture de {instead.place.name}" if instead else READ
    return apart.do(Task(what, _read, (config, as_of, at, decisions, instead), READING))


def draft_apart(apart: Apart, config: Config, plan: Plan) -> Drafted:
    """Composes and keeps the month's draft. Raises what `compose` raises, and Unfinished."""
    return _drafted(apart, _compose, config, plan, COMPOSING)


def compose_apart(config: Config, month: date, at: datetime) -> Drafted:
    """The month's draft, by the timetable. Raises what `compose` raises, and Unfinished."""
    with Apart() as apart:
        return _drafted(apart, _draft, config, Plan(month, at, by="le programme"), DRAFTING)


def warm(templates: str = "") -> None:
    """A row read and a letter made of it, which nobody sees: all that takes imports its modules the first time.

    `templates`: the folder of the town's, compiled for the letters to come; a broken one is told when it is used.
    """
    from newsletter import catalogue  # as in `reading`: the service doesn't hold it

    config, at = Config(folder=Path("/nowhere"), audiences={"public": Audience(title="La lettre")}), REHEARSED
    source = Source(path="agenda.csv")
    tables = [(table, source) for table in loaders.read(Document(source.path, ROW), source, as_of=at).tables]
    items = catalogue.build(tables, as_of=at, audiences=config.audiences).items
    stanza, site = config.audiences["public"], "https://lettre.example"
    for folder in dict.fromkeys((config.templates, Path(templates or config.templates))):
        issue = composer.Issue(at.date(), at, config.town, site, stanza, folder)
        with suppress(TemplateError):
            checks.look(composer.compose(items, "public", issue), site_url=site, language="fr")


Made = tuple[str, dict[str, str], Catalogue, tuple[str, ...], bool]


def _drafted(apart: Apart, verb: Callable[..., Made], config: Config, plan: Plan, seconds: float) -> Drafted:
    return Drafted(*apart.do(Task(f"la composition de {name_of(plan.month)}", verb, (config, plan), seconds)))


def _read(config: Config, as_of: datetime, at: datetime, decisions: Decisions, instead: Instead | None) -> Catalogue:
    return load(config, as_of=as_of, at=at, offline=True, decisions=decisions, instead=instead)


def _compose(config: Config, plan: Plan) -> Made:
    with Store.open(config.store.url, config.folder) as store:
        return _made(compose(config, store, plan, each=_beside))


def _beside(issues: Sequence[tuple[Sequence[Item], str, composer.Issue]]) -> list[Letter]:
    """The letters of all audiences, each in a process of its own."""
    return beside("la composition d’une lettre", composer.compose, issues)


def _draft(config: Config, plan: Plan) -> Made:
    with Store.open(config.store.url, config.folder) as store:
        made = compose(config, store, plan, each=_beside)
    write(config, made, made.letters, config.var / "drafts" / name_of(plan.month))
    return _made(made)


def _made(made: Composition) -> Made:
    subjects = {name: letter.subject for name, letter in made.letters.items()}
    findings = tuple(f"{name} : {one.message}" for name, found in made.findings.items() for one in found)
    return made.edition.digest, subjects, made.catalogue, findings, made.kept
