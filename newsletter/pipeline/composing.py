"""Compose: the month's items in, a letter per audience out, kept as the month's draft; and files to look at."""

import html
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from newsletter import checks, composer, delivery, images, timetable, tokens
from newsletter.config import Config
from newsletter.errors import ConfigError
from newsletter.model import Catalogue, EditionState, Field, Finding, Image, Item, Letter, Recipient
from newsletter.pipeline.mailing import links, message
from newsletter.pipeline.reading import Advance, load, quietly
from newsletter.store import Edition, Store

FROZEN = (EditionState.APPROVED, EditionState.SCHEDULED, EditionState.SENDING, EditionState.SENT)


@dataclass(frozen=True, slots=True)
class Plan:
    """A month to compose. `as_of` is the planned send time unless given; `reopen` takes an approval back.

    `offline`: feeds are read in their last copies.
    """

    month: date
    now: datetime
    as_of: datetime | None = None
    reopen: bool = False
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Composition:
    """A month's letters, and what there is to say of them. `kept` False: an approved edition stayed as it was."""

    edition: Edition
    letters: Mapping[str, Letter]
    findings: Mapping[str, tuple[Finding, ...]]
    catalogue: Catalogue
    kept: bool


def compose(config: Config, store: Store, plan: Plan, *, progress: Advance = quietly) -> Composition:
    """Composes the month's letters and keeps them as its draft; an approved edition stays unless `plan.reopen`."""
    send_at = timetable.send_at(config.schedule, plan.month, config.town.zone)
    as_of, said = plan.as_of or send_at, store.decisions.all()
    loaded = load(config, as_of=as_of, at=plan.now, offline=plan.offline, decisions=said, progress=progress)
    letters = {name: _letter(config, store, plan, name, loaded.items) for name in config.audiences}
    _publish(config, loaded.items)
    month = name_of(plan.month)
    before = store.editions.get(month)
    kept = before is None or before.state not in FROZEN or plan.reopen
    edition = before
    if edition is None or kept:
        edition = store.editions.draft(month, letters, rules=_rules(config), send_at=send_at, at=plan.now)
    return Composition(edition, letters, look(config, letters), loaded, kept)


def _letter(config: Config, store: Store, plan: Plan, name: str, items: Sequence[Item]) -> Letter:
    issue = composer.Issue(
        month=plan.month,
        send_at=plan.as_of or timetable.send_at(config.schedule, plan.month, config.town.zone),
        town=config.town,
        site_url=config.site.address,
        stanza=config.audiences[name],
        templates=config.templates,
        seen=store.editions.printed(name, name_of(plan.month)),
        logo=_logo(config),
    )
    return composer.compose(items, name, issue)


def look(config: Config, letters: Mapping[str, Letter]) -> dict[str, tuple[Finding, ...]]:
    """What checks say of each letter."""
    return {
        name: checks.look(letter, site_url=config.site.address, language=config.town.language)
        for name, letter in letters.items()
    }


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
