"""MIME: a message encoded once, then joined per reader. A `Message` in, the bytes of one copy out, ended by CRLF.

Everything is ASCII but the To of an address that is not; no line is longer than 76 characters in the body, starts with
a dot, or ends with a space: the same bytes are an .eml file and an SMTP transaction. No clock, no network, no chance:
the same message and recipient make the same bytes.
"""

import hashlib
import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import quote

from newsletter.delivery import address, headers, quoted
from newsletter.delivery.address import Address, Undeliverable
from newsletter.errors import TemplateError, TransportError
from newsletter.model import MARK, Field, Message, Recipient

OURS = {"from", "sender", "reply-to", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version"}
SPECIAL = re.compile("[&<>\"']")
TO, NUMBER = 1, 3
RETURNS = re.compile(r"[A-Za-z0-9._+-]{1,26}")  # a number has up to 37 letters more, and a local part 64
DELIVERY = re.compile(r"[A-Za-z0-9_-]{1,64}")
Slot = tuple[str, Field]
Write = Callable[[str], bytes]


def _html(value: str) -> bytes:
    return quoted.value(html.escape(value) if SPECIAL.search(value) else value)


def _uri(value: str) -> bytes:
    return headers.uri(value).encode()


PLACES: Mapping[str, Write] = {"uri": _uri, "html": _html, "text": quoted.value}


@dataclass(frozen=True, slots=True)
class Copy:
    """One reader's mail, ready for a wire or a file."""

    delivery: str
    address: Address
    content: bytes


@dataclass(frozen=True, slots=True)
class Template:
    """A message encoded up to what differs. `parts` has gaps for To, for Message-ID, and for the values of `plan`.

    The plan goes by field, then by place, so that a value is cleaned once and encoded once a place, wherever it stands.
    """

    sender: Address
    domain: str
    returns: tuple[str, str] | None
    parts: tuple[bytes, ...]
    plan: tuple[tuple[Field, tuple[tuple[Write, tuple[int, ...]], ...]], ...]

    def envelope(self, delivery: str) -> str:
        """Who the envelope says a copy is from: the address its bounces come back to (RFC 5321's reverse-path)."""
        if self.returns is None:
            return str(self.sender)
        return f"{self.returns[0]}+{delivery}@{self.returns[1]}"

    def join(self, recipient: Recipient, end: bytes = b"") -> Copy:
        """The copy of one recipient, and `end` after it (a dot line, without one more copy of 50 KB).

        Raises Undeliverable for an address, TransportError for a link that is missing.
        """
        where = address.parse(recipient.address)
        if not DELIVERY.fullmatch(recipient.delivery):
            raise Undeliverable("le numéro de cet exemplaire n'est pas fait de lettres et de chiffres")
        parts = list(self.parts)
        parts[TO] = f"To: {where}\r\n".encode()
        parts[NUMBER] = f"Message-ID: <{recipient.delivery}@{self.domain}>\r\n".encode()
        for field, places in self.plan:
            value = headers.clean(recipient.fields.get(field, ""))
            if not value and field is not Field.FIRST_NAME:
                raise TransportError(f"le lien « {field} » manque à un exemplaire : rien n'est envoyé sans lui")
            for write, gaps in places:
                written = write(value)
                for gap in gaps:
                    parts[gap] = written
        parts.append(end)
        return Copy(recipient.delivery, where, b"".join(parts))


def eml(message: Message, recipient: Recipient) -> bytes:
    """The whole mail of one recipient. Raises Undeliverable, TransportError."""
    return compile(message).join(recipient).content


@lru_cache(maxsize=8)
def compile(message: Message) -> Template:
    """Encodes what all copies share. Raises TemplateError for a mark or a header that can't be sent."""
    _, sender = headers.split_mailbox(message.sender)
    before = headers.mailbox("From", message.sender)
    if message.reply_to:
        before += headers.mailbox("Reply-To", message.reply_to)
    before += headers.unstructured("Subject", _unmarked(message.subject))
    after = f"Date: {format_datetime(message.date)}\r\n".encode()
    parts, slots = _split([*_constant(message), *_body(message)])
    domain, returns = address.ascii_domain(message.domain), _returns(message.return_path)
    return Template(sender, domain, returns, (before, b"", after, b"", *parts), _plan(slots))


def _returns(written: str | None) -> tuple[str, str] | None:
    if written is None:
        return None
    where = headers.split_mailbox(written)[1]
    if where.utf8 or not RETURNS.fullmatch(where.local):
        raise TemplateError(f"« {written} » ne peut pas prendre le numéro d'un exemplaire : écrivez-la sans accent")
    return where.local, where.domain


def _unmarked(subject: str) -> str:
    if MARK.search(subject):
        raise TemplateError("l'objet est le même pour tous : retirez-en la marque d'un lecteur")
    return subject


Piece = bytes | Slot


def _constant(message: Message) -> Iterator[Piece]:
    yield b"MIME-Version: 1.0\r\n"
    for name, value in message.headers:
        if name.lower() in OURS or name.lower().startswith("content-"):
            raise TemplateError(f"l'en-tête « {name} » est écrit par la lettre elle-même")
        yield from _marked(headers.listed(name, value).decode(), "uri", str.encode)


def _body(message: Message) -> Iterator[Piece]:
    if message.html is None:
        ended = message.text.endswith(("\n", "\r"))  # else the dot that ends a mail would end its last line
        yield from _part("text", message.text if ended else f"{message.text}\n")
        return
    content = hashlib.sha256("\0".join((message.subject, message.text, message.html)).encode()).hexdigest()
    boundary = f"=_{content[:32]}"  # "=_" is never quoted-printable
    yield f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'.encode()
    for place, content in (("text", message.text), ("html", message.html)):
        yield f"\r\n--{boundary}\r\n".encode()
        yield from _part(place, content)
    yield f"\r\n--{boundary}--\r\n".encode()


def _part(place: str, content: str) -> Iterator[Piece]:
    kind = "plain" if place == "text" else "html"
    yield f"Content-Type: text/{kind}; charset=utf-8\r\n".encode()
    yield b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    yield from _marked(content.replace("\r\n", "\n").replace("\r", "\n"), place, quoted.encode)


def _marked(content: str, place: str, encode: Callable[[str], bytes]) -> Iterator[Piece]:
    """Pieces and slots in turn. In a body each value starts a line, and is followed by a soft break."""
    soft = b"" if place == "uri" else quoted.SOFT
    fresh = True
    for piece in re.split(f"({MARK.pattern})", content):
        if MARK.fullmatch(piece):
            yield b"" if fresh else soft
            yield place, _field(piece)
            yield soft
            fresh = True
        elif piece:
            yield (encoded := encode(piece))
            fresh = encoded.endswith(b"\r\n")


def _field(mark: str) -> Field:
    name = mark[2:-2].partition(":")[2]
    if name not in list(Field):
        raise TemplateError(f"la marque « {mark} » n'est pas connue ; au choix : {', '.join(Field)}")
    return Field(name)


def _split(content: list[Piece]) -> tuple[list[bytes], dict[Slot, list[int]]]:
    """Runs of bytes joined to one part each, with a gap for each value, and where each slot's gaps are."""
    parts, slots = [b""], dict[Slot, list[int]]()
    for piece in content:
        if isinstance(piece, bytes):
            parts[-1] += piece
        else:
            slots.setdefault(piece, []).append(len(parts) + NUMBER + 1)
            parts += [b"", b""]
    return parts, slots


def _plan(slots: Mapping[Slot, list[int]]) -> tuple[tuple[Field, tuple[tuple[Write, tuple[int, ...]], ...]], ...]:
    fields = dict.fromkeys(field for _, field in slots)
    return tuple(
        (field, tuple((PLACES[place], tuple(gaps)) for (place, of), gaps in slots.items() if of is field))
        for field in fields
    )


def letter_headers(
    title: str, list_id: str, answers: str, archive: str | None = None, *, by_mail: bool = False
) -> tuple[tuple[str, str], ...]:
    """What makes a mail a letter people can leave (RFC 2369, 2919, 8058): `answers` is the mailbox a person reads.

    `by_mail`: each reader has a `mailto:` of their own, and a program reads what comes; else a person does.
    """
    mailbox = quote(str(headers.split_mailbox(answers)[1]), safe="@.+-_")
    by_hand = f"mailto:{mailbox}?subject={quote(f'unsubscribe {list_id}')}"
    gone = Field.UNSUBSCRIBE_BY_MAIL.text if by_mail else by_hand
    return (
        ("List-Id", f"{title} <{list_id}>"),
        ("List-Unsubscribe", f"<{Field.UNSUBSCRIBE.text}>, <{gone}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Owner", f"<mailto:{mailbox}>"),
        *([("List-Archive", f"<{archive}>")] if archive else []),
        ("List-Post", "NO"),
        ("Auto-Submitted", "auto-generated"),
    )
