"""What a header says: its words folded, and the fields they may name, best first. No grid here, only words."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from newsletter.loaders import columns, sides
from newsletter.loaders.request import Vocabulary

ENDINGS = re.compile(r"[·•.\-(/](?:es|e|s|x|nes|ne|rices|rice|trices|trice|euses|euse|se|eres|ere)\b\)?(?=[^\w]|$)")
ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]")
NOT_WORDS = re.compile(r"[^a-z0-9]+")
NUMBER = re.compile(r" \d{1,2}$")
EITHER = re.compile(r"\s*/\s*|\s+ou\s+")
LITTLE = frozenset(sides.LITTLE.split())
LAST = frozenset({"du", "de", "le"})  # "À publier du" is not "À publier"
LONGEST = 200

GIVEN, STRONG, NEARLY, WEAK, LEAD = range(5)


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """A field a header may name. The smallest is the surest."""

    rank: int
    place: int
    field: str


def fold(text: str) -> str:
    """Without case, accents, ligatures, nor the endings people add for both genders and numbers."""
    plain = text.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae").replace("’", "'")
    plain = unicodedata.normalize("NFKD", plain.replace("·", "•")).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return ENDINGS.sub("", ENDINGS.sub("", plain))


def key(text: str) -> str:
    """The words that count, in the singular: "Date(s) de l'évènement *" is "date evenement"."""
    every = NOT_WORDS.sub(" ", fold(text)).split()
    words = [word for word in every[:-1] if word not in LITTLE]
    words += [word for word in every[-1:] if word in LAST or word not in LITTLE] or (every[-1:] if not words else [])
    return " ".join(_singular(word) for word in words)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] in "sx" else word


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of a vocabulary, folded: key → the field and its place in the list."""

    strong: Mapping[str, Match]
    weak: Mapping[str, tuple[Match, ...]]
    leads: Mapping[str, Match]
    others: frozenset[str]
    sides: Mapping[str, str]

    def matches(self, header: str) -> tuple[Match, ...]:
        """The fields it may name, surest first; none when it is something else."""
        if len(header) > LONGEST:
            return ()
        return _matches(self, header)

    def side(self, header: str) -> str | None:
        """Which side of something it says ("au": "to"), when it says only that."""
        return self.sides.get(NOT_WORDS.sub(" ", fold(header)).strip())


@cache
def lexicon(vocabulary: Vocabulary) -> Lexicon:
    """The words for items, for subscribers, or for a directory."""
    if vocabulary == "directory":
        return Lexicon(_single(columns.DIRECTORY, STRONG), {}, {}, frozenset(), {})
    if vocabulary == "subscribers":
        tables = (columns.SUBSCRIBERS, columns.SUBSCRIBERS_WEAK, columns.SUBSCRIBERS_LEADS)
        return Lexicon(_single(tables[0], STRONG), _several(tables[1]), _single(tables[2], LEAD), frozenset(), {})
    said = {NOT_WORDS.sub(" ", fold(word)).strip(): side for side, words in sides.SIDES.items() for word in words}
    others = frozenset(map(key, columns.OTHERS))
    return Lexicon(_single(columns.ITEMS, STRONG), _several(columns.WEAK), _single(columns.LEADS, LEAD), others, said)


def _single(table: columns.Words, rank: int) -> dict[str, Match]:
    found: dict[str, Match] = {}
    for match_key, match in _entries(table, rank):
        found.setdefault(match_key, match)
    return found


def _several(table: columns.Words) -> dict[str, tuple[Match, ...]]:
    found: dict[str, tuple[Match, ...]] = {}
    for match_key, match in _entries(table, WEAK):
        found[match_key] = (*found.get(match_key, ()), match)
    return found


def _entries(table: columns.Words, rank: int) -> Iterator[tuple[str, Match]]:
    for field, words in table.items():
        for place, word in enumerate(words):
            yield key(word), Match(rank, place, field)


@cache
def _things() -> frozenset[str]:
    return frozenset(map(key, sides.THINGS.split()))


def _matches(words: Lexicon, header: str) -> tuple[Match, ...]:
    whole = key(header)
    bare = key(ASIDE.sub(" ", header)) or whole
    if whole in words.others or bare in words.others:
        return ()
    found = [match for match in (words.strong.get(whole), words.strong.get(bare)) if match][:1]
    found += words.weak.get(bare, ())
    if not found:
        found = _nearly(words, bare) or _either(words, header)
    return tuple(sorted(found))


def _nearly(words: Lexicon, bare: str) -> list[Match]:
    """Without the things it is of ("Lien de l'évènement"), else by how it begins ("Lieu précis de…")."""
    parts = bare.split()
    without = " ".join(part for part in parts if part not in _things())
    numberless = NUMBER.sub("", bare)
    for words_left, rank in ((without, NEARLY), (numberless, STRONG)):
        found = [match for match in (words.strong.get(words_left), *words.weak.get(words_left, ())) if match]
        if words_left != bare and found and words_left not in words.others:
            return [Match(rank, match.place, match.field) for match in found[:1]]
    for size in range(len(parts), 0, -1):
        start = " ".join(parts[:size])
        if start in words.others:
            return []
        if match := words.leads.get(start):
            return [match]
    return []


def _either(words: Lexicon, header: str) -> list[Match]:
    """ "Évènement / animation" is what its first known half is."""
    halves = EITHER.split(header)
    known = (match for half in halves if len(halves) > 1 and (match := words.strong.get(key(half))))
    return [Match(LEAD, match.place, match.field) for match in known][:1]
