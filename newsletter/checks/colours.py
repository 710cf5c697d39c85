"""Whether words can be told from their background, in light and in dark mode (WCAG 2.2, 1.4.3)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from newsletter.checks import paint
from newsletter.checks.cascade import Sheet, Styles
from newsletter.checks.page import UNSEEN, Element, Page, error, short
from newsletter.checks.paint import Colour
from newsletter.model import Finding

NORMAL, LARGE = 4.5, 3.0  # ratios
_SIZES = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67, "small": 0.83}  # browsers' own
_BOLD = frozenset(["b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"])
_Pair = tuple[Colour, Colour, float]  # ink, what is behind it, the ratio wanted
_FILLING = "\u034f\u200b\u200c\u200d\u2060\ufeff\u00ad"


@dataclass(frozen=True, slots=True)
class _State:
    """What an element shows its words with; a colour is None when it can't be known."""

    colour: Colour | None
    ground: Colour | None
    size: float
    bold: bool
    opacity: float
    hidden: bool

    @property
    def large(self) -> bool:
        return self.size >= 24 or (self.bold and self.size >= 18.66)


@dataclass(frozen=True, slots=True)
class _Mode:
    """Browsers' own colours, in light or in dark."""

    dark: bool
    ink: Colour
    canvas: Colour
    link: Colour


_LIGHT = _Mode(False, (0, 0, 0, 1.0), (255, 255, 255, 1.0), (0, 0, 238, 1.0))
_DARK = _Mode(True, (255, 255, 255, 1.0), (18, 18, 18, 1.0), (158, 158, 255, 1.0))


def contrast(page: Page) -> Iterator[Finding]:
    """Each word stands out from what is behind it."""
    sheet = Sheet(page.root)
    light = _weakest(sheet, _LIGHT)
    yield from (_finding(pair, *where, _LIGHT) for pair, where in light.items())
    schemes = " ".join(meta.get("content") or "" for meta in page.root.iter("meta") if "color-scheme" in _name(meta))
    if "dark" in schemes or sheet.has_dark:
        mode = _DARK if "dark" in schemes else replace(_LIGHT, dark=True)
        dark = _weakest(sheet, mode)
        yield from (_finding(pair, *where, mode) for pair, where in dark.items() if pair not in light)


def _name(meta: Element) -> str:
    return (meta.get("name") or "").lower()


def _weakest(sheet: Sheet, mode: _Mode) -> dict[_Pair, tuple[str, int]]:
    """The pairs too close to each other: the first words written so, and how many places are."""
    styles = sheet.styles(dark=mode.dark)
    states: dict[Element, _State] = {}
    weak: dict[_Pair, tuple[str, int]] = {}
    for node in sheet.nodes:
        parent = states.get(node.getparent()) or _State(mode.ink, mode.canvas, 16.0, False, 1.0, False)
        state = states[node] = _inherit(parent, node, styles[node], mode)
        said = _own_words(node)
        if said and not state.hidden and (pair := _weak(state)):
            first, count = weak.get(pair, (said, 0))
            weak[pair] = (first, count + 1)
    return weak


def _finding(pair: _Pair, said: str, count: int, mode: _Mode) -> Finding:
    ink, ground, wanted = pair
    found, wished = (f"{number:.1f}".replace(".", ",") for number in (paint.ratio(ink, ground), wanted))
    others = f" et {count - 1} autre(s)" if count > 1 else ""
    return error(
        "contrast-dark" if mode.dark else "contrast",
        f"« {short(said)} »{others} se lit mal{' en mode sombre' if mode.dark else ''} : {paint.code(ink)} sur "
        f"{paint.code(ground)}, contraste {found} pour {wished} attendu. Écartez ces deux couleurs.",
    )


def _weak(state: _State) -> _Pair | None:
    if state.colour is None or state.ground is None:
        return None
    red, green, blue, alpha = state.colour
    ink = paint.over((red, green, blue, alpha * state.opacity), state.ground)
    wanted = LARGE if state.large else NORMAL
    return (ink, state.ground, wanted) if paint.ratio(ink, state.ground) < wanted else None


def _own_words(node: Element) -> str:
    pieces = [node.text or "", *(child.tail or "" for child in node)]
    return " ".join(piece.strip() for piece in pieces if piece.strip().strip(_FILLING).strip())


def _inherit(parent: _State, node: Element, styles: Styles, mode: _Mode) -> _State:
    size = parent.size * _SIZES.get(node.tag, 1.0)
    if "font-size" in styles:
        size = paint.size(styles["font-size"], parent.size) or (0.0 if styles["font-size"].startswith("0") else size)
    return _State(
        _ink(parent, node, styles, mode),
        _ground(parent, styles),
        size,
        _bold(parent, node, styles),
        parent.opacity * _opacity(styles),
        parent.hidden or _hides(node, styles) or size == 0,
    )


def _ink(parent: _State, node: Element, styles: Styles, mode: _Mode) -> Colour | None:
    written = styles.get("color", "").lower()
    if written and written not in ("inherit", "currentcolor", "unset"):
        return paint.colour(written)
    if not written and node.tag == "a" and node.get("href") is not None:
        return mode.link
    return parent.colour


def _ground(parent: _State, styles: Styles) -> Colour | None:
    written = styles.get("background-color", "").lower()
    if not written or written in ("inherit", "initial", "unset", "none"):
        return parent.ground
    found = paint.background(written)
    if found is None or (found[3] < 1 and parent.ground is None):
        return None
    return paint.over(found, parent.ground) if parent.ground else found


def _bold(parent: _State, node: Element, styles: Styles) -> bool:
    weight = styles.get("font-weight", "").lower()
    if weight in ("", "inherit"):
        return parent.bold or node.tag in _BOLD
    return weight in ("bold", "bolder") or (weight.isascii() and weight.isdigit() and int(weight[:4]) >= 700)


def _opacity(styles: Styles) -> float:
    try:
        return max(0.0, min(1.0, float(styles.get("opacity", "1"))))
    except ValueError:  # a percentage, or not a number
        return 1.0


def _hides(node: Element, styles: Styles) -> bool:
    return (
        node.tag in UNSEEN
        or styles.get("display") == "none"
        or styles.get("visibility") == "hidden"
        or styles.get("max-height", "").strip("px") == "0"
        or _opacity(styles) == 0
    )
