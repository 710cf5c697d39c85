"""The doctor: each thing that would fail on the day is said, and what is in order is not doubted."""

import json
import shutil
from collections import namedtuple
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from dns_server import knowing
from smtp_server import serving
from test_domain import GOOD, NAME
from typer.testing import CliRunner

from newsletter import cli, config
from newsletter.pipeline.examining import Check, examine
from newsletter.store import Store

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
SETTINGS = f"""
[site]
url = "https://lettre.ville.example"
[town]
sender = "Ville (exemple) <asso@{NAME}>"
[people]
staff = ["asso@ville.example"]
"""


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base to be copied: making its tables takes longer than all the rest."""
    folder = tmp_path_factory.mktemp("made")
    Store.open("sqlite:///var/newsletter.db", folder).close()
    return folder


@pytest.fixture(autouse=True)
def _based(tmp_path: Path, made: Path) -> None:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)


def checked(folder: Path, more: str = "", at: datetime = NOW) -> list[Check]:
    (folder / "config.toml").write_text(SETTINGS + more, encoding="utf-8")
    with knowing(GOOD) as resolver:
        return examine(config.load(folder / "config.toml"), at, resolver)


def wrong(checks: list[Check]) -> str:
    return "\n".join(f"{one.about} : {one.said}" for one in checks if one.state == "wrong")


def test_a_town_in_order_has_nothing_to_mend(tmp_path: Path) -> None:
    checks = checked(tmp_path)
    assert wrong(checks) == ""
    assert [one.about for one in checks if one.state == "right"] == [
        "réglages", "base", "clés", "disque", "horloge", "DNS", "DNS", "transport",
    ]  # fmt: skip
    assert [one.about for one in checks if one.state == "warning"] == ["DNS"]  # whose DKIM nobody here knows


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('[schedule]\nsend = "1 09:00"\napproval = "J-0 17:00"\n', "schedule.approval"),
        ('[delivery]\ntransport = "smtp"\n[delivery.smtp]\nport = 1\nsecurity = "none"\n', "localhost:1"),
        ('[delivery]\ntransport = "sendgrid"\n', "SENDGRID_API_KEY"),
        ('[delivery]\noutbox = "config.toml/rien"\n', "delivery.outbox"),
    ],
)
def test_what_would_fail_is_said(tmp_path: Path, more: str, said: str) -> None:
    assert said in wrong(checked(tmp_path, more))


def test_a_contact_nobody_writes_to_is_said(tmp_path: Path) -> None:
    source = '[[sources]]\npath = "agenda.csv"\ncontact = "Zoé (exemple) <zoe@asso.example>"\n'
    (said,) = [one.said for one in checked(tmp_path, source) if one.about == "réglages" and one.state == "warning"]
    assert said.startswith("sources[1].contact")
    written = SETTINGS + 'collect = ["ZOE@asso.example"]\n' + source
    (tmp_path / "config.toml").write_text(written, encoding="utf-8")
    assert "sources[1]" not in str(examine(config.load(tmp_path / "config.toml"), NOW))


def test_a_reminder_that_would_not_leave_is_said(tmp_path: Path) -> None:
    for remind, said in (("J-10 09:00", False), ("J-12 10:00", True), ("J-13 09:00", True)):
        checks = checked(tmp_path, f'[schedule]\nsend = "1 09:00"\nremind = "{remind}"\n')
        assert ("schedule.remind" in str([one for one in checks if one.state == "warning"])) is said


def test_missing_keys_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    said = wrong(examine(config.load(tmp_path / "config.toml"), NOW))
    assert "site.url" in said
    assert "town.sender" in said


def test_files_that_others_can_read_are_said_with_the_mend(tmp_path: Path) -> None:
    checked(tmp_path)
    (tmp_path / "var" / "secret").chmod(0o644)
    (tmp_path / "var" / "newsletter.db").chmod(0o640)
    said = wrong(checked(tmp_path))
    assert "chmod 600" in said
    assert said.count("clés") == 2


def test_a_damaged_database_is_said(tmp_path: Path) -> None:
    checked(tmp_path)
    path = tmp_path / "var" / "newsletter.db"
    path.write_bytes(path.read_bytes()[:5000])
    assert "base : la base" in wrong(checked(tmp_path))


def test_a_clock_gone_wrong_is_said(tmp_path: Path) -> None:
    assert "mettez-la à l’heure" in wrong(checked(tmp_path, at=datetime(1970, 1, 1, tzinfo=UTC)))


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage(10**12, 10**12, 10**8))
    assert "faites de la place" in wrong(checked(tmp_path))


@pytest.mark.parametrize(("password", "said"), [("secret", ""), ("autre", "SMTP_PASSWORD")])
def test_a_relay_is_entered_and_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, password: str, said: str) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", password)
    with serving(accounts={"lettre": "secret"}) as server:
        more = f'[delivery]\ntransport = "smtp"\n[delivery.smtp]\nhost = "127.0.0.1"\nport = {server.port}\n'
        found = wrong(checked(tmp_path, more + 'security = "none"\nuser = "lettre"\n'))
    assert said in found
    assert bool(found) == bool(said)
    assert server.mails == []


def scopes(status: int, body: bytes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/v3/scopes" and self.headers["Authorization"] == "Bearer SG.exemple"
            self.send_response(status if known else 401)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            """Nothing."""

    return Handler


@pytest.mark.parametrize(
    ("status", "body", "key", "said"),
    [
        (200, b'{"scopes": ["mail.send", "alerts.read"]}', "SG.exemple", ""),
        (200, b'{"scopes": ["alerts.read"]}', "SG.exemple", "mail.send"),
        (200, b"[]", "SG.exemple", "plus tard"),
        (200, b'{"scopes": 3}', "SG.exemple", "plus tard"),
        (503, b"", "SG.exemple", "503"),
        (200, b"", "SG.autre", "ne connaît pas cette clé"),
    ],
)
def test_what_a_key_of_sendgrid_may_do_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, key: str, said: str
) -> None:
    monkeypatch.setenv("SENDGRID_API_KEY", key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), scopes(status, body))
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        where = f"http://127.0.0.1:{server.server_port}"
        found = checked(tmp_path, f'[delivery]\ntransport = "sendgrid"\n[delivery.sendgrid]\nurl = "{where}"\n')
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    about = [one.said for one in found if one.about == "transport" and one.state == "wrong"]
    assert bool(about) == bool(said)
    assert said in "".join(about)
    assert key not in "".join(one.said for one in found)


def test_the_command_says_it_and_exits_1_when_somebody_has_to_mend(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    done = CliRunner().invoke(cli.app, ["--config", str(tmp_path / "config.toml"), "doctor", "--json"])
    checks = json.loads(done.stdout)["checks"]
    assert done.exit_code == 1
    assert {tuple(one) for one in checks} == {("about", "state", "message")}
    assert any(one["state"] == "wrong" and "site.url" in one["message"] for one in checks)
