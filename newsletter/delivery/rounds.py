"""Rounds and the line: windows of recipients in, errands out one by one, an answer back for each.

A round is one call of `send`. All rounds stand in one line, so that a connection goes from one to the next without
waiting. An errand is answered once, or put back before any of its content left.
All but `Round.ended` belongs to the thread of the connections.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Event

from newsletter.delivery.address import Undeliverable
from newsletter.delivery.mime import Copy, Template
from newsletter.delivery.pace import Pace
from newsletter.errors import NewsletterError, TransportError
from newsletter.model import Answer, Receipt, Recipient

DOT = b".\r\n"
PATIENCE = 100
SOON = 60.0  # a relay that said goodbye, or that nobody could reach
NOT_YET = "pas encore remis"
Sign = Callable[[bytes], bytes]


class Round:
    """A window on its way. `fault`: why no more may be handed over."""

    def __init__(self, template: Template, recipients: Sequence[Recipient], sign: Sign | None = None) -> None:
        self.template = template
        self._sign = sign
        self.waiting = deque(recipients)
        self.receipts: list[Receipt] = []
        self.fault: NewsletterError | None = None
        self.stopped = False
        self.again_in = SOON
        self.ended = Event()
        self.seconds = 0.0
        self._began: float | None = None
        self._size = self._owed = len(recipients)

    def begin(self) -> None:
        """Somebody is taken: from the first one on its time is counted."""
        self._began = self._began or time.monotonic()

    def copy(self, reader: Recipient) -> Copy:
        """The mail of one reader with the dot that ends it, signed where mails are. Raises Undeliverable."""
        if self._sign is None:
            return self.template.join(reader, DOT)
        copy = self.template.join(reader)
        return replace(copy, content=b"".join((self._sign(copy.content), copy.content, DOT)))

    @property
    def a_second(self) -> float:
        """How many mails a second the relay took."""
        return self._size / max(self.seconds, 1e-3)

    def answer(self, delivery: str, answer: Answer, detail: str, reference: str | None = None) -> None:
        """Settles one copy."""
        self._add(Receipt(delivery, answer, detail, reference))

    def postpone(self, delivery: str, detail: str, seconds: float) -> None:
        """One copy that may be tried again in so many seconds."""
        self._add(Receipt(delivery, Answer.LATER, detail, retry_after=seconds))

    def stop(self, fault: NewsletterError | None, seconds: float) -> None:
        """Nobody more is taken: who waits may be tried again in so many seconds. The first fault is the one told."""
        self.stopped, self.again_in = True, seconds
        self.fault = self.fault or fault
        while self.waiting:
            self.postpone(self.waiting.popleft().delivery, NOT_YET, seconds)

    def _add(self, receipt: Receipt) -> None:
        self.receipts.append(receipt)
        self._owed -= 1
        if not self._owed:
            self.seconds = time.monotonic() - (self._began or 0.0)
            self.ended.set()


@dataclass(slots=True)
class Errand:
    """One copy to hand over, and the round that waits for its answer. `utf8`: only a server with SMTPUTF8 takes it."""

    round: Round
    copy: Copy
    utf8: bool


class Line:
    """All rounds, one behind the other; and how much the relay did but fail since it last served somebody."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._rounds: list[Round] = []
        self._back: deque[Errand] = deque()
        self._strain = 0

    def add(self, round_: Round) -> None:
        """One more round."""
        self._rounds = [*(before for before in self._rounds if not before.ended.is_set()), round_]

    @property
    def going(self) -> bool:
        """Whether somebody is left to take."""
        return bool(self._back) or any(round_.waiting for round_ in self._rounds)

    def abandon(self, fault: NewsletterError) -> None:
        """Nobody will answer any more."""
        for round_ in self._rounds:
            round_.fault = fault
            round_.ended.set()

    def take(self) -> Errand | None:
        """The next one, at once; who can't be written to is refused on the way."""
        if self._back:
            return self._back.popleft()
        while round_ := next((round_ for round_ in self._rounds if round_.waiting), None):
            reader = round_.waiting.popleft()
            try:
                copy = round_.copy(reader)
            except Undeliverable as error:
                round_.answer(reader.delivery, Answer.REFUSED, str(error))
            except NewsletterError as error:
                round_.waiting.appendleft(reader)
                self.stop(error)
            else:
                self.pace.passed()
                round_.begin()
                return Errand(round_, copy, copy.address.utf8 or round_.template.sender.utf8)
        return None

    def put_back(self, errand: Errand) -> None:
        """Somebody no content was sent for: another connection may take them, if any still may."""
        if errand.round.stopped:
            errand.round.postpone(errand.copy.delivery, NOT_YET, errand.round.again_in)
        else:
            self._back.appendleft(errand)

    def served(self) -> None:
        """The relay did its work for somebody."""
        self._strain = 0

    def strained(self, weight: int, why: str) -> None:
        """The relay failed once more; after too many in a row it is left alone, not hammered."""
        self._strain += weight
        if self._strain >= PATIENCE:
            self._strain = 0
            self.stop(TransportError(f"le serveur d'envoi échoue sans arrêt ({why}) ; ce qui reste attend"))

    def stop(self, fault: NewsletterError | None, seconds: float = SOON) -> None:
        """Ends every round: what is on its way ends, nobody more is taken."""
        for errand in self._back:
            errand.round.postpone(errand.copy.delivery, NOT_YET, seconds)
        self._back.clear()
        for round_ in self._rounds:
            round_.stop(fault, seconds)
