"""Init: what the package carries in, a working folder out."""

import shutil
from pathlib import Path

from newsletter.config import carried
from newsletter.errors import ConfigError


def init(folder: Path) -> None:
    """Writes config.toml, templates/ and data/ there. Raises ConfigError when one of them is there already."""
    names = ("config.toml", "templates", "data")
    there = [name for name in names if (folder / name).exists()]
    if there:
        raise ConfigError([f"{folder} contient déjà {', '.join(there)} ; choisissez un dossier vide"])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            source = carried(name)
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, folder / name)
    except OSError as error:
        raise ConfigError([f"{folder} : on ne peut pas y écrire ({error.strerror})"]) from None
