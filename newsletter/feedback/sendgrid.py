"""SendGrid's event webhook: the raw bytes of a request in, events out, once its signature is ours to trust.

The signature covers the timestamp and the very bytes that came: nothing is parsed before it is verified. The package's
verifier wants text, raises on bad base64, and takes any age: all three are seen to here.
"""

import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from newsletter.errors import ConfigError, TokenRefused
from newsletter.feedback import words
from newsletter.model import Event, Happening

if TYPE_CHECKING:
    from sendgrid import EventWebhook

DELIVERY = "delivery"  # the custom_arg each copy carries
OLDEST = timedelta(hours=48)  # SendGrid tries again for 24; older is somebody's recording
AHEAD = timedelta(hours=1)
SIGNATURE = re.compile(r"[A-Za-z0-9+/]{16,200}={0,2}")
TIMESTAMP = re.compile(r"\d{9,11}")
ID_MAX = 128
KINDS: Mapping[str, Happening] = {
    "processed": Happening.PROCESSED,
    "delivered": Happening.DELIVERED,
    "deferred": Happening.DEFERRED,
    "dropped": Happening.DROPPED,
    "bounce": Happening.BOUNCED,
    "blocked": Happening.BLOCKED,
    "spamreport": Happening.COMPLAINED,
    "unsubscribe": Happening.UNSUBSCRIBED,
    "group_unsubscribe": Happening.UNSUBSCRIBED,
}
NEVER = (
    "bounced address",
    "invalid",
    "spam reporting address",
    "unsubscribed address",
)  # SendGrid won't ever send there


def hear(body: bytes, signature: str, timestamp: str, key: str, *, at: datetime) -> list[Event]:
    """The events of a request that SendGrid signed with the account's key. Raises TokenRefused, ConfigError.

    What isn't of a copy of ours, or has no number of its own, is left out.
    """
    _verify(body, signature, timestamp, key)
    said = datetime.fromtimestamp(int(timestamp), UTC)
    if not at - OLDEST <= said <= at + AHEAD:
        raise TokenRefused("ces évènements sont signés pour un autre moment ; vérifiez l’heure de cette machine")
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise TokenRefused("ces évènements sont signés, mais illisibles") from None
    if not isinstance(told, list):
        raise TokenRefused("ces évènements sont signés, mais ne sont pas une liste")
    events = (_event(one, said) for one in told if isinstance(one, dict))
    return [event for event in events if event]


def _verify(body: bytes, signature: str, timestamp: str, key: str) -> None:
    verifier = _verifier(key)
    try:
        genuine = bool(
            SIGNATURE.fullmatch(signature)
            and TIMESTAMP.fullmatch(timestamp)
            and verifier.verify_signature(body.decode(), signature, timestamp)
        )
    except (UnicodeDecodeError, binascii.Error, ValueError):
        genuine = False
    if not genuine:
        raise TokenRefused("ces évènements ne sont pas signés par SendGrid avec delivery.sendgrid.webhook_key")


@lru_cache(maxsize=4)
def _verifier(key: str) -> "EventWebhook":
    from sendgrid import EventWebhook  # 10 MB, for those it tells

    try:
        verifier = EventWebhook(key.strip())
    except (ValueError, TypeError):
        verifier = None
    if not hasattr(getattr(verifier, "public_key", None), "curve"):
        raise ConfigError(
            ["delivery.sendgrid.webhook_key : ce n’est pas la clé de vérification que SendGrid affiche ; copiez-la"]
        )
    return verifier


def _event(told: dict[str, Any], said: datetime) -> Event | None:
    delivery, number = told.get(DELIVERY), told.get("sg_event_id")
    if (
        not isinstance(delivery, str)
        or not words.NUMBER.fullmatch(delivery)
        or not isinstance(number, str)
        or not number
    ):
        return None
    kind = _kind(told)
    reason, response = str(told.get("reason") or ""), str(told.get("response") or "")
    status = words.status(str(told.get("status") or ""), reason, response)
    return Event(
        id=number if len(number) <= ID_MAX else hashlib.sha256(number.encode("utf-8", "replace")).hexdigest(),
        delivery=delivery,
        kind=kind,
        at=_moment(told.get("timestamp"), said),
        status=status,
        reason=words.shown(reason or response),
        hard=_hard(kind, status, reason),
    )


def _kind(told: dict[str, Any]) -> Happening:
    kind = KINDS.get(str(told.get("event")), Happening.UNKNOWN)
    return Happening.BLOCKED if kind is Happening.BOUNCED and told.get("type") == "blocked" else kind


def _hard(kind: Happening, status: str, reason: str) -> bool:
    if kind is Happening.DROPPED:
        return reason.lower().startswith(NEVER)
    return kind is Happening.BOUNCED and words.for_good(status, reason)


def _moment(written: object, said: datetime) -> datetime:
    """When it happened, if that can be; else when it was said."""
    if isinstance(written, int | float) and 0 < written <= said.timestamp() + AHEAD.total_seconds():
        return datetime.fromtimestamp(written, UTC)
    return said
