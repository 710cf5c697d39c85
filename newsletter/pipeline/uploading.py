"""Uploading: a file somebody drops in the studio, kept aside; what it would change; then it counts, or it goes.

    places   which files may be dropped anew, and which folders take more
    take     what was dropped → kept under var/uploads, if it can be read (apart)
    weigh    what it would change of the month, and in which cells
    forget   it doesn't count

A name somebody's file has is never a path: it says what the file is, and is made over for a new one. Never here: a
replaced file (replacing).
"""

import hashlib
import json
import math
import os
import re
import secrets
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from typing import BinaryIO

from newsletter import fetch
from newsletter.config import Config, Source
from newsletter.errors import ConfigError, FormRefused, NewsletterError
from newsletter.fetch import Place
from newsletter.model import Catalogue, Problem
from newsletter.model.studio import Act, Change, Person
from newsletter.pipeline.arranging import allow
from newsletter.pipeline.changing import would_change
from newsletter.pipeline.composing import Plan
from newsletter.pipeline.reading import FAMILY, Instead
from newsletter.store import Store

LARGEST = 20 * 2**20  # bytes of a file
READABLE = fetch.READABLE
PIECE = 2**20
KEPT = timedelta(days=1)
MOST = 40  # kept aside at once
TOKEN = re.compile(r"[0-9a-f]{32}")
LONGEST = 60  # characters of a new file's name
HUGE = f"ce fichier dépasse {LARGEST // 2**20} Mo : copiez le tableau seul dans un classeur neuf, et déposez celui-là"


@dataclass(frozen=True, slots=True)
class Drop:
    """What somebody drops: for the file of that name, or into that folder; what theirs is called, its bytes."""

    where: str
    into: bool
    called: str
    file: BinaryIO


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file kept aside. `name`: of the document it is to be. `new`: there is none yet, in the folder of `source`."""

    token: str
    name: str
    new: bool
    source: str
    by: str
    at: str
    digest: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a file would change: items of the month, problems it brings, problems it mends."""

    changes: Sequence[Change]
    brought: Sequence[Problem]
    mended: Sequence[Problem]


Look = Callable[[Instead], Catalogue]


def places(config: Config) -> Mapping[str, Place]:
    """Every file of a source on this machine, there or missing, by its name; of two with one name, neither."""
    found: dict[str, dict[Path, Place]] = {}
    for source in config.sources:
        for one in fetch.places_of(source, config.folder):
            found.setdefault(one.name, {})[one.path.absolute()] = one
    return {name: next(iter(those.values())) for name, those in found.items() if len(those) == 1}


def folders(config: Config) -> list[str]:
    """The folders that take more files, as config.toml names them."""
    return [source.path for source in config.sources if fetch.room_for(source, config.folder, "x.csv")]


def take(config: Config, drop: Drop, by: Person, at: datetime, look: Look) -> Dropped:
    """Keeps it aside, if it can be read: `look` reads the sources with it.

    Raises FormRefused, SourceUnreadable, Unfinished: then nothing of it is kept; ConfigError, NotAllowed.
    """
    allow(by, Act.UPLOAD)
    place, source = _wanted(config, drop)
    _suits(drop.called, place)
    folder = _swept(config, at)
    token = secrets.token_hex(16)
    dropped = Dropped(token, place.name, drop.into, source, by.name, at.isoformat(), "")
    try:
        digest = _keep(folder / token, drop.file, at)
        dropped = replace(dropped, digest=digest)
        _written(folder / f"{token}.json", json.dumps(asdict(dropped)).encode(), at)
        _found_in(look(Instead(place, folder / token)), place)
    except NewsletterError:
        forget(config, dropped, by)
        raise
    except OSError as error:
        forget(config, dropped, by)
        raise ConfigError([cannot_write(folder, error)]) from None
    return dropped


def found(config: Config, token: str) -> Dropped | None:
    """What was kept aside under that token."""
    if not TOKEN.fullmatch(token):
        return None
    try:
        said = json.loads((aside(config) / f"{token}.json").read_text("utf-8"))
        one = Dropped(**said)
    except (OSError, ValueError, TypeError):
        return None
    return one if (aside(config) / token).is_file() else None


def instead_of(config: Config, dropped: Dropped) -> Instead:
    """Where it would be. Raises FormRefused when there is no such place any more."""
    place = place_of(config, dropped)
    return Instead(place, aside(config) / dropped.token)


def place_of(config: Config, dropped: Dropped) -> Place:
    """The same, as a place. Raises FormRefused."""
    if not dropped.new:
        return _place(config, dropped.name)
    _, place = _room(config, dropped.source, PurePath(dropped.name).name)
    return place


def weigh(config: Config, store: Store, plan: Plan, before: Catalogue, after: Catalogue) -> Weighed:
    """What would become of the month. Problems are told apart by their cells, wherever their rows have moved."""
    then, now = (Counter(map(_cell, one.problems)) for one in (before, after))
    return Weighed(
        would_change(config, store, plan, before, after),
        _more(after.problems, now - then),
        _more(before.problems, then - now),
    )


def forget(config: Config, dropped: Dropped, by: Person) -> None:
    """Nothing of it is kept."""
    allow(by, Act.UPLOAD)
    for name in (f"{dropped.token}.json", dropped.token):
        with suppress(FileNotFoundError):
            (aside(config) / name).unlink()


def aside(config: Config) -> Path:
    """Where it is kept meanwhile."""
    return config.var / "uploads"


def cannot_write(folder: Path, error: OSError) -> str:
    """The sentence for who can mend it."""
    return (
        f"le service ne peut pas écrire dans {folder} ({error.strerror}) : donnez ce dossier au compte du service, et "
        "s’il est hors du sien ajoutez ReadWritePaths= à son unité (docs/service.md) ; rien n’est changé"
    )


def digest_of(place: Place) -> str:
    """Of the file that is there; "" when there is none."""
    try:
        with place.path.open("rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    except OSError:
        return ""


def _found_in(catalogue: Catalogue, place: Place) -> None:
    """Raises FormRefused when no table was found in it: it would take away all that the one before gave."""
    if any(one.file == place.name for one in catalogue.sources):
        return
    said = next((problem for problem in catalogue.problems if problem.origin.file == place.name), None)
    raise FormRefused([str(said) if said else f"{place.name} : aucun tableau ne s’y lit"])


def _wanted(config: Config, drop: Drop) -> tuple[Place, str]:
    if not drop.into:
        return _place(config, drop.where), ""
    source, place = _room(config, drop.where, _made_over(drop.called))
    if place.path.exists():
        raise FormRefused([f"{place.name} est déjà là : déposez-en une nouvelle version, ou renommez le vôtre"])
    return place, source.path


def _place(config: Config, name: str) -> Place:
    place = places(config).get(name)
    if place is None:
        raise FormRefused(["ce fichier n’est pas une source : rechargez la page"])
    if not place.ours:
        raise FormRefused([f"{name} est un lien vers un autre endroit : remplacez le fichier là où il est"])
    return place


def _room(config: Config, path: str, name: str) -> tuple[Source, Place]:
    for source in config.sources:
        if source.path == path and (place := fetch.room_for(source, config.folder, name)) and place.ours:
            return source, place
    raise FormRefused(["ce dossier n’est pas une source : rechargez la page"])


def _suits(called: str, place: Place) -> None:
    """By what their file is called: its bytes are looked at apart."""
    theirs, ours = PurePath(called).suffix.lower(), place.path.suffix.lower()
    if FAMILY.get(theirs, theirs) != FAMILY.get(ours, ours):
        said = (
            f"le vôtre est un {theirs}"
            if re.fullmatch(r"\.\w{1,5}", theirs)
            else "le nom du vôtre ne dit pas ce que c’est"
        )
        raise FormRefused([f"{place.name} est un fichier {ours}, et {said} : enregistrez-le au format {ours}"])


def _made_over(called: str) -> str:
    """A name of ours: small letters, digits and dashes, and a suffix that is read."""
    path = PurePath(called.replace("\\", "/").replace("\x00", ""))
    suffix = path.suffix.lower()
    if suffix not in READABLE:
        raise FormRefused([f"ce fichier n’est pas un tableau : enregistrez-le en {', '.join(sorted(READABLE))}"])
    plain = unicodedata.normalize("NFKD", path.stem).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST].strip("-")
    return f"{stem or 'annonces'}{suffix}"


def _keep(path: Path, file: BinaryIO, at: datetime) -> str:
    """Its bytes, as far as they may be kept; what they are hashed to."""
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as held:
        while piece := file.read(PIECE):
            size += len(piece)
            if size > LARGEST:
                raise FormRefused([HUGE])
            digest.update(piece)
            held.write(piece)
    os.utime(path, (at.timestamp(), at.timestamp()))
    if not size:
        raise FormRefused(["ce fichier est vide : enregistrez-le dans votre tableur, puis déposez-le à nouveau"])
    return f"sha256:{digest.hexdigest()}"


def _written(path: Path, content: bytes, at: datetime) -> None:
    path.touch(0o600)
    path.write_bytes(content)
    os.utime(path, (at.timestamp(), at.timestamp()))


def _swept(config: Config, at: datetime) -> Path:
    """The folder, without what has waited for a day."""
    folder = aside(config)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = list(folder.iterdir())
        old = [one for one in held if _since(one) < (at - KEPT).timestamp()]
        for one in old:
            one.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError([cannot_write(folder, error)]) from None
    if len(held) - len(old) >= 2 * MOST:
        raise FormRefused(["trop de fichiers attendent une réponse : remplacez ou laissez ceux qui sont déposés"])
    return folder


def _since(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # somebody has answered just now
        return math.inf


def _cell(problem: Problem) -> tuple[object, ...]:
    origin = problem.origin
    return origin.file, origin.sheet, problem.column, problem.found, problem.wanted, problem.severity


def _more(problems: Sequence[Problem], some: Counter[tuple[object, ...]]) -> list[Problem]:
    """Those of the problems that are counted, errors first."""
    left, chosen = Counter(some), []
    for problem in problems:
        if left[_cell(problem)] > 0:
            left[_cell(problem)] -= 1
            chosen.append(problem)
    return sorted(chosen, key=lambda one: one.severity != "error")
