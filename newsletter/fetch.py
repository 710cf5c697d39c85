"""A source's stanza → the bytes of its files. The only room that goes and gets; it reads nothing of what it brings.

For now files of this machine. One that isn't there, is empty, or is no file is a SourceUnreadable that says what to do.
"""

from pathlib import Path

from newsletter.config import Source
from newsletter.errors import SourceUnreadable
from newsletter.model import Document

LARGEST = 100 * 2**20


def gather(source: Source, folder: Path) -> list[Document]:
    """The files of a source, whose relative path starts at `folder`."""
    path = folder / source.path
    name = path.name if Path(source.path).is_absolute() else Path(source.path).as_posix()
    if path.is_dir():
        raise SourceUnreadable(f"{name} : c'est un dossier ; nommez dans config.toml le fichier à lire")
    if not path.exists():
        raise SourceUnreadable(
            f"{name} : ce fichier n'existe pas dans {folder} ; déposez-le, ou corrigez « path »{_near(path)}"
        )
    if not path.is_file():
        raise SourceUnreadable(f"{name} : ce n'est pas un fichier ordinaire ; déposez-en une copie")
    return [Document(name, _read(path, name), path.parent)]


def _read(path: Path, name: str) -> bytes:
    if path.stat().st_size > LARGEST:
        raise SourceUnreadable(
            f"{name} : ce fichier dépasse {LARGEST // 2**20} Mo ; copiez le tableau seul dans un autre"
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceUnreadable(
            f"{name} : ce fichier ne peut pas être lu ({error.strerror}) ; vérifiez ses droits"
        ) from None
    if not content:
        raise SourceUnreadable(f"{name} : ce fichier est vide ; remplissez-le, ou retirez-le des sources")
    return content


def _near(path: Path) -> str:
    """Another file of that folder that may be meant."""
    if not path.parent.is_dir():
        return ""
    names = [file.name for file in path.parent.iterdir() if file.stem.casefold() == path.stem.casefold()]
    return f" ; vouliez-vous « {min(names)} » ?" if names else ""
