"""What a phrase leaves to say: words not understood, dates not fixed yet, hours that don't exist.

A text and its phrase enter; faults leave. Raises Refused when there is no day to print.
"""

from newsletter.dates import faults
from newsletter.dates.faults import Fault
from newsletter.dates.lexer import fold, original, suggestion
from newsletter.dates.parts import Phrase, Rule
from newsletter.dates.settle import Refused

READ = {"slash": faults.slash, "vacations": faults.vacations, "moved": faults.moved, "adjacent": faults.adjacent}


def judge(written: object, phrase: Phrase) -> list[Fault]:
    """The faults of what wasn't understood."""
    dated = phrase.since is not None or phrase.until is not None or any(entry.days for entry in phrase.entries)
    if dated and not phrase.notes:
        return []
    text = written if isinstance(written, str) else str(written)
    codes = {code for code, _, _ in phrase.notes}
    near = next((close for word in _unknown(text, phrase) if (close := suggestion(word))), None)
    if near or "number" in codes:
        raise Refused(faults.unreadable(near))
    if "bound" in codes and any(isinstance(day, Rule) for entry in phrase.entries for day in entry.days):
        raise Refused(faults.bound_unreadable())
    if "relative" in codes and not any(point.unit == "day" and point.month for point in phrase.points):
        raise Refused(faults.relative())
    if not dated:
        raise Refused(_nothing(phrase, codes))
    return [fault for note in phrase.notes if (fault := _fault(text, phrase, *note))]


def _unknown(text: str, phrase: Phrase) -> list[str]:
    folded = fold(text) if phrase.notes else ""
    return [word for code, start, end in phrase.notes if code == "words" for word in folded[start:end].split()]


def _nothing(phrase: Phrase, codes: set[str]) -> Fault:
    if codes & {"unset", "endless"} or not (codes or phrase.entries):
        return faults.unset()
    if "frequency" in codes:
        return faults.weekday_missing()
    return faults.day_missing() if phrase.entries else faults.unreadable()


def _fault(text: str, phrase: Phrase, code: str, start: int, end: int) -> Fault | None:
    written = original(text, start, end)
    if code == "winter":
        years = [point.year for point in phrase.points if point.unit == "season" and point.number == 3 and point.year]
        return faults.winter(years[0]) if years else None
    if code == "badclock":
        return faults.no_such_hour(written)
    if code == "unset":
        return faults.words(written) if all(point.unit == "day" for point in phrase.points) else None
    if code in ("words", "bound"):
        return faults.words(written)
    return READ[code](written) if code in READ else None
