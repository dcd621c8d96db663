"""What lies on the disk is its owner's alone, and no password has to stand in a command."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from pbvote.edges.mail import FolderMessenger
from pbvote.platform.db import open_engine
from pbvote.platform.runtime import Message
from pbvote.rooms.accounts import service as accounts_service
from pbvote.tools.cli import main


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_database_and_what_lies_beside_it_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/main.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER)"))
        found = sorted(path.name for path in tmp_path.iterdir())
        assert "main.db-wal" in found
        assert {name: _mode(tmp_path / name) for name in found} == dict.fromkeys(found, 0o600)
    engine.dispose()


def test_a_database_that_was_open_to_others_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "main.db"
    path.touch(mode=0o644)
    engine = open_engine(f"sqlite:///{path}")
    with engine.connect():
        assert _mode(path) == 0o600
    engine.dispose()


def test_the_demos_mail_is_in_a_folder_of_its_own_user(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir(mode=0o755)
    messenger = FolderMessenger(folder, origin="http://127.0.0.1", sender="a@example.tw")
    facts = {"token": "abc", "minutes": 30, "goes_to": ""}
    messenger.send(Message(to="b@example.tw", template="sign-in", language="zh", facts=facts))
    assert _mode(folder) == 0o700


PASSWORD = "a long enough password"


@pytest.mark.parametrize(
    ("options", "typed"), [((), f"{PASSWORD}\n{PASSWORD}\n"), (("--password-stdin",), f"{PASSWORD}\n")]
)
def test_an_officer_is_made_without_a_password_in_the_command(
    tmp_path: Path, empty_databases: Path, options: tuple[str, ...], typed: str
) -> None:
    for which in ("main", "box"):
        (tmp_path / f"{which}.db").write_bytes((empty_databases / f"{which}.db").read_bytes())
    environment = {
        "PBVOTE_MODE": "test",
        "PBVOTE_STATE_DIR": str(tmp_path),
        "PBVOTE_SECRET_KEY": "s" * 64,
        "PBVOTE_MASTER_KEY": "m" * 64,
    }
    runner = CliRunner(env=environment)
    agency = ["create-agency", "--slug", "a", "--name", "甲", "--level", "county"]
    assert runner.invoke(main, agency).exit_code == 0
    officer = ["create-officer", "--agency", "a", "--login", "lin", "--name", "林", "--role", "officer"]
    made = runner.invoke(main, [*officer, *options], input=typed)
    assert made.exit_code == 0, made.output
    assert "otpauth://" in made.output
    assert PASSWORD not in made.output
    from pbvote.edges.bootstrap import runtime_of
    from pbvote.platform.settings import load_settings

    rt = runtime_of(load_settings(mode="test", state_dir=tmp_path, secret_key="s" * 64, master_key="m" * 64))
    assert accounts_service.sign_in_staff(rt, "lin", PASSWORD) == 1
    for which in ("main", "box"):
        rt.engine(which).dispose()
