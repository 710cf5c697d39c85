"""A row that is not an item, and why: month headings, section titles, notes, totals, headers said again."""

import re

from newsletter.loaders.headers import DATES, Header
from newsletter.loaders.matching import fold, key

HEADING, BLANK, NOTE, NOTE_UNDER = "titre de mois", "ligne vide", "note", "note sous le tableau"
LOST, REPEATED, SECTION, TOTAL, ELSEWHERE = (
    "illisible",
    "en-tête répété",
    "intertitre",
    "total",
    "rien dans les colonnes lues",
)
OPENS_NOTE = re.compile(
    r"(?:nb|n\.b|nota|ps|\*|note|remarque|rappel|attention|legende|source|mise a jour|maj|sous reserve|pour memoire"
    r"|derniere mise|document|tableau)\b|\*"
)
OPENS_TOTAL = re.compile(r"(?:sous[- ])?total\b")
LONG = 80
TELLING = 40


def is_repeated(cells: list[object], header: Header) -> bool:
    """Whether the row says the header again."""
    texts = [cell for cell in cells if cell is not None]
    return len(texts) == len(header.cells) and all(
        isinstance(text, str) and key(text) == said for text, said in zip(texts, header.cells, strict=True)
    )


def reason(own: list[tuple[int, object]], header: Header, width: int) -> str | None:
    """Why a row is no item, or None. `own`: its filled cells; `width`: columns its first one is merged over."""
    column, first = own[0]
    if not isinstance(first, str):
        return None if any(column in places for column, _ in own for places in header.fields.values()) else ELSEWHERE
    folded = fold(first)
    if OPENS_TOTAL.match(folded) and all(not isinstance(value, str) or key(value).isdigit() for _, value in own[1:]):
        return TOTAL
    if (
        len({value for _, value in own}) == 1
        and len(header.written) > 1
        and (said := _alone(first, column, header, width))
    ):
        return said
    if not any(column in places for column, _ in own for places in header.fields.values()):
        return ELSEWHERE
    return None


def _alone(text: str, column: int, header: Header, width: int) -> str | None:
    """Why a row of one text is no item."""
    if OPENS_NOTE.match(fold(text)):
        return NOTE
    if width > 2:
        return NOTE if len(text) > LONG else SECTION
    is_title = column in header.fields.get("title", ())
    if is_title and not DATES & header.fields.keys() - {"publish_from", "publish_until", "deadline"}:
        return None
    if len(text) > LONG:
        return NOTE
    return SECTION if text.isupper() and len(text) > 2 else None


def is_trailing_note(text: object) -> bool:
    """Whether a row of this text alone, after blank rows at the end of a table, is a remark rather than a title."""
    return isinstance(text, str) and (len(text) >= TELLING or text.endswith((".", "!")) or ":" in text)
