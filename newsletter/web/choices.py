"""Choices: which letters somebody reads, their themes, the name they are called by. To join as well as to leave."""

from collections.abc import Collection, Sequence
from typing import Annotated

from fastapi import Form
from fastapi.responses import HTMLResponse

from newsletter.model import Choice
from newsletter.pipeline import joining
from newsletter.pipeline.joining import Guest
from newsletter.web import forms, links
from newsletter.web.desk import AtDesk, Desk
from newsletter.web.forms import Written


def show(desk: AtDesk, token: str) -> HTMLResponse:
    """What they read now."""
    who = links.guest(desk, joining.PREFERENCES, token)
    reader = links.subscriber(desk, who)
    written = Written(reader.address, reader.first_name or "", reader.audiences, reader.themes)
    return _form(desk, who, written)


def _form(desk: Desk, who: Guest, written: Written, *, kept: bool = False) -> HTMLResponse:
    words = {
        "written": written,
        "kept": kept,
        "data": links.link(desk, joining.PREFERENCES, who, "/donnees"),
        "erase": links.link(desk, joining.PREFERENCES, who, "/effacer"),
    }
    return desk.page("preferences.html", words, 422 if written.faults else 200)


def keep(
    desk: AtDesk,
    token: str,
    prenom: Annotated[str, Form()] = "",
    lettres: Annotated[list[str], Form()] = [],  # noqa: B006 FastAPI copies it
    themes: Annotated[list[str], Form()] = [],  # noqa: B006
) -> HTMLResponse:
    """Keeps what they chose."""
    who = links.guest(desk, joining.PREFERENCES, token)
    reader = links.subscriber(desk, who)
    written = Written(
        reader.address,
        prenom,
        forms.known(lettres, desk.config.audiences),
        forms.known(themes, desk.config.site.themes),
    )
    forms.read_name(desk, written)
    if written.faults:
        return _form(desk, who, written)
    choice = Choice(
        (*_unseen(reader.audiences, desk.config.audiences), *written.audiences),
        (*_unseen(reader.themes, desk.config.site.themes), *written.themes),
        written.first_name or None,
    )
    joining.choose(desk.store, who, choice, at=desk.at, wording=forms.wording(desk))
    return _form(desk, who, written, kept=True)


def _unseen(had: Sequence[str], shown: Collection[str]) -> tuple[str, ...]:
    """What the form doesn't show, it doesn't take away."""
    return tuple(name for name in had if name not in shown)


def ask(desk: AtDesk, token: str) -> HTMLResponse:
    """« Voulez-vous continuer ? », and a button."""
    return _renewal(desk, links.guest(desk, joining.PREFERENCES, token))


def renew(desk: AtDesk, token: str) -> HTMLResponse:
    """Yes: they go on reading."""
    who = links.guest(desk, joining.PREFERENCES, token)
    return _renewal(desk, who, renewed=joining.renew(desk.store, who, at=desk.at))


def _renewal(desk: Desk, who: Guest, *, renewed: bool = False) -> HTMLResponse:
    here = links.link(desk, joining.PREFERENCES, who)
    return desk.page("renew.html", {"reader": links.subscriber(desk, who), "renewed": renewed, "here": here})
