"""A source's stanza → the bytes of its files. The only room that goes and gets; it reads nothing of what it brings.

For now files of this machine. One that isn't there, is empty, or is no file is a SourceUnreadable that says what to do.
"""

import stat
from pathlib import Path

from newsletter.config import Source
from newsletter.errors import SourceUnreadable
from newsletter.model import Document

LARGEST = 100 * 2**20


def gather(source: Source, folder: Path) -> list[Document]:
    """The files of a source, whose relative path starts at `folder`."""
    path = folder / source.path
    name = path.name if Path(source.path).is_absolute() else Path(source.path).as_posix()
    try:
        return [Document(name, _read(path), path.parent)]
    except FileNotFoundError:
        advice = f"déposez-le, ou corrigez « path »{_near(path)}"
        raise SourceUnreadable(f"{name} : ce fichier n'existe pas dans {path.parent} ; {advice}") from None
    except OSError as error:
        why = f"ne peut pas être lu ({error.strerror})"
        raise SourceUnreadable(f"{name} : ce fichier {why} ; déposez-le à nouveau, ou corrigez « path »") from None
    except ValueError as error:
        raise SourceUnreadable(f"{name} : {error}") from None


def _read(path: Path) -> bytes:
    """A file's bytes. Raises ValueError in French for what is none, or is not to be read."""
    kind = path.stat()
    if stat.S_ISDIR(kind.st_mode):
        raise ValueError("c'est un dossier ; nommez dans config.toml le fichier à lire")
    if not stat.S_ISREG(kind.st_mode):
        raise ValueError("ce n'est pas un fichier ordinaire ; déposez-en une copie")
    if kind.st_size > LARGEST:
        raise ValueError(f"ce fichier dépasse {LARGEST // 2**20} Mo ; copiez le tableau seul dans un autre")
    if content := path.read_bytes():
        return content
    raise ValueError("ce fichier est vide ; remplissez-le, ou retirez-le des sources")


def _near(path: Path) -> str:
    """Another file of that folder that may be meant."""
    if not path.parent.is_dir():
        return ""
    names = [file.name for file in path.parent.iterdir() if file.stem.casefold() == path.stem.casefold()]
    others = [name for name in names if name != path.name]
    return f" ; vouliez-vous « {min(others)} » ?" if others else ""
