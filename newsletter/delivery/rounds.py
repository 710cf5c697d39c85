"""A round: one call of `send`, shared by its connections. Who is left, what was answered, whether to go on.

A mail is taken by one connection, and answered once or put back before any of its content left.
"""

from collections import deque
from collections.abc import Sequence
from threading import Event, Lock

from newsletter.delivery.address import Undeliverable
from newsletter.delivery.mime import Copy, Template
from newsletter.delivery.pace import Pace
from newsletter.errors import NewsletterError, TransportError
from newsletter.model import Answer, Receipt, Recipient

PATIENCE = 100


class Strain:
    """How much a relay did but fail since it last served: past a limit it is left alone, not hammered."""

    def __init__(self) -> None:
        self._felt = 0
        self._lock = Lock()

    def eased(self) -> None:
        """A mailbox got its answer: the relay works."""
        self._felt = 0

    def felt(self, weight: int) -> bool:
        """Adds one failure; whether it is one too many."""
        with self._lock:
            self._felt += weight
            return self._felt >= PATIENCE


class Round:
    """Its receipts are read when all connections have finished: a thread woken for each would cost half the speed."""

    def __init__(self, template: Template, recipients: Sequence[Recipient], pace: Pace, strain: Strain) -> None:
        self.template = template
        self.receipts: list[Receipt] = []
        self.fault: NewsletterError | None = None
        self.obstacle: TransportError | None = None
        self._waiting: deque[Recipient | Copy] = deque(recipients)
        self._pace = pace
        self._strain = strain
        self._stopped = Event()
        self._over = Event()

    @property
    def stopped(self) -> bool:
        """Whether nobody more is to be served."""
        return self._stopped.is_set()

    @property
    def going(self) -> bool:
        """Whether somebody is left to take."""
        return bool(self._waiting) and not self._stopped.is_set()

    def take(self, *, patient: bool) -> Copy | None:
        """The next copy, at its moment. None when nobody is left or, without patience, when its moment is to come."""
        while self.going and (patient or not self._pace.delay()):
            try:
                waiting = self._waiting.popleft()
            except IndexError:
                break
            delay = 0.0 if isinstance(waiting, Copy) else self._pace.claim()
            if delay and self._stopped.wait(delay):
                self.put_back(waiting)
            elif copy := self._written(waiting):
                return copy
        if not self._waiting:
            self._over.set()
        return None

    def _written(self, waiting: Recipient | Copy) -> Copy | None:
        try:
            return waiting if isinstance(waiting, Copy) else self.template.join(waiting)
        except Undeliverable as error:
            self.answer(waiting.delivery, Answer.REFUSED, str(error))
        except NewsletterError as error:
            self.put_back(waiting)
            self.halt(error)
        return None

    def put_back(self, waiting: Recipient | Copy) -> None:
        """Somebody no content was sent for: another connection may take them."""
        self._waiting.appendleft(waiting)
        if not self._stopped.is_set():
            self._over.clear()

    def answer(self, delivery: str, answer: Answer, detail: str, reference: str | None = None) -> None:
        """Settles one copy."""
        self.receipts.append(Receipt(delivery, answer, detail, reference))

    def postpone(self, delivery: str, detail: str, seconds: float) -> None:
        """One copy that may be tried again in so many seconds."""
        self.receipts.append(Receipt(delivery, Answer.LATER, detail, retry_after=seconds))

    def served(self) -> None:
        """The relay did its work for somebody."""
        self._strain.eased()

    def strained(self, weight: int, why: str) -> None:
        """The relay failed once more; after too many in a row the round ends."""
        if self._strain.felt(weight):
            self.halt(
                TransportError(f"le serveur d'envoi échoue sans arrêt ({why}) ; le reste attend, rien n'est perdu")
            )

    def rest(self, seconds: float) -> bool:
        """Waits so long unless all is over; whether there is still something to do."""
        if seconds and self.going:
            self._over.wait(seconds)
        return self.going

    def halt(self, fault: NewsletterError) -> None:
        """Ends the round: the first fault is the one told."""
        self.fault = self.fault or fault
        self.stop()

    def stop(self) -> None:
        """Nobody more is taken; what is on its way ends."""
        self._stopped.set()
        self._over.set()

    def left(self) -> list[str]:
        """The deliveries nobody took."""
        return [waiting.delivery for waiting in self._waiting]
