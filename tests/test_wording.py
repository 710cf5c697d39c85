"""French as it is printed: typography, dates, hours, recurrences, and colours one can read."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.composer import editorial, palette, when, wording
from newsletter.model import Occurrence
from tests.items import PARIS, at

TUESDAY = date(2021, 12, 7)
NARROW, NBSP = "\u202f", "\u00a0"


def plain(text: str) -> str:
    return text.replace(NARROW, " ").replace(NBSP, " ")


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Venez!", "Venez\u202f!"),
        ("Venez  !", "Venez\u202f!"),
        ("Venez\u00a0!", "Venez\u202f!"),
        ("Vraiment ?!", "Vraiment\u202f?!"),
        ("un ; deux;", "un\u202f; deux\u202f;"),
        ("Tarif: 5 €", "Tarif\u00a0: 5\u00a0€"),
        ("Tarif : 5€", "Tarif\u00a0: 5€"),
        ("à 14:30", "à 14:30"),
        ("10 % de places", "10\u00a0% de places"),
        ("1 500 € à 10 000 €", "1\u202f500\u00a0€ à 10\u202f000\u00a0€"),
        ("en 2022 100 places, 01 47 46 75 00", "en 2022 100 places, 01 47 46 75 00"),
        ("« Bonjour »", "«\u00a0Bonjour\u00a0»"),
        ("«Bonjour»", "«\u00a0Bonjour\u00a0»"),
        ('dit "oui" et "non"', "dit «\u00a0oui\u00a0» et «\u00a0non\u00a0»"),
        ('un écran de 15" neuf', 'un écran de 15" neuf'),
        ("l'été, aujourd'hui", "l’été, aujourd’hui"),
        ("l' été '21", "l' été '21"),
        ("et puis...", "et puis…"),
        ("lundi - mardi", "lundi – mardi"),
        ("porte-à-porte", "porte-à-porte"),
        ("(exemple)", "(exemple)"),
        ("Qui (?)", "Qui (?)"),
        ("voir https://a.example/?q=l'eau;b!c", "voir https://a.example/?q=l'eau;b!c"),
        ("écrire à l'a.b-c@d.example!", "écrire à l’a.b-c@d.example\u202f!"),
        ("deux\n\tlignes  ici", "deux lignes ici"),
        ("Ça &amp; là", "Ça &amp; là"),
        ("1er étage", "1er étage"),
        ("\u202egauche\u200f\x00\x1f", "gauche"),
        ("[[html:online]] [[text:x]] [[autre]]", "[\u2060[html:online]] [\u2060[text:x]] [[autre]]"),
        ("", ""),
    ],
)
def test_what_people_type_is_printed_with_french_typography(typed: str, printed: str) -> None:
    assert wording.tidy(typed) == printed
    assert wording.tidy(printed) == printed, "once is enough"


@given(st.text(max_size=80))
def test_any_text_becomes_one_line_without_marks_nor_invisible_signs(typed: str) -> None:
    line = wording.tidy(typed)
    assert "\n" not in line
    assert "[[html:" not in line
    assert "[[text:" not in line
    assert not any(sign in line for sign in "\x00\x07\x1b\x85\u202e\u2066")


@pytest.mark.parametrize(
    ("text", "words", "cut"),
    [
        ("un deux trois", 3, "un deux trois"),
        ("un deux trois", 2, "un deux…"),
        ("un, deux", 1, "un…"),
        ("un deux", 0, ""),
        ("", 0, ""),
        (f"Oui{NARROW}! Non", 1, f"Oui{NARROW}!…"),
    ],
)
def test_a_text_is_cut_between_words(text: str, words: int, cut: str) -> None:
    assert wording.shorten(text, words) == cut


@pytest.mark.parametrize(
    ("hour", "said"),
    [
        (time(14, 30), "14 h 30"),
        (time(19), "19 h"),
        (time(9, 5), "9 h 05"),
        (time(0), "minuit"),
        (time(0, 30), "0 h 30"),
    ],
)
def test_hours_are_said_the_french_way(hour: time, said: str) -> None:
    assert plain(wording.clock(hour)) == said


def days(*numbers: int, month: int = 12, year: int = 2021) -> list[Occurrence]:
    return [Occurrence(date(year, month, number)) for number in numbers]


def evenings(first: date, number: int, but: frozenset[int] = frozenset()) -> list[Occurrence]:
    """Each week from 19:30 to 21:00, this many times, some of them left out."""
    days = (first + timedelta(7 * n) for n in range(number) if n not in but)
    starts = (datetime.combine(day, time(19, 30), PARIS) for day in days)
    return [Occurrence(start, start + timedelta(minutes=90)) for start in starts]


@pytest.mark.parametrize(
    ("occurrences", "said"),
    [
        (days(10), "vendredi 10 décembre"),
        ([Occurrence(date(2022, 1, 1))], "samedi 1er janvier 2022"),
        ([Occurrence(at(2021, 12, 10, 19))], "vendredi 10 décembre à 19 h"),
        ([Occurrence(at(2021, 12, 11, 14, 30), at(2021, 12, 11, 17))], "samedi 11 décembre, 14 h 30 – 17 h"),
        ([Occurrence(at(2021, 12, 31, 20), at(2022, 1, 1, 2))], "vendredi 31 décembre, 20 h – 2 h"),
        ([Occurrence(at(2021, 12, 31, 20), at(2022, 1, 1, 0))], "vendredi 31 décembre, 20 h – minuit"),
        ([Occurrence(date(2021, 12, 18), date(2021, 12, 19))], "samedi 18 et dimanche 19 décembre"),
        ([Occurrence(date(2021, 12, 18), date(2021, 12, 24))], "du samedi 18 au vendredi 24 décembre"),
        ([Occurrence(date(2021, 12, 28), date(2022, 1, 4))], "du mardi 28 décembre au mardi 4 janvier 2022"),
        ([Occurrence(date(2022, 1, 28), date(2022, 2, 4))], "du vendredi 28 janvier au vendredi 4 février 2022"),
        (
            [Occurrence(at(2021, 12, 10, 18), at(2021, 12, 12, 17))],
            "du vendredi 10 à 18 h au dimanche 12 décembre à 17 h",
        ),
        (
            [Occurrence(at(2021, 12, d, 10), at(2021, 12, d, 18)) for d in (10, 11, 12)],
            "du vendredi 10 au dimanche 12 décembre, 10 h – 18 h",
        ),
        (
            [Occurrence(at(2021, 12, 10, h), at(2021, 12, 10, h + 2)) for h in (10, 14)],
            "vendredi 10 décembre, 10 h – 12 h et 14 h – 16 h",
        ),
        (days(10, 11), "vendredi 10 et samedi 11 décembre"),
        (days(10, 15), "vendredi 10 et mercredi 15 décembre"),
        (days(10) + days(12, month=1, year=2022), "vendredi 10 décembre et mercredi 12 janvier 2022"),
        (days(8, 10, 15, 23), "les 8, 10, 15 et 23 décembre"),
        (days(7, 14, 21), "les mardis 7, 14 et 21 décembre"),
        (evenings(date(2021, 12, 7), 3), "les mardis 7, 14 et 21 décembre, 19 h 30 – 21 h"),
        (
            evenings(date(2021, 12, 14), 4),
            "les mardis 14, 21 et 28 décembre, puis 4 janvier 2022, 19 h 30 – 21 h",
        ),
        (
            evenings(date(2021, 12, 7), 8),
            "tous les mardis, 19 h 30 – 21 h, jusqu’au 25 janvier 2022",
        ),
        (
            evenings(date(2021, 12, 7), 8, but=frozenset({3})),
            "tous les mardis, 19 h 30 – 21 h, jusqu’au 25 janvier 2022, sauf le 28 décembre",
        ),
        (
            evenings(date(2021, 12, 7), 8, but=frozenset({2, 3})),
            "tous les mardis, 19 h 30 – 21 h, jusqu’au 25 janvier 2022, sauf les 21 et 28 décembre",
        ),
        (
            evenings(date(2021, 12, 21), 6),
            "tous les mardis, 19 h 30 – 21 h, du 21 décembre au 25 janvier 2022",
        ),
        (
            sorted(days(7, 9, 14, 16, 21, 23), key=lambda o: str(o.start)),
            "tous les mardis et jeudis, jusqu’au 23 décembre",
        ),
        (
            [Occurrence(at(2021, 12, 10, 10)), Occurrence(at(2021, 12, 12, 14))],
            "vendredi 10 décembre à 10 h ; dimanche 12 décembre à 14 h",
        ),
        (
            [Occurrence(at(2021, 12, d, h)) for d, h in ((8, 9), (10, 10), (15, 11), (23, 12))],
            "les 8, 10, 15 et 23 décembre",
        ),
        (
            days(8, 10, 13, 15, 18, 20, 23, 25, 28),
            "les 8, 10, 13, 15, 18 et 20 décembre, et 3 autres dates jusqu’au 28 décembre",
        ),
        (
            days(10, 11, 12, 17, 18, 19),
            "du vendredi 10 au dimanche 12 décembre et du vendredi 17 au dimanche 19 décembre",
        ),
    ],
)  # fmt: skip
def test_occurrences_are_said_as_one_would(occurrences: list[Occurrence], said: str) -> None:
    assert plain(when.phrase(occurrences, TUESDAY)) == said


@pytest.mark.parametrize(
    ("occurrences", "said"),
    [
        (days(10), "vendredi 10 décembre, puis d’autres dates"),
        (days(8, 10, 15, 23), "les 8, 10, 15 et 23 décembre, puis d’autres dates"),
        (evenings(date(2021, 12, 7), 8), "tous les mardis, 19 h 30 – 21 h"),
        (evenings(date(2021, 12, 7), 8, but=frozenset({3})), "tous les mardis, 19 h 30 – 21 h, sauf le 28 décembre"),
        (evenings(date(2021, 12, 21), 6), "tous les mardis, 19 h 30 – 21 h, à partir du 21 décembre"),
    ],
)
def test_what_goes_on_after_the_window_is_said_to(occurrences: list[Occurrence], said: str) -> None:
    assert plain(when.phrase(occurrences, TUESDAY, goes_on=True)) == said


@given(st.lists(st.dates(date(2021, 12, 7), date(2022, 3, 31)), min_size=1, max_size=40, unique=True))
def test_any_dates_make_a_phrase(dates: list[date]) -> None:
    said = when.phrase([Occurrence(day) for day in sorted(dates)], TUESDAY)
    assert len(said) < 260
    assert str(min(dates).day) in said


@pytest.mark.parametrize(
    ("start", "end", "block"),
    [
        (date(2022, 1, 11), date(2022, 1, 20), ("vers", "janv.", "2022")),
        (date(2022, 1, 1), date(2022, 12, 31), ("en", "2022", "")),
        (date(2021, 12, 21), date(2022, 3, 20), ("vers", "2021", "ou 2022")),
    ],
)
def test_an_approximate_date_has_a_block_of_what_is_known(start: date, end: date, block: tuple[str, ...]) -> None:
    assert tuple(map(plain, when.about(Occurrence(start, end, True)))) == block


def test_addresses_and_numbers_in_a_text_become_links() -> None:
    text = "Léa, 06 12 34 56 78 ou +33 1 47 46 75 00, lea@x.example. https://a.example/b?c=1)."
    made = "".join(f"[{plain(words)}]({to})" if to else words for words, to in wording.linked(text))
    assert made == (
        "Léa, [06 12 34 56 78](tel:+33612345678) ou [+33 1 47 46 75 00](tel:+33147467500), "
        "[lea@x.example](mailto:lea@x.example). [https://a.example/b?c=1](https://a.example/b?c=1))."
    )
    assert not [to for _, to in wording.linked("RNA W922000123, 1234567890123") if to]


@pytest.mark.parametrize(
    ("written", "html", "text"),
    [
        ("Un **mot** et *deux*", "<p>Un <strong>mot</strong> et <em>deux</em></p>", "Un mot et deux"),
        ("- un\n- deux!", f"<ul><li>un</li><li>deux{NARROW}!</li></ul>", f"– un\n– deux{NARROW}!"),
        ("a\n\nb\r\nc", "<p>a</p>\n<p>b c</p>", "a\n\nb c"),
        (
            "[le site](https://a.example/?a=1&b=2)",
            '<p><a href="https://a.example/?a=1&amp;b=2">le site</a></p>',
            "le site (https://a.example/?a=1&b=2)",
        ),
        ("**un *deux***", "<p><strong>un <em>deux</em></strong></p>", "un deux"),
        ("[piège](javascript:alert(1))", "<p>[piège](javascript:alert(1))</p>", "[piège](javascript:alert(1))"),
        ("<b a=x>5 * 3 * 2</b>", "<p>&lt;b a=x&gt;5 * 3 * 2&lt;/b&gt;</p>", "<b a=x>5 * 3 * 2</b>"),
        ("[[html:online]]", "<p>[\u2060[html:online]]</p>", "[\u2060[html:online]]"),
    ],
)  # fmt: skip
def test_an_editorial_is_light_markdown(written: str, html: str, text: str) -> None:
    made = editorial.read(written)
    assert made is not None
    assert str(made.html).strip() == html
    assert made.text == text


def test_nothing_written_is_no_editorial_and_too_much_is_cut() -> None:
    assert editorial.read(" \n ") is None
    long = editorial.read("mot " * 5_000)
    assert long is not None
    assert len(long.text) <= editorial.LONGEST


@given(st.integers(0, 0xFFFFFF))
def test_any_colour_of_a_town_makes_a_readable_letter(number: int) -> None:
    colors = palette.of(f"#{number:06x}")
    assert palette.contrast(colors.on_band, colors.band) >= 4.5
    assert palette.contrast("#ffffff", colors.badge) >= 4.5
    assert palette.contrast("#ffffff", colors.alert) >= 4.5
    for shades in (colors.light, colors.dark):
        for ink in (shades.ink, shades.soft, shades.accent):
            for ground in (shades.page, shades.card, shades.tint):
                assert palette.contrast(ink, ground) >= 4.5, (ink, ground)
