"""A feed's server for tests, on a real socket of 127.0.0.1: it serves what it is told to, well or badly.

`serving(routes)` gives its address. A route is a path and what answers it: a `Reply`, or a function of the request's
headers and query that gives one. It keeps what it was asked, in `asked`.
"""

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Reply:
    """An answer. `faults`: "endless" (a body without end), "cut" (half of what is promised), "slow" (never comes),
    "drip" (a header that never ends)."""

    content: bytes = b""
    type: str = "text/csv"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""


@dataclass(frozen=True)
class Asked:
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]


Route = Reply | Callable[[Asked], Reply]


@dataclass
class Server:
    address: str
    routes: dict[str, Route]
    asked: list[Asked] = field(default_factory=list)

    def url(self, path: str) -> str:
        return self.address + path


@contextmanager
def serving(routes: Mapping[str, Route], *, certificate: Path | None = None) -> Iterator[Server]:
    closing = threading.Event()
    server = Server("", dict(routes))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = Asked(parts.path, parse_qs(parts.query), dict(self.headers))
            server.asked.append(asked)
            route = server.routes.get(parts.path, Reply(status=404))
            with suppress(OSError):
                self.answer(route if isinstance(route, Reply) else route(asked))

        def answer(self, reply: Reply) -> None:
            if reply.fault == "slow":
                closing.wait(5)
                return
            self.send_response(reply.status)
            if reply.fault == "drip":
                self.flush_headers()
                while not closing.wait(0.05):
                    self.wfile.write(b"X")
            headers = {"Content-Type": reply.type, **reply.headers}
            if reply.fault != "endless":
                headers["Content-Length"] = str(len(reply.content) * (2 if reply.fault == "cut" else 1))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.content)
            while reply.fault == "endless" and not closing.is_set():
                self.wfile.write(b"Titre;Date\n" * 5000)

        def log_message(self, format: str, *args: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.02,))
    thread.start()
    server.address = f"{'https' if certificate else 'http'}://127.0.0.1:{httpd.server_port}"
    try:
        yield server
    finally:
        closing.set()
        httpd.shutdown()
        thread.join()
        httpd.server_close()


def patiently(until: Callable[[], bool], seconds: float = 5) -> bool:
    """Whether it becomes true in time."""
    limit = time.monotonic() + seconds
    while not until() and time.monotonic() < limit:
        time.sleep(0.01)
    return until()
