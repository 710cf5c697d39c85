"""The public pages in a browser: the whole way, by mouse and by keyboard; axe, small screens, nobody else asked."""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import Town, browser, town, violations

LEA = "lea@exemple.example"
SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture
def site(served: Town) -> Town:
    served.empty()
    return served


@pytest.fixture
def context(chromium: Browser, site: Town) -> Iterator[BrowserContext]:
    """A small phone. Whatever asks another machine for anything, or complains, fails the test."""
    opened = chromium.new_context(viewport={"width": 320, "height": 640})
    asked: list[str] = []
    said: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda message: said.append(message.text))
    opened.on("weberror", lambda error: said.append(str(error.error)))
    yield opened
    cookies = opened.cookies()
    opened.close()
    assert [url for url in asked if not url.startswith(site.url + "/")] == []
    assert [words for words in said if "status of 4" not in words] == []
    assert cookies == []


def heading(page: Page) -> str:
    return page.locator("h1").inner_text().replace("\u202f", " ").replace("\u00a0", " ")


def submit(page: Page) -> None:
    page.locator("main form button").first.click()


def test_the_whole_way_there_and_back_again(site: Town, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(site.url)
    page.get_by_role("link", name="S’inscrire").first.click()
    page.get_by_label("La lettre des habitants").check()
    page.get_by_label("Votre adresse de courriel").fill(LEA)
    page.get_by_label("Votre prénom").fill("Léa")
    page.get_by_label("culture").check()
    site.wait(seconds=5)
    submit(page)
    assert heading(page).startswith("Plus qu’un clic")

    page.goto(site.url + site.link(site.mails()[0]))
    assert heading(page) == "Confirmer mon inscription"
    submit(page)
    assert heading(page) == "C’est fait, bienvenue !"

    page.get_by_role("link", name="Mes préférences").click()
    assert page.get_by_label("La lettre des habitants").is_checked()
    page.get_by_label("La lettre des associations").check()
    submit(page)
    assert page.get_by_role("status").is_visible()

    page.goto(f"{site.url}/d/{site.signer.sign('unsubscribe', site.copy(LEA))}")
    submit(page)
    assert heading(page) == "C’est fait"
    page.get_by_label("Je n’habite plus ici").check()
    submit(page)
    assert heading(page) == "Merci"

    site.ask(LEA, "public", "associations")
    page.goto(site.url + site.link(site.mails()[0]))
    submit(page)
    known = site.store.subscribers.show(LEA)
    assert known is not None
    assert known.audiences == ("associations", "public")


def test_the_keyboard_alone_is_enough(site: Town, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{site.url}/inscription")
    site.wait(seconds=5)

    def focused() -> str:
        return str(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))

    page.keyboard.press("Tab")
    assert focused() == "Aller au contenu"
    page.keyboard.press("Enter")
    for wanted, keys in {
        "lettre-1": " ",
        "lettre-2": "",
        "adresse": LEA,
        "prenom": "",
        "theme-1": "",
        "theme-2": " ",
    }.items():
        page.keyboard.press("Tab")
        assert focused() == wanted
        if keys == " ":
            page.keyboard.press("Space")
        elif keys:
            page.keyboard.type(keys)
    page.keyboard.press("Tab")
    assert focused() == "J’accepte et je m’inscris", "nobody falls into the trap"
    page.keyboard.press("Enter")
    page.wait_for_url("**/inscription")
    assert heading(page).startswith("Plus qu’un clic")
    page.goto(site.url + site.link(site.mails()[0]))
    page.locator("main button").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('bienvenue')")
    known = site.store.subscribers.show(LEA)
    assert known is not None
    assert (known.audiences, known.themes) == (("public",), ("sport",))


def every_page(site: Town) -> list[str]:
    site.reader(LEA, "public", "associations")
    copy = site.copy(LEA)
    site.ask("zoe@exemple.example", "public")
    mine, out = f"/p/{site.signer.sign('preferences', copy)}", f"/d/{site.signer.sign('unsubscribe', copy)}"
    rest = ["/donnees", "/effacer", "/continuer"]
    return [
        *(
            "/",
            "/inscription",
            "/inscription?lang=en",
            "/mon-abonnement",
            "/lettres",
            "/lettres/2021-12/public",
            "/rien",
        ),
        *(site.link(site.mails()[0]), mine, *(mine + path for path in rest), out, "/d/essai"),
    ]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_and_nothing_sticks_out(
    site: Town, context: BrowserContext, scheme: Literal["light", "dark"]
) -> None:
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)

    def look(name: str) -> None:
        assert violations(page) == [], name
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} is wider than 320 pixels"

    paths = every_page(site)
    for path in paths:
        page.goto(site.url + path)
        look(path)
    for path in ("/inscription", "/mon-abonnement", paths[-2], paths[-6]):  # what is there once a form has been sent
        page.goto(site.url + path)
        submit(page)
        look(f"{path}, sent")
    page.goto(f"{site.url}/inscription")
    page.locator("summary").click()
    look("mentions")


def test_a_page_is_whole_with_text_twice_as_large(site: Town, context: BrowserContext) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 640, "height": 800})
    for path in ("/", "/inscription", "/lettres"):
        page.goto(site.url + path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_where_there_is_no_browser_it_is_said_and_in_ci_it_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, outcome: type[Exception]
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr("tests.browser.chromium", lambda: None)
    with pytest.raises(outcome, match="n'ont pas été essayées dans un navigateur"), browser():
        pass
