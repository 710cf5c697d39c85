"""Letters: what is printed and why the rest is not, how it reads, how it looks, and that it always fits."""

import re
import time
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html

from newsletter import checks
from newsletter.composer import LIMIT, compose, selection
from newsletter.config import Audience
from newsletter.errors import TemplateError
from newsletter.model import Deadline, Item, Kind, Letter, Occurrence, Status
from tests import items as fx

AUDIENCES = ("public", "associations")


def letter(audience: str = "public", items: tuple[Item, ...] = fx.MONTH, **changes: Any) -> Letter:
    return compose(items, audience, fx.issue(audience, **changes))


def page(of: Letter) -> Any:
    return lxml_html.document_fromstring(of.html)


def words(of: Letter) -> str:
    """What a reader reads, one blank between words."""
    return " ".join(page(of).body.text_content().split())


def event(*occurrences: Occurrence, **changes: Any) -> Item:
    usual = {"id": "x", "kind": Kind.EVENT, "title": "Bal (exemple)", "audiences": fx.BOTH}
    return Item(**{**usual, "occurrences": occurrences, **changes})


def call(deadline: date | None, **changes: Any) -> Item:
    due = Deadline(deadline, "") if deadline else None
    return Item(
        **{"id": "x", "kind": Kind.CALL, "title": "Appel (exemple)", "audiences": fx.BOTH, "deadline": due, **changes}
    )


DECEMBER = date(2021, 12, 7)  # the day it leaves, at nine


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (event(Occurrence(fx.at(2021, 12, 10, 19))), None),
        (event(Occurrence(DECEMBER)), None),
        (event(Occurrence(fx.at(2021, 12, 7, 9))), None),
        (event(Occurrence(fx.at(2021, 12, 7, 8, 59))), "déjà passé le 7 décembre 2021"),
        (event(Occurrence(fx.at(2021, 12, 7, 8), fx.at(2021, 12, 7, 12))), None),
        (event(Occurrence(date(2021, 11, 1), date(2021, 12, 7))), None),
        (event(Occurrence(date(2021, 11, 27))), "déjà passé le 27 novembre 2021"),
        (event(Occurrence(date(2021, 11, 26), date(2021, 11, 28))), "déjà passé le 28 novembre 2021"),
        (event(Occurrence(date(2022, 1, 31))), None),
        (event(Occurrence(date(2022, 2, 1))), "après le 31 janvier 2022"),
        (event(Occurrence(date(2022, 2, 1)), kind=Kind.TRAINING), "après le 31 janvier 2022"),
        (event(Occurrence(date(2022, 2, 28)), kind=Kind.MEETING), None),
        (event(Occurrence(date(2022, 3, 1)), kind=Kind.MEETING), "après le 28 février 2022"),
        (event(Occurrence(date(2021, 11, 1)), Occurrence(date(2022, 3, 1))), "après le 31 janvier 2022"),
        (event(Occurrence(date(2022, 1, 1), date(2022, 12, 31), True)), None),
        (event(Occurrence(date(2022, 2, 1), date(2022, 2, 10), True)), "après le 31 janvier 2022"),
        (event(), "sans date"),
        (event(Occurrence(date(2022, 2, 1)), status=Status.CANCELLED), "après le 31 janvier 2022"),
        (event(Occurrence(date(2022, 2, 1)), status=Status.CANCELLED, id="seen"), None),
        (event(Occurrence(date(2021, 12, 1)), status=Status.CANCELLED, id="seen"), "déjà passé le 1er décembre 2021"),
        (event(Occurrence(date(2021, 12, 18)), audiences=("associations",)), "réservé à : associations"),
        (event(Occurrence(DECEMBER), publish_from=date(2021, 12, 8)), "à publier à partir du 8 décembre 2021"),
        (call(date(2021, 12, 7)), None),
        (call(date(2021, 12, 6)), "date limite passée le 6 décembre 2021"),
        (call(date(2024, 1, 1)), None),
        (call(None), None),
        (call(date(2021, 12, 6), kind=Kind.EXCHANGE), "date limite passée le 6 décembre 2021"),
        (call(None, kind=Kind.NEWS, publish_from=DECEMBER, publish_until=DECEMBER), None),
        (call(None, kind=Kind.NEWS, publish_from=date(2021, 12, 8)), "à publier à partir du 8 décembre 2021"),
        (call(None, kind=Kind.NEWS, publish_until=date(2021, 12, 6)), "à publier jusqu'au 6 décembre 2021"),
    ],
)  # fmt: skip
def test_what_is_printed_and_why_the_rest_is_not(item: Item, reason: str | None) -> None:
    selected = selection.select([item], "public", fx.issue(seen=frozenset({"seen"})))
    assert [left.reason.replace("\u00a0", " ") for left in selected.left_out] == ([reason] if reason else [])
    assert bool(selected.sections) is (reason is None)


def test_a_kind_without_a_section_is_left_out() -> None:
    stanza = Audience(title="Agenda seul", sections=(Kind.EVENT,))
    composed = letter(stanza=stanza)
    (reason,) = (left.reason for left in composed.left_out if left.item.id == "n2")
    assert reason == "pas de rubrique « Informations » dans cette lettre"
    assert [h.text for h in page(composed).iter("h2")] == ["En bref", "Agenda"]


def test_nothing_is_lost_between_the_items_and_the_letter() -> None:
    for audience in AUDIENCES:
        composed = letter(audience)
        assert sorted([*composed.items, *(left.item.id for left in composed.left_out)]) == sorted(
            i.id for i in fx.MONTH
        )


def test_sections_come_in_the_stanzas_order_and_items_soonest_first() -> None:
    assert letter("associations").items == (
        *("c3", "c1", "c4", "c2", "c5"),
        *("t5", "t3", "t4", "t2"),
        *("m2", "m1"),
        *("x1", "x4", "x2", "x3"),
        *("e5", "e3", "e1", "e2", "e4", "e8", "e7", "e10", "e11"),
        *("n1", "n2", "n3"),
    )


def test_only_the_occurrences_of_the_window_are_shown() -> None:
    days = [Occurrence(date(2021, 11, 2) + timedelta(7 * n)) for n in range(30)]
    (shown,) = selection.select([event(*days)], "public", fx.issue()).sections[0][1]
    assert shown.occurrences[0].start == date(2021, 12, 7)
    assert shown.occurrences[-1].start == date(2022, 1, 25)
    assert shown.goes_on
    assert "Tous les mardis" in words(letter(items=(event(*days),)))


@pytest.mark.parametrize(
    ("deadline", "badge"),
    [
        (date(2021, 12, 7), "Dernier jour"),
        (date(2021, 12, 10), "J-3"),
        (date(2021, 12, 21), "J-14"),
        (date(2021, 12, 22), None),
    ],
)
def test_a_near_deadline_says_how_near(deadline: date, badge: str | None) -> None:
    composed = letter(items=(call(deadline),))
    labels = [span.text for span in page(composed).iter("span")]
    assert labels == ([badge] if badge else [])
    assert ("[" + (badge or "") + "]" in composed.text) is bool(badge)


@pytest.mark.parametrize(
    ("status", "label"),
    [(Status.CANCELLED, "ANNULÉ"), (Status.POSTPONED, "REPORTÉ"), (Status.FULL, "COMPLET")],
)
def test_what_is_off_or_full_is_said_in_words(status: Status, label: str) -> None:
    composed = letter(items=(event(Occurrence(date(2021, 12, 18)), status=status),))
    assert label in words(composed)
    assert f"[{label}]" in composed.text
    assert len(list(page(composed).iter("s"))) == (status is not Status.FULL)


def test_what_is_new_is_marked_only_when_there_was_an_edition_before() -> None:
    assert "Nouveau" not in words(letter())
    composed = letter(seen=frozenset(set(letter().items) - {"e2"}))
    assert words(composed).count("Nouveau") == 1
    assert "Atelier réparation de vélos (exemple) [Nouveau]" in composed.text


def test_an_exchange_says_how_long_it_lasts() -> None:
    assert "Jusqu’au 31\u00a0mars 2022" in letter("associations").text


def test_inscriptions_that_closed_are_said_closed() -> None:
    training = event(Occurrence(date(2021, 12, 18)), kind=Kind.TRAINING, deadline=Deadline(date(2021, 12, 3), ""))
    assert "Inscriptions closes depuis le 3 décembre" in words(letter(items=(training,)))


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_text_says_all_that_the_html_says(audience: str) -> None:
    composed = letter(audience, editorial="Un **mot**, et [le site](https://malakoff.example).", seen=frozenset({"e1"}))
    plain = " ".join(composed.text.replace("[[text:", "[[html:").casefold().split())
    for element in page(composed).body.iter("h2", "h3", "li", "p", "a"):
        if element.get("class") in ("d", "name") or element.getparent().get("aria-hidden"):
            continue
        for word in " ".join(element.itertext()).replace("·", " ").casefold().split():
            assert word.strip(".,") in plain, f"« {word} » is not in the text"
    for link in page(composed).body.iter("a"):
        if not link.get("href").startswith(("#", "mailto:", "tel:")):
            assert link.get("href").replace("[[html:", "[[text:") in composed.text


@pytest.mark.parametrize("audience", AUDIENCES)
def test_lines_of_text_are_short_and_addresses_whole(audience: str) -> None:
    for line in letter(audience).text.split("\n"):
        assert len(line) <= 78 or "://" in line
        assert line == line.rstrip()


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("color", ["#0b5c7a", "#f2b705", "#e0e0e0", "#101010", "#777777", "#e30613"])
def test_no_check_finds_a_fault(audience: str, color: str) -> None:
    town = fx.TOWN.model_copy(update={"color": color})
    logo = fx.picture("logo.png", "Malakoff", 400, 400)
    composed = letter(
        audience, town=town, logo=logo, seen=frozenset({"e1"}), editorial="Bonjour **à vous**.\n\n- un\n- deux"
    )
    assert checks.look(composed, site_url="https://lettre.malakoff.example") == ()


def test_the_frame_is_what_readers_and_their_software_need() -> None:
    composed = letter()
    root = page(composed)
    assert composed.html.startswith('<!DOCTYPE html>\n<html lang="fr" dir="ltr"')
    assert [h.tag for h in root.iter("h1")] == ["h1"]
    assert all(table.get("role") == "presentation" for table in root.iter("table"))
    assert {meta.get("name") for meta in root.iter("meta")} >= {"color-scheme", "supported-color-schemes", "viewport"}
    assert root.find(".//title").text == composed.subject == "La lettre des habitants\u00a0: décembre 2021"
    assert not list(root.iter("script", "link", "iframe"))
    assert not re.search(r"https?://(?!lettre\.malakoff\.example/images/)[^\"]*\.(png|jpe?g|gif|css)", composed.html)


def test_the_recipe_keeps_media_queries_outlooks_comments_and_image_sizes() -> None:
    composed = letter()
    assert "@media (prefers-color-scheme: dark)" in composed.html
    assert composed.html.count("!important") > 10
    assert composed.html.count("<!--[if mso") == composed.html.count("<![endif]-->") - 2
    assert 'width="456" height="228"' in composed.html
    assert "data-premailer" not in composed.html
    assert re.search(r'<h3 style="[^"]*font-size:18px', composed.html)


def test_leaving_is_one_click_from_the_top_and_from_the_foot() -> None:
    links = [a.get("href") for a in page(letter()).iter("a")]
    assert links[:2] == ["[[html:online]]", "[[html:unsubscribe]]"]
    assert "[[html:unsubscribe]]" in links[-5:]
    assert "[[html:preferences]]" in links
    text = letter().text
    assert text.count("[[text:unsubscribe]]") == 2
    assert set(re.findall(r"\[\[(?!text:)", text)) == set(re.findall(r"\[\[(?!html:)", letter().html)) == set()


def test_an_empty_first_name_reads_well() -> None:
    hello = page(letter()).find(".//p[@class='hello']")
    assert hello.text_content() == "Bonjour [[html:first_name]]"
    assert "Bonjour [[text:first_name]]\n" in letter().text


def test_the_preview_text_is_hidden_but_readable_and_made_of_the_content() -> None:
    composed = letter()
    hidden = page(composed).body.find(".//div[@style]").find("div")
    assert hidden.text == composed.preheader
    assert "display:none" in hidden.get("style")
    assert "color:#23211e" in hidden.get("style")
    assert composed.preheader.startswith("Chorale du mardi (exemple), Portes ouvertes de l’épicerie (exemple)")
    assert composed.preheader.endswith("et 13\u00a0autres")
    assert 60 <= len(composed.preheader) <= 160


def test_images_have_an_absolute_address_a_size_and_words() -> None:
    images = {img.get("src"): img for img in page(letter()).iter("img")}
    names = ("soiree-jeux.jpg", "maison-des-arts.jpg", "salle.jpg")
    assert set(images) == {f"https://lettre.malakoff.example/images/{name}" for name in names}
    poster = images["https://lettre.malakoff.example/images/salle.jpg"]
    assert (poster.get("width"), poster.get("height")) == ("249", "320")
    assert poster.get("alt") == "Plan de la future salle ressources"


def test_two_links_with_the_same_words_lead_to_the_same_place() -> None:
    twins = (
        event(Occurrence(date(2021, 12, 10)), id="a", url="https://a.example/1"),
        event(Occurrence(date(2021, 12, 11)), id="b", url="https://a.example/2"),
        event(Occurrence(date(2021, 12, 11)), id="c", url="https://a.example/3"),
        event(
            Occurrence(date(2021, 12, 12)), id="d", title="nous.malakoff.fr fête ses dix ans", url="https://b.example"
        ),
    )
    composed = letter(items=twins)
    targets = defaultdict(set)
    for link in page(composed).iter("a"):
        targets[link.text_content()].add(link.get("href"))
    assert all(len(found) == 1 for found in targets.values())
    assert targets["Suite de «\u00a0Bal (exemple)\u00a0» (Vendredi 10\u00a0décembre)"] == {"https://a.example/1"}
    assert targets["Suite sur b.example"] == {"https://b.example"}


HOSTILE = (
    '<script>alert(1)</script> & "quotes" \' {{ 7 * 7 }} {% raw %} [[html:unsubscribe]] [[text:online]]'
    " \u202egauche \x07 \x85 <mj-raw> --> ]]> &lt;b&gt; $$ %s {0} \\n e\u0301 👩\u200d🌾"
)


def test_nothing_typed_in_a_row_becomes_a_tag_a_mark_or_a_template() -> None:
    item = event(
        Occurrence(DECEMBER), title=HOSTILE, association=HOSTILE, place=HOSTILE, price=HOSTILE, contact=HOSTILE,
        description=HOSTILE, written=HOSTILE, url="https://a.example/?q=[[html:unsubscribe]]&x=\"><b>é",
        image=fx.picture("a b\".png", HOSTILE),
    )  # fmt: skip
    composed = letter(items=(item,), editorial=HOSTILE)
    plain = letter(items=(replace(item, title="x", association="x", place="x", price="x", contact="x", url=None,
                                  description="x", image=None),), editorial="x")  # fmt: skip
    for mark in ("[[html:unsubscribe]]", "[[text:online]]", "[[text:unsubscribe]]", "[[html:online]]"):
        assert composed.html.count(mark) == plain.html.count(mark)
        assert composed.text.count(mark) == plain.text.count(mark)
    assert not list(page(composed).iter("script", "b")) or "alert" not in "".join(
        e.text or "" for e in page(composed).iter("b")
    )
    assert "{{ 7 * 7 }}" in words(composed)
    assert "{{ 7 * 7 }}" in composed.text
    assert not re.search("[\u202e\x07\x85]", composed.html + composed.text)
    assert "👩\u200d🌾" in composed.html
    assert "https://a.example/?q=%5B%5Bhtml:unsubscribe%5D%5D&amp;x=%22%3E%3Cb%3E%C3%A9" in composed.html


def test_the_same_items_make_the_same_bytes_in_any_order() -> None:
    first = letter()
    assert first.digest == letter().digest
    assert letter(items=tuple(reversed(fx.MONTH))).digest == first.digest
    assert letter(send_at=fx.at(2021, 12, 8, 9)).digest != first.digest


def test_a_month_without_anything_is_still_a_letter() -> None:
    composed = letter(items=())
    assert "Rien à annoncer ce mois-ci" in words(composed)
    assert "Rien à annoncer ce mois-ci" in composed.text
    assert composed.items == ()
    assert "En bref" not in words(composed)


@pytest.mark.parametrize(
    ("subject", "made"),
    [
        ("{title} : {month}", "La lettre des habitants\u00a0: décembre 2021"),
        ("{town}, {month}", "Ville de Malakoff, décembre 2021"),
    ],
)
def test_the_subject_is_the_towns_own(subject: str, made: str) -> None:
    stanza = fx.issue().stanza.model_copy(update={"subject": subject})
    assert letter(stanza=stanza).subject == made


def test_a_subject_with_an_unknown_word_is_refused() -> None:
    stanza = fx.issue().stanza.model_copy(update={"subject": "{titre}"})
    with pytest.raises(TemplateError, match=r"« \{titre\} » ; entre accolades, seuls \{title\}, \{month\} et"):
        letter(stanza=stanza)


def crowd(number: int) -> tuple[Item, ...]:
    """This many items, long-winded."""
    more = " Et bien d'autres choses à dire sur ce sujet qui passionne le quartier." * 6
    return tuple(
        replace(
            item, id=f"{item.id}-{n}", title=f"{item.title} n° {n}", description=(item.description or "Un mot.") + more
        )
        for n, item in ((n, fx.MONTH[n % len(fx.MONTH)]) for n in range(number))
    )


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("number", [30, 60, 90, 120, 400, 1500])
def test_a_letter_always_fits(audience: str, number: int) -> None:
    composed = letter(audience, crowd(number))
    assert len(composed.html.encode()) <= LIMIT
    assert number < 120 or len(composed.html.encode()) > LIMIT * 0.8
    assert len(composed.items) + len(composed.left_out) == number
    assert len(re.findall(r"^\* .*", composed.text.split("AGENDA")[0].split("EN BREF")[-1], re.MULTILINE)) > 0
    titles = {item.id: item.title for item in crowd(number)}
    plain = " ".join(composed.text.split())
    for printed in composed.items:
        assert titles[printed].rpartition(" n° ")[2] in plain


def test_descriptions_shorten_before_lists_end() -> None:
    items = crowd(60)
    shown = {n: len(words(letter("associations", items, limit=n)).split()) for n in (90_000, 70_000, 60_000)}
    assert shown[90_000] > shown[70_000] > shown[60_000]
    assert len(letter("associations", items, limit=60_000).items) == len(letter("associations", items).items)
    assert max(len(p.text_content().split()) for p in page(letter("associations", items)).iter("p")) <= 90


@pytest.mark.parametrize("limit", [20_000, 25_000, 33_333, 50_000, 77_777, 90_000])
def test_a_letter_fills_the_room_it_has(limit: int) -> None:
    size = len(letter("associations", crowd(400), limit=limit).html.encode())
    assert 0.9 * limit <= size <= limit


def test_a_full_letter_says_what_is_online_and_starves_no_section() -> None:
    composed = letter("associations", crowd(1500))
    kinds = [item.kind for item in crowd(1500) if item.id in set(composed.items)]
    counts = [kinds.count(kind) for kind in Kind]
    assert min(counts) > 0.6 * max(counts)
    links = [a for a in page(composed).iter("a") if a.text_content().startswith("Voir les ")]
    assert len(links) == len(Kind)
    assert {a.get("href") for a in links} == {"[[html:online]]"}
    assert composed.text.count(" en ligne\u00a0: [[text:online]]") >= len(Kind)
    reasons = [left.reason for left in composed.left_out]
    assert reasons.count("faute de place, sur la page en ligne") > 1000


def test_without_a_limit_everything_is_there_in_full() -> None:
    items = crowd(400)
    composed = letter("associations", items, limit=None)
    assert len(composed.html.encode()) > LIMIT
    assert "faute de place, sur la page en ligne" not in {left.reason for left in composed.left_out}
    assert "…" not in words(composed)


def test_what_the_mail_has_no_room_for_is_whole_on_the_page_online() -> None:
    items = crowd(400)
    composed = letter("associations", items)
    assert composed.online == letter("associations", items, limit=None).html
    assert composed.digest != replace(composed, online=None).digest
    short = tuple(replace(item, description="En deux mots.") for item in crowd(2))
    assert letter("associations", short).online is None


def test_templates_too_heavy_for_any_letter_are_refused() -> None:
    with pytest.raises(TemplateError, match="les modèles seuls font"):
        letter("public", crowd(400), limit=5_000)


def test_both_letters_are_composed_within_a_second() -> None:
    began = time.perf_counter()
    for audience in AUDIENCES:
        letter(audience)
    assert time.perf_counter() - began < 1


def test_markup_is_lean() -> None:
    for audience in AUDIENCES:
        composed = letter(audience)
        assert len(composed.html.encode()) / len(words(composed).split()) < 60


def test_templates_are_read_from_the_issues_folder(tmp_path: Path) -> None:
    (tmp_path / "letter.mjml").write_text(
        "<mjml><mj-body><mj-section><mj-column><mj-text>{{ title }}</mj-text></mj-column></mj-section></mj-body></mjml>"
    )
    (tmp_path / "item.mjml").write_text("")
    (tmp_path / "letter.txt").write_text("{{ title }}")
    assert words(letter(templates=tmp_path)) == "La lettre des habitants"
