"""What staff change of a letter without touching the sheets: an Arrangement in; an order, a reason, other words out.

An item it names that is no longer there changes nothing: it is a finding.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace

from newsletter.composer.page import Page
from newsletter.composer.wording import cap, listed, tidy
from newsletter.model import Finding, Item, Kind
from newsletter.model.studio import Arrangement

LONGEST = 250  # characters of a subject or a preheader: phones cut them long before


def hidden(item: Item, arrangement: Arrangement) -> str | None:
    """Why it is not printed, when staff have hidden it."""
    reason = arrangement.hidden.get(item.id)
    return None if reason is None else f"masqué : {tidy(reason) or 'sans raison'}"


def shortened(item: Item, arrangement: Arrangement) -> Item:
    """The item with the description it has in this edition."""
    words = arrangement.shortened.get(item.id)
    return item if words is None else replace(item, description=words.strip() or None)


def placed(kind: Kind, usual: Sequence[str], arrangement: Arrangement) -> list[str]:
    """The ids of a section in their order: what is pinned first, then as staff placed them.

    One that nobody placed stays right after the one it usually follows, so that a new row finds its day.
    """
    there = set(usual)
    order = [id_ for id_ in dict.fromkeys(arrangement.order.get(kind, ())) if id_ in there]
    if order:
        known = set(order)
        for before, id_ in zip([None, *usual], usual, strict=False):
            if id_ not in known:
                order.insert(0 if before is None else order.index(before) + 1, id_)
                known.add(id_)
    pinned = dict.fromkeys(id_ for id_ in arrangement.pinned if id_ in there)
    return [*pinned, *(id_ for id_ in order or usual if id_ not in pinned)]


def worded(page: Page, audience: str, arrangement: Arrangement) -> Page:
    """The page with the subject and the preheader staff gave this audience's letter."""
    subject, preheader = (
        cap(tidy(words.get(audience, "")), LONGEST) for words in (arrangement.subjects, arrangement.preheaders)
    )
    return replace(page, subject=subject or page.subject, preheader=preheader or page.preheader)


def missing(items: Container[str], arrangement: Arrangement, titles: Mapping[str, str]) -> Iterator[Finding]:
    """A warning for each item it names that is not among these any more; `titles`: what they were called."""
    for id_ in arrangement.named:
        if id_ not in items:
            done = listed(list(_done(id_, arrangement)))
            called = f"« {tidy(titles[id_])} »" if id_ in titles else f"l’élément {id_}"
            yield Finding(
                "warning", "arrangement", f"{called} ({done}) n’est plus dans les sources : ce réglage ne sert plus"
            )


def _done(id_: str, arrangement: Arrangement) -> Iterator[str]:
    if id_ in arrangement.pinned:
        yield "épinglé"
    if id_ in arrangement.hidden:
        yield "masqué"
    if id_ in arrangement.shortened:
        yield "raccourci"
    if any(id_ in ids for ids in arrangement.order.values()):
        yield "déplacé"
