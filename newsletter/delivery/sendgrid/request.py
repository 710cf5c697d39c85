"""A letter as SendGrid wants it: a `Message` and recipients in, the JSON of a /v3/mail/send request out.

What differs from reader to reader is in their personalization: substitutions for the marks, the headers that hold a
link, and the number of the copy, which is all that SendGrid's events bring back. That JSON is written once for all,
and cut where a reader's values go: a dict and `json.dumps` for each take 4 times as long. Never here: a tracking mark,
a category, a time to send at, an unsubscribe list of SendGrid's own.
"""

import html
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring
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
# ASCII that HTML, JSON and marks leave alone.
PLAIN = re.compile(r"[!#$%(-;=?-Z\]-~](?:[ !#$%(-;=?-Z\]-~]*[!#$%(-;=?-Z\]-~])?")
PLACES = re.compile("(\ue000[^\ue001]+\ue001)")
MAILBOX, COPY = "\ue000mailbox\ue001", "\ue000copy\ue001"
Write = Callable[[str], str]


def _html(value: str) -> str:
    return _in_json(html.escape(value).replace("[", "&#91;"))


def _text(value: str) -> str:
    """A mark in somebody's name would be filled in turn: it is taken apart."""
    return _in_json(value.replace("[[", "[ ["))


def _in_json(value: str) -> str:
    return encode_basestring(value)[1:-1]  # json.dumps takes 8 times as long, without its ASCII


@dataclass(frozen=True, slots=True)
class Personal:
    """One reader's part of a request. `mailbox`: what must be there once in a request."""

    delivery: str
    mailbox: str
    json: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter up to what differs.

    `shared`: the JSON of what all requests end with. `pieces`: that of a reader's part, cut at its places. `plan`: each
    field with its places, and how a value is written there.
    """

    shared: str
    pieces: tuple[str, ...]
    plan: tuple[tuple[Field, tuple[tuple[str, Write], ...]], ...]

    def personal(self, reader: Recipient) -> Personal:
        """One reader's part. Raises Undeliverable, or TransportError for a link that is missing."""
        where = address.parse(reader.address)
        if where.utf8:
            raise Undeliverable(
                "SendGrid ne prend pas d’adresse accentuée ; envoyez par SMTP, ou demandez-en une autre"
            )
        if not mime.DELIVERY.fullmatch(reader.delivery):
            raise Undeliverable("le numéro de cet exemplaire n’est pas fait de lettres et de chiffres")
        mailbox = str(where)
        filled = {MAILBOX: mailbox if PLAIN.fullmatch(mailbox) else _in_json(mailbox), COPY: reader.delivery}
        for field, places in self.plan:
            value = reader.fields.get(field, "")
            plain = PLAIN.fullmatch(value)  # most are, and then stand everywhere as they are
            value = value if plain else headers.clean(value)
            if not value and field is not Field.FIRST_NAME:
                raise TransportError(f"le lien « {field} » manque à un exemplaire : rien n’est envoyé sans lui")
            for place, write in places:
                filled[place] = value if plain and write is not headers.uri else write(value)
        whole = "".join([filled.get(piece, piece) for piece in self.pieces])
        if len(whole) > HEADER_MAX:
            _measure(whole)
        return Personal(reader.delivery, mailbox.casefold(), whole)

    def request(self, people: Sequence[Personal]) -> bytes:
        """The body of one call."""
        parts = ",".join([person.json for person in people])
        return f'{{"personalizations":[{parts}],{self.shared}'.encode()


def _measure(whole: str) -> None:
    part = json.loads(whole)
    longest = max(map(len, part.get("headers", {}).values()), default=0)
    if longest > HEADER_MAX:
        raise TransportError(f"les liens de désinscription font {longest} caractères ; raccourcissez site.url")
    filled = part.get("substitutions", {})
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
    used = sorted({mark for content in contents for mark in MARK.findall(content["value"])})
    return Draft(_written(shared)[1:], tuple(PLACES.split(_written(_pattern(used, own)))), _plan(used, own))


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _place(of: str) -> str:
    return f"\ue000{of}\ue001"


def _pattern(used: Sequence[str], own: Sequence[tuple[str, Sequence[str | Field]]]) -> dict[str, Any]:
    """A reader's part, with places where their values go."""
    pattern: dict[str, Any] = {"to": [{"email": MAILBOX}], "custom_args": {DELIVERY: COPY}}
    if used:
        pattern["substitutions"] = {mark: _place(mark) for mark in used}
    if own:
        pattern["headers"] = {
            name: "".join(_place(piece) if isinstance(piece, Field) else piece for piece in pieces)
            for name, pieces in own
        }
    return pattern


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
    used: Sequence[str], own: Sequence[tuple[str, Sequence[str | Field]]]
) -> tuple[tuple[Field, tuple[tuple[str, Write], ...]], ...]:
    """Where each field goes: in the text, in the HTML, in a header."""
    linked = {piece for _, pieces in own for piece in pieces if isinstance(piece, Field)}
    plan = []
    for field in Field:
        places: list[tuple[str, Write]] = [
            (_place(mark), write) for mark, write in ((field.text, _text), (field.html, _html)) if mark in used
        ]
        if field in linked:
            places.append((_place(field), headers.uri))
        if places:
            plan.append((field, tuple(places)))
    return tuple(plan)
