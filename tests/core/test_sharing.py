from __future__ import annotations

from itertools import combinations

import pytest

from pbvote.core.crypto.errors import ShareBroken, SharesTooFew, SharingImpossible
from pbvote.core.crypto.sealing import OpeningKey, generate_opening_key
from pbvote.core.crypto.sharing import combine, release, share

SECRET = bytes(range(32))
LABEL = "pbvote.example/c1"
TRUSTEES = [OpeningKey(generate_opening_key()) for _ in range(5)]
POINTS = [trustee.public_point for trustee in TRUSTEES]
BLOBS = share(SECRET, POINTS, threshold=3, label=LABEL)
RELEASED = [release(BLOBS, i, key=key, label=LABEL) for i, key in enumerate(TRUSTEES)]


def test_three_of_five_makes_thirty_blobs() -> None:
    assert len(BLOBS) == 30
    assert {len(blob) for blob in BLOBS.values()} == {32 + 81}


def test_any_three_of_five_recover_the_secret() -> None:
    for three in combinations(RELEASED, 3):
        assert combine(three, threshold=3) == SECRET


def test_all_five_recover_the_secret() -> None:
    assert combine(RELEASED, threshold=3) == SECRET


def test_no_two_of_five_recover_anything() -> None:
    for two in combinations(RELEASED, 2):
        with pytest.raises(SharesTooFew):
            combine(two, threshold=3)
    with pytest.raises(SharesTooFew):
        combine([RELEASED[0]] * 3, threshold=3)


def test_no_part_of_two_trustees_is_the_secret() -> None:
    held = [part for released in RELEASED[:2] for part in released.values()]
    assert SECRET not in held
    assert len(set(held)) == len(held)


def test_one_of_one_is_a_sealed_copy() -> None:
    blobs = share(SECRET, POINTS[:1], threshold=1, label=LABEL)
    assert combine([release(blobs, 0, key=TRUSTEES[0], label=LABEL)], threshold=1) == SECRET


def test_blobs_of_another_election_are_not_released() -> None:
    with pytest.raises(ShareBroken):
        release(BLOBS, 0, key=TRUSTEES[0], label="pbvote.example/c2")


def test_another_trustees_key_opens_nothing() -> None:
    with pytest.raises(ShareBroken):
        release(BLOBS, 0, key=TRUSTEES[1], label=LABEL)


def test_a_blob_under_another_name_does_not_open() -> None:
    with pytest.raises(ShareBroken):
        release({"0-1-3/0": BLOBS["0-1-2/0"]}, 0, key=TRUSTEES[0], label=LABEL)


@pytest.mark.parametrize(
    "name",
    ["", "0", "0-1", "1-0/0", "0-1-2/3", "0-0/0", "00-1/1", "a/b", "-1-2/2", "0-99/99"],
)
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ShareBroken):
        combine([{name: SECRET}], threshold=3)


def test_contradicting_parts_are_noticed() -> None:
    lying = dict.fromkeys(RELEASED[0], bytes(32))
    with pytest.raises(ShareBroken):
        combine([RELEASED[0], lying], threshold=3)
    with pytest.raises(ShareBroken):
        combine([lying, *RELEASED[1:]], threshold=3)
    short = dict.fromkeys(RELEASED[0], b"")
    with pytest.raises(ShareBroken):
        combine([short, *RELEASED[1:]], threshold=3)


@pytest.mark.parametrize(
    ("points", "threshold", "label"),
    [
        ([], 1, LABEL),
        (POINTS, 0, LABEL),
        (POINTS, 6, LABEL),
        ([POINTS[0], POINTS[0]], 2, LABEL),
        (POINTS, 3, "two\nlines"),
        (POINTS * 4, 3, LABEL),
    ],
)
def test_an_impossible_sharing_is_refused(points: list[bytes], threshold: int, label: str) -> None:
    with pytest.raises(SharingImpossible):
        share(SECRET, points, threshold=threshold, label=label)
