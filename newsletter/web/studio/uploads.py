"""A file somebody drops: kept aside, shown with what it changes, and only then the file; and the one before again."""

from functools import partial

from fastapi import HTTPException
from fastapi.responses import HTMLResponse, Response

from newsletter.errors import FormRefused
from newsletter.model.studio import Change
from newsletter.pipeline import Plan, replacing, studio, uploading
from newsletter.pipeline.composing import name_of
from newsletter.pipeline.uploading import Drop, Dropped
from newsletter.web.studio import home
from newsletter.web.studio.room import Inside, Room, go, to


def drop(room: Inside) -> Response:
    """It is kept aside, and read beside the others."""
    desk, chosen = room.desk, room.file("depot")
    if chosen is None:
        raise FormRefused(["choisissez un fichier, puis déposez-le"])
    month, into = home.current(desk), room.said("dossier")
    with chosen.file as file:
        dropping = Drop(into or room.said("fichier"), bool(into), chosen.filename or "", file)
        look = partial(desk.office.shelf.beside, month, desk.at)
        dropped = uploading.take(desk.config, dropping, room.who, desk.at, look)
    return go(to("fichiers", "depot", dropped.token))


def show(room: Inside, token: str) -> HTMLResponse:
    """What it changes."""
    return _page(room, _found(room, token))


def _found(room: Room, token: str) -> Dropped:
    dropped = uploading.found(room.desk.config, token)
    if dropped is None:
        raise HTTPException(404)
    return dropped


def _page(room: Room, dropped: Dropped, status: int = 200, *, overtaken: bool = False) -> HTMLResponse:
    desk, month = room.desk, home.current(room.desk)
    instead = uploading.instead_of(desk.config, dropped)
    seen = uploading.digest_of(instead.place)  # before the sources are read: what is read later is another's
    before = desk.office.shelf.catalogue(month, desk.at)
    after = desk.office.shelf.beside(month, desk.at, instead)
    weighed = uploading.weigh(desk.config, desk.store, Plan(month, desk.at), before, after)
    words = {
        "month": name_of(month),
        "dropped": dropped,
        "seen": seen,
        "same": seen == dropped.digest,
        "overtaken": overtaken,
        "groups": _grouped(weighed),
        "weighed": weighed,
        "counted": [one for one in after.sources if one.file == dropped.name],
        "labels": studio.LABELS,
    }
    return room.page("upload.html", words, status)


def _grouped(weighed: uploading.Weighed) -> list[tuple[str, str, list[Change]]]:
    """The changes by what they are: a name for the place on the page, words, those."""
    changes = weighed.changes
    groups = [
        ("modifiees", "Annonces modifiées", [one for one in changes if one.before and one.after]),
        ("nouvelles", "Annonces nouvelles", [one for one in changes if not one.before]),
        ("parties", "Annonces qui ne seraient plus imprimées", [one for one in changes if not one.after]),
    ]
    return [group for group in groups if group[2]]


def decide(room: Inside, token: str) -> Response:
    """It counts, or it goes."""
    desk, dropped = room.desk, _found(room, token)
    if room.said("faire") != "remplacer":
        uploading.forget(desk.config, dropped, room.who)
        return go(to("fichiers", fait="laisse"))
    seen = room.said("vu")
    if not replacing.replace_file(desk.config, desk.store, dropped, room.who, desk.at, seen=seen):
        return _page(room, dropped, 409, overtaken=True)
    return go(to("fichiers", fait="remplace"))


def put_back(room: Inside) -> Response:
    """The version before counts again."""
    desk, name = room.desk, room.said("fichier")
    if not replacing.put_back(desk.config, desk.store, name, room.who, desk.at, seen=room.said("vu")):
        raise FormRefused([f"{name[:200]} a changé entre-temps : regardez ce qu’il dit, puis recommencez"])
    return go(to("fichiers", fait="revenu"))
