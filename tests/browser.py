"""A town's pages on loopback, with a clock of their own and an outbox to read; and Chromium to look at them."""

import email
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, Page, sync_playwright

from newsletter import config, pipeline, tokens, web
from newsletter.model import Entry, Letter, Origin
from newsletter.store import Store
from newsletter.store.tables import METADATA
from newsletter.web.serving import Server

ROOT = Path(__file__).parent.parent
NOON = datetime(2021, 12, 7, 12, tzinfo=UTC)
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
AXE = Path(AXE_FILE_PATH)


@dataclass
class Town:
    """One town's pages, being served."""

    config: config.Config
    store: Store
    url: str = ""
    now: datetime = NOON
    client: httpx.Client = field(init=False)
    server: uvicorn.Server | None = None

    def __post_init__(self) -> None:
        self.client = httpx.Client(trust_env=False, follow_redirects=False, timeout=20)

    def clock(self) -> datetime:
        return self.now

    def wait(self, **times: float) -> None:
        self.now += timedelta(**times)

    def empty(self) -> None:
        """Nobody on the list, nothing sent, and noon again."""
        with self.store._database.writing(lasting=False) as connection:
            for table in reversed(METADATA.sorted_tables):
                if table.name != "keys":
                    connection.execute(table.delete())
        shutil.rmtree(self.config.folder / self.config.delivery.outbox, ignore_errors=True)
        (self.config.var / "epoch").unlink(missing_ok=True)  # or this would be a copy from before what has left
        self.now = NOON

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.client.get(self.url + path, **more)

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        return self.client.post(self.url + path, data=data, **more)

    @property
    def signer(self) -> tokens.Signer:
        return tokens.Signer(tokens.secrets(self.config.var, os.environ))

    def ask(self, address: str, *audiences: str, **more: Any) -> httpx.Response:
        """Signs up, as a person does who reads the form."""
        since = re.search('name="depuis" value="([^"]+)"', self.get("/inscription").text)
        assert since
        self.wait(seconds=5)
        return self.post("/inscription", {"adresse": address, "lettres": audiences, "depuis": since[1], **more})

    def settle(self) -> None:
        """Waits until all that was asked is done, after its page too."""
        while self.server and self.server.server_state.tasks:
            time.sleep(0.005)

    def mails(self) -> list[EmailMessage]:
        """What leaves now, the oldest first."""
        self.settle()
        outbox = self.config.folder / self.config.delivery.outbox
        before = set(outbox.glob("*.eml"))
        pipeline.deliver_notices(self.config, self.store, self.clock)
        new = sorted(set(outbox.glob("*.eml")) - before, key=lambda path: path.stat().st_mtime_ns)
        return [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in new]  # type: ignore[misc]

    def outbox(self) -> list[EmailMessage]:
        """All that has left."""
        paths = sorted((self.config.folder / self.config.delivery.outbox).glob("*.eml"))
        return [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]  # type: ignore[misc]

    def link(self, mail: EmailMessage) -> str:
        """The page of ours a mail leads to."""
        found = re.search(re.escape(self.url) + r"(/[cdp]/\S+)", str(mail.get_content()))
        assert found
        return found[1]

    def reader(self, address: str = "lea@exemple.example", *audiences: str) -> int:
        """Somebody on the list."""
        entry = Entry(Origin("abonnes.csv"), address, "Léa", audiences or ("public",), (), NOON, "papier (exemple)")
        self.store.subscribers.take([entry], at=self.now, file="abonnes.csv")
        number = self.store.subscribers.number(address)
        assert number is not None
        return number

    def token(self, purpose: str, number: int) -> str:
        return self.signer.sign(purpose, f"s:{number}")

    def approved(self) -> dict[str, Letter]:
        """A month's letters, approved."""
        letters = {name: letter(name) for name in self.config.audiences}
        edition = self.store.editions.draft("2021-12", letters, rules="{}", send_at=NOON, at=NOON)
        self.store.editions.approve("2021-12", edition.digest, by="Camille (exemple)", at=NOON)
        return letters

    def copy(self, address: str) -> str:
        """The name of this reader's copy of a letter that has left."""
        letters = self.approved()
        pipeline.send(self.config, self.store, pipeline.Order(NOON.date().replace(day=1), tuple(letters)), self.clock)
        outbox = self.config.folder / self.config.delivery.outbox
        for path in outbox.glob("*.eml"):
            mail = email.message_from_bytes(path.read_bytes(), policy=policy.default)
            if address in str(mail["To"]) and (found := re.search("/d/([^>]+)>", str(mail["List-Unsubscribe"]))):
                return self.signer.read("unsubscribe", found[1])
        raise AssertionError(f"no copy for {address}")


def letter(audience: str) -> Letter:
    """A letter with every mark a letter may have."""
    return Letter(
        audience=audience,
        subject=f"La lettre, {audience} : décembre 2021",
        preheader="",
        html='<!DOCTYPE html><html lang="fr"><head><title>La lettre</title></head><body style="margin:0">'
        '<div aria-label="La lettre" aria-roledescription="email" class="page" role="article" lang="fr">'
        '<h1>La lettre</h1><p>Bonjour [[html:first_name]]</p><p><a href="[[html:unsubscribe]]">Se désinscrire</a> '
        '<a href="[[html:preferences]]">Mes préférences</a> <a href="[[html:online]]">Lire en ligne</a></p>'
        "</div></body></html>",
        text="Bonjour [[text:first_name]]\n[[text:unsubscribe]] [[text:preferences]] [[text:online]]\n",
        mjml="",
    )


@contextmanager
def town(
    folder: Path, *, asks: int = 1000, themes: tuple[str, ...] = ("culture", "sport"), public: str | None = None
) -> Iterator[Town]:
    """A town of its own in that folder, served until the end. `public`: its address, where it isn't this machine's."""
    shutil.copytree(ROOT / "data" / "images", folder / "data" / "images")
    settings = config.load(ROOT / "config.toml")
    site = settings.site.model_copy(update={"asks": asks, "themes": themes})
    settings = settings.model_copy(update={"folder": folder, "site": site})
    with Store.open("sqlite:///var/newsletter.db", folder) as store:
        served = Town(settings, store)
        with _serving(served, public), served.client:
            yield served


@contextmanager
def _serving(served: Town, public: str | None) -> Iterator[None]:
    settings = uvicorn.Config("", port=0, access_log=False, log_level="error", lifespan="off")
    served.server = server = Server(settings)
    socket = server.config.bind_socket()
    served.url = f"http://127.0.0.1:{socket.getsockname()[1]}"
    site = served.config.site.model_copy(update={"url": public or served.url})
    served.config = served.config.model_copy(update={"site": site})
    server.config.app = web.application(served.config, served.store, served.clock)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join()
        socket.close()
        server.config.app.state.office.close()  # type: ignore[union-attr]


@cache
def chromium() -> str | None:
    """Where Chromium is, if it is."""
    return next((found for name in CHROMIUMS if (found := shutil.which(name))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium. Where there is none, says what isn't tested; in CI that is a failure."""
    path = chromium()
    if path is None:
        said = "Chromium n'est pas là : les pages n'ont pas été essayées dans un navigateur (apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
        running = playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield running
        finally:
            running.close()


def violations(page: Page) -> list[str]:
    """What axe finds wrong, with the first place of each."""
    page.evaluate(AXE.read_text("utf-8"))  # through the debugger: no policy of the page's is in its way
    # Letters in frames run no script, not axe's either: it would wait for each.
    found = page.evaluate("axe.run(document, {resultTypes: ['violations'], iframes: false})")
    return [f"{one['id']} {one['nodes'][0]['target']} {one['nodes'][0]['html'][:80]}" for one in found["violations"]]
