"""Files of this machine: one by its name, those of a folder, those a glob names.

One that isn't there, is empty, or is no file is a SourceUnreadable when it was named, a Problem when it was found. Lock
files, hidden and temporary ones are nobody's tables: nothing is said of them. A link out of the folder is not followed.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from newsletter.errors import SourceUnreadable
from newsletter.fetch.errand import Gathered
from newsletter.model import Document, Origin, Problem

LARGEST = 100 * 2**20
MOST = 300
SEEN = 10_000  # with the pictures and the rest
READABLE = {".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".tsv", ".txt", ".ics", ".json"}
# They lie beside tables, and are looked up by name or by nobody.
BESIDE = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".heic", ".tif", ".tiff", ".md", ".toml"}
PASSING = (".tmp", ".temp", ".bak", ".part", ".crdownload", ".swp", ".lock", "~", "#")
SYSTEM = {"thumbs.db", "desktop.ini"}


def gather(path: str, folder: Path) -> Gathered:
    """The files a path names, sorted by name."""
    several = found_by(path, folder)
    if several is None:
        named = folder / path
        return Gathered((_document(named, _name(named, path, folder)),))
    return _several(several[1], several[0], folder, path)


def found_by(path: str, folder: Path) -> tuple[Path, list[Path]] | None:
    """Of a folder or a pattern: where it begins, and what is there that may matter. None: it names one file."""
    named = folder / path
    if named.is_dir():
        return named, [one for one in _listed(named) if _may_matter(one)]
    if not named.exists() and any(map(_is_pattern, Path(path).parts)):
        base, pattern = _split(folder, Path(path))
        return base, [one for one in _matching(base, pattern) if _may_matter(one)]
    return None


def written(path: str, folder: Path) -> datetime | None:
    """When the newest of the files a path names was written. None: none is there."""
    try:
        several = found_by(path, folder)
    except SourceUnreadable:
        return None
    paths = [folder / path] if several is None else several[1]
    moments = [moment for path in paths if _may_matter(path) and (moment := _moment(path))]
    return max(moments, default=None)


def _moment(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, ValueError, OverflowError):
        return None


def opened(path: Path) -> BinaryIO:
    """A file too long to be held at once, of any size. Raises SourceUnreadable."""
    try:
        return path.open("rb")
    except OSError as error:
        raise SourceUnreadable(
            f"{path.name} : ce fichier ne peut pas être lu ({error.strerror}) ; vérifiez ses droits"
        ) from None


def _is_pattern(part: str) -> bool:
    return bool(set("*?[") & set(part))


def _split(folder: Path, path: Path) -> tuple[Path, str]:
    """The folder before the first part with a star, and the rest."""
    parts = path.parts
    first = next(number for number, part in enumerate(parts) if _is_pattern(part))
    return folder.joinpath(*parts[:first]), "/".join(parts[first:])


def _listed(folder: Path) -> list[Path]:
    try:
        return list(islice(folder.iterdir(), SEEN))
    except OSError as error:
        raise SourceUnreadable(
            f"{folder.name} : ce dossier ne peut pas être lu ({error.strerror}) ; vérifiez ses droits"
        ) from None


def _matching(base: Path, pattern: str) -> list[Path]:
    try:
        return list(islice(base.glob(pattern), SEEN))
    except (ValueError, IndexError, NotImplementedError):
        raise SourceUnreadable(f"{pattern} : ce motif ne se lit pas ; écrivez par exemple « agendas/*.ics »") from None


def _several(paths: Iterable[Path], base: Path, folder: Path, written: str) -> Gathered:
    found = sorted(paths)
    if len(found) > MOST:
        raise SourceUnreadable(f"{written} : plus de {MOST} fichiers ; nommez un dossier qui en a moins")
    documents: list[Document] = []
    problems: list[Problem] = []
    for path in found:
        name = path.relative_to(folder if path.is_relative_to(folder) else base).as_posix()
        try:
            documents.append(_found(path, base, name))
        except SourceUnreadable as error:
            problems.append(Problem(Origin(said(path.name)), None, None, str(error), "error", "source"))
    if not documents and not problems:
        known = " ".join(sorted(READABLE))
        raise SourceUnreadable(f"{written} : aucun tableau ici ; déposez-y un fichier ({known}), ou corrigez « path »")
    return Gathered(tuple(documents), tuple(problems))


def _may_matter(path: Path) -> bool:
    """Whether it is anybody's work: no lock, no hidden or temporary file, no picture, no folder."""
    name = path.name.lower()
    if name.startswith((".", "~$", "#")) or name.endswith(PASSING) or name in SYSTEM:
        return False
    return path.suffix.lower() not in BESIDE and not path.is_dir()


def said(name: str) -> str:
    """A file's name, as it can be written; one that was copied from an old system may hold bytes that are no letter."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _found(path: Path, base: Path, name: str) -> Document:
    if name != said(name):
        raise SourceUnreadable(f"{said(name)} : le nom de ce fichier ne se lit pas ; renommez-le, sans accents")
    if not path.resolve().is_relative_to(base.resolve()):
        raise SourceUnreadable(
            f"{name} : ce lien mène hors du dossier, il n'est pas suivi ; déposez une copie du fichier"
        )
    if path.suffix.lower() not in READABLE:
        raise SourceUnreadable(
            f"{name} : ce fichier n'est pas un tableau ; enregistrez-le en .xlsx, .ods ou .csv, ou sortez-le du dossier"
        )
    return _document(path, name)


def _name(named: Path, path: str, folder: Path) -> str:
    if not named.exists():
        raise SourceUnreadable(
            f"{Path(path).as_posix()} : ce fichier n'existe pas dans {folder} ; "
            f"déposez-le, ou corrigez « path »{_near(named)}"
        )
    return named.name if Path(path).is_absolute() else Path(path).as_posix()


def _document(path: Path, name: str) -> Document:
    if not path.is_file():
        raise SourceUnreadable(f"{name} : ce n'est pas un fichier ordinaire ; déposez-en une copie")
    try:
        if path.stat().st_size > LARGEST:
            raise SourceUnreadable(
                f"{name} : ce fichier dépasse {LARGEST // 2**20} Mo ; copiez le tableau seul dans un autre"
            )
        content = path.read_bytes()
    except OSError as error:
        raise SourceUnreadable(
            f"{name} : ce fichier ne peut pas être lu ({error.strerror}) ; vérifiez ses droits"
        ) from None
    if not content:
        raise SourceUnreadable(f"{name} : ce fichier est vide ; remplissez-le, ou retirez-le des sources")
    return Document(name, content, path.parent)


def _near(path: Path) -> str:
    """Another file of that folder that may be meant."""
    if not path.parent.is_dir():
        return ""
    names = [file.name for file in path.parent.iterdir() if file.stem.casefold() == path.stem.casefold()]
    return f" ; vouliez-vous « {min(names)} » ?" if names else ""
