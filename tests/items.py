"""A month as the town lives it: December 2021, the minutes' facts and invented entries marked « (exemple) »."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.composer import Issue
from newsletter.config import ASSOCIATIONS, PUBLIC, Town, carried
from newsletter.model import Deadline, Exchange, Image, Item, Kind, Occurrence, Status

PARIS = ZoneInfo("Europe/Paris")
BOTH = ("associations", "public")
ONLY = ("associations",)
TOWN = Town(
    name="Ville de Malakoff",
    sender="Vie associative <vie-associative@malakoff.example>",
    reply_to="vie-associative@malakoff.example",
    website="https://www.malakoff.example",
    address="Maison de la vie associative, 28 rue Victor-Hugo, 92240 Malakoff (exemple)",
    privacy="https://www.malakoff.example/donnees-personnelles",
)


def at(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PARIS)


def once(
    start: date | datetime, end: date | datetime | None = None, approximate: bool = False
) -> tuple[Occurrence, ...]:
    return (Occurrence(start, end, approximate),)


def weekly(first: datetime, length: timedelta, *days: date) -> tuple[Occurrence, ...]:
    starts = (datetime.combine(day, first.timetz().replace(tzinfo=None), PARIS) for day in days)
    return tuple(Occurrence(start, start + length) for start in starts)


def issue(audience: str = "public", **changes: Any) -> Issue:
    """December 2021, as it leaves on its first Tuesday."""
    usual: dict[str, Any] = {
        "month": date(2021, 12, 1),
        "send_at": at(2021, 12, 7, 9),
        "town": TOWN,
        "site_url": "https://lettre.malakoff.example",
        "stanza": {"public": PUBLIC, "associations": ASSOCIATIONS}[audience],
        "templates": carried("templates"),
    }
    return Issue(**{**usual, **changes})


def picture(name: str, alt: str, width: int = 1200, height: int = 600) -> Image:
    return Image(Path(f"data/images/{name}"), name, alt, width, height)


def _tuesdays() -> list[date]:
    days = (date(2021, 11, 2) + timedelta(7 * n) for n in range(13))
    return [day for day in days if day != date(2021, 12, 28)]


EVENTS = (
    Item(
        "e1",
        Kind.EVENT,
        "Soirée jeux au café associatif (exemple)",
        "Malakfé",
        "Malakfé, 28 rue Victor-Hugo (exemple)",
        "https://malakfe.example/soiree-jeux",
        "contact@malakfe.example",
        "Jeux de plateau, de cartes et d'adresse pour tous les âges. On explique les règles, on goûte la soupe "
        "du jour et "
        "on rentre avant le dernier métro. Entrée libre, apportez un jeu si vous en avez un!",
        "Entrée libre",
        picture("soiree-jeux.jpg", "Des joueurs de tous âges autour d'une table"),
        audiences=BOTH,
        occurrences=once(at(2021, 12, 10, 19), at(2021, 12, 10, 22, 30)),
    ),
    Item(
        "e2",
        Kind.EVENT,
        "Atelier réparation de vélos (exemple)",
        "La Cyclofficine (exemple)",
        "Place du 11-Novembre",
        None,
        "Léo, 06 12 34 56 78",
        "Venez avec votre vélo, repartez en sachant le réparer: freins, chaîne, chambre à air. Outils prêtés.",
        "Prix libre",
        audiences=BOTH,
        occurrences=once(at(2021, 12, 11, 14, 30), at(2021, 12, 11, 17)),
    ),
    Item(
        "e3",
        Kind.EVENT,
        "Portes ouvertes de l'épicerie (exemple)",
        "Coopérative alimentaire auto-gérée de Malakoff",
        "4 rue Raymond-Fassin (exemple)",
        "https://coop.example/portes-ouvertes",
        None,
        "Une épicerie sans patron ni marge : trois jours pour la visiter, goûter et comprendre comment y participer.",
        None,
        audiences=BOTH,
        occurrences=tuple(Occurrence(at(2021, 12, d, 10), at(2021, 12, d, 18)) for d in (10, 11, 12)),
    ),
    Item(
        "e4",
        Kind.EVENT,
        "Visite commentée de l'exposition & goûter (exemple)",
        "Association des amis de la Maison des arts-AAMAM",
        "Maison des arts, 105 avenue du 12-Février-1934",
        "https://maisondesarts.example",
        None,
        "Une heure dans les salles avec une médiatrice, puis un goûter au parc si le temps le permet.",
        "5 €",
        picture("maison-des-arts.jpg", "Une salle claire de la Maison des arts, trois visiteurs devant un tableau"),
        audiences=BOTH,
        occurrences=once(at(2021, 12, 12, 15)),
    ),
    Item(
        "e5",
        Kind.EVENT,
        "Chorale du mardi (exemple)",
        "Malakfé",
        "Salle Jean-Jaurès (exemple)",
        None,
        "chorale@malakfe.example",
        "On chante à quatre voix, sans savoir lire la musique.",
        "60 € par an",
        audiences=BOTH,
        occurrences=weekly(at(2021, 11, 2, 19, 30), timedelta(minutes=90), *_tuesdays()),
    ),
    Item(
        "e6",
        Kind.EVENT,
        "Yoga du dimanche (exemple)",
        "Arts&Bien-être",
        "Gymnase Duclos (exemple)",
        None,
        None,
        None,
        "8 € la séance",
        audiences=("public",),
        occurrences=weekly(at(2021, 12, 5, 10), timedelta(hours=1), *(date(2021, 12, d) for d in (5, 12, 19, 26))),
    ),
    Item(
        "e7",
        Kind.EVENT,
        "Troc de plantes (exemple)",
        "Scarabé-e",
        "Jardin du Centenaire (exemple)",
        "https://scarabee.example/troc",
        None,
        "Boutures, graines et conseils : on donne, on échange, on ne vend rien.",
        "Gratuit",
        audiences=BOTH,
        occurrences=once(date(2021, 12, 18), date(2021, 12, 19)),
    ),
    Item(
        "e8",
        Kind.EVENT,
        "Concert de fin d'année (exemple)",
        "Cercle de Systema",
        "Théâtre 71 (exemple)",
        None,
        None,
        "Le groupe est malade; les billets sont remboursés sur place.",
        "12 €",
        audiences=BOTH,
        status=Status.CANCELLED,
        occurrences=once(at(2021, 12, 17, 20, 30)),
    ),
    Item(
        "e9",
        Kind.EVENT,
        "Réveillon solidaire (exemple)",
        "Agir pour la solidarité internationale à Malakoff-Asiam",
        "Salle des fêtes (exemple)",
        None,
        "01 47 46 75 00",
        "Un repas partagé entre voisins, ouvert à celles et ceux qui seraient seuls. Sur inscription.",
        "5 €",
        audiences=("public",),
        status=Status.FULL,
        occurrences=once(at(2021, 12, 31, 20), at(2022, 1, 1, 2)),
    ),
    Item(
        "e10",
        Kind.EVENT,
        "Galette des associations (exemple)",
        "Ville de Malakoff",
        "Maison de la vie associative",
        None,
        None,
        "Le temps de se souhaiter une bonne année et de prévoir le forum.",
        None,
        audiences=ONLY,
        occurrences=once(at(2022, 1, 8, 16)),
    ),
    Item(
        "e11",
        Kind.EVENT,
        "Atelier d'écriture (exemple)",
        "Au coin de l'impasse",
        "Impasse du Vert-Bois (exemple)",
        None,
        "ateliers@impasse.example",
        "Huit participants au plus, papier et thé fournis.",
        "10 €",
        audiences=BOTH,
        occurrences=once(date(2022, 1, 11), date(2022, 1, 20), True),
        written="mi-janvier 2022",
    ),
    Item(
        "e12",
        Kind.EVENT,
        "Vide-grenier de printemps (exemple)",
        "Scarabé-e",
        audiences=BOTH,
        occurrences=once(date(2022, 3, 27)),
    ),
    Item(
        "e13",
        Kind.EVENT,
        "Bourse aux jouets (exemple)",
        "Scarabé-e",
        audiences=BOTH,
        occurrences=once(at(2021, 11, 27, 10)),
    ),
)
CALLS = (
    Item(
        "c1",
        Kind.CALL,
        "Campagne de subvention de fonctionnement 2022",
        "Ville de Malakoff",
        None,
        "https://www.malakoff.example/subventions",
        "vie-associative@malakoff.example",
        "La campagne vient d'être lancée. Le dossier se remplit en ligne; les comptes de l'année écoulée sont "
        "à joindre.",
        audiences=ONLY,
        deadline=Deadline(date(2021, 12, 31), "31 décembre 2021"),
    ),
    Item(
        "c2",
        Kind.CALL,
        "Appel à candidatures : 2 membres du bureau du CLVA à la commission d'attribution des subventions",
        "Ville de Malakoff",
        None,
        None,
        "vie-associative@malakoff.example",
        "La commission d'attribution des subventions de fonctionnement se tiendra mi-février 2022. Deux "
        "membres du bureau "
        "du CLVA y participeront.",
        audiences=ONLY,
        deadline=Deadline(date(2022, 2, 20), "mi-février 2022", True),
    ),
    Item(
        "c3",
        Kind.CALL,
        "Fonds d'initiatives locales (exemple)",
        "Département (exemple)",
        None,
        "https://departement.example/fil",
        None,
        "Petits projets de quartier; une page suffit.",
        "Jusqu'à 1 500 €",
        audiences=ONLY,
        deadline=Deadline(date(2021, 12, 15), "15/12/21"),
    ),
    Item(
        "c4",
        Kind.CALL,
        "Budget participatif (exemple)",
        "Ville de Malakoff",
        None,
        "https://nous.malakoff.example/budget",
        None,
        "Ouvert aux habitants et aux associations: une idée pour le quartier, dix lignes pour la dire.",
        "10 000 € par projet",
        audiences=BOTH,
        deadline=Deadline(date(2022, 1, 30), "dimanche 30 janvier 2022 à minuit"),
    ),
    Item(
        "c5",
        Kind.CALL,
        "Appel au fil de l'eau (exemple)",
        "Région (exemple)",
        audiences=ONLY,
        description="Aide à l'emploi associatif, sans date limite.",
    ),
    Item(
        "c6",
        Kind.CALL,
        "Appel clos (exemple)",
        "Région (exemple)",
        audiences=ONLY,
        deadline=Deadline(date(2021, 10, 15), "15/10/2021"),
    ),
)
TRAININGS = (
    Item(
        "t1",
        Kind.TRAINING,
        "Création de vidéo avec un smartphone",
        "Ville de Malakoff",
        audiences=ONLY,
        occurrences=once(at(2021, 11, 27, 9, 30), at(2021, 11, 27, 12, 30)),
    ),
    Item(
        "t2",
        Kind.TRAINING,
        "Administrer la plateforme nous.malakoff.fr (membres du bureau)",
        "Ville de Malakoff",
        description="Présentation détaillée et formation d'administration, pour les associations "
        "administratrices de la "
        "plateforme.",
        audiences=ONLY,
        occurrences=once(date(2022, 1, 21), date(2022, 1, 31), True),
        written="d'ici fin janvier 2022",
    ),
    Item(
        "t3",
        Kind.TRAINING,
        "Utiliser nous.malakoff.fr (toutes les associations)",
        "Ville de Malakoff",
        description="Proposer, voter, annoncer un évènement: les dates viendront avec la prochaine lettre.",
        audiences=ONLY,
        occurrences=once(date(2022, 1, 1), date(2022, 12, 31), True),
        written="dans le courant de l'année 2022",
    ),
    Item(
        "t4",
        Kind.TRAINING,
        "Comptabilité pour trésoriers débutants (exemple)",
        "Proj'aide (exemple)",
        "Maison de la vie associative",
        "https://projaide.example/compta",
        None,
        "Tenir un journal, préparer une assemblée générale, lire un bilan. 12 places.",
        "Gratuit",
        audiences=ONLY,
        occurrences=once(at(2022, 1, 15, 14), at(2022, 1, 15, 17)),
        deadline=Deadline(date(2022, 1, 7), "7 janvier"),
    ),
    Item(
        "t5",
        Kind.TRAINING,
        "Premiers secours (exemple)",
        "Protection civile (exemple)",
        "Caserne (exemple)",
        "https://secours.example/psc1",
        None,
        "Une journée, un diplôme, des gestes qui restent.",
        "60 €",
        audiences=BOTH,
        occurrences=once(at(2021, 12, 18, 9), at(2021, 12, 18, 17)),
        deadline=Deadline(date(2021, 12, 14), "14 décembre"),
    ),
)
MEETINGS = (
    Item(
        "m1",
        Kind.MEETING,
        "Prochain bureau du CLVA",
        "CLVA",
        "Maison de la vie associative",
        audiences=ONLY,
        description="L'ordre du jour sera élaboré avec toutes et tous.",
        occurrences=once(date(2022, 2, 1), date(2022, 2, 10), True),
        written="début février 2022",
    ),
    Item(
        "m2",
        Kind.MEETING,
        "Café des bénévoles (exemple)",
        "Malakfé",
        "Malakfé (exemple)",
        audiences=BOTH,
        description="Une heure pour rencontrer celles et ceux qui cherchent un coup de main.",
        occurrences=once(at(2021, 12, 16, 18, 30), at(2021, 12, 16, 19, 30)),
    ),
)
EXCHANGES = (
    Item(
        "x1",
        Kind.EXCHANGE,
        "Prêt de 20 chaises pliantes (exemple)",
        "Malakfé",
        contact="contact@malakfe.example",
        exchange=Exchange.OFFER,
        audiences=ONLY,
        publish_until=date(2022, 3, 31),
        description="À venir chercher, par paquets de dix.",
    ),
    Item(
        "x2",
        Kind.EXCHANGE,
        "Cherche bénévoles pour tenir l'épicerie le samedi matin (exemple)",
        "Coopérative alimentaire auto-gérée de Malakoff",
        contact="benevoles@coop.example",
        exchange=Exchange.REQUEST,
        audiences=BOTH,
        description="Trois heures par mois, formation sur place.",
    ),
    Item(
        "x3",
        Kind.EXCHANGE,
        'Local de répétition le mardi soir, "à partager" (exemple)',
        "Arts&Bien-être",
        exchange=Exchange.SHARE,
        audiences=ONLY,
        publish_until=date(2022, 6, 30),
    ),
    Item(
        "x4",
        Kind.EXCHANGE,
        "Aide aux devoirs : deux soirs par semaine (exemple)",
        "Agir pour la solidarité",
        contact="01 47 46 75 11",
        exchange=Exchange.REQUEST,
        audiences=BOTH,
    ),
)
NEWS = (
    Item(
        "n1",
        Kind.NEWS,
        "Questionnaire de bilan du Forum de rentrée",
        "Bureau du CLVA",
        url="https://nous.malakoff.fr",
        audiences=ONLY,
        publish_from=date(2021, 12, 1),
        publish_until=date(2021, 12, 31),
        description="Le bureau du CLVA lance un questionnaire de bilan sur la plateforme nous.malakoff.fr.",
    ),
    Item(
        "n2",
        Kind.NEWS,
        "Une salle ressources en libre accès",
        "Ville de Malakoff",
        audiences=BOTH,
        publish_from=date(2021, 12, 1),
        publish_until=date(2022, 1, 31),
        image=picture("salle.jpg", "Plan de la future salle ressources", 700, 900),
        description="Bientôt au 1er étage de la Maison de la vie associative : documentation administrative et "
        "financière, "
        "accès informatique, tableaux d'affichage. De petites réunions, des rencontres ou des formations "
        "pourront s'y "
        "dérouler. À terme, la salle s'installera au rez-de-chaussée et s'ouvrira aux collectifs d'habitants, "
        "dans une "
        "Maison de la citoyenneté. Le mobilier sera modulable, pour permettre des usages variés.",
    ),
    Item(
        "n3",
        Kind.NEWS,
        "nous.malakoff.fr : un groupe pour les associations",
        "Ville de Malakoff",
        url="https://nous.malakoff.fr",
        audiences=ONLY,
        description="Propositions et votes, forum d'échanges, évènements, informations: la plateforme mise en "
        "place en 2021 "
        "accueille un groupe dédié.",
    ),
    Item(
        "n4",
        Kind.NEWS,
        "Bilan du forum (exemple)",
        "Ville de Malakoff",
        audiences=BOTH,
        publish_from=date(2022, 1, 4),
    ),
)
MONTH = (*EVENTS, *CALLS, *TRAININGS, *MEETINGS, *EXCHANGES, *NEWS)
