"""Tie-breaking: keys, lots, and what is refused."""

from __future__ import annotations

import hashlib
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbvote.core.tally.methods import count
from pbvote.core.tally.profile import Project
from pbvote.core.tally.tie_breaking import (
    TieOrder,
    TieOrderInvalid,
    TieUndecided,
    lot_commitment,
    lot_value,
)
from tests.make.counts import merged, projects, spec, votes

SEED = bytes(range(32))
LISTED = (
    Project(number=1, cost=30, id="P10"),
    Project(number=2, cost=20, id="P9"),
    Project(number=3, cost=20, id="P1"),
)


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        (("number",), [1, 2, 3]),
        (("id",), [3, 1, 2]),
        (("cheaper", "number"), [2, 3, 1]),
        (("cheaper", "id"), [3, 2, 1]),
    ],
)
def test_the_keys_are_applied_one_after_the_other(keys: tuple[str, ...], order: list[int]) -> None:
    for listed in permutations(LISTED):
        assert [project.number for project in TieOrder(keys).order(listed)] == order


def test_the_lot_is_the_order_of_published_hashes() -> None:
    def drawn(number: int) -> bytes:
        return hashlib.sha256(b"pbvote/lot/v1\x00" + SEED + number.to_bytes(8, "big")).digest()

    expected = sorted((1, 2, 3), key=drawn)
    ordered = TieOrder(("lot",), SEED).order(LISTED)
    assert [project.number for project in ordered] == expected
    assert lot_value(SEED, 7) == drawn(7)


def test_another_seed_draws_another_order() -> None:
    listed = projects(*[1] * 9)
    orders = {TieOrder(("lot",), bytes([seed]) * 32).order(listed) for seed in range(4)}
    assert len(orders) == 4


def test_the_commitment_binds_to_one_seed() -> None:
    assert lot_commitment(SEED) == hashlib.sha256(b"pbvote/lot-commitment/v1\x00" + SEED).digest()
    with pytest.raises(TieOrderInvalid):
        lot_commitment(SEED[:-1])


def test_an_undecided_tie_is_refused_and_names_the_projects() -> None:
    with pytest.raises(TieUndecided) as caught:
        TieOrder(("cheaper",)).order(LISTED)
    assert caught.value.facts == {"projects": [2, 3]}


def test_a_count_with_an_undecided_tie_is_refused() -> None:
    with pytest.raises(TieUndecided):
        count(spec(100), projects(5, 5), profile=votes(p1=3, p2=3), ties=TieOrder(("cheaper",)))


def test_without_a_tie_no_key_is_needed() -> None:
    outcome = count(spec(100), projects(5, 5), profile=votes(p1=3, p2=2), ties=TieOrder(()))
    assert outcome.winners == (1, 2)
    assert outcome.ties == ()


def test_the_outcome_names_every_tie_and_the_keys_that_it_took() -> None:
    outcome = count(
        spec(100),
        projects(5, 5, 4, 9, 8),
        profile=votes(p1=3, p2=3, p3=3, p4=1, p5=1),
        ties=TieOrder(("cheaper", "number", "id")),
    )
    assert [tie.to_json() for tie in outcome.ties] == [
        {"score": 3, "projects": [3, 1, 2], "decided_by": ["cheaper", "number"]},
        {"score": 1, "projects": [5, 4], "decided_by": ["cheaper"]},
    ]


def test_a_withdrawn_project_ties_with_nobody() -> None:
    outcome = count(
        spec(9), projects(5, 5), profile=votes(p1=3, p2=3), ties=TieOrder(("cheaper",)), withdrawn=[1]
    )
    assert outcome.winners == (2,)


@pytest.mark.parametrize(
    ("keys", "seed", "field"),
    [
        (("age",), b"", "keys"),
        (("number", "number"), b"", "keys"),
        (("lot",), b"", "lot_seed"),
        (("lot",), SEED + b"\x00", "lot_seed"),
        (("number",), SEED, "lot_seed"),
    ],
)
def test_an_unusable_tie_order_is_refused_with_its_field(
    keys: tuple[str, ...], seed: bytes, field: str
) -> None:
    with pytest.raises(TieOrderInvalid) as caught:
        TieOrder(keys, seed)
    assert caught.value.field == field


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.permutations(["cheaper", "number", "id"]))
def test_a_deciding_order_ranks_by_score_first_whatever_the_keys(scores: list[int], keys: list[str]) -> None:
    listed = projects(*[1] * len(scores))
    ranking = TieOrder(tuple(keys)).rank(listed, scores=dict(enumerate(scores, start=1)))
    assert [scores[p.number - 1] for p in ranking.projects] == sorted(scores, reverse=True)
    assert len(ranking.ties) == sum(scores.count(score) > 1 for score in set(scores))


def test_blank_ballots_leave_every_project_tied_at_zero() -> None:
    outcome = count(spec(5), projects(5, 4), profile=merged([((), 3)]), ties=TieOrder(("cheaper",)))
    assert outcome.winners == (2,)
    assert outcome.ties[0].score == 0
