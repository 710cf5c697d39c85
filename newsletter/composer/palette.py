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
    tint, night = mix(color, WHITE, 0.08), mix(color, "#1d2124", 0.22)
    accent = _readable(color, (WHITE, tint, "#f3f2ef"), BLACK, READABLE + 0.3)
    return Palette(
        band=color,
        on_band=next(ink for ink in (WHITE, "#1c1b19", BLACK) if ink == BLACK or contrast(ink, color) >= READABLE),
        badge=accent,
        alert="#9b1c1c",
        light=Shades("#f3f2ef", WHITE, tint, "#e0ddd6", "#23211e", "#5c5852", accent),
        dark=Shades(
            "#121416",
            "#1d2124",
            night,
            "#3a4045",
            "#eceae6",
            "#b9b5ae",
            _readable(color, ("#1d2124", night), WHITE, 6.5),
        ),
    )


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
