"""Settings, and what production refuses to start with."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

import pytest
from click.testing import CliRunner

from pbvote.core.types import Mode
from pbvote.edges.bootstrap import (
    DemoPartInProduction,
    SecretMissing,
    SecretUnreadable,
    SettingsWeak,
    SteerableClock,
    require_sound,
    runtime_of,
)
from pbvote.platform.settings import (
    Settings,
    SettingsFileUnreadable,
    SettingsInvalid,
    deep_merge,
    ensure_local_secrets,
    is_weak_secret,
    load_settings,
)
from pbvote.tools.cli import main

KEY, MASTER = (hashlib.sha256(each).hexdigest() for each in (b"one", b"other"))
SOUND = {
    "mode": Mode.PRODUCTION, "secret_key": KEY, "master_key": MASTER, "web": {"origin": "https://pb.example"},
}  # fmt: skip


def test_a_later_table_changes_single_members_only() -> None:
    merged = deep_merge({"web": {"origin": "a", "secure_cookies": True}}, {"web": {"origin": "b"}})
    assert merged == {"web": {"origin": "b", "secure_cookies": True}}


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(SettingsInvalid):
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
        runtime_of(load_settings(**deep_merge(SOUND, {"state_dir": tmp_path, **part})))
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
    assert KEY not in repr(load_settings(**SOUND))
    assert MASTER not in repr(load_settings(**SOUND))


def test_the_steerable_clock_follows_its_file(tmp_path: Path) -> None:
    clock = SteerableClock(tmp_path / "offset")
    before = clock()
    (tmp_path / "offset").write_text("86400")
    assert 86_000 < (clock() - before).total_seconds() < 87_000


def test_each_database_has_its_own_file_by_default(tmp_path: Path) -> None:
    settings: Settings = load_settings(mode=Mode.TEST, state_dir=tmp_path)
    assert settings.url("main") != settings.url("box")


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ({"secret_key": "x"}, "secret_key"),
        ({"secret_key": KEY[:31]}, "secret_key"),
        ({"secret_key": "s" * 64}, "secret_key"),
        ({"secret_key": "0123456789abcdef" * 4}, "secret_key"),
        ({"secret_key": "correct-horse-" * 4}, "secret_key"),
        ({"master_key": "m" * 64}, "master_key"),
        ({"master_key": KEY}, "secret_key=master_key"),
        ({"web": {"origin": "http://pb.example"}}, "web.origin"),
        ({"web": {"login_rate": "100000 per second"}}, "web.login_rate"),
        ({"web": {"login_rate": "3 per second"}}, "web.login_rate"),
        ({"web": {"staff_session_hours": 25}}, "web.staff_session_hours"),
        ({"identity": {"address_rate": "601 per minute"}}, "identity.address_rate"),
        ({"mail": {"username": "pbvote"}}, "mail.starttls"),
        ({"vote": {"seal_after_seconds": 0}}, "vote.seal_after_seconds"),
    ],
)
def test_production_refuses_what_protects_nobody_and_names_it_without_its_value(
    part: dict[str, object], named: str
) -> None:
    with pytest.raises(SettingsWeak) as caught:
        require_sound(load_settings(**deep_merge(SOUND, part)))
    assert named in str(caught.value.facts["settings"]).split(", ")
    assert KEY[:31] not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"0" * 64])
def test_production_refuses_a_master_key_file_with_no_key_in_it(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "master.key").write_bytes(content)
    with pytest.raises((SettingsWeak, SecretMissing)):
        require_sound(load_settings(**deep_merge(SOUND, {"master_key_file": tmp_path / "master.key"})))


@pytest.mark.parametrize("missing", ["none.key", "."])
def test_a_master_key_file_that_cannot_be_read_is_named(missing: str, tmp_path: Path) -> None:
    with pytest.raises(SecretUnreadable) as caught:
        require_sound(load_settings(**deep_merge(SOUND, {"master_key_file": tmp_path / missing})))
    assert caught.value.facts == {"name": "master_key_file"}


def test_secrets_as_the_documents_make_them_are_strong() -> None:
    for _ in range(300):
        assert not is_weak_secret(secrets.token_hex(32).encode())
        assert not is_weak_secret(secrets.token_hex(16).encode())
        assert not is_weak_secret(secrets.token_urlsafe(32).encode())


OUT_OF_RANGE = {
    "web.trusted_proxies": [-1, 9, 10**9],
    "web.upload_bytes": [0, 10**12],
    "web.session_minutes": [0, 10**6],
    "web.staff_session_hours": [0],
    "web.login_rate": ["", "0 per minute", "many", "5 per fortnight", "-1 per minute"],
    "web.origin": ["", "pb.example", "javascript:alert(1)", "https://pb.example/path", "https://a b"],
    "identity.misses_a_day": [0, -5, 10**6],
    "identity.misses_before_pause": [0, 100],
    "identity.pause_minutes": [0, 10**6],
    "identity.slowest_seconds": [-1, 3600],
    "identity.ticket_minutes": [0, 10**5],
    "identity.address_rate": ["unlimited"],
    "vote.rsa_bits": [512, 65536],
    "vote.batch_least": [-1],
    "vote.batch_seconds": [0, 10**7],
    "vote.grace_minutes": [-1, 10**6],
    "vote.roll_flush_hours": [0, 10**4],
    "vote.proposals_most": [0],
    "vote.seal_after_seconds": [-1, 10**6],
    "mail.port": [0, 70_000],
    "mail.timeout_seconds": [0, 10**4],
    "mail.sender": ["nobody", "a@b\nBcc: c@d"],
    "worker_seconds": [0, -1, 10**4],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in OUT_OF_RANGE.items() for value in values]
)
def test_a_setting_out_of_its_range_is_refused_by_name_in_every_mode(name: str, value: object) -> None:
    section, _, member = name.rpartition(".")
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(**{"mode": Mode.TEST, **({section: {member: value}} if section else {member: value})})
    assert caught.value.facts["settings"] == name
    assert caught.value.__cause__ is None


SECRET = "sekrit-mail-pw"
COMMANDS = (
    ("serve", "main"), ("serve", "box"), ("serve",), ("worker",), ("migrate",), ("export", "c", "out"),
    ("create-agency", "--slug", "a", "--name", "甲", "--level", "county"),
    ("create-officer", "--agency", "a", "--login", "lin", "--name", "林", "--role", "officer"),
    ("demo", "--port", "8339"),
)  # fmt: skip
TYPED = (
    {"PBVOTE_MAIL": f'{{"passwrd":"{SECRET}"}}'},
    {"PBVOTE_MAIL": SECRET},
    {"PBVOTE_MAIL__PORT": SECRET},
    {"PBVOTE_DATABASE": f'["{SECRET}"]'},
    {"PBVOTE_WEB__TRUSTED_PROXIES": SECRET},
    {"PBVOTE_MODE": SECRET},
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("typed", TYPED, ids=str)
def test_no_command_shows_a_value_or_a_traceback(
    command: tuple[str, ...], typed: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, command, env=typed, input="a long password\na long password\n")
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert SECRET not in result.output
    assert "Traceback" not in result.output
    assert "settings.invalid" in result.output


@pytest.mark.parametrize(
    "content",
    [
        f'[mail]\npasswrd = "{SECRET}"',
        f'[mail]\npassword = "{SECRET}',
        f"password = {SECRET}",
        "\xff",
        f'mail = "{SECRET}"',
    ],
)
def test_no_file_of_settings_is_shown(content: str, tmp_path: Path) -> None:
    path = tmp_path / "pbvote.toml"
    path.write_bytes(content.encode("latin-1"))
    result = CliRunner().invoke(main, ["migrate"], env={"PBVOTE_CONFIG": str(path), "PBVOTE_MODE": "test"})
    assert result.exit_code == 2
    assert SECRET not in result.output
    assert "[settings." in result.output


def test_a_file_of_settings_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PBVOTE_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(SettingsFileUnreadable) as caught:
        load_settings(mode=Mode.TEST)
    assert caught.value.facts["file"] == "none.toml"
