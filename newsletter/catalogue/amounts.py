"""Cells that are numbers for some and words for others: prices, places, telephones. And who to ask, who speaks."""

import re
from collections.abc import Iterator

from newsletter.catalogue.rows import Row
from newsletter.catalogue.texts import fold, sentence

AMOUNT = re.compile(r"\d{1,7}(?:[.,]\d{1,2})?")
COUNT = re.compile(r"[1-9]\d*")
UNZEROED = re.compile(r"[1-9]\d{8}")
WITH = re.compile(r"(?:avec|par|animée? par|présentée? par)\b", re.IGNORECASE)


def price(row: Row) -> str | None:
    """As typed; a bare number is in euros; « oui » under « Gratuit » is free."""
    written = row.text("price")
    if written is None:
        return None
    if "gratuit" in fold(row.headers.get("price", "")) and fold(written) in ("oui", "vrai", "x", "non", "faux"):
        return "Gratuit" if fold(written) in ("oui", "vrai", "x") else None
    return euros(float(written.replace(",", "."))) if AMOUNT.fullmatch(written) else written


def euros(amount: float) -> str:
    """« 5 € », « 3,50 € », « 1 500 € », « Gratuit »."""
    if amount == 0:
        return "Gratuit"
    digits = f"{amount:,.0f}" if amount == int(amount) else f"{amount:,.2f}"
    return digits.replace(",", "\u202f").replace(".", ",") + "\u00a0€"


def contact(row: Row) -> str | None:
    """Name, address and telephone, each once."""
    said = ""
    for name in ("contact", "email", "phone"):
        text = row.text(name)
        text = _phone(text) if text and name != "email" else text
        if text and text.casefold() not in said.casefold():
            said = f"{said}, {text}" if said else text
    return said.replace("mailto:", "") or None


def _phone(text: str) -> str:
    """A telephone a spreadsheet took for a number has lost its first zero."""
    return " ".join(re.findall("..", f"0{text}")) if UNZEROED.fullmatch(text) else text


def details(row: Row) -> Iterator[str]:
    """What has no place of its own in an item, as sentences."""
    places, speaker = row.text("places"), row.text("speaker")
    if places:
        yield _places(places)
    if speaker:
        yield sentence(speaker[0].upper() + speaker[1:] if WITH.match(speaker) else f"Avec {speaker}")


def _places(written: str) -> str:
    if COUNT.fullmatch(written):
        return "1 place." if written == "1" else f"{written} places."
    return sentence(written if "place" in fold(written) else f"Places : {written}")
