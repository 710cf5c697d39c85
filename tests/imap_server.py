"""A mailbox for tests, on a real socket of 127.0.0.1: as much of IMAP4rev1 as is asked of it, and faults where told to.

`serving()` gives a `Box`: put bytes in its `mails`, read their flags and folders afterwards. `fault(command)` is asked
before each command, and answers None, DROP, a number of seconds to wait, or a line to answer instead.
"""

import re
import socket
import ssl
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from smtp_server import CERTIFICATE

DROP = "drop"
USER, PASSWORD = "retours@malakoff.example", "très secret"
Fault = Callable[[str], str | float | None]


@dataclass
class Mail:
    """One mail of a folder."""

    content: bytes
    folder: str = "INBOX"
    flags: set[str] = field(default_factory=set)


@dataclass
class Box:
    """A mailbox. `flags`: which of a client's own it keeps; `offers`: what it can do."""

    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    folders: set[str] = field(default_factory=lambda: {"INBOX"})
    offers: str = "IMAP4rev1 AUTH=PLAIN MOVE"
    flags: str = "\\*"
    greeting: bytes = b"* OK ready\r\n"
    fault: Fault = lambda command: None
    heard: list[str] = field(default_factory=list)

    def put(self, *contents: bytes) -> None:
        """New mails in the inbox."""
        self.mails += [Mail(content) for content in contents]

    def seen(self) -> list[bool]:
        """Whether each is marked as read."""
        return ["\\Seen" in mail.flags for mail in self.mails]


class _Talk:
    """One connection."""

    def __init__(self, box: Box, connected: socket.socket, context: ssl.SSLContext, secure: bool) -> None:
        self.box = box
        self.context = context
        self.socket = context.wrap_socket(connected, server_side=True) if secure else connected
        self.lines = self.socket.makefile("rb")
        self.folder = ""

    def run(self) -> None:
        self.socket.sendall(self.box.greeting)
        while line := self.lines.readline():
            tag, _, rest = line.decode().strip().partition(" ")
            command, _, rest = rest.partition(" ")
            if command.upper() == "UID":
                command, _, rest = rest.partition(" ")
            self.box.heard.append(command.upper())
            action = self.box.fault(command.upper())
            if action == DROP:
                return
            if isinstance(action, str):
                self.say(f"{tag} {action}" if not action.startswith("*") else action)
                continue
            if action:
                time.sleep(action)
            self.say(f"{tag} {getattr(self, f'do_{command.lower()}')(rest)}")
            if command.upper() == "STARTTLS":
                self.socket = self.context.wrap_socket(self.socket, server_side=True)
                self.lines = self.socket.makefile("rb")
            if command.upper() == "LOGOUT":
                return

    def say(self, line: str) -> None:
        self.socket.sendall(f"{line}\r\n".encode())

    def do_capability(self, rest: str) -> str:
        self.say(f"* CAPABILITY {self.box.offers}")
        return "OK done"

    def do_starttls(self, rest: str) -> str:
        return "OK go"

    def do_authenticate(self, rest: str) -> str:
        self.say("+ ")
        _, user, password = b64decode(self.lines.readline()).decode().split("\0")
        return self._admitted(user, password)

    def do_login(self, rest: str) -> str:
        user, password = (part.replace("\\", "") for part in re.findall(r'"?((?:[^" \\]|\\.)+)"?', rest))
        return self._admitted(user, password)

    def _admitted(self, user: str, password: str) -> str:
        return "OK in" if (user, password) == (USER, PASSWORD) else f"NO [AUTHENTICATIONFAILED] not {user}"

    def do_select(self, rest: str) -> str:
        self.folder = rest.strip('"')
        if self.folder not in self.box.folders:
            return "NO [NONEXISTENT] no such folder"
        self.say(f"* {len(self.box.mails)} EXISTS")
        self.say(f"* OK [PERMANENTFLAGS (\\Seen \\Deleted {self.box.flags})] ok")
        return "OK [READ-WRITE] open"

    def do_create(self, rest: str) -> str:
        self.box.folders.add(rest.strip('"'))
        return "OK made"

    def do_search(self, rest: str) -> str:
        without = {"\\Seen", *(word for word in re.findall(r"UNKEYWORD (\S+)", rest))}
        found = [
            str(number)
            for number, mail in enumerate(self.box.mails, 1)
            if mail.folder == self.folder and not without & mail.flags
        ]
        self.say(f"* SEARCH {' '.join(found)}".strip())
        return "OK done"

    def do_fetch(self, rest: str) -> str:
        number, most = re.fullmatch(r"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", rest).groups()  # type: ignore[union-attr]
        content = self.box.mails[int(number) - 1].content[: int(most)]
        self.socket.sendall(f"* {number} FETCH (UID {number} BODY[]<0> {{{len(content)}}}\r\n".encode())
        self.socket.sendall(content + b")\r\n")
        return "OK done"

    def do_store(self, rest: str) -> str:
        number, flags = re.fullmatch(r"(\d+) \+FLAGS\.SILENT \((.+)\)", rest).groups()  # type: ignore[union-attr]
        self.box.mails[int(number) - 1].flags |= set(flags.split())
        return "OK done"

    def do_move(self, rest: str) -> str:
        number, folder = re.fullmatch(r'(\d+) "(.+)"', rest).groups()  # type: ignore[union-attr]
        if folder not in self.box.folders:
            return "NO [TRYCREATE] no such folder"
        self.box.mails[int(number) - 1].folder = folder
        return "OK done"

    def do_copy(self, rest: str) -> str:
        number, folder = re.fullmatch(r'(\d+) "(.+)"', rest).groups()  # type: ignore[union-attr]
        if folder not in self.box.folders:
            return "NO [TRYCREATE] no such folder"
        self.box.mails.append(Mail(self.box.mails[int(number) - 1].content, folder))
        return "OK done"

    def do_logout(self, rest: str) -> str:
        self.say("* BYE")
        return "OK bye"


@contextmanager
def serving(security: str = "none") -> Iterator[Box]:
    """A mailbox on a thread of its own."""
    box = Box()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    listening = socket.create_server(("127.0.0.1", 0))
    box.port = listening.getsockname()[1]
    thread = threading.Thread(target=_serve, args=(box, listening, context, security == "tls"))
    thread.start()
    try:
        yield box
    finally:
        listening.shutdown(socket.SHUT_RDWR)  # wakes who waits for a connection
        listening.close()
        thread.join(5)
        assert not thread.is_alive()


def _serve(box: Box, listening: socket.socket, context: ssl.SSLContext, secure: bool) -> None:
    while True:
        try:
            connected, _ = listening.accept()
        except OSError:
            return
        connected.settimeout(5)
        with connected, suppress(OSError):  # a client may leave at any moment
            talk: Any = _Talk(box, connected, context, secure)
            with suppress(OSError):
                talk.run()
            talk.lines.close()
            talk.socket.close()
