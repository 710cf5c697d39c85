"""Compose: the month's items in, a letter per audience out, kept as the month's draft; and files to look at."""

import html
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from newsletter import checks, composer, delivery, images, timetable, tokens
from newsletter.config import Config
from newsletter.errors import ConfigError, SourceUnreadable
from newsletter.model import Catalogue, EditionState, Field, Finding, Image, Item, Letter, Recipient
from newsletter.model.studio import Arranged, Arrangement, Basis, Facts
from newsletter.pipeline.facts import facts
from newsletter.pipeline.mailing import links, message
from newsletter.pipeline.reading import Advance, load, quietly
from newsletter.pipeline.renamed import SOURCE
from newsletter.pipeline.telling import tell_voided
from newsletter.store import Edition, Store, Voided

FROZEN = (EditionState.APPROVED, EditionState.SCHEDULED, EditionState.SENDING, EditionState.SENT)


@dataclass(frozen=True, slots=True)
class Plan:
    """A month to compose. `as_of` is the planned send time unless given; `reopen` takes an approval back.

    `offline`: feeds are read in their last copies. `by`: who asks. `catalogue`: the sources, when a door has read them.
    `by_itself`: nobody asked, a file was saved: what anybody approved stays, a file that can't be read stops it, and
    checks are left to who looks.
    """

    month: date
    now: datetime
    as_of: datetime | None = None
    reopen: bool = False
    offline: bool = False
    by: str = "la ligne de commande"
    catalogue: Catalogue | None = None
    by_itself: bool = False


@dataclass(frozen=True, slots=True)
class Composition:
    """A month's letters, and what there is to say of them. `kept` False: an approved edition stayed as it was."""

    edition: Edition
    letters: Mapping[str, Letter]
    findings: Mapping[str, tuple[Finding, ...]]
    catalogue: Catalogue
    kept: bool


Each = Callable[[Sequence[tuple[Sequence[Item], str, composer.Issue]]], Sequence[Letter]]


def _one_by_one(issues: Sequence[tuple[Sequence[Item], str, composer.Issue]]) -> list[Letter]:
    return [composer.compose(*issue) for issue in issues]


def compose(
    config: Config, store: Store, plan: Plan, *, progress: Advance = quietly, each: Each = _one_by_one
) -> Composition:
    """Composes the month's letters and keeps them as its draft; an approved edition stays unless `plan.reopen`.

    `each`: makes a letter of each audience's items and Issue, in that order.
    Raises ApprovalRefused when it is leaving; `by_itself`, SourceUnreadable.
    """
    send_at = timetable.send_at(config.schedule, plan.month, config.town.zone)
    month, loaded = name_of(plan.month), plan.catalogue or _load(config, store, plan, progress)
    if plan.by_itself:
        _readable(loaded, store.editions.basis(month))
    arranged = store.arrangements.get(month)
    issues = [
        (loaded.items, name, issue_of(config, store, plan, name, arranged.arrangement)) for name in config.audiences
    ]
    letters = {letter.audience: letter for letter in each(issues)}
    basis = _basis(config, store, plan, loaded.items, arranged)
    _publish(config, loaded.items)
    found: list[Edition] = []

    def stays(known: Edition) -> bool:
        found.append(known)
        return _agreed(known, plan) and not plan.reopen

    edition = store.editions.draft(
        month, letters, rules=_rules(config), send_at=send_at, at=plan.now, basis=basis, stays=stays
    )
    for before in found:
        if before.approvals and edition.version != before.version:
            voided = Voided(month, before.digest, tuple(approval.by for approval in before.approvals))
            tell_voided(config, store, voided, "Elle a été recomposée depuis, et n’est plus la même.", plan.now)
    findings = {} if plan.by_itself else look(config, letters, basis.findings)
    return Composition(edition, letters, findings, loaded, kept=not (_agreed(edition, plan) and not plan.reopen))


def _agreed(before: Edition, plan: Plan) -> bool:
    return before.state in FROZEN or (plan.by_itself and bool(before.approvals))


def _readable(loaded: Catalogue, before: Basis) -> None:
    """Raises SourceUnreadable when a file the last version was made of can't be read: it may be half saved."""
    there = {said.get(SOURCE, "").partition(",")[0].rpartition("/")[2] for said in before.items.values()}
    for problem in loaded.problems:
        if problem.code == "source" and problem.origin.file.rpartition("/")[2] in there:
            raise SourceUnreadable(problem.wanted)


def _load(config: Config, store: Store, plan: Plan, progress: Advance) -> Catalogue:
    as_of, said = plan.as_of or timetable.send_at(config.schedule, plan.month, config.town.zone), store.decisions.all()
    return load(config, as_of=as_of, at=plan.now, offline=plan.offline, decisions=said, progress=progress)


def issue_of(config: Config, store: Store, plan: Plan, name: str, arrangement: Arrangement) -> composer.Issue:
    """What one audience's letter of that month is composed with, beside its items."""
    return composer.Issue(
        month=plan.month,
        send_at=plan.as_of or timetable.send_at(config.schedule, plan.month, config.town.zone),
        town=config.town,
        site_url=config.site.address,
        stanza=config.audiences[name],
        templates=config.templates,
        seen=store.editions.printed(name, name_of(plan.month)),
        logo=_logo(config),
        editorial=arrangement.editorial if arrangement.with_editorial else None,
        arrangement=arrangement,
    )


def said_of(
    config: Config, store: Store, plan: Plan, items: Sequence[Item], arrangement: Arrangement
) -> dict[str, Facts]:
    """What the items of a month's letters say, those that staff hide too."""
    shown = set(arrangement.hidden)
    for name in config.audiences:
        selected = composer.select(items, name, issue_of(config, store, plan, name, arrangement))
        shown |= {one.item.id for _, section in selected.sections for one in section}
    return {item.id: facts(item) for item in items if item.id in shown}


def _basis(config: Config, store: Store, plan: Plan, items: Sequence[Item], arranged: Arranged) -> Basis:
    arrangement, there = arranged.arrangement, {item.id for item in items}
    gone = [id_ for id_ in arrangement.named if id_ not in there]
    titles = store.editions.titles(name_of(plan.month), gone) if gone else {}
    findings = tuple(composer.missing(there, arrangement, titles))
    return Basis(said_of(config, store, plan, items, arrangement), arranged.version, plan.by, findings)


def look(
    config: Config, letters: Mapping[str, Letter], of_edition: Sequence[Finding] = ()
) -> dict[str, tuple[Finding, ...]]:
    """What checks say of each letter; what is to be said of the edition is said once, of the first."""
    found = {
        name: checks.look(letter, site_url=config.site.address, language=config.town.language)
        for name, letter in letters.items()
    }
    for name in list(found)[:1]:
        found[name] += tuple(of_edition)
    return found


def _logo(config: Config) -> Image | None:
    if config.town.logo is None:
        return None
    found = images.look(config.folder / config.town.logo, config.town.name)
    if isinstance(found, Image):
        return found
    raise ConfigError([f"town.logo : {found}"])


def _publish(config: Config, items: Iterable[Item]) -> None:
    """Puts the pictures where the site serves them from."""
    logo = _logo(config)
    for image in [item.image for item in items if item.image] + ([logo] if logo else []):
        images.publish(image, config.var / "images")


def name_of(month: date) -> str:
    """An edition's name: "2021-12"."""
    return f"{month:%Y-%m}"


def _rules(config: Config) -> str:
    """As they stand in config.toml; `both` beside the stanzas, when it is there."""
    stanzas = {name: stanza.model_dump(mode="json") for name, stanza in config.audiences.items()}
    both = {} if config.both is None else {"both": config.both}
    return json.dumps({**stanzas, **both}, ensure_ascii=False, sort_keys=True)


def both(config: Config, store: Store, month: str) -> str | None:
    """The one letter for who reads several, as it was approved; what config.toml says, while nothing is composed."""
    rules = store.editions.rules(month)
    if rules is None:
        return config.both
    said = json.loads(rules).get("both")
    return said if isinstance(said, str) else None


def write(config: Config, composition: Composition, names: Iterable[str], folder: Path) -> None:
    """Writes each letter to look at: `A.html` (with its pictures beside it), `A.txt`, `A.mjml`, `A.eml`."""
    edition = composition.edition
    signer = tokens.Signer(tokens.secrets(config.var, os.environ))
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        letter = composition.letters[name]
        reader = Recipient("exemple", "lecture@exemple.example", links(config, signer, "exemple", edition.month, name))
        page, text = _filled(letter, reader)
        (folder / f"{name}.html").write_text(page.replace(f"{config.site.address}/images/", "images/"), "utf-8")
        (folder / f"{name}.txt").write_text(text, "utf-8")
        (folder / f"{name}.mjml").write_text(letter.mjml, "utf-8")
        (folder / f"{name}.eml").write_bytes(
            delivery.eml(message(config, edition.month, letter, edition.send_at), reader)
        )
    if (config.var / "images").is_dir():
        shutil.copytree(config.var / "images", folder / "images", dirs_exist_ok=True)


def _filled(letter: Letter, reader: Recipient) -> tuple[str, str]:
    page, text = letter.html, letter.text
    for field in Field:
        value = reader.fields.get(field, "")
        page, text = page.replace(field.html, html.escape(value)), text.replace(field.text, value)
    return page, text
