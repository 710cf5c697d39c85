"""Telling: people of the studio by their names in, a mail to each who has an account out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from newsletter import notices
from newsletter.composer import wording
from newsletter.config import Config
from newsletter.model.studio import Account
from newsletter.store import Store, Voided

STUDIO = "/studio"


@dataclass(frozen=True, slots=True)
class News:
    """What to say, and what it is about: of two about the same thing one is sent."""

    about: str
    subject: str
    words: str
    link: str | None = None


def page(config: Config, path: str = "") -> str:
    """The address of a page of the studio."""
    return f"{config.site.address}{STUDIO}{path}"


def letter(month: date) -> str:
    """« la lettre de décembre 2021 », « la lettre d’avril 2022 »."""
    said = wording.month(month)
    return f"la lettre d’{said}" if said[0] in "ao" else f"la lettre de {said}"


def tell(config: Config, store: Store, accounts: Iterable[Account], news: News, at: datetime) -> int:
    """A mail to each; how many were put."""
    paper = notices.Paper(config.town, config.templates, "fr")
    told = 0
    for account in accounts:
        if account.address:
            about = f"{news.about} {account.id}"
            notice = notices.report(
                paper, account.address, about=about, subject=news.subject, words=news.words, link=news.link
            )
            told += store.notices.put(notice, at=at)
    return told


def tell_voided(config: Config, store: Store, voided: Voided, why: str, at: datetime) -> int:
    """Says to those who approved that their approval counts no longer."""
    month = voided.month
    known = [account for name in dict.fromkeys(voided.by) if (account := store.accounts.named(name))]
    words = (
        f"Vous aviez donné votre accord à l’édition {month}. {why}\n"
        "Votre accord ne vaut donc plus, et rien ne partira sans un nouveau : relisez ce qui a changé."
    )
    news = News(
        f"{month} {at.timestamp():.6f}", f"Votre accord sur {month} ne vaut plus", words, page(config, f"/{month}")
    )
    return tell(config, store, known, news, at)
