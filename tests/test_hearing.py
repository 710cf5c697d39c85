"""Hearing: what comes back of letters, from a pipe, a mailbox or SendGrid, is kept once and acted upon at once."""

import base64
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import mailing_office
import pytest
import smtp_server
from imap_server import DROP, PASSWORD, USER, Box, serving
from mailing_office import NOW

from newsletter import pipeline, tokens
from newsletter.cli import answers, words
from newsletter.config import Config, Delivery, Returns, Site, Smtp, Town
from newsletter.delivery import eml
from newsletter.errors import ConfigError, TransportError
from newsletter.feedback import Mailbox, collect
from newsletter.model import Answer, DeliveryState, Event, Notice, Receipt, Recipient
from newsletter.pipeline import hearing, mailing
from newsletter.store import Heard, Store, Worker

LATER = NOW + timedelta(hours=1)
RETURNS = "retours@malakoff.example"


def settings(folder: Path, **delivery: Any) -> Config:
    return Config(
        folder=folder,
        town=Town(sender="Vie associative (exemple) <asso@malakoff.example>"),
        site=Site(url="https://lettre.malakoff.example"),
        delivery=Delivery(**{"return_path": RETURNS, **delivery}),
    )


@dataclass(frozen=True)
class Sent:
    """A town whose letter was accepted by a relay: `copies` are their numbers, in the order of their readers."""

    config: Config
    store: Store
    mailing: int
    copies: list[str]

    @property
    def states(self) -> dict[str, int]:
        counts = self.store.ledger.counts(self.mailing)
        return {str(state): count for state, count in counts.items() if count}

    def reads(self, number: int) -> tuple[str, ...]:
        known = self.store.subscribers.show(f"lecteur{number}@asso.example")
        assert known is not None
        return known.audiences

    def hear(self, mail: bytes, config: Config | None = None) -> Heard:
        return pipeline.hear(config or self.config, self.store, mail, LATER)


@pytest.fixture(scope="module", name="ready")
def _ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mailing that is ready, to be copied: making its tables takes longer than all the rest."""
    folder = tmp_path_factory.mktemp("ready")
    with mailing_office.office(folder, 4):
        return folder


@pytest.fixture(name="town")
def _town(tmp_path: Path, ready: Path) -> Iterator[Sent]:
    shutil.copytree(ready, tmp_path, dirs_exist_ok=True)
    with mailing_office.office(tmp_path) as (store, number):
        lease = store.ledger.lease(number, Worker.here(), at=NOW)
        assert lease is not None
        (window,) = lease.windows(10)
        gone = [reader.delivery for reader in store.ledger.hand_over(window, at=NOW)]
        store.ledger.settle([Receipt(copy, Answer.ACCEPTED) for copy in gone], at=NOW)
        yield Sent(settings(tmp_path), store, number, gone)


def bounce(copy: str, status: str = "5.1.1", action: str = "failed", returns: str = RETURNS) -> bytes:
    local, _, domain = returns.partition("@")
    return (
        "From: MAILER-DAEMON@mx.example\r\n"
        f"To: {local}+{copy}@{domain}\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nNon remis.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; x@y.example\r\nAction: {action}\r\nStatus: {status}\r\n\r\n--b--\r\n"
    ).encode()


def complaint(copy: str) -> bytes:
    mail = bounce(copy).replace(b"message/delivery-status", b"message/feedback-report")
    return mail.replace(b"Reporting-MTA: dns; mx.example", b"Feedback-Type: abuse\r\nVersion: 1")


HOLIDAY = b"From: zoe@asso.example\r\nTo: retours@malakoff.example\r\nSubject: Absente\r\n\r\nJusqu'au 3.\r\n"


# ---- one mail -------------------------------------------------------------------------------------------------------


def test_a_bounce_is_kept_once_and_counted(town: Sent) -> None:
    assert town.hear(bounce(town.copies[0])) == Heard(new=1, moved=1)
    assert town.hear(bounce(town.copies[0])) == Heard(known=1)
    assert town.states == {"accepted": 3, "bounced": 1}
    assert town.reads(0) == ("public",)  # once isn't for good: delivery.bounces says how often


def test_a_return_address_in_capitals_is_the_same_copy(town: Sent) -> None:
    assert town.hear(bounce(town.copies[0].upper())).new == 1


@pytest.mark.parametrize(
    ("status", "reads"),
    [("5.1.1", ()), ("5.1.2", ()), ("5.7.1", ("public",)), ("5.2.2", ("public",)), ("4.4.7", ("public",))],
)
def test_only_a_lost_mailbox_is_given_up_and_policy_never_is(town: Sent, status: str, reads: tuple[str, ...]) -> None:
    strict = settings(town.config.folder, bounces=1)
    town.hear(bounce(town.copies[0], status), strict)
    assert town.reads(0) == reads


def test_a_complaint_leaves_every_letter_at_once(town: Sent) -> None:
    assert town.hear(complaint(town.copies[1])) == Heard(new=1, moved=1, left=1)
    assert town.reads(1) == ()


def test_a_guessed_number_is_no_copy(town: Sent) -> None:
    nonce, number = town.copies[0][:20], town.copies[0][20:]
    for guess in (number, f"{'0' * 20}{number}", f"{nonce}{int(number, 16) + 1:x}", nonce, f"{nonce}{'f' * 15}"):
        for mail in (bounce(guess), complaint(guess)):
            heard = town.hear(mail)
            assert (heard.new, heard.known, heard.moved, heard.left) == (0, 0, 0, 0)
    assert town.states == {"accepted": 4}


# ---- leaving by mail ------------------------------------------------------------------------------------------------


def way_out(town: Sent, number: int) -> tuple[str, str]:
    """Where the `mailto:` of a reader's own letter leads, and its subject, as their program reads it."""
    letter = mailing_office.LETTER
    signer = tokens.Signer(tokens.secrets(town.config.var, os.environ))
    links = mailing.links(town.config, signer, town.copies[number], "2021-12", "public")
    reader = Recipient(town.copies[number], f"lecteur{number}@asso.example", links)
    head = message_from_bytes(eml(mailing.message(town.config, "2021-12", letter, NOW), reader), policy=policy.default)
    web, mail = re.findall(r"<([^<>]+)>", str(head["List-Unsubscribe"]).replace("\r\n", ""))
    assert web == f"https://lettre.malakoff.example/d/{signer.sign('unsubscribe', town.copies[number])}"
    parts = urlsplit(mail)
    assert parts.scheme == "mailto"
    return unquote(parts.path), parse_qs(parts.query)["subject"][0]


def written(to: str, subject: str, *more: str) -> bytes:
    return "\r\n".join(["From: qui@que.example", f"To: {to}", f"Subject: {subject}", *more, "", ""]).encode()


def test_a_notice_that_comes_back_is_refused_and_no_copy_is(town: Sent) -> None:
    town.store.notices.put(Notice("report", "2021-12 collect", "zoe@asso.example", "Vos annonces", "…\n"), at=NOW)
    handed = town.store.notices.hand_over(Worker.here(), at=NOW)
    assert handed is not None
    town.store.notices.settle(handed, Receipt(handed.delivery, Answer.ACCEPTED), at=NOW)
    assert town.hear(bounce(handed.delivery.upper())) == Heard(new=1)
    assert town.hear(bounce(handed.delivery)) == Heard(known=1)
    assert town.hear(bounce("n" + "0" * 20)) == Heard(strange=1)
    assert town.store.notices.refused(["zoe@asso.example"], since=NOW) == [("zoe@asso.example", "Vos annonces")]
    assert town.states == {"accepted": 4}
    assert all(town.reads(number) for number in range(4))


def test_the_mailto_of_a_letter_leaves_that_letter(town: Sent) -> None:
    to, subject = way_out(town, 2)
    assert to == RETURNS
    assert town.hear(written(to, subject)) == Heard(new=1, left=1)
    assert town.reads(2) == ()
    assert town.hear(written(to, f"Re: {subject}")).left == 0
    assert town.reads(1) == ("public",)


def test_a_robot_and_a_forger_leave_nothing(town: Sent) -> None:
    to, subject = way_out(town, 2)
    for mail in (
        written(to, subject, "Auto-Submitted: auto-replied"),
        written(to, subject[:-1]),
        written(to, subject.replace("unsubscribe ", "unsubscribe A")),
        written(to, f"unsubscribe {town.copies[2]}"),
    ):
        assert town.hear(mail) == Heard()
    assert town.reads(2) == ("public",)


def test_without_a_place_to_come_back_to_a_person_reads_who_leaves(town: Sent) -> None:
    bare = settings(town.config.folder, return_path=None)
    message = mailing.message(bare, "2021-12", mailing_office.LETTER, NOW)
    assert message.return_path is None
    assert "mailto:asso@malakoff.example?subject=unsubscribe%20public" in dict(message.headers)["List-Unsubscribe"]


def test_the_lines_of_the_way_out_stay_short_enough_for_any_server(town: Sent) -> None:
    long = replace(mailing_office.message(), headers=mailing.message(town.config, "2021-12", LETTER, NOW).headers)
    signer = tokens.Signer(["seize caractères au moins"])
    there = town.config.model_copy(update={"site": Site(url="https://lettre.malakoff.example/" + "x" * 600)})
    copy = eml(long, Recipient("a" * 35, "z@asso.example", mailing.links(there, signer, "a" * 35, "2021-12", "public")))
    head = copy.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert max(map(len, head)) < 998
    assert max(len(line) for line in head if b"mailto" in line) < 250


LETTER = mailing_office.LETTER


# ---- a mailbox ------------------------------------------------------------------------------------------------------


@pytest.fixture(name="box")
def _box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    monkeypatch.setenv("IMAP_PASSWORD", PASSWORD)
    with serving() as box:
        yield box


def visited(town: Sent, box: Box, **mailbox: Any) -> pipeline.Collected:
    told = Returns(**{"host": "127.0.0.1", "port": box.port, "security": "none", "user": USER, **mailbox})
    return pipeline.hear_mailbox(settings(town.config.folder, mailbox=told), town.store, LATER)


def test_a_mailbox_is_read_and_what_is_understood_is_marked(town: Sent, box: Box) -> None:
    box.put(bounce(town.copies[0]), HOLIDAY, complaint(town.copies[1]), bounce("0" * 21))
    found = visited(town, box)
    assert (found.looked, found.understood) == (4, 2)
    assert found.heard == Heard(new=2, strange=1, moved=2, left=1)
    assert box.seen() == [True, False, True, False]
    assert {mail.folder for mail in box.mails} == {"INBOX"}
    assert visited(town, box).looked == 0


def test_a_server_without_flags_of_ours_is_read_again_and_nothing_is_told_twice(town: Sent, box: Box) -> None:
    box.flags = ""
    box.put(HOLIDAY, bounce(town.copies[0]))
    assert [visited(town, box).looked for _ in range(3)] == [2, 1, 1]
    assert box.seen() == [False, True]
    assert all(mail.flags <= {"\\Seen"} for mail in box.mails)


@pytest.mark.parametrize("offers", ["IMAP4rev1 AUTH=PLAIN MOVE", "IMAP4rev1 AUTH=PLAIN"])
def test_what_is_understood_is_put_away_in_a_folder_made_for_it(town: Sent, box: Box, offers: str) -> None:
    box.offers = offers
    box.put(HOLIDAY, bounce(town.copies[0]))
    assert visited(town, box, done="Été & lus").understood == 1
    folders = {mail.content: mail.folder for mail in box.mails}
    assert folders == {HOLIDAY: "INBOX", bounce(town.copies[0]): "&AMk-t&AOk- &- lus"}
    assert visited(town, box, done="Été & lus").looked == 0


def test_a_mail_is_not_marked_before_it_is_kept(town: Sent, box: Box) -> None:
    box.put(bounce(town.copies[0]))
    box.fault = lambda command: DROP if command == "STORE" else None
    with pytest.raises(TransportError, match="ne marque pas les messages comme lus"):
        visited(town, box)
    assert box.seen() == [False]
    assert town.states["bounced"] == 1
    box.fault = lambda command: None
    assert visited(town, box).heard == Heard(known=1)
    assert box.seen() == [True]


def test_a_store_that_fails_leaves_the_mail_unread(box: Box) -> None:
    box.put(HOLIDAY)

    def take(mail: bytes) -> bool:
        raise ConfigError(["disque plein"])

    with pytest.raises(ConfigError):
        collect(Mailbox("127.0.0.1", USER, PASSWORD, port=box.port, security="none"), take)
    assert not box.mails[0].flags


@pytest.mark.parametrize(
    ("mailbox", "fault", "sentence"),
    [
        ({"user": "autre"}, {}, r"n’ouvre pas la boîte \(.*not autre\) ; vérifiez delivery.mailbox, et IMAP_PASSWORD"),
        ({"folder": "Ailleurs"}, {}, r"n’ouvre pas le dossier « Ailleurs » \(.*no such folder\)"),
        ({"port": 1}, {}, r"127\.0\.0\.1:1 ne répond pas \(connexion refusée\)"),
        ({"host": "nulle.part.invalid", "security": "tls"}, {}, r"nulle\.part\.invalid:\d+ ne répond pas"),
        ({}, {"SEARCH": DROP}, r"ne donne pas les messages \(la connexion est coupée\)"),
        ({}, {"SEARCH": "BAD what"}, r"ne donne pas les messages"),
        ({}, {"FETCH": "NO not now"}, r"ne donne pas les messages \(not now\)"),
        ({}, {"STORE": "NO full, ask x@y.example"}, r"ne marque pas les messages comme lus \(full, ask <…>\)"),
        ({"done": "Lus"}, {"MOVE": "NO", "CREATE": "NO"}, r"ne range pas les messages dans « Lus »"),
        ({}, {"CAPABILITY": DROP}, r"ne répond pas"),
        ({}, {"AUTHENTICATE": DROP}, r"n’ouvre pas la boîte"),
    ],
)
def test_what_a_mailbox_cannot_do_is_one_sentence(
    town: Sent, box: Box, mailbox: dict[str, Any], fault: dict[str, str], sentence: str
) -> None:
    box.put(bounce(town.copies[0]))
    box.fault = fault.get
    with pytest.raises(TransportError, match=sentence) as told:
        visited(town, box, **mailbox)
    assert "\n" not in str(told.value)
    assert PASSWORD not in str(told.value)


@pytest.mark.parametrize(
    "noise", [b"220 smtp.example ESMTP\r\n", b"\xff" * 50 + b"\r\n", b"* BYE too busy\r\n", b"\r\n"]
)
def test_a_server_that_speaks_no_imap_is_a_sentence(town: Sent, box: Box, noise: bytes) -> None:
    box.greeting = noise
    with pytest.raises(TransportError, match="ne répond pas"):
        visited(town, box)


def seconds_of(box: Box, **limits: float) -> float:
    before = time.monotonic()
    with pytest.raises(TransportError):
        collect(Mailbox("127.0.0.1", USER, PASSWORD, port=box.port, security="none", **limits), lambda mail: True)
    return time.monotonic() - before


def test_a_server_that_says_nothing_is_left(box: Box) -> None:
    box.fault = lambda command: 2.0 if command == "SEARCH" else None
    assert seconds_of(box, timeout=0.2) < 2


def test_a_server_that_never_ends_is_left(box: Box) -> None:
    box.put(*[HOLIDAY] * 100)
    box.fault = lambda command: 0.1 if command == "FETCH" else None
    assert seconds_of(box, timeout=5, longest=0.5) < 4


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_mailbox_is_read_encrypted(security: str) -> None:
    with serving(security) as box:
        box.put(HOLIDAY)
        box.offers = "IMAP4rev1 STARTTLS AUTH=PLAIN"
        place = Mailbox("localhost", USER, PASSWORD, port=box.port, security=security)  # type: ignore[arg-type]
        trusted = replace(place, authority=str(smtp_server.CERTIFICATE))
        assert collect(trusted, lambda mail: mail == HOLIDAY).understood == 1
        with pytest.raises(TransportError, match="le certificat de localhost n’est pas reconnu"):
            collect(place, lambda mail: True)


def test_no_password_leaves_in_clear_for_another_machine() -> None:
    with pytest.raises(TransportError, match="en clair"):
        collect(Mailbox("192.0.2.1", USER, PASSWORD, security="none"), lambda mail: True)


def test_an_old_server_takes_no_accent_and_says_so(box: Box) -> None:
    box.offers = "IMAP4rev1"
    with pytest.raises(TransportError, match="accentué"):
        collect(Mailbox("127.0.0.1", USER, PASSWORD, port=box.port, security="none"), lambda mail: True)


def test_a_mailbox_without_a_table_or_a_password_is_said(town: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMAP_PASSWORD", raising=False)
    with pytest.raises(ConfigError, match=r"delivery\.mailbox : cette table manque"):
        pipeline.hear_mailbox(town.config, town.store, LATER)
    with pytest.raises(ConfigError, match="IMAP_PASSWORD"):
        pipeline.hear_mailbox(settings(town.config.folder, mailbox=Returns(user=USER)), town.store, LATER)


# ---- refused at once ------------------------------------------------------------------------------------------------


@contextmanager
def approved(folder: Path, count: int, **delivery: Any) -> Iterator[tuple[Config, Store, smtp_server.Server]]:
    """A letter that is approved, its readers, and the relay it will leave by."""
    with smtp_server.serving() as server, Store.open("sqlite:///x.db", folder) as store:
        store.subscribers.take(mailing_office.entries(count), at=NOW, file="abonnes.csv")
        edition = store.editions.draft("2021-12", {"public": LETTER}, rules="{}", send_at=NOW, at=NOW)
        store.editions.approve("2021-12", edition.digest, by="Camille (exemple)", at=NOW)
        relay = Smtp(host="127.0.0.1", port=server.port, security="none")
        yield settings(folder, transport="smtp", smtp=relay, **delivery), store, server


def sent(config: Config, store: Store) -> pipeline.Sent:
    (mailing,) = pipeline.send(config, store, pipeline.Order(date(2021, 12, 1), ("public",)), lambda: LATER)
    return mailing


def test_each_copy_has_a_return_address_of_its_own_on_the_wire(tmp_path: Path) -> None:
    with approved(tmp_path, 30) as (config, store, server):
        sent(config, store)
        assert len(server.mails) == 30
        for mail in server.mails:
            assert mail.sender == f"retours+{mail.delivery}@malakoff.example"
            assert mail.sender == mail.sender.lower()
            assert len(mail.sender.partition("@")[0]) <= 64
        assert pipeline.hear(config, store, bounce(server.mails[0].delivery), LATER).new == 1


@pytest.mark.parametrize(
    ("said", "bounces", "reads"),
    [
        ("550 5.1.1 no such user", 1, ()),
        ("550 5.1.1 no such user", 2, ("public",)),
        ("550 5.7.1 not from you", 1, ("public",)),
        ("550 no", 1, ("public",)),
        ("450 4.1.1 later", 1, ("public",)),
    ],
)
def test_a_mailbox_refused_at_once_counts_as_a_bounce(
    tmp_path: Path, said: str, bounces: int, reads: tuple[str, ...]
) -> None:
    with approved(tmp_path, 3, bounces=bounces) as (config, store, server):
        server.fault = lambda stage, address: said if (stage, address[:8]) == ("rcpt", "lecteur1") else None
        counts = sent(config, store).counts
        assert counts[DeliveryState.ACCEPTED] == 2
        assert counts[DeliveryState.REFUSED] == int(said.startswith("5"))
        known = store.subscribers.show("lecteur1@asso.example")
        assert known is not None
        assert known.audiences == reads


# ---- what stops by itself -------------------------------------------------------------------------------------------


def test_a_mailing_that_too_many_refuse_pauses_and_says_why(tmp_path: Path) -> None:
    with approved(tmp_path, 300, bounces=1) as (config, store, server):
        server.fault = lambda stage, address: "550 5.7.1 not from <you@x.example>" if stage == "rcpt" else None
        result = sent(config, store)
        assert result.state == "paused"
        assert result.reason is not None
        assert re.match(r"\d+ refus sur les \d+ premiers exemplaires \(550 5\.7\.1 not from <…>\) ;", result.reason)
        assert result.counts[DeliveryState.QUEUED] > 200
        assert result.needs_a_person
        assert store.subscribers.count() == {"public": 300}


# ---- the door -------------------------------------------------------------------------------------------------------

CONFIG = """
[town]
sender = "asso@malakoff.example"
[site]
url = "https://lettre.malakoff.example"
[delivery]
return_path = "retours@malakoff.example"
"""


def newsletter(folder: Path, *words: str, mail: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "newsletter", "--config", str(folder / "config.toml"), *words]
    return subprocess.run(command, input=mail, capture_output=True, check=False, timeout=120)


def test_a_mail_server_pipes_mails_here(town: Sent) -> None:
    folder = town.config.folder
    (folder / "config.toml").write_text(CONFIG, encoding="utf-8")
    heard = newsletter(folder, "hear", mail=bounce(town.copies[0]) + b"x" * 3_000_000)
    assert (heard.returncode, heard.stderr) == (0, b"")
    assert "1 retour nouveau" in heard.stdout.decode()
    assert town.states == {"accepted": 3, "bounced": 1}
    (folder / "config.toml").write_text("[[", encoding="utf-8")
    later = newsletter(folder, "hear", mail=HOLIDAY)
    assert later.returncode == 75  # EX_TEMPFAIL: the mail server keeps it and comes again
    assert "TOML" in later.stderr.decode()
    assert b"Traceback" not in later.stderr


def test_status_counts_what_came_back(town: Sent, capsys: pytest.CaptureFixture[str]) -> None:
    town.hear(bounce(town.copies[0]))
    town.hear(complaint(town.copies[1]))
    town.hear(bounce(town.copies[2], "2.0.0", action="delivered"))
    stands = answers.status(town.store, "2021-12")["editions"]
    (mailing,) = stands[0]["mailings"]
    assert [mailing[state] for state in ("accepted", "delivered", "bounced", "complained")] == [1, 1, 1, 1]
    words.status(stands)
    assert "1 remis, 1 arrivés, 1 revenus, 1 signalés" in capsys.readouterr().out


def test_the_events_of_a_copy_name_nobody(town: Sent) -> None:
    mail = bounce(town.copies[0]).replace(
        b"Status: 5.1.1", b"Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 <x@y.example> no"
    )
    town.hear(mail)
    (event,) = town.store.events.of(town.copies[0])
    assert isinstance(event, Event)
    assert event.reason == "550 <…> no"


def test_sendgrid_is_not_believed_without_a_key(town: Sent) -> None:
    post = pipeline.Post(b"[]", base64.b64encode(b"x" * 70).decode(), "1638867600")
    with pytest.raises(ConfigError, match=r"delivery\.sendgrid\.webhook_key"):
        pipeline.hear_post(town.config, town.store, post, LATER)
    assert hearing.NO_KEY.startswith("delivery.sendgrid.webhook_key")
