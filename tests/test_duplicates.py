"""Rows nearly the same: what is merged without asking, what is asked, and what staff answered."""

import csv
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter import catalogue
from newsletter.catalogue import near
from newsletter.catalogue.texts import fold
from newsletter.config import ASSOCIATIONS, PUBLIC, Source
from newsletter.model import Catalogue, Kind, Table
from newsletter.model.decisions import NOTHING_SAID, Decisions

PARIS = ZoneInfo("Europe/Paris")
AS_OF = datetime(2021, 11, 25, 9, tzinfo=PARIS)
LETTERS = {"public": PUBLIC, "associations": ASSOCIATIONS}
EVENTS = Source(path="agenda.xlsx")
HALL = "Salle des fêtes (exemple)"
HEADERS = {"title": "Titre", "association": "Association", "date": "Date", "start": "Heure", "place": "Lieu"}
Cells = Mapping[str, Any]
with (Path(__file__).parent / "duplicates.csv").open(encoding="utf-8", newline="") as file:
    PAIRS = list(csv.DictReader(file, delimiter=";"))


def build(*rows: Cells, source: Source = EVENTS, decisions: Decisions = NOTHING_SAID, **where: str) -> Catalogue:
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [[row.get(name) for name in names] for row in rows]
    frame = pd.DataFrame(lines, columns=names, dtype=object, index=range(2, 2 + len(rows)))
    headers = {name: HEADERS.get(name, name) for name in names}
    sheet = Table(where.get("file", "agenda.xlsx"), where.get("sheet", "Agenda"), frame, headers, rows=len(rows))
    return catalogue.build([(sheet, source)], as_of=AS_OF, audiences=LETTERS, decisions=decisions)


def event(title: str, **cells: Any) -> Cells:
    return {"title": title, "date": date(2021, 12, 4), "place": HALL, **cells}


def outcome(pair: Mapping[str, str]) -> str:
    hosts = pair["association"] or None, pair["association2"] or None
    places = pair["place"] or HALL, pair["place2"] or HALL
    day = date.fromisoformat(pair["day"]) if pair["day"] else date(2021, 12, 4)
    found = build(
        event(pair["one"], association=hosts[0], place=places[0]),
        event(pair["other"], association=hosts[1], place=places[1], date=day),
    )
    if len(found.items) == 1:
        return "merged"
    return "asked" if "duplicate" in [problem.code for problem in found.problems] else "apart"


# Pairs as agendas have them


def test_the_pairs_are_many_and_of_both_sorts() -> None:
    assert len(PAIRS) >= 120
    assert min(sum(pair["what"] == what for pair in PAIRS) for what in ("same", "different")) >= 60


def test_nothing_that_is_different_is_ever_merged_without_asking() -> None:
    merged = [pair for pair in PAIRS if outcome(pair) == "merged"]
    assert [pair for pair in merged if pair["what"] != "same"] == []


def test_nearly_all_that_is_the_same_is_merged_and_most_that_is_different_is_left_alone() -> None:
    same, different = ([outcome(p) for p in PAIRS if p["what"] == what] for what in ("same", "different"))
    assert same.count("merged") >= 0.9 * len(same)
    assert same.count("apart") <= 0.02 * len(same)
    assert different.count("asked") <= 0.25 * len(different)


@pytest.mark.parametrize(
    ("one", "other", "more"),
    [
        ("Loto", "Grand loto", {"start": time(14)}),
        ("Repair café", "RepairCafé", {}),
        ("Brocante", "Brocnate", {}),
        ("Loto", "Loto", {"association": "Assocation des amis de la Maison des arts"}),
    ],
)
def test_what_is_typed_twice_in_two_ways_is_one(one: str, other: str, more: Cells) -> None:
    host = {"association": "Association des amis de la Maison des arts"} if more.get("association") else {}
    assert len(build(event(one, **host), event(other, **more)).items) == 1


@pytest.mark.parametrize(
    ("earlier", "later", "codes"),
    [
        (event("Loto", start=time(14)), event("Grand loto", start=time(20)), ["duplicate"]),
        (event("Loto", place=None), event("Grand loto", place=None), ["duplicate"]),
        (event("Loto", place=None, association="AAMAM"), event("Grand loto", association="AAMAM"), ["merged"]),
        (event("Loto", place="Malakfé"), event("Grand loto", place="Gymnase"), []),
        (event("Loto", association="AAMAM"), event("Grand loto", association="ASIAM"), []),
        (event("Loto", place="Salle 1"), event("Grand loto", place="Salle 2"), []),
        (
            event("Loto", association="AAMAM", start=time(14)),
            event("Grand loto", association="ASIAM", start=time(14)),
            ["duplicate"],
        ),
        (event("Concert", start=time(14)), event("Concert de la chorale", start=time(20)), []),
    ],
)
def test_titles_alone_are_no_proof(earlier: Cells, later: Cells, codes: list[str]) -> None:
    found = build(earlier, later)
    assert [problem.code for problem in found.problems] == codes
    assert len(found.items) == (1 if codes == ["merged"] else 2)


def test_calls_of_one_deadline_may_be_one() -> None:
    call = {"title": "Fonds pour les associations", "deadline": "15/01/2022", "association": "Ville", "contact": "a"}
    source = Source(path="appels.csv", kind=Kind.CALL)
    assert len(build(call, {**call, "title": "Fonds pour les assos"}, source=source).items) == 1
    later = {**call, "title": "Fonds pour les assos", "deadline": "15/02/2022"}
    assert len(build(call, later, source=source).items) == 2


def test_the_fuller_title_is_printed_and_names_the_item_in_whatever_order() -> None:
    rows = event("Loto"), event("Grand loto")
    (one,), (other,) = build(*rows).items, build(*reversed(rows)).items
    assert (one.title, other.title) == ("Grand loto", "Grand loto")
    assert one.id == other.id


# What is said of them


def test_a_merge_that_nobody_asked_for_says_how_to_undo_it() -> None:
    found = build(event("Loto"), event("Grand loto"))
    (problem,) = found.problems
    ids = [build(event(title)).items[0].id for title in ("Loto", "Grand loto")]
    assert (problem.origin.row, problem.column, problem.code) == (3, "Titre", "merged")
    assert problem.wanted == (
        "le même évènement, presque, que la ligne 2 (« Loto ») : les deux lignes sont fusionnées ; "
        f"si ce n'est pas la même chose, newsletter different {ids[0]} {ids[1]}"
    )


def test_a_doubt_shows_both_rows_and_what_to_type() -> None:
    found = build(event("Marché de Noël"), event("Marché de Noël solidaire"))
    (problem,) = found.problems
    pair = " ".join(item.id for item in found.items)
    assert (problem.severity, problem.origin.row, problem.found) == ("warning", 3, "Marché de Noël solidaire")
    assert problem.wanted == (
        "peut-être le même évènement que la ligne 2 (« Marché de Noël ») : les deux sont imprimées ; "
        f"si oui, newsletter same {pair} ; si non, newsletter different {pair}"
    )


# What staff answered


def said(word: str, *rows: Cells) -> Decisions:
    """The word, of the ids that a look at the rows shows."""
    (problem,) = build(*rows).problems
    ids = problem.wanted.rsplit("newsletter different ", 1)[1].split()
    return {frozenset(ids): "same" if word == "same" else "different"}


MARKETS = event("Marché de Noël"), event("Marché de Noël solidaire")


def test_what_staff_say_is_the_same_is_one() -> None:
    found = build(*MARKETS, decisions=said("same", *MARKETS))
    assert [item.title for item in found.items] == ["Marché de Noël solidaire"]
    (problem,) = found.problems
    assert problem.code == "merged"
    assert problem.wanted.startswith("même évènement que la ligne 2, vous l'avez dit : les deux lignes sont fusionnées")
    assert [(count.items, count.merged) for count in found.sources] == [(1, 1)]


@pytest.mark.parametrize("rows", [MARKETS, (event("Loto"), event("Grand loto"))])
def test_what_staff_say_is_different_stays_apart_and_nothing_more_is_said(rows: tuple[Cells, Cells]) -> None:
    found = build(*rows, decisions=said("different", *rows))
    assert len(found.items) == 2
    assert found.problems == ()


def test_a_word_outlives_moves_of_rows_names_of_files_and_what_is_added_around() -> None:
    word = said("same", *MARKETS)
    moved = event("Bal"), {**MARKETS[1], "start": time(10)}, event("Loto"), {**MARKETS[0], "price": "Gratuit"}
    found = build(*moved, decisions=word, file="copie de agenda.ods", sheet="Feuille1")
    assert [item.title for item in found.items] == ["Bal", "Marché de Noël solidaire", "Loto"]


def test_a_word_is_of_one_day_only() -> None:
    later = [{**row, "date": date(2022, 12, 3)} for row in MARKETS]
    assert len(build(*later, decisions=said("same", *MARKETS)).items) == 2


def test_staff_may_join_what_does_not_look_alike() -> None:
    rows = event("Le grand déballage"), event("Brocante", date=date(2021, 12, 5))
    ids = [build(row).items[0].id for row in rows]
    found = build(*rows, decisions={frozenset(ids): "same"})
    assert len(found.items) == 1
    assert [problem.code for problem in found.problems] == ["merged", "contradiction"]


def test_staff_may_part_two_rows_of_one_title() -> None:
    rows = event("Fête", place=HALL, start=time(10)), event("Fête", place="Gymnase", start=time(10))
    ids = [item.id for item in build(*rows).items]
    assert [problem.code for problem in build(*rows).problems] == ["contradiction"]
    assert build(*rows, decisions={frozenset(ids): "different"}).problems == ()
    assert len(build(*rows, decisions={frozenset(ids): "same"}).items) == 1


def test_three_rows_said_to_be_one_are_one_in_whatever_order() -> None:
    rows = [event("Le grand déballage"), event("Brocante"), event("Puces")]
    ids = [build(row).items[0].id for row in rows]
    word: Decisions = {frozenset((ids[0], ids[2])): "same", frozenset((ids[1], ids[2])): "same"}
    for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
        found = build(*(rows[number] for number in order), decisions=word)
        assert len(found.items) == 1
        assert [(count.rows, count.items, count.merged) for count in found.sources] == [(3, 1, 2)]
        assert len(found.items[0].sources) == 3


def test_what_was_said_to_be_different_is_not_joined_through_a_third() -> None:
    rows = [event("Marché de Noël"), event("Marché solidaire de Noël"), event("Marché de Noël solidaire")]
    ids = [build(row).items[0].id for row in rows]
    word: Decisions = {frozenset((ids[0], ids[1])): "same", frozenset((ids[0], ids[2])): "different"}
    found = build(*rows, decisions=word)
    assert len(found.items) == 2


# Whatever the rows


TITLES = st.sampled_from(["Loto", "Grand loto", "LOTO", "Loto 2", "Marché", "Marché bio", "Marchés", "A", "", "de la"])
ROWS = st.lists(
    st.fixed_dictionaries({
        "title": TITLES,
        "date": st.sampled_from([date(2021, 12, 4), date(2021, 12, 5), None]),
        "place": st.sampled_from([HALL, "Gymnase", None]),
        "association": st.sampled_from(["AAMAM", "ASIAM", None]),
    }),
    max_size=7,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(ROWS, st.data())
def test_no_row_is_lost_whatever_is_said(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    ids = sorted({item.id for row in rows for item in build(row).items} | {"0" * 12, "1" * 12})
    pairs = st.sets(st.sampled_from(ids), min_size=2, max_size=2).map(frozenset)
    decisions: Decisions = data.draw(st.dictionaries(pairs, st.sampled_from(["same", "different"]), max_size=6))
    found = build(*rows, decisions=decisions)
    for count in found.sources:
        assert count.rows == count.items + count.merged + count.refused + len(count.skipped)
    printed = sorted(origin.row or 0 for item in found.items for origin in item.sources)
    refused = {problem.origin.row for problem in found.problems if problem.severity == "error"}
    assert sorted([*printed, *(row or 0 for row in refused)]) == list(range(2, 2 + len(rows)))
    assert len({item.id for item in found.items}) == len(found.items)


@given(st.text(max_size=30), st.text(max_size=30))
def test_titles_are_as_near_one_way_as_the_other(one: str, other: str) -> None:
    one, other = fold(one), fold(other)
    assert near.likeness(one, other) == near.likeness(other, one)
    assert near.likeness(one, one) == 100


def test_a_day_of_thousands_of_rows_costs_no_more_each() -> None:
    letters = "aeioulmnrst"
    names = ["".join(letters[n // 11**place % 11] for place in range(5)) for n in range(2000)]
    start = process_time()
    build(*(event(f"Fête {name} {name[::-1]}") for name in names))
    assert process_time() - start < 4  # 0.3 s alone on the machine
