"""The rules of the house, read in the source: who may import whom, where each library lives, how long things grow."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent / "newsletter"
FLOORS = [
    {"model", "errors"},
    {"dates", "config", "timetable", "domain", "tokens", "fetch", "images", "speech", "apart", "store"},
    {"loaders", "catalogue", "composer", "checks", "audience", "notices", "delivery", "feedback"},
    {"pipeline"},
    {"scheduler", "web"},
    {"cli"},  # a command may open the other doors
    {"__main__"},
]
PURE = {"loaders", "catalogue", "composer", "checks"}
NETWORK = {"socket", "ssl", "smtplib", "http", "urllib.request", "requests", "httpx", "asyncio", "imaplib"}
HOMES = {
    "alembic": {"store"},
    "argon2": {"store"},
    "apscheduler": {"scheduler"},
    "babel": {"composer", "web", "notices", "speech"},
    "cryptography": {"delivery"},
    "cssselect": {"checks"},
    "cssutils": {"composer"},
    "dkim": {"delivery"},
    "dns": {"domain"},
    "email_validator": {"audience"},
    "fastapi": {"web"},
    "httpx": {"fetch"},
    "icalendar": {"loaders"},
    "itsdangerous": {"tokens"},
    "jinja2": {"composer", "notices", "web", "speech"},
    "lxml": {"composer", "checks"},
    "markupsafe": {"composer", "notices", "web"},
    "mjml": {"composer"},
    "openpyxl": {"loaders", "audience"},
    "pandas": {"loaders", "audience", "model"},  # model names the type of a Table's frame, and no more
    "PIL": {"images"},
    "premailer": {"composer"},
    "prometheus_client": {"web"},
    "pydantic": {"config"},
    "pydantic_core": {"config"},
    "python_calamine": {"loaders"},
    "python_http_client": {"delivery"},  # the client inside sendgrid
    "rapidfuzz": {"catalogue"},
    "recurring_ical_events": {"loaders"},
    "rich": {"cli"},
    "sendgrid": {"delivery", "feedback"},
    "sqlalchemy": {"store"},
    "starlette": {"web"},
    "typer": {"cli"},
    "uvicorn": {"web"},
    "watchfiles": {"web"},
}
CLOCKS = {("datetime", "now"), ("datetime", "today"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}


def _modules() -> Iterator[tuple[str, Path, ast.Module]]:
    for path in sorted(HOUSE.rglob("*.py")):
        inside = path.relative_to(HOUSE)
        if inside.parts[0] in ("carried", "__init__.py"):
            continue
        yield inside.parts[0].removesuffix(".py"), path, ast.parse(path.read_text(encoding="utf-8"))


MODULES = list(_modules())


def _of(rooms: set[str]) -> pytest.MarkDecorator:
    modules = [module for module in MODULES if module[0] in rooms]
    names = [str(path.relative_to(HOUSE)) for _, path, _ in modules]
    return pytest.mark.parametrize(("room", "path", "tree"), modules, ids=names)


every_module = _of({room for room, _, _ in MODULES})


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "newsletter" else []
            yield from names or [node.module or ""]


def _rooms(tree: ast.AST) -> set[str]:
    return {name.split(".")[1] for name in _imports(tree) if name.startswith("newsletter.")}


def _floor(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


@every_module
def test_every_room_is_on_the_plan_and_imports_downwards(room: str, path: Path, tree: ast.Module) -> None:
    assert any(room in rooms for rooms in FLOORS), f"{room} is not on the plan of the house"
    for other in _rooms(tree) - {room}:
        assert _floor(other) < _floor(room) or (_floor(room) < 2 and _floor(other) <= _floor(room)), (
            f"{path.name} imports {other}, which is not below it"
        )


@every_module
def test_each_library_is_at_home(room: str, path: Path, tree: ast.Module) -> None:
    foreign = {
        name.split(".")[0]
        for name in _imports(tree)
        if name.split(".")[0] not in sys.stdlib_module_names | {"newsletter"}
    }
    for library in foreign:
        assert library in HOMES, f"{library} has no home yet: give it one"
        assert room in HOMES[library], f"{path.name} uses {library}, which lives in {HOMES[library]}"


@_of(PURE)
def test_readers_and_writers_remember_nothing(room: str, path: Path, tree: ast.Module) -> None:
    names = set(_imports(tree))
    assert not names & NETWORK, f"{path.name} reaches for the network"
    assert not _rooms(tree) & {"store", "fetch"}, f"{path.name} reaches for the store or a download"


@_of({room for rooms in FLOORS[:4] for room in rooms})
def test_only_doors_read_the_clock(room: str, path: Path, tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ):
            assert (node.func.value.id, node.func.attr) not in CLOCKS, f"{path.name}:{node.lineno} reads the clock"


@every_module
def test_files_stay_under_four_hundred_lines(room: str, path: Path, tree: ast.Module) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_functions_stay_short() -> None:
    sizes = [
        ((node.end_lineno or 0) - node.lineno + 1, f"{path.name}:{node.name}", node)
        for _, path, tree in MODULES
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = sorted((size, name) for size, name, _ in sizes if size > 45)
    assert not long, f"longer than 45 lines: {long}"
    assert sum(size > 30 for size, _, _ in sizes) <= len(sizes) * 0.04, "nearly all functions stay under thirty lines"


def test_functions_take_few_parameters() -> None:
    crowded = [
        f"{path.name}:{node.name}"
        for room, path, tree in MODULES
        if room not in ("cli",)  # a command's parameters are its options
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and len([a for a in node.args.args if a.arg not in ("self", "cls")]) > 5
    ]
    assert not crowded, f"more than five positional parameters: {crowded}"


def test_nothing_is_swallowed_nor_left_for_later() -> None:
    for _, path, tree in MODULES:
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler) and (node.type is None or "Exception" in ast.unparse(node.type)):
                assert not all(isinstance(line, ast.Pass) for line in node.body), f"{path.name}:{node.lineno} swallows"
        assert "TODO" not in path.read_text(encoding="utf-8"), f"{path.name} leaves something for later"
