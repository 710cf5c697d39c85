"""The guard: what holds for every page, whoever asks for it.

Headers that let a page do nothing but be read, a body no larger than a form, HEAD wherever there is GET, and a page a
person understands when something breaks. What broke is logged by its kind and its place: the message of an exception
may hold an address.
"""

import logging
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jinja2 import TemplateError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.web import faults

if TYPE_CHECKING:
    from newsletter.web.desk import Office

MOST = 64 * 1024
ALLOWED = "allowed"  # of a request: how many bytes who asks may send, once they are known (request.state)
LARGER = {"/evenements/": 1024 * 1024}  # where a provider posts its events, by their path's beginning
PATIENT = 8  # times what they may send is read of a known person's file, and thrown away, so that they get an answer
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
SORRY = "Quelque chose s’est cassé. Réessayez dans quelques minutes."
A_YEAR = "max-age=31536000"

log = logging.getLogger(__name__)


class Guard:
    """Stands before the application."""

    def __init__(self, app: ASGIApp, office: "Office") -> None:
        self._app = app
        self._office = office
        self._headers = dict(HEADERS)
        if (office.config.site.url or "").startswith("https://"):
            self._headers["Strict-Transport-Security"] = A_YEAR

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, self._headers, silent=scope["method"] == "HEAD")
        asked = {**scope, "method": "GET"} if answer.silent else scope
        try:
            await self._app(asked, _measured(scope, receive), answer.send)
        except Exception as error:  # noqa: BLE001 the last one who can answer
            log.error("page_failed path=%s error=%s at=%s", _route(asked), type(error).__name__, _place(error))
            if not answer.started:
                await self._sorry(asked)(asked, receive, answer.send)

    def _sorry(self, scope: Scope) -> Response:
        try:
            return faults.page(self._office, Request(scope), 500)
        except TemplateError:  # it was edited, and can't be read any more
            return PlainTextResponse(SORRY, 500)


@dataclass
class _Answer:
    """Puts the headers on, and keeps the body back from who asked for none."""

    sending: Send
    headers: dict[str, str]
    silent: bool
    started: bool = field(default=False)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            own = MutableHeaders(scope=message)
            for name, value in self.headers.items():
                own.setdefault(name, value)
        elif self.silent and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self.sending(message)


def _measured(scope: Scope, receive: Receive) -> Receive:
    """The body, as long as it is no larger than it may be."""
    usual = next((size for path, size in LARGER.items() if scope["path"].startswith(path)), MOST)
    announced = Headers(scope=scope).get("content-length", "")
    come = 0

    async def measured() -> Message:
        nonlocal come
        known = scope.get("state", {}).get(ALLOWED)
        most = known or usual
        message = await receive()
        come += len(message.get("body", b""))
        if come > most or (announced.isdecimal() and len(announced) < 20 and int(announced) > most):
            while known and message.get("more_body") and come < PATIENT * most:
                message = await receive()
                come += len(message.get("body", b""))
            raise HTTPException(413)
        return message

    return measured


def _route(scope: Scope) -> str:
    """The route, not the path: a token is a key."""
    return getattr(scope.get("route"), "path", "?")


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames[-6:]))
