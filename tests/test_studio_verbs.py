"""The studio's verbs, on real rows: arrange, what changed since, approve by people, review by a link, send and undo."""

import csv
import email
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from email import policy
from pathlib import Path

import pytest
import studio_office
from studio_office import AWA, BILAL, CHLOE, DAN, GUEST, MONTH
from typer.testing import CliRunner, Result

from newsletter import composer, scheduler
from newsletter import config as settings
from newsletter.cli import app
from newsletter.config import Config
from newsletter.errors import ApprovalRefused, ConfigError, FormRefused, NotAllowed, NotYet, Overtaken, TokenRefused
from newsletter.model import EditionState, Entry, Item, Letter, Origin, Problem
from newsletter.model.studio import MAY, ROLES, Act, Arrangement, Person, Role
from newsletter.pipeline import Order, Plan, compose, deliver_notices, send, studio
from newsletter.pipeline.monthly import Means
from newsletter.pipeline.typed import cleaned, line
from newsletter.store import Newcomer, Store, database
from newsletter.store.departures import TO_UNDO
from newsletter.tokens import Signer

DECEMBER, NOW = date(2021, 12, 1), datetime(2021, 12, 1, 8, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SIGNER = Signer(["un secret assez long"])
SETTINGS = """
[town]
sender = "Lettre (exemple) <lettre@malakoff.example>"
[site]
url = "https://lettre.malakoff.example"
[people]
bureau = ["Élise (exemple) <elise@bureau.example>", "farid@bureau.example"]
[[sources]]
path = "agenda.csv"
"""
LATER = """
[schedule]
collect = "J-3 09:00"
draft = "J-3 10:00"
review = "J-2 09:00"
rehearsal = "J-2 10:00"
"""
ALONE = "[audiences.associations]\nsections = []\n"  # one letter takes half the time of two
AGENDA = """Titre;Date;Lieu;Description
Bal de Noël (exemple);10/12/2021 20:00;Place (exemple);Venez danser toute la nuit
Chorale (exemple);12/12/2021 18:00;Église (exemple);On chante
Loto (exemple);14/12/2021 15:00;Salle (exemple);On gagne
"""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return studio_office.migrated(tmp_path_factory.mktemp("migrated"))


@pytest.fixture
def store(tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(database, "LASTING", "OFF")
    with studio_office.opened(tmp_path, empty) as made:
        yield made


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "agenda.csv").write_text(AGENDA, encoding="utf-8")
    return configured(tmp_path)


def configured(folder: Path, more: str = "", letters: str = ALONE) -> Config:
    written = f'{SETTINGS}[store]\nurl = "{studio_office.URL}"\n{letters}{more}'
    (folder / "config.toml").write_text(written, encoding="utf-8")
    return settings.load(folder / "config.toml")


def rewrite(config: Config, before: str, after: str) -> None:
    path = config.folder / "agenda.csv"
    path.write_text(path.read_text("utf-8").replace(before, after), encoding="utf-8")


def composed(config: Config, store: Store, by: Person = AWA, *, reopen: bool = False) -> dict[str, str]:
    """The ids of the month's items, by the first word of their titles."""
    made = compose(config, store, Plan(DECEMBER, NOW, by=by.name, reopen=reopen))
    return {item.title.split()[0]: item.id for item in made.catalogue.items}


def approve(config: Config, store: Store, by: Person = BILAL, *, ticked: bool = True) -> EditionState:
    edition = store.editions.get(MONTH)
    keys = {tick.key for tick in studio.warnings(config, store, DECEMBER)} if ticked else set()
    digest = edition.digest if edition else None
    return studio.approve(config, store, DECEMBER, studio.Approval(by.name, digest, NOW, by.role, keys)).state


def accounts(config: Config, store: Store, *people: Person) -> None:
    for person in people:
        address = f"{person.name.split()[0].lower()}@malakoff.example"
        studio.add_user(config, store, Newcomer(address, person.role, person.name), DAN, NOW)


def mails(config: Config, store: Store) -> dict[str, str]:
    """Every notice that leaves, by address."""
    deliver_notices(config, store, lambda: NOW + 30 * DAY)
    paths = sorted((config.folder / "var" / "outbox").rglob("*.eml"))
    sent = [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]
    return {mail["To"]: f"{mail['Subject']}\n{mail.get_content()}" for mail in sent}


# ---- arranging -------------------------------------------------------------------------------------------------------


def arrange(config: Config, store: Store, seen: int = 0, by: Person = AWA, **arranged: object) -> int:
    wanted = studio.Wanted(MONTH, Arrangement(**arranged), seen)  # type: ignore[arg-type]
    return studio.arrange(config, store, wanted, by, NOW).version


def test_what_staff_arrange_is_in_the_next_letters(config: Config, store: Store) -> None:
    config = configured(config.folder, letters="")
    ids = composed(config, store)
    arrange(
        config, store, editorial="Bonjour\r\n\r\n**à vous**", subjects={"public": " Noël\nici "}, pinned=(ids["Loto"],),
        hidden={ids["Chorale"]: "annulée"}, shortened={ids["Bal"]: "Dansez."},
    )  # fmt: skip
    made = compose(config, store, Plan(DECEMBER, NOW))
    public = made.letters["public"]
    assert public.items == (ids["Loto"], ids["Bal"])
    assert public.subject == "Noël ici"
    assert "<strong>à vous</strong>" in public.html
    assert "Dansez." in public.text
    assert "toute la nuit" not in public.text
    assert made.letters["associations"].subject != "Noël ici"
    assert made.edition.version == 2
    assert compose(config, store, Plan(DECEMBER, NOW)).edition.version == 2


def test_what_is_composed_before_an_edit_cannot_be_approved(config: Config, store: Store) -> None:
    composed(config, store)
    arrange(config, store, editorial="Bonjour")
    with pytest.raises(ApprovalRefused, match="recomposez-la"):
        approve(config, store)
    composed(config, store)
    assert approve(config, store) is EditionState.APPROVED


def test_an_edit_tells_those_who_approved_that_it_counts_no_longer(config: Config, store: Store) -> None:
    accounts(config, store, AWA, BILAL)
    composed(config, store)
    approve(config, store)
    arrange(config, store, editorial="Bonjour")
    (told,) = mails(config, store).items()
    assert told[0] == "bilal@malakoff.example"
    assert "ne vaut plus" in told[1]


def test_composing_other_rows_again_tells_them_too(config: Config, store: Store) -> None:
    accounts(config, store, BILAL)
    composed(config, store)
    approve(config, store)
    rewrite(config, "20:00", "21:00")
    composed(config, store)
    assert mails(config, store) == {}
    composed(config, store, reopen=True)
    assert list(mails(config, store)) == ["bilal@malakoff.example"]


def test_an_item_that_is_gone_is_a_warning_to_tick_with_its_title(config: Config, store: Store) -> None:
    ids = composed(config, store)
    arrange(config, store, pinned=(ids["Loto"],), hidden={ids["Chorale"]: "annulée"})
    composed(config, store)
    rewrite(config, "Loto (exemple);14/12/2021 15:00;Salle (exemple);On gagne\n", "")
    composed(config, store)
    (tick,) = [one for one in studio.warnings(config, store, DECEMBER) if one.finding.code == "arrangement"]
    assert "« Loto (exemple) » (épinglé)" in tick.finding.message
    with pytest.raises(ApprovalRefused, match="à cocher"):
        approve(config, store, ticked=False)
    assert approve(config, store) is EditionState.APPROVED


@pytest.mark.parametrize(
    "arranged",
    [
        {"hidden": {"a": " "}},
        {"hidden": {"a": "x" * 251}},
        {"editorial": "x" * 3001},
        {"subjects": {"public": "x" * 251}},
        {"subjects": {"inconnue": "x"}},
        {"shortened": {"a": "x" * 4001}},
        {"pinned": ("x" * 65,)},
        {"pinned": ("x\x00",)},
        {"pinned": tuple(map(str, range(5001)))},
    ],
)
def test_what_a_form_should_not_say_is_refused_whole(config: Config, store: Store, arranged: dict[str, object]) -> None:
    with pytest.raises(FormRefused):
        arrange(config, store, **arranged)
    assert store.arrangements.get(MONTH).version == 0


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("a\r\nb\rc", "a\nb\nc"), (" \x00\ud800é\u0007 ", "é"), ("e\u0301", "é"), ("👩‍👧 \u202f!", "👩‍👧 \u202f!")],
)
def test_what_is_typed_is_kept_without_what_breaks(typed: str, kept: str) -> None:
    assert cleaned(typed) == kept
    assert line(typed) == " ".join(kept.split())


def test_the_second_to_save_is_told_and_nothing_is_overwritten(config: Config, store: Store) -> None:
    assert arrange(config, store, editorial="à Awa") == 1
    with pytest.raises(Overtaken, match="Awa"):
        arrange(config, store, by=DAN, editorial="à Dan")
    assert store.arrangements.get(MONTH).arrangement.editorial == "à Awa"


# ---- what changed ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_itself", [True, False], ids=["a saved file", "somebody"])
def test_an_approval_given_while_the_month_is_composed_again_stays(
    config: Config, store: Store, by_itself: bool
) -> None:
    composed(config, store)
    agreed = store.editions.get(MONTH)
    rewrite(config, "Place", "Halle")

    def meanwhile(issues: Sequence[tuple[Sequence[Item], str, composer.Issue]]) -> list[Letter]:
        made = [composer.compose(*issue) for issue in issues]
        assert approve(config, store) is EditionState.APPROVED
        return made

    made = compose(config, store, Plan(DECEMBER, NOW, by_itself=by_itself), each=meanwhile)
    now = store.editions.get(MONTH)
    assert agreed
    assert now
    assert (now.digest, now.version, now.state) == (agreed.digest, agreed.version, EditionState.APPROVED)
    assert not made.kept
    assert [one.by for one in now.approvals] == [BILAL.name]


def changed(config: Config, store: Store) -> dict[str, tuple[str, ...]]:
    return {one.title.split()[0]: one.fields for one in studio.changes(config, store, DECEMBER, NOW)}


def test_nothing_changed_is_nothing_to_say(config: Config, store: Store) -> None:
    assert studio.changes(config, store, DECEMBER, NOW) == []
    composed(config, store)
    assert studio.changes(config, store, DECEMBER, NOW) == []
    assert studio.sentence([]) == ""


def test_changed_rows_are_told_with_what_they_said_and_say(config: Config, store: Store) -> None:
    composed(config, store)
    approve(config, store)
    rewrite(config, "Place (exemple);Venez", "Parc (exemple);Venez")
    rewrite(config, "Loto (exemple)", "Grand loto (exemple)")
    rewrite(config, "Chorale (exemple);12/12/2021 18:00;Église (exemple);On chante\n", "")
    with (config.folder / "agenda.csv").open("a", encoding="utf-8") as rows:
        rows.write("Kermesse (exemple);18/12/2021;Cour (exemple);Jeux\nPlus tard (exemple);18/12/2023;Cour;Jeux\n")
    found = studio.changes(config, store, DECEMBER, NOW)
    assert studio.sentence(found) == f"{len(found)} lignes ont changé : rouvrir ?"
    by_title = {one.title.split()[0]: one for one in found}
    assert set(by_title) == {"Bal", "Grand", "Kermesse", "Chorale"}
    assert by_title["Bal"].fields == ("place",)
    assert (by_title["Bal"].before["place"], by_title["Bal"].after["place"]) == ("Place (exemple)", "Parc (exemple)")
    assert by_title["Kermesse"].before == {}
    assert (by_title["Chorale"].after, by_title["Chorale"].reason) == ({}, "n’est plus dans les sources")
    edition = store.editions.get(MONTH)
    assert edition is not None
    assert edition.state is EditionState.APPROVED


def test_a_row_whose_title_changed_is_one_change(config: Config, store: Store) -> None:
    composed(config, store)
    rewrite(config, "Loto (exemple)", "Grand loto (exemple)")
    (change,) = studio.changes(config, store, DECEMBER, NOW)
    assert change.fields == ("title",)
    assert studio.sentence([change]) == "1 ligne a changé : rouvrir ?"


def test_rows_that_only_moved_are_no_change(config: Config, store: Store) -> None:
    composed(config, store)
    rows = AGENDA.splitlines()
    (config.folder / "agenda.csv").write_text("\n".join([rows[0], *reversed(rows[1:])]), encoding="utf-8")
    assert studio.changes(config, store, DECEMBER, NOW) == []


def test_what_is_not_printed_any_more_says_why_and_what_is_hidden_says_nothing(config: Config, store: Store) -> None:
    config = configured(config.folder, letters="")
    ids = composed(config, store)
    arrange(config, store, hidden={ids["Bal"]: "annulé"})
    composed(config, store)
    rewrite(config, "Place (exemple)", "Parc (exemple)")
    rewrite(config, "Lieu;Description", "Lieu;Description;Public")
    rewrite(config, "On chante", "On chante;associations")
    assert changed(config, store) == {"Chorale": ("audiences",)}


def test_two_versions_are_compared_word_by_word_and_item_by_item(config: Config, store: Store) -> None:
    ids = composed(config, store)
    rewrite(config, "Église (exemple)", "Gymnase (exemple)")
    arrange(config, store, subjects={"public": "Noël"}, hidden={ids["Loto"]: "complet"}, shortened={ids["Bal"]: "Bref"})
    composed(config, store)
    paragraphs = studio.compare(store, MONTH, 1, 2)["public"]
    assert "Objet : Noël" in [one.side(studio.Mark.OUT) for one in paragraphs[:2]]
    assert any("Église" in one.side(studio.Mark.IN) and not one.same for one in paragraphs)
    assert all(one.same for one in studio.compare(store, MONTH, 2, 2)["public"])
    found = {one.title.split()[0]: one for one in studio.between(store, MONTH, 1, 2)}
    assert (found["Bal"].before["description"], found["Bal"].after["description"]) == (
        "Venez danser toute la nuit",
        "Bref",
    )
    assert found["Chorale"].fields == ("place",)
    assert (found["Loto"].after, found["Loto"].reason) == ({}, "masquée (complet)")
    assert studio.rearrangements(store, MONTH, 0, 1, {"public": "La quinzaine"}) == [
        "L’objet de « La quinzaine » : l’objet habituel → « Noël »",
        "« Loto (exemple) » est masquée : complet",
        "La description de « Bal de Noël (exemple) » est raccourcie : « Bref »",
    ]
    assert studio.rearrangements(store, MONTH, 1, 1, {}) == []


# ---- approving -------------------------------------------------------------------------------------------------------


def test_warnings_are_ticked_one_by_one_and_the_log_says_which(config: Config, store: Store) -> None:
    ids = composed(config, store)
    arrange(config, store, pinned=("parti", "aussi"), order={"event": (ids["Loto"],)})
    composed(config, store)
    ticks = studio.warnings(config, store, DECEMBER)
    assert len(ticks) >= 2
    for left in ticks:
        keys = {tick.key for tick in ticks if tick != left}
        with pytest.raises(ApprovalRefused) as refused:
            studio.approve(config, store, DECEMBER, studio.Approval(BILAL.name, None, NOW, BILAL.role, keys))
        assert left.finding.message in str(refused.value)
    assert approve(config, store) is EditionState.APPROVED
    (deed,) = [one for one in store.audit.of(MONTH) if one.act == "approve"]
    assert all(tick.finding.message in deed.detail for tick in ticks)
    edition = store.editions.get(MONTH)
    assert edition is not None
    assert deed.digest == edition.digest


def test_only_roles_of_the_settings_count(config: Config, store: Store) -> None:
    composed(config, store)
    for person in (AWA, CHLOE, GUEST):
        with pytest.raises(NotAllowed):
            approve(config, store, person)
    open_to = configured(config.folder, '[schedule]\napprovers = ["reviewer"]')
    with pytest.raises(NotAllowed):
        approve(open_to, store, BILAL)
    assert approve(open_to, store, CHLOE) is EditionState.APPROVED


def test_when_it_takes_two_whoever_made_it_is_none_of_them(config: Config, store: Store) -> None:
    two = configured(
        config.folder, '[schedule]\napprovals = 2\napprovers = ["approver", "admin", "editor", "reviewer"]'
    )
    composed(two, store, AWA)
    arrange(two, store, by=DAN, editorial="Bonjour")
    composed(two, store, AWA)
    for author in (AWA, DAN):
        with pytest.raises(ApprovalRefused, match="autres personnes"):
            approve(two, store, author)
    assert approve(two, store, BILAL) is EditionState.IN_REVIEW
    assert approve(two, store, BILAL) is EditionState.IN_REVIEW
    assert approve(two, store, CHLOE) is EditionState.APPROVED


def test_alone_one_may_approve_what_one_made(config: Config, store: Store) -> None:
    composed(config, store, DAN)
    assert approve(config, store, DAN) is EditionState.APPROVED


def test_errors_block_whatever_is_ticked(config: Config, store: Store) -> None:
    rewrite(config, "Venez danser toute la nuit", "[html:online]] {{ oubli }}")
    composed(config, store)
    with pytest.raises(ApprovalRefused, match="à corriger"):
        approve(config, store)
    assert [deed.act for deed in store.audit.of()] == []


def test_reopening_voids_tells_and_is_written_down(config: Config, store: Store) -> None:
    accounts(config, store, BILAL)
    composed(config, store)
    approve(config, store)
    with pytest.raises(NotAllowed):
        studio.reopen(config, store, DECEMBER, CHLOE, NOW)
    assert studio.reopen(config, store, DECEMBER, AWA, NOW).by == (BILAL.name,)
    assert "Awa (exemple) l’a rouverte" in " ".join(mails(config, store)["bilal@malakoff.example"].split())
    assert [deed.act for deed in store.audit.of(MONTH)] == ["approve", "reopen"]
    assert approve(config, store) is EditionState.APPROVED


# ---- coming in -------------------------------------------------------------------------------------------------------


def test_the_command_opens_an_account_by_a_link_that_serves_once(config: Config, store: Store) -> None:
    added = run(config, "users", "add", "Dan@malakoff.example", "--role", "admin", "--name", "Dan (exemple)")
    assert added.exit_code == 0
    link = added.stdout.splitlines()[-1]
    assert link.startswith("https://lettre.malakoff.example/studio/entrer/")
    token = link.rpartition("/")[2]
    now = datetime.now(UTC)
    session = studio.enter_by(store, token, now).token
    account = studio.come_back(store, session or "", now)
    assert account is not None
    assert (account.name, account.role) == ("Dan (exemple)", Role.ADMIN)
    assert studio.enter_by(store, token, now).token is None
    assert "Dan (exemple) <Dan@malakoff.example> : admin" in run(config, "users", "list").stdout
    assert run(config, "users", "remove", "dan@malakoff.example").exit_code == 0
    assert studio.come_back(store, session or "", now) is None
    assert "Aucun compte" in run(config, "users", "list").stdout


def run(config: Config, *words: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(config.folder / "config.toml"), *words])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "dan@malakoff.example", "--role", "chef"), "n’est pas un rôle"),
        (("add", "dan@malakoff.example", "--role", "guest"), "n’est pas un rôle"),
        (("add", "pas une adresse", "--role", "admin"), "« @ »"),
        (("remove", "dan@malakoff.example"), "n’a pas de compte"),
    ],
)
def test_what_the_command_cannot_do_is_a_sentence(
    config: Config, store: Store, words: tuple[str, ...], said: str
) -> None:
    refused = run(config, "users", *words)
    assert isinstance(refused.exception, ConfigError | FormRefused)
    assert said in str(refused.exception)


def test_a_link_is_mailed_to_who_has_an_account_and_nobody_else(config: Config, store: Store) -> None:
    accounts(config, store, BILAL)
    studio.ask_link(config, store, "inconnu@malakoff.example", "192.0.2.1", NOW)
    studio.ask_link(config, store, " Bilal@malakoff.EXAMPLE ", "192.0.2.1", NOW)
    (mail,) = mails(config, store).items()
    token = mail[1].split("/studio/entrer/")[1].split()[0]
    assert studio.enter_by(store, token, NOW + MINUTE).token


def test_every_verb_asks_the_table_of_roles(config: Config, store: Store) -> None:
    composed(config, store)
    said = studio.comment(store, DECEMBER, "Le lieu ?", GUEST, NOW)
    verbs = {
        Act.ARRANGE: lambda by: arrange(config, store, store.arrangements.get(MONTH).version, by, editorial=by.name),
        Act.INVITE: lambda by: studio.request_review(config, store, DECEMBER, by, (SIGNER, NOW)),
        Act.REOPEN: lambda by: studio.reopen(config, store, DECEMBER, by, NOW),
        Act.ACCOUNTS: lambda by: studio.remove_user(store, "x@malakoff.example", by, NOW),
        Act.AUDIT: lambda by: studio.export_audit(config, store, by, NOW),
        Act.CLOSE: lambda by: studio.close(store, DECEMBER, said.id, by, NOW),
        Act.COMMENT: lambda by: studio.comment(store, DECEMBER, "Oui", by, NOW),
        Act.UNDO: lambda by: studio.undo(store, DECEMBER, by, NOW),
    }
    for act, verb in verbs.items():
        for role in (*ROLES, Role.GUEST):
            by = Person(f"Qui que ce soit, {role}", role)
            if role in MAY[act]:
                verb(by)
            else:
                with pytest.raises(NotAllowed):
                    verb(by)


# ---- reviewing -------------------------------------------------------------------------------------------------------


def test_the_bureau_reads_and_comments_by_a_link_without_an_account(config: Config, store: Store) -> None:
    with pytest.raises(ApprovalRefused, match="n’est pas composée"):
        studio.request_review(config, store, DECEMBER, AWA, (SIGNER, NOW))
    composed(config, store)
    assert studio.request_review(config, store, DECEMBER, AWA, (SIGNER, NOW)) == ["Élise (exemple)", "farid"]
    edition = store.editions.get(MONTH)
    assert edition is not None
    assert edition.state is EditionState.IN_REVIEW
    sent = mails(config, store)
    assert set(sent) == {"elise@bureau.example", "farid@bureau.example"}
    token = sent["elise@bureau.example"].split("/studio/relire/")[1].split()[0]
    guest = studio.guest(store, SIGNER, token, NOW + DAY)
    assert (guest.month, guest.person) == (MONTH, Person("Élise (exemple)", Role.GUEST))
    said = studio.comment(store, DECEMBER, " Le lieu\r\n ? \x00", guest.person, NOW, item="a")
    assert (said.words, said.by, said.guest) == ("Le lieu\n ?", "Élise (exemple)", True)
    answer = studio.answer(store, DECEMBER, said.id, "La place", AWA, at=NOW)
    assert answer is not None
    assert studio.close(store, DECEMBER, said.id, AWA, NOW)
    assert studio.answer(store, date(2022, 1, 1), said.id, "Non", guest.person, at=NOW) is None
    assert not studio.close(store, date(2022, 1, 1), said.id, AWA, NOW)


def test_a_link_that_was_forged_is_too_old_or_taken_back_opens_nothing(config: Config, store: Store) -> None:
    composed(config, store)
    studio.request_review(config, store, DECEMBER, AWA, (SIGNER, NOW), to=["Zoé (exemple) <zoe@bureau.example>"])
    (text,) = mails(config, store).values()
    token = text.split("/studio/relire/")[1].split()[0]
    for forged in (
        "",
        "x",
        token[:-1],
        token + "x",
        SIGNER.sign("confirm", "x"),
        SIGNER.sign("review", "0" * 32, at=NOW),
    ):
        with pytest.raises(TokenRefused):
            studio.guest(store, SIGNER, forged, NOW)
    with pytest.raises(TokenRefused):
        studio.guest(store, Signer(["un autre secret, assez long"]), token, NOW)
    with pytest.raises(TokenRefused):
        studio.guest(store, SIGNER, token, NOW + 22 * DAY)
    (invitation,) = store.comments.invited(MONTH)
    assert studio.uninvite(store, invitation.id, AWA, NOW)
    with pytest.raises(TokenRefused):
        studio.guest(store, SIGNER, token, NOW)


@pytest.mark.parametrize("words", ["", " \n\x00 ", "x" * 4001])
def test_a_remark_says_something_and_not_a_book(store: Store, words: str) -> None:
    with pytest.raises(FormRefused):
        studio.comment(store, DECEMBER, words, GUEST, NOW)


# ---- the log ---------------------------------------------------------------------------------------------------------


def test_the_log_is_a_file_whose_cells_compute_nothing(config: Config, store: Store) -> None:
    hostile = ["=1+1", "+1", "-1", "@x", "\t=1", '=HYPERLINK("https://x.example";"clic")', "Léa; (exemple)"]
    for name in hostile:
        store.comments.say(MONTH, "x", Person(name, Role.EDITOR), at=NOW)
    written = studio.export_audit(config, store, DAN, NOW)
    assert written.startswith("\ufeffDate;Qui;")
    rows = list(csv.reader(io.StringIO(written[1:]), delimiter=";"))
    assert [row[1].lstrip("'") for row in rows[1:]] == hostile
    assert all(cell[:1] not in ("=", "+", "-", "@", "\t", "\r") for row in rows for cell in row)
    assert rows[1][0] == "01/12/2021 09:00:00"
    assert store.audit.of()[-1].act == "export"


# ---- sending ---------------------------------------------------------------------------------------------------------


def reader(store: Store) -> None:
    entry = Entry(Origin("a.csv", None, 1), "lea@a.example", None, ("public", "associations"), (), NOW, "papier")
    store.subscribers.take([entry], at=NOW, file="a.csv")


def letters_out(config: Config) -> int:
    return len([path for path in (config.folder / "var" / "outbox").rglob("*.eml") if "notice" not in path.name])


def ready_to_send(config: Config, store: Store) -> str:
    reader(store)
    composed(config, store)
    approve(config, store)
    edition = store.editions.get(MONTH)
    assert edition is not None
    return edition.digest


def test_what_is_sent_leaves_ten_minutes_later_once(config: Config, store: Store) -> None:
    digest = ready_to_send(config, store)
    departure = studio.ask_to_send(config, store, DECEMBER, digest, AWA, at=NOW)
    assert departure.leaves_at == NOW + TO_UNDO
    assert studio.leave_due(config, store, Means(lambda: NOW + 9 * MINUTE)) == []
    assert letters_out(config) == 0
    sent = studio.leave_due(config, store, Means(lambda: NOW + 10 * MINUTE))
    assert [one.handed for one in sent] == [1]
    assert not studio.undo(store, DECEMBER, AWA, NOW + 10 * MINUTE)
    assert studio.leave_due(config, store, Means(lambda: NOW + 11 * MINUTE)) == []
    assert letters_out(config) == 1


def test_the_service_sends_what_a_person_sent(config: Config, store: Store) -> None:
    config = configured(config.folder, LATER)
    digest, now = ready_to_send(config, store), NOW
    watch = scheduler.Watch(config, store, lambda: now, ticks=None)
    studio.ask_to_send(config, store, DECEMBER, digest, AWA, at=now)
    watch.tick()
    assert letters_out(config) == 0
    now = NOW + TO_UNDO
    watch.tick()
    assert letters_out(config) == 1


def test_what_is_undone_does_not_leave(config: Config, store: Store) -> None:
    digest = ready_to_send(config, store)
    studio.ask_to_send(config, store, DECEMBER, digest, AWA, at=NOW)
    assert studio.undo(store, DECEMBER, BILAL, NOW + 9 * MINUTE)
    assert studio.leave_due(config, store, Means(lambda: NOW + DAY)) == []
    assert letters_out(config) == 0


def test_the_timetable_waits_while_a_person_may_undo(config: Config, store: Store) -> None:
    digest = ready_to_send(config, store)
    by_itself = Order(DECEMBER, ("public",), by_itself=True)
    studio.ask_to_send(config, store, DECEMBER, digest, AWA, at=NOW)
    with pytest.raises(NotYet, match="Awa"):
        send(config, store, by_itself, lambda: NOW + MINUTE)
    assert letters_out(config) == 0
    studio.undo(store, DECEMBER, AWA, NOW + MINUTE)
    assert [one.handed for one in send(config, store, by_itself, lambda: NOW + 2 * MINUTE)] == [1]


def test_what_was_seen_is_what_is_sent(config: Config, store: Store) -> None:
    digest = ready_to_send(config, store)
    with pytest.raises(ApprovalRefused):
        studio.ask_to_send(config, store, DECEMBER, digest[:-1] + "0", AWA, at=NOW)
    studio.ask_to_send(config, store, DECEMBER, digest, AWA, at=NOW)
    studio.reopen(config, store, DECEMBER, AWA, NOW)
    assert studio.leave_due(config, store, Means(lambda: NOW + DAY)) == []
    assert letters_out(config) == 0


def test_nothing_is_sent_without_a_site_to_leave_by(config: Config, store: Store, tmp_path: Path) -> None:
    digest = ready_to_send(config, store)
    bare = config.model_copy(update={"site": settings.Site()})
    with pytest.raises(ConfigError, match=r"site\.url"):
        studio.ask_to_send(bare, store, DECEMBER, digest, AWA, at=NOW)


def test_who_dies_once_it_has_begun_is_followed_by_another_who_goes_on(config: Config, store: Store) -> None:
    digest = ready_to_send(config, store)
    studio.ask_to_send(config, store, DECEMBER, digest, AWA, at=NOW)
    store.departures.begin(at=NOW + TO_UNDO)  # and dies
    assert len(studio.leave_due(config, store, Means(lambda: NOW + DAY))) == 1
    assert letters_out(config) == 1


def test_a_departure_nobody_would_read_ends(config: Config, store: Store) -> None:
    composed(config, store)
    approve(config, store)
    edition = store.editions.get(MONTH)
    assert edition is not None
    studio.ask_to_send(config, store, DECEMBER, edition.digest, AWA, at=NOW)
    assert studio.leave_due(config, store, Means(lambda: NOW + TO_UNDO)) == []
    assert [one.done_at for one in store.departures.of(MONTH)] == [NOW + TO_UNDO]


def test_a_problem_is_no_finding(config: Config, store: Store) -> None:
    """Rows in error are not printed: they are told elsewhere, and don't have to be ticked."""
    rewrite(config, "14/12/2021", "31/11/2021")
    made = compose(config, store, Plan(DECEMBER, NOW))
    assert any(isinstance(problem, Problem) and problem.severity == "error" for problem in made.catalogue.problems)
    assert approve(config, store) is EditionState.APPROVED
