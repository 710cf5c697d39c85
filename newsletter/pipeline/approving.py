"""Approve: a person and the bytes they saw in, an approved edition out."""

from dataclasses import dataclass
from datetime import date, datetime

from newsletter.config import Config
from newsletter.errors import ApprovalRefused
from newsletter.pipeline.composing import FROZEN, Plan, compose, look, name_of
from newsletter.store import Edition, Store


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approves what, when. `digest`: the one seen, of the edition or of one of its letters; None: the last."""

    by: str
    digest: str | None
    at: datetime


def approve(config: Config, store: Store, month: date, approval: Approval) -> Edition:
    """Approves the letters composed last, or composes them. Raises ApprovalRefused when what was seen is not that."""
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
    faults = [
        f"{audience} : {finding.message}"
        for audience, findings in look(config, letters).items()
        for finding in findings
        if finding.severity == "error"
    ]
    if faults:
        raise ApprovalRefused("\n".join(["à corriger avant d'approuver :", *faults]))
    store.editions.approve(name, edition.digest, by=approval.by, at=approval.at)
    return _edition(store, name)


def _edition(store: Store, name: str) -> Edition:
    edition = store.editions.get(name)
    if edition is None:
        raise ApprovalRefused(f"l'édition {name} n'est pas composée : newsletter compose {name}")
    return edition
