"""A letter as a mail: its sender, its headers, and what differs from reader to reader."""

from collections.abc import Mapping
from datetime import datetime

from newsletter import delivery
from newsletter.config import Config
from newsletter.errors import ConfigError
from newsletter.model import Field, Letter, Message
from newsletter.tokens import Signer

NOBODY = "expediteur@a-configurer.invalid"


def domain(config: Config) -> str:
    """The one letters come from, which their Message-IDs are made on."""
    return (config.town.sender or NOBODY).rpartition("@")[2].rstrip("> ")


def message(config: Config, month: str, letter: Letter, at: datetime) -> Message:
    """The mail of a letter. `at`, its Date: when its mailing was made, for all its copies."""
    sender = config.town.sender or NOBODY
    here = domain(config)
    answers = config.town.reply_to or sender
    return Message(
        sender=sender,
        reply_to=config.town.reply_to,
        subject=letter.subject,
        html=letter.html,
        text=letter.text,
        domain=here,
        date=at.astimezone(config.town.zone),
        headers=delivery.letter_headers(
            config.audiences[letter.audience].title,
            f"{letter.audience}.lettre.{here}",
            answers,
            by_mail=config.delivery.returns is not None,
        ),
        return_path=config.delivery.returns,
        label=f"{month}-{letter.audience}",
    )


def links(config: Config, signer: Signer, token: str, month: str, audience: str) -> Mapping[Field, str]:
    """Where one reader's links lead: their way out, their choices, the letter online."""
    site, returns, gone = config.site.address, config.delivery.returns, signer.sign("unsubscribe", token)
    return {
        Field.UNSUBSCRIBE: f"{site}/d/{gone}",
        Field.PREFERENCES: f"{site}/p/{signer.sign('preferences', token)}",
        Field.ONLINE: f"{site}/lettres/{month}/{audience}",
        **({Field.UNSUBSCRIBE_BY_MAIL: f"mailto:{returns}?subject=unsubscribe%20{gone}"} if returns else {}),
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
