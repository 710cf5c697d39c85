"""What commands say to people, in French, on standard output: what was read, what is wrong, what to open."""

import json as _json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any

from rich.console import Console

from newsletter.model import Catalogue, DeliveryState, EditionState, Problem, SourceCount
from newsletter.model.decisions import Word
from newsletter.pipeline import Collected, Composition, DryRun, Sent, Trial
from newsletter.store import Edition, Heard
from newsletter.timetable import FRENCH, Step

DAYS = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")
out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)

advice = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)

SEVERITIES = {"error": ("Erreur", "bold red"), "warning": ("À voir", "yellow")}
STATES = {
    "draft": "brouillon",
    "in review": "en relecture",
    "approved": "approuvée",
    "scheduled": "programmée",
    "sending": "en cours d'envoi",
    "sent": "envoyée",
    "cancelled": "annulée",
    "filling": "en préparation",
    "ready": "prête",
    "paused": "en pause",
    "held": "retenue : attend une personne",
    "done": "terminée",
    "queued": "à remettre",
    "accepted": "remis",
    "delivered": "arrivés",
    "bounced": "revenus",
    "complained": "signalés",
    "refused": "refusés",
    "uncertain": "incertains",
    "skipped": "laissés (partis depuis)",
    "dropped": "abandonnés",
}


def json(answer: Mapping[str, object]) -> None:
    """The answer for a program."""
    sys.stdout.write(_json.dumps(answer, ensure_ascii=False, indent=1) + "\n")


def approved(edition: Edition, by: str, needed: int) -> None:
    """Who agreed, and whether that is enough."""
    left = needed - len(edition.approvals)
    if edition.state is EditionState.IN_REVIEW and left > 0:
        say(f"Accord de {by} sur {edition.month} : il en faut encore {left} ; {edition.digest}")
    else:
        say(f"Édition {edition.month} approuvée par {by} : {edition.digest}")


def say(sentence: object) -> None:
    """One line of an answer."""
    out.print(str(sentence))


def number(count: int, one: str, many: str | None = None) -> str:
    """ "1 ligne", "3 lignes"."""
    return f"{count} {one if count < 2 else many or one + 's'}"


def check(catalogue: Catalogue) -> None:
    """What was read, and what is wrong: the errors first."""
    _read(catalogue.sources)
    problems(catalogue.problems)


def _read(sources: Sequence[SourceCount]) -> None:
    out.print(
        f"Lu : {number(sum(s.rows for s in sources), 'ligne')} dans {number(len(sources), 'tableau', 'tableaux')}, "
        f"{number(sum(s.items for s in sources), 'élément')}."
    )
    for source in sources:
        where = source.file if source.sheet is None else f"{source.file}, feuille « {source.sheet} »"
        parts = [number(source.items, "élément")]
        parts += [number(source.merged, "fusionnée")] if source.merged else []
        parts += [number(source.refused, "refusée")] if source.refused else []
        reasons = Counter(skip.reason for skip in source.skipped)
        parts += [f"{number(sum(reasons.values()), 'passée')} ({', '.join(sorted(reasons))})"] if reasons else []
        out.print(f"  {where} : {number(source.rows, 'ligne')} = {' + '.join(parts)}")
        if source.unread:
            out.print(f"    colonnes non lues : {', '.join(source.unread)}", style="dim")


def problems(found: Sequence[Problem]) -> None:
    """What is wrong: the errors first."""
    counts = Counter(problem.severity for problem in found)
    if not found:
        out.print("Aucun problème.")
        return
    out.print(f"\n{number(counts['error'], 'erreur')}, {number(counts['warning'], 'point')} à voir :")
    for severity, (label, style) in SEVERITIES.items():
        for problem in found:
            if problem.severity == severity:
                out.print(f"  {label}", style=style, end="")
                out.print(f"  {problem}")


def decided(ids: Sequence[str], word: Word) -> None:
    """What staff said of two rows."""
    what = "la même chose : ils n'en font plus qu'une" if word == "same" else "deux choses : ils restent deux"
    out.print(f"C'est noté, {ids[0]} et {ids[1]} sont {what}. « newsletter check » le montre.")


def compose(composition: Composition, names: Iterable[str], folder: Path, zone: tzinfo) -> None:
    """Each letter: its weight, its items, what was left out and why, what checks say, where it is."""
    edition = composition.edition
    leaves = edition.send_at.astimezone(zone)
    out.print(f"Édition {edition.month}, envoi prévu le {leaves:%d/%m/%Y à %H:%M} : {edition.digest}")
    for name in names:
        _letter(composition, name)
        out.print(f"    à ouvrir : {_near(folder / name)}.html · .txt · .mjml · .eml")
    if not composition.kept:
        out.print(_unkept(composition))


def _letter(composition: Composition, name: str) -> None:
    letter, findings = composition.letters[name], composition.findings[name]
    size = len(letter.html.encode()) / 1000
    out.print(f"\n  {name} — « {letter.subject} »")
    out.print(
        f"    {number(len(letter.items), 'élément')}, {size:.0f} Ko de HTML, {len(letter.text) / 1000:.0f} Ko de texte"
    )
    elsewhere = [left for left in letter.left_out if name not in left.item.audiences]
    for left in letter.left_out:
        if left not in elsewhere:
            out.print(f"    laissé : {left.item.title} — {left.reason}", style="dim")
    if elsewhere:
        out.print(f"    {number(len(elsewhere), 'élément')} pour d'autres lecteurs", style="dim")
    for finding in findings:
        label, style = SEVERITIES[finding.severity]
        out.print(f"    {label}", style=style, end="")
        out.print(f"  {finding.message}")


def _near(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _unkept(composition: Composition) -> str:
    edition = composition.edition
    same = {name: letter.digest for name, letter in composition.letters.items()} == dict(edition.letters)
    state = STATES[edition.state]
    if same:
        return f"\nL'édition est {state} et rien n'a changé depuis."
    return (
        f"\nL'édition est {state} et des lignes ont changé depuis : ce qui a été approuvé reste tel quel. "
        f"Pour le remplacer, et faire approuver à nouveau : newsletter compose {edition.month} --reopen"
    )


def send(month: str, sent: Sequence[Sent]) -> None:
    """How each mailing ended."""
    for mailing in sent:
        counts = ", ".join(f"{count} {STATES.get(state, state)}" for state, count in mailing.counts.items() if count)
        now = (
            f"{number(mailing.handed, 'exemplaire remis', 'exemplaires remis')} maintenant"
            if mailing.handed
            else ("rien de plus à remettre")
        )
        out.print(f"{month}, {mailing.audience} : {now} ({STATES[mailing.state]} ; {counts or 'aucun abonné'})")
        if mailing.reason:
            out.print(f"  {mailing.reason}")
        if mailing.counts[DeliveryState.UNCERTAIN]:
            out.print(f"  à trancher : newsletter resolve {month} --list")


def tried(trial: Trial) -> None:
    """Where a test copy went."""
    for audience, detail in trial.answers.items():
        out.print(f"{audience} : exemplaire d'essai pour {trial.to} — {detail}")


def uncertain(answer: Mapping[str, Any]) -> None:
    """Whose copies nobody knows about."""
    copies = answer["uncertain"]
    for copy in copies:
        out.print(f"{copy['address'] or 'adresse effacée'} ({copy['audience']}), depuis {copy['since']}")
    if not copies:
        out.print("Rien d'incertain.")


def resolved(month: str, how: str, count: int) -> None:
    """What a person settled."""
    what = "à nouveau à remettre : newsletter send " + month if how == "resend" else "abandonnés"
    out.print(f"{number(count, 'exemplaire')} {what}")


def dry_run(month: str, run: DryRun) -> None:
    """Who would get a copy, and what the provider says of it."""
    for audience, count in run.counts.items():
        out.print(f"{month}, {audience} : {number(count, 'exemplaire partirait', 'exemplaires partiraient')}")
        if audience in run.answers:
            out.print(f"  {run.answers[audience]}")


def status(editions: Sequence[Mapping[str, Any]]) -> None:
    """Where each edition and mailing stands."""
    if not editions:
        out.print("Aucune édition : newsletter compose MOIS")
    for edition in editions:
        out.print(f"{edition['edition']} : {STATES[str(edition['state'])]}")
        for mailing in edition["mailings"]:
            counts = [
                f"{count} {STATES[state]}" for state, count in mailing.items() if isinstance(count, int) and count
            ]
            out.print(
                f"  {mailing['audience']} : {STATES[mailing['state']]} ({', '.join(counts) or 'aucun exemplaire'})"
            )
            if mailing["reason"]:
                out.print(f"    {mailing['reason']}")


def held(steps: Sequence[Mapping[str, Any]]) -> None:
    """Sends that wait for a person."""
    for step in steps:
        out.print(f"{step['edition']} : l'envoi attend une personne — {step['reason']}")


def heard(said: Heard) -> None:
    """What one mail said."""
    if not (said.new or said.known or said.strange):
        out.print("Ce courriel ne parle d'aucun exemplaire : rien n'a changé.")
    else:
        out.print(f"Entendu : {_heard(said)}.")


def collected(visit: Collected) -> None:
    """What the mailbox held."""
    out.print(
        f"{number(visit.looked, 'message non lu', 'messages non lus')}, dont {number(visit.understood, 'compris')} : "
        f"{_heard(visit.heard)}."
    )


def _heard(said: Heard) -> str:
    known = [
        number(said.new, "retour nouveau", "retours nouveaux"),
        number(said.known, "déjà connu", "déjà connus"),
        *([f"{said.strange} d'aucun exemplaire connu"] if said.strange else []),
        *([number(said.left, "désabonnement", "désabonnements")] if said.left else []),
    ]
    return ", ".join(known)


def schedule(steps: Sequence[Step], zone: tzinfo) -> None:
    """What will happen, edition by edition."""
    for edition in dict.fromkeys(step.edition for step in steps):
        out.print(edition)
        for step in steps:
            if step.edition == edition:
                at = step.at.astimezone(zone)
                out.print(f"  {DAYS[at.weekday()]} {at:%d/%m/%Y à %H:%M}   {FRENCH[step.name]}")
