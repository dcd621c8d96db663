"""The key store in files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pbvote.edges.keystore import FileKeyStore, KeyMissing, MasterKeyWrong


@pytest.fixture
def store(tmp_path: Path) -> FileKeyStore:
    return FileKeyStore(tmp_path / "keys", b"master")


def test_a_key_comes_back_as_it_was_put(store: FileKeyStore) -> None:
    store.put("call/a/k-roll", b"\x00secret\xff")
    assert store.get("call/a/k-roll") == b"\x00secret\xff"


def test_no_key_and_no_name_of_a_key_stands_in_the_folder(store: FileKeyStore, tmp_path: Path) -> None:
    store.put("call/a/k-roll", b"a-very-secret-secret")
    files = list((tmp_path / "keys").iterdir())
    assert len(files) == 1
    assert "call" not in files[0].name
    assert b"a-very-secret-secret" not in files[0].read_bytes()
    assert files[0].stat().st_mode & 0o077 == 0


def test_another_master_key_opens_nothing(store: FileKeyStore, tmp_path: Path) -> None:
    store.put("x", b"secret")
    with pytest.raises(MasterKeyWrong):
        FileKeyStore(tmp_path / "keys", b"other").get("x")


def test_a_file_moved_to_another_name_does_not_open(store: FileKeyStore, tmp_path: Path) -> None:
    store.put("x", b"secret")
    (moved,) = (tmp_path / "keys").iterdir()
    store.put("y", b"other")
    (target,) = set((tmp_path / "keys").iterdir()) - {moved}
    moved.replace(target)
    with pytest.raises(MasterKeyWrong):
        store.get("y")


def test_a_shredded_key_is_gone_for_good(store: FileKeyStore, tmp_path: Path) -> None:
    store.put("x", b"secret")
    store.shred("x")
    store.shred("x")
    assert not store.has("x")
    assert not list((tmp_path / "keys").iterdir())
    with pytest.raises(KeyMissing):
        store.get("x")
