"""Letters online: as they were sent, but for the reader's own links and name. Nothing is rendered again."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from fastapi import HTTPException
from fastapi.responses import HTMLResponse

from newsletter.model import DeliveryState, EditionState, Field, Letter, MailingState
from newsletter.store import Mailing
from newsletter.web.desk import AtDesk, Desk

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'none'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
MONTH = re.compile(r"\d{4}-\d{2}")
CACHED = "public, max-age=300"
GONE = (EditionState.SENDING, EditionState.SENT, EditionState.CANCELLED)
UNSURE = (MailingState.FILLING, MailingState.READY, MailingState.HELD, MailingState.CANCELLED)
STAYED = (DeliveryState.QUEUED, DeliveryState.SKIPPED, DeliveryState.DROPPED)


@dataclass(frozen=True, slots=True)
class Month:
    """One month's letters that were sent: audience → subject."""

    name: str
    said: str
    subjects: Mapping[str, str]


def index(desk: AtDesk) -> HTMLResponse:
    """Every letter that was sent."""
    return desk.page("letters.html", {"months": published(desk)})


def show(desk: AtDesk, month: str, audience: str) -> HTMLResponse:
    """One letter, as it was sent."""
    letter = _sent(desk, month).get(audience) if MONTH.fullmatch(month) else None
    if letter is None:
        raise HTTPException(404)
    page = letter.online or letter.html
    neutral = {
        Field.FIRST_NAME: "",
        Field.UNSUBSCRIBE: f"{desk.config.site.address}/mon-abonnement",
        Field.PREFERENCES: f"{desk.config.site.address}/mon-abonnement",
        Field.ONLINE: f"{desk.config.site.address}/lettres/{month}/{audience}",
    }
    for field, value in neutral.items():
        page = page.replace(field.html, html.escape(value))
    return HTMLResponse(_landmark(page), headers={"Content-Security-Policy": POLICY, "Cache-Control": CACHED})


def _landmark(page: str) -> str:
    """What is an article to a mail program is the main part of a page, for who hears it."""
    return page.replace(' aria-roledescription="email"', "", 1).replace(' role="article"', ' role="main"', 1)


def published(desk: Desk) -> list[Month]:
    """What was sent, the latest first."""
    months = [edition.month for edition in desk.store.editions.all() if edition.state in GONE]
    found = ((month, _sent(desk, month)) for month in reversed(months))
    return [
        Month(month, _said(month, desk.language), {name: letter.subject for name, letter in letters.items()})
        for month, letters in found
        if letters
    ]


def _sent(desk: Desk, month: str) -> dict[str, Letter]:
    """The letters of that month of which at least one copy has left, in the order of the settings."""
    edition = desk.store.editions.get(month)
    if edition is None or edition.state not in GONE:
        return {}
    left = {mailing.audience: mailing.digest for mailing in desk.store.ledger.mailings(month) if _left(desk, mailing)}
    letters = desk.store.editions.letters(month) if left else {}
    order = [*desk.config.audiences, *sorted(left)]
    sent = {name: letter for name, letter in letters.items() if left.get(name) == letter.digest}
    return {name: sent[name] for name in sorted(sent, key=order.index)}


def _left(desk: Desk, mailing: Mailing) -> bool:
    if mailing.state not in UNSURE:
        return True
    return any(count for state, count in desk.store.ledger.counts(mailing.id).items() if state not in STAYED)


def _said(month: str, language: str) -> str:
    """« Décembre 2021 »."""
    said = format_date(date.fromisoformat(f"{month}-01"), "LLLL y", locale=language)
    return said[:1].upper() + said[1:]
