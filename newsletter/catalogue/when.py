"""A row's days: when it takes place, until when one may answer, when it may be printed. `dates` reads, this reports."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from newsletter import dates
from newsletter.catalogue.rows import Row, computed
from newsletter.catalogue.texts import fold, show
from newsletter.model import Deadline, Kind, Occurrence

DATED = (Kind.EVENT, Kind.TRAINING, Kind.MEETING)
OPEN_ENDED = {
    "sans", "aucune", "sans date", "sans limite", "sans date limite", "permanent", "permanente", "au fil de l eau",
    "en continu", "toute l annee", "ouvert", "ouverte",
}  # fmt: skip
SERIES = re.compile(r"\b(?:tous|toutes|chaque|hebdomadaire|mensuel|mensuelle)\b|\bdu mois\b")


@dataclass(frozen=True, slots=True)
class When:
    """What the row's date cells say. `hours`: opening times that go with no day. `series`: see drafts.Draft."""

    occurrences: tuple[Occurrence, ...] = ()
    written: str | None = None
    deadline: Deadline | None = None
    open_ended: str | None = None
    hours: str | None = None
    publish_from: date | None = None
    publish_until: date | None = None
    series: bool = False


def read(row: Row, kind: Kind) -> When:
    """Reports on the row what can't be read; an event, a training or a meeting without a day is refused."""
    occurrences = _occurrences(row, kind)
    approximate = any(occurrence.approximate for occurrence in occurrences)
    opens, closes = _window(row)
    deadline, open_ended = _deadline(row, kind, occurrences)
    return When(
        occurrences,
        _as_typed(row) if approximate else None,
        deadline,
        open_ended,
        _hours(row) if not occurrences else None,
        opens,
        closes,
        series=_is_series(row.value("date")),
    )


def day(moment: date) -> date:
    """The day of a date or a datetime."""
    return moment.date() if isinstance(moment, datetime) else moment


def _is_series(written: object) -> bool:
    return isinstance(written, str) and SERIES.search(fold(written)) is not None


def _hours(row: Row) -> str | None:
    return " – ".join(filter(None, map(row.text, ("hours", "start", "end")))) or None


def _as_typed(row: Row) -> str | None:
    cells = [row.value("date"), row.value("date_end")]
    return " – ".join(show(cell) for cell in cells if cell is not None) or None


def _occurrences(row: Row, kind: Kind) -> tuple[Occurrence, ...]:
    read_already = row.value("occurrences")
    if isinstance(read_already, tuple) and read_already:
        return read_already
    if row.value("date") is None:
        if kind in DATED:
            row.refuse("date", "pas de date : tapez par exemple « 12/12/2021 » ou « mi-janvier 2022 »", "date_missing")
        return ()
    if fault := computed(row.value("date")):
        (row.refuse if kind in DATED else row.warn)("date", fault, "formula")
        return ()
    start = row.value("start")
    reading = dates.read(
        row.value("date"),
        as_of=row.setting.as_of,
        near=row.month,
        end=row.value("date_end"),
        times=(row.value("hours") if start is None else start, row.value("end")),
        date_1904=row.setting.table.date_1904,
    )
    refused = kind in DATED and not reading.occurrences
    _report(row, reading.faults, refused)
    if refused and not row.refused:
        row.refuse("date", "aucun jour ne se lit ici : tapez par exemple « 12/12/2021 »", "date")
    return reading.occurrences


def _report(row: Row, faults: Iterable[dates.Fault], refused: bool) -> None:
    for fault in faults:
        say = row.refuse if refused and fault.severity == "error" else row.warn
        say(_field(row, fault.about), fault.message, fault.code)


def _field(row: Row, about: str) -> str:
    """The cell a fault of `dates` is about."""
    fields = {"start": ("start", "hours"), "end": ("end", "date_end", "hours", "start")}.get(about, ())
    return next((name for name in fields if row.value(name) is not None), "date")


def _deadline(row: Row, kind: Kind, occurrences: tuple[Occurrence, ...]) -> tuple[Deadline | None, str | None]:
    """The deadline, or the words that say there is none. Where no day is needed, an end without start is a deadline."""
    alone = kind not in DATED and row.value("date") is None and row.value("deadline") is None
    name = "date_end" if alone else "deadline"
    written = row.value(name)
    if written is None:
        return None, None
    if isinstance(written, str) and fold(written) in OPEN_ENDED:
        return None, row.text(name)
    first = day(occurrences[0].start) if occurrences else None
    deadline, faults = _day(row, name, first)
    for fault in faults:
        row.warn(name, fault.message, fault.code)
    if deadline and occurrences and kind in DATED and deadline.day > _last_day(occurrences):
        row.warn(name, "cette date limite est après la date elle-même : corrigez l'une d'elles", "deadline_after")
    return deadline, None


def _last_day(occurrences: tuple[Occurrence, ...]) -> date:
    return max(day(occurrence.end or occurrence.start) for occurrence in occurrences)


def _day(row: Row, name: str, before: date | None = None) -> tuple[Deadline | None, tuple[dates.Fault, ...]]:
    return dates.read_deadline(
        row.value(name),
        as_of=row.setting.as_of,
        near=row.month,
        before=before,
        date_1904=row.setting.table.date_1904,
    )


def _window(row: Row) -> tuple[date | None, date | None]:
    opens, closes = _opens(row), None
    if row.value("publish_until") is not None:
        last, faults = _day(row, "publish_until")
        closes = last.day if last else None
        for fault in faults:
            row.warn("publish_until", fault.message, fault.code)
    if opens and closes and closes < opens:
        row.warn("publish_until", "la publication finirait avant de commencer : corrigez l'une des dates", "publish")
        return opens, None
    return opens, closes


def _opens(row: Row) -> date | None:
    """The first day of an approximate one, so that nothing comes too late."""
    written = row.value("publish_from")
    if written is None:
        return None
    reading = dates.read(written, as_of=row.setting.as_of, near=row.month, date_1904=row.setting.table.date_1904)
    for fault in reading.faults:
        row.warn("publish_from", fault.message, fault.code)
    return day(reading.occurrences[0].start) if reading.occurrences else None
