"""The SHA-256 of every browser module, for the manifest: readers can compare what they were served."""

from __future__ import annotations

from pathlib import Path

from pbvote.core.types import sha256
from pbvote.platform.places import BROWSER_MODULES


def client_modules(folder: Path = BROWSER_MODULES) -> tuple[tuple[str, str], ...]:
    """Name and SHA-256 (hexadecimal) of each module, by name."""
    return tuple((path.name, sha256(path.read_bytes()).hex()) for path in sorted(folder.glob("*.js")))
