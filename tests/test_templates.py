"""What staff may write in templates/: only what docs/templates.md says, and every mistake with its file and line."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from jinja2 import Environment, meta, nodes

from newsletter.composer import compose, page, press
from newsletter.config import carried
from newsletter.errors import TemplateError
from newsletter.model import Field
from tests import items as fx

FOLDER = carried("templates")
NAMES = ("letter.mjml", "style.mjml", "header.mjml", "summary.mjml", "item.mjml", "footer.mjml", "letter.txt")
DOCS = Path(__file__).parent.parent / "docs" / "templates.md"
DOCUMENTED = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)*)`", DOCS.read_text("utf-8")))
LOOPED = {"section": "sections", "card": "section.cards", "label": "card.labels", "highlight": "highlights"}


def parsed(name: str) -> nodes.Template:
    environment = Environment(autoescape=True)
    environment.filters |= {"links": press.links, "wrap": press.wrap}
    return environment.parse((FOLDER / name).read_text("utf-8"))


def offered() -> Iterator[str]:
    """Every word the composer gives templates, dotted."""
    yield from (f"marks.{field}" for field in Field if field is not Field.UNSUBSCRIBE_BY_MAIL)

    def walk(kind: Any, prefix: str) -> Iterator[str]:
        names = [field.name for field in fields(kind)]
        names += [name for name, value in vars(kind).items() if isinstance(value, property)]
        for name in names:
            yield prefix + name
            hint = get_type_hints(kind).get(name)
            for inner in (hint, *get_args(hint)):
                if is_dataclass(inner) and inner not in (page.Section, page.Card, page.Label, page.Highlight):
                    yield from walk(inner, f"{prefix}{name}.")

    yield from walk(page.Page, "")
    for word, kind in (
        ("section", page.Section),
        ("card", page.Card),
        ("label", page.Label),
        ("highlight", page.Highlight),
    ):
        yield from walk(kind, f"{word}.")


def test_every_word_a_template_may_use_is_documented() -> None:
    short = {"editorial", "town", "colors"}  # said by their parts
    dark = {word for word in offered() if word.startswith("colors.dark.")}  # « de même dans colors.dark »
    assert set(offered()) - DOCUMENTED - short - dark == set()


def test_every_documented_word_exists() -> None:
    known = {*offered(), *LOOPED, "marks", "links", "wrap", "urgent", "alert"}
    files = {*NAMES, "event", "call", "training", "meeting", "exchange", "news", "templates", "config.toml"}
    assert DOCUMENTED - known - files == set()


@pytest.mark.parametrize("name", NAMES)
def test_templates_use_only_what_is_documented(name: str) -> None:
    tree = parsed(name)
    given = {*(field.name for field in fields(page.Page)), "marks", *LOOPED}
    assert meta.find_undeclared_variables(tree) <= given
    for node in tree.find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name) and node.node.name in given:
            assert f"{node.node.name}.{node.attr}" in DOCUMENTED
    plain = {"links", "wrap", "join", "map", "list", "upper", "capitalize"}
    assert {node.name for node in tree.find_all(nodes.Filter)} <= plain, "none may let through what isn't escaped"


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "templates"))


def broken(folder: Path, name: str, line: str) -> str:
    """What is said when this line is written at the end of that template."""
    path = folder / name
    written = path.read_text("utf-8")
    path.write_text(f"{written}{line}\n", "utf-8")
    with pytest.raises(TemplateError) as refused:
        compose(fx.MONTH, "public", fx.issue(templates=folder))
    message = str(refused.value)
    assert message.startswith(f"{name}, ligne {len(written.splitlines()) + 1} : "), message
    return message


@pytest.mark.parametrize("name", ["item.mjml", "summary.mjml", "letter.txt"])
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{{ titel }}", "« titel » n'est pas connu ; docs/templates.md donne les mots connus"),
        ("{{ town.nom }}", "« nom » n'est pas connu à cet endroit"),
        ("{{ title|majuscule }}", "le filtre « majuscule » n'existe pas"),
        ("{% si title %}", "la balise « si » n'existe pas"),
        ("{% if title %}", "il manque un {% endif %}"),
        ("{{ title.__class__.__mro__ }}", "« __class__ » est interdit dans un modèle"),
        ("{{ title + 1 }}", "cette ligne ne se lit pas"),
        ("{{ 1 / 0 }}", "cette ligne ne se lit pas"),
        ('{% include "absent.mjml" %}', "absent.mjml : ce modèle manque"),
    ],
)
def test_a_mistake_in_a_template_is_told_with_its_line(templates: Path, name: str, line: str, said: str) -> None:
    if "absent" in line:
        path = templates / name
        path.write_text(path.read_text("utf-8") + line, "utf-8")
        with pytest.raises(TemplateError, match=said):
            compose(fx.MONTH, "public", fx.issue(templates=templates))
    elif "endif" in said:
        path = templates / name
        path.write_text(path.read_text("utf-8") + line, "utf-8")
        with pytest.raises(TemplateError, match=rf"^{name}, ligne \d+ : il manque un {{% endif %}}"):
            compose(fx.MONTH, "public", fx.issue(templates=templates))
    else:
        assert said in broken(templates, name, line)


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("item.mjml", "<mj-foo>x</mj-foo>", "mj-foo"),
        ("summary.mjml", "<p>jamais refermé", "<p> n'est pas refermée"),
        ("footer.mjml", '<mj-section colour="red"></mj-section>', "« colour » est inconnu"),
        ("letter.mjml", "<mj-text>dehors</mj-text>", "mj-text"),
    ],
)
def test_a_fault_of_the_mjml_is_told_by_the_templates_line(templates: Path, name: str, line: str, said: str) -> None:
    assert said in broken(templates, name, line)


def test_a_template_that_is_missing_or_not_utf8_is_told(templates: Path) -> None:
    (templates / "letter.txt").write_bytes("été".encode("latin-1"))
    with pytest.raises(TemplateError, match=r"letter\.txt : ce modèle n'est pas en UTF-8"):
        compose(fx.MONTH, "public", fx.issue(templates=templates))
    (templates / "letter.txt").unlink()
    with pytest.raises(TemplateError, match=r"letter\.txt : ce modèle manque dans le dossier"):
        compose(fx.MONTH, "public", fx.issue(templates=templates))


def test_templates_cannot_leave_their_folder_nor_change_what_they_are_given(templates: Path) -> None:
    (templates.parent / "secret.txt").write_text("secret")
    (templates / "letter.txt").write_text('{% include "../secret.txt" %}')
    with pytest.raises(TemplateError, match="ce modèle manque"):
        compose(fx.MONTH, "public", fx.issue(templates=templates))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("voir https://www.a.example/", 'voir <a href="https://www.a.example/">a.example</a>'),
        ("<b>", "&lt;b&gt;"),
        ('x@y.example "&', '<a href="mailto:x@y.example">x@y.example</a> &#34;&amp;'),
    ],
)
def test_the_links_filter_escapes_what_it_does_not_make(text: str, html: str) -> None:
    assert str(press.links(text)) == html


def test_the_wrap_filter_keeps_addresses_whole_and_indents_what_follows() -> None:
    long = "https://a.example/" + "x" * 90
    assert press.wrap(f"* {'mot ' * 30}{long}", "  ").split("\n")[-1] == f"  {long}"
    assert all(len(line) <= 76 for line in press.wrap("mot " * 80).split("\n"))
    assert press.wrap("a\n\nb") == "a\n\nb"
