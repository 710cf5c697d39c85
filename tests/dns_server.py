"""A DNS server for tests, on a real socket of 127.0.0.1: it knows what it is told, and can keep silent."""

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from newsletter import domain


@contextmanager
def knowing(texts: Mapping[str, Sequence[str]], *, silent: bool = False) -> Iterator[domain.Resolver]:
    """A resolver that asks a server with these TXT records. `silent`: the server hears, and doesn't answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.05)
        going = [True]

        def answer() -> None:
            while going:
                try:
                    asked, who = server.recvfrom(4096)
                except TimeoutError:
                    continue
                if not silent:
                    server.sendto(_answer(asked, texts), who)

        thread = Thread(target=answer)
        thread.start()
        try:
            resolver = domain.resolver(["127.0.0.1"], server.getsockname()[1])
            resolver.lifetime = resolver.timeout = 0.3 if silent else 5.0
            yield resolver
        finally:
            going.clear()
            thread.join()


def _answer(asked: bytes, texts: Mapping[str, Sequence[str]]) -> bytes:
    query = dns.message.from_wire(asked)
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA
    name = query.question[0].name
    records = texts.get(name.to_text(omit_final_dot=True))
    if records is None:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    for text in records or ():
        halves = " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200))
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", halves))
    return reply.to_wire(max_size=65535)
