"""Words of mail servers: whether a mailbox is lost, or it is about us, or it is for a while. An RFC 3463 status or a
reply in, a judgement out; and any text without the addresses in it.
"""

import re

STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
REPLY = re.compile(r"(?<!\d)([45])\d\d[ -]")
SOMEONE = re.compile(r"<?[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+>?")
UNPRINTABLE = re.compile(r"[^ -~\u00a1-\ud7ff]+")
NUMBER = re.compile(r"[A-Za-z0-9_-]{1,64}")
SHOWN_MAX = 300
# 5.2.2 is a mailbox that is full today; these are about the sender and what was sent (RFC 3463), as all of 5.6 and 5.7.
NOT_THE_MAILBOX = {("2", "2"), ("1", "7"), ("1", "8"), ("3", "4")}
ABOUT_US = ("6", "7")


def shown(words: str) -> str:
    """On one line, without any address."""
    return SOMEONE.sub("<…>", UNPRINTABLE.sub(" ", words[: 4 * SHOWN_MAX]))[:SHOWN_MAX].strip()


def status(*said: str) -> str:
    """The most telling status among what was said, or nothing. One that is about us (x.7.x) tells most."""
    found = [match for words in said for match in STATUS.finditer(words[:2000])]
    telling = [match[0] for match in found if match[2] == "7"] or [match[0] for match in found if match[2] != "0"]
    return next(iter([*telling, *(match[0] for match in found)]), "")


def for_good(found: str, *said: str) -> bool:
    """Whether the mailbox takes no mail any more: class 5, but for policy (5.7.x), a full mailbox, and what is ours."""
    if match := STATUS.fullmatch(found):
        return match[1] == "5" and match[2] not in ABOUT_US and (match[2], match[3]) not in NOT_THE_MAILBOX
    replies = [match[1] for words in said for match in REPLY.finditer(words[:2000])]
    return "4" not in replies
