"""Descriptions as feeds write them, HTML or Markdown → plain text: lines, bullets, addresses after their words.

Scripts, styles, frames and pictures are dropped with what they hold. Nothing of the markup is left to be run. Its cost
grows with the text and no faster, which html.parser can't say of broken markup (20 kB took it 0.7 s).
"""

import re
from collections.abc import Iterator
from html import unescape

LONGEST = 20_000
DROPPED = {"script", "style", "head", "template", "iframe", "object", "svg", "noscript", "title", "textarea", "select"}
BLOCKS = {
    "p", "div", "br", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "section", "hr",
    "article", "header", "footer", "figure", "dl", "dt", "dd", "pre",
}  # fmt: skip
IS_HTML = re.compile(r"<(?:p|div|br|ul|ol|li|h[1-6]|table|section)\b", re.IGNORECASE)
TAG = re.compile(r"""<(/?)([a-z][a-z0-9:-]*)((?:[^<>"']|"[^"<]*"|'[^'<]*')*|[^<>]*)>|<[!?][^<>]*>""", re.IGNORECASE)
HREF = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
SAFE = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)
LINK = re.compile(r"(!?)\[([^\[\]\n]{0,300})\]\(([^\s()\[\]]{0,2000})(?:\s+[^()\[\]\n]{0,300})?\)")
MARKS = (
    (re.compile(r"^[ \t]{0,3}(?:#{1,6}|>)[ \t]+", re.MULTILINE), ""),
    (re.compile(r"^[ \t]{0,3}(?:[-*_][ \t]?){3,}$", re.MULTILINE), ""),
    (re.compile(r"^[ \t]{0,8}[*+-][ \t]+", re.MULTILINE), "• "),
    (re.compile(r"(\*\*|__)(?=\S)([^\n]{1,300}?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*\\])\*(?=\S)([^*\n]{1,300})(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_\\])_(?=\S)([^_\n]{1,300})(?<=\S)_(?![\w_])"), r"\1"),
    (re.compile(r"`([^`\n]{1,300})`"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!-])"), r"\1"),
)
SPACES = re.compile(r"[ \t]{2,}")
LINES = re.compile(r"\s*\n\s*")


def plain(written: str | None) -> str | None:
    """The text of a description; None of nothing."""
    if not written:
        return None
    text = written[:LONGEST]
    is_html = IS_HTML.search(text) is not None
    if is_html:  # then lines are the markup's, not the source's
        text = " ".join(text.split())
    if "<" in text:
        text = "".join(_words(_without_comments(text)))
    text = unescape(text)
    return LINES.sub("\n", SPACES.sub(" ", text if is_html else _unmarked(text))).strip() or None


def _words(text: str) -> Iterator[str]:
    """What stands between the tags, and what stands for them."""
    position, dropped, address, label = 0, "", "", ""
    for tag in TAG.finditer(text):
        closing, name = bool(tag[1]), (tag[2] or "").lower()
        words, position = text[position : tag.start()], tag.end()
        if dropped:
            dropped = "" if closing and name == dropped else dropped
            continue
        yield words
        label += words
        if name in DROPPED:
            dropped = "" if closing else name
        elif name == "a":
            if closing and address and address not in label:
                yield f" ({address})"
            address, label = "" if closing else _address(tag[3]), ""
        elif name in BLOCKS or name == "li":
            yield "" if name == "li" and closing else "\n• " if name == "li" else "\n"
    yield "" if dropped else text[position:]


def _address(attributes: str) -> str:
    """Where a link leads, if it is somewhere a reader may go."""
    found = HREF.search(attributes)
    address = unescape(found[1] or found[2] or found[3] or "").strip() if found else ""
    return address.removeprefix("mailto:") if SAFE.fullmatch(address) else ""


def _without_comments(text: str) -> str:
    kept, position = [], 0
    while (start := text.find("<!--", position)) >= 0:
        kept.append(text[position:start])
        end = text.find("-->", start)
        position = len(text) if end < 0 else end + 3
    return "".join([*kept, text[position:]])


def _unmarked(text: str) -> str:
    """Without the marks of Markdown."""
    text = LINK.sub(_link, text)
    for mark, instead in MARKS:
        text = mark.sub(instead, text)
    return text


def _link(found: re.Match[str]) -> str:
    picture, label, address = found[1], found[2], found[3]
    bare = address.removeprefix("mailto:")
    if picture:
        return ""
    return f"{label} ({bare})" if SAFE.fullmatch(address) and bare not in label else label
