"""The editorial: light Markdown as staff types it in, HTML and text out, the same words in both.

Paragraphs, « - » lists, **strong**, *emphasis* and [words](address). Anything else stays as typed; addresses other than
web, mail and telephone ones are not linked. The HTML is escaped first: nothing typed becomes a tag.
"""

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

from newsletter.composer.wording import cap, tidy

LONGEST = 3_000  # characters: it stays an introduction
_LINK = re.compile(r"\[([^\[\]]+)\]\(((?:https?://|mailto:|tel:)[^\s()]+)\)")
_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_EMPHASIS = re.compile(r"(?<![*\w])\*(?=\S)([^*]+?)(?<=\S)\*(?![*\w])")


@dataclass(frozen=True, slots=True)
class Editorial:
    """Both faces of it. `text` has a paragraph or a list entry a line, blank lines between paragraphs."""

    html: Markup
    text: str


def read(written: str) -> Editorial | None:
    """The editorial, or None when nothing was written."""
    blocks = [block for block in re.split(r"\n\s*\n", cap(written.replace("\r\n", "\n").strip(), LONGEST)) if block]
    if not blocks:
        return None
    return Editorial(Markup("").join(_html(block) for block in blocks), "\n\n".join(_text(block) for block in blocks))


def _entries(block: str) -> list[str] | None:
    lines = [line.strip() for line in block.split("\n") if line.strip()]
    return [tidy(line[2:]) for line in lines] if all(line.startswith(("- ", "* ")) for line in lines) else None


def _html(block: str) -> Markup:
    entries = _entries(block)
    if entries is None:
        return Markup("<p>{}</p>\n").format(_inline(tidy(block)))
    return Markup("<ul>{}</ul>\n").format(Markup("").join(Markup("<li>{}</li>").format(_inline(e)) for e in entries))


def _inline(line: str) -> Markup:
    safe = str(escape(line))
    safe = _LINK.sub(r'<a href="\2">\1</a>', safe)
    return Markup(_EMPHASIS.sub(r"<em>\1</em>", _STRONG.sub(r"<strong>\1</strong>", safe)))  # noqa: S704


def _text(block: str) -> str:
    entries = _entries(block)
    lines = [tidy(block)] if entries is None else [f"– {entry}" for entry in entries]
    return "\n".join(_EMPHASIS.sub(r"\1", _STRONG.sub(r"\1", _LINK.sub(r"\1 (\2)", line))) for line in lines)
