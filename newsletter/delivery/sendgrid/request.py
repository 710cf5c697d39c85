"""A letter as SendGrid wants it: a `Message` and recipients in, the dict of a /v3/mail/send request out.

What differs from reader to reader is in their personalization: substitutions for the marks, the headers that hold a
link, and the number of the copy, which is all that SendGrid's events bring back. Never here: a tracking mark, a
category, a time to send at, an unsubscribe list of SendGrid's own.
"""

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from newsletter.delivery import address, headers, mime
from newsletter.delivery.address import Undeliverable
from newsletter.errors import TemplateError, TransportError
from newsletter.model import MARK, Field, Message, Recipient

HEADER_MAX = 950  # nothing says where SendGrid folds one, and a line has 998
SUBSTITUTIONS_MAX = 10_000  # bytes a personalization
DELIVERY = "delivery"
RESERVED = {
    "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding", "to", "from",
    "subject", "reply-to", "cc", "bcc",
}  # fmt: skip
UNTRACKED = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
    "ganalytics": {"enable": False},
}
SPECIAL = re.compile(r"[&<>\"'\[]")
PLAIN = re.compile(r"[!#$%(-;=?-Z\\-~](?:[ !#$%(-;=?-Z\\-~]*[!#$%(-;=?-Z\\-~])?")  # ASCII without SPECIAL
Personal = dict[str, Any]
Place = tuple[str, Callable[[str], str]]


def _html(value: str) -> str:
    return html.escape(value).replace("[", "&#91;") if SPECIAL.search(value) else value


def _text(value: str) -> str:
    """A mark in somebody's name would be filled in turn: it is taken apart."""
    return value.replace("[[", "[ [") if "[[" in value else value


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter up to what differs. `plan`: each field with its marks; `own`: the headers with a link, in pieces."""

    shared: dict[str, Any]
    plan: tuple[tuple[Field, tuple[Place, ...]], ...]
    own: tuple[tuple[str, tuple[str | Field, ...]], ...]

    def personal(self, reader: Recipient) -> Personal:
        """One reader's part. Raises Undeliverable, or TransportError for a link that is missing."""
        where = address.parse(reader.address)
        if where.utf8:
            raise Undeliverable(
                "SendGrid ne prend pas d’adresse accentuée ; envoyez par SMTP, ou demandez-en une autre"
            )
        if not mime.DELIVERY.fullmatch(reader.delivery):
            raise Undeliverable("le numéro de cet exemplaire n’est pas fait de lettres et de chiffres")
        values: dict[Field, str] = {}
        filled: dict[str, str] = {}
        for field, places in self.plan:
            value = reader.fields.get(field, "")
            plain = PLAIN.fullmatch(value)  # most are, and then stand everywhere as they are
            values[field] = value = value if plain else headers.clean(value)
            if not value and field is not Field.FIRST_NAME:
                raise TransportError(f"le lien « {field} » manque à un exemplaire : rien n’est envoyé sans lui")
            for mark, write in places:
                filled[mark] = value if plain else write(value)
        if sum(map(len, filled.values())) > SUBSTITUTIONS_MAX // 8:
            _measure(filled)
        personal: Personal = {"to": [{"email": str(where)}], "custom_args": {DELIVERY: reader.delivery}}
        if filled:
            personal["substitutions"] = filled
        if self.own:
            personal["headers"] = {name: _joined(pieces, values) for name, pieces in self.own}
        return personal

    def request(self, people: Sequence[Personal]) -> dict[str, Any]:
        """The body of one call."""
        return {"personalizations": people, **self.shared}


def _joined(pieces: Sequence[str | Field], values: dict[Field, str]) -> str:
    value = "".join([headers.uri(values[piece]) if isinstance(piece, Field) else piece for piece in pieces])
    if len(value) > HEADER_MAX:
        raise TransportError(f"les liens de désinscription font {len(value)} caractères ; raccourcissez site.url")
    return value


def _measure(filled: dict[str, str]) -> None:
    size = sum(len(mark.encode()) + len(value.encode()) for mark, value in filled.items())
    if size > SUBSTITUTIONS_MAX:
        raise Undeliverable(f"son prénom et ses liens font {size} octets, et SendGrid en prend {SUBSTITUTIONS_MAX}")


@lru_cache(maxsize=8)
def draft(message: Message, sandbox: bool = False) -> Draft:
    """What all requests of a letter share. Raises TemplateError for what can't be sent, as an SMTP letter does."""
    mime.compile(message)
    parts = [("text/plain", "text", message.text)]
    if message.html is not None:
        parts.append(("text/html", "html", message.html))
    contents = [{"type": kind, "value": _marked(place, content)} for kind, place, content in parts]
    constant, own = _headers(message)
    shared: dict[str, Any] = {
        "from": _mailbox(message.sender),
        "subject": headers.clean(message.subject),
        "content": contents,
        "tracking_settings": UNTRACKED,
    }
    if message.reply_to:
        shared["reply_to"] = _mailbox(message.reply_to)
    if constant:
        shared["headers"] = constant
    if sandbox:
        shared["mail_settings"] = {"sandbox_mode": {"enable": True}}
    used = {mark for content in contents for mark in MARK.findall(content["value"])}
    return Draft(shared, _plan(used, own), own)


def _mailbox(written: str) -> dict[str, str]:
    name, where = headers.split_mailbox(written)
    if where.utf8:
        raise TemplateError(f"« {written} » ne peut pas écrire par SendGrid : l’adresse a un accent")
    return {"email": str(where), "name": name} if name else {"email": str(where)}


def _marked(place: str, content: str) -> str:
    """Each part with marks of its own: a value is escaped for the part it lands in, whatever the mark was called."""
    return MARK.sub(lambda mark: f"[[{place}:{_field(mark[0])}]]", content)


def _field(mark: str) -> Field:
    return Field(mark[2:-2].partition(":")[2])


def _headers(message: Message) -> tuple[dict[str, str], tuple[tuple[str, tuple[str | Field, ...]], ...]]:
    """Those that are the same for all; and, in pieces, those with a link, with what makes that link work."""
    constant: dict[str, str] = {}
    own: list[tuple[str, tuple[str | Field, ...]]] = []
    for name, written in message.headers:
        if name.lower() in RESERVED:
            raise TemplateError(f"l’en-tête « {name} » est écrit par SendGrid lui-même")
        value = headers.listed(name, written).decode().partition(": ")[2].replace("\r\n", "").strip()
        if MARK.search(value) or name.lower() == "list-unsubscribe-post":
            pieces = re.split(f"({MARK.pattern})", value)
            own.append((name, tuple(_field(piece) if MARK.fullmatch(piece) else piece for piece in pieces)))
        else:
            constant[name] = value
    return constant, tuple(own)


def _plan(
    used: set[str], own: Sequence[tuple[str, Sequence[str | Field]]]
) -> tuple[tuple[Field, tuple[Place, ...]], ...]:
    linked = {piece for _, pieces in own for piece in pieces if isinstance(piece, Field)}
    return tuple(
        (
            field,
            tuple((mark, _html if mark == field.html else _text) for mark in (field.text, field.html) if mark in used),
        )
        for field in Field
        if field in linked or {field.text, field.html} & used
    )
