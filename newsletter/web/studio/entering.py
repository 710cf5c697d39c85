"""Coming in: an address and a password, or a link by mail; out, a cookie no script reads. Leaving ends the session."""

from fastapi import BackgroundTasks, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.errors import FormRefused
from newsletter.pipeline import studio
from newsletter.web.studio.room import AT, COOKIE, MONTH, Inside, Outside, Room, go, secure, to

WRONG = "L’adresse et le mot de passe ne vont pas ensemble. Vérifiez-les, ou demandez un lien."
OFTEN = "Trop d’essais : attendez un quart d’heure, ou demandez un lien par courriel."
OLD = "Ce lien a déjà servi, ou il est trop ancien. Demandez-en un autre : il arrive dans la minute."


def form(room: Outside) -> HTMLResponse:
    """Where one comes in."""
    return _form(room)


def _form(room: Room, status: int = 200, **words: str) -> HTMLResponse:
    frame = {"address": room.said("adresse"), "fault": "", "sent": "", **words}
    return room.page("enter.html", frame, status)


def enter(request: Request, room: Outside) -> Response:
    """With a password."""
    desk = room.desk
    entrance = studio.enter(desk.store, room.said("adresse"), room.said("passe"), desk.client, desk.at)
    if entrance.too_often:
        return _form(room, 429, fault=OFTEN)
    if entrance.token is None:
        return _form(room, 422, fault=WRONG)
    return _come(request, room, entrance.token)


def ask_link(room: Outside, after: BackgroundTasks) -> HTMLResponse:
    """A link by mail: the page, and its time, are the same whoever asks."""
    desk, address = room.desk, room.said("adresse")
    if "@" not in address:
        return _form(room, 422, fault="Écrivez votre adresse : le lien y sera envoyé.")
    if not desk.office.gate.admits(desk.client, desk.at):
        return _form(room, 429, fault="Trop de liens demandés d’ici : attendez une heure.")
    after.add_task(studio.ask_link, desk.config, desk.store, address, desk.client, desk.at)
    return _form(room, sent=address)


def check(room: Outside, token: str) -> HTMLResponse:
    """Whose link it is, and a button: a mail program that follows links uses none up."""
    account = room.desk.store.accounts.entry(token, at=room.desk.at)
    if account is None:
        return _form(room, 410, fault=OLD)
    return room.page("come_in.html", {"name": account.name})


def enter_by(request: Request, room: Outside, token: str) -> Response:
    """With the link, once."""
    entrance = studio.enter_by(room.desk.store, token, room.desk.at)
    if entrance.token is None:
        return _form(room, 410, fault=OLD)
    return _come(request, room, entrance.token, request.query_params.get("mois", ""))


def _come(request: Request, room: Room, session: str, month: str = "") -> Response:
    answer = go(to(month) if MONTH.fullmatch(month) else to())
    answer.set_cookie(COOKIE, session, path=AT, httponly=True, samesite="strict", secure=secure(request, room.desk))
    return answer


def leave(request: Request, room: Inside) -> Response:
    """The session is over."""
    studio.leave(room.desk.store, room.key)
    answer = go(to("entrer"))
    answer.delete_cookie(COOKIE, path=AT, httponly=True, samesite="strict", secure=secure(request, room.desk))
    return answer


def own(room: Inside) -> HTMLResponse:
    """One's own account."""
    return room.page("account.html", {"fault": ""})


def choose_password(request: Request, room: Inside) -> Response:
    """A new password; every other session ends, and this one goes on."""
    account, desk, password = room.account, room.desk, room.said("passe")
    if account is None or password != room.said("encore"):
        return room.page("account.html", {"fault": "Les deux mots de passe ne sont pas les mêmes."}, 422)
    try:
        studio.choose_password(desk.store, account, password, desk.at)
    except FormRefused as error:
        return room.page("account.html", {"fault": _sentence(str(error))}, 422)
    entrance = studio.enter(desk.store, account.address or "", password, desk.client, desk.at)
    return go(to("entrer")) if entrance.token is None else _come(request, room, entrance.token)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
