"""Sending as the doors ask for it: what is late waits for a person, who is postponed has their time, a trial is one."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mailing_office import LETTER, NOW, entries
from sendgrid_standin import KEY, StandIn
from sendgrid_standin import serving as standing_in
from smtp_server import Server, serving

from newsletter import pipeline
from newsletter.config import Config, Delivery, SendGrid, Site, Smtp, Town
from newsletter.errors import ApprovalRefused, TransportError
from newsletter.model import DeliveryState, MailingState, Notice
from newsletter.pipeline import Order, Sent, safekeeping
from newsletter.store import Store

MONTH, HOUR = NOW.date().replace(day=1), timedelta(hours=1)
READERS = 60


@dataclass
class Desk:
    """A town with an approved edition that is to leave at NOW, a relay, and a clock one can turn."""

    config: Config
    store: Store
    server: Server
    now: datetime = NOW
    tries: list[datetime] = field(default_factory=list)

    def send(self, *, by_itself: bool = True) -> Sent:
        (sent,) = pipeline.send(
            self.config, self.store, Order(MONTH, ("public",), by_itself=by_itself), lambda: self.now
        )
        return sent

    def postpone(self, *addresses: str) -> None:
        def fault(stage: str, address: str) -> str | None:
            if stage != "rcpt" or address not in addresses:
                return None
            self.tries.append(self.now)
            return "452 4.2.2 mailbox full"

        self.server.fault = fault

    def wait(self, hours: int) -> Sent:
        """As the scheduler does: every ten minutes."""
        sent = self.send()
        for _ in range(hours * 6):
            self.now += HOUR / 6
            if sent.next_try is None or sent.next_try <= self.now:
                sent = self.send()
        return sent


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Iterator[Desk]:
    with serving() as server, Store.open("sqlite:///var/newsletter.db", tmp_path) as store:
        relay = Smtp(host="127.0.0.1", port=server.port, security="none", connections=1)
        config = Config(
            folder=tmp_path,
            town=Town(sender="Vie associative (exemple) <asso@malakoff.example>"),
            site=Site(url="https://lettre.malakoff.example"),
            delivery=Delivery(transport="smtp", smtp=relay),
        )
        store.subscribers.take(entries(READERS), at=NOW, file="abonnes.csv")
        edition = store.editions.draft("2021-12", {"public": LETTER}, rules="{}", send_at=NOW, at=NOW)
        store.editions.approve("2021-12", edition.digest, by="Awa (exemple)", at=NOW)
        yield Desk(config, store, server)


def counted(sent: Sent) -> dict[str, int]:
    return {state.value: count for state, count in sent.counts.items() if count}


# ---- late -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [timedelta(), 23 * HOUR, 24 * HOUR])
def test_an_edition_that_is_less_late_than_its_window_leaves_by_itself(desk: Desk, late: timedelta) -> None:
    desk.now += late
    assert counted(desk.send()) == {"accepted": READERS}


def test_an_edition_that_is_later_waits_for_a_person_and_says_so(desk: Desk) -> None:
    desk.now += 24 * HOUR + timedelta(seconds=1)
    for _ in range(3):
        sent = desk.send()
        assert (sent.state, sent.handed, sent.needs_a_person) == (MailingState.HELD, 0, True)
        assert str(sent.reason).startswith("elle devait partir le 07/12/2021 à 09:00, il y a plus de 24 h ; newsletter")
        desk.now += HOUR
    assert desk.server.mails == []
    assert pipeline.resume(desk.store, MONTH, desk.now) == 1
    assert counted(desk.send()) == {"accepted": READERS}


def test_what_a_person_asks_for_is_never_too_late(desk: Desk) -> None:
    desk.now += 30 * 24 * HOUR
    assert counted(desk.send(by_itself=False)) == {"accepted": READERS}


def test_a_person_may_give_up_what_is_held(desk: Desk) -> None:
    desk.now += 48 * HOUR
    desk.send()
    assert pipeline.cancel(desk.store, MONTH, desk.now) == 1
    with pytest.raises(ApprovalRefused):
        desk.send()
    assert desk.server.mails == []


# ---- postponed ------------------------------------------------------------------------------------------------------


def test_who_is_postponed_is_tried_less_and_less_often_and_refused_when_the_time_is_over(desk: Desk) -> None:
    schedule = desk.config.schedule.model_copy(update={"late_by": 4})
    desk.config = desk.config.model_copy(update={"schedule": schedule})
    desk.postpone("lecteur3@asso.example")
    sent = desk.wait(6)
    assert counted(sent) == {"accepted": READERS - 1, "refused": 1}
    assert sent.state is MailingState.DONE
    waits = [after - before for before, after in zip(desk.tries, desk.tries[1:], strict=False)]
    assert waits == sorted(waits)
    assert waits[0] <= HOUR / 6 < HOUR <= waits[-1]
    assert desk.tries[-1] <= NOW + 4 * HOUR
    assert set(Counter(desk.server.deliveries).values()) == {1}


def test_what_was_said_last_is_kept_of_who_is_given_up(desk: Desk, tmp_path: Path) -> None:
    desk.postpone("lecteur3@asso.example")
    desk.send()
    desk.now += 25 * HOUR
    desk.send()
    known = desk.store.subscribers.known("lecteur3@asso.example")
    assert known
    assert [copy.state for copy in known.copies] == [DeliveryState.REFUSED]
    assert len(desk.tries) == 1


def test_a_greylisted_reader_gets_one_copy(desk: Desk) -> None:
    desk.postpone("lecteur3@asso.example")
    desk.send()
    desk.now += HOUR
    desk.server.fault = lambda stage, address: None
    assert counted(desk.send()) == {"accepted": READERS}
    assert set(Counter(desk.server.deliveries).values()) == {1}


def test_when_many_wait_too_long_the_mailing_is_held_and_nobody_is_refused(desk: Desk) -> None:
    desk.postpone(*(entry.address for entry in entries(20)))
    desk.send()
    desk.now += 25 * HOUR
    sent = desk.send()
    assert (sent.state, counted(sent)) == (MailingState.HELD, {"accepted": READERS - 20, "queued": 20})
    assert str(sent.reason).startswith("24 h après le départ, 20 exemplaires attendent encore ; newsletter resume")
    desk.server.fault = lambda stage, address: None
    pipeline.resume(desk.store, MONTH, desk.now)
    assert counted(desk.send()) == {"accepted": READERS}
    assert set(Counter(desk.server.deliveries).values()) == {1}


def test_a_relay_that_is_away_for_a_day_refuses_nobody(desk: Desk) -> None:
    desk.server.fault = lambda stage, address: "550 5.7.1 who are you" if stage == "mail" else None
    with pytest.raises(TransportError):
        desk.send()
    desk.now += 25 * HOUR
    sent = desk.send()
    assert (sent.state, counted(sent)) == (MailingState.HELD, {"queued": READERS})
    desk.server.fault = lambda stage, address: None
    pipeline.resume(desk.store, MONTH, desk.now)
    assert counted(desk.send()) == {"accepted": READERS}


def test_a_person_who_sends_again_after_the_time_has_all_tried_again(desk: Desk) -> None:
    desk.postpone("lecteur3@asso.example")
    desk.send()
    desk.now += 25 * HOUR
    desk.server.fault = lambda stage, address: None
    assert counted(desk.send(by_itself=False)) == {"accepted": READERS}


# ---- an old copy ----------------------------------------------------------------------------------------------------


def test_an_old_copy_put_back_is_held_whoever_asks(desk: Desk, tmp_path: Path) -> None:
    desk.postpone(*(entry.address for entry in entries(3)))
    desk.send()
    (tmp_path / "var" / "epoch").unlink()  # what a folder put back without it looks like
    for by_itself in (True, False):
        sent = desk.send(by_itself=by_itself)
        assert (sent.state, sent.needs_a_person) == (MailingState.HELD, True)
        assert "copie plus ancienne" in str(sent.reason)
    assert counted(sent) == {"accepted": READERS - 3, "uncertain": 3}
    pipeline.resume(desk.store, MONTH, desk.now)
    assert counted(desk.send()) == {"accepted": READERS - 3, "uncertain": 3}
    desk.server.fault = lambda stage, address: None
    assert pipeline.resolve(desk.store, MONTH, "resend", desk.now) == 3
    assert counted(desk.send()) == {"accepted": READERS}


def test_what_an_old_copy_would_say_to_one_person_is_not_said_again(desk: Desk, tmp_path: Path) -> None:
    desk.send()
    letters = len(desk.server.mails)
    pipeline.put_notice(desk.store, Notice("lien", "lien 1", "zoe@asso.example", "Votre lien", "Voici"), desk.now)
    (tmp_path / "var" / "epoch").unlink()
    assert not pipeline.deliver_notices(desk.config, desk.store, lambda: desk.now).answers
    pipeline.put_notice(desk.store, Notice("lien", "lien 2", "zoe@asso.example", "Votre lien", "Voici"), desk.now)
    assert pipeline.deliver_notices(desk.config, desk.store, lambda: desk.now).answers.total() == 1
    assert len(desk.server.mails) == letters + 1


def test_an_old_copy_that_knows_nothing_of_the_mailing_wants_a_new_approval(desk: Desk, tmp_path: Path) -> None:
    with Store.open("sqlite:///old.db", tmp_path) as old:
        old.subscribers.take(entries(READERS), at=NOW, file="abonnes.csv")
        edition = old.editions.draft("2021-12", {"public": LETTER}, rules="{}", send_at=NOW, at=NOW)
        old.editions.approve("2021-12", edition.digest, by="Awa (exemple)", at=NOW)
        desk.send()
        desk.store = old
        with pytest.raises(ApprovalRefused, match="copie plus ancienne"):
            desk.send()
        with pytest.raises(ApprovalRefused, match="newsletter approve"):
            desk.send()
    assert len(desk.server.mails) == READERS


def test_a_backup_put_back_is_held_once(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    desk.postpone(*(entry.address for entry in entries(3)))
    desk.send()
    safekeeping.backup(desk.config, tmp_path / "sauvegarde.tar", desk.now)
    (tmp_path / "ailleurs").mkdir()
    safekeeping.restore(tmp_path / "sauvegarde.tar", tmp_path / "ailleurs" / "config.toml", desk.now)
    desk.config = desk.config.model_copy(update={"folder": tmp_path / "ailleurs"})
    desk.server.fault = lambda stage, address: None
    with Store.open("sqlite:///var/newsletter.db", tmp_path / "ailleurs") as desk.store:
        assert desk.send().state is MailingState.HELD
        assert pipeline.resolve(desk.store, MONTH, "resend", desk.now) == 3
        assert pipeline.resume(desk.store, MONTH, desk.now) == 1
        assert counted(desk.send()) == {"accepted": READERS}


# ---- a dry run ------------------------------------------------------------------------------------------------------


@pytest.fixture(name="standin")
def _standin(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setenv("SENDGRID_API_KEY", KEY)
    with standing_in() as standin:
        carried = Delivery(transport="sendgrid", sendgrid=SendGrid(url=standin.url))
        desk.config = desk.config.model_copy(update={"delivery": carried})
        yield standin


def tried(desk: Desk) -> pipeline.DryRun:
    return pipeline.dry_run(desk.config, desk.store, Order(MONTH, ("public",)), desk.now)


def test_a_dry_run_has_sendgrid_judge_and_sends_nothing(desk: Desk, standin: StandIn) -> None:
    bodies: list[dict[str, Any]] = []
    standin.fault = lambda body: bodies.append(body) if body else None
    run = tried(desk)
    assert run.counts == {"public": READERS}
    said = f"SendGrid accepte la lettre pour {READERS} des {READERS} premiers lecteurs ; rien n’est parti"
    assert run.answers == {"public": said}
    (body,) = bodies
    assert body["mail_settings"] == {"sandbox_mode": {"enable": True}}
    assert len(body["personalizations"]) == READERS
    assert standin.taken == []
    assert desk.store.ledger.mailings("2021-12") == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((401, {}, [{"message": "bad key", "field": None}]), "SendGrid refuse la clé (401 bad key) ; vérifiez"),
        ((400, {}, [{"message": "not verified", "field": "from.email"}]), "SendGrid refuse la lettre elle-même (400"),
    ],
)
def test_a_dry_run_says_what_would_stop_all(desk: Desk, standin: StandIn, answer: Any, said: str) -> None:
    standin.fault = lambda body: answer if body else None
    assert tried(desk).answers["public"].startswith(said)


def test_a_dry_run_names_what_is_wrong_with_one_and_nobody(desk: Desk, standin: StandIn) -> None:
    named: Any = (400, {}, [{"message": "Invalid: lecteur2@asso.example", "field": "personalizations.2.to.0.email"}])
    standin.fault = lambda body: named if len(body.get("personalizations", ())) == READERS else None
    said = tried(desk).answers["public"]
    assert said.endswith("pour 59 des 60 premiers lecteurs ; rien n’est parti (refusé : 400 Invalid: <…>)")


def test_a_dry_run_by_smtp_asks_nobody(desk: Desk) -> None:
    run = tried(desk)
    assert (run.counts, run.answers) == ({"public": READERS}, {})
    assert desk.server.welcomed == 0
