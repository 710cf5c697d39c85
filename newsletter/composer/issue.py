"""What an edition is composed with, beside its items. Values only."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from newsletter.config import Audience, Town
from newsletter.model import Image
from newsletter.model.studio import NOTHING_ARRANGED, Arrangement

LIMIT = 90_000  # bytes of HTML: Gmail cuts a message near 102,400, and providers add to it on the way


@dataclass(frozen=True, slots=True)
class Issue:
    """One audience's month: when it leaves, who writes, with which templates.

    `month` is its first day, `send_at` aware. `seen`: the ids printed in this audience's previous edition.
    `limit` None: everything in full, as the online page shows it. `arrangement`: what staff change of it; its editorial
    is `editorial`, when it is to be printed.
    """

    month: date
    send_at: datetime
    town: Town
    site_url: str
    stanza: Audience
    templates: Path
    seen: frozenset[str] = frozenset()
    editorial: str | None = None
    logo: Image | None = None
    limit: int | None = LIMIT
    arrangement: Arrangement = NOTHING_ARRANGED

    @property
    def leaves(self) -> datetime:
        """When it leaves, on the town's clock."""
        return self.send_at.astimezone(self.town.zone)

    @property
    def today(self) -> date:
        """The day it leaves, in the town."""
        return self.leaves.date()
