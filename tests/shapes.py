"""Tables as town halls and associations draw them, and what is to be read of each: for test_loaders.

A shape: its name, the kind of its source, the drawing, then what is read: rows (number → title), skipped (number →
reason), fields (field → header), months (row → first day), unread headers, merges of the sheet.
"""

from dataclasses import dataclass, field
from datetime import date

DEC, JAN, FEB = date(2021, 12, 1), date(2022, 1, 1), date(2022, 2, 1)


@dataclass(frozen=True)
class Shape:
    name: str
    drawing: str
    rows: dict[int, str | None]
    skipped: dict[int, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    values: dict[int, dict[str, object]] = field(default_factory=dict)
    months: dict[int, date] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    merges: tuple[str, ...] = ()
    kind: str = "event"


SHAPES = [
    Shape(
        "plain",
        """
Titre | Date | Lieu
Concert | 12/12/2021 | Salle des fêtes
Marché | 18/12/2021 | Place""",
        {2: "Concert", 3: "Marché"},
        fields={"title": "Titre", "date": "Date", "place": "Lieu"},
    ),
    Shape(
        "banners above, merged",
        """
AGENDA DES ASSOCIATIONS
Mise à jour : 25/11/2021

Association | Intitulé de l'évènement * | Date(s) | Horaires | Salle | PAF | Pour qui ?
Malakfé | Jeux | 3/12 | 19h-22h | Café | 2 € | Tous""",
        {5: "Jeux"},
        fields={"title": "Intitulé de l'évènement *", "hours": "Horaires", "place": "Salle", "price": "PAF",
                "audiences": "Pour qui ?"},
        merges=("A1:G1", "A2:G2"),
    ),
    Shape(
        "month headings",
        """
Manifestation | Quand | Où
DÉCEMBRE 2021
Concert | samedi 4 | Salle

JANVIER
Galette | samedi 8 | Café""",
        {3: "Concert", 6: "Galette"},
        {2: "titre de mois", 4: "ligne vide", 5: "titre de mois"},
        months={3: DEC, 6: JAN},
    ),
    Shape(
        "month headings, all blank rows counted",
        """
Titre | Date


Décembre 2021

Concert | 4""",
        {6: "Concert"},
        {2: "ligne vide", 3: "ligne vide", 4: "titre de mois", 5: "ligne vide"},
        months={6: DEC},
    ),
    Shape(
        "months in a column, written once",
        """
Mois | Titre | Date
Décembre 2021 | Concert | 4
 | Marché | 18
Janvier 2022 | Galette | 8""",
        {2: "Concert", 3: "Marché", 4: "Galette"},
        months={2: DEC, 3: DEC, 4: JAN},
    ),
    Shape(
        "association merged over its rows",
        """
Association | Titre | Date
Malakfé | Jeux | 3/12/2021
 | Concert | 4/12/2021
 | Troc | 5/12/2021
Scarabé-e | Vélo | 6/12/2021""",
        {2: "Jeux", 3: "Concert", 4: "Troc", 5: "Vélo"},
        values={3: {"association": "Malakfé"}, 4: {"association": "Malakfé"}, 5: {"association": "Scarabé-e"}},
        merges=("A2:A4",),
    ),
    Shape(
        "association written once, not merged",
        """
Association | Titre | Date
Malakfé | Jeux | 3/12/2021
 | Concert | 4/12/2021""",
        {2: "Jeux", 3: "Concert"},
        values={3: {"association": None}},
    ),
    Shape(
        "tall rows: every cell merged over two rows",
        """
Titre | Date
Jeux | 3/12/2021

Concert | 4/12/2021
 """,
        {2: "Jeux", 4: "Concert"},
        {3: "ligne vide"},
        merges=("A2:A3", "B2:B3", "A4:A5", "B4:B5"),
    ),
    Shape(
        "cells merged sideways stay where they are",
        """
Titre | Date | Horaires | Lieu
Concert | 4/12/2021 | | Salle""",
        {2: "Concert"},
        values={2: {"hours": None, "date": "4/12/2021"}},
        merges=("B2:C2",),
    ),
    Shape(
        "two header rows",
        """
Association | Titre | Date | | Horaires | | Lieu
 | | Début | Fin | de | à |
Malakfé | Stage | 4/12/2021 | 5/12/2021 | 9h | 17h | Salle""",
        {3: "Stage"},
        fields={"date": "Date – Début", "date_end": "Date – Fin", "start": "Horaires – de", "end": "Horaires – à",
                "place": "Lieu", "title": "Titre"},
        merges=("A1:A2", "B1:B2", "C1:D1", "E1:F1", "G1:G2"),
    ),
    Shape(
        "two header rows, groups over all",
        """
Évènement | | Quand | | Contact | |
Titre | Lieu | Date | Heure | Nom | Mail | Tél
Jeux | Café | 3/12/2021 | 19h | Léa | lea@x.example | 01 02 03 04 05""",
        {3: "Jeux"},
        values={3: {"place": "Café", "email": "lea@x.example", "phone": "01 02 03 04 05", "hours": "19h"}},
    ),
    Shape(
        "header said again on each page",
        """
Titre | Date
Jeux | 3/12/2021
Titre | Date
Concert | 4/12/2021""",
        {2: "Jeux", 4: "Concert"},
        {3: "en-tête répété"},
    ),
    Shape(
        "notes under the table",
        """
Titre | Date | Lieu
Jeux | 3/12/2021 | Café

* sous réserve de confirmation
NB : merci de rendre les clés""",
        {2: "Jeux"},
        {3: "ligne vide", 4: "note sous le tableau", 5: "note sous le tableau"},
    ),
    Shape(
        "a note between the rows",
        """
Titre | Date | Lieu
Jeux | 3/12/2021 | Café
NB : les dates de janvier sont à confirmer
Concert | 4/12/2021 | Salle""",
        {2: "Jeux", 4: "Concert"},
        {3: "note"},
    ),
    Shape(
        "a long remark without a mark",
        """
Titre | Date | Lieu
Jeux | 3/12/2021 | Café

Les associations qui veulent une salle en janvier la demandent avant le 15 décembre au service.""",
        {2: "Jeux"},
        {3: "ligne vide", 4: "note sous le tableau"},
    ),
    Shape(
        "totals",
        """
Titre | Date | Places
Jeux | 3/12/2021 | 12
Total | | 12""",
        {2: "Jeux"},
        {3: "total"},
    ),
    Shape(
        "section titles, merged",
        """
Titre | Date | Lieu
SPORT
Yoga | 3/12/2021 | Gymnase
Culture et loisirs
Jeux | 4/12/2021 | Café""",
        {3: "Yoga", 5: "Jeux"},
        {2: "intertitre", 4: "intertitre"},
        merges=("A2:C2", "A4:C4"),
    ),
    Shape(
        "numbered rows, more numbers than events",
        """
N° | Titre | Date
1 | Jeux | 3/12/2021
2 | |
3 | |""",
        {2: "Jeux"},
        {3: "rien dans les colonnes lues", 4: "rien dans les colonnes lues"},
        unread=("N°",),
    ),
    Shape(
        "a table that starts further right and down",
        """


 | | Titre | Date
 | | Jeux | 3/12/2021""",
        {6: "Jeux"},
    ),
    Shape(
        "pairs du, au",
        """
Intitulé | Du | Au | Lieu
Exposition | 1/12/2021 | 20/12/2021 | Médiathèque""",
        {2: "Exposition"},
        fields={"date": "Du", "date_end": "Au"},
    ),
    Shape(
        "beginning and end beside a date are hours",
        """
Manifestation | Date | Début | Fin
Jeux | 3/12/2021 | 19h | 22h""",
        {2: "Jeux"},
        fields={"date": "Date", "start": "Début", "end": "Fin"},
    ),
    Shape(
        "beginning and end alone are days",
        """
Manifestation | Début | Fin
Exposition | 1/12/2021 | 20/12/2021""",
        {2: "Exposition"},
        fields={"date": "Début", "date_end": "Fin"},
    ),
    Shape(
        "publication from, to",
        """
Titre | Texte | À publier du | au | Pour
Forum | Bilan | 01/12/2021 | 31/12/2021 | Associations""",
        {2: "Forum"},
        fields={"publish_from": "À publier du", "publish_until": "au", "audiences": "Pour"},
        kind="news",
    ),
    Shape(
        "news from, to",
        """
Actualité | Détail | Du | Au
Forum | Bilan | 01/12/2021 | 31/12/2021""",
        {2: "Forum"},
        fields={"title": "Actualité", "publish_from": "Du", "publish_until": "Au"},
        kind="news",
    ),
    Shape(
        "exchanges",
        """
Type | Quoi | Asso | Jusqu'au | Contact
Offre | Prêt de chaises | Malakfé | 31/3/2022 | c@x.example""",
        {2: "Prêt de chaises"},
        fields={"exchange": "Type", "association": "Asso", "publish_until": "Jusqu'au"},
        kind="exchange",
    ),
    Shape(
        "a type beside events is their kind",
        """
Type | Nom | Organisateur·rice | Jour
Concert | Rentrée | Malakfé | 3/12/2021""",
        {2: "Rentrée"},
        fields={"kind": "Type", "title": "Nom", "association": "Organisateur·rice", "date": "Jour"},
    ),
    Shape(
        "calls",
        """
Nom du dispositif | Porté par | Limite de dépôt | Montant max. | Pour qui ? | Descriptif | Lien
Fonds local | Département | 15/01/22 | 1 500 € | Associations | Une page | https://x.example""",
        {2: "Fonds local"},
        fields={"deadline": "Limite de dépôt", "price": "Montant max.", "audiences": "Pour qui ?"},
        kind="call",
    ),
    Shape(
        "calls from, until",
        """
Appel à projets | Financeur | Ouverture | Jusqu'au
Fonds local | Région | 1/12/2021 | 15/01/2022""",
        {2: "Fonds local"},
        fields={"title": "Appel à projets", "association": "Financeur", "deadline": "Jusqu'au"},
        kind="call",
    ),
    Shape(
        "trainings",
        """
Thème de la formation | Date | Heure début | Heure fin | Lieu | Nb de places | S'inscrire avant le | Formateur(trice)
Comptabilité | 15/01/2022 | 14h | 17h | MVA | 12 | 07/01/2022 | Léa""",
        {2: "Comptabilité"},
        fields={"title": "Thème de la formation", "start": "Heure début", "end": "Heure fin", "places": "Nb de places",
                "deadline": "S'inscrire avant le", "speaker": "Formateur(trice)"},
        kind="training",
    ),
    Shape(
        "two tables, one under the other",
        """
Titre | Date | Lieu
Jeux | 3/12/2021 | Café

Formation | Date | Intervenant·e | Places
Comptabilité | 15/01/2022 | Léa | 12""",
        {2: "Jeux", 5: "Comptabilité"},
        {},
    ),
    Shape(
        "a form's answers",
        """
Horodateur | Adresse e-mail | Quel est le titre de votre évènement ? | Date | Où a-t-il lieu ? | Texte (200 signes max)
01/11/2021 10:00:00 | lea@x.example | Jeux | 3/12/2021 | Café | Venez""",
        {2: "Jeux"},
        fields={"title": "Quel est le titre de votre évènement ?", "description": "Texte (200 signes max)"},
        values={2: {"place": "Café"}},
        unread=("Horodateur", "Adresse e-mail"),
    ),
    Shape(
        "machine names of the SCDL",
        """
AGD_TITRE | AGD_DESC | AGD_ORG | AGD_ADDR | AGD_START | AGD_END | AGD_STATUS | AGD_URL
Jeux | Venez | Malakfé | Café | 2021-12-03 | 2021-12-03 | annulé | https://x.example""",
        {2: "Jeux"},
        fields={"title": "AGD_TITRE", "date": "AGD_START", "date_end": "AGD_END", "status": "AGD_STATUS"},
    ),
    Shape(
        "machine names of a funding schema",
        """
id | titre | promesse | description | porteurs | cibles | date_ouverture | date_cloture | url_source
1 | Fonds local | Court | Long | Région | associations | 2021-12-01 | 2022-01-15 | https://x.example""",
        {2: "Fonds local"},
        fields={"title": "titre", "deadline": "date_cloture", "audiences": "cibles", "url": "url_source"},
        unread=("id", "promesse"),
        kind="call",
    ),
    Shape(
        "several descriptions are one",
        """
Titre | Date | Descriptif | Infos pratiques
Jeux | 3/12/2021 | Venez | Entrée par la cour""",
        {2: "Jeux"},
        values={2: {"description": "Venez\nEntrée par la cour"}},
    ),
    Shape(
        "a row without a title is kept: it is an error to tell",
        """
Association | Titre | Date
Malakfé | | 3/12/2021""",
        {2: None},
    ),
    Shape(
        "one column",
        """
Titre
Forum
Salle ressources""",
        {2: "Forum", 3: "Salle ressources"},
        kind="news",
    ),
    Shape(
        "headers of several lines, unbreakable spaces, marks",
        """
INTITULÉ DE LA\u00a0MANIFESTATION (*) | DATE(S) :\u00a0| N° de tél. | E-mail\u00a0:
Jeux | 3/12/2021 | 01 02 03 04 05 | lea@x.example""",
        {2: "Jeux"},
        values={2: {"phone": "01 02 03 04 05", "email": "lea@x.example", "date": "3/12/2021"}},
    ),
    Shape(
        "a header without rows",
        """
Titre | Date | Lieu""",
        {},
    ),
    Shape(
        "plain words as titles are rows, not headers",
        """
Titre | Date | Public
Formation | 3/12/2021 | Associations

Atelier | 4/12/2021 | Public""",
        {2: "Formation", 4: "Atelier"},
        {3: "ligne vide"},
    ),
    Shape(
        "titles in capitals are titles where nothing has a day",
        """
Titre | Texte
FORUM |
Salle | Ouverte""",
        {2: "FORUM", 3: "Salle"},
        kind="news",
    ),
    Shape(
        "weekday and date apart",
        """
Jour | Date | Évènement | Heure de début | Heure de fin
samedi | 4/12/2021 | Concert | 20h | 22h""",
        {2: "Concert"},
        values={2: {"date": "4/12/2021", "start": "20h"}},
    ),
    Shape(
        "weeks as titles of their own, days without an event",
        """
Date | Titre | Lieu
Semaine du 6 décembre
06/12/2021 | Jeux | Café
07/12/2021 |
08/12/2021 | Troc | Salle""",
        {3: "Jeux", 5: "Troc"},
        {2: "intertitre", 4: "rien que la date"},
    ),
    Shape(
        "two tables side by side",
        """
Titre | Date | | Formation | Date | Lieu
Jeux | 3/12/2021 | | Comptabilité | 15/1/2022 | MVA
Troc | 4/12/2021 |
""",
        {2: "Comptabilité", 3: "Troc"},  # of row 2, the table to the right
    ),
    Shape(
        "a number in the header row",
        """
Titre | Date | Lieu | Tarif | Contact | 2021
Jeux | 3/12/2021 | Café | 2 € | Léa""",
        {2: "Jeux"},
        unread=("2021",),
    ),
    Shape(
        "remarks in the first column, after a blank row",
        """
Titre | Date | Lieu
Jeux | 3/12/2021 | Café

Merci de rendre les clés.
Contact : le service""",
        {2: "Jeux"},
        {3: "ligne vide", 4: "note sous le tableau", 5: "note sous le tableau"},
    ),
    Shape(
        "a title alone is a row: it lacks its date",
        """
Titre | Date | Lieu
Jeux | 3/12/2021 | Café
Fête de l'école
Troc | 4/12/2021 | Salle""",
        {2: "Jeux", 3: "Fête de l'école", 4: "Troc"},
    ),
    Shape(
        "news that begin like remarks",
        """
Titre | Texte
Mise à jour du site |
Rappel : assemblée |
NB : ne pas publier |""",
        {2: "Mise à jour du site", 3: "Rappel : assemblée"},
        {4: "note sous le tableau"},
        kind="news",
    ),
]  # fmt: skip
