"""Faults of the studio: what stops somebody in; a page that says what to do next out. What they typed stays on it."""

from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from newsletter.errors import (
    ApprovalRefused,
    ConfigError,
    FormRefused,
    NewsletterError,
    NotAllowed,
    Overtaken,
    SourceUnreadable,
    TemplateError,
    TransportError,
    Unfinished,
)
from newsletter.web.studio.room import AT, HEADERS, Room, Stranger, go, to

if TYPE_CHECKING:
    from newsletter.web.desk import Desk

KINDS: dict[type[NewsletterError], tuple[int, str]] = {
    NotAllowed: (403, "Ce n’est pas permis"),
    Overtaken: (409, "Quelqu’un vous a devancé"),
    ApprovalRefused: (409, "Ce n’est pas possible pour l’instant"),
    FormRefused: (422, "Il reste quelque chose à corriger"),
    ConfigError: (503, "Un réglage manque"),
    SourceUnreadable: (422, "Ce fichier ne se lit pas"),
    TemplateError: (503, "Un modèle de lettre ne se lit pas"),
    Unfinished: (503, "Ça n’a pas abouti"),
    TransportError: (503, "L’envoi ne peut pas se faire maintenant"),
}
SHOWN = 20_000  # characters of what was typed
PRIVATE = {"csrf", "passe", "encore"}


def answer(app: FastAPI) -> None:
    """Has the application answer with these pages, in the studio."""
    app.add_exception_handler(Stranger, _stranger)
    for kind in KINDS:
        app.add_exception_handler(kind, _refused)


async def _refused(request: Request, error: Exception) -> Response:
    if not request.url.path.startswith(AT):
        raise error
    code, title = next(said for kind, said in KINDS.items() if isinstance(error, kind))
    lines = [line for line in str(error).split("\n") if line.strip()]
    words = {"title": title, "lines": lines, "typed": await _typed(request), "back": _back(request)}
    return Room(_desk(request), "").page("fault.html", words, code)


async def _stranger(request: Request, error: Exception) -> Response:
    """To the door; whoever followed a link of a mail is asked for again, as their cookie didn't come with it."""
    if request.method == "POST":
        words = {"title": "Votre session est finie", "typed": await _typed(request), "back": to("entrer")}
        lines = ["rien n’est perdu : copiez ce que vous aviez écrit, entrez, puis recommencez"]
        return Room(_desk(request), "").page("fault.html", {**words, "lines": lines}, 401)
    if request.headers.get("sec-fetch-site") == "cross-site":
        return HTMLResponse(AGAIN.format(path=_desk(request).path), headers=HEADERS)
    return go(to("entrer"))


AGAIN = (
    '<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Le studio</title>'
    '<meta http-equiv="refresh" content="0;url={path}"></head><body><p><a href="{path}">Continuer</a></p></body></html>'
)


async def _typed(request: Request) -> list[str]:
    """What they had written, to copy."""
    if request.method != "POST" or request.headers.get("content-type", "").startswith("multipart/"):
        return []  # of a file, nothing more is read
    try:
        form = await request.form()
    except HTTPException:  # too long: there is nothing to copy
        return []
    said = (value for name, value in form.multi_items() if name not in PRIVATE and isinstance(value, str))
    return [value[:SHOWN] for value in said if " " in value.strip()]


def _back(request: Request) -> str:
    """The page before: the month's, or home."""
    parts = request.url.path.split("/")
    return to(*parts[2:3]) if len(parts) > 3 and parts[2][:2] == "20" else to()


def _desk(request: Request) -> "Desk":
    from newsletter.web.desk import desk_of

    return desk_of(request, None)
