"""DKIM: what a real server received is verified by dkimpy, with a DNS that is a function."""

import base64
import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization import PublicFormat as Public
from hypothesis import given, settings
from hypothesis import strategies as st
from mailing_office import links, message
from smtp_server import Server, serving

from newsletter.config import Delivery, Smtp
from newsletter.delivery import eml, open_transport
from newsletter.delivery.dkim import POLICY, relaxed, seal
from newsletter.errors import ConfigError
from newsletter.model import Answer, Field, Message, Recipient

RSA = rsa.generate_private_key(65537, 2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
KEYS: dict[str, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey] = {"rsa": RSA, "ed25519": ED25519}
PRIVATE = {"rsa": PrivateFormat.TraditionalOpenSSL, "ed25519": PrivateFormat.PKCS8}


def pem(kind: str) -> bytes:
    return KEYS[kind].private_bytes(Encoding.PEM, PRIVATE[kind], NoEncryption())


def dns(name: bytes, timeout: float = 5) -> bytes | None:
    """lettre-rsa._domainkey.malakoff.example. and lettre-ed25519."""
    kind = name.decode().removeprefix("lettre-").removesuffix("._domainkey.malakoff.example.")
    if kind not in KEYS:
        return None
    way = (Encoding.DER, Public.SubjectPublicKeyInfo) if kind == "rsa" else (Encoding.Raw, Public.Raw)
    return f"v=DKIM1; k={kind}; p={base64.b64encode(KEYS[kind].public_key().public_bytes(*way)).decode()}".encode()


def readers(count: int) -> list[Recipient]:
    return [reader(f"lecteur{n}@asso.example", f"{n:021x}") for n in range(count)]


def reader(address: str, delivery: str = "0" * 21) -> Recipient:
    bare = Recipient(delivery, address, {Field.FIRST_NAME: "Zoé  & .\t Cie "})
    return replace(bare, fields={**bare.fields, **links(bare)})


def settings_of(folder: Path, kind: str, port: int) -> Delivery:
    (folder / "clés").mkdir(exist_ok=True)
    (folder / "clés" / "dkim.pem").write_bytes(pem(kind))
    smtp = Smtp(
        host="127.0.0.1",
        port=port,
        security="none",
        dkim_key="clés/dkim.pem",
        dkim_selector=f"lettre-{kind}",
        dkim_domain="malakoff.example",
    )
    return Delivery(transport="smtp", smtp=smtp)


@pytest.fixture(name="server")
def _server() -> Iterator[Server]:
    with serving() as server:
        yield server


def received(server: Server, folder: Path, kind: str, mail: Message, people: list[Recipient]) -> list[bytes]:
    with closing(open_transport(settings_of(folder, kind, server.port), folder, {})) as transport:
        assert {receipt.answer for receipt in transport.send(mail, people)} == {Answer.ACCEPTED}
    return [accepted.content for accepted in server.mails]


def genuine(content: bytes) -> bool:
    return bool(dkim.verify(content, dnsfunc=dns))


NOTICE = Message(
    sender="Mairie (exemple) <asso@malakoff.example>",
    reply_to=None,
    subject="Confirmez votre inscription à la lettre d’été",
    html=None,
    text="Bonjour,\n.\n..\n  deux   espaces \n\tune tabulation\n\n\n",
    domain="malakoff.example",
    date=message().date,
)


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("mail", [message(), replace(message(), return_path="retours@malakoff.example"), NOTICE])
def test_what_a_server_received_is_signed(server: Server, tmp_path: Path, kind: str, mail: Message) -> None:
    contents = received(server, tmp_path, kind, mail, [*readers(3), reader("élodie@asso.example", "f" * 21)])
    assert len(contents) == 4
    for content in contents:
        assert content.startswith(b"DKIM-Signature: v=1; a=%s-sha256; c=relaxed/relaxed;" % kind.encode())
        assert genuine(content)
        assert content.partition(b"From: ")[2]
    if mail is not NOTICE:
        by_number = {accepted.delivery: accepted.content for accepted in server.mails}
        content = by_number["0" * 21]
        assert content.endswith(eml(mail, readers(1)[0]))  # the signature stands above, and nothing else differs


def test_what_makes_a_letter_leavable_is_under_the_signature(server: Server, tmp_path: Path) -> None:
    (content,) = received(server, tmp_path, "rsa", message(), readers(1))
    signature = content.partition(b"\r\nFrom:")[0].replace(b"\r\n", b"")
    names = {name.strip() for name in signature.partition(b"h=")[2].partition(b";")[0].split(b":")}
    assert {
        b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type", b"reply-to", b"list-id",
        b"list-unsubscribe", b"list-unsubscribe-post",
    } <= names  # fmt: skip
    assert all(len(line) <= 78 for line in content.partition(b"\r\nFrom:")[0].split(b"\r\n"))


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"List-Unsubscribe: <https://lettre", b"List-Unsubscribe: <https://voleur"),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click", b"List-Unsubscribe-Post: non"),
        (b"\r\nSubject: ", b"\r\nSubject: Urgent "),
        (b"Bonjour", b"Bonsoir"),
        (b"\r\nFrom: ", b"\r\nFrom: voleur@x.example\r\nFrom: "),
        (b"\r\nTo: ", b"\r\nList-Unsubscribe: <https://voleur.example>\r\nTo: "),
        (b"\r\nDate: ", b"\r\nSubject: autre\r\nDate: "),
    ],
)
def test_a_mail_that_was_changed_is_not_ours(
    server: Server, tmp_path: Path, kind: str, was: bytes, becomes: bytes
) -> None:
    (content,) = received(server, tmp_path, kind, message(), readers(1))
    assert genuine(content)
    assert was in content
    logging.disable()
    try:
        assert not genuine(content.replace(was, becomes, 1))
    finally:
        logging.disable(logging.NOTSET)


def test_a_relay_that_folds_and_spaces_breaks_nothing(server: Server, tmp_path: Path) -> None:
    (content,) = received(server, tmp_path, "rsa", message(), readers(1))
    folded = content.replace(b"\r\nTo: ", b"\r\nTO:\r\n\t", 1)
    changed = folded.replace(b"Bonjour ", b"Bonjour \t ").rstrip() + b"\r\n\r\n"
    assert b"\t" in changed
    assert genuine(b"Received: from a\r\n\tby b\r\n" + changed)


@given(st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"a", b".", b"=20", b"  "]), max_size=30))
@settings(max_examples=300, deadline=None)
def test_a_body_is_hashed_as_dkimpy_does(pieces: list[bytes]) -> None:
    body = b"".join(pieces) + b"\r\n"
    assert relaxed(body) == POLICY.canonicalize_body(body)


LOCKED = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
CURVE = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
PUBLIC = RSA.public_key().public_bytes(Encoding.PEM, Public.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "ne peut pas être lu"),
        (b"", "n'est pas une clé privée au format PEM"),
        (b"\xff\xfe", "n'est pas une clé privée au format PEM"),
        (PUBLIC, "n'est pas une clé privée au format PEM"),
        (LOCKED, "sans mot de passe"),
        (CURVE, "n'est ni une clé RSA ni une clé Ed25519"),
    ],
    ids=["missing", "empty", "bytes", "public", "locked", "curve"],
)
def test_a_key_that_cannot_sign_is_said_before_anything_leaves(
    server: Server, tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    where = settings_of(tmp_path, "rsa", server.port)
    path = tmp_path / "clés" / "dkim.pem"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=sentence) as refused:
        open_transport(where, tmp_path, {})
    assert str(refused.value).startswith("delivery.smtp.dkim_key : ")
    assert server.connections == 0


def test_the_same_mail_has_the_same_signature(tmp_path: Path) -> None:
    for kind in KEYS:
        path = tmp_path / f"{kind}.pem"
        path.write_bytes(pem(kind))
        key = seal(path, "lettre", "malakoff.example")
        mail = eml(message(), readers(1)[0])
        assert key.sign(mail) == key.sign(mail)
        assert b"PRIVATE" not in repr(key).encode()
