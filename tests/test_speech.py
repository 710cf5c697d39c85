"""Speech: everything a page or a notice says can be said in English, with the same values in it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from jinja2 import Environment

from newsletter import speech
from newsletter.config import carried

HOUSE = Path(speech.__file__).parent
PLACE = re.compile(r"%\(\w+\)s")
JINJA = {"trimmed": "true", "silent": "false", "extensions": "jinja2.ext.do"}


def said() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """Every string that is to be translated, and the file it is in."""
    for path in sorted(carried("templates").rglob("*")):
        if path.suffix in (".html", ".txt"):
            for found in extract_from_file("jinja2.ext.babel_extract", path, options=JINJA):
                yield str(path), found[1]
    for path in sorted(HOUSE.rglob("*.py")):
        if path.name != "speech.py" and "gettext(" in path.read_text("utf-8"):
            for found in extract_from_file("python", path):
                yield str(path), found[1]


def catalogue(language: str = "en") -> Catalog:
    with (speech.LOCALE / language / "LC_MESSAGES" / "newsletter.po").open("rb") as written:
        return read_po(written, locale=language)


SAID = {words: place for place, words in said()}
ENGLISH = {message.id: message for message in catalogue() if message.id}


def test_everything_said_has_its_english() -> None:
    missing = {words: place for words, place in SAID.items() if words not in ENGLISH or not ENGLISH[words].string}
    assert missing == {}


def test_the_catalogue_says_nothing_else() -> None:
    assert [words for words in ENGLISH if words not in SAID] == []
    assert not any(message.fuzzy for message in ENGLISH.values())


def test_a_translation_has_the_same_values_in_it() -> None:
    for words, message in ENGLISH.items():
        both = [[each] if isinstance(each, str) else [*each] for each in (words, message.string)]
        french, english = ({tuple(sorted(PLACE.findall(one))) for one in each} for each in both)
        assert english == french, words


@pytest.mark.parametrize(("number", "french"), [(0, "un mot"), (1, "un mot"), (2, "des mots")])
def test_in_french_none_is_singular(number: int, french: str) -> None:
    assert speech.translations("fr").ngettext("un mot", "des mots", number) == french


def test_what_a_catalogue_does_not_say_is_said_in_french() -> None:
    assert speech.translations("en").gettext("jamais traduit") == "jamais traduit"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_templates_speak_it_and_values_stay_values(language: str) -> None:
    environment = Environment(autoescape=True)
    speech.teach(environment, language)
    template = environment.from_string(
        "{% trans name='<b> %(x)s 100 %' %}\n  jamais\n  traduit : {{ name }} %{% endtrans %}"
    )
    assert template.render() == "jamais traduit : &lt;b&gt; %(x)s 100 % %"
