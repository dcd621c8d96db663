"""A fresh machine, today and in a year: the locks are whole, and no step of an installation resolves."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.source import ROOT

PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", re.M)
WRITTEN = [ROOT / "Makefile", ROOT / ".ci" / "run", ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]


def _pins(lock: str) -> dict[str, set[str]]:
    pins: dict[str, set[str]] = {}
    for name, version in PIN.findall((ROOT / lock).read_text(encoding="utf-8")):
        pins.setdefault(canonicalize_name(name), set()).add(version)
    return pins


def _wanted(*extras: str) -> list[str]:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = setup["options"]["install_requires"].splitlines()
    for extra in extras:
        lines += setup["options.extras_require"][extra].splitlines()
    return [line for line in lines if line and not line.startswith("pbvote[")]


def _closure(wanted: list[str]) -> Iterator[tuple[str, Requirement]]:
    """Every requirement on this machine, direct or not, with the name of what asks for it."""
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = [("setup.cfg", Requirement(line)) for line in wanted]
    while todo:
        asked_by, requirement = todo.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        yield asked_by, requirement
        if key in seen:
            continue
        seen.add(key)
        for line in metadata.requires(requirement.name) or ():
            below = Requirement(line)
            extras = requirement.extras or {""}
            if below.marker is None or any(below.marker.evaluate({"extra": extra}) for extra in extras):
                todo.append((requirement.name, below))


@pytest.mark.parametrize(
    ("lock", "extras"), [("requirements.lock", ("pg",)), ("requirements.dev.lock", ("pg", "test", "lint"))]
)
def test_a_lock_holds_everything_that_is_asked_for(lock: str, extras: tuple[str, ...]) -> None:
    """With ``--no-deps`` nobody else would notice what is missing."""
    pins = _pins(lock)
    wrong = [
        f"{asked_by} asks for {requirement}"
        for asked_by, requirement in _closure(_wanted(*extras))
        if not any(
            requirement.specifier.contains(v) for v in pins.get(canonicalize_name(requirement.name), ())
        )
    ]
    assert wrong == []


def test_both_locks_pin_the_same_versions() -> None:
    runtime, development = _pins("requirements.lock"), _pins("requirements.dev.lock")
    assert {name: versions for name, versions in runtime.items() if development.get(name) != versions} == {}


def test_no_step_of_an_installation_resolves() -> None:
    steps = [
        (path.relative_to(ROOT), line.strip())
        for path in WRITTEN
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"\bpip (--?\S+ )*(install|wheel)\b", line)
    ]
    assert len(steps) >= 5
    assert [step for step in steps if "--no-deps" not in step[1]] == []
    building = [step for step in steps if "pip wheel" in step[1] or "--editable" in step[1]]
    assert [step for step in building if "--no-build-isolation" not in step[1]] == []


def test_every_dependency_has_an_upper_bound() -> None:
    dated = {"tzdata"}  # numbered by years; its data is what changes
    open_ended = [
        line
        for line in _wanted("pg", "test", "lint")
        if canonicalize_name(Requirement(line).name) not in dated and "<" not in line
    ]
    assert open_ended == []


def test_the_classifiers_name_the_python_that_runs_the_tests() -> None:
    named = re.findall(r"Python :: (3\.\d+)", (ROOT / "setup.cfg").read_text(encoding="utf-8"))
    assert named == ["3.11"]
    if os.environ.get("CI"):
        assert f"{sys.version_info.major}.{sys.version_info.minor}" in named


@pytest.mark.slow
def test_a_wheel_serves_from_an_empty_environment(tmp_path: Path) -> None:
    """As docs/operations.md says it, with the pip that the interpreter brings along."""
    source, place = tmp_path / "source", tmp_path / "elsewhere"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
    place.mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PBVOTE"))}

    def run(*command: str | Path, cwd: Path = place) -> str:
        done = subprocess.run(
            command, cwd=cwd, env=clean, capture_output=True, text=True, timeout=500, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    build = ["-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(place), "."]
    run(sys.executable, *build, cwd=source)
    (wheel,) = place.glob("pbvote-*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    lock = ROOT / "requirements.lock"
    run(python, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", lock)
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", wheel)
    run(python, "-m", "pip", "check")
    program = tmp_path / "venv" / "bin" / "pbvote"
    assert "demo" in run(program, "--help")
    found = run(python, "-c", SERVED)
    assert found.split() == ["200"] * 6, found


SERVED = """
import os, secrets, tempfile
state = tempfile.mkdtemp()
os.environ.update(PBVOTE_MODE="test", PBVOTE_STATE_DIR=state)
os.environ.update(PBVOTE_SECRET_KEY=secrets.token_hex(32), PBVOTE_MASTER_KEY=secrets.token_hex(32))
import pbvote
assert "venv" in pbvote.__file__, pbvote.__file__
from pbvote.platform.migrate import upgrade_both
from werkzeug.test import Client
from pbvote.edges.bootstrap import runtime_of
from pbvote.platform.settings import load_settings
from pbvote.edges.web.app import create_service
settings = load_settings()
upgrade_both(settings.url("main"), settings.url("box"))
client = Client(create_service(runtime_of(settings)))
pages = ("/", "/about/promise", "/where/63000", "/booth/check")
for path in (*pages, "/static/css/base.css", "/static/vote/protocol.js"):
    print(client.get(path).status_code)
"""


def test_every_package_is_listed() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = set(setup["options"]["packages"].split())
    mapped = {line.partition("=")[0].strip() for line in setup["options"]["package_dir"].strip().splitlines()}
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "pbvote").rglob("__init__.py")}
    assert listed == found | mapped
