"""The room: who is there while the studio answers one request, and what their form holds. Nobody comes in otherwise.

    session cookie → account → may their role do what this route does (model.studio.MAY) → is the form one of ours
    signed link    → guest, for one month's draft                                        → the same

A form is ours when it comes from one of our pages (Origin, Sec-Fetch-Site) and holds the token of this very session.
"""

import hashlib
import hmac
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from re import compile as pattern
from typing import Annotated, Any
from urllib.parse import quote, urlencode, urlsplit

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from newsletter.errors import FormRefused, NotAllowed
from newsletter.model.studio import Account, Act, Person
from newsletter.pipeline import studio
from newsletter.pipeline.uploading import HUGE, LARGEST
from newsletter.web.desk import AtDesk, Desk
from newsletter.web.guard import ALLOWED, MOST
from newsletter.web.studio import saying

COOKIE, CSRF = "studio", "csrf"
AT = "/studio"
MONTH = pattern(r"20[0-9]{2}-(?:0[1-9]|1[0-2])")
FIELDS = 500
LOCAL = ("127.0.0.1", "localhost", "::1")
POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
# `same-origin`, where readers' pages have `no-referrer`: without it a browser doesn't say which page a form comes from.
HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin"}
FOREIGN = "ce formulaire ne vient pas d’une page ouverte par vous, ou elle est restée ouverte trop longtemps"


class Stranger(Exception):
    """Nobody is known to be there."""


@dataclass(frozen=True, slots=True)
class Room:
    """One request, by somebody. `key`: what their forms' tokens are bound to.

    `account` None: nobody yet, or a guest, who may see that `month` only.
    """

    desk: Desk
    key: str
    person: Person | None = None
    account: Account | None = None
    form: FormData = field(default_factory=FormData)
    month: str = ""

    @property
    def who(self) -> Person:
        """Who acts. Raises Stranger."""
        if self.person is None:
            raise Stranger
        return self.person

    def said(self, name: str) -> str:
        """What a field of the form holds."""
        value = self.form.get(name, "")
        return _whole(value) if isinstance(value, str) else ""

    def every(self, name: str) -> list[str]:
        """What the fields of that name hold."""
        return [_whole(value) for value in self.form.getlist(name) if isinstance(value, str)]

    def file(self, name: str) -> UploadFile | None:
        """The file somebody chose."""
        value = self.form.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    def page(self, name: str, words: Mapping[str, Any] | None = None, status: int = 200) -> HTMLResponse:
        """A page of the studio."""
        desk = self.desk
        frame = {
            "town": desk.config.town,
            "logo": desk.office.logo,
            "style": desk.office.studio.style_url,
            "script": desk.office.studio.script_url,
            "person": self.person,
            "account": self.account,
            "may": {act.value: bool(self.person and self.person.may(act)) for act in Act},
            "csrf": _token(desk, self.key),
            "titles": {name: one.title for name, one in desk.config.audiences.items()},
            "say": saying.Saying(desk.config.town.zone, desk.at),
            "done": None,
            **(words or {}),
        }
        return HTMLResponse(desk.office.studio.print("fr", name, frame), status, HEADERS)


def _whole(typed: str) -> str:
    """Without halves of letters, which can't be written down: a form may come in any character set."""
    return typed.encode("utf-8", "replace").decode("utf-8")


def to(*parts: object, after: str = "", **query: str) -> str:
    """The address of a page of the studio."""
    path = "/".join([AT, *(quote(str(part), safe="") for part in parts)])
    return path + (f"?{urlencode(query)}" if query else "") + (f"#{after}" if after else "")


def go(path: str) -> RedirectResponse:
    """Another page, once something is done: a page that is loaded again does nothing twice."""
    return RedirectResponse(path, 303)


def month_of(written: str) -> date:
    """A month in an address."""
    if not MONTH.fullmatch(written):
        raise HTTPException(404)
    return date.fromisoformat(f"{written}-01")


def secure(request: Request, desk: Desk) -> bool:
    """Whether the cookie keeps to https: wherever the town's pages do, but for a preview on this machine."""
    outside = desk.config.site.address.startswith("https://") and request.url.hostname not in LOCAL
    return request.url.scheme == "https" or outside


def _known(request: Request, desk: AtDesk) -> Account | None:
    """Whose session it is: looked at before anything of a form is read."""
    key = request.cookies.get(COOKIE, "")
    return studio.come_back(desk.store, key, desk.at) if key else None


Known = Annotated[Account | None, Depends(_known)]


async def _form(request: Request) -> AsyncIterator[FormData]:
    if request.method != "POST":
        yield FormData()
        return
    async with request.form(max_files=1, max_fields=FIELDS) as form:
        yield form


async def _form_of(request: Request, account: Known) -> AsyncIterator[FormData]:
    """The same, of somebody known, who may send a file where files are taken. Raises Stranger, NotAllowed."""
    if account is None:
        raise Stranger
    studio.allow(account.person, act_of(request))
    if act_of(request) is Act.UPLOAD and request.headers.get("content-type", "").startswith("multipart/form-data"):
        setattr(request.state, ALLOWED, LARGEST + MOST)
        form = await _with_a_file(request)
        try:
            yield form
        finally:
            await form.close()
    else:
        async for form in _form(request):
            yield form


async def _with_a_file(request: Request) -> FormData:
    """Raises FormRefused when it is too large: what has come of it is closed."""
    try:
        return await MultiPartParser(request.headers, _pieces(request), max_files=1, max_fields=FIELDS).parse()
    except MultiPartException as error:
        if error.message != HUGE:
            raise HTTPException(400) from None
        raise FormRefused([HUGE]) from None


async def _pieces(request: Request) -> AsyncGenerator[bytes, None]:
    try:
        async for piece in request.stream():
            yield piece
    except HTTPException:  # the guard's
        raise MultiPartException(HUGE) from None


Filled = Annotated[FormData, Depends(_form)]
FilledBy = Annotated[FormData, Depends(_form_of)]


def enter(request: Request, desk: AtDesk, account: Known, form: FilledBy) -> Room:
    """Who has a session, in a route their role may use. Raises Stranger, NotAllowed."""
    if account is None:
        raise Stranger
    return _checked(request, Room(desk, request.cookies.get(COOKIE, ""), account.person, account, form))


def invited(request: Request, desk: AtDesk, form: Filled, token: str) -> Room:
    """Who holds a link to a draft. Raises TokenRefused."""
    guest = studio.guest(desk.store, desk.signer, token, desk.at)
    studio.allow(guest.person, act_of(request))
    return _checked(request, Room(desk, token, guest.person, None, form, guest.month))


def outside(request: Request, desk: AtDesk, form: Filled) -> Room:
    """Before anybody has come in."""
    return _checked(request, Room(desk, "", None, None, form))


Inside = Annotated[Room, Depends(enter)]
Invited = Annotated[Room, Depends(invited)]
Outside = Annotated[Room, Depends(outside)]


def act_of(request: Request) -> Act:
    """What this route does, as its table says."""
    act: Act = request.scope["route"].act
    return act


def _checked(request: Request, room: Room) -> Room:
    if request.method == "POST" and not (_from_here(request) and _ours(room)):
        raise NotAllowed(FOREIGN)
    return room


def _from_here(request: Request) -> bool:
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site:
        return site in ("same-origin", "none")
    try:
        return origin is None or urlsplit(origin).hostname == request.url.hostname
    except ValueError:  # « http://[::1 » is nobody's
        return False


def _token(desk: Desk, key: str) -> str:
    return desk.signer.sign(CSRF, hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest())


def _ours(room: Room) -> bool:
    return hmac.compare_digest(_token(room.desk, room.key).encode(), room.said(CSRF).encode())
