"""What tells that a file is another: those sources read, in folders too; no lock, no hidden nor temporary one."""

from pathlib import Path

import pytest

from newsletter.config import Config, Source
from newsletter.web import watch

PASSING = ("~$agenda.xlsx", ".~lock.agenda.xlsx#", "4F2A.tmp", ".agenda.xlsx.swp", "agenda.xlsx~")


@pytest.mark.parametrize("path", ["data", "data/*", "data/agenda.*"])
def test_a_lock_file_or_a_temporary_one_is_nobodys_change(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "agenda.xlsx").write_text("x", "utf-8")
    config = Config(folder=tmp_path, sources=(Source(path=path),))
    before = watch.seen(config)
    assert [Path(name).name for name, _, _ in before] == ["agenda.xlsx"]
    for name in PASSING:
        (folder / name).write_text("x", "utf-8")
    assert watch.seen(config) == before
    (folder / "agenda.xlsx").write_text("xy", "utf-8")
    assert watch.seen(config) != before


@pytest.mark.parametrize("name", [".agenda.csv", "agenda.part", "#agenda.csv"])
def test_a_file_the_town_names_is_looked_at_whatever_its_name(tmp_path: Path, name: str) -> None:
    config = Config(folder=tmp_path, sources=(Source(path=name),), town={"directory": name})
    assert watch.seen(config) == ()
    (tmp_path / name).write_text("x", "utf-8")
    assert [Path(path).name for path, _, _ in watch.seen(config)] == [name]
