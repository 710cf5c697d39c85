"""What the studio keeps: arrangements nobody overwrites, a log nobody changes, comments, departures to undo."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
import studio_office
from sqlalchemy import delete, update
from studio_office import AWA, BILAL, CHLOE, DAN, FACTS, GUEST, MONTH, NOW, SEND_AT, approved, drafted

from newsletter.errors import ApprovalRefused, FormRefused, Overtaken
from newsletter.model import EditionState, Finding, Kind
from newsletter.model.studio import NOTHING_ARRANGED, Arrangement, Basis, Deed, Person, Role
from newsletter.store import Store, comments, database
from newsletter.store.departures import TO_UNDO
from newsletter.store.tables_studio import audit

MINUTE = timedelta(minutes=1)
FULL = Arrangement(
    editorial="Bonjour **à vous** 🎄", with_editorial=False, subjects={"public": "É"}, preheaders={"associations": "È"},
    order={Kind.EVENT: ("b", "a"), Kind.NEWS: ()}, pinned=("b",), hidden={"a": "complet"}, shortened={"b": ""},
)  # fmt: skip


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return studio_office.migrated(tmp_path_factory.mktemp("migrated"))


@pytest.fixture
def store(tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(database, "LASTING", "OFF")
    with studio_office.opened(tmp_path, empty) as made:
        yield made


def at_once(*works: Callable[[], object]) -> list[object]:
    """Each in a thread, from one signal: what it gives, or the exception it raises."""
    gate = Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        gate.wait()
        try:
            return work()
        except (Overtaken, ApprovalRefused) as refused:
            return refused

    with ThreadPoolExecutor(len(works)) as threads:
        return [each.result() for each in [threads.submit(run, work) for work in works]]


def save(store: Store, words: str, seen: int, by: Person = AWA, month: str = MONTH) -> object:
    return store.arrangements.save(month, Arrangement(editorial=words), seen=seen, by=by, at=NOW)


def acts(store: Store) -> list[str]:
    return [deed.act for deed in store.audit.of()]


# ---- arrangements ----------------------------------------------------------------------------------------------------


def test_an_arrangement_comes_back_as_it_was_kept(store: Store) -> None:
    assert store.arrangements.get(MONTH).arrangement == NOTHING_ARRANGED
    kept, voided = store.arrangements.save(MONTH, FULL, seen=0, by=AWA, at=NOW)
    assert store.arrangements.get(MONTH) == kept
    assert (kept.arrangement, kept.version, kept.by, kept.at) == (FULL, 1, AWA.name, NOW)
    assert voided.by == ()
    assert store.arrangements.get("2022-01").version == 0


def test_earlier_arrangements_stay(store: Store) -> None:
    for seen, words in enumerate(["un", "deux", "trois"]):
        save(store, words, seen)
    assert [store.arrangements.get(MONTH, n).arrangement.editorial for n in (1, 2, 3)] == ["un", "deux", "trois"]
    assert store.arrangements.get(MONTH, 9).version == 0


@pytest.mark.parametrize("seen", [0, 2, 99, -1])
def test_who_saw_another_arrangement_is_told_who_changed_it(store: Store, seen: int) -> None:
    save(store, "à Awa", 0)
    with pytest.raises(Overtaken, match="Awa") as told:
        save(store, "à Bilal", seen, BILAL)
    assert (told.value.by, told.value.at) == (AWA.name, NOW)
    assert store.arrangements.get(MONTH).arrangement.editorial == "à Awa"
    assert acts(store) == ["arrange"]


def test_the_same_again_changes_nothing(store: Store) -> None:
    save(store, "un", 0)
    edition = approved(store)
    save(store, "un", 1)
    assert store.editions.get(MONTH) == edition
    assert store.arrangements.get(MONTH).version == 1


def test_of_several_who_edit_at_once_one_is_kept_and_the_others_are_told(store: Store) -> None:
    for seen in range(5):
        results = at_once(*(lambda n=n, seen=seen: save(store, f"{seen} {n}", seen) for n in range(6)))  # type: ignore[misc]
        told = [result for result in results if isinstance(result, Overtaken)]
        assert len(told) == 5
        assert {one.by for one in told} == {AWA.name}
        assert store.arrangements.get(MONTH).version == seen + 1
    assert acts(store) == ["arrange"] * 5
    assert store.audit.broken() is None


def test_an_edit_ends_the_approval_and_says_whose(store: Store) -> None:
    edition = approved(store)
    _, voided = store.arrangements.save(MONTH, FULL, seen=0, by=AWA, at=NOW)
    now = store.editions.get(MONTH)
    assert now is not None
    assert (now.state, now.approvals) == (EditionState.DRAFT, ())
    assert (voided.by, voided.digest) == ((BILAL.name,), edition.digest)
    with pytest.raises(ApprovalRefused, match="recomposez-la"):
        store.editions.approve(MONTH, edition.digest, by=BILAL.name, at=NOW)
    drafted(store)
    assert store.editions.approve(MONTH, edition.digest, by=BILAL.name, at=NOW).state is EditionState.APPROVED


def test_an_edition_that_is_leaving_is_not_edited(store: Store) -> None:
    edition = approved(store)
    store.ledger.create(MONTH, "public", edition.letters["public"], at=NOW)
    with pytest.raises(ApprovalRefused, match="ne se change plus"):
        store.arrangements.save(MONTH, FULL, seen=0, by=AWA, at=NOW)
    with pytest.raises(ApprovalRefused, match="ne se change plus"):
        store.editions.reopen(MONTH, Deed(NOW, AWA.name, AWA.role, "reopen", MONTH), at=NOW)
    assert store.arrangements.get(MONTH).version == 0


def test_an_approval_and_an_edit_at_once_never_leave_approved_what_was_edited(store: Store) -> None:
    for seen in range(6):
        edition = drafted(store, f"Bonjour {seen}")

        def approve(digest: str = edition.digest) -> object:
            return store.editions.approve(MONTH, digest, by=BILAL.name, at=NOW)

        at_once(approve, lambda seen=seen: save(store, f"mot {seen}", seen))  # type: ignore[misc]
        now = store.editions.get(MONTH)
        assert now is not None
        assert (now.state, now.approvals) == (EditionState.DRAFT, ())


def test_an_approval_and_new_letters_at_once_never_approve_letters_nobody_saw(store: Store) -> None:
    for turn in range(6):
        edition = drafted(store, f"vu {turn}")

        def approve(digest: str = edition.digest) -> object:
            return store.editions.approve(MONTH, digest, by=BILAL.name, at=NOW)

        at_once(approve, lambda turn=turn: drafted(store, f"autre {turn}"))  # type: ignore[misc]
        now = store.editions.get(MONTH)
        assert now is not None
        assert (now.state, now.approvals) == (EditionState.DRAFT, ())


# ---- versions --------------------------------------------------------------------------------------------------------


def test_versions_are_kept_with_what_they_were_made_of(store: Store) -> None:
    first = drafted(store, "un")
    second = drafted(store, "deux", Basis({"b": FACTS["b"]}, 0, "le programme", (Finding("warning", "x", "là"),)))
    assert [(v.number, v.digest, v.by) for v in store.editions.versions(MONTH)] == [
        (1, first.digest, AWA.name),
        (2, second.digest, "le programme"),
    ]
    assert store.editions.letters(MONTH, 1)["public"].text == "un"
    assert store.editions.letters(MONTH)["public"].text == "deux"
    assert store.editions.basis(MONTH, 1) == Basis(FACTS, 0, AWA.name)
    assert store.editions.basis(MONTH).findings == (Finding("warning", "x", "là"),)
    assert store.editions.basis("2030-01") == Basis()
    assert store.editions.titles(MONTH, {"a", "b", "c"}) == {"a": "Bal (exemple)", "b": "Chorale (exemple)"}
    with pytest.raises(ApprovalRefused):
        store.editions.letters(MONTH, 3)


def test_a_version_says_who_agreed_to_it_and_whether_they_do_still(store: Store) -> None:
    first = approved(store, text="un")
    save(store, "x", 0)
    second = drafted(store, "deux")
    store.editions.approve(MONTH, second.digest, by=DAN.name, at=NOW + timedelta(hours=1))
    one, two = store.editions.versions(MONTH)
    assert [(who.by, who.ended_at is None) for who in one.agreed] == [(BILAL.name, False)]
    assert [(who.by, who.ended_at is None) for who in two.agreed] == [(DAN.name, True)]
    assert (one.digest, one.approved, two.approved) == (first.digest, False, True)
    assert (one.arranged, two.arranged, one.reading == two.reading) == (0, 1, True)
    assert one.letters == ("associations", "public")
    assert store.editions.versions("2030-01") == []


def test_the_same_bytes_made_of_other_things_are_the_same_version(store: Store) -> None:
    drafted(store)
    drafted(store, basis=Basis({}, 0, DAN.name))
    assert [version.by for version in store.editions.versions(MONTH)] == [DAN.name]


def test_first_drafts_at_once_are_versions_in_a_row(store: Store) -> None:
    at_once(*(lambda n=n: drafted(store, f"texte {n}") for n in range(4)))  # type: ignore[misc]
    assert [version.number for version in store.editions.versions(MONTH)] == [1, 2, 3, 4]


def test_reopening_ends_the_approval_and_says_so(store: Store) -> None:
    edition = approved(store)
    voided = store.editions.reopen(MONTH, Deed(NOW, AWA.name, AWA.role, "reopen", MONTH), at=NOW)
    assert (voided.by, voided.digest) == ((BILAL.name,), edition.digest)
    (deed,) = store.audit.of(MONTH)
    assert (deed.act, deed.by, deed.digest) == ("reopen", AWA.name, edition.digest)
    with pytest.raises(ApprovalRefused, match="n’est pas composée"):
        store.editions.reopen("2030-01", deed, at=NOW)


# ---- the log ---------------------------------------------------------------------------------------------------------


def test_the_log_says_who_did_what_to_which_digest(store: Store) -> None:
    edition = drafted(store)
    deed = Deed(NOW, BILAL.name, BILAL.role, "approve", MONTH, edition.digest, "2 avertissements cochés")
    store.editions.approve(MONTH, edition.digest, by=BILAL.name, at=NOW, deed=deed)
    store.editions.approve(MONTH, edition.digest, by=BILAL.name, at=NOW, deed=deed)  # a second click
    store.audit.write(Deed(NOW, DAN.name, DAN.role, "export"))
    assert store.audit.of() == [deed, Deed(NOW, DAN.name, DAN.role, "export")]
    assert store.audit.of(MONTH) == [deed]
    assert store.audit.broken() is None


def test_a_line_that_was_changed_or_is_missing_shows(store: Store) -> None:
    for n in range(5):
        store.audit.write(Deed(NOW, DAN.name, Role.ADMIN, "export", detail=str(n)))
    with store._database.writing() as connection:
        connection.execute(update(audit).where(audit.c.id == 2).values(by=AWA.name))
    assert store.audit.broken() == 2
    with store._database.writing() as connection:
        connection.execute(update(audit).where(audit.c.id == 2).values(by=DAN.name))
    assert store.audit.broken() is None
    with store._database.writing() as connection:
        connection.execute(delete(audit).where(audit.c.id == 3))
    assert store.audit.broken() == 4


def test_the_log_has_no_way_to_change_a_line(store: Store) -> None:
    ways = {name for name in vars(type(store.audit)) if not name.startswith("_")}
    assert ways == {"write", "write_at_most", "of", "broken"}


def test_what_may_be_done_so_often_is_counted_with_the_line_that_says_it(store: Store) -> None:
    deed, since = Deed(NOW, AWA.name, AWA.role, "look"), NOW - timedelta(hours=1)
    at_once(*(lambda: store.audit.write_at_most(deed, 3, since) for _ in range(8)))
    assert len(store.audit.of()) == 3
    assert not store.audit.write_at_most(replace(deed, at=NOW + timedelta(minutes=59)), 3, since)
    assert store.audit.write_at_most(replace(deed, by=DAN.name), 3, since)
    assert store.audit.write_at_most(replace(deed, at=NOW + timedelta(hours=1)), 3, NOW)
    assert store.audit.broken() is None


def test_what_fails_leaves_no_line(store: Store) -> None:
    drafted(store)
    with pytest.raises(ApprovalRefused):
        store.departures.ask(MONTH, "sha256:0", BILAL, at=NOW)
    assert acts(store) == []


def test_many_at_once_write_one_chain(store: Store) -> None:
    at_once(*(lambda: store.audit.write(Deed(NOW, DAN.name, Role.ADMIN, "export")) for _ in range(8)))
    assert len(store.audit.of()) == 8
    assert store.audit.broken() is None


# ---- comments --------------------------------------------------------------------------------------------------------


def test_a_comment_is_answered_and_closed_and_open_again_when_answered(store: Store) -> None:
    of_item = store.comments.say(MONTH, "Le lieu ?", GUEST, at=NOW, item="a")
    of_all = store.comments.say(MONTH, "Trop long", CHLOE, at=NOW)
    answer = store.comments.answer(of_item.id, "La place", AWA, at=NOW)
    assert answer is not None
    assert store.comments.close(of_item.id, AWA, at=NOW)
    assert not store.comments.close(of_item.id, BILAL, at=NOW)
    assert not store.comments.close(answer.id, BILAL, at=NOW)
    (first, answers), (second, none) = store.comments.of(MONTH)
    assert (first.item, first.guest, first.closed_by, first.words) == ("a", True, AWA.name, "Le lieu ?")
    assert (second, list(none)) == (of_all, [])
    assert list(answers) == [answer]
    again = store.comments.answer(answer.id, "Laquelle ?", GUEST, at=NOW)
    assert again is not None
    assert again.about == of_item.id
    assert store.comments.of(MONTH)[0][0].closed_by is None
    assert store.comments.answer(999, "?", GUEST, at=NOW) is None
    assert acts(store) == ["comment", "comment", "comment", "close", "comment"]
    assert not any("Laquelle" in deed.detail for deed in store.audit.of())


def test_a_guest_says_only_so_much(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comments, "MOST", 2)
    for _ in range(2):
        store.comments.say(MONTH, "Bien", GUEST, at=NOW)
    with pytest.raises(FormRefused):
        store.comments.say(MONTH, "Bien", GUEST, at=NOW)
    store.comments.say(MONTH, "Bien", replace(GUEST, name="Farid (exemple)"), at=NOW)
    store.comments.say(MONTH, "Bien", Person(GUEST.name, Role.REVIEWER), at=NOW)


def test_an_invitation_is_a_nonce_until_it_is_taken_back(store: Store) -> None:
    (first, nonce), (second, other) = store.comments.invite(MONTH, ["Élise (exemple)", "Farid (exemple)"], AWA, at=NOW)
    assert store.comments.invitation(nonce) == first
    assert store.comments.invitation("0" * 32) is None
    assert store.comments.uninvite(second.id, AWA, at=NOW)
    assert not store.comments.uninvite(second.id, AWA, at=NOW)
    assert store.comments.invitation(other) is None
    assert store.comments.invited(MONTH) == [first]


def test_who_was_asked_for_that_time_is_not_asked_again(store: Store) -> None:
    planned, names = NOW - MINUTE, ["Élise (exemple)", "bureau", "bureau"]
    first = store.comments.invite(MONTH, names[:2], AWA, at=NOW, once=planned)
    again = store.comments.invite(MONTH, names, AWA, at=NOW + MINUTE, once=planned)
    assert again[:2] == first
    assert len({nonce for _, nonce in again}) == 3
    assert store.comments.uninvite(first[0][0].id, AWA, at=NOW)
    assert store.comments.invite(MONTH, names, AWA, at=NOW, once=planned) == again
    assert store.comments.invitation(first[0][1]) is None, "taken back for good"
    assert store.comments.invite(MONTH, names[:1], AWA, at=planned) != first[:1], "a person asks whoever they want"
    said = [deed.detail for deed in store.audit.of(MONTH) if deed.act == "invite"]
    assert sorted(said) == sorted(["Élise (exemple), bureau", "bureau", "Élise (exemple)"])


# ---- departures ------------------------------------------------------------------------------------------------------


def test_what_is_sent_leaves_ten_minutes_later_once(store: Store) -> None:
    edition = approved(store)
    asked = store.departures.ask(MONTH, edition.digest, AWA, at=NOW)
    assert (asked.leaves_at, asked.by) == (NOW + TO_UNDO, AWA.name)
    assert store.departures.ask(MONTH, edition.digest, BILAL, at=NOW + MINUTE) == asked
    assert state(store) == EditionState.SCHEDULED
    assert store.departures.begin(at=NOW + TO_UNDO - MINUTE) == []
    (begun,) = store.departures.begin(at=NOW + TO_UNDO)
    assert begun.begun_at == NOW + TO_UNDO
    assert not store.departures.undo(MONTH, AWA, at=NOW + TO_UNDO)
    assert store.departures.begin(at=NOW + TO_UNDO + MINUTE) == [begun]  # who began it may have died
    assert store.departures.end(begun.id, at=NOW + TO_UNDO)
    assert not store.departures.end(begun.id, at=NOW + TO_UNDO)
    assert store.departures.begin(at=NOW + TO_UNDO + MINUTE) == []
    assert [one.done_at for one in store.departures.of(MONTH)] == [NOW + TO_UNDO]


def state(store: Store) -> EditionState:
    edition = store.editions.get(MONTH)
    assert edition is not None
    return edition.state


def test_a_departure_that_is_undone_never_leaves(store: Store) -> None:
    edition = approved(store)
    store.departures.ask(MONTH, edition.digest, AWA, at=NOW)
    assert store.departures.undo(MONTH, BILAL, at=NOW + MINUTE)
    assert not store.departures.undo(MONTH, BILAL, at=NOW + MINUTE)
    assert store.departures.begin(at=NOW + 9 * TO_UNDO) == []
    assert store.departures.waiting(MONTH) is None
    assert state(store) == EditionState.APPROVED
    assert [(deed.act, deed.by, deed.digest) for deed in store.audit.of()] == [
        ("send", AWA.name, edition.digest),
        ("undo", BILAL.name, edition.digest),
    ]


def test_what_is_undone_past_its_planned_time_is_a_draft_so_that_nothing_sends_it(store: Store) -> None:
    edition = approved(store)
    store.departures.ask(MONTH, edition.digest, AWA, at=SEND_AT)
    assert store.departures.undo(MONTH, AWA, at=SEND_AT + MINUTE)
    assert state(store) == EditionState.DRAFT


def test_what_ends_an_approval_ends_its_departure(store: Store) -> None:
    edition = approved(store)
    store.departures.ask(MONTH, edition.digest, AWA, at=NOW)
    save(store, "autre chose", 0)
    assert store.departures.waiting(MONTH) is None
    assert store.departures.begin(at=SEND_AT) == []
    edition = approved(store, text="autre chose")
    store.departures.ask(MONTH, edition.digest, AWA, at=NOW)
    drafted(store, "encore autre chose")
    assert store.departures.begin(at=SEND_AT) == []


@pytest.mark.parametrize("seen", ["sha256:autre", ""])
def test_only_what_was_seen_and_approved_is_sent(store: Store, seen: str) -> None:
    edition = drafted(store)
    with pytest.raises(ApprovalRefused, match="n’est pas approuvée"):
        store.departures.ask(MONTH, edition.digest, AWA, at=NOW)
    approved(store)
    with pytest.raises(ApprovalRefused, match="a changé"):
        store.departures.ask(MONTH, seen, AWA, at=NOW)
    with pytest.raises(ApprovalRefused, match="n’est pas approuvée"):
        store.departures.ask("2030-01", seen, AWA, at=NOW)
    assert store.departures.of(MONTH) == []


def test_undone_and_begun_at_once_is_one_of_the_two(store: Store) -> None:
    for turn in range(6):
        edition = approved(store, text=f"tour {turn}")
        store.departures.ask(MONTH, edition.digest, AWA, at=NOW)
        undone, begun = at_once(
            lambda: store.departures.undo(MONTH, AWA, at=NOW + TO_UNDO),
            lambda: store.departures.begin(at=NOW + TO_UNDO),
        )
        assert bool(undone) != bool(begun)
        for departure in store.departures.begin(at=NOW + TO_UNDO):
            store.departures.end(departure.id, at=NOW + TO_UNDO)
