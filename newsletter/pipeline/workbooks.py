"""Workbooks for staff: their own given back with each mend written in its cell, and empty ones to start from."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from newsletter import fetch
from newsletter.config import Config
from newsletter.errors import ConfigError, SourceUnreadable
from newsletter.loaders import giveback
from newsletter.model import Catalogue, Document, Kind
from newsletter.pipeline.reading import terms


def annotate(config: Config, catalogue: Catalogue, folder: Path, at: datetime) -> list[str]:
    """Writes a copy of each table that has problems, never over the original; a French line for each."""
    said = []
    taken: set[str] = set()
    for document in _documents(config, at):
        if not giveback.takes(document) or not any(p.origin.file == document.name for p in catalogue.problems):
            continue
        try:
            name, content = giveback.annotate(document, catalogue.problems)
        except SourceUnreadable as error:
            said.append(str(error))
            continue
        path = folder / _free(name, Path(document.name).suffix, taken)
        _write(path, content, document)
        said.append(f"{document.name} : les cellules à corriger sont marquées dans {path}")
    return said


def _documents(config: Config, at: datetime) -> Iterator[Document]:
    fetching = terms(config, at, offline=True)
    seen: set[str] = set()
    for source in config.sources:
        try:
            documents: Iterable[Document] = fetch.gather(source, config.folder, fetching=fetching).documents
        except SourceUnreadable:  # it is a problem of the catalogue already, and there is nothing to mark
            continue
        for document in documents:  # a feed is mended where it is published
            if document.name not in seen and not document.suffix:
                seen.add(document.name)
                yield document


def _free(name: str, suffix: str, taken: set[str]) -> str:
    """The copy's name; `agenda (csv).xlsx` where another source has given `agenda.xlsx`."""
    if name in taken:
        name = f"{Path(name).stem} ({suffix.lstrip('.')}){Path(name).suffix}"
    taken.add(name)
    return name


def _write(path: Path, content: bytes, document: Document) -> None:
    original = document.folder / Path(document.name).name if document.folder else None
    if original and path.resolve() == original.resolve():
        raise ConfigError([f"{path} est le fichier d'origine : choisissez un autre dossier pour les copies"])
    _keep(path, content)


def _keep(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise ConfigError([f"{path} : on ne peut pas y écrire ({error.strerror})"]) from None


def write_model(config: Config, kind: str, path: Path) -> None:
    """Writes an empty workbook of that kind. Raises ConfigError for an unknown kind, or a file that is there."""
    if kind not in list(Kind):
        raise ConfigError([f"« {kind} » n'est pas connu ; au choix : {', '.join(Kind)}"])
    if path.suffix.lower() != ".xlsx":
        raise ConfigError([f"{path} : un modèle est un classeur ; nommez-le par exemple « {path.stem}.xlsx »"])
    if path.exists():
        raise ConfigError([f"{path} existe déjà : choisissez un autre nom, rien n'est écrasé"])
    from newsletter.loaders import models  # openpyxl is 15 MB, which the service doesn't hold

    _keep(path, models.model(Kind(kind), town_name=config.town.name, audiences=config.audiences))
