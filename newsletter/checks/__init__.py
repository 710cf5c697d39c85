"""A letter in, what is wrong with it out: errors block its approval, warnings ask for a look.

It only looks: no file, no network, no clock, and the letter is never changed. Each code is explained in docs/checks.md.
"""

from collections.abc import Callable, Iterable

from newsletter.checks import colours, images, links, parts, structure, writing
from newsletter.checks.page import Page, read
from newsletter.model import Finding, Letter

CHECKS: tuple[Callable[[Page], Iterable[Finding]], ...] = (
    parts.size,
    parts.subject,
    parts.preheader,
    structure.markup,
    structure.language,
    structure.title,
    structure.headings,
    structure.tables,
    structure.identifiers,
    structure.paragraphs,
    structure.forbidden,
    links.addresses,
    links.names,
    links.leaving,
    images.alternatives,
    images.sources,
    images.sizes,
    colours.contrast,
    writing.leftovers,
    writing.marks,
    writing.encoding,
    writing.typography,
    parts.text_links,
    parts.text_headings,
    parts.text_length,
)


def look(letter: Letter, *, site_url: str, language: str = "fr") -> tuple[Finding, ...]:
    """Everything wrong with this letter, errors first; `site_url` is where its images must come from."""
    page = read(letter, site_url, language)
    found = [finding for check in CHECKS for finding in check(page)]
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: finding.severity != "error"))
