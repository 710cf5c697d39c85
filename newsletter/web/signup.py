"""Signing up: a form, a mail, a button. Nobody is on a list before their own mailbox says so.

The page after the form is the same for every address, known or not. A field nobody sees and the time a form takes to
read keep simple robots out, without a script.
"""

from datetime import timedelta
from typing import Annotated

from fastapi import BackgroundTasks, Form, HTTPException
from fastapi.responses import HTMLResponse

from newsletter.model import SignupState, Wish
from newsletter.pipeline import joining
from newsletter.web import forms, links
from newsletter.web.desk import AtDesk, Desk
from newsletter.web.faults import USED, LinkRefused
from newsletter.web.forms import Written

LASTS = timedelta(days=7)
FORM = "formulaire en ligne"
Field = Annotated[str, Form()]
Ticked = Annotated[list[str], Form()]


def form(desk: AtDesk) -> HTMLResponse:
    """The form, nothing ticked."""
    return _form(desk, Written())


def _form(desk: Desk, written: Written, *, since: str = "", hurried: bool = False) -> HTMLResponse:
    words = {"written": written, "since": since or forms.opened(desk), "hurried": hurried}
    return desk.page("signup.html", words, 422 if written.faults or hurried else 200)


def ask(
    desk: AtDesk,
    *,
    adresse: Field = "",
    prenom: Field = "",
    lettres: Ticked = [],  # noqa: B006 FastAPI copies it
    themes: Ticked = [],  # noqa: B006
    depuis: Field = "",
    site: Field = "",
) -> HTMLResponse:
    """Keeps the wish and sends the mail, or shows what to mend."""
    written = Written(
        adresse,
        prenom,
        forms.known(lettres, desk.config.audiences),
        forms.known(themes, desk.config.site.themes),
    )
    if not written.audiences:
        written.faults["lettres"] = desk.gettext("Cochez au moins une lettre.")
    forms.read_address(desk, written)
    forms.read_name(desk, written)
    if written.faults:
        return _form(desk, written, since=depuis)
    if not forms.was_read(desk, depuis):
        return _form(desk, written, hurried=True)
    _admit(desk)
    if not site:
        joining.sign_up(desk.config, desk.store, _wish(desk, written), desk.asking)
    return desk.page("asked.html", {"address": written.address})


def _wish(desk: Desk, written: Written) -> Wish:
    return Wish(
        written.address,
        written.audiences,
        forms.wording(desk),
        FORM,
        written.first_name or None,
        written.themes,
    )


def _admit(desk: Desk) -> None:
    if not desk.office.gate.admits(desk.client, desk.at):
        raise HTTPException(429)


def check(desk: AtDesk, token: str) -> HTMLResponse:
    """What is about to be confirmed, and a button: a robot that follows the link confirms nothing."""
    signup = desk.store.signups.get(_nonce(desk, token))
    if signup is None or signup.state is not SignupState.PENDING:
        raise LinkRefused(USED)
    return desk.page("confirm.html", {"wish": signup.wish})


def confirm(desk: AtDesk, token: str) -> HTMLResponse:
    """The mailbox says yes, once."""
    who = joining.confirm(desk.store, _nonce(desk, token), desk.at)
    if who is None:
        raise LinkRefused(USED)
    words = {"reader": links.subscriber(desk, who), "preferences": links.link(desk, joining.PREFERENCES, who)}
    return desk.page("confirmed.html", words)


def _nonce(desk: Desk, token: str) -> str:
    return desk.signer.read(joining.CONFIRM, token, at=desk.at, max_age=LASTS)


def link_form(desk: AtDesk) -> HTMLResponse:
    """Where to ask for one's own link."""
    return desk.page("link.html", {"written": Written()})


def send_link(desk: AtDesk, after: BackgroundTasks, adresse: Field = "") -> HTMLResponse:
    """Sends it to who is known, once the page is given: the page, and its time, are the same for everybody."""
    written = Written(adresse)
    forms.read_address(desk, written)
    if written.faults:
        return desk.page("link.html", {"written": written}, 422)
    _admit(desk)
    after.add_task(joining.ask_link, desk.config, desk.store, written.address, desk.asking)
    return desk.page("link_sent.html", {"address": written.address})
