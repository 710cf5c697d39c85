"""Colours: the town's in, those of a letter out, light and dark, each readable where it stands (4.5:1 and more)."""

from dataclasses import dataclass

READABLE = 4.5
WHITE, BLACK = "#ffffff", "#000000"


@dataclass(frozen=True, slots=True)
class Shades:
    """Colours of one scheme. `accent` and the inks are readable on `card`, `tint` and `page`."""

    page: str
    card: str
    tint: str
    line: str
    ink: str
    soft: str
    accent: str


@dataclass(frozen=True, slots=True)
class Palette:
    """`band` is the town's own colour, `on_band` what is written on it; badges stay the same in both schemes."""

    band: str
    on_band: str
    badge: str
    alert: str
    light: Shades
    dark: Shades


@dataclass(frozen=True, slots=True)
class _Scheme:
    """What doesn't come from the town. `share`: how much of its colour is in a tint."""

    page: str
    card: str
    line: str
    ink: str
    soft: str
    share: float


LIGHT = _Scheme("#f3f2ef", WHITE, "#e0ddd6", "#23211e", "#5c5852", 0.08)
DARK = _Scheme("#121416", "#1d2124", "#3a4045", "#eceae6", "#b9b5ae", 0.22)


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(color: str, other: str, share: float) -> str:
    """This much of `color` in `other`."""
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def of(color: str) -> Palette:
    """The palette made from the town's colour."""
    accent = _readable(color, _grounds(LIGHT, color), BLACK, READABLE + 0.3)
    return Palette(
        band=color,
        on_band=next(ink for ink in (WHITE, "#1c1b19", BLACK) if ink == BLACK or contrast(ink, color) >= READABLE),
        badge=accent,
        alert="#9b1c1c",
        light=_shades(LIGHT, color, accent),
        dark=_shades(DARK, color, _readable(color, _grounds(DARK, color), WHITE, 6.5)),
    )


def _grounds(scheme: _Scheme, color: str) -> tuple[str, str, str]:
    return scheme.page, scheme.card, mix(color, scheme.card, scheme.share)


def _shades(scheme: _Scheme, color: str, accent: str) -> Shades:
    page, card, tint = grounds = _grounds(scheme, color)
    soft = _readable(scheme.soft, grounds, scheme.ink, READABLE + 0.3)
    return Shades(page, card, tint, scheme.line, scheme.ink, soft, accent)


def _readable(color: str, grounds: tuple[str, ...], towards: str, least: float) -> str:
    for step in range(21):
        shade = mix(color, towards, 1 - step / 20)
        if all(contrast(shade, ground) >= least for ground in grounds):
            return shade
    return towards


def _channels(color: str) -> tuple[int, ...]:
    return tuple(int(color[at : at + 2], 16) for at in (1, 3, 5))


def _luminance(color: str) -> float:
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (channel / 255 for channel in _channels(color))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
