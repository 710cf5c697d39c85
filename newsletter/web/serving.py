"""Serving: the pages on a port, and notices on their way meanwhile; until somebody says stop."""

import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import FrameType
from typing import Any

import uvicorn

from newsletter import pipeline
from newsletter.config import Config, Site
from newsletter.errors import ConfigError, NewsletterError
from newsletter.pipeline.standing import Pulse
from newsletter.store import Store
from newsletter.web.app import application
from newsletter.web.desk import Clock

EVERY = 3.0  # seconds between two looks at the notices
PATIENCE = 20  # seconds a page may take to end once somebody says stop

log = logging.getLogger(__name__)


def serve(config: Config, store: Store, clock: Clock, pulse: Pulse | None = None) -> None:
    """Serves until SIGTERM or SIGINT; then ends what it had begun, and returns.

    Behind the town's web server, which tells who asks (X-Forwarded-For, from this machine only). Addresses of pages are
    not logged: a token is a key. Raises ConfigError when the port is taken.
    """
    pages = application(config, store, clock, pulse)
    settings = uvicorn.Config(
        pages,
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=PATIENCE,
    )
    server = Server(settings)
    with _listening(config.site) as listening, _stopping(server), _noticing(config, store, clock):
        try:
            server.run(sockets=[listening])
        finally:
            pages.state.office.close()


class Server(uvicorn.Server):
    """Ends the streams of open pages as soon as it stops: they would last as long as it has patience."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops."""
        pages: Any = self.config.app
        pages.state.live.stop()
        await super().shutdown(sockets)


def _listening(site: Site) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in site.host else socket.AF_INET
        return socket.create_server((site.host, site.port), family=family, backlog=2048)
    except OSError as error:
        raise ConfigError(
            [f"site.host, site.port : {site.host}:{site.port} n’est pas libre ({error.strerror})"]
        ) from None


@contextmanager
def _stopping(server: uvicorn.Server) -> Iterator[None]:
    """Signals end the server, and nothing else: uvicorn raises them again once it has ended."""

    def stop(number: int, frame: FrameType | None) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _noticing(config: Config, store: Store, clock: Clock) -> Iterator[None]:
    """Sends notices beside, every few seconds."""
    stop = Event()
    carrier = Thread(target=_carry, args=(config, store, clock, stop), name="notices")
    carrier.start()
    try:
        yield
    finally:
        stop.set()
        carrier.join()


def _carry(config: Config, store: Store, clock: Clock, stop: Event) -> None:
    said: str | None = None
    while True:
        fault = _round(config, store, clock)
        if fault and fault != said:
            log.warning("notices_waiting reason=%s", fault)
        said = fault
        if stop.wait(EVERY):
            return


def _round(config: Config, store: Store, clock: Clock) -> str | None:
    try:
        return pipeline.deliver_notices(config, store, clock).fault
    except NewsletterError as error:
        return str(error)
