"""Models: the empty workbook of a kind, for whoever has something to announce; made once, in a process of its own.

openpyxl is 15 MB, which the service doesn't hold.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from newsletter.apart import Apart, Task
from newsletter.config import Audience, Config
from newsletter.errors import StoreError
from newsletter.model import Kind


def path_of(kind: Kind) -> str:
    """Where the pages have it."""
    return f"/modeles/{kind}.xlsx"


def model_of(config: Config, kind: Kind) -> Path:
    """The workbook of that kind for this town, under `var/models`. Raises Unfinished, StoreError."""
    given = config.model_dump(mode="json", include={"town": {"name"}, "audiences": True, "folder": True})
    written = json.dumps({"config": given, "kind": kind}, sort_keys=True)
    name = hashlib.sha256(written.encode()).hexdigest()[:16]
    path = config.var / "models" / f"{kind}-{name}.xlsx"
    if not path.exists():
        _keep(path, _made(config, kind))
    return path


def _made(config: Config, kind: Kind) -> bytes:
    with Apart() as apart:
        return apart.do(Task("l’écriture du modèle", _model, (kind, config.town.name, config.audiences)))


def _model(kind: Kind, town: str, audiences: Mapping[str, Audience]) -> bytes:
    from newsletter.loaders import models

    return models.model(kind, town_name=town, audiences=audiences)


def _keep(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        raise StoreError(f"{path} : on ne peut pas y écrire ({error.strerror})") from None
