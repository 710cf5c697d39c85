"""What is kept: who has an account; who did what."""

from typing import Any

from fastapi.responses import HTMLResponse, Response

from newsletter.errors import FormRefused
from newsletter.model.studio import ROLES, Role
from newsletter.pipeline import studio
from newsletter.pipeline.logbook import ACTS
from newsletter.store import Newcomer
from newsletter.web.studio.room import Inside, Room, go, to

SHOWN = 200  # lines of the log on the page; all of them are in the file


def accounts(room: Inside) -> HTMLResponse:
    """Who may come in."""
    return _accounts(room)


def _accounts(room: Room, status: int = 200, **words: Any) -> HTMLResponse:
    frame = {"accounts": room.desk.store.accounts.all(), "roles": ROLES, "link": "", "fault": "", "newcomer": None}
    return room.page("accounts.html", {**frame, **words}, status)


def add(room: Inside) -> HTMLResponse:
    """A new account, or another role; the page shows the link by which they come in once."""
    desk, role = room.desk, room.said("role")
    if role not in list(ROLES):
        return _accounts(room, 422, fault="Choisissez ce que cette personne fera.")
    newcomer = Newcomer(room.said("adresse"), Role(role), room.said("nom") or None)
    try:
        account, link = studio.add_user(desk.config, desk.store, newcomer, room.who, desk.at)
    except FormRefused as told:
        return _accounts(room, 422, fault="\n".join(told.faults), newcomer=newcomer)
    return _accounts(room, link=link, newcomer=account)


def remove(room: Inside) -> Response:
    """Nobody enters by it any more."""
    address = room.said("adresse")
    if room.account and address == room.account.address:
        raise FormRefused(["ce compte est le vôtre : demandez à un autre administrateur de le fermer"])
    studio.remove_user(room.desk.store, address, room.who, room.desk.at)
    return go(to("comptes"))


def log(room: Inside) -> HTMLResponse:
    """Who did what, the latest first."""
    deeds = room.desk.store.audit.of()
    words = {"deeds": deeds[: -SHOWN - 1 : -1], "total": len(deeds), "broken": room.desk.store.audit.broken()}
    return room.page("log.html", {**words, "acts": ACTS})


def log_file(room: Inside) -> Response:
    """All of it, to take away."""
    desk = room.desk
    written = studio.export_audit(desk.config, desk.store, room.who, desk.at)
    headers = {"Content-Disposition": 'attachment; filename="journal.csv"'}
    return Response(written, media_type="text/csv; charset=utf-8", headers=headers)
