"""A seed and a number → an input, always the same: a file, the stanza it stands in, and for whom it is read."""

from dataclasses import dataclass
from pathlib import PurePath
from random import Random

from benchmarks.fuzz.changes import changed
from benchmarks.fuzz.drawn import table
from benchmarks.fuzz.seeds import DATA, seeds
from newsletter.config import Source
from newsletter.loaders.request import Vocabulary
from newsletter.model import Document, Kind

SHARES = {"csv": 34, "json": 12, "ics": 14, "sheet": 14, "other": 2, "drawn csv": 16, "drawn sheet": 8}
GIVEN_BACK = 0.03  # a copy takes longer than ten readings
SUFFIXES = (".csv", ".txt", ".tsv", ".ics", ".xlsx", ".ods", ".xls", ".json", "")


@dataclass(frozen=True)
class Input:
    """One file to read, as the pipeline gives it. `given_back`: a marked copy of it is asked for, too."""

    number: int
    sort: str
    document: Document
    source: Source
    vocabulary: Vocabulary
    given_back: bool = False


def draw(seed: int, number: int) -> Input:
    """The input of that number."""
    chance = Random(f"{seed}:{number}")  # the same everywhere: a text is hashed by Random itself
    sort = chance.choices(list(SHARES), list(SHARES.values()))[0]
    name, content = _file(chance, sort)
    if chance.random() < 0.05:
        name = PurePath(name).stem + chance.choice(SUFFIXES)
    source = Source(
        path=name or "x",
        kind=chance.choice(list(Kind)),
        association=chance.choice((None, None, "Malakfé")),
        audiences=chance.choice(((), (), ("public",))),
        sheet=chance.choice((None,) * 8 + ("Agenda", "Absente")),
        columns=chance.choice(({},) * 8 + ({"title": "Quoi"}, {"date": "Titre", "title": "Date"})),
    )
    suffix = chance.choice((None, None, None, ".csv", ".ics"))
    vocabulary: Vocabulary = "subscribers" if chance.random() < 0.05 else "items"
    document = Document(name, content, chance.choice((None, DATA)), suffix)
    return Input(number, sort, document, source, vocabulary, chance.random() < GIVEN_BACK)


def _file(chance: Random, sort: str) -> tuple[str, bytes]:
    if sort.startswith("drawn"):
        writer = "csv" if sort.endswith("csv") else chance.choice(("xlsx", "ods", "xls"))
        return f"tableau.{writer}", table(chance, writer)
    seed = chance.choice([seed for seed in seeds() if seed.sort == sort])
    return seed.name, changed(chance, seed.content, sort, chance.choice(seeds()).content)
