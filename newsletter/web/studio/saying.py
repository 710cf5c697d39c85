"""How the studio says things: times, states and counts in; French words out."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from babel.dates import format_date

from newsletter.composer import wording
from newsletter.composer.selection import NAMES
from newsletter.model import EditionState, Kind, Problem
from newsletter.model.studio import Facts, Role

ROLES = MappingProxyType(
    {
        Role.EDITOR: "prépare les lettres",
        Role.REVIEWER: "relit (bureau)",
        Role.APPROVER: "donne son accord",
        Role.ADMIN: "administre",
        Role.GUEST: "relit, par un lien",
        Role.PROGRAM: "le programme",
    }
)
STATES = MappingProxyType(
    {
        EditionState.DRAFT: "en préparation",
        EditionState.IN_REVIEW: "en relecture",
        EditionState.APPROVED: "approuvée",
        EditionState.SCHEDULED: "part bientôt",
        EditionState.SENDING: "en cours d’envoi",
        EditionState.SENT: "envoyée",
        EditionState.CANCELLED: "annulée",
    }
)

SAME_DAY = re.compile(r"(\d\d/\d\d/\d{4}) (\d\d:\d\d) – \1 (\d\d:\d\d)")
ALL_DAY = re.compile(r"(\d\d/\d\d/\d{4}) – \1(?!\d| \d)")
FIRST = re.compile(r"\b1\b(?= )")


@dataclass(frozen=True, slots=True)
class Saying:
    """What templates say with. `at`: now."""

    zone: ZoneInfo
    at: datetime

    def month(self, name: str) -> str:
        """« Décembre 2021 »."""
        return wording.capital(wording.month(date.fromisoformat(f"{name}-01")))

    def day(self, moment: datetime) -> str:
        """« mardi 7 décembre »."""
        here = moment.astimezone(self.zone).date()
        return wording.weekday(here, here)

    def short(self, moment: datetime) -> str:
        """« 7 déc. »."""
        return FIRST.sub("1er", format_date(moment.astimezone(self.zone).date(), "d MMM", locale="fr"))

    def hour(self, moment: datetime) -> str:
        """« 9 h », « 14 h 30 », « minuit »."""
        return wording.clock(moment.astimezone(self.zone).time().replace(second=0, microsecond=0))

    def moment(self, moment: datetime) -> str:
        """« mardi 7 décembre à 9 h »."""
        return f"{self.day(moment)} à {self.hour(moment)}"

    def ago(self, moment: datetime) -> str:
        """« il y a 5 minutes », else when it was."""
        passed = self.at - moment
        if passed < timedelta(minutes=1):
            return "à l’instant"
        if passed < timedelta(hours=1):
            return f"il y a {counted(int(passed.total_seconds() // 60), 'minute')}"
        if self.day(moment) == self.day(self.at) and passed < timedelta(days=1):
            return f"aujourd’hui à {self.hour(moment)}"
        return self.moment(moment)

    def state(self, state: EditionState) -> str:
        """Where an edition stands."""
        return STATES[state]

    def role(self, role: Role) -> str:
        """What somebody does."""
        return ROLES[role]

    def section(self, kind: str) -> str:
        """What a section is called."""
        return NAMES[Kind(kind)]

    def count(self, number: int, one: str, many: str | None = None) -> str:
        """« 3 lignes »."""
        return counted(number, one, many)

    def when(self, facts: Facts) -> str:
        """The first date of an item, and that there are others."""
        first, *others = facts.get("dates", facts.get("deadline", "")).split(" ; ")
        said = ALL_DAY.sub(r"\1", SAME_DAY.sub(r"\1 \2 – \3", first))
        return f"{said} et {counted(len(others), 'autre date', 'autres dates')}" if others else said

    def tidy(self, words: str) -> str:
        """What somebody typed, with French typography."""
        return wording.tidy(words)

    def cell(self, problem: Problem) -> str:
        """Where to look in the file."""
        parts = [
            f"feuille «\u00a0{problem.origin.sheet}\u00a0»" if problem.origin.sheet else "",
            f"ligne {problem.origin.row}" if problem.origin.row is not None else "",
            f"colonne «\u00a0{problem.column}\u00a0»" if problem.column else "",
        ]
        return ", ".join(part for part in parts if part)


def counted(number: int, one: str, many: str | None = None) -> str:
    """A count with its noun."""
    noun = one if abs(number) < 2 else many or f"{one}s"
    return f"{number:,}".replace(",", "\u202f") + f"\u00a0{noun}"
