"""The scheduler: a month by itself, from the call for news to the last report, on real files and a clock we move."""

import email
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from dns_server import knowing
from mailing_office import LETTER, NOW, mailing
from postgres import clean

from newsletter import config, pipeline, scheduler, tokens
from newsletter.cli import answers
from newsletter.config import Config, Returns
from newsletter.model import DeliveryState, EditionState, Event, Happening, Kind, Notice, Wish
from newsletter.model.steps import StepState
from newsletter.model.studio import Role
from newsletter.pipeline import monthly, studio
from newsletter.pipeline.scheduling import Errand
from newsletter.scheduler import Watch, ticking
from newsletter.store import Store
from newsletter.store.leading import Leader
from newsletter.timetable import of_month

PEOPLE = """
[people]
staff = ["Vie associative <staff@malakoff.example>"]
bureau = ["bureau@malakoff.example"]
collect = ["asso1@malakoff.example", "asso2@malakoff.example"]
"""
MONTH = datetime(2021, 12, 1, tzinfo=UTC).date()


@pytest.fixture
def town(tmp_path: Path) -> Config:
    folder = tmp_path / "lettre"
    pipeline.init(folder)
    path = folder / "config.toml"
    written = path.read_text(encoding="utf-8")
    start, end = written.index("[people]"), written.index("[store]")
    path.write_text(written[:start] + PEOPLE + written[end:], encoding="utf-8")
    return config.load(path)


class Killed(BaseException):
    """A SIGKILL."""


class Town:
    """A working folder with its clock, ticked as the door does."""

    def __init__(self, settings: Config, store: Store, asking: object) -> None:
        self.config, self.store = settings, store
        self.now = datetime(2021, 11, 10, 8, tzinfo=UTC)
        self.watch = Watch(settings, store, lambda: self.now, ticks=None, asking=asking)  # type: ignore[arg-type]
        self.tick()

    def tick(self) -> None:
        self.watch.tick()
        pipeline.deliver_notices(self.config, self.store, lambda: self.now)

    def walk(self, last: str) -> None:
        """Every moment of the month up to that step."""
        for step in of_month(self.config.schedule, MONTH, self.config.town.zone):
            self.now = max(self.now, step.at)
            self.tick()
            if step.key == last:
                return

    def drafted(self) -> None:
        """There is a draft, without the seconds that composing it takes."""
        send_at = datetime(2021, 12, 1, 8, tzinfo=UTC)
        self.store.editions.draft("2021-12", {"public": LETTER}, rules="{}", send_at=send_at, at=self.now)
        self.store.steps.give_up("2021-12", "draft", StepState.DONE, "", planned_at=self.now, at=self.now)

    def outbox(self) -> list[EmailMessage]:
        paths = sorted((self.config.folder / "var" / "outbox").glob("*.eml"))
        return [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]  # type: ignore[misc]

    def mails(self) -> list[tuple[str, str]]:
        return [(str(mail["To"]), str(mail["Subject"])) for mail in self.outbox()]

    def states(self) -> dict[str, StepState]:
        return {step: note.state for (_, step), note in self.store.steps.known(["2021-12"]).items()}


@pytest.fixture
def month(town: Config) -> Iterator[Town]:
    with Store.open(town.store.url, town.folder) as store, knowing({}) as asking:
        pipeline.take_subscribers(town, store, town.folder / "data" / "abonnes.csv", datetime(2021, 11, 9, tzinfo=UTC))
        made = Town(town, store, asking)
        yield made
        made.watch.close()


def test_a_month_by_itself_from_the_call_for_news_to_the_last_report(month: Town) -> None:
    month.walk("review")
    seen = month.store.editions.get("2021-12")
    assert seen is not None
    assert [to for to, subject in month.mails() if "Vos annonces" in subject] == [
        "asso1@malakoff.example", "asso2@malakoff.example",
    ]  # fmt: skip
    assert [to for to, subject in month.mails() if "Rappel" in subject] == [
        "asso1@malakoff.example", "asso2@malakoff.example",
    ]  # fmt: skip
    assert {to for to, subject in month.mails() if "À relire" in subject} == {
        "bureau@malakoff.example", "staff@malakoff.example",
    }  # fmt: skip
    assert seen.state is EditionState.IN_REVIEW
    (draft,) = [mail for mail in month.outbox() if "Brouillon" in mail["Subject"]]
    assert "https://lettre.malakoff.example/studio/2021-12\r\n" in draft.get_content()
    said = " ".join(draft.get_content().replace("\xa0", " ").split())
    assert "- data/agenda.xlsx, feuille « Agenda », ligne 23, colonne « Date(s) » : « 29/02/2022 »" in said
    assert "Tout y est, case par case : https://lettre.malakoff.example/studio/fichiers" in said
    (call, _) = [mail for mail in month.outbox() if mail["To"] == "asso1@malakoff.example"]
    links = re.findall(r"https://lettre\.malakoff\.example(/modeles/\S+)", call.get_content())
    assert links == [f"/modeles/{kind}.xlsx" for kind in Kind]
    assert (month.config.folder / "var" / "drafts" / "2021-12" / "public.html").is_file()
    name = str(call["Message-ID"]).partition("@")[0].removeprefix("<")
    month.store.notices.hear(Event("mail:1", name, Happening.BOUNCED, month.now, "5.1.1"), at=month.now)
    approval = pipeline.Approval("Camille (exemple)", seen.digest, month.now)
    pipeline.approve(month.config, month.store, MONTH, approval)
    month.walk("report H+1")
    (leaving, *_) = month.store.subscribers.all()
    month.store.subscribers.leave(leaving.address, at=month.now + timedelta(hours=1))
    month.walk("report J+3")
    assert set(month.states().values()) == {StepState.DONE}
    counts = month.store.ledger.counts("2021-12")
    assert counts[DeliveryState.ACCEPTED] == sum(counts.values()) >= 30
    assert month.store.editions.all()[0].state is EditionState.SENT
    subjects = [subject for to, subject in month.mails() if to == "staff@malakoff.example"]
    first, last = sorted(
        (mail for mail in month.outbox() if "Bilan" in mail["Subject"]), key=lambda mail: mail["Subject"]
    )
    assert "de moins" not in first.get_content()
    assert "1 abonné de moins" in last.get_content()
    assert sum("Répétition" in subject for subject in subjects) == 1
    assert not any("pas partie" in subject for subject in subjects)
    (rehearsal,) = [mail.get_content() for mail in month.outbox() if "Répétition" in mail["Subject"]]
    assert "n’est pas arrivé à asso1@malakoff.example" in " ".join(rehearsal.split())
    assert no_commands(month)
    before = len(month.mails())
    month.tick()
    assert len(month.mails()) == before


def test_the_bureau_is_asked_once_by_links_that_open_the_draft_however_often_it_crashes(month: Town) -> None:
    month.drafted()
    review = next(one for one in of_month(month.config.schedule, MONTH, month.config.town.zone) if one.key == "review")
    errand, doers = (
        Errand(month.config, month.store, review, review.at),
        monthly.doers(monthly.Means(lambda: review.at)),
    )
    month.now = review.at
    put, left = month.store.notices.put, [0]

    def crash(notice: Notice, *, at: datetime) -> bool:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return put(notice, at=at)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(month.store.notices, "put", crash)
        for left[0] in (0, 1, 1):
            with pytest.raises(Killed):
                doers.each[review.name](errand)
    for minutes in (1, 2):
        doers.each[review.name](replace(errand, at=review.at + timedelta(minutes=minutes)))
    pipeline.deliver_notices(month.config, month.store, lambda: review.at + timedelta(hours=1))
    asked = {str(mail["To"]): mail.get_content() for mail in month.outbox() if "À relire" in mail["Subject"]}
    assert len([mail for mail in month.outbox() if "À relire" in mail["Subject"]]) == len(asked) == 2
    (token,) = re.findall(r"/studio/relire/(\S+)", asked["bureau@malakoff.example"])
    signer = tokens.Signer(tokens.secrets(month.config.var, os.environ))
    guest = studio.guest(month.store, signer, token, review.at + timedelta(days=1))
    assert (guest.month, guest.person.name) == ("2021-12", "bureau")
    assert len(month.store.comments.invited("2021-12")) == 1
    deeds = [deed for deed in month.store.audit.of("2021-12") if deed.act == "invite"]
    assert [(deed.role, deed.detail) for deed in deeds] == [(Role.PROGRAM, "bureau")]
    assert "relire" not in asked["staff@malakoff.example"].split("https://")[1]
    for said in asked.values():
        assert "mardi 30 novembre à 17 h" in " ".join(said.replace("\u00a0", " ").split())


def test_nobody_is_asked_to_read_what_is_approved_already(month: Town) -> None:
    month.drafted()
    edition = month.store.editions.get("2021-12")
    assert edition is not None
    month.store.editions.approve("2021-12", edition.digest, by="Camille (exemple)", at=month.now)
    month.walk("review")
    assert month.states()["review"] is StepState.DONE
    assert not [subject for _, subject in month.mails() if "À relire" in subject]


def no_commands(month: Town) -> bool:
    """Who reads them has the studio, and no terminal."""
    return not [mail["Subject"] for mail in month.outbox() if "newsletter " in mail.get_body(("plain",)).get_content()]  # type: ignore[union-attr]


def test_without_an_approval_there_is_a_reminder_then_an_alert_and_never_a_send(month: Town) -> None:
    month.drafted()
    month.walk("report J+3")
    assert month.states()["send"] is StepState.HELD
    assert month.store.ledger.mailings("2021-12") == []
    (held,) = answers.status(month.store, None)["held"]
    assert (held["edition"], held["step"]) == ("2021-12", "send")
    assert "n'est pas approuvée" in held["reason"]
    subjects = [subject for to, subject in month.mails() if to == "bureau@malakoff.example"]
    assert sum("Il manque un accord" in subject for subject in subjects) == 1
    assert sum("n’est pas partie" in subject for subject in subjects) == 1
    (held_mail,) = {m.get_content() for m in month.outbox() if "n’est pas partie" in m["Subject"]}
    assert "Sans accord, rien ne part." in held_mail
    assert "https://lettre.malakoff.example/studio/2021-12/accord\r\n" in held_mail
    assert no_commands(month)
    assert {to for to, _ in month.mails()} <= {
        "staff@malakoff.example", "bureau@malakoff.example", "asso1@malakoff.example", "asso2@malakoff.example",
    }  # fmt: skip


def test_a_send_that_comes_too_late_waits_for_a_person_who_is_told(month: Town) -> None:
    month.now = datetime(2021, 11, 30, 17, tzinfo=UTC)
    pipeline.approve(month.config, month.store, MONTH, pipeline.Approval("Camille (exemple)", None, month.now))
    month.now = datetime(2021, 12, 3, tzinfo=UTC)
    month.tick()
    assert month.states()["send"] is StepState.HELD
    assert month.store.ledger.counts("2021-12")[DeliveryState.ACCEPTED] == 0
    assert any("n’est pas partie" in subject for to, subject in month.mails() if to == "staff@malakoff.example")


def test_it_stops_between_two_windows_and_goes_on_where_it_was(town: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(town.store.url, town.folder) as store:
        mailing(store, 400)
        watch = Watch(town, store, lambda: NOW, ticks=None)
        go_on = watch._go_on
        monkeypatch.setattr(
            watch, "_means", scheduler.monthly.Means(lambda: NOW, lambda *_: (watch.stop(), go_on(1, 1)))
        )
        watch.tick()
        first = store.ledger.counts("2021-12")
        assert 0 < first[DeliveryState.ACCEPTED] < 400
        assert first[DeliveryState.ACCEPTED] + first[DeliveryState.QUEUED] == 400
        watch.close()
        again = Watch(town, store, lambda: NOW, ticks=None)
        again.tick()
        again.close()
        assert store.ledger.counts("2021-12")[DeliveryState.ACCEPTED] == 400


def test_the_mailbox_is_read_every_ten_minutes_and_an_old_sign_up_goes_by_itself(
    town: Config, caplog: pytest.LogCaptureFixture
) -> None:
    box = Returns(host="127.0.0.1", port=1, user="retours@malakoff.example")
    settings = town.model_copy(update={"delivery": town.delivery.model_copy(update={"mailbox": box})})
    with Store.open(town.store.url, town.folder) as store:
        asked = NOW - timedelta(days=6, hours=20)
        nonce = store.signups.ask(Wish("lea@exemple.example", ("public",), "texte", "formulaire"), at=asked)
        assert nonce is not None
        now = NOW
        watch = Watch(settings, store, lambda: now, ticks=None)
        for minutes, read in ((0, 1), (9, 1), (10, 2), (1, 2)):
            now += timedelta(minutes=minutes)
            watch.tick()
            assert sum("mailbox_unread" in line for line in caplog.messages) == read
        assert store.signups.get(nonce) is not None
        now += timedelta(days=1)
        watch.tick()
        watch.close()
        assert store.signups.get(nonce) is None


# ---- who leads -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_one_process_leads_and_another_when_it_is_gone(tmp_path: Path, kind: str) -> None:
    url = "sqlite:///newsletter.db" if kind == "sqlite" else clean()
    first, second = Leader(url, tmp_path), Leader(url, tmp_path)
    assert first.leads()
    assert not second.leads()
    assert first.leads()
    first.close()
    assert second.leads()
    second.close()


def test_a_killed_process_leads_no_more(tmp_path: Path) -> None:
    child = os.fork()
    if not child:
        Leader("sqlite:///newsletter.db", tmp_path).leads()
        (tmp_path / "leading").touch()
        time.sleep(60)
    while not (tmp_path / "leading").exists():
        time.sleep(0.01)
    here = Leader("sqlite:///newsletter.db", tmp_path)
    assert not here.leads()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert here.leads()
    here.close()


# ---- the door --------------------------------------------------------------------------------------------------------


def test_it_ticks_says_so_to_systemd_and_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    far = datetime.now(UTC) + timedelta(days=15)  # from any step
    steps = "".join(
        f'{name} = "J-1 09:00"\n' for name in ("collect", "remind", "draft", "review", "rehearsal", "approval")
    )
    (tmp_path / "config.toml").write_text(f'[schedule]\nsend = "{min(far.day, 28)} 09:00"\n{steps}', encoding="utf-8")
    settings = config.load(tmp_path / "config.toml")
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard,
        Store.open(settings.store.url, settings.folder) as store,
    ):
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        with ticking(Watch(settings, store, lambda: datetime.now(UTC)), every=0.05):
            said = [heard.recv(100) for _ in range(4)]
        heard.settimeout(0.5)
        assert said.count(b"READY=1") == 1
        assert said.count(b"WATCHDOG=1") == 3
        while (last := heard.recv(100)) != b"STOPPING=1":
            assert last == b"WATCHDOG=1"
        assert store.steps.started(at=datetime.now(UTC) + timedelta(days=9)) < datetime.now(UTC)


def test_a_socket_nobody_listens_on_stops_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    scheduler.tell_systemd("READY=1")
