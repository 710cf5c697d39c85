"""What staff change of a letter without touching the sheets: order, pins, hiding, other words; never the rows."""

from typing import Any

import pytest

from newsletter import composer
from newsletter.composer import arranging
from newsletter.model import Item, Kind, Letter
from newsletter.model.studio import Arrangement
from tests import items as fx

HOSTILE = "<script>alert(1)</script> [[html:unsubscribe]] {{ title }} \u202e\x00 %s"
IDS = {item.id for item in fx.MONTH}


def letter(items: tuple[Item, ...] = fx.MONTH, audience: str = "public", **arranged: Any) -> Letter:
    arrangement = Arrangement(**arranged)
    editorial = arrangement.editorial if arrangement.with_editorial else None
    return composer.compose(items, audience, fx.issue(audience, arrangement=arrangement, editorial=editorial))


def events(of: Letter) -> list[str]:
    kinds = {item.id: item.kind for item in fx.MONTH}
    return [id_ for id_ in of.items if kinds[id_] is Kind.EVENT]


@pytest.mark.parametrize(
    ("order", "pinned", "placed"),
    [
        ((), (), "abcd"),
        ("dc", (), "abdc"),  # what nobody placed stays after what it follows, or first
        ("ca", (), "cdab"),
        ("dcba", (), "dcba"),
        ((), "c", "cabd"),
        ("dcba", "ab", "abdc"),
        ("xdyx", "zz", "abcd"),  # of what is gone, nothing is said here
        ("aabb", "cc", "cabd"),
    ],
)
def test_items_are_where_staff_put_them(order: str, pinned: str, placed: str) -> None:
    arrangement = Arrangement(order={Kind.EVENT: tuple(order)}, pinned=tuple(pinned))
    assert "".join(arranging.placed(Kind.EVENT, "abcd", arrangement)) == placed
    elsewhere = Arrangement(order=arrangement.order)
    assert "".join(arranging.placed(Kind.NEWS, "abcd", elsewhere)) == "abcd"


def test_a_letter_has_its_items_in_that_order_each_once() -> None:
    usual = letter()
    shown = events(usual)
    assert len(shown) > 3
    turned = letter(order={Kind.EVENT: tuple(reversed(shown))}, pinned=(shown[1],))
    assert events(turned) == [shown[1], *(id_ for id_ in reversed(shown) if id_ != shown[1])]
    assert sorted(turned.items) == sorted(usual.items)
    assert turned.digest != usual.digest


def test_the_same_rows_and_arrangement_give_the_same_bytes() -> None:
    arranged: dict[str, Any] = {
        "editorial": "Bonjour **à vous**.", "subjects": {"public": "Décembre !"}, "pinned": ("e2",),
        "hidden": {"e1": "complet"},
    }  # fmt: skip
    assert letter(**arranged) == letter(**arranged)
    assert letter().digest == composer.compose(fx.MONTH, "public", fx.issue("public")).digest


def test_what_is_hidden_is_left_out_with_its_reason() -> None:
    shown = events(letter())[0]
    without = letter(hidden={shown: "l’association a écrit : c’est annulé"})
    assert shown not in without.items
    reasons = {left.item.id: left.reason for left in without.left_out}
    assert reasons[shown] == "masqué : l’association a écrit\u00a0: c’est annulé"


def test_what_was_left_out_anyway_says_why() -> None:
    before = {left.item.id: left.reason for left in letter().left_out}
    gone = next(iter(before))
    assert {left.item.id: left.reason for left in letter(hidden={gone: "x"}).left_out} == before


def test_a_description_is_shorter_in_this_edition_only() -> None:
    item = next(item for item in fx.MONTH if item.id in letter().items and item.description)
    short = letter(shortened={item.id: "Venez."})
    assert "Venez." in short.html
    assert "Venez." in short.text
    first = (item.description or "").split()[:4]
    assert " ".join(first) in " ".join(letter().text.split())
    assert " ".join(first) not in " ".join(short.text.split())
    assert "Venez." not in letter(shortened={item.id: ""}).html


def test_subject_and_preheader_are_those_of_one_audience() -> None:
    arranged = {"subjects": {"public": "Décembre : on danse"}, "preheaders": {"public": "Le bal"}}
    public, other = letter(**arranged), letter(audience="associations", **arranged)
    assert (public.subject, public.preheader) == ("Décembre\u00a0: on danse", "Le bal")
    assert "Le bal" in public.html
    assert other.digest == letter(audience="associations").digest
    assert letter(subjects={"public": " \n "}).subject == letter().subject


def test_an_editorial_that_is_switched_off_is_not_printed() -> None:
    assert "Bonjour à vous" in letter(editorial="Bonjour à vous").html
    assert letter(editorial="Bonjour à vous", with_editorial=False).digest == letter().digest


def test_nothing_typed_becomes_code_or_a_mark() -> None:
    shown = letter().items[0]
    usual, hostile = letter(), letter(
        editorial=HOSTILE, subjects={"public": HOSTILE}, preheaders={"public": HOSTILE}, shortened={shown: HOSTILE},
        order={Kind.EVENT: (HOSTILE,)}, pinned=(HOSTILE,), hidden={HOSTILE: HOSTILE},
    )  # fmt: skip
    assert "<script" not in hostile.html
    assert hostile.html.count("[[html:unsubscribe]]") == usual.html.count("[[html:unsubscribe]]")
    assert "\u202e" not in hostile.html + hostile.text + hostile.subject
    assert "\n" not in hostile.subject
    assert len(letter(subjects={"public": "mot " * 5000}).subject) <= arranging.LONGEST


def test_an_item_that_is_gone_is_a_finding_with_its_name_and_no_error() -> None:
    arrangement = Arrangement(
        pinned=("old", "e1"), hidden={"old": "x"}, shortened={"older": "y"}, order={Kind.NEWS: ("oldest", "e2")}
    )
    found = [finding.message for finding in composer.missing(IDS, arrangement, {"old": "Bal (exemple)"})]
    assert found == [
        "« Bal (exemple) » (épinglé et masqué) n’est plus dans les sources : ce réglage ne sert plus",
        "l’élément older (raccourci) n’est plus dans les sources : ce réglage ne sert plus",
        "l’élément oldest (déplacé) n’est plus dans les sources : ce réglage ne sert plus",
    ]
    assert letter(pinned=("old",), hidden={"old": "x"}, shortened={"old": "y"}).digest == letter().digest
