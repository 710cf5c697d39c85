"""SMTP: one mail per reader through a relay, over connections kept open. A `Message` and recipients in, receipts out.

Each connection is a thread that takes the next recipient, so a slow answer holds up one mail and no other. A mail is
never sent twice by itself here; what can't be known is said (conversation.py).
"""

import logging
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from newsletter.delivery import mime, relay
from newsletter.delivery.conversation import Conversation
from newsletter.delivery.pace import Pace
from newsletter.delivery.relay import Relay, Session
from newsletter.delivery.rounds import Round, Strain
from newsletter.delivery.wire import Dropped
from newsletter.errors import NewsletterError, TransportError
from newsletter.model import Answer, Message, Receipt, Recipient

WINDOW = 25
PAUSES = (0.0, 1.0, 5.0)  # before each try to come in
SOON = 60.0
NOT_YET = "pas encore remis"

log = logging.getLogger(__name__)


class Smtp:
    """A relay as a transport. Its window is 25 mails a connection, or what the rate lets go in ten seconds."""

    def __init__(
        self, where: Relay, *, connections: int = 2, rate: int | None = None, pauses: Sequence[float] = PAUSES
    ) -> None:
        self.batch_size = min(WINDOW * connections, max(1, rate // 6) if rate else WINDOW * connections)
        self._where = where
        self._trust = relay.context(where)
        self._connections = connections
        self._pauses = pauses
        self._pace = Pace(rate)
        self._strain = Strain()
        self._idle: deque[Session] = deque()
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="smtp")

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Iterator[Receipt]:
        """Answers once for each. Raises TransportError, at the end, when no more is to be handed over."""
        try:
            template = mime.compile(message)
        except NewsletterError:
            yield from (Receipt(reader.delivery, Answer.LATER, NOT_YET, retry_after=SOON) for reader in recipients)
            raise
        round_ = Round(template, recipients, self._pace, self._strain)
        threads = [self._threads.submit(self._serve, round_) for _ in range(min(self._connections, len(recipients)))]
        for thread in threads:
            thread.add_done_callback(lambda _: round_.receipts.put(None))
        interrupted = yield from _answers(round_, len(threads))
        left = round_.left()
        for delivery in left:
            yield Receipt(delivery, Answer.LATER, NOT_YET, retry_after=0.0 if interrupted else SOON)
        for thread in threads:
            thread.result()
        self._conclude(round_, bool(left))
        if interrupted:
            raise KeyboardInterrupt

    def _conclude(self, round_: Round, left: bool) -> None:
        if round_.fault or (left and round_.obstacle):
            raise round_.fault or round_.obstacle or TransportError("l'envoi s'arrête")
        if round_.obstacle and self._connections > 1:  # the others did it all: the server wants no more connections
            self._connections -= 1

    def close(self) -> None:
        """Says goodbye on every connection."""
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


def _answers(round_: Round, speaking: int) -> Generator[Receipt, None, bool]:
    """Receipts as they come, until every connection has finished; whether a person interrupted.

    The first Ctrl-C lets what is on its way end, so that it is known; the second doesn't wait.
    """
    interrupted = False
    try:
        while speaking:
            try:
                receipt = round_.receipts.get()
            except KeyboardInterrupt:
                if interrupted:
                    raise
                interrupted = True
                round_.stop()
                continue
            if receipt is None:
                speaking -= 1
            else:
                yield receipt
    finally:
        round_.stop()
    return interrupted
