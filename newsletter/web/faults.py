"""Faults: what a person reads when a page can't be given. A code in; a page that says what to do next out."""

import logging
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from newsletter.errors import StoreError, TokenRefused

if TYPE_CHECKING:
    from newsletter.web.desk import Office

CODES = {
    400: "ce qui est arrivé n’est pas un formulaire",
    404: "rien à cette adresse, ou un lien coupé ou modifié",
    405: "cette adresse ne s’ouvre pas ainsi",
    410: "un lien qui a servi, qui est trop ancien, ou dont la personne est effacée",
    413: "trop long",
    422: "un champ à corriger",
    429: "trop de demandes",
    500: "une panne",
    503: "la base ne répond pas",
}
RETRY = {429: "3600", 503: "30"}
DAMAGED, USED, TRIAL = "damaged", "used", "trial"  # what is the matter with a link
ANSWERED = {DAMAGED: 404, USED: 410, TRIAL: 200}

log = logging.getLogger(__name__)


class LinkRefused(Exception):
    """A link that can't be followed: DAMAGED, USED, or a TRIAL copy's, which leads nowhere."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


def answer(app: FastAPI) -> None:
    """Has the application answer with these pages."""
    office = app.state.office

    def wrong(request: Request, error: Exception) -> Response:
        code = error.status_code if isinstance(error, HTTPException) else 422
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        return page(office, request, code, headers=headers)

    def refused(request: Request, error: Exception) -> Response:
        why = error.why if isinstance(error, LinkRefused) else DAMAGED
        return page(office, request, ANSWERED[why], why)

    def down(request: Request, error: Exception) -> Response:
        log.error("store_unavailable reason=%s", error)
        return page(office, request, 503)

    app.add_exception_handler(HTTPException, wrong)
    app.add_exception_handler(RequestValidationError, wrong)
    app.add_exception_handler(TokenRefused, refused)
    app.add_exception_handler(LinkRefused, refused)
    app.add_exception_handler(StoreError, down)


def page(
    office: "Office", request: Request, code: int, why: str = "", *, headers: dict[str, str] | None = None
) -> Response:
    """What a person reads instead."""
    from newsletter.web.desk import desk_of

    desk = desk_of(request, request.query_params.get("lang"))
    shown = desk.page("fault.html", {"code": code, "why": why}, code)
    shown.headers.update({**(headers or {}), **({"Retry-After": RETRY[code]} if code in RETRY else {})})
    return shown
