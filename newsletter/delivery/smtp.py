"""SMTP: one mail per reader through a relay, over connections kept open. A `Message` and recipients in, receipts out.

Each connection is a thread that takes the next recipient, so a slow answer holds up one mail and no other. A mail is
never sent twice by itself here; what can't be known is said (conversation.py).
"""

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from newsletter.delivery import mime, relay
from newsletter.delivery.conversation import Conversation
from newsletter.delivery.pace import Pace
from newsletter.delivery.relay import Relay, Session
from newsletter.delivery.rounds import Round, Strain
from newsletter.delivery.wire import Dropped
from newsletter.errors import NewsletterError, TransportError
from newsletter.model import Answer, Message, Receipt, Recipient

WINDOW = 10  # mails a connection
PAUSES = (0.0, 1.0, 5.0)  # before each try to come in
SOON = 60.0
NOT_YET = "pas encore remis"

log = logging.getLogger(__name__)


class Smtp:
    """A relay as a transport. Its window is 10 mails a connection, or what the rate lets go in five seconds."""

    def __init__(
        self, where: Relay, *, connections: int = 2, rate: int | None = None, pauses: Sequence[float] = PAUSES
    ) -> None:
        self.batch_size = min(WINDOW * connections, max(1, rate // 12) if rate else WINDOW * connections)
        self._where = where
        self._trust = relay.context(where)
        self._connections = connections
        self._pauses = pauses
        self._pace = Pace(rate)
        self._strain = Strain()
        self._idle: deque[Session] = deque()
        self._rounds: list[Round] = []
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="smtp")

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Iterator[Receipt]:
        """Begins at once. Answers once for each; raises TransportError, at the end, when no more may be handed over."""
        try:
            round_ = Round(mime.compile(message), recipients, self._pace, self._strain)
        except NewsletterError as error:
            return _nothing_left(recipients, error)
        threads = [self._threads.submit(self._serve, round_) for _ in range(min(self._connections, len(recipients)))]
        self._rounds.append(round_)
        return self._answers(round_, threads)

    def _answers(self, round_: Round, threads: Sequence[Future[None]]) -> Iterator[Receipt]:
        interrupted = self._ended(round_, threads)
        yield from round_.receipts
        left = round_.left()
        for delivery in left:
            yield Receipt(delivery, Answer.LATER, NOT_YET, retry_after=0.0 if interrupted else SOON)
        for thread in threads:
            thread.result()
        if interrupted:
            raise KeyboardInterrupt
        self._conclude(round_, bool(left))

    def _ended(self, round_: Round, threads: Sequence[Future[None]]) -> bool:
        """Waits until every connection has finished; whether a person interrupted.

        The first Ctrl-C lets what is on its way end, so that it is known; the second doesn't wait.
        """
        interrupted = False
        try:
            try:
                wait(threads)
            except KeyboardInterrupt:
                interrupted = True
                self._stop()
                wait(threads)
        finally:
            round_.stop()
            self._rounds.remove(round_)
        return interrupted

    def _stop(self) -> None:
        for round_ in self._rounds:
            round_.stop()

    def _conclude(self, round_: Round, left: bool) -> None:
        if round_.fault or (left and round_.obstacle):
            raise round_.fault or round_.obstacle or TransportError("l'envoi s'arrête")
        if round_.obstacle and self._connections > 1:  # the others did it all: the server wants no more connections
            self._connections -= 1

    def close(self) -> None:
        """Ends what is under way, and says goodbye on every connection."""
        self._stop()
        self._threads.shutdown()
        while self._idle:
            self._idle.pop().leave()

    def _serve(self, round_: Round) -> None:
        while round_.going and (session := self._session(round_)):
            Conversation(session, round_).go_on()
            if session.wire.open:
                self._idle.append(session)
            else:
                session.wire.close()
                log.info("smtp_connection_ended carried=%d", session.carried)

    def _session(self, round_: Round) -> Session | None:
        while session := self._kept():
            if session.wire.quiet:
                return session
            session.leave()
        for pause in self._pauses:
            if not round_.rest(pause):
                break
            try:
                return relay.enter(self._where, self._trust)
            except Dropped as dropped:
                round_.obstacle = TransportError(
                    f"le serveur d'envoi {self._where} ne répond pas ({dropped}) ; vérifiez delivery.smtp, ou attendez"
                )
            except TransportError as error:
                round_.halt(error)
        return None

    def _kept(self) -> Session | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None


def _nothing_left(recipients: Sequence[Recipient], error: NewsletterError) -> Iterator[Receipt]:
    yield from (Receipt(reader.delivery, Answer.LATER, NOT_YET, retry_after=SOON) for reader in recipients)
    raise error
