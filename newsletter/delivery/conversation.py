"""A conversation: one session hands over copy after copy of a round, and answers for each.

Where the server offers PIPELINING (RFC 2920) the three commands of a mail leave together, and the next mail's follow
the last byte of the one before; its content never does. So what is in doubt when a connection is cut is one mail:
written whole, and not answered. A 421 in place of that answer is a farewell, not a verdict (it may have crossed the
mail on its way): in doubt too.
"""

import re

from newsletter.delivery.mime import Copy
from newsletter.delivery.relay import Session
from newsletter.delivery.rounds import Round
from newsletter.delivery.wire import Dropped, Reply
from newsletter.errors import TransportError
from newsletter.model import Answer

DOT = b".\r\n"
SOON = 60.0  # a relay that said goodbye
GREYLISTED = 300.0  # most ask for five minutes
REFERENCE = re.compile(r"(?:queued as |id=)([A-Za-z0-9._-]{4,80})")


class Conversation:
    """`copy` is the mail spoken of: its envelope may be out (`presented`), or the whole of it (`whole`)."""

    def __init__(self, session: Session, round_: Round) -> None:
        self._session = session
        self._wire = session.wire
        self._round = round_
        self._copy: Copy | None = None
        self._following: Copy | None = None
        self._presented = self._heard = self._whole = False

    def go_on(self) -> None:
        """Until nobody is left or the connection ends. Every copy taken is then answered, or put back."""
        try:
            while copy := self._next():
                self._hand_over(copy)
        except Dropped as dropped:
            self._cut(str(dropped))
        if self._following:
            self._round.put_back(self._following)

    def _next(self) -> Copy | None:
        self._copy, self._following = self._following, None
        self._presented = self._copy is not None
        self._heard = self._whole = False
        if self._wire.open and self._copy is None:
            self._copy = self._take(patient=True)
        if self._copy and (self._round.stopped or not self._wire.open):
            self._round.put_back(self._copy)
            self._wire.close()  # its envelope may be out, and its content is not to follow
            self._copy = None
        return self._copy

    def _take(self, *, patient: bool) -> Copy | None:
        while (
            (copy := self._round.take(patient=patient)) and self._utf8(copy) and "SMTPUTF8" not in self._session.offers
        ):
            self._round.answer(copy.delivery, Answer.REFUSED, "le serveur ne prend pas d'adresse accentuée (SMTPUTF8)")
        return copy

    def _utf8(self, copy: Copy) -> bool:
        return copy.address.utf8 or self._round.template.sender.utf8

    def _commands(self, copy: Copy) -> tuple[bytes, bytes, bytes]:
        more = " BODY=8BITMIME SMTPUTF8" if self._utf8(copy) else ""
        mail = f"MAIL FROM:<{self._round.template.sender}>{more}\r\n"
        return mail.encode(), f"RCPT TO:<{copy.address}>\r\n".encode(), b"DATA\r\n"

    def _hand_over(self, copy: Copy) -> None:
        if self._session.pipelining and not self._presented:
            self._wire.write(b"".join(self._commands(copy)))
        step, reply = self._envelope(copy)
        if reply.code == 354:
            self._settle(copy, self._content(copy))
        else:
            self._turned_away(copy, step, reply)

    def _envelope(self, copy: Copy) -> tuple[str, Reply]:
        """The first command that failed and its reply, else DATA's."""
        failed: tuple[str, Reply] | None = None
        step, reply = "mail", Reply(0, ())
        for step, command in zip(("mail", "rcpt", "data"), self._commands(copy), strict=True):
            if not self._session.pipelining:
                self._wire.write(command)
            reply = self._wire.read()
            self._heard = self._heard or self._wire.open
            if failed is None and reply.kind != (3 if step == "data" else 2):
                failed = step, reply
            if not self._wire.open or (failed and not self._session.pipelining):
                break
        if failed and reply.code == 354:  # DATA was let in though nobody is to get it
            self._wire.write(DOT)
            self._wire.read()
        return failed or (step, reply)

    def _content(self, copy: Copy) -> Reply:
        self._wire.write(copy.content + DOT)
        self._whole = True
        if self._session.pipelining and (following := self._take(patient=False)):
            self._following = following
            try:
                self._wire.write(b"".join(self._commands(following)))
            except Dropped:  # the answer to the mail before may have arrived all the same
                return self._wire.read(2.0)
        return self._wire.read(2.0)

    def _settle(self, copy: Copy, reply: Reply) -> None:
        """The answer to a whole mail."""
        self._copy = None
        if reply.kind == 2:
            self._session.carried += 1
            self._round.served()
            found = REFERENCE.search(str(reply))
            self._round.answer(copy.delivery, Answer.ACCEPTED, str(reply), found and found[1])
        elif reply.code == 421:
            self._in_doubt(copy, str(reply))
        else:
            self._answer(copy, reply, weight=5)

    def _turned_away(self, copy: Copy, step: str, reply: Reply) -> None:
        """The answer to an envelope."""
        self._copy = None
        if reply.code == 421:
            self._farewell(copy, str(reply))
        elif step == "mail" and reply.kind == 5 and not copy.address.utf8:
            self._round.postpone(copy.delivery, str(reply), SOON)
            self._round.halt(TransportError(f"le serveur d'envoi refuse l'expéditeur ({reply}) ; vérifiez town.sender"))
        else:
            self._answer(copy, reply, weight=1 if step == "rcpt" else 5)
        if self._wire.open:
            self._wire.command("RSET")

    def _answer(self, copy: Copy, reply: Reply, weight: int) -> None:
        if reply.kind == 5:
            self._round.served()
            self._round.answer(copy.delivery, Answer.REFUSED, str(reply))
        else:
            self._round.postpone(copy.delivery, str(reply), GREYLISTED)
            self._round.strained(weight, str(reply))

    def _cut(self, why: str) -> None:
        self._wire.close()
        if self._copy and self._whole:
            self._in_doubt(self._copy, why)
        elif self._copy:
            self._farewell(self._copy, why)

    def _in_doubt(self, copy: Copy, why: str) -> None:
        self._round.answer(copy.delivery, Answer.UNCERTAIN, why)
        self._round.strained(20, why)

    def _farewell(self, copy: Copy, why: str) -> None:
        """The connection ends before the content: after other mails (this copy goes to another), or for this one."""
        if self._session.carried and not self._heard:
            self._round.put_back(copy)
        else:
            self._round.postpone(copy.delivery, why, SOON)
            self._round.strained(10, why)
