"""What a test is called, how long a story it tells, and what it is made of."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import ROOT

TESTS = ROOT / "tests"
LONGEST_NAME = 100
LONGEST_STORY = 55
WITHOUT_SERVICES = [
    *(TESTS / "core").glob("*.py"),
    *(TESTS / "make" / f"{name}.py" for name in ("votes", "counts", "records", "files")),
]
SERVICES = ("pbvote.rooms", "pbvote.platform", "pbvote.edges", "tests.make.polls", "tests.make.services")


def _modules() -> list[Path]:
    return sorted(path for path in TESTS.rglob("*.py"))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{each.name}" for each in node.names)
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


def _functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


def test_no_name_of_a_test_is_a_paragraph() -> None:
    long = [each.name for path in _modules() for each in _functions(path) if len(each.name) > LONGEST_NAME]
    assert long == []


def test_no_test_is_a_long_story() -> None:
    long = {
        f"{path.relative_to(TESTS)}:{each.lineno}": length
        for path in _modules()
        for each in _functions(path)
        if (length := (each.end_lineno or 0) - each.lineno + 1) > LONGEST_STORY
    }
    assert long == {}


def test_no_test_is_made_of_another_test() -> None:
    """What two tests need stands in ``tests/make``, in a fixture, or in a module beside them."""
    borrowed = {
        (str(path.relative_to(TESTS)), name)
        for path in _modules()
        for name in _imports(path)
        if name.startswith("tests.") and any(part.startswith("test_") for part in name.split(".")[:-1])
    }
    assert borrowed == set()


def test_the_core_is_tested_without_services() -> None:
    reached = {
        (path.name, name) for path in WITHOUT_SERVICES for name in _imports(path) if name.startswith(SERVICES)
    }
    assert reached == set()


def test_there_is_one_poll() -> None:
    made = [
        str(path.relative_to(TESTS))
        for path in _modules()
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name == "Poll"
    ]
    assert made == ["make/polls.py"]
