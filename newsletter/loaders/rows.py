"""A row that is not an item, and why: month headings, section titles, notes, totals, headers said again."""

import re

from newsletter.loaders.headers import Header
from newsletter.loaders.matching import fold, key

DAY_ONLY = "rien que la date"
HEADING, BLANK, NOTE, NOTE_UNDER = "titre de mois", "ligne vide", "note", "note sous le tableau"
LOST, REPEATED, SECTION, TOTAL, ELSEWHERE = (
    "illisible",
    "en-tête répété",
    "intertitre",
    "total",
    "rien dans les colonnes lues",
)
MARKED = re.compile(r"(?:nb|n\.b\.?|nota(?: bene)?|ps)\b|\*")
WORDED = re.compile(
    r"(?:note|remarque|rappel|attention|legende|source|document|tableau|contact)\s*:"
    r"|sous reserve|pour memoire|(?:derniere )?mise a jour|maj\b"
)
OPENS_TOTAL = re.compile(r"(?:sous[- ])?total\b")
LONG = 80
TELLING = 40


def is_repeated(own: list[tuple[int, object]], header: Header) -> bool:
    """Whether the row says the header again. `own`: its filled cells."""
    first = own[0][1]
    if len(own) != len(header.cells) or not isinstance(first, str):
        return False
    return " ".join(first.split()) in header.written.values() and all(
        isinstance(text, str) and key(text) == said for (_, text), said in zip(own, header.cells, strict=True)
    )


def reason(own: list[tuple[int, object]], header: Header, width: int) -> str | None:
    """Why a row is no item, or None. `own`: its filled cells; `width`: columns its first one is merged over."""
    column, first = own[0]
    if isinstance(first, str) and first[0] in "TtSs" and OPENS_TOTAL.match(fold(first)) and _are_numbers(own[1:]):
        return TOTAL
    if not any(place in header.columns for place, _ in own):
        return ELSEWHERE
    if len(header.written) == 1 or any(value != first for _, value in own):
        return None
    fields = {header.columns[place] for place, _ in own if place in header.columns}
    if isinstance(first, str) and not (fields == {"date"} and first[0].isdigit()):
        return _alone(first, column, header, width)
    return DAY_ONLY if fields == {"date"} and "title" in header.fields else None


def _are_numbers(own: list[tuple[int, object]]) -> bool:
    return all(not isinstance(value, str) or key(value).isdigit() for _, value in own)


def _alone(text: str, column: int, header: Header, width: int) -> str | None:
    """Why a row of one text is no item."""
    titles = header.fields.get("title", ())
    is_title = column in titles and not header.tells_when
    if MARKED.match(fold(text)) or (not is_title and WORDED.match(fold(text))):
        return NOTE
    section = NOTE if len(text) > LONG else SECTION
    if width > 2:
        return section
    if titles and column not in titles:
        return section if len(header.written) > 2 else None
    return section if not is_title and (len(text) > LONG or (text.isupper() and len(text) > 2)) else None


def is_trailing_note(cells: list[object]) -> bool:
    """Whether a row, after blank rows at the end of a table, is a remark rather than a title."""
    texts = [cell for cell in cells if cell is not None]
    text = texts[0] if len(texts) == 1 else None
    return isinstance(text, str) and (len(text) >= TELLING or text.endswith((".", "!")) or " : " in text)
