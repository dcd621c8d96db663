"""Where things may happen: one place that commits, one clock, nothing on import, no part too long."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

from tests.architecture.source import PACKAGE, ROOT, Function, calls, functions, modules, place, tree_of

LONGEST_MODULE = 420  # "about 400"
LONGEST_FUNCTION = 50  # "about 40", without the docstring

LONG_MODULES = {
    "pbvote/core/log/entry.py": "eight kinds of entries, each written and read beside the others",
}
LONG_FUNCTIONS = {
    "pbvote/rooms/moderation/service.py:decide": "one act after the other, in one transaction",
}
YES_OR_NO = {
    "active",
    "at_desk",
    "codes",
    "desk",
    "desk_only",
    "reading",
    "uncleaned",
    "with_code",
}
"""Names of the product that stand for yes or no: never a number or a text."""


def test_only_the_runtime_commits() -> None:
    found = [
        place(path, call.lineno)
        for path in modules()
        for call in calls(path)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "commit"
        if path != PACKAGE / "platform" / "runtime.py"
    ]
    assert found == []


def _reads_the_clock(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    owner, name = ast.unparse(call.func.value), call.func.attr
    last = owner.rpartition(".")[2]
    return (last in {"datetime", "date"} and name in {"now", "utcnow", "today"}) or (
        owner == "time" and name in {"time", "time_ns", "localtime", "gmtime", "ctime", "strftime"}
    )


def test_only_the_bootstrap_reads_the_machines_clock() -> None:
    """Time comes through the Clock port, so that nobody closes a vote early (protocol, modes and time)."""
    found = [
        place(path, call.lineno)
        for path in modules()
        for call in calls(path)
        if _reads_the_clock(call) and path != PACKAGE / "edges" / "bootstrap.py"
    ]
    assert found == []


SLEEPERS = {
    "pbvote/edges/server.py": "the watch over the parent process has a thread of its own",
    "pbvote/tools/rehearsal/browsing.py": "a visitor of the rehearsal",
    "pbvote/tools/rehearsal/supervisor.py": "watches the rehearsed processes from outside",
    "pbvote/tools/rehearsal/voters.py": "a voter of the rehearsal",
}


def _names_sleep(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "sleep"
    return isinstance(node, ast.ImportFrom) and any(name.name == "sleep" for name in node.names)


def test_nobody_sleeps_where_a_request_is_answered() -> None:
    """A thread that sleeps serves nobody: who must wait is told when to come again (HTTP 429)."""
    found = {
        str(path.relative_to(ROOT))
        for path in modules()
        for node in ast.walk(tree_of(path))
        if _names_sleep(node)
    }
    assert found == set(SLEEPERS)


WATCH = """
import importlib, pkgutil, sys
found = []
def whose():
    # the innermost frame that decides: the import machinery may open files, our own modules may not
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return ""
        if "/pbvote/" in name and "site-packages" not in name:
            return f"{name}:{frame.f_lineno}"
        frame = frame.f_back
    return ""
def hook(event, arguments):
    if event not in ("open", "sqlite3.connect", "socket.connect", "subprocess.Popen", "os.mkdir"):
        return
    if any(word in str(arguments[0]) for word in ("zoneinfo", "tzdata")):
        return  # the time zone of Taiwan is a constant that lives in a file
    owner = whose()
    if owner:
        found.append(f"{owner} {event} {arguments[0]!r}")
import pbvote
sys.addaudithook(hook)
for module in pkgutil.walk_packages(pbvote.__path__, "pbvote."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print("\\n".join(found))
"""


def test_importing_every_module_opens_no_file_and_no_database() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCH], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


def test_no_module_is_too_long() -> None:
    lengths = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in modules()}
    too_long = {name: length for name, length in lengths.items() if length > LONGEST_MODULE}
    assert {name: length for name, length in too_long.items() if name not in LONG_MODULES} == {}
    assert set(LONG_MODULES) - set(too_long) == set(), "no longer too long: take it off the list"


def _length(function: Function) -> int:
    """Lines without the docstring."""
    length = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        length -= (first.end_lineno or first.lineno) - first.lineno + 1
    return length


def test_no_function_is_too_long() -> None:
    too_long = {
        f"{path.relative_to(ROOT)}:{name}": _length(function)
        for path in modules()
        for name, function in functions(path)
        if _length(function) > LONGEST_FUNCTION
    }
    assert {name: length for name, length in too_long.items() if name not in LONG_FUNCTIONS} == {}
    assert set(LONG_FUNCTIONS) - set(too_long) == set(), "no longer too long: take it off the list"


def _positional_booleans(function: Function) -> list[str]:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args]
    annotated = [a.arg for a in named if a.annotation is not None and ast.unparse(a.annotation) == "bool"]
    defaulted = [
        str(d.value) for d in arguments.defaults if isinstance(d, ast.Constant) and isinstance(d.value, bool)
    ]
    return annotated + defaulted


def test_no_function_takes_a_boolean_by_position() -> None:
    """``save(True)`` says nothing to its reader; ``save(draft=True)`` does."""
    found = {
        f"{path.relative_to(ROOT)}:{name}": _positional_booleans(function)
        for path in modules()
        if path.name != "cli.py"
        for name, function in functions(path)
        if name.rpartition(".")[2] not in {"process_bind_param", "process_result_value"}
        and _positional_booleans(function)
    }
    assert found == {}


_NO_TRUTH = {"int", "str", "Mapped[int]", "Mapped[str]"}


def _is_number_for_truth(node: ast.AST, line: str) -> bool:
    """``active: int``, ``active=1``, ``1 if … else 0``, or a negation that is given back as a number."""
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)):
            kind = ast.unparse(node.annotation)
            return kind in _NO_TRUTH and (name in YES_OR_NO or bool(re.search(r"#\s*(?:1:|whether\b)", line)))
        case ast.arg(arg=name, annotation=kind):
            return name in YES_OR_NO and kind is not None and ast.unparse(kind) in _NO_TRUTH
        case ast.keyword(arg=name, value=ast.Constant(value=value)):
            return name in YES_OR_NO and not isinstance(value, bool)
        case ast.IfExp(body=ast.Constant(value=one), orelse=ast.Constant(value=other)):
            return {repr(one), repr(other)} == {"0", "1"} and "return" not in line
        case ast.FunctionDef(
            returns=ast.Name(id="int"), body=[*_, ast.Return(value=ast.UnaryOp(op=ast.Not()))]
        ):
            return True
    return False


def numbers_for_truth(text: str) -> list[int]:
    """The lines on which a number or a text stands for yes or no."""
    lines = text.splitlines()
    return [
        node.lineno  # type: ignore[attr-defined]
        for node in ast.walk(ast.parse(text))
        if hasattr(node, "lineno") and _is_number_for_truth(node, lines[node.lineno - 1])
    ]


def test_no_number_stands_for_yes_or_no() -> None:
    """0 and 1 are for canonical JSON and for columns; the code says True and False."""
    found = [
        place(path, line)
        for path in modules()
        if "migrations" not in path.parts
        for line in numbers_for_truth(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_numbers_for_truth_are_found() -> None:
    guilty = [
        "class Staff:\n    active: int = 1",
        "class Poll:\n    letters: int = 0  # 1: some got a letter",
        "def decide(*, at_desk: int = 0) -> None: ...",
        "insert(active=1)",
        "kept = 1 if code else 0",
        "def good() -> int:\n    return not problems",
        "def open(reading: str = '') -> None: ...",
    ]
    innocent = [
        "class Staff:\n    active: bool = True",
        "weight: int = 1",
        "def decide(*, at_desk: bool = False) -> None: ...",
        "def least() -> int:\n    return -1",
    ]
    assert [bool(numbers_for_truth(text)) for text in guilty] == [True] * len(guilty)
    assert [bool(numbers_for_truth(text)) for text in innocent] == [False] * len(innocent)


def test_no_module_is_called_after_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "manager", "managers", "data", "info", "common", "misc"}
    found = [str(path.relative_to(ROOT)) for path in modules() if {path.stem, path.parent.name} & empty]
    assert found == []
