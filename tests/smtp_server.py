"""Relays for tests, on real sockets of 127.0.0.1: one serves and fails where it is told to, one follows a script.

`serving()` is aiosmtpd. Its `fault(stage, address)` is asked at each stage of a mail, and answers None, a reply to give
("450 4.2.0 later"), DROP, or a number of seconds to wait. Stages: mail, rcpt, data (before the content), half (some of
the content is read), content (all of it is, nothing is kept), kept (it is kept, not answered yet).
`scripted()` answers line after line what it is told to, and keeps what it heard.
"""

import asyncio
import email
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

DROP = "drop"
CERTIFICATE = Path(__file__).with_name("relay.pem")  # for "localhost", until 2120; its key protects nothing

Fault = Callable[[str, str], str | float | None]


@dataclass(frozen=True)
class Mail:
    """What was accepted."""

    sender: str
    recipient: str
    content: bytes

    @property
    def delivery(self) -> str:
        """The number in its Message-ID."""
        return str(email.message_from_bytes(self.content, policy=policy.default)["Message-ID"])[1:].partition("@")[0]


@dataclass
class Server:
    """A serving relay."""

    port: int = 0
    fault: Fault = lambda stage, address: None
    pipelining: bool = True
    most: int = 100
    mails: list[Mail] = field(default_factory=list)
    connections: int = 0
    welcomed: int = 0
    admitted: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    transports: list[Any] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop | None = None

    @property
    def deliveries(self) -> list[str]:
        """The numbers of the mails accepted, sorted."""
        return sorted(mail.delivery for mail in self.mails)

    def hang_up(self) -> None:
        """Closes every connection without a word."""
        assert self.loop is not None
        for transport in self.transports:
            self.loop.call_soon_threadsafe(transport.abort)

    def admit(self, login: Any, accounts: dict[str, str]) -> AuthResult:
        """Whether a name and password are known."""
        known = isinstance(login, LoginPassword) and accounts.get(login.login.decode()) == login.password.decode()
        self.admitted += known
        return AuthResult(success=known, handled=False)


class _Session(SMTP):
    def __init__(self, server: Server) -> None:
        self.told = server
        super().__init__(self, hostname="relay.example", **{"enable_SMTPUTF8": True, **server.options})

    def connection_made(self, transport: Any) -> None:
        self.told.connections += 1
        if self.told.connections > self.told.most:
            transport.write(b"421 4.7.0 too many connections\r\n")
            transport.close()
        else:
            self.told.welcomed += 1
            self.told.transports.append(transport)
            super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.told.connections -= 1
        if self.transport is not None:
            super().connection_lost(error)

    async def act(self, stage: str, address: str) -> str | None:
        action = self.told.fault(stage, address)
        if action == DROP:
            assert self.transport is not None
            self.transport.abort()
            await asyncio.sleep(3600)  # until the loss of the connection is heard
        if isinstance(action, float):
            await asyncio.sleep(action)
            return None
        return str(action) if action else None

    async def _handle_ehlo(self, _: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *(["250-PIPELINING"] if self.told.pipelining else []), responses[-1]]

    async def _handle_mail(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if refused := await self.act("mail", address):
            return refused
        envelope.mail_from = address
        return "250 2.1.0 ok"

    async def _handle_rcpt(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if refused := await self.act("rcpt", address):
            return refused
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def _smtp_data(self, arg: str) -> None:
        address = (self.envelope.rcpt_tos or [""])[0] if self.envelope else ""
        if address and (refused := await self.act("data", address)):
            await self.push(refused)
            return
        if address and self.told.fault("half", address):
            await self.push("354 go on")
            await self._reader.readuntil(b"\r\n")
            await self.act("half", address)
        await super().smtp_DATA(arg)

    async def _handle_data(self, server: Any, session: Any, envelope: Any) -> str:
        address = envelope.rcpt_tos[0]
        if refused := await self.act("content", address):
            return refused
        self.told.mails.append(Mail(envelope.mail_from, address, envelope.content))
        return await self.act("kept", address) or f"250 2.0.0 ok queued as Q{len(self.told.mails):05}"


for _name in ("handle_EHLO", "handle_MAIL", "handle_RCPT", "smtp_DATA", "handle_DATA"):  # as aiosmtpd looks for them
    setattr(_Session, _name, vars(_Session)[f"_{_name.lower()}"])


@contextmanager
def serving(security: str = "none", **options: Any) -> Iterator[Server]:
    """A relay on a thread of its own. `accounts`: names and passwords it asks for."""
    server = Server()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    if security == "starttls":
        server.options["tls_context"] = context
    if accounts := options.get("accounts"):
        server.options |= {
            "auth_required": security == "starttls",  # aiosmtpd knows no other TLS, and warns
            "auth_require_tls": security == "starttls",
            "authenticator": lambda s, n, e, way, login: server.admit(login, accounts),
        }
        server.options["auth_exclude_mechanism"] = options.get("without", [])
    with _loop() as loop:
        tls = context if security == "tls" else None
        opening = loop.create_server(lambda: _Session(server), "127.0.0.1", 0, ssl=tls)
        listening = asyncio.run_coroutine_threadsafe(opening, loop).result(5)
        server.loop, server.port = loop, listening.sockets[0].getsockname()[1]
        yield server
        loop.call_soon_threadsafe(listening.close)


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        asyncio.run_coroutine_threadsafe(_end(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _end() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)


@dataclass
class Script:
    """A scripted relay."""

    port: int = 0
    heard: bytes = b""


CLOSE = b""


@contextmanager
def scripted(*replies: bytes, connections: int = 1) -> Iterator[Script]:
    """Gives the first reply as a greeting, the others one per line heard; after a 354 it hears a whole mail first.

    CLOSE, or the end of the script, closes; then the script starts again for the next connection.
    """
    script = Script()
    listening = socket.create_server(("127.0.0.1", 0))
    script.port = listening.getsockname()[1]
    thread = threading.Thread(target=_follow, args=(script, listening, replies, connections))
    thread.start()
    try:
        yield script
    finally:
        listening.shutdown(socket.SHUT_RDWR)  # wakes who waits for a connection
        listening.close()
        thread.join(5)
        assert not thread.is_alive()


def _follow(script: Script, listening: socket.socket, replies: Sequence[bytes], connections: int) -> None:
    for _ in range(connections):
        try:
            connected, _ = listening.accept()
        except OSError:
            return
        with connected, connected.makefile("rb") as heard:
            connected.settimeout(10)
            for number, reply in enumerate(replies):
                if number and not _hear(script, heard, replies[number - 1].startswith(b"354")):
                    break
                if not reply:
                    break
                connected.sendall(reply + b"\r\n")


def _hear(script: Script, heard: Any, mail: bool) -> bool:
    line = heard.readline()
    script.heard += line
    while mail and line and line != b".\r\n":
        line = heard.readline()
        script.heard += line
    return bool(line)
