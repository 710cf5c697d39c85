"""Home: where the month stands, what waits for this person, what is wrong in the files, who reads, how it went."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fastapi.responses import HTMLResponse

from newsletter import timetable
from newsletter.model import Catalogue, DeliveryState, EditionState, Problem
from newsletter.model.studio import Act
from newsletter.pipeline import studio
from newsletter.pipeline.composing import both, name_of
from newsletter.store import Edition
from newsletter.timetable import Name
from newsletter.web.desk import Desk
from newsletter.web.studio.room import Inside, Room, to

LINE = (
    (Name.COLLECT, "Collecte"),
    (Name.DRAFT, "Brouillon"),
    (Name.REVIEW, "Relecture"),
    (Name.APPROVAL, "Accord"),
    (Name.SEND, "Envoi"),
)
AGREED = (EditionState.APPROVED, EditionState.SCHEDULED)
LEFT = (EditionState.SENDING, EditionState.SENT)
OPEN = (EditionState.DRAFT, EditionState.IN_REVIEW)
FARED = (
    ("remis", (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.COMPLAINED, DeliveryState.BOUNCED)),
    ("revenus", (DeliveryState.BOUNCED,)),
    ("signalés", (DeliveryState.COMPLAINED,)),
    ("refusés", (DeliveryState.REFUSED,)),
    ("incertains", (DeliveryState.UNCERTAIN,)),
    ("en attente", (DeliveryState.QUEUED, DeliveryState.SENDING)),
)


@dataclass(frozen=True, slots=True)
class Date:
    """A step of the month: `stands` is done, now or later."""

    name: str
    at: datetime
    stands: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Something that waits for a person, and where it is done."""

    words: str
    link: str
    act: str


@dataclass(frozen=True, slots=True)
class Fared:
    """How one letter of the last edition left."""

    audience: str
    counts: Sequence[tuple[str, int]]
    reason: str | None


def show(room: Inside) -> HTMLResponse:
    """Where things stand."""
    desk = room.desk
    month = current(desk)
    edition = desk.store.editions.get(name_of(month))
    catalogue = desk.office.shelf.catalogue(month, desk.at)
    last = _last(desk)
    words = {
        "month": name_of(month),
        "edition": edition,
        "line": line(desk, month, edition),
        "asks": list(_asks(room, month, edition, catalogue)),
        "files": by_file(catalogue.problems),
        "read": sum(count.items for count in catalogue.sources),
        "readers": desk.store.subscribers.count(both(desk.config, desk.store, name_of(month))),
        "last": last,
        "fared": _fared(desk, last) if last else [],
        "others": [one for one in reversed(desk.store.editions.all()) if one.month != name_of(month)],
        "next": name_of((month + timedelta(31)).replace(day=1)),
    }
    return room.page("home.html", words)


def current(desk: Desk) -> date:
    """The month being made: the first whose letters have not left and are not too late to."""
    schedule, zone = desk.config.schedule, desk.config.town.zone
    late = timedelta(hours=schedule.late_by)
    month = (desk.at.astimezone(zone).date() - late).replace(day=1)
    gone = {one.month for one in desk.store.editions.all() if one.state in LEFT}
    for _ in range(4):
        if name_of(month) not in gone and timetable.send_at(schedule, month, zone) + late > desk.at:
            break
        month = (month + timedelta(31)).replace(day=1)
    return month


def line(desk: Desk, month: date, edition: Edition | None) -> list[Date]:
    """The month as dates, each done, now or later."""
    steps = {step.name: step.at for step in timetable.of_month(desk.config.schedule, month, desk.config.town.zone)}
    reached = _reached(edition)
    passed = [name for name, _ in LINE if steps[name] <= desk.at or name in reached]
    now = next((name for name, _ in LINE if name not in reached and name not in passed), None)
    late = [name for name in passed if name not in reached and name not in (Name.COLLECT,)]
    now = late[0] if late else now
    return [Date(said, steps[name], _stands(name, now, passed)) for name, said in LINE]


def _stands(name: Name, now: Name | None, passed: Sequence[Name]) -> str:
    if name is now:
        return "now"
    return "done" if name in passed and (now is None or _place(name) < _place(now)) else "later"


def _place(name: Name) -> int:
    return [one for one, _ in LINE].index(name)


def _reached(edition: Edition | None) -> set[Name]:
    if edition is None:
        return set()
    reached = {Name.COLLECT, Name.DRAFT}
    if edition.state is not EditionState.DRAFT or edition.approvals:
        reached.add(Name.REVIEW)
    if edition.state in (*AGREED, *LEFT):
        reached |= {Name.REVIEW, Name.APPROVAL}
    return reached | {Name.SEND} if edition.state in LEFT else reached


def by_file(problems: Sequence[Problem]) -> Mapping[str, list[Problem]]:
    """Errors first, in each file."""
    found: dict[str, list[Problem]] = {}
    for problem in sorted(problems, key=lambda one: (one.origin.file, one.severity != "error", one.origin.row or 0)):
        found.setdefault(problem.origin.file, []).append(problem)
    return found


def _asks(room: Room, month: date, edition: Edition | None, catalogue: Catalogue) -> Iterator[Ask]:
    """What this person can do now."""
    name = name_of(month)
    if edition is None:
        if room.who.may(Act.COMPOSE):
            yield Ask("Le brouillon du mois n’est pas encore composé.", to(name), "Composer le brouillon")
        return
    if edition.state in (*OPEN, *AGREED):
        yield from _talk(room, month, edition, catalogue)
    if edition.state in OPEN and _counts(room) and room.who.name not in [one.by for one in edition.approvals]:
        yield Ask("L’édition attend un accord, et le vôtre compte.", to(name, "accord"), "Relire et donner mon accord")
    if edition.state in AGREED and not room.desk.store.departures.waiting(name) and room.who.may(Act.SEND):
        yield Ask("L’accord est donné : l’édition peut partir.", to(name, "accord"), "Voir l’envoi")
    if waiting := room.desk.store.departures.waiting(name):
        yield Ask(f"L’édition part, à la demande de {waiting.by}.", to(name, "accord"), "Voir, ou annuler l’envoi")


def _talk(room: Room, month: date, edition: Edition, catalogue: Catalogue) -> Iterator[Ask]:
    desk, name = room.desk, edition.month
    open_ = sum(first.closed_at is None for first, _ in desk.store.comments.of(name))
    if open_ and room.who.may(Act.CLOSE):
        said = "Une remarque attend une réponse." if open_ == 1 else f"{open_} remarques attendent une réponse."
        yield Ask(said, to(name, "relecture"), "Lire les remarques")
    found = studio.changes(desk.config, desk.store, month, desk.at, catalogue=catalogue)
    if found and room.who.may(Act.COMPOSE):
        yield Ask(f"{changed(len(found))} dans les fichiers depuis la composition.", to(name, "accord"), "Voir")


def changed(number: int) -> str:
    """« 3 lignes ont changé »."""
    return "1 ligne a changé" if number == 1 else f"{number} lignes ont changé"


def _counts(room: Room) -> bool:
    return room.who.may(Act.APPROVE) and room.who.role in room.desk.config.schedule.approvers


def _last(desk: Desk) -> Edition | None:
    return next((one for one in reversed(desk.store.editions.all()) if one.state in LEFT), None)


def _fared(desk: Desk, last: Edition) -> list[Fared]:
    found = []
    for mailing in desk.store.ledger.mailings(last.month):
        counts = desk.store.ledger.counts(mailing.id)
        said = [(words, sum(counts[state] for state in states)) for words, states in FARED]
        kept = [(words, count) for words, count in said if count or words == "remis"]
        found.append(Fared(mailing.audience, kept, mailing.reason))
    return found
