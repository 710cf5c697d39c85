"""The workbooks that the call for news leads to: there for every kind, made once, and what is read of them is right."""

from pathlib import Path

import httpx
import openpyxl
from hook_server import serving
from mailing_office import NOW

from newsletter.config import Config, Town
from newsletter.model import Kind
from newsletter.pipeline.models import model_of, path_of
from newsletter.store import Store
from newsletter.web.statics import WORKBOOK


def settings(folder: Path, name: str = "Ville (exemple)") -> Config:
    return Config(folder=folder, town=Town(name=name))


def test_a_page_gives_the_empty_workbook_of_a_kind(tmp_path: Path) -> None:
    with (
        Store.open("sqlite:///newsletter.db", tmp_path) as store,
        serving(settings(tmp_path), store, lambda: NOW) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client,
    ):
        answer = client.get(path_of(Kind.TRAINING))
        assert (answer.status_code, answer.headers["content-type"]) == (200, WORKBOOK)
        assert 'filename="training.xlsx"' in answer.headers["content-disposition"]
        (tmp_path / "a.xlsx").write_bytes(answer.content)
        assert "Ville (exemple)" in openpyxl.load_workbook(tmp_path / "a.xlsx").active["A1"].value
        assert client.get("/modeles/fanfare.xlsx").status_code == 404
        assert client.get("/modeles/..%2Fnewsletter.xlsx").status_code == 404


def test_it_is_made_once_for_these_settings(tmp_path: Path) -> None:
    first = model_of(settings(tmp_path), Kind.NEWS)
    made = first.stat().st_mtime_ns
    assert model_of(settings(tmp_path), Kind.NEWS) == first
    assert first.stat().st_mtime_ns == made
    assert model_of(settings(tmp_path, "Ailleurs (exemple)"), Kind.NEWS) != first
