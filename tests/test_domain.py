"""The sender's domain: what is published, as receivers read it."""

import pytest
from dns_server import knowing

from newsletter import domain

NAME = "lettre.ville.example"
SPF, KEY, DMARC = "v=spf1 include:relais.example -all", "v=DKIM1; k=rsa; p=" + "A" * 400, "v=DMARC1; p=none"
GOOD = {NAME: [SPF, "google-site=1"], f"s1._domainkey.{NAME}": [KEY], f"_dmarc.{NAME}": [DMARC]}


def looked(texts: dict[str, list[str]]) -> dict[str, tuple[str, str]]:
    with knowing(texts) as resolver:
        return {one.name.split()[0]: (one.state, one.said) for one in domain.look(NAME, ["s1"], resolver)}


def test_a_domain_in_order() -> None:
    assert {name: state for name, (state, _) in looked(GOOD).items()} == {
        "SPF": "right", "DKIM": "right", "DMARC": "right",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "wrong", "said"),
    [
        ({NAME: []}, "SPF", "aucun enregistrement"),
        ({NAME: ["v=spf10 -all"]}, "SPF", "aucun enregistrement"),
        ({NAME: [SPF, "v=spf1 -all"]}, "SPF", "n’en gardez qu’un"),
        ({NAME: ["v=spf1 +all"]}, "SPF", "n’importe qui"),
        ({NAME: ["v=spf1 all"]}, "SPF", "n’importe qui"),
        ({f"s1._domainkey.{NAME}": ["v=DKIM1; p="]}, "DKIM", "révoquée"),
        ({f"s1._domainkey.{NAME}": []}, "DKIM", "aucune clé"),
        ({f"_dmarc.{NAME}": []}, "DMARC", "ajoutez _dmarc"),
        ({f"_dmarc.{NAME}": [DMARC, DMARC + "; pct=5"]}, "DMARC", "n’en gardez qu’un"),
        ({f"_dmarc.{NAME}": ["v=DMARC1; rua=mailto:x@y.example"]}, "DMARC", "p="),
        ({f"_dmarc.{NAME}": [], "_dmarc.ville.example": [DMARC]}, None, ""),  # of the domain above
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(change: dict[str, list[str]], wrong: str | None, said: str) -> None:
    found = looked({**GOOD, **change})
    assert [name for name, (state, _) in found.items() if state != "right"] == ([wrong] if wrong else [])
    if wrong:
        assert said in found[wrong][1]


def test_a_name_that_is_not_there_is_no_silence() -> None:
    assert {state for state, _ in looked({}).values()} == {"wrong"}


def test_a_dns_that_keeps_silent_is_not_held_against_the_domain() -> None:
    with knowing(GOOD, silent=True) as resolver:
        found = domain.look(NAME, ["s1"], resolver)
    assert {one.state for one in found} == {"unknown"}
    assert "ne répond pas" in found[0].said
