from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote.core.log import merkle
from pbvote.core.log.errors import (
    ConsistencyInvalid,
    InclusionInvalid,
    ProofImpossible,
    TileIncomplete,
)
from pbvote.core.log.merkle import RootBuilder, leaf_hash, node_hash

# the example tree of Certificate Transparency: leaves and the root after each
CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
CT_LEAVES += ["606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SMALL = 300
LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(1_000)]


class KeptTiles:
    """A tree whose tiles lie in a dictionary."""

    def __init__(self) -> None:
        self.size = 0
        self.tiles: dict[tuple[int, int], bytes] = {}

    def tile(self, level: int, index: int, /) -> bytes:
        return self.tiles.get((level, index), b"")

    def append(self, hashes: Sequence[bytes]) -> None:
        for level, index, tile in merkle.append_tiles(self, self.size, hashes):
            self.tiles[level, index] = tile
        self.size += len(hashes)


@cache
def naive_root(low: int, high: int) -> bytes:
    """The definition of RFC 6962 2.1, word by word."""
    if high == low:
        return hashlib.sha256(b"").digest()
    if high - low == 1:
        return LEAVES[low]
    half = 1
    while half * 2 < high - low:
        half *= 2
    return node_hash(naive_root(low, low + half), naive_root(low + half, high))


@pytest.fixture(scope="module")
def tree() -> KeptTiles:
    kept = KeptTiles()
    for start, end in ((0, 1), (1, 3), (3, 255), (255, 256), (256, 513), (513, 1_000)):
        kept.append(LEAVES[start:end])
    return kept


@pytest.fixture
def remembered_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exhaustive tests fold the same hashes thousands of times."""
    monkeypatch.setattr(merkle, "_fold", cache(merkle._fold))


def test_the_roots_of_certificate_transparency() -> None:
    kept, builder = KeptTiles(), RootBuilder()
    for leaf, root in zip(CT_LEAVES, CT_ROOTS, strict=True):
        hashed = leaf_hash(bytes.fromhex(leaf))
        kept.append([hashed])
        builder.add(hashed)
        assert merkle.root(kept, kept.size).hex() == root
        assert builder.root().hex() == root


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert merkle.root(KeptTiles(), 0) == RootBuilder().root() == merkle.EMPTY_ROOT
    assert naive_root(0, 0) == merkle.EMPTY_ROOT


def test_every_size_has_the_root_of_the_definition(tree: KeptTiles) -> None:
    builder = RootBuilder()
    for size in range(len(LEAVES) + 1):
        assert merkle.root(tree, size) == builder.root() == naive_root(0, size)
        if size < len(LEAVES):
            builder.add(LEAVES[size])


def _naive_proof(index: int, low: int, high: int) -> list[bytes]:
    if high - low == 1:
        return []
    half = 1
    while half * 2 < high - low:
        half *= 2
    middle = low + half
    if index < middle:
        return [*_naive_proof(index, low, middle), naive_root(middle, high)]
    return [*_naive_proof(index, middle, high), naive_root(low, middle)]


@pytest.mark.usefixtures("remembered_folds")
def test_every_inclusion_proof_up_to_300_leaves_is_that_of_the_definition(tree: KeptTiles) -> None:
    for size in range(1, SMALL + 1):
        root = naive_root(0, size)
        for index in range(size):
            proof = merkle.inclusion_proof(tree, index, size)
            assert proof == _naive_proof(index, 0, size)
            merkle.verify_inclusion(LEAVES[index], index=index, size=size, proof=proof, root=root)


@pytest.mark.usefixtures("remembered_folds")
def test_every_consistency_proof_up_to_300_leaves_holds(tree: KeptTiles) -> None:
    for new in range(1, SMALL + 1):
        for old in range(1, new + 1):
            merkle.verify_consistency(
                old_size=old,
                new_size=new,
                old_root=naive_root(0, old),
                new_root=naive_root(0, new),
                proof=merkle.consistency_proof(tree, old, new),
            )


@pytest.mark.usefixtures("remembered_folds")
def test_a_proof_holds_for_no_other_leaf_and_no_other_root(tree: KeptTiles) -> None:
    for size in range(1, SMALL + 1, 13):
        root = naive_root(0, size)
        for index in range(size):
            proof = merkle.inclusion_proof(tree, index, size)
            with pytest.raises(InclusionInvalid):
                merkle.verify_inclusion(LEAVES[-1], index=index, size=size, proof=proof, root=root)
            with pytest.raises(ConsistencyInvalid):
                merkle.verify_consistency(
                    old_size=index + 1,
                    new_size=size,
                    old_root=bytes(32),
                    new_root=root,
                    proof=merkle.consistency_proof(tree, index + 1, size),
                )


@given(st.data())
@settings(max_examples=60)
def test_large_trees_prove_what_small_ones_do(tree: KeptTiles, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(LEAVES)))
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(tree, index, size)
    assert proof == _naive_proof(index, 0, size)
    if size > 1:
        with pytest.raises(InclusionInvalid):
            merkle.verify_inclusion(
                LEAVES[index],
                index=(index + 1) % size,
                size=size,
                proof=proof,
                root=naive_root(0, size),
            )
    old = data.draw(st.integers(1, size))
    merkle.verify_consistency(
        old_size=old,
        new_size=size,
        old_root=naive_root(0, old),
        new_root=naive_root(0, size),
        proof=merkle.consistency_proof(tree, old, size),
    )


@given(st.lists(st.integers(0, 600), max_size=6))
@settings(max_examples=20)
def test_the_same_leaves_in_other_portions_give_the_same_tiles(portions: list[int]) -> None:
    whole, parts, start = KeptTiles(), KeptTiles(), 0
    for portion in portions:
        parts.append(LEAVES[start : start + portion])
        start = min(start + portion, len(LEAVES))
    parts.size = start
    whole.append(LEAVES[:start])
    assert parts.tiles == whole.tiles


def test_a_tree_of_three_levels_of_tiles_has_the_root_of_the_stream() -> None:
    kept, builder = KeptTiles(), RootBuilder()
    hashes = [hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(65_800)]
    kept.append(hashes[:65_535])
    kept.append(hashes[65_535:])
    for hashed in hashes:
        builder.add(hashed)
    root = merkle.root(kept, len(hashes))
    assert root == builder.root()
    assert {level for level, _ in kept.tiles} == {0, 1, 2}
    for index in (0, 255, 256, 65_535, 65_536, 65_799):
        proof = merkle.inclusion_proof(kept, index, len(hashes))
        merkle.verify_inclusion(hashes[index], index=index, size=len(hashes), proof=proof, root=root)


def test_a_full_tile_is_never_written_again(tree: KeptTiles) -> None:
    kept = KeptTiles()
    kept.append(LEAVES[:256])
    written = merkle.append_tiles(kept, 256, LEAVES[256:300])
    assert [(level, index) for level, index, _ in written] == [(0, 1)]


def test_a_missing_or_short_tile_is_named() -> None:
    kept = KeptTiles()
    kept.append(LEAVES[:300])
    with pytest.raises(TileIncomplete) as caught:
        merkle.root(kept, 301)
    assert caught.value.facts == {"level": 0, "index": 1}
    del kept.tiles[1, 0]
    with pytest.raises(TileIncomplete):
        merkle.inclusion_proof(kept, 260, 300)
    with pytest.raises(TileIncomplete):
        merkle.append_tiles(kept, 301, LEAVES[301:310])


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (6, 5)])
def test_no_proof_for_a_leaf_outside_the_tree(tree: KeptTiles, index: int, size: int) -> None:
    with pytest.raises(ProofImpossible):
        merkle.inclusion_proof(tree, index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5), (-1, 5), (0, 0)])
def test_no_consistency_proof_for_impossible_sizes(tree: KeptTiles, old: int, new: int) -> None:
    with pytest.raises(ProofImpossible):
        merkle.consistency_proof(tree, old, new)


def test_hashes_of_another_length_are_refused(tree: KeptTiles) -> None:
    proof, root = merkle.inclusion_proof(tree, 3, 7), naive_root(0, 7)
    for leaf, path, top in (
        (LEAVES[3][:-1], proof, root),
        (LEAVES[3], [proof[0] + b"\0", *proof[1:]], root),
        (LEAVES[3], proof, root[:-1]),
    ):
        with pytest.raises(InclusionInvalid):
            merkle.verify_inclusion(leaf, index=3, size=7, proof=path, root=top)


def test_a_changed_order_of_leaves_changes_the_root() -> None:
    first, second = RootBuilder(), RootBuilder()
    for hashed in LEAVES[:10]:
        first.add(hashed)
    for hashed in [*LEAVES[:4], LEAVES[5], LEAVES[4], *LEAVES[6:10]]:
        second.add(hashed)
    assert first.root() != second.root()
