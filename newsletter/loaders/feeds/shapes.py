"""What a feed's format is, and how its records become a Table."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from newsletter.loaders.cells import Place, clean, faults
from newsletter.loaders.request import Load, Request
from newsletter.model import Problem, Skip, Table

Record = Mapping[str, Any]
Values = Mapping[str, object]
UNREADABLE = "enregistrement illisible"
PERSONS = {"firstname", "lastname", "payer", "user", "birthdate", "prenom", "email", "members", "endorsements"}


@dataclass(frozen=True, slots=True)
class Feed:
    """A format. `knows`: a record is of it. `headers`: our field → theirs. `read`: values, or a reason to skip."""

    name: str
    knows: Callable[[Record], bool]
    headers: Mapping[str, str]
    read: Callable[[Record, Request], Values | str]


def table(feed: Feed, records: Iterable[tuple[int, object]], request: Request) -> Load:
    """The feed's records as rows, under their numbers; each that is none, with its reason."""
    kept: list[tuple[int, Values]] = []
    skipped: list[Skip] = []
    for number, record in records:
        values = feed.read(record, request) if isinstance(record, Mapping) and record else UNREADABLE
        if isinstance(values, str):
            skipped.append(Skip(number, values))
        else:
            kept.append((number, {field: clean(value) for field, value in values.items()}))
    columns: dict[str, list[object]] = {field: [row.get(field) for _, row in kept] for field in feed.headers}
    if request.source.association:
        columns.pop("association", None)
    filled = {field: column for field, column in columns.items() if any(cell is not None for cell in column)}
    return _load(feed, filled, [number for number, _ in kept], tuple(skipped), request)


def _load(
    feed: Feed, columns: dict[str, list[object]], numbers: list[int], skipped: tuple[Skip, ...], request: Request
) -> Load:
    import pandas  # here, not above: most commands read no file

    headers = {field: feed.headers[field] for field in columns}
    problems: list[Problem] = []
    for field, column in columns.items():
        problems += faults(Place(request, None, headers[field]), numbers, column)
    index = pandas.Index(numbers, dtype="int64")
    frame = pandas.DataFrame(columns, index=index, columns=list(columns), dtype=object)
    count = len(numbers) + len(skipped)
    return Load((Table(request.document.name, None, frame, headers, count, skipped),), tuple(problems))


def refusal(records: Iterable[object], request: Request) -> Problem | None:
    """A feed that lists people (HelloAsso's orders, members): none of it is read."""
    names = {str(key).casefold() for record in records if isinstance(record, Mapping) for key in record}
    if not names & PERSONS:
        return None
    wanted = (
        "c'est une liste de personnes (HelloAsso, adhérents, propositions…) : la lettre n'en lit rien ; "
        "tapez plutôt l'évènement (titre, date, lieu, lien public) dans un tableau"
    )
    return request.problem(wanted, "people")
