"""A letter as a mail: its sender, its headers, and what differs from reader to reader."""

from collections.abc import Mapping
from datetime import datetime

from newsletter import delivery
from newsletter.config import Config
from newsletter.errors import ConfigError
from newsletter.model import Field, Letter, Message
from newsletter.tokens import Signer

NOBODY = "expediteur@a-configurer.invalid"


def message(config: Config, month: str, letter: Letter, at: datetime) -> Message:
    """The mail of a letter. `at`, its Date: when its mailing was made, for all its copies."""
    sender = config.town.sender or NOBODY
    domain = sender.rpartition("@")[2].rstrip("> ")
    answers = config.town.reply_to or sender
    return Message(
        sender=sender,
        reply_to=config.town.reply_to,
        subject=letter.subject,
        html=letter.html,
        text=letter.text,
        domain=domain,
        date=at.astimezone(config.town.zone),
        headers=delivery.letter_headers(
            config.audiences[letter.audience].title, f"{letter.audience}.lettre.{domain}", answers
        ),
        label=f"{month}-{letter.audience}",
    )


def links(config: Config, signer: Signer, token: str, month: str, audience: str) -> Mapping[Field, str]:
    """Where one reader's links lead: their way out, their choices, the letter online."""
    site = config.site.address
    return {
        Field.UNSUBSCRIBE: f"{site}/d/{signer.sign('unsubscribe', token)}",
        Field.PREFERENCES: f"{site}/p/{signer.sign('preferences', token)}",
        Field.ONLINE: f"{site}/lettres/{month}/{audience}",
    }


def ready(config: Config) -> None:
    """Nothing is sent without `site.url` and `town.sender`. Raises ConfigError."""
    missing = [
        f"{key} : cette clé manque ; rien ne part sans elle"
        for key, value in (("site.url", config.site.url), ("town.sender", config.town.sender))
        if value is None
    ]
    if missing:
        raise ConfigError(missing)
