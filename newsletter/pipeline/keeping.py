"""Keeping no more than is needed: what is too old goes, and who hasn't been heard of for long is asked to say so."""

import os
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter import notices, tokens
from newsletter.config import Config
from newsletter.model import Notice, Subscriber
from newsletter.store import Gone, Limits, Quiet, Store

ASKED = "courriel « Voulez-vous continuer ? »"


@dataclass(frozen=True, slots=True)
class Kept:
    """What retention did, or would do (`done` False): what went, who was asked to go on, who left in silence."""

    gone: Gone
    asked: int
    silent: int
    done: bool


def keep_no_more(config: Config, store: Store, at: datetime, *, dry_run: bool = False) -> Kept:
    """Applies the settings of `[retention]`. `dry_run`: says what it would do, and does nothing. Raises TemplateError.

    Nobody leaves who wasn't asked; nobody is asked before there is a way to write to them.
    """
    stanza = config.retention
    limits = Limits(
        signups=at - timedelta(days=stanza.unconfirmed_days),
        notices=at - timedelta(days=stanza.notices),
        events=at - timedelta(days=stanza.events),
    )
    gone = store.retention.sweep(limits, keep=dry_run)
    silent = _end(store, at - timedelta(days=stanza.renew_within), at, dry_run)
    asked = _ask(config, store, at, dry_run) if stanza.renew_after and _can_write(config) else 0
    return Kept(gone, asked, silent, done=not dry_run)


@dataclass(frozen=True, slots=True)
class Renewal:
    """Somebody is asked whether they go on: since when, and until when (None: they will be soon)."""

    asked_at: datetime | None
    until: datetime | None


def renewal(config: Config, store: Store, number: int, at: datetime) -> Renewal | None:
    """Whether a reader has to say that they go on."""
    stanza, who = config.retention, store.retention.of(number)
    if who is None or not stanza.renew_after:
        return None
    if who.asked_at and who.asked_at > who.sign_at:
        return Renewal(who.asked_at, who.asked_at + timedelta(days=stanza.renew_within))
    return Renewal(None, None) if who.sign_at < _months_before(at, stanza.renew_after) else None


def _can_write(config: Config) -> bool:
    return config.site.url is not None and config.town.sender is not None


def _end(store: Store, before: datetime, at: datetime, dry_run: bool) -> int:
    """Whoever was asked by a mail that was taken, and gave no sign."""
    ended, last = 0, 0
    while page := store.retention.silent(before, after=last):
        reached = store.retention.reached([f"renewal {_about(who)}" for who in page])
        silent = [who for who in page if f"renewal {_about(who)}" in reached]
        ended += len(silent) if dry_run else store.retention.end(silent, at=at)
        last = page[-1].number
    return ended


def _ask(config: Config, store: Store, at: datetime, dry_run: bool) -> int:
    """First the mail, then a line of the history: a crash between them asks nobody twice."""
    asked, last = 0, 0
    before = _months_before(at, config.retention.renew_after)
    writer = _Writer(config, tokens.Signer(tokens.secrets(config.var, os.environ)), at)
    while page := store.retention.due(before, after=last):
        for who in [] if dry_run else page:
            if reader := store.subscribers.get(who.number):
                store.notices.put(writer.ask(who, reader), at=at)
        if not dry_run:
            store.retention.asked(page, at=at, origin=ASKED)
        asked, last = asked + len(page), page[-1].number
    return asked


def _about(who: Quiet) -> str:
    """The same until somebody gives another sign."""
    return f"{who.number} {who.sign_at:%Y-%m-%dT%H:%M:%S}"


@dataclass(frozen=True, slots=True)
class _Writer:
    config: Config
    signer: tokens.Signer
    at: datetime

    def ask(self, who: Quiet, reader: Subscriber) -> Notice:
        """« Voulez-vous continuer ? », with the way to say so."""
        town = self.config.town
        paper = notices.Paper(town, self.config.templates, town.language)
        token = self.signer.sign("preferences", f"s:{who.number}")
        titles = [self.config.audiences[name].title for name in reader.audiences if name in self.config.audiences]
        until = self.at + timedelta(days=self.config.retention.renew_within)
        link = f"{self.config.site.address}/p/{token}/continuer"
        return notices.renewal(
            paper, reader.address, about=_about(who), link=link, letters=titles,
            deadline=until.astimezone(town.zone).date(), first_name=reader.first_name,
        )  # fmt: skip


def _months_before(at: datetime, months: int) -> datetime:
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))
