"""SendGrid: up to 1,000 readers a request through /v3/mail/send. A `Message` and recipients in, receipts out.

A window is one request, in a thread; the ledger lets two be under way. What SendGrid says it did not take is tried
again for a while, or later; what may have been taken is uncertain, and never sent again here. Somebody it can't write
to is refused alone: by the name it gives, else by halving the batch until it is found.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from newsletter.delivery.address import Undeliverable
from newsletter.delivery.sendgrid import request
from newsletter.delivery.sendgrid.batches import NOT_YET, SOON, Batch
from newsletter.delivery.sendgrid.client import Account
from newsletter.delivery.sendgrid.post import PAUSES, Post, Window
from newsletter.delivery.sendgrid.request import Personal
from newsletter.errors import NewsletterError, TransportError
from newsletter.model import Answer, Message, Receipt, Recipient

__all__ = ["Account", "SendGrid"]

PERSONALIZATIONS = 1000
AT_ONCE = 2  # as many windows as are under way
ENOUGH = 100  # what two silences weigh, or three windows that were not taken: past it SendGrid is left alone

log = logging.getLogger(__name__)


class SendGrid:
    """SendGrid's API as a transport. `sandbox`: it judges each request, and sends none."""

    def __init__(
        self, account: Account, *, rate: int | None = None, sandbox: bool = False, pauses: Sequence[float] = PAUSES
    ) -> None:
        self.batch_size = min(PERSONALIZATIONS, max(1, rate // 12)) if rate else PERSONALIZATIONS
        self._sandbox = sandbox
        self._post = Post(account, pauses)
        self._interval = 60 / rate if rate else 0.0
        self._next = 0.0
        self._strain = 0
        self._windows: list[Window] = []
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="sendgrid")

    @property
    def opened(self) -> int:
        """How many connections were opened."""
        return self._post.lines.opened

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Iterator[Receipt]:
        """Begins at once. Answers once for each; raises TransportError, at the end, when no more may be handed over."""
        window = Window()
        self._windows.append(window)
        return self._answers(window, self._threads.submit(self._carried, window, message, recipients))

    def close(self) -> None:
        """Waits for the answers under way, and lets go of the connections."""
        self._stop()
        self._threads.shutdown()
        self._post.close()

    def _answers(self, window: Window, carrying: Future[list[Receipt]]) -> Iterator[Receipt]:
        """The first Ctrl-C lets the request under way end, so that it is known; the second doesn't wait."""
        interrupted = False
        try:
            while not carrying.done():
                try:
                    carrying.exception()
                except KeyboardInterrupt:
                    if interrupted:
                        raise
                    interrupted = True
                    self._stop()
            yield from carrying.result()
        finally:
            window.stop()
            self._windows.remove(window)
        if interrupted:
            raise KeyboardInterrupt
        if window.fault:
            raise window.fault

    def _stop(self) -> None:
        for window in self._windows:
            window.stop()

    def _carried(self, window: Window, message: Message, recipients: Sequence[Recipient]) -> list[Receipt]:
        receipts: list[Receipt] = []
        try:
            draft = request.draft(message, self._sandbox)
            people = list(_sealed(draft, recipients, receipts))
        except NewsletterError as error:
            window.halt(error)
            return [Receipt(reader.delivery, Answer.LATER, NOT_YET, retry_after=SOON) for reader in recipients]
        if not window.rest(self._turn(len(people))):
            return receipts + [Receipt(one.delivery, Answer.LATER, NOT_YET, retry_after=0.0) for one in people]
        batch = Batch(
            window,
            lambda group: self._post.send(window, draft.request(group)),
            strained=lambda weight, why: self._strained(window, weight, why),
            eased=self._eased,
        )
        receipts += batch.carry(people)
        log.info("sendgrid_window readers=%d", len(recipients))
        return receipts

    def _turn(self, copies: int) -> float:
        """Seconds until a window may leave, at so many copies a minute."""
        now = time.monotonic()
        moment = max(self._next, now)
        self._next = moment + copies * self._interval
        return moment - now

    def _eased(self) -> None:
        self._strain = 0

    def _strained(self, window: Window, weight: int, why: str) -> None:
        self._strain += weight
        if self._strain >= ENOUGH:
            window.halt(TransportError(f"SendGrid échoue sans arrêt ({why}) ; le reste attend, rien n’est perdu"))


def _sealed(draft: request.Draft, recipients: Sequence[Recipient], refused: list[Receipt]) -> Iterator[Personal]:
    for reader in recipients:
        try:
            yield draft.personal(reader)
        except Undeliverable as error:
            refused.append(Receipt(reader.delivery, Answer.REFUSED, str(error)))
