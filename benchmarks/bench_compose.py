"""How long each stage of a letter takes, in milliseconds, and how large letters get.

select: which items, and their words. jinja: the templates. mjml: validation and rendering. inline: premailer.
text: the other part. compose: all of it, sizing included.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from newsletter.composer import compose, mjml, selection, view
from newsletter.composer.inline import inline
from newsletter.composer.press import Press
from newsletter.model import Item
from tests import items as fx

ROUNDS = 7


def clocked(work: Callable[[], object]) -> float:
    """The median of a few runs, in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def stages(items: tuple[Item, ...], audience: str) -> dict[str, float]:
    """Each stage by itself, on what the one before gives."""
    issue = fx.issue(audience)
    press = Press(issue.templates)
    page = view.page(selection.select(items, audience, issue), issue)
    source, css = mjml.inline_style(press.mjml(page))
    html = mjml.render(source)
    return {
        "select": clocked(lambda: view.page(selection.select(items, audience, issue), issue)),
        "jinja": clocked(lambda: Press(issue.templates).mjml(page)),
        "mjml": clocked(lambda: mjml.render(source)),
        "inline": clocked(lambda: inline(html, css)),
        "text": clocked(lambda: press.text(page)),
        "compose": clocked(lambda: compose(items, audience, issue)),
    }


def crowd(number: int) -> tuple[Item, ...]:
    """The month again and again, each item under its own number."""
    numbered = ((n, fx.MONTH[n % len(fx.MONTH)]) for n in range(number))
    return tuple(replace(item, id=f"{item.id}-{n}", title=f"{item.title} n° {n}") for n, item in numbered)


def main() -> None:
    for audience in ("public", "associations"):
        for name, value in stages(fx.MONTH, audience).items():
            print(f"compose {audience} {len(fx.MONTH)} items, {name}: {value:.1f} ms")
    for number in (400, 3000):
        items, issue = crowd(number), fx.issue("associations")
        letter = compose(items, "associations", issue)
        spent = clocked(partial(compose, items, "associations", issue))
        print(f"compose associations {number} items: {spent:.0f} ms, {len(letter.html.encode())} bytes of HTML")


if __name__ == "__main__":
    main()
