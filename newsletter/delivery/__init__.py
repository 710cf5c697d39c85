"""Delivery: an approved letter in, a copy per subscriber out, a receipt each.

Before a copy leaves, the ledger says on disk that it does; what no answer came for is uncertain, and only a person has
it sent again. Never here: a second try by itself, a clock, an address in a log.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime

from newsletter.delivery.address import Undeliverable
from newsletter.delivery.gauge import Gauge
from newsletter.delivery.mime import eml, letter_headers
from newsletter.delivery.opening import open_sandbox, open_transport
from newsletter.delivery.transport import Transport
from newsletter.delivery.underway import UnderWay
from newsletter.model import Answer, Field, Message, Receipt, Recipient
from newsletter.store import Lease, Ledger, Window, Worker

__all__ = ["Transport", "Undeliverable", "deliver", "eml", "letter_headers", "open_sandbox", "open_transport"]

LEASED = 40  # windows; in copies, enough to be worth a transaction, and not too many to name in one statement
LEASED_LEAST, LEASED_MOST = 2000, 10_000

Fields = Callable[[Recipient], Mapping[Field, str]]

log = logging.getLogger(__name__)


def deliver(
    mailing: int,
    message: Message,
    ledger: Ledger,
    transport: Transport,
    *,
    worker: Worker,
    at: Callable[[], datetime],
    fields: Fields,
    progress: Callable[[int], None] = lambda settled: None,
    refused: Callable[[Sequence[Receipt]], object] = lambda receipts: None,
) -> None:
    """Hands over every copy that may leave now; a relay's "later" stays queued (`ledger.next_free`).

    `fields` gives a reader's links; `progress` is told how many copies were settled, `refused` which ones nobody took.
    A mailing whose first copies are refused too often pauses itself. Raises what the transport raises, once all that is
    known is settled.
    """
    gauge = Gauge(ledger.counts(mailing))

    def settle(receipts: Sequence[Receipt]) -> None:
        ledger.settle(receipts, at=at())
        if reason := gauge.reason(receipts):
            ledger.pause(mailing, reason)
        if gone := [receipt for receipt in receipts if receipt.answer is Answer.REFUSED]:
            _log_refusals(gone)
            refused(gone)
        progress(len(receipts))

    size = max(LEASED_LEAST, min(LEASED * transport.batch_size, LEASED_MOST))
    while lease := ledger.lease(mailing, worker, at=at(), size=size):
        with ExitStack() as ending:
            ending.callback(lambda held: ledger.release(held, at=at()), lease)
            under_way = UnderWay(lambda readers: transport.send(message, readers), settle)
            ending.callback(under_way.end)
            for window in _windows(lease, transport):
                under_way.begin(ledger.hand_over(_linked(window, fields), at=at()))  # on disk before a byte leaves


def _windows(lease: Lease, transport: Transport) -> Iterator[Window]:
    """All of it, as much at once as the transport wants at that moment."""
    start = 0
    while start < len(lease.rows):
        stop = start + transport.batch_size
        yield Window(lease.id, lease.rows[start:stop], lease.recipients[start:stop])
        start = stop


def _linked(window: Window, fields: Fields) -> Window:
    """With each reader's links, made before anything is handed over: what they raise leaves all queued."""
    readers = (Recipient(who.delivery, who.address, {**who.fields, **fields(who)}) for who in window.recipients)
    return replace(window, recipients=tuple(readers))


def _log_refusals(receipts: Sequence[Receipt]) -> None:
    for receipt in receipts:
        log.info("copy_refused delivery=%s reason=%s", receipt.delivery, receipt.detail)
