"""The public log: positions, tiles, checkpoints, proofs, on both databases' tables."""

from __future__ import annotations

import hashlib

import pytest

from pbvote.core.crypto import signing
from pbvote.core.log.checkpoint import open_checkpoint, verifier_key
from pbvote.core.log.merkle import RootBuilder, leaf_hash, verify_consistency, verify_inclusion
from pbvote.core.types import CallId
from pbvote.platform.bulletin.log import CheckpointUnknown, EntryUnknown, Log
from pbvote.platform.runtime import Runtime

CALL = CallId("abcdefghij23")
SEED = bytes(32)
NAME = "vote.example/box/1"


def entry(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest() * (1 + number % 3)


def naive_root(entries: list[bytes]) -> bytes:
    tree = RootBuilder()
    for each in entries:
        tree.add(leaf_hash(each))
    return tree.root()


def test_a_log_grown_in_pieces_has_the_root_of_all_its_entries(rt: Runtime) -> None:
    entries = [entry(i) for i in range(700)]
    for start, stop in ((0, 1), (1, 2), (2, 257), (257, 700)):
        with rt.box() as tx:
            assert Log(tx, "box", CALL).append(entries[start:stop]) == stop
    with rt.read_box() as tx:
        log = Log(tx, "box", CALL)
        assert log.root() == naive_root(entries)
        assert log.root(300) == naive_root(entries[:300])
        assert list(log.entries()) == entries
        assert list(log.entries(100, 103)) == entries[100:103]
        assert log.entry(699) == entries[699]


def test_every_entry_proves_its_place_and_every_size_its_continuation(rt: Runtime) -> None:
    entries = [entry(i) for i in range(270)]
    with rt.box() as tx:
        log = Log(tx, "box", CALL)
        log.append(entries)
        root = log.root()
        for position in (0, 1, 127, 255, 256, 269):
            proof = log.inclusion(position, 270)
            verify_inclusion(leaf_hash(entries[position]), index=position, size=270, proof=proof, root=root)
        for old in (1, 128, 200, 256, 269):
            verify_consistency(
                old_size=old,
                new_size=270,
                old_root=naive_root(entries[:old]),
                new_root=root,
                proof=log.consistency(old, 270),
            )


def test_a_checkpoint_is_signed_once_and_kept(rt: Runtime) -> None:
    vkey = verifier_key(NAME, signing.public_key_of(SEED))
    with rt.box() as tx:
        log = Log(tx, "box", CALL)
        with pytest.raises(CheckpointUnknown):
            log.checkpoint()
        log.append([b"one"])
        first = log.sign_checkpoint(NAME, SEED)
        assert log.sign_checkpoint(NAME, SEED) == first
        log.append([b"two"])
        assert log.checkpoint() == first
        assert log.signed_size() == 1
        log.sign_checkpoint(NAME, SEED)
    with rt.read_box() as tx:
        latest = open_checkpoint(Log(tx, "box", CALL).checkpoint(), vkey, origin=NAME)
    assert (latest.size, latest.root) == (2, naive_root([b"one", b"two"]))


def test_an_entry_is_found_by_its_hash_or_the_beginning_of_it(rt: Runtime) -> None:
    with rt.box() as tx:
        log = Log(tx, "box", CALL)
        log.append([b"one", b"two", b"three"])
        name = leaf_hash(b"two")
        assert log.find(name[:10]) == (1, name)
        assert log.position_of(name) == 1
        with pytest.raises(EntryUnknown):
            log.find(bytes(10))
        with pytest.raises(EntryUnknown):
            log.position_of(leaf_hash(b"four"))
        with pytest.raises(EntryUnknown):
            log.find(b"")


def test_calls_and_databases_do_not_share_a_log(rt: Runtime) -> None:
    with rt.box() as tx:
        Log(tx, "box", CALL).append([b"one"])
        assert Log(tx, "box", CallId("other")).size() == 0
    with rt.main() as tx:
        assert Log(tx, "main", CALL).size() == 0
        Log(tx, "main", CALL).append([b"a", b"b"])
        assert Log(tx, "main", CALL).size() == 2


def test_a_failed_flush_leaves_no_part_of_itself(rt: Runtime) -> None:
    class Interrupted(Exception):
        pass

    def entries() -> object:
        yield b"one"
        raise Interrupted

    def attempt() -> None:
        with rt.box() as tx:
            Log(tx, "box", CALL).append(entries())  # type: ignore[arg-type]

    pytest.raises(Interrupted, attempt)
    with rt.read_box() as tx:
        assert Log(tx, "box", CALL).size() == 0
        assert Log(tx, "box", CALL).tile(0, 0) == b""
