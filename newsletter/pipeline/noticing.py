"""Notices: whatever is to be said to one person in; handed over when there is a way out, once, whatever crashes."""

import logging
import os
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from newsletter import delivery
from newsletter.config import Config
from newsletter.errors import TemplateError, TransportError
from newsletter.model import MARK, Answer, Message, Notice, Recipient
from newsletter.pipeline.mailing import NOBODY, ready
from newsletter.pipeline.watching import look_back
from newsletter.store import Handed, Store, Worker

Clock = Callable[[], datetime]
REST = timedelta(minutes=1)  # for a relay that doesn't work
AT_ONCE = 100  # then who asks may stop, or go on
HEADERS = (("Auto-Submitted", "auto-generated"),)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Noticed:
    """How many were answered what. `fault`, in French: why the others wait."""

    answers: Counter[Answer] = field(default_factory=Counter)
    fault: str | None = None


def put_notice(store: Store, notice: Notice, at: datetime) -> bool:
    """Takes a notice to send soon. False when one about the same thing was taken before."""
    return store.notices.put(notice, at=at)


def deliver_notices(config: Config, store: Store, clock: Clock) -> Noticed:
    """Hands over the notices that may leave now, a hundred at most; asked by several at once, each leaves once.

    "Later", or no way out: it stays queued and is tried again, less and less often. Raises ConfigError.
    """
    worker = Worker.here()
    store.notices.recover(worker, at=clock())
    first = store.notices.next_free()
    if first is None or first > clock():
        return Noticed()
    ready(config)
    look_back(config, store, worker, clock())
    answers = Counter[Answer]()
    with closing(delivery.open_transport(config.delivery, config.folder, os.environ)) as transport:
        while answers.total() < AT_ONCE and (handed := store.notices.hand_over(worker, at=clock())):
            try:
                answers[_carry(config, store, handed, transport, clock)] += 1
            except (TransportError, TemplateError) as fault:
                store.notices.put_off(clock() + REST)
                return Noticed(answers, str(fault))
    return Noticed(answers)


def _carry(config: Config, store: Store, handed: Handed, transport: delivery.Transport, clock: Clock) -> Answer:
    """What the transport says of one; when it says nothing, or is interrupted, nobody knows."""
    answer: Answer | None = None
    try:
        recipient = Recipient(handed.delivery, handed.notice.address)
        for receipt in transport.send(_message(config, handed), [recipient]):
            store.notices.settle(handed, receipt, at=clock())
            answer = receipt.answer
    finally:
        if answer is None:
            store.notices.doubt(handed, at=clock())
    if answer is Answer.REFUSED:
        log.info("notice_refused kind=%s delivery=%s", handed.notice.kind, handed.delivery)
    return answer or Answer.UNCERTAIN


def _message(config: Config, handed: Handed) -> Message:
    notice, sender = handed.notice, config.town.sender or NOBODY
    return Message(
        sender=sender,
        reply_to=config.town.reply_to,
        subject=_unmarked(notice.subject),
        html=None if notice.html is None else _unmarked(notice.html),
        text=_unmarked(notice.text),
        domain=sender.rpartition("@")[2].rstrip("> "),
        date=handed.created_at.astimezone(config.town.zone),
        headers=HEADERS,
        label=f"notice-{notice.kind}",
        return_path=config.delivery.returns,
    )


def _unmarked(words: str) -> str:
    """A letter has marks that are filled for each reader; here they are words like others."""
    return MARK.sub(lambda mark: mark[0].replace("[[", "[ ["), words)
