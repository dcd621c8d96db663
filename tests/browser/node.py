"""Runs the browser's own modules under Node, byte for byte as they are served."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pbvote.platform.places import BROWSER_MODULES

HERE = Path(__file__).parent
MODULES = BROWSER_MODULES


class ClientError(Exception):
    """The module threw; the argument is its code."""


class Node:
    """One folder with the modules, marked as ES modules for Node."""

    def __init__(self, folder: Path) -> None:
        self._node = shutil.which("node") or ""
        if not self._node:
            pytest.skip("Node is not installed")
        self._folder = folder
        shutil.copytree(MODULES, folder / "vote")
        shutil.copy(HERE / "vectors" / "run.mjs", folder)
        (folder / "package.json").write_text('{"type": "module"}')

    def run(self, check: str, given: Any) -> Any:
        """The result of one check of ``run.mjs``. Raises ClientError."""
        done = subprocess.run(
            [self._node, "--no-warnings", "run.mjs", check],
            cwd=self._folder,
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        answer = json.loads(done.stdout)
        if "error" in answer:
            raise ClientError(answer["error"])
        return answer["result"]
