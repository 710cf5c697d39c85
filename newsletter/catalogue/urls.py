"""Links as people type them → addresses a letter may hold: http, https, mailto, tel.

What can't be trusted or understood is dropped with a sentence that says what to type. Nothing is fetched.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
WEB = re.compile(r"https?:", re.IGNORECASE)
BARE = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}\.?(?::\d+)?(?:[/?#].*)?")
MAIL = re.compile(r"[^\s@/:?#<>\"(),;\\]+@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}")
PHONE = re.compile(r"(?:\+\d|00\d|0\d)(?:[\s.\-/()]*\d){6,12}")
HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)")
FILES = {
    "pdf", "doc", "docx", "odt", "xls", "xlsx", "ods", "csv", "ppt", "pptx", "odp", "txt", "jpg", "jpeg", "png",
    "gif", "webp", "svg", "html", "htm", "ics", "zip",
}  # fmt: skip
LONGEST = 2000
AS_IT_IS = re.compile(r"https?://(?:[a-z0-9][a-z0-9-]{0,62}\.)+[a-z]{2,}(?:/[\w/.~=&?#+-]{0,1000})?(?<![.])", re.ASCII)


class Link(NamedTuple):
    """An address to print, or None; and what staff should know of it: a sentence and its code, or None."""

    url: str | None
    wanted: str | None = None
    code: str = "url"


@lru_cache(maxsize=4096)
def read(written: str) -> Link:
    """The first address of a cell."""
    if AS_IT_IS.fullmatch(written):
        return _kept(written)
    if AS_IT_IS.fullmatch(f"https://{written}") and not _names_a_file(written):
        return Link(f"https://{written}")
    words = [word for word in map(_bared, written.split()) if word]
    number = written.strip().removeprefix("tel:")
    if PHONE.fullmatch(number):
        return _phone(number)
    if len(words) == 1:
        return _one(words[0])
    found = [word for word in words if WEB.match(word) or word.lower().startswith("www.") or MAIL.fullmatch(word)]
    found = found or [word for word in words if BARE.fullmatch(word) and not _names_a_file(word)]
    if not found or not (link := _one(found[0])).url:
        return Link(None, "ce n'est pas un lien : tapez par exemple « https://exemple.fr/page »")
    if len(found) > 1:
        return Link(link.url, f"deux liens dans la même cellule : seul {found[0]} est gardé, tapez-en un seul", "urls")
    if words[0] == found[0] and WEB.match(found[0]):
        return Link(link.url, f"il y a une espace dans ce lien : seul {found[0]} est gardé", "urls")
    return link


def _bared(word: str) -> str:
    """Without what a sentence puts around an address."""
    word = word.lstrip("<\"'«“([").rstrip(">\"'»”],;.!")
    return word if "(" in word else word.rstrip(").,;")


def _one(word: str) -> Link:
    if len(word) > LONGEST:
        return Link(None, f"ce lien est trop long ({len(word)} caractères) : tapez une adresse plus courte")
    if MAIL.fullmatch(word):
        return _mail(word)
    if word.startswith("//"):
        return _web(f"https:{word}")
    scheme = SCHEME.match(word)
    if scheme is None or BARE.fullmatch(word):
        return _bare(word)
    name, rest = scheme[1].lower(), word[scheme.end() :]
    if name in ("http", "https"):
        return _web(f"{name}://{rest.lstrip('/')}")
    if name == "mailto":
        return _mail(rest)
    if name == "tel":
        return _phone(rest)
    return Link(None, f"un lien ne peut pas commencer par « {scheme[0]} » : tapez une adresse en https://")


def _bare(word: str) -> Link:
    if not BARE.fullmatch(word):
        return Link(None, "ce n'est pas un lien : tapez par exemple « https://exemple.fr/page »")
    if _names_a_file(word):
        return Link(None, "c'est le nom d'un fichier, pas un lien : déposez-le sur un site et tapez son adresse")
    return _web(f"https://{word}")


def _names_a_file(word: str) -> bool:
    return word.rpartition(".")[2].lower() in FILES and "/" not in word


def _mail(address: str) -> Link:
    box, _, query = address.partition("?")
    if not MAIL.fullmatch(box):
        return Link(None, "cette adresse e-mail est incomplète : tapez par exemple « contact@exemple.fr »")
    local, _, domain = box.rpartition("@")
    try:
        host = domain.encode("idna").decode().lower()
    except UnicodeError:
        return Link(None, "cette adresse e-mail n'existe pas : vérifiez ce qui suit l'arobase")
    subject = dict(parse_qsl(query)).get("subject")  # of a mailto's parts, the only one that can't surprise
    return Link(f"mailto:{quote(local, safe='+.-_')}@{host}" + (f"?subject={quote(subject)}" if subject else ""))


def _phone(number: str) -> Link:
    if not PHONE.fullmatch(number.strip()):
        return Link(None, "ce numéro de téléphone est incomplet : tapez par exemple « 01 46 00 00 00 »")
    return Link("tel:" + re.sub(r"[^\d+]", "", number))


def _web(address: str) -> Link:
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").rstrip(".").encode("idna").decode().lower()
        port = parts.port
    except (ValueError, UnicodeError):
        return Link(None, "cette adresse de site n'existe pas : copiez-la depuis le navigateur")
    if "@" in parts.netloc:
        return Link(None, "ce lien contient un nom d'utilisateur ou un mot de passe : tapez-le sans")
    if not HOST.fullmatch(host):
        return Link(None, "les lecteurs ne peuvent pas ouvrir cette adresse : tapez celle d'un site public")
    place = host if port in (None, {"http": 80, "https": 443}[parts.scheme]) else f"{host}:{port}"
    url = f"{parts.scheme}://{place}{_encoded(parts.path)}"
    url += f"?{_encoded(parts.query)}" if parts.query else ""
    url += f"#{_encoded(parts.fragment)}" if parts.fragment else ""
    return _kept(url)


def _kept(url: str) -> Link:
    if url.startswith("http:"):
        return Link(url, f"lien sans https : tapez « https{url[4:]} » si la page s'ouvre ainsi", "url_http")
    return Link(url)


def _encoded(part: str) -> str:
    kept = quote(part, safe="/?%:@!$&()*+,;=~-._")
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", kept)
