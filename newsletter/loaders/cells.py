"""Values as typed: cleaned of what no one typed, and looked at for what was broken before it came here."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsletter.loaders.request import Request
from newsletter.model import Problem

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
NOTHING = " \t\n\r\u00a0\u200b\ufeff\u2060"
# UTF-8 read as cp1252, or a DOS file read as Windows: é is Ã© or ‚, ’ is â€™.
MOJIBAKE = re.compile(
    r"Ã[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€[\u0080-\u00bf™œžš¦˜“”]|Â[\u00a0-\u00bf]|[A-Za-z][‚Š‡][a-z]|\ufffd"
)
LONGEST = 100_000
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Place:
    """A column of a sheet: where a problem is said to be."""

    request: Request
    sheet: str | None
    header: str | None

    def warn(self, row: int, found: str, wanted: str, code: str) -> Problem:
        """A warning on one of its cells."""
        return self.request.cell((self.sheet, row, self.header), found, wanted, code)


def clean(value: object) -> object:
    """A cell as its reader gives it → as the catalogue wants it: None when empty, text stripped and in NFC."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() else None if value != value else value
    return value


def text(written: str) -> str | None:
    """Stripped, in NFC, its line ends \\n, without characters that can't be seen nor typed."""
    if not written.isprintable():
        written = CONTROLS.sub("", written.replace("\r\n", "\n").replace("\r", "\n"))
    written = written.strip(NOTHING)
    return (written if written.isascii() else unicodedata.normalize("NFC", written)) or None


def faults(place: Place, numbers: Sequence[int], column: list[object]) -> Iterator[Problem]:
    """What is broken in a column. Too long a cell is emptied."""
    said = 0
    for index, value in enumerate(column):
        if not isinstance(value, str):
            continue
        if len(value) > LONGEST:
            column[index] = None
            wanted = f"cellule de {len(value)} caractères : elle n'est pas lue, gardez-en 2 000 au plus"
            yield place.warn(numbers[index], value[:40] + "…", wanted, "cell_huge")
        elif not value.isascii() and MOJIBAKE.search(value) and said < SHOWN:
            said += 1
            yield place.warn(numbers[index], value, _garbled(value), "mojibake")


def _garbled(value: str) -> str:
    try:
        mended = value.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return "accents abîmés : retapez ce texte, ou enregistrez le fichier d'origine en « CSV UTF-8 »"
    return f"accents abîmés : tapez « {mended[:200]} », ou enregistrez le fichier d'origine en « CSV UTF-8 »"
