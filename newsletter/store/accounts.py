"""Accounts: who of the town may come in. An address and a password in, or a link; a session's token out.

    (no account) → added → removed      its name stays in what it did, and is never another's
    entry (a link)   made → used | over     once, for 15 minutes by mail, for 3 days when a command prints it
    session          until 8 hours without a visit, or 7 days in all

Tokens are kept as their hashes, passwords as theirs, attempts without an address. Never here: a mail, a page.
"""

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Row, delete, select, update

from newsletter.errors import FormRefused
from newsletter.model.studio import Account, Deed, Person, Role
from newsletter.store import attempts, passwords
from newsletter.store.attempts import Attempts
from newsletter.store.audit import alone, record
from newsletter.store.database import Database
from newsletter.store.folding import Folding
from newsletter.store.tables_studio import accounts, entries, sessions

IDLE, LONGEST = timedelta(hours=8), timedelta(days=7)
BY_MAIL, PRINTED = timedelta(minutes=15), timedelta(days=3)
VISIT = timedelta(minutes=1)  # what a session's last visit is known to
NAME_MAX = 80  # characters
WHO = (accounts.c.id, accounts.c.name, accounts.c.role, accounts.c.address, accounts.c.password)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody to have an account, or to have it with another role. Without a name, it is their address's."""

    address: str
    role: Role
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Entrance:
    """How a sign-in ended: with a session's token, or without; `too_often`: it wasn't even looked at."""

    token: str | None = None
    too_often: bool = False


class Accounts:
    """Who may come in."""

    def __init__(self, database: Database, folding: Folding) -> None:
        self._database = database
        self._folding = folding
        self._attempts = Attempts(database, folding)

    def add(self, newcomer: Newcomer, by: Person, *, at: datetime) -> tuple[Account, str]:
        """The account of that address, with this role from now on; and the token of a link by which it comes in once.

        Raises FormRefused when the name is somebody else's.
        """
        person = self._folding.person(newcomer.address)
        with self._database.writing() as connection:
            alone(connection, accounts)
            known = connection.execute(select(*WHO).where(accounts.c.person == person)).first()
            if known is None:
                number = _add(connection, newcomer, person, at)
            else:
                number = known.id
                _change(connection, known, newcomer)
            account = _account(connection.execute(select(*WHO).where(accounts.c.id == number)).one())
            token = _entry(connection, number, at, PRINTED)
            record(connection, Deed(at, by.name, by.role, "account", detail=f"{account.name} : {account.role}"))
        return account, token

    def all(self) -> list[Account]:
        """Every account there is, by name."""
        rows = select(*WHO).where(accounts.c.removed_at.is_(None)).order_by(accounts.c.known_as)
        with self._database.reading() as connection:
            return [_account(row) for row in connection.execute(rows)]

    def named(self, name: str) -> Account | None:
        """The account of that name, if there is one."""
        return self._one(accounts.c.known_as == _known_as(name))

    def of(self, address: str) -> Account | None:
        """The account of that address, if there is one."""
        return self._one(accounts.c.person == self._folding.person(address))

    def remove(self, number: int, by: Person, *, at: datetime) -> bool:
        """Nobody enters by it any more, and its sessions end. Its name stays in what it did, its address doesn't."""
        with self._database.writing() as connection:
            nobody = {"person": None, "address": None, "password": None, "removed_at": at}
            there = (accounts.c.id == number) & accounts.c.removed_at.is_(None)
            name = connection.scalar(update(accounts).where(there).values(nobody).returning(accounts.c.name))
            if name is None:
                return False
            for table in (sessions, entries):
                connection.execute(delete(table).where(table.c.account_id == number))
            record(connection, Deed(at, by.name, by.role, "account", detail=f"{name} : retiré"))
        return True

    def choose_password(self, number: int, password: str, *, at: datetime) -> None:
        """The password from now on. Every session of theirs ends. Raises FormRefused when it is too short, or long."""
        if not passwords.SHORTEST <= len(password) <= passwords.LONGEST:
            raise FormRefused([f"le mot de passe doit avoir entre {passwords.SHORTEST} et {passwords.LONGEST} lettres"])
        kept = passwords.hashed(password)
        there = (accounts.c.id == number) & accounts.c.removed_at.is_(None)
        with self._database.writing() as connection:
            row = connection.execute(update(accounts).where(there).values(password=kept).returning(*WHO)).first()
            if row is not None:
                connection.execute(delete(sessions).where(sessions.c.account_id == number))
                record(connection, Deed(at, row.name, Role(row.role), "password"))

    def enter(self, address: str, password: str, client: str, *, at: datetime) -> Entrance:
        """A session for who knows the password. `client`: where the attempt comes from, as the door tells visitors."""
        attempt = self._attempts.begin(attempts.PASSWORD, address, client, at=at)
        if attempt is None:
            return Entrance(too_often=True)
        person = self._folding.person(address)
        with self._database.reading() as connection:
            row = connection.execute(select(*WHO).where(accounts.c.person == person)).first()
        if not passwords.fits(row.password if row else None, password) or row is None:
            return Entrance()
        self._attempts.forget(attempt)
        with self._database.writing() as connection:
            same = (accounts.c.id == row.id) & (accounts.c.password == row.password)
            there = connection.execute(select(*WHO).where(same).with_for_update()).first()
            return Entrance(_begin(connection, there, at) if there else None)

    def ask_entry(self, address: str, client: str, *, at: datetime) -> tuple[Account, str] | None:
        """The token of a link for a mail. None: nobody has that address, or links were asked for too often."""
        if self._attempts.begin(attempts.LINK, address, client, at=at) is None:
            return None
        account = self.of(address)
        if account is None:
            return None
        with self._database.writing() as connection:
            return account, _entry(connection, account.id, at, BY_MAIL)

    def entry(self, token: str, *, at: datetime) -> Account | None:
        """Whose link it is, while it can be used. Looking uses nothing."""
        with self._database.reading() as connection:
            usable = (entries.c.hash == _hash(token)) & entries.c.used_at.is_(None) & (entries.c.ends_at > at)
            found = select(*WHO).join(entries, entries.c.account_id == accounts.c.id).where(usable)
            row = connection.execute(found).first()
            return None if row is None else _account(row)

    def enter_by(self, token: str, *, at: datetime) -> Entrance:
        """A session for who holds a link, once."""
        usable = (entries.c.hash == _hash(token)) & entries.c.used_at.is_(None) & (entries.c.ends_at > at)
        using = update(entries).where(usable).values(used_at=at).returning(entries.c.account_id)
        with self._database.writing() as connection:
            number = connection.scalar(using)
            if number is None:
                return Entrance()
            row = connection.execute(select(*WHO).where(accounts.c.id == number)).one()
            return Entrance(_begin(connection, row, at))

    def session(self, token: str, *, at: datetime, visit: bool = True) -> Account | None:
        """Who comes with that token; this visit counts, if it is one. None: unknown, or over."""
        lasting = (sessions.c.seen_at > at - IDLE) & (sessions.c.began_at > at - LONGEST)
        mine = sessions.c.hash == _hash(token)
        found = select(*WHO, sessions.c.seen_at).join(sessions, sessions.c.account_id == accounts.c.id)
        with self._database.reading() as connection:
            row = connection.execute(found.where(mine, lasting)).first()
        if row is None:
            return None
        if visit and row.seen_at < at - VISIT:
            with self._database.writing(lasting=False) as connection:
                connection.execute(update(sessions).where(mine, lasting).values(seen_at=at))
        return _account(row)

    def leave(self, token: str) -> bool:
        """The session is over."""
        with self._database.writing() as connection:
            return connection.execute(delete(sessions).where(sessions.c.hash == _hash(token))).rowcount > 0

    def _one(self, which: ColumnElement[bool]) -> Account | None:
        here = select(*WHO).where(which, accounts.c.removed_at.is_(None))
        with self._database.reading() as connection:
            row = connection.execute(here).first()
            return None if row is None else _account(row)


def _add(connection: Connection, newcomer: Newcomer, person: bytes, at: datetime) -> int:
    name = _free(connection, newcomer)
    row = {"person": person, "address": newcomer.address.strip(), "name": name, "known_as": _known_as(name)}
    made = connection.execute(accounts.insert(), {**row, "role": newcomer.role, "made_at": at}).inserted_primary_key
    number: int = made[0]  # type: ignore[index]
    return number


def _change(connection: Connection, known: Row[*tuple[object, ...]], newcomer: Newcomer) -> None:
    values: dict[str, str] = {"role": newcomer.role}
    if newcomer.name and _known_as(newcomer.name) != _known_as(str(known.name)):
        name = _free(connection, newcomer)
        values |= {"name": name, "known_as": _known_as(name)}
    connection.execute(update(accounts).where(accounts.c.id == known.id).values(values))
    connection.execute(delete(sessions).where(sessions.c.account_id == known.id))


def _free(connection: Connection, newcomer: Newcomer) -> str:
    """A name nobody has, nor had."""
    name = _line(newcomer.name or newcomer.address.partition("@")[0])[:NAME_MAX] or "compte"
    taken = set(connection.scalars(select(accounts.c.known_as)))
    if _known_as(name) not in taken:
        return name
    if newcomer.name:
        raise FormRefused([f"« {name} » est déjà le nom de quelqu’un : choisissez-en un autre avec --name"])
    return next(found for n in range(2, len(taken) + 3) if _known_as(found := f"{name} {n}") not in taken)


def _line(words: str) -> str:
    """On one line, with nothing in it that can't be seen."""
    return " ".join("".join(c if unicodedata.category(c)[0] != "C" else " " for c in words).split())


def _known_as(name: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", name).casefold()).strip()


def _entry(connection: Connection, number: int, at: datetime, lasts: timedelta) -> str:
    """A new link; those before it are worth nothing any more."""
    token = secrets.token_urlsafe(32)
    connection.execute(delete(entries).where(entries.c.account_id == number))
    row = {"hash": _hash(token), "account_id": number, "made_at": at, "ends_at": at + lasts}
    connection.execute(entries.insert(), row)
    return token


def _begin(connection: Connection, row: Row[*tuple[object, ...]], at: datetime) -> str:
    token = secrets.token_urlsafe(32)
    over = (sessions.c.seen_at <= at - IDLE) | (sessions.c.began_at <= at - LONGEST)
    connection.execute(delete(sessions).where(over))
    session = {"hash": _hash(token), "account_id": row.id, "began_at": at, "seen_at": at}
    connection.execute(sessions.insert(), session)
    record(connection, Deed(at, str(row.name), Role(row.role), "enter"))
    return token


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _account(row: Row[*tuple[object, ...]]) -> Account:
    return Account(row.id, row.name, Role(row.role), row.address, row.password is not None)
