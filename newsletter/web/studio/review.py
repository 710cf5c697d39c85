"""Review: what is said of a draft, by staff and by the bureau, who reads by a link. And a copy to oneself."""

from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from newsletter import pipeline
from newsletter.errors import FormRefused
from newsletter.pipeline import studio
from newsletter.web.studio import home
from newsletter.web.studio.letters import View
from newsletter.web.studio.room import Inside, Invited, Room, go, month_of, to

DONE = {
    "remarque": "Votre remarque est notée.",
    "reponse": "Votre réponse est notée.",
    "reglee": "La remarque est réglée.",
    "invite": "Les invitations partent dans la minute.",
    "retire": "Son lien ne marche plus.",
}
MOST = 30  # people invited at once
LARGEST = 2**31  # no comment has this number


def show(request: Request, room: Inside, month: str) -> HTMLResponse:
    """What is said of the month's draft."""
    desk, day = room.desk, month_of(month)
    edition = desk.store.editions.get(month)
    words = {
        "tab": "review",
        "month": month,
        "edition": edition,
        "line": home.line(desk, day, edition),
        "bureau": desk.config.people.bureau,
        "invited": desk.store.comments.invited(month),
        "done": DONE.get(request.query_params.get("fait", "")),
        **_said(room, month),
    }
    return room.page("review.html", words)


def _said(room: Room, month: str) -> dict[str, Any]:
    """The comments, those that are open first; and what they may be about."""
    said = room.desk.store.comments.of(month)
    items = room.desk.store.editions.basis(month).items
    titles = {id_: facts.get("title", id_) for id_, facts in items.items()}
    return {
        "open": [one for one in said if one[0].closed_at is None],
        "closed": [one for one in said if one[0].closed_at is not None],
        "items": titles,
    }


def comment(room: Inside, month: str) -> Response:
    """Somebody says something."""
    _comment(room, month)
    return go(to(month, "relecture", after="remarques", fait="remarque"))


def _comment(room: Room, month: str) -> None:
    desk, item = room.desk, room.said("annonce") or None
    if item is not None and item not in desk.store.editions.basis(month).items:
        raise FormRefused(["cette annonce n’est plus dans l’édition : choisissez-en une autre"])
    studio.comment(desk.store, month_of(month), room.said("mots"), room.who, desk.at, item=item)


def answer(room: Inside, month: str, number: int) -> Response:
    """Somebody answers."""
    _answer(room, month, number)
    return go(to(month, "relecture", after=f"remarque-{number}", fait="reponse"))


def _answer(room: Room, month: str, number: int) -> None:
    desk = room.desk
    words, day = room.said("mots"), month_of(month)
    if number > LARGEST or not studio.answer(desk.store, day, number, words, room.who, at=desk.at):
        raise HTTPException(404)


def close(room: Inside, month: str, number: int) -> Response:
    """It is settled."""
    if number < LARGEST:
        studio.close(room.desk.store, month_of(month), number, room.who, room.desk.at)
    return go(to(month, "relecture", after="remarques", fait="reglee"))


def invite(room: Inside, month: str) -> Response:
    """The bureau is asked to read."""
    desk, day = room.desk, month_of(month)
    wanted = [line.strip() for line in room.said("adresses").splitlines() if line.strip()]
    if not wanted and not desk.config.people.bureau:
        raise FormRefused(["écrivez au moins une adresse"])
    if len(wanted) > MOST or not all("@" in one for one in wanted):
        raise FormRefused([f"une adresse par ligne, {MOST} au plus"])
    asking = desk.signer, desk.at
    studio.request_review(desk.config, desk.store, day, room.who, asking, to=wanted)
    return go(to(month, "relecture", after="invitations", fait="invite"))


def uninvite(room: Inside, month: str) -> Response:
    """A link is worth nothing any more."""
    number = room.said("invitation")
    if number in {str(one.id) for one in room.desk.store.comments.invited(month)}:
        studio.uninvite(room.desk.store, int(number), room.who, room.desk.at)
    return go(to(month, "relecture", after="invitations", fait="retire"))


def trial(room: Inside, month: str) -> Response:
    """A copy of each letter to who asks."""
    desk, account = room.desk, room.account
    if account is None or account.address is None or desk.store.editions.get(month) is None:
        raise HTTPException(404)
    if not desk.office.gate.admits(desk.client, desk.at):
        raise HTTPException(429)
    order = pipeline.Order(month_of(month), tuple(desk.store.editions.letters(month)), to=account.address)
    pipeline.send_test(desk.config, desk.store, order, desk.at)
    return go(to(month, after="lettres", fait="essai"))


def read(request: Request, room: Invited, token: str) -> HTMLResponse:
    """The draft, for who was invited: letters and comments, nothing else."""
    view, month = View.asked(request.query_params), room.month
    letters = room.desk.store.editions.letters(month)
    names = [name for name in room.desk.config.audiences if name in letters]
    phone = {"largeur": "telephone"} if view.width == "telephone" else {}
    words: Mapping[str, Any] = {
        "month": month,
        "token": token,
        "view": view,
        "letters": [(letters[name], to("relire", token, "lettre", name, **phone)) for name in names],
        "done": DONE.get(request.query_params.get("fait", "")),
        **_said(room, month),
    }
    return room.page("guest.html", words)


def say(room: Invited, token: str) -> Response:
    """Somebody of the bureau says something."""
    _comment(room, room.month)
    return go(to("relire", token, after="remarques", fait="remarque"))


def reply(room: Invited, token: str, number: int) -> Response:
    """Somebody of the bureau answers."""
    _answer(room, room.month, number)
    return go(to("relire", token, after="remarques", fait="reponse"))
