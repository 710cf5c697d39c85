"""Workbooks (.xlsx, .xlsm, .xls, .ods): bytes → a grid per sheet. `children/workbook.py` opens them, within limits."""

from collections.abc import Iterator
from typing import Any

from newsletter.loaders import sandbox, tables
from newsletter.loaders.cells import clean
from newsletter.loaders.grid import Grid
from newsletter.loaders.request import Load, Request
from newsletter.loaders.written import MENDS

REFUSED = {
    "locked": "ce classeur est protégé par un mot de passe : enregistrez-en une copie sans mot de passe",
    "damaged": "ce classeur est abîmé ou tronqué : ouvrez-le dans votre tableur et enregistrez-le à nouveau en .xlsx",
    "bomb": "ce classeur se déplie en {what} : il n'est pas lu ; copiez le tableau seul dans un classeur neuf",
    "large": "ce classeur est trop gros pour être lu : copiez le tableau seul dans un classeur neuf",
    "slow": "ce classeur prend trop de temps à lire : copiez le tableau seul dans un classeur neuf",
    "cells": "ce classeur a {what} cellules, trop pour un agenda : copiez le tableau seul dans un classeur neuf",
    "sheets": "ce classeur a {what} feuilles, trop pour un agenda : copiez le tableau seul dans un classeur neuf",
    "rows": "ce classeur a plus de {what} lignes, trop pour un agenda : copiez le tableau seul dans un classeur neuf",
    "columns": "une cellule est remplie en colonne {what}, loin du tableau : effacez-la, ou copiez le tableau seul",
    "paths": "ce classeur contient un fichier au nom suspect ({what}) : copiez le tableau dans un classeur neuf",
    "other": "c'est {what}, pas un classeur : enregistrez le tableau en .xlsx, .ods ou .csv",
}


def rows(request: Request) -> Load:
    """The tables of a workbook."""
    wanted = request.source.sheet
    name = request.document.name
    lines = sandbox.run(
        "workbook.py",
        request.document.content,
        [wanted] if wanted else [],
        lambda code, what: f"{name} : {REFUSED[code].format(what=what)}",
    )
    head = next(lines)
    grids = [grid for grid in _grids(lines, head["date_1904"], named=wanted is not None) if not _is_our_list(grid)]
    if wanted and not grids:
        listed = ", ".join(f"« {sheet['name']} »" for sheet in head["sheets"])
        return Load(
            (), (request.problem(f"aucune feuille ne s'appelle « {wanted} » ; ce classeur a {listed}", "sheet"),)
        )
    return tables.build(grids, request)


def _is_our_list(grid: Grid) -> bool:
    """The list of mends in a workbook we gave back: staff may hand that one in, mended."""
    first = next((cell for _, cells in grid.rows for cell in cells if cell), None)
    return isinstance(first, str) and first.startswith(f"{MENDS} dans «")


def _grids(lines: Iterator[Any], date_1904: bool, *, named: bool) -> Iterator[Grid]:
    grid: Grid | None = None
    for line in lines:
        if isinstance(line, list):
            if grid:
                grid.rows += ((number, [clean(cell) for cell in cells]) for number, cells in line)
            continue
        if grid:
            yield grid
        grid = None
        if "sheet" in line:
            grid = Grid(line["sheet"], [], [tuple(merge) for merge in line["merges"]], date_1904, named)
            grid.links = {(row, column): address for row, column, address in line.get("links", ())}
            grid.struck = {(row, column) for row, column in line.get("struck", ())}
            grid.hidden = set(line.get("hidden", ()))
