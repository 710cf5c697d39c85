"""The editorial: light Markdown as staff types it in, HTML and text out, the same words in both.

Paragraphs, « - » lists, **strong**, *emphasis* and [words](address). Anything else stays as typed; addresses other than
web, mail and telephone ones are not linked. Nothing typed becomes a tag.
"""

import re
from dataclasses import dataclass

from markupsafe import Markup

from newsletter.composer.wording import cap, tidy

LONGEST = 3_000  # characters: it stays an introduction
_MARKED = re.compile(
    r"\[(?P<words>[^\[\]]+)\]\((?P<address>(?:https?://|mailto:|tel:)[^\s()]+)\)"
    r"|\*\*(?=\S)(?P<strong>.+?)(?<=\S)\*\*(?!\*)"
    r"|(?<![*\w])\*(?=\S)(?P<emphasis>[^*]+?)(?<=\S)\*(?![*\w])"
)


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
    pieces: list[str] = []
    at = 0
    for found in _MARKED.finditer(line):
        pieces += [line[at : found.start()], _marked(found)]
        at = found.end()
    return Markup("").join([*pieces, line[at:]])


def _marked(found: re.Match[str]) -> Markup:
    if found["address"]:
        return Markup('<a href="{}">{}</a>').format(found["address"], found["words"])
    tag = Markup("<strong>{}</strong>") if found["strong"] else Markup("<em>{}</em>")
    return tag.format(_inline(found["strong"] or found["emphasis"]))


def _text(block: str) -> str:
    entries = _entries(block)
    lines = [tidy(block)] if entries is None else [f"– {entry}" for entry in entries]
    return "\n".join(_plain(line) for line in lines)


def _plain(line: str) -> str:
    return _MARKED.sub(
        lambda found: (
            f"{found['words']} ({found['address']})"
            if found["address"]
            else _plain(found["strong"] or found["emphasis"])
        ),
        line,
    )
