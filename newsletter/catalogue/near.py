"""Titles → how much they are one: what people type twice in two ways, told from what only looks alike.

Words are compared, not letters: little words, order, plurals and usual abbreviations don't count; a number, a level, an
age or a time of day that only one of the two has makes two things of them, however alike the rest is.
"""

from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

# Measured on the 224 pairs of tests/duplicates.csv (benchmarks/bench_duplicates.py): of 107 that are one, 102 are
# merged and 4 asked; of 117 that are two, none is merged and 26 are asked. Before its first mistake,
# token_sort_ratio alone merges 34, WRatio 29.
MERGE = 90.0  # from here on two titles are one
ASK = 80.0  # from here on staff are asked
UNLIKE = 89.0  # the most that titles with a word apart can be
NAME = 90.0  # from here on two names of an association, or of a place, are one

LITTLE_WORDS = (
    "a l d le la les de du des un une au aux en et ou pour par avec sur dans chez que qui ce cette son sa ses"
)
# Said or left out, it is the same thing.
FILLERS_WORDS = (
    "grand grande super traditionnel traditionnelle annuel annuelle exceptionnel exceptionnelle gratuit gratuite "
    "edition journee soiree"
)
SHORT = {
    "st": "saint", "ste": "sainte", "asso": "association", "assoc": "association", "ag": "assemblee generale",
    "ca": "conseil administration", "expo": "exposition", "conf": "conference", "perm": "permanence",
    "gym": "gymnastique", "cine": "cinema", "info": "information", "biblio": "bibliotheque", "anniv": "anniversaire",
    "apero": "aperitif", "manif": "manifestation", "demo": "demonstration", "compet": "competition",
    "trad": "traditionnel", "rdv": "rendez vous", "rando": "randonnee", "compta": "comptabilite", "reu": "reunion",
    "bd": "bande dessinee", "no": "", "n": "", "numero": "",
}  # fmt: skip
APART_WORDS = (
    "debutant debutante confirme confirmee intermediaire avance avancee initiation perfectionnement matin matinee "
    "midi apres soir nocturne enfant adulte ado adolescent jeune senior bebe baby parent famille petit junior "
    "cadet minime benjamin poussin veteran aine maternelle primaire college lycee femme homme fille garcon feminin "
    "masculin mixte premier premiere deuxieme second seconde troisieme dernier derniere suite lundi mardi mercredi "
    "jeudi vendredi samedi dimanche nord sud est ouest interieur exterieur aller retour montage demontage "
    "ouverture fermeture cloture vernissage finissage finale demi sans hors ligne visio distance ordinaire "
    "extraordinaire janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre i ii iii "
    "iv v vi vii viii ix"
)
LITTLE, FILLERS, APART = (frozenset(said.split()) for said in (LITTLE_WORDS, FILLERS_WORDS, APART_WORDS))
TYPO = 6  # letters a word needs for one slip to be a slip; two slips make « conversation » of « conservation »


class Words(NamedTuple):
    """A title as compared. `apart` are those that make two things of two titles."""

    every: tuple[str, ...]
    apart: frozenset[str]

    @property
    def sorted(self) -> str:
        """In one order, whatever was typed."""
        return " ".join(sorted(self.every))


@lru_cache(maxsize=16384)
def words(folded: str) -> Words:
    """The words of a folded title that count."""
    long = [part for word in folded.split() for part in _spelt(word)]
    every = (*(word for word in long[:-1] if word not in LITTLE), *long[-1:])  # « Groupe A » ends with a name
    return Words(every, frozenset(filter(_sets_apart, every)))


@lru_cache(maxsize=16384)  # titles share most of their words
def _spelt(word: str) -> tuple[str, ...]:
    """In the singular, and at length."""
    single = word[:-1] if len(word) > 3 and word[-1] in "sx" else word
    return tuple(SHORT.get(single, single).split())


@lru_cache(maxsize=16384)
def _sets_apart(word: str) -> bool:
    year = len(word) == 4 and word.isdigit() and word.startswith(("19", "20"))
    return not year and (word in APART or len(word) == 1 or any(letter.isdigit() for letter in word))


def likeness(one: str, other: str, known: Collection[str] = ()) -> float:
    """From 0 to 100, of two folded titles. `known`: words of both rows' association and place, said again or not."""
    left, right = words(one), words(other)
    if left.apart != right.apart:
        return 0.0
    if "".join(one.split()) == "".join(other.split()):
        return 100.0
    mine, theirs = Counter(left.every), Counter(right.every)
    more, less = _telling(mine - theirs, theirs - mine, known)
    score = fuzz.token_sort_ratio(left.sorted, right.sorted)
    if not mine & theirs and not (len(left.every) == len(right.every) == 1):
        return min(score, UNLIKE)
    if not more and not less:
        return 100.0
    if _slips(more, less):
        return max(score, MERGE)
    return max(ASK, min(score, UNLIKE)) if not more or not less else min(score, UNLIKE)


def _telling(ours: Counter[str], theirs: Counter[str], known: Collection[str]) -> tuple[list[str], list[str]]:
    """The words that each title lacks, but for what goes without saying on one side, and is nothing on the other."""
    said = [[word for word in words_.elements() if not _spare(word, known)] for words_ in (ours, theirs)]
    if len(said[0]) < ours.total() and len(said[1]) < theirs.total():
        return [*ours.elements()], [*theirs.elements()]
    return said[0], said[1]


def _spare(word: str, known: Collection[str]) -> bool:
    """A filler, a year, a name that the row says elsewhere."""
    return word in FILLERS or word in known or word.isdigit()


def _slips(left: list[str], right: list[str]) -> bool:
    """Whether each word is one of the other title's, mistyped."""
    if len(left) != len(right):
        return False
    rest = list(right)
    for word in left:
        match = next((other for other in rest if is_slip(word, other)), None)
        if match is None:
            return False
        rest.remove(match)
    return True


def is_slip(one: str, other: str) -> bool:
    """Whether a word is another one with a slip of the finger; never in its first letter, nor in a short word."""
    most = 0 if min(len(one), len(other)) < TYPO else 1
    return one[:1] == other[:1] and OSA.distance(one, other, score_cutoff=most) <= most


def same_name(one: str, other: str) -> bool:
    """Whether two folded names (of an association, of a place) are one, mistyped."""
    left, right = words(one), words(other)
    return left.apart == right.apart and fuzz.token_sort_ratio(left.sorted, right.sorted) >= NAME
