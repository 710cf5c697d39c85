"""Letters: an audience's items and an Issue in, a Letter with its digest out.

The same items and Issue give the same bytes. No store, no network, no clock: the templates are the only files read.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial

from newsletter.composer import arranging, budget, selection, view
from newsletter.composer.arranging import missing
from newsletter.composer.issue import LIMIT, Issue
from newsletter.composer.page import Page
from newsletter.composer.press import Press
from newsletter.composer.selection import Selection, select
from newsletter.errors import TemplateError
from newsletter.model import Item, LeftOut, Letter

__all__ = ["LIMIT", "Issue", "Selection", "compose", "missing", "select"]

SAMPLE = 24  # cards of each section, to find out how heavy all are
Made = tuple[Page, str, str]  # and its MJML, its HTML
Make = Callable[[Page], Made]


def compose(items: Sequence[Item], audience: str, issue: Issue) -> Letter:
    """The letter of this audience. Raises TemplateError when a template can't make one."""
    selected = selection.select(items, audience, issue)
    press = Press(issue.templates)
    whole = arranging.worded(view.page(selected, issue), audience, issue.arrangement)
    make = cache(partial(_made, press=press))  # fitting comes back to pages it has made
    page, mjml, html = _fit(whole, press, make, issue.limit)
    printed, crowded = [], []
    for (_, shown), section in zip(selected.sections, page.sections, strict=True):
        printed += [one.item.id for one in shown[: len(section.cards)]]
        crowded += [LeftOut(one.item, "faute de place, sur la page en ligne") for one in shown[len(section.cards) :]]
    return Letter(
        audience, page.subject, page.preheader, html, press.text(page), mjml, tuple(printed),
        (*selected.left_out, *crowded), None if page == whole else make(whole)[2],
    )  # fmt: skip


def _fit(whole: Page, press: Press, make: Make, limit: int | None) -> Made:
    """The fullest page whose HTML stays under the limit."""
    if limit is None:
        return make(whole)
    weights = [list(press.weigh(section.cards, whole)) for section in whole.sections]
    full = budget.Plan(budget.WORDS[0], tuple(len(own) for own in weights))
    if budget.weigh(whole, weights, full) < limit:
        made = make(budget.cut(whole, full))
        if _size(made) <= limit:
            return made
    return _tightened(whole, make, weights, limit)


def _tightened(whole: Page, make: Make, weights: list[list[int]], limit: int) -> Made:
    """Plans, makes, and plans again with what the last one weighed, until the fullest that fits is found."""
    bare = make(budget.cut(whole, budget.Plan(0, (0,) * len(weights))))
    best, base = bare, _size(bare)
    if base > limit:
        raise TemplateError(f"les modèles seuls font {base} octets de HTML, plus que les {limit} permis ; allégez-les")
    few = budget.Plan(0, tuple(min(SAMPLE, len(own)) for own in weights))
    ratio = 1.03 * _ratio(whole, weights, few, make(budget.cut(whole, few)), base)  # inlined CSS makes cards heavier
    for attempt in range(8):
        plan = budget.plan(whole, weights, (limit - base) / ratio)
        made = make(budget.cut(whole, plan))
        ratio = _ratio(whole, weights, plan, made, base)
        if _size(made) <= limit:
            if _size(made) <= _size(best):
                break
            best = made
        else:
            ratio *= 1.002 + attempt / 200
    return best


def _ratio(whole: Page, weights: list[list[int]], plan: budget.Plan, made: Made, base: int) -> float:
    """How much heavier cards are than they were weighed."""
    return (_size(made) - base) / max(1, budget.weigh(whole, weights, plan))


def _made(page: Page, press: Press) -> Made:
    mjml = press.mjml(page)
    return page, mjml, press.html(mjml, page)


def _size(made: Made) -> int:
    return len(made[2].encode())
