"""The sample month and its settings: what `make demo` shows first is whole, honest and worth reading."""

import csv
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from PIL import Image
from pydantic import BaseModel

from newsletter import config
from newsletter.config import Audience, Config, Delivery, Schedule, SendGrid, Site, Smtp, Source, Store, Town

ROOT = Path(__file__).parent.parent
DATA = ROOT / "data"
SETTINGS = (ROOT / "config.toml").read_text(encoding="utf-8")
STANZAS: dict[str, type[BaseModel]] = {
    "town": Town, "site": Site, "[sources]": Source, "audiences.public": Audience, "audiences.associations": Audience,
    "schedule": Schedule, "store": Store, "delivery": Delivery, "delivery.smtp": Smtp, "delivery.sendgrid": SendGrid,
}  # fmt: skip
LINE = re.compile(r"(?:# )?(\w+) = [^#]*(?:\"[^\"]*\"[^#]*)*(#.*)?")
# What the minutes of 25 November 2021 say, and what an invented person, place or thing is marked with.
FACTS = {
    "Administrer la plateforme nous.malakoff.fr",
    "Appel à candidatures : deux membres du bureau pour la commission d’attribution des subventions",
    "Campagne de subvention de fonctionnement",
    "Création de vidéo avec un smartphone",
    "Prochain bureau du CLVA",
    "Questionnaire de bilan du Forum de rentrée",
    "Se servir de nous.malakoff.fr",
    "Une salle ressources bientôt ouverte à la Maison de la vie associative",
    "nous.malakoff.fr : un groupe dédié aux associations",
}
INVENTED = "(exemple)"


def subscribers() -> list[dict[str, str]]:
    with (DATA / "abonnes.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def written(stanza: str) -> dict[str, str]:
    """The keys under a heading of config.toml, active or not, each with its comment."""
    found: dict[str, str] = {}
    heading = ""
    for line in SETTINGS.splitlines():
        if opened := re.match(r"\[(.+)\]\s*(?:#.*)?$", line):
            heading = opened[1]
        elif heading == stanza and (key := LINE.fullmatch(line)):
            found.setdefault(key[1], key[2] or "")
    return found


def test_the_settings_can_be_used() -> None:
    settings = config.load(ROOT / "config.toml")
    assert list(settings.audiences) == ["public", "associations"]
    assert settings.site.url is not None
    assert settings.town.sender is not None
    assert settings.town.sender.endswith(".example>")
    assert settings.delivery.transport == "files", "the demo sends nothing to anybody"


@pytest.mark.parametrize("stanza", STANZAS)
def test_every_key_is_shown_and_explained(stanza: str) -> None:
    shown = written(stanza)
    keys = set(STANZAS[stanza].model_fields) - {"smtp", "sendgrid"}
    assert keys == set(shown)
    if stanza != "audiences.associations":  # the same keys as the stanza above it
        assert not [key for key, comment in shown.items() if len(comment) < 8]


def test_every_stanza_is_shown() -> None:
    stanzas = set(Config.model_fields) - {"folder"}
    assert {name.strip("[]").split(".")[0] for name in STANZAS} == stanzas
    assert all(written(name) for name in STANZAS)


def test_every_source_is_there() -> None:
    for source in config.load(ROOT / "config.toml").sources:
        assert (ROOT / source.path).is_file(), source.path


def test_forty_people_agreed_to_be_written_to() -> None:
    people = subscribers()
    assert len({person["Courriel"].casefold() for person in people}) == len(people) == 40
    assert Counter(person["Liste"] for person in people) == {"Grand public": 20, "Associations": 12, "Tous": 8}
    for person in people:
        assert person["Courriel"].endswith(".example")
        assert person["Origine du consentement"]
        day, month, year = map(int, person["Inscrit le"].split("/"))
        assert date(2021, 9, 1) < date(year, month, day) < date(2021, 12, 1), person


def test_pictures_are_light_and_wide() -> None:
    pictures = sorted(DATA.glob("images/*.jpg"))
    assert len(pictures) == 3
    for path in pictures:
        with Image.open(path) as picture:
            assert picture.size == (1200, 675), path.name
        assert path.stat().st_size < 120_000, path.name


def test_the_logo_is_a_small_square() -> None:
    logo = config.load(ROOT / "config.toml").town.logo
    assert logo is not None
    with Image.open(ROOT / logo) as picture:
        assert picture.width == picture.height >= 200
    assert (ROOT / logo).stat().st_size < 50_000
