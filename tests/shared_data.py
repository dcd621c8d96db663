"""Finds the public test data that is kept beside the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared"


def shared_path(relative: str) -> Path:
    """Path of shared test data; skips the calling test (or module) when it is not there.

    The folder is ``../shared``, or ``PBVOTE_SHARED`` when that is set.
    """
    path = Path(os.environ.get("PBVOTE_SHARED", _BESIDE)) / relative
    if not path.exists():
        pytest.skip(f"no shared test data at {path}", allow_module_level=True)
    return path
