"""The project's own files, as the gates read them."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pbvote

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "pbvote"
TEMPLATES = ROOT / "templates"
STATIC = PACKAGE / "edges" / "web" / "static"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules() -> tuple[Path, ...]:
    """Every Python file of the package."""
    return tuple(sorted(PACKAGE.rglob("*.py")))


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def place(path: Path, line: int) -> str:
    """``pbvote/edges/web/app.py:12``."""
    return f"{path.relative_to(ROOT)}:{line}"


def calls(path: Path) -> Iterator[ast.Call]:
    """Every call in a file."""
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call))


def functions(path: Path) -> Iterator[tuple[str, Function]]:
    """Every function and method of a file by its dotted name."""

    def below(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Function):
                yield f"{prefix}{child.name}", child
                yield from below(child, f"{prefix}{child.name}.")
            elif isinstance(child, ast.ClassDef):
                yield from below(child, f"{prefix}{child.name}.")
            else:
                yield from below(child, prefix)

    return below(tree_of(path), "")


def import_everything() -> None:
    """Import every module of the package, so that every class exists."""
    for module in pkgutil.walk_packages(pbvote.__path__, "pbvote."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
