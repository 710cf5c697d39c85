"""The printer: templates of pages and words in; HTML out. Everything is escaped, whatever a template forgets.

The style sheet is the town's colours, each readable where it stands, then `pages.css` (`studio.css`, which begins with
it, in the studio); the studio has a script. Both are served under names that change with them: browsers may keep them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateSyntaxError

from newsletter import errors, speech
from newsletter.composer import palette
from newsletter.config import carried

ALERT = "#ffb4ab"  # red, on the dark cards


class Printer:
    """The pages of one room (`pages`, `studio`), in every language they are said in."""

    def __init__(self, templates: Path, color: str, languages: Sequence[str], room: str = "pages") -> None:
        folders = [base / name for name in dict.fromkeys((room, "pages")) for base in (templates, carried("templates"))]
        self._environments = {language: _environment(folders, language) for language in languages}
        try:
            for environment in self._environments.values():
                _read_all(environment)
            plain = next(iter(self._environments.values()))
            self.style = colours(color) + plain.get_template(f"{room}.css").render()
            self.script = plain.get_template("studio.js").render() if room == "studio" else ""
            self.icon = plain.get_template("icon.svg").render(colors=palette.of(color))
        except TemplateSyntaxError as error:
            raise errors.TemplateError(
                f"templates/{room}/{error.name}, ligne {error.lineno} : {error.message}"
            ) from None
        self.style_url = f"/static/{room}.css?v={_version(self.style)}"
        self.script_url = f"/static/{room}.js?v={_version(self.script)}"

    def print(self, language: str, name: str, words: Mapping[str, Any]) -> str:
        """One page."""
        return self._environments[language].get_template(name).render(words)

    def gettext(self, language: str, words: str) -> str:
        """French words, in that language."""
        return speech.translations(language).gettext(words)


def _version(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:12]


def _read_all(environment: Environment) -> None:
    """A template that can't be read is found before anybody asks for its page."""
    for name in environment.list_templates(["html"]):
        if "/" not in name:
            environment.get_template(name)


def colours(color: str) -> str:
    """The town's colour as a style sheet's variables, light and dark."""
    colors = palette.of(color)
    town = {"band": colors.band, "on-band": colors.on_band, "alert": colors.alert}
    light = {field.name: getattr(colors.light, field.name) for field in fields(colors.light)}
    dark = {field.name: getattr(colors.dark, field.name) for field in fields(colors.dark)}
    return (
        f":root {{ color-scheme: light dark; {_variables({**town, **light})} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables({**dark, 'alert': ALERT})} }} }}\n"
    )


def _variables(values: Mapping[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in values.items())


def _environment(folders: Sequence[Path], language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    speech.teach(environment, language)
    return environment
