"""What is written: what a template left behind, marks nobody fills, damaged letters, French typography."""

import re
from collections.abc import Iterator

from newsletter.checks.page import Page, elements, error, short, warning
from newsletter.model import Field, Finding

# None, NaN… count as a program writes them, and nan or null only alone or as a value: « Nan » may be a name.
_LEFT = re.compile(
    r"\{\{.{0,60}?\}\}|\{%.{0,60}?%\}|\{\{|\}\}|\{%|%\}|\{#|#\}|</?mj-[a-z-]*|\\u\{?[0-9a-fA-F]{2,6}\}?"
    r"|(?i:\blorem ipsum\b)|<NA>"
    r"|(?<![\w'’-])(?:None|NaN|NaT|undefined)(?![\w'’-])"
    r"|(?:^|(?<=[:–—·|>(])) ?(?:nan|null)(?= ?(?:[.,;·|)<–—]|$))",
    re.MULTILINE,
)
_MARKED = re.compile(r"\[\[\s*(?:html|text)\s*:[^\]\n]*\]{0,2}")
_DAMAGED = re.compile(
    r"&(?:amp|nbsp|lt|gt|quot|apos|[A-Za-z](?:acute|grave|circ|cedil|uml)|#\d{2,6}|#x[0-9a-fA-F]{2,5});"
    r"|\ufffd|Ã[©¨ª®´§\xa0]|â€[™œ\x9d“”¦]|Â[«»\xa0°]"
)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|[^\s@]{1,64}@\S+|\[\[[^\]]*\]\]")
_OFFENCES = (
    ("espace ordinaire avant le signe", re.compile(r"(?<=\S) [;:!?](?=[\s»)]|$)")),
    ("espace oubliée avant le signe", re.compile(r"(?<=[\w»)])[;:!?](?=\s|$)")),
    ("espace insécable oubliée dans « »", re.compile(r"«(?![\u00a0\u202f])|(?<![\u00a0\u202f])»")),
    ("guillemets droits", re.compile(r'"')),
    ("apostrophe droite", re.compile(r"(?<=[^\W\d_])'(?=\w)")),
)


def _spoken(page: Page) -> Iterator[tuple[str, str]]:
    """Each place where a reader meets words: its name in French, and the words."""
    letter = page.letter
    yield from (("l'objet", letter.subject), ("l'aperçu", letter.preheader), ("la lettre", page.seen))
    yield "le titre de la page", page.root.findtext(".//head/title") or ""
    for node in elements(page.root):
        for attribute in ("alt", "title", "aria-label", "href"):
            if value := node.get(attribute):
                yield f"l'attribut {attribute} de <{node.tag}>", value
    yield "la version texte", letter.text


def leftovers(page: Page) -> Iterator[Finding]:
    """Marks of a template, and what a program writes for "nothing"."""
    told = set()
    for place, said in (*_spoken(page), ("la page", "".join(re.findall(r"</?mj-[a-z-]*", page.letter.html)[:1]))):
        for match in _LEFT.finditer(said):
            what = match[0].strip()
            if what not in told:
                told.add(what)
                yield error(
                    "leftover", f"« {what} » est resté dans {place} (« {_around(said, match)} ») : revoyez le modèle."
                )


def _around(said: str, match: re.Match[str]) -> str:
    return short(said[max(0, match.start() - 20) : match.end() + 20])


def marks(page: Page) -> Iterator[Finding]:
    """A merge mark that nobody fills would be sent as it is."""
    letter = page.letter
    for place, said, known in (
        ("la lettre", letter.html, {field.html for field in Field}),
        ("la version texte", letter.text, {field.text for field in Field}),
        ("l'objet", letter.subject, {field.text for field in Field}),
    ):
        for mark in dict.fromkeys(_MARKED.findall(said)):
            if mark not in known:
                yield error(
                    "mark",
                    f"« {short(mark)} » n'est pas un champ connu dans {place} : ce sont {', '.join(sorted(known))}.",
                )


def encoding(page: Page) -> Iterator[Finding]:
    """Letters damaged on their way, or escaped twice."""
    told = set()
    for place, said in _spoken(page):
        for match in _DAMAGED.finditer(said) if "href" not in place else ():
            if match[0] not in told:
                told.add(match[0])
                yield warning(
                    "damaged", f"« {_around(said, match)} » dans {place} : des lettres sont abîmées, retapez-les."
                )


def typography(page: Page) -> Iterator[Finding]:
    """French spaces, quotes and apostrophes: one warning for all."""
    if page.language != "fr":
        return
    lines = [*page.seen.split("\n"), page.letter.subject, page.letter.preheader]
    found = list(dict.fromkeys(offence for line in lines for offence in _offences(line)))
    if found:
        examples = ", ".join(f"« {example} » ({why})" for why, example in found[:3])
        yield warning("typography", f"Typographie : {len(found)} endroit(s) à revoir, par exemple {examples}.")


def _offences(line: str) -> Iterator[tuple[str, str]]:
    plain = _DAMAGED.sub("", _ADDRESS.sub("x", line))
    for why, pattern in _OFFENCES:
        for match in pattern.finditer(plain):
            yield why, short(plain[max(0, match.start() - 15) : match.end() + 5])
