"""The commonest forms are read on a way of their own: they must mean there what the grammar makes of them."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.dates import common, grammar
from newsletter.dates.lexer import MONTHS, WEEKDAYS, fold

PARIS = ZoneInfo("Europe/Paris")

NUMBERS = st.sampled_from(["0", "1", "02", "4", "1er", "4er", "28", "29", "31", "32", "99"])
YEARS = st.sampled_from(["2021", "2099", "1969", "9999", "0001", "21", "69", "70", "99", "2", "20211"])
WRITTEN_MONTHS = st.sampled_from([*MONTHS, "Décembre", "août", "févr.", "JUILLET", "mar", "rentrée", "noël"])
LEADS = st.sampled_from(["", "", "le ", "Le ", "du "])
NAMED = st.builds("{}{}".format, st.sampled_from([*WEEKDAYS, "mar"]), st.sampled_from([" ", ", ", " le ", ". ", "  "]))
SPELT = st.builds("{} {}{}{}".format, NUMBERS, WRITTEN_MONTHS, st.sampled_from([" ", " ", "  ", ", "]), YEARS)
FIGURES = st.builds(
    "{}{}{}{}{}".format, NUMBERS, st.sampled_from("/.-"), NUMBERS, st.sampled_from("/.-"), YEARS
)  # fmt: skip
DAYS = st.builds("{}{}{}".format, LEADS, st.one_of(st.just(""), NAMED), st.one_of(SPELT, FIGURES))
HOUR_SIGNS = st.sampled_from(["h", "h", " h ", " h", "h ", ":", "."])
CLOCKS = st.builds(
    lambda hour, sign, minute: f"{hour}{sign}{minute}".strip(),
    st.sampled_from(["0", "7", "09", "14", "23", "24", "25"]), HOUR_SIGNS,
    st.sampled_from(["", "00", "30", "59", "60", "5"]),
)  # fmt: skip
JOINED = st.sampled_from([" à ", "-", " - ", "–", "à", " / ", " et "])
RANGES = st.builds("{}{}{}".format, CLOCKS, JOINED, st.one_of(CLOCKS, st.just("17")))
HOURS = st.builds("{}{}".format, st.sampled_from(["", "de ", "à ", "entre ", "dès "]), st.one_of(CLOCKS, RANGES))
BOTH = st.builds("{}{}{}".format, DAYS, st.sampled_from([" ", ", ", ",", " : ", "\n", ""]), HOURS)


@settings(max_examples=2000, deadline=None)
@given(st.one_of(DAYS, HOURS, BOTH))
def test_what_is_read_at_once_is_what_the_grammar_reads(written: str) -> None:
    folded = fold(written)
    phrase = common.phrase(folded.strip())
    assert phrase is None or phrase == grammar.whole(folded, PARIS)


@pytest.mark.parametrize(
    "written",
    [
        "samedi 4 décembre 2021", "Samedi 4 déc. 2021", "le 1er janvier 2022", "27/11/21", "27/11/2021", "27.11.2021",
        "sam 4/12/2021", "14h", "14h30", "14:30", "14 h 30", "14h30 à 17h", "14h-17h30",
        "de 9h à 12h", "samedi 4 décembre 2021 à 14h30", "27/11/21 14h30-17h", "mardi 7 décembre 2021, de 18h à 20h",
    ],
)  # fmt: skip
def test_the_usual_forms_need_no_grammar(written: str) -> None:
    assert common.phrase(fold(written).strip()) is not None


@pytest.mark.parametrize("written", ["", "mardi", "4", "25h", "14h60", "4/12-2021", "4 décembre", "12h à 25h", "1er"])
def test_what_lacks_something_is_left_to_the_grammar(written: str) -> None:
    assert common.phrase(fold(written)) is None
