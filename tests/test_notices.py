"""Notices: what people read, to the letter; and nothing that a stranger types is anything but words."""

import email
import re
from datetime import UTC, date, datetime
from email import policy
from pathlib import Path

import pytest
from jinja2 import Environment, meta, nodes

from newsletter import notices
from newsletter.config import Town, carried
from newsletter.delivery import eml
from newsletter.errors import TemplateError
from newsletter.model import Message, Notice, Recipient
from newsletter.notices import Paper

TOWN = Town(
    name="Ville de Malakoff (exemple)",
    address="Service de la vie associative, 92240 Malakoff",
    privacy="https://lettre.malakoff.example/donnees-personnelles",
)
FOLDER = carried("templates")
FRENCH, ENGLISH = (Paper(TOWN, FOLDER, language) for language in ("fr", "en"))
LINK = f"https://lettre.malakoff.example/c/{'MTYzODM0NTYwMCAzZjlhMGE3N2' * 4}.Vb9xK3mQ2rT7uY1wE5zA8cD4fG6hJ0kL"
LETTERS = ("La lettre des habitants", "La lettre des associations")
WORDS = "La lettre des habitants est partie.\n\n- 412 copies acceptées\n- 3 refusées"
GOLDEN = Path(__file__).with_name("notices.txt")  # read over, sentence by sentence
DOCUMENTED = set(re.findall(r"`([a-z_.]+)`", (Path(__file__).parent.parent / "docs" / "notices.md").read_text("utf-8")))
KINDS = ("confirmation", "known", "preferences", "renewal", "report")


def made(paper: Paper, kind: str, name: str = "Léa", *titles: str, words: str = WORDS) -> Notice:
    """One of that kind."""
    to, letters = "lea@example.org", titles or LETTERS
    match kind:
        case "confirmation":
            return notices.confirmation(paper, to, about="3f9a", link=LINK, letters=letters)
        case "known":
            return notices.known(paper, to, about="42", link=LINK, letters=letters, first_name=name)
        case "preferences":
            return notices.preferences(paper, to, about="42", link=LINK, first_name=name)
        case "renewal":
            day = date(2022, 1, 1)
            return notices.renewal(paper, to, about="42", link=LINK, letters=letters, deadline=day, first_name=name)
    return notices.report(paper, to, about="2021-12", subject="Lettre de décembre", words=words, link=LINK)


def sent(notice: Notice) -> email.message.EmailMessage:
    """The mail it becomes, read again."""
    noon = datetime(2021, 12, 1, 12, tzinfo=UTC)
    message = Message("asso@malakoff.example", None, notice.subject, None, notice.text, "malakoff.example", noon)
    return email.message_from_bytes(eml(message, Recipient("n1", notice.address)), policy=policy.default)


every_kind = pytest.mark.parametrize("kind", KINDS)
both_languages = pytest.mark.parametrize("paper", [FRENCH, ENGLISH], ids=["fr", "en"])


# ---- what people read ------------------------------------------------------------------------------------------------


def test_what_people_read_is_what_was_read_over() -> None:
    mails = [made(paper, kind) for paper in (FRENCH, ENGLISH) for kind in KINDS]
    assert "\n".join(f"=== {mail.kind} : {mail.subject}\n\n{mail.text}" for mail in mails) == GOLDEN.read_text("utf-8")


@every_kind
@both_languages
def test_lines_are_short_and_the_link_is_whole_on_one_of_its_own(paper: Paper, kind: str) -> None:
    lines = made(paper, kind).text.split("\n")
    assert lines.count(LINK) == 1
    assert max(len(line) for line in lines if line != LINK) <= 76
    assert all(line == line.rstrip() for line in lines)


@every_kind
@both_languages
def test_nothing_in_it_follows_anybody(paper: Paper, kind: str) -> None:
    notice = made(paper, kind)
    assert notice.html is None
    assert set(re.findall(r"https?://\S+", notice.text)) == {LINK, TOWN.privacy}


@every_kind
def test_it_says_who_writes_and_what_becomes_of_ones_data(kind: str) -> None:
    foot = made(FRENCH, kind).text.rpartition("\n\n\n")[2]
    assert foot == (
        "Ville de Malakoff (exemple)\nService de la vie associative, 92240 Malakoff\n"
        "Vos données personnelles\u00a0:\nhttps://lettre.malakoff.example/donnees-personnelles\n"
    )
    bare = made(Paper(Town(name="Ville"), FOLDER, "fr"), kind).text
    assert bare.endswith("\n\n\nVille\n")


@every_kind
def test_french_is_set_as_french(kind: str) -> None:
    notice = made(FRENCH, kind)
    words = f"{notice.subject}\n{notice.text}".replace(LINK, "").replace(str(TOWN.privacy), "")
    assert "'" not in words
    assert not re.search(r"[^\u00a0][:;!?»]|«[^\u00a0]", words)


def test_of_two_about_the_same_thing_one_is_sent_whatever_its_kind() -> None:
    abouts = {made(FRENCH, kind).about for kind in KINDS}
    assert abouts == {"confirmation 3f9a", "known 42", "preferences 42", "renewal 42", "report 2021-12"}


@pytest.mark.parametrize(
    ("day", "french", "english"),
    [(date(2022, 1, 1), "1er janvier 2022", "1 January 2022"), (date(2021, 12, 11), "11 décembre 2021", "11 December")],
)
def test_a_deadline_is_a_day_in_words(day: date, french: str, english: str) -> None:
    for paper, said in ((FRENCH, french), (ENGLISH, english)):
        notice = notices.renewal(paper, "lea@example.org", about="1", link=LINK, letters=LETTERS, deadline=day)
        assert said in notice.text.replace("\n", " ")


def test_who_has_no_name_is_greeted_without() -> None:
    assert notices.preferences(FRENCH, "lea@example.org", about="1", link=LINK).text.startswith("Bonjour,\n\n")


# ---- what strangers type ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Léa\r\nBcc: tous@example.org\r\n\r\nGagnez", "Léa Bcc: tous@example.org Gagnez"),
        ("Léa\u2028\u202eaéL\x00\x85", "Léa aéL"),
        ("{{ town }} {% include 'x' %} {# #}", "{{ town }} {% include 'x' %} {# #}"),
        ("%(link)s %s 100 %", "%(link)s %s 100 %"),
        ("<b>Léa</b> &amp;", "<b>Léa</b> &amp;"),
    ],
)
@pytest.mark.parametrize("kind", ["known", "preferences", "renewal"])
@both_languages
def test_a_name_is_words_whatever_is_typed(paper: Paper, kind: str, typed: str, shown: str) -> None:
    mail = sent(made(paper, kind, typed, typed))
    usual = sent(made(paper, kind))
    assert mail.items() == usual.items()
    text = mail.get_content().replace("\r\n", "\n")
    assert text.split("\n")[0] == f"{'Bonjour' if paper is FRENCH else 'Hello'} {shown},"
    if kind != "preferences":
        assert f"\n- {shown}\n" in text


def test_a_subject_stays_on_its_line() -> None:
    notice = notices.report(FRENCH, "a@example.org", about="1", subject="Envoi\r\nBcc: x@example.org", words="Rien.")
    assert notice.subject == "Envoi Bcc: x@example.org"
    assert sent(notice)["Bcc"] is None


def test_a_confirmation_holds_nothing_that_was_typed() -> None:
    """Else anybody could have us write anything to anybody."""
    assert "first_name" not in notices.confirmation.__annotations__


# ---- templates -------------------------------------------------------------------------------------------------------


def test_there_is_a_template_for_each_kind_and_no_other() -> None:
    assert sorted(path.stem for path in (FOLDER / "notices").iterdir()) == sorted([*KINDS, "notice"])


@pytest.mark.parametrize("name", [*KINDS, "notice"])
def test_templates_use_only_what_is_documented(name: str) -> None:
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(
        (FOLDER / "notices" / f"{name}.txt").read_text("utf-8")
    )
    assert meta.find_undeclared_variables(tree) <= {*notices.NOTHING, "town", "gettext"}
    assert {f"town.{node.attr}" for node in tree.find_all(nodes.Getattr)} <= DOCUMENTED
    assert not list(tree.find_all(nodes.Filter))


def test_every_word_a_template_may_use_is_documented() -> None:
    assert set(notices.NOTHING) <= DOCUMENTED
    assert {f"{kind}.txt" for kind in (*KINDS, "notice")} <= DOCUMENTED


def test_a_town_without_its_own_has_ours_and_its_own_come_first(tmp_path: Path) -> None:
    paper = Paper(TOWN, tmp_path, "fr")
    assert made(paper, "known") == made(FRENCH, "known")
    (tmp_path / "notices").mkdir()
    (tmp_path / "notices" / "known.txt").write_text("{% block subject %}Déjà{% endblock %}{{ link }}", "utf-8")
    assert made(paper, "known").subject == "Déjà"
    assert made(paper, "preferences") == made(FRENCH, "preferences")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{{ lien }}", "'lien' is undefined"),
        ("{{ town.nom }}", "no attribute 'nom'"),
        ("{% si link %}", "unknown tag 'si'"),
        ("{{ link|majuscule }}", "majuscule"),
        ("{{ link.__class__ }}", "unsafe"),
        ("{{ 1 / 0 }}", "division"),
        ("{% trans %}{{ link.x }}{% endtrans %}", "expected token"),
    ],
)
def test_a_mistake_in_a_template_is_told_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "notices").mkdir()
    path = tmp_path / "notices" / "known.txt"
    path.write_text(f"{{% block subject %}}Déjà{{% endblock %}}\n\n{line}\n", "utf-8")
    with pytest.raises(TemplateError, match=re.escape(said)) as told:
        made(Paper(TOWN, tmp_path, "fr"), "known")
    assert str(told.value).startswith("notices/known.txt, ligne 3 : ")


def test_a_template_that_has_no_subject_or_is_not_utf8_is_told(tmp_path: Path) -> None:
    (tmp_path / "notices").mkdir()
    path = tmp_path / "notices" / "known.txt"
    path.write_text("Bonjour")
    with pytest.raises(TemplateError, match=r"notices/known\.txt : .*« subject »"):
        made(Paper(TOWN, tmp_path, "fr"), "known")
    path.write_bytes("été".encode("latin-1"))
    with pytest.raises(TemplateError, match=r"notices/known\.txt : ce modèle n'est pas en UTF-8"):
        made(Paper(TOWN, tmp_path, "fr"), "known")
