"""Accounts: who comes in, by a password or a link; for how long; how often one may try. On both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import studio_office
from argon2 import PasswordHasher
from sqlalchemy import select
from studio_office import DAN, NOW

from newsletter.errors import FormRefused
from newsletter.model.studio import Account, Role
from newsletter.store import Newcomer, Store, database, passwords
from newsletter.store.accounts import BY_MAIL, IDLE, LONGEST, PRINTED
from newsletter.store.tables_studio import accounts, attempts, entries, sessions

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
AWA, PASSWORD = "awa@malakoff.example", "une phrase assez longue"
HERE = "192.0.2.1"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return studio_office.migrated(tmp_path_factory.mktemp("migrated"))


@pytest.fixture
def store(tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(database, "LASTING", "OFF")
    cheaply(monkeypatch)
    with studio_office.opened(tmp_path, empty) as made:
        yield made


def added(store: Store, address: str = AWA, role: Role = Role.EDITOR, name: str | None = None) -> tuple[Account, str]:
    return store.accounts.add(Newcomer(address, role, name), DAN, at=NOW)


def with_password(store: Store) -> Account:
    account, _ = added(store)
    store.accounts.choose_password(account.id, PASSWORD, at=NOW)
    return account


def cheaply(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that try often: 20 ms less for each."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def come_in(store: Store, password: str = PASSWORD, *, client: str = HERE, address: str = AWA) -> str | None:
    return store.accounts.enter(address, password, client, at=NOW).token


# ---- accounts --------------------------------------------------------------------------------------------------------


def test_an_account_is_its_address_however_it_is_typed(store: Store) -> None:
    account, _ = added(store)
    again, _ = added(store, " AWA@Malakoff.EXAMPLE ", Role.ADMIN)
    assert (again.id, again.name, again.role) == (account.id, "awa", Role.ADMIN)
    assert store.accounts.all() == [again]
    assert store.accounts.of("AWA@malakoff.example") == store.accounts.named("  Awa ") == again


def test_no_two_people_have_or_had_the_same_name(store: Store) -> None:
    first, _ = added(store, name="Awa (exemple)")
    with pytest.raises(FormRefused, match="déjà le nom"):
        added(store, "autre@malakoff.example", name=" awa  (EXEMPLE)")
    store.accounts.remove(first.id, DAN, at=NOW)
    with pytest.raises(FormRefused):
        added(store, "autre@malakoff.example", name="Ａwa (exemple)")
    one, _ = added(store, "lea@a.example")
    other, _ = added(store, "lea@b.example")
    assert (one.name, other.name) == ("lea", "lea 2")
    odd, _ = added(store, "x@c.example", name="\x00\u202eZo\né\t(exemple)" + "z" * 500)
    assert odd.name.startswith("Zo é (exemple)z")
    assert len(odd.name) == 80


def test_who_is_removed_is_out_at_once_and_only_the_name_stays(store: Store) -> None:
    account = with_password(store)
    token = come_in(store) or ""
    _, link = added(store)
    assert store.accounts.remove(account.id, DAN, at=NOW)
    assert not store.accounts.remove(account.id, DAN, at=NOW)
    assert store.accounts.session(token, at=NOW) is None
    assert store.accounts.entry(link, at=NOW) is None
    assert come_in(store) is None
    assert store.accounts.of(AWA) is None
    assert store.accounts.named("awa") is None
    with store._database.reading() as connection:
        (row,) = connection.execute(select(accounts.c.address, accounts.c.password, accounts.c.person)).all()
    assert tuple(row) == (None, None, None)


def test_the_log_names_nobody_by_their_address(store: Store) -> None:
    with_password(store)
    come_in(store)
    assert [deed.act for deed in store.audit.of()] == ["account", "password", "enter"]
    assert not any("@" in f"{deed.by}{deed.detail}" for deed in store.audit.of())


# ---- passwords -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("password", ["", "trop court", "x" * 201])
def test_a_password_too_short_or_too_long_is_refused(store: Store, password: str) -> None:
    account, _ = added(store)
    with pytest.raises(FormRefused):
        store.accounts.choose_password(account.id, password, at=NOW)
    assert come_in(store, password) is None


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("l’été à Malakoff", True),
        ("l’e\u0301te\u0301 a\u0300 Malakoff", True),  # the same letters, from another keyboard
        ("l’ete a Malakoff", False),
        ("l’été à Malakoff ", False),
        ("", False),
        ("l’été à Malakoff" * 1000, False),
        ("\ud800", False),
    ],
)
def test_a_password_is_its_letters(typed: str, right: bool) -> None:
    assert passwords.fits(passwords.hashed("l’été à Malakoff"), typed) is right


def test_nothing_kept_fits_nothing() -> None:
    assert not passwords.fits(None, "nobody's")
    assert not passwords.fits("", "")
    longest = "x" * passwords.LONGEST
    assert not passwords.fits(passwords.hashed(longest), longest + "x")


def test_another_password_ends_the_sessions_of_the_first(store: Store) -> None:
    account = with_password(store)
    token = come_in(store) or ""
    assert store.accounts.session(token, at=NOW) is not None
    store.accounts.choose_password(account.id, "une autre phrase longue", at=NOW)
    assert store.accounts.session(token, at=NOW) is None
    assert come_in(store) is None


def test_nothing_that_opens_a_door_is_kept_as_it_is(store: Store) -> None:
    with_password(store)
    token = (come_in(store) or "").encode()
    _, link = added(store, "b@malakoff.example")
    with store._database.reading() as connection:
        hashes = [*connection.scalars(select(sessions.c.hash)), *connection.scalars(select(entries.c.hash))]
        words = list(connection.scalars(select(accounts.c.password)))
    assert all(len(one) == 32 and one not in (token, link.encode()) for one in hashes)
    assert [word and word.startswith("$argon2id$") for word in words] == [True, None]


# ---- sessions --------------------------------------------------------------------------------------------------------


def test_a_session_ends_when_nobody_comes_and_after_a_week(store: Store) -> None:
    with_password(store)
    token, at = come_in(store) or "", NOW
    assert store.accounts.session(token, at=NOW + IDLE) is None
    while (at := at + 7 * HOUR) < NOW + LONGEST:
        assert store.accounts.session(token, at=at) is not None
    assert store.accounts.session(token, at=NOW + LONGEST) is None
    assert store.accounts.session(token, at=at) is None


def test_a_session_that_is_left_is_over(store: Store) -> None:
    with_password(store)
    token = come_in(store) or ""
    assert store.accounts.leave(token)
    assert not store.accounts.leave(token)
    assert store.accounts.session(token, at=NOW) is None


@pytest.mark.parametrize("token", ["", "x", "é" * 10_000, "\ud800", "' OR 1=1 --"])
def test_a_made_up_token_is_nobodys(store: Store, token: str) -> None:
    with_password(store)
    come_in(store)
    assert store.accounts.session(token, at=NOW) is None
    assert store.accounts.entry(token, at=NOW) is None
    assert store.accounts.enter_by(token, at=NOW).token is None


def test_another_role_counts_at_once_and_asks_to_come_in_again(store: Store) -> None:
    with_password(store)
    token = come_in(store) or ""
    added(store, role=Role.REVIEWER)
    assert store.accounts.session(token, at=NOW) is None
    account = store.accounts.session(come_in(store) or "", at=NOW)
    assert account is not None
    assert account.role is Role.REVIEWER


# ---- links -----------------------------------------------------------------------------------------------------------


def test_a_printed_link_opens_one_session_within_three_days(store: Store) -> None:
    account, link = added(store)
    for _ in range(3):  # robots look at links; looking uses nothing
        assert store.accounts.entry(link, at=NOW) == account
    entrance = store.accounts.enter_by(link, at=NOW + PRINTED - SECOND)
    assert store.accounts.session(entrance.token or "", at=NOW + PRINTED) == account
    assert store.accounts.enter_by(link, at=NOW).token is None
    assert store.accounts.entry(link, at=NOW) is None


def test_a_link_too_old_opens_nothing(store: Store) -> None:
    _, printed = added(store)
    assert store.accounts.enter_by(printed, at=NOW + PRINTED).token is None
    asked = store.accounts.ask_entry(AWA, HERE, at=NOW)
    assert asked is not None
    assert store.accounts.entry(printed, at=NOW) is None  # a newer one replaces it
    assert store.accounts.entry(asked[1], at=NOW + BY_MAIL) is None
    assert store.accounts.enter_by(asked[1], at=NOW + BY_MAIL).token is None


def test_a_link_used_by_several_at_once_opens_one_session(store: Store) -> None:
    _, link = added(store)
    with ThreadPoolExecutor(6) as threads:
        opened = list(threads.map(lambda _: store.accounts.enter_by(link, at=NOW).token, range(6)))
    assert len([token for token in opened if token]) == 1


def test_nobody_gets_a_link_for_an_address_without_an_account(store: Store) -> None:
    assert store.accounts.ask_entry("inconnu@malakoff.example", HERE, at=NOW) is None


# ---- how often -------------------------------------------------------------------------------------------------------


def test_after_five_failures_the_sixth_try_is_not_looked_at_for_a_while(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheaply(monkeypatch)
    with_password(store)
    for n in range(5):
        assert not store.accounts.enter(AWA, "pas celui-là", f"192.0.2.{n}", at=NOW).too_often
    assert store.accounts.enter(AWA, PASSWORD, "198.51.100.7", at=NOW + 14 * MINUTE).too_often
    assert store.accounts.enter("autre@malakoff.example", "x", HERE, at=NOW).too_often is False
    assert store.accounts.enter(AWA, PASSWORD, HERE, at=NOW + 15 * MINUTE).token


def test_one_client_tries_twenty_addresses_at_most(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    cheaply(monkeypatch)
    with_password(store)
    for n in range(20):
        assert not store.accounts.enter(f"a{n}@malakoff.example", "x", HERE, at=NOW).too_often
    assert store.accounts.enter(AWA, PASSWORD, HERE, at=NOW).too_often
    assert store.accounts.enter(AWA, PASSWORD, "192.0.2.99", at=NOW).token


def test_who_is_right_is_not_counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    cheaply(monkeypatch)
    with_password(store)
    for _ in range(3):
        for _ in range(4):
            assert come_in(store, "pas celui-là") is None
        assert come_in(store)
    for _ in range(25 - 12):
        come_in(store)
    assert come_in(store)


def test_many_tries_at_once_are_as_many(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    cheaply(monkeypatch)
    with_password(store)
    with ThreadPoolExecutor(8) as threads:
        tries = list(threads.map(lambda n: store.accounts.enter(AWA, f"essai {n}", f"c{n}", at=NOW), range(16)))
    assert sum(not one.too_often for one in tries) == 5


def test_links_are_asked_for_five_times_an_hour(store: Store) -> None:
    added(store)
    assert all(store.accounts.ask_entry(AWA, f"c{n}", at=NOW) for n in range(5))
    assert store.accounts.ask_entry(AWA, "ailleurs", at=NOW + 59 * MINUTE) is None
    assert store.accounts.ask_entry(AWA, "ailleurs", at=NOW + HOUR)


def test_attempts_are_kept_for_a_day_without_an_address(store: Store) -> None:
    added(store)
    come_in(store, "x")
    store.accounts.enter(AWA, "x", HERE, at=NOW + DAY)
    with store._database.reading() as connection:
        rows = connection.execute(select(attempts)).all()
    assert len(rows) == 2
    assert not any(AWA in str(row) or HERE in str(row) for row in rows)
