"""Workbooks (.xlsx, .xlsm, .xls, .ods): bytes → a grid per sheet. `child.py` opens them, in a process with limits."""

import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from newsletter.errors import SourceUnreadable
from newsletter.loaders import tables
from newsletter.loaders.cells import clean
from newsletter.loaders.grid import Grid
from newsletter.loaders.request import Load, Request

CHILD = Path(__file__).with_name("child.py")
PATIENCE = 60
DAY = 86_400
OUT_OF_TIME = (-signal.SIGXCPU, -signal.SIGKILL)
VALUES: Mapping[str, Callable[[str], object]] = {
    "moment": datetime.fromisoformat, "day": date.fromisoformat, "time": time.fromisoformat
}  # fmt: skip
REFUSED = {
    "locked": "ce classeur est protégé par un mot de passe : enregistrez-en une copie sans mot de passe",
    "damaged": "ce classeur est abîmé ou tronqué : ouvrez-le dans votre tableur et enregistrez-le à nouveau en .xlsx",
    "bomb": "ce classeur se déplie en {what} : il n'est pas lu ; copiez le tableau seul dans un classeur neuf",
    "large": "ce classeur est trop gros pour être lu : copiez le tableau seul dans un classeur neuf",
    "slow": "ce classeur prend trop de temps à lire : copiez le tableau seul dans un classeur neuf",
    "cells": "ce classeur a {what} cellules, trop pour un agenda : copiez le tableau seul dans un classeur neuf",
    "columns": "une cellule est remplie en colonne {what}, loin du tableau : effacez-la, ou copiez le tableau seul",
    "paths": "ce classeur contient un fichier au nom suspect ({what}) : copiez le tableau dans un classeur neuf",
    "other": "c'est {what}, pas un classeur : enregistrez le tableau en .xlsx, .ods ou .csv",
}


def rows(request: Request) -> Load:
    """The tables of a workbook."""
    lines = _lines(request)
    head = next(lines)
    grids = list(_grids(lines, head["date_1904"], named=request.source.sheet is not None))
    if request.source.sheet and not grids:
        listed = ", ".join(f"« {sheet['name']} »" for sheet in head["sheets"])
        wanted = f"aucune feuille ne s'appelle « {request.source.sheet} » ; ce classeur a {listed}"
        return Load((), (request.problem(wanted, "sheet"),))
    return tables.build(grids, request)


def _grids(lines: Iterator[Any], date_1904: bool, *, named: bool) -> Iterator[Grid]:
    grid: Grid | None = None
    for line in lines:
        if isinstance(line, list):
            if grid:
                grid.rows += ((number, [clean(cell) for cell in cells]) for number, cells in line)
            continue
        if grid:
            yield grid
        grid = (
            Grid(line["sheet"], [], [tuple(merge) for merge in line["merges"]], date_1904, named)
            if "sheet" in line
            else None
        )


def _lines(request: Request) -> Iterator[Any]:
    """What the child says, line by line. Raises SourceUnreadable when it refused, or died."""
    command = [sys.executable, "-I", str(CHILD), *([request.source.sheet] if request.source.sheet else [])]
    try:
        child = subprocess.run(
            command, input=request.document.content, capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise _unreadable(request, "slow") from None
    last: Any = {}
    for line in io.BytesIO(child.stdout):
        try:
            last = json.loads(line, object_hook=_value)
        except ValueError:
            break
        if isinstance(last, dict) and "refused" in last:
            raise _unreadable(request, last["refused"], last["what"])
        yield last
    if not isinstance(last, dict) or "end" not in last:
        raise _unreadable(request, "slow" if child.returncode in OUT_OF_TIME else "large")


def _value(tagged: dict[str, Any]) -> Any:
    """A day or a time, as the child writes them; other objects as they are."""
    if len(tagged) != 1:
        return tagged
    ((kind, written),) = tagged.items()
    if kind == "span":
        return time(written // 3600, written % 3600 // 60, written % 60) if 0 <= written < DAY else _hours(written)
    return VALUES[kind](written) if kind in VALUES else tagged


def _hours(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}"


def _unreadable(request: Request, code: str, what: str = "") -> SourceUnreadable:
    return SourceUnreadable(f"{request.document.name} : {REFUSED[code].format(what=what)}")
