"""The open page of an edition: what is saved elsewhere comes by itself, what one types stays; and items are dragged."""

import json
import re
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from newsletter.model import EditionState
from newsletter.model.studio import Change, Role
from newsletter.store import Newcomer, Store
from newsletter.web.studio import live
from newsletter.web.studio.live import ALL, MINE
from newsletter.web.studio.marks import marked
from newsletter.web.studio.renewing import _once
from tests.browser import ROOT, Town, browser, letter
from tests.studio_town import BY, MONTH, NOW, Somebody, account, address, come_in, outsider, studio
from tests.test_web_run import answer, free, running

HERE = f"/studio/{MONTH}"
expect.set_options(timeout=30_000)  # a month is composed meanwhile, on a machine that may be busy
STREAM = {"Accept": "text/event-stream"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("live")
    shutil.copytree(ROOT / "templates", folder / "templates")
    with studio(folder) as running:
        running.now = NOW
        yield running


@pytest.fixture(scope="module")
def awa(site: Town) -> Somebody:
    who = come_in(site, Role.EDITOR)
    assert who.post(f"{HERE}/composer").status_code == 303
    return who


@pytest.fixture(scope="module")
def bilal(site: Town) -> Somebody:
    return come_in(site, Role.APPROVER)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


def hub(site: Town) -> live.Live:
    """What the application knows of open pages."""
    assert site.server
    found: live.Live = site.server.config.app.state.live  # type: ignore[union-attr]
    return found


def until(true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Hearing:
    """Somebody's open page, without its browser: what it has heard, until it ends."""

    def __init__(self, who: Somebody, month: str = MONTH) -> None:
        self.heard: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.status = 0
        self._ready, self._leave = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._listen, args=(who, month))
        self._thread.start()
        assert self._ready.wait(20)
        until(lambda: self.lines or self.ended)

    def _listen(self, who: Somebody, month: str) -> None:
        cookies = dict(who.client.cookies)
        with (
            httpx.Client(trust_env=False, timeout=30, cookies=cookies) as client,
            client.stream("GET", f"{who.site.url}/studio/{month}/flux", headers=STREAM) as answer,
        ):
            self.status = answer.status_code
            self._ready.set()
            for line in answer.iter_lines():
                self.lines.append(line)
                if line.startswith("data: {"):
                    self.heard.append(json.loads(line[6:]))
                if self._leave.is_set():
                    return

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def leave(self) -> None:
        self._leave.set()
        self._thread.join(30)


@contextmanager
def hearing(who: Somebody, month: str = MONTH) -> Iterator[Hearing]:
    one = Hearing(who, month)
    try:
        if one.status == 200:
            until(lambda: one.heard or one.ended)
        yield one
    finally:
        one.leave()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that leave are noticed at their next line: those come often here."""
    monkeypatch.setattr(live, "LINGER", 0.2)
    monkeypatch.setattr(live, "BEAT", 0.1)


FILE = "entraide.csv"


def save(site: Town, before: str, after: str, how: str = "in place") -> None:
    """Somebody saves a file, as an editor or another does."""
    file = site.config.folder / "data" / FILE
    written = file.read_text("utf-8")
    assert before in written
    if how == "in place":
        file.write_text(written.replace(before, after), "utf-8")
        return
    (file.parent / f".~lock.{FILE}#").write_text("Camille", "utf-8")
    aside = file.with_name("lu4kx2.tmp")
    aside.write_text(written.replace(before, after), "utf-8")
    aside.replace(file)
    (file.parent / f".~lock.{FILE}#").unlink()


def version(site: Town) -> int:
    edition = site.store.editions.get(MONTH)
    assert edition
    return edition.version


# what a page hears


def test_it_hears_numbers_and_no_word_of_anybody(awa: Somebody) -> None:
    answer = awa.get(f"{HERE}/flux")
    assert answer.headers["content-type"].startswith("text/event-stream")
    said = json.loads(answer.text.removeprefix("data: "))
    assert set(said) == {"version", "arranged", "state", "changed", "problems", "stuck"}
    assert {type(value) for name, value in said.items() if name != "state"} == {int}
    assert said["state"] in list(EditionState)
    assert awa.get("/studio/2022-07/flux").text.startswith('data: {"version": 0')
    assert awa.get("/studio/2022-13/flux").status_code == 404
    assert f'data-now="{answer.text[6:].strip()}"' in awa.get(HERE).text.replace("&#34;", '"')


@pytest.mark.parametrize("how", ["in place", "aside"])
def test_a_saved_file_is_composed_once_however_many_look(site: Town, awa: Somebody, bilal: Somebody, how: str) -> None:
    before = version(site)
    with hearing(awa) as one, hearing(awa) as two, hearing(bilal) as three:
        save(
            site,
            "Un barnum" if how == "in place" else "Le barnum",
            "Le barnum" if how == "in place" else "Un barnum",
            how,
        )
        until(lambda: all(other.heard[-1]["version"] == before + 1 for other in (one, two, three)))
        time.sleep(0.3)
    assert version(site) == before + 1
    assert site.store.editions.basis(MONTH).by == "Awa (exemple)"


def test_what_was_saved_just_before_the_page_opened_is_taken_too(site: Town, awa: Somebody, bilal: Somebody) -> None:
    before = version(site)
    with hearing(bilal) as other:
        save(site, "Blanc, ", "Très blanc, ")
        until(lambda: other.heard[-1]["changed"] == 1, 15)
    with hearing(awa):
        until(lambda: version(site) == before + 1)
        until(lambda: "Très blanc" in site.store.editions.letters(MONTH)["associations"].text)


def test_a_file_that_is_half_saved_changes_nothing_and_the_next_save_mends_it(site: Town, awa: Somebody) -> None:
    file, before = site.config.folder / "data" / "agenda.xlsx", version(site)
    whole = file.read_bytes()
    with hearing(awa) as page:
        file.write_bytes(whole[: len(whole) // 2])
        until(lambda: page.heard[-1]["stuck"])
        assert version(site) == before
        assert "L’aperçu ne suit plus les fichiers" in awa.get(HERE).text
        assert "agenda.xlsx" in awa.get(HERE).text
        file.write_bytes(whole)
        until(lambda: not page.heard[-1]["stuck"])
    assert "ne suit plus" not in awa.get(HERE).text


def test_a_template_is_taken_too_and_one_that_cant_be_read_is_told(site: Town, awa: Somebody) -> None:
    file = site.config.templates / "header.mjml"
    written = file.read_text("utf-8")
    before = version(site)
    try:
        with hearing(awa) as page:
            file.write_text(written + "{% if %}", "utf-8")
            until(lambda: page.heard[-1]["stuck"])
            assert ".mjml, ligne" in awa.get(HERE).text
            file.write_text(written + "<!-- autre -->", "utf-8")
            until(lambda: page.heard[-1]["version"] == before + 1)
    finally:
        file.write_text(written, "utf-8")


def test_who_may_not_compose_is_told_how_many_rows_changed(site: Town, bilal: Somebody) -> None:
    before = version(site)
    with hearing(bilal) as page:
        save(site, "Un barnum", "Ce barnum")
        until(lambda: page.heard[-1]["changed"] == 1)
        save(site, "Ce barnum", "Un barnum")
        until(lambda: page.heard[-1]["changed"] == 0)
    assert version(site) == before


def test_what_is_approved_stays_and_the_page_says_so(site: Town, awa: Somebody, bilal: Somebody) -> None:
    edition = site.store.editions.get(MONTH)
    assert edition
    seen = re.findall('name="vu" value="([^"]+)"', bilal.get(f"{HERE}/accord").text)
    assert bilal.post(f"{HERE}/accord", {"empreinte": edition.digest, "vu": seen}).status_code == 303
    with hearing(awa) as page:
        assert page.heard[-1]["state"] == EditionState.APPROVED
        save(site, "Un barnum", "Quel barnum")
        until(lambda: page.heard[-1]["changed"] == 1)
        assert "1\u00a0ligne a changé" in awa.get(HERE).text
        assert "rouvrir\u00a0?" in awa.get(HERE).text
        now = site.store.editions.get(MONTH)
        assert now
        assert (now.state, now.digest) == (EditionState.APPROVED, edition.digest)
        save(site, "Quel barnum", "Un barnum")
        until(lambda: page.heard[-1]["changed"] == 0)
    assert bilal.post(f"{HERE}/rouvrir").status_code == 303


def test_what_another_process_saves_is_heard_too(site: Town, awa: Somebody) -> None:
    with hearing(awa) as page, Store.open(site.config.store.url, site.config.folder) as other:
        now = other.arrangements.get(MONTH)
        who = other.accounts.of(address(Role.EDITOR))
        assert who
        other.arrangements.save(
            MONTH, now.arrangement.__class__(editorial="Bonjour"), seen=now.version, by=who.person, at=NOW
        )
        until(lambda: page.heard[-1]["arranged"] == now.version + 1)
    awa.post(f"{HERE}/composer")


def test_of_two_processes_one_composes(tmp_path: Path) -> None:
    marks, done = (("a.csv", 1, 1),), []

    def compose(number: int) -> None:
        with _once(tmp_path / "var" / "live", marks) as first:
            time.sleep(0.05)
            done.append((number, first))

    threads = [threading.Thread(target=compose, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(first for _, first in done) == 1
    with pytest.raises(ValueError, match="half"), _once(tmp_path / "var" / "live", (("a.csv", 2, 2),)):
        raise ValueError("half")
    with _once(tmp_path / "var" / "live", (("a.csv", 2, 2),)) as first:
        assert first, "what failed is tried again"


# as long as it may


def test_a_stream_ends_with_its_session_and_with_its_account(site: Town) -> None:
    who = come_in(site, Role.REVIEWER)
    with hearing(who) as page:
        who.post("/studio/sortir")
        until(lambda: page.ended)
    newcomer = Newcomer("fatou@malakoff.example", Role.REVIEWER, "Fatou (exemple)")
    fatou, token = outsider(site), site.store.accounts.add(newcomer, BY, at=site.now)[1]
    fatou.client.post(f"{site.url}/studio/entrer/{token}", data={"csrf": fatou.csrf(f"/studio/entrer/{token}")})
    with hearing(fatou) as page:
        come_in(site, Role.ADMIN).post("/studio/comptes/fermer", {"adresse": newcomer.address})
        until(lambda: page.ended)


def test_listening_is_no_visit(site: Town) -> None:
    who = come_in(site, Role.REVIEWER)
    with hearing(who) as page:
        site.now = NOW + timedelta(hours=7)
        time.sleep(1.2)
        assert not page.ended
        site.now = NOW + timedelta(hours=9)
        until(lambda: page.ended)
    site.now = NOW


def test_of_an_accounts_many_pages_the_oldest_is_told_to_rest(site: Town) -> None:
    who = come_in(site, Role.REVIEWER)
    pages = [Hearing(who) for _ in range(MINE + 1)]
    until(lambda: pages[0].ended)
    assert "event: assez" in pages[0].lines
    assert [page.ended for page in pages[1:]] == [False] * MINE
    who.post("/studio/sortir")
    for page in pages:
        page.leave()


def test_there_are_no_more_streams_than_a_service_can_hold(
    site: Town, awa: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MINE < 6 < ALL, "a browser opens six connections"
    monkeypatch.setattr(live, "ALL", 0)
    assert awa.get(f"{HERE}/flux", headers=STREAM).status_code == 503


def test_nothing_is_watched_while_nobody_looks(site: Town, awa: Somebody) -> None:
    until(lambda: not hub(site).runs)
    with hearing(awa) as page:
        assert hub(site).runs
        page.leave()
    until(lambda: not hub(site).runs)


def test_a_service_that_is_asked_to_stop_ends_its_streams_at_once(tmp_path: Path) -> None:
    port, town = free(), tmp_path / "ville"
    with running(town, port) as process, httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        answer(client, "/robots.txt")
        with Store.open("sqlite:///var/newsletter.db", town) as store:
            token = store.accounts.add(Newcomer("awa@malakoff.example", Role.EDITOR, "Awa"), BY, at=datetime.now(UTC))[
                1
            ]
        link = f"/studio/entrer/{token}"
        csrf = re.search('name="csrf" value="([^"]+)"', client.get(link).text)
        assert csrf
        assert client.post(link, data={"csrf": csrf[1]}).status_code == 303
        with client.stream("GET", "/studio/2031-05/flux", headers=STREAM, timeout=30) as stream:
            lines = stream.iter_lines()
            assert next(lines).startswith("retry")
            process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            list(lines)
        assert process.wait(20) == 0
        assert time.monotonic() - began < 8


# in a browser


class Open:
    """Somebody with the edition's page open."""

    def __init__(self, chromium: Browser, site: Town, role: Role, **more: Any) -> None:
        self.context = chromium.new_context(**{"viewport": {"width": 1200, "height": 900}, **more})
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.said: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(site.url + account(site, role))
        self.page.get_by_role("button", name="Entrer dans le studio").click()
        self.page.wait_for_url(f"{site.url}/studio")
        self.page.goto(site.url + HERE)
        self.live = self.page.locator("#direct")
        self.events = self.page.locator("#rubrique-event + ol > li")

    def letter(self, words: str, audience: str = "associations") -> None:
        """Waits until a letter's frame says so."""
        frame = self.page.frame_locator(f"article:has(#lettre-{audience}) iframe >> nth=-1")
        expect(frame.locator("body")).to_contain_text(words)

    def titles(self) -> list[str]:
        return self.events.locator(".title b").all_inner_texts()

    def __enter__(self) -> "Open":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.context.close()
        assert kind or [words for words in self.said if "status of 409" not in words] == []


def test_a_save_shows_by_itself_marked_and_nothing_one_does_is_lost(
    site: Town, awa: Somebody, chromium: Browser
) -> None:
    with Open(chromium, site, Role.EDITOR) as camille:
        field = camille.page.locator("#editorial")
        field.fill("Chères voisines")
        field.evaluate("field => field.setSelectionRange(3, 5)")
        shorten = camille.events.nth(1).locator("summary")
        shorten.click()
        field.focus()
        save(site, "Un barnum", "Notre barnum", "aside")
        camille.letter("Notre barnum")
        expect(camille.live).to_contain_text(
            re.compile("Aperçu mis à jour à 10\u00a0h : 1\u00a0annonce a changé".replace(" :", "\u00a0:"))
        )
        marked_ = camille.page.locator("li:has(> .item .tag.new)")
        expect(marked_).to_have_count(1)
        expect(marked_.locator(".tag.new")).to_have_text("modifiée")
        marked_.locator(".change summary").click()
        expect(marked_.locator(".change ins")).to_contain_text("Notre barnum")
        expect(marked_.locator(".change del")).to_contain_text("Un barnum")
        outlined = camille.page.frame_locator("article:has(#lettre-associations) iframe").locator("[data-marque]")
        expect(outlined).to_have_count(1)
        expect(outlined).to_contain_text("Notre barnum")
        assert field.input_value() == "Chères voisines"
        assert camille.events.nth(1).locator("details").last.get_attribute("open") is not None
        field.focus()
        save(site, "Notre barnum", "Un barnum")
        camille.letter("Un barnum")
        assert camille.page.evaluate("document.activeElement.id") == "editorial"
        assert field.evaluate("field => [field.selectionStart, field.selectionEnd]") == [3, 5]
        camille.page.get_by_role("link", name="Pas marqué").click()
        expect(
            camille.page.frame_locator("article:has(#lettre-associations) iframe").locator("[data-marque]")
        ).to_have_count(0)
    kept = site.store.editions.letters(MONTH)["associations"]
    assert "data-marque" not in kept.html


def test_of_two_who_write_the_second_reads_who_has_saved_and_loses_nothing(
    site: Town, awa: Somebody, chromium: Browser
) -> None:
    dan = come_in(site, Role.ADMIN)
    with Open(chromium, site, Role.EDITOR) as camille:
        field = camille.page.locator("#objet-public")
        field.fill("Décembre, chez nous")
        form = {"vu": dan.seen(), "editorial": "De la part de Dan.", "avec": "oui"}
        assert dan.post(f"{HERE}/textes", form).status_code == 303
        expect(camille.page.locator(".since")).to_contain_text("Dan (exemple) a enregistré depuis")
        assert field.input_value() == "Décembre, chez nous"
        camille.letter("De la part de Dan.", "public")
        camille.page.get_by_role("button", name="Enregistrer").click()
        expect(camille.page.get_by_role("alert")).to_contain_text("Dan (exemple) a enregistré avant vous")
        assert field.input_value() == "Décembre, chez nous"
        expect(camille.page.locator(".theirs").filter(has_text="De la part de Dan.")).to_have_count(1)


def test_a_page_tells_that_what_is_approved_differs_from_the_files(
    site: Town, awa: Somebody, bilal: Somebody, chromium: Browser
) -> None:
    edition = site.store.editions.get(MONTH)
    assert edition
    with Open(chromium, site, Role.EDITOR) as camille:
        seen = re.findall('name="vu" value="([^"]+)"', bilal.get(f"{HERE}/accord").text)
        bilal.post(f"{HERE}/accord", {"empreinte": edition.digest, "vu": seen})
        expect(camille.page.locator(".over")).to_have_text("approuvée")
        save(site, "Un barnum", "Quel barnum")
        expect(camille.page.locator("[data-part=avis]")).to_contain_text("1\u00a0ligne a changé dans les fichiers")
        expect(camille.live).to_contain_text("rouvrir")
        camille.page.get_by_role("link", name="rouvrir").click()
        expect(camille.page.locator("#changements")).to_contain_text("1 ligne a changé")
    save(site, "Quel barnum", "Un barnum")
    bilal.post(f"{HERE}/rouvrir")


def test_items_are_moved_by_the_keys_of_the_handle_and_the_focus_stays(
    site: Town, awa: Somebody, chromium: Browser
) -> None:
    with Open(chromium, site, Role.EDITOR) as camille:
        before = camille.titles()
        grip = camille.events.nth(0).locator(".grip")
        expect(grip).to_be_visible()
        grip.focus()
        camille.page.keyboard.press("ArrowDown")
        camille.page.keyboard.press("ArrowDown")
        expect(camille.live).to_contain_text("3e sur")
        expect(camille.live).to_contain_text("C’est enregistré")
        assert camille.titles()[:3] == [before[1], before[2], before[0]]
        assert camille.page.evaluate("document.activeElement.className") == "tool grip"
        assert camille.page.evaluate("document.activeElement.closest('li').id") == camille.events.nth(2).get_attribute(
            "id"
        )
        camille.page.keyboard.press("ArrowUp")
        camille.page.keyboard.press("ArrowUp")
        camille.page.keyboard.press("ArrowUp")
        expect(camille.live).to_contain_text("C’est enregistré")
        camille.page.reload()
        assert camille.titles() == before


def test_a_form_sent_while_a_move_is_saved_waits_and_both_are_kept(
    site: Town, awa: Somebody, chromium: Browser
) -> None:
    with Open(chromium, site, Role.EDITOR) as camille:
        first = camille.titles()[0]
        camille.events.nth(0).locator(".grip").focus()
        camille.page.keyboard.press("ArrowDown")
        camille.events.nth(1).locator("button[value=epingler]").click()
        expect(camille.page.locator("main")).to_contain_text("C’est enregistré, et les lettres sont recomposées")
        expect(camille.events.nth(0)).to_contain_text("épinglée")
        assert camille.titles()[0] == first
        camille.events.nth(0).locator("button[value=depingler]").click()
        expect(camille.events.nth(0)).not_to_contain_text("épinglée")
        assert camille.titles()[1] == first, "the move is saved too"


def test_items_are_dragged_and_who_was_overtaken_is_told(site: Town, awa: Somebody, chromium: Browser) -> None:
    with Open(chromium, site, Role.EDITOR) as camille:
        before = camille.titles()
        drag(camille, 3, 0)
        expect(camille.live).to_contain_text("C’est enregistré")
        after = [before[3], *before[:3], *before[4:]]
        assert camille.titles() == after
        camille.page.reload()
        assert camille.titles() == after
        drag(camille, 0, 2, drop=False)
        assert camille.titles() == after, "Escape puts it back"
        camille.page.evaluate("document.querySelectorAll('[name=vu]').forEach((one) => { one.value = 0; })")
        drag(camille, 0, 3)
        expect(camille.live).to_contain_text("a enregistré avant vous")
        assert camille.titles() == after


def drag(who: Open, one: int, other: int, *, drop: bool = True) -> None:
    """By the mouse, before another or, when that is below, after it."""
    grip = who.events.nth(one).locator(".grip")
    grip.scroll_into_view_if_needed()
    start, there = grip.bounding_box(), who.events.nth(other).bounding_box()
    assert start
    assert there
    who.page.mouse.move(start["x"] + 5, start["y"] + 5)
    who.page.mouse.down()
    who.page.mouse.move(start["x"] + 5, start["y"] - 10 if other < one else start["y"] + 20)
    who.page.mouse.move(start["x"] + 5, there["y"] + (3 if other < one else there["height"] - 3), steps=3)
    expect(who.page.locator("li.drop, li.drop-last")).to_have_count(1)
    if not drop:
        who.page.keyboard.press("Escape")
    who.page.mouse.up()


def test_a_subject_is_counted_and_cut_while_one_writes(site: Town, awa: Somebody, chromium: Browser) -> None:
    with Open(chromium, site, Role.EDITOR) as camille:
        help_ = camille.page.locator("#objet-public-aide")
        usual = help_.inner_text()
        camille.page.locator("#objet-public").fill("Père Noël 👩‍👩‍👧 à la mairie, au marché et à la bibliothèque")
        expect(help_).to_contain_text("55 signes")
        expect(help_).to_contain_text("«\u00a0Père Noël 👩‍👩‍👧 à la mairie, au marché et…\u00a0»")
        camille.page.locator("#objet-public").fill("")
        expect(help_).to_have_text(usual)


def test_without_a_script_all_of_it_works(site: Town, awa: Somebody, chromium: Browser) -> None:
    with Open(chromium, site, Role.EDITOR, java_script_enabled=False) as camille:
        assert camille.page.locator(".grip:visible").count() == 0
        before = camille.titles()
        camille.events.nth(0).get_by_role("button", name="Descendre").click()
        assert camille.titles()[:2] == [before[1], before[0]]
        camille.events.nth(1).get_by_role("button", name="Monter").click()
        save(site, "Un barnum", "Ce barnum")
        camille.page.get_by_role("button", name="Relire les fichiers").click()
        camille.letter("Ce barnum")
        expect(camille.page.locator(".tag.new")).to_have_count(1)
    save(site, "Ce barnum", "Un barnum")


# marks


def test_marks_are_found_by_titles_whatever_the_template() -> None:
    page = (
        "<head></head><h3>Bal</h3><table><tr><td>1</td><td class='b'><h3>Bal</h3><p>…</p></td></tr>\n"
        "<tr><td><h3><a href='#'>Chorale &amp; <b>goûter</b></a></h3></td></tr></table>"
    )
    titles = {"a": "Bal", "b": "Chorale & goûter", "c": "Absente"}
    printed = replace(letter("public"), items=("a", "b", "c"))
    changes = {"b": Change("b", {"title": "x"}, {"title": "y"}), "c": Change("c", {}, {"title": "z"})}
    made = marked(page, printed, titles, changes)
    assert made.count("data-marque=") == 1
    assert '<td data-marque="modifiée"><h3><a' in made
    assert re.sub('<style>.*</style>| data-marque="[^"]+"', "", made) == page
    assert marked(page, printed, titles, {}) == page


def test_two_items_of_one_title_are_told_apart_by_their_order() -> None:
    page = "<head></head><div><h3>Bal</h3></div><div><h3>Bal</h3></div>"
    printed = replace(letter("public"), items=("a", "b"))
    made = marked(page, printed, {"a": "Bal", "b": "Bal"}, {"b": Change("b", {}, {"title": "Bal"})})
    assert made.endswith('<div><h3>Bal</h3></div><div data-marque="nouvelle"><h3>Bal</h3></div>')
