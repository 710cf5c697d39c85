"""How well rows told twice are known again: `python -m benchmarks.bench_duplicates [--list]`.

On the labelled pairs of tests/duplicates.csv: what the catalogue merges by itself, what it asks, what it leaves apart;
then, of titles alone (the pairs of one day and one place), the most that each scorer merges without one mistake. Last,
what a day with thousands of rows of one kind costs.
"""

import csv
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
from rapidfuzz import fuzz

from newsletter import catalogue
from newsletter.catalogue import near
from newsletter.catalogue.texts import fold
from newsletter.config import ASSOCIATIONS, PUBLIC, Source
from newsletter.model import Table

PAIRS = Path(__file__).parent.parent / "tests" / "duplicates.csv"
LETTERS = {"public": PUBLIC, "associations": ASSOCIATIONS}
AS_OF = datetime(2021, 11, 25, 9, tzinfo=ZoneInfo("Europe/Paris"))
DAY = date(2021, 12, 4)
Pair = Mapping[str, str]
Scorer = Callable[[str, str], float]
SCORERS: Mapping[str, Scorer] = {
    "near.likeness": lambda one, other: near.likeness(fold(one), fold(other)),
    "token_sort_ratio": lambda one, other: fuzz.token_sort_ratio(fold(one), fold(other)),
    "token_set_ratio": lambda one, other: fuzz.token_set_ratio(fold(one), fold(other)),
    "WRatio": lambda one, other: fuzz.WRatio(fold(one), fold(other)),
}


def pairs() -> list[Pair]:
    """The labelled pairs; an empty place is the same room, an empty day the same day."""
    with PAIRS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def table(rows: list[Mapping[str, object]]) -> Table:
    """A sheet of them."""
    frame = pd.DataFrame(rows, dtype=object, index=range(2, len(rows) + 2))
    return Table("agenda.xlsx", "Agenda", frame, {name: name for name in frame.columns}, rows=len(rows))


def rows(pair: Pair) -> list[Mapping[str, object]]:
    """Its two rows."""
    day = date.fromisoformat(pair["day"]) if pair["day"] else DAY
    halls = [pair[name] or "Salle des fêtes (exemple)" for name in ("place", "place2")]
    hosts = [pair[name] or None for name in ("association", "association2")]
    cells = zip((pair["one"], pair["other"]), (DAY, day), hosts, halls, strict=True)
    return [dict(zip(("title", "date", "association", "place"), row, strict=True)) for row in cells]


def outcome(pair: Pair) -> str:
    """What becomes of the two: merged, asked or apart."""
    found = catalogue.build([(table(rows(pair)), Source(path="agenda.xlsx"))], as_of=AS_OF, audiences=LETTERS)
    if len(found.items) == 1:
        return "merged"
    return "asked" if any(problem.code == "duplicate" for problem in found.problems) else "apart"


def judged() -> Iterator[tuple[Pair, str]]:
    """Every pair, and what becomes of it."""
    return ((pair, outcome(pair)) for pair in pairs())


def _alone(scorer: Scorer) -> str:
    known = [pair for pair in pairs() if not any(pair[name] for name in ("day", "place", "association"))]
    scores = [(scorer(pair["one"], pair["other"]), pair["what"] == "same") for pair in known]
    best = max((score for score, same in scores if not same), default=0.0)
    same = sum(same for _, same in scores)
    merged = sum(same and score > best for score, same in scores)
    return f"merges {merged} of {same} above {best:.1f}, where the first mistake is"


def _cost(number: int) -> float:
    crowd = [{"title": f"Fête {_word(n)} {_word(n * 7 + 3)}", "date": DAY, "place": "Place"} for n in range(number)]
    sheet = table(list(crowd))
    start = time.process_time()
    catalogue.build([(sheet, Source(path="agenda.xlsx"))], as_of=AS_OF, audiences=LETTERS)
    return time.process_time() - start


def _word(number: int) -> str:
    return "".join("aeioulmnrst"[number // 11**place % 11] for place in range(6))


def main() -> None:
    """Three tables."""
    became = list(judged())
    counts = Counter((pair["what"], what) for pair, what in became)
    merged, right = sum(counts[label, "merged"] for label in ("same", "different")), counts["same", "merged"]
    same = sum(pair["what"] == "same" for pair, _ in became)
    print(f"{len(became)} pairs; merged by itself: precision {right / merged:.3f}, recall {right / same:.3f}")
    for label in ("same", "different"):
        print(f"  {label}: " + ", ".join(f"{counts[label, what]} {what}" for what in ("merged", "asked", "apart")))
    for name, scorer in SCORERS.items():
        print(f"  {name} alone: {_alone(scorer)}")
    for number in (1000, 4000, 16000):
        print(f"  {number} rows of one day and one place: {_cost(number):.2f} s of processor")
    for pair, what in became if "--list" in sys.argv else ():
        if (pair["what"], what) not in (("same", "merged"), ("different", "apart")):
            print(f"  {pair['what']} {what}: {pair['one']} | {pair['other']}")


if __name__ == "__main__":
    main()
