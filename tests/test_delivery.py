"""Delivery: one suite for all transports, then a ledger and a transport together, then what a killed process leaves."""

from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from smtp_server import Server, serving

from newsletter.config import Delivery, Smtp
from newsletter.delivery import Transport, eml, letter_headers, open_transport
from newsletter.errors import ConfigError, NewsletterError, TransportError
from newsletter.model import Answer, Field, Message, Receipt, Recipient

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

    def open(self) -> Transport:
        return open_transport(self.settings, self.folder, {})

    def arrived(self) -> dict[str, bytes]:
        """What arrived, by the number of the copy."""
        files = {path.stem.rpartition("-")[2]: path.read_bytes() for path in (self.folder / "outbox").glob("*")}
        return files | {mail.delivery: mail.content for mail in self.server.mails}

    def send(self, recipients: list[Recipient], message: Message = LETTER) -> list[Receipt]:
        with closing(self.open()) as transport:
            return list(transport.send(message, recipients))


@pytest.fixture(name="world", params=["files", "smtp"])
def _world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with serving() as server:
        relay = Smtp(host="127.0.0.1", port=server.port, security="none", connections=2)
        yield World(Delivery(transport=request.param, outbox="outbox", smtp=relay), tmp_path, server)


# ---- all transports -------------------------------------------------------------------------------------------------


def test_each_reader_gets_their_copy_and_each_copy_an_answer(world: World) -> None:
    receipts = world.send(READERS)
    assert {receipt.answer for receipt in receipts} == {Answer.ACCEPTED}
    assert sorted(receipt.delivery for receipt in receipts) == [reader.delivery for reader in READERS]
    assert world.arrived() == {reader.delivery: eml(LETTER, reader) for reader in READERS}


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
        assert 1 <= transport.batch_size <= 100
        for window in (READERS[:5], READERS[5:]):
            assert len(list(transport.send(LETTER, window))) == len(window)
    assert len(world.arrived()) == len(READERS)


def test_whoever_stops_listening_leaves_nothing_hanging(world: World) -> None:
    with closing(world.open()) as transport:
        answers = transport.send(LETTER, READERS)
        assert next(answers).answer is Answer.ACCEPTED
        with suppress(AttributeError):
            answers.close()  # type: ignore[attr-defined] # both are generators


def test_a_transport_nobody_wrote_yet_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sendgrid"):
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
