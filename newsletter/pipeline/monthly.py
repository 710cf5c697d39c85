"""A month's steps, as verbs of this story: who is written to, what is composed, examined, sent, reported.

Each may be begun again after a crash: a mail is about its edition and step, and leaves once; the ledger does the rest.
Never here: when a step is due (timetable, scheduling).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parseaddr
from functools import partial

from newsletter import notices, timetable
from newsletter.config import Config
from newsletter.domain import Resolver
from newsletter.errors import ApprovalRefused, TransportError
from newsletter.model import DeliveryState, EditionState, Kind, MailingState
from newsletter.model.steps import StepState
from newsletter.pipeline.composing import look as look_at
from newsletter.pipeline.drafting import compose_apart
from newsletter.pipeline.examining import examine
from newsletter.pipeline.models import path_of
from newsletter.pipeline.reading import Advance, quietly
from newsletter.pipeline.scheduling import Clock, Doer, Doers, Errand, Outcome
from newsletter.pipeline.sending import LEAVING, Order, Sent, readers, send
from newsletter.store import Store
from newsletter.timetable import Name, Step

ON_THE_WAY = (MailingState.FILLING, MailingState.READY, MailingState.SENDING)
SAID = {
    DeliveryState.ACCEPTED: "remis",
    DeliveryState.DELIVERED: "arrivés",
    DeliveryState.BOUNCED: "revenus",
    DeliveryState.COMPLAINED: "signalés comme indésirables",
    DeliveryState.REFUSED: "refusés",
    DeliveryState.UNCERTAIN: "incertains, à trancher (newsletter resolve)",
    DeliveryState.QUEUED: "encore à remettre",
    DeliveryState.SKIPPED: "laissés, partis depuis",
}
WORKBOOKS = {
    Kind.EVENT: "un évènement",
    Kind.CALL: "un appel à projets ou à candidatures",
    Kind.TRAINING: "une formation",
    Kind.MEETING: "une rencontre",
    Kind.EXCHANGE: "de l’entraide",
    Kind.NEWS: "une information",
}


@dataclass(frozen=True, slots=True)
class Means:
    """What a door lends. `progress` may raise, to stop between two windows; `ticks` as for `send`; who asks the DNS."""

    clock: Clock
    progress: Advance = quietly
    ticks: Callable[[], float] | None = None
    asking: Resolver | None = None


def doers(means: Means) -> Doers:
    """Who does each step."""
    each: dict[Name, Doer] = {
        Name.COLLECT: _collect,
        Name.DRAFT: _draft,
        Name.REVIEW: _review,
        Name.REHEARSAL: partial(_rehearse, means=means),
        Name.APPROVAL: _approval,
        Name.SEND: partial(_send, means=means),
        Name.REPORT: _report,
    }
    return Doers(each, _missed)


def deliver_due(config: Config, store: Store, means: Means) -> list[Sent]:
    """Goes on with every mailing that is on its way and has a copy that may leave now. Raises TransportError."""
    sent: list[Sent] = []
    for edition in store.editions.all():
        if edition.state is not EditionState.SENDING:
            continue
        due = tuple(
            mailing.audience
            for mailing in store.ledger.mailings(edition.month)
            if mailing.state in ON_THE_WAY and _free(store, mailing.id, mailing.state, means.clock())
        )
        if due:
            order = Order(_month(edition.month), due, by_itself=True)
            sent += send(config, store, order, means.clock, progress=means.progress, ticks=means.ticks)
    return sent


def _free(store: Store, mailing: int, state: MailingState, at: datetime) -> bool:
    """Whether a copy may leave, or all have and nobody has said that it is done."""
    first = store.ledger.next_free(mailing)
    return state is MailingState.FILLING or first is None or first <= at


def _collect(errand: Errand) -> Outcome:
    closing = next(step for step in _steps(errand) if step.name is Name.DRAFT)
    until = _said(errand, closing.at)
    words = (
        f"La prochaine lettre part bientôt. Envoyez-nous vos annonces avant le {until}, en répondant à ce courriel "
        "avec le classeur rempli.\nUn évènement, un appel, une formation, une rencontre, un coup de main : tout ce que "
        "les habitants ou les associations doivent savoir.\nLes classeurs à remplir :"
    )
    words += "".join(f"\n- {said} : {errand.config.site.address}{path_of(kind)}" for kind, said in WORKBOOKS.items())
    count = _tell(errand, errand.config.people.collect, f"Vos annonces pour la lettre de {_name(errand)}", words)
    return Outcome(StepState.DONE, f"{count} associations sollicitées" if count else "people.collect est vide")


def _draft(errand: Errand) -> Outcome:
    made = compose_apart(errand.config, _month(errand.step.edition), errand.at)
    lines = [f"{audience} : « {subject} »" for audience, subject in made.subjects.items()]
    lines += [f"{made.errors} lignes en erreur, {made.warnings} à voir : newsletter check", *made.findings]
    lines += ["Le brouillon est dans var/drafts/, à ouvrir dans un navigateur."]
    if not made.kept:
        lines += ["L’édition était déjà approuvée : ce qui l’est reste tel quel."]
    _tell(errand, errand.config.people.staff, f"Brouillon de {_name(errand)}", "\n".join(lines))
    return Outcome(StepState.DONE, f"composé : {made.errors} erreurs, {made.warnings} avertissements")


def _review(errand: Errand) -> Outcome:
    edition = errand.store.editions.get(errand.step.edition)
    if edition is None:
        raise ApprovalRefused(f"l’édition {errand.step.edition} n’est pas composée : rien à relire")
    deadline = next(step for step in _steps(errand) if step.name is Name.APPROVAL)
    letters = errand.store.editions.letters(edition.month)
    words = [f"{audience} : « {letter.subject} »" for audience, letter in letters.items()]
    words += [f"Dites votre accord, ou ce qui ne va pas, avant le {_said(errand, deadline.at)}."]
    words += [f"Empreinte de ce qui est à relire : {edition.digest}"]
    people = (*errand.config.people.bureau, *errand.config.people.staff)
    count = _tell(errand, people, f"À relire : la lettre de {_name(errand)}", "\n".join(words))
    return Outcome(StepState.DONE, f"{count} personnes invitées à relire")


def _rehearse(errand: Errand, means: Means) -> Outcome:
    """Everything but the sending."""
    checks = examine(errand.config, errand.at, means.asking)
    lines = [f"{'À réparer' if one.state == 'wrong' else 'À voir'} — {one.about} : {one.said}" for one in checks]
    lines = [line for line, one in zip(lines, checks, strict=True) if one.state != "right"]
    lines += _letters_wrong(errand) + _counts(errand)
    wrong = sum(one.state == "wrong" for one in checks)
    title = f"Répétition de {_name(errand)} : " + (f"{wrong} choses à réparer" if wrong else "tout est prêt")
    _tell(errand, errand.config.people.staff, title, "\n".join(lines))
    return Outcome(StepState.DONE, f"{wrong} choses à réparer" if wrong else "tout est prêt")


def _letters_wrong(errand: Errand) -> list[str]:
    if errand.store.editions.get(errand.step.edition) is None:
        return [f"À réparer — lettres : l’édition n’est pas composée ; newsletter compose {errand.step.edition}"]
    letters = errand.store.editions.letters(errand.step.edition)
    found = look_at(errand.config, letters)
    return [f"{name} : {one.message}" for name, all_ in found.items() for one in all_ if one.severity == "error"]


def _counts(errand: Errand) -> list[str]:
    """Readers per audience, beside last month's copies."""
    month = _month(errand.step.edition)
    before = f"{date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1):%Y-%m}"
    last = {
        mailing.audience: sum(errand.store.ledger.counts(mailing.id).values())
        for mailing in errand.store.ledger.mailings(before)
    }
    now = readers(errand.config, errand.store, Order(month, tuple(errand.config.audiences)))
    return [
        f"{name} : {count} lecteurs (le mois dernier : {last.get(name, 'pas d’envoi')})" for name, count in now.items()
    ]


def _approval(errand: Errand) -> Outcome:
    edition = errand.store.editions.get(errand.step.edition)
    if edition is not None and edition.state in LEAVING:
        return Outcome(StepState.DONE, "l’accord est donné")
    leaves = next(step for step in _steps(errand) if step.name is Name.SEND)
    words = (
        f"L’accord n’est pas donné. Sans lui, rien ne partira le {_said(errand, leaves.at)} : l’envoi attendra une "
        f"personne.\nPour l’approuver : newsletter approve {errand.step.edition} --by NOM"
    )
    people = (*errand.config.people.staff, *errand.config.people.bureau)
    _tell(errand, people, f"Il manque un accord pour la lettre de {_name(errand)}", words)
    return Outcome(StepState.DONE, "accord manquant : rappel envoyé")


def _send(errand: Errand, means: Means) -> Outcome:
    """What begins to leave goes on by itself (deliver_due). What isn't approved is held, and somebody is told."""
    config, month = errand.config, errand.step.edition
    order = Order(_month(month), tuple(config.audiences), by_itself=True)
    try:
        sent = send(config, errand.store, order, means.clock, progress=means.progress, ticks=means.ticks)
    except ApprovalRefused as refused:
        return _hold(errand, str(refused))
    except TransportError as fault:
        if not any(mailing.state in ON_THE_WAY for mailing in errand.store.ledger.mailings(month)):
            raise
        return Outcome(StepState.DONE, f"commencé, puis retardé : {fault}")
    held = [f"{one.audience} : {one.reason}" for one in sent if one.state is MailingState.HELD]
    if held:
        return _hold(errand, " ; ".join(held))
    return Outcome(StepState.DONE, ", ".join(f"{one.audience} : {one.handed} remis" for one in sent))


def _hold(errand: Errand, reason: str) -> Outcome:
    words = f"{reason}\nRien ne part sans une personne : newsletter status {errand.step.edition}"
    people = (*errand.config.people.staff, *errand.config.people.bureau)
    _tell(errand, people, f"La lettre de {_name(errand)} n’est pas partie", words)
    return Outcome(StepState.HELD, reason)


def _report(errand: Errand) -> Outcome:
    lines = []
    for mailing in errand.store.ledger.mailings(errand.step.edition):
        counts = errand.store.ledger.counts(mailing.id)
        parts = [f"{counts[state]} {said}" for state, said in SAID.items() if counts[state]]
        if gone := errand.store.subscribers.gone(mailing.audience, mailing.created_at):
            parts.append(f"{gone} abonné{'s' * (gone > 1)} de moins depuis l’envoi")
        lines.append(f"{mailing.audience} : {', '.join(parts) or 'aucun exemplaire'}")
        lines += [f"  {mailing.reason}"] if mailing.reason else []
    title = f"Bilan de la lettre de {_name(errand)} ({errand.step.after})"
    _tell(errand, errand.config.people.staff, title, "\n".join(lines))
    return Outcome(StepState.DONE, " ; ".join(lines))


def _missed(errand: Errand) -> Outcome:
    """Too late: somebody is told, and a send waits for them."""
    step, what = errand.step, timetable.FRENCH[errand.step.name]
    words = f"Étape « {what} » de {step.edition}, prévue le {_said(errand, step.at)} : trop tard, elle n’est pas faite."
    if step.name is Name.SEND:
        return _hold(errand, words)
    _tell(errand, errand.config.people.staff, f"Une étape manquée : {what}, {_name(errand)}", words)
    return Outcome(StepState.SKIPPED, words)


def _tell(errand: Errand, people: Sequence[str], subject: str, words: str) -> int:
    """A mail to each, once; how many people."""
    config, step = errand.config, errand.step
    paper = notices.Paper(config.town, config.templates, "fr")
    addresses = dict.fromkeys(parseaddr(person)[1] for person in people)
    for address in addresses:
        word = hashlib.sha256(f"{step.edition} {step.key} {address}".encode()).hexdigest()[:16]
        about = f"{step.edition} {step.key} {word}"
        errand.store.notices.put(
            notices.report(paper, address, about=about, subject=subject, words=words), at=errand.at
        )
    return len(addresses)


def _steps(errand: Errand) -> list[Step]:
    return timetable.of_month(errand.config.schedule, _month(errand.step.edition), errand.config.town.zone)


def _said(errand: Errand, moment: datetime) -> str:
    return f"{moment.astimezone(errand.config.town.zone):%d/%m/%Y à %H:%M}"


def _month(edition: str) -> date:
    return date.fromisoformat(f"{edition}-01")


MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip


def _name(errand: Errand) -> str:
    month = _month(errand.step.edition)
    return f"{MONTHS[month.month - 1]} {month.year}"
