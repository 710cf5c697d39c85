"""Drafting: a month composed in a process of its own, so that the service never holds what only composing needs.

    compose_apart   the settings and a month in, what there is to say of its letters out
    main            python -m newsletter.pipeline.drafting: both on standard input, the answer on its output

pandas and premailer are 100 MB, once a month. Never here: a clock.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from newsletter.config import Config
from newsletter.errors import NewsletterError, StoreError
from newsletter.pipeline.composing import Plan, compose, name_of, write
from newsletter.store import Store

SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft: letters' subjects, its digest, how many rows have errors and warnings, what checks say."""

    digest: str
    subjects: Mapping[str, str]
    errors: int
    warnings: int
    findings: tuple[str, ...]
    kept: bool


def compose_apart(config: Config, month: date, at: datetime) -> Drafted:
    """Composes and keeps the month's draft. An approved edition stays. Raises what composing raises, as StoreError."""
    given = {"config": config.model_dump(mode="json"), "month": month.isoformat(), "at": at.isoformat()}
    command = [sys.executable, "-m", "newsletter.pipeline.drafting"]
    try:
        done = subprocess.run(
            command, input=json.dumps(given), capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise StoreError(f"la composition de {month:%Y-%m} n’a pas fini en dix minutes ; newsletter compose") from None
    if done.returncode:
        last = (done.stdout or done.stderr).strip().splitlines()[-1:]
        raise StoreError(f"{month:%Y-%m} ne se compose pas : {' '.join(last) or done.returncode}")
    said = json.loads(done.stdout)
    return Drafted(**{**said, "findings": tuple(said["findings"])})


def main() -> int:
    """Composes what standard input says."""
    given = json.load(sys.stdin)
    config = Config.model_validate(given["config"])
    month, at = date.fromisoformat(given["month"]), datetime.fromisoformat(given["at"])
    try:
        with Store.open(config.store.url, config.folder) as store:
            made = compose(config, store, Plan(month, at, by="le programme"))
        write(config, made, made.letters, config.var / "drafts" / name_of(month))
    except NewsletterError as error:
        sys.stdout.write(str(error).replace("\n", " ; "))
        return 2
    severities = [problem.severity for problem in made.catalogue.problems]
    answer = {
        "digest": made.edition.digest,
        "subjects": {name: letter.subject for name, letter in made.letters.items()},
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
        "findings": [f"{name} : {one.message}" for name, found in made.findings.items() for one in found],
        "kept": made.kept,
    }
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
