"""Asking for news: a call to all of `people.collect`, and a reminder to who hasn't answered it.

Somebody has answered when a file of theirs (`contact` of a source) was written since the call. Whose source is a feed
has nothing to send: it is read where it is published. Of who has no source of their own nothing can be known: they
are reminded, in words that thank who has answered.
"""

from datetime import datetime, timedelta
from email.utils import parseaddr

from newsletter import fetch
from newsletter.composer import wording
from newsletter.config import Config, Source
from newsletter.model import Kind
from newsletter.model.steps import StepState
from newsletter.pipeline import saying
from newsletter.pipeline.models import path_of
from newsletter.pipeline.scheduling import Errand, Outcome
from newsletter.timetable import Name

LEFT_ALONE = timedelta(days=1)  # after a call that came late
NOBODY = Outcome(StepState.DONE, "people.collect est vide")
WORKBOOKS = {
    Kind.EVENT: "un évènement",
    Kind.CALL: "un appel à projets ou à candidatures",
    Kind.TRAINING: "une formation",
    Kind.MEETING: "une rencontre",
    Kind.EXCHANGE: "de l’entraide",
    Kind.NEWS: "une information",
}


def collect(errand: Errand) -> Outcome:
    """The call."""
    people = errand.config.people.collect
    if not people:
        return NOBODY
    words = (
        f"{wording.capital(saying.letter(errand))} part le {_leaving(errand)}. Pour y paraître, envoyez-nous vos "
        f"annonces avant le {_closing(errand)}, en répondant à ce courriel avec le classeur rempli.\n",
        "Un évènement, un appel, une formation, une rencontre, un coup de main : tout ce que les habitants ou les "
        "associations doivent savoir.\n",
        _workbooks(errand),
    )
    count = saying.mail(errand, people, f"Vos annonces pour {saying.letter(errand)}", words)
    return Outcome(StepState.DONE, f"appel envoyé, adresses : {count}")


def remind(errand: Errand) -> Outcome:
    """The reminder; none within a day of the call."""
    if not errand.config.people.collect:
        return NOBODY
    called = _called(errand)
    if errand.at < called + LEFT_ALONE:
        return Outcome(StepState.DONE, "l’appel vient de partir : pas de rappel")
    people = silent(errand.config, called)
    words = (
        f"Il est encore temps ! Pour paraître dans {saying.letter(errand)}, envoyez-nous vos annonces avant le "
        f"{_closing(errand)}, en répondant à ce courriel avec le classeur rempli.\n",
        "Si vous avez déjà répondu, merci, et ne tenez pas compte de ce message. Si vous n’avez rien à annoncer ce "
        "mois-ci, vous n’avez rien à faire.\n",
        _workbooks(errand),
    )
    count = saying.mail(errand, people, f"Rappel : vos annonces pour {saying.letter(errand)}", words)
    return Outcome(StepState.DONE, f"rappel envoyé, adresses : {count}" if count else "tout le monde a répondu")


def silent(config: Config, since: datetime) -> list[str]:
    """Who of `people.collect` isn't known to have answered since then."""
    return [person for person in config.people.collect if not _answered(config, person, since)]


def _answered(config: Config, person: str, since: datetime) -> bool:
    theirs = [source for source in config.sources if source.contact and _same(source.contact, person)]
    return any(_here(config, source, since) for source in theirs)


def _here(config: Config, source: Source, since: datetime) -> bool:
    written = fetch.written(source, config.folder)
    return fetch.is_feed(source) or (written is not None and written >= since)


def _same(one: str, other: str) -> bool:
    return parseaddr(one)[1].casefold() == parseaddr(other)[1].casefold()


def _called(errand: Errand) -> datetime:
    """When the call went out, or was meant to."""
    call = saying.step(errand, Name.COLLECT)
    note = errand.store.steps.known([call.edition]).get((call.edition, call.key))
    went = note.settled_at if note and note.state is StepState.DONE else None
    return went or call.at


def _closing(errand: Errand) -> str:
    return saying.moment(errand, saying.step(errand, Name.DRAFT).at)


def _leaving(errand: Errand) -> str:
    return saying.moment(errand, saying.step(errand, Name.SEND).at)


def _workbooks(errand: Errand) -> str:
    links = (f"- {said} : {errand.config.site.address}{path_of(kind)}" for kind, said in WORKBOOKS.items())
    return "\n".join(("Les classeurs à remplir :", *links))
