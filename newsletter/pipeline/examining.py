"""Examine: what would fail on the day. Settings in; a finding per thing looked at, with what to do about it.

Nothing is changed and no mail leaves. Each look is on its own: what breaks one doesn't hide the others.
"""

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parseaddr
from typing import Literal

from newsletter import domain, timetable, tokens
from newsletter.config import Config
from newsletter.delivery import knocking
from newsletter.domain import Resolver
from newsletter.errors import NewsletterError
from newsletter.pipeline.asking import LEFT_ALONE
from newsletter.store import Store, copying

State = Literal["right", "warning", "wrong"]
LEAST, FEW = 500_000_000, 2_000_000_000  # bytes
BUILT = datetime(2026, 1, 1, tzinfo=UTC)  # no clock is right before this was written
SENDGRID = ("s1", "s2")  # its selectors, unless somebody chose others


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. "wrong" needs a person; "warning" is worth a look."""

    about: str
    state: State
    said: str


Look = Callable[[Config, datetime], Iterator[Check]]


def examine(config: Config, at: datetime, asking: Resolver | None = None) -> list[Check]:
    """Everything, in the order in which it is mended."""
    looks: list[tuple[str, Look]] = [
        ("réglages", _settings), ("base", _database), ("clés", _keys), ("disque", _disk), ("horloge", _clock),
        ("DNS", lambda config, at: _domain(config, asking)), ("transport", _transport),
    ]  # fmt: skip
    found: list[Check] = []
    for about, look in looks:
        try:
            found += look(config, at)
        except (NewsletterError, OSError) as fault:
            found.append(Check(about, "wrong", str(fault)))
    return found


def _settings(config: Config, at: datetime) -> Iterator[Check]:
    for key, value in (("site.url", config.site.url), ("town.sender", config.town.sender)):
        if value is None:
            yield Check("réglages", "wrong", f"{key} : cette clé manque ; rien ne part sans elle")
    if config.site.url and config.site.url.startswith("http://"):
        yield Check("réglages", "warning", "site.url : les liens des lecteurs ne sont pas chiffrés ; mettez https://")
    if not config.people.staff:
        yield Check("réglages", "warning", "people.staff : personne ne recevra les rapports et les alertes")
    asked = {parseaddr(person)[1].casefold() for person in config.people.collect}
    for number, source in enumerate(config.sources, 1):
        if source.contact and parseaddr(source.contact)[1].casefold() not in asked:
            said = f"sources[{number}].contact : cette adresse n’est pas dans people.collect ; elle n’y sert à rien"
            yield Check("réglages", "warning", said)
    steps = timetable.of_month(config.schedule, date(at.year, at.month, 1), config.town.zone)
    call, reminder = (next(step.at for step in steps if step.name is name) for name in timetable.ASKING)
    if reminder < call + LEFT_ALONE:
        said = "schedule.remind : à moins d’un jour de l’appel, le rappel ne part pas ; mettez-le plus tard"
        yield Check("réglages", "warning", said)
    for step in steps:
        if step.at >= step.until:
            key, name = f"schedule.{step.name}", timetable.FRENCH[step.name]
            yield Check("réglages", "wrong", f"{key} : « {name} » ne viendrait qu’après l’envoi, donc jamais")
    yield Check("réglages", "right", "config.toml se lit sans faute")


def _database(config: Config, at: datetime) -> Iterator[Check]:
    with Store.open(config.store.url, config.folder) as store:
        editions = store.editions.all()
        held = [
            f"{edition.month} ({mailing.audience})"
            for edition in editions
            for mailing in store.ledger.mailings(edition.month)
            if mailing.state == "held"
        ]
    if copying.kind(config.store.url) == "sqlite":
        copying.sound(config.folder / config.store.url.removeprefix("sqlite:///"))
    elif shutil.which("pg_dump") is None:
        yield Check("base", "warning", "il manque pg_dump : « newsletter backup » ne marchera pas ici")
    if held:
        yield Check("base", "wrong", f"envois retenus, qui attendent une personne : {', '.join(held)}")
    yield Check("base", "right", f"elle s’ouvre, et elle est saine ({len(editions)} éditions)")


def _keys(config: Config, at: datetime) -> Iterator[Check]:
    tokens.secrets(config.var, os.environ)
    private = [config.var / "secret"]
    if config.delivery.smtp.dkim_key:
        private.append(config.folder / config.delivery.smtp.dkim_key)
    if copying.kind(config.store.url) == "sqlite":
        private.append(config.folder / config.store.url.removeprefix("sqlite:///"))
    for path in private:
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Check("clés", "wrong", f"{path} peut être lu par d’autres comptes ; chmod 600 {path}")
    if not os.access(config.var, os.W_OK | os.X_OK):
        yield Check("clés", "wrong", f"{config.var} : on ne peut pas y écrire ; vérifiez à qui est ce dossier")
    yield Check("clés", "right", "le secret des liens est là")


def _disk(config: Config, at: datetime) -> Iterator[Check]:
    place = next(place for place in (config.var, *config.var.parents) if place.exists())
    free = shutil.disk_usage(place).free
    state: State = "wrong" if free < LEAST else "warning" if free < FEW else "right"
    advice = "" if state == "right" else " ; faites de la place avant l’envoi"
    yield Check("disque", state, f"{free / 1e9:.1f} Go libres pour {place}{advice}")


def _clock(config: Config, at: datetime) -> Iterator[Check]:
    with Store.open(config.store.url, config.folder) as store:
        last = max((approval.at for one in store.editions.all() for approval in one.approvals), default=BUILT)
    if at < max(BUILT, last) - timedelta(minutes=5):
        said = f"cette machine se croit le {at:%d/%m/%Y à %H:%M}, avant ce qu’elle a déjà noté ; mettez-la à l’heure"
        yield Check("horloge", "wrong", said)
    else:
        yield Check("horloge", "right", f"{at.astimezone(config.town.zone):%d/%m/%Y à %H:%M}, à {config.town.timezone}")


def _domain(config: Config, asking: Resolver | None) -> Iterator[Check]:
    if config.town.sender is None:
        return
    smtp, name = config.delivery.smtp, parseaddr(config.town.sender)[1].rpartition("@")[2]
    selectors: tuple[str, ...] = SENDGRID if config.delivery.transport == "sendgrid" else ()
    if config.delivery.transport == "smtp" and smtp.dkim_selector:
        selectors = (smtp.dkim_selector,)
    states: dict[str, State] = {"right": "right", "wrong": "wrong", "unknown": "warning"}
    for record in domain.look(name, selectors, asking or domain.resolver()):
        yield Check("DNS", states[record.state], f"{record.name} : {record.said}")
    if not selectors:
        said = f"DKIM : personne ici ne sait avec quelle clé le relais signe pour {name} ; demandez-le à qui le tient"
        yield Check("DNS", "warning", said)


def _transport(config: Config, at: datetime) -> Iterator[Check]:
    yield Check("transport", "right", knocking.knock(config.delivery, config.folder, os.environ))
