"""Colours and sizes of CSS: words in, numbers out, None for what isn't understood."""

import re

Colour = tuple[int, int, int, float]

_NAMES = {
    "black": "000000", "silver": "c0c0c0", "gray": "808080", "grey": "808080", "white": "ffffff", "maroon": "800000",
    "red": "ff0000", "purple": "800080", "fuchsia": "ff00ff", "magenta": "ff00ff", "green": "008000", "lime": "00ff00",
    "olive": "808000", "yellow": "ffff00", "navy": "000080", "blue": "0000ff", "teal": "008080", "aqua": "00ffff",
    "cyan": "00ffff", "orange": "ffa500", "whitesmoke": "f5f5f5", "lightgray": "d3d3d3", "lightgrey": "d3d3d3",
    "darkgray": "a9a9a9", "darkgrey": "a9a9a9", "dimgray": "696969", "dimgrey": "696969", "gainsboro": "dcdcdc",
    "pink": "ffc0cb", "gold": "ffd700", "brown": "a52a2a", "crimson": "dc143c", "tomato": "ff6347",
    "navajowhite": "ffdead", "ivory": "fffff0", "beige": "f5f5dc", "indigo": "4b0082", "darkblue": "00008b",
    "darkred": "8b0000", "darkgreen": "006400", "rebeccapurple": "663399", "steelblue": "4682b4", "royalblue": "4169e1",
}  # fmt: skip
_RGB = re.compile(r"rgba?\(([^()]*)\)", re.IGNORECASE)
_ANYWHERE = re.compile(r"#[0-9a-f]{3,8}\b|rgba?\([^()]*\)|[a-z]+", re.IGNORECASE)
_KEYWORDS = {
    "xx-small": 9.0,
    "x-small": 10.0,
    "small": 13.0,
    "medium": 16.0,
    "large": 18.0,
    "x-large": 24.0,
    "xx-large": 32.0,
}
_UNITS = {"px": 1.0, "pt": 4 / 3, "in": 96.0, "cm": 37.8, "mm": 3.78}


def colour(written: str) -> Colour | None:
    """The colour of these words of CSS."""
    word = written.strip().lower()
    if word == "transparent":
        return (0, 0, 0, 0.0)
    if match := _RGB.fullmatch(word):
        return _channels(re.split(r"[\s,/]+", match[1].strip()))
    digits = _NAMES.get(word, word.removeprefix("#") if word.startswith("#") else "")
    if len(digits) in (3, 4):
        digits = "".join(digit * 2 for digit in digits)
    if not re.fullmatch(r"[0-9a-f]{6}(?:[0-9a-f]{2})?", digits):
        return None
    red, green, blue, alpha = bytes.fromhex(f"{digits}ff"[:8])
    return (red, green, blue, alpha / 255)


def _channels(parts: list[str]) -> Colour | None:
    try:
        numbers = [float(part.removesuffix("%")) * (2.55 if part.endswith("%") else 1) for part in parts[:3]]
        alpha = float(parts[3].removesuffix("%")) / (100 if parts[3].endswith("%") else 1) if len(parts) > 3 else 1.0
        red, green, blue = (max(0, min(255, round(number))) for number in numbers)
    except (ValueError, OverflowError):  # a name, too few of them, or an endless number
        return None
    return (red, green, blue, max(0.0, min(1.0, alpha)))


def background(written: str) -> Colour | None:
    """The colour in a `background` of several words; transparent when it names none but a picture."""
    for match in _ANYWHERE.finditer(re.sub(r"url\([^)]*\)", "", written)):
        if found := colour(match[0]):
            return found
    return None


def size(written: str, inherited: float) -> float | None:
    """A font size in pixels."""
    word = written.strip().lower()
    if word in _KEYWORDS:
        return _KEYWORDS[word]
    match = re.fullmatch(r"(\d{1,4}(?:\.\d+)?|\.\d+)(px|pt|em|rem|%|in|cm|mm)?", word, re.ASCII)
    if match is None:
        return None
    number, unit = float(match[1]), match[2] or "px"
    relative = {"em": inherited, "%": inherited / 100, "rem": 16.0}
    return number * relative.get(unit, _UNITS.get(unit, 1.0))


def over(top: Colour, under: Colour) -> Colour:
    """What is seen of a colour laid over another, opaque one."""
    alpha = top[3]
    red, green, blue = (round(high * alpha + low * (1 - alpha)) for high, low in zip(top[:3], under[:3], strict=True))
    return (red, green, blue, 1.0)


def ratio(one: Colour, other: Colour) -> float:
    """Their contrast, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(seen: Colour) -> float:
    parts = [channel / 255 for channel in seen[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def code(seen: Colour) -> str:
    """As it is written in a message."""
    return "#{:02x}{:02x}{:02x}".format(*seen[:3])
