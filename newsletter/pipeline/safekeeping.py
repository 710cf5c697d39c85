"""Safekeeping: the whole state in, one file out, while everything goes on; and back, in an empty folder.

The file is a plain tar: what it is and the digest of each part first, then the database, the secret of the links, the
pictures, the last copies of feeds, the settings and the templates. It is full of addresses: only its owner may read it.

A restored copy can't know what happened since it was made. So every unfinished mailing is held, what it can't know is
uncertain, and the steps that were due meanwhile are not done by themselves.
"""

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from newsletter.config import Config
from newsletter.config import load as load_settings
from newsletter.errors import ConfigError, StoreError
from newsletter.model.steps import StepState
from newsletter.pipeline.scheduling import UNSETTLED, due, look
from newsletter.store import Epoch, Store, Worker, copying, ticks
from newsletter.timetable import Name

MANIFEST, DATABASE, FORMAT = "manifest.json", "database", 1
LONGEST = 4_000_000  # bytes of a manifest
TOPS = ("config.toml", "templates", "var/secret", "var/images", "var/feeds")  # whatever else var/ holds is made again


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says it is. `parts`: size and digest by name."""

    made_at: datetime
    database: str
    parts: Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: of when, in which folder; how many mailings are held."""

    made_at: datetime
    folder: Path
    held: int


def backup(config: Config, file: Path, at: datetime) -> int:
    """Writes the whole state there; how many bytes. Others may write meanwhile. Raises ConfigError, StoreError."""
    if file.exists():
        raise ConfigError([f"{file} est déjà là ; donnez un autre nom à cette sauvegarde"])
    draft = file.with_name(f".{file.name}.part")
    with _disk(file), tempfile.TemporaryDirectory(dir=file.parent, prefix=".newsletter-") as folder:
        copied = Path(folder) / DATABASE
        copying.copy(config.store.url, config.folder, copied)
        parts = {DATABASE: copied, **dict(_files(config.folder))}
        try:
            draft.unlink(missing_ok=True)
            with _private(draft) as out:
                _write(out, parts, copying.kind(config.store.url), at)
                out.flush()
                os.fsync(out.fileno())
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
    return file.stat().st_size


def restore(file: Path, settings: Path, at: datetime) -> Restored:
    """Puts a backup back beside `settings`, in an empty folder. Raises ConfigError, StoreError."""
    folder = settings.absolute().parent
    with _disk(file), _opened(file) as archive, tempfile.TemporaryDirectory(prefix="newsletter-") as temporary:
        place = Path(temporary)
        manifest = _manifest(archive, file)
        _unpack(archive, manifest, place, file)
        config = _settings(settings, place)
        if (config.var / "secret").exists() or (config.var / "epoch").exists():
            raise ConfigError([f"{config.var} n’est pas vide ; restaurez dans un dossier vide"])
        if copying.kind(config.store.url) != manifest.database:
            raise StoreError(f"cette sauvegarde est celle d’une base {manifest.database} ; changez store.url")
        folder.mkdir(parents=True, exist_ok=True)
        held = _held(config, place / DATABASE, manifest.made_at, at)
        _put(manifest.parts, place, folder)
        with Store.open(config.store.url, config.folder) as store:
            store.watched(Epoch(config.var / "epoch", Worker.here().boot, None)).adopt(at=at)  # held once is enough
    return Restored(manifest.made_at, folder, held)


def hold_all(config: Config, store: Store, made_at: datetime, at: datetime) -> int:
    """Nothing of a restored copy leaves without a person; how many mailings are held."""
    when = made_at.astimezone(config.town.zone)
    reason = f"copie restaurée, du {when:%d/%m/%Y à %H:%M} : ce qui est parti depuis n’y est pas écrit"
    held = store.ledger.hold_unfinished(reason, at=at, restored=True)
    store.notices.doubt_unfinished(reason, at=at)
    steps, standing = look(config, store, at)
    open_ = {key: replace(note, free_at=None) for key, note in standing.notes.items() if note.state in UNSETTLED}
    unknown = replace(standing, notes={**standing.notes, **open_})
    for one in due(steps, unknown, at):
        state = StepState.HELD if one.step.name is Name.SEND else StepState.SKIPPED
        store.steps.give_up(one.step.edition, one.step.key, state, reason, planned_at=one.step.at, at=at)
    return held


def _held(config: Config, copied: Path, made_at: datetime, at: datetime) -> int:
    """The database back, its mailings held: SQLite's before it is where anything could leave from."""
    if copying.kind(config.store.url) == "sqlite":
        copying.sound(copied)
        aside = config.store.model_copy(update={"url": f"sqlite:///{copied}"})
        with Store.open(aside.url, config.folder) as store:
            hold_all(config, store, made_at, at)
    copying.put_back(config.store.url, config.folder, copied)
    with Store.open(config.store.url, config.folder) as store:
        worker = Worker.here()
        store.watched(Epoch(config.var / "epoch", worker.boot, ticks)).look_back(worker, at=at)  # its epoch begins here
        return hold_all(config, store, made_at, at)


def _private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


@contextmanager
def _disk(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where, why = error.filename or file, error.strerror or error
        raise ConfigError([f"{where} : {why} ; vérifiez la place sur le disque et les droits"]) from None


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """What is kept besides the database, by its place in the folder. Links are not followed."""
    for top in TOPS:
        found = folder / top
        for path in sorted(found.rglob("*")) if found.is_dir() else [found]:
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(folder).as_posix(), path


def _write(out: IO[bytes], parts: Mapping[str, Path], database: str, at: datetime) -> None:
    files = [{"path": name, "size": path.stat().st_size, "sha256": _digest(path)} for name, path in parts.items()]
    said = {"newsletter": FORMAT, "made_at": at.isoformat(), "database": database, "files": files}
    content = json.dumps(said, ensure_ascii=False, indent=1).encode()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(_member(MANIFEST, len(content)), io.BytesIO(content))
        for part in files:
            with parts[str(part["path"])].open("rb") as file:
                archive.addfile(_member(str(part["path"]), int(str(part["size"]))), file)


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file, mode="r:") as archive:
            yield archive
    except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _foreign(file, f"elle ne se lit pas ({type(error).__name__})") from None


def _foreign(file: Path, why: str) -> StoreError:
    return StoreError(f"{file} n’est pas une sauvegarde de ce programme, ou elle est abîmée : {why}")


def _manifest(archive: tarfile.TarFile, file: Path) -> Manifest:
    first = archive.next()
    if first is None or first.name != MANIFEST or not first.isreg() or first.issparse() or first.size > LONGEST:
        raise _foreign(file, "elle ne dit pas ce qu’elle est")
    content = archive.extractfile(first)
    said = json.loads(content.read() if content else b"")
    if said["newsletter"] != FORMAT:
        raise _foreign(file, "elle est d’une autre version")
    parts = {str(part["path"]): (int(part["size"]), str(part["sha256"])) for part in said["files"]}
    stray = [name for name in parts if not _ours(name)]
    if stray or DATABASE not in parts:
        raise _foreign(file, f"elle écrirait ailleurs ({stray[0]!r})" if stray else "elle n’a pas de base")
    return Manifest(datetime.fromisoformat(said["made_at"]).astimezone(UTC), str(said["database"]), parts)


def _ours(name: str) -> bool:
    """Whether a part is one that a backup holds, under a name that leads nowhere else."""
    path = PurePosixPath(name)
    plain = path.as_posix() == name and name.isprintable() and not {"..", "."} & set(path.parts) and "\\" not in name
    return plain and (name == DATABASE or any(path.is_relative_to(top) for top in TOPS))


def _unpack(archive: tarfile.TarFile, manifest: Manifest, place: Path, file: Path) -> None:
    """Each part that was announced, of the size and the digest that were; nothing else."""
    if sum(size for size, _ in manifest.parts.values()) > shutil.disk_usage(place).free:
        raise ConfigError([f"{place} : pas assez de place sur le disque pour restaurer {file}"])
    missing = dict(manifest.parts)
    while member := archive.next():
        size, digest = missing.pop(member.name, (-1, ""))
        if not member.isreg() or member.issparse() or member.size != size:
            raise _foreign(file, f"{member.name!r} n’y était pas annoncé ainsi")
        target, content = place / member.name, archive.extractfile(member)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _private(target) as out:
            shutil.copyfileobj(content or io.BytesIO(), out)
        if _digest(target) != digest:
            raise _foreign(file, f"{member.name!r} a changé")
    if missing:
        raise _foreign(file, f"il y manque {min(missing)!r}")


def _settings(settings: Path, place: Path) -> Config:
    """Those that are there, else those of the backup."""
    if settings.exists():
        return load_settings(settings)
    if not (place / "config.toml").exists():
        raise ConfigError([f"{settings} : ce fichier n’existe pas, et la sauvegarde n’en a pas ; écrivez-le d’abord"])
    return load_settings(place / "config.toml").model_copy(update={"folder": settings.absolute().parent})


def _put(parts: Iterable[str], place: Path, folder: Path) -> None:
    """What is there already stays."""
    for name in parts:
        target = folder / name
        if name != DATABASE and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(place / name, target)
            target.chmod(0o600 if name.startswith("var/secret") else 0o644)
