"""Editions: letters in; versions, approvals and the frozen bytes out.

A version is never changed: new letters are a new version, and what was approved stays as it was seen. Content is kept
under its digest, which is computed again each time it is read.
Never here: a reader, a send.

    draft → in review → approved → scheduled → sending → sent     any but sent → cancelled; reopened or edited → draft
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select, update

from newsletter.errors import ApprovalRefused
from newsletter.model import EditionState, Letter, edition_digest
from newsletter.model.studio import NO_BASIS, Basis, Deed
from newsletter.store import basis as bases
from newsletter.store.audit import record
from newsletter.store.database import Database, insert_new
from newsletter.store.tables import approvals, contents, editions, letters, mailings, versions
from newsletter.store.tables_studio import departures
from newsletter.store.versions import Version, versions_of

OPEN = (EditionState.DRAFT, EditionState.IN_REVIEW)
AGREED = (EditionState.APPROVED, EditionState.SCHEDULED)
LEAVING = (EditionState.SENDING, EditionState.SENT)
MOVES = {
    EditionState.DRAFT: {EditionState.IN_REVIEW, EditionState.CANCELLED},
    EditionState.IN_REVIEW: {EditionState.DRAFT, EditionState.CANCELLED},
    EditionState.APPROVED: {EditionState.SCHEDULED, EditionState.DRAFT, EditionState.CANCELLED},
    EditionState.SCHEDULED: {EditionState.APPROVED, EditionState.DRAFT, EditionState.CANCELLED},
    EditionState.SENDING: {EditionState.CANCELLED},
    EditionState.SENT: set(),
    EditionState.CANCELLED: {EditionState.DRAFT},
}
_NONE = {"state": EditionState.DRAFT, "version": 0}  # before the first version
PARTS = ("audience", "subject", "preheader", "html", "text", "mjml", "online")
FRENCH = {
    EditionState.DRAFT: "en brouillon",
    EditionState.IN_REVIEW: "en relecture",
    EditionState.APPROVED: "approuvée",
    EditionState.SCHEDULED: "programmée",
    EditionState.SENDING: "en cours d’envoi",
    EditionState.SENT: "déjà envoyée",
    EditionState.CANCELLED: "annulée",
}


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved a version, when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Edition:
    """One month's issue as it stands. `letters`: audience → digest; `digest` is the whole's. Times are in UTC."""

    month: str
    state: EditionState
    version: int
    digest: str
    send_at: datetime
    letters: Mapping[str, str]
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True)
class Voided:
    """Approvals that ended: of which edition, of which digest (None: nothing was composed), and whose."""

    month: str
    digest: str | None = None
    by: tuple[str, ...] = ()


class Editions:
    """What is composed, and who agreed to it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def draft(
        self,
        month: str,
        composed: Mapping[str, Letter],
        *,
        rules: str,
        send_at: datetime,
        at: datetime,
        basis: Basis = NO_BASIS,
        stays: Callable[[Edition], bool] = lambda _: False,
    ) -> Edition:
        """Keeps letters as the month's draft. Others than those approved void the approval; the same change nothing.

        `basis`: what they were made of. `stays`: whether the edition isn't to be touched, asked once nobody else can
        change it. Raises ApprovalRefused when it is leaving, or has left.
        """
        digests = {audience: letter.digest for audience, letter in composed.items()}
        digest = edition_digest(list(digests.values()), rules, send_at.astimezone(UTC))
        with self._database.writing() as connection:
            connection.execute(insert_new(connection, editions), {**_NONE, "month": month, "changed_at": at})
            lock(connection, month)
            before = edition_of(connection, month)
            if before and stays(before):
                return before
            if before and before.digest == digest and before.state is not EditionState.CANCELLED:
                bases.keep(connection, month, before.version, basis)
                return before
            if before and (before.state in LEAVING or _has_mailing(connection, month)):
                raise ApprovalRefused(f"l’édition {month} est {FRENCH[before.state]} : elle ne se recompose plus")
            version = before.version + 1 if before else 1
            _save_edition(connection, month, version, at)
            row = {"month": month, "version": version, "digest": digest, "rules": rules}
            connection.execute(versions.insert(), {**row, "send_at": send_at, "drafted_at": at})
            _save_letters(connection, month, version, composed)
            bases.keep(connection, month, version, basis)
            return _present(edition_of(connection, month), month)

    def get(self, month: str) -> Edition | None:
        """The edition of "2021-12", if there is one."""
        with self._database.reading() as connection:
            return edition_of(connection, month)

    def all(self) -> list[Edition]:
        """Every edition, the oldest first."""
        with self._database.reading() as connection:
            months = connection.scalars(select(editions.c.month).order_by(editions.c.month)).all()
            return [_present(edition_of(connection, month), month) for month in months]

    def letters(self, month: str, version: int | None = None) -> dict[str, Letter]:
        """The letters as they were drafted last, or in that version, byte for byte. Raises ApprovalRefused."""
        with self._database.reading() as connection:
            return _letters(connection, _present(edition_of(connection, month, version), month))

    def versions(self, month: str) -> list[Version]:
        """Every version there was, the first one first."""
        with self._database.reading() as connection:
            return versions_of(connection, month)

    def basis(self, month: str, version: int | None = None) -> Basis:
        """What the letters drafted last, or in that version, were made of."""
        with self._database.reading() as connection:
            edition = edition_of(connection, month, version)
            return NO_BASIS if edition is None else bases.read(connection, month, edition.version)

    def titles(self, month: str, ids: Iterable[str]) -> dict[str, str]:
        """What items were called when that month was last made of them."""
        with self._database.reading() as connection:
            return bases.titles(connection, month, set(ids))

    def rules(self, month: str) -> str | None:
        """The audience rules of the letters drafted last: they are approved with them. None: there is no edition."""
        current = (versions.c.month == editions.c.month) & (versions.c.version == editions.c.version)
        with self._database.reading() as connection:
            drafted = select(versions.c.rules).join(editions, current).where(editions.c.month == month)
            return connection.scalar(drafted)

    def approve(
        self, month: str, digest: str, *, by: str, at: datetime, needed: int = 1, deed: Deed | None = None
    ) -> Edition:
        """Somebody agrees to exactly this; with `needed` of them the edition is approved. `deed` says so in the log.

        Raises ApprovalRefused when the digest is another, when the bytes aren't theirs, or when it is too late.
        """
        with self._database.writing() as connection:
            lock(connection, month)
            edition = _present(edition_of(connection, month), month)
            _approvable(edition, digest)
            _letters(connection, edition)
            if bases.read(connection, month, edition.version).arranged != bases.arranged(connection, month):
                raise ApprovalRefused(f"l’édition {month} a été modifiée depuis qu’elle est composée : recomposez-la")
            agreed = {approval.by for approval in edition.approvals}
            if by not in agreed:
                row = {"month": month, "version": edition.version, "digest": digest, "approver": by}
                connection.execute(approvals.insert(), {**row, "approved_at": at})
            if edition.state in OPEN:
                to = EditionState.APPROVED if len(agreed | {by}) >= needed else EditionState.IN_REVIEW
                move_edition(connection, month, (edition.state,), to, at)
            if deed and by not in agreed:
                record(connection, deed)
            return _present(edition_of(connection, month), month)

    def reopen(self, month: str, deed: Deed, *, at: datetime) -> Voided:
        """It is a draft again, and whose approvals that ends. Raises ApprovalRefused when it is leaving."""
        with self._database.writing() as connection:
            lock(connection, month)
            _present(edition_of(connection, month), month)
            voided = void(connection, month, at)
            record(connection, replace(deed, digest=voided.digest))
        return voided

    def move(self, month: str, expected: EditionState, to: EditionState, *, at: datetime) -> bool:
        """Changes the state if it is the expected one. Going back to draft voids the approvals."""
        if to not in MOVES[expected]:
            raise ValueError(f"an edition doesn't go from {expected} to {to}")
        with self._database.writing() as connection:
            moved = move_edition(connection, month, (expected,), to, at)
            if moved and to is EditionState.DRAFT:
                _void(connection, month, at)
            return moved

    def printed(self, audience: str, before: str) -> frozenset[str]:
        """The items of the audience's latest earlier edition that was sent, or is approved to be."""
        latest = (
            select(letters.c.printed)
            .join(editions, (editions.c.month == letters.c.month) & (editions.c.version == letters.c.version))
            .where(letters.c.audience == audience, letters.c.month < before, editions.c.state.in_(AGREED + LEAVING))
            .order_by(letters.c.month.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            return frozenset(connection.scalar(latest) or ())


def _present(edition: Edition | None, month: str) -> Edition:
    if edition is None:
        raise ApprovalRefused(f"l’édition {month} n’est pas composée : newsletter compose {month}")
    return edition


def _approvable(edition: Edition, digest: str) -> None:
    if edition.state not in OPEN + AGREED:
        raise ApprovalRefused(f"l’édition {edition.month} est {FRENCH[edition.state]} : elle ne s’approuve plus")
    if digest != edition.digest:
        raise ApprovalRefused(
            f"l’édition {edition.month} a changé depuis ce que vous avez vu : relisez-la, son empreinte est "
            f"maintenant {edition.digest}"
        )


def lock(connection: Connection, month: str) -> None:
    """Whoever else changes this edition waits until this transaction ends."""
    connection.execute(select(editions.c.month).where(editions.c.month == month).with_for_update())


def void(connection: Connection, month: str, at: datetime) -> Voided:
    """What was approved is approved no longer, and is a draft. Raises ApprovalRefused when it is leaving."""
    edition = edition_of(connection, month)
    if edition is None:
        return Voided(month)
    if edition.state in LEAVING or _has_mailing(connection, month):
        raise ApprovalRefused(f"l’édition {month} est {FRENCH[edition.state]} : elle ne se change plus")
    move_edition(connection, month, OPEN + AGREED, EditionState.DRAFT, at)
    _void(connection, month, at)
    return Voided(month, edition.digest, tuple(approval.by for approval in edition.approvals))


def edition_of(connection: Connection, month: str, version: int | None = None) -> Edition | None:
    """The edition as it stands, or as it was in that version."""
    number = editions.c.version if version is None else version
    row = connection.execute(
        select(editions.c.month, editions.c.state, versions.c.version, versions.c.digest, versions.c.send_at)
        .join(versions, (versions.c.month == editions.c.month) & (versions.c.version == number))
        .where(editions.c.month == month)
    ).first()
    if row is None:
        return None
    return Edition(*row, _digests(connection, month, row.version), _approvals(connection, month, row.version))


def _digests(connection: Connection, month: str, version: int) -> dict[str, str]:
    rows = connection.execute(
        select(letters.c.audience, letters.c.digest)
        .where(letters.c.month == month, letters.c.version == version)
        .order_by(letters.c.audience)
    )
    return {row.audience: row.digest for row in rows}


def _approvals(connection: Connection, month: str, version: int) -> tuple[Approval, ...]:
    rows = connection.execute(
        select(approvals.c.approver, approvals.c.approved_at)
        .where(approvals.c.month == month, approvals.c.version == version)
        .where(approvals.c.voided_at.is_(None))
        .order_by(approvals.c.id)
    )
    return tuple(Approval(row.approver, row.approved_at) for row in rows)


def _has_mailing(connection: Connection, month: str) -> bool:
    return connection.scalar(select(func.count()).where(mailings.c.month == month)) != 0


def _save_edition(connection: Connection, month: str, version: int, at: datetime) -> None:
    row = {"state": EditionState.DRAFT, "version": version, "changed_at": at}
    connection.execute(update(editions).where(editions.c.month == month).values(row))
    _void(connection, month, at)


def _void(connection: Connection, month: str, at: datetime) -> None:
    connection.execute(
        update(approvals).where(approvals.c.month == month, approvals.c.voided_at.is_(None)).values(voided_at=at)
    )
    waiting = (departures.c.month == month) & departures.c.begun_at.is_(None) & departures.c.undone_at.is_(None)
    connection.execute(update(departures).where(waiting).values(undone_at=at))


def reopen_approved(connection: Connection, at: datetime) -> None:
    """What is approved and hasn't begun to leave is a draft again, in every edition."""
    for month in connection.scalars(select(editions.c.month).where(editions.c.state.in_(AGREED))).all():
        move_edition(connection, month, AGREED, EditionState.DRAFT, at)
        _void(connection, month, at)


def _save_letters(connection: Connection, month: str, version: int, composed: Mapping[str, Letter]) -> None:
    for audience, letter in composed.items():
        content = {name: getattr(letter, name) for name in PARTS}
        connection.execute(insert_new(connection, contents), {"digest": letter.digest, **content})
        row = {"month": month, "version": version, "audience": audience, "digest": letter.digest}
        connection.execute(letters.insert(), {**row, "printed": list(letter.items)})


def _letters(connection: Connection, edition: Edition) -> dict[str, Letter]:
    """Reads the bytes, and computes every digest again."""
    rows = connection.execute(
        select(*(contents.c[name] for name in PARTS), letters.c.printed)
        .join(letters, contents.c.digest == letters.c.digest)
        .where(letters.c.month == edition.month, letters.c.version == edition.version)
        .order_by(letters.c.audience)
    )
    found = {
        row.audience: Letter(**{name: getattr(row, name) for name in PARTS}, items=tuple(row.printed)) for row in rows
    }
    rules = connection.scalar(
        select(versions.c.rules).where(versions.c.month == edition.month, versions.c.version == edition.version)
    )
    digests = {audience: letter.digest for audience, letter in found.items()}
    whole = edition_digest(list(digests.values()), rules or "", edition.send_at)
    if digests != edition.letters or whole != edition.digest:
        raise ApprovalRefused(
            f"l’édition {edition.month} n’est plus celle qui a été composée : la base a été modifiée ; "
            f"recomposez-la (newsletter compose {edition.month}) et faites-la approuver"
        )
    return found


def move_edition(
    connection: Connection, month: str, expected: Sequence[EditionState], to: EditionState, at: datetime
) -> bool:
    """Whether the edition was in one of the expected states, and now is in the other."""
    which = update(editions).where(editions.c.month == month, editions.c.state.in_(expected))
    return connection.execute(which.values(state=to, changed_at=at)).rowcount > 0
