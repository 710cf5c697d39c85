"""What SendGrid says, in our words: a status, headers and a body in, a verdict out. No clock: an answer brings its own.

A batch was taken; or somebody in it can't be; or it may be tried again, in so many seconds; or nobody knows; or nothing
may be handed over at all, which is a TransportError.
"""

import json
import re
from dataclasses import dataclass, field
from email.message import Message
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from newsletter.delivery.wire import SOMEONE, UNPRINTABLE
from newsletter.errors import TransportError

TAKEN = (HTTPStatus.OK, HTTPStatus.ACCEPTED)  # 200 is the sandbox's
FAULTY = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
# A gateway that lost its own server (502, 504, 52x) doesn't know what that server did.
NOT_TAKEN = (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.SERVICE_UNAVAILABLE)
WHOSE = re.compile(r"personalizations[.\[](\d+)\b")
SHOWN_MAX = 300
A_MOMENT = 5.0  # a 429 that doesn't say how long


@dataclass(frozen=True, slots=True)
class Taken:
    """202. `reference` is SendGrid's X-Message-Id."""

    reference: str | None


@dataclass(frozen=True, slots=True)
class Faulty:
    """400 or 413. `whose`: position in the batch → why. `letter`: it is the letter itself, not somebody."""

    detail: str
    whose: dict[int, str] = field(default_factory=dict)
    letter: bool = False


@dataclass(frozen=True, slots=True)
class Busy:
    """Not taken, and may be tried again; in so many seconds, when it says so."""

    detail: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been taken."""

    detail: str


Verdict = Taken | Faulty | Busy | Unknown


def judge(status: int, headers: Message, body: bytes) -> Verdict:
    """What an answer means. Raises TransportError when nothing more should be handed over."""
    if status in TAKEN:
        return Taken(headers.get("X-Message-Id"))
    errors = _errors(body)
    said = _shown(f"{status} {errors[0][1]}" if errors else f"{status}")
    if status in FAULTY:
        return _faulty(said, status, errors)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Busy(said, _wait(headers))
    if status in NOT_TAKEN:
        return Busy(said)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status < HTTPStatus.OK:
        return Unknown(said)
    raise TransportError(_stop(status, said))


def _stop(status: int, said: str) -> str:
    if status == HTTPStatus.UNAUTHORIZED:
        return f"SendGrid refuse la clé ({said}) ; vérifiez SENDGRID_API_KEY, et delivery.sendgrid.region"
    if status == HTTPStatus.FORBIDDEN:
        return (
            f"SendGrid refuse l’envoi ({said}) ; vérifiez que la clé a le droit « Mail Send » et que l’expéditeur "
            "(town.sender) est validé chez SendGrid"
        )
    return f"SendGrid ne répond pas comme prévu ({said}) ; vérifiez delivery.sendgrid.url"


def _faulty(said: str, status: int, errors: list[tuple[str, str]]) -> Faulty:
    whose: dict[int, str] = {}
    letter = False
    for place, message in errors:
        if match := WHOSE.match(place):
            whose.setdefault(int(match[1]), _shown(f"{status} {message}"))
        elif place and not place.startswith("personalizations"):
            letter = True
            said = _shown(f"{status} {place} : {message}")
    return Faulty(said, whose, letter)


def _errors(body: bytes) -> list[tuple[str, str]]:
    """(field, message) of each, whatever was sent."""
    try:
        written = json.loads(body)
    except (ValueError, RecursionError):
        return []
    errors = written.get("errors") if isinstance(written, dict) else None
    if not isinstance(errors, list):
        return []
    return [(str(e.get("field") or ""), str(e.get("message") or "")) for e in errors if isinstance(e, dict)]


def _wait(headers: Message) -> float:
    """Seconds, by SendGrid's own clock (Date): this machine's may be wrong."""
    if (after := headers.get("Retry-After", "")).isdecimal():
        return float(after)
    reset = headers.get("X-RateLimit-Reset", "")
    try:
        now = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return A_MOMENT
    return max(0.0, float(reset) - now.timestamp() + 1) if reset.isdecimal() else A_MOMENT


def _shown(words: str) -> str:
    return SOMEONE.sub("<…>", UNPRINTABLE.sub(" ", words))[:SHOWN_MAX].strip()
