"""See as a subscriber: an address in a form, never in a link; then the letters, as that one gets them.

The link that leads there holds a number, signed for who asked, and is worth nothing after an hour.
"""

from datetime import timedelta

from fastapi.responses import HTMLResponse, Response

from newsletter.errors import TokenRefused
from newsletter.model.studio import Act
from newsletter.pipeline import studio
from newsletter.pipeline.receiving import MOST
from newsletter.web.studio import home
from newsletter.web.studio.room import Inside, Room, go, month_of, to

PURPOSE = "seen as"
LASTS = timedelta(hours=1)
LONGEST = 320  # characters of an address
NONE = "Écrivez une adresse, comme « nom@exemple.fr »."
OFTEN = f"C’est la {MOST}e adresse en une heure : attendez un peu. Chaque consultation est inscrite au journal."
OLD = "Cette vue n’est plus valable : écrivez à nouveau l’adresse."


def form(room: Inside, month: str) -> HTMLResponse:
    """Where an address is typed."""
    return _form(room, month)


def _form(room: Room, month: str, status: int = 200, **words: str) -> HTMLResponse:
    desk, day = room.desk, month_of(month)
    edition = desk.store.editions.get(month)
    frame = {"tab": "edition", "month": month, "edition": edition, "line": home.line(desk, day, edition)}
    return room.page(
        "reader.html", {**frame, "address": room.said("adresse"), "fault": "", "found": "", **words}, status
    )


def look(room: Inside, month: str) -> Response:
    """Who reads at that address; their letters are on another page."""
    desk, address = room.desk, room.said("adresse").strip()
    if "@" not in address or len(address) > LONGEST or not address.isprintable():
        return _form(room, month, 422, fault=NONE)
    looked = studio.look_up(desk.config, desk.store, month_of(month), address, room.who, at=desk.at)
    if looked.too_often:
        return _form(room, month, 429, fault=OFTEN)
    if looked.number is None:
        return _form(room, month, found=looked.words)
    token = desk.signer.sign(PURPOSE, f"{_whose(room)} {month} {looked.number}", at=desk.at)
    return go(to(month, after="lettres", abonne=token))


def seen(room: Room, month: str, token: str) -> studio.Received | None:
    """What the subscriber of that link gets. None: it is too old, or another's. Raises NotAllowed."""
    desk = room.desk
    studio.allow(room.who, Act.SUBSCRIBERS)
    try:
        whose, said, number = desk.signer.read(PURPOSE, token, at=desk.at, max_age=LASTS).split(" ")
    except TokenRefused:
        return None
    if (whose, said) != (_whose(room), month):
        return None
    return studio.received(desk.config, desk.store, month_of(month), int(number), desk.at)


def _whose(room: Room) -> str:
    return str(room.account.id if room.account else "")
