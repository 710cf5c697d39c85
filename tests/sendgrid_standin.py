"""A SendGrid for tests: real HTTP on 127.0.0.1, refusing what SendGrid refuses, failing where a test says.

`serving()` is the careful one, in this process. `python -m tests.sendgrid_standin` is the quick one for benches: a
process that reads requests, counts copies and answers 202.
"""

import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CONTRACT = Path(__file__).parents[2] / "shared" / "contract" / "tsg_mail_v3.json"
KEY = "SG.exemple"
DROP_EARLY, DROP_LATE, HANG = "drop before reading", "drop after accepting", "accept and say nothing"
RESERVED = re.compile(
    "x-sg-id|x-sg-eid|received|dkim-signature|content-type|content-transfer-encoding|to|from|subject|reply-to|cc|bcc",
    re.IGNORECASE,
)
EMAIL = re.compile(r'(?:"(?:[ !#-\[\]-~]|\\[ -~])+"|[!-?A-~]+)@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+')
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "integer": int, "boolean": bool,
}  # fmt: skip
Body = dict[str, Any]
Answer = tuple[int, dict[str, str], Any]  # status, headers, errors
Fault = Callable[[Body], Answer | str | None]


@dataclass
class Seen:
    """A copy as its reader gets it."""

    to: str
    sender: str
    subject: str
    parts: dict[str, str]
    headers: dict[str, str]


@dataclass
class StandIn:
    """What arrived. `taken`: the bodies that were accepted, in order; `heard`: the last one, byte for byte."""

    port: int
    fault: Fault = lambda body: None
    taken: list[Body] = field(default_factory=list)
    refused: list[Answer] = field(default_factory=list)
    connections: int = 0
    requests: int = 0
    keys: set[str] = field(default_factory=set)
    heard: bytes = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def deliveries(self) -> list[str]:
        return [personal["custom_args"]["delivery"] for body in self.taken for personal in body["personalizations"]]

    def arrived(self) -> dict[str, Seen]:
        return {
            personal["custom_args"]["delivery"]: seen(body, personal)
            for body in self.taken
            for personal in body["personalizations"]
        }


def seen(body: Body, personal: Body) -> Seen:
    """What SendGrid makes of a personalization: marks filled in each part, headers put together."""
    parts = {}
    for content in body["content"]:
        value = content["value"]
        for mark, filled in personal.get("substitutions", {}).items():
            value = value.replace(mark, filled)
        parts[content["type"]] = value
    headers = {**body.get("headers", {}), **personal.get("headers", {})}
    sender = body["from"]
    return Seen(
        personal["to"][0]["email"], f"{sender.get('name', '')} <{sender['email']}>", body["subject"], parts, headers
    )


def judged(body: Body, size: int) -> Answer | None:
    """What SendGrid refuses, from its documentation: 400 with the field, or 413."""
    if size > 30_000_000:
        return 413, {}, [{"message": "The JSON payload you have tried to send is too large.", "field": None}]
    errors = list(_errors(body))
    return (
        (400, {}, [{"message": message, "field": place, "help": None} for place, message in errors]) if errors else None
    )


def _errors(body: Body) -> Iterator[tuple[str, str]]:
    people = body.get("personalizations") or []
    if not 1 <= len(people) <= 1000:
        yield "personalizations", "The personalizations field is required and must have 1 to 1000 elements."
    known: set[str] = set()
    for number, personal in enumerate(people):
        place = f"personalizations.{number}"
        for to in personal.get("to") or [{}]:
            address = str(to.get("email"))
            if not EMAIL.fullmatch(address) or ".." in address:
                yield f"{place}.to.0.email", f"Does not contain a valid address: {address}"
            if address.lower() in known:
                yield "personalizations", "Each email address in the personalization block should be unique."
            known.add(address.lower())
        for key in ("substitutions", "custom_args"):
            if sum(len(n.encode()) + len(v.encode()) for n, v in personal.get(key, {}).items()) > 10_000:
                yield f"{place}.{key}", "The total length may not exceed 10000 bytes."
        yield from (
            (f"{place}.headers", "reserved") for name in personal.get("headers", {}) if RESERVED.fullmatch(name)
        )
    yield from (("headers", "reserved") for name in body.get("headers", {}) if RESERVED.fullmatch(name))
    kinds = [content["type"] for content in body.get("content", [])]
    if not kinds or kinds != sorted(kinds, key=lambda kind: kind != "text/plain"):
        yield "content", "The content must start with text/plain."
    if not EMAIL.fullmatch(str(body.get("from", {}).get("email"))):
        yield "from.email", "The from email does not contain a valid address."


# ---- the published contract, when it is beside the checkout ---------------------------------------------------------


@cache
def _contract() -> Any:
    return json.loads(CONTRACT.read_text(encoding="utf-8"))


def against_contract(body: Body) -> list[str]:
    """Where a body isn't what the OpenAPI description says, unknown names included."""
    described = _contract()
    schema = described["components"]["requestBodies"]["PostMailSend"]["content"]["application/json"]["schema"]
    return list(_differs(body, schema, described, "body"))


def _differs(value: Any, schema: Body, whole: Body, place: str) -> Iterator[str]:
    if "$ref" in schema:
        named: Body = whole
        for step in schema["$ref"].removeprefix("#/").split("/"):
            named = named[step]
        schema = named
    kind = schema.get("type", "object")
    if not isinstance(value, TYPES[kind]) or (kind == "integer" and isinstance(value, bool)):
        yield f"{place} is no {kind}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place} is none of {schema['enum']}"
    if schema.get("format") == "email" and not EMAIL.fullmatch(value):
        yield f"{place} is no address"
    yield from (f"{place}: {rule}" for rule in _bounds(value, schema))
    if kind == "array":
        for number, item in enumerate(value):
            yield from _differs(item, schema["items"], whole, f"{place}.{number}")
    if kind == "object":
        yield from _members(value, schema, whole, place)


def _bounds(value: Any, schema: Body) -> Iterator[str]:
    rules = {"maxItems": 1, "maxLength": 1, "maxProperties": 1, "minLength": -1, "minItems": -1}
    for rule, sign in rules.items():
        if rule in schema and sign * len(value) > sign * schema[rule]:
            yield rule
    if schema.get("uniqueItems") and len({json.dumps(item) for item in value}) < len(value):
        yield "uniqueItems"


def _members(value: Body, schema: Body, whole: Body, place: str) -> Iterator[str]:
    known, more = schema.get("properties"), schema.get("additionalProperties")
    for name in schema.get("required", []):
        if name not in value:
            yield f"{place}.{name} is missing"
    for name, member in value.items():
        inside = (known or {}).get(name, more)
        if inside:
            yield from _differs(member, inside, whole, f"{place}.{name}")
        elif known is not None:
            yield f"{place}.{name} is not in the contract"


# ---- the server -----------------------------------------------------------------------------------------------------


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    standin: StandIn

    def setup(self) -> None:
        self.standin.connections += 1
        super().setup()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is said."""

    def do_POST(self) -> None:
        standin = self.standin
        standin.requests += 1
        standin.keys.add(self.headers["Authorization"])
        early = standin.fault({})
        if early == DROP_EARLY:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            self.connection.close()
            return None
        content = self.rfile.read(int(self.headers["Content-Length"]))
        standin.heard = content
        body = json.loads(content)
        if self.path != "/v3/mail/send" or self.headers["Content-Type"] != "application/json":
            return self._answer((404, {}, []))
        if CONTRACT.exists() and (differences := against_contract(body)):
            return self._answer((418, {}, [{"message": str(differences[:3]), "field": None}]))
        if self.headers["Authorization"] != f"Bearer {KEY}":
            return self._answer((401, {}, [{"message": "The provided authorization grant is invalid", "field": None}]))
        fault = standin.fault(body)
        refusal = fault if isinstance(fault, tuple) else judged(body, len(content))
        if refusal:
            standin.refused.append(refusal)
            return self._answer(refusal)
        sandbox = body.get("mail_settings", {}).get("sandbox_mode", {}).get("enable")
        if not sandbox:
            standin.taken.append(body)
        if fault == HANG:
            time.sleep(1.0)
        if fault in (HANG, DROP_LATE):
            self.close_connection = True
            return None
        return self._answer((200 if sandbox else 202, {"X-Message-Id": f"id-{standin.requests}"}, None))

    def _answer(self, answer: Answer) -> None:
        status, headers, errors = answer
        content = b"" if errors is None else json.dumps({"errors": errors}).encode()
        self.send_response_only(status)
        for name, value in {"Date": self.date_time_string(), **headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection the client left."""


@contextmanager
def serving() -> Iterator[StandIn]:
    """A stand-in on a free port."""
    standin = StandIn(0)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"standin": standin}))
    standin.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield standin
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# ---- the quick one --------------------------------------------------------------------------------------------------


def _quick(connected: socket.socket, counts: dict[str, int]) -> None:
    """Requests on one connection: read whole, counted, answered 202."""
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = bytearray(4_000_000)
    received = 0
    while True:
        end = buffer.find(b"\r\n\r\n", 0, received) if received else -1
        length = re.search(rb"content-length: (\d+)", bytes(buffer[: max(end, 0)]).lower())
        size = end + 4 + int(length[1]) if length else 0
        if not size or received < size:
            got = connected.recv_into(memoryview(buffer)[received:])
            if not got:
                return
            received += got
            continue
        counts["copies"] += buffer.count(b'"custom_args"', 0, size)
        counts["requests"] += 1
        received = 0
        connected.sendall(b"HTTP/1.1 202 Accepted\r\nX-Message-Id: abc\r\nContent-Length: 0\r\n\r\n")


def main() -> None:
    """Says its port, then its counts when its input ends."""
    counts = {"copies": 0, "requests": 0, "connections": 0}
    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            connected, _ = server.accept()
            counts["connections"] += 1
            threading.Thread(target=_quick, args=(connected, counts), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    _say(str(server.getsockname()[1]))
    sys.stdin.read()
    _say(json.dumps(counts))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
