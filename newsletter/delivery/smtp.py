"""SMTP: one mail per reader through a relay, over connections kept open. A `Message` and recipients in, receipts out.

A mail is never sent twice by itself here; what can't be known is said (conversation.py). All connections are driven by
one thread (loop.py), so that they go on while the ledger writes.
"""

import logging
from collections.abc import Iterator, Sequence

from newsletter.delivery import mime, relay
from newsletter.delivery.conversation import Conversation
from newsletter.delivery.loop import Loop, Steps, Wait
from newsletter.delivery.pace import Pace
from newsletter.delivery.relay import Relay, Session
from newsletter.delivery.rounds import NOT_YET, SOON, Line, Round, Sign
from newsletter.delivery.wire import Dropped
from newsletter.errors import NewsletterError, TransportError
from newsletter.model import Answer, Message, Receipt, Recipient

AT_FIRST, AT_LEAST, AT_MOST = 5, 1, 20  # mails a connection in a window
AT_A_TIME = 0.02  # seconds a window takes: the faster the relay, the larger
PAUSES = (0.0, 1.0, 5.0)  # seconds before each try to come in

log = logging.getLogger(__name__)


class Smtp:
    """A relay as a transport. Its window is what the relay takes in 20 ms, up to 20 mails a connection.

    `sign` takes a mail's bytes and gives the header that signs them.

    Beside smtp-source, the ledger on: 1.08 of its speed with 20 ms, 0.95 with 10, 0.82 with 6; a kill every 50 mails
    left 34, 25, 20 in doubt. A relay that takes 20 a second leaves two a connection in doubt, and not 40.
    """

    def __init__(
        self,
        where: Relay,
        *,
        connections: int = 2,
        rate: int | None = None,
        pauses: Sequence[float] = PAUSES,
        sign: Sign | None = None,
    ) -> None:
        self.batch_size = AT_FIRST * connections
        self._where = where
        self._trust = relay.context(where)
        self._connections = connections
        self._pauses = pauses
        self._sign = sign
        self._line = Line(Pace(rate))
        self._loop: Loop | None = None
        self._open = self._begun = 0

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Iterator[Receipt]:
        """Begins at once. Answers once for each; raises TransportError, at the end, when no more may be handed over."""
        try:
            round_ = Round(mime.compile(message), recipients, self._sign)
        except NewsletterError as error:
            return _nothing_left(recipients, error)
        if not recipients:
            return iter(())
        self._loop = self._loop or Loop(self._broken)
        self._loop.call(lambda: self._add(round_))
        return self._answers(round_)

    def close(self) -> None:
        """Ends what is under way, and says goodbye on every connection."""
        if self._loop:
            self._loop.close()
        self._loop = None

    def _answers(self, round_: Round) -> Iterator[Receipt]:
        """The first Ctrl-C lets what is on its way end, so that it is known; the second doesn't wait."""
        interrupted = False
        try:
            round_.ended.wait()
        except KeyboardInterrupt:
            interrupted = True
            self._stop()
            round_.ended.wait()
        most, least = AT_MOST * self._connections, AT_LEAST * self._connections
        self.batch_size = max(least, min(most, int(round_.a_second * AT_A_TIME)))
        yield from round_.receipts
        if interrupted:
            raise KeyboardInterrupt
        if round_.fault:
            raise round_.fault

    def _stop(self) -> None:
        if self._loop:
            self._loop.call(lambda: self._line.stop(None, 0.0))

    # ---- in the thread of the connections ---------------------------------------------------------------------------

    def _add(self, round_: Round) -> None:
        self._line.add(round_)
        self._begin()
        if self._loop:
            self._loop.nudge()

    def _begin(self) -> None:
        """The first connection alone, the others once it is in: a wrong password is refused once, not ten times."""
        while self._begun < (self._connections if self._open else 1) and self._loop:
            self._begun += 1
            self._loop.begin(self._connection())

    def _connection(self) -> Steps[None]:
        """One connection's life: opened when there is somebody to serve, kept, opened again."""
        session: Session | None = None
        try:
            while self._begun <= self._connections:
                while not self._line.going:
                    yield Wait(None)
                if session is None:
                    session = yield from self._entered()
                elif session.wire.quiet:
                    yield from Conversation(session, self._line).go_on()
                else:
                    self._left(session)
                    session = None
        finally:
            self._begun -= 1
            self._left(session)

    def _entered(self) -> Steps[Session | None]:
        why = ""
        for pause in self._pauses:
            if pause:
                yield Wait(None, seconds=pause, deaf=True)
            if not self._line.going:
                return None
            try:
                session = yield from relay.enter(self._where, self._trust)
            except Dropped as dropped:
                why = str(dropped)
            except TransportError as error:
                self._line.stop(error)
            else:
                self._open += 1
                self._begin()
                return session
        self._unwanted(why)
        return None

    def _unwanted(self, why: str) -> None:
        """A relay that serves other connections wants no more of them; one that serves none can't be reached."""
        if self._open:
            self._connections = max(1, self._connections - 1)
        else:
            sentence = f"le serveur d'envoi {self._where} ne répond pas ({why}) ; vérifiez delivery.smtp, ou attendez"
            self._line.stop(TransportError(sentence))

    def _left(self, session: Session | None) -> None:
        if session:
            self._open -= 1
            session.wire.leave()
            log.info("smtp_connection_ended carried=%d", session.carried)

    def _broken(self) -> None:
        self._loop = None
        self._begun = self._open = 0
        self._line.abandon(TransportError("l'envoi s'est arrêté par une faute du programme ; voyez le journal"))


def _nothing_left(recipients: Sequence[Recipient], error: NewsletterError) -> Iterator[Receipt]:
    yield from (Receipt(reader.delivery, Answer.LATER, NOT_YET, retry_after=SOON) for reader in recipients)
    raise error
