"""Rights: all that is known of somebody, to read and to take away; and being forgotten."""

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from io import StringIO

from babel.dates import format_datetime
from fastapi.responses import HTMLResponse, Response

from newsletter.pipeline import joining
from newsletter.pipeline.joining import Guest
from newsletter.store import EVERY, OTHERS, Known
from newsletter.web import links
from newsletter.web.desk import AtDesk, Desk
from newsletter.web.faults import USED, LinkRefused

FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet program would run


def show(desk: AtDesk, token: str) -> HTMLResponse:
    """All of it, in words."""
    who, known = _known(desk, token)
    here = links.link(desk, joining.PREFERENCES, who)
    words = {"known": known, "lines": list(_lines(desk, known)), "here": here}
    files = {kind: links.link(desk, joining.PREFERENCES, who, f"/donnees.{kind}") for kind in ("json", "csv")}
    return desk.page("data.html", {**words, "files": files, "erase": links.link(desk, "preferences", who, "/effacer")})


def as_json(desk: AtDesk, token: str) -> Response:
    """All of it, for a program."""
    _, known = _known(desk, token)
    written = json.dumps(asdict(known), ensure_ascii=False, indent=1, default=datetime.isoformat)
    return _file(written, "application/json", "mes-donnees.json")


def as_csv(desk: AtDesk, token: str) -> Response:
    """All of it, for a spreadsheet."""
    _, known = _known(desk, token)
    out = StringIO()
    table = csv.writer(out, delimiter=";")
    table.writerow((desk.gettext("Date"), desk.gettext("Quoi"), desk.gettext("Lettre"), desk.gettext("Précision")))
    for line in [*_now(desk, known), *_lines(desk, known)]:
        table.writerow(_harmless(cell) for cell in (line.when, line.what, line.letter, line.detail))
    return _file("\ufeff" + out.getvalue(), "text/csv", "mes-donnees.csv")


def _file(content: str, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULAS) else cell


def check(desk: AtDesk, token: str) -> HTMLResponse:
    """What being forgotten means, and a button."""
    who, known = _known(desk, token)
    return desk.page("erase.html", {"known": known, "here": links.link(desk, joining.PREFERENCES, who)})


def erase(desk: AtDesk, token: str) -> HTMLResponse:
    """Forgets them, for good."""
    who, _ = _known(desk, token)
    joining.erase(desk.store, who, at=desk.at)
    return desk.page("erased.html")


def _known(desk: Desk, token: str) -> tuple[Guest, Known]:
    who = links.guest(desk, joining.PREFERENCES, token)
    known = desk.store.subscribers.known(who.number)
    if known is None or known.subscriber is None:
        raise LinkRefused(USED)
    return who, known


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened: when (as it is said), what, to which letter, how."""

    at: datetime
    when: str
    what: str
    letter: str
    detail: str


def _now(desk: Desk, known: Known) -> list[Line]:
    """What is kept of them today."""
    if known.subscriber is None or known.since is None:
        return []
    reader, since = known.subscriber, known.since
    facts = {
        desk.gettext("Adresse"): reader.address,
        desk.gettext("Prénom"): reader.first_name or "",
        desk.gettext("Lettres"): ", ".join(_title(desk, name) for name in reader.audiences),
        desk.gettext("Thèmes"): ", ".join(reader.themes),
    }
    return [Line(since, "", what, "", said) for what, said in facts.items()]


def _lines(desk: Desk, known: Known) -> list[Line]:
    """What happened, the oldest first."""
    happened = [*_asked(desk, known), *_agreed(desk, known), *_left(desk, known), *_received(desk, known)]
    return [
        Line(at, _when(desk, at), what, letter, detail)
        for at, what, letter, detail in sorted(happened, key=lambda one: one[0])
    ]


def _when(desk: Desk, at: datetime) -> str:
    return format_datetime(at, "d MMMM y, HH:mm", tzinfo=desk.config.town.zone, locale=desk.language)


Happened = Iterator[tuple[datetime, str, str, str]]


def _asked(desk: Desk, known: Known) -> Happened:
    for signup in known.signups:
        titles = ", ".join(_title(desk, name) for name in signup.wish.audiences)
        yield signup.asked_at, desk.gettext("Inscription demandée"), titles, signup.wish.origin


def _agreed(desk: Desk, known: Known) -> Happened:
    acts = {
        "given": desk.gettext("Accord donné"),
        "withdrawn": desk.gettext("Désinscription"),
        "changed": desk.gettext("Préférences changées"),
        "asked": desk.gettext("« Voulez-vous continuer ? » demandé"),
        "renewed": desk.gettext("Abonnement prolongé"),
    }
    for line in known.consents:
        given = line.act == "given"
        detail = " — ".join(filter(None, (line.origin, line.wording if given else None)))
        yield line.at, acts.get(line.act, line.act), _title(desk, line.audience) if line.audience else "", detail


def _left(desk: Desk, known: Known) -> Happened:
    for one in known.suppressions:
        detail = " — ".join(filter(None, (one.reason, one.said)))
        yield one.at, desk.gettext("Plus d’envoi"), _title(desk, one.audience), detail


def _received(desk: Desk, known: Known) -> Happened:
    states = {
        "queued": desk.gettext("pas encore parti"),
        "sending": desk.gettext("en train de partir"),
        "accepted": desk.gettext("remis à votre messagerie"),
        "delivered": desk.gettext("arrivé dans votre messagerie"),
        "refused": desk.gettext("refusé par votre messagerie"),
        "bounced": desk.gettext("renvoyé par votre messagerie"),
        "complained": desk.gettext("signalé comme indésirable"),
        "uncertain": desk.gettext("remis, sans réponse"),
        "skipped": desk.gettext("pas envoyé"),
        "dropped": desk.gettext("pas envoyé"),
    }
    for copy in known.copies:
        detail = f"{copy.month} : {states[copy.state]}"
        yield copy.at, desk.gettext("Exemplaire"), _title(desk, copy.audience), detail


def _title(desk: Desk, audience: str) -> str:
    if audience == EVERY:
        return desk.gettext("toutes")
    if audience == OTHERS:
        return desk.gettext("les autres")
    stanza = desk.config.audiences.get(audience)
    return stanza.title if stanza else audience
