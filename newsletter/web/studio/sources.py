"""The sources: every file that is read, what it gave, what is wrong in it, by cell; and the workbook with it marked."""

import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from fastapi import HTTPException
from fastapi.responses import HTMLResponse, Response

from newsletter import pipeline
from newsletter.errors import FormRefused
from newsletter.model import Catalogue
from newsletter.pipeline.composing import name_of
from newsletter.web.studio import home
from newsletter.web.studio.room import Inside, Room

WORKBOOK = re.compile(r"\.(?:xlsx|xlsm|ods|csv|tsv)$", re.IGNORECASE)  # those a marked copy can be made of
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def show(room: Inside) -> HTMLResponse:
    """What each file gave."""
    catalogue = _catalogue(room)
    problems = home.by_file(catalogue.problems)
    counted = {count.file for count in catalogue.sources}
    words = {
        "month": name_of(home.current(room.desk)),
        "sources": catalogue.sources,
        "files": problems,
        "unread": [name for name in problems if name not in counted],
        "marked": {name for name in problems if WORKBOOK.search(name) and name in counted},
    }
    return room.page("sources.html", words)


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
