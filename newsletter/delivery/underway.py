"""Windows under way: handed over, and not settled yet. There are two, so that the relay works while the ledger writes.

One at a time, the ledger's two commits a window (1 to 10 ms, by the disk) would leave every connection idle as long.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

from newsletter.model import Answer, Receipt, Recipient

AT_ONCE = 2
NO_ANSWER = "l’envoi s’est arrêté sans réponse"

Send = Callable[[Sequence[Recipient]], Iterator[Receipt]]
Settle = Callable[[Sequence[Receipt]], None]


class UnderWay:
    """Begins windows and settles them in order, the last ones at its end, whatever ends it."""

    def __init__(self, send: Send, settle: Settle) -> None:
        self._send = send
        self._settle = settle
        self._windows: deque[tuple[Sequence[Recipient], Iterator[Receipt]]] = deque()

    def begin(self, readers: Sequence[Recipient]) -> None:
        """Lets a window leave; when there is one before it, settles that."""
        if readers:
            self._windows.append((readers, self._send(readers)))
        if len(self._windows) >= AT_ONCE:
            self._settle_one(*self._windows.popleft())

    def end(self) -> None:
        """Settles all, also when one of them raises."""
        with ExitStack() as each:
            for window in reversed(self._windows):
                each.callback(self._settle_one, *window)
            self._windows.clear()

    def _settle_one(self, readers: Sequence[Recipient], answers: Iterator[Receipt]) -> None:
        """An answer for each, written down whatever happens. Who got none was handed over all the same: uncertain."""
        known: dict[str, Receipt] = {}
        try:
            for receipt in answers:
                known.setdefault(receipt.delivery, receipt)
        finally:
            self._settle(
                [known.get(who.delivery) or Receipt(who.delivery, Answer.UNCERTAIN, NO_ANSWER) for who in readers]
            )
