"""A dump of both databases next to the list of voters links no ballot to a person."""

from __future__ import annotations

import random

import pytest

from pbvote.core.identity.national_id import canonical_id, invented_id
from pbvote.core.identity.voter_record import voter_record
from pbvote.core.types import sha256
from pbvote.rooms.registrar import keys
from tests.secrecy.dumps import column_of
from tests.secrecy.linking import Thief, pair_off, rob
from tests.secrecy.whole_poll import BETWEEN, VOTERS, Held, K, cells_of

LUCK = 0.15
"""How much better than 1/K a guess may do by chance among sixty; five sigma and more."""


def thief(held: Held, moment: str) -> Thief:
    poll = held.poll
    people = [invented_id(number) for number in range(VOTERS + 4)]
    return rob(
        cells_of(held, moment, "main"),
        cells_of(held, moment, "box"),
        k_call=poll.rt.keystore.get(keys.k_call(poll.call_id)),
        election_hash=poll.manifest.election_hash,
        voters=people,
    )


@pytest.mark.parametrize("moment", ["between", "voting", "closed", "certified"])
def test_everybody_hides_among_at_least_k_ballots_and_every_ballot_among_k_people(
    held: Held, moment: str
) -> None:
    robbed = thief(held, moment)
    truth = {voter.national_id: voter.entry_hash for voter in held.voters}
    assert len(robbed.issues) == len(robbed.casts) >= (BETWEEN if moment == "between" else VOTERS - 4)
    for issue in robbed.issues:
        candidates = robbed.candidates(issue)
        assert truth[issue.national_id] in candidates  # the thief's reasoning is sound
        assert len(candidates) >= K
    for cast in robbed.casts:
        assert len(robbed.people(cast.name)) >= K


@pytest.mark.parametrize("moment", ["between", "voting", "closed", "certified"])
def test_no_order_in_the_dumps_pairs_people_with_ballots(held: Held, moment: str) -> None:
    truth = {voter.national_id: voter.entry_hash for voter in held.voters}
    for guess in thief(held, moment).guesses():
        assert len(guess) >= BETWEEN
        right = sum(truth[person] == name for person, name in guess.items())
        assert right / len(guess) <= 1 / K + LUCK


def test_the_same_thief_with_exact_times_would_link_nearly_everybody(held: Held) -> None:
    """The attack is a good one: with times kept on both sides it succeeds, so their absence matters.

    Two in ten people take so long between check-in and cast that somebody overtakes them.
    """
    dice = random.Random(7)
    slow = {voter.rank: 1.5 * (dice.random() < 0.2) for voter in held.voters}
    people = [(voter.national_id, voter.style) for voter in held.voters]
    cast = sorted(held.voters, key=lambda voter: voter.rank + slow[voter.rank])
    guess = pair_off(people, [(voter.entry_hash, voter.style) for voter in cast])
    truth = {voter.national_id: voter.entry_hash for voter in held.voters}
    right = sum(truth[person] == name for person, name in guess.items())
    assert right / len(guess) > 1 / K + LUCK
    assert right / len(guess) > 0.6


def test_without_k_call_nobody_on_the_list_is_known_to_have_taken_part(held: Held) -> None:
    poll = held.poll
    records = set(column_of(cells_of(held, "certified", "main"), "registrar_issuance", "voter_record"))
    k_call = poll.rt.keystore.get(keys.k_call(poll.call_id))
    k_roll = poll.rt.keystore.get(keys.k_roll(poll.call_id))
    guessed_keys = (bytes(32), k_roll, poll.manifest.election_hash, sha256(poll.call_id.encode()))
    for key, expected in [(k_call, VOTERS), *((key, 0) for key in guessed_keys)]:
        known = {
            voter_record(key, poll.manifest.election_hash, canonical_id(invented_id(number)))
            for number in range(VOTERS)
        }
        assert len(records & known) == expected
