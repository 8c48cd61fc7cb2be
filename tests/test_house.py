"""The house rules, held by tests: import order, sizes, the two doors, and documents that do not lag."""

import ast
import logging
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from importlinter import cli as linter
from starlette.routing import Match, Route

from app import web
from app.main import routers
from app.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
APP = sorted((ROOT / "app").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONG = 300
TOO_LONG = 400
NAMELESS = {"utils", "helpers", "common", "services", "managers", "schemas", "base", "misc"}
INSIDE = {
    "routes",
    "commands",
    "queries",
    "models",
}  # a package's files that know each other in this order alone
KEPT = [
    path
    for part in (
        "app",
        "bench",
        "docs",
        "migrations",
        "static/js",
        "static/css",
        "templates",
        "tests",
        ".ci",
        "",
    )
    for path in sorted((ROOT / part).glob("**/*" if part else "*"))
    if path.is_file()
    and path.suffix in {".py", ".html", ".js", ".css", ".md", ".yaml", ".yml", ".toml", ".ini", ".mako", ""}
    and not path.name.startswith(".env")
]
# Of packages' indexes, and of the machine that something was made on: neither is anybody else's.
ELSEWHERE = re.compile(
    r"pypi\.(org|python)|pythonhosted\.org|registry\.npmjs|(?<![\w./-])/(home|Users|root|work|mnt|tmp|opt)/\w"
)


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_packages_import_downwards_only(capsys: pytest.CaptureFixture[str]) -> None:
    heard = [one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    silent = [one.disabled for one in heard]
    status = linter.lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    for logger, disabled in zip(heard, silent, strict=True):
        logger.disabled = (
            disabled  # the linter silences every logger there is, and so the tests after this one
        )
    assert status == linter.EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_the_order_inside_is_held_of_every_package_that_has_one() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    held = next(one["containers"] for one in told if one["id"] == "inside")
    having = Counter(path.parent.name for path in APP if path.stem in INSIDE)
    assert {f"app.{name}" for name, files in having.items() if files > 1} <= set(held)


@pytest.mark.parametrize("path", [*APP, *TESTS, *sorted((ROOT / "bench").rglob("*.py"))], ids=named)
def test_no_python_file_is_too_long(path: Path) -> None:
    assert lines(path) <= TOO_LONG


def test_almost_every_python_file_is_short() -> None:
    long = [named(path) for path in APP if lines(path) > LONG]
    assert len(long) <= len(APP) // 20, long


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=named)
def test_no_template_is_too_long(path: Path) -> None:
    assert lines(path) <= 150


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=named)
def test_no_template_breaks_a_request_off(path: Path) -> None:
    """htmx writes an error to the console for each one that `replace` or `abort` breaks off; `queue last` waits."""
    assert not re.search(r'hx-sync="[^"]*\b(replace|abort)\b', path.read_text("utf-8"))


@pytest.mark.parametrize("path", sorted((ROOT / "static" / "js").rglob("*.js")), ids=named)
def test_no_script_is_too_long(path: Path) -> None:
    assert lines(path) <= 200


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{named(path)}:{node.name}", (node.end_lineno or 0) - node.lineno + 1


def test_no_function_is_longer_than_40_lines() -> None:
    assert [(name, size) for path in APP for name, size in functions(path) if size > 40] == []


def test_no_route_does_more_than_15_lines() -> None:
    routes = [
        (named(path), node.name, (node.end_lineno or 0) - node.body[0].lineno + 1)
        for path in APP
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(re.match(r"(static_)?router\.|health\.", ast.unparse(one)) for one in node.decorator_list)
    ]
    assert len(routes) > 30
    assert [(path, name, size) for path, name, size in routes if size > 15] == []


def test_every_package_opens_with_one_sentence_of_duty() -> None:
    for init in (ROOT / "app").rglob("__init__.py"):
        duty = ast.get_docstring(ast.parse(init.read_text("utf-8")))
        assert duty, named(init)
        assert "\n" not in duty, named(init)
        assert duty.endswith("."), named(init)


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [named(path) for path in APP if path.stem in NAMELESS or path.parent.name in NAMELESS] == []


OPENING = re.compile(
    r"\.(commit|rollback|begin|begin_nested|connect|raw_connection)\(\)|\b(Async)?Session\(|sessionmaker|scoped_session"
    r"|create_(async_)?engine|\b(sqlite3|psycopg)\.connect|[\"'](BEGIN( IMMEDIATE)?|COMMIT|ROLLBACK)[\"']"
)
# Migrations and the backup before them have connections of their own (design §4), and so has a lock.
OWN = {
    "app/schema.py": {".connect()", ".begin()", "sqlite3.connect"},
    "app/transcripts/locks.py": {".connect()"},
}


@pytest.mark.parametrize("path", [path for path in APP if named(path) != "app/db.py"], ids=named)
def test_only_the_two_doors_open_or_commit(path: Path) -> None:
    found = {match.group() for match in OPENING.finditer(path.read_text("utf-8"))}
    assert found == OWN.get(named(path), set())


def dependencies(of: Dependant) -> Iterator[object]:
    for one in of.dependencies:
        yield one.call
        yield from dependencies(one)


def test_no_dependency_of_a_route_does_anything_but_read() -> None:
    found = {
        call
        for router in routers()
        for route in router.routes
        if isinstance(route, APIRoute)
        for call in dependencies(route.dependant)
    }
    assert found == {web._reading}


def test_no_two_packages_answer_the_same_address() -> None:
    every = [(number, route) for number, router in enumerate(routers()) for route in router.routes]
    assert len(every) > 100
    for number, route in every:
        for method in route.methods:
            address = re.sub("{.+?}", "7", route.path)
            assert {other for other, one in every if answers(one, method, address)} == {number}, address


def answers(route: Route, method: str, path: str) -> bool:
    scope = {"type": "http", "path": path, "method": method, "root_path": "", "path_params": {}}
    return route.matches(scope)[0] == Match.FULL


def tables_of_others(path: Path, tree: ast.AST) -> set[str]:
    owners = {
        name.asname or name.name: node.module.split(".")[1]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and re.fullmatch(r"app\.\w+\.models", node.module or "")
        for name in node.names
        if name.name[0].isupper() and node.module
    }
    return {name for name, owner in owners.items() if owner != path.relative_to(ROOT / "app").parts[0]}


def test_a_package_alone_writes_its_tables() -> None:
    trees = [(path, ast.parse(path.read_text("utf-8"))) for path in APP]
    written = [
        f"{named(path)}:{node.lineno}"
        for path, tree in trees
        for others in [tables_of_others(path, tree)]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for made in [
            node.func,
            *(node.args if ast.unparse(node.func) in {"insert", "update", "delete"} else []),
        ]
        if isinstance(made, ast.Name) and made.id in others
    ]
    assert written == []


@pytest.mark.parametrize("path", [path for path in APP if path.parent.name != "cli"], ids=named)
def test_imports_stand_at_the_top(path: Path) -> None:
    inside = [
        f"line {inner.lineno}"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    allowed = {"app/schema.py": 2}.get(named(path), 0)  # Alembic is loaded only where something is to migrate
    assert len(inside) <= allowed, inside


def test_no_unfinished_work_is_left_lying() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    assert [named(path) for path in APP if marks.search(path.read_text("utf-8"))] == []


def test_no_file_names_a_package_index_or_a_place_on_one_machine() -> None:
    assert len(KEPT) > 400
    told = [(named(path), found[0]) for path in KEPT for found in ELSEWHERE.finditer(path.read_text("utf-8"))]
    assert told == []


def test_tests_are_more_than_the_product() -> None:
    assert sum(map(lines, TESTS)) > sum(map(lines, APP))


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    documented = set(re.findall(r"`STYLOSCOPE_([A-Z_]+)`", text))
    assert documented == {name.upper() for name in Settings.__dataclass_fields__}


def test_every_page_of_the_documentation_is_reachable_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    pages = sorted(path.name for path in (ROOT / "docs").glob("*.md"))
    assert [name for name in pages if f"docs/{name}" not in readme] == []


def test_the_image_is_made_of_what_is_there_and_runs_without_rights() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    copied = [
        name for line in re.findall(r"^COPY (?!--)(.+) \S+$", text, flags=re.M) for name in line.split()
    ]
    assert {"app", "templates", "static", "migrations", "Makefile"} <= set(copied)
    assert [name for name in copied if not (ROOT / name).exists()] == []
    left_out = {line.rstrip("/") for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()}
    assert {".git", ".env*", "data"} <= left_out
    assert not left_out & set(copied)
    assert text.rindex("USER styloscope") < text.rindex("CMD [")


def test_every_locked_package_has_a_hash_and_no_address() -> None:
    for lock in ROOT.glob("*.lock"):
        text = lock.read_text("utf-8")
        assert "://" not in text, lock.name
        pinned = re.findall(r"^[a-z0-9][^ \n]*==", text, flags=re.M)
        assert len(pinned) > 0
        assert text.count("--hash=sha256:") >= len(pinned), lock.name


def test_no_key_of_compare_has_two_owners() -> None:
    parts = [
        *(ROOT / "templates/compare").glob("*.html"),
        *(ROOT / "templates/transcripts").glob("_[ok]*.html"),
    ]
    show = (ROOT / "templates/compare/show.html").read_text("utf-8")
    modules = re.findall(r'"(\w+)"', re.findall(r"for name in \[(.*?)\]", show)[0])
    scripts = [(ROOT / f"static/js/{name}.js").read_text("utf-8") for name in modules]
    owned = {chord for script in scripts for chord in re.findall(r"onKey\('([^']+)'", script)}
    shown = [path.read_text("utf-8") for path in parts if not path.name.removeprefix("_").startswith("try")]
    pressed = {
        chord
        for text in shown
        for chord in re.findall(r'"((?:\w+\+)?(?:Key[A-Z]|Comma|Period|Slash))"', text)
    }
    assert {"KeyF", "KeyI"} <= owned
    assert {"KeyJ", "KeyW", "KeyY"} <= pressed
    assert not owned & pressed
