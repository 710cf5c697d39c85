import os
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter import fetch
from newsletter.config import Source
from newsletter.errors import SourceUnreadable
from newsletter.model import Document


def test_a_file_is_gathered_with_its_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "agenda.csv").write_bytes(b"Titre;Date\r\n")
    [document] = fetch.gather(Source(path="data/agenda.csv"), tmp_path)
    assert document == Document("data/agenda.csv", b"Titre;Date\r\n", tmp_path / "data")


def test_an_absolute_path_is_called_by_its_last_name(tmp_path: Path) -> None:
    (tmp_path / "agenda.csv").write_bytes(b"x")
    [document] = fetch.gather(Source(path=str(tmp_path / "agenda.csv")), Path("/ailleurs"))
    assert document.name == "agenda.csv"


def _missing(folder: Path) -> str:
    return "agenda.csv"


def _near(folder: Path) -> str:
    (folder / "Agenda.xlsx").write_bytes(b"x")
    return "agenda.csv"


def _folder(folder: Path) -> str:
    (folder / "agenda").mkdir()
    return "agenda"


def _empty(folder: Path) -> str:
    (folder / "agenda.csv").touch()
    return "agenda.csv"


def _pipe(folder: Path) -> str:
    os.mkfifo(folder / "agenda.csv")
    return "agenda.csv"


def _huge(folder: Path) -> str:
    with (folder / "agenda.csv").open("wb") as file:
        file.truncate(fetch.LARGEST + 1)
    return "agenda.csv"


def _loop(folder: Path) -> str:
    (folder / "agenda.csv").symlink_to(folder / "agenda.csv")
    return "agenda.csv"


def _dangling(folder: Path) -> str:
    (folder / "agenda.csv").symlink_to(folder / "parti.csv")
    return "agenda.csv"


def _impossible(folder: Path) -> str:
    return "x" * 300 + ".csv"


@pytest.mark.parametrize(
    ("prepare", "said", "mend"),
    [
        (_missing, "n'existe pas", "déposez-le"),
        (_near, "n'existe pas", "vouliez-vous « Agenda.xlsx » ?"),
        (_folder, "dossier", "nommez dans config.toml"),
        (_empty, "vide", "remplissez-le"),
        (_pipe, "pas un fichier ordinaire", "déposez-en une copie"),
        (_huge, "dépasse 100 Mo", "copiez le tableau"),
        (_loop, "", "déposez-le"),
        (_dangling, "n'existe pas", "déposez-le"),
        (_impossible, "", "corrigez « path »"),
    ],
)
def test_what_cannot_be_gathered_says_what_to_do(
    tmp_path: Path, prepare: Callable[[Path], str], said: str, mend: str
) -> None:
    path = prepare(tmp_path)
    with pytest.raises(SourceUnreadable) as error:
        fetch.gather(Source(path=path), tmp_path)
    sentence = str(error.value)
    assert sentence.startswith(path)
    assert said in sentence
    assert mend in sentence
