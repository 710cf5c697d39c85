"""Feeds of other programs, on files shaped like the real ones: what is read, what is passed over and why."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from feed_server import Reply, serving

from newsletter import catalogue, loaders, pipeline
from newsletter.config import ASSOCIATIONS, PUBLIC, Config, Fetch, Source
from newsletter.errors import SourceUnreadable
from newsletter.loaders import Load
from newsletter.loaders.feeds import values
from newsletter.loaders.feeds.markup import plain
from newsletter.model import Catalogue, Document, Item, Kind, Occurrence, Status

PARIS = ZoneInfo("Europe/Paris")
AS_OF = datetime(2026, 11, 24, 9, tzinfo=PARIS)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS)  # type: ignore[arg-type, misc]


def read(content: object, name: str = "flux.example/events", **stanza: Any) -> Load:
    written = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    document = Document(name, written, suffix=".csv")
    return loaders.read(document, Source(path="https://" + name, **stanza), as_of=AS_OF)


def built(content: object, **stanza: Any) -> Catalogue:
    load = read(content, **stanza)
    source = Source(path="https://flux.example/events", **stanza)
    audiences = {"public": PUBLIC, "associations": ASSOCIATIONS}
    whole = catalogue.build([(table, source) for table in load.tables], as_of=AS_OF, audiences=audiences)
    for count in whole.sources:
        assert count.rows == count.items + count.merged + count.refused + len(count.skipped)
    return whole


def item(content: object, **stanza: Any) -> Item:
    (found,) = built(content, **stanza).items
    return found


def skipped(load: Load) -> dict[int, str]:
    return {skip.row: skip.reason for table in load.tables for skip in table.skipped}


# --- OpenAgenda

EVENT: Mapping[str, Any] = {
    "uid": 82341567,
    "slug": "bal-des-associations",
    "title": {"fr": "Bal des associations (exemple)", "en": "Ball"},
    "description": {"fr": "Un bal *ouvert* à **toutes et tous**."},
    "longDescription": {"fr": "# Le bal\n\nUn long texte."},
    "conditions": {"fr": "Gratuit, sur inscription"},
    "keywords": {"fr": ["danse", "fête"]},
    "image": {"filename": "a.jpg", "base": "https://cdn.example/"},
    "registration": [
        {"type": "link", "value": "https://inscription.example/bal"},
        {"type": "phone", "value": "0146000000"},
        {"type": "email", "value": "bal@asso.example"},
    ],
    "accessibility": {"hi": True, "vi": None, "pi": False, "mi": True, "ii": None},
    "timings": [
        {"begin": "2026-12-12T14:30:00+0100", "end": "2026-12-12T18:00:00+0100"},
        {"begin": "2026-12-05T14:30:00+0100", "end": "2026-12-05T18:00:00+0100"},
    ],
    "timezone": "Europe/Paris",
    "age": {"min": 6, "max": 12},
    "attendanceMode": 1,
    "location": {"uid": 1, "name": "Salle des fêtes (exemple)", "address": "1 rue de l'Exemple", "city": "Malakoff"},
    "originAgenda": {"uid": 9, "title": "Agenda de la ville (exemple)"},
    "status": 1,
    "state": 2,
}


def agenda(**changes: Any) -> dict[str, Any]:
    return {"total": 1, "events": [{**EVENT, **changes}], "sort": "timings.asc", "after": None, "success": True}


def test_an_event_of_openagenda() -> None:
    event = item(agenda())
    assert event.title == "Bal des associations (exemple)"
    assert event.association == "Agenda de la ville (exemple)"
    assert event.place == "Salle des fêtes (exemple)"
    assert event.price == "Gratuit, sur inscription"
    assert event.contact == "bal@asso.example, 0146000000"
    assert event.url == "https://inscription.example/bal"
    assert event.themes == ("danse", "fête")
    assert event.status is Status.CONFIRMED
    assert event.description == (
        "Un bal ouvert à toutes et tous.\nAdresse : 1 rue de l'Exemple, Malakoff.\nDe 6 à 12 ans.\n"
        "Accessible : handicap auditif, handicap moteur."
    )
    assert event.occurrences == (
        Occurrence(at(2026, 12, 5, 14, 30), at(2026, 12, 5, 18)),
        Occurrence(at(2026, 12, 12, 14, 30), at(2026, 12, 12, 18)),
    )
    assert (event.sources[0].sheet, event.sources[0].row) == (None, 1)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (1, Status.CONFIRMED),
        (2, Status.CONFIRMED),
        (3, Status.CONFIRMED),
        (4, Status.POSTPONED),
        (5, Status.FULL),
        (6, Status.CANCELLED),
        ("6", Status.CANCELLED),
        ({"id": 4, "label": {"fr": "Reporté"}}, Status.POSTPONED),
        (None, Status.CONFIRMED),
        (17, Status.CONFIRMED),
    ],
)
def test_the_status_of_an_event_is_told(code: object, status: Status) -> None:
    assert item(agenda(status=code)).status is status


@pytest.mark.parametrize("state", [1, 0, -1, "1", None, "publié"])
def test_an_event_that_is_not_published_is_never_printed(state: object) -> None:
    load = read(agenda(state=state))
    assert skipped(load) == {1: "non publié dans OpenAgenda"}
    assert load.tables[0].rows == 1
    assert built(agenda(state=state)).items == ()


@pytest.mark.parametrize("state", [2, "2", 2.0])
def test_a_published_one_is(state: object) -> None:
    assert item(agenda(state=state)).title


def test_without_a_state_the_public_answer_is_trusted() -> None:
    record = {key: value for key, value in EVENT.items() if key != "state"}
    assert item({"events": [record]}).title


@pytest.mark.parametrize(
    ("begin", "zone", "start"),
    [
        ("2026-12-05T14:30:00+0100", "Europe/Paris", at(2026, 12, 5, 14, 30)),
        ("2026-02-05T14:30:00+0200", "Europe/Paris", at(2026, 2, 5, 14, 30)),  # the documentation's own example
        ("2026-12-05T13:30:00.000Z", "Europe/Paris", at(2026, 12, 5, 14, 30)),
        ("2026-12-05T13:30:00+0000", "Europe/London", at(2026, 12, 5, 14, 30)),
        ("2026-12-05T14:30:00", "Europe/Paris", at(2026, 12, 5, 14, 30)),
        ("2026-12-05T10:30:00+0400", "Indian/Reunion", at(2026, 12, 5, 7, 30)),
        ("2026-12-05T14:30:00+0100", "Europe/Malakoff", at(2026, 12, 5, 14, 30)),
        ("2026-12-05T14:30:00+0100", None, at(2026, 12, 5, 14, 30)),
    ],
)
def test_the_zone_is_trusted_over_the_offset(begin: str, zone: str | None, start: datetime) -> None:
    event = item(agenda(timings=[{"begin": begin}], timezone=zone))
    assert event.occurrences == (Occurrence(start),)
    assert event.occurrences[0].start.tzinfo == PARIS  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changes", "occurrences"),
    [
        ({"timings": json.dumps(EVENT["timings"][:1])}, (Occurrence(at(2026, 12, 12, 14, 30), at(2026, 12, 12, 18)),)),
        ({"timings": None, "firstTiming": EVENT["timings"][1], "lastTiming": EVENT["timings"][0]},
         (Occurrence(date(2026, 12, 5), date(2026, 12, 12)),)),
        ({"timings": None, "nextTiming": EVENT["timings"][1]},
         (Occurrence(at(2026, 12, 5, 14, 30), at(2026, 12, 5, 18)),)),
        ({"timings": [{"begin": "2026-12-05T20:00:00+0100", "end": "2026-12-05T19:00:00+0100"}]},
         (Occurrence(at(2026, 12, 5, 20)),)),
        ({"timings": "[oups", "dateRange": {"fr": "samedi 5 décembre 2026"}}, (Occurrence(date(2026, 12, 5)),)),
        ({"timings": [{"begin": "2026-12-05T20:00:00+0100"}, {"begin": "demain"}, 12, None]},
         (Occurrence(at(2026, 12, 5, 20)),)),
    ],
)  # fmt: skip
def test_timings_in_all_their_shapes(changes: dict[str, Any], occurrences: tuple[Occurrence, ...]) -> None:
    assert item(agenda(**changes)).occurrences == occurrences


def test_an_event_without_any_timing_is_refused_not_lost() -> None:
    whole = built(agenda(timings=[]))
    assert whole.items == ()
    assert [problem.code for problem in whole.problems] == ["date_missing"]


def test_flat_titles_online_places_and_bare_registrations() -> None:
    event = item(agenda(
        title="Webinaire (exemple)", description="Deux heures", attendanceMode=2, location=None,
        registration=["https://visio.example/salle"], onlineAccessLink="https://visio.example/autre", keywords=["a"],
    ))  # fmt: skip
    assert (event.title, event.place, event.url) == ("Webinaire (exemple)", "En ligne", "https://visio.example/salle")


def test_the_association_of_the_stanza_wins() -> None:
    assert item(agenda(), association="Malakfé").association == "Malakfé"


# --- Opendatasoft

FLAT: Mapping[str, Any] = {
    "uid": "82341567",
    "title_fr": "Bal des associations (exemple)",
    "description_fr": "Un bal",
    "longdescription_fr": "<p>Un <b>long</b> texte</p>",
    "conditions_fr": "5 €",
    "keywords_fr": "danse;fête",
    "daterange_fr": "5 et 12 décembre",
    "firstdate_begin": "2026-12-05T13:30:00+00:00",
    "firstdate_end": "2026-12-05T17:00:00+00:00",
    "lastdate_begin": "2026-12-12T13:30:00+00:00",
    "lastdate_end": "2026-12-12T17:00:00+00:00",
    "timings": json.dumps([{"begin": "2026-12-05T14:30:00+01:00", "end": "2026-12-05T18:00:00+01:00"}]),
    "status": '{"id": 5, "label": {"fr": "Complet"}}',
    "attendancemode": "1",
    "registration": '[{"type": "email", "value": "bal@asso.example"}]',
    "accessibility": "hi;vi",
    "location_name": "Salle des fêtes (exemple)",
    "location_address": "1 rue de l'Exemple, 92240 Malakoff",
    "location_city": "Malakoff",
    "originagenda_title": "Agenda de la ville (exemple)",
    "canonicalurl": "https://openagenda.example/bal",
}


@pytest.mark.parametrize(
    "envelope",
    [
        lambda fields: {"nhits": 1, "parameters": {}, "records": [{"recordid": "a", "fields": fields}]},
        lambda fields: [{"datasetid": "e", "recordid": "a", "fields": fields}],
        lambda fields: {"total_count": 1, "results": [fields]},
        lambda fields: {"total_count": 1, "records": [{"links": [], "record": {"id": "a", "fields": fields}}]},
        lambda fields: [fields],
    ],
    ids=["v1", "v1 export", "v2.1", "v2.0", "v2 export"],
)
def test_an_event_of_opendatasoft(envelope: Any) -> None:
    event = item(envelope(FLAT))
    assert event.title == "Bal des associations (exemple)"
    assert event.occurrences == (Occurrence(at(2026, 12, 5, 14, 30), at(2026, 12, 5, 18)),)
    assert event.status is Status.FULL
    assert event.themes == ("danse", "fête")
    assert (event.contact, event.price, event.url) == ("bal@asso.example", "5 €", "https://openagenda.example/bal")
    assert event.description == (
        "Un bal\nAdresse : 1 rue de l'Exemple, 92240 Malakoff.\nAccessible : handicap auditif, handicap visuel."
    )


def test_days_in_utc_when_timings_are_missing() -> None:
    assert item([{**FLAT, "timings": None}]).occurrences == (Occurrence(date(2026, 12, 5), date(2026, 12, 12)),)
    evening = {"firstdate_begin": "2026-12-05T23:30:00", "lastdate_begin": None, "firstdate_end": None}
    assert item([{**FLAT, "timings": "", **evening}]).occurrences == (Occurrence(at(2026, 12, 6, 0, 30)),)


# --- Aides-territoires

AID: Mapping[str, Any] = {
    "id": 1, "slug": "a", "url": "/aides/a/", "name": "Soutien à la vie associative (exemple)",
    "financers": ["Région (exemple)"], "description": "<p>Pour&nbsp;les <script>alert(1)</script>associations</p>",
    "origin_url": "https://region.example/aide", "application_url": None, "targeted_audiences": ["Associations"],
    "aid_types": ["Subvention"], "submission_deadline": "2027-01-15", "recurrence": "Ponctuelle",
    "is_call_for_project": None, "contact": "<a href='mailto:aides@region.example'>Nous écrire</a>", "perimeter": "IdF",
}  # fmt: skip


def test_an_aid_is_a_call_with_its_deadline() -> None:
    aid = item({"count": 1, "next": None, "results": [AID]})
    assert (aid.kind, aid.title) == (Kind.CALL, "Soutien à la vie associative (exemple)")
    assert aid.deadline is not None
    assert aid.deadline.day == date(2027, 1, 15)
    assert aid.association == "Région (exemple)"
    assert aid.audiences == ("associations",)
    assert aid.description == "Pour les associations"
    assert aid.contact == "Nous écrire (aides@region.example)"
    assert aid.url == "https://region.example/aide"


PERMANENT = "aide permanente : ni date limite, ni appel à projets"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"submission_deadline": None}, PERMANENT),
        ({"submission_deadline": None, "is_call_for_project": False}, PERMANENT),
        ({"submission_deadline": None, "is_call_for_project": True}, None),
        ({"is_call_for_project": False}, None),
        ({"targeted_audiences": ["Communes", "EPCI"]}, "aide qui ne s'adresse pas aux associations"),
        ({"targeted_audiences": ["commune", "association"]}, None),
        ({"targeted_audiences": "association"}, None),
        ({"targeted_audiences": None}, None),
        ({"recurrence": "Permanente"}, None),
    ],
)  # fmt: skip
def test_which_aids_are_news(changes: dict[str, Any], reason: str | None) -> None:
    load = read([{**AID, **changes}])
    assert skipped(load) == ({} if reason is None else {1: reason})


EXPORT = (
    "Nom;Lien;Financeurs;Bénéficiaire;Types d'aides;AAP/AMI;Récurrence;Descriptif;Date Clôture\r\n"
    'Fonds local (exemple);https://fonds.example/a;Département (exemple);"Associations, Communes";Subvention;;'
    'Ponctuelle;"<p>Un fonds<br>pour vous</p>";31/01/2027\r\n'
    "Ingénierie (exemple);https://fonds.example/b;État;Associations;Conseil;;Permanente;Texte;\r\n"
    "Appel (exemple);https://fonds.example/c;État;Associations;Subvention;AAP;Récurrente;Texte;\r\n"
    "Voirie (exemple);https://fonds.example/d;État;Communes;Subvention;;Ponctuelle;Texte;31/01/2027\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_the_csv_that_staff_export(encoding: str) -> None:
    whole = built(EXPORT.encode(encoding))
    assert [(found.title, found.sources[0].row) for found in whole.items] == [
        ("Fonds local (exemple)", 2),
        ("Appel (exemple)", 4),
    ]
    first = whole.items[0]
    assert (first.kind, first.description, first.url) == (Kind.CALL, "Un fonds\npour vous", "https://fonds.example/a")
    assert first.deadline is not None
    assert first.deadline.day == date(2027, 1, 31)
    assert [skip.row for skip in whole.sources[0].skipped] == [3, 5]


# --- schema-dispositif-aide

SCHEME: Mapping[str, Any] = {
    "id": "0b5c7a00-0000-4000-8000-000000000000", "titre": "Appel des jeunes (exemple)", "promesse": "Deux mille euros",
    "description": "Long", "eligibilite": "Être une association", "types_aides": "subvention",
    "porteurs": "Ville (exemple)|Région (exemple)", "url_source": "https://ville.example/appel",
    "cibles": "associations|secteur public", "date_ouverture": "2026-11-01T00:00:00+01:00",
    "date_cloture": "2027-01-15T23:59:59Z", "date_mise_a_jour": "2026-11-02T10:00:00Z",
}  # fmt: skip


def _as_csv(*records: Mapping[str, Any]) -> bytes:
    lines = [records[0].keys(), *(record.values() for record in records)]
    return "\n".join(",".join(f'"{cell}"' for cell in line) for line in lines).encode()


@pytest.mark.parametrize("content", [[SCHEME], _as_csv(SCHEME)], ids=["json", "csv"])
def test_an_aid_of_the_national_schema(content: object) -> None:
    aid = item(content)
    assert (aid.kind, aid.title) == (Kind.CALL, "Appel des jeunes (exemple)")
    assert aid.association == "Ville (exemple), Région (exemple)"
    assert aid.description == "Deux mille euros\nÊtre une association"
    assert aid.deadline is not None
    assert aid.deadline.day == date(2027, 1, 15)
    assert aid.audiences == ("associations",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"date_cloture": ""}, "aide permanente : pas de date de clôture"),
        ({"cibles": "professionnels|secteur public"}, "aide qui ne s'adresse pas aux associations"),
        ({"cibles": "particuliers"}, None),
        ({"cibles": ""}, None),
    ],
)
def test_which_schemes_are_news(changes: dict[str, Any], reason: str | None) -> None:
    assert skipped(read(_as_csv({**SCHEME, **changes}))) == ({} if reason is None else {2: reason})


def test_a_scheme_for_residents_is_for_them() -> None:
    assert item([{**SCHEME, "cibles": "particuliers"}]).audiences == ("public",)


# --- Decidim

MEETING: Mapping[str, Any] = {
    "id": 12,
    "category": {"id": 3, "name": {"fr": "Budget participatif"}},
    "participatory_space": {"id": 1, "url": "https://nous.example/processes/a"},
    "title": {"fr": "Atelier du budget (exemple)", "en": ""},
    "description": {"fr": "<p>On <strong>choisit</strong> ensemble.</p>"},
    "start_time": "2026-12-03 18:00:00",
    "end_time": "2026-12-03 20:00:00",
    "attendees": 12,
    "organizations": "Association de test (exemple)",
    "address": "1 place de l'Exemple",
    "location": {"fr": "Hôtel de ville"},
    "url": "https://nous.example/meetings/12",
    "published": True,
}
MEETINGS = (
    "id;category/id;category/name/fr;participatory_space/id;participatory_space/url;title/fr;title/en;description/fr;"
    "start_time;end_time;attendees;address;location/fr;url;published\n"
    "12;3;Budget participatif;1;https://nous.example/a;Atelier du budget (exemple);;"
    '"<p>On <strong>choisit</strong> ensemble.</p>";2026-12-03 18:00:00;2026-12-03 20:00:00;12;1 place de l\'Exemple;'
    "Hôtel de ville;https://nous.example/meetings/12;true\n"
    "13;;;1;https://nous.example/a;Atelier caché (exemple);;Texte;2026-12-04 18:00:00;;;;;;false\n"
    "14;;;1;https://nous.example/a;Été comme hiver (exemple);;Texte;2026-07-03 18:00:00 UTC;;;;;;\n"
).encode()


@pytest.mark.parametrize("content", [[MEETING], MEETINGS], ids=["json", "csv"])
def test_a_meeting_of_decidim_is_at_its_hour_in_town(content: object) -> None:
    meeting = built(content).items[0]
    assert (meeting.kind, meeting.title) == (Kind.MEETING, "Atelier du budget (exemple)")
    assert meeting.occurrences == (Occurrence(at(2026, 12, 3, 19), at(2026, 12, 3, 21)),)
    assert meeting.place == "Hôtel de ville"
    assert meeting.description == "On choisit ensemble.\nAdresse : 1 place de l'Exemple."
    assert meeting.url == "https://nous.example/meetings/12"
    assert meeting.association is None
    assert "Association de test" not in str(meeting)


def test_a_meeting_that_is_not_published_is_passed_over_and_an_empty_flag_is_no_no() -> None:
    load = read(MEETINGS)
    assert skipped(load) == {3: "non publiée dans Decidim"}
    summer = built(MEETINGS).items[1]
    assert summer.occurrences == (Occurrence(at(2026, 7, 3, 20)),)


# --- What is none of these


def test_a_table_that_staff_type_is_no_feed_even_with_words_of_one() -> None:
    typed = b"title;start_time;Lieu\nBal (exemple);2026-12-05;Salle\n"
    load = read(typed)
    assert "occurrences" not in load.tables[0].headers
    named = b"Nom;Date;Description\nBal (exemple);5/12/2026;a/b\n"
    assert item(named).occurrences == (Occurrence(date(2026, 12, 5)),)


@pytest.mark.parametrize(
    "records",
    [
        [{"order": {"id": 1}, "payer": {"email": "a@b.example"}, "amount": 500}],
        [{"id": 1, "user": {"firstName": "A", "lastName": "B"}, "name": "Adhésion"}],
        [{"firstName": "Camille", "lastName": "Exemple"}],
        [{"id": 1, "title": {"fr": "P"}, "body": {"fr": "B"}, "endorsements": {"user_endorsements": ["Camille"]}}],
    ],
    ids=["orders", "participants", "members", "proposals"],
)
@pytest.mark.parametrize("wrap", [lambda records: records, lambda records: {"data": records, "pagination": {}}])
def test_what_lists_people_is_refused_by_name(records: list[Any], wrap: Any) -> None:
    load = read(wrap(records))
    assert load.tables == ()
    (problem,) = load.problems
    assert (problem.code, problem.severity) == ("people", "error")
    assert "HelloAsso" in problem.wanted
    assert "Camille" not in str(problem)


def test_the_csv_of_a_ticket_office_is_refused_too() -> None:
    header = "Numéro de billet;Référence commande;Nom participant;Prénom participant;Nom payeur;Email payeur;Tarif"
    load = read(f"{header}\n1;2;Exemple;Camille;Exemple;c@exemple.example;5\n".encode())
    assert [problem.code for problem in load.problems] == ["people"]
    assert load.tables == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"lignes": 3}, "n'est d'aucune sorte connue"),
        ([1, 2, 3], "n'est d'aucune sorte connue"),
        (b'{"events": [{"uid": 1}', "abîmé ou coupé"),
        (b'{"a": ' + b"[" * 100_000, "abîmé ou coupé"),
    ],
)
def test_other_json_is_a_sentence(content: object, said: str) -> None:
    with pytest.raises(SourceUnreadable, match=said):
        read(content)


def test_an_empty_feed_is_a_warning() -> None:
    load = read({"total": 0, "events": [], "after": None})
    assert [(problem.severity, problem.code) for problem in load.problems] == [("warning", "empty")]


@pytest.mark.parametrize(
    "wrong", [None, 12, "texte", [], {}, {"uid": {"a": 1}, "title": [[["x"]]], "timings": {"a": 1}}]
)
def test_a_broken_record_breaks_no_other(wrong: object) -> None:
    whole = built({"events": [EVENT, wrong, {**EVENT, "uid": 2, "title": "Autre (exemple)"}]})
    assert [found.title for found in whole.items] == ["Bal des associations (exemple)", "Autre (exemple)"]
    assert whole.sources[0].rows == 3


def test_any_value_may_be_anything() -> None:
    odd: list[Any] = [
        None,
        True,
        -1,
        1e300,
        "",
        "x" * 50,
        "9" * 5000,
        [],
        {},
        [{}],
        {"fr": None},
        {"id": []},
        "[",
        "{}",
    ]
    known: list[Mapping[str, Any]] = [EVENT, FLAT, AID, SCHEME, MEETING]
    for record in known:
        broken = [{**record, key: value} for key in record for value in odd]
        load = read([record, *broken])
        (table,) = load.tables
        assert table.rows == len(broken) + 1 == len(table.frame) + len(table.skipped)


def test_half_a_character_is_left_out() -> None:
    whole = built(json.dumps(agenda(title="Bal \ud83d (exemple) Ã© \x00", status=6)).encode())
    assert whole.items[0].title == "Bal (exemple) Ã©"
    assert str(whole.problems).encode()


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-1100", "2026-13-01", "", None, 12])
def test_days_that_no_calendar_has(written: object) -> None:
    built(agenda(timings=[{"begin": written, "end": written}]))
    built([{**AID, "submission_deadline": written}])
    built([{**MEETING, "start_time": written}])


# --- Markup


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("<p>Un</p>\n<p>deux</p>", "Un\ndeux"),
        ("Un<br/>deux", "Un\ndeux"),
        ("<ul><li>a</li><li>b</li></ul>", "• a\n• b"),
        ("<p>avant<script>alert('<p>x</p>')</script><style>p{}</style>après</p>", "avantaprès"),
        ("<p onclick='x()'>Bonjour <img src=x onerror=alert(1)></p>", "Bonjour"),
        ('<p><a href="https://a.example/b">ici</a></p>', "ici (https://a.example/b)"),
        ('<p><a href="https://a.example">https://a.example</a></p>', "https://a.example"),
        ('<p><a href="javascript:alert(1)">ici</a></p>', "ici"),
        ("<p>Caf&eacute; &amp; th&#233;</p>", "Café & thé"),
        ("<p>jamais fermé <b>gras", "jamais fermé gras"),
        ("<script>alert(1)", None),
        ("# Titre\n\nUn **gras** et un *italique*, `code`", "Titre\nUn gras et un italique, code"),
        ("- un\n* deux", "• un\n• deux"),
        ("[ici](https://a.example/b) et [là](javascript:alert)", "ici (https://a.example/b) et là"),
        ("![affiche](https://a.example/a.jpg)Texte", "Texte"),
        ("> cité\n\n---\nfin", "cité\nfin"),
        ("5 * 3 * 2 et un_nom_de_fichier", "5 * 3 * 2 et un_nom_de_fichier"),
        ("L\\*étoile", "L*étoile"),
        ("", None),
        (None, None),
    ],
)
def test_html_and_markdown_become_plain_text(written: str | None, text: str | None) -> None:
    assert plain(written) == text


@pytest.mark.parametrize(
    "piece", ["<", "<!--", "<a href='", "&#", "**a", "[a](", "<p", "</", "<![CDATA[", "*_*_", "\\", "`"]
)
def test_broken_markup_takes_no_time(piece: str) -> None:
    before = datetime.now(PARIS)
    for _ in range(5):
        plain(piece * 100_000)
    assert (datetime.now(PARIS) - before).total_seconds() < 2


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (True, True),
        ("oui", True),
        ("1", True),
        (False, False),
        ("Non", False),
        (None, None),
        ("", None),
        ("peut-être", None),
    ],
)
def test_null_is_no_no(written: object, said: bool | None) -> None:
    assert values.flag(written) is said


# --- From the server to the catalogue


def test_every_feed_is_read_from_a_server(tmp_path: Path) -> None:
    calendar = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Chorale (exemple)\r\n"
        "DTSTART;TZID=Europe/Paris:20261210T190000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    routes = {
        "/v2/agendas/1/events": Reply(json.dumps(agenda()).encode(), "application/json"),
        "/api/records/1.0/": Reply(json.dumps([{**FLAT, "title_fr": "Fête (exemple)"}]).encode(), "application/json"),
        "/api/aids": Reply(json.dumps({"results": [AID], "next": None}).encode(), "application/json"),
        "/export": Reply(EXPORT.encode(), "text/csv"),
        "/meetings.csv": Reply(MEETINGS, "text/csv"),
        "/dispositifs.json": Reply(json.dumps([SCHEME]).encode(), "application/json"),
        "/calendars/asso": Reply(calendar.encode(), "text/calendar"),
        "/spreadsheets/d/e/2PACX/pub": Reply(b"Titre,Date\r\nLoto (exemple),06/12/2026\r\n", "text/csv"),
        "/s/partage/download": Reply(
            "Titre;Date\nVœux (exemple);9/1/2027\n".encode("cp1252"), "application/octet-stream"
        ),
    }
    with serving(routes) as server:
        sources = tuple(Source(path=server.url(path)) for path in routes)
        config = Config(folder=tmp_path, sources=sources, fetch=Fetch(allow=("127.0.0.1",)))
        found = pipeline.load(config, as_of=AS_OF)
    assert [problem for problem in found.problems if problem.severity == "error"] == []
    assert {each.title.removesuffix(" (exemple)") for each in found.items} == {
        "Bal des associations", "Fête", "Soutien à la vie associative", "Fonds local", "Appel", "Atelier du budget",
        "Été comme hiver", "Appel des jeunes", "Chorale", "Loto", "Vœux",
    }  # fmt: skip
    for count in found.sources:
        assert count.rows == count.items + count.merged + count.refused + len(count.skipped)
