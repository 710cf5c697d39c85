"""Files, folders and feeds: what is brought, what is refused and in which words, what is read when a feed is down."""

import gzip
import json
import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from feed_server import Asked, Reply, Server, patiently, serving

from newsletter import fetch, pipeline
from newsletter.config import Config, Fetch, Source
from newsletter.errors import SourceUnreadable
from newsletter.fetch import Fetching, guard
from newsletter.fetch.feeds import age

AT = datetime(2026, 11, 24, 19, 51, tzinfo=ZoneInfo("Europe/Paris"))
TABLE = "Titre;Date;Lieu\nBal (exemple);4 décembre 2026;Salle des fêtes\n".encode()
OTHER = TABLE.replace(b"Bal", b"Loto")
CALENDAR = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Bal\r\nDTSTART:20261204\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
CERTIFICATE = Path(__file__).with_name("relay.pem")  # for "localhost"
GOOD = Reply(TABLE, headers={"ETag": '"1"', "Last-Modified": "Tue, 24 Nov 2026 10:00:00 GMT"})


@pytest.fixture
def server() -> Iterator[Server]:
    with serving({"/agenda.csv": GOOD}) as served:
        yield served


@pytest.fixture
def terms(tmp_path: Path) -> Fetching:
    return Fetching(tmp_path / "var" / "feeds", AT, allow=("127.0.0.1",), patience=5, largest=200_000)


def gather(path: str, folder: Path, fetching: Fetching) -> fetch.Gathered:
    return fetch.gather(Source(path=path), folder, fetching=fetching)


def names(gathered: fetch.Gathered) -> list[str]:
    return [document.name for document in gathered.documents]


def refused(path: str, folder: Path, fetching: Fetching) -> str:
    with pytest.raises(SourceUnreadable) as error:
        gather(path, folder, fetching)
    return str(error.value)


# --- Files


def test_a_folder_gives_its_tables_sorted_and_says_nothing_of_lock_files(tmp_path: Path, terms: Fetching) -> None:
    folder = tmp_path / "recus"
    (folder / "sous-dossier").mkdir(parents=True)
    for name in (
        "b.csv",
        "a.xlsx",
        "~$a.xlsx",
        ".~lock.a.xlsx#",
        ".cache",
        "x.tmp",
        "Thumbs.db",
        "affiche.PNG",
        "c.CSV",
    ):
        (folder / name).write_bytes(TABLE)
    gathered = gather("recus", tmp_path, terms)
    assert names(gathered) == ["recus/a.xlsx", "recus/b.csv", "recus/c.CSV"]
    assert gathered.documents[0].folder == folder
    assert gathered.problems == ()


def test_what_is_no_table_in_a_folder_is_a_problem_and_the_others_are_read(tmp_path: Path, terms: Fetching) -> None:
    for name, content in (("a.csv", TABLE), ("vide.csv", b""), ("programme.docx", b"PK")):
        (tmp_path / name).write_bytes(content)
    gathered = gather(".", tmp_path, terms)
    assert names(gathered) == ["a.csv"]
    said = {problem.origin.file: problem.wanted for problem in gathered.problems}
    assert "enregistrez-le en .xlsx" in said["programme.docx"]
    assert "est vide" in said["vide.csv"]


@pytest.mark.parametrize("path", ["recus", "recus/*.csv", "rec*/*.csv"])
def test_a_name_whose_bytes_are_no_letters_is_told_and_kept_out(tmp_path: Path, terms: Fetching, path: str) -> None:
    (tmp_path / "recus").mkdir()
    (tmp_path / "recus" / "bon.csv").write_bytes(TABLE)
    (tmp_path / "recus" / os.fsdecode(b"caf\xe9.csv")).write_bytes(TABLE)
    gathered = gather(path, tmp_path, terms)
    assert names(gathered) == ["recus/bon.csv"]
    assert [problem.origin.file for problem in gathered.problems] == ["caf\ufffd.csv"]
    assert str(gathered.problems[0]).encode()
    assert [place.name for place in fetch.places_of(Source(path=path), tmp_path)] == ["recus/bon.csv"]


@pytest.mark.parametrize("path", ["recus", "recus/*"])
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, terms: Fetching, path: str) -> None:
    (tmp_path / "recus").mkdir()
    (tmp_path / "secret.csv").write_bytes(TABLE)
    (tmp_path / "recus" / "lien.csv").symlink_to(tmp_path / "secret.csv")
    (tmp_path / "recus" / "vrai.csv").write_bytes(TABLE)
    (tmp_path / "recus" / "meme.csv").symlink_to(tmp_path / "recus" / "vrai.csv")
    gathered = gather(path, tmp_path, terms)
    assert names(gathered) == ["recus/meme.csv", "recus/vrai.csv"]
    assert "mène hors du dossier" in gathered.problems[0].wanted


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("agendas/*.ics", ["agendas/a.ics", "agendas/b.ics"]),
        ("agendas/[b]*", ["agendas/b.csv", "agendas/b.ics"]),
        ("**/a.*", ["agendas/a.ics"]),
        ("agendas/?.csv", ["agendas/b.csv"]),
    ],
)
def test_a_glob_gives_what_it_matches(tmp_path: Path, terms: Fetching, pattern: str, found: list[str]) -> None:
    (tmp_path / "agendas").mkdir()
    for name in ("a.ics", "b.ics", "b.csv"):
        (tmp_path / "agendas" / name).write_bytes(TABLE)
    assert names(gather(pattern, tmp_path, terms)) == found


def test_a_name_that_looks_like_a_glob_is_first_a_name(tmp_path: Path, terms: Fetching) -> None:
    (tmp_path / "agenda [2026].csv").write_bytes(TABLE)
    assert names(gather("agenda [2026].csv", tmp_path, terms)) == ["agenda [2026].csv"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("rien.csv", "n'existe pas"),
        ("Agenda.csv", "vouliez-vous « agenda.csv » ?"),
        ("vide", "aucun tableau ici"),
        ("*.ods", "aucun tableau ici"),
        ("file:///etc/passwd", "« file: » n'est pas permis"),
        ("ftp://ville.example/a.csv", "« ftp: » n'est pas permis"),
        ("http://ville.example/a.csv", "seul https l'est"),
        ("https://", "ne se lit pas"),
        ("https://[::1", "ne se lit pas"),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(tmp_path: Path, terms: Fetching, path: str, said: str) -> None:
    (tmp_path / "agenda.csv").write_bytes(TABLE)
    (tmp_path / "vide").mkdir()
    assert said in refused(path, tmp_path, terms)


# --- Feeds


def test_a_feed_is_fetched_once_and_kept_until_it_changes(server: Server, terms: Fetching, tmp_path: Path) -> None:
    def versioned(asked: Asked) -> Reply:
        return Reply(status=304) if asked.headers.get("If-None-Match") == '"1"' else GOOD

    server.routes["/agenda.csv"] = versioned
    first = gather(server.url("/agenda.csv"), tmp_path, terms)
    later = replace(terms, at=AT + timedelta(days=2))
    second = gather(server.url("/agenda.csv"), tmp_path, later)
    assert [each.documents[0].content for each in (first, second)] == [TABLE, TABLE]
    assert [each.problems for each in (first, second)] == [(), ()]
    assert server.asked[1].headers["If-Modified-Since"] == "Tue, 24 Nov 2026 10:00:00 GMT"
    server.routes["/agenda.csv"] = Reply(status=500)
    third = gather(server.url("/agenda.csv"), tmp_path, replace(terms, at=AT + timedelta(days=3)))
    assert "(il y a 1 jour)" in third.problems[0].wanted  # the answer « nothing changed » made the copy young again


def test_a_feed_that_changed_replaces_the_copy(server: Server, terms: Fetching, tmp_path: Path) -> None:
    gather(server.url("/agenda.csv"), tmp_path, terms)
    server.routes["/agenda.csv"] = Reply(OTHER)
    assert gather(server.url("/agenda.csv"), tmp_path, terms).documents[0].content == OTHER
    offline = gather(server.url("/agenda.csv"), tmp_path, replace(terms, offline=True))
    assert offline.documents[0].content == OTHER


BAD = {
    "slow": (Reply(fault="slow"), "pas fini de répondre"),
    "drip": (Reply(fault="drip"), "pas fini de répondre"),
    "500": (Reply(status=500), "en panne (réponse 500)"),
    "404": (Reply(status=404), "plus à cette adresse"),
    "403": (Reply(status=403), "refuse de répondre"),
    "401": (Reply(status=401), "demande une clé"),
    "304 unasked": (Reply(status=304), ""),
    "page": (Reply(b"<!DOCTYPE html><html>Connexion</html>", "text/html"), "une page web"),
    "page in disguise": (Reply(b"\n<html><body>Connexion</body></html>"), "une page web"),
    "picture": (Reply(b"\x89PNG\r\n", "image/png"), "une page web ou une image"),
    "empty": (Reply(b""), "un fichier vide"),
    "endless": (Reply(fault="endless"), "dépasse 0 Mo"),
    "large": (Reply(b"x;" * 200_000), "dépasse 0 Mo"),
    "bomb": (Reply(gzip.compress(b"x;" * 20_000_000), headers={"Content-Encoding": "gzip"}), "dépasse 0 Mo"),
    "cut": (Reply(TABLE, fault="cut"), "coupé en route"),
    "cut gzip": (Reply(gzip.compress(TABLE)[:-9], headers={"Content-Encoding": "gzip"}), "coupé en route"),
    "no gzip": (Reply(TABLE, headers={"Content-Encoding": "gzip"}), "compression est abîmée"),
    "brotli": (Reply(TABLE, headers={"Content-Encoding": "br"}), "compression « br »"),
    "cut calendar": (Reply(CALENDAR[:60], "text/calendar"), "coupé en route"),
    "cut json": (Reply(b'{"events": [{"uid": 1}', "application/json"), "son JSON est abîmé"),
    "to a file": (Reply(status=302, headers={"Location": "file:///etc/passwd"}), "n'est pas permise"),
    "to another port of this machine": (
        Reply(status=302, headers={"Location": "https://localhost:9/"}),
        "une machine privée, ou cet ordinateur lui-même",
    ),
    "to a private network": (Reply(status=307, headers={"Location": "https://10.0.0.1/"}), "une machine privée"),
    "to plain http": (Reply(status=301, headers={"Location": "http://192.0.2.1/"}), "seul https l'est"),
    "to nowhere": (Reply(status=302, headers={"Location": "https://[::"}), "n'est pas permise"),
    "round and round": (Reply(status=302, headers={"Location": "/mal.csv"}), "renvoie sans fin"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_feed_that_misbehaves_is_read_in_its_last_copy_with_its_age(
    server: Server, terms: Fetching, tmp_path: Path, fault: str
) -> None:
    reply, said = BAD[fault]
    hasty = replace(terms, patience=0.4) if reply.fault in ("slow", "drip") else terms
    server.routes["/mal.csv"] = reply
    sentence = refused(server.url("/mal.csv"), tmp_path, hasty)
    assert sentence.startswith("127.0.0.1/mal.csv : ce flux ne peut pas être lu")
    assert said in sentence
    assert "vérifiez « path »" in sentence
    server.routes["/mal.csv"] = Reply(TABLE)
    gather(server.url("/mal.csv"), tmp_path, terms)
    server.routes["/mal.csv"] = reply
    old = gather(server.url("/mal.csv"), tmp_path, replace(hasty, at=AT + timedelta(hours=5)))
    assert old.documents[0].content == TABLE
    (problem,) = old.problems
    assert (problem.severity, problem.code, problem.origin.file) == ("warning", "stale", "127.0.0.1/mal.csv")
    assert said in problem.wanted
    assert "copie du 24/11/2026 à 19h51 (il y a 5 heures)" in problem.wanted


def test_a_server_that_is_off_is_a_sentence(terms: Fetching, tmp_path: Path) -> None:
    with serving({}) as gone:
        address = gone.url("/agenda.csv")
    assert "il ne répond pas" in refused(address, tmp_path, terms)


def test_nothing_waits_any_more_once_a_slow_feed_was_given_up(server: Server, terms: Fetching, tmp_path: Path) -> None:
    before = threading.active_count()
    server.routes["/lent.csv"] = Reply(fault="drip")
    refused(server.url("/lent.csv"), tmp_path, replace(terms, patience=0.3))
    # The server's own thread ends at its next write, ours as soon as its socket is closed.
    assert patiently(lambda: threading.active_count() <= before + 1)


def test_a_good_redirect_is_followed(server: Server, terms: Fetching, tmp_path: Path) -> None:
    server.routes["/ancien.csv"] = Reply(status=301, headers={"Location": "agenda.csv"})
    gathered = gather(server.url("/ancien.csv"), tmp_path, terms)
    assert gathered.documents[0].content == TABLE
    assert names(gathered) == ["127.0.0.1/ancien.csv"]


def test_compressed_answers_are_unpacked(server: Server, terms: Fetching, tmp_path: Path) -> None:
    server.routes["/agenda.csv"] = Reply(gzip.compress(TABLE), headers={"Content-Encoding": "gzip"})
    assert gather(server.url("/agenda.csv"), tmp_path, terms).documents[0].content == TABLE


@pytest.mark.parametrize(
    ("path", "type_", "suffix"),
    [
        ("/pub", "text/csv; charset=utf-8", ".csv"),
        ("/basic.ics", "text/plain", ".ics"),
        ("/export", "text/calendar", ".ics"),
        ("/v2/events", "application/json", ".json"),
        ("/s/abc/download", "application/vnd.oasis.opendocument.spreadsheet", ".ods"),
        ("/s/abc/download", "application/octet-stream", ".csv"),
    ],
)
def test_a_feed_says_how_to_read_it(
    server: Server, terms: Fetching, tmp_path: Path, path: str, type_: str, suffix: str
) -> None:
    server.routes[path] = Reply(TABLE, type_)
    document = gather(server.url(path), tmp_path, terms).documents[0]
    assert (document.suffix, document.folder) == (suffix, None)


def test_offline_reads_the_copy_and_asks_nobody(server: Server, terms: Fetching, tmp_path: Path) -> None:
    offline = replace(terms, offline=True, at=AT + timedelta(days=3))
    assert "sans « --offline »" in refused(server.url("/agenda.csv"), tmp_path, offline)
    gather(server.url("/agenda.csv"), tmp_path, terms)
    asked = len(server.asked)
    gathered = gather(server.url("/agenda.csv"), tmp_path, offline)
    assert gathered.documents[0].content == TABLE
    assert "il y a 3 jours" in gathered.problems[0].wanted
    assert len(server.asked) == asked


def test_a_copy_that_was_damaged_is_never_compared(server: Server, terms: Fetching, tmp_path: Path) -> None:
    gather(server.url("/agenda.csv"), tmp_path, terms)
    (copy,) = terms.copies.glob("*.copy")
    copy.write_bytes(b"Titre\n")
    gather(server.url("/agenda.csv"), tmp_path, terms)
    assert "If-None-Match" not in server.asked[1].headers
    next(terms.copies.glob("*.json")).write_text("{")
    assert gather(server.url("/agenda.csv"), tmp_path, terms).documents[0].content == TABLE
    assert sorted(path.suffix for path in terms.copies.iterdir()) == [".copy", ".json"]


# --- Keys


def test_a_key_comes_from_the_environment_and_is_shown_nowhere(
    server: Server, terms: Fetching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = server.url("/v2/events?key=${AGENDA_KEY}&size=300")
    monkeypatch.delenv("AGENDA_KEY", raising=False)
    assert "la clé AGENDA_KEY manque" in refused(path, tmp_path, terms)
    monkeypatch.setenv("AGENDA_KEY", "s3cr&t")
    caplog.set_level(logging.INFO)
    server.routes["/v2/events"] = Reply(status=403)
    sentence = refused(path, tmp_path, terms)
    server.routes["/v2/events"] = Reply(b'{"events": []}', "application/json")
    gathered = gather(path, tmp_path, terms)
    server.routes["/v2/events"] = Reply(status=500)
    stale = gather(path, tmp_path, terms)
    assert server.asked[-1].query["key"] == ["s3cr&t"]
    kept = "".join(file.read_text("utf-8") for file in terms.copies.iterdir())
    for said in (sentence, str(gathered), str(stale), caplog.text, kept, fetch.shown(Source(path=path))):
        assert "s3cr" not in said
        assert "AGENDA_KEY" not in said


# --- Pages


def _page(asked: Asked) -> Reply:
    """Three pages of two events, as OpenAgenda's: `after` is null at the end."""
    start = int(asked.query.get("after[]", ["0", "0"])[1])
    events = [{"uid": start + 1}, {"uid": start + 2}]
    after = [f"2026-{start}", str(start + 2)] if start < 4 else None
    body = {"total": 6, "events": events, "after": after}
    return Reply(json.dumps(body).encode(), "application/json", headers={"ETag": '"page"'})


def test_the_pages_of_openagenda_become_one(server: Server, terms: Fetching, tmp_path: Path) -> None:
    server.routes["/v2/agendas/1/events"] = _page
    gathered = gather(server.url("/v2/agendas/1/events?size=2&after[]=x&after[]=0"), tmp_path, terms)
    whole = json.loads(gathered.documents[0].content)
    assert [event["uid"] for event in whole["events"]] == [1, 2, 3, 4, 5, 6]
    assert [asked.query["size"] for asked in server.asked] == [["2"]] * 3
    assert gathered.problems == ()
    gather(server.url("/v2/agendas/1/events?size=2&after[]=x&after[]=0"), tmp_path, terms)
    assert not any("If-None-Match" in asked.headers for asked in server.asked)  # a first page says nothing of others


def test_pages_without_end_stop_at_twenty_and_it_is_said(server: Server, terms: Fetching, tmp_path: Path) -> None:
    body = json.dumps({"total": 9, "events": [{"uid": 1}], "after": ["1", "1"]}).encode()
    server.routes["/events"] = Reply(body, "application/json")
    gathered = gather(server.url("/events"), tmp_path, terms)
    assert len(json.loads(gathered.documents[0].content)["events"]) == 20
    assert [problem.code for problem in gathered.problems] == ["pages"]


def test_a_page_that_fails_makes_the_whole_old(server: Server, terms: Fetching, tmp_path: Path) -> None:
    server.routes["/events"] = lambda asked: Reply(status=500) if "after[]" in asked.query else _page(asked)
    assert "réponse 500" in refused(server.url("/events"), tmp_path, terms)


def test_next_pages_are_followed_on_the_same_machine_only(server: Server, terms: Fetching, tmp_path: Path) -> None:
    def page(asked: Asked) -> Reply:
        following = server.url("/aids?page=2") if "page" not in asked.query else "https://ailleurs.example/aids?page=3"
        return Reply(json.dumps({"results": [{"name": "a"}], "next": following}).encode(), "application/json")

    server.routes["/aids"] = page
    whole = json.loads(gather(server.url("/aids"), tmp_path, terms).documents[0].content)
    assert len(whole["results"]) == 2


# --- Which machines


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d822", True),
    ],
)
def test_only_the_public_internet_is_asked(address: str, public: bool) -> None:
    assert guard.is_public(address) is public


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:7f00:1]"]
)
def test_this_machine_is_not_asked_however_it_is_written(tmp_path: Path, terms: Fetching, host: str) -> None:
    sentence = refused(f"https://{host}:1/agenda.csv", tmp_path, replace(terms, allow=()))
    assert "une machine privée, ou cet ordinateur lui-même" in sentence or "n'est pas connue" in sentence


def test_a_host_that_is_let_through_may_be_plain_http_and_no_other(
    server: Server, terms: Fetching, tmp_path: Path
) -> None:
    assert gather(server.url("/agenda.csv"), tmp_path, terms).documents
    assert "seul https" in refused(server.url("/autre.csv"), tmp_path, replace(terms, allow=("intranet.example",)))


def test_the_checked_address_is_the_one_connected_to(server: Server, terms: Fetching, tmp_path: Path) -> None:
    address = server.url("/agenda.csv").replace("127.0.0.1", "localhost")
    assert gather(address, tmp_path, replace(terms, allow=("LocalHost",))).documents
    assert server.asked[0].headers["Host"] == address.split("/")[2]


def test_https_is_checked_against_the_name_though_the_connection_is_to_an_address(
    terms: Fetching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = replace(terms, allow=("localhost", "127.0.0.1"))
    with serving({"/agenda.csv": GOOD}, certificate=CERTIFICATE) as secure:
        named, unnamed = secure.url("/agenda.csv").replace("127.0.0.1", "localhost"), secure.url("/agenda.csv")
        assert "son certificat n'est pas valable" in refused(named, tmp_path, terms)
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        assert gather(named, tmp_path, terms).documents[0].content == TABLE
        assert "son certificat n'est pas valable" in refused(unnamed, tmp_path, terms)


def test_webcal_is_https(terms: Fetching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with serving({"/agenda.ics": Reply(CALENDAR, "text/calendar")}, certificate=CERTIFICATE) as secure:
        address = secure.url("/agenda.ics").replace("https://127.0.0.1", "webcal://localhost")
        gathered = gather(address, tmp_path, replace(terms, allow=("localhost",)))
    assert (gathered.documents[0].content, names(gathered)) == (CALENDAR, ["localhost/agenda.ics"])


@pytest.mark.parametrize(
    ("since", "said"),
    [
        (timedelta(seconds=30), "moins de deux minutes"),
        (timedelta(minutes=5), "5 minutes"),
        (timedelta(hours=1), "1 heure"),
        (timedelta(hours=30), "1 jour"),
        (timedelta(days=12), "12 jours"),
        (timedelta(days=-1), "moins de deux minutes"),
    ],
)
def test_the_age_of_a_copy_in_words(since: timedelta, said: str) -> None:
    assert age(since) == said


# --- Through the pipeline


def test_a_feed_that_is_down_leaves_the_other_sources_read(server: Server, tmp_path: Path) -> None:
    (tmp_path / "bon.csv").write_bytes(TABLE)
    sources = (Source(path=server.url("/panne?key=abc")), Source(path="bon.csv"), Source(path=server.url("/pub")))
    server.routes["/pub"] = Reply(OTHER)
    config = Config(folder=tmp_path, sources=sources, fetch=Fetch(allow=("127.0.0.1",)))
    found = pipeline.load(config, as_of=AT, at=datetime(2026, 11, 25, tzinfo=UTC))
    assert [item.title for item in found.items] == ["Bal (exemple)", "Loto (exemple)"]
    (problem,) = found.problems
    assert (problem.origin.file, problem.severity) == ("127.0.0.1/panne", "error")
    assert found.sources[1].file == "127.0.0.1/pub"
    offline = pipeline.load(config, as_of=AT, at=datetime(2026, 11, 26, tzinfo=UTC), offline=True)
    assert [item.title for item in offline.items] == ["Bal (exemple)", "Loto (exemple)"]
    assert [(problem.code, problem.severity) for problem in offline.problems] == [
        ("source", "error"),
        ("stale", "warning"),
    ]
