"""The desk: what a page has at hand while it answers one request."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse

from newsletter import tokens
from newsletter.apart import Apart
from newsletter.composer.wording import tidy
from newsletter.config import Config
from newsletter.model import Finding, Image
from newsletter.pipeline import drafting, joining
from newsletter.store import Store
from newsletter.tokens import Signer
from newsletter.web.limits import Gate
from newsletter.web.printer import Printer
from newsletter.web.shelf import Shelf

Clock = Callable[[], datetime]
LANGUAGES = {"fr": "Français", "en": "English"}


@dataclass(frozen=True, slots=True)
class Office:
    """What all requests share."""

    config: Config
    store: Store
    clock: Clock
    signer: Signer
    printer: Printer
    gate: Gate
    logo: Image | None
    studio: Printer
    apart: Apart
    shelf: Shelf
    stuck: dict[str, "Stuck"] = field(default_factory=dict)  # by month
    looked: dict[str, tuple[Finding, ...]] = field(default_factory=dict)  # what checks say, by a letter's digest

    @classmethod
    def open(cls, config: Config, store: Store, clock: Clock) -> "Office":
        """Reads the templates and the secrets, and puts the logo where pages show it."""
        signer = Signer(tokens.secrets(config.var, os.environ))
        printer = Printer(config.templates, config.town.color, [*LANGUAGES])
        studio = Printer(config.templates, config.town.color, ["fr"], "studio")
        logo, gate = joining.publish_logo(config), Gate(config.site.asks)
        apart = Apart(drafting.warm, str(config.templates))
        return cls(config, store, clock, signer, printer, gate, logo, studio, apart, Shelf(config, store, apart))

    def close(self) -> None:
        """Nobody works for it any more."""
        self.apart.close()


@dataclass(frozen=True, slots=True)
class Stuck:
    """Why a month is not composed again by itself, since that version."""

    version: int
    words: str


@dataclass(frozen=True, slots=True)
class Desk:
    """One request: in which language, at what time, asked where."""

    office: Office
    language: str
    at: datetime
    path: str
    client: str

    @property
    def config(self) -> Config:
        """The settings."""
        return self.office.config

    @property
    def store(self) -> Store:
        """The town's state."""
        return self.office.store

    @property
    def signer(self) -> Signer:
        """Signs and reads the tokens in links."""
        return self.office.signer

    @property
    def asking(self) -> joining.Asking:
        """How this was asked, for verbs that send a mail."""
        return joining.Asking(self.at, self.language, self.signer)

    def gettext(self, words: str) -> str:
        """French words, in the reader's language."""
        return self.office.printer.gettext(self.language, words)

    def to(self, path: str) -> str:
        """The address of a page, in the language this one is in."""
        return path if self.language == self.config.town.language else f"{path}?lang={self.language}"

    def page(self, name: str, words: Mapping[str, Any] | None = None, status: int = 200) -> HTMLResponse:
        """A page, from its template."""
        return HTMLResponse(self.office.printer.print(self.language, name, {**self._frame(), **(words or {})}), status)

    def text(self, name: str, words: Mapping[str, Any]) -> str:
        """A piece of a page, as plain text on one line."""
        return " ".join(self.office.printer.print(self.language, name, {**self._frame(), **words}).split())

    def _frame(self) -> dict[str, Any]:
        """What every template may use."""
        return {
            "town": self.config.town,
            "audiences": {
                name: _Shown(tidy(one.title), tidy(one.intro)) for name, one in self.config.audiences.items()
            },
            "themes": self.config.site.themes,
            "lang": self.language,
            "languages": {code: name for code, name in LANGUAGES.items() if code != self.language},
            "path": self.path,
            "to": self.to,
            "style": self.office.printer.style_url,
            "logo": self.office.logo,
            "site": self.config.site,
            "transport": self.config.delivery.transport,
            "retention": self.config.retention,
        }


@dataclass(frozen=True, slots=True)
class _Shown:
    """An audience, as pages show it."""

    title: str
    intro: str


def desk_of(request: Request, language: str | None) -> Desk:
    """The desk of a request."""
    office: Office = request.app.state.office
    known = language if language in LANGUAGES else office.config.town.language
    client = request.client.host if request.client else ""
    path = f"/{quote(request.scope['path'].lstrip('/'))}"  # `//elsewhere.example` would be another site's
    return Desk(office, known, office.clock(), path, client)


async def _at_desk(request: Request, lang: Annotated[str | None, Query(description="fr ou en")] = None) -> Desk:
    return desk_of(request, lang)


AtDesk = Annotated[Desk, Depends(_at_desk)]
