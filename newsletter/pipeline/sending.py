"""Send: an approved edition in, a copy per subscriber out, and what became of each. Nothing leaves twice by itself.

What is late waits for a person: an edition that would begin `late_by` hours after its time, and copies that still wait
so long after their mailing began. A person who asks for it has it go.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from newsletter import delivery, tokens
from newsletter.config import Config
from newsletter.errors import ApprovalRefused, NotYet
from newsletter.model import DeliveryState, EditionState, MailingState, Recipient
from newsletter.pipeline.composing import both, name_of
from newsletter.pipeline.hearing import refusals
from newsletter.pipeline.mailing import links, message, ready
from newsletter.pipeline.reading import Advance, quietly
from newsletter.pipeline.watching import look_back
from newsletter.store import Edition, Store, Watched, Worker

LEAVING = (EditionState.APPROVED, EditionState.SCHEDULED, EditionState.SENDING, EditionState.SENT)
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Order:
    """What to send now: a month, for which audiences; `to`, one address for a test copy. `by_itself`: nobody asks."""

    month: date
    audiences: Sequence[str]
    to: str | None = None
    by_itself: bool = False


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


def send(
    config: Config,
    store: Store,
    order: Order,
    clock: Clock,
    *,
    progress: Advance = quietly,
    ticks: Callable[[], float] | None = None,
) -> list[Sent]:
    """Sends an approved edition. What has left already doesn't leave again, whoever asks and however often.

    `ticks`: seconds of this boot, from a door whose clock is the real one: it shows when that one jumps.
    Raises ApprovalRefused when it isn't approved, TransportError when nothing can leave; NotYet when a person has just
    sent it, and may undo it.
    """
    ready(config)
    month = name_of(order.month)
    worker = Worker.here()
    ledger, held = look_back(config, store, worker, clock(), ticks)
    edition = store.editions.get(month)
    if edition is None or edition.state not in LEAVING:
        raise ApprovalRefused(held or f"l'édition {month} n'est pas approuvée : newsletter approve {month} --by NOM")
    if order.by_itself and (waiting := store.departures.waiting(month)):
        raise NotYet(f"{waiting.by} a envoyé {month}, qui part à {waiting.leaves_at:%H:%M} UTC si rien ne le défait")
    if not ledger.mailings(month) and not any(readers(config, store, order).values()):
        raise ApprovalRefused("personne ne recevrait cette lettre : newsletter subscribers import FICHIER")
    ledger.recover(worker, at=clock())
    with closing(delivery.open_transport(config.delivery, config.folder, os.environ)) as transport:
        office = _Office(config, store, ledger, worker, transport, clock, order.by_itself)
        return [office.mail(edition, audience, progress) for audience in order.audiences if audience in edition.letters]


@dataclass(frozen=True, slots=True)
class _Office:
    config: Config
    store: Store
    ledger: Watched
    worker: Worker
    transport: delivery.Transport
    clock: Clock
    by_itself: bool

    def mail(self, edition: Edition, audience: str, progress: Advance) -> Sent:
        ledger, month = self.ledger, edition.month
        letter = self.store.editions.letters(month)[audience]
        hold = self._doubt(edition) if self.by_itself else None
        number = ledger.create(month, audience, letter.digest, at=self.clock(), hold=hold)
        self._late(number)
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
        ledger.recover(self.worker, at=self.clock())  # what the database ended meanwhile for one who died
        ledger.finish(number, at=self.clock())
        return _sent(self.store, number, handed)

    def _doubt(self, edition: Edition) -> str | None:
        """Why a mailing that nobody asked for doesn't begin."""
        hours = self.config.schedule.late_by
        if self.clock() - edition.send_at > timedelta(hours=hours):
            meant = edition.send_at.astimezone(self.config.town.zone)
            return (
                f"elle devait partir le {meant:%d/%m/%Y à %H:%M}, il y a plus de {hours} h ; newsletter resume "
                f"{edition.month} pour l’envoyer quand même, newsletter cancel {edition.month} pour y renoncer"
            )
        return self.ledger.unknown(edition.send_at)

    def _late(self, number: int) -> None:
        """What still waits when the mailing's time is over: given up, or tried again because a person asks."""
        mailing, hours = self.ledger.mailing(number), self.config.schedule.late_by
        if self.clock() - (mailing.began_at or mailing.created_at) <= timedelta(hours=hours):
            return
        if self.by_itself:
            self.ledger.give_up(number, hours, at=self.clock())
        elif mailing.state is not MailingState.HELD:
            self.ledger.begin_again(number, at=self.clock())


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
    return _each(store, month, lambda number: store.ledger.resume(number, at=at))


def cancel(store: Store, month: date, at: datetime) -> int:
    """What hasn't left won't."""
    return _each(store, month, lambda number: store.ledger.cancel(number, at=at))


def _each(store: Store, month: date, change: Callable[[int], bool]) -> int:
    return sum(change(mailing.id) for mailing in store.ledger.mailings(name_of(month)))


def resolve(store: Store, month: date, how: Literal["resend", "drop"], at: datetime) -> int:
    """A person settles what is uncertain; how many copies. Nothing else ever sends them again."""
    return store.ledger.resolve(name_of(month), how, by="la ligne de commande", at=at)
