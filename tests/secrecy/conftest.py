"""The whole poll, held once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.make.services import make_runtime
from tests.secrecy.whole_poll import Held, TickingClock, hold


@pytest.fixture(scope="package")
def held(tmp_path_factory: pytest.TempPathFactory, empty_databases: Path) -> Iterator[Held]:
    """A certified poll of sixty voters with snapshots of everything that it left behind."""
    folder = tmp_path_factory.mktemp("secrecy")
    (folder / "state").mkdir()
    clock = TickingClock()
    rt = make_runtime(folder / "state", empty_databases, clock)
    yield hold(rt, clock, folder)
    for which in ("main", "box"):
        rt.engine(which).dispose()
