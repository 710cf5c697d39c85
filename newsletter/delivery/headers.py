"""Header fields: names and values in, folded ASCII lines out, by RFC 5322, 2047 and 2369.

Nothing in a value can end its header: controls, line ends of Unicode and marks that turn the writing round are gone
before anything is written. A line has 78 characters, except where a web address, which must not be cut, is longer.
"""

import re
from email.header import Header
from urllib.parse import quote

from newsletter.delivery import address
from newsletter.errors import TemplateError, TransportError
from newsletter.model import MARK

LINE = 76
NAME = re.compile(r"[\x21-\x39\x3b-\x7e]{1,60}")
PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
LISTED = re.compile(r"[^<>]*<[^<>]*>(?:, *<[^<>]*>)*")
URI = re.compile(r"[A-Za-z0-9\-._~:/?#@!$&'()*+;=%]*")
URI_MARKS = "-._~:/?#@!$&'()*+;=%"
URI_MAX = 900
PARTS = re.compile(f"({MARK.pattern})")


def clean(value: str) -> str:
    """On one line, without anything invisible that could mean something to a program."""
    if value.isascii() and value.isprintable():
        return value.strip(" ")
    return address.INVISIBLE.sub("", re.sub(r"[\t\n\v\f\r\x85\u2028\u2029]+", " ", value)).strip(" ")


def unstructured(name: str, value: str) -> bytes:
    """A field of free text: Subject."""
    return _field(name, _words(clean(value), len(name) + 2))


def mailbox(name: str, written: str) -> bytes:
    """A field of one mailbox, with its name or without: From, Reply-To."""
    person, where = split_mailbox(written)
    place = f"<{where}>" if person else str(where)
    return _field(name, _join(_phrase(person, len(name) + 2), place, len(name) + 2))


def split_mailbox(written: str) -> tuple[str, address.Address]:
    """The name and the address of « Vie associative <asso@ville.fr> ». Raises TemplateError."""
    name, bracket, rest = clean(written).rpartition("<")
    try:
        where = address.parse(rest.removesuffix(">").strip() if bracket else rest)
    except address.Undeliverable as error:
        raise TemplateError(f"« {written} » ne peut pas écrire une lettre : {error}") from None
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return name, where


def listed(name: str, value: str) -> bytes:
    """Any other field. What stands in <…> stays whole; the text around it is encoded where it must be."""
    if not NAME.fullmatch(name):
        raise TemplateError(f"« {clean(name)} » n'est pas un nom d'en-tête")
    value = clean(value)
    if not LISTED.fullmatch(value):
        if MARK.search(value):
            raise TemplateError(f"l'en-tête « {name} » ne prend la marque d'un lecteur qu'entre « < » et « > »")
        return unstructured(name, value)
    used = len(name) + 2
    phrase, _, rest = value.partition("<")
    text = _phrase(phrase.strip(), used)
    for place in rest.removesuffix(">").split(">"):
        text = _join(text + "," if text.endswith(">") else text, f"<{uri(place.strip(' ,<'))}>", used)
    return _field(name, text)


def uri(value: str) -> str:
    """An address between < and >: nothing in it can close them, start another, or be folded."""
    if not URI.fullmatch(value):
        value = "".join(p if MARK.fullmatch(p) else quote(clean(p), safe=URI_MARKS) for p in PARTS.split(value))
    if len(value) > URI_MAX:
        raise TransportError(f"une adresse d'en-tête a {len(value)} caractères ; {URI_MAX} au plus")
    return value


def _phrase(name: str, used: int) -> str:
    """A display name: as it is, in quotes, or in encoded words."""
    if len(name) > LINE - used or not name.isascii() or "=?" in name:
        return _encoded(name, used) if name else ""
    if not name or PHRASE.fullmatch(name):
        return name
    return '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'


def _words(value: str, used: int) -> str:
    if not value.isascii() or "=?" in value:
        return _encoded(value, used)
    lines = [""]
    for word in re.split(r"(?<! )(?= )", value):  # each word with the spaces before it
        room = LINE - (used if len(lines) == 1 else 0)
        if len(lines[-1]) + len(word) <= room:
            lines[-1] += word
        else:
            lines.append(word)
    whole = lines[0] and all(len(line) <= LINE for line in lines)
    return "\r\n".join(lines) if whole or not value else _encoded(value, used)


def _encoded(value: str, used: int) -> str:
    return Header(value, "utf-8", maxlinelen=LINE, header_name="x" * (used - 2)).encode(splitchars="", linesep="\r\n")


def _join(before: str, after: str, used: int) -> str:
    """Two words with a space between, or a fold where the line would be too long."""
    if not before:
        return after
    last = before.rpartition("\r\n")[2]
    width = len(last) + 1 + len(after) + (used if last == before else 0)
    return f"{before} {after}" if width <= LINE + 2 and not MARK.search(last) else f"{before}\r\n {after}"


def _field(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode()
