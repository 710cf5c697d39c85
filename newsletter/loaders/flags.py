"""Columns to tick: « oui » under « Annulé », « non » under « À publier » → the status they stand for."""

from newsletter.loaders import sides
from newsletter.loaders.matching import fold, key

SAID = {key(header): (yes, no) for header, yes, no in sides.FLAGS}


def statuses(values: list[object], header: str) -> list[object]:
    """The column's values, ticks put in words; whatever else is typed stays."""
    said = SAID.get(key(header))
    return values if said is None else [_status(value, *said) for value in values]


def _status(value: object, yes: str | None, no: str | None) -> object:
    written = fold(str(value)).strip()
    return yes if written in sides.YES else no if written in sides.NO else value
