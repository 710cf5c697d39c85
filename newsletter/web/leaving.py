"""Leaving: a page and a button for people, RFC 8058 for mail programs. Asked why afterwards, if they care to say.

A mail program posts `List-Unsubscribe=One-Click` and has 200 at once: no cookie, no login, no redirect, however often.
"""

from typing import Annotated

from fastapi import Form
from fastapi.responses import HTMLResponse

from newsletter.model import Subscriber
from newsletter.pipeline import joining
from newsletter.pipeline.joining import Guest
from newsletter.web import links
from newsletter.web.desk import AtDesk, Desk

EVERY = "toutes"
Field = Annotated[str, Form()]


def check(desk: AtDesk, token: str) -> HTMLResponse:
    """What they are about to leave, and a button: a robot that follows the link leaves nothing."""
    who = links.guest(desk, joining.UNSUBSCRIBE, token)
    reader = links.subscriber(desk, who)
    return desk.page("leave.html", {**_standing(desk, who, reader), "reader": reader})


def leave(
    desk: AtDesk,
    token: str,
    quoi: Field = "",
    one_click: Annotated[str, Form(alias="List-Unsubscribe")] = "",
) -> HTMLResponse:
    """Leaves, for good. Again changes nothing, and is answered in the same way."""
    who = links.guest(desk, joining.UNSUBSCRIBE, token)
    every = quoi == EVERY
    joining.leave(desk.store, who, at=desk.at, every=every, one_click=bool(one_click))
    return _left(desk, who, token, every=every)


def _left(desk: Desk, who: Guest, token: str, *, every: bool, thanked: bool = False) -> HTMLResponse:
    reader = desk.store.subscribers.get(who.number)
    words = {
        **_standing(desk, who, reader),
        "every": every or who.audience is None,
        "thanked": thanked,
        "reason": desk.to(f"/d/{token}/raison"),
        "reasons": _reasons(desk),
    }
    return desk.page("left.html", words)


def _reasons(desk: Desk) -> list[str]:
    return [
        desk.gettext("Trop de courriels dans ma boîte"),
        desk.gettext("Ce que je lis ne me concerne pas"),
        desk.gettext("Je n’habite plus ici"),
        desk.gettext("Je ne me souviens pas de m’être inscrit, inscrite"),
    ]


def _standing(desk: Desk, who: Guest, reader: Subscriber | None) -> dict[str, object]:
    """The letter the link came with, what is read besides, and the way to change one's mind."""
    reads = [name for name in (reader.audiences if reader else ()) if name in desk.config.audiences]
    return {
        "letter": _title(desk, who.audience) if who.audience else None,
        "reads_it": who.audience in reads if who.audience else bool(reads),
        "others": [desk.config.audiences[name].title for name in reads if name != who.audience],
        "preferences": links.link(desk, joining.PREFERENCES, who) if reader else None,
    }


def _title(desk: Desk, audience: str) -> str:
    stanza = desk.config.audiences.get(audience)
    return stanza.title if stanza else audience


def explain(desk: AtDesk, token: str, raison: Field = "", precision: Field = "", quoi: Field = "") -> HTMLResponse:
    """Keeps why they left, if they say."""
    who = links.guest(desk, joining.UNSUBSCRIBE, token)
    words = " : ".join(filter(None, map(_line, (raison, precision))))
    if words:
        joining.explain(desk.store, who, words, at=desk.at, every=quoi == EVERY)
    return _left(desk, who, token, every=quoi == EVERY, thanked=True)


def _line(written: str) -> str:
    """On one line, and nothing in it that isn't printed."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in written).split())
