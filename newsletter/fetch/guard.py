"""Which machines a feed may be on: those of the public internet, over https, and the hosts config.toml lets through.

Each address a name stands for is looked at, and the connection goes to the one that was: a name that changes its mind
between the look and the connection (DNS rebinding) changes nothing.
"""

import ipaddress
import socket
from collections.abc import Sequence

import httpx

from newsletter.fetch.errand import FeedDown

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.ip_network("64:ff9b::/96")
REDIRECTED = "il renvoie vers une adresse qui n'est pas permise"


def addresses(url: httpx.URL, allow: Sequence[str]) -> list[str]:
    """Where to connect for that address. Raises FeedDown when it may not be reached, or isn't known."""
    host = url.host.rstrip(".").lower()
    allowed = host in {name.lower() for name in allow}
    if url.scheme != "https" and not (allowed and url.scheme == "http"):
        raise FeedDown(f"« {url.scheme}: » n'est pas permis, seul https l'est")
    try:
        found = socket.getaddrinfo(host, url.port or {"http": 80}.get(url.scheme, 443), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FeedDown(f"la machine « {host} » n'est pas connue, ou ce serveur n'a pas de réseau") from None
    listed = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not allowed and not all(is_public(address) for address in listed):
        raise FeedDown(f"« {host} » est une machine privée, ou cet ordinateur lui-même")
    return listed


def is_public(written: str) -> bool:
    """Whether an address is on the public internet: not this machine, not a private, shared or reserved network."""
    address = _inner(ipaddress.ip_address(written.partition("%")[0]))
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one carries."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    carried = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if address in NAT64:
        carried = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return carried or address
