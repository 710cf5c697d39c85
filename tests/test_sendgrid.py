"""SendGrid: what a request holds, what each answer means, and that nobody gets a copy twice whatever fails."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import Message as Headers
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from mailing_office import NOW, links, message, office
from sendgrid_standin import (
    CONTRACT,
    DROP_EARLY,
    DROP_LATE,
    HANG,
    KEY,
    Body,
    Fault,
    StandIn,
    against_contract,
    judged,
    serving,
)

from newsletter.config import Delivery
from newsletter.config import SendGrid as Settings
from newsletter.delivery import deliver, letter_headers, open_transport
from newsletter.delivery.sendgrid import Account, SendGrid
from newsletter.delivery.sendgrid.client import connect
from newsletter.delivery.sendgrid.verdict import Busy, Faulty, Taken, Unknown, judge
from newsletter.errors import ConfigError, NewsletterError, TemplateError, TransportError
from newsletter.model import Answer, DeliveryState, Field, MailingState, Message, Receipt, Recipient
from newsletter.store import Worker

LETTER = Message(
    sender="Vie associative (exemple) <asso@malakoff.example>",
    reply_to="asso@malakoff.example",
    subject="La lettre des associations : décembre 2021",
    html='<p>Bonjour [[html:first_name]]</p>\n<a href="[[html:unsubscribe]]">Se désinscrire</a>\n',
    text="Bonjour [[text:first_name]]\n[[text:unsubscribe]]\n",
    domain="malakoff.example",
    date=datetime(2021, 12, 7, 9, tzinfo=UTC),
    headers=letter_headers("Lettre d’été", "associations.lettre.malakoff.example", "asso@malakoff.example"),
    label="2021-12-associations",
)


def reader(number: int, name: str = "Zoé", address: str | None = None) -> Recipient:
    fields = {Field.FIRST_NAME: name, Field.UNSUBSCRIBE: f"https://lettre.malakoff.example/d/{number:020}"}
    return Recipient(f"d{number:04}", address or f"zoe.{number}@asso.example", fields)


READERS = [reader(number) for number in range(8)]


@dataclass
class World:
    """A stand-in, and the transport that speaks to it."""

    standin: StandIn
    transport: SendGrid

    def send(self, people: list[Recipient], letter: Message = LETTER) -> list[Receipt]:
        return list(self.transport.send(letter, people))

    def stopped(self, people: list[Recipient], letter: Message = LETTER) -> tuple[list[Receipt], NewsletterError]:
        receipts: list[Receipt] = []
        with pytest.raises(NewsletterError) as stopped:
            receipts.extend(self.transport.send(letter, people))
        return receipts, stopped.value


@pytest.fixture(name="world")
def _world() -> Iterator[World]:
    account = Account(KEY, url="http://127.0.0.1:1", timeout=0.5)
    with serving() as standin:
        account = replace(account, url=standin.url)
        with closing(SendGrid(account, pauses=(0.0, 0.01, 0.02))) as transport:
            yield World(standin, transport)


def answers(receipts: list[Receipt]) -> dict[str, str]:
    return {receipt.delivery: receipt.answer.value for receipt in receipts}


def first(*faults: Any) -> Fault:
    """These, one after another, for the requests that come first."""
    left = list(faults)

    def fault(body: Body) -> Any:
        if not left or (not body) != (left[0] == DROP_EARLY):  # asked twice a request: before reading, and after
            return None
        return left.pop(0)

    return fault


def refusal(status: int, text: str = "no", place: str | None = None, **headers: str) -> Any:
    return status, headers, [{"message": text, "field": place, "help": None}]


# ---- what a request holds -------------------------------------------------------------------------------------------


def test_a_request_holds_each_reader_once_and_tracks_nobody(world: World) -> None:
    world.send(READERS)
    (body,) = world.standin.taken
    assert [personal["to"] for personal in body["personalizations"]] == [[{"email": who.address}] for who in READERS]
    assert body["personalizations"][3]["custom_args"] == {"delivery": "d0003"}
    assert body["tracking_settings"] == {
        "click_tracking": {"enable": False, "enable_text": False},
        "open_tracking": {"enable": False},
        "subscription_tracking": {"enable": False},
        "ganalytics": {"enable": False},
    }
    assert set(body) == {
        "personalizations", "from", "reply_to", "subject", "content", "headers", "tracking_settings",
    }  # fmt: skip
    assert body["from"] == {"email": "asso@malakoff.example", "name": "Vie associative (exemple)"}
    assert body["reply_to"] == {"email": "asso@malakoff.example"}
    assert [content["type"] for content in body["content"]] == ["text/plain", "text/html"]


def test_each_reader_has_a_way_out_of_their_own(world: World) -> None:
    world.send(READERS)
    seen = world.standin.arrived()["d0003"]
    link = "https://lettre.malakoff.example/d/00000000000000000003"
    gone = "mailto:asso@malakoff.example?subject=unsubscribe%20associations.lettre.malakoff.example"
    assert seen.headers["List-Unsubscribe"] == f"<{link}>, <{gone}>"
    assert seen.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (body,) = world.standin.taken
    assert "List-Unsubscribe" not in body["headers"]
    assert body["headers"]["List-Id"].isascii()
    assert body["headers"]["List-Id"].endswith("<associations.lettre.malakoff.example>")
    assert seen.parts["text/plain"] == f"Bonjour Zoé\n{link}\n"


@pytest.mark.parametrize(
    ("name", "text", "html"),
    [
        ("Zoé", "Zoé", "Zoé"),
        ("<b>Zoé</b> & Cie", "<b>Zoé</b> & Cie", "&lt;b&gt;Zoé&lt;/b&gt; &amp; Cie"),
        ('L’"été"', 'L’"été"', "L’&quot;été&quot;"),
        ("a\r\nBcc: x@y.example", "a Bcc: x@y.example", "a Bcc: x@y.example"),
        ("[[text:unsubscribe]]", "[ [text:unsubscribe]]", "&#91;&#91;text:unsubscribe]]"),
        ("Zoé\u202e👩‍🚒", "Zoé👩‍🚒", "Zoé👩‍🚒"),
        ("", "", ""),
    ],
)
def test_a_name_lands_in_each_part_as_it_must(world: World, name: str, text: str, html: str) -> None:
    world.send([reader(1, name)])
    seen = world.standin.arrived()["d0001"]
    assert seen.parts["text/plain"].startswith(f"Bonjour {text}\n")
    assert seen.parts["text/html"].startswith(f"<p>Bonjour {html}</p>")


def test_a_mark_of_one_part_is_escaped_for_the_part_it_stands_in(world: World) -> None:
    swapped = replace(LETTER, html="<p>[[text:first_name]]</p>", text="[[html:first_name]]")
    world.send([reader(1, "<b>&")], swapped)
    assert world.standin.arrived()["d0001"].parts == {"text/plain": "<b>&", "text/html": "<p>&lt;b&gt;&amp;</p>"}


def test_what_would_break_out_of_a_request_stays_in_it_byte_for_byte(world: World) -> None:
    evil = Message(
        sender='Asso "x"\r\nBcc: voleur@exemple.example <asso@malakoff.example>',
        reply_to=None,
        subject='Fin"\r\nBcc: voleur@exemple.example\u2028\x00',
        html=None,
        text="Bonjour [[text:first_name]]",
        domain="malakoff.example",
        date=NOW,
        headers=(("List-Unsubscribe", "<[[text:unsubscribe]]>"),),
    )
    name = 'Zoé\r\n", "bcc": [{"email": "b@c.example"}]\x00\\[[text:unsubscribe]]'
    fields = {Field.FIRST_NAME: name, Field.UNSUBSCRIBE: "https://a.example/d/x>,\r\nBcc: <b"}
    world.send([Recipient("d0001", '"o\'neil \\"x\\" b"@Théâtre.example', fields)], evil)
    assert world.standin.heard.decode() == (
        r'''{"personalizations":[{"to":[{"email":"\"o'neil \\\"x\\\" b\"@xn--thtre-4qa2c.example"}]'''
        r''',"custom_args":{"delivery":"d0001"},"substitutions":{'''
        r'''"[[text:first_name]]":"Zoé \", \"bcc\": [{\"email\": \"b@c.example\"}]\\[ [text:unsubscribe]]"}'''
        r''',"headers":{"List-Unsubscribe":"<https://a.example/d/x%3E%2C%20Bcc:%20%3Cb>"}}],'''
        r'''"from":{"email":"asso@malakoff.example","name":"Asso \"x\" Bcc: voleur@exemple.example"},'''
        r'''"subject":"Fin\" Bcc: voleur@exemple.example",'''
        r'''"content":[{"type":"text/plain","value":"Bonjour [[text:first_name]]"}],'''
        r'''"tracking_settings":{"click_tracking":{"enable":false,"enable_text":false}'''
        r''',"open_tracking":{"enable":false},"subscription_tracking":{"enable":false}'''
        r''',"ganalytics":{"enable":false}}}'''
    )  # fmt: skip


@pytest.mark.parametrize("name", ["é" * 2_000, '"' * 1_000, "[[" * 600, "🎄" * 1_000])
def test_a_long_name_comes_back_whole(world: World, name: str) -> None:
    assert answers(world.send([reader(1, name)])) == {"d0001": "accepted"}
    assert world.standin.arrived()["d0001"].parts["text/plain"].startswith(f"Bonjour {name.replace('[[', '[ [')}\n")


def test_a_link_cannot_end_its_header(world: World) -> None:
    evil = reader(1)
    fields = {**evil.fields, Field.UNSUBSCRIBE: "https://x.example/>,\r\nBcc: <a b"}
    world.send([replace(evil, fields=fields)])
    way_out = world.standin.arrived()["d0001"].headers["List-Unsubscribe"]
    assert way_out.startswith("<https://x.example/%3E%2C%20Bcc:%20%3Ca%20b>, <mailto:")


def test_ways_out_too_long_for_a_header_are_refused_aloud(world: World) -> None:
    long = reader(1)
    fields = {**long.fields, Field.UNSUBSCRIBE: "https://x.example/" + "d" * 880}
    with pytest.raises(TransportError, match=r"raccourcissez site\.url"):
        world.send([replace(long, fields=fields)])
    assert not world.standin.taken


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (reader(3, address="zoé@asso.example"), "adresse accentuée"),
        (reader(3, address="zoe@@asso.example"), "pas lisible"),
        (reader(3, address="zoe@asso.example\r\nx"), "n'existe pas"),
        (reader(3, name="é" * 10_000), "10000"),
        (replace(reader(3), delivery="a b"), "numéro"),
    ],
)
def test_what_sendgrid_cannot_carry_is_refused_aloud_and_the_others_leave(
    world: World, who: Recipient, why: str
) -> None:
    receipts = world.send([*READERS[:3], who, *READERS[4:]])
    assert sorted(answers(receipts).values()) == ["accepted"] * 7 + ["refused"]
    (refused,) = [receipt for receipt in receipts if receipt.answer is Answer.REFUSED]
    assert refused.delivery == who.delivery
    assert why in refused.detail
    assert "@" not in refused.detail
    assert len(world.standin.deliveries) == 7


def test_an_accented_domain_leaves_in_ascii(world: World) -> None:
    world.send([reader(1, address="zoe@été.example")])
    assert world.standin.arrived()["d0001"].to == "zoe@xn--t-9fab.example"


def test_a_mailbox_that_is_there_twice_is_in_two_requests(world: World) -> None:
    people = [reader(1), reader(2, address="ZOE.1@asso.example"), reader(3)]
    assert set(answers(world.send(people)).values()) == {"accepted"}
    assert [len(body["personalizations"]) for body in world.standin.taken] == [1, 2]


@pytest.mark.parametrize(
    "headers", [(("DKIM-Signature", "x"),), (("Received", "x"),), (("X-SG-EID", "x"),), (("Subject", "x"),)]
)
def test_a_header_sendgrid_writes_itself_is_never_sent(world: World, headers: tuple[tuple[str, str], ...]) -> None:
    receipts, stopped = world.stopped(READERS, replace(LETTER, headers=headers))
    assert isinstance(stopped, TemplateError)
    assert set(answers(receipts).values()) == {"later"}
    assert world.standin.requests == 0


def test_the_sandbox_judges_and_sends_nothing(world: World) -> None:
    account = Account(KEY, url=world.standin.url)
    with closing(SendGrid(account, sandbox=True)) as trial:
        assert set(answers(list(trial.send(LETTER, READERS))).values()) == {"accepted"}
    assert world.standin.taken == []


@pytest.mark.skipif(not CONTRACT.exists(), reason="the published contract isn't beside this checkout")
@pytest.mark.parametrize(
    "change",
    [
        {"personalizations": [{}]},
        {"personalizations": [{"to": [{"email": "nobody"}]}]},
        {"personalizations": [{"to": [{"email": "a@b.example"}], "substitutions": {"x": 1}}]},
        {"personalizations": [{"to": [{"email": "a@b.example"}]}] * 1001},
        {"subject": ""},
        {"content": [{"type": "text/plain"}]},
        {"custom_args": {"delivery": "d"}},
        {"tracking": {}},
        {"send_at": True},
    ],
)
def test_the_contract_would_notice(world: World, change: Body) -> None:
    world.send(READERS)
    (body,) = world.standin.taken
    assert against_contract(body) == []
    assert against_contract({**body, **change}) != []


def test_the_stand_in_refuses_what_sendgrid_does(world: World) -> None:
    world.send(READERS)
    (body,) = world.standin.taken
    people = body["personalizations"]
    assert judged(body, 1000) is None
    for change in (
        {"personalizations": [*people, people[0]]},
        {"personalizations": [{**people[0], "headers": {"To": "x"}}]},
        {"headers": {"Received": "x"}},
        {"content": body["content"][::-1]},
        {"personalizations": []},
    ):
        assert judged({**body, **change}, 1000) is not None


# ---- what an answer means -------------------------------------------------------------------------------------------


def test_202_is_accepted_under_sendgrids_own_number(world: World) -> None:
    receipts = world.send(READERS)
    assert {receipt.reference for receipt in receipts} == {"id-1"}
    assert answers(receipts) == {who.delivery: "accepted" for who in READERS}


def test_connections_are_kept_and_several_requests_go_at_once(world: World) -> None:
    gate = threading.Barrier(2, timeout=5)

    def wait(body: Body) -> None:
        if body:
            gate.wait()

    world.standin.fault = wait
    for _ in range(3):
        windows = [world.transport.send(LETTER, READERS[:4]), world.transport.send(LETTER, READERS[4:])]
        assert [len(list(window)) for window in windows] == [4, 4]
    assert (world.standin.requests, world.standin.connections, world.transport.opened) == (6, 2, 2)


def test_a_connection_the_other_end_closed_meanwhile_is_not_used(world: World) -> None:
    for _ in range(3):
        world.standin.fault = first(DROP_LATE)
        assert set(answers(world.send(READERS[:1])).values()) == {"uncertain"}
        assert set(answers(world.send(READERS[1:])).values()) == {"accepted"}


def test_whom_sendgrid_names_is_refused_alone(world: World) -> None:
    named = refusal(400, "Does not contain a valid address: zoe@asso.example", "personalizations.3.to.0.email")
    world.standin.fault = lambda body: named if len(body.get("personalizations", ())) == 8 else None
    receipts = world.send(READERS)
    assert answers(receipts) == {who.delivery: "accepted" for who in READERS} | {"d0003": "refused"}
    (refused,) = [receipt for receipt in receipts if receipt.answer is Answer.REFUSED]
    assert refused.detail == "400 Does not contain a valid address: <…>"
    assert world.standin.requests == 2


@pytest.mark.parametrize("status", [400, 413])
def test_whom_sendgrid_does_not_name_is_found_by_halves(world: World, status: int) -> None:
    people = [reader(number) for number in range(100)]
    bad = {"zoe.17@asso.example", "zoe.63@asso.example"}
    world.standin.fault = lambda body: (
        refusal(status, "Bad request")
        if bad & {personal["to"][0]["email"] for personal in body.get("personalizations", ())}
        else None
    )
    receipts = world.send(people)
    assert {delivery for delivery, answer in answers(receipts).items() if answer == "refused"} == {"d0017", "d0063"}
    assert sorted(world.standin.deliveries) == sorted({f"d{n:04}" for n in range(100)} - {"d0017", "d0063"})
    assert world.standin.requests < 30


def test_a_letter_refused_for_everyone_is_itself_at_fault(world: World) -> None:
    world.standin.fault = lambda body: refusal(400, "Bad request") if body else None
    receipts, stopped = world.stopped(READERS)
    assert answers(receipts) == {who.delivery: "later" for who in READERS}
    assert "la lettre elle-même" in str(stopped)


def test_a_test_copy_refused_alone_is_refused(world: World) -> None:
    world.standin.fault = lambda body: refusal(400, "Bad request") if body else None
    assert answers(world.send(READERS[:1])) == {"d0000": "refused"}


def test_a_sender_sendgrid_does_not_know_stops_all_at_once(world: World) -> None:
    world.standin.fault = lambda body: refusal(400, "not verified", "from.email") if body else None
    receipts, stopped = world.stopped(READERS)
    assert set(answers(receipts).values()) == {"later"}
    assert "from.email" in str(stopped)
    assert world.standin.requests == 1


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "SENDGRID_API_KEY"), (403, "town.sender"), (404, "delivery.sendgrid.url"), (301, "delivery.sendgrid.url")],
)
def test_what_concerns_the_account_stops_the_mailing_and_says_what_to_check(
    world: World, status: int, said: str
) -> None:
    world.standin.fault = lambda body: refusal(status) if body else None
    receipts, stopped = world.stopped(READERS)
    assert isinstance(stopped, TransportError)
    assert said in str(stopped)
    assert KEY not in str(stopped)
    assert answers(receipts) == {who.delivery: "later" for who in READERS}


def test_a_wrong_key_stops_the_mailing(world: World) -> None:
    with closing(SendGrid(Account("SG.autre", url=world.standin.url))) as transport:
        _, stopped = World(world.standin, transport).stopped(READERS)
    assert "refuse la clé" in str(stopped)


def test_429_waits_as_long_as_sendgrid_says(world: World) -> None:
    server_time = datetime(2001, 1, 1, tzinfo=UTC)  # its clock, not ours
    limited = {
        "Date": format_datetime(server_time, usegmt=True),
        "X-RateLimit-Reset": str(int(server_time.timestamp())),
    }
    world.standin.fault = first(refusal(429, **{"Retry-After": "0"}), refusal(429, **{"Retry-After": "0"}))
    assert set(answers(world.send(READERS)).values()) == {"accepted"}
    assert world.standin.requests == 3
    world.standin.fault = lambda body: (429, {**limited, "X-RateLimit-Reset": "978307500"}, []) if body else None
    receipts = world.send(READERS)
    assert {(r.answer, 290 < (r.retry_after or 0) <= 301) for r in receipts} == {(Answer.LATER, True)}
    requests = world.standin.requests
    assert set(answers(world.send(READERS)).values()) == {"later"}  # and nobody else knocks meanwhile
    assert world.standin.requests == requests


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_did_not_take_it_is_asked_again_then_later(world: World, status: int) -> None:
    world.standin.fault = first(refusal(status))
    assert set(answers(world.send(READERS)).values()) == {"accepted"}
    world.standin.fault = lambda body: refusal(status) if body else None
    receipts = world.send(READERS)
    assert {(receipt.answer, receipt.retry_after) for receipt in receipts} == {(Answer.LATER, 60.0)}
    assert sorted(world.standin.deliveries) == [who.delivery for who in READERS]


def test_a_server_that_fails_without_end_is_left_alone(world: World) -> None:
    world.standin.fault = lambda body: refusal(503) if body else None
    assert [len(world.send(READERS)) for _ in range(2)] == [8, 8]
    receipts, stopped = world.stopped(READERS)
    assert len(receipts) == 8
    assert "échoue sans arrêt" in str(stopped)


@pytest.mark.parametrize("fault", [DROP_LATE, HANG, refusal(502), refusal(504), refusal(520)])
def test_what_may_have_been_taken_is_uncertain_and_not_sent_again(world: World, fault: Any) -> None:
    world.standin.fault = lambda body: fault if body else None
    assert answers(world.send(READERS)) == {who.delivery: "uncertain" for who in READERS}
    assert world.standin.requests == 1


def test_what_was_not_taken_whole_is_sent_again(world: World) -> None:
    world.standin.fault = first(DROP_EARLY)
    heavy = replace(
        LETTER, html=f"<p>[[html:unsubscribe]] {('x' * 70 + chr(10)) * 170_000}</p>"
    )  # 12 MB: no buffer holds it
    assert set(answers(world.send(READERS[:1], heavy)).values()) == {"accepted"}
    assert len(world.standin.deliveries) == 1
    assert world.standin.requests == 2


def test_a_sendgrid_that_is_not_there_leaves_everyone_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    receipts: list[Receipt] = []
    transport = SendGrid(Account(KEY, url=url), pauses=(0.0, 0.01))
    with closing(transport), pytest.raises(TransportError, match="pas joignable"):
        receipts.extend(transport.send(LETTER, READERS))
    assert answers(receipts) == {who.delivery: "later" for who in READERS}


def test_a_certificate_nobody_vouches_for_is_said(world: World) -> None:
    url = world.standin.url.replace("http:", "https:")
    transport = SendGrid(Account(KEY, url=url, timeout=0.5), pauses=(0.0,))
    with closing(transport), pytest.raises(TransportError):
        list(transport.send(LETTER, READERS))
    assert world.standin.taken == []


def heads(**values: str) -> Headers:
    made = Headers()
    for name, value in values.items():
        made[name.replace("_", "-")] = value
    return made


@pytest.mark.parametrize(
    ("status", "headers", "body", "verdict"),
    [
        (202, {"X_Message_Id": "abc"}, b"", Taken("abc")),
        (202, {}, b"\xff", Taken(None)),
        (400, {}, b"not JSON", Faulty("400")),
        (400, {}, b"[]", Faulty("400")),
        (400, {}, b'{"errors": "x"}', Faulty("400")),
        (400, {}, b'{"errors": [{"message": "a <b@c.example>\\n", "field": null}]}', Faulty("400 a <…>")),
        (
            400,
            {},
            b'{"errors": [{"message": "m", "field": "personalizations[7].to"}]}',
            Faulty("400 m", {7: "400 m"}),
        ),
        (429, {"Retry_After": "7"}, b"", Busy("429", 7.0)),
        (429, {"X_RateLimit_Reset": "1638864010", "Date": "Tue, 07 Dec 2021 08:00:00 GMT"}, b"", Busy("429", 11.0)),
        (429, {"X_RateLimit_Reset": "1", "Date": "Tue, 07 Dec 2021 08:00:00 GMT"}, b"", Busy("429", 0.0)),
        (429, {"X_RateLimit_Reset": "soon", "Date": "today"}, b"", Busy("429", 5.0)),
        (503, {}, b"<html>", Busy("503")),
        (502, {}, b"<html>", Unknown("502")),
        (599, {}, b"", Unknown("599")),
    ],
)
def test_what_an_answer_means(status: int, headers: dict[str, str], body: bytes, verdict: object) -> None:
    assert judge(status, heads(**headers), body) == verdict


# ---- what is written, and opened ------------------------------------------------------------------------------------


def test_nothing_of_the_key_or_of_a_reader_is_written_at_any_level(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for name in ("python_http_client", "python_http_client.client", "sendgrid"):
            caplog.set_level(logging.DEBUG, logger=name)
        world.standin.fault = first(refusal(503), refusal(400, "zoe.3@asso.example", "personalizations.3.to"))
        world.send(READERS)
    assert KEY not in caplog.text
    assert "zoe" not in caplog.text
    assert KEY not in repr(Account(KEY))


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        (Settings(), "https://api.eu.sendgrid.com/v3/mail/send"),
        (Settings(region="global"), "https://api.sendgrid.com/v3/mail/send"),
        (Settings(url="https://relais.malakoff.example"), "https://relais.malakoff.example/v3/mail/send"),
    ],
)
def test_the_region_is_a_setting_and_the_key_a_secret(settings: Settings, url: str) -> None:
    client, lines = connect(Account(KEY, settings.region, settings.url))
    assert client.client.mail.send._build_url(None) == url
    assert lines.opened == 0
    delivery = Delivery(transport="sendgrid", sendgrid=settings)
    open_transport(delivery, Path(), {"SENDGRID_API_KEY": KEY}).close()
    for secrets in ({}, {"SENDGRID_API_KEY": " "}, {"SENDGRID_API_KEY": "SG.\r\nX: y"}):
        with pytest.raises(ConfigError, match="SENDGRID_API_KEY"):
            open_transport(delivery, Path(), secrets)


@pytest.mark.parametrize(("rate", "size"), [(None, 1000), (600, 50), (1, 1), (10**6, 1000)])
def test_a_rate_makes_smaller_windows(rate: int | None, size: int) -> None:
    with closing(SendGrid(Account(KEY), rate=rate)) as transport:
        assert transport.batch_size == size


# ---- with the ledger ------------------------------------------------------------------------------------------------


def test_a_mailing_leaves_by_sendgrid_and_the_ledger_knows(world: World, tmp_path: Path) -> None:
    named = refusal(400, "Does not contain a valid address", "personalizations.5.to.0.email")
    world.standin.fault = lambda body: named if len(body.get("personalizations", ())) == 1000 else None
    with office(tmp_path, 1500) as (store, number):
        ways: dict[str, Any] = {"worker": Worker.here(), "at": lambda: NOW, "fields": links}
        deliver(number, message(), store.ledger, world.transport, **ways)
        counts = {state.value: n for state, n in store.ledger.counts(number).items() if n}
        assert counts == {"accepted": 1499, "refused": 1}
        assert store.ledger.finish(number, at=NOW)
    assert len(set(world.standin.deliveries)) == len(world.standin.deliveries) == 1499


def test_what_is_in_doubt_is_a_request_and_no_more(world: World, tmp_path: Path) -> None:
    world.standin.fault = first(DROP_LATE)
    with office(tmp_path, 2500) as (store, number):
        ways: dict[str, Any] = {"worker": Worker.here(), "at": lambda: NOW, "fields": links}
        deliver(number, message(), store.ledger, world.transport, **ways)
        counts = {state.value: n for state, n in store.ledger.counts(number).items() if n}
    assert counts in ({"accepted": 1500, "uncertain": 1000}, {"accepted": 2000, "uncertain": 500})
    assert len(set(world.standin.deliveries)) == len(world.standin.deliveries) == 2500


def test_a_mailing_that_sendgrid_refuses_too_often_pauses_and_says_why(world: World, tmp_path: Path) -> None:
    def one_in_ten(body: dict[str, Any]) -> Any:
        for place, personal in enumerate(body.get("personalizations", ())):
            number = int(personal["to"][0]["email"].removeprefix("lecteur").partition("@")[0])
            if number < 200 and number % 10 == 0:
                return refusal(400, "Does not contain a valid address", f"personalizations.{place}.to.0.email")
        return None

    world.standin.fault = one_in_ten
    patient = SendGrid(Account(KEY, url=world.standin.url, timeout=60))
    with office(tmp_path, 3500) as (store, number), closing(patient):
        ways: dict[str, Any] = {"worker": Worker.here(), "at": lambda: NOW, "fields": links}
        deliver(number, message(), store.ledger, patient, **ways)
        mailing, counts = store.ledger.mailing(number), store.ledger.counts(number)
    assert mailing.state is MailingState.PAUSED
    assert mailing.reason is not None
    assert mailing.reason.startswith(
        "20 refus sur les 200 premiers exemplaires (400 Does not contain a valid address) ;"
    )
    assert (counts[DeliveryState.REFUSED], counts[DeliveryState.QUEUED]) == (20, 1500)  # two windows were under way


def test_the_key_is_the_only_secret_that_goes_along(world: World) -> None:
    world.send(READERS)
    assert world.standin.keys == {f"Bearer {KEY}"}
