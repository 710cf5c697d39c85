"""What each model asks: its columns, in the order they are filled, and the row that shows how. Only tables here.

A header is one the loaders read (`columns.py`); « * » marks those that must be filled. A note is what to type: it shows
when one clicks in the column, and takes 255 characters at most. `ask` is what the column holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Literal

from newsletter.model import Kind

Ask = Literal["text", "long", "date", "time", "number", "Diffusion", "Thème", "Type", "Statut", "Entraide"]
Example = str | int | time


@dataclass(frozen=True, slots=True)
class Column:
    """A column to fill."""

    header: str
    width: int
    note: str
    ask: Ask = "text"

    @property
    def required(self) -> bool:
        """Whether a row without it is refused, or hardly worth printing."""
        return self.header.endswith("*")


@dataclass(frozen=True, slots=True)
class Form:
    """One kind's model: its name, what a row of it is, its columns, and its example."""

    name: str
    one: str
    columns: tuple[Column, ...]
    example: Mapping[str, Example]


THEMES = (
    "Citoyenneté", "Culture", "Éducation", "Environnement", "Jeunesse", "Loisirs", "Numérique", "Patrimoine", "Santé",
    "Seniors", "Solidarité", "Sport",
)  # fmt: skip
CHOICES: Mapping[str, tuple[str, ...]] = {
    "Thème": THEMES,
    "Type": ("Évènement", "Formation", "Rencontre"),
    "Statut": ("Confirmé", "Annulé", "Reporté", "Complet"),
    "Entraide": ("Offre", "Demande", "Partage"),
}

TITLE = Column("Titre *", 34, "En une ligne, ce que c’est : « Concert de printemps ». 120 caractères au plus.")
ASSOCIATION = Column("Association", 24, "Le nom entier de l’association qui organise.")
ORGANISER = Column("Organisé par", 24, "Qui organise : association, service de la ville, organisme de formation.")
FUNDER = Column("Organisme", 24, "Qui lance l’appel : « Ville », « Département », « Fondation… ».")
DATE = Column(
    "Date *", 17,
    "Un jour (12/12/2026), plusieurs (« les 18 et 25 janvier », « tous les mardis jusqu’à fin juin ») "
    "ou une date approchée (« mi-février 2027 »).",
    "date",
)  # fmt: skip
DATE_END = Column("Date fin", 17, "Le dernier jour, s’il y en a plusieurs de suite. Sinon, laissez vide.", "date")
START = Column("Heure début", 9, "14:30 ou 14h30.", "time")
END = Column("Heure fin", 9, "17:00 ou 17h. Laissez vide si vous ne la connaissez pas.", "time")
PLACE = Column("Lieu", 26, "La salle et l’adresse : « Maison de la vie associative, 28 rue Victor-Hugo ».")
PRICE = Column("Tarif", 13, "« Gratuit », « 5 € », « 8 €, réduit 5 € », « Prix libre ».")
AMOUNT = Column("Montant", 16, "Le montant, ou son plafond : « jusqu’à 1 500 € ».")
TEXT = Column(
    "Descriptif",
    46,
    "Deux ou trois phrases : la lettre en garde une soixantaine de mots. Alt + Entrée va à la ligne.",
    "long",
)
CONTACT = Column("Contact", 26, "Qui répond : un nom, un courriel ou un téléphone. Ce que vous tapez ici est publié.")
LINK = Column("Lien", 26, "L’adresse de la page ou du formulaire, en https://")
AUDIENCES = Column("Diffusion", 15, "Quelle lettre : choisissez dans la liste. Vide : le choix habituel.", "Diffusion")
THEME = Column(
    "Thème", 15, "Choisissez dans la liste, ou tapez le vôtre. Plusieurs : séparez-les par une virgule.", "Thème"
)
TYPE = Column("Type", 13, "Choisissez dans la liste. Vide : évènement.", "Type")
STATUS = Column(
    "Statut",
    12,
    "Vide : confirmé. Changez-le ici plutôt que d’effacer la ligne : les lecteurs seront prévenus.",
    "Statut",
)
EXCHANGE = Column(
    "Offre ou demande *", 14, "Offre : vous prêtez ou donnez. Demande : vous cherchez. Partage : en commun.", "Entraide"
)
IMAGE = Column("Image", 18, "Le nom du fichier (« affiche.jpg »), déposé dans le dossier de ce tableau.")
ALT = Column("Légende", 28, "Ce qu’on voit sur l’image, en une phrase : elle est lue à voix haute à qui ne voit pas.")
FROM = Column("À publier du", 17, "Le premier jour où l’annonce peut paraître. Vide : dès maintenant.", "date")
UNTIL = Column("À publier jusqu’au", 17, "Le dernier jour où l’annonce vaut encore.", "date")
DEADLINE = Column(
    "Date limite",
    17,
    "Le dernier jour pour répondre : 15/01/2027, ou « mi-janvier 2027 », ou « au fil de l’eau ».",
    "date",
)
ENROL = Column("Date limite d’inscription", 17, "Le dernier jour pour s’inscrire. Vide : jusqu’au jour même.", "date")
SPEAKER = Column("Intervenant·e", 22, "Qui anime : « Camille Martin, vidéaste ».")
PLACES = Column("Nombre de places", 11, "Un nombre : 12.", "number")

FORMS: Mapping[Kind, Form] = {
    Kind.EVENT: Form(
        "Évènements", "évènement",
        (TITLE, ASSOCIATION, TYPE, DATE, DATE_END, START, END, PLACE, PRICE, TEXT, CONTACT, LINK, AUDIENCES, THEME,
         STATUS, IMAGE, ALT),
        {
            "Titre *": "Soirée jeux (exemple)", "Association": "Les Amis du jeu (exemple)", "Type": "Évènement",
            "Date *": "12 décembre", "Heure début": time(19, 30), "Heure fin": time(22), "Tarif": "Gratuit",
            "Lieu": "Maison de la vie associative", "Contact": "bonjour@amis-du-jeu.example",
            "Descriptif": "Venez avec vos jeux, ou découvrez les nôtres. On vous apprend les règles.",
            "Lien": "https://amis-du-jeu.example", "Thème": "Loisirs", "Statut": "Confirmé",
        },
    ),
    Kind.CALL: Form(
        "Appels", "appel (à projets, à candidatures, à subventions)",
        (TITLE, FUNDER, DEADLINE, AMOUNT, TEXT, CONTACT, LINK, AUDIENCES, THEME, STATUS, FROM, UNTIL),
        {
            "Titre *": "Appel à projets « Un quartier, des jardins » (exemple)", "Organisme": "Fondation (exemple)",
            "Date limite": "15 janvier", "Montant": "jusqu’à 1 500 €", "Contact": "appels@fondation.example",
            "Descriptif": "Pour les associations qui plantent en ville. Dossier de deux pages, réponse en un mois.",
            "Lien": "https://fondation.example/jardins", "Thème": "Environnement", "Statut": "Confirmé",
        },
    ),
    Kind.TRAINING: Form(
        "Formations", "formation",
        (TITLE, ORGANISER, DATE, DATE_END, START, END, PLACE, SPEAKER, PLACES, ENROL, PRICE, TEXT, CONTACT, LINK,
         AUDIENCES, THEME, STATUS),
        {
            "Titre *": "Tenir la comptabilité d’une association (exemple)", "Organisé par": "Vie associative (exemple)",
            "Date *": "20 janvier", "Heure début": time(18), "Heure fin": time(20, 30), "Nombre de places": 12,
            "Lieu": "Maison de la vie associative", "Intervenant·e": "Camille Martin (exemple)", "Tarif": "Gratuit",
            "Contact": "formations@ville.example",
            "Descriptif": "Le plan comptable, les reçus, le bilan. Apportez votre cahier de l’année.",
            "Lien": "https://ville.example/formations", "Thème": "Éducation", "Statut": "Confirmé",
        },
    ),
    Kind.MEETING: Form(
        "Rencontres", "rencontre ou réunion",
        (TITLE, ORGANISER, DATE, START, END, PLACE, TEXT, CONTACT, LINK, AUDIENCES, THEME, STATUS),
        {
            "Titre *": "Petit déjeuner des associations (exemple)", "Organisé par": "Vie associative (exemple)",
            "Date *": "5 février", "Heure début": time(9), "Heure fin": time(10, 30),
            "Lieu": "Maison de la vie associative", "Contact": "asso@ville.example", "Statut": "Confirmé",
            "Descriptif": "Au menu : le calendrier des salles et le forum de rentrée. Café offert.",
            "Lien": "https://ville.example/rencontres", "Thème": "Citoyenneté",
        },
    ),
    Kind.EXCHANGE: Form(
        "Entraide", "annonce",
        (TITLE, EXCHANGE, ASSOCIATION, TEXT, PLACE, CONTACT, LINK, AUDIENCES, THEME, IMAGE, ALT, FROM, UNTIL),
        {
            "Titre *": "Deux barnums à prêter (exemple)", "Offre ou demande *": "Offre",
            "Association": "Les Amis du jeu (exemple)", "Descriptif": "Trois mètres sur trois, à venir chercher.",
            "Lieu": "Local de l’association", "Contact": "bonjour@amis-du-jeu.example",
            "Lien": "https://amis-du-jeu.example/prets", "Thème": "Loisirs", "À publier jusqu’au": "30 juin",
        },
    ),
    Kind.NEWS: Form(
        "Informations", "information",
        (TITLE, ASSOCIATION, TEXT, CONTACT, LINK, AUDIENCES, THEME, IMAGE, ALT, FROM, UNTIL),
        {
            "Titre *": "La ludothèque a déménagé (exemple)", "Association": "Les Amis du jeu (exemple)",
            "Descriptif": "Retrouvez-nous au 12 de la même rue, aux mêmes heures.",
            "Contact": "bonjour@amis-du-jeu.example", "Lien": "https://amis-du-jeu.example",
            "Thème": "Loisirs", "À publier jusqu’au": "30 juin",
        },
    ),
}  # fmt: skip
