"""Try: what `send` would do, without a copy that leaves."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from newsletter import delivery, tokens
from newsletter.config import Config
from newsletter.errors import NewsletterError
from newsletter.model import Answer, Field, Message, Receipt, Recipient
from newsletter.pipeline.composing import name_of
from newsletter.pipeline.mailing import links, message, ready
from newsletter.pipeline.sending import Order, readers
from newsletter.store import Store

SAMPLE = "essai"
FRENCH = {Answer.REFUSED: "refusé", Answer.LATER: "à plus tard", Answer.UNCERTAIN: "sans réponse"}


@dataclass(frozen=True, slots=True)
class DryRun:
    """Who would get each letter; and what is said of a first request, by a provider that judges without sending."""

    counts: Mapping[str, int]
    answers: Mapping[str, str]


def dry_run(config: Config, store: Store, order: Order, at: datetime) -> DryRun:
    """Counts, and shows SendGrid the first readers of each letter, in its sandbox: it sends to none of them."""
    counts = readers(config, store, order)
    sandbox = delivery.open_sandbox(config.delivery, os.environ)
    if sandbox is None:
        return DryRun(counts, {})
    ready(config)
    month = name_of(order.month)
    letters = store.editions.letters(month)
    answers: dict[str, str] = {}
    with closing(sandbox):
        for audience in order.audiences:
            if audience in letters and counts[audience]:
                first = list(islice(_readers(config, store, month, audience), sandbox.batch_size))
                mail = message(config, month, letters[audience], at)
                answers[audience] = _judged(sandbox, mail, first)
    return DryRun(counts, answers)


def _readers(config: Config, store: Store, month: str, audience: str) -> Iterator[Recipient]:
    """Who would get it, under names that are no copy's: their links lead nowhere that acts."""
    signer = tokens.Signer(tokens.secrets(config.var, os.environ))
    fields = links(config, signer, SAMPLE, month, audience)
    reading = (who for who in store.subscribers.all() if audience in who.audiences)
    for place, who in enumerate(reading):
        named = {Field.FIRST_NAME: who.first_name} if who.first_name else {}
        yield Recipient(f"{SAMPLE}{place}", who.address, {**fields, **named})


def _judged(sandbox: delivery.Transport, mail: Message, first: list[Recipient]) -> str:
    receipts: list[Receipt] = []
    try:
        receipts.extend(sandbox.send(mail, first))
    except NewsletterError as error:
        return str(error)
    others = [receipt for receipt in receipts if receipt.answer is not Answer.ACCEPTED]
    taken = len(receipts) - len(others)
    said = f"SendGrid accepte la lettre pour {taken} des {len(first)} premiers lecteurs ; rien n’est parti"
    return f"{said} ({FRENCH[others[0].answer]} : {others[0].detail})" if others else said
