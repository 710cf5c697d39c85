"""Batches: readers in, a receipt for each out, in as many requests as it takes to find whom SendGrid won't write to.

It names them by their place, or names nobody: then the batch is halved. Who is found alone is refused only when others
of the batch were taken: a letter that is refused to everyone is at fault itself.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from newsletter.delivery.sendgrid.post import Window
from newsletter.delivery.sendgrid.request import Personal
from newsletter.delivery.sendgrid.verdict import Busy, Faulty, Taken, Unknown, Verdict
from newsletter.errors import NewsletterError, TransportError
from newsletter.model import Answer, Receipt

REFUSALS_MAX = 250  # of one batch: twenty bad addresses in 1,000 that nobody names take some 130
SOON = 60.0
NOT_YET = "pas encore remis"
Send = Callable[[Sequence[Personal]], Verdict]


@dataclass(slots=True)
class Batch:
    """One batch on its way. `strained` is told when SendGrid failed as a whole, `eased` when it served."""

    window: Window
    send: Send
    strained: Callable[[int, str], None] = lambda weight, why: None
    eased: Callable[[], None] = lambda: None
    _taken: bool = False
    _refusals: int = 0
    _alone: list[tuple[Personal, str]] = field(default_factory=list)

    def carry(self, people: Sequence[Personal]) -> Iterator[Receipt]:
        """An answer for each, once; what isn't known to have left comes back as later."""
        waiting = list(_once_each(people))
        while waiting and self.window.going:
            group = waiting.pop()
            try:
                verdict = self.send(group)
            except NewsletterError as error:
                self.window.halt(error)
                waiting.append(group)
                break
            yield from self._answers(verdict, group, waiting)
        yield from self._found()
        for group in waiting:
            yield from (Receipt(one.delivery, Answer.LATER, NOT_YET, retry_after=SOON) for one in group)

    def _answers(self, verdict: Verdict, group: list[Personal], waiting: list[list[Personal]]) -> Iterator[Receipt]:
        match verdict:
            case Taken(reference):
                self._taken = True
                self.eased()
                yield from (Receipt(one.delivery, Answer.ACCEPTED, "", reference) for one in group)
            case Unknown(detail):
                self.strained(50, detail)
                yield from (Receipt(one.delivery, Answer.UNCERTAIN, detail) for one in group)
            case Busy(detail, seconds):
                if seconds is None:
                    self.strained(35, detail)
                wait = SOON if seconds is None else seconds
                yield from (Receipt(one.delivery, Answer.LATER, detail, retry_after=wait) for one in group)
            case Faulty():
                yield from self._refused(verdict, group, waiting)

    def _refused(self, faulty: Faulty, group: list[Personal], waiting: list[list[Personal]]) -> Iterator[Receipt]:
        self._refusals += 1
        named = {place: why for place, why in faulty.whose.items() if place < len(group)}
        if self._refusals > REFUSALS_MAX or (faulty.letter and not named):
            self._at_fault(faulty.detail)
            waiting.append(group)
        elif named:
            self.eased()
            yield from (Receipt(group[place].delivery, Answer.REFUSED, why) for place, why in named.items())
            if rest := [one for place, one in enumerate(group) if place not in named]:
                waiting.append(rest)
        elif len(group) == 1:
            self._alone.append((group[0], faulty.detail))
        else:
            half = len(group) // 2
            waiting += [group[half:], group[:half]]

    def _found(self) -> Iterator[Receipt]:
        """Those no request was taken with."""
        guilty = self._taken or len(self._alone) == 1
        if self._alone and not guilty:
            self._at_fault(self._alone[0][1])
        for one, why in self._alone:
            answer = Answer.REFUSED if guilty else Answer.LATER
            yield Receipt(one.delivery, answer, why, retry_after=None if guilty else SOON)

    def _at_fault(self, detail: str) -> None:
        self.window.halt(TransportError(f"SendGrid refuse la lettre elle-même ({detail}) ; rien ne part"))


def _once_each(people: Sequence[Personal]) -> Iterator[list[Personal]]:
    """Groups in which each mailbox is there once."""
    rest = list(people)
    while rest:
        seen: dict[str, Personal] = {}
        again = [one for one in rest if seen.setdefault(one.mailbox, one) is not one]
        yield list(seen.values())
        rest = again
