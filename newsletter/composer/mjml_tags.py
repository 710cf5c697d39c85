"""What MJML allows: a tag's name in, its attributes, their kinds and its parents out. Tables only, nothing is read.

They say what the renderer in use (mrml 6.0.1 inside mjml-python 1.4.2) really does: what MJML documents and mrml
ignores or refuses is in `IGNORED` and `REFUSED`, with the mend.
"""

import re
from collections.abc import Mapping

_PADDING = "padding:size4 padding-top:size padding-right:size padding-bottom:size padding-left:size"
_BORDER = "border:text border-top:text border-right:text border-bottom:text border-left:text"
_FONT = "color:color font-family:text font-size:px font-style:text font-weight:text line-height:line"
_WORDS = "text-decoration:text text-transform:text letter-spacing:spacing"
_BACKGROUND = (
    "background-color:color background-url:text background-repeat:repeat|no-repeat background-size:text "
    "background-position:text background-position-x:text background-position-y:text"
)
_LINK = "href:text name:text rel:text target:text"
_ALIGN = "align:left|center|right"
_VERTICAL = "vertical-align:top|middle|bottom"
_SECTION = (
    f"{_BACKGROUND} {_BORDER} {_PADDING} border-radius:text direction:ltr|rtl full-width:full-width|false "
    "text-align:left|center|right text-padding:size4"
)
_ICONS = (
    "border:text font-family:text icon-align:top|middle|bottom icon-width:size icon-height:size "
    "icon-position:left|right icon-wrapped-url:text icon-wrapped-alt:text icon-unwrapped-url:text "
    "icon-unwrapped-alt:text"
)
_BLOCK = f"{_PADDING} container-background-color:color"

_TABLE = {
    "mjml": "lang:text dir:ltr|rtl|auto",
    "mj-head": "",
    "mj-attributes": "",
    "mj-all": "",
    "mj-class": "name:text",
    "mj-breakpoint": "width:px",
    "mj-preview": "",
    "mj-style": "inline:inline",
    "mj-title": "",
    "mj-raw": "",
    "mj-body": "width:px background-color:color",
    "mj-wrapper": f"{_SECTION} gap:px",
    "mj-section": _SECTION,
    "mj-group": f"background-color:color direction:ltr|rtl width:size {_VERTICAL}",
    "mj-column": (
        f"{_BORDER} {_PADDING} {_VERTICAL} background-color:color border-radius:size4 direction:ltr|rtl width:size "
        "inner-background-color:color inner-border:text inner-border-top:text inner-border-right:text "
        "inner-border-bottom:text inner-border-left:text"
    ),
    "mj-hero": (
        f"{_BLOCK} {_VERTICAL} mode:text height:size background-color:color background-url:text background-width:size "
        "background-height:size background-position:text inner-background-color:color inner-padding:size4 "
        "inner-padding-top:size inner-padding-right:size inner-padding-bottom:size inner-padding-left:size"
    ),
    "mj-text": (
        f"{_BLOCK} {_FONT} {_WORDS} {_VERTICAL} align:left|center|right|justify background-color:color "
        "height:size"
    ),
    "mj-button": (
        f"{_BLOCK} {_FONT} {_WORDS} {_BORDER} {_LINK} {_ALIGN} {_VERTICAL} background-color:color border-radius:text "
        "height:size width:size inner-padding:size4 text-align:left|center|right"
    ),
    "mj-divider": f"{_BLOCK} {_ALIGN} border-color:color border-style:text border-width:px width:size",
    "mj-spacer": f"{_BLOCK} {_BORDER} height:size",
    "mj-image": (
        f"{_BLOCK} {_ALIGN} {_LINK} alt:text src:text srcset:text title:text border:text border-left:text "
        "border-right:text border-radius:size4 fluid-on-mobile:true|false width:px height:auto max-height:size "
        "font-size:px usemap:text"
    ),
    "mj-table": (
        f"{_BLOCK} {_ALIGN} {_VERTICAL} border:text cellpadding:count cellspacing:count color:color font-family:text "
        "font-size:px font-weight:text line-height:line table-layout:auto|fixed|initial|inherit width:widest"
    ),
    "mj-social": (
        f"{_BLOCK} {_FONT} {_ALIGN} {_VERTICAL} border-radius:size icon-size:size icon-height:size icon-padding:size4 "
        "inner-padding:size4 mode:horizontal|vertical table-layout:auto|fixed text-padding:size4 text-decoration:text"
    ),
    "mj-social-element": (
        f"{_PADDING} {_FONT} {_LINK} {_ALIGN} {_VERTICAL} background-color:color border-radius:px icon-size:size "
        "alt:text icon-height:size icon-padding:size4 text-padding:size4 src:text title:text text-decoration:text"
    ),
    "mj-navbar": (
        f"{_PADDING} {_ALIGN} base-url:text hamburger:hamburger ico-align:left|center|right ico-open:text "
        "ico-close:text ico-color:color ico-font-size:size ico-font-family:text ico-text-transform:text "
        "ico-padding:size4 ico-padding-top:size ico-padding-right:size ico-padding-bottom:size ico-padding-left:size "
        "ico-text-decoration:text ico-line-height:line"
    ),
    "mj-navbar-link": f"{_PADDING} {_FONT} {_WORDS} {_LINK}",
    "mj-accordion": f"{_BLOCK} {_ICONS}",
    "mj-accordion-element": f"{_ICONS} background-color:color",
    "mj-accordion-title": f"{_PADDING} background-color:color color:color font-size:px font-family:text",
    "mj-accordion-text": (
        f"{_PADDING} background-color:color color:color font-size:px font-family:text font-weight:text "
        "line-height:line letter-spacing:spacing"
    ),
    "mj-carousel": (
        f"{_BLOCK} {_ALIGN} border-radius:size4 icon-width:size left-icon:text right-icon:text tb-border:text "
        "thumbnails:visible|hidden|supported tb-border-radius:size tb-hover-border-color:color "
        "tb-selected-border-color:color tb-width:size"
    ),
    "mj-carousel-image": (
        "alt:text href:text rel:text target:text title:text src:text thumbnails-src:text border-radius:size4 "
        "tb-border:text tb-border-radius:size4"
    ),
}  # fmt: skip

_OPEN_TO_ALL = "css-class:text mj-class:text"


def _names(line: str) -> frozenset[str]:
    return frozenset(line.split())


def _attributes(line: str, shared: str) -> Mapping[str, str]:
    return dict(word.split(":", 1) for word in f"{line} {shared}".split())


_HEAD = {"mjml", "mj-head", "mj-attributes", "mj-all", "mj-class", "mj-breakpoint"}
_HEAD |= {"mj-preview", "mj-style", "mj-title", "mj-raw"}

ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    tag: _attributes(line, "" if tag in _HEAD else _OPEN_TO_ALL) for tag, line in _TABLE.items()
}
COMPONENTS = frozenset(ATTRIBUTES) - _HEAD
EVERY: Mapping[str, str] = {name: kind for tag in sorted(COMPONENTS) for name, kind in ATTRIBUTES[tag].items()}

_INSIDE = "mj-accordion mj-button mj-carousel mj-divider mj-image mj-navbar mj-raw mj-social mj-spacer mj-table mj-text"
CHILDREN: Mapping[str, frozenset[str]] = {
    parent: _names(children)
    for parent, children in {
        "mjml": "mj-head mj-body",
        "mj-head": "mj-attributes mj-breakpoint mj-preview mj-raw mj-style mj-title",
        "mj-attributes": " ".join(["mj-all", "mj-class", *sorted(COMPONENTS)]),
        "mj-body": "mj-hero mj-raw mj-section mj-wrapper",
        "mj-wrapper": "mj-hero mj-raw mj-section",
        "mj-section": "mj-column mj-group mj-raw",
        "mj-group": "mj-column mj-raw",
        "mj-column": _INSIDE,
        "mj-hero": _INSIDE,
        "mj-social": "mj-social-element",
        "mj-navbar": "mj-navbar-link",
        "mj-accordion": "mj-accordion-element",
        "mj-accordion-element": "mj-accordion-title mj-accordion-text",
        "mj-carousel": "mj-carousel-image",
    }.items()
}
HTML_INSIDE = _names(
    "mj-text mj-button mj-table mj-raw mj-social-element mj-navbar-link mj-accordion-title mj-accordion-text"
)
TEXT_INSIDE = _names("mj-title mj-preview mj-style")
NO_COMMENT = TEXT_INSIDE | {"mj-attributes", "mj-class"}  # mrml stops at a comment in these
VOID = _names("area base br col embed hr img input link meta param source track wbr")

REFUSED: Mapping[str, str] = {
    "mj-font": "les polices du web sont refusées ; donnez une police courante à font-family",
    "mj-include": 'n\'est pas lu ; écrivez {% include "…" %}, que Jinja lit',
    "mj-html-attributes": "n'est pas lu par le moteur ; écrivez l'attribut sur la balise HTML elle-même",
    "mj-selector": "n'est pas lu par le moteur",
    "mj-html-attribute": "n'est pas lu par le moteur",
    "script": "un script est refusé dans un courriel",
    "link": "une feuille de style ou une police à distance est refusée ; écrivez le style dans mj-style",
    "iframe": "une page dans la page est refusée ; mettez un lien",
    "object": "est refusé dans un courriel ; mettez un lien",
    "embed": "est refusé dans un courriel ; mettez un lien",
    "base": "est refusé : écrivez chaque adresse en entier",
}
IGNORED: Mapping[tuple[str, str], str] = {
    ("mjml", "owa"): "supprimez-le",
    ("mj-raw", "position"): "écrivez ce texte autour du rendu, pas dans le MJML",
    ("mj-hero", "border-radius"): "mettez-le sur un mj-wrapper autour",
    ("mj-button", "title"): "dites tout dans le texte du bouton",
    ("mj-column", "inner-border-radius"): "écrivez border-radius",
    ("mj-image", "sizes"): "donnez width",
    ("mj-image", "border-top"): "écrivez border",
    ("mj-image", "border-bottom"): "écrivez border",
    ("mj-table", "role"): "écrivez un <table role=\"presentation\"> dans un mj-raw ou un mj-text",
    ("mj-social-element", "icon-position"): "supprimez-le",
    ("mj-social-element", "srcset"): "donnez src",
    ("mj-social-element", "sizes"): "donnez icon-size",
    ("mj-accordion-title", "font-weight"): "mettez <strong> dans le titre",
}  # fmt: skip
# What these draw comes from another site unless the template names its own.
PICTURES: Mapping[str, tuple[str, ...]] = {
    "mj-social-element": ("src",),
    "mj-carousel": ("left-icon", "right-icon"),
    "mj-accordion": ("icon-wrapped-url", "icon-unwrapped-url"),
}

COLORS = _names(
    """aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown burlywood
    cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan darkgoldenrod darkgray
    darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen
    darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue
    firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green greenyellow grey honeydew
    hotpink indianred indigo inherit ivory khaki lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral
    lightcyan lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue
    lightslategray lightslategrey lightsteelblue lightyellow lime limegreen linen magenta maroon mediumaquamarine
    mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen mediumturquoise
    mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite navy oldlace olive olivedrab orange orangered
    orchid palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru pink plum powderblue purple
    rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown seagreen seashell sienna silver skyblue
    slateblue slategray slategrey snow springgreen steelblue tan teal thistle tomato transparent turquoise violet wheat
    white whitesmoke yellow yellowgreen"""
)
_NUMBER = r"(?:\d+(?:\.\d+)?|\.\d+)"
_SIZE = rf"(?:{_NUMBER}(?:px|%)|0)"
_KINDS: Mapping[str, tuple[str, str]] = {
    "text": (r"(?s:.*)", ""),
    "px": (rf"{_NUMBER}px|0", "écrivez des pixels, par exemple « 16px »"),
    "size": (_SIZE, "écrivez des pixels ou un pourcentage, par exemple « 16px » ou « 50% »"),
    "size4": (rf"{_SIZE}(?: {_SIZE}){{0,3}}", "écrivez une à quatre tailles, par exemple « 10px 25px »"),
    "line": (rf"{_NUMBER}(?:px|%)?", "écrivez par exemple « 1.5 », « 24px » ou « 150% »"),
    "spacing": (rf"-?{_NUMBER}(?:px|em)|0|normal", "écrivez par exemple « 1px » ou « -0.01em »"),
    "count": (r"\d+", "écrivez un nombre entier, sans unité"),
    "widest": (rf"{_SIZE}|auto", "écrivez par exemple « 100% », « 300px » ou « auto »"),
    "auto": (rf"{_NUMBER}px|0|auto", "écrivez des pixels ou « auto »"),
    "inline": (r"inline", "écrivez inline=\"inline\" ou rien"),
    "hamburger": (r"hamburger", "écrivez hamburger=\"hamburger\" ou rien"),
    "color": (r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})", "écrivez une couleur, par exemple « #0b5c7a »"),
}  # fmt: skip
_RGB = re.compile(r"rgba?\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*(?:,\s*(?:[01]|0?\.\d+|1\.0+)\s*)?\)")


def mend(kind: str, value: str) -> str | None:
    """What to write instead of this value, None when it is a good one of its kind."""
    if kind not in _KINDS:
        choices = kind.split("|")
        return None if value in choices else f"écrivez {' ou '.join(choices)}"
    if kind == "color" and (value.lower() in COLORS or _RGB.fullmatch(value)):
        return None
    pattern, wanted = _KINDS[kind]
    return None if re.fullmatch(pattern, value) else wanted
