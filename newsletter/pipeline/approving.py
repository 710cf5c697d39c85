"""Approve: a person and the bytes they saw in, an approved edition out; and back to a draft, which they are told.

An approval is of one digest: the letters' bytes, the audience rules, the send time. Errors of checks block it; who
approves in the studio ticks each warning. When it takes two people, who made the edition is none of them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from newsletter.config import Config
from newsletter.errors import ApprovalRefused, NotAllowed
from newsletter.model.studio import Act, Deed, Person, Role, Tick
from newsletter.pipeline.arranging import allow
from newsletter.pipeline.composing import FROZEN, Plan, compose, look, name_of
from newsletter.pipeline.telling import tell_voided
from newsletter.store import Edition, Store, Voided


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approves what, when. `digest`: the one seen, of the edition or of one of its letters; None: the last.

    `ticked`: the keys of the warnings they accept; None: who types a command has read them all.
    """

    by: str
    digest: str | None
    at: datetime
    role: Role = Role.PROGRAM
    ticked: Collection[str] | None = None


def approve(config: Config, store: Store, month: date, approval: Approval) -> Edition:
    """Approves the letters composed last, or composes them. Raises ApprovalRefused when what was seen is not that.

    With `schedule.approvals` of them the edition is approved. Raises NotAllowed when their role's doesn't count.
    """
    _counts(config, approval)
    name = name_of(month)
    if store.editions.get(name) is None:
        compose(config, store, Plan(month, approval.at))
    letters = store.editions.letters(name)
    edition = _edition(store, name)
    if edition.state in FROZEN and approval.digest in (None, edition.digest):
        return edition
    seen = {edition.digest, *(letter.digest for letter in letters.values())}
    if approval.digest is not None and approval.digest not in seen:
        raise ApprovalRefused(f"l'édition {name} a changé depuis : son empreinte est maintenant {edition.digest}")
    findings = _findings(config, store, name)
    _refuse("à corriger avant d'approuver :", (tick for tick in findings if tick.finding.severity == "error"))
    warnings = [tick for tick in findings if tick.finding.severity == "warning"]
    if approval.ticked is not None:
        _refuse("à cocher avant d'approuver :", (tick for tick in warnings if tick.key not in approval.ticked))
    _another(config, store, name, approval.by)
    detail = "\n".join(_said(tick) for tick in warnings)
    deed = Deed(approval.at, approval.by, approval.role, "approve", name, edition.digest, detail)
    needed = config.schedule.approvals
    return store.editions.approve(name, edition.digest, by=approval.by, at=approval.at, needed=needed, deed=deed)


def warnings(config: Config, store: Store, month: date) -> list[Tick]:
    """What who approves the edition as it is composed has to tick, one by one."""
    findings = _findings(config, store, name_of(month))
    return [tick for tick in findings if tick.finding.severity == "warning"]


def reopen(config: Config, store: Store, month: date, by: Person, at: datetime) -> Voided:
    """It is a draft again; those who approved it are told. Raises ApprovalRefused when it is leaving, NotAllowed."""
    allow(by, Act.REOPEN)
    name = name_of(month)
    voided = store.editions.reopen(name, Deed(at, by.name, by.role, "reopen", name), at=at)
    others = replace(voided, by=tuple(one for one in voided.by if one != by.name))
    tell_voided(config, store, others, f"{by.name} l’a rouverte.", at)
    return voided


def _counts(config: Config, approval: Approval) -> None:
    if approval.role is Role.PROGRAM:  # whoever may type the command
        return
    allow(Person(approval.by, approval.role), Act.APPROVE)
    if approval.role.value not in config.schedule.approvers:
        raise NotAllowed(f"l’accord de votre rôle ({approval.role}) ne compte pas : config.toml, schedule.approvers")


def _another(config: Config, store: Store, name: str, by: str) -> None:
    """When it takes two, nobody approves what they made."""
    made = {store.editions.basis(name).by, store.arrangements.get(name).by}
    if config.schedule.approvals > 1 and by in made:
        raise ApprovalRefused(
            f"vous avez composé ou modifié l’édition {name} : il y faut l’accord de {config.schedule.approvals} autres "
            "personnes"
        )


def _findings(config: Config, store: Store, name: str) -> list[Tick]:
    found = look(config, store.editions.letters(name), store.editions.basis(name).findings)
    return [Tick(audience, finding) for audience, findings in found.items() for finding in findings]


def _refuse(why: str, ticks: Iterable[Tick]) -> None:
    said = [_said(tick) for tick in ticks]
    if said:
        raise ApprovalRefused("\n".join([why, *said]))


def _said(tick: Tick) -> str:
    return f"{tick.audience} : {tick.finding.message}"


def _edition(store: Store, name: str) -> Edition:
    edition = store.editions.get(name)
    if edition is None:
        raise ApprovalRefused(f"l'édition {name} n'est pas composée : newsletter compose {name}")
    return edition
