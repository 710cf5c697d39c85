"""Speech: the language a town speaks in its pages and notices. Words are written in French where they are said.

Another language is a catalogue of their translations, `locale/en/LC_MESSAGES/newsletter.po`, read as it is: nothing to
compile, nothing to forget to compile. What a catalogue doesn't say is said in French.
Never here: which language a town speaks, a template.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment

FRENCH = "fr"
LOCALE = Path(__file__).parent / "locale"


class _French(NullTranslations):
    """The words as they are written. In French, none is singular."""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return msgid1 if abs(n) < 2 else msgid2


@cache
def translations(language: str) -> NullTranslations:
    """`gettext("mot")` and `ngettext("un mot", "%(num)s mots", n)`, in that language."""
    if language == FRENCH:
        return _French()
    with (LOCALE / language / "LC_MESSAGES" / "newsletter.po").open("rb") as written:
        catalogue = read_po(written, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def teach(environment: Environment, language: str) -> None:
    """Lets templates say {% trans %}des mots{% endtrans %}: a line end in them is a space, a value stays a value."""
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    cast(Any, environment).install_gettext_translations(translations(language), newstyle=True)
