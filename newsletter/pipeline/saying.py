"""Saying: what a step of the month has to tell, in the French of who reads it; a mail to each, once.

A mail is about its edition, its step and who gets it: a step that is begun again writes to nobody twice.
Never here: what a step does.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from email.utils import parseaddr

from newsletter import notices, timetable
from newsletter.composer import wording
from newsletter.pipeline import telling
from newsletter.pipeline.scheduling import Errand
from newsletter.timetable import Name, Step


def mail(errand: Errand, people: Sequence[str], subject: str, words: Sequence[str], *, link: str | None = None) -> int:
    """A mail to each, a line for each of the words; how many people. `link`: what to open."""
    config, step = errand.config, errand.step
    paper = notices.Paper(config.town, config.templates, "fr")
    said = "\n".join(wording.tidy(line) for line in "\n".join(words).split("\n"))
    addresses = dict.fromkeys(parseaddr(person)[1] for person in people)
    for address in addresses:
        word = hashlib.sha256(f"{step.edition} {step.key} {address}".encode()).hexdigest()[:16]
        about = f"{step.edition} {step.key} {word}"
        notice = notices.report(paper, address, about=about, subject=wording.tidy(subject), words=said, link=link)
        errand.store.notices.put(notice, at=errand.at)
    return len(addresses)


def steps(errand: Errand) -> list[Step]:
    """Those of the errand's edition."""
    return timetable.of_month(errand.config.schedule, month(errand), errand.config.town.zone)


def step(errand: Errand, name: Name) -> Step:
    """The first step of that name."""
    return next(one for one in steps(errand) if one.name is name)


def month(errand: Errand) -> date:
    """The first day of the errand's edition."""
    return date.fromisoformat(f"{errand.step.edition}-01")


def letter(errand: Errand) -> str:
    """« la lettre de décembre 2021 », « la lettre d’avril 2022 »."""
    return telling.letter(month(errand))


def moment(errand: Errand, at: datetime) -> str:
    """« mercredi 1er décembre à 9 h »; with its year when that is another one than now."""
    zone = errand.config.town.zone
    here = at.astimezone(zone)
    return f"{wording.weekday(here, errand.at.astimezone(zone).date())} à {wording.clock(here.time())}"


def page(errand: Errand, path: str = "") -> str:
    """The address of a page of the studio, of the errand's edition."""
    return telling.page(errand.config, f"/{errand.step.edition}{path}")


def files(errand: Errand) -> str:
    """The address of the page that says what is wrong in the files."""
    return telling.page(errand.config, "/fichiers")


def title(errand: Errand, audience: str) -> str:
    """What readers know a letter by."""
    known = errand.config.audiences.get(audience)
    return known.title if known else audience
