"""Descriptions as feeds write them, HTML or Markdown → plain text: lines, bullets, addresses after their words.

Scripts, styles, frames and pictures are dropped with what they hold. Nothing of the markup is left to be run.
"""

import re
from html.parser import HTMLParser

LONGEST = 20_000  # HTMLParser is quadratic on broken markup: 20 kB of it take 0.2 s at worst
DROPPED = {"script", "style", "head", "template", "iframe", "object", "svg", "noscript", "title", "textarea", "select"}
BLOCKS = {
    "p", "div", "br", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "section", "hr",
    "article", "header", "footer", "figure", "dl", "dt", "dd", "pre",
}  # fmt: skip
IS_HTML = re.compile(r"<(?:p|div|br|ul|ol|li|h[1-6]|table|section)\b", re.IGNORECASE)
SAFE = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)
MARKS = (
    (re.compile(r"!\[[^\]\n]{0,300}\]\([^)\n]{0,2000}\)"), ""),
    (re.compile(r"\[([^\]\n]{1,300})\]\((?!https?:|mailto:)[^)\n]{0,2000}\)"), r"\1"),
    (re.compile(r"\[([^\]\n]{1,300})\]\((?:mailto:)?([^)\s]{1,2000})[^)\n]{0,300}\)"), r"\1 (\2)"),
    (re.compile(r"^\s{0,3}(?:#{1,6}|>)\s+", re.MULTILINE), ""),
    (re.compile(r"^\s{0,8}[*+-]\s+", re.MULTILINE), "• "),
    (re.compile(r"^\s{0,3}(?:[-*_]\s?){3,}$", re.MULTILINE), ""),
    (re.compile(r"(\*\*|__)(?=\S)(.{1,2000}?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]{1,2000})(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]{1,2000})(?<=\S)_(?![\w_])"), r"\1"),
    (re.compile(r"`([^`\n]{1,300})`"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!-])"), r"\1"),
)
SPACES = re.compile(r"[ \t]{2,}")
LINES = re.compile(r"\s*\n\s*")


def plain(written: str | None) -> str | None:
    """The text of a description; None of nothing."""
    if not written:
        return None
    written = written[:LONGEST]
    is_html = IS_HTML.search(written) is not None
    text = written
    if "<" in text or "&" in text:
        reader = _Reader(is_html)
        reader.feed(text)
        reader.close()
        text = "".join(reader.pieces)
    if not is_html:
        for mark, instead in MARKS:
            text = mark.sub(instead, text)
    return LINES.sub("\n", SPACES.sub(" ", text)).strip() or None


class _Reader(HTMLParser):
    """Keeps the words."""

    def __init__(self, is_html: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.is_html = is_html
        self.pieces: list[str] = []
        self.dropped: list[str] = []
        self.links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in DROPPED:
            self.dropped.append(tag)
        elif tag == "a":
            self.links.append((dict(attrs).get("href") or "", len(self.pieces)))
        elif tag == "li":
            self.pieces.append("\n• ")
        elif tag in BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.dropped:
            del self.dropped[self.dropped.index(tag) :]
        elif tag == "a" and self.links:
            address, start = self.links.pop()
            address = address.strip()
            bare = address.removeprefix("mailto:")
            if SAFE.fullmatch(address) and bare not in "".join(self.pieces[start:]):
                self.pieces.append(f" ({bare})")
        elif tag in BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.dropped:
            self.pieces.append(" ".join(re.split(r"\s+", data)) if self.is_html else data)
