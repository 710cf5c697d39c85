"""Approval: exactly these bytes, to these readers, at this time; and the send, asked for twice, and time to undo it."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from newsletter.errors import ApprovalRefused
from newsletter.model import EditionState
from newsletter.pipeline import studio
from newsletter.pipeline.composing import both
from newsletter.store import Edition
from newsletter.web.studio import home
from newsletter.web.studio.looking import checks
from newsletter.web.studio.room import Inside, Room, go, month_of, to

DONE = {
    "accord": "Votre accord est donné.",
    "rouverte": "L’édition est rouverte : plus aucun accord ne vaut.",
    "part": "L’envoi est demandé. Vous avez dix minutes pour l’annuler.",
    "annule": "L’envoi est annulé : rien n’est parti.",
}
OPEN = (EditionState.DRAFT, EditionState.IN_REVIEW)
AGREED = (EditionState.APPROVED, EditionState.SCHEDULED)


def show(request: Request, room: Inside, month: str) -> HTMLResponse:
    """What there is to agree to."""
    desk = room.desk
    edition = desk.store.editions.get(month)
    words: dict[str, Any] = {"done": DONE.get(request.query_params.get("fait", "")), **_frame(room, month, edition)}
    if edition is not None:
        words |= _seen(room, month, edition)
    return room.page("approval.html", words)


def _frame(room: Room, month: str, edition: Edition | None) -> dict[str, Any]:
    line = home.line(room.desk, month_of(month), edition)
    return {"tab": "approval", "month": month, "edition": edition, "line": line, "labels": studio.LABELS}


def _seen(room: Room, month: str, edition: Edition) -> dict[str, Any]:
    desk, day = room.desk, month_of(month)
    basis = desk.store.editions.basis(month)
    found = checks(desk, edition, basis)
    catalogue = desk.office.shelf.catalogue(day, desk.at)
    agreed = [one.by for one in edition.approvals]
    made = {basis.by, desk.store.arrangements.get(month).by}
    needed = desk.config.schedule.approvals
    return {
        "letters": desk.store.editions.letters(month),
        "readers": _readers(room, month),
        "errors": [check for check in found if check.blocks],
        "warnings": [check for check in found if not check.blocks],
        "needed": needed,
        "open": edition.state in OPEN,
        "agreed": edition.state in AGREED,
        "mine": room.who.name in agreed,
        "counts": room.who.role in desk.config.schedule.approvers,
        "author": needed > 1 and room.who.name in made,
        "stale": basis.arranged != desk.store.arrangements.get(month).version,
        "changes": studio.changes(desk.config, desk.store, day, desk.at, catalogue=catalogue),
        "waiting": desk.store.departures.waiting(month),
        "mailings": [(one, desk.store.ledger.counts(one.id)) for one in desk.store.ledger.mailings(month)],
    }


def _readers(room: Room, month: str) -> dict[str, int]:
    desk = room.desk
    counts = desk.store.subscribers.count(both(desk.config, desk.store, month))
    return {name: counts.get(name, 0) for name in desk.config.audiences}


def approve(room: Inside, month: str) -> Response:
    """Somebody agrees to the digest they saw."""
    desk, who = room.desk, room.who
    if desk.store.editions.get(month) is None:
        raise ApprovalRefused("le brouillon n’est pas composé : il n’y a rien à approuver")
    approval = studio.Approval(who.name, room.said("empreinte"), desk.at, who.role, frozenset(room.every("vu")))
    studio.approve(desk.config, desk.store, month_of(month), approval)
    return go(to(month, "accord", fait="accord"))


def reopen(room: Inside, month: str) -> Response:
    """It is a draft again."""
    studio.reopen(room.desk.config, room.desk.store, month_of(month), room.who, room.desk.at)
    return go(to(month, "accord", fait="rouverte"))


def ask(room: Inside, month: str) -> HTMLResponse:
    """Is that really what leaves, to so many people, then?"""
    desk = room.desk
    edition = desk.store.editions.get(month)
    if edition is None or edition.state not in AGREED or desk.store.departures.waiting(month):
        raise ApprovalRefused("rien n’est prêt à partir : revenez à la page de l’accord")
    readers = _readers(room, month)
    letters = desk.store.editions.letters(month)
    return room.page("send.html", {**_frame(room, month, edition), "readers": readers, "letters": letters})


def send(room: Inside, month: str) -> Response:
    """It leaves in ten minutes."""
    desk = room.desk
    seen = room.said("empreinte")
    studio.ask_to_send(desk.config, desk.store, month_of(month), seen, room.who, at=desk.at)
    return go(to(month, "accord", fait="part"))


def undo(room: Inside, month: str) -> Response:
    """It doesn't."""
    desk = room.desk
    if not studio.undo(desk.store, month_of(month), room.who, desk.at):
        raise ApprovalRefused("c’est trop tard : les premiers exemplaires partent ; « newsletter pause » les suspend")
    return go(to(month, "accord", fait="annule"))
