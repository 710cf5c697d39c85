"""Replacing: a file kept aside counts from now on, whole or not at all; the version before is kept, and comes back.

    replace_file   what was dropped is the file now, unless the file is another than the one it was compared with
    put_back       the version before is the file again; what it replaces is kept in its turn
    former         the version before of each file

Under var/previous, a folder a file: its bytes, and who replaced them when. The file is written beside itself and takes
its place in one step (os.replace). Never here: what is in it.
"""

import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

from newsletter.config import Config
from newsletter.errors import ConfigError, FormRefused
from newsletter.fetch import Place
from newsletter.model.studio import Act, Deed, Person
from newsletter.pipeline.arranging import allow
from newsletter.pipeline.uploading import Dropped, aside, cannot_write, forget, place_of, places
from newsletter.store import Store

MOST = 20  # versions of a file that are kept
TURN = Lock()  # of two people at once, the second is told


@dataclass(frozen=True, slots=True)
class Former:
    """A version that was replaced: `number` of its kind, by whom, when. `digest`: "" when there was no file."""

    name: str
    number: int
    by: str
    at: str
    digest: str

    @property
    def replaced_at(self) -> datetime:
        """When it was."""
        return datetime.fromisoformat(self.at)


def replace_file(config: Config, store: Store, dropped: Dropped, by: Person, at: datetime, *, seen: str) -> bool:
    """It is the file from now on. False: the file isn't the one whose digest was seen, and nothing is done.

    Raises FormRefused, ConfigError, NotAllowed.
    """
    allow(by, Act.UPLOAD)
    place = place_of(config, dropped)
    content = _held_bytes(aside(config) / dropped.token)
    deed = Deed(at, by.name, by.role, "upload", None, dropped.digest)
    done = _change(config, store, place, content, deed, seen=seen)
    if done:
        forget(config, dropped, by)
    return done


def put_back(config: Config, store: Store, name: str, by: Person, at: datetime, *, seen: str) -> bool:
    """The version before counts again. False: the file isn't the one whose digest was seen, and nothing is done.

    Raises FormRefused when there is none, ConfigError, NotAllowed.
    """
    allow(by, Act.UPLOAD)
    place, before = places(config).get(name), former(config).get(name)
    gone = before is not None and not before.digest and not seen  # it was added, and somebody has taken it away
    if place is None or before is None or gone or not place.ours:
        raise FormRefused(["il n’y a pas de version précédente de ce fichier : rechargez la page"])
    held = _held(config, name) / f"{before.number}"
    content = _held_bytes(held) if before.digest else None
    done = _change(
        config, store, place, content, Deed(at, by.name, by.role, "put back", None, before.digest or None), seen=seen
    )
    if done:
        _drop(held)
    return done


def former(config: Config) -> Mapping[str, Former]:
    """The newest version that was replaced of each file, by its name."""
    newest: dict[str, Former] = {}
    for folder in sorted((config.var / "previous").glob("*/")):
        for one in _formers(folder)[-1:]:
            newest[one.name] = one
    return newest


def _change(config: Config, store: Store, place: Place, content: bytes | None, deed: Deed, *, seen: str) -> bool:
    """The file, or none where `content` is None; written down just before it is done."""
    with TURN, _told(place.path.parent):
        if not place.ours:
            raise FormRefused([f"{place.name} est un lien vers un autre endroit : remplacez le fichier là où il est"])
        there = place.path.read_bytes() if place.path.exists() else None
        before = _digest(there)
        if before != seen:
            return False
        draft = None if content is None else _draft(place, content)
        try:
            _keep(config, place, there, deed)
            detail = f"{place.name}, avant : {before or 'aucun'}"
            store.audit.write(Deed(deed.at, deed.by, deed.role, deed.act, deed.month, deed.digest, detail))
            _put(place, draft)
        finally:
            if draft is not None:
                draft.unlink(missing_ok=True)
    return True


def _held_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise FormRefused(["quelqu’un a répondu avant vous : rechargez la page des fichiers"]) from None


def _draft(place: Place, content: bytes) -> Path:
    """The bytes beside the file, on disk, with its rights; a name no reader looks at."""
    path = place.path.with_name(f".{secrets.token_hex(8)}.part")
    rights = stat.S_IMODE(place.path.stat().st_mode) if place.path.exists() else 0o640
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), rights)
        file.flush()
        os.fsync(file.fileno())
    return path


def _put(place: Place, draft: Path | None) -> None:
    if draft is None:
        place.path.unlink()
    elif place.path.exists():
        draft.replace(place.path)
    else:
        os.link(draft, place.path)  # unlike a rename, this overwrites nobody's
    folder = os.open(place.path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _keep(config: Config, place: Place, content: bytes | None, deed: Deed) -> None:
    folder = _held(config, place.name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = _formers(folder)
    number = max((one.number for one in kept), default=0) + 1
    said = Former(place.name, number, deed.by, deed.at.isoformat(), _digest(content))
    for path, written in ((folder / f"{number}", content or b""), (folder / f"{number}.json", _json(said))):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
    for old in kept[: max(0, len(kept) + 1 - MOST)]:
        _drop(folder / f"{old.number}")


def _drop(held: Path) -> None:
    for path in (held.with_name(f"{held.name}.json"), held):
        with suppress(FileNotFoundError):
            path.unlink()


def _formers(folder: Path) -> list[Former]:
    """Those of one file, the oldest first."""
    found = []
    for path in folder.glob("*.json"):
        with suppress(OSError, ValueError, TypeError):
            found.append(Former(**json.loads(path.read_text("utf-8"))))
    return sorted(found, key=lambda one: one.number)


def _held(config: Config, name: str) -> Path:
    return config.var / "previous" / hashlib.sha256(name.encode()).hexdigest()[:24]


def _json(said: Former) -> bytes:
    return json.dumps(asdict(said)).encode()


def _digest(content: bytes | None) -> str:
    return "" if content is None else f"sha256:{hashlib.sha256(content).hexdigest()}"


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise FormRefused(["un fichier de ce nom est arrivé entre-temps : rechargez la page"]) from None
    except OSError as error:
        raise ConfigError([cannot_write(folder, error)]) from None
