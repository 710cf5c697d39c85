"""Joining: what readers do on their own pages, from signing up to being forgotten.

    sign_up → confirm → choose ⇄ leave → explain        ask_link: the way back to one's choices        erase

Enters: what somebody wrote in a form, once their link was read. Leaves: what the store keeps, and mails to be sent. Who
asks never learns whether an address is known.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from newsletter import images, notices
from newsletter.config import Config
from newsletter.errors import ConfigError
from newsletter.model import Choice, Image, Wish
from newsletter.pipeline.noticing import put_notice
from newsletter.store import Store
from newsletter.tokens import Signer

CONFIRM, PREFERENCES, UNSUBSCRIBE = "confirm", "preferences", "unsubscribe"
SUBSCRIBER = "s:"  # before a subscriber's number, in a token that isn't from a letter
LINKED_BY = "page « préférences »"
RENEWED_BY = "page « continuer »"
LEFT_BY = "page « désinscription »"
A_DAY, DAILY = timedelta(days=1), 5  # mails to one mailbox, whoever asks for them
ONE_CLICK = "désinscription en un clic (RFC 8058)"


@dataclass(frozen=True, slots=True)
class Guest:
    """Who holds a link, and the letter they had it from, if it was one."""

    number: int
    audience: str | None = None
    month: str | None = None

    @property
    def value(self) -> str:
        """What a token for the same person holds."""
        return f"{SUBSCRIBER}{self.number}"


@dataclass(frozen=True, slots=True)
class Asking:
    """How a page was asked: when, in which language; `signer` makes the links of the mails it leads to."""

    at: datetime
    language: str
    signer: Signer

    def paper(self, config: Config) -> notices.Paper:
        """What its mails are written on."""
        return notices.Paper(config.town, config.templates, self.language)

    def page(self, config: Config, path: str) -> str:
        """Where a link in them leads: a page in the same language."""
        spoken = "" if self.language == config.town.language else f"?lang={self.language}"
        return f"{config.site.address}{path}{spoken}"


def guest(store: Store, value: str) -> Guest | None:
    """Who a token is for, from what was signed in it: a letter's copy, or a subscriber's number."""
    number = value.removeprefix(SUBSCRIBER)
    if number != value:
        return Guest(int(number)) if number.isdecimal() and len(number) < 16 else None
    found = store.ledger.reader(value)
    return None if found is None else Guest(found.number, found.audience, found.month)


def sign_up(config: Config, store: Store, wish: Wish, asking: Asking) -> None:
    """Keeps a wish, and asks its mailbox whether it is really theirs; or says that they read these letters already."""
    nonce = store.signups.ask(wish, at=asking.at)
    if nonce is None:  # that mailbox was asked five times today
        return
    number = store.subscribers.number(wish.address)
    reader = None if number is None else store.subscribers.get(number)
    if number is not None and reader and set(wish.audiences) <= set(reader.audiences):
        link = _preferences(config, Guest(number), asking)
        letters, name = _titles(config, reader.audiences), reader.first_name
        paper = asking.paper(config)
        notice = notices.known(paper, reader.address, about=nonce, link=link, letters=letters, first_name=name)
    else:
        link = asking.page(config, f"/c/{asking.signer.sign(CONFIRM, nonce, at=asking.at)}")
        letters = _titles(config, wish.audiences)
        notice = notices.confirmation(asking.paper(config), wish.address, about=nonce, link=link, letters=letters)
    put_notice(store, notice, asking.at)


def _titles(config: Config, audiences: Iterable[str]) -> list[str]:
    return [config.audiences[name].title for name in audiences if name in config.audiences]


def _preferences(config: Config, who: Guest, asking: Asking) -> str:
    return asking.page(config, f"/p/{asking.signer.sign(PREFERENCES, who.value)}")


def confirm(store: Store, nonce: str, at: datetime) -> Guest | None:
    """The mailbox said yes. None: it did already, or the wish is gone."""
    number = store.signups.confirm(nonce, at=at)
    return None if number is None else Guest(number)


def ask_link(config: Config, store: Store, address: str, asking: Asking) -> None:
    """Sends somebody the way to their own choices, once a minute, five times a day at most; a stranger, nothing."""
    number = store.subscribers.number(address)
    reader = None if number is None else store.subscribers.get(number)
    if number is None or reader is None or store.notices.since(reader.address, asking.at - A_DAY) >= DAILY:
        return
    about, link = f"{number} {asking.at.astimezone(UTC):%Y-%m-%dT%H:%M}", _preferences(config, Guest(number), asking)
    notice = notices.preferences(
        asking.paper(config), reader.address, about=about, link=link, first_name=reader.first_name
    )
    put_notice(store, notice, asking.at)


def choose(store: Store, who: Guest, choice: Choice, *, at: datetime, wording: str) -> bool:
    """Joins and leaves letters, themes, a name. Whether that changed anything."""
    return store.subscribers.choose(who.number, choice, at=at, origin=LINKED_BY, wording=wording)


def renew(store: Store, who: Guest, *, at: datetime) -> bool:
    """They go on reading, and say so. Whether they read anything."""
    return store.subscribers.renew(who.number, at=at, origin=RENEWED_BY)


def leave(store: Store, who: Guest, *, at: datetime, every: bool = False, one_click: bool = False) -> bool:
    """Leaves the letter the link came with; every one, when that is wished or it came with none."""
    audience = None if every else who.audience
    return store.subscribers.leave(who.number, audience, at=at, reason=ONE_CLICK if one_click else LEFT_BY)


def explain(store: Store, who: Guest, words: str, *, at: datetime, every: bool = False) -> None:
    """Why they left, when they care to say."""
    store.subscribers.explain(who.number, None if every else who.audience, words, at=at)


def erase(store: Store, who: Guest, *, at: datetime) -> bool:
    """Forgets somebody. Whether there was anybody to forget."""
    return store.subscribers.erase(who.number, at=at)


def publish_logo(config: Config) -> Image | None:
    """Puts the town's logo where pages show it. Raises ConfigError."""
    if config.town.logo is None:
        return None
    logo = images.look(config.folder / config.town.logo, config.town.name)
    if not isinstance(logo, Image):
        raise ConfigError([f"town.logo : {logo}"])
    images.publish(logo, config.var / "images")
    return logo
