"""The image column: a file name becomes the picture it names, looked for in the file's folder and in its images/."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from newsletter import images
from newsletter.loaders.cells import Place
from newsletter.model import Image, Problem

SUBFOLDER = "images"


class Album:
    """The pictures a file names, each opened once: it takes longer than reading a hundred rows that name it."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._known: dict[str, Image | str] = {}

    def find(self, written: str) -> Image | str:
        """The picture of that name, undescribed, or what is wrong with it."""
        if written not in self._known:
            self._known[written] = find(written, self.folder)
        return self._known[written]


def attach(
    values: dict[str, list[object]], numbers: Sequence[int], place: Place, album: Album, problems: list[Problem]
) -> None:
    """Replaces each name in the image column by its picture, or by None and a warning."""
    alts = values.get("image_alt") or [None] * len(numbers)
    for index, (number, written, alt) in enumerate(zip(numbers, values["image"], alts, strict=True)):
        if written is None:
            continue
        found = album.find(str(written))
        if isinstance(found, Image):
            values["image"][index] = replace(found, alt=alt if isinstance(alt, str) else "")
        else:
            values["image"][index] = None
            problems.append(place.warn(number, str(written), found, "image"))


def find(written: str, folder: Path | None) -> Image | str:
    """The picture of that name, undescribed, or what is wrong with it."""
    if "://" in written or written.startswith(("www.", "data:")):
        return "c'est une adresse : déposez le fichier dans le dossier du tableau, et tapez son nom"
    if folder is None:
        return "aucun dossier où chercher cette image : déposez-la dans le dossier du tableau"
    name = Path(written.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or "\x00" in written:
        return "tapez le seul nom du fichier, déposé dans le dossier du tableau (pas de chemin)"
    for place in (folder / name, folder / SUBFOLDER / name):
        try:
            if not place.is_file():
                continue
        except OSError:  # a name longer than any file's
            continue
        if not place.resolve().is_relative_to(folder.resolve()):
            return "ce fichier mène hors du dossier : déposez l'image elle-même dans le dossier du tableau"
        return images.look(place, "")
    return f"aucune image de ce nom dans le dossier du tableau ni dans son dossier « {SUBFOLDER} »"
