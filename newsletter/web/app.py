"""The application: settings, a store and a clock in; an ASGI application out. Its routes stand in one list."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from newsletter.config import Config
from newsletter.pipeline.standing import Pulse
from newsletter.store import Store
from newsletter.web import choices, faults, gauges, home, hooks, leaving, letters, rights, signup, statics, studio
from newsletter.web.desk import Clock, Office
from newsletter.web.guard import Guard
from newsletter.web.studio.live import Live

Endpoint = Callable[..., Response] | Callable[..., Awaitable[Response]]


def _page(path: str, endpoint: Endpoint, *methods: str, kind: str = "text/html") -> APIRoute:
    """A route, and what it may answer, for whoever reads the schema."""
    answers: dict[int | str, dict[str, Any]] = {200: {"content": {kind: {}}, "description": "la page"}}
    answers |= {code: {"content": {"text/html": {}}, "description": words} for code, words in faults.CODES.items()}
    return APIRoute(
        path,
        endpoint,
        methods=[*methods] or ["GET"],
        responses=answers,
        response_class=HTMLResponse if kind == "text/html" else Response,
        response_model=None,
    )


ROUTES: list[BaseRoute] = [
    _page("/", home.show),
    _page("/inscription", signup.form),
    _page("/inscription", signup.ask, "POST"),
    _page("/c/{token}", signup.check),
    _page("/c/{token}", signup.confirm, "POST"),
    _page("/mon-abonnement", signup.link_form),
    _page("/mon-abonnement", signup.send_link, "POST"),
    _page("/p/{token}", choices.show),
    _page("/p/{token}", choices.keep, "POST"),
    _page("/p/{token}/continuer", choices.ask),
    _page("/p/{token}/continuer", choices.renew, "POST"),
    _page("/d/{token}", leaving.check),
    _page("/d/{token}", leaving.leave, "POST"),
    _page("/d/{token}/raison", leaving.explain, "POST"),
    _page("/p/{token}/donnees", rights.show),
    _page("/p/{token}/donnees.json", rights.as_json, kind="application/json"),
    _page("/p/{token}/donnees.csv", rights.as_csv, kind="text/csv"),
    _page("/p/{token}/effacer", rights.check),
    _page("/p/{token}/effacer", rights.erase, "POST"),
    _page("/lettres", letters.index),
    _page("/lettres/{month}/{audience}", letters.show),
    _page("/images/{name}", statics.image, kind="image/*"),
    _page("/modeles/{kind}.xlsx", statics.model, kind=statics.WORKBOOK),
    _page("/static/pages.css", statics.style, kind="text/css"),
    _page("/static/studio.css", statics.studio_style, kind="text/css"),
    _page("/static/studio.js", statics.studio_script, kind="text/javascript"),
    _page("/static/icon.svg", statics.icon, kind="image/svg+xml"),
    _page("/favicon.ico", statics.icon, kind="image/svg+xml"),
    _page("/robots.txt", statics.robots, kind="text/plain"),
    APIRoute("/health", gauges.health, include_in_schema=False, response_model=None),
    APIRoute("/metrics", gauges.metrics, include_in_schema=False, response_model=None),
    APIRoute("/evenements/sendgrid", hooks.sendgrid, methods=["POST"], include_in_schema=False, response_model=None),
    *studio.ROUTES,
]


def application(config: Config, store: Store, clock: Clock, pulse: Pulse | None = None) -> FastAPI:
    """A town's pages. `pulse`: of who minds its months here. Raises TemplateError when a template can't be read."""
    office = Office.open(config, store, clock)
    app = FastAPI(title="La lettre", routes=ROUTES, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.office = office
    app.state.pulse = pulse or Pulse()
    app.state.live = Live(office)
    faults.answer(app)
    studio.answer(app)
    app.add_middleware(Guard, office=office)
    return app
