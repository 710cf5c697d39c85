"""Leaving by mail (RFC 2369): a mail sent to the `mailto:` of a letter's List-Unsubscribe in, whose copy it was out.

Its subject brings the signed token back. Who wrote it isn't looked at, nor what they wrote; a robot's answer and a
report are no wish of anybody's.
"""

import re
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

from newsletter.errors import TokenRefused
from newsletter.feedback import words
from newsletter.tokens import Signer

PURPOSE = "unsubscribe"
TOKEN = re.compile(r"(?<![\w.-])[A-Za-z0-9_-]{4,120}\.[A-Za-z0-9_-]{43}(?![\w.-])")
SUBJECT_MAX = 2000
TOKENS_MAX = 3
ROBOTS = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply-From")


def leaving(mail: Message, signer: Signer) -> str | None:
    """The number of the copy whose reader leaves its letter; None when this mail asks for nothing of the kind."""
    if _automatic(mail):
        return None
    for token in TOKEN.findall(_subject(mail))[:TOKENS_MAX]:
        try:
            value = signer.read(PURPOSE, token)
        except TokenRefused:
            continue
        if words.NUMBER.fullmatch(value):
            return value
    return None


def _automatic(mail: Message) -> bool:
    """Whether a program wrote it (RFC 3834)."""
    submitted = str(mail.get("Auto-Submitted", "no")).partition(";")[0].partition("(")[0].strip().lower()
    precedence = str(mail.get("Precedence", "")).strip().lower()
    return (
        submitted != "no"
        or precedence in ("auto_reply", "junk")
        or str(mail.get("Return-Path", "?")).strip() == "<>"
        or mail.get_content_type() == "multipart/report"
        or any(name in mail for name in ROBOTS)
    )


def _subject(mail: Message) -> str:
    written = str(mail.get("Subject", ""))[:SUBJECT_MAX]
    try:
        return str(make_header(decode_header(written)))
    except (MessageError, LookupError, ValueError):
        return written
