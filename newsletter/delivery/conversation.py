"""A conversation: one session runs errand after errand of the line, and answers for each.

Where the server offers PIPELINING (RFC 2920) the three commands of a mail leave together, and the next mail's follow
the last byte of the one before; its content never does. So what is in doubt when a connection is cut is one mail:
written whole, and not answered. A 421 in place of that answer is a farewell, not a verdict (it may have crossed the
mail on its way): in doubt too.
"""

import re

from newsletter.delivery.loop import Steps, Wait
from newsletter.delivery.relay import Session
from newsletter.delivery.rounds import SOON, Errand, Line
from newsletter.delivery.wire import Dropped, Reply
from newsletter.errors import TransportError
from newsletter.model import Answer

GREYLISTED = 300.0  # seconds: most ask for five minutes
REFERENCE = re.compile(r"(?:queued as |id=)([A-Za-z0-9._-]{4,80})")


class Conversation:
    """`errand` is the mail spoken of: its envelope may be out (`presented`), or the whole of it (`whole`)."""

    def __init__(self, session: Session, line: Line) -> None:
        self._session = session
        self._wire = session.wire
        self._line = line
        self._errand: Errand | None = None
        self._following: Errand | None = None
        self._presented = self._heard = self._whole = False

    def go_on(self) -> Steps[None]:
        """Until nobody is left or the connection ends. Every errand taken is then answered, or put back."""
        try:
            while errand := (yield from self._next()):
                yield from self._run(errand)
        except Dropped as dropped:
            self._cut(str(dropped))
        if self._following:
            self._line.put_back(self._following)

    def _next(self) -> Steps[Errand | None]:
        errand, self._following = self._following, None
        self._presented = errand is not None
        self._heard = self._whole = False
        while not errand and self._wire.open and self._line.going:
            if delay := self._line.pace.delay():
                yield Wait(None, seconds=delay, deaf=True)
            else:
                errand = self._take()
        if errand and (errand.round.stopped or not self._wire.open):
            self._line.put_back(errand)
            self._wire.close()  # its envelope may be out, and its content is not to follow
            errand = None
        self._errand = errand
        return errand

    def _take(self) -> Errand | None:
        while (errand := self._line.take()) and errand.utf8 and "SMTPUTF8" not in self._session.offers:
            detail = "le serveur ne prend pas d'adresse accentuée (SMTPUTF8)"
            errand.round.answer(errand.copy.delivery, Answer.REFUSED, detail)
        return errand

    def _run(self, errand: Errand) -> Steps[None]:
        if self._session.pipelining and not self._presented:
            yield from self._wire.write("".join(_commands(errand)).encode())
        step, reply = yield from self._envelope(errand)
        if reply.code == 354:
            self._settle(errand, (yield from self._content(errand)))
        else:
            self._turned_away(errand, step, reply)
            if self._wire.open:
                yield from self._wire.command("RSET")

    def _envelope(self, errand: Errand) -> Steps[tuple[str, Reply]]:
        """The first command that failed and its reply, else DATA's."""
        failed: tuple[str, Reply] | None = None
        step, reply = "mail", Reply(0, [])
        commands = () if self._session.pipelining else _commands(errand)
        for number, step in enumerate(("mail", "rcpt", "data")):
            if commands:
                yield from self._wire.write(commands[number].encode())
            reply = self._wire.received() or (yield from self._wire.read())
            self._heard = self._heard or self._wire.open
            if failed is None and reply.kind != (3 if step == "data" else 2):
                failed = step, reply
            if not self._wire.open or (failed and commands):
                break
        if failed and reply.code == 354:  # DATA was let in though nobody is to get it
            yield from self._wire.command(".")
        return failed or (step, reply)

    def _content(self, errand: Errand) -> Steps[Reply]:
        yield from self._wire.write(errand.copy.content)  # which ends with the dot
        self._whole = True
        if self._session.pipelining and not self._line.pace.delay() and (following := self._take()):
            self._following = following
            try:
                yield from self._wire.write("".join(_commands(following)).encode())
            except Dropped:  # the answer to the mail before may have arrived all the same
                return (yield from self._wire.read())
        return (yield from self._wire.read())

    def _settle(self, errand: Errand, reply: Reply) -> None:
        """The answer to a whole mail."""
        self._errand = None
        if reply.kind == 2:
            self._session.carried += 1
            self._line.served()
            said = str(reply)
            found = REFERENCE.search(said)
            errand.round.answer(errand.copy.delivery, Answer.ACCEPTED, said, found and found[1])
        elif reply.code == 421:
            self._in_doubt(errand, str(reply))
        else:
            self._answer(errand, reply, weight=5)

    def _turned_away(self, errand: Errand, step: str, reply: Reply) -> None:
        """The answer to an envelope."""
        self._errand = None
        if reply.code == 421:
            self._farewell(errand, str(reply))
        elif step == "mail" and reply.kind == 5 and not errand.copy.address.utf8:
            errand.round.postpone(errand.copy.delivery, str(reply), SOON)
            which = "town.sender" if errand.round.template.returns is None else "delivery.return_path"
            self._line.stop(TransportError(f"le serveur d'envoi refuse l'expéditeur ({reply}) ; vérifiez {which}"))
        else:
            self._answer(errand, reply, weight=1 if step == "rcpt" else 5)

    def _answer(self, errand: Errand, reply: Reply, weight: int) -> None:
        if reply.kind == 5:
            self._line.served()
            errand.round.answer(errand.copy.delivery, Answer.REFUSED, str(reply))
        else:
            errand.round.postpone(errand.copy.delivery, str(reply), GREYLISTED)
            self._line.strained(weight, str(reply))

    def _cut(self, why: str) -> None:
        self._wire.close()
        if self._errand and self._whole:
            self._in_doubt(self._errand, why)
        elif self._errand:
            self._farewell(self._errand, why)

    def _in_doubt(self, errand: Errand, why: str) -> None:
        errand.round.answer(errand.copy.delivery, Answer.UNCERTAIN, why)
        self._line.strained(20, why)

    def _farewell(self, errand: Errand, why: str) -> None:
        """The connection ends before the content: after other mails (this one goes to another), or for this one."""
        if self._session.carried and not self._heard:
            self._line.put_back(errand)
        else:
            errand.round.postpone(errand.copy.delivery, why, SOON)
            self._line.strained(10, why)


def _commands(errand: Errand) -> tuple[str, str, str]:
    more = " BODY=8BITMIME SMTPUTF8" if errand.utf8 else ""
    return (
        f"MAIL FROM:<{errand.round.template.envelope(errand.copy.delivery)}>{more}\r\n",
        f"RCPT TO:<{errand.copy.address}>\r\n",
        "DATA\r\n",
    )
