"""What is not a table of items, said so that someone can mend it: in French, with what was seen and what to do."""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from newsletter.loaders import columns
from newsletter.loaders.grid import Cells, Grid
from newsletter.loaders.headers import LOOKED_AT, Header
from newsletter.loaders.matching import fold, key
from newsletter.loaders.request import Request
from newsletter.model import Problem, Table

MONTHS = {
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre",
    "decembre",
}  # fmt: skip
DAYS = {"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"}
TICKETS = {
    "billet",
    "reference commande",
    "email payeur",
    "payeur",
    "prenom payeur",
    "participant",
    "prenom participant",
}
TICKETS |= {"nom payeur", "nom participant", "statut commande", "code promo"}
PERSON = {"prenom", "first name"}
SURNAME = {"nom", "nom famille", "last name", "nom usage", "nom naissance"}
PRIVATE = {
    "date naissance",
    "mail",
    "e mail",
    "email",
    "courriel",
    "telephone",
    "tel",
    "adresse mail",
    "adresse e mail",
}
PRIVATE |= {"adresse", "adresse postale", "portable", "mobile", "ne le", "age", "code postal", "civilite"}
NAMES = {
    "items": "« Titre », « Date », « Lieu »",
    "subscribers": "« Courriel », « Prénom », « Liste »",
    "directory": "« Nom », « Sigle »",
}
EXAMPLE = 'columns = {title = "…"}'


def people(grid: Grid, request: Request) -> Problem | None:
    """A list of people (tickets, members) has no place in a letter: none of it is read."""
    if request.vocabulary != "items":
        return None
    for number, cells in grid.rows[:LOOKED_AT]:
        names = {key(cell) for cell in cells if isinstance(cell, str)}
        if len(names & TICKETS) >= 3:
            wanted = (
                "c'est un export de billetterie (HelloAsso ou autre) : il liste des personnes, la lettre n'en lit "
                "rien ; tapez plutôt l'évènement (titre, date, lieu, lien public) dans un tableau"
            )
        elif (
            names & PERSON and names & SURNAME and names & PRIVATE and not names & {"titre", "intitule", "association"}
        ):
            wanted = (
                "c'est une liste de personnes (nom, prénom, coordonnées) : la lettre n'en lit rien ; "
                "pour des abonnés, « newsletter subscribers import FICHIER »"
            )
        else:
            continue
        return request.problem(wanted, "people", sheet=grid.sheet, row=number)
    return None


def passed_over(passed: Sequence[tuple[Grid, Header | None]], request: Request, *, alone: bool) -> Iterator[Problem]:
    """Sheets without a table: said when no other has one, when they tell days, or when the stanza names them."""
    for grid, header in passed:
        if header is not None and (alone or grid.alone or header.tells_days):
            yield _no_title(grid, header, request)
        elif alone or grid.alone:
            yield _no_header(grid, request)
    if alone and not passed:
        yield request.problem("aucune feuille visible : affichez celle du tableau, ou nommez-la (sheet = …)", "header")


def _no_title(grid: Grid, header: Header, request: Request) -> Problem:
    seen = _listed(header.written.values())
    if request.vocabulary == "subscribers":
        wanted = f"aucune colonne d'adresse parmi {seen} : appelez-en une « Courriel »"
    elif request.vocabulary == "directory":
        wanted = f"aucune colonne de nom parmi {seen} : appelez-en une « Nom », et une autre « Sigle »"
    else:
        wanted = (
            f"aucune colonne de titre parmi {seen} : appelez-en une « Titre », "
            f"ou nommez-la dans config.toml ({EXAMPLE})"
        )
    return request.problem(wanted, "title_column", sheet=grid.sheet, row=header.row)


def _no_header(grid: Grid, request: Request) -> Problem:
    if not grid.rows:
        return request.problem(
            "rien n'est écrit ici : remplissez le tableau, ou retirez la source", "empty", sheet=grid.sheet
        )
    if _is_planning(grid):
        wanted = (
            "c'est un planning (des mois ou des jours en lignes et en colonnes), qui ne se lit pas ligne à ligne : "
            "faites un tableau avec une ligne par évènement et les colonnes « Titre », « Date », « Lieu »"
        )
        return request.problem(wanted, "planning", sheet=grid.sheet)
    seen = _listed(_fullest(grid.rows[:LOOKED_AT]))
    names = NAMES[request.vocabulary]
    wanted = (
        f"aucune ligne d'en-tête trouvée : la ligne la plus remplie dit {seen} ; "
        f"donnez au tableau une ligne de titres comme {names}"
    )
    return request.problem(wanted, "header", sheet=grid.sheet)


def _fullest(rows: Sequence[tuple[int, Cells]]) -> list[str]:
    texts = [[cell for cell in cells if isinstance(cell, str)] for _, cells in rows]
    return max(texts, key=len, default=[])


def _listed(words: Iterable[object]) -> str:
    said = [f"« {' '.join(str(word).split())[:40]} »" for word in words]
    return ", ".join(said[:12]) + (" …" if len(said) > 12 else "") if said else "rien qui se lise"


def _is_planning(grid: Grid) -> bool:
    lines = [cells for _, cells in grid.rows[:100]]
    width = max(len(cells) for cells in lines)
    across = [[cells[column] for cells in lines if column < len(cells)] for column in range(min(width, 100))]
    return any(_calendar_words(line) for line in [*lines, *across])


def _calendar_words(cells: Cells) -> bool:
    words = {fold(cell).split()[0] for cell in cells if isinstance(cell, str) and fold(cell).split()}
    weeks = {word for word in words if re.fullmatch(r"s(?:em)?\d{1,2}", word)}
    return len(words & MONTHS) >= 4 or len(words & DAYS) >= 4 or len(weeks) >= 4


def far(sheet: str | None, row: int, request: Request) -> Problem:
    """Something lies so far under the table that reading down to it would make no sense."""
    wanted = "cette ligne est loin sous le tableau, elle n'est pas lue : remontez-la, ou effacez-la"
    return request.problem(wanted, "far", sheet=sheet, row=row)


def settings(tables: Sequence[Table], request: Request) -> Iterator[Problem]:
    """What the stanza's `columns` names and no table has."""
    vocabulary = columns.ITEMS if request.vocabulary == "items" else columns.SUBSCRIBERS
    seen = {key(header): header for table in tables for header in (*table.headers.values(), *table.unread)}
    for field, header in request.source.columns.items():
        if field not in vocabulary:
            near = get_close_matches(field, vocabulary, 1)
            advice = f"vouliez-vous « {near[0]} » ?" if near else f"champs connus : {', '.join(vocabulary)}"
            yield request.problem(f"columns : « {field} » n'est pas un champ ; {advice}", "columns")
        elif tables and key(header) not in seen:
            wanted = f"columns : aucune colonne ne s'appelle « {header} » ; le fichier a {_listed(seen.values())}"
            yield request.problem(wanted, "columns")
