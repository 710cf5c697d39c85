"""The command in a process of its own, forked from one that has imported it all: that takes longer than most commands.

A few tests start it from nothing instead (test_walk, test_wheel, test_web_run…), as a town does.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from typing import Any, NoReturn

ROOT = Path(__file__).parent.parent
SECONDS = 60


def newsletter(
    folder: Path, *words: str, given: str = "", env: Mapping[str, str] | None = None
) -> CompletedProcess[str]:
    """Runs the command in a town's folder."""
    return command("--config", str(folder / "config.toml"), *words, folder=folder, given=given, env=env)


def command(*words: str, folder: Path, given: str = "", env: Mapping[str, str] | None = None) -> CompletedProcess[str]:
    """Runs the command. `env`: what is otherwise than here."""
    with tempfile.TemporaryDirectory() as aside:
        ins, outs, errors = (Path(aside, name) for name in ("in", "out", "errors"))
        ins.write_text(given, "utf-8")
        pipes = [str(ins), str(outs), str(errors)]
        status = _forge().ask(
            {"words": words, "folder": str(folder), "env": {**os.environ, **(env or {})}, "pipes": pipes}
        )
        return CompletedProcess(["newsletter", *words], status, outs.read_text("utf-8"), errors.read_text("utf-8"))


class _Forge:
    """The process that has imported it all, and forks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def ask(self, asked: Mapping[str, Any]) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline()
        if said.strip() == "late":
            raise TimeoutExpired(list(asked["words"]), SECONDS)
        return int(said)


@cache
def _forge() -> _Forge:
    return _Forge()


def _serve() -> None:
    """In that process: a line asks for a command, a line says how it ended."""
    from newsletter.cli import main
    from newsletter.pipeline import drafting

    drafting.warm()
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(asked, main)
        sys.stdout.write(f"{_ended(child)}\n")
        sys.stdout.flush()


def _ended(child: int) -> int | str:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return "late"


def _become(asked: Mapping[str, Any], main: Callable[[], None]) -> NoReturn:
    """The command; it ends here."""
    for number, (path, flags) in enumerate(
        zip(asked["pipes"], (os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT] * 2), strict=True)
    ):
        os.dup2(os.open(path, flags, 0o600), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()
    sys.argv = ["newsletter", *asked["words"]]
    status = 0
    try:
        main()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 as an interpreter does: a test looks for it
        traceback.print_exc()
        status = 1
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    _serve()
