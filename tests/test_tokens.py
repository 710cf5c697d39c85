"""Tokens: what is signed comes back, and nothing else does."""

import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from newsletter import tokens
from newsletter.errors import ConfigError, TokenRefused
from newsletter.tokens import Signer

NEW, OLD = "a new secret of the town", "an old secret of the town"
SIGNER = Signer([NEW])
NOW = datetime(2021, 12, 7, 9, 0, tzinfo=UTC)


@given(some.text(), some.sampled_from(["unsubscribe", "confirm", "preferences"]))
def test_what_is_signed_comes_back(value: str, purpose: str) -> None:
    assert SIGNER.read(purpose, SIGNER.sign(purpose, value)) == value


def test_a_token_is_short_and_fits_in_a_link() -> None:
    token = SIGNER.sign("unsubscribe", "6f1c1c52b7de4a4f9a0b61aa")
    assert len(token) <= 80
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


@given(some.text())
def test_whatever_is_typed_is_refused_with_a_sentence(token: str) -> None:
    with pytest.raises(TokenRefused, match="ce lien n’est pas valable"):
        SIGNER.read("unsubscribe", token)


def test_each_letter_of_a_token_counts() -> None:
    token = SIGNER.sign("unsubscribe", "12")
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
    others = [token[:n] + letter + token[n + 1 :] for n in range(len(token)) for letter in letters]
    others += [token[:n] for n in range(len(token))] + [token + "A", token + "=", f" {token}", token.upper()]
    for other in set(others) - {token}:
        with pytest.raises(TokenRefused):
            SIGNER.read("unsubscribe", other)


@pytest.mark.parametrize("signer", [Signer([OLD]), Signer([OLD, "another secret of the town"])])
def test_another_secret_is_refused(signer: Signer) -> None:
    with pytest.raises(TokenRefused):
        SIGNER.read("unsubscribe", signer.sign("unsubscribe", "12"))


@pytest.mark.parametrize("purpose", ["confirm", "", "unsubscribe ", "unsubscribe with a time"])
def test_a_token_for_another_purpose_is_refused(purpose: str) -> None:
    with pytest.raises(TokenRefused):
        SIGNER.read("unsubscribe", SIGNER.sign(purpose, "12"))


def test_links_already_sent_survive_a_new_secret() -> None:
    sent = Signer([OLD]).sign("unsubscribe", "12")
    rotated = Signer([NEW, OLD])
    assert rotated.read("unsubscribe", sent) == "12"
    assert rotated.sign("unsubscribe", "12") == Signer([NEW]).sign("unsubscribe", "12")


def test_a_token_with_an_age_is_refused_when_it_is_too_old() -> None:
    week, token = timedelta(days=7), SIGNER.sign("confirm", "12", at=NOW)
    assert SIGNER.read("confirm", token, at=NOW + week, max_age=week) == "12"
    for moment in (NOW + week + timedelta(seconds=1), NOW - timedelta(seconds=1)):
        with pytest.raises(TokenRefused, match="trop ancien"):
            SIGNER.read("confirm", token, at=moment, max_age=week)


def test_an_age_is_not_lost_nor_added() -> None:
    with pytest.raises(TokenRefused):
        SIGNER.read("confirm", SIGNER.sign("confirm", "12", at=NOW))
    with pytest.raises(TokenRefused):
        SIGNER.read("confirm", SIGNER.sign("confirm", "12"), at=NOW, max_age=timedelta(days=7))


# ---- where secrets come from -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (NEW, [NEW]),
        (f"{NEW},{OLD}", [NEW, OLD]),
        (f" {NEW} , {OLD} ,", [NEW, OLD]),
    ],
)
def test_secrets_of_the_environment(tmp_path: Path, written: str, read: list[str]) -> None:
    assert tokens.secrets(tmp_path, {"NEWSLETTER_SECRET": written}) == read
    assert not list(tmp_path.iterdir())


def test_a_short_secret_is_refused_and_not_printed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        tokens.secrets(tmp_path, {"NEWSLETTER_SECRET": f"{NEW},motdepasse"})
    assert "16 caractères" in str(refused.value)
    assert "motdepasse" not in str(refused.value)


@pytest.mark.parametrize("environ", [{}, {"NEWSLETTER_SECRET": ""}, {"NEWSLETTER_SECRET": " , "}])
def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path, environ: dict[str, str]) -> None:
    made = tokens.secrets(tmp_path / "var", environ)
    assert len(made[0]) >= 40
    assert tokens.secrets(tmp_path / "var", environ) == made
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret"]
    assert stat.S_IMODE((tmp_path / "var" / "secret").stat().st_mode) == 0o600


def test_processes_that_start_together_share_one_secret(tmp_path: Path) -> None:
    asking = "import sys; from pathlib import Path; from newsletter import tokens; sys.stdin.read(1); "
    asking += f"print(tokens.secrets(Path({str(tmp_path)!r}), {{}}))"
    started = [
        subprocess.Popen([sys.executable, "-c", asking], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = {process.communicate("x")[0] for process in started}
    assert len(answers) == 1
    assert "['" in answers.pop()


@pytest.mark.parametrize("content", [b"", b"court\n", "é".encode() * 40])
def test_a_spoilt_secret_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(ConfigError, match="secret des liens"):
        tokens.secrets(tmp_path, {})


def test_a_folder_in_its_place_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    with pytest.raises(ConfigError, match="ne peut pas être lu"):
        tokens.secrets(tmp_path, {})
