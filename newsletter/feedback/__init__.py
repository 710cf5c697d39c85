"""Feedback: what SendGrid's webhook or a mailbox of bounces says in, events of our copies out.

    hear(body, signature, timestamp, key, at=…)   a signed webhook; raises TokenRefused
    read(mail, domain, at=…)                      a bounce (RFC 3464) or a complaint (RFC 5965)
    collect(box, domain, at=…, take=…)            a mailbox of them, by IMAP

A copy is only ever known by the number we gave it: a mail that names an address and no copy of ours says nothing, so
nobody can write somebody else off the list. Never here: the store, a clock, an address that is kept.
"""

from newsletter.feedback.mailbox import Mailbox, collect
from newsletter.feedback.mails import read
from newsletter.feedback.sendgrid import hear

__all__ = ["Mailbox", "collect", "hear", "read"]
