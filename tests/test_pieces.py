"""A long list of people, read piece by piece: the same rows, numbers and problems as the whole."""

import io
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from newsletter import loaders
from newsletter.config import Source
from newsletter.errors import SourceUnreadable
from newsletter.loaders import Load, pieces
from newsletter.model import Document

AS_OF = datetime(2021, 11, 25, 9, tzinfo=ZoneInfo("Europe/Paris"))
PEOPLE = "Courriel;Liste;Origine"


def in_pieces(content: bytes) -> list[Load]:
    return list(loaders.read_in_pieces("abonnes.csv", io.BytesIO(content), Source(path="abonnes.csv"), as_of=AS_OF))


def rows_of(loads: Sequence[Load]) -> list[tuple[int | None, tuple[object, ...]]]:
    tables = [table for load in loads for table in load.tables]
    return [(origin.row, tuple(row.values())) for table in tables for origin, row in table.records()]


def whole(content: bytes) -> Load:
    source = Source(path="abonnes.csv")
    return loaders.read(Document("abonnes.csv", content), source, as_of=AS_OF, vocabulary="subscribers")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("start", ["", "sep=;\n", "Liste des abonnés\n\n", "\n\n\n"])
def test_a_list_in_pieces_is_the_list_as_a_whole(monkeypatch: pytest.MonkeyPatch, encoding: str, start: str) -> None:
    monkeypatch.setattr(pieces, "PIECE", 7)
    lines = [f"n{n}@example.org;Public;Forum de l’été {n}" for n in range(40)]
    lines[3], lines[11], lines[25] = "", '"n11@exa\nmple.org";Public;"a;b"', PEOPLE
    lines[20] = "n20@example.org;Public;Forum;de trop"
    content = (start + "\n".join([PEOPLE, *lines])).encode(encoding)
    loads = in_pieces(content)
    assert len(loads) == 6
    assert rows_of(loads) == rows_of([whole(content)])
    assert [problem for load in loads for problem in load.problems] == list(whole(content).problems)


def test_what_is_wrong_in_a_piece_has_its_row_and_the_header_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE", 5)
    lines = [PEOPLE, *(f"n{n}@example.org;Public;Forum" for n in range(20))]
    lines[15] = "n@example.org;Public;Ã©tÃ©"
    (problem,) = [problem for load in in_pieces("\n".join(lines).encode()) for problem in load.problems]
    assert (problem.code, problem.origin.row, problem.column) == ("mojibake", 16, "Origine")


def test_a_long_list_without_an_address_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE", 5)
    content = "\n".join(["Prénom;Liste;Origine", *(f"N{n};Public;Forum" for n in range(20))]).encode()
    (load,) = in_pieces(content)
    assert not load.tables
    assert [problem.wanted for problem in load.problems] == [problem.wanted for problem in whole(content).problems]


def test_a_second_header_far_down_ends_a_long_list_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE", 8)
    lines = [f"n{n}@example.org;Public;Forum" for n in range(40)]
    lines[12:14] = ["", "Origine;Courriel;Liste"]
    loads = in_pieces("\n".join([PEOPLE, *lines]).encode())
    last = loads[-1].problems[-1]
    assert (last.severity, last.origin.row) == ("error", 18)
    assert "faites un fichier par tableau" in last.wanted
    assert max(row or 0 for row, _ in rows_of(loads)) == 17


def test_a_quote_left_open_in_a_long_list_is_a_sentence() -> None:
    content = PEOPLE + '\nn@example.org;Public;"' + "x" * 20_100_000
    with pytest.raises(SourceUnreadable, match="n'est jamais fermé"):
        in_pieces(content.encode())
