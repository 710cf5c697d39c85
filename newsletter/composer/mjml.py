"""MJML in, HTML out, and before that every fault of the MJML with its line. Nothing is fetched, nothing is guessed.

The renderer (mrml) accepts unknown tags, attributes and units in silence, and names no line when it refuses: so
`validate` reads everything first, by the tables of `mjml_tags`. Other flaws of mrml 6.0.1 answered here:
- it writes attributes with Rust's debug escapes, a narrow no-break space as the text \\u{202f} (`_armour`);
- it kills the process on deep nesting (`DEEPEST`);
- it leaves `mj-style inline="inline"` to us (`inline_style`).
Look at them again at each new version: tests/test_mjml.py fails when one is gone.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

from mjml import mjml2html

from newsletter.composer.mjml_tags import (
    ATTRIBUTES,
    CHILDREN,
    COMPONENTS,
    EVERY,
    HTML_INSIDE,
    IGNORED,
    NO_COMMENT,
    PICTURES,
    REFUSED,
    TEXT_INSIDE,
    VOID,
    mend,
)
from newsletter.errors import TemplateError

DEEPEST = 100  # mrml overflows its stack, and takes the process with it, near 1,800 levels

_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*+(?::[A-Za-z_][A-Za-z0-9_.-]*+)?+"
_VALUE = r"\"[^\"]*+\"|'[^']*+'"
_PAIR = re.compile(rf"\s++({_NAME})(?:\s*+=\s*+({_VALUE}))?+")
_PAIRS = rf"(?:\s++{_NAME}(?:\s*+=\s*+(?:{_VALUE}))?+)*+"
_TAG = re.compile(
    rf"<!--(?P<comment>.*?)-->|</(?P<close>{_NAME})\s*+>"
    rf"|<(?P<open>{_NAME})(?P<attributes>{_PAIRS})\s*+(?P<alone>/?)>",
    re.DOTALL,
)
_BROKEN = re.compile(rf"<(?P<open>{_NAME})?[^<>]*+>?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_WEB_FONT = re.compile(r"@import|@font-face", re.IGNORECASE)
_INLINE = re.compile(
    r"(<mj-style\b[^>]*?\sinline\s*=\s*(?:\"inline\"|'inline')[^>]*?(?<!/)>)(.*?)(</mj-style\s*>)", re.DOTALL
)
_BLANKS = re.compile(r"[ \t\n]+")
_REFERENCE = re.compile(r"&#(\d+);")


@dataclass(frozen=True, slots=True)
class _Token:
    """One piece of the source. `text` is all of it, as written."""

    kind: Literal["text", "comment", "open", "close", "broken"]
    text: str
    line: int
    tag: str = ""
    attributes: tuple[tuple[str, str | None], ...] = ()
    alone: bool = False


def _token(match: re.Match[str], line: int) -> _Token:
    if match["comment"] is not None:
        return _Token("comment", match[0], line)
    if match["close"]:
        return _Token("close", match[0], line, match["close"])
    attributes = tuple((name, value[1:-1] if value else None) for name, value in _PAIR.findall(match["attributes"]))
    return _Token("open", match[0], line, match["open"], attributes, bool(match["alone"]))


def _tokens(source: str) -> Iterator[_Token]:
    at, line = 0, 1
    while at < len(source):
        if source[at] != "<":
            end = source.find("<", at)
            piece = _Token("text", source[at : end if end >= 0 else len(source)], line)
        elif match := _TAG.match(source, at):
            piece = _token(match, line)
        else:
            broken = _BROKEN.match(source, at)
            assert broken is not None, "it matches any text that starts with <"
            piece = _Token("broken", broken[0], line, broken["open"] or "")
        yield piece
        at += len(piece.text)
        line += piece.text.count("\n")


def _is_mjml(tag: str) -> bool:
    return tag.lower() == "mjml" or tag.lower().startswith("mj-")


def _near(word: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(word, list(known), 1)
    return f" ; vouliez-vous « {close[0]} » ?" if close else ""


@dataclass(slots=True)
class _Reading:
    """Reads a source once from top to bottom, and keeps what is wrong."""

    faults: list[tuple[int, str]] = field(default_factory=list)
    stack: list[_Token] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    defaults: dict[str, set[str]] = field(default_factory=dict)

    def say(self, line: int, message: str) -> None:
        self.faults.append((line, message))

    @property
    def inside(self) -> str:
        return self.stack[-1].tag if self.stack else ""

    def read(self, tokens: Iterable[_Token]) -> None:
        for token in tokens:
            self._take(token)
            if len(self.stack) > DEEPEST:
                self.say(token.line, f"plus de {DEEPEST} balises l'une dans l'autre ; simplifiez le modèle")
                return
        for left in reversed(self.stack):
            self._unclosed(left)
        if "mjml" not in self.seen:
            self.say(1, "le document doit commencer par <mjml>")
        elif "mj-body" not in self.seen:
            self.say(1, "il manque <mj-body>, le corps de la lettre")

    def _take(self, token: _Token) -> None:
        match token.kind:
            case "text":
                self._text(token)
            case "comment":
                self._comment(token)
            case "open":
                self._open(token)
            case "close":
                self._close(token)
            case "broken":
                self._broken(token)

    def _unclosed(self, token: _Token) -> None:
        lower = token.tag.lower()
        advice = f"écrivez-la en minuscules, <{lower}>" if lower in VOID else f"ajoutez </{token.tag}>"
        self.say(token.line, f"<{token.tag}> n'est pas refermée ; {advice}")

    @property
    def setting(self) -> bool:
        """Whether what comes would be inside one of the settings of mj-attributes, which hold attributes only."""
        return len(self.stack) > 1 and self.stack[-2].tag == "mj-attributes"

    def _text(self, token: _Token) -> None:
        blank = len(token.text) - len(token.text.lstrip())
        line = token.line + token.text[:blank].count("\n")
        if self.inside == "mj-style" and (found := _WEB_FONT.search(token.text)):
            line = token.line + token.text[: found.start()].count("\n")
            self.say(line, f"« {found[0]} » : les polices et feuilles de style à distance sont refusées")
        elif token.text.strip() and (self.setting or not self._takes(HTML_INSIDE | TEXT_INSIDE)):
            where = f"dans <{self.inside}>" if self.inside else "hors de <mjml>"
            self.say(line, f"« {_short(token.text)} » : du texte {where} ; mettez-le dans un mj-text")

    def _comment(self, token: _Token) -> None:
        if self.setting or self.inside in NO_COMMENT:
            self.say(token.line, f"commentaire dans <{self.inside}> : le moteur s'y arrête ; écrivez {{# … #}}")
        elif "--" in token.text[4:-3] or token.text.endswith("--->"):
            self.say(token.line, "« -- » au milieu d'un commentaire : le moteur s'y arrête ; enlevez-le")

    def _broken(self, token: _Token) -> None:
        self.say(token.line, _why_broken(token))
        if token.tag and token.text.endswith(">") and not token.text.endswith("/>") and token.tag not in VOID:
            self.stack.append(token)

    def _close(self, token: _Token) -> None:
        names = [opened.tag.lower() for opened in self.stack]
        if token.tag.lower() not in names:
            self.say(token.line, f"</{token.tag}> referme une balise qui n'est pas ouverte ; supprimez-le")
            return
        while self.stack and self.inside.lower() != token.tag.lower():
            self._unclosed(self.stack.pop())
        self.stack.pop()

    def _open(self, token: _Token) -> None:
        if token.tag.lower() in REFUSED:
            self.say(token.line, f"<{token.tag}> : {REFUSED[token.tag.lower()]}")
        elif not _is_mjml(token.tag):
            self._html(token)
        elif token.tag not in ATTRIBUTES:
            self.say(token.line, f"<{token.tag}> n'est pas une balise MJML{_near(token.tag, ATTRIBUTES)}")
        else:
            self._placed(token)
            self._attributes(token)
            self._pictures(token)
            self.seen.add(token.tag)
        for name in sorted({name for name, _ in token.attributes if _count(name, token) > 1}):
            self.say(token.line, f"<{token.tag}> : l'attribut « {name} » est écrit deux fois")
        if not token.alone and token.tag not in VOID:
            self.stack.append(token)

    def _takes(self, tags: frozenset[str]) -> bool:
        return self.inside in tags or not _is_mjml(self.inside or "mjml")

    def _html(self, token: _Token) -> None:
        if self.setting or not self._takes(HTML_INSIDE):
            where = f"dans <{self.inside}>" if self.inside else "hors de <mjml>"
            self.say(token.line, f"<{token.tag}> {where} : mettez ce HTML dans un mj-text ou un mj-raw")

    def _placed(self, token: _Token) -> None:
        tag, inside = token.tag, self.inside
        if tag in ("mjml", "mj-head", "mj-body") and tag in self.seen:
            self.say(token.line, f"<{tag}> est écrite deux fois")
        if not inside and tag == "mjml":
            return
        if self.setting or tag not in CHILDREN.get(inside, ()):
            homes = [f"<{parent}>" for parent, children in CHILDREN.items() if tag in children]
            homes = [home for home in homes if home != "<mj-attributes>"] or homes
            where = f"dans <{inside}>" if inside else "au début du document"
            self.say(token.line, f"<{tag}> n'a pas sa place {where} ; mettez-la dans {' ou '.join(homes) or 'rien'}")

    def _attributes(self, token: _Token) -> None:
        default = self.inside == "mj-attributes"
        known = EVERY if token.tag in ("mj-all", "mj-class") else ATTRIBUTES[token.tag]
        for name, value in token.attributes:
            if name == "name" and token.tag == "mj-class":
                self.classes.add(value or "")
            elif (token.tag, name) in IGNORED:
                effect = f"n'a aucun effet ; {IGNORED[token.tag, name]}"
                self.say(token.line, f"<{token.tag}> : l'attribut « {name} » {effect}")
            elif name not in known:
                self.say(token.line, f"<{token.tag}> : l'attribut « {name} » est inconnu{_near(name, known)}")
            elif advice := mend(known[name], value or ""):
                self.say(token.line, f"<{token.tag}> : {name}=\"{value or ''}\" ; {advice}")  # fmt: skip
            elif name == "mj-class" and not default:
                self._named(token, value or "")
        if default:
            self.defaults.setdefault(token.tag, set()).update(name for name, _ in token.attributes)
        if token.tag == "mj-class" and not any(name == "name" for name, _ in token.attributes):
            self.say(token.line, "<mj-class> : il manque son nom, name=\"…\"")  # fmt: skip

    def _named(self, token: _Token, names: str) -> None:
        for name in names.split():
            if name not in self.classes:
                known = _near(name, dict.fromkeys(self.classes))
                self.say(token.line, f"<{token.tag}> : la classe « {name} » n'est pas dans mj-attributes{known}")

    def _pictures(self, token: _Token) -> None:
        if self.inside == "mj-attributes" or token.tag not in COMPONENTS:
            return
        given = {name for name, _ in token.attributes} | self.defaults.get(token.tag, set())
        for name in PICTURES.get(token.tag, ()):
            if name not in given | self.defaults.get("mj-all", set()):
                self.say(token.line, f"<{token.tag}> : sans « {name} », l'image viendrait d'un autre site ; donnez-la")


def _count(name: str, token: _Token) -> int:
    return sum(other == name for other, _ in token.attributes)


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 40 else f"{words[:39]}…"


def _why_broken(token: _Token) -> str:
    text = token.text
    if text.startswith("<!--"):
        return "un commentaire n'est pas refermé ; ajoutez -->"
    if text.startswith(("<?", "<!")):
        return f"« {_short(text)} » : un document MJML commence par <mjml> ; supprimez-le"
    if token.tag:
        return f"« {_short(text)} » : balise mal écrite (guillemets oubliés autour d'une valeur, ou « > » manquant)"
    return "« < » seul dans le texte ; écrivez &lt;"


def _plain(mjml: str) -> str:
    return mjml.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def validate(mjml: str, name: str = "letter.mjml") -> None:
    """Raise a TemplateError with every fault of this MJML and its line, or return when there is none."""
    source = _plain(mjml)
    _check(source, _tokens(source), name)


def _check(source: str, tokens: Iterable[_Token], name: str) -> None:
    reading = _Reading()
    for number, line in enumerate(source.split("\n"), 1):
        if found := _CONTROL.search(line):
            reading.say(number, f"un caractère invisible (U+{ord(found[0]):04X}) ; effacez-le et retapez le mot")
    reading.read(tokens)
    if reading.faults:
        faults = dict.fromkeys(sorted(reading.faults, key=lambda fault: fault[0]))
        raise TemplateError("\n".join(f"{name}, ligne {line} : {message}" for line, message in faults))


def inline_style(mjml: str) -> tuple[str, str]:
    """Part the MJML from the CSS of its `mj-style inline="inline"`, which mrml doesn't inline; line numbers stay."""
    css = "\n".join(match[2].strip() for match in _INLINE.finditer(mjml))
    return _INLINE.sub(lambda match: "\n" * match[0].count("\n"), mjml), css


def render(mjml: str, name: str = "letter.mjml") -> str:
    """The HTML of this MJML, once it is valid; its words come out as they went in."""
    source = _plain(mjml)
    tokens = list(_tokens(source))
    _check(source, tokens, name)
    if _INLINE.search(mjml):
        raise TemplateError(f"{name} : un mj-style inline n'est pas appliqué par le moteur ; passez par inline_style")
    armoured = "".join(_armour(tokens)).encode("ascii", "xmlcharrefreplace").decode("ascii")
    try:
        html = mjml2html(armoured, fonts={})
    except ValueError as refusal:
        raise TemplateError(f"{name} : le moteur MJML refuse ce document ({refusal})") from refusal
    return _REFERENCE.sub(_disarm, html).replace("<!doctype html>", "<!DOCTYPE html>", 1)


def _disarm(reference: re.Match[str]) -> str:
    code = int(reference[1])
    return chr(code) if 159 < code <= 0x10FFFF or code == ord("\\") else reference[0]


def _armour(tokens: Iterable[_Token]) -> Iterator[str]:
    # mrml writes every attribute, and the aria-label it makes of mj-title, as Rust debugs a string: what it
    # would escape goes through as a reference. Reported nowhere we know of (mrml 6.0.1): remove when it's mended.
    title = False
    for token in tokens:
        if token.kind == "open" and token.attributes:
            pairs = "".join(
                f' {name}="{_quiet(value)}"' if value is not None else f" {name}" for name, value in token.attributes
            )
            yield f"<{token.tag}{pairs}{' /' if token.alone else ''}>"
        elif token.kind == "text":
            words = token.text.replace("]]>", "]]&gt;")  # mrml takes it for the end of a CDATA
            yield _quiet(_BLANKS.sub(" ", words)) if title else words
        else:
            yield token.text
        title = (token.kind == "open" and token.tag == "mj-title") or (title and token.kind == "text")


_QUIET = str.maketrans({'"': "&quot;", "\n": "&#10;", "\t": "&#9;", "\\": "&#92;"})


def _quiet(value: str) -> str:
    return value.translate(_QUIET)
