"""Text to tokens: accents, capitals, dashes, spaces folded; numbers that are dates or hours told apart.

Any text enters, `Token`s leave, the last one of kind "end". Nothing is refused here: what isn't known is "unknown".
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime, tzinfo
from difflib import get_close_matches
from typing import Any, NamedTuple

AHEAD = 4
NEAR = 0.82  # « decmbre » is near « décembre », « Marsan » isn't near « mars »


class Token(NamedTuple):
    """A word of the grammar. `start` and `end` are places in the folded text."""

    kind: str
    value: Any
    start: int
    end: int


_FOLD: dict[int, str | None] = {
    **dict.fromkeys(range(0x300, 0x370)),
    **dict.fromkeys((0xAD, *range(0x200B, 0x2010), 0x2060, 0xFEFF)),
    **dict.fromkeys(map(ord, "‐‑‒–—―−~_→➔⇒➜>"), "-"),
    **dict.fromkeys(map(ord, "’‘ʼ`´′"), "'"),
    **dict.fromkeys(map(ord, '\t«»“”„"°™®'), " "),
    **dict.fromkeys(map(ord, "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029•·|*"), "\n"),
}


def fold(text: str) -> str:
    """Lower case, without accents; each character by itself, so that places can be found again (`original`)."""
    plain = text.lower() if text.isascii() else unicodedata.normalize("NFKD", text).casefold()
    return plain.translate(_FOLD)


def original(text: str, start: int, end: int) -> str:
    """What was typed where the folded text has `start` to `end`."""
    places = [0]
    for character in text:
        places.append(places[-1] + len(fold(character)))
    first = max(n for n, place in enumerate(places) if place <= start)
    last = min((n for n, place in enumerate(places) if place >= end), default=len(text))
    return text[first:last].strip()


_MONTHS = {
    1: "janvier janv jan", 2: "fevrier fevr fev", 3: "mars", 4: "avril avr", 5: "mai", 6: "juin",
    7: "juillet juil jul", 8: "aout aou", 9: "septembre sept sep rentree", 10: "octobre oct",
    11: "novembre nov", 12: "decembre dec",
}  # fmt: skip
_WEEKDAYS = ("lundi lun", "mardi", "mercredi mer", "jeudi jeu", "vendredi ven", "samedi sam", "dimanche dim")
_ORDINALS = {
    1: "premier premiere", 2: "deuxieme second seconde", 3: "troisieme", 4: "quatrieme", 5: "cinquieme",
    -1: "dernier derniere",
}  # fmt: skip
_NUMBERS = {"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "quinze": 15}
_UNITS = {
    "day": "jour jours", "week": "semaine semaines", "month": "mois", "year": "annee annees an ans",
    "half": "semestre semestres", "quarter": "trimestre trimestres", "fortnight": "quinzaine quinzaines",
}  # fmt: skip
_KINDS = {
    "de": "de du d des", "le": "le la les l ce cet cette", "a": "a au aux", "and": "et ou puis ainsi",
    "between": "entre",
    "each": "tous toutes tout toute chaque", "daily": "quotidien quotidienne quotidiennement", "feast": "noel",
    "except": "sauf hors hormis excepte exceptes exceptee exceptees relache interruption fermeture ferme fermee",
    "about": "vers environ autour alentours environs", "from": "depuis",
    "within": "avant echeance limite cloture",
    "daypart": "matin matins matinee soir soirs soiree soirees journee journees nuit aprem",
    "relative": "demain hier prochain prochaine prochains prochaines",
    "unset": "prochainement bientot nc tbc tbd tba inconnu inconnue indefini indefinie ulterieurement neant",
    "aside": "accueil ouverture portes caisse billetterie buvette duree rdv rassemblement",
    "moved": "reporte reportee reportes reportees decale decalee deplace deplacee",
    "filler": "date dates horaire horaires heure heures en pour dans pendant durant y compris inclus incluse inclues "
    "que precise precises precis seance seances ouvert ouverts ouverte ouvertes inscription inscriptions delai "
    "sera aura lieu lieux depot dossiers dossier candidature candidatures scolaire creneau creneaux "
    "cachet poste faisant foi",
}  # fmt: skip


def _vocabulary() -> dict[str, tuple[str, Any]]:
    words: dict[str, tuple[str, Any]] = {}
    for kind, listed in _KINDS.items():
        words |= {word: (kind, word) for word in listed.split()}
    for month, listed in _MONTHS.items():
        words |= dict.fromkeys(listed.split(), ("month", month))
    for weekday, listed in enumerate(_WEEKDAYS):
        words |= dict.fromkeys(listed.split(), ("weekday", weekday))
        words[listed.split()[0] + "s"] = ("weekdays", weekday)
    for ordinal, listed in _ORDINALS.items():
        words |= {form: ("ordinal", ordinal) for word in listed.split() for form in (word, word + "s")}
    for unit, listed in _UNITS.items():
        words |= dict.fromkeys(listed.split(), ("unit", unit))
    words |= {word: ("count", number) for word, number in _NUMBERS.items()}
    words |= {word: ("season", n) for n, word in enumerate(("printemps", "ete", "automne", "hiver"))}
    words |= {"debut": ("part", "debut"), "mi": ("part", "mi"), "milieu": ("part", "mi"), "fin": ("part", "fin")}
    return words | {"courant": ("part", "")}


_WORDS = _vocabulary()
MONTHS = {word: number for word, (kind, number) in _WORDS.items() if kind == "month" and word != "rentree"}
WEEKDAYS = {word: number for word, (kind, number) in _WORDS.items() if kind == "weekday"}
_SIGNS = {
    ",": ",", ";": ";", "\n": ";", "/": "/", "-": "-", "&": "and", "+": "and", ".": ".", ":": ":", "'": "'",
    "(": "(", ")": ")", "[": "(", "]": ")", "!": ".", "?": "unset",
}  # fmt: skip
_SPELT = [word for word, (kind, _) in _WORDS.items() if kind in ("month", "weekday", "season") and len(word) > 3]
_PROPER = {
    "fevrier": "février", "aout": "août", "decembre": "décembre", "ete": "été",
}  # fmt: skip


def suggestion(word: str) -> str | None:
    """The month or the weekday that a misspelt word may be."""
    near = get_close_matches(word, _SPELT, 1, NEAR) if len(word) > 3 else []
    return _PROPER.get(near[0], near[0]) if near else None


_MONTH = r"(?:janv|fevr?|mars\b|mai\b|juin|juil|avr|aout|sept|oct|nov|dec)"
_NO_TIME = r"(?:[t ] ?00:00:00(?:\.0+)?(?![\d:]| ?[-+z]))?"
_H = r"(?:heures?|hrs?|h(?![a-z]))"
_PATTERNS = {
    "weekly": r"hebdomadaire(?:ment)?s?\b|bimensuel(?:le)?s?\b"
    r"|(?:[1-9]|une?|deux|trois) [a-z]+ par (?:semaine|mois|trimestre|an)\b",
    "moment": r"\d{4}-?\d\d-?\d\d(?:t\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)? ?(?:z|[+-]\d\d(?::?\d\d)?)?"
    r"| \d\d:\d\d:\d\d(?:\.\d+)? ?(?:z|utc|[+-]\d\d:?\d\d))(?![\d:])",
    "iso": rf"(?P<iy>\d{{4}})(?P<is>[-/.])(?P<im>\d\d?)(?P=is)(?P<id>\d\d?)(?!\d){_NO_TIME}",
    "basic": r"(?P<by>(?:19|20)\d\d)(?P<bm>\d\d)(?P<bd>\d\d)(?!\d)",
    "dmy": rf"(?P<d>\d\d?)(?:er)?(?:(?P<s>[/.-])(?P<m>\d\d?)(?P=s)(?P<y>\d{{4}}|\d\d)"
    rf"| ?(?P<s2>[/ ]) ?(?P<m2>\d\d?) ?(?P=s2) ?(?P<y2>\d{{4}}))(?!\d|(?P=s)\d|:\d|h| ?{_MONTH}){_NO_TIME}",
    "my": r"(?P<mm>\d\d?)[/.-](?P<yy>\d{4})(?!\d|[/.-]\d)",
    "dm": rf"(?P<dd>\d\d?)(?:er)?/(?P<dm>\d\d?)(?!\d|/\d|:\d| ?h| ?{_MONTH})",
    "clock": rf"(?P<h>\d\d?)(?: ?{_H}(?:(?P<min>\d\d)(?!\d)| (?P<mn>\d\d)(?!\d|[/.:]\d| ?(?:{_H}|{_MONTH}|er\b)))?"
    r"(?: ?(?:minutes?|min|mn)\b)?|:(?P<cmin>\d\d)(?::\d\d(?:\.\d+)?)?(?P<ap> ?[ap]m\b)?)"
    r"(?P<half> et (?:demie?|quart)\b)?",
    "noon": r"mi(?P<noon>di|nuit)(?P<past> et (?:demie?|quart))?\b",
    "rank": r"(?P<rank>\d\d?) ?(?:ere?|re|e|i?eme|nde?)s?\b",
    "num": r"\d+",
    "from": r"a (?:partir|compter) d(?:e|u|es)\b|a partir\b|des (?=le\b|la\b|mi\b|fin\b|debut\b)",
    "until": r"jusqu(?:e|')? ?(?:aux?|en|a)\b",
    "within": r"(?:d' ?ici|avant|au plus tard|dernier delai)(?: (?:aux?|a|les?|la))?\b",
    "part": r"(?:dans le |au |en )(?:courant|cours)\b",
    "and": r"ainsi que\b|et/ou\b",
    "weekend": r"week ?-? ?ends?\b|fins? de semaine\b",
    "daypart": r"(?:l'|en )?apres ?-? ?midis?\b|toute la journee\b|non stop\b|sans interruption\b",
    "relative": r"aujourd'? ?hui\b|apres ?-? ?demain\b|ce (?:jour|soir|matin|mois)\b|cette semaine\b",
    "unset": r"a (?:re)?(?:confirm|defin|precis|determin|fix|planifi)(?:er|ir)\b"
    r"|(?:non|pas encore|en cours de) (?:confirm|defini|precis|determin|fix|planifi)(?:ee?|e?)s?\b"
    r"|a venir\b|sur rendez-? ?vous\b|sur demande\b|non communiquee?s?\b",
    "endless": r"en continu\b|toute l'annee\b|au fil de l'eau\b|permanente?\b|sans(?: date| limite)*\b"
    r"|aucune?\b|neant\b",
    "holidays": r"(?:les )?jours? feries?\b",
    "vacations": r"(?:les )?(?:vacances(?: scolaires)?|(?:periode|temps|semaine)s? scolaires?)\b",
    "monthly": rf"(?:du|(?:de )?(?:chaque|tous les)) mois\b(?! d(?:e |') ?{_MONTH})"
    r"|par mois\b|mensuel(?:le)?(?:ment)?\b",
    "except": r"a l'exception d(?:e|u|es)\b|en dehors d(?:e|u|es)\b|pas de (?:seance|cours|atelier)s?\b",
    "halves": r"une? (?:(?P<what>[a-z]+)|week ?-? ?end) sur (?:deux|2)\b",
    "ordinal": r"avant-dernier\b",
    "aside": r"rendez-? ?vous\b",
    "word": r"(?P<word>[a-z]+)'?",
    "sign": r"[^ ]",
}  # fmt: skip
_TOKEN = re.compile("|".join(f"(?P<t_{kind}>{pattern})" for kind, pattern in _PATTERNS.items()), re.ASCII)


def year(written: str) -> int:
    """A year in four digits, or in two: 70 to 99 are of the last century."""
    number = int(written)
    return number if len(written) > 2 else number + (1900 if number >= 70 else 2000)


def _dmy(found: re.Match[str], zone: tzinfo) -> tuple[str, Any]:
    written = found["y"] or found["y2"]
    return "date", (int(found["d"]), int(found["m"] or found["m2"]), year(written), len(written) == 2)


def _clock(found: re.Match[str], zone: tzinfo) -> tuple[str, Any]:
    hour = int(found["h"])
    minute = int(found["min"] or found["mn"] or found["cmin"] or 0)
    if found["ap"]:
        hour = hour % 12 + (12 if "p" in found["ap"] else 0)
    if hour > 24 or minute > 59 or hour * 60 + minute > 1440:
        return "badclock", None
    return "clock", hour * 60 + minute + _half(found["half"])


def _half(written: str | None) -> int:
    return 0 if not written else 15 if "quart" in written else 30


def _moment(found: re.Match[str], zone: tzinfo) -> tuple[str, Any]:
    written = found[0].replace("utc", "z").upper()
    try:
        moment = datetime.fromisoformat(written[:10] + written[10:].replace(" ", "T", 1).replace(" ", ""))
        moment = moment.astimezone(zone) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return "unknown", None
    return "moment", moment


def _halves(found: re.Match[str], zone: tzinfo) -> tuple[str, Any]:
    named = found["what"]
    return "halves", _WORDS.get(named, ("unknown", None)) if named else ("weekend", None)


def _word(found: re.Match[str], zone: tzinfo) -> tuple[str, Any]:
    return _WORDS.get(found["word"], ("unknown", found["word"]))


_READ: dict[str, Callable[[re.Match[str], tzinfo], tuple[str, Any]]] = {
    "moment": _moment,
    "iso": lambda found, zone: ("date", (int(found["id"]), int(found["im"]), int(found["iy"]), False)),
    "basic": lambda found, zone: ("date", (int(found["bd"]), int(found["bm"]), int(found["by"]), False)),
    "dmy": _dmy,
    "my": lambda found, zone: ("month_year", (int(found["mm"]), int(found["yy"]))),
    "dm": lambda found, zone: ("date", (int(found["dd"]), int(found["dm"]), None, False)),
    "clock": _clock,
    "noon": lambda found, zone: ("clock", (720 if found["noon"] == "di" else 1440) + _half(found["past"])),
    "rank": lambda found, zone: ("ordinal", int(found["rank"])),
    "num": lambda found, zone: ("num", int(found[0][:9])),
    "part": lambda found, zone: ("part", ""),
    "weekend": lambda found, zone: ("unit", "weekend"),
    "halves": _halves,
    "ordinal": lambda found, zone: ("ordinal", -2),
    "word": _word,
    "sign": lambda found, zone: (_SIGNS.get(found[0], "unknown"), found[0]),
}


def tokens(folded: str, zone: tzinfo) -> list[Token]:
    """All of them, and as many "end" as anyone looks ahead."""
    found: list[Token] = []
    for match in _TOKEN.finditer(folded):
        kind = (match.lastgroup or "")[2:]
        read = _READ.get(kind)
        kind, value = read(match, zone) if read else (kind, match[0])
        if kind == "unknown" and value == "mar":
            after_number = bool(found) and found[-1].kind in ("num", "ordinal", "-")
            kind, value = ("month", 3) if after_number else ("weekday", 1)
        found.append(Token(kind, value, match.start(), match.end()))
    return found + [Token("end", None, len(folded), len(folded))] * AHEAD
