"""Feedback: what comes back of letters in (a signed webhook, a mail, a mailbox of mails), events of our copies out.

    hear(body, signature, timestamp, key, at=…)   SendGrid's webhook; raises TokenRefused
    read(mail, ours, at=…)                        a bounce (RFC 3464), a complaint (RFC 5965), a wish to leave
    collect(box, take)                            a mailbox of them, by IMAP
    refusal(receipt, at=…)                        a relay that said at once that a mailbox is none

A copy is only ever known by the number we gave it: a mail that names an address and no copy of ours says nothing, so
nobody can write somebody else off the list. Never here: the store, a clock, an address that is kept.
"""

from newsletter.feedback.mailbox import Mailbox, Visit, collect
from newsletter.feedback.mails import SIZE_MAX, Ours, read
from newsletter.feedback.refusals import refusal
from newsletter.feedback.sendgrid import hear

__all__ = ["SIZE_MAX", "Mailbox", "Ours", "Visit", "collect", "hear", "read", "refusal"]
