"""What a workbook says beside its text: links behind words, struck cells, rows that aren't shown."""

import re
from collections.abc import Iterator, Sequence

from newsletter.loaders.grid import Grid
from newsletter.loaders.regions import Region
from newsletter.loaders.request import Request
from newsletter.model import Origin, Problem

ADDRESS = re.compile(r"\S+\.\S+")
LINKS = ("http://", "https://", "mailto:")
NAMED = 10


def follow(values: list[object], numbers: Sequence[int], places: tuple[int, ...], grid: Grid) -> None:
    """Puts the address behind « cliquez ici » in its place."""
    for index, number in enumerate(numbers):
        value = values[index]
        if isinstance(value, str) and ADDRESS.fullmatch(value):
            continue
        found = next((grid.links[number, place] for place in places if (number, place) in grid.links), None)
        if found and value is not None and found.lower().startswith(LINKS):
            values[index] = found


def told(grid: Grid, region: Region, title: str, request: Request) -> Iterator[Problem]:
    """Struck titles, and hidden rows: they are read, and someone should look."""
    places = region.header.fields.get(title, ())
    header = region.header.written[places[0]] if places else None
    for number, cells in region.kept if grid.struck else ():
        found = next((str(cells[place]) for place in places if (number, place) in grid.struck), None)
        if found:
            wanted = "ligne barrée : si c'est annulé, tapez « Annulé » dans une colonne « Statut », ou effacez la ligne"
            yield request.cell((grid.sheet, number, header), found, wanted, "struck")
    hidden = [number for number, _ in region.kept if number in grid.hidden]
    if hidden:
        listed = ", ".join(map(str, hidden[:NAMED])) + (" …" if len(hidden) > NAMED else "")
        wanted = f"lignes masquées dans le tableur, et lues ici : {listed} ; affichez-les pour vérifier, ou effacez-les"
        yield Problem(
            Origin(request.document.name, grid.sheet, hidden[0]), None, None, wanted, "warning", "hidden_rows"
        )
