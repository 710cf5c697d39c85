"""Who a row is for: « Grand public », « associations et habitants », « Bureau du CLVA » → audiences of config.toml."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from newsletter.catalogue.texts import choice, fold_word
from newsletter.config import Audience
from newsletter.model import Kind

SEPARATORS = re.compile(r"\s*[,;/+&|\n]\s*|\s+et\s+", re.IGNORECASE)
USUAL = {"public": "Grand public", "associations": "Associations"}
WORDS = {
    "public": "public, grand public, le public, habitants, habitant, habitantes, habitante, les habitants, residents, "
    "riverains, citoyens, citoyennes, population, publics, externe",
    "associations": "associations, association, les associations, assos, asso, associatif, monde associatif, "
    "vie associative, clva, interne",
}
EVERYONE = (
    "tous, toutes, tous publics, tout public, tous public, tout le monde, tous et toutes, toutes et tous, les deux, "
    "ouvert a tous, ouvert a toutes, public et associations, all"
)
# A word of a longer text ("habitants du quartier nord") and who it is about.
ABOUT = {
    "public": {"public", "habitant", "habitants", "habitantes", "riverains", "citoyens", "citoyennes", "residents"},
    "associations": {
        "association", "associations", "asso", "assos", "associatif", "associatifs", "associatives", "clva", "bureau",
        "benevole", "benevoles", "adherents", "adherentes", "tresoriers", "tresorieres", "presidents", "presidentes",
        "dirigeants", "dirigeantes",
    },
}  # fmt: skip
# Whose age or state it is says nothing of the letter: the default stays, and the text is printed.
TARGETS = {
    "enfant", "enfants", "jeune", "jeunes", "ado", "ados", "adolescents", "adolescentes", "adulte", "adultes", "senior",
    "seniors", "famille", "familles", "parents", "retraites", "scolaires", "etudiants", "etudiantes", "bebes",
    "debutants", "femmes", "hommes",
}  # fmt: skip
EXCLUDING = {"sauf", "hors", "pas", "non", "excepte", "sans"}
NOWHERE = {"non", "aucun", "aucune", "personne", "ne pas diffuser", "a ne pas diffuser", "ne pas publier"}
DEFAULT = {"oui", "ok", "x", "defaut", "par defaut"}


class Said(NamedTuple):
    """What a cell says. Empty `names`: the default. `printed`: it says more than the letters' names."""

    names: frozenset[str] = frozenset()
    printed: bool = False
    known: bool = True
    nowhere: bool = False


class Audiences:
    """The audiences of config.toml and what staff may type for them."""

    def __init__(self, stanzas: Mapping[str, Audience]) -> None:
        self.names = tuple(stanzas)
        self.said: dict[str, Said] = {}
        everyone = frozenset(stanzas)
        self.words = dict.fromkeys(EVERYONE.split(", "), everyone)
        for name, stanza in stanzas.items():
            own = [name, stanza.title, *stanza.words, *WORDS.get(name, "").split(", ")]
            self.words |= {fold_word(word): frozenset({name}) for word in own if fold_word(word)}
        shown = [USUAL.get(name, stanza.words[0] if stanza.words else name) for name, stanza in stanzas.items()]
        self.advice = choice(["Tous", *shown])

    def default(self, kind: Kind) -> tuple[str, ...]:
        """When nothing says who: events and news are for all, other kinds for associations."""
        if kind in (Kind.EVENT, Kind.NEWS) or "associations" not in self.names:
            return self.names
        return ("associations",)

    def read(self, written: str) -> Said:
        """A Diffusion cell."""
        if written not in self.said:
            self.said[written] = self._read(written)
        return self.said[written]

    def _read(self, written: str) -> Said:
        whole = fold_word(written)
        if whole in NOWHERE:
            return Said(nowhere=True)
        if whole in DEFAULT:
            return Said()
        if whole in self.words:
            return Said(self.words[whole])
        parts = [self._part(fold_word(part)) for part in SEPARATORS.split(written) if fold_word(part)]
        if not parts or not all(part.known for part in parts):
            return Said(printed=True, known=False)
        return Said(frozenset().union(*(part.names for part in parts)), any(part.printed for part in parts))

    def _part(self, words: str) -> Said:
        if words in self.words:
            return Said(self.words[words])
        each = set(words.split())
        if each & EXCLUDING:
            return Said(known=False)
        if "ans" in each:
            return Said(printed=True)
        names = {name for name in self.names if each & ABOUT.get(name, set())}
        return Said(frozenset(names), printed=True, known=bool(names or each & TARGETS))
