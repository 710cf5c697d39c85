"""SMTP against real servers on 127.0.0.1: the bytes on the wire, each kind of answer, each way to lose a connection."""

import logging
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from smtp_server import CERTIFICATE, CLOSE, DROP, Server, scripted, serving

from newsletter.delivery import mime
from newsletter.delivery.relay import Relay
from newsletter.delivery.smtp import Smtp
from newsletter.errors import TransportError
from newsletter.model import Answer, Field, Message, Receipt, Recipient

LETTER = Message(
    sender="Vie associative (exemple) <asso@malakoff.example>",
    reply_to=None,
    subject="La lettre",
    html="<p>Bonjour [[html:first_name]]</p>\n" + "<p>.Venez !</p>\n.\n" * 50,
    text="Bonjour\n.\nFin\n",
    domain="malakoff.example",
    date=datetime(2021, 12, 7, 9, tzinfo=UTC),
)
GREETING = b"220 relay.example ESMTP"
OFFERS = b"250-relay.example\r\n250-8BITMIME\r\n250 PIPELINING"
GO_ON = b"354 go on"
OK = b"250 2.0.0 ok"


def readers(count: int) -> list[Recipient]:
    return [Recipient(f"d{n:04}", f"lecteur{n}@asso.example") for n in range(count)]


def smtp(port: int, connections: int = 1, rate: int | None = None, **relay: object) -> Smtp:
    where = Relay(**{"host": "127.0.0.1", "port": port, "security": "none", "timeout": 5.0, **relay})  # type: ignore[arg-type]
    return Smtp(where, connections=connections, rate=rate, pauses=(0.0, 0.02))


def sent(transport: Smtp, recipients: Sequence[Recipient], message: Message = LETTER) -> dict[str, Receipt]:
    with closing(transport):
        receipts = list(transport.send(message, recipients))
    assert sorted(r.delivery for r in receipts) == sorted(r.delivery for r in recipients)  # once each
    return {receipt.delivery: receipt for receipt in receipts}


def until_stopped(transport: Smtp, recipients: Sequence[Recipient]) -> tuple[list[Receipt], TransportError]:
    receipts: list[Receipt] = []
    with closing(transport), pytest.raises(TransportError) as stopped:
        receipts.extend(transport.send(LETTER, recipients))
    assert sorted(r.delivery for r in receipts) == sorted(r.delivery for r in recipients)
    return receipts, stopped.value


@pytest.fixture(name="server")
def _server() -> Iterator[Server]:
    with serving() as server:
        yield server


# ---- what leaves ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offers", [OFFERS, b"250 relay.example"], ids=["pipelining", "one by one"])
def test_a_mail_on_the_wire(offers: bytes) -> None:
    reader = replace(readers(1)[0], address='"a b"@Théâtre.example')
    with scripted(GREETING, offers, OK, OK, GO_ON, OK) as script:
        assert sent(smtp(script.port), [reader])[reader.delivery].answer is Answer.ACCEPTED
    introduction, _, rest = script.heard.partition(b"\r\n")
    assert re.fullmatch(rb"EHLO (\[127\.0\.0\.1\]|[\w.-]+)", introduction)
    content = mime.eml(LETTER, reader)
    assert rest == (
        b'MAIL FROM:<asso@malakoff.example>\r\nRCPT TO:<"a b"@xn--thtre-4qa2c.example>\r\nDATA\r\n' + content + b".\r\n"
    )


EVIL = Message(
    sender="Asso\r\nBcc: voleur@exemple.example <asso@malakoff.example>",
    reply_to=None,
    subject="Fin\r\nBcc: voleur@exemple.example\r\n\r\n.\r\n",
    html=None,
    text="Bonjour [[text:first_name]],\n.\n",
    domain="malakoff.example",
    date=datetime(2021, 12, 7, 9, tzinfo=UTC),
    headers=(("List-Unsubscribe", "<[[text:unsubscribe]]>"),),
)


def test_what_would_break_out_of_a_mail_stays_in_it_byte_for_byte() -> None:
    name = "Zoé\r\n.\r\nRCPT TO:<b@c.example>\x00[[text:unsubscribe]]"
    fields = {Field.FIRST_NAME: name, Field.UNSUBSCRIBE: "https://a.example/d/x>,\r\nBcc: <b"}
    reader = Recipient("d0001", '"o\'neil \\"x\\" b"@Théâtre.example', fields)
    with scripted(GREETING, OFFERS, OK, OK, GO_ON, OK) as script:
        assert sent(smtp(script.port), [reader], EVIL)["d0001"].answer is Answer.ACCEPTED
    assert script.heard.partition(b"\r\n")[2] == (
        r"""MAIL FROM:<asso@malakoff.example>
RCPT TO:<"o'neil \"x\" b"@xn--thtre-4qa2c.example>
DATA
From: "Asso Bcc: voleur@exemple.example" <asso@malakoff.example>
Subject: Fin Bcc: voleur@exemple.example .
To: "o'neil \"x\" b"@xn--thtre-4qa2c.example
Date: Tue, 07 Dec 2021 09:00:00 +0000
Message-ID: <d0001@malakoff.example>
MIME-Version: 1.0
List-Unsubscribe: <https://a.example/d/x%3E%2C%20Bcc:%20%3Cb>
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Bonjour=20=
Zo=C3=A9 . RCPT TO:<b@c.example>[[text:unsubscribe]]=
,
=2E
.
""".replace("\n", "\r\n").encode()
    )


def test_a_name_of_ten_thousand_characters_on_the_wire() -> None:
    fields = {Field.FIRST_NAME: "É" * 10_000, Field.UNSUBSCRIBE: "https://a.example/d/x"}
    with scripted(GREETING, OFFERS, OK, OK, GO_ON, OK) as script:
        reader = Recipient("d0001", "zoe@asso.example", fields)
        assert sent(smtp(script.port), [reader], EVIL)["d0001"].answer is Answer.ACCEPTED
    body = script.heard.partition(b"\r\n\r\n")[2]
    lines = (b"=C3=89" * 12 + b"=\r\n") * 833 + b"=C3=89" * 4 + b"=\r\n"
    assert body == b"Bonjour=20=\r\n" + lines + b",\r\n=2E\r\n.\r\n"


def test_an_accented_address_on_the_wire() -> None:
    reader = replace(readers(1)[0], address="élodie@exemple.fr")
    with scripted(GREETING, OFFERS, CLOSE) as script:
        receipts = sent(smtp(script.port), [reader])
    assert receipts[reader.delivery].answer is Answer.REFUSED  # no SMTPUTF8 here
    assert "SMTPUTF8" in receipts[reader.delivery].detail
    with scripted(GREETING, b"250-relay.example\r\n250-8BITMIME\r\n250 SMTPUTF8", OK, OK, GO_ON, OK) as script:
        assert sent(smtp(script.port), [reader])[reader.delivery].answer is Answer.ACCEPTED
    assert "MAIL FROM:<asso@malakoff.example> BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<élodie@exemple.fr>\r\n".encode() in (
        script.heard
    )


def test_the_next_envelope_leaves_with_the_last_byte_of_a_mail_and_its_content_does_not() -> None:
    """A server that answers nothing before it heard all that may leave together."""
    heard: list[bytes] = []
    next_one = b"\r\n.\r\nMAIL FROM:<asso@malakoff.example>\r\nRCPT TO:<lecteur1@asso.example>\r\nDATA\r\n"

    def serve(listening: socket.socket) -> None:
        connected, _ = listening.accept()
        with connected:
            connected.settimeout(5)
            for reply, until in (
                (GREETING, b"\r\n"),
                (OFFERS, b"DATA\r\n"),
                (b"\r\n".join((OK, OK, GO_ON)), next_one),
                (b"\r\n".join((OK, OK, OK, GO_ON)), b"\r\n.\r\n"),
                (OK, b"QUIT\r\n"),
            ):  # fmt: skip
                connected.sendall(reply + b"\r\n")
                received = b""
                while not received.endswith(until):
                    received += connected.recv(65536)
                heard.append(received)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        receipts = sent(smtp(listening.getsockname()[1]), readers(2))
        thread.join(5)
    assert [r.answer for r in receipts.values()] == [Answer.ACCEPTED] * 2
    assert len(heard) == 5


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("connections", [1, 3])
def test_everyone_gets_their_own_mail_once(server: Server, pipelining: bool, connections: int) -> None:
    server.pipelining = pipelining
    people = readers(40)
    with closing(smtp(server.port, connections)) as transport:
        for half in (people[:20], people[20:]):
            assert {r.answer for r in transport.send(LETTER, half)} == {Answer.ACCEPTED}
        assert server.welcomed <= connections  # kept open between two windows
    assert server.deliveries == [r.delivery for r in people]
    for mail in server.mails:
        reader = next(r for r in people if r.delivery == mail.delivery)
        assert mail.recipient == reader.address
        assert mail.content == mime.eml(LETTER, reader)


def test_an_accepted_mail_keeps_the_servers_own_number(server: Server) -> None:
    assert sent(smtp(server.port), readers(1))["d0000"].reference == "Q00001"


def test_an_address_that_cannot_be_written_is_refused_and_the_others_leave(server: Server) -> None:
    people = readers(3)
    people[1] = replace(people[1], address="a@x.fr>\r\nDATA")
    receipts = sent(smtp(server.port), people)
    assert [receipts[p.delivery].answer for p in people] == [Answer.ACCEPTED, Answer.REFUSED, Answer.ACCEPTED]
    assert server.deliveries == ["d0000", "d0002"]


# ---- what comes back ------------------------------------------------------------------------------------------------

A, R, L, U = Answer.ACCEPTED, Answer.REFUSED, Answer.LATER, Answer.UNCERTAIN


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("stage", "action", "answer", "wait"),
    [
        ("rcpt", "550 5.1.1 no such user", R, None),
        ("rcpt", "552 5.2.2 mailbox full", R, None),
        ("rcpt", "450 4.2.0 greylisted", L, 300.0),
        ("rcpt", "421 4.3.2 closing", L, 60.0),
        ("rcpt", DROP, L, 60.0),
        ("data", "451 4.3.0 later", L, 300.0),
        ("data", "554 5.5.1 no", R, None),
        ("data", DROP, L, 60.0),
        ("content", "550 5.7.1 it looks like spam", R, None),
        ("content", "452 4.3.1 disk full", L, 300.0),
        ("content", "421 4.3.2 closing", U, None),
        ("content", DROP, U, None),
        ("kept", DROP, U, None),
    ],
)
def test_what_a_server_says_of_one_of_seven(
    server: Server, pipelining: bool, stage: str, action: str, answer: Answer, wait: float | None
) -> None:
    server.pipelining = pipelining
    people = readers(7)
    server.fault = lambda at, address: action if (at, address) == (stage, people[3].address) else None
    receipts = sent(smtp(server.port), people)
    assert receipts["d0003"].answer is answer
    assert receipts["d0003"].retry_after == wait
    assert [r.answer for n, r in receipts.items() if n != "d0003"] == [A] * 6
    kept = [p.delivery for p in people if p.delivery != "d0003" or stage == "kept"]
    assert server.deliveries == kept


def test_refusals_among_others_leave_no_trace_in_the_next_mail(server: Server) -> None:
    people = readers(30)
    server.fault = lambda at, address: "550 5.1.1 no" if at == "rcpt" and int(address[7:-13]) % 3 == 0 else None
    receipts = sent(smtp(server.port, connections=2), people)
    assert [r.delivery for r in receipts.values() if r.answer is R] == [
        p.delivery for p in receipts.values() if int(p.delivery[1:]) % 3 == 0
    ]
    assert len(server.mails) == 20


def test_a_server_that_closes_after_some_mails_costs_nobody_their_mail(server: Server) -> None:
    served = 0

    def ten_each(stage: str, address: str) -> str | None:
        nonlocal served
        served += stage == "mail"
        return "421 4.7.0 enough for one connection" if stage == "mail" and served % 10 == 0 else None

    server.fault = ten_each
    receipts = sent(smtp(server.port), readers(45))
    assert {r.answer for r in receipts.values()} == {A}
    assert server.welcomed > 3
    assert len(set(server.deliveries)) == len(server.deliveries) == 45


def test_a_connection_lost_while_nobody_wrote_is_opened_again(server: Server) -> None:
    with closing(smtp(server.port)) as transport:
        assert next(iter(transport.send(LETTER, readers(1)))).answer is A
        server.hang_up()
        time.sleep(0.1)
        assert [r.answer for r in transport.send(LETTER, readers(2))] == [A, A]


def test_a_content_cut_in_its_middle_may_leave_again(server: Server) -> None:
    large = replace(LETTER, html="<p>x</p>\n" * 2_000_000)  # more than the buffers between two sockets hold
    server.fault = lambda at, address: DROP if at == "half" and address.startswith("lecteur0") else None
    receipts = sent(smtp(server.port), readers(1), large)
    assert (receipts["d0000"].answer, receipts["d0000"].retry_after) == (L, 60.0)
    assert not server.mails


def test_a_server_too_slow_after_the_dot_leaves_one_in_doubt(server: Server) -> None:
    server.fault = lambda at, address: 0.6 if at == "kept" and address.startswith("lecteur1@") else None
    receipts = sent(smtp(server.port, timeout=0.2), readers(3))
    assert [receipts[n].answer for n in ("d0000", "d0001", "d0002")] == [A, U, A]


def test_a_data_let_in_for_nobody_is_closed_empty() -> None:
    nobody = (OK, b"550 5.1.1 no", GO_ON, b"554 no valid recipients", OK)
    with scripted(GREETING, OFFERS, *nobody, OK, OK, GO_ON, OK) as script:
        receipts = sent(smtp(script.port), readers(2))
    assert [r.answer for r in receipts.values()] == [R, A]
    assert b"DATA\r\n.\r\nRSET\r\nMAIL" in script.heard


@pytest.mark.parametrize("noise", [b"hello", b"250-" + b"x" * 5000, b"999 x", b"\r\n", b"250-a\r\n" * 200 + b"250 b"])
def test_a_server_that_speaks_no_smtp_leaves_one_in_doubt_at_most(noise: bytes) -> None:
    with scripted(GREETING, OFFERS, OK, OK, GO_ON, noise, connections=8) as script:
        receipts, stopped = until_stopped(smtp(script.port), readers(9))
    assert [r.answer for r in receipts].count(U) == 5
    assert [r.answer for r in receipts].count(L) == 4
    assert "échoue" in str(stopped)


def test_a_wordy_answer_is_one_short_line_without_any_address() -> None:
    wordy = b"550-5.1.1 <lecteur0@asso.example>: unknown\x1b[31m\r\n550 5.1.1 " + b"see lecteur0@asso.example " * 50
    with scripted(GREETING, OFFERS, OK, wordy, b"503 no", OK, CLOSE) as script:
        detail = sent(smtp(script.port), readers(1))["d0000"].detail
    assert detail.startswith("550 5.1.1 <…>: unknown [31m 5.1.1 see <…>")
    assert len(detail) <= 300
    assert "@" not in detail


# ---- relays that can't serve ----------------------------------------------------------------------------------------


def test_a_sick_relay_is_left_alone_after_a_few(server: Server) -> None:
    server.fault = lambda at, address: DROP if at == "kept" else None
    receipts, stopped = until_stopped(smtp(server.port), readers(60))
    assert [r.answer for r in receipts].count(U) == len(server.mails) == 5
    assert "échoue sans arrêt" in str(stopped)


def test_a_relay_that_postpones_everyone_is_left_alone(server: Server) -> None:
    server.fault = lambda at, address: "450 4.7.1 slow down" if at == "rcpt" else None
    receipts, stopped = until_stopped(smtp(server.port), readers(150))
    assert {r.answer for r in receipts} == {L}
    assert [r.detail for r in receipts].count("pas encore remis") == 50
    assert "450 4.7.1 slow down" in str(stopped)


def test_a_refused_sender_stops_everything(server: Server) -> None:
    server.fault = lambda at, address: "553 5.7.1 not your address" if at == "mail" else None
    receipts, stopped = until_stopped(smtp(server.port, connections=2), readers(10))
    assert {r.answer for r in receipts} == {L}
    assert "town.sender" in str(stopped)


def test_nobody_there_is_said_and_nobody_is_lost() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    receipts, stopped = until_stopped(smtp(port, connections=2), readers(5))
    assert {r.answer for r in receipts} == {L}
    assert str(stopped).startswith(f"le serveur d'envoi 127.0.0.1:{port} ne répond pas (connexion refusée)")


def test_a_relay_that_takes_one_connection_is_served_by_one(server: Server) -> None:
    server.most = 1
    with closing(smtp(server.port, connections=3)) as transport:
        for _ in range(3):
            assert {r.answer for r in transport.send(LETTER, readers(20))} == {A}
    assert len(server.mails) == 60


@pytest.mark.parametrize(
    ("greeting", "sentence"),
    [(b"554 go away", "n'accueille pas"), (b"220 x\r\n", "refuse EHLO"), (b"421 busy", "busy")],
)
def test_a_relay_that_wants_nobody_says_why(greeting: bytes, sentence: str) -> None:
    with scripted(greeting.strip(), b"502 what", connections=2) as script:
        _, stopped = until_stopped(smtp(script.port), readers(1))
    assert sentence in str(stopped)


def test_a_rate_is_kept_by_all_connections_together(server: Server) -> None:
    transport = smtp(server.port, connections=3, rate=1200)
    before = time.monotonic()
    sent(transport, readers(9))
    assert 0.4 <= time.monotonic() - before < 2


def test_a_window_is_as_large_as_the_relay_is_fast(server: Server) -> None:
    with closing(smtp(server.port, connections=2)) as transport:
        assert transport.batch_size == 10
        list(transport.send(LETTER, readers(10)))
        assert 2 <= transport.batch_size <= 50
        server.fault = lambda at, address: 0.1 if at == "kept" else None
        list(transport.send(LETTER, readers(6)))
        assert transport.batch_size == 2


def test_an_interruption_lets_what_is_on_its_way_end(server: Server) -> None:
    server.fault = lambda at, address: 0.4 if at == "content" else None
    main = threading.main_thread().ident
    assert main is not None
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell starts with &
    threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT)).start()
    receipts: list[Receipt] = []
    try:
        with closing(smtp(server.port, connections=2)) as transport, pytest.raises(KeyboardInterrupt):
            receipts.extend(transport.send(LETTER, readers(10)))
    finally:
        signal.signal(signal.SIGINT, before)
    assert sorted(r.answer for r in receipts) == [A] * 2 + [L] * 8
    assert {r.retry_after for r in receipts if r.answer is L} == {0.0}


# ---- security -------------------------------------------------------------------------------------------------------

SECURE = {"host": "localhost", "authority": str(CERTIFICATE)}


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("without", [[], ["PLAIN"]], ids=["plain", "login"])
def test_letters_leave_encrypted_and_logged_in(security: str, without: list[str]) -> None:
    with serving(security, accounts={"mairie": "très secret"}, without=without) as server:
        transport = smtp(server.port, 2, security=security, user="mairie", password="très secret", **SECURE)
        assert {r.answer for r in sent(transport, readers(6)).values()} == {A}
    assert len(server.mails) == 6
    assert 1 <= server.admitted <= 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"password": "faux"}, "vérifiez delivery.smtp.user et SMTP_PASSWORD"),
        ({"password": None}, "SMTP_PASSWORD"),
        ({"authority": None}, "le certificat de localhost"),
        ({"host": "127.0.0.1"}, "le certificat de 127.0.0.1"),
        ({"authority": "/nulle/part.pem"}, "/nulle/part.pem"),
        ({"security": "tls"}, "pas de connexion chiffrée"),
    ],
)
def test_a_relay_one_cannot_trust_gets_nothing(change: dict[str, object], sentence: str) -> None:
    settings = {"security": "starttls", "user": "mairie", "password": "secret", **SECURE, **change}
    with serving("starttls", accounts={"mairie": "secret"}) as server, pytest.raises(TransportError) as stopped:
        sent(smtp(server.port, **settings), readers(2))  # type: ignore[arg-type] # a table of settings
    assert sentence in str(stopped.value)
    assert not server.mails
    assert "faux" not in str(stopped.value)
    assert "secret" not in str(stopped.value)


def test_no_letter_leaves_in_clear_when_it_should_be_encrypted(server: Server) -> None:
    _, stopped = until_stopped(smtp(server.port, security="starttls", **SECURE), readers(2))
    assert "ne propose pas STARTTLS" in str(stopped)
    assert not server.mails


def test_words_slipped_in_before_encryption_are_not_the_servers() -> None:
    with scripted(GREETING, b"250-relay\r\n250 STARTTLS", b"220 go\r\n250-evil\r\n250 AUTH PLAIN") as script:
        _, stopped = until_stopped(smtp(script.port, security="starttls", **SECURE), readers(1))
    assert "avant le chiffrement" in str(stopped)


def test_a_password_never_leaves_in_clear() -> None:
    assert Relay("127.0.0.1", 25).nearby
    assert Relay("::1", 25).nearby
    assert not Relay("127.0.0.1.example", 25).nearby
    assert "secret" not in repr(Relay("relay.example", 25, user="mairie", password="secret"))


def test_a_login_the_server_does_not_know_is_said(server: Server) -> None:
    _, stopped = until_stopped(smtp(server.port, user="mairie", password="secret"), readers(1))
    assert "ne propose ni AUTH PLAIN ni AUTH LOGIN" in str(stopped)


def test_nothing_that_is_logged_holds_an_address(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="newsletter")
    server.fault = lambda at, address: {"rcpt": "550 <x@y.fr> no", "kept": DROP}.get(at) if "3@" in address else None
    sent(smtp(server.port), readers(6))
    assert "@" not in " ".join(r.getMessage() for r in caplog.records if r.name.startswith("newsletter"))
