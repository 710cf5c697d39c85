"""Marks: what another reading of the files changed of a month; and those items outlined in a letter, in its frame only.

An item is found in the page by its title, as a heading has it, in the order of the letter: templates are the town's.
What is kept, approved and sent has no mark.
"""

import html
from collections.abc import Mapping
from html.parser import HTMLParser

from newsletter.composer.wording import tidy
from newsletter.model import Letter
from newsletter.model.studio import Change
from newsletter.pipeline.facts import differences
from newsletter.store import Edition, Store

BACK = 20  # versions looked at: each arrangement is one, of the same files
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = ("td", "div", "li", "section", "article")
CHANGED, NEW = "modifiée", "nouvelle"
STYLE = (
    "<style>[data-marque]{outline:3px solid #b45309;outline-offset:5px}"
    "[data-marque]::before{content:attr(data-marque);display:table;margin:0 0 8px;padding:1px 8px;border-radius:4px;"
    "background:#b45309;color:#fff;font:bold 14px/1.5 sans-serif}</style>"
)


def changed(store: Store, edition: Edition) -> dict[str, Change]:
    """What changed of its items, by id, when the files last said something else than before."""
    now = store.editions.basis(edition.month).items
    for number in range(edition.version - 1, max(0, edition.version - 1 - BACK), -1):
        before = store.editions.basis(edition.month, number)
        if not before.by:  # made before this was kept
            return {}
        if found := differences(before.items, now, {}):
            return {change.item: change for change in found if change.after}
    return {}


def word(change: Change) -> str:
    """What it is marked with."""
    return CHANGED if change.before else NEW


def drawn(store: Store, edition: Edition, letter: Letter, page: str) -> str:
    """A letter's page with what changed outlined."""
    items = store.editions.basis(edition.month).items
    return marked(page, letter, {id_: said.get("title", "") for id_, said in items.items()}, changed(store, edition))


def marked(page: str, letter: Letter, titles: Mapping[str, str], changes: Mapping[str, Change]) -> str:
    """A letter's page with those items outlined. `titles`: of its items, by id."""
    reading = _Reading([(id_, tidy(titles[id_])) for id_ in letter.items if id_ in titles])
    reading.feed(page)
    starts, found = _starts(page), []
    for id_, (line, column, tag) in reading.places.items():
        if id_ in changes:
            found.append((starts[line - 1] + column + 1 + len(tag), word(changes[id_])))
    for place, said in sorted(found, reverse=True):
        page = f'{page[:place]} data-marque="{html.escape(said)}"{page[place:]}'
    return page.replace("</head>", f"{STYLE}</head>", 1) if found else page


def _starts(page: str) -> list[int]:
    """Where each line begins."""
    starts = [0]
    for line in page.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts


class _Reading(HTMLParser):
    """Finds the block each item's title stands in."""

    def __init__(self, titles: list[tuple[str, str]]) -> None:
        super().__init__()
        self.places: dict[str, tuple[int, int, str]] = {}
        self._wanted = titles
        self._open: list[tuple[int, int, str]] = []
        self._heading: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self._open.append((*self.getpos(), tag))
        elif tag in HEADINGS:
            self._heading = []

    def handle_data(self, data: str) -> None:
        if self._heading is not None:
            self._heading.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS and tag in (names := [name for _, _, name in self._open]):
            del self._open[len(names) - 1 - names[::-1].index(tag) :]
        elif tag in HEADINGS and self._heading is not None:
            said, self._heading = " ".join("".join(self._heading).split()), None
            place = next((one for one in self._wanted if " ".join(one[1].split()) == said), None)
            if place and self._open:
                self._wanted.remove(place)
                self.places[place[0]] = self._open[-1]
