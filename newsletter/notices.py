"""Notices: templates and values in; a mail to one person out, as text. Letters are none of them.

A template is a file of templates/notices: its subject, and its words, a line for a paragraph; they are wrapped here. A
town whose own folder lacks one has ours. What somebody may have typed is on one line, and means nothing to a template.
Never here: a link made, a clock, the store, a connection.
"""

import re
import textwrap
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from babel.dates import format_date
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, Template, TemplateNotFound, TemplateSyntaxError
from jinja2 import TemplateError as JinjaError
from jinja2.sandbox import SandboxedEnvironment

from newsletter import speech
from newsletter.config import Town, carried
from newsletter.errors import TemplateError
from newsletter.model import Notice

FOLDER = "notices"
WIDTH = 76
LOCALES = {"fr": "fr_FR", "en": "en_GB"}
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")

Words = Mapping[str, str | Sequence[str] | None]
NOTHING: Words = dict.fromkeys(("first_name", "letters", "link", "deadline", "title", "lines"))


@dataclass(frozen=True, slots=True)
class Paper:
    """What a notice is written on: whose it is, the folder of templates, the language of who reads it."""

    town: Town
    templates: Path
    language: str


def confirmation(paper: Paper, to: str, *, about: str, link: str, letters: Sequence[str]) -> Notice:
    """« Confirmez votre inscription ». No name in it: whoever filled in the form may have typed anything."""
    return _notice(paper, "confirmation", (to, about), {"link": link, "letters": letters})


def known(
    paper: Paper, to: str, *, about: str, link: str, letters: Sequence[str], first_name: str | None = None
) -> Notice:
    """« Votre adresse est déjà inscrite » : for who signs up again, so that the page answers everyone the same."""
    return _notice(paper, "known", (to, about), {"link": link, "letters": letters, "first_name": first_name})


def preferences(paper: Paper, to: str, *, about: str, link: str, first_name: str | None = None) -> Notice:
    """« Votre lien vers vos préférences »."""
    return _notice(paper, "preferences", (to, about), {"link": link, "first_name": first_name})


def renewal(
    paper: Paper,
    to: str,
    *,
    about: str,
    link: str,
    letters: Sequence[str],
    deadline: date,
    first_name: str | None = None,
) -> Notice:
    """« Voulez-vous continuer ? », with the day by which an answer is waited for."""
    until = _day(deadline, paper.language)
    words: Words = {"link": link, "letters": letters, "deadline": until, "first_name": first_name}
    return _notice(paper, "renewal", (to, about), words)


def report(paper: Paper, to: str, *, about: str, subject: str, words: str, link: str | None = None) -> Notice:
    """Anything for staff, with a link perhaps: lines of words under a subject of their own."""
    return _notice(paper, "report", (to, about), {"title": subject, "lines": words.split("\n"), "link": link})


def _notice(paper: Paper, kind: str, for_whom: tuple[str, str], words: Words) -> Notice:
    to, about = for_whom
    template = _template(paper, f"{FOLDER}/{kind}.txt")
    given = {**NOTHING, **{name: _plain(value) for name, value in words.items()}, "town": paper.town}
    try:
        subject = "".join(template.blocks["subject"](template.new_context(given)))
        text = template.render(given)
    except (JinjaError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as fault:
        raise TemplateError(_sentence(fault, template.name or kind)) from fault
    return Notice(kind, f"{kind} {about}", to, _line(subject), _wrapped(text))


def _template(paper: Paper, name: str) -> Template:
    try:
        template = _environment(paper.templates, paper.language).get_template(name)
    except TemplateNotFound as fault:
        raise TemplateError(f"{fault.name} : ce modèle manque dans le dossier {paper.templates}") from fault
    except TemplateSyntaxError as fault:
        raise TemplateError(
            f"{fault.name}, ligne {fault.lineno} : cette ligne ne se lit pas ({fault.message})"
        ) from fault
    except UnicodeDecodeError as fault:
        raise TemplateError(f"{name} : ce modèle n'est pas en UTF-8 ; enregistrez-le en UTF-8") from fault
    if "subject" not in template.blocks:
        raise TemplateError(f"{name} : ce modèle n'a pas d'objet ; il y manque le bloc « subject »")
    return template


@lru_cache(maxsize=8)
def _environment(folder: Path, language: str) -> SandboxedEnvironment:
    """Only plain text is made here, so nothing is escaped. What staff change counts at once: nothing is kept."""
    environment = SandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folder), FileSystemLoader(carried("templates"))]),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=0,
    )
    speech.teach(environment, language)
    return environment


def _sentence(fault: Exception, name: str) -> str:
    """Which line of which template, and what it says."""
    for frame in reversed(traceback.extract_tb(fault.__traceback__)):
        if frame.filename.endswith(".txt"):
            return f"{FOLDER}/{Path(frame.filename).name}, ligne {frame.lineno} : cette ligne ne se lit pas ({fault})"
    return f"{name} : ce modèle ne se lit pas ({fault})"


def _plain(value: str | Sequence[str] | None) -> str | tuple[str, ...] | None:
    if value is None or isinstance(value, str):
        return value and _line(value)
    return tuple(map(_line, value))


def _line(value: str) -> str:
    """On one line, without anything that hides or turns the writing round."""
    return UNSEEN.sub(" ", value).strip(" ")


def _day(day: date, language: str) -> str:
    said = format_date(day, "d MMMM y", locale=LOCALES[language])
    return re.sub("^1 ", "1er ", said) if language == speech.FRENCH else said


def _wrapped(text: str) -> str:
    """Lines of 76 characters at most, no address cut, what follows a dash under its words; two empty ones at most."""
    lines = []
    for line in text.strip().split("\n"):
        indent = "  " if line.startswith("- ") else ""
        lines.append(
            textwrap.fill(line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        )
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)) + "\n"
