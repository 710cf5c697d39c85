"""The workbook given back: a copy of what staff sent, each cell at fault coloured, with a comment that says the mend.

Enters: a document that `read` has read, and its problems. Leaves: a name and the bytes of an .xlsx; the original stays
as it is, nothing is written. The copy is made in a process of its own, with limits: workbooks come from strangers.

    copying   the steps of the copy, made in `children`     opening   a file of any suffix → a workbook
    kept      what openpyxl would lose, and doesn't         places    which cell a problem is about
    marks     colours and comments                          summary   the first sheet, which lists them
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict

from newsletter.errors import SourceUnreadable
from newsletter.loaders import content, sandbox
from newsletter.model import Document, Problem

__all__ = ["annotate", "takes"]

MOST = 5_000
LISTED = "ses problèmes sont dans la liste de « newsletter check »"
REFUSED = {
    "large": f"ce fichier est trop gros pour une copie annotée : {LISTED}",
    "slow": f"une copie annotée de ce fichier prendrait trop de temps : {LISTED}",
    "unreadable": "{what} : " + LISTED,
}


def takes(document: Document) -> bool:
    """Whether a copy of it can be given back: workbooks and text tables, not agendas nor what can't be read."""
    try:
        return content.suffix(document.name, document.content) != ".ics"
    except SourceUnreadable:
        return False


def annotate(document: Document, problems: Sequence[Problem]) -> tuple[str, bytes]:
    """A file name and an .xlsx, marked with those problems that are this document's. Raises SourceUnreadable."""
    suffix = content.suffix(document.name, document.content)
    if suffix == ".ics":
        raise SourceUnreadable(f"{document.name} : un agenda .ics n'a pas de cellules : corrigez-le là d'où il vient")
    own = sorted((p for p in problems if p.origin.file == document.name), key=lambda p: p.severity)  # errors first
    head = {
        "name": document.name,
        "suffix": suffix,
        "problems": [asdict(problem) for problem in own[:MOST]],
        "more": len(own[MOST:]),
    }
    asked = json.dumps(head).encode("ascii") + b"\n" + document.content
    made = next(
        sandbox.run("giveback.py", asked, [], lambda code, what: f"{document.name} : {REFUSED[code].format(what=what)}")
    )
    return made["name"], base64.b64decode(made["copy"])
