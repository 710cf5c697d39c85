"""The service's log: one line per event, in words a program can read, and nobody's address."""

import logging
import sys

import pytest

from newsletter.cli.logs import Line, covered

HERE = logging.getLogger("newsletter.somewhere")


def line(message: str, *values: object, logger: logging.Logger = HERE, fault: bool = False) -> str:
    trouble = sys.exc_info() if fault else None
    record = logger.makeRecord(logger.name, logging.INFO, "here.py", 1, message, values, trouble)
    return Line().format(record).split(" ", 1)[1]


@pytest.mark.parametrize(
    ("message", "values", "written"),
    [
        ("tick_stopped", (), "info tick_stopped"),
        ("step edition=%s step=%s", ("2026-12", "report H+1"), 'info step edition=2026-12 step="report H+1"'),
        ("copy_refused delivery=%s reason=%s", ("a1", 'dit "non"\net non'),
         'info copy_refused delivery=a1 reason="dit \\"non\\"\\net non"'),
        ("swept signups=%d notices=%d", (3, 0), "info swept signups=3 notices=0"),
        ("x reason=%s", ("",), 'info x reason=""'),
    ],
)  # fmt: skip
def test_an_event_is_a_word_and_its_values(message: str, values: tuple[object, ...], written: str) -> None:
    assert line(message, *values) == written


def test_what_a_library_says_is_one_value() -> None:
    said = line("Exception in %s\nat once", "ASGI", logger=logging.getLogger("uvicorn.error"))
    assert said == 'info uvicorn_error said="Exception in ASGI\\nat once"'


def test_of_an_exception_only_its_kind_and_place_are_written() -> None:
    try:
        raise ValueError("lea@exemple.example")
    except ValueError:
        said = line("page_failed", fault=True)
    assert said.startswith("info page_failed error=ValueError at=test_logs.py:")
    assert "lea" not in said


@pytest.mark.parametrize(
    "words",
    ["<lea@exemple.example>", "to=lea@exemple.example;", "zoé@école.example", "LEA+lettre@EXEMPLE.example", '"a@b.fr"'],
)
def test_an_address_is_covered_whoever_wrote_it(words: str) -> None:
    assert "…@…" in covered(words)
    assert "emple" not in covered(words)
    assert "cole" not in covered(words)


def test_the_key_in_a_link_is_covered() -> None:
    assert covered("GET /p/czoxMjM.aBcD-_9~x HTTP") == "GET /p/… HTTP"
