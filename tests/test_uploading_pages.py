"""Files dropped by a page of the studio: what a person sees, and what nobody can make it take."""

import re
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from newsletter.model.studio import Role
from newsletter.pipeline import uploading
from newsletter.web.guard import MOST
from tests.browser import Town, browser, violations
from tests.studio_town import NOW, Somebody, account, come_in, outsider, studio

HERE = "/studio/fichiers"
NAME = "data/entraide.csv"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with studio(tmp_path_factory.mktemp("fichiers")) as running:
        yield running


@pytest.fixture
def site(served: Town) -> Iterator[Town]:
    served.empty()
    served.now = NOW
    shutil.rmtree(uploading.aside(served.config), ignore_errors=True)
    file = served.config.folder / NAME
    before = file.read_bytes()
    yield served
    if file.read_bytes() != before:  # else nothing has to be read again
        file.write_bytes(before)
    assert list((served.config.folder / "data").glob(".*")) == []


@pytest.fixture
def awa(site: Town) -> Somebody:
    return come_in(site, Role.EDITOR)


def dropped(
    who: Somebody, content: bytes, name: str = NAME, called: str = "entraide.csv", **more: str
) -> httpx.Response:
    form = {"csrf": who.csrf(), "fichier": name, **more}
    return who.client.post(f"{who.site.url}{HERE}/deposer", data=form, files={"depot": (called, content)})


def held(site: Town) -> list[str]:
    folder = uploading.aside(site.config)
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def changed(site: Town) -> bytes:
    """The file, a row of it told otherwise."""
    written = (site.config.folder / NAME).read_text("utf-8")
    assert "Un barnum de trois mètres sur six (exemple)" in written
    return written.replace("Un barnum de trois mètres sur six (exemple)", "Un barnum & « deux » (exemple)").encode()


def seen(page: str) -> str:
    found = re.search(r'name="vu" value="([^"]*)"', page)
    assert found
    return found[1]


def test_a_file_is_dropped_looked_at_replaced_and_taken_back(site: Town, awa: Somebody) -> None:
    before, after = (site.config.folder / NAME).read_bytes(), changed(site)
    answer = dropped(awa, after)
    assert answer.status_code == 303, answer.text
    page = awa.get(answer.headers["location"])
    assert "Ce que ce fichier change" in page.text
    assert "Un barnum &amp; " in page.text
    assert (site.config.folder / NAME).read_bytes() == before
    path, vu = answer.headers["location"], seen(page.text)
    assert awa.post(path, {"faire": "remplacer", "vu": vu}).headers["location"] == f"{HERE}?fait=remplace"
    assert (site.config.folder / NAME).read_bytes() == after
    assert awa.get(path).status_code == 404
    files = awa.get(HERE).text
    assert "Revenir à la version précédente" in files
    back = files.split("fichiers/revenir", 1)[1]
    assert awa.post(f"{HERE}/revenir", {"fichier": NAME, "vu": "autre"}).status_code == 422
    assert awa.post(f"{HERE}/revenir", {"fichier": NAME, "vu": seen(back)}).status_code == 303
    assert (site.config.folder / NAME).read_bytes() == before
    assert "fichier remis comme avant" in come_in(site, Role.ADMIN).get("/studio/journal").text


def test_a_file_that_changed_meanwhile_is_compared_again_and_may_be_left(site: Town, awa: Somebody) -> None:
    path = dropped(awa, changed(site)).headers["location"]
    assert len(held(site)) == 2
    before = (site.config.folder / NAME).read_bytes()
    told = awa.post(path, {"faire": "remplacer", "vu": "sha256:autre"})
    assert told.status_code == 409
    assert "a changé pendant que vous regardiez" in told.text
    assert seen(told.text) == f"sha256:{sha256(before).hexdigest()}"
    assert (site.config.folder / NAME).read_bytes() == before
    assert awa.post(path, {"faire": "laisser"}).headers["location"] == f"{HERE}?fait=laisse"
    assert held(site) == []
    assert (site.config.folder / NAME).read_bytes() == before


@pytest.mark.parametrize(
    ("content", "called", "said"),
    [
        (b"x" * (uploading.LARGEST + 1), "entraide.csv", "dépasse 20 Mo"),
        (b"x" * (uploading.LARGEST + 3 * MOST), "entraide.csv", "dépasse 20 Mo"),
        (b"", "entraide.csv", "est vide"),
        (b"Titre;Date", "<script>alert(1)</script>.exe", "est un fichier .csv"),
        (b"Titre;Date", "x" * 300, "est un fichier .csv"),
        (b"PK\x03\x04" + bytes(300), "entraide.csv", "en réalité un .xlsx"),
    ],
    ids=["large", "larger than a body", "empty", "hostile name", "long name", "another kind"],
)
def test_what_can_t_be_taken_is_a_sentence(site: Town, awa: Somebody, content: bytes, called: str, said: str) -> None:
    answer = dropped(awa, content, called=called)
    assert answer.status_code == 422
    assert said in answer.text.replace("\u00a0", " ")
    assert "<script>alert" not in answer.text
    assert held(site) == []
    assert awa.get("/studio/compte").status_code == 200


def test_nothing_chosen_or_nowhere_to_put_it_is_a_sentence(site: Town, awa: Somebody) -> None:
    assert "hoisissez un fichier" in awa.post(f"{HERE}/deposer", {"fichier": NAME}).text
    for name in ("../config.toml", "/etc/passwd", "data/inconnu.csv", ""):
        assert dropped(awa, b"Titre;Date\n", name).status_code == 422
    assert dropped(awa, b"Titre;Date\n", dossier="data").status_code == 422
    assert held(site) == []


def test_who_is_not_known_sends_no_more_than_a_form(site: Town, awa: Somebody) -> None:
    def body() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="depot"; filename="a.csv"\r\n\r\n'
        for _ in range(40):
            yield b"x" * MOST

    stranger = outsider(site)
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    for who in (stranger, come_in(site, Role.APPROVER)):
        try:
            answer = who.client.post(f"{site.url}{HERE}/deposer", content=body(), headers=headers)
        except httpx.TransportError:  # it hung up while we were still sending
            continue
        assert answer.status_code in (401, 403, 413)
    assert awa.client.post(f"{site.url}/studio/2021-12/textes", data={"x": "x" * (MOST + 1)}).status_code == 413
    assert stranger.client.post(f"{site.url}{HERE}", data={"x": "x" * (MOST + 1)}).status_code == 401
    assert held(site) == []


def test_a_file_from_another_site_or_without_our_token_is_not_taken(site: Town, awa: Somebody) -> None:
    files = {"depot": ("entraide.csv", changed(site))}
    for form, headers in (
        ({"fichier": NAME}, {}),
        ({"fichier": NAME, "csrf": awa.csrf()}, {"Sec-Fetch-Site": "cross-site"}),
        ({"fichier": NAME, "csrf": awa.csrf()}, {"Origin": "https://ailleurs.example"}),
    ):
        answer = awa.client.post(f"{site.url}{HERE}/deposer", data=form, files=files, headers=headers)
        assert answer.status_code == 403
    assert held(site) == []


def test_one_file_at_a_time(site: Town, awa: Somebody) -> None:
    files = [("depot", ("a.csv", b"x")), ("depot", ("b.csv", b"x"))]
    answer = awa.client.post(f"{site.url}{HERE}/deposer", data={"csrf": awa.csrf(), "fichier": NAME}, files=files)
    assert answer.status_code == 400
    assert held(site) == []


def test_who_reads_over_sees_the_files_and_drops_none(site: Town) -> None:
    chloe = come_in(site, Role.REVIEWER)
    page = chloe.get(HERE).text
    assert "entraide.csv" in page
    assert "Déposer" not in page
    assert dropped(chloe, b"Titre;Date\n").status_code == 403


def test_by_keyboard_on_a_small_phone_in_the_dark(site: Town, tmp_path: Path) -> None:
    (tmp_path / "entraide.csv").write_bytes(changed(site))
    with browser() as chromium:
        context = chromium.new_context(viewport={"width": 320, "height": 640}, color_scheme="dark")
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(site.url + account(site, Role.EDITOR))
        page.get_by_role("button", name="Entrer dans le studio").click()
        page.goto(site.url + HERE)
        page.get_by_text(f"Déposer une nouvelle version de {NAME}").focus()
        page.keyboard.press("Enter")
        section = page.locator("section.file", has_text=NAME)
        section.locator("input[type=file]").set_input_files(tmp_path / "entraide.csv")
        section.get_by_role("button", name="Voir ce qu’il change").focus()
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Ce que ce fichier change", timeout=60_000)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.get_by_role("button", name="Remplacer le fichier").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Le fichier est remplacé", timeout=60_000)
        assert (site.config.folder / NAME).read_bytes() == (tmp_path / "entraide.csv").read_bytes()
        expect(page.get_by_role("button", name=f"Revenir à la version précédente de {NAME}")).to_be_visible()
        context.close()
