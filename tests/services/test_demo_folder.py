"""The demo touches its own folder alone, and only after it knows that it can be served."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from pbvote.platform.settings import Settings
from pbvote.tools.demo import city as demo
from pbvote.tools.demo import folder
from pbvote.tools.demo.folder import MARK, FolderNotOurs, PortBusy


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """What would have been served, and no city made: seeding is tested above."""
    seen: list[Settings] = []
    monkeypatch.setattr(demo, "serve", lambda settings, **_: seen.append(settings))
    return seen


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_half_made_city_is_thrown_away(tmp_path: Path) -> None:
    folder.claim(tmp_path)
    (tmp_path / "main.db").write_bytes(b"half")
    (tmp_path / "keys").mkdir()
    assert folder.kept_city(tmp_path) is None
    assert [path.name for path in tmp_path.iterdir()] == [MARK]


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path, served: list[Settings]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FolderNotOurs):
        demo.run_demo(tmp_path, host="127.0.0.1", port=_free_port(), keep="")
    with pytest.raises(FolderNotOurs):
        folder.empty(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    assert not served


def test_a_busy_port_is_refused_before_anything_is_thrown_away(
    tmp_path: Path, served: list[Settings]
) -> None:
    folder.claim(tmp_path)
    (tmp_path / "city.json").write_text("{}")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(PortBusy):
            demo.run_demo(tmp_path, host="127.0.0.1", port=int(other.getsockname()[1]), keep="")
    assert (tmp_path / "city.json").exists()
    assert not served


def test_another_mode_in_the_environment_is_refused(
    tmp_path: Path, served: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PBVOTE_MODE", "production")
    with pytest.raises(demo.NotADemo):
        demo.run_demo(tmp_path / "city", host="127.0.0.1", port=_free_port(), keep="keep")
    assert not served


def test_a_database_in_the_environment_is_never_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PBVOTE_DATABASE__MAIN_URL", "postgresql://somebody/else")
    settings = demo.demo_settings(tmp_path, host="0.0.0.0", port=8000)  # noqa: S104 -- not bound here
    assert settings.url("main").startswith("sqlite:///")
    assert settings.web.origin == "http://127.0.0.1:8000"
