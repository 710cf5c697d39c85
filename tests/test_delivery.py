"""Delivery: one suite for all transports, then a ledger and a transport together, then what a killed process leaves."""

import email.policy
import itertools
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import postgres
import pytest
from mailing_office import NOW, entries, links, message, office
from sendgrid_standin import KEY, Seen, StandIn
from sendgrid_standin import serving as standing_in
from smtp_server import DROP, Server, serving

from newsletter.config import Delivery, SendGrid, Smtp
from newsletter.delivery import Transport, deliver, eml, letter_headers, open_transport
from newsletter.delivery import smtp as relay
from newsletter.delivery.gauge import Gauge
from newsletter.errors import ConfigError, NewsletterError, TokenRefused, TransportError
from newsletter.model import Answer, DeliveryState, Field, MailingState, Message, Receipt, Recipient
from newsletter.store import Store, Worker

LETTER = Message(
    sender="Vie associative (exemple) <asso@malakoff.example>",
    reply_to="asso@malakoff.example",
    subject="La lettre des associations : décembre 2021",
    html='<p>Bonjour [[html:first_name]]</p>\n<a href="[[html:unsubscribe]]">Se désinscrire</a>\n',
    text="Bonjour [[text:first_name]]\n[[text:unsubscribe]]\n",
    domain="malakoff.example",
    date=datetime(2021, 12, 7, 9, tzinfo=UTC),
    headers=letter_headers("Lettre", "associations.lettre.malakoff.example", "asso@malakoff.example"),
    label="2021-12-associations",
)


def reader(number: int) -> Recipient:
    link = f"https://lettre.malakoff.example/d/{number:020}"
    fields = {Field.FIRST_NAME: f"Zoé {number}", Field.UNSUBSCRIBE: link}
    return Recipient(f"d{number:04}", f"zoe.{number}@asso.example", fields)


READERS = [reader(number) for number in range(12)]


@dataclass
class World:
    """A transport and where its mails arrive."""

    settings: Delivery
    folder: Path
    server: Server
    standin: StandIn

    def open(self) -> Transport:
        return open_transport(self.settings, self.folder, {"SENDGRID_API_KEY": KEY})

    def arrived(self) -> dict[str, bytes | Seen]:
        """What arrived, by the number of the copy: its bytes, or what SendGrid makes of it."""
        files = {path.stem.rpartition("-")[2]: path.read_bytes() for path in (self.folder / "outbox").glob("*")}
        return {**files, **{mail.delivery: mail.content for mail in self.server.mails}, **self.standin.arrived()}

    def meant(self, reader: Recipient) -> bytes | Seen:
        """What should arrive."""
        mail = eml(LETTER, reader)
        return seen(mail) if self.settings.transport == "sendgrid" else mail

    def send(self, recipients: list[Recipient], message: Message = LETTER) -> list[Receipt]:
        with closing(self.open()) as transport:
            return list(transport.send(message, recipients))


def seen(content: bytes) -> Seen:
    """A mail as its reader gets it."""
    mail = email.message_from_bytes(content.replace(b"\r\n", b"\n"), policy=email.policy.default)
    parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
    (sender,) = mail["From"].addresses
    headers = {name: str(value) for name, value in mail.items() if name.startswith(("List-", "Auto-"))}
    return Seen(str(mail["To"]), f"{sender.display_name} <{sender.addr_spec}>", str(mail["Subject"]), parts, headers)


@pytest.fixture(name="world", params=["files", "smtp", "sendgrid"])
def _world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with serving() as server, standing_in() as standin:
        relay = Smtp(host="127.0.0.1", port=server.port, security="none", connections=2)
        ways: dict[str, Any] = {"smtp": relay, "sendgrid": SendGrid(url=standin.url)}
        yield World(Delivery(transport=request.param, outbox="outbox", **ways), tmp_path, server, standin)


# ---- all transports -------------------------------------------------------------------------------------------------


def test_each_reader_gets_their_copy_and_each_copy_an_answer(world: World) -> None:
    receipts = world.send(READERS)
    assert {receipt.answer for receipt in receipts} == {Answer.ACCEPTED}
    assert sorted(receipt.delivery for receipt in receipts) == [reader.delivery for reader in READERS]
    assert world.arrived() == {reader.delivery: world.meant(reader) for reader in READERS}


def test_an_address_nobody_can_write_to_is_refused_and_the_others_get_their_copy(world: World) -> None:
    people = [*READERS[:3], replace(READERS[3], address="zoe\r\nBcc: x@y.example"), *READERS[4:]]
    refused = [receipt for receipt in world.send(people) if receipt.answer is not Answer.ACCEPTED]
    assert [(receipt.delivery, receipt.answer) for receipt in refused] == [("d0003", Answer.REFUSED)]
    assert "@" not in refused[0].detail
    assert set(world.arrived()) == {reader.delivery for reader in READERS} - {"d0003"}


@pytest.mark.parametrize(
    ("message", "people"),
    [
        (replace(LETTER, html="<p>[[html:surname]]</p>"), READERS),
        (LETTER, [replace(reader, fields={}) for reader in READERS]),
    ],
    ids=["an unknown mark", "a missing link"],
)
def test_a_letter_that_cannot_leave_stops_all_and_nobody_is_lost(
    world: World, message: Message, people: list[Recipient]
) -> None:
    receipts: list[Receipt] = []
    with closing(world.open()) as transport, pytest.raises(NewsletterError):
        receipts.extend(transport.send(message, people))
    assert sorted(receipt.delivery for receipt in receipts) == [reader.delivery for reader in READERS]
    assert {receipt.answer for receipt in receipts} == {Answer.LATER}
    assert world.arrived() == {}


def test_nobody_to_send_to_is_no_trouble(world: World) -> None:
    assert world.send([]) == []


def test_a_window_may_be_followed_by_another_and_is_not_too_large(world: World) -> None:
    with closing(world.open()) as transport:
        assert 1 <= transport.batch_size <= 1000
        for window in (READERS[:5], READERS[5:]):
            assert len(list(transport.send(LETTER, window))) == len(window)
    assert len(world.arrived()) == len(READERS)


def test_whoever_stops_listening_leaves_nothing_hanging(world: World) -> None:
    with closing(world.open()) as transport:
        answers = transport.send(LETTER, READERS)
        assert next(answers).answer is Answer.ACCEPTED
        with suppress(AttributeError):
            answers.close()  # type: ignore[attr-defined] # both are generators


def test_a_key_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="SENDGRID_API_KEY"):
        open_transport(Delivery(transport="sendgrid"), tmp_path, {})


def test_a_login_without_its_password_is_said(tmp_path: Path) -> None:
    settings = Delivery(transport="smtp", smtp=Smtp(user="mairie"))
    with pytest.raises(ConfigError, match="SMTP_PASSWORD"):
        open_transport(settings, tmp_path, {"SMTP_PASSWORD": ""})
    open_transport(settings, tmp_path, {"SMTP_PASSWORD": "secret"}).close()


# ---- files ----------------------------------------------------------------------------------------------------------


def files(folder: Path) -> Transport:
    return open_transport(Delivery(outbox="outbox"), folder, {})


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "outbox").iterdir())


@pytest.mark.parametrize(
    ("label", "address", "name"),
    [
        ("2021-12-public", "Marie.Curie@asso.example", "2021-12-public-marie.curie-d0000.eml"),
        ("2021-12-public", "élodie@asso.example", "2021-12-public-elodie-d0000.eml"),
        ("2021-12-public", '"../../a b"@asso.example', "2021-12-public-a-b-d0000.eml"),
        ("../../etc", "a/b@asso.example", "etc-a-b-d0000.eml"),
        ("message", "用户@asso.example", "message-x-d0000.eml"),
        ("message", "a" * 60 + "@asso.example", f"message-{'a' * 40}-d0000.eml"),
    ],
)
def test_a_file_bears_the_months_and_the_readers_name_and_stays_in_its_folder(
    tmp_path: Path, label: str, address: str, name: str
) -> None:
    receipts = list(files(tmp_path).send(replace(LETTER, label=label), [replace(READERS[0], address=address)]))
    assert names(tmp_path) == [name]
    assert receipts[0].reference == name


def test_a_copy_that_is_there_is_accepted_and_never_written_again(tmp_path: Path) -> None:
    list(files(tmp_path).send(LETTER, READERS[:1]))
    (path,) = (tmp_path / "outbox").iterdir()
    path.write_bytes(b"kept")
    assert [r.answer for r in files(tmp_path).send(LETTER, READERS[:2])] == [Answer.ACCEPTED] * 2
    assert path.read_bytes() == b"kept"
    assert len(names(tmp_path)) == 2


def test_an_outbox_nobody_can_write_to_is_said_and_nobody_is_lost(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file in the way")
    receipts: list[Receipt] = []
    with pytest.raises(TransportError, match="outbox"):
        receipts.extend(files(tmp_path).send(LETTER, READERS))
    assert [receipt.answer for receipt in receipts] == [Answer.LATER] * len(READERS)


def test_a_copy_that_cannot_be_finished_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "outbox" / ".d0003.part").mkdir(parents=True)
    receipts: list[Receipt] = []
    with pytest.raises(TransportError):
        receipts.extend(files(tmp_path).send(LETTER, READERS))
    assert [receipt.answer for receipt in receipts] == [Answer.ACCEPTED] * 3 + [Answer.LATER] * 9
    assert [name for name in names(tmp_path) if name.endswith(".eml")] == [
        f"2021-12-associations-zoe.{n}-d000{n}.eml" for n in range(3)
    ]


# ---- a ledger and a transport ---------------------------------------------------------------------------------------


@dataclass
class Post:
    """A mailing of 230 readers on its way through a real relay, with a clock one can turn."""

    store: Store
    number: int
    server: Server
    now: datetime = NOW
    told: int = 0

    def deliver(self, transport: Transport | None = None, **changes: Any) -> None:
        relay = Smtp(host="127.0.0.1", port=self.server.port, security="none", connections=2)
        settings = Delivery(transport="smtp", smtp=relay)
        ways: dict[str, Any] = {"worker": Worker.here(), "at": lambda: self.now, "fields": links, "progress": self.tell}
        with closing(transport or open_transport(settings, Path(), {})) as carrier:
            deliver(self.number, message(), self.store.ledger, carrier, **(ways | changes))

    def tell(self, settled: int) -> None:
        self.told += settled

    @property
    def counts(self) -> dict[str, int]:
        return {state.value: n for state, n in self.store.ledger.counts(self.number).items() if n}


READ_BY = 230


@pytest.fixture(name="post")
def _post(tmp_path: Path) -> Iterator[Post]:
    with serving() as server, office(tmp_path, READ_BY) as (store, number):
        yield Post(store, number, server)


def test_each_subscriber_gets_one_copy_and_a_second_order_sends_none(post: Post) -> None:
    post.deliver()
    assert post.counts == {"accepted": READ_BY}
    assert post.told == READ_BY
    post.deliver()
    assert len(post.server.mails) == len(set(post.server.deliveries)) == READ_BY
    assert {mail.recipient for mail in post.server.mails} == {entry.address for entry in entries(READ_BY)}
    assert post.store.ledger.finish(post.number, at=NOW)


def test_what_the_relay_says_of_each_is_in_the_ledger(post: Post) -> None:
    post.server.fault = lambda at, address: {
        ("rcpt", "lecteur3@asso.example"): "550 5.1.1 nobody here",
        ("rcpt", "lecteur4@asso.example"): "450 4.2.0 greylisted",
        ("kept", "lecteur5@asso.example"): DROP,
        ("data", "lecteur6@asso.example"): DROP,
    }.get((at, address))
    post.deliver()
    assert post.counts == {"accepted": READ_BY - 4, "refused": 1, "queued": 2, "uncertain": 1}
    assert [who.address for who in post.store.ledger.uncertain("2021-12")] == ["lecteur5@asso.example"]
    assert post.store.ledger.next_free(post.number) == NOW + timedelta(seconds=60)
    post.server.fault = lambda at, address: None
    post.deliver()
    assert post.counts["queued"] == 2  # their time has not come
    post.now += timedelta(seconds=60)
    post.deliver()
    assert post.counts["queued"] == 1
    post.now += timedelta(seconds=240)
    post.deliver()
    assert post.counts == {"accepted": READ_BY - 2, "refused": 1, "uncertain": 1}
    assert len(post.server.mails) == len(set(post.server.deliveries)) == READ_BY - 1  # who is uncertain did get theirs


def test_a_relay_that_is_not_there_leaves_everyone_queued(post: Post) -> None:
    with serving() as gone:
        pass
    with pytest.raises(TransportError, match="ne répond pas"):
        post.deliver(relay.Smtp(relay.Relay("127.0.0.1", gone.port, "none"), pauses=(0.0,)))
    assert post.counts == {"queued": READ_BY}


def test_who_leaves_while_a_mailing_is_on_its_way_gets_no_copy(post: Post) -> None:
    gone = set[str]()

    def leave(settled: int) -> None:
        if not gone:
            gone.update({entry.address for entry in entries(READ_BY)} - {mail.recipient for mail in post.server.mails})
            for who in gone:
                post.store.subscribers.leave(who, "public", reason="lien", at=NOW)

    post.deliver(progress=leave)
    late = gone & {mail.recipient for mail in post.server.mails}  # the window that was under way
    assert post.counts == {"accepted": READ_BY - len(gone) + len(late), "skipped": len(gone) - len(late)}
    assert len(late) <= 20 < len(gone)


def test_a_pause_stops_within_two_windows_and_a_resumed_mailing_sends_the_rest(post: Post) -> None:
    post.deliver(progress=lambda settled: post.store.ledger.pause(post.number))
    assert post.counts == {"accepted": 20, "queued": READ_BY - 20}
    post.deliver()
    assert len(post.server.mails) == 20
    assert post.store.ledger.resume(post.number)
    post.deliver()
    assert post.counts == {"accepted": READ_BY}
    assert len(set(post.server.deliveries)) == READ_BY


def test_more_than_five_refusals_in_a_hundred_pause_the_mailing_and_say_why(post: Post) -> None:
    asked = itertools.count()

    def one_in_ten(stage: str, address: str) -> str | None:
        refused = stage == "rcpt" and (number := next(asked)) % 10 == 0 and number < 110
        return "550 5.7.1 not from you <x@y.example>" if refused else None

    post.server.fault = one_in_ten
    post.deliver()
    mailing = post.store.ledger.mailing(post.number)
    assert mailing.state is MailingState.PAUSED
    assert mailing.reason is not None
    assert re.match(r"11 refus sur les 1\d\d premiers exemplaires \(550 5\.7\.1 not from you <…>\) ;", mailing.reason)
    assert post.counts["refused"] == 11
    assert post.counts["queued"] > 0
    assert post.store.ledger.resume(post.number)
    post.deliver()
    assert post.counts == {"accepted": 219, "refused": 11}


@pytest.mark.parametrize(
    ("copies", "refused", "pauses"),
    [(230, 10, False), (230, 11, True), (1000, 11, True), (60, 3, False), (60, 4, True), (5, 2, False), (5, 3, True)],
)
def test_how_many_refusals_are_too_many(copies: int, refused: int, pauses: bool) -> None:
    gauge = Gauge({DeliveryState.QUEUED: copies})
    answers = [Receipt("x", Answer.REFUSED, "550")] * refused
    answers += [Receipt("x", Answer.ACCEPTED)] * (min(copies, 200) - refused)
    assert (gauge.reason(answers) is not None) is pauses
    assert gauge.reason(answers) is None


def test_late_refusals_do_not_pause(post: Post) -> None:
    asked = itertools.count()
    post.server.fault = lambda at, address: (
        "550 5.1.1 nobody here" if at == "rcpt" and next(asked) >= READ_BY - 30 else None
    )
    post.deliver()
    assert post.counts == {"accepted": 200, "refused": 30}


def test_a_link_that_cannot_be_made_leaves_everyone_queued(post: Post) -> None:
    def broken(reader: Recipient) -> dict[Field, str]:
        raise TokenRefused("le secret manque")

    with pytest.raises(TokenRefused):
        post.deliver(fields=broken)
    assert post.counts == {"queued": READ_BY}
    post.deliver()  # and nobody has to wait for a lease to end
    assert post.counts == {"accepted": READ_BY}


class Forgetful:
    """A transport that hands over and tells less than it should."""

    batch_size = 20

    def __init__(self, carrier: Transport, silent: bool) -> None:
        self.carrier = carrier
        self.silent = silent

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Iterator[Receipt]:
        for number, receipt in enumerate(self.carrier.send(message, recipients)):
            if number == 3 and not self.silent:
                raise RuntimeError("a fault of ours")
            if number != 3:
                yield receipt

    def close(self) -> None:
        self.carrier.close()


def test_a_copy_nobody_answered_for_is_uncertain(post: Post, tmp_path: Path) -> None:
    post.deliver(Forgetful(files(tmp_path), silent=True))
    assert post.counts == {"accepted": READ_BY - 12, "uncertain": 12}


def test_a_fault_of_ours_leaves_two_windows_in_doubt_and_the_rest_queued(post: Post, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        post.deliver(Forgetful(files(tmp_path), silent=False))
    assert post.counts == {"accepted": 6, "uncertain": 34, "queued": READ_BY - 40}  # two windows were under way
    post.deliver()
    assert post.counts == {"accepted": READ_BY - 34, "uncertain": 34}


def test_what_is_logged_of_a_refusal_names_the_copy_and_nobody(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="newsletter")
    refused = "550 5.1.1 <lecteur7@asso.example> unknown"
    post.server.fault = lambda at, address: refused if (at, address) == ("rcpt", "lecteur7@asso.example") else None
    post.deliver()
    (refusal,) = (record.getMessage() for record in caplog.records if "copy_refused" in record.getMessage())
    assert re.fullmatch(r"copy_refused delivery=\w+ reason=550 5\.1\.1 <…> unknown", refusal)


# ---- what a killed process leaves -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kills", "url", "options"),
    [
        (7, "sqlite", ("--readers", "600")),
        (4, "postgresql", ("--readers", "500", "--faults", "--senders", "2")),
        (5, "sqlite", ("--readers", "1000", "--transport", "sendgrid", "--faults", "--senders", "2")),
        (4, "postgresql", ("--readers", "800", "--transport", "sendgrid")),
        (4, "sqlite", ("--readers", "1500", "--transport", "files")),
    ],
    ids=["smtp", "smtp, faults, two senders", "sendgrid, faults, two senders", "sendgrid", "files"],
)
def test_whenever_a_sender_is_killed_nobody_gets_two_copies_and_nobody_is_forgotten(
    kills: int, url: str, options: tuple[str, ...]
) -> None:
    """24 kills in all, but for those that come too late (files are quick); benchmarks/crash.py has 200 of each."""
    crashing = Path(__file__).with_name("crashing.py")
    where = postgres.empty() if url == "postgresql" else "sqlite:///var/newsletter.db"
    command = [sys.executable, str(crashing), "--json", "--url", where, "--kills", str(kills), *options]
    told = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert told.returncode == 0, told.stdout + told.stderr
    result = json.loads(told.stdout)
    assert result["broken"] == []
    assert result["kills"] >= (1 if "files" in options else kills)
    assert result["most_in_doubt_by_a_kill"] <= result["window"]
