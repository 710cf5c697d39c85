"""A letter's HTML in, a page to look at out: its tree, the words a reader sees, its links. Nothing is judged here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from newsletter.model import Finding, Letter

Element = Any  # lxml has no types of its own

BLOCKS = frozenset(
    [
        *("address", "article", "blockquote", "body", "br", "caption", "center", "dd", "div", "dl", "dt", "figure"),
        *("footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre"),
        *("section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    ]
)
UNSEEN = frozenset(["head", "script", "style", "template", "title"])
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f]+")


@dataclass(frozen=True, slots=True)
class Link:
    """An `a` that leads somewhere; `name` is what a screen reader says of it.

    `before` counts the words a reader passes to reach it; it is None when the link isn't seen.
    """

    href: str
    name: str
    before: int | None

    def __str__(self) -> str:
        return f"« {short(self.name)} »" if self.name else f"vers « {short(self.href)} »"


@dataclass(frozen=True, slots=True)
class Page:
    """What checks look at. `seen` is what a reader reads, a block a line; `slips` are faults of the markup, by line."""

    letter: Letter
    site_url: str
    language: str
    root: Element
    seen: str
    links: tuple[Link, ...]
    slips: tuple[tuple[int, str], ...]


def error(code: str, message: str) -> Finding:
    """A finding that blocks approval."""
    return Finding("error", code, message)


def warning(code: str, message: str) -> Finding:
    """A finding to look at."""
    return Finding("warning", code, message)


def short(text: str, size: int = 60) -> str:
    """The text on one line, cut where it is too long for a message."""
    line = " ".join(text.split())
    return line if len(line) <= size else f"{line[: size - 1]}…"


def read(letter: Letter, site_url: str, language: str) -> Page:
    """The page of this letter; HTML that can't be read is an empty one."""
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_pis=True)
    try:
        root = lxml_html.document_fromstring(letter.html.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:  # nothing in it
        root = lxml_html.document_fromstring("<html></html>")
    slips = tuple((slip.line, slip.message) for slip in parser.error_log if slip.type_name == "ERR_TAG_NAME_MISMATCH")
    return Page(letter, site_url.rstrip("/"), language, root, seen(root), tuple(_links(root)), slips)


def _links(root: Element) -> Iterator[Link]:
    count, before = 0, {}
    for node, text in _pieces(root):
        if node is not None and node.tag == "a":
            before[node] = count
        count += words(text)
    for node in root.iter("a"):
        if node.get("href") is not None:
            yield Link(node.get("href").strip(), name(node), before.get(node))


def words(text: str) -> int:
    """How many words it has."""
    return len(re.findall(r"\w+", text))


def elements(root: Element) -> Iterator[Element]:
    """Every element of the tree, without comments."""
    return (node for node in root.iter() if isinstance(node.tag, str))


def hidden(element: Element) -> bool:
    """Whether its own style or nature keeps it from being seen."""
    return element.tag in UNSEEN or element.get("hidden") is not None or bool(HIDDEN.search(element.get("style") or ""))


def seen(element: Element) -> str:
    """The words a reader sees in it, a block a line."""
    lines = "".join(text for _, text in _pieces(element)).split("\n")
    return "\n".join(line for line in (_BLANKS.sub(" ", line).strip(" ") for line in lines) if line)


def _pieces(element: Element) -> Iterator[tuple[Element, str]]:
    """The text in it piece by piece, with the element that starts there or None; a block's edges are ends of line."""
    skipped = None  # the hidden element we are in
    for event, node in etree.iterwalk(element, events=("start", "end", "comment")):
        edge = "\n" if node.tag in BLOCKS else ""
        if event == "start" and skipped is None:
            if hidden(node):
                skipped = node
                continue
            yield node, edge + _flat(node.text)
        elif event == "end" and skipped is None:
            yield None, edge
        if event == "end" and node is skipped:
            skipped = None
        if event != "start" and skipped is None and node is not element:
            yield None, _flat(node.tail)


def _flat(text: str | None) -> str:
    return _BLANKS.sub(" ", text or "")


def name(element: Element) -> str:
    """What a screen reader says of a link: its label, or its words and those of its images."""
    label = (element.get("aria-label") or "").strip()
    return label or short(" ".join([seen(element), *(image.get("alt") or "" for image in element.iter("img"))]), 1000)
