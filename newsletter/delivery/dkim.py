"""DKIM (RFC 6376): a mail's bytes in, the header that signs them out. RSA or Ed25519, relaxed/relaxed.

List-Unsubscribe and List-Unsubscribe-Post are signed (RFC 8058, 4), and nobody can add a second one. No time is
written: the same mail has the same signature, and needs no clock.
"""

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import dkim
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from dkim.canonicalization import CanonicalizationPolicy

from newsletter.errors import ConfigError

POLICY = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
SIGNED = frozenset(
    b"from reply-to to subject date message-id mime-version content-type content-transfer-encoding list-id "
    b"list-unsubscribe list-unsubscribe-post list-owner list-archive list-post auto-submitted".split()
)
ONCE = (b"from", b"to", b"subject", b"list-unsubscribe", b"list-unsubscribe-post")  # one more would break the signature
SMALLEST = 1024  # bits: receivers take no shorter key (RFC 8301)


@dataclass(frozen=True, slots=True)
class Seal:
    """A domain's key, under the name its other half has in the DNS."""

    key: RSAPrivateKey | Ed25519PrivateKey
    selector: str
    domain: str

    def sign(self, content: bytes) -> bytes:
        """The DKIM-Signature of a mail, ended by CRLF."""
        head, _, body = content.partition(b"\r\n\r\n")
        # dkimpy's RSA is Python, and its reading of a body slow: of 50 KB all of it takes 10 times as long as this. Its
        # branch for Ed25519 takes any key that signs a digest, so it is given ours, whatever its kind.
        signing = dkim.DKIM(signature_algorithm=b"ed25519-sha256")
        signing.headers, signing.hasher = dkim.rfc822_parse(head + b"\r\n\r\n")[0], hashlib.sha256
        names = [name.lower() for name, _ in signing.headers]
        signed = [name for name in names if name in SIGNED]
        signed += [name for name in ONCE if name in names]
        value: bytes = signing.gen_header(self._tags(signed, body), signed, POLICY, b"DKIM-Signature", _Key(self.key))
        return b"DKIM-Signature: " + value

    def _tags(self, signed: list[bytes], body: bytes) -> list[tuple[bytes, bytes]]:
        way = b"rsa-sha256" if isinstance(self.key, RSAPrivateKey) else b"ed25519-sha256"
        return [
            (b"v", b"1"),
            (b"a", way),
            (b"c", POLICY.to_c_value()),
            (b"d", self.domain.encode()),
            (b"s", self.selector.encode()),
            (b"h", b" : ".join(signed)),
            (b"bh", b64encode(hashlib.sha256(relaxed(body)).digest())),
            (b"b", b"0" * 60),  # dkimpy folds by this length first
        ]


@dataclass(frozen=True, slots=True)
class _Key:
    """As dkimpy calls one."""

    key: RSAPrivateKey | Ed25519PrivateKey

    def sign(self, digest: bytes) -> SimpleNamespace:
        if isinstance(self.key, RSAPrivateKey):
            return SimpleNamespace(signature=self.key.sign(digest, PKCS1v15(), Prehashed(SHA256())))
        return SimpleNamespace(signature=self.key.sign(digest))


def relaxed(body: bytes) -> bytes:
    """A body as both ends hash it (RFC 6376, 3.4.4): no run of blanks, none ends a line, no empty line is last."""
    lines = body.replace(b"\t", b" ")
    while b"  " in lines:  # a regular expression takes ten times as long for 50 KB
        lines = lines.replace(b"  ", b" ")
    lines = lines.replace(b" \r\n", b"\r\n").rstrip(b" \r\n")
    return lines + b"\r\n" if lines else b""


def seal(path: Path, selector: str, domain: str) -> Seal:
    """The key of a PEM file. Raises ConfigError when there is none that signs mails."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise ConfigError([f"delivery.smtp.dkim_key : {path} ne peut pas être lu ({error.strerror})"]) from None
    except (ValueError, TypeError):
        raise ConfigError(
            [f"delivery.smtp.dkim_key : {path} n'est pas une clé privée au format PEM, sans mot de passe"]
        ) from None
    if isinstance(key, RSAPrivateKey) and key.key_size < SMALLEST:
        raise ConfigError([f"delivery.smtp.dkim_key : {key.key_size} bits ; {SMALLEST} au moins, et mieux 2048"])
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise ConfigError([f"delivery.smtp.dkim_key : {path} n'est ni une clé RSA ni une clé Ed25519"])
    return Seal(key, selector, domain)
