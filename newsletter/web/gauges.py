"""Gauges: what a monitoring program asks of the service, from this machine or the town's own network. No address.

`/health`: alive (it answers), ready (the base answers too, and somebody minds the months), lag in seconds. 200, or 503.
`/metrics`: the same and more, as Prometheus reads it.
"""

import time
from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse, Response

from newsletter.errors import StoreError
from newsletter.pipeline import standing
from newsletter.pipeline.standing import Pulse
from newsletter.web.desk import Office

if TYPE_CHECKING:
    from prometheus_client import Metric

STALE = 20 * 60.0  # seconds; composing a month takes ten minutes at most, and systemd waits as long


def health(request: Request) -> Response:
    """Whether all is well, in one line."""
    office, pulse = _asked(request)
    age = pulse.age(time.monotonic())
    try:
        late: float | None = round(standing.lag(office.config, office.store, office.clock()), 1)
    except StoreError:
        late = None
    ready = late is not None and (age is None or age < STALE)
    return JSONResponse({"alive": True, "ready": ready, "lag": late}, 200 if ready else 503)


def metrics(request: Request) -> Response:
    """Figures, as Prometheus reads them."""
    from prometheus_client import CollectorRegistry, ProcessCollector  # 3 MB, where nobody may ever ask
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

    office, pulse = _asked(request)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_Figures(office, pulse))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Figures:
    """Reads them when they are asked for."""

    def __init__(self, office: Office, pulse: Pulse) -> None:
        self._office = office
        self._pulse = pulse

    def collect(self) -> "Iterator[Metric]":
        """Each with what it means."""
        office = self._office
        found = standing.figures(office.config, office.store, office.clock())
        copies = (
            ((month, audience, state.value), count)
            for (month, audience), counts in found.copies.items()
            for state, count in counts.items()
        )
        yield _gauge(
            "copies", "Copies of the editions on their way, else of the last", copies, "edition audience state"
        )
        notices = (((state.value,), count) for state, count in found.notices.items())
        yield _gauge("notices", "Mails that are no letter", notices, "state")
        yield _gauge("sends_held", "Sends that wait for a person", [((), found.held)])
        yield _gauge("lag_seconds", "For how long the oldest thing that could be done has waited", [((), found.lag)])
        yield _gauge("leads", "1: this process minds the months", [((), int(self._pulse.leads))])
        if (age := self._pulse.age(time.monotonic())) is not None:
            yield _gauge("seconds_since_tick", "Since this process last looked at the months", [((), age)])
        if step := found.following:
            due = [((step.edition, step.key), step.at.timestamp())]
            yield _gauge("next_step_timestamp_seconds", "When the next step is due", due, "edition step")


def _gauge(name: str, meaning: str, values: Iterable[tuple[tuple[str, ...], float]], labels: str = "") -> "Metric":
    from prometheus_client.core import GaugeMetricFamily

    gauge = GaugeMetricFamily(f"newsletter_{name}", meaning, labels=labels.split())
    for words, value in values:
        gauge.add_metric(words, value)
    return gauge


def _asked(request: Request) -> tuple[Office, Pulse]:
    """For who asks from this machine or a private network; to the world, these pages aren't there."""
    if not _near(request.client.host if request.client else ""):
        raise HTTPException(404)
    return request.app.state.office, request.app.state.pulse


def _near(client: str) -> bool:
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:  # any of those is "private" to Python before 3.13
        return address.ipv4_mapped.is_private
    return address.is_private
