"""The last good bytes of each feed, under `var/feeds/`: what is read when the feed is down.

Two files a feed, named by a hash of its address as config.toml has it: the bytes, and a JSON that says when they came.
Neither holds the address, which may hold a key.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile


@dataclass(frozen=True, slots=True)
class Copy:
    """A feed's bytes as last seen good. `validators`: what the server wants back to say that nothing changed."""

    content: bytes
    at: datetime
    suffix: str
    validators: Mapping[str, str]


class Copies:
    """The copy of one feed."""

    def __init__(self, folder: Path, address: str) -> None:
        name = hashlib.sha256(address.encode()).hexdigest()[:32]
        self.folder, self.words, self.bytes = folder, folder / f"{name}.json", folder / f"{name}.copy"

    def last(self) -> Copy | None:
        """The copy, or None: none yet, or one that is of no use any more."""
        try:
            said = json.loads(self.words.read_text("utf-8"))
            content = self.bytes.read_bytes()
            # Bytes of another moment than their words (a crash between the two): good, but not to be compared.
            validators = said["validators"] if said["sha256"] == _digest(content) else {}
            return Copy(content, datetime.fromisoformat(said["at"]), str(said["suffix"]), dict(validators))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, copy: Copy) -> None:
        """Replaces the copy, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        said = {
            "at": copy.at.isoformat(),
            "suffix": copy.suffix,
            "sha256": _digest(copy.content),
            "validators": dict(copy.validators),
        }
        _write(self.bytes, copy.content)
        _write(self.words, json.dumps(said, indent=1).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(path: Path, content: bytes) -> None:
    with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
