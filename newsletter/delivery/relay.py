"""Coming in at a relay: settings in, a session out, past greeting, TLS and login. No mail is known here.

A relay that can't be used as it is set (no TLS, a wrong certificate, a refused login) is a TransportError that says
what to look at; one that can't be reached just now is a Dropped. Never written anywhere: a password.
"""

import contextlib
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal

from newsletter.delivery.loop import Steps
from newsletter.delivery.wire import Dropped, Reply, Wire, connected
from newsletter.errors import TransportError

CONNECT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Relay:
    """Where a relay is and how one comes in. `authority`: a file of certificates to trust instead of the system's.

    `timeout` is the longest RFC 5321 asks for: ten minutes for the answer to a whole mail.
    """

    host: str
    port: int
    security: Literal["none", "starttls", "tls"] = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    authority: str | None = None
    timeout: float = 600.0

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def nearby(self) -> bool:
        """Whether what is said to it stays on this machine."""
        with contextlib.suppress(ValueError):
            return ip_address(self.host).is_loopback
        return self.host == "localhost"


@dataclass(slots=True)
class Session:
    """An open connection with what its server offers. `carried` counts the mails it took."""

    wire: Wire
    offers: Mapping[str, str]
    carried: int = 0

    @property
    def pipelining(self) -> bool:
        """Whether commands may leave before the last one's reply."""
        return "PIPELINING" in self.offers


def context(relay: Relay) -> ssl.SSLContext | None:
    """The certificates a relay is judged by, read once. Raises TransportError."""
    if relay.security == "none":
        return None
    try:
        return ssl.create_default_context(cafile=relay.authority)
    except OSError:
        raise TransportError(f"le fichier de certificats {relay.authority} ne peut pas être lu") from None


def enter(relay: Relay, trust: ssl.SSLContext | None) -> Steps[Session]:
    """Opens a session. Raises Dropped or TransportError."""
    with _sentences(relay):
        wire = Wire((yield from connected(relay.host, relay.port, CONNECT_SECONDS)), relay.timeout)
        try:
            offers = yield from _introduce(wire, relay, trust)
            yield from _log_in(wire, relay, offers.get("AUTH", "").upper().split())
        except BaseException:
            wire.close()
            raise
    return Session(wire, offers)


def _introduce(wire: Wire, relay: Relay, trust: ssl.SSLContext | None) -> Steps[dict[str, str]]:
    if relay.security == "tls" and trust:
        yield from wire.secure(trust, relay.host)
    _expect((yield from wire.read()), relay, "n'accueille pas la connexion")
    offers = yield from _greet(wire, relay)
    if relay.security != "starttls" or not trust:
        return offers
    if "STARTTLS" not in offers:
        raise TransportError(
            f"le serveur {relay} ne propose pas STARTTLS ; essayez « tls », port 465, ou « none » sur cette machine "
            "(delivery.smtp.security)"
        )
    _expect((yield from wire.command("STARTTLS")), relay, "refuse STARTTLS")
    if wire.unread:
        raise TransportError(
            f"quelqu'un parle à la place de {relay} avant le chiffrement : rien n'est envoyé par ce réseau"
        )
    yield from wire.secure(trust, relay.host)
    return (yield from _greet(wire, relay))  # what was said in clear doesn't count


def _greet(wire: Wire, relay: Relay) -> Steps[dict[str, str]]:
    name = socket.gethostname()
    reply = yield from wire.command(f"EHLO {name if '.' in name and name.isascii() else wire.here}")
    _expect(reply, relay, "refuse EHLO")
    offers = (line.partition(" ") for line in reply.words[1:])
    return {name.upper(): words for name, _, words in offers}


def _log_in(wire: Wire, relay: Relay, ways: list[str]) -> Steps[None]:
    if relay.user is None:
        return
    if relay.security == "none" and not relay.nearby:
        raise TransportError(
            f"aucun mot de passe ne part en clair vers {relay} ; mettez delivery.smtp.security à « starttls »"
        )
    if relay.password is None:
        raise TransportError("delivery.smtp.user demande un mot de passe ; mettez-le dans SMTP_PASSWORD")
    if "PLAIN" in ways:
        reply = yield from wire.command("AUTH PLAIN " + _base64(f"\0{relay.user}\0{relay.password}"))
    elif "LOGIN" in ways:
        reply = yield from _step_by_step(wire, relay.user, relay.password)
    else:
        raise TransportError(
            f"le serveur {relay} ne propose ni AUTH PLAIN ni AUTH LOGIN ; retirez delivery.smtp.user ?"
        )
    _expect(reply, relay, "refuse la connexion ; vérifiez delivery.smtp.user et SMTP_PASSWORD")


def _step_by_step(wire: Wire, user: str, password: str) -> Steps[Reply]:
    reply = yield from wire.command("AUTH LOGIN")
    for secret in (user, password):
        if reply.kind != 3:
            break
        reply = yield from wire.command(_base64(secret))
    return reply


def _base64(secret: str) -> str:
    return b64encode(secret.encode()).decode()


def _expect(reply: Reply, relay: Relay, otherwise: str) -> None:
    if reply.kind == 4:
        raise Dropped(str(reply))
    if reply.kind != 2:
        raise TransportError(f"le serveur {relay} {otherwise} ({reply})")


@contextlib.contextmanager
def _sentences(relay: Relay) -> Iterator[None]:
    """What the system says of a connection, in our words."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise TransportError(
            f"le certificat de {relay} n'est pas reconnu ({error.verify_message}) ; vérifiez delivery.smtp.host"
        ) from None
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        raise Dropped("la connexion est coupée") from None
    except ssl.SSLError as error:
        raise TransportError(
            f"pas de connexion chiffrée avec {relay} ({error.reason}) ; vérifiez security et port"
        ) from None
    except OSError as error:
        raise Dropped.by(error) from None
