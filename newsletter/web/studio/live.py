"""Live: while a month's page is open, it hears that something is new; numbers in an event stream, and no word.

    listen   a stream for each open page: what is new to it, else a heartbeat
    _look    every second, and as soon as a file moves, for all of them: are files others (renewing), is anything saved

Nobody listens: nothing runs, and nothing is watched. A stream ends with its session, and when the service stops.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field

from fastapi import HTTPException, Request
from fastapi.responses import Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from newsletter.errors import NewsletterError
from newsletter.model.studio import Account, Act, Person
from newsletter.web import watch
from newsletter.web.desk import Office
from newsletter.web.studio import renewing
from newsletter.web.studio.renewing import Standing
from newsletter.web.studio.room import Inside, month_of

MINE, ALL = 4, 60  # streams of one account, a browser has six connections to us; and of everybody
EVERY, REST = 1.0, 0.1  # seconds between two looks; that files must rest before they are read
LINGER = 5.0  # seconds the watch goes on: somebody may only have loaded the page again
BEAT = 15.0
KIND = "text/event-stream"
ENOUGH = "event: assez\ndata: 0\n\n"  # another page of theirs listens: this one asks again once it is looked at
HEADERS = {"X-Accel-Buffering": "no"}  # a web server before us passes each event on at once

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Stream:
    """One open page. `key`: of its session. `known`: what it was told last."""

    month: str
    account: int
    key: str
    known: Standing | None = None
    over: bool = False
    farewell: str = ""
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, now: Standing) -> None:
        """Where its month stands."""
        if now != self.known:
            self.known = now
            self.moved.set()

    def end(self, farewell: str = "") -> None:
        """It hears nothing any more, but perhaps why."""
        self.over, self.farewell = True, farewell
        self.moved.set()


@dataclass(frozen=True)
class _Seen:
    files: tuple[watch.Mark, ...]
    templates: tuple[watch.Mark, ...]


class Live:
    """All the open pages of this process."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._streams: list[Stream] = []
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._seen: _Seen | None = None
        self._caught_up: set[str] = set()
        self._told: dict[str, tuple[object, Standing]] = {}
        self._stopped = False

    @property
    def full(self) -> bool:
        """Whether nobody else may listen just now."""
        return self._stopped or len(self._streams) >= ALL

    @property
    def runs(self) -> bool:
        """Whether anything is watched."""
        return self._task is not None and not self._task.done()

    def stop(self) -> None:
        """Every stream ends, as the service does. In the loop that serves."""
        self._stopped = True
        for stream in self._streams:
            stream.end()
        if self._task:
            self._task.cancel()

    async def listen(self, month: str, account: Account, key: str) -> AsyncIterator[str]:
        """What somebody's page hears, until it leaves or has to."""
        stream = self._join(Stream(month, account.id, key))
        try:
            yield "retry: 3000\n\n"
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stream.moved.wait(), BEAT)
                news = stream.moved.is_set()
                stream.moved.clear()
                if stream.over:
                    yield stream.farewell
                    return
                yield said(stream.known) if news and stream.known else ": \n\n"
        finally:
            self._streams.remove(stream)

    def _join(self, stream: Stream) -> Stream:
        """With one too many of an account, its oldest ends."""
        own = [one for one in self._streams if one.account == stream.account and not one.over]
        for oldest in own[: max(0, len(own) + 1 - MINE)]:
            oldest.end(ENOUGH)
        self._streams.append(stream)
        self._moved.set()
        if not self.runs:
            self._task = asyncio.create_task(self._run())
        return stream

    async def _run(self) -> None:
        watching = asyncio.create_task(watch.wait(self._office.config, self._moved.set))
        loop = asyncio.get_running_loop()
        until = loop.time() + LINGER
        try:
            while self._streams or loop.time() < until:
                until = loop.time() + LINGER if self._streams else until
                self._moved.clear()
                await self._look()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._moved.wait(), EVERY)
        finally:
            watching.cancel()
            self._seen = None
            self._caught_up.clear()
            self._told.clear()

    async def _look(self) -> None:
        try:
            people = await run_in_threadpool(self._people, list(self._streams))
            await self._renew(people)
            for month in {stream.month for stream in self._streams}:
                now = await run_in_threadpool(self._standing, month)
                for stream in self._streams:
                    if stream.month == month:
                        stream.tell(now)
        except NewsletterError as fault:
            log.warning("look_failed fault=%s", type(fault).__name__)
        except Exception as error:  # noqa: BLE001 the next look may do
            log.error("look_failed error=%s", type(error).__name__)

    def _people(self, streams: Sequence[Stream]) -> dict[Stream, Account | None]:
        """Who is there; looking at a session is no visit."""
        sessions, at = self._office.store.accounts, self._office.clock()
        known = {stream.key: sessions.session(stream.key, at=at, visit=False) for stream in streams}
        return {stream: known[stream.key] for stream in streams}

    async def _renew(self, people: dict[Stream, Account | None]) -> None:
        for stream, account in people.items():
            if account is None or not account.person.may(Act.READ):
                stream.end()
        before, now = self._seen, await self._rested()
        self._seen = now
        moved, marks = before is not None and before != now, (*now.files, *now.templates)
        retouched = before is not None and now.templates != before.templates
        self._caught_up &= {stream.month for stream in people}
        for month in {stream.month for stream in people}:
            there = [one.person for stream, one in people.items() if stream.month == month and one and not stream.over]
            looking = [person for person in there if person.may(Act.COMPOSE)]
            if moved or await self._behind(month, looking):
                await run_in_threadpool(renewing.renew, self._office, month, looking, marks, retouched=retouched)

    async def _behind(self, month: str, looking: Sequence[Person]) -> bool:
        """Whether files were others already when the first who may compose opened the page: saved just before."""
        if not looking:
            self._caught_up.discard(month)
        if not looking or month in self._caught_up:
            return False
        self._caught_up.add(month)
        return (await run_in_threadpool(self._standing, month)).changed > 0

    async def _rested(self) -> _Seen:
        """The files as they are once nobody is writing them any more."""
        now = await run_in_threadpool(self._marks)
        for _ in range(10):
            if now == self._seen or self._seen is None:
                break
            await asyncio.sleep(REST)
            before, now = now, await run_in_threadpool(self._marks)
            if before == now:
                break
        return now

    def _marks(self) -> _Seen:
        return _Seen(watch.seen(self._office.config), watch.dressed(self._office.config))

    def _standing(self, month: str) -> Standing:
        """Where it stands; what files say else is found out again when either is another."""
        edition, stuck = self._office.store.editions.get(month), self._office.stuck.get(month)
        key = (edition, self._office.store.arrangements.get(month).version, stuck, self._seen)
        if month not in self._told or self._told[month][0] != key:
            last = self._told[month][1] if month in self._told else Standing()
            self._told[month] = key, last  # when files can't be read, that is asked once
            self._told[month] = key, renewing.standing(self._office, month)
        return self._told[month][1]


def said(now: Standing) -> str:
    """An event."""
    return f"data: {json.dumps(asdict(now))}\n\n"


async def flux(request: Request, room: Inside, month: str) -> Response:
    """What a month's page hears while it is open; who asks for no stream is told once."""
    month_of(month)
    live: Live = request.app.state.live
    if KIND not in request.headers.get("accept", ""):
        return Response(said(await run_in_threadpool(renewing.standing, room.desk.office, month)), media_type=KIND)
    if room.account is None or live.full:
        raise HTTPException(503)
    return StreamingResponse(live.listen(month, room.account, room.key), media_type=KIND, headers=HEADERS)
