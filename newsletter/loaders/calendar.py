"""iCalendar: bytes → one row per event, its number in the file. `children/calendar.py` reads them, within limits.

An event's dates come as they are (`occurrences`), in the town's time. A broken event breaks no other.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from newsletter.loaders import sandbox
from newsletter.loaders.cells import clean
from newsletter.loaders.request import Load, Request
from newsletter.loaders.text import decode
from newsletter.model import Occurrence, Origin, Problem, Severity, Skip, Table

MONTHS_AHEAD = 13
HEADERS = {
    "title": "SUMMARY", "occurrences": "DTSTART", "place": "LOCATION", "description": "DESCRIPTION", "url": "URL",
    "contact": "CONTACT", "status": "STATUS", "themes": "CATEGORIES", "association": "ORGANIZER",
}  # fmt: skip
REFUSED = {
    "slow": "cet agenda prend trop de temps à lire : exportez-en une partie, les mois à venir par exemple",
    "large": "cet agenda est trop gros pour être lu : exportez-en une partie, les mois à venir par exemple",
    "events": "cet agenda a {what} évènements : exportez-en une partie, les mois à venir par exemple",
}
FAULTS = {
    "no_start": "évènement sans date (DTSTART manque) : donnez-lui une date dans l'agenda, et exportez à nouveau",
    "bad_start": "la date de cet évènement ne se lit pas : donnez-lui une date dans l'agenda, et exportez à nouveau",
    "broken": "cet évènement ne se lit pas : ouvrez-le dans l'agenda, enregistrez-le, et exportez à nouveau",
    "cut": "cet évènement est coupé, le fichier est sans doute tronqué : exportez l'agenda à nouveau",
    "slow": "la répétition de cet évènement n'en finit pas : donnez-lui une fin dans l'agenda",
    "too_often": "cet évènement se répète plusieurs fois par jour : répétez-le par jour, semaine ou mois",
    "never": "la répétition de cet évènement ne tombe aucun jour : corrigez-la dans l'agenda",
}
WARNINGS = {
    "zone": ("DTSTART", "fuseau horaire inconnu : l'heure est lue comme celle de la commune ; vérifiez-la"),
    "repetition": (
        "RRULE",
        "la répétition ne se lit pas : seule la première date est imprimée ; corrigez l'agenda",
    ),
    "tentative": ("STATUS", "évènement marqué provisoire dans l'agenda : confirmez-le, ou retirez-le"),
    "backwards": ("DTEND", "la fin vient avant le début : seul le début est imprimé ; corrigez l'heure de fin"),
}
CUT = "la fin de ce fichier manque, il est sans doute tronqué : exportez l'agenda à nouveau"
DIFFERS = "cette date a un autre titre ou un autre lieu : elle est imprimée avec ceux de l'évènement nº {of}"
EMPTY = "aucun évènement dans cet agenda : vérifiez l'export, ou retirez la source"


def rows(request: Request) -> Load:
    """The events of a calendar."""
    name, as_of = request.document.name, request.as_of
    asked = json.dumps({"zone": str(as_of.tzinfo), "until": _until(as_of).isoformat()})
    text = decode(request.document.content).encode("utf-8", "replace")
    refusal = {code: f"{name} : {sentence}" for code, sentence in REFUSED.items()}
    lines = sandbox.run("calendar.py", text, [asked], lambda code, what: refusal[code].format(what=what))
    head = next(lines)
    events = [line for line in lines if "row" in line]
    problems = [_problem(request, None, None, CUT, "cut")] if head["cut"] else []
    if not events:
        problems.append(_problem(request, None, None, EMPTY, "empty"))
    problems += [problem for event in events for problem in _problems(request, event)]
    return Load((_table(request, events),), tuple(problems))


def _until(as_of: datetime) -> date:
    """Thirteen months later."""
    months = as_of.month - 1 + MONTHS_AHEAD
    first = date(as_of.year + months // 12, months % 12 + 1, 1)
    return min(first + timedelta(days=as_of.day - 1), (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))


def _table(request: Request, events: list[dict[str, Any]]) -> Table:
    import pandas  # here, not above: most commands read no file

    kept = [event for event in events if "occurrences" in event]
    columns = {field: [_value(request, field, event) for event in kept] for field in HEADERS}
    if request.source.association:
        del columns["association"]
    filled = {field: column for field, column in columns.items() if any(cell is not None for cell in column)}
    index = pandas.Index([event["row"] for event in kept], dtype="int64")
    frame = pandas.DataFrame(filled, index=index, columns=list(filled), dtype=object)
    skipped = tuple(Skip(event["row"], _reason(event)) for event in events if "occurrences" not in event)
    headers = {field: HEADERS[field] for field in filled}
    return Table(request.document.name, None, frame, headers, rows=len(events), skipped=skipped)


def _value(request: Request, field: str, event: Mapping[str, Any]) -> object:
    if field != "occurrences":
        return clean(event[field])
    zone = request.as_of.tzinfo
    ends = ((_here(start, zone), _here(end, zone)) for start, end in event["occurrences"])
    return tuple(Occurrence(start, end) for start, end in ends)


def _here(moment: Any, zone: Any) -> Any:
    return moment.astimezone(zone) if isinstance(moment, datetime) else moment


def _reason(event: Mapping[str, Any]) -> str:
    if "fault" in event:
        return "évènement illisible"
    return "évènement privé" if event["skipped"] == "private" else f"modifie une date de l'évènement nº {event['of']}"


def _problems(request: Request, event: Mapping[str, Any]) -> Iterator[Problem]:
    if fault := event.get("fault"):
        origin = Origin(request.document.name, None, event["row"])
        column = "DTSTART" if fault.endswith("_start") else "RRULE" if fault in ("slow", "too_often", "never") else None
        yield Problem(origin, column, event.get("title"), FAULTS[fault], "error", f"event_{fault}")
    for code in event.get("warnings", ()):
        column, wanted = WARNINGS[code]
        yield _problem(request, event["row"], column, wanted, f"event_{code}")
    if event.get("differs"):
        yield _problem(request, event["row"], None, DIFFERS.format(of=event["of"]), "event_differs")


def _problem(request: Request, row: int | None, column: str | None, wanted: str, code: str) -> Problem:
    severity: Severity = "warning"
    return Problem(Origin(request.document.name, None, row), column, None, wanted, severity, code)
