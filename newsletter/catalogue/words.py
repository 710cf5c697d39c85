"""What staff type in the narrow columns (type, statut, entraide, thème) → our words: tables, and what reads them."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple, TypeVar

from newsletter.catalogue.texts import choice, fold, fold_word
from newsletter.model import Exchange, Kind, Status

Word = TypeVar("Word")

KIND_NAMES = {
    Kind.EVENT: "Évènement",
    Kind.CALL: "Appel à projets",
    Kind.TRAINING: "Formation",
    Kind.MEETING: "Rencontre",
    Kind.EXCHANGE: "Entraide",
    Kind.NEWS: "Information",
}

KIND_ADVICE = choice([*KIND_NAMES.values()]) + "."


def _table(words: Mapping[Word, str]) -> dict[str, Word]:
    return {written: word for word, listed in words.items() for written in listed.split(", ")}


KINDS = _table({
    Kind.EVENT: "evenement, evenements, evt, event, events, manifestation, manifestations, agenda",
    Kind.CALL: "appel, appels, appel a projet, appel a projets, appels a projets, aap, ami, call, candidature, "
    "candidatures, appel a candidature, appel a candidatures, appels a candidatures, appel a manifestation d interet, "
    "appel a initiatives, subvention, subventions, campagne de subvention, campagne de subventions, financement",
    Kind.TRAINING: "formation, formations, training, stage de formation, cours de formation, webinaire",
    Kind.MEETING: "rencontre, rencontres, reunion, reunions, meeting, reunion publique, assemblee generale, ag, "
    "reunion d information, reunion de bureau, bureau, commission, comite, permanence, pleniere",
    Kind.EXCHANGE: "entraide, echange, echanges, exchange, offre, offres, demande, demandes, mutualisation, "
    "petite annonce, petites annonces, coup de main, offre d entraide, demande d entraide",
    Kind.NEWS: "information, informations, info, infos, actualite, actualites, actu, actus, news, nouvelle, nouvelles, "
    "breve, breves, a savoir",
})  # fmt: skip
STATUSES = _table({
    Status.CANCELLED: "annule, annulee, annules, annulees, annulation, cancelled, canceled, supprime, supprimee",
    Status.POSTPONED: "reporte, reportee, reportes, reportees, repousse, repoussee, ajourne, ajournee, differe, "
    "differee, postponed",
    Status.FULL: "complet, complete, complets, completes, full, sold out, plus de place, plus de places",
    Status.CONFIRMED: "confirme, confirmee, confirmes, confirmees, confirmed, prevu, prevue, programme, programmee, "
    "reprogramme, reprogrammee, scheduled, rescheduled, maintenu, maintenue, ok, oui, valide, validee, ouvert, "
    "ouverte, places disponibles, publie, publiee, en cours, a venir, moved online, deplace en ligne",
})  # fmt: skip
TENTATIVE = {"a confirmer", "tentative", "provisoire", "previsionnel", "sous reserve", "en option"}
UNPUBLISHED = {
    "brouillon", "draft", "a valider", "en attente de validation", "refuse", "refusee", "non publie", "non publiee",
    "ne pas publier", "ne pas diffuser", "a ne pas publier", "a ne pas diffuser",
}  # fmt: skip
EXCHANGES = _table({
    Exchange.OFFER: "offre, offres, offrir, offrons, offer, propose, proposer, proposition, proposons, pret, preter, "
    "prete, pretons, don, dons, donne, donner, donnons, a donner, a preter, mise a disposition, met a disposition",
    Exchange.REQUEST: "demande, demandes, demander, demandons, request, cherche, cherchons, chercher, recherche, "
    "recherchons, rechercher, besoin, besoins, on cherche, on recherche, appel a benevoles",
    Exchange.SHARE: "partage, partages, partager, partageons, share, echange, echanges, echanger, echangeons, "
    "mutualisation, mutualiser, mutualisons, a partager, troc, mise en commun, en commun",
})  # fmt: skip

LONGEST = 6  # words of a status
SEPARATORS = re.compile(r"\s*[,;/|+\n]\s*")
THEME = re.compile(r"[^\W\d_][\w'’ &·.-]{0,39}")
MARKS = re.compile("annul|cancel|supprim|report|repouss|ajourn|diff[eé]r|postpon|complet|full|sold", re.IGNORECASE)
BRACKETED = re.compile(r"\s*[\[(]\s*([^\[\]()]{3,25})[\])]\s*[-–—:!]*\s*")
MARK_FIRST = re.compile(r"(\w+)\s*(?::|!|[–—]|\s-)\s*(?=\S)")
MARK_LAST = re.compile(r"\s+[-–—:]\s*(\w+)$|(?<=\))\s*[-–—:]?\s*(\w+)$")


class Typed(NamedTuple):
    """What a Type cell says. `near` is the type it may have meant; themes are the sorts of event it names."""

    kind: Kind
    exchange: Exchange | None = None
    themes: tuple[str, ...] = ()
    near: str | None = None


@lru_cache(maxsize=1024)
def kind(written: str, default: Kind) -> Typed:
    """A Type cell. « Concert » or « Sport » are no type of ours: they become themes."""
    whole, parts = fold_word(written), themes(written)
    shared = exchange(written) if default is Kind.EXCHANGE else EXCHANGES.get(whole)
    if default is Kind.EXCHANGE and shared:
        return Typed(default, shared)
    known = KINDS.get(whole) or next((KINDS[word] for word in map(fold_word, parts) if word in KINDS), None)
    others = tuple(part for part in parts if fold_word(part) not in KINDS)
    if known:
        return Typed(known, shared if known is Kind.EXCHANGE else None, () if whole in KINDS else others)
    close = get_close_matches(whole, KINDS, 1, 0.8)
    if close or not all(THEME.fullmatch(part) for part in others):
        return Typed(default, near=KIND_NAMES[KINDS[close[0]]] if close else "")
    return Typed(default, themes=others)


@lru_cache(maxsize=1024)
def status(written: str) -> tuple[Status | None, bool]:
    """A Statut cell, and whether it says more than the word (« Reporté au 15 janvier »)."""
    words = fold_word(written).split()
    if " ".join(words) in TENTATIVE:
        return Status.CONFIRMED, True
    for length in range(min(len(words), LONGEST), 0, -1):
        found = STATUSES.get(" ".join(words[:length]))
        if found:
            return found, length < len(words)
    return None, False


@lru_cache(maxsize=1024)
def is_unpublished(written: str) -> bool:
    """Whether the row is not to be printed (« Brouillon »)."""
    return fold_word(written) in UNPUBLISHED


def marked_title(title: str) -> tuple[str, Status | None]:
    """A title without its « [ANNULÉ] », « COMPLET - » or « – reporté », and what that said."""
    if not MARKS.search(title):
        return title, None
    for mark in BRACKETED.finditer(title):
        if (said := _mark(mark[1])) and (rest := f"{title[: mark.start()]} {title[mark.end() :]}".strip()):
            return rest, said
    first, last = MARK_FIRST.match(title), MARK_LAST.search(title)
    if first and (said := _mark(first[1])):
        return title[first.end() :], said
    if last and last.start() and (said := _mark(last[1] or last[2])):
        return title[: last.start()], said
    word, _, rest = title.partition(" ")
    if word.isupper() and rest and not rest.isupper() and (said := _mark(word)):
        return rest, said
    return title, None


def _mark(word: str) -> Status | None:
    found = STATUSES.get(fold_word(word))
    return None if found is Status.CONFIRMED else found


@lru_cache(maxsize=1024)
def exchange(written: str) -> Exchange | None:
    """An Offre / Demande cell, or the title's own first word."""
    whole = fold_word(written)
    return EXCHANGES.get(whole) or EXCHANGES.get(whole.partition(" ")[0])


@lru_cache(maxsize=1024)
def themes(written: str) -> tuple[str, ...]:
    """A Thème cell's parts, as typed; the same word twice is once."""
    parts = {fold(part): part for part in reversed(SEPARATORS.split(written.strip())) if fold(part)}
    return tuple(parts[key] for key in sorted(parts))
