"""Settings, and what production refuses to start with."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from pbvote.core.types import Mode
from pbvote.edges.bootstrap import (
    DemoPartInProduction,
    SecretMissing,
    SteerableClock,
    require_sound,
    runtime_of,
)
from pbvote.platform.settings import Settings, deep_merge, ensure_local_secrets, load_settings

SOUND = {"mode": Mode.PRODUCTION, "secret_key": "s" * 64, "master_key": "m" * 64}


def test_a_later_table_changes_single_members_only() -> None:
    merged = deep_merge({"web": {"origin": "a", "secure_cookies": True}}, {"web": {"origin": "b"}})
    assert merged == {"web": {"origin": "b", "secure_cookies": True}}


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValidationError):
        load_settings(mode=Mode.TEST, surprise=1)


def test_the_environment_wins_over_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PBVOTE_WEB__ORIGIN", "https://pb.example")
    assert load_settings(mode=Mode.TEST).web.origin == "https://pb.example"


def test_sound_production_settings_are_accepted() -> None:
    require_sound(load_settings(**SOUND))


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ({"clock_file": Path("clock")}, "clock_file"),
        ({"identity": {"sandbox": True}}, "identity.sandbox"),
        ({"mail": {"backend": "folder"}}, "mail.backend=folder"),
        ({"demo_page": True}, "demo_page"),
        ({"vote": {"rsa_bits": 2048}}, "vote.rsa_bits"),
        ({"vote": {"batch_least": 19}}, "vote.batch_least"),
        ({"vote": {"batch_seconds": 10}}, "vote.batch_seconds"),
        ({"web": {"secure_cookies": False}}, "web.secure_cookies"),
    ],
)
def test_production_refuses_to_start_with_each_demo_only_part_and_names_it(
    part: dict[str, object], named: str, tmp_path: Path
) -> None:
    with pytest.raises(DemoPartInProduction) as caught:
        runtime_of(load_settings(**SOUND, state_dir=tmp_path, **part))
    assert named in str(caught.value.facts["parts"])


@pytest.mark.parametrize(("missing", "named"), [("secret_key", "SECRET"), ("master_key", "MASTER")])
def test_production_refuses_to_start_without_its_secrets(missing: str, named: str) -> None:
    with pytest.raises(SecretMissing) as caught:
        require_sound(load_settings(**{**SOUND, missing: ""}))
    assert named in str(caught.value.facts["name"])


def test_local_secrets_are_made_once_and_readable_by_the_owner_alone(tmp_path: Path) -> None:
    first = ensure_local_secrets(tmp_path)
    assert ensure_local_secrets(tmp_path) == first
    assert (tmp_path / "secrets.toml").stat().st_mode & 0o077 == 0
    assert len(first["master_key"]) == 64


def test_secrets_do_not_show_in_a_printout() -> None:
    assert "ssss" not in repr(load_settings(**SOUND))


def test_the_steerable_clock_follows_its_file(tmp_path: Path) -> None:
    clock = SteerableClock(tmp_path / "offset")
    before = clock()
    (tmp_path / "offset").write_text("86400")
    assert 86_000 < (clock() - before).total_seconds() < 87_000


def test_each_database_has_its_own_file_by_default(tmp_path: Path) -> None:
    settings: Settings = load_settings(mode=Mode.TEST, state_dir=tmp_path)
    assert settings.url("main") != settings.url("box")
