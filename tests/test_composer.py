"""Letters: what is printed, in which words, how it looks to every reader, and that it always fits."""

from newsletter.composer import compose
from tests import items as fx


def test_a_letter_renders() -> None:
    letter = compose(fx.MONTH, "public", fx.issue())
    assert letter.html.startswith("<!DOCTYPE html>")
    assert len(letter.items) == 16
