"""A service in a folder of its own, on SQLite, under a clock that the test moves."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pbvote.core.types import Mode
from pbvote.edges import bootstrap
from pbvote.platform.runtime import Runtime
from pbvote.platform.settings import Settings, load_settings

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


class MovableClock:
    """Time stands still until the test moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def set(self, moment: datetime) -> None:
        self.now = moment

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


def settings_in(state_dir: Path, **more: Any) -> Settings:
    """Settings of mode test in a folder."""
    return load_settings(
        mode=Mode.TEST, state_dir=state_dir, secret_key="s" * 64, master_key="m" * 64, **more
    )


def make_runtime(folder: Path, empty: Path, clock: Any, **more: Any) -> Runtime:
    """A runtime over copies of the empty databases."""
    for which in ("main", "box"):
        shutil.copy(empty / f"{which}.db", folder / f"{which}.db")
    rt = bootstrap.runtime_of(settings_in(folder, **more))
    return Runtime(
        settings=rt.settings,
        clock=clock,
        keystore=rt.keystore,
        identity=rt.identity,
        messenger=rt.messenger,
        texter=rt.texter,
        main_engine=rt.main_engine,
        box_engine=rt.box_engine,
    )


def close(rt: Runtime) -> None:
    """Give the database files back."""
    for which in ("main", "box"):
        rt.engine(which).dispose()
