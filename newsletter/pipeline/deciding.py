"""Decide: what staff say of two rows that look alike in; remembered, and obeyed at every reading from then on."""

import re
from collections.abc import Sequence
from datetime import datetime

from newsletter.config import Config
from newsletter.errors import ConfigError
from newsletter.model.decisions import NOTHING_SAID, Decisions, Word
from newsletter.store import Store

ID = re.compile("[0-9a-f]{12}")
SQLITE = "sqlite:///"


def decide(store: Store, ids: Sequence[str], word: Word, by: str, at: datetime) -> None:
    """Remembers that two ids are the same thing, or are not. Raises ConfigError when they are no ids."""
    wrong = [one for one in ids if not ID.fullmatch(one)]
    if wrong or len(set(ids)) != 2:
        said = f"« {wrong[0]} » n'est pas un identifiant" if wrong else "ce sont deux fois le même identifiant"
        raise ConfigError([f"{said} ; recopiez les deux que « newsletter check » montre"])
    store.decisions.say(ids[0], ids[1], word, by, at)


def decisions(config: Config) -> Decisions:
    """What staff have said. Where there is no database yet, nothing: looking makes none."""
    url = config.store.url
    if url.startswith(SQLITE) and not (config.folder / url.removeprefix(SQLITE)).is_file():
        return NOTHING_SAID
    with Store.open(url, config.folder) as store:
        return store.decisions.all()
