"""The store: every query, a class per noun. Values of `model` in and out; each method is one transaction.

    with Store.open(config.store.url, config.folder) as store:
        store.editions      what is composed, and who agreed to it
        store.signups       who asks to read, until their mailbox has said yes
        store.subscribers   who reads what, since they agreed, until they left
        store.retention     what isn't kept any longer, and who is asked whether they go on
        store.ledger        letters on their way, and every copy of them
        store.events        what was said of copies once they had left
        store.steps         what was done of each month, and what is being done
        store.decisions     which rows staff said are the same thing, or are not
        store.notices       mails that are no letters, on their way

        store.audit         who did what to which digest
        store.accounts      who of the town may come in
        store.arrangements  what staff change of an edition, without touching the sheets
        store.comments      what is said of a draft, and who of the bureau is asked to read it
        store.departures    what a person has sent, while it can be undone

Time is an argument, always aware. Never here: a file of rows, a mail, a clock.
"""

import secrets
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import select

from newsletter.store.accounts import Accounts, Entrance, Newcomer
from newsletter.store.arrangements import Arrangements
from newsletter.store.audit import Audit
from newsletter.store.comments import Comments
from newsletter.store.copies import Reader
from newsletter.store.database import Database, insert_new
from newsletter.store.decisions import Decisions
from newsletter.store.departures import Departures
from newsletter.store.editions import Approval, Edition, Editions, Voided
from newsletter.store.epoch import Epoch, ticks
from newsletter.store.events import Events, Heard
from newsletter.store.folding import Folding
from newsletter.store.intake import Taken
from newsletter.store.known import Change, Copy, Known, Subscription, Suppression
from newsletter.store.ledger import Lease, Ledger, Window
from newsletter.store.mailings import Mailing
from newsletter.store.migrate import upgrade
from newsletter.store.notices import Handed, Notices
from newsletter.store.resolving import Uncertain
from newsletter.store.retention import Gone, Limits, Quiet, Retention
from newsletter.store.signups import Signup, Signups
from newsletter.store.steps import Claim, Steps
from newsletter.store.subscribers import Subscribers
from newsletter.store.tables import EVERY, OTHERS, keys
from newsletter.store.versions import Agreed, Version
from newsletter.store.watched import RESTORED, Watched
from newsletter.store.workers import Worker

__all__ = [
    "EVERY",
    "OTHERS",
    "RESTORED",
    "Accounts",
    "Agreed",
    "Approval",
    "Arrangements",
    "Audit",
    "Change",
    "Claim",
    "Comments",
    "Copy",
    "Decisions",
    "Departures",
    "Edition",
    "Editions",
    "Entrance",
    "Epoch",
    "Events",
    "Gone",
    "Handed",
    "Heard",
    "Known",
    "Lease",
    "Ledger",
    "Limits",
    "Mailing",
    "Newcomer",
    "Notices",
    "Quiet",
    "Reader",
    "Retention",
    "Signup",
    "Signups",
    "Steps",
    "Store",
    "Subscribers",
    "Subscription",
    "Suppression",
    "Taken",
    "Uncertain",
    "Version",
    "Voided",
    "Watched",
    "Window",
    "Worker",
    "ticks",
]


class Store:
    """The town's state, in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.editions = Editions(database)
        folding = Folding(self.secret("suppression"))
        self.signups = Signups(database, folding)
        self.subscribers = Subscribers(database, folding)
        self.retention = Retention(database)
        self.ledger = Ledger(database)
        self.events = Events(database)
        self.steps = Steps(database)
        self.decisions = Decisions(database)
        self.notices = Notices(database, folding)
        self.audit = Audit(database)
        self.accounts = Accounts(database, folding)
        self.arrangements = Arrangements(database)
        self.comments = Comments(database)
        self.departures = Departures(database)

    @classmethod
    def open(cls, url: str, folder: Path, *, patience: float = 30.0) -> Self:
        """Opens the database of `store.url` (a relative SQLite path starts at `folder`), and brings it up to date.

        `patience`: seconds to wait while another program writes. Raises StoreError.
        """
        database = Database(url, folder, patience)
        try:
            upgrade(database)
            return cls(database)
        except BaseException:
            database.close()
            raise

    def secret(self, name: str) -> bytes:
        """A secret that is kept with the state it belongs to, in every backup of it: made once, never changed."""
        known = select(keys.c.secret).where(keys.c.name == name)
        with self._database.reading() as connection:
            if secret := connection.scalar(known):
                return bytes(secret)
        with self._database.writing() as connection:
            connection.execute(insert_new(connection, keys), {"name": name, "secret": secrets.token_bytes(32)})
            return bytes(connection.execute(known).scalar_one())

    def watched(self, epoch: Epoch) -> Watched:
        """The ledger, for who is about to hand over: nothing leaves that isn't in the epoch too."""
        return Watched(self._database, epoch)

    def close(self) -> None:
        """Lets go of the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
