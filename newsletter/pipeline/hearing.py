"""Hear: what comes back of letters, and of notices, in; kept and acted upon when this returns. Nothing is heard twice.

hear           one mail, from a pipe or a mailbox: a bounce, a complaint, a wish to leave
hear_mailbox   the mailbox they come back to, by IMAP
hear_post      a request of SendGrid's, which it signed
refusals       what a relay refused at once, beside the ledger
"""

import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from newsletter import delivery, feedback, tokens
from newsletter.config import Config
from newsletter.delivery import address
from newsletter.errors import ConfigError
from newsletter.model import Event, Receipt
from newsletter.pipeline.mailing import domain
from newsletter.store import Heard, Store
from newsletter.store.notices import NOTICE

NO_KEY = "delivery.sendgrid.webhook_key : cette clé manque ; aucun évènement de SendGrid n’est cru sans elle"
NO_MAILBOX = "delivery.mailbox : cette table manque ; écrivez où sont lus les retours"
LOCKED = "delivery.mailbox.user : son mot de passe manque ; mettez-le dans la variable IMAP_PASSWORD"

MAIL_MAX = feedback.SIZE_MAX

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Post:
    """A request of SendGrid's, as it came."""

    body: bytes
    signature: str
    timestamp: str


@dataclass(frozen=True, slots=True)
class Collected:
    """What a visit of the mailbox brought: how many mails were looked at, and what those of ours said."""

    looked: int
    understood: int
    heard: Heard


def hear(config: Config, store: Store, mail: bytes, at: datetime) -> Heard:
    """What one mail says of our copies; nothing when it is about none of them."""
    event = feedback.read(mail, _ours(config), at=at)
    return _kept(config, store, [event] if event else [], at)


def hear_mailbox(config: Config, store: Store, at: datetime) -> Collected:
    """What each unread mail of the mailbox says. Those of ours are marked, or moved, once kept; the others stay.

    Raises ConfigError when there is none, TransportError when it can't be read.
    """
    box, ours, heard = _mailbox(config), _ours(config), Heard()

    def take(mail: bytes) -> bool:
        nonlocal heard
        event = feedback.read(mail, ours, at=at)
        said = _kept(config, store, [event] if event else [], at)
        heard += said
        return bool(said.new or said.known)

    visit = feedback.collect(box, take)
    log.info("mailbox_read looked=%d understood=%d", visit.looked, visit.understood)
    return Collected(visit.looked, visit.understood, heard)


def hear_post(config: Config, store: Store, post: Post, at: datetime) -> Heard:
    """What SendGrid says. Raises TokenRefused when it isn't SendGrid, ConfigError when no key proves it."""
    key = config.delivery.sendgrid.webhook_key
    if not key:
        raise ConfigError([NO_KEY])
    return _kept(config, store, feedback.hear(post.body, post.signature, post.timestamp, key, at=at), at)


def refusals(config: Config, store: Store, receipts: Sequence[Receipt], at: datetime) -> Heard:
    """Counts those a relay refused because there is no such mailbox: as a bounce does, and no more than it."""
    events = (feedback.refusal(receipt, at=at) for receipt in receipts)
    return _kept(config, store, [event for event in events if event], at)


def _kept(config: Config, store: Store, events: Sequence[Event], at: datetime) -> Heard:
    if not events:
        return Heard()
    notices = [event for event in events if event.delivery.startswith(NOTICE)]
    heard = store.events.record(
        [event for event in events if event not in notices], at=at, bounces=config.delivery.bounces
    )
    for event in notices:
        told = store.notices.hear(event, at=at)
        heard += Heard(strange=1) if told is None else Heard(new=1) if told else Heard(known=1)
    log.info("events_heard new=%d known=%d strange=%d left=%d", heard.new, heard.known, heard.strange, heard.left)
    return heard


def _ours(config: Config) -> feedback.Ours:
    signer = tokens.Signer(tokens.secrets(config.var, os.environ))
    with suppress(delivery.Undeliverable):
        return feedback.Ours(address.ascii_domain(domain(config)), config.delivery.returns, signer)
    raise ConfigError([f"town.sender : « {config.town.sender} » n’est pas une adresse d’où l’on écrit"])


def _mailbox(config: Config) -> feedback.Mailbox:
    told = config.delivery.mailbox
    if told is None:
        raise ConfigError([NO_MAILBOX])
    password = os.environ.get("IMAP_PASSWORD", "")
    if not password:
        raise ConfigError([LOCKED])
    return feedback.Mailbox(
        told.host,
        told.user,
        password,
        port=told.port,
        security=told.security,
        folder=told.folder,
        done=told.done,
    )
