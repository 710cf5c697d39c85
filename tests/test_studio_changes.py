"""What changed between two readings of an edition, and between two of its versions: in words, and word by word."""

from typing import Any

import pytest

from newsletter.model import Kind
from newsletter.model.studio import Arrangement, Facts
from newsletter.pipeline.comparing import Mark, unwrapped
from newsletter.pipeline.comparing import differences as compared
from newsletter.pipeline.facts import differences
from newsletter.pipeline.rearranged import rearranged

LONG = "Déposez vos jouets en bon état à la maison des associations"


def news(title: str, row: int, sheet: str = "Infos", **more: str) -> Facts:
    return {"title": title, "kind": "news", "source": f"infos.xlsx, feuille « {sheet} », ligne {row}", **more}


def event(title: str, row: int, **more: str) -> Facts:
    return {**news(title, row, **more), "kind": "event"}


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (news("Collecte de jouets", 3, description=LONG), news("Grande collecte !", 3, description=LONG)),
        (news("Collecte de jouets", 3, contact="a@b.example"), news("Donnez vos jouets", 3, contact="a@b.example")),
        (news("Collecte de jouets", 3, description=LONG), news("Donnez vos jouets", 8, description=LONG)),
        (news("Collecte de jouets", 3), news("Collecte de jouet", 3, description="Enfin un mot")),
        (news("Bourse", 3, association="Les Amis"), news("Bourse", 9, association="Les Amis", url="https://a.example")),
        (news("Bourse", 3, association="Les Ami"), news("Bourse", 3, association="Les Amis")),
        (news("Collecte", 3, deadline="15/12/2021"), news("La grande collecte", 7, deadline="15/12/2021")),
        (event("Bal", 3, dates="10/12/2021 20:00"), event("Bal", 3, dates="11/12/2021 20:00")),
        (event("Bal", 3, dates="10/12/2021", place="A"), event("Fête", 3, dates="10/12/2021", place="A", price="5 €")),
        (event("Bal", 3, dates="10/12/2021", place="A"), event("Bal", 6, dates="17/12/2021", place="A")),
    ],
)  # fmt: skip
def test_a_row_told_otherwise_is_one_change(then: Facts, now: Facts) -> None:
    (change,) = differences({"x": then}, {"y": now}, {})
    assert (change.item, change.before["title"], change.after["title"]) == ("y", then["title"], now["title"])


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (news("Collecte de jouets", 3, contact="a@b.example"), news("Loto", 4, contact="a@b.example")),
        (news("Collecte de jouets", 3), news("Collecte de vêtements", 3)),
        (news("Atelier poterie", 3, place="MJC"), news("Atelier couture", 4, place="MJC")),
        (news("Permanence juridique", 3, description=LONG), news("Permanence numérique", 3, description="Autre chose")),
        (news("Assemblée générale", 3, association="Les Amis"), news("Assemblée générale", 4, association="Le Club")),
        (news("Bourse", 3, association="Les Amis"), news("Bourse", 3, "Autre", association="Le Club")),
        (event("Bal", 3, dates="10/12/2021", place="A", description="On danse"),
         event("Loto", 3, dates="10/12/2021", place="B", description="On joue")),
        (event("Poterie", 3, dates="10/12/2021 14:00", place="MJC"),
         event("Couture", 4, dates="10/12/2021 14:00", place="MJC")),
        (event("Cours, débutants", 3, dates="10/12/2021"), event("Cours, confirmés", 4, dates="10/12/2021")),
        (event("Bal", 3, dates="10/12/2021"), news("Bal", 3, dates="10/12/2021")),
    ],
)  # fmt: skip
def test_two_things_are_never_taken_for_one(then: Facts, now: Facts) -> None:
    new, gone = differences({"x": then}, {"y": now}, {})
    assert (new.item, new.before, gone.item, gone.after) == ("y", {}, "x", {})


def test_what_several_rows_say_tells_none_of_them() -> None:
    same = {"description": LONG}
    before = {"a": news("Poterie", 3, **same), "b": news("Couture", 4, **same)}
    after = {"b": news("Couture", 3, **same), "c": news("Dessin", 4, **same)}
    new, gone = differences(before, after, {})
    assert (new.item, gone.item) == ("c", "a")


def test_of_two_that_could_be_it_the_nearest_is() -> None:
    same = {"contact": "a@b.example"}
    before = {"a": news("Collecte", 3, **same), "b": news("Loto", 4, **same)}
    after = {"c": news("Grand loto", 4, **same), "d": news("La collecte", 3, **same)}
    assert [(one.before["title"], one.title) for one in differences(before, after, {})] == [
        ("Loto", "Grand loto"),
        ("Collecte", "La collecte"),
    ]


def test_a_month_that_is_wholly_another_is_compared_in_no_time() -> None:
    before = {f"a{n}": event(f"Bal numéro {n}", n, dates=f"{n} décembre") for n in range(400)}
    after = {f"b{n}": event(f"Concert numéro {n}", n + 500, dates=f"{n} janvier") for n in range(400)}
    assert len(differences(before, after, {})) == 800


# ---- word by word ----------------------------------------------------------------------------------------------------


def said(before: str, after: str) -> list[str]:
    """Each paragraph, what was taken out in [-…-], what was put in in {+…+}."""
    around = {Mark.SAME: "{}", Mark.OUT: "[-{}-]", Mark.IN: "{{+{}+}}"}
    found = compared(before.split("\n"), after.split("\n"))
    return ["".join(around[part.mark].format(part.words) for part in one.parts) for one in found]


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("On chante à l’église", "On chante à l’église", ["On chante à l’église"]),
        ("On chante à l’église", "On chante au gymnase", ["On chante [-à l’église-]{+au gymnase+}"]),
        ("Entrée libre, 20 h", "Entrée libre, 21 h", ["Entrée libre, [-20-]{+21+} h"]),
        ("Bal", "Loto", ["[-Bal-]", "{+Loto+}"]),
        ("a\nb", "a\nc\nb", ["a", "{+c+}", "b"]),
        ("a\nc\nb", "a\nb", ["a", "[-c-]", "b"]),
        ("On danse ce soir\nOn joue demain", "Neuf\nOn joue jeudi",
         ["[-On danse ce soir-]", "{+Neuf+}", "On joue [-demain-]{+jeudi+}"]),
        ("<b>gras</b> et doux", "<b>gras</b> et fort", ["<b>gras</b> et [-doux-]{+fort+}"]),
    ],
)  # fmt: skip
def test_a_paragraph_shows_the_words_that_changed(before: str, after: str, shown: list[str]) -> None:
    assert said(before, after) == shown


def test_both_sides_are_kept_to_the_letter() -> None:
    before = "Un mot, deux  mots ; trois.\n\n  retrait\nfin"
    after = "Un mot, quatre mots !\n\n  retrait\nautre fin\net la suite"
    found = list(compared(before.split("\n"), after.split("\n")))
    kept = [[one.side(without) for one in found if one.side(without) or one.same] for without in (Mark.IN, Mark.OUT)]
    assert kept == [before.split("\n"), after.split("\n")]


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("Un paragraphe\n\nUn autre", ["Un paragraphe", "", "Un autre"]),
        (f"{'mot ' * 18}long\nsuite du mot", [f"{'mot ' * 18}long suite du mot"]),
        (f"  {'mot ' * 17}long\n  suite\n* Titre", [f"  {'mot ' * 17}long suite", "* Titre"]),
        (f"{'mot ' * 18}long\n* Titre", [f"{'mot ' * 18}long", "* Titre"]),
        (f"https://a.example/{'x' * 90}\n  Contact", [f"https://a.example/{'x' * 90}", "  Contact"]),
        ("Lieu\nGratuit", ["Lieu", "Gratuit"]),
    ],
)
def test_lines_that_were_wrapped_are_one_paragraph_again(text: str, paragraphs: list[str]) -> None:
    assert unwrapped(text) == paragraphs


def test_letters_that_have_nothing_in_common_are_compared_in_no_time() -> None:
    before = [f"Le paragraphe numéro {n} dit ceci de la chorale" for n in range(700)]
    after = [f"Un tout autre alinéa, le {n}, sur la poterie" for n in range(700)]
    assert len(list(compared(before, after))) == 1400


# ---- what staff did --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "now", "sentences"),
    [
        ({}, {}, []),
        ({}, {"editorial": "a"}, ["L’éditorial est écrit"]),
        ({"editorial": "a"}, {"editorial": "b"}, ["L’éditorial est récrit"]),
        ({"editorial": "a"}, {}, ["L’éditorial est effacé"]),
        ({}, {"with_editorial": False}, ["L’éditorial est gardé, mais n’est pas imprimé"]),
        (
            {"subjects": {"public": "a"}},
            {"preheaders": {"x": "b"}},
            ["L’objet de « La quinzaine » : « a » → l’objet habituel", "L’aperçu de « x » : l’aperçu habituel → « b »"],
        ),
        ({}, {"hidden": {"a": "complet"}}, ["« Bal » est masquée : complet"]),
        ({"hidden": {"a": "complet"}}, {}, ["« Bal » est montrée à nouveau"]),
        ({}, {"pinned": ("a", "parti")}, ["« Bal » est épinglée en tête", "une annonce retirée est épinglée en tête"]),
        ({"pinned": ("a", "b")}, {"pinned": ("b", "a")}, ["L’ordre des annonces épinglées a changé"]),
        ({"pinned": ("a", "b")}, {"pinned": ("b",)}, ["« Bal » n’est plus épinglée"]),
        ({}, {"shortened": {"a": "x"}}, ["La description de « Bal » est raccourcie : « x »"]),
        ({"shortened": {"a": "x"}}, {"shortened": {"a": "y"}}, ["La description de « Bal » est récrite : « y »"]),
        ({"shortened": {"a": "x"}}, {}, ["La description de « Bal » est à nouveau celle du fichier"]),
        ({}, {"order": {Kind.EVENT: ("b", "a")}}, ["L’ordre a changé dans la rubrique « Agenda »"]),
    ],
)
def test_what_staff_did_between_two_arrangements_is_said(
    then: dict[str, Any], now: dict[str, Any], sentences: list[str]
) -> None:
    items, letters = {"a": "Bal", "b": "Loto"}, {"public": "La quinzaine"}
    assert rearranged(Arrangement(**then), Arrangement(**now), items, letters) == sentences
