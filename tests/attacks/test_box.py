"""Replays, second ballots, copies, named casts and casts out of time, at a box that really runs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pbvote.core.ballot.ballot import open_choices
from pbvote.core.crypto.errors import SealBroken
from pbvote.core.crypto.keyfile import decrypt_key_file
from pbvote.core.crypto.sealing import OpeningKey
from pbvote.core.errors import StageClosed
from pbvote.core.identity.national_id import invented_id
from pbvote.core.log.entry import parse_ballot
from pbvote.core.types import Choices
from pbvote.edges.web.app import create_box, create_checkin
from pbvote.rooms.ballotbox import errors, service
from pbvote.rooms.counting.ceremony import OPENING, OPENING_FILE
from pbvote.rooms.registrar import service as registrar_service
from tests.attacks.attackers import rows
from tests.make.polls import PASSPHRASE, Poll, blinded, ceremony
from tests.make.polls import identify as identify_in
from tests.make.votes import ExampleVoter


def test_a_replay_gets_the_same_promise_and_is_one_ballot(
    voting: Poll, published: tuple[ExampleVoter, bytes]
) -> None:
    _, entry = published
    before = rows(voting.rt)
    client = create_box(voting.rt).test_client()
    answers = {client.post(f"/box/{voting.call_id}/ballots", data=entry).data for _ in range(3)}
    assert len(answers) == 1
    assert rows(voting.rt) == before


def test_a_second_ballot_of_the_same_credential_is_refused(
    voting: Poll, published: tuple[ExampleVoter, bytes]
) -> None:
    voter, _ = published
    before = rows(voting.rt)
    second = [voter.ballot(2), voter.ballot(1), voter.entry(voter.seal(1), sequence=1)]
    for ballot in second[:2]:
        with pytest.raises(errors.CredentialUsed):
            service.cast_ballot(voting.rt, voting.call_id, ballot.encode())
    answer = (
        create_box(voting.rt).test_client().post(f"/box/{voting.call_id}/ballots", data=second[2].encode())
    )
    assert 400 <= answer.status_code < 500
    assert rows(voting.rt) == before


def test_a_copied_box_gets_in_and_does_not_open(voting: Poll, published: tuple[ExampleVoter, bytes]) -> None:
    """Ballot copying (Helios, 2011): to be seen voting like somebody whose ballot one cannot read."""
    _, original = published
    thief = voting.issue(6)
    copied = thief.entry(parse_ballot(original, token_length=256).sealed).encode()
    service.cast_ballot(voting.rt, voting.call_id, copied)
    key = OpeningKey(decrypt_key_file(ceremony()[OPENING_FILE], PASSPHRASE, purpose=OPENING))
    assert open_choices(voting.manifest, key, parse_ballot(original, token_length=256)) == Choices((1,))
    with pytest.raises(SealBroken):
        open_choices(voting.manifest, key, parse_ballot(copied, token_length=256))


@pytest.mark.parametrize(
    "headers", [{"Cookie": "session=1"}, {"Cookie": "pbvote_checkin=x"}, {"Authorization": "Bearer x"}]
)
def test_a_cast_that_could_name_its_sender_is_refused_and_gets_no_cookie(
    voting: Poll, honest: ExampleVoter, headers: dict[str, str]
) -> None:
    before = rows(voting.rt)
    client = create_box(voting.rt).test_client(use_cookies=False)
    for content in (honest.ballot(1).encode(), b"x"):
        answer = client.post(f"/box/{voting.call_id}/ballots", data=content, headers=headers)
        assert (answer.status_code, answer.get_json()["code"]) == (400, "ballot.with-identity")
        assert "Set-Cookie" not in answer.headers
    assert rows(voting.rt) == before


def test_nothing_is_issued_from_issue_until_on(voting: Poll) -> None:
    end = voting.manifest.issue_until
    voting.clock.set(end - timedelta(minutes=5))
    ticket = identify_in(voting.rt, voting, invented_id(9))
    request = blinded(voting.manifest, ticket.style)
    for moment in (end, end + timedelta(minutes=5)):
        voting.clock.set(moment)
        with pytest.raises(StageClosed):
            registrar_service.issue(voting.rt, ticket, style=ticket.style, blinded=request.blinded)
        with pytest.raises(StageClosed):
            identify_in(voting.rt, voting, invented_id(9))
    page = create_checkin(voting.rt).test_client().get(f"/checkin/{voting.call_id}/")
    assert 'name="national_id"' not in page.get_data(as_text=True)
    voting.clock.set(end - timedelta(seconds=1))
    assert registrar_service.issue(voting.rt, ticket, style=ticket.style, blinded=request.blinded).signature


def test_nothing_is_cast_from_cast_until_on_nor_before_the_opening(voting: Poll) -> None:
    late = voting.issue(12).ballot(1).encode()
    early = voting.manifest.opens_at - timedelta(seconds=1)
    before = rows(voting.rt)
    for moment in (early, voting.manifest.cast_until, voting.manifest.cast_until + timedelta(days=1)):
        voting.clock.set(moment)
        with pytest.raises(StageClosed):
            service.cast_ballot(voting.rt, voting.call_id, late)
        answer = create_box(voting.rt).test_client().post(f"/box/{voting.call_id}/ballots", data=late)
        assert (answer.status_code, answer.get_json()["code"]) == (409, "stage.closed")
    assert rows(voting.rt) == before
    voting.clock.set(voting.manifest.cast_until - timedelta(seconds=1))
    service.cast_ballot(voting.rt, voting.call_id, late)
