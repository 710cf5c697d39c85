"""Which styles hold for an element: rules of <style>, attributes and inline styles in, one value per property out.

Enough of CSS for a letter: simple selectors, !important, specificity, order, and the rules of dark mode. Rules for
narrow screens or print, and selectors with a state (`:hover`), are left out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cssselect import SelectorError
from cssselect import parse as parse_selector
from lxml import etree
from lxml.cssselect import CSSSelector

from newsletter.checks.page import Element, elements

Styles = dict[str, str]
_LOOKED_AT = frozenset(
    ["color", "background-color", "font-size", "font-weight", "display", "visibility", "opacity", "max-height"]
)
_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_DARK = re.compile(r"prefers-color-scheme\s*:\s*dark", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"width|height|orientation|print|prefers-color-scheme\s*:\s*light|prefers-(?!color)", re.IGNORECASE
)
_IMPORTANT = re.compile(r"\s*!\s*important\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is set, to what, and whether it is !important."""

    name: str
    value: str
    important: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One selector and what it sets; `dark` when it holds in dark mode only."""

    selector: str
    declarations: tuple[Declaration, ...]
    dark: bool


Weight = tuple[bool, bool, tuple[int, int, int], int]


class Sheet:
    """The styles of a page, asked for one mode at a time."""

    def __init__(self, root: Element) -> None:
        self.nodes = list(elements(root))
        css = "\n".join(node.text or "" for node in self.nodes if node.tag == "style")
        self.rules = [(rule, *_matches(root, rule.selector)) for rule in _rules(css)]
        self.has_dark = any(rule.dark for rule, _, _ in self.rules)

    def styles(self, *, dark: bool) -> Mapping[Element, Styles]:
        """What holds for each element, by property."""
        found: dict[Element, dict[str, tuple[Weight, str]]] = {node: {} for node in self.nodes}
        for node in self.nodes:
            _set(found[node], _attributes(node), (False, (0, 0, 0), -1))
            _set(found[node], _declarations(node.get("style") or ""), (True, (0, 0, 0), 0))
        for order, (rule, nodes, specificity) in enumerate(self.rules):
            for node in nodes if dark or not rule.dark else ():
                _set(found[node], rule.declarations, (False, specificity, order))
        return {node: {name: value for name, (_, value) in known.items()} for node, known in found.items()}


def _set(
    known: dict[str, tuple[Weight, str]], setting: Iterable[Declaration], weight: tuple[bool, tuple[int, int, int], int]
) -> None:
    for one in setting:
        heavy = (one.important, *weight)
        if one.name not in known or heavy >= known[one.name][0]:
            known[one.name] = (heavy, one.value)


def _attributes(node: Element) -> Iterator[Declaration]:
    if node.get("bgcolor"):
        yield Declaration("background-color", node.get("bgcolor"), False)
    colour = node.get("color") if node.tag == "font" else node.get("text") if node.tag == "body" else None
    if colour:
        yield Declaration("color", colour, False)


def _declarations(css: str) -> Iterator[Declaration]:
    for piece in css.split(";"):
        name, colon, value = piece.partition(":")
        name = name.strip().lower()
        name = "background-color" if name == "background" else name
        if colon and name in _LOOKED_AT:
            plain = _IMPORTANT.sub("", value).strip()
            yield Declaration(name, plain, plain != value.strip())


def _rules(css: str) -> Iterator[Rule]:
    preludes: list[str] = []
    body = ""
    pieces = re.split(r"([{};])", _COMMENT.sub(" ", css))
    for words, sign in zip(pieces[::2], pieces[1::2], strict=False):  # what follows the last sign sets nothing
        if sign == "{":
            preludes.append(words.strip())
            body = ""
            continue
        body += f"{words};"
        if sign == "}" and preludes:
            yield from _rule(preludes.pop(), body, preludes)
            body = ""


def _rule(prelude: str, body: str, around: list[str]) -> Iterator[Rule]:
    setting = tuple(_declarations(body))
    if prelude.startswith("@") or not setting or any(_ELSEWHERE.search(media) for media in around):
        return
    dark = any(_DARK.search(media) for media in around)
    for selector in prelude.split(","):
        if ":" not in selector.replace(":root", ""):  # :hover is for later, ::before has no words
            yield Rule(selector.strip(), setting, dark)


def _matches(root: Element, selector: str) -> tuple[list[Element], tuple[int, int, int]]:
    try:
        (parsed,) = parse_selector(selector)
        return CSSSelector(selector, translator="html")(root), parsed.specificity()
    except (SelectorError, ValueError, etree.XPathError):  # not CSS, or CSS of another age: it holds for nothing
        return [], (0, 0, 0)
