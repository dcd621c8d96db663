"""Where the files lie that are not Python: beside the package in a checkout, inside it when installed."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def _folder(name: str) -> Path:
    installed = PACKAGE / name
    return installed if installed.is_dir() else PACKAGE.parent / name


CONFIG = _folder("config")
TEMPLATES = _folder("templates")
MIGRATIONS = _folder("migrations")
WEB = PACKAGE / "edges" / "web"
BROWSER_MODULES = WEB / "static" / "vote"
