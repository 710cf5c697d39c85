"""Templates staff edits and words in, MJML and text out. Everything is escaped but what goes in the text part.

The environment is sandboxed, and a word that is not known stops it: a TemplateError names the file and the line.
"""

import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from textwrap import TextWrapper
from typing import Any

from jinja2 import BytecodeCache, FileSystemLoader, StrictUndefined, Template, TemplateNotFound, TemplateSyntaxError
from jinja2 import TemplateError as JinjaError
from jinja2.bccache import Bucket
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from newsletter.composer import mjml, wording
from newsletter.composer.inline import inline
from newsletter.composer.page import Card, Page
from newsletter.errors import TemplateError
from newsletter.model import Field

LETTER, CARD, TEXT = "letter.mjml", "item.mjml", "letter.txt"
WIDTH = 76
_OPEN, _SHUT = "\ue000", "\ue001"
_PLACE = re.compile(f"{_OPEN}([^{_SHUT}]*):(\\d+){_SHUT}")
_FAULT = re.compile(rf"^{re.escape(LETTER)}, ligne (\d+) : ", re.MULTILINE)


def links(text: str) -> Markup:
    """The text, with the addresses in it as links."""
    link = Markup('<a href="{}">{}</a>')
    return Markup("").join(link.format(to, _bare(words)) if to else words for words, to in wording.linked(text))


def _bare(address: str) -> str:
    return wording.cap(re.sub(r"^https?://(www\.)?|/$", "", address), 48)


def wrap(text: str, indent: str = "") -> str:
    """Lines of 76 characters at most, no address cut, the following ones indented."""
    wrapper = TextWrapper(WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(wrapper.fill(line) if line else "" for line in text.split("\n"))


class _Lines(Extension):
    """Writes before each line of a template where it comes from."""

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        for token in stream:
            if token.type == "data":
                lines = token.value.split("\n")
                places = (f"{_OPEN}{stream.name}:{token.lineno + n}{_SHUT}{line}" for n, line in enumerate(lines))
                token = Token(token.lineno, "data", "\n".join(places))
            yield token


class _Compiled(BytecodeCache):
    """Templates as they were compiled in this process, by their text and their place: what staff edit is another."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fills the bucket, if that template is here."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps it."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


class Press:
    """The templates of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = self._build()

    def _build(self, *extensions: type[Extension]) -> SandboxedEnvironment:
        environment = SandboxedEnvironment(
            loader=FileSystemLoader(self._folder),
            autoescape=lambda name: not (name or "").endswith(".txt"),
            undefined=StrictUndefined,
            trim_blocks=not extensions,  # jinja2 counts no line for the newline it trims
            lstrip_blocks=True,
            keep_trailing_newline=True,  # else the last line of a piece runs into the next piece
            extensions=extensions,
            bytecode_cache=None if extensions else _COMPILED,
        )
        environment.filters |= {"links": links, "wrap": wrap}
        return environment

    def mjml(self, page: Page) -> str:
        """The MJML of a page."""
        return self._render(self._environment, LETTER, _words(page, "html"))

    def html(self, source: str, page: Page) -> str:
        """The HTML of that MJML, its CSS inlined. Faults are told by the template's line."""
        body, css = mjml.inline_style(source)
        try:
            return inline(mjml.render(body, LETTER), css)
        except TemplateError as fault:
            raise self._placed(page) or fault from fault

    def text(self, page: Page) -> str:
        """The text part of a page."""
        text = self._render(self._environment, TEXT, _words(page, "text"))
        return re.sub(r"\n{4,}", "\n\n\n", re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)).strip() + "\n"

    def weigh(self, cards: Iterable[Card], page: Page) -> Iterator[int]:
        """The bytes each card takes without its description, before its CSS is inlined."""
        template, words = self._template(self._environment, CARD), _words(page, "html")
        for card in cards:
            yield len(self._fill(template, {**words, "card": replace(card, description=None)}).encode())

    def _render(self, environment: SandboxedEnvironment, name: str, words: Mapping[str, Any]) -> str:
        return self._fill(self._template(environment, name), words)

    def _template(self, environment: SandboxedEnvironment, name: str) -> Template:
        try:
            return environment.get_template(name)
        except TemplateSyntaxError as fault:
            raise TemplateError(_sentence(fault, fault.name or name, fault.lineno)) from fault
        except TemplateNotFound as fault:
            raise TemplateError(f"{fault.name} : ce modèle manque dans le dossier {self._folder}") from fault
        except UnicodeDecodeError as fault:
            raise TemplateError(f"{name} : ce modèle n'est pas en UTF-8 ; enregistrez-le en UTF-8") from fault

    def _fill(self, template: Template, words: Mapping[str, Any]) -> str:
        try:
            return template.render(words)
        except TemplateSyntaxError as fault:
            raise TemplateError(_sentence(fault, fault.name or "", fault.lineno)) from fault
        except TemplateNotFound as fault:
            raise TemplateError(f"{fault.name} : ce modèle manque dans le dossier {self._folder}") from fault
        except (JinjaError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as fault:
            name, line = self._where(fault, template)
            raise TemplateError(_sentence(fault, name, line)) from fault

    def _where(self, fault: Exception, template: Template) -> tuple[str, int]:
        """The innermost line of a template the fault went through."""
        for frame in reversed(traceback.extract_tb(fault.__traceback__)):
            path = Path(frame.filename)
            if path.is_relative_to(self._folder):
                return str(path.relative_to(self._folder)), frame.lineno or 0
        return template.name or "", 0

    def _placed(self, page: Page) -> TemplateError | None:
        """The faults of the MJML of a page, by the lines of the templates rather than by its own."""
        traced = self._render(self._build(_Lines), LETTER, _words(page, "html"))
        lines = traced.split("\n")

        def place(fault: re.Match[str]) -> str:
            for line in reversed(lines[: int(fault[1])]):
                if places := _PLACE.findall(line):
                    return f"{places[0][0]}, ligne {places[0][1]} : "
            return fault[0]

        try:
            mjml.validate(mjml.inline_style(_PLACE.sub("", traced))[0], LETTER)
        except TemplateError as faults:
            said = dict.fromkeys(_FAULT.sub(place, str(faults)).split("\n"))
            return TemplateError("\n".join(said))
        return None


def _words(page: Page, part: str) -> dict[str, Any]:
    known = (field for field in Field if field is not Field.UNSUBSCRIBE_BY_MAIL)
    marks = {field.value: field.html if part == "html" else field.text for field in known}
    return {field.name: getattr(page, field.name) for field in fields(page)} | {"marks": marks}


_REASONS = (
    (r"'(\w+)' is undefined", "« {} » n'est pas connu ; docs/templates.md donne les mots connus"),
    (r"has no attribute '(\w+)'", "« {} » n'est pas connu à cet endroit ; docs/templates.md donne les mots connus"),
    (r"No filter named '(\w+)'", "le filtre « {} » n'existe pas"),
    (r"Encountered unknown tag '(\w+)'", "la balise « {} » n'existe pas, ou referme autre chose"),
    (r"access to attribute '(\w+)'", "« {} » est interdit dans un modèle"),
    (r"unexpected end of template|Unexpected end of template", "il manque un {{% endif %}} ou un {{% endfor %}}"),
)


def _sentence(fault: Exception, name: str, line: int) -> str:
    said = str(fault)
    for pattern, sentence in _REASONS:
        if found := re.search(pattern, said):
            return f"{name}, ligne {line} : {sentence.format(*found.groups())}"
    return f"{name}, ligne {line} : cette ligne ne se lit pas ({said})"
