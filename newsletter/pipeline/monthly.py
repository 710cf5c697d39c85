"""A month's steps, as verbs of this story: who is written to, what is composed, examined, sent, reported.

Each may be begun again after a crash: a mail is about its edition and step, and leaves once; the ledger does the rest.
Never here: when a step is due (timetable, scheduling); the call for news (asking).
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parseaddr
from functools import partial

from newsletter import timetable, tokens
from newsletter.composer import wording
from newsletter.config import Config
from newsletter.domain import Resolver
from newsletter.errors import ApprovalRefused, TransportError
from newsletter.model import DeliveryState, EditionState, MailingState
from newsletter.model.steps import StepState
from newsletter.model.studio import Person, Role
from newsletter.pipeline import saying
from newsletter.pipeline.asking import collect, remind
from newsletter.pipeline.composing import look as look_at
from newsletter.pipeline.drafting import Drafted, compose_apart
from newsletter.pipeline.examining import examine
from newsletter.pipeline.reading import Advance, quietly
from newsletter.pipeline.reviewing import Planned, request_review
from newsletter.pipeline.scheduling import Clock, Doer, Doers, Errand, Outcome
from newsletter.pipeline.sending import LEAVING, Order, Sent, readers, send
from newsletter.store import Store
from newsletter.timetable import Name

PROGRAM = Person("le programme", Role.PROGRAM)
BY_HAND = "newsletter approve"  # what `send` advises who sends by a command
FIRST = 5  # of what is wrong, the rest is on the studio's page
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
        Name.COLLECT: collect,
        Name.REMIND: remind,
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
            order = Order(date.fromisoformat(f"{edition.month}-01"), due, by_itself=True)
            sent += send(config, store, order, means.clock, progress=means.progress, ticks=means.ticks)
    return sent


def _free(store: Store, mailing: int, state: MailingState, at: datetime) -> bool:
    """Whether a copy may leave, or all have and nobody has said that it is done."""
    first = store.ledger.next_free(mailing)
    return state is MailingState.FILLING or first is None or first <= at


def _draft(errand: Errand) -> Outcome:
    made = compose_apart(errand.config, saying.month(errand), errand.at)
    review = saying.step(errand, Name.REVIEW).at
    words = "Le brouillon est composé, et le bureau va être invité à le relire."
    if review > errand.at:
        words = f"Le brouillon est composé. Le bureau sera invité à le relire le {saying.moment(errand, review)}."
    if not made.kept:
        words = "L’édition était déjà approuvée : ce qui l’est reste tel quel."
    lines = [words, *_named(errand, made.subjects), *_wrong(errand, made), "", "Lire les lettres, les arranger :"]
    subject = f"Brouillon de {saying.letter(errand)}"
    saying.mail(errand, errand.config.people.staff, subject, lines, link=saying.page(errand))
    return Outcome(StepState.DONE, f"composé : {made.errors} erreurs, {made.warnings} avertissements")


def _named(errand: Errand, subjects: Mapping[str, str]) -> list[str]:
    """Each letter with its subject."""
    return ["", *(f"- {saying.title(errand, name)} : « {subject} »" for name, subject in subjects.items()), ""]


def _wrong(errand: Errand, made: Drafted) -> list[str]:
    """What there is to mend in the files, and in the letters."""
    if not made.errors + made.warnings:
        words = ["Dans les fichiers, il n’y a rien à corriger."]
    else:
        errors = wording.counted(made.errors, "ligne ne paraîtra pas", "lignes ne paraîtront pas")
        seen = wording.counted(made.warnings, "chose est à regarder", "choses sont à regarder")
        words = [f"Dans les fichiers : {errors} sans correction, {seen}."]
        first = sorted(made.catalogue.problems, key=lambda problem: problem.severity != "error")
        words += [*_first([str(problem) for problem in first]), "Tout y est, case par case :", saying.files(errand)]
    found = [finding.partition(" : ") for finding in made.findings]
    letters = [f"{saying.title(errand, name)} : {said}" for name, _, said in found]
    return [*words, "", "Dans les lettres :", *_first(letters)] if letters else words


def _first(lines: Sequence[str]) -> list[str]:
    """The first of them, and how many more there are."""
    more = len(lines) - FIRST
    return [f"- {line}" for line in lines[:FIRST]] + ([f"- et {more} de plus"] if more > 0 else [])


def _review(errand: Errand) -> Outcome:
    """The bureau by signed links, which open the draft without an account; staff by the studio's address."""
    config, store, name = errand.config, errand.store, errand.step.edition
    edition = store.editions.get(name)
    if edition is None:
        raise ApprovalRefused(f"l’édition {name} n’est pas composée : rien à relire")
    if edition.state in LEAVING:
        return Outcome(StepState.DONE, "l’accord est déjà donné : rien à relire")
    deadline = saying.moment(errand, saying.step(errand, Name.APPROVAL).at)
    asking = tokens.Signer(tokens.secrets(config.var, os.environ)), errand.at
    asked = request_review(
        config, store, saying.month(errand), PROGRAM, asking, planned=Planned(errand.step.at, deadline)
    )
    whom = f"Invités à la relire, chacun par un lien à son nom : {', '.join(asked)}."
    if not asked:
        whom = "Le bureau n’a pas d’adresse dans les réglages (people.bureau) : invitez-le depuis le studio."
    words = [f"{wording.capital(saying.letter(errand))} est à relire. {whom}"]
    words += _named(errand, {key: letter.subject for key, letter in store.editions.letters(name).items()})
    words += [f"L’accord est attendu avant le {deadline}.", "Lire, répondre aux remarques, donner son accord :"]
    saying.mail(errand, config.people.staff, f"À relire : {saying.letter(errand)}", words, link=saying.page(errand))
    return Outcome(StepState.DONE, f"invitations à relire : {len(asked)}")


def _rehearse(errand: Errand, means: Means) -> Outcome:
    """Everything but the sending."""
    checks = examine(errand.config, errand.at, means.asking)
    leaves = saying.moment(errand, saying.step(errand, Name.SEND).at)
    wrong = [f"- À réparer, {one.about} : {one.said}" for one in checks if one.state == "wrong"]
    wrong += _letters_wrong(errand)
    words = [f"L’envoi est prévu le {leaves}. Tout vient d’être essayé, sauf le départ.", "", *wrong]
    words += [f"- À voir, {one.about} : {one.said}" for one in checks if one.state == "warning"]
    words += [*_unreached(errand), "", *_counts(errand), "", "Où en est le mois :"]
    said = wording.counted(len(wrong), "chose à réparer", "choses à réparer") if wrong else "tout est prêt"
    subject = f"Répétition de {saying.letter(errand)} : {said}"
    saying.mail(errand, errand.config.people.staff, subject, words, link=saying.page(errand))
    return Outcome(StepState.DONE, said)


def _letters_wrong(errand: Errand) -> list[str]:
    if errand.store.editions.get(errand.step.edition) is None:
        return ["- À réparer, lettres : le brouillon n’est pas composé ; composez-le dans le studio"]
    letters = errand.store.editions.letters(errand.step.edition)
    found = look_at(errand.config, letters)
    wrong = ((name, one) for name, all_ in found.items() for one in all_ if one.severity == "error")
    return [f"- À réparer, {saying.title(errand, name)} : {one.message}" for name, one in wrong]


def _unreached(errand: Errand) -> list[str]:
    """Mails of this month that didn't arrive at people it asks, or counts on."""
    people = errand.config.people
    known = [parseaddr(person)[1] for person in (*people.staff, *people.bureau, *people.collect)]
    refused = errand.store.notices.refused(known, since=saying.steps(errand)[0].at)
    return [f"- À voir, courriels : « {subject} » n’est pas arrivé à {address}" for address, subject in refused]


def _counts(errand: Errand) -> list[str]:
    """Readers per audience, beside last month's copies."""
    month = saying.month(errand)
    before = f"{date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1):%Y-%m}"
    last = {
        mailing.audience: sum(errand.store.ledger.counts(mailing.id).values())
        for mailing in errand.store.ledger.mailings(before)
    }
    now = readers(errand.config, errand.store, Order(month, tuple(errand.config.audiences)))
    return [
        f"- {saying.title(errand, name)} : {wording.counted(count, 'personne la recevra', 'personnes la recevront')} "
        f"(le mois dernier : {last.get(name, 'pas d’envoi')})"
        for name, count in now.items()
    ]


def _approval(errand: Errand) -> Outcome:
    edition = errand.store.editions.get(errand.step.edition)
    if edition is not None and edition.state in LEAVING:
        return Outcome(StepState.DONE, "l’accord est donné")
    leaves = saying.moment(errand, saying.step(errand, Name.SEND).at)
    words = (
        f"{_missing(errand)} Sans accord, rien ne partira le {leaves} : l’envoi attendra une personne.",
        "Si vous n’avez pas de compte dans le studio, dites-nous votre avis en réponse à ce courriel.\n",
        "Relire, et donner son accord :",
    )
    people = (*errand.config.people.staff, *errand.config.people.bureau)
    subject = f"Il manque un accord pour {saying.letter(errand)}"
    saying.mail(errand, people, subject, words, link=saying.page(errand, "/accord"))
    return Outcome(StepState.DONE, "accord manquant : rappel envoyé")


def _missing(errand: Errand) -> str:
    """Why nothing can leave."""
    letter, edition = saying.letter(errand), errand.store.editions.get(errand.step.edition)
    if edition is None:
        return f"{wording.capital(letter)} n’est pas composée."
    if not edition.approvals:
        return f"Personne n’a donné son accord à {letter}."
    return f"Il manque encore un accord à {letter} : {len(edition.approvals)} sur {errand.config.schedule.approvals}."


def _send(errand: Errand, means: Means) -> Outcome:
    """What begins to leave goes on by itself (deliver_due). What isn't approved is held, and somebody is told."""
    config, month = errand.config, errand.step.edition
    order = Order(saying.month(errand), tuple(config.audiences), by_itself=True)
    try:
        sent = send(config, errand.store, order, means.clock, progress=means.progress, ticks=means.ticks)
    except ApprovalRefused as refused:
        return _hold(errand, str(refused))
    except TransportError as fault:
        if not any(mailing.state in ON_THE_WAY for mailing in errand.store.ledger.mailings(month)):
            raise
        return Outcome(StepState.DONE, f"commencé, puis retardé : {fault}")
    held = [f"{saying.title(errand, one.audience)} : {one.reason}" for one in sent if one.state is MailingState.HELD]
    if held:
        return _hold(errand, " ; ".join(held))
    return Outcome(StepState.DONE, ", ".join(f"{one.audience} : {one.handed} remis" for one in sent))


def _hold(errand: Errand, reason: str) -> Outcome:
    edition = errand.store.editions.get(errand.step.edition)
    why, rule, asks = [reason], "Rien ne part sans une personne.", "Voir où en est l’envoi :"
    if edition is None or edition.state not in LEAVING:
        why, rule = [*(why if BY_HAND not in reason else []), _missing(errand)], "Sans accord, rien ne part."
        asks = "Donner son accord, puis envoyer :"
    elif not errand.store.ledger.mailings(errand.step.edition):
        asks = "L’envoyer quand même :"
    words = (*why, f"{rule}\n", asks)
    people = (*errand.config.people.staff, *errand.config.people.bureau)
    subject = f"{wording.capital(saying.letter(errand))} n’est pas partie"
    saying.mail(errand, people, subject, words, link=saying.page(errand, "/accord"))
    return Outcome(StepState.HELD, reason)


def _report(errand: Errand) -> Outcome:
    lines = []
    for mailing in errand.store.ledger.mailings(errand.step.edition):
        counts = errand.store.ledger.counts(mailing.id)
        parts = [f"{counts[state]} {said}" for state, said in SAID.items() if counts[state]]
        if gone := errand.store.subscribers.gone(mailing.audience, mailing.created_at):
            parts.append(f"{gone} abonné{'s' * (gone > 1)} de moins depuis l’envoi")
        lines.append(f"{saying.title(errand, mailing.audience)} : {', '.join(parts) or 'aucun exemplaire'}")
        lines += [mailing.reason] if mailing.reason else []
    subject = f"Bilan de {saying.letter(errand)}, {after(errand.step.after)}"
    words = ["Exemplaires :", *(f"- {line}" for line in lines), "", "Où en est l’envoi :"]
    saying.mail(errand, errand.config.people.staff, subject, words, link=saying.page(errand, "/accord"))
    return Outcome(StepState.DONE, " ; ".join(lines))


def after(written: str) -> str:
    """« 1 heure après l’envoi », « 3 jours après l’envoi »."""
    number = int(written[2:])
    one, many = ("heure", "heures") if written[0] == "H" else ("jour", "jours")
    return f"{wording.counted(number, one, many)} après l’envoi"


def _missed(errand: Errand) -> Outcome:
    """Too late: somebody is told, and a send waits for them."""
    step, what = errand.step, timetable.FRENCH[errand.step.name]
    planned = saying.moment(errand, step.at)
    if step.name is Name.SEND:
        return _hold(errand, f"Elle devait partir le {planned}, et il est trop tard pour qu’elle parte d’elle-même.")
    words = (
        f"L’étape « {what} » de {saying.letter(errand)} était prévue le {planned}. Il est trop tard : elle n’est pas "
        "faite.\n",
        "Où en est le mois :",
    )
    subject = f"Une étape manquée : {what}, {wording.month(saying.month(errand))}"
    saying.mail(errand, errand.config.people.staff, subject, words, link=saying.page(errand))
    return Outcome(StepState.SKIPPED, f"prévue le {planned} : trop tard")
