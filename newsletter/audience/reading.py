"""A list of readers: rows as typed in, entries and problems out.

A row is taken when it says who (an address), what (which letters), and how and when this person agreed. Nothing of that
is guessed: a row without it is an error that names the column. Names are data, whatever they look like; only what could
break out of its place (a line break, a control character) is refused. Who is marked as gone needs no more than an
address: they will be suppressed.
Never here: a store, a network, a clock; whether an address can be delivered to.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from newsletter import dates
from newsletter.config import Audience
from newsletter.model import Entry, Origin, Problem, Table

LONGEST_NAME = 100
WORDS = {
    "public": "public, grand public, le public, tout public, habitants, habitant, habitante, habitantes, "
    "les habitants, residents, riverains, citoyens, citoyen, citoyenne, citoyennes, particulier, particuliers",
    "associations": "associations, association, les associations, assos, asso, associatif, associative, "
    "monde associatif, vie associative, clva, bureau",
}
SHOWN = {"public": "Grand public", "associations": "Associations"}
EVERYONE = "tous, toutes, tout, tous et toutes, toutes et tous, tout le monde, les deux, les 2, deux, all, both"
LEFT = re.compile(
    r"(se |s'est )?(desinscri|desabonn|resili|unsubscri)\w*(\W.*)?|partie?|a quitte( .*)?|opt-?out|stop|"
    r"oppose|opposee|opposition|refus|refuse|ne (veut|souhaite) (plus|pas)( .*)?|a (desinscrire|desabonner)|radiee?"
)
STAYS = re.compile(r"active?|inscrite?|abonnee?|validee?|confirmee?|subscribed|en cours|-")
NEGATIVE = {"non", "no", "n", "0", "faux", "false", "inactif", "inactive"}
POSITIVE = {"oui", "o", "x", "1", "vrai", "true", "yes", "y", "ok"}
NO_ORIGIN = {"", "-", "--", "?", "/", "n/a", "na", "nc", "inconnu", "inconnue", "aucun", "aucune", "neant", "sans"}
SEPARATORS = re.compile(r"\s*[,;/+&|\n]\s*|\s+et\s+", re.IGNORECASE)
INVISIBLE = re.compile("[\u200b\u200e\u200f\u2060\ufeff\u00ad]")
BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
SPACES = re.compile(r"\s+")
EXACT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?[+-]\d\d:\d\d")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# A plain address needs no more than this (2 µs against 60): every other is email-validator's to judge.
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
PLAIN = re.compile(
    rf"(?=[^@]{{1,64}}@)(?=.{{1,254}}\Z)(?!.*--)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:{LABEL}\.)+"
    r"(?!(?:arpa|invalid|local|localhost|onion|test)\Z)[A-Za-z]{2,63}",
    re.IGNORECASE,
)
NAMED = re.compile(r"[^<>@]*<([^<>]+)>")  # « Léa Durand <lea@exemple.fr> »
AGREEMENT = ("status", "audiences", "consented_at", "consent", "wording", "themes")
NEEDED = "sans elle, cette personne ne peut pas être inscrite"


def read(
    tables: Sequence[Table], *, audiences: Mapping[str, Audience], as_of: datetime, ascii_only: str | None = None
) -> tuple[list[Entry], list[Problem]]:
    """The rows that can be taken in, and what is wrong with the others. A list that goes on is taken as it comes.

    `ascii_only`: the name of the provider that carries no letter but those of ASCII before an « @ », if it is one.
    """
    lists = _Lists(audiences)
    entries: list[Entry] = []
    problems: list[Problem] = []
    for table in tables:
        clerk = _Clerk(table, lists, as_of, ascii_only)
        rows = (clerk.entry(origin, row) for origin, row in table.records())
        entries += [entry for entry in rows if entry]
        problems += clerk.problems
    return entries, problems


def check(written: str) -> tuple[str, str | None]:
    """An address as it is kept, and what is wrong with it, in French, if anything is."""
    plain = PLAIN.fullmatch(written)
    address = written if plain else _bare(written)
    if plain or PLAIN.fullmatch(address):
        local, _, domain = address.rpartition("@")
        return f"{local}@{domain.lower()}", None
    try:
        return validate_email(address, check_deliverability=False, strict=True).normalized, None
    except EmailNotValidError:
        return address, _advice(address)


def _bare(written: str) -> str:
    """Without what nobody typed, and without a name."""
    address = INVISIBLE.sub("", written).strip().removeprefix("mailto:")
    named = NAMED.fullmatch(address)
    return named[1].strip() if named else address


def _advice(address: str) -> str:
    if address.count("@") > 1 or re.search(r"@.*[,;\s].", address):
        return "il faut une adresse et une seule par ligne"
    if "@" not in address:
        return "ce n’est pas une adresse : il manque « @ » ; écrivez par exemple « prenom.nom@exemple.fr »"
    if "." not in address.rpartition("@")[2]:
        return "il manque la fin de l’adresse, par exemple « .fr » ; vérifiez-la"
    return "ce n’est pas une adresse valable ; vérifiez-la, lettre par lettre"


class _Lists:
    """The audiences of config.toml, and what people write for them."""

    def __init__(self, audiences: Mapping[str, Audience]) -> None:
        self._words = {word: tuple(audiences) for word in EVERYONE.split(", ")}
        for name, stanza in audiences.items():
            own = [name, stanza.title, *stanza.words, *WORDS.get(name, "").split(", ")]
            self._words |= {_fold(word): (name,) for word in own if word}
        self.advice = ", ".join(f"« {SHOWN.get(name, name)} »" for name in audiences) + " ou « Tous »"
        self._known: dict[str, tuple[str, ...] | None] = {}

    def read(self, written: str) -> tuple[str, ...] | None:
        """Which letters; none when a word says that the person left. None: a word isn't known."""
        if written not in self._known:
            self._known[written] = self._read(written)
        return self._known[written]

    def _read(self, written: str) -> tuple[str, ...] | None:
        whole = _fold(written)
        parts = [whole] if whole in self._words else [_fold(part) for part in SEPARATORS.split(written) if part]
        if any(LEFT.fullmatch(part) for part in [whole, *parts]):
            return ()
        if not parts or not all(part in self._words for part in parts):
            return None
        return tuple(sorted({name for part in parts for name in self._words[part]}))


@dataclass(frozen=True, slots=True)
class _Agreed:
    """What somebody agreed to, how and when; many rows of a list say the same of it."""

    audiences: tuple[str, ...]
    themes: tuple[str, ...]
    at: datetime
    consent: str
    wording: str | None


class _Clerk:
    """Reads one table's rows; `problems` fills up meanwhile."""

    def __init__(self, table: Table, lists: _Lists, as_of: datetime, ascii_only: str | None) -> None:
        self.problems: list[Problem] = []
        self._table = table
        self._lists = lists
        self._as_of = as_of
        self._ascii_only = ascii_only
        self._told: set[str] = set()
        self._alike: dict[tuple[object, ...], _Agreed] = {}
        self._of_leaving = bool(LEFT.match(_fold(table.headers.get("status", ""))))

    def entry(self, origin: Origin, row: Mapping[str, object]) -> Entry | None:
        """The row, if it can be taken in."""
        before = len(self.problems)
        said = tuple(map(row.get, AGREEMENT))
        known = self._alike.get(said)
        address = self._address(origin, row.get("address"))
        audiences = known.audiences if known else self._audiences(origin, row)
        if audiences == ():
            return Entry(origin, address, None, (), (), None, "", left=True) if address else None
        first_name = self._name(origin, row, "first_name")
        self._name(origin, row, "last_name")
        agreed = known or self._agreed(origin, row, audiences)
        if len(self.problems) > before or not (address and agreed):
            return None
        if all(cell is None or isinstance(cell, str) for cell in said):  # 1 is True, and 1.0
            self._alike[said] = agreed
        if self._ascii_only and not address.rpartition("@")[0].isascii():
            self._flag(origin, address, self._ascii_only)
        return Entry(
            origin, address, first_name, agreed.audiences, agreed.themes, agreed.at, agreed.consent,
            wording=agreed.wording,
        )  # fmt: skip

    def _agreed(self, origin: Origin, row: Mapping[str, object], audiences: tuple[str, ...] | None) -> _Agreed | None:
        consented_at = self._consented_at(origin, row.get("consented_at"))
        consent = self._consent(origin, row.get("consent"))
        if not (audiences and consented_at and consent):
            return None
        wording = _text(row.get("wording")) or None
        return _Agreed(audiences, _themes(str(row.get("themes") or "")), consented_at, consent, wording)

    def _address(self, origin: Origin, found: object) -> str | None:
        if found is None or found == "":
            self._say(origin, "address", None, "l’adresse manque", "address")
            return None
        address, fault = check(_typed(str(found)))
        if fault:
            self._say(origin, "address", found, fault, "address")
        return None if fault else address

    def _audiences(self, origin: Origin, row: Mapping[str, object]) -> tuple[str, ...] | None:
        """Which letters; none for who left; None when it can't be known."""
        left = self._left(origin, row.get("status"))
        if left:
            return ()
        written = _text(str(row.get("audiences") or "").replace("\n", ", "))
        if not written:
            self._say(origin, "audiences", None, f"la lettre manque ; écrivez {self._lists.advice}", "audience")
            return None
        audiences = self._lists.read(written)
        if audiences is None:
            wanted = f"cette lettre n’est pas connue ; écrivez {self._lists.advice}"
            self._say(origin, "audiences", written, wanted, "audience")
        return None if left is None else audiences

    def _left(self, origin: Origin, found: object) -> bool | None:
        """Whether a status says that the person left; None when it isn't clear, which is said."""
        word = _fold(_text(found))
        if not word:
            return False
        if word in NEGATIVE or word in POSITIVE:  # « Désinscrit : oui », « Actif : non »
            return self._of_leaving == (word in POSITIVE)
        if LEFT.fullmatch(word) or (self._of_leaving and word[0].isdigit()):  # « Désinscrit le : 12/09/2021 »
            return True
        if STAYS.fullmatch(word):
            return False
        wanted = "on ne sait pas si cette personne est inscrite ; écrivez « Désinscrit », ou videz la case"
        self._say(origin, "status", found, wanted, "status")
        return None

    def _name(self, origin: Origin, row: Mapping[str, object], field: str) -> str | None:
        name = _typed(str(row.get(field) or ""))
        if name.isalnum() and len(name) <= LONGEST_NAME:
            return name
        if BREAKING.search(name):
            wanted = "ce nom contient un saut de ligne ou un caractère invisible ; retapez-le sur une ligne"
            self._say(origin, field, name, wanted, "control")
        elif len(name) > LONGEST_NAME:
            wanted = f"ce nom a {len(name)} caractères ; il en faut {LONGEST_NAME} au plus"
            self._say(origin, field, f"{name[:60]}…", wanted)
        return SPACES.sub(" ", name).strip() or None

    def _consent(self, origin: Origin, found: object) -> str | None:
        written = _text(found)
        word = _fold(written)
        if word in NO_ORIGIN:
            wanted = f"l’origine du consentement manque : {NEEDED} ; écrivez par exemple « Forum, bulletin papier »"
        elif word in NEGATIVE or LEFT.fullmatch(word):
            wanted = "cette personne n’a pas donné son accord : elle ne peut pas être inscrite"
        elif word in POSITIVE:
            wanted = "dites comment l’accord a été donné, par exemple « Forum, bulletin papier »"
        else:
            return written
        self._say(origin, "consent", written, wanted, "consent")
        return None

    def _consented_at(self, origin: Origin, found: object) -> datetime | None:
        if found is None or found == "":
            fault: str | None = f"la date du consentement manque : {NEEDED} ; écrivez par exemple « 12/09/2021 »"
            moment = None
        else:
            moment, fault = _day(found, self._as_of, self._table.date_1904)
        if fault:
            self._say(origin, "consented_at", found, fault, "date")
        return moment

    def _flag(self, origin: Origin, address: str, provider: str) -> None:
        wanted = f"cette adresse est inscrite, mais {provider} ne sait rien remettre aux lettres accentuées avant « @ »"
        column = self._table.headers.get("address")
        self.problems.append(Problem(origin, column, address, wanted, "warning", "accents"))

    def _say(self, origin: Origin, field: str, found: object, wanted: str, code: str = "row") -> None:
        """Once for the whole table when it has no such column."""
        column = self._table.headers.get(field)
        if column is None:
            if field in self._told:
                return
            self._told.add(field)
            origin, wanted = Origin(origin.file, origin.sheet), f"une colonne manque : {wanted}"
        shown = None if found is None or found == "" else str(found)
        self.problems.append(Problem(origin, column, shown, wanted, "error", code))


@lru_cache(4096, typed=True)
def _day(found: object, as_of: datetime, date_1904: bool) -> tuple[datetime | None, str | None]:
    """A moment in UTC, or why it is none. A day is its first moment in the town."""
    day: object = _exactly(found)
    if not isinstance(day, date):
        reading = dates.read(found, as_of=as_of, date_1904=date_1904)
        errors = [fault.message for fault in reading.faults if fault.severity == "error"]
        if errors:
            return None, errors[0]
        if len(reading.occurrences) != 1 or reading.occurrences[0].approximate:
            return None, "il faut un jour, et un seul, par exemple « 12/09/2021 »"
        day = reading.occurrences[0].start
    moment = _moment(day, as_of.tzinfo)
    if moment > as_of:
        return None, "ce jour n’est pas encore venu ; écrivez-le avec son année, par exemple « 12/09/2021 »"
    return moment, None


def _moment(day: object, zone: tzinfo | None) -> datetime:
    if isinstance(day, datetime):
        return (day if day.tzinfo else day.replace(tzinfo=zone)).astimezone(UTC)
    if isinstance(day, date):
        return datetime.combine(day, time(), zone).astimezone(UTC)
    raise TypeError(f"{day!r} is no day")


def _exactly(found: object) -> object:
    """A moment as an export writes it, "2021-09-12T14:30:05.250000+02:00"; anything else as it is."""
    if isinstance(found, str) and EXACT.fullmatch(found):
        try:
            return datetime.fromisoformat(found)
        except ValueError:
            return found
    return found


def _text(found: object) -> str:
    """On one line; VRAI and FAUX as words, a whole number without its « .0 »."""
    if found is None:
        return ""
    if isinstance(found, bool):
        return "oui" if found else "non"
    if isinstance(found, float) and found.is_integer():
        return str(int(found))
    return _line(_typed(str(found)))


@lru_cache(4096)
def _line(written: str) -> str:
    return SPACES.sub(" ", BREAKING.sub(" ", written)).strip()


def computes(cell: str) -> bool:
    """Whether a spreadsheet program would take it for a formula; or it was one, made text by a « ' »."""
    return cell.lstrip("'").startswith(FORMULA)


def _typed(cell: str) -> str:
    """Without the « ' » that makes text of what looks like a formula."""
    return cell[1:] if cell.startswith("'") and computes(cell) else cell


@lru_cache(4096)
def _themes(found: str) -> tuple[str, ...]:
    """As typed, each once."""
    themes: dict[str, str] = {}
    for theme in re.split(r"[,;/|\n]", _typed(found)):
        if name := _line(theme):
            themes.setdefault(_fold(name), name)
    return tuple(themes.values())


@lru_cache(4096)
def _fold(written: str) -> str:
    """As words are compared: no accent, no case, one space."""
    plain = unicodedata.normalize("NFKD", written).casefold()
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return SPACES.sub(" ", letters).replace("’", "'").strip(" .:!*")
