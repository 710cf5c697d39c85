"""Cells as people, spreadsheets and web sites leave them → text to print, or to compare.

Only true markup is taken away: « <exposition> » is a title, « <b> » is not. Nothing is escaped here: the composer does.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from html import unescape
from html.entities import html5
from pathlib import PurePath

from newsletter.model import Image

NO_BREAK = "\u00a0\u202f"
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff]"
)
LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# What of a line could need a second look; most lines hold none of it.
DOUBTFUL = re.compile(
    "[<&\x00-\x09\x0b-\x1f\x7f-\xa0\xad\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ud800-\udfff\ufeff\ufff9-\uffff]"
)
UNEVEN = re.compile(r"\s\s|[^\S ]")
UNEVEN_LINES = re.compile(r"  | \n|\n |\n\n\n")
SPACES = re.compile(r"\s+")
ACCENTS = re.compile("[\u0300-\u036f]")
PUNCTUATION = re.compile(r"[\W_]+")
ENTITY = re.compile(r"&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
BLOCKS = {
    "address", "article", "blockquote", "body", "br", "center", "dd", "div", "dl", "dt", "figure", "footer", "form",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main", "nav", "ol", "p", "pre", "section",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
HIDDEN = {"head", "script", "style", "template", "title"}
INLINE = {
    "a", "abbr", "b", "big", "button", "cite", "code", "del", "em", "font", "i", "iframe", "img", "ins", "label",
    "link", "mark", "meta", "o:p", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "svg", "u",
}  # fmt: skip
TAG = re.compile(rf"<(/?)({'|'.join(sorted(BLOCKS | HIDDEN | INLINE))})(?=[\s/>])([^<>]*)>", re.IGNORECASE)
HREF = re.compile(r"""\shref\s*=\s*["']?((?:https?|mailto):[^"'\s]+)""", re.IGNORECASE)
FORMULA = re.compile(
    r"=\s*(?:[-+@]\s*)?(?:[^\W\d][\w.]*\s*\(|\$?[A-Za-z]{1,3}\$?\d+\b|[\d.,]+\s*[-+*/^&]|\w+\||"
    r"[\w' .]+!\$?[A-Za-z]+\$?\d)"
)
CELL_ERROR = re.compile(r"#(?:REF|VALEUR|VALUE|NOM|NAME|DIV/0|NULL|NUL|NOMBRE|NUM|N/A|SPILL|CALC)[!?]?", re.IGNORECASE)
NOTHING = {"", "-", "--", "–", "—", "/", ".", "?", "n/a", "nc", "n.c.", "néant", "null", "none", "nan"}


def show(value: object) -> str:
    """A cell's value as staff see it in their spreadsheet."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "VRAI" if value else "FAUX"
    if isinstance(value, datetime):
        day = f"{value:%d/%m/%Y}"
        return day if value.time() == time() else f"{day} {show(value.time())}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, time):
        return f"{value.hour}h{value.minute:02}" if value.minute else f"{value.hour}h"
    if isinstance(value, timedelta):
        hours, rest = divmod(int(value.total_seconds()), 3600)
        return f"{hours}h{rest // 60:02}"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value).replace(".", ",")
    if isinstance(value, Image):
        return PurePath(value.path).name
    return str(value)


def tidy(text: str) -> str:
    """On one line: no markup, no invisible character, single spaces."""
    if "\n" in text or "  " in text or DOUBTFUL.search(text):
        text = _single_spaces(_plain(text))
    return text.strip()


def paragraphs(text: str) -> str:
    """The same, but lines stay lines; two in a row at most are left empty."""
    if not UNEVEN_LINES.search(text) and not DOUBTFUL.search(text):
        return text.strip()
    lines = [_single_spaces(line).strip() for line in LINE_ENDS.sub("\n", _plain(text)).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def fold(text: str) -> str:
    """For comparing: no case, no accent, no punctuation, single spaces. « & » is « et »."""
    return _fold_short(text) if len(text) < 100 else _fold(text)


@lru_cache(maxsize=16384)
def _fold_short(text: str) -> str:
    return _fold(text)


def _fold(text: str) -> str:
    text = text.casefold().replace("&", " et ")
    if not text.isascii():
        text = text.replace("œ", "oe").replace("æ", "ae")
        text = ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return PUNCTUATION.sub(" ", text).strip()


def fold_word(text: str) -> str:
    """The same for words of a list: « habitant·e·s » and « habitant(e)s » are « habitantes »."""
    return fold(re.sub(r"(?<=\w)[·•.(](\w{1,4})[·•.)]?(?=s?\b)", r"\1", text))


def is_formula(text: str) -> bool:
    """Whether it is what a spreadsheet would compute, and nobody wants to read."""
    return text.startswith("=") and FORMULA.match(text[:200]) is not None


def is_nothing(text: str) -> bool:
    """Whether it only says that there is nothing."""
    return len(text) < 6 and text.casefold() in NOTHING


def sentence(text: str) -> str:
    """With a full stop, unless it has its own end."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def choice(words: Sequence[str]) -> str:
    """« a », « b » ou « c »."""
    *others, last = [f"« {word} »" for word in words]
    return f"{', '.join(others)} ou {last}" if others else last


def _single_spaces(text: str) -> str:
    return SPACES.sub(_space, text) if UNEVEN.search(text) else text


def _space(run: re.Match[str]) -> str:
    """A space that must not break stays one where French puts it, and is a plain one elsewhere."""
    if run[0] == " ":
        return " "
    hard = next((character for character in run[0] if character in NO_BREAK), None)
    before, after = run.string[run.start() - 1 : run.start()], run.string[run.end() : run.end() + 1]
    return hard if hard and after and (before == "«" or before.isdigit() or after in ";:!?»%€") else " "


def _plain(text: str) -> str:
    if "<" in text:
        text = _without_markup(_without_comments(text))
    if "&" in text:
        text = ENTITY.sub(_unescaped, text)
    return INVISIBLE.sub("", text)


def _unescaped(entity: re.Match[str]) -> str:
    return unescape(entity[0]) if entity[1][0] == "#" or f"{entity[1]};" in html5 else entity[0]


def _without_comments(text: str) -> str:
    pieces, position = [], 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start)) >= 0:
        pieces.append(text[position:start])
        position = end + 3
    return "".join([*pieces, text[position:]])


def _without_markup(text: str) -> str:
    """Takes the tags of HTML away; blocks become lines, list entries get a bullet, links keep their address."""
    tags = list(TAG.finditer(text))
    if any(tag[2].lower() in BLOCKS for tag in tags):  # then lines are the markup's, not the source's
        text = text.replace("\n", " ").replace("\r", " ")
    pieces: list[str] = []
    position, hidden, address = 0, "", ""
    for tag in tags:
        closing, name = bool(tag[1]), tag[2].lower()
        words = "" if hidden else text[position : tag.start()]
        position = tag.end()
        pieces.append(words)
        if hidden:
            hidden = "" if closing and name == hidden else hidden
        elif name in HIDDEN:
            hidden = "" if closing else name
        elif name == "a":
            if closing and address and address.removeprefix("mailto:") not in words:
                pieces.append(f" ({address.removeprefix('mailto:')})")
            href = HREF.search(tag[3])
            address = unescape(href[1]) if href and not closing else ""
        elif name in BLOCKS:
            pieces.append("\n• " if name == "li" and not closing else "" if name == "li" else "\n")
    return "".join(pieces) + ("" if hidden else text[position:])
