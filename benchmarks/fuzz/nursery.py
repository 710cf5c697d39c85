"""A program of `loaders/children`, started once and forked for each file: the same code, the same limits, in 2 ms.

As a program of its own (`nursery.py CHILD`): orders on standard input, what each child said on standard output.
Only the interpreter's start is spared; a child still sets its own limits, and still dies alone.
"""

import io
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from typing import IO, Any

LONGEST = 60  # seconds on the clock: a child that waits instead of working


class Nursery:
    """Stands in for `subprocess.run` where `sandbox` calls it. `cpu` and `said`: of the children since `forget`."""

    def __init__(self) -> None:
        self.open: dict[str, subprocess.Popen[bytes]] = {}
        self.forget()

    def forget(self) -> None:
        """Before another input."""
        self.cpu, self.said = 0.0, ""

    def run(self, command: Sequence[str], *, input: bytes, **others: Any) -> "subprocess.CompletedProcess[bytes]":
        """Like `subprocess.run`: `command` is an interpreter, its options, a child of ours and its arguments."""
        place = next(n for n, word in enumerate(command) if word.endswith(".py"))
        home = self.open.get(command[place]) or self._start(command[place])
        if home.stdin is None or home.stdout is None:
            raise RuntimeError("a nursery without pipes")
        home.stdin.write(json.dumps([len(input), *command[place + 1 :]]).encode() + b"\n" + input)
        home.stdin.flush()
        code, cpu, *sizes = json.loads(home.stdout.readline())
        out, err = (home.stdout.read(size) for size in sizes)
        self.cpu += cpu
        self.said += err.decode("utf-8", "replace")
        return subprocess.CompletedProcess(command, code, out, err)

    def _start(self, child: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-I", "-X", "utf8", __file__, child]
        self.open[child] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self.open[child]

    def close(self) -> None:
        """Sends everyone home."""
        for home in self.open.values():
            home.communicate()
        self.open.clear()


def main() -> None:
    """Serves until standard input ends."""
    child = runpy.run_path(sys.argv[1])["main"]
    while line := sys.stdin.buffer.readline():
        size, *arguments = json.loads(line)
        content = sys.stdin.buffer.read(size)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            number = os.fork()
            if not number:
                _live(child, [sys.argv[1], *arguments], content, (out, err))
            _, status, used = os.wait4(number, 0)
            said = [_all(file) for file in (out, err)]
        told = [os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, *map(len, said)]
        sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + b"".join(said))
        sys.stdout.buffer.flush()


def _all(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _live(child: Any, arguments: list[str], content: bytes, outputs: tuple[IO[bytes], IO[bytes]]) -> None:
    """The forked process: never returns."""
    signal.alarm(LONGEST)
    for number, file in enumerate(outputs, 1):
        os.dup2(file.fileno(), number)
    sys.argv = arguments
    sys.stdin = io.TextIOWrapper(io.BytesIO(content))
    code = 1
    try:
        child()
        sys.stdout.flush()
        code = 0
    except BaseException:  # as an interpreter does with what nobody caught
        traceback.print_exc()
        raise
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
