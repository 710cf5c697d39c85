"""Feedback: signed webhooks, bounces and complaints, and nothing from who doesn't hold the copy."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter import feedback
from newsletter.errors import ConfigError, TokenRefused
from newsletter.model import Answer, Event, Happening, Receipt
from newsletter.tokens import Signer

NOW = datetime(2021, 12, 7, 9, 30, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
VECTOR = Path(__file__).parents[2] / "shared" / "contract" / "sendgrid_webhook_vector.json"
SECRET = ec.generate_private_key(ec.SECP256R1())
KEY = base64.b64encode(SECRET.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
RSA = base64.b64encode(
    rsa.generate_private_key(65537, 2048).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()


def signed(body: bytes, timestamp: str = STAMP) -> str:
    return base64.b64encode(SECRET.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()


def told(*events: Any) -> list[Event]:
    body = json.dumps(events).encode()
    return feedback.hear(body, signed(body), STAMP, KEY, at=NOW)


def one(**changes: Any) -> Event:
    told_of = {"event": "processed", "sg_event_id": "e1", "delivery": "d0001", "timestamp": 1638868000, **changes}
    (event,) = told({name: value for name, value in told_of.items() if value is not None})
    return event


# ---- the webhook ----------------------------------------------------------------------------------------------------


def test_a_signed_event_says_what_happened_to_which_copy_and_when() -> None:
    assert one(email="zoe@asso.example") == Event(
        "e1", "d0001", Happening.PROCESSED, datetime(2021, 12, 7, 9, 6, 40, tzinfo=UTC)
    )


BODY = b'[{"event":"processed","sg_event_id":"e1","delivery":"d0001"}]\r\n'


@pytest.mark.parametrize(
    ("body", "signature", "timestamp"),
    [
        (BODY[:-2], signed(BODY), STAMP),
        (BODY + b" ", signed(BODY), STAMP),
        (BODY, signed(BODY), str(int(STAMP) + 1)),
        (BODY, signed(BODY)[:-4], STAMP),
        (BODY, "not base64 at all!", STAMP),
        (BODY, "MEUCIQ" + "é" * 40, STAMP),
        (BODY, base64.b64encode(b"not DER, though it is long").decode(), STAMP),
        (BODY, "", STAMP),
        (BODY, signed(BODY, "x"), "x"),
        (BODY, signed(BODY, ""), ""),
        (b"\xff\xfe", signed(b"\xff\xfe"), STAMP),
    ],
    ids=[
        "cut",
        "longer",
        "later",
        "signature-cut",
        "no-base64",
        "accents",
        "no-der",
        "none",
        "no-number",
        "no-time",
        "bytes",
    ],
)  # a signature is another each time: the names of the tests are ours
def test_what_is_not_signed_as_it_stands_is_refused(body: bytes, signature: str, timestamp: str) -> None:
    assert len(feedback.hear(BODY, signed(BODY), STAMP, KEY, at=NOW)) == 1
    with pytest.raises(TokenRefused, match="signés"):
        feedback.hear(body, signature, timestamp, KEY, at=NOW)


@pytest.mark.parametrize(
    ("age", "heard"),
    [
        (timedelta(0), True),
        (timedelta(hours=25), True),  # SendGrid tries again for a day
        (timedelta(hours=49), False),
        (timedelta(minutes=-30), True),
        (timedelta(hours=-2), False),
    ],
)
def test_a_recording_is_not_heard_for_ever(age: timedelta, heard: bool) -> None:
    if heard:
        assert len(feedback.hear(BODY, signed(BODY), STAMP, KEY, at=NOW + age)) == 1
    else:
        with pytest.raises(TokenRefused, match="autre moment"):
            feedback.hear(BODY, signed(BODY), STAMP, KEY, at=NOW + age)


@pytest.mark.parametrize("key", ["", "abc", "MFkw", KEY[:-8], "é", RSA])
def test_a_key_that_is_none_is_a_sentence(key: str) -> None:
    with pytest.raises(ConfigError, match="webhook_key"):
        feedback.hear(BODY, signed(BODY), STAMP, key, at=NOW)


@pytest.mark.parametrize("body", [b"{}", b"nothing", b"[" * 100_000, b'"x"'])
def test_what_is_signed_and_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(TokenRefused):
        feedback.hear(body, signed(body), STAMP, KEY, at=NOW)


@pytest.mark.skipif(not VECTOR.exists(), reason="SendGrid's own vector isn't beside this checkout")
def test_sendgrids_own_vector_is_genuine_and_a_change_of_one_byte_is_not() -> None:
    vector = json.loads(VECTOR.read_text(encoding="utf-8"))
    at = datetime.fromtimestamp(int(vector["timestamp"]), UTC)
    body, rest = vector["body"].encode(), (vector["signature"], vector["timestamp"], vector["public_key"])
    assert feedback.hear(body, *rest, at=at) == []  # it is of no copy of ours
    for other in (body.rstrip(), body.replace(b"dropped", b"Dropped")):
        with pytest.raises(TokenRefused):
            feedback.hear(other, *rest, at=at)


@pytest.mark.parametrize(
    ("said", "kind", "hard", "status"),
    [
        ({"event": "processed"}, Happening.PROCESSED, False, ""),
        ({"event": "delivered", "response": "250 2.0.0 OK"}, Happening.DELIVERED, False, "2.0.0"),
        ({"event": "deferred", "response": "451 4.3.0 later"}, Happening.DEFERRED, False, "4.3.0"),
        ({"event": "spamreport"}, Happening.COMPLAINED, False, ""),
        ({"event": "unsubscribe"}, Happening.UNSUBSCRIBED, False, ""),
        ({"event": "group_unsubscribe"}, Happening.UNSUBSCRIBED, False, ""),
        ({"event": "open"}, Happening.UNKNOWN, False, ""),
        ({"event": ["bounce"]}, Happening.UNKNOWN, False, ""),
        ({"event": "bounce", "status": "5.1.1", "reason": "550 5.1.1 gone"}, Happening.BOUNCED, True, "5.1.1"),
        ({"event": "bounce", "type": "bounce", "reason": "550 nobody"}, Happening.BOUNCED, True, ""),
        ({"event": "bounce", "status": "5.0.0", "reason": "550 5.7.1 spam"}, Happening.BOUNCED, False, "5.7.1"),
        ({"event": "bounce", "status": "5.7.26", "reason": "550"}, Happening.BOUNCED, False, "5.7.26"),
        ({"event": "bounce", "status": "5.2.2", "reason": "552 5.2.2 full"}, Happening.BOUNCED, False, "5.2.2"),
        ({"event": "bounce", "status": "4.4.7", "reason": "450 4.4.7 expired"}, Happening.BOUNCED, False, "4.4.7"),
        ({"event": "bounce", "reason": "450 try later"}, Happening.BOUNCED, False, ""),
        ({"event": "bounce", "type": "blocked", "reason": "550 5.1.1"}, Happening.BLOCKED, False, "5.1.1"),
        ({"event": "dropped", "reason": "Bounced Address"}, Happening.DROPPED, True, ""),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, Happening.DROPPED, True, ""),
        ({"event": "dropped", "reason": "Invalid"}, Happening.DROPPED, True, ""),
        ({"event": "dropped", "reason": "Spam Content"}, Happening.DROPPED, False, ""),
    ],
)
def test_sendgrids_words_become_ours(said: dict[str, Any], kind: Happening, hard: bool, status: str) -> None:
    event = one(**said)
    assert (event.kind, event.hard, event.status) == (kind, hard, status)


@pytest.mark.parametrize(
    "strange",
    [
        {"delivery": None},
        {"delivery": 12},
        {"delivery": "a b"},
        {"delivery": "x" * 65},
        {"sg_event_id": None},
        {"sg_event_id": ""},
        {"sg_event_id": ["e"]},
    ],
)
def test_what_is_of_no_copy_of_ours_is_left_out(strange: dict[str, Any]) -> None:
    event = {"event": "bounce", "sg_event_id": "e1", "delivery": "d0001", "email": "zoe@asso.example"}
    rest = {**event, "sg_event_id": "e2"}
    heard = told({k: v for k, v in {**event, **strange}.items() if v is not None}, "text", None, 3, rest)
    assert [one.id for one in heard] == ["e2"]


@pytest.mark.parametrize("written", [None, "soon", -5, 10**18, [], float("1e308")])
def test_a_time_that_cannot_be_is_when_it_was_said(written: Any) -> None:
    assert one(timestamp=written).at == NOW


def test_no_address_is_kept() -> None:
    event = one(event="bounce", reason='550 5.1.1 <zoe@asso.example>: "zoe@asso.example" unknown\r\nX: y')
    assert event.reason == '550 5.1.1 <…>: "<…>" unknown X: y'
    assert one(sg_event_id="é" * 500).id.isalnum()


# ---- bounces and complaints -----------------------------------------------------------------------------------------

REPORT = """From: MAILER-DAEMON@mx.example
To: asso@malakoff.example
Subject: Undelivered Mail
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=iso-8859-1

Le message n'a pas pu \xeatre remis.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; zoe@asso.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}

--b
Content-Type: {kind}

From: asso@malakoff.example
To: zoe@asso.example
Message-ID: <{number}@{domain}>
Subject: La lettre

--b--
"""


def bounce(**changes: str) -> bytes:
    usual = {
        "action": "failed", "status": "5.1.1", "diagnostic": "550 5.1.1 <zoe@asso.example> unknown",
        "kind": "message/rfc822", "number": "d0001", "domain": "malakoff.example",
    }  # fmt: skip
    return REPORT.format(**{**usual, **changes}).encode("latin-1").replace(b"\n", b"\r\n")


SIGNER = Signer(["seize caractères au moins"])
OURS = feedback.Ours("malakoff.example", "retours@malakoff.example", SIGNER)


def read(mail: bytes) -> Event | None:
    return feedback.read(mail, OURS, at=NOW)


@pytest.mark.parametrize(
    "kind", ["message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "text/RFC822-Headers"]
)
def test_a_bounce_is_known_by_what_it_returns(kind: str) -> None:
    event = read(bounce(kind=kind))
    assert event is not None
    assert (event.delivery, event.kind, event.status, event.hard) == ("d0001", Happening.BOUNCED, "5.1.1", True)
    assert event.reason == "550 5.1.1 <…> unknown"
    assert event.at == NOW


@pytest.mark.parametrize(
    ("action", "status", "diagnostic", "kind", "hard"),
    [
        ("failed", "5.1.1", "550 5.1.1 unknown", Happening.BOUNCED, True),
        ("FAILED (user unknown)", "5.1.10 (x)", "550", Happening.BOUNCED, True),
        ("failed", "5.7.1", "550 5.7.1 policy", Happening.BLOCKED, False),
        ("failed", "5.0.0", "550 5.7.515 Access denied", Happening.BLOCKED, False),
        ("failed", "5.2.2", "552 5.2.2 full", Happening.BLOCKED, False),
        ("failed", "4.4.7", "450 4.4.7 expired", Happening.BLOCKED, False),
        ("delayed", "4.4.1", "timeout", Happening.DEFERRED, False),
        ("delivered", "2.0.0", "250 OK", Happening.DELIVERED, False),
        ("relayed", "2.0.0", "250 OK", None, False),
        ("expanded", "2.0.0", "250 OK", None, False),
    ],
)
def test_what_a_report_means(action: str, status: str, diagnostic: str, kind: Happening | None, hard: bool) -> None:
    event = read(bounce(action=action, status=status, diagnostic=diagnostic))
    assert (event and event.kind) == kind
    assert (event is not None and event.hard) is hard


def vacation() -> bytes:
    return (
        b"From: zoe@asso.example\r\nTo: asso@malakoff.example\r\nAuto-Submitted: auto-replied\r\n"
        b"In-Reply-To: <d0001@malakoff.example>\r\nSubject: =?utf-8?q?Absente_jusqu=27au_3_janvier?=\r\n\r\n"
        b"Je suis absente. Message-ID: <d0001@malakoff.example>\r\n"
    )


@pytest.mark.parametrize(
    "mail",
    [
        vacation,
        lambda: bounce(domain="autre.example"),
        lambda: bounce(number="a b"),
        lambda: bounce().replace(b"Message-ID: <d0001@malakoff.example>", b"X: y"),
        lambda: bounce().replace(b"message/delivery-status", b"text/plain"),
        lambda: b"Message-ID: <d0001@malakoff.example>\r\n" + vacation(),
        lambda: b"",
        lambda: b"\xff\xfe\x00" * 1000,
        lambda: bounce()[:400],
        lambda: (
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\nContent-Type: message/rfc822\r\n\r\n" * 5000
        ),
        lambda: b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 20_000,
        lambda: (
            bounce().replace(b"multipart/report", b'multipart/report; charset="unknown-8bit"').replace(b"d0001", b"")
        ),
    ],
)
def test_what_proves_nothing_is_no_bounce(mail: Callable[[], bytes]) -> None:
    assert read(mail()) is None


def nameless(**changes: str) -> bytes:
    """A bounce whose returned part says nothing of the copy."""
    return bounce(**{"domain": "autre.example", **changes})


@pytest.mark.parametrize(
    "to",
    [
        "retours+d0007@malakoff.example",
        "<retours+d0007@malakoff.example>",
        "RETOURS+D0007@MALAKOFF.EXAMPLE",  # servers may change the case of it all
        "Retours <retours+d0007@malakoff.example>, autre@asso.example",
    ],
)
def test_a_bounce_that_returns_nothing_is_known_by_the_address_it_came_back_to(to: str) -> None:
    event = read(nameless().replace(b"To: asso@malakoff.example", f"To: {to}".encode(), 1))
    assert event is not None
    assert event.delivery == "d0007"


@pytest.mark.parametrize("name", ["Delivered-To", "X-Original-To", "Envelope-To"])
def test_or_by_where_it_was_put(name: str) -> None:
    event = read(f"{name}: retours+d0007@malakoff.example\r\n".encode() + nameless())
    assert event is not None
    assert event.delivery == "d0007"


def test_or_by_who_sent_what_is_returned() -> None:
    sent_by = b"\r\n\r\nReturn-Path: <retours+d0007@malakoff.example>\r\nFrom: asso@"
    event = read(nameless().replace(b"\r\n\r\nFrom: asso@", sent_by))
    assert event is not None
    assert event.delivery == "d0007"
    assert read(sent_by.strip() + b"malakoff.example\r\n" + nameless()) is None  # anybody writes that on top


@pytest.mark.parametrize(
    "to",
    [
        "retours@malakoff.example",
        "bounces+d0007@malakoff.example",
        "retours+d0007@autre.example",
        "retours+d0007@malakoff.example.autre.example",
        "xretours+d0007@malakoff.example",
        "retours+@malakoff.example",
        "retours+d 7@malakoff.example",
    ],
)
def test_another_address_says_nothing(to: str) -> None:
    mail = nameless().replace(b"To: asso@malakoff.example", f"To: {to}".encode(), 1)
    assert read(mail) is None
    assert feedback.read(mail, feedback.Ours("malakoff.example", None, SIGNER), at=NOW) is None


def test_the_same_mail_is_the_same_event_and_another_is_not() -> None:
    numbers = {getattr(read(mail), "id", "") for mail in (bounce(), bounce(), bounce(status="5.1.2"))}
    assert len(numbers) == 2
    assert all(len(number) < 128 for number in numbers)


@pytest.mark.parametrize(
    ("kind", "heard"), [("abuse", True), ("Abuse", True), ("fraud", True), ("not-spam", False), ("", False)]
)
def test_a_complaint_is_heard_at_once(kind: str, heard: bool) -> None:
    mail = bounce().replace(b"delivery-status", b"feedback-report")
    mail = mail.replace(b"Reporting-MTA: dns; mx.example", f"Feedback-Type: {kind}\r\nVersion: 1".encode())
    event = read(mail)
    assert (event is not None and event.kind is Happening.COMPLAINED) is heard


def test_a_complaint_is_known_by_its_envelope_when_the_rest_is_redacted() -> None:
    fields = b"Feedback-Type: abuse\r\nOriginal-Mail-From: <retours+d0007@malakoff.example>\r\nVersion: 1"
    mail = nameless().replace(b"delivery-status", b"feedback-report").replace(b"Reporting-MTA: dns; mx.example", fields)
    event = read(mail)
    assert event is not None
    assert (event.delivery, event.kind) == ("d0007", Happening.COMPLAINED)


# ---- leaving by mail ------------------------------------------------------------------------------------------------

TOKEN = SIGNER.sign("unsubscribe", "d0007")


def wish(subject: str, *more: str) -> bytes:
    head = ["From: zoe@asso.example", "To: retours@malakoff.example", f"Subject: {subject}", *more]
    return "\r\n".join([*head, "", "Merci", ""]).encode()


@pytest.mark.parametrize(
    "subject",
    [
        f"unsubscribe {TOKEN}",
        f"Re: unsubscribe {TOKEN} ",
        f"unsubscribe\r\n {TOKEN}",
        f"=?utf-8?q?D=C3=A9sinscription_?= =?utf-8?q?{TOKEN[:20]}?=\r\n =?utf-8?q?{TOKEN[20:]}?=",
        f"=?utf-8?b?{base64.b64encode(f'Quitter : {TOKEN}'.encode()).decode()}?=",
    ],
)
@pytest.mark.parametrize("more", [[], ["Auto-Submitted: no"], ["Precedence: bulk"]])
def test_a_mail_with_the_letters_own_token_is_a_wish_to_leave_it(subject: str, more: list[str]) -> None:
    event = read(wish(subject, *more))
    assert event is not None
    assert (event.delivery, event.kind, event.hard) == ("d0007", Happening.UNSUBSCRIBED, False)
    assert "@" not in event.reason


@pytest.mark.parametrize(
    "subject",
    [
        "unsubscribe",
        "unsubscribe d0007",
        f"unsubscribe {TOKEN[:-1]}",
        f"unsubscribe {TOKEN[:-1]}{'A' if TOKEN[-1] != 'A' else 'B'}",
        f"unsubscribe x{TOKEN}",
        f"unsubscribe {TOKEN}x",
        f"unsubscribe {TOKEN.swapcase()}",
        f"unsubscribe {SIGNER.sign('preferences', 'd0007')}",
        f"unsubscribe {SIGNER.sign('unsubscribe', 's:12')}",  # of a notice: there is no letter to leave
        f"unsubscribe {Signer(['un autre secret, aussi long']).sign('unsubscribe', 'd0007')}",
        "=?utf-8?b?AAAA?= =?nothing?x?y?=",
        "=?klingon?q?a?=",
        "",
    ],
)
def test_a_token_that_is_cut_or_forged_does_nothing(subject: str) -> None:
    assert read(wish(subject)) is None


@pytest.mark.parametrize(
    "robot",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; owner-email=x@y.example",
        "Auto-Submitted: (a comment)auto-replied",
        "Precedence: auto_reply",
        "Return-Path: <>",
        "X-Autoreply: yes",
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
    ],
)
def test_a_robot_does_not_leave_for_anybody(robot: str) -> None:
    assert read(wish(f"unsubscribe {TOKEN}", robot)) is None


# ---- refused at once ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "said", "hard"),
    [
        (Answer.REFUSED, "550 5.1.1 <…>: unknown", True),
        (Answer.REFUSED, "550 5.1.10 nobody", True),
        (Answer.REFUSED, "550 5.2.1 closed", True),
        (Answer.REFUSED, "552 5.2.2 mailbox full", False),
        (Answer.REFUSED, "550 5.1.8 your domain", False),
        (Answer.REFUSED, "550 5.7.1 spam", False),
        (Answer.REFUSED, "550 5.1.1 unknown, or 5.7.1 policy", False),
        (Answer.REFUSED, "554 5.5.1 no", False),
        (Answer.REFUSED, "552 5.3.4 too large", False),
        (Answer.REFUSED, "550 no", False),
        (Answer.REFUSED, "l'adresse n'est pas lisible ; corrigez-la chez l'abonné", False),
        (Answer.LATER, "450 4.1.1 who?", False),
        (Answer.LATER, "550 5.1.1 unknown", False),
        (Answer.ACCEPTED, "250 5.1.1", False),
    ],
)
def test_only_a_mailbox_that_is_none_is_a_bounce_at_once(answer: Answer, said: str, hard: bool) -> None:
    event = feedback.refusal(Receipt("d0007", answer, said), at=NOW)
    assert (event is not None) is hard
    if event:
        assert (event.id, event.delivery, event.kind, event.hard) == ("refus:d0007", "d0007", Happening.BOUNCED, True)


# ---- anything at all ------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        b"From: a@b.example", b"Subject: unsubscribe", b"Content-Type: multipart/report; boundary=b", b"--b", b"--b--",
        b"Content-Type: message/delivery-status", b"Content-Type: message/rfc822", b"",
        b"Content-Type: message/feedback-report",
        b"Action: failed", b"Status: 5.1.1", b"Feedback-Type: abuse", b"Message-ID: <d0001@autre.example>",
        b"Message-ID: <@malakoff.example>", b"To: retours+@malakoff.example", b"Content-Transfer-Encoding: base64",
        b"Content-Type: text/plain; charset=klingon", b"Content-Transfer-Encoding: uuencode", b"\xff\xfe\x00", b":",
        b"Content-Type: text/rfc822-headers", b"Content-Type: message/external-body", b"Subject: =?utf-8?b?=E9?=",
        b"Diagnostic-Code: smtp; 550 5.1.1", b"Content-Type: multipart/mixed; boundary=\"\"", b"=" * 100, b"A" * 2000,
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.binary(max_size=60), max_size=40), st.sampled_from([b"\r\n", b"\n", b"\r"]))
@settings(max_examples=250, deadline=None)
def test_whatever_comes_raises_nothing_and_says_nothing_without_our_token(lines: list[bytes], end: bytes) -> None:
    assert read(end.join(lines)) is None


@given(st.integers(0, len(bounce())), st.integers(0, 255), st.integers(0, 3))
@settings(max_examples=120, deadline=None)
def test_a_bounce_that_is_broken_anywhere_raises_nothing(where: int, byte: int, length: int) -> None:
    mail = bounce()
    event = read(mail[:where] + bytes([byte]) * length + mail[where + length :])
    assert event is None or (event.kind is not Happening.UNSUBSCRIBED and len(event.delivery) <= 64)
