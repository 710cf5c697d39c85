"""One request, tried again while SendGrid says that it did not take it. A body in, a verdict out.

A wait is shared: when SendGrid asks one request for patience, the others wait as well.
"""

import time
from collections.abc import Sequence
from random import SystemRandom
from threading import Event

from newsletter.delivery.sendgrid.client import Account, NotSent, Unanswered, connect
from newsletter.delivery.sendgrid.verdict import Busy, Unknown, Verdict, judge
from newsletter.errors import NewsletterError, TransportError

PAUSES = (0.0, 0.5, 2.0, 5.0, 10.0)  # at most, before each try: half of it or more, by chance
PATIENCE = 60.0  # a longer wait is for the ledger
CHANCE = SystemRandom()


class Window:
    """One call of `send`: whether it goes on, and what ended it."""

    def __init__(self) -> None:
        self.fault: NewsletterError | None = None
        self._over = Event()

    @property
    def going(self) -> bool:
        """Whether another request may leave."""
        return not self._over.is_set()

    def rest(self, seconds: float) -> bool:
        """Waits so long, unless all is over; whether it is not."""
        return not (self._over.wait(seconds) if seconds > 0 else self._over.is_set())

    def stop(self) -> None:
        """No request more."""
        self._over.set()

    def halt(self, fault: NewsletterError) -> None:
        """Ends it: the first fault is the one told."""
        self.fault = self.fault or fault
        self.stop()


class Post:
    """The way to SendGrid, for all that goes there."""

    def __init__(self, account: Account, pauses: Sequence[float] = PAUSES) -> None:
        self._client, self.lines = connect(account)
        self._pauses = pauses
        self._opens_at = 0.0

    def send(self, window: Window, body: bytes) -> Verdict:
        """Busy once it was tried for a while, or all stops. Raises TransportError."""
        verdict, cut = Busy("pas encore remis", 0.0), ""
        for pause in self._pauses:
            wait = max(CHANCE.uniform(pause / 2, pause), self._opens_at - time.monotonic())
            if wait > PATIENCE:
                return Busy(verdict.detail, wait)
            if not window.rest(wait):
                return Busy(verdict.detail, 0.0)
            try:
                answered = self._once(body)
            except NotSent as error:
                cut = str(error)
                continue
            if not isinstance(answered, Busy):
                return answered
            verdict, cut = answered, ""
            if verdict.seconds is not None:
                self._opens_at = max(self._opens_at, time.monotonic() + verdict.seconds)
        if cut:
            raise TransportError(f"SendGrid n’est pas joignable ({cut}) ; vérifiez le réseau, ou attendez")
        return verdict

    def _once(self, body: bytes) -> Verdict:
        try:
            response = self._client.client.mail.send.post(body)
        except Unanswered as error:
            return Unknown(str(error))
        return judge(response.status_code, response.headers, response.body)

    def close(self) -> None:
        """Lets go of the connections."""
        self.lines.close()
