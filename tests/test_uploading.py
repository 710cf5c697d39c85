"""Files dropped in the studio: what can't be read is refused and not kept; what can counts once somebody says so."""

import io
import json
import os
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from newsletter import pipeline
from newsletter.config import Audience, Config, Source
from newsletter.errors import ConfigError, FormRefused, NewsletterError, NotAllowed
from newsletter.model import Catalogue
from newsletter.model.studio import Role
from newsletter.pipeline import replacing, uploading
from newsletter.pipeline.reading import Instead
from newsletter.pipeline.uploading import Drop, Dropped
from newsletter.store import Store
from tests.studio_office import AWA, BILAL, DAN, SEND_AT, migrated, opened

MONTH, NOW = date(2021, 12, 1), datetime(2021, 11, 25, 9, tzinfo=UTC)
HEAD = "Titre;Date;Lieu\n"
BEFORE = HEAD + "Bal (exemple);14 décembre 2021 à 14h30;Place\nTournoi (exemple);31/11/2021;Gymnase\n"
AFTER = HEAD + "Bal (exemple);15 décembre 2021 à 14h30;Place\nTournoi (exemple);30/12/2021;Gymnase\nLoto;?;Ici\n"
NAME = "data/agenda.csv"


class Desk:
    """A town whose sources are a file and a folder."""

    def __init__(self, folder: Path, store: Store) -> None:
        (folder / "data" / "agendas").mkdir(parents=True)
        (folder / NAME).write_text(BEFORE, "utf-8")
        (folder / "data" / "agendas" / "club.csv").write_text(HEAD + "Club (exemple);6 décembre 2021;Salle\n", "utf-8")
        sources = (Source(path=NAME), Source(path="data/agendas"), Source(path="https://flux.example/agenda.ics"))
        audiences = {"public": Audience(title="La lettre")}
        self.config = Config(folder=folder, sources=sources, audiences=audiences)
        self.store, self.folder = store, folder

    def take(
        self, content: bytes | str, where: str = NAME, called: str = "agenda.csv", *, into: bool = False
    ) -> Dropped:
        file = io.BytesIO(content.encode() if isinstance(content, str) else content)
        return uploading.take(self.config, Drop(where, into, called, file), AWA, NOW, self.read)

    def read(self, instead: Instead | None = None) -> Catalogue:
        """The sources, here: what is done apart is tried by the pages."""
        return pipeline.load(self.config, as_of=SEND_AT, at=NOW, offline=True, instead=instead)

    def seen(self, name: str = NAME) -> str:
        place = uploading.places(self.config).get(name)
        return uploading.digest_of(place) if place else ""

    def replace(self, dropped: Dropped, seen: str | None = None) -> bool:
        chosen = self.seen(dropped.name) if seen is None else seen
        return replacing.replace_file(self.config, self.store, dropped, AWA, NOW, seen=chosen)

    def aside(self) -> list[Path]:
        folder = uploading.aside(self.config)
        return sorted(folder.iterdir()) if folder.exists() else []

    def text(self, name: str = NAME) -> str:
        return (self.folder / name).read_text("utf-8")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated(tmp_path_factory.mktemp("empty"))


@pytest.fixture
def desk(tmp_path: Path, empty: Path) -> Iterator[Desk]:
    with opened(tmp_path, empty) as store:
        yield Desk(tmp_path, store)


# what may be dropped where


def test_each_file_of_a_source_has_a_place_and_a_feed_has_none(desk: Desk) -> None:
    assert list(uploading.places(desk.config)) == [NAME, "data/agendas/club.csv"]
    assert uploading.folders(desk.config) == ["data/agendas"]


def test_a_name_that_two_files_have_is_neither_s(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = [tmp_path_factory.mktemp("partage") for _ in range(2)]
    for folder in elsewhere:
        (folder / "agenda.csv").write_text(BEFORE, "utf-8")
    desk.config = desk.config.model_copy(update={"sources": tuple(Source(path=str(each)) for each in elsewhere)})
    assert list(uploading.places(desk.config)) == []
    with pytest.raises(FormRefused):
        desk.take(AFTER, "agenda.csv")
    desk.config = desk.config.model_copy(update={"sources": (Source(path=NAME), Source(path="data/*.csv"))})
    assert list(uploading.places(desk.config)) == [NAME], "one file, named twice"


def test_a_file_that_was_taken_away_meanwhile_is_taken_away(desk: Desk) -> None:
    (desk.folder / NAME).unlink()
    assert desk.replace(desk.take(AFTER))
    (desk.folder / NAME).unlink()
    with pytest.raises(FormRefused):
        replacing.put_back(desk.config, desk.store, NAME, AWA, NOW, seen=desk.seen())
    assert [deed.act for deed in desk.store.audit.of()] == ["upload"]


def test_a_file_is_shown_with_what_it_changes_and_counts_only_then(desk: Desk) -> None:
    before, dropped = desk.seen(), desk.take(AFTER)
    assert desk.text() == BEFORE, "nothing counts yet"
    instead = uploading.instead_of(desk.config, dropped)
    then, now = desk.read(), desk.read(instead)
    plan = pipeline.Plan(MONTH, NOW)
    weighed = uploading.weigh(desk.config, desk.store, plan, then, now)
    assert {change.title: change.fields for change in weighed.changes if change.before} == {"Bal (exemple)": ("dates",)}
    assert [change.title for change in weighed.changes if not change.before] == ["Tournoi (exemple)"]
    assert [problem.found for problem in weighed.mended] == ["31/11/2021"]
    assert [problem.origin.row for problem in weighed.brought] == [4]
    assert desk.replace(dropped)
    assert desk.text() == AFTER
    assert desk.aside() == []
    (deed,) = [one for one in desk.store.audit.of() if one.act == "upload"]
    assert (deed.by, deed.digest) == (AWA.name, desk.seen())
    assert deed.detail == f"{NAME}, avant : {before}"
    assert desk.store.audit.broken() is None


def test_it_is_kept_aside_for_nobody_else_and_for_a_day(desk: Desk) -> None:
    first = desk.take(AFTER)
    assert [stat.S_IMODE(path.stat().st_mode) for path in desk.aside()] == [0o600, 0o600]
    assert NAME not in "".join(path.name for path in desk.aside())
    assert uploading.found(desk.config, first.token) == first
    old = (NOW - timedelta(days=1, minutes=1)).timestamp()
    for path in desk.aside():
        os.utime(path, (old, old))
    second = desk.take(AFTER)
    assert uploading.found(desk.config, first.token) is None
    assert uploading.found(desk.config, second.token) == second


def test_one_that_goes_while_the_folder_is_looked_at_stops_nobody(desk: Desk) -> None:
    desk.take(AFTER)
    (uploading.aside(desk.config) / "gone").symlink_to(desk.folder / "nowhere")
    assert uploading.found(desk.config, desk.take(AFTER).token)


@pytest.mark.parametrize("token", ["", "../agenda", "x" * 32, "0" * 32, "0" * 31 + "/"])
def test_a_token_that_is_none_finds_nothing(desk: Desk, token: str) -> None:
    assert uploading.found(desk.config, token) is None


def test_of_two_who_change_the_same_file_the_second_is_told(desk: Desk) -> None:
    seen, one, other = desk.seen(), desk.take(AFTER), desk.take(BEFORE.replace("Bal", "Grand bal"))
    assert desk.replace(one, seen)
    assert not desk.replace(other, seen)
    assert desk.text() == AFTER
    assert desk.replace(other)


def test_the_version_before_comes_back_and_what_it_replaces_is_kept(desk: Desk) -> None:
    (desk.folder / NAME).chmod(0o664)
    desk.replace(desk.take(AFTER))
    before = replacing.former(desk.config)[NAME]
    assert (before.by, before.replaced_at) == (AWA.name, NOW)
    assert replacing.put_back(desk.config, desk.store, NAME, DAN, NOW, seen=desk.seen())
    assert desk.text() == BEFORE
    assert stat.S_IMODE((desk.folder / NAME).stat().st_mode) == 0o664
    assert not replacing.put_back(desk.config, desk.store, NAME, DAN, NOW, seen="sha256:autre")
    assert replacing.put_back(desk.config, desk.store, NAME, DAN, NOW, seen=desk.seen())
    assert desk.text() == AFTER
    assert [deed.act for deed in desk.store.audit.of()] == ["upload", "put back", "put back"]
    assert [path.name for path in (desk.folder / "data").iterdir() if path.name.startswith(".")] == []


def test_no_more_than_some_versions_are_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacing, "MOST", 2)
    place = uploading.places(desk.config)[NAME]
    for number in range(4):
        dropped = Dropped(f"{number:032x}", NAME, False, "", AWA.name, NOW.isoformat(), "sha256:x")
        uploading.aside(desk.config).mkdir(parents=True, exist_ok=True)
        (uploading.aside(desk.config) / dropped.token).write_text(f"{HEAD}{number}")
        assert desk.replace(dropped)
    (kept,) = (desk.config.var / "previous").iterdir()
    assert sorted(path.name for path in kept.iterdir()) == ["3", "3.json", "4", "4.json"]
    assert place.path.read_text() == f"{HEAD}3"


def test_nothing_comes_back_where_nothing_was_replaced(desk: Desk) -> None:
    with pytest.raises(FormRefused, match="pas de version précédente"):
        replacing.put_back(desk.config, desk.store, NAME, AWA, NOW, seen=desk.seen())
    with pytest.raises(FormRefused, match="pas de version précédente"):
        replacing.put_back(desk.config, desk.store, "../x", AWA, NOW, seen="")


def test_a_missing_file_may_be_dropped(desk: Desk) -> None:
    (desk.folder / NAME).unlink()
    assert desk.replace(desk.take(AFTER))
    assert desk.text() == AFTER


# another file in a folder


def test_a_file_is_added_to_a_folder_under_a_name_of_ours_and_taken_away(desk: Desk) -> None:
    content = HEAD + "Vide-grenier (exemple);12 décembre 2021;Rue\n"
    dropped = desk.take(content, "data/agendas", "Été au Parc !.CSV", into=True)
    assert dropped.name == "data/agendas/ete-au-parc.csv"
    assert desk.replace(dropped, "")
    assert desk.text(dropped.name) == content
    assert any(item.title.startswith("Vide-grenier") for item in desk.read().items)
    assert replacing.former(desk.config)[dropped.name].digest == ""
    assert replacing.put_back(desk.config, desk.store, dropped.name, AWA, NOW, seen=desk.seen(dropped.name))
    assert not (desk.folder / dropped.name).exists()


@pytest.mark.parametrize(
    "called",
    [
        "../../club.csv",
        "/etc/cron.d/x.csv",
        "a\x00b.csv",
        "a\r\nb.csv",
        "x" * 300 + ".csv",
        "<b>.csv",
        "..\\..\\x.csv",
        ".csv.csv",
    ],
)
def test_a_hostile_name_is_never_a_path(desk: Desk, called: str) -> None:
    around = {path for path in desk.folder.rglob("*") if "var" not in path.parts}
    try:
        dropped = desk.take(HEAD + "Bal;5 décembre 2021;Ici\n", "data/agendas", called, into=True)
    except FormRefused as told:
        assert "est déjà là" in str(told)  # noqa: PT017
        return
    assert desk.replace(dropped, "")
    (new,) = {path for path in desk.folder.rglob("*") if "var" not in path.parts} - around
    assert new.parent == desk.folder / "data" / "agendas"
    assert len(new.name) <= 70
    assert new.name.replace("-", "").replace(".csv", "").isalnum()


def test_what_is_there_is_not_overwritten_by_another_of_its_name(desk: Desk) -> None:
    with pytest.raises(FormRefused, match="est déjà là"):
        desk.take(AFTER, "data/agendas", "club.csv", into=True)
    dropped = desk.take(AFTER, "data/agendas", "autre.csv", into=True)
    (desk.folder / dropped.name).write_text("arrivé entre-temps")
    assert not desk.replace(dropped, "")
    assert desk.text(dropped.name) == "arrivé entre-temps"


@pytest.mark.parametrize(
    ("where", "into"),
    [("../secret.csv", False), ("data", True), ("https://flux.example/agenda.ics", False), ("", True)],
)
def test_only_a_source_takes_a_file(desk: Desk, where: str, into: bool) -> None:
    with pytest.raises(FormRefused, match="n’est pas une source"):
        desk.take(AFTER, where, into=into)


def test_a_link_is_not_followed(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("ailleurs")
    (outside / "x.csv").write_text(BEFORE, "utf-8")
    (desk.folder / NAME).unlink()
    (desk.folder / NAME).symlink_to(outside / "x.csv")
    with pytest.raises(FormRefused, match="est un lien"):
        desk.take(AFTER)
    dropped = desk.take(AFTER, "data/agendas", "neuf.csv", into=True)
    agendas = desk.folder / "data" / "agendas"
    (agendas / "neuf.csv").symlink_to(outside / "y.csv")
    with pytest.raises(FormRefused):
        desk.replace(dropped, "")
    assert {path.name for path in outside.iterdir()} == {"x.csv"}
    assert (outside / "x.csv").read_text("utf-8") == BEFORE


# what is refused


def workbook(sheet: bytes) -> bytes:
    """A workbook with that sheet."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="r" Type="{office}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets>'
            "</workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{office}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>',
        )
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return out.getvalue()


def rows(number: int) -> bytes:
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return b'<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (main, ROW * number)


ROW = b"<row><c><v>1</v></c></row>"
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (97 + one, b"&%c;" % (96 + one) * 10) for one in range(1, 20))
    + b"]><l>&t;</l>"
)
HOSTILE = {
    "zip bomb": ("agenda.xlsx", lambda: workbook(b"0" * (300 * 2**20)), "se déplie en"),
    "ten million rows": ("agenda.xlsx", lambda: workbook(rows(300_000)), "lignes, trop pour un agenda"),
    "billion laughs": ("agenda.csv", lambda: LAUGHS, "c'est un fichier XML, pas un tableau"),
    "laughs in a workbook": ("agenda.xlsx", lambda: workbook(LAUGHS), "agenda.xlsx"),
    "cut": ("agenda.xlsx", lambda: workbook(rows(100))[:-400], "abîmé ou tronqué"),
    "a csv called xlsx": ("agenda.xlsx", lambda: AFTER.encode(), "en réalité un .csv"),
    "a workbook called csv": ("agenda.csv", lambda: workbook(rows(2)), "en réalité un .xlsx"),
    "a pdf called csv": ("agenda.csv", lambda: b"%PDF-1.7 rien", "c'est un PDF"),
    "a page called csv": ("agenda.csv", lambda: b"<html><table><tr><td>x", "une page web"),
    "a program called xlsx": ("agenda.xlsx", lambda: b"MZ\x90\x00" + bytes(100), "un programme"),
    "nothing": ("agenda.csv", lambda: b"", "est vide"),
    "zeros": ("agenda.csv", lambda: bytes(5000), "est vide"),
    "too large": ("agenda.csv", lambda: b"x" * (uploading.LARGEST + 1), "dépasse 20 Mo"),
}


@pytest.mark.parametrize("case", list(HOSTILE))
def test_what_can_hurt_is_a_sentence_and_nothing_is_kept(desk: Desk, case: str) -> None:
    called, made, said = HOSTILE[case]
    name = NAME
    if called.endswith(".xlsx"):
        name = "data/agenda.xlsx"
        sources = (Source(path=name), *desk.config.sources)
        desk.config = desk.config.model_copy(update={"sources": sources})
    with pytest.raises(NewsletterError) as told:
        desk.take(made(), name, called)
    assert said in str(told.value), str(told.value)
    assert desk.aside() == []
    assert desk.text() == BEFORE
    assert desk.read().items, "the service goes on"


@pytest.mark.parametrize(
    "called", ["agenda.xlsx", "agenda.exe", "agenda", "agenda.csv.exe", "agenda.<b>", "a.csv\x00.png"]
)
def test_a_name_that_says_another_kind_of_file_is_refused(desk: Desk, called: str) -> None:
    with pytest.raises(FormRefused, match=r"est un fichier \.csv") as told:
        desk.take(AFTER, called=called)
    assert "<" not in str(told.value)
    assert desk.aside() == []


def test_who_may_not_does_not(desk: Desk) -> None:
    dropped = desk.take(AFTER)
    for who in (BILAL, replace(BILAL, role=Role.REVIEWER)):
        with pytest.raises(NotAllowed):
            uploading.take(desk.config, Drop(NAME, False, "a.csv", io.BytesIO(b"x")), who, NOW, desk.read)
        with pytest.raises(NotAllowed):
            replacing.replace_file(desk.config, desk.store, dropped, who, NOW, seen=desk.seen())
        with pytest.raises(NotAllowed):
            replacing.put_back(desk.config, desk.store, NAME, who, NOW, seen=desk.seen())
        with pytest.raises(NotAllowed):
            uploading.forget(desk.config, dropped, who)
    assert uploading.found(desk.config, dropped.token) == dropped


def test_too_many_that_wait_are_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "MOST", 1)
    desk.take(AFTER)
    with pytest.raises(FormRefused, match="trop de fichiers attendent"):
        desk.take(AFTER)


# where the service may not write


def test_where_it_may_not_write_the_mend_is_said_and_nothing_is_changed(desk: Desk) -> None:
    dropped = desk.take(AFTER)
    seen = desk.seen()
    (desk.config.var / "previous").write_text("in the way")
    with pytest.raises(ConfigError, match="ReadWritePaths"):
        desk.replace(dropped, seen)
    assert desk.text() == BEFORE
    assert desk.store.audit.of() == []
    assert uploading.found(desk.config, dropped.token) == dropped
    (desk.config.var / "previous").unlink()
    assert desk.replace(dropped, seen)


def test_what_is_kept_aside_says_who_and_when_and_which_file(desk: Desk) -> None:
    dropped = desk.take(AFTER)
    said = json.loads((uploading.aside(desk.config) / f"{dropped.token}.json").read_text("utf-8"))
    assert (said["by"], said["at"], said["name"]) == (AWA.name, NOW.isoformat(), NAME)
    uploading.forget(desk.config, dropped, AWA)
    assert desk.aside() == []


def test_of_two_answers_at_once_one_is_told(desk: Desk) -> None:
    dropped = desk.take(AFTER)
    assert desk.replace(dropped)
    with pytest.raises(FormRefused, match="a répondu avant vous"):
        desk.replace(dropped)
    assert len(desk.store.audit.of()) == 1
