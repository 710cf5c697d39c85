"""Refusals: a receipt in; the bounce it is worth out, when the server said at once that there is no such mailbox."""

from datetime import datetime

from newsletter.feedback import words
from newsletter.model import Answer, Event, Happening, Receipt

THE_MAILBOX = ("5.1.", "5.2.")  # the rest may be about the letter, the server, or us


def refusal(receipt: Receipt, *, at: datetime) -> Event | None:
    """The event of a copy whose mailbox is refused for good (5.1.1); None for all else that was answered."""
    status = words.status(receipt.detail)
    if receipt.answer is not Answer.REFUSED or not status.startswith(THE_MAILBOX) or not words.for_good(status):
        return None
    reason = words.shown(receipt.detail)
    return Event(f"refus:{receipt.delivery}", receipt.delivery, Happening.BOUNCED, at, status, reason, hard=True)
