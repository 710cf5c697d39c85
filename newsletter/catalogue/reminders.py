"""What readers will ask of an item, and nobody wrote: a warning each, on what can still be answered."""

import re
from collections.abc import Iterable
from datetime import date, timedelta

from newsletter.catalogue.drafts import Draft
from newsletter.catalogue.texts import show
from newsletter.catalogue.when import day
from newsletter.model import Item, Kind, Status

ANSWERED = (Kind.CALL, Kind.TRAINING, Kind.EXCHANGE)  # kinds that readers write or call about
WRITTEN = re.compile(r"@|https?:|www\.|\b0\d(?:[ .-]?\d\d){4}\b")
RECENT = timedelta(60)  # an older deadline is of an archive, where nobody asks


def warn(drafts: Iterable[Draft]) -> None:
    """Once per item, on its first row."""
    for draft in drafts:
        if draft.item.status not in (Status.CANCELLED, Status.POSTPONED):
            today = draft.row.setting.as_of.date()
            _deadline(draft, today)
            _contact(draft, today)


def _deadline(draft: Draft, today: date) -> None:
    deadline = draft.item.deadline
    if draft.item.kind is Kind.CALL and deadline and today - RECENT <= deadline.day < today:
        name = "deadline" if draft.row.value("deadline") is not None else "date_end"
        passed = f"date limite passée depuis le {show(deadline.day)}"
        draft.row.warn(name, f"{passed} : effacez la ligne, ou tapez la nouvelle date", "deadline_past")


def _contact(draft: Draft, today: date) -> None:
    item = draft.item
    if item.kind not in ANSWERED or item.contact or item.url or _last_day(item, today) < today:
        return
    if not WRITTEN.search(" ".join(filter(None, (item.description, *draft.details)))):
        wanted = "ni contact ni lien : tapez une adresse, un téléphone ou une page où répondre"
        draft.row.warn("contact", wanted, "contact_missing")


def _last_day(item: Item, today: date) -> date:
    """Until when somebody may answer."""
    if item.deadline:
        return item.deadline.day
    return max((day(occurrence.end or occurrence.start) for occurrence in item.occurrences), default=today)
