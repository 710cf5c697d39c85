"""Overtaken: somebody changed the edition while another did. What the first did, what the second wanted, one button."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi.responses import HTMLResponse

from newsletter.errors import Overtaken
from newsletter.pipeline import studio
from newsletter.web.studio.room import Room

RECENT = 10  # changes that are told one by one
WISHES = {
    "monter": "monter {}",
    "descendre": "descendre {}",
    "epingler": "épingler {} en tête",
    "depingler": "ne plus épingler {}",
    "masquer": "masquer {}",
    "montrer": "montrer à nouveau {}",
    "raccourcir": "changer la description de {}",
    "retablir": "rétablir la description de {}",
}
TYPED = {"masquer": ("raison", "Pourquoi la masquer"), "raccourcir": ("mots", "Description dans cette édition")}


@dataclass(frozen=True, slots=True)
class Done:
    """What somebody did meanwhile, in sentences."""

    by: str
    at: datetime | None
    words: Sequence[str]


def since(room: Room, month: str) -> list[Done]:
    """What others did since this person saw the page: nothing, when it doesn't say what they saw."""
    store, seen = room.desk.store, room.said("vu")
    now = store.arrangements.get(month).version
    if not seen.isdecimal() or len(seen) > 8 or int(seen) >= now:
        return []
    titles = {name: one.title for name, one in room.desk.config.audiences.items()}
    first = max(int(seen), now - RECENT) + 1
    made = [(number, store.arrangements.get(month, number)) for number in range(first, now + 1)]
    return [
        Done(one.by, one.at, studio.rearrangements(store, month, number - 1, number, titles)) for number, one in made
    ]


def page(room: Room, month: str, told: Overtaken, *, already: bool) -> HTMLResponse:
    """The page of who was overtaken over one item. `already`: it is as they wanted it, or can't be any more."""
    store, id_, act = room.desk.store, room.said("annonce"), room.said("faire")
    title = store.editions.basis(month).items.get(id_, {}).get("title", "cette annonce")
    field, label = TYPED.get(act, ("", ""))
    form = [(name, value) for name, value in room.form.multi_items() if isinstance(value, str)]
    words = {
        "told": told,
        "month": month,
        "id": id_,
        "since": since(room, month),
        "wish": WISHES.get(act, "changer {}").format(f"« {title} »"),
        "already": already,
        "hidden": [(name, value) for name, value in form if name not in ("vu", "csrf", field)],
        "seen": store.arrangements.get(month).version,
        "field": field,
        "label": label,
        "typed": room.said(field) if field else "",
    }
    return room.page("overtaken.html", words, 409)
