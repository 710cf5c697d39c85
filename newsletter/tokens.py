"""The only signer: a purpose and a value in, a short token for a link out; and back.

The first secret signs and all of them read, so a new one is put in front and the links already sent stay good. A token
for one purpose is worth nothing for another. Tokens don't expire, unless they are signed with a time and read with an
age. A value can be read in its token: it is an opaque number, never an address.
Never here: what a value means, a database, a page.
"""

import hashlib
import os
import secrets as random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from itsdangerous import BadSignature
from itsdangerous import Signer as Signature
from itsdangerous.encoding import base64_decode, base64_encode

from newsletter.errors import ConfigError, TokenRefused

VARIABLE = "NEWSLETTER_SECRET"
SHORTEST = 16
REFUSED = "ce lien n’est pas valable : il a été coupé ou modifié ; reprenez-le en entier dans le courriel"
OLD = "ce lien n’est plus valable : il est trop ancien ; demandez-en un autre"


class Signer:
    """Signs values for a purpose ("unsubscribe", "confirm"), and reads what it signed."""

    def __init__(self, secrets: Sequence[str]) -> None:
        if not secrets:
            raise ValueError("a signer needs a secret")
        self._keys = [*reversed(secrets)]  # itsdangerous signs with the last one
        self._signatures: dict[str, Signature] = {}

    def sign(self, purpose: str, value: str, *, at: datetime | None = None) -> str:
        """A token for that value; `at` is written in it, when it is one to be read with an age."""
        if at is None:
            return self._sealed(purpose, value)
        return self._sealed(f"{purpose} with a time", f"{int(at.timestamp())} {value}")

    def read(self, purpose: str, token: str, *, at: datetime | None = None, max_age: timedelta | None = None) -> str:
        """The value that was signed for this purpose; with `max_age`, not longer ago. Raises TokenRefused."""
        if at is None or max_age is None:
            return self._opened(purpose, token)
        signed, _, value = self._opened(f"{purpose} with a time", token).partition(" ")
        if not 0 <= at.timestamp() - int(signed) <= max_age.total_seconds():
            raise TokenRefused(OLD)
        return value

    def _sealed(self, purpose: str, content: str) -> str:
        return self._signature(purpose).sign(base64_encode(content)).decode()

    def _opened(self, purpose: str, token: str) -> str:
        signature = token.rpartition(".")[2]
        try:
            content = self._signature(purpose).unsign(token.encode())
            if base64_encode(base64_decode(signature)).decode() != signature:  # its last letter has idle bits
                raise TokenRefused(REFUSED)
            return base64_decode(content).decode()
        except (BadSignature, UnicodeError):
            raise TokenRefused(REFUSED) from None

    def _signature(self, purpose: str) -> Signature:
        """Kept per purpose. Of itsdangerous's own serializer a token costs 38 µs, of this 5: it is in every copy."""
        if purpose not in self._signatures:
            self._signatures[purpose] = Signature(
                self._keys, salt=purpose, key_derivation="hmac", digest_method=hashlib.sha256
            )
        return self._signatures[purpose]


def secrets(var: Path, environ: Mapping[str, str]) -> list[str]:
    """NEWSLETTER_SECRET ("new,old"), else the one kept in `var`/secret, made at first use. Raises ConfigError."""
    written = [secret.strip() for secret in environ.get(VARIABLE, "").split(",") if secret.strip()]
    if not written:
        return [_kept(var / "secret")]
    if min(map(len, written)) < SHORTEST:
        raise ConfigError([f"{VARIABLE} : un secret a {SHORTEST} caractères au moins ; videz-la pour en avoir un"])
    return written


def _kept(path: Path) -> str:
    """Whoever comes first makes it: a whole file that appears at once, or not."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _make(path)
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError) as error:
        raise ConfigError([f"{path} : le secret des liens ne peut pas être lu ou écrit ({error})"]) from None
    if len(secret) < SHORTEST:
        raise ConfigError([f"{path} : ce fichier doit tenir le secret des liens ; remettez celui d’une sauvegarde"])
    return secret


def _make(path: Path) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{random.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, f"{random.token_urlsafe(32)}\n".encode())
        os.fsync(handle)
        os.link(draft, path)  # unlike a rename, it leaves one that is there already
    except FileExistsError:
        return
    finally:
        os.close(handle)
        draft.unlink()
