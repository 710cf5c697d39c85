"""config.toml: frozen settings, and every fault at once."""

from pathlib import Path

import pytest

from newsletter import config
from newsletter.errors import ConfigError
from newsletter.model import Kind


def load(folder: Path, text: str) -> config.Config:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path)


def faults(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as refused:
        load(folder, text)
    return refused.value.faults


def test_an_empty_file_is_a_whole_configuration(tmp_path: Path) -> None:
    settings = load(tmp_path, "")
    assert list(settings.audiences) == ["public", "associations"]
    assert settings.delivery.transport == "files"
    assert settings.folder == tmp_path


def test_an_audience_given_in_part_keeps_its_other_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path, '[audiences.public]\ntitle = "La quinzaine"\n')
    assert settings.audiences["public"].title == "La quinzaine"
    assert settings.audiences["public"].sections[0] is Kind.EVENT
    assert settings.audiences["associations"].sections[0] is Kind.CALL


def test_an_audience_without_sections_is_no_letter(tmp_path: Path) -> None:
    assert list(load(tmp_path, "[audiences.associations]\nsections = []\n").audiences) == ["public"]


def test_one_letter_for_who_reads_several_is_said_beside_the_audiences(tmp_path: Path) -> None:
    settings = load(tmp_path, '[audiences]\nboth = "associations"\n[audiences.public]\ntitle = "La quinzaine"\n')
    assert settings.both == "associations"
    assert list(settings.audiences) == ["public", "associations"]
    assert load(tmp_path, "").both is None
    named = load(tmp_path, '[audiences.both]\ntitle = "Les deux rives"\n')
    assert (named.both, list(named.audiences)) == (None, ["public", "associations", "both"])


def test_a_new_audience_is_a_stanza(tmp_path: Path) -> None:
    settings = load(tmp_path, '[audiences.jeunes]\ntitle = "La lettre des jeunes"\nwords = ["ados"]\n')
    assert settings.audiences["jeunes"].sections == tuple(Kind)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[town]\ntimezone = "Europe/Pariss"', "town.timezone : « Europe/Pariss » n'est pas un fuseau horaire"),
        ('[town]\nsender = "mairie"', "town.sender : « mairie » n'est pas une adresse"),
        ('[town]\ncolour = "#123456"', "town.colour : cette clé n'existe pas ; vouliez-vous « color » ?"),
        ('[town]\ncolor = "bleu"', "town.color : « bleu » n'est pas une couleur"),
        ('[site]\nurl = "lettre.ville.fr"', "site.url : « lettre.ville.fr » n'est pas une adresse de site"),
        ("[site]\nport = 99999", "site.port : « 99999 » doit être au plus 65535"),
        ('[[sources]]\npath = "a.csv"\nkind = "concert"', "sources[1].kind : « concert » n'est pas connu ; au choix :"),
        ('[[sources]]\nkind = "event"', "sources[1].path : cette clé manque"),
        ('[[sources]]\npath = "a"\naudiences = ["ados"]', "sources[1].audiences : « ados » n'est pas une audience"),
        ('[audiences]\nboth = "ados"', "audiences.both : « ados » n'est pas une audience de ce fichier (public, assoc"),
        ("[audiences]\nboth = true", "audiences.both : « true » doit être un texte entre guillemets"),
        ('both = "public"', "both : cette clé n'existe pas"),
        ("[retention]\nunconfirmed_days = 30", "retention.unconfirmed_days : « 30 » doit être au plus 7"),
        ("[retention]\nrenew = 1", "retention.renew : cette clé n'existe pas"),
        ('[audiences.public]\njour = "mardi-soir"', "audiences.public.jour : cette clé n'existe pas"),
        ('[audiences.public]\nsections = ["bal"]', "audiences.public.sections[1] : « bal » n'est pas connu"),
        ('[schedule]\nsend = "1er mardi"', "schedule.send : « 1er mardi » n'est pas un jour d'envoi"),
        ('[schedule]\nsend = "31 09:00"', "schedule.send : « 31 09:00 » n'est pas un jour d'envoi"),
        ('[schedule]\ndraft = "hier"', "schedule.draft : « hier » n'est pas un moment avant l'envoi"),
        ("[schedule]\nlate_by = 0", "schedule.late_by : « 0 » doit être au moins 1"),
        ('[schedule]\nworking_days = "oui"', "schedule.working_days : « oui » doit être true ou false"),
        ('[store]\nurl = "mysql://x"', "store.url : « mysql://x » n'est pas une base"),
        ('[delivery]\ntransport = "pigeon"', "delivery.transport : « pigeon » n'est pas connu"),
        ('[delivery.smtp]\nsecurity = "ssl"', "delivery.smtp.security : « ssl » n'est pas connu"),
        ('[delivery]\nreturn_path = "retours"', "delivery.return_path : « retours » n'est pas une adresse de retour"),
        ('[delivery]\nreturn_path = "élus@ville.fr"', "delivery.return_path : « élus@ville.fr » n'est pas"),
        (f'[delivery]\nreturn_path = "{"r" * 27}@ville.fr"', "delivery.return_path"),
        ('[delivery.mailbox]\nhost = "x"', "delivery.mailbox.user : cette clé manque"),
        (
            '[delivery.mailbox]\nuser = "x"\nboite = 1',
            "delivery.mailbox.boite : cette clé n'existe pas ; clés connues : h",
        ),
        ('[delivery.smtp]\ndkim_key = "k.pem"', "delivery.smtp : dkim_key, dkim_selector et dkim_domain vont ensemble"),
        ('[delivery.smtp]\ndkim_domain = "a b"', "delivery.smtp.dkim_domain : « a b » n'est pas un nom du DNS"),
        ("folder = '/'", "folder : cette clé n'existe pas"),
        ("town = 3", "town : « 3 » doit être une table de clés"),
        ("town = [", "ce n'est pas du TOML"),
    ],
)
def test_each_fault_is_a_sentence_with_its_path(tmp_path: Path, text: str, sentence: str) -> None:
    assert sentence in "\n".join(faults(tmp_path, text))


def test_three_mistakes_are_three_sentences(tmp_path: Path) -> None:
    found = faults(tmp_path, '[town]\ntimezone = "Paris"\n[site]\nport = "x"\n[[sources]]\npath = "a"\nkind = "bal"\n')
    assert [fault.split(" : ")[0] for fault in found] == ["town.timezone", "site.port", "sources[1].kind"]


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="newsletter init"):
        config.load(tmp_path / "config.toml")


def test_a_folder_and_a_file_in_another_encoding_are_sentences_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ne peut pas être lu"):
        config.load(tmp_path)
    (tmp_path / "config.toml").write_bytes('[town]\nname = "Évry"'.encode("cp1252"))
    with pytest.raises(ConfigError, match="UTF-8"):
        config.load(tmp_path / "config.toml")


@pytest.mark.parametrize(
    ("written", "returns"),
    [
        ("", None),
        ('return_path = "retours@ville.fr"', "retours@ville.fr"),
        ('mailbox = {user = "boite@ville.fr"}', "boite@ville.fr"),
        ('mailbox = {user = "boite"}', None),
        ('return_path = "r@ville.fr"\nmailbox = {user = "boite@ville.fr"}', "r@ville.fr"),
    ],
)
def test_what_comes_back_comes_to_the_mailbox_that_is_read(tmp_path: Path, written: str, returns: str | None) -> None:
    assert load(tmp_path, f"[delivery]\n{written}").delivery.returns == returns


def test_settings_do_not_change(tmp_path: Path) -> None:
    settings = load(tmp_path, "")
    with pytest.raises(ValueError, match="frozen"):
        settings.town.name = "Autre"  # type: ignore[misc]
