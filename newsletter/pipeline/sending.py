"""Send: an approved edition in, a copy per subscriber out, and what became of each. Nothing leaves twice by itself."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from newsletter import delivery, tokens
from newsletter.config import Config
from newsletter.errors import ApprovalRefused
from newsletter.model import DeliveryState, EditionState, MailingState, Recipient
from newsletter.pipeline.composing import both, name_of
from newsletter.pipeline.hearing import refusals
from newsletter.pipeline.mailing import links, message, ready
from newsletter.pipeline.reading import Advance, quietly
from newsletter.store import Store, Worker

LEAVING = (EditionState.APPROVED, EditionState.SCHEDULED, EditionState.SENDING, EditionState.SENT)
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Order:
    """What to send now: a month, for which audiences; `to`, one address for a test copy."""

    month: date
    audiences: Sequence[str]
    to: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """How one mailing stands: `handed` copies left now; `reason` says why it stopped; `next_try` when "later" ends."""

    audience: str
    state: MailingState
    counts: Mapping[DeliveryState, int]
    handed: int
    reason: str | None = None
    next_try: datetime | None = None

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody has to look."""
        return self.state in (MailingState.HELD, MailingState.PAUSED) or bool(self.counts[DeliveryState.UNCERTAIN])


def send(config: Config, store: Store, order: Order, clock: Clock, *, progress: Advance = quietly) -> list[Sent]:
    """Sends an approved edition. What has left already doesn't leave again, whoever asks and however often.

    Raises ApprovalRefused when it isn't approved, TransportError when nothing can leave.
    """
    ready(config)
    month = name_of(order.month)
    edition = store.editions.get(month)
    if edition is None or edition.state not in LEAVING:
        raise ApprovalRefused(f"l'édition {month} n'est pas approuvée : newsletter approve {month} --by NOM")
    if not store.ledger.mailings(month) and not any(readers(config, store, order).values()):
        raise ApprovalRefused("personne ne recevrait cette lettre : newsletter subscribers import FICHIER")
    worker = Worker.here()
    store.ledger.recover(worker, at=clock())
    with closing(delivery.open_transport(config.delivery, config.folder, os.environ)) as transport:
        office = _Office(config, store, worker, transport, clock)
        return [office.mail(month, audience, progress) for audience in order.audiences if audience in edition.letters]


@dataclass(frozen=True, slots=True)
class _Office:
    config: Config
    store: Store
    worker: Worker
    transport: delivery.Transport
    clock: Clock

    def mail(self, month: str, audience: str, progress: Advance) -> Sent:
        ledger = self.store.ledger
        letter = self.store.editions.letters(month)[audience]
        number = ledger.create(month, audience, letter.digest, at=self.clock())
        if ledger.mailing(number).state is MailingState.FILLING:
            ledger.fill(number, at=self.clock(), both=both(self.config, self.store, month))
        signer = tokens.Signer(tokens.secrets(self.config.var, os.environ))
        waiting = ledger.counts(number)[DeliveryState.QUEUED]
        handed = 0

        def advance(settled: int) -> None:
            nonlocal handed
            handed += settled
            progress(handed, waiting)

        delivery.deliver(
            number,
            message(self.config, month, letter, ledger.mailing(number).created_at),
            ledger,
            self.transport,
            worker=self.worker,
            at=self.clock,
            fields=lambda reader: links(self.config, signer, reader.delivery, month, audience),
            progress=advance,
            refused=lambda gone: refusals(self.config, self.store, gone, self.clock()),
        )
        ledger.finish(number, at=self.clock())
        return _sent(self.store, number, handed)


def _sent(store: Store, number: int, handed: int) -> Sent:
    mailing = store.ledger.mailing(number)
    return Sent(
        mailing.audience,
        mailing.state,
        store.ledger.counts(number),
        handed,
        mailing.reason,
        store.ledger.next_free(number),
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """Where test copies went: what the transport answered for each audience."""

    to: str
    answers: Mapping[str, str]


def send_test(config: Config, store: Store, order: Order, at: datetime) -> Trial:
    """Sends a copy of what is composed, approved or not, to one address. Its links lead nowhere that acts."""
    ready(config)
    month = name_of(order.month)
    letters, to = store.editions.letters(month), order.to or ""
    signer = tokens.Signer(tokens.secrets(config.var, os.environ))
    answers: dict[str, str] = {}
    with closing(delivery.open_transport(config.delivery, config.folder, os.environ)) as transport:
        for audience in order.audiences:
            reader = Recipient(
                f"essai-{letters[audience].digest[7:19]}", to, links(config, signer, "essai", month, audience)
            )
            for receipt in transport.send(message(config, month, letters[audience], at), [reader]):
                answers[audience] = f"{receipt.answer} {receipt.detail}".strip()
    return Trial(to, answers)


def readers(config: Config, store: Store, order: Order) -> Mapping[str, int]:
    """How many would get each letter now."""
    counts = store.subscribers.count(both(config, store, name_of(order.month)))
    return {audience: counts.get(audience, 0) for audience in order.audiences}


Verb = Callable[[Store, date, datetime], int]


def pause(store: Store, month: date, at: datetime) -> int:
    """Nothing more of the month leaves until `resume`; how many mailings that changed, as all of these say."""
    return _each(store, month, store.ledger.pause)


def resume(store: Store, month: date, at: datetime) -> int:
    """A paused or held mailing may leave again."""
    return _each(store, month, store.ledger.resume)


def cancel(store: Store, month: date, at: datetime) -> int:
    """What hasn't left won't."""
    return _each(store, month, lambda number: store.ledger.cancel(number, at=at))


def _each(store: Store, month: date, change: Callable[[int], bool]) -> int:
    return sum(change(mailing.id) for mailing in store.ledger.mailings(name_of(month)))


def resolve(store: Store, month: date, how: Literal["resend", "drop"], at: datetime) -> int:
    """A person settles what is uncertain; how many copies. Nothing else ever sends them again."""
    return store.ledger.resolve(name_of(month), how, by="la ligne de commande", at=at)
