"""Limits: how often one visitor may have mails sent. Kept in memory: a restart forgets, and no address is written down.

A visitor is an IPv4 address, or the /64 an IPv6 address is in: a household has as many of the others as it likes.
"""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from threading import Lock

HOUR = timedelta(hours=1)
VISITORS = 50_000


class Gate:
    """Lets each visitor through so many times an hour."""

    def __init__(self, hourly: int) -> None:
        self._hourly = hourly
        self._visits: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = Lock()

    def admits(self, client: str, at: datetime) -> bool:
        """Whether this one may go on; if so, it is counted."""
        with self._lock:
            visits = self._visits.setdefault(_visitor(client), deque())
            self._visits.move_to_end(_visitor(client))
            while visits and visits[0] <= at - HOUR:
                visits.popleft()
            if len(visits) >= self._hourly:
                return False
            visits.append(at)
            if len(self._visits) > VISITORS:
                self._visits.popitem(last=False)
            return True


def _visitor(client: str) -> str:
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> 64 << 64))
