"""Noticing: a mail that is no letter leaves once, whatever crashes; the store first, then relays and processes."""

import email
import multiprocessing
import os
import shutil
import signal
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path

import pytest
from sendgrid_standin import KEY
from sendgrid_standin import serving as standing_in
from smtp_server import DROP, Server, serving

from newsletter.config import Config, Delivery, SendGrid, Site, Smtp, Town
from newsletter.errors import ConfigError
from newsletter.model import Answer, Entry, Event, Happening, Notice, NoticeState, Origin, Receipt
from newsletter.pipeline import deliver_notices, put_notice
from newsletter.store import Handed, Store, Worker, database

NOW = datetime(2021, 12, 7, 8, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
URL = "sqlite:///newsletter.db"
HERE = Worker.here()
CONFIRM = Notice(
    "confirmation", "confirmation 3f9a", "lea@example.org", "Confirmez", "Bonjour,\n\nhttps://x.example/c/1\n"
)


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commits that a killed process survives, but not the machine: these tests are many."""
    monkeypatch.setattr(database, "LASTING", "OFF")
    monkeypatch.setattr(database, "QUICK", "OFF")


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    Store.open(URL, folder).close()
    return folder / "newsletter.db"


@pytest.fixture
def store(tmp_path: Path, migrated: Path, quick_disk: None) -> Iterator[Store]:
    shutil.copy(migrated, tmp_path / "newsletter.db")
    with Store.open(URL, tmp_path) as opened:
        yield opened


def notice(number: int, address: str = "lea@example.org") -> Notice:
    return replace(CONFIRM, about=f"confirmation {number}", address=address)


def handed(store: Store, *, at: datetime = NOW, worker: Worker = HERE) -> Handed:
    taken = store.notices.hand_over(worker, at=at)
    assert taken
    return taken


def say(store: Store, of: Handed, answer: Answer, *, at: datetime = NOW, **more: float) -> bool:
    return store.notices.settle(of, Receipt(of.delivery, answer, "dit", "réf", **more), at=at)


def counts(store: Store) -> dict[str, int]:
    return {state.value: number for state, number in store.notices.counts().items() if number}


# ---- the outbox ------------------------------------------------------------------------------------------------------


def test_a_notice_goes_its_way_once(store: Store) -> None:
    assert store.notices.next_free() is None
    assert store.notices.put(CONFIRM, at=NOW)
    assert store.notices.next_free() == NOW
    taken = handed(store)
    assert taken.notice == CONFIRM
    assert counts(store) == {"sending": 1}
    assert store.notices.hand_over(HERE, at=NOW) is None
    assert say(store, taken, Answer.ACCEPTED)
    assert not say(store, taken, Answer.REFUSED)
    assert counts(store) == {"accepted": 1}
    assert store.notices.hand_over(HERE, at=NOW + DAY) is None


def test_of_two_about_the_same_thing_one_is_sent(store: Store) -> None:
    assert store.notices.put(CONFIRM, at=NOW)
    assert not store.notices.put(replace(CONFIRM, address="zoe@example.org"), at=NOW)
    say(store, handed(store), Answer.ACCEPTED)
    assert not store.notices.put(CONFIRM, at=NOW + DAY)
    assert counts(store) == {"accepted": 1}


def test_who_has_waited_longest_leaves_first(store: Store) -> None:
    for number in (3, 1, 2):
        store.notices.put(notice(number), at=NOW + number * MINUTE)
    assert store.notices.hand_over(HERE, at=NOW) is None
    assert [handed(store, at=NOW + DAY).notice.about[-1] for _ in range(3)] == ["1", "2", "3"]


def test_a_copy_of_a_letter_is_never_called_as_a_notice(store: Store) -> None:
    store.notices.put(CONFIRM, at=NOW)
    assert store.ledger.reader(handed(store).delivery) is None


@pytest.mark.parametrize(
    ("told", "waited"),
    [(None, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440]), (3600.0, [60, 60, 60, 60, 60, 60, 64, 128])],
)
def test_later_is_tried_again_less_and_less_often(store: Store, told: float | None, waited: list[int]) -> None:
    store.notices.put(CONFIRM, at=NOW)
    at = NOW
    for minutes in waited:
        taken = handed(store, at=at)
        assert say(store, taken, Answer.LATER, at=at, **({"retry_after": told} if told else {}))
        assert store.notices.hand_over(HERE, at=at + (minutes - 1) * MINUTE) is None
        at = store.notices.next_free() or at
    assert at == NOW + sum(waited) * MINUTE
    assert handed(store, at=at).notice == CONFIRM


def test_later_for_a_week_is_a_refusal(store: Store) -> None:
    store.notices.put(CONFIRM, at=NOW)
    at, tries = NOW, 0
    while taken := store.notices.hand_over(HERE, at=at):
        say(store, taken, Answer.LATER, at=at)
        at, tries = store.notices.next_free() or at, tries + 1
        assert tries < 30
    assert counts(store) == {"refused": 1}
    assert NOW + 6 * DAY < at <= NOW + 7 * DAY


@pytest.mark.parametrize(
    ("worker", "at", "uncertain"),
    [
        (HERE, NOW + DAY, 0),
        (replace(HERE, boot="another boot"), NOW, 1),
        (replace(HERE, pid=2**22 + 1), NOW, 1),
        (replace(HERE, host="another machine"), NOW + 9 * MINUTE, 0),
        (replace(HERE, host="another machine"), NOW + 10 * MINUTE, 1),
    ],
    ids=["alive", "before a restart", "dead", "elsewhere", "elsewhere too long"],
)
def test_what_a_dead_worker_carried_is_uncertain(store: Store, worker: Worker, at: datetime, uncertain: int) -> None:
    store.notices.put(notice(1), at=NOW)
    store.notices.put(notice(2), at=NOW)
    handed(store, worker=worker)
    assert store.notices.recover(HERE, at=at) == uncertain
    assert counts(store) == {"queued": 1, "uncertain" if uncertain else "sending": 1}
    assert store.notices.recover(HERE, at=at) == 0


def test_what_is_uncertain_never_leaves_again_but_may_be_told(store: Store) -> None:
    store.notices.put(CONFIRM, at=NOW)
    taken = handed(store)
    assert store.notices.doubt(taken, at=NOW)
    assert not store.notices.doubt(taken, at=NOW)
    assert store.notices.hand_over(HERE, at=NOW + DAY) is None
    assert not say(store, taken, Answer.LATER)
    assert say(store, taken, Answer.ACCEPTED)
    assert counts(store) == {"accepted": 1}


def test_an_answer_to_an_earlier_try_changes_nothing(store: Store) -> None:
    store.notices.put(CONFIRM, at=NOW)
    first = handed(store)
    say(store, first, Answer.LATER)
    second = handed(store, at=NOW + MINUTE)
    for answer in Answer:
        assert not say(store, first, answer)
    assert not store.notices.doubt(first, at=NOW)
    assert say(store, second, Answer.ACCEPTED)


@pytest.mark.parametrize(
    ("answer", "kind", "changed", "state"),
    [
        (Answer.ACCEPTED, Happening.BOUNCED, True, "refused"),
        (Answer.ACCEPTED, Happening.BLOCKED, True, "refused"),
        (Answer.ACCEPTED, Happening.DELIVERED, False, "accepted"),
        (Answer.ACCEPTED, Happening.DEFERRED, False, "accepted"),
        (Answer.ACCEPTED, Happening.COMPLAINED, False, "accepted"),
        (Answer.UNCERTAIN, Happening.BOUNCED, True, "refused"),
        (Answer.UNCERTAIN, Happening.DELIVERED, True, "accepted"),
        (Answer.REFUSED, Happening.DELIVERED, False, "refused"),
        (Answer.LATER, Happening.BOUNCED, False, "queued"),
        (None, Happening.DROPPED, True, "refused"),
    ],
)
def test_what_is_said_of_one_that_left(
    store: Store, answer: Answer | None, kind: Happening, changed: bool, state: str
) -> None:
    store.notices.put(CONFIRM, at=NOW)
    taken = handed(store)
    if answer:
        say(store, taken, answer)
    event = Event("mail:1", taken.delivery, kind, NOW, "5.1.1", "no such mailbox")
    assert store.notices.hear(event, at=NOW) is changed
    assert store.notices.hear(event, at=NOW) is False, "twice is once"
    assert counts(store) == {state: 1}
    assert store.notices.hear(replace(event, delivery="n" + "0" * 20), at=NOW) is None
    asked = store.notices.refused(["LEA@example.org", "zoe@example.org"], since=NOW)
    assert asked == ([("lea@example.org", "Confirmez")] if state == "refused" else [])
    assert store.notices.refused(["zoe@example.org"], since=NOW) == []
    assert store.notices.refused(["lea@example.org"], since=NOW + MINUTE) == []


def test_when_there_is_no_way_out_all_wait(store: Store) -> None:
    for number in range(3):
        store.notices.put(notice(number), at=NOW)
    store.notices.put(notice(4), at=NOW + DAY)
    store.notices.put_off(NOW + MINUTE)
    assert store.notices.hand_over(HERE, at=NOW) is None
    assert [store.notices.hand_over(HERE, at=NOW + MINUTE) is None for _ in range(4)] == [False, False, False, True]


def test_a_restored_copy_knows_nothing_of_what_was_to_leave(store: Store) -> None:
    for number in range(3):
        store.notices.put(notice(number), at=NOW)
    say(store, handed(store), Answer.ACCEPTED)
    handed(store)
    assert store.notices.doubt_unfinished("copie restaurée", at=NOW) == 2
    assert counts(store) == {"accepted": 1, "uncertain": 2}


def test_how_many_mails_a_mailbox_was_sent_is_known_however_it_is_typed(store: Store) -> None:
    for number, address in enumerate(["lea@example.org", "LEA@Example.ORG", "zoe@example.org"]):
        store.notices.put(notice(number, address), at=NOW + number * MINUTE)
    assert store.notices.since("Lea@example.org", NOW) == 2
    assert store.notices.since("lea@example.org", NOW + MINUTE) == 1


def test_erasing_somebody_erases_what_was_written_to_them(store: Store) -> None:
    """Also what is on its way: a "later" brings nothing back."""
    for number in range(3):
        store.notices.put(notice(number), at=NOW)
    store.notices.put(notice(9, "zoe@example.org"), at=NOW + MINUTE)
    say(store, handed(store), Answer.ACCEPTED)
    on_its_way = handed(store)
    assert store.subscribers.erase("LEA@example.org", at=NOW)
    assert not say(store, on_its_way, Answer.LATER)
    assert store.notices.since("lea@example.org", NOW) == 0
    assert handed(store, at=NOW + DAY).notice.address == "zoe@example.org"
    assert store.notices.hand_over(HERE, at=NOW + 30 * DAY) is None


def rows(path: Path) -> str:
    with closing(sqlite3.connect(path / "newsletter.db")) as read:
        return str(read.execute("SELECT * FROM notices ORDER BY id").fetchall())


def test_its_words_are_forgotten_once_it_has_left(store: Store, tmp_path: Path) -> None:
    for number in range(4):
        store.notices.put(notice(number), at=NOW)
    assert rows(tmp_path).count("https://x.example/c/1") == 4
    for answer in (Answer.ACCEPTED, Answer.REFUSED, Answer.UNCERTAIN, Answer.LATER):
        say(store, handed(store), answer)
    assert rows(tmp_path).count("https://x.example/c/1") == 1


def test_who_it_went_to_is_forgotten_later_but_not_that_it_went(store: Store, tmp_path: Path) -> None:
    for number in range(3):
        store.notices.put(notice(number), at=NOW + number * DAY)
    for _ in range(2):
        say(store, handed(store, at=NOW + 5 * DAY), Answer.ACCEPTED)
    assert store.notices.forget(NOW + DAY) == 1
    assert store.notices.forget(NOW + 9 * DAY) == 1, "what is queued is not forgotten"
    assert store.notices.forget(NOW + 9 * DAY) == 0
    assert rows(tmp_path).count("lea@example.org") == 1
    assert not store.notices.put(notice(0), at=NOW + 9 * DAY)


# ---- on their way ----------------------------------------------------------------------------------------------------


def town(folder: Path, port: int = 0) -> Config:
    return Config(
        folder=folder,
        town=Town(name="Ville (exemple)", sender="Vie associative <asso@ville.example>", reply_to="lu@ville.example"),
        site=Site(url="https://lettre.ville.example"),
        delivery=Delivery(transport="smtp", smtp=Smtp(host="127.0.0.1", port=port or free(), security="none")),
    )


def free() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def test_a_notice_says_that_a_program_wrote_it_and_is_no_list(store: Store, server: Server, tmp_path: Path) -> None:
    put_notice(store, replace(CONFIRM, text="Été.\nhttps://x.example/c/1\n"), NOW)
    deliver_notices(town(tmp_path, server.port), store, lambda: NOW)
    (mail,) = server.mails
    read = email.message_from_bytes(mail.content, policy=policy.default)
    assert (mail.sender, mail.recipient) == ("asso@ville.example", "lea@example.org")
    assert {name: str(value) for name, value in read.items()} == {
        "From": "Vie associative <asso@ville.example>",
        "Reply-To": "lu@ville.example",
        "Subject": "Confirmez",
        "To": "lea@example.org",
        "Date": "Tue, 07 Dec 2021 09:00:00 +0100",
        "Message-ID": f"<{mail.delivery}@ville.example>",
        "MIME-Version": "1.0",
        "Auto-Submitted": "auto-generated",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
    }
    assert read.get_content().replace("\r\n", "\n") == "Été.\nhttps://x.example/c/1\n"


def test_a_notice_comes_back_to_where_letters_do_at_an_address_of_its_own(
    store: Store, server: Server, tmp_path: Path
) -> None:
    settings = town(tmp_path, server.port)
    returning = settings.delivery.model_copy(update={"return_path": "retours@ville.example"})
    put_notice(store, CONFIRM, NOW)
    deliver_notices(settings.model_copy(update={"delivery": returning}), store, lambda: NOW)
    (mail,) = server.mails
    assert mail.sender == f"retours+{mail.delivery}@ville.example"
    assert mail.delivery.startswith("n")
    assert b"From: Vie associative <asso@ville.example>" in mail.content


def test_an_html_part_goes_beside_the_text(store: Store, server: Server, tmp_path: Path) -> None:
    put_notice(store, replace(CONFIRM, html="<p>Été</p>"), NOW)
    deliver_notices(town(tmp_path, server.port), store, lambda: NOW)
    read = email.message_from_bytes(server.mails[0].content, policy=policy.default)
    assert [part.get_content_type() for part in read.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_a_mark_of_letters_in_a_notice_is_a_word_like_others(store: Store, server: Server, tmp_path: Path) -> None:
    marked = {
        "subject": "[[text:first_name]]",
        "text": "[[text:unsubscribe]] [[html:nothing]]",
        "html": "[[html:online]]",
    }
    put_notice(store, replace(CONFIRM, **marked), NOW)
    assert deliver_notices(town(tmp_path, server.port), store, lambda: NOW).answers == {Answer.ACCEPTED: 1}
    assert b"[ [text:unsubscribe]] [ [html:nothing]]" in server.mails[0].content


def test_it_is_on_disk_that_it_leaves_before_a_byte_does(store: Store, server: Server, tmp_path: Path) -> None:
    seen: list[object] = []

    def look(stage: str, address: str) -> None:
        with closing(sqlite3.connect(tmp_path / "newsletter.db")) as read:
            seen.append((stage, read.execute("SELECT state FROM notices").fetchone()[0]))

    server.fault = look
    put_notice(store, CONFIRM, NOW)
    deliver_notices(town(tmp_path, server.port), store, lambda: NOW)
    assert seen[0] == ("mail", "sending")
    assert counts(store) == {"accepted": 1}


@pytest.mark.parametrize(
    ("stage", "fault", "state"),
    [
        ("mail", "451 4.3.0 later", "queued"),
        ("rcpt", "450 4.2.0 greylisted", "queued"),
        ("rcpt", "550 5.1.1 <lea@example.org> nobody here", "refused"),
        ("data", DROP, "queued"),
        ("content", "452 4.3.1 full", "queued"),
        ("content", DROP, "uncertain"),
        ("kept", DROP, "uncertain"),
    ],
)
def test_what_the_relay_does_is_written_down(
    store: Store, server: Server, tmp_path: Path, stage: str, fault: str, state: str
) -> None:
    failing = [fault] * 9
    server.fault = lambda now, address: failing.pop() if now == stage and failing else None
    put_notice(store, CONFIRM, NOW)
    deliver_notices(town(tmp_path, server.port), store, lambda: NOW)
    assert counts(store) == {state: 1}
    failing.clear()
    deliver_notices(town(tmp_path, server.port), store, lambda: NOW + DAY)
    deliver_notices(town(tmp_path, server.port), store, lambda: NOW + 2 * DAY)
    arrived = len(server.mails)
    assert counts(store) == {"accepted" if state == "queued" else state: 1}
    assert arrived == (state == "queued" or (stage, fault) == ("kept", DROP))


def test_a_refusal_is_logged_without_who_it_was(
    store: Store, server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.fault = lambda stage, address: "550 5.1.1 <lea@example.org> nobody here" if stage == "rcpt" else None
    put_notice(store, CONFIRM, NOW)
    with caplog.at_level("INFO"):
        deliver_notices(town(tmp_path, server.port), store, lambda: NOW)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("newsletter")]
    assert any(line.startswith("notice_refused kind=confirmation delivery=n") for line in ours)
    assert not any("example.org" in line for line in ours)


def test_one_mailbox_that_is_refused_stops_no_other(store: Store, server: Server, tmp_path: Path) -> None:
    for number, address in enumerate(["lea@example.org", "no mailbox", "", "zoé@exemple.example", "max@example.org"]):
        put_notice(store, notice(number, address), NOW)
    given = deliver_notices(town(tmp_path, server.port), store, lambda: NOW)
    assert (given.answers, given.fault) == ({Answer.ACCEPTED: 3, Answer.REFUSED: 2}, None)
    assert len(server.mails) == 3


def test_without_a_way_out_all_wait_and_one_is_tried(store: Store, tmp_path: Path) -> None:
    for number in range(3):
        put_notice(store, notice(number), NOW)
    config, outbox = filing(tmp_path), tmp_path / "outbox"
    outbox.write_text("a file where a folder is meant to be")
    given = deliver_notices(config, store, lambda: NOW)
    assert given.answers == {}
    assert "outbox" in (given.fault or "")
    assert counts(store) == {"queued": 3}
    assert deliver_notices(config, store, lambda: NOW + MINUTE / 2).fault is None, "it is left alone for a minute"
    outbox.unlink()
    given = deliver_notices(config, store, lambda: NOW + MINUTE)
    assert (given.answers, len(list(outbox.iterdir()))) == ({Answer.ACCEPTED: 3}, 3)


def filing(folder: Path) -> Config:
    return town(folder).model_copy(update={"delivery": Delivery(outbox="outbox")})


def test_a_hundred_leave_at_a_time_so_that_a_service_can_stop(store: Store, tmp_path: Path) -> None:
    for number in range(103):
        put_notice(store, notice(number), NOW)
    left = [deliver_notices(filing(tmp_path), store, lambda: NOW).answers.total() for _ in range(3)]
    assert left == [100, 3, 0]


def test_where_nothing_waits_nothing_is_opened(store: Store, tmp_path: Path) -> None:
    unready = replace_town(town(tmp_path), sender=None)
    assert deliver_notices(unready, store, lambda: NOW).answers == {}
    put_notice(store, CONFIRM, NOW + MINUTE)
    assert deliver_notices(unready, store, lambda: NOW).answers == {}
    with pytest.raises(ConfigError, match=r"town\.sender"):
        deliver_notices(unready, store, lambda: NOW + MINUTE)
    assert counts(store) == {"queued": 1}


def replace_town(config: Config, **changes: object) -> Config:
    return config.model_copy(update={"town": config.town.model_copy(update=changes)})


def test_a_sender_that_cannot_be_written_leaves_all_queued(store: Store, server: Server, tmp_path: Path) -> None:
    put_notice(store, CONFIRM, NOW)
    given = deliver_notices(replace_town(town(tmp_path, server.port), sender="X <pas d'adresse>"), store, lambda: NOW)
    assert given.fault
    assert counts(store) == {"queued": 1}


def test_an_outbox_names_it(store: Store, tmp_path: Path) -> None:
    put_notice(store, CONFIRM, NOW)
    deliver_notices(filing(tmp_path), store, lambda: NOW)
    (path,) = (tmp_path / "outbox").iterdir()
    assert path.name.startswith("notice-confirmation-lea-n")


def test_sendgrid_takes_it_with_the_same_words(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDGRID_API_KEY", KEY)
    put_notice(store, CONFIRM, NOW)
    with standing_in() as standin:
        way = Delivery(transport="sendgrid", sendgrid=SendGrid(url=standin.url))
        deliver_notices(town(tmp_path).model_copy(update={"delivery": way}), store, lambda: NOW)
        (mail,) = standin.arrived().values()
    assert (mail.to, mail.subject, mail.headers) == (
        "lea@example.org",
        "Confirmez",
        {"Auto-Submitted": "auto-generated"},
    )
    assert mail.parts == {"text/plain": CONFIRM.text}
    assert counts(store) == {"accepted": 1}


def test_an_answer_that_cannot_be_written_down_leaves_it_uncertain(
    store: Store, server: Server, tmp_path: Path
) -> None:
    put_notice(store, CONFIRM, NOW)
    put_notice(store, notice(2), NOW)
    with closing(sqlite3.connect(tmp_path / "newsletter.db", isolation_level=None)) as other:
        full = "WHEN NEW.state = 'accepted' BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        other.execute(f"CREATE TRIGGER full BEFORE UPDATE ON notices {full}")
    with pytest.raises(Exception, match="full"):
        deliver_notices(town(tmp_path, server.port), store, lambda: NOW)
    assert counts(store) == {"uncertain": 1, "queued": 1}
    assert len(server.mails) == 1


def test_interrupted_what_is_on_its_way_ends_or_is_uncertain_and_nothing_more_leaves(
    store: Store, server: Server, tmp_path: Path
) -> None:
    def interrupt(stage: str, address: str) -> float | None:
        if stage != "kept":
            return None
        os.kill(os.getpid(), signal.SIGUSR1)
        return 0.2

    server.fault = interrupt
    put_notice(store, CONFIRM, NOW)
    put_notice(store, notice(2), NOW)
    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            deliver_notices(town(tmp_path, server.port), store, lambda: NOW)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert len(server.mails) == 1
    assert counts(store) in ({"accepted": 1, "queued": 1}, {"uncertain": 1, "queued": 1})


# ---- several, and killed ---------------------------------------------------------------------------------------------

MANY = 30


def deliver(folder: Path, port: int) -> None:
    with Store.open(URL, folder) as store:
        while deliver_notices(town(folder, port), store, lambda: NOW).answers:
            pass


def many(folder: Path) -> set[str]:
    addresses = {f"lecteur{n}@example.org" for n in range(MANY)}
    with Store.open(URL, folder) as store:
        for number, address in enumerate(sorted(addresses)):
            put_notice(store, notice(number, address), NOW)
    return addresses


def test_of_several_processes_each_notice_leaves_by_one(server: Server, tmp_path: Path) -> None:
    addresses, context = many(tmp_path), multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["newsletter.pipeline"])
    workers = [context.Process(target=deliver, args=(tmp_path, server.port)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert Counter(mail.recipient for mail in server.mails) == dict.fromkeys(addresses, 1)


def test_killed_again_and_again_nobody_is_written_to_twice_and_nobody_is_forgotten(
    server: Server, tmp_path: Path
) -> None:
    addresses, context, kills = many(tmp_path), multiprocessing.get_context("forkserver"), 0
    context.set_forkserver_preload(["newsletter.pipeline"])
    for share in range(5, MANY, 5):
        workers = [context.Process(target=deliver, args=(tmp_path, server.port)) for _ in range(2)]
        for worker in workers:
            worker.start()
        end = time.monotonic() + 10
        while len(server.mails) < share and time.monotonic() < end:
            time.sleep(0.001)
        for worker in workers:
            kills += worker.is_alive()
            worker.kill()
            worker.join()
    deliver(tmp_path, server.port)
    arrived = Counter(mail.recipient for mail in server.mails)
    with closing(sqlite3.connect(tmp_path / "newsletter.db")) as read:
        found = read.execute("SELECT address, state FROM notices").fetchall()
    doubtful = {address for address, state in found if state == NoticeState.UNCERTAIN}
    assert kills
    assert set(arrived.values()) == {1}
    assert set(arrived) | doubtful == addresses
    assert {address for address, state in found if state == NoticeState.ACCEPTED} <= set(arrived)
    assert len(doubtful) <= kills, "one a kill"


def test_one_who_reads_and_one_who_is_erased_meanwhile(store: Store, server: Server, tmp_path: Path) -> None:
    """Somebody erased while a mail for them is on its way: it leaves, nothing of it stays."""
    entry = Entry(Origin("abonnes.csv", None, 1), "lea@example.org", "Léa", ("public",), (), NOW, "Forum")
    store.subscribers.take([entry], at=NOW, file="abonnes.csv")
    put_notice(store, CONFIRM, NOW)

    def erase(stage: str, address: str) -> None:
        if stage == "content":
            store.subscribers.erase("lea@example.org", at=NOW)

    server.fault = erase
    deliver_notices(town(tmp_path, server.port), store, lambda: NOW)
    assert len(server.mails) == 1
    assert "lea@" not in rows(tmp_path)
    assert store.notices.next_free() is None
