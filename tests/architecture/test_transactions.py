"""One act, one transaction: nobody who has a transaction of their own calls another room that opens one.

Half of such an act would stay where the other half is refused or the process dies. Functions that take
``tx`` join their caller's transaction; those that take ``rt`` open their own.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from tests.architecture.source import PACKAGE, ROOT, Function, functions, modules, tree_of

Name = tuple[Path, str]

ALLOWED = {
    "freeze": "the registrar receives what is frozen already, and the worker's first step repeats it",
    "open_box": "the code is used up first, whatever becomes of the act: a code works once",
    "certify": "the code is used up first, whatever becomes of the act: a code works once",
    "destroy_keys": "the code is used up first, whatever becomes of the act: a code works once",
}
STEPS = "steps.py"
"""The worker's steps join the two databases: each may be taken again (docs/adr/0003)."""


def _room(path: Path) -> Path:
    return path if path.parent == PACKAGE else path.parent


@cache
def _file_of(module: str) -> Path | None:
    """The file of a dotted module name."""
    base = ROOT.joinpath(*module.split("."))
    return next((found for found in (base.with_suffix(".py"), base / "__init__.py") if found.exists()), None)


@cache
def _imports(path: Path) -> dict[str, tuple[str, str]]:
    """What each imported name of a module stands for: a module and a name in it (or none)."""
    found: dict[str, tuple[str, str]] = {}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("pbvote"):
            for name in node.names:
                whole = f"{node.module}.{name.name}"
                found[name.asname or name.name] = (whole, "") if _file_of(whole) else (node.module, name.name)
    return found


def _resolved(path: Path, call: ast.Call) -> Name | None:
    """The file and function that a call means, through whatever module hands it on."""
    func = call.func
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
        module, name = _imports(path).get(func.value.id, ("", ""))
        target = _file_of(module) if module and not name else None
        return _defined(target, func.attr) if target else None
    return _defined(path, func.id) if isinstance(func, ast.Name) else None


@cache
def _bodies(path: Path) -> dict[str, Function]:
    return {name: node for name, node in functions(path) if "." not in name}


@cache
def _calls(path: Path, name: str) -> tuple[tuple[ast.Call, Name], ...]:
    """The calls in a function whose target is a function of the package."""
    found = (node for node in ast.walk(_bodies(path)[name]) if isinstance(node, ast.Call))
    return tuple((call, target) for call in found if (target := _resolved(path, call)) is not None)


def _defined(path: Path, name: str) -> Name | None:
    if name in _bodies(path):
        return path, name
    module, inner = _imports(path).get(name, ("", ""))
    target = _file_of(module) if inner else None
    return _defined(target, inner) if target else None


def _opens(function: Function) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"main", "box"}
        and ast.unparse(node.func.value) == "rt"
        for node in ast.walk(function)
    )


@cache
def _writers() -> frozenset[Name]:
    """Every function that opens a writing transaction, itself or through what it calls."""
    bodies = {(path, name): node for path in modules() for name, node in _bodies(path).items()}
    found = {name for name, node in bodies.items() if _opens(node)}
    calls = {name: {target for _call, target in _calls(*name)} for name in bodies}
    while True:
        more = {name for name, targets in calls.items() if targets & found} - found
        if not more:
            return frozenset(found)
        found |= more


def test_nobody_with_a_transaction_calls_another_room_that_opens_one() -> None:
    writers, wrong = _writers(), {}
    for path in modules():
        for name, node in _bodies(path).items():
            if not _opens(node) or path.name == STEPS:
                continue
            for call, target in _calls(path, name):
                if target in writers and _room(target[0]) != _room(path):
                    wrong[name] = f"{path.relative_to(ROOT)}:{call.lineno} {target[1]}"
    assert set(wrong) == set(ALLOWED), wrong


def test_the_gate_sees_a_writer_behind_another_name() -> None:
    """``service.identify`` is handed on from its own module, and opens a transaction there."""
    opened = {(path.name, name) for path, name in _writers()}
    assert {("identification.py", "identify"), ("freeze.py", "freeze"), ("sequencing.py", "seal")} <= opened
