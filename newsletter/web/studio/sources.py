"""The sources: every file that is read, what it gave, what is wrong in it, by cell; and the workbook with it marked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from newsletter import pipeline
from newsletter.errors import FormRefused
from newsletter.model import Catalogue, Problem, SourceCount
from newsletter.pipeline import replacing, uploading
from newsletter.pipeline.composing import name_of
from newsletter.pipeline.replacing import Former
from newsletter.web.studio import home
from newsletter.web.studio.room import Inside, Room

WORKBOOK = re.compile(r"\.(?:xlsx|xlsm|ods|csv|tsv)$", re.IGNORECASE)  # those a marked copy can be made of
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DONE = {
    "remplace": "Le fichier est remplacé. Relisez les fichiers depuis la page des lettres pour le prendre.",
    "laisse": "Le fichier déposé est effacé : tout reste comme avant.",
    "revenu": "La version précédente est revenue. Relisez les fichiers depuis la page des lettres pour la prendre.",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a file, or what there is to say of the file as a whole."""

    count: SourceCount | None
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class File:
    """One file. `takes`: the suffix of what may be dropped for it; `seen`: its digest, where it may come back."""

    name: str
    sheets: Sequence[Sheet]
    marked: bool
    takes: str
    former: Former | None
    seen: str


def show(request: Request, room: Inside) -> HTMLResponse:
    """What each file gave, and a way to drop another."""
    config, catalogue = room.desk.config, _catalogue(room)
    words = {
        "month": name_of(home.current(room.desk)),
        "files": _files(room, catalogue),
        "folders": uploading.folders(config),
        "readable": ",".join(sorted(uploading.READABLE)),
        "most": uploading.LARGEST // 2**20,
        "done": DONE.get(request.query_params.get("fait", "")),
    }
    return room.page("sources.html", words)


def _files(room: Room, catalogue: Catalogue) -> list[File]:
    """Those that were read in their order, then those that can't be."""
    config, problems = room.desk.config, home.by_file(catalogue.problems)
    places, formers = uploading.places(config), replacing.former(config)
    read = dict.fromkeys(count.file for count in catalogue.sources)
    return [
        File(
            name,
            _sheets(name, catalogue, problems.get(name, [])),
            name in read and bool(problems.get(name)) and bool(WORKBOOK.search(name)),
            places[name].path.suffix.lower() if name in places else "",
            formers.get(name) if name in places else None,
            uploading.digest_of(places[name]) if name in places and name in formers else "",
        )
        for name in dict.fromkeys([*read, *problems, *places])
    ]


def _sheets(name: str, catalogue: Catalogue, problems: Sequence[Problem]) -> list[Sheet]:
    counts = [count for count in catalogue.sources if count.file == name]
    sheets = [Sheet(one, [p for p in problems if p.origin.sheet == one.sheet]) for one in counts]
    others = [p for p in problems if p.origin.sheet not in {one.sheet for one in counts}]
    return [*([Sheet(None, others)] if others else []), *sheets]


def _catalogue(room: Room) -> Catalogue:
    return room.desk.office.shelf.catalogue(home.current(room.desk), room.desk.at)


def marked(room: Inside) -> Response:
    """A copy of a workbook, each cell to mend marked. The file itself stays as it is."""
    catalogue, name = _catalogue(room), room.said("fichier")
    own = tuple(problem for problem in catalogue.problems if problem.origin.file == name)
    if not own:
        raise HTTPException(404)
    with TemporaryDirectory(prefix="studio-") as folder:
        pipeline.annotate(room.desk.config, replace(catalogue, problems=own), Path(folder), room.desk.at)
        made = next(Path(folder).iterdir(), None)
        if made is None:
            raise FormRefused([f"de {name}, aucune copie ne peut être marquée : corrigez d’après la liste"])
        called = f"attachment; filename*=UTF-8''{quote(made.name)}"
        return Response(made.read_bytes(), media_type=KIND, headers={"Content-Disposition": called})
