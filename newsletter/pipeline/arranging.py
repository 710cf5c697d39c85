"""Arrange: what staff change of an edition in, kept as its next arrangement; what was approved is approved no longer.

The letters change when the month is composed again: until then what was composed can't be approved.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.config import Config
from newsletter.errors import FormRefused, NotAllowed
from newsletter.model.studio import Act, Arranged, Arrangement, Person
from newsletter.pipeline.telling import tell_voided
from newsletter.pipeline.typed import cleaned, line
from newsletter.store import Store

EDITORIAL, WORDS, SHORT = 3_000, 4_000, 250  # characters
ITEMS, ID = 5_000, 64


@dataclass(frozen=True, slots=True)
class Wanted:
    """An arrangement as somebody wants it, made from the one whose number they saw."""

    month: str
    arrangement: Arrangement
    seen: int


def arrange(config: Config, store: Store, wanted: Wanted, by: Person, at: datetime) -> Arranged:
    """Keeps it, and tells those whose approval that ends.

    Raises Overtaken when somebody changed it meanwhile, FormRefused, NotAllowed; ApprovalRefused when it is leaving.
    """
    allow(by, Act.ARRANGE)
    arrangement = _cleaned(wanted.arrangement)
    faults = list(_faults(config, arrangement))
    if faults:
        raise FormRefused(faults)
    kept, voided = store.arrangements.save(wanted.month, arrangement, seen=wanted.seen, by=by, at=at)
    others = replace(voided, by=tuple(name for name in voided.by if name != by.name))
    tell_voided(config, store, others, f"{by.name} l’a modifiée depuis.", at)
    return kept


def allow(by: Person, act: Act) -> None:
    """Raises NotAllowed when their role doesn't do that."""
    if not by.may(act):
        raise NotAllowed(f"votre rôle ({by.role}) ne le permet pas : demandez à un administrateur du studio")


def _cleaned(typed: Arrangement) -> Arrangement:
    return replace(
        typed,
        editorial=cleaned(typed.editorial),
        subjects={name: line(words) for name, words in typed.subjects.items() if line(words)},
        preheaders={name: line(words) for name, words in typed.preheaders.items() if line(words)},
        hidden={id_: line(reason) for id_, reason in typed.hidden.items()},
        shortened={id_: cleaned(words) for id_, words in typed.shortened.items()},
    )


def _faults(config: Config, wanted: Arrangement) -> Iterator[str]:
    if len(wanted.editorial) > EDITORIAL:
        yield f"l’éditorial a plus de {EDITORIAL} caractères : raccourcissez-le"
    for name, words in [*wanted.subjects.items(), *wanted.preheaders.items()]:
        if name not in config.audiences:
            yield f"« {line(name)[:SHORT]} » n’est pas une lettre de cette commune"
        if len(words) > SHORT:
            yield f"l’objet ou l’aperçu « {words[:40]}… » a plus de {SHORT} caractères : raccourcissez-le"
    if not all(wanted.hidden.values()):
        yield "dites pourquoi l’annonce est masquée : qui relit doit le comprendre"
    if any(len(words) > SHORT for words in wanted.hidden.values()):
        yield f"la raison de masquer une annonce a plus de {SHORT} caractères : raccourcissez-la"
    if any(len(words) > WORDS for words in wanted.shortened.values()):
        yield f"une description raccourcie a plus de {WORDS} caractères"
    if len(wanted.named) > ITEMS or any(len(id_) > ID or not id_.isprintable() for id_ in wanted.named):
        yield "une annonce de ce formulaire n’existe pas : rechargez la page"
