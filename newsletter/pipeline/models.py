"""Models: the empty workbook of a kind, for whoever has something to announce; made once, in a process of its own.

    model_of   settings and a kind in, where its workbook is out
    main       python -m newsletter.pipeline.models: settings and kind on standard input, the workbook on its output

openpyxl is 15 MB, which the service doesn't hold.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from newsletter.config import Config
from newsletter.errors import StoreError
from newsletter.model import Kind

SECONDS = 60.0


def path_of(kind: Kind) -> str:
    """Where the pages have it."""
    return f"/modeles/{kind}.xlsx"


def model_of(config: Config, kind: Kind) -> Path:
    """The workbook of that kind for this town, under `var/models`. Raises StoreError when it can't be made."""
    given = config.model_dump(mode="json", include={"town": {"name"}, "audiences": True, "folder": True})
    written = json.dumps({"config": given, "kind": kind}, sort_keys=True)
    name = hashlib.sha256(written.encode()).hexdigest()[:16]
    path = config.var / "models" / f"{kind}-{name}.xlsx"
    if not path.exists():
        _keep(path, _made(written))
    return path


def _made(written: str) -> bytes:
    command = [sys.executable, "-m", "newsletter.pipeline.models"]
    try:
        done = subprocess.run(  # noqa: S603  # our own program
            command, input=written.encode(), capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise StoreError("le modèle n’a pas été écrit en une minute ; réessayez plus tard") from None
    if done.returncode:
        raise StoreError("le modèle ne s’écrit pas ; essayez « newsletter model »")
    return done.stdout


def _keep(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        raise StoreError(f"{path} : on ne peut pas y écrire ({error.strerror})") from None


def main() -> None:
    """Writes what standard input asks for."""
    from newsletter.loaders import models

    given = json.load(sys.stdin)
    config = Config.model_validate(given["config"])
    content = models.model(Kind(given["kind"]), town_name=config.town.name, audiences=config.audiences)
    sys.stdout.buffer.write(content)


if __name__ == "__main__":
    main()
