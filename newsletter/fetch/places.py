"""Places: where a source's files are on this machine, by the names their documents have. Nothing of them is read."""

from dataclasses import dataclass
from pathlib import Path

from newsletter.errors import SourceUnreadable
from newsletter.fetch.files import READABLE, found_by, said


@dataclass(frozen=True, slots=True)
class Place:
    """A file that is read, or may be. `name`: its document's. `base`: the folder it may not lead out of."""

    name: str
    path: Path
    base: Path

    @property
    def ours(self) -> bool:
        """Whether it is a file of that folder, or none yet, and no link to another's."""
        if self.path.is_symlink() or (self.path.exists() and not self.path.is_file()):
            return False
        return self.path.parent.resolve().is_relative_to(self.base.resolve())


def of(path: str, folder: Path) -> list[Place]:
    """The files a path names; one that is named may not be there."""
    try:
        several = found_by(path, folder)
    except SourceUnreadable:
        return []
    if several is None:
        named = folder / path
        return [Place(named.name if Path(path).is_absolute() else Path(path).as_posix(), named, named.parent)]
    base, paths = several
    start = folder if base.is_relative_to(folder) else base
    return [
        Place(one.relative_to(start).as_posix(), one, base)
        for one in sorted(paths)
        if one.suffix.lower() in READABLE and one.is_relative_to(start) and str(one) == said(str(one))
    ]


def within(path: str, folder: Path, name: str) -> Place | None:
    """Where a new file of that name would be in the folder a path names; None: it names no folder."""
    base = folder / path
    if not base.is_dir():
        return None
    start = folder if base.is_relative_to(folder) else base
    return Place((base / name).relative_to(start).as_posix(), base / name, base)
