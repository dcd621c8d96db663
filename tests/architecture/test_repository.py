"""What no file of the repository says: where it was made, or where packages came from."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

# in pieces, so that this file does not say them either
WORDS = {
    "a folder of somebody's machine": r"/(wo" r"rk|ro" r"ot|ho" r"me/[a-z]+|Us" r"ers)/",
    "a temporary folder": r"(?<![\w.])/t" r"mp/[\w.]",
    "a package index": r"--(extra-)?index" r"-url|pypi\.o" r"rg/simple|files\.python" r"hosted",
}
TEXT = {f".{end}" for end in "py md toml cfg html txt css js mjs json lock po in sh".split()} | {""}  # noqa: SIM905


def _files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    paths = (ROOT / name for name in listed.stdout.splitlines())
    return [path for path in paths if path.suffix in TEXT and path.is_file()]


@pytest.mark.parametrize("what", WORDS)
def test_no_file_mentions(what: str) -> None:
    pattern = re.compile(WORDS[what])
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in _files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_every_link_between_the_documents_leads_somewhere() -> None:
    broken = []
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if "://" not in target and not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert broken == []
