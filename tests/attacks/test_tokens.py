"""Forged, stolen, altered and misused tokens, sent to a box that really runs."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pbvote.core.crypto import blind_rsa, credential
from pbvote.core.crypto.errors import BlindedMessageUnfit, SignatureBad, SignatureHighS, TokenInvalid
from pbvote.core.errors import PbvoteError, VerificationError
from pbvote.core.identity.national_id import invented_id
from pbvote.core.types import ElectionHash, StyleId
from pbvote.edges.web.app import create_box
from pbvote.rooms.ballotbox import service
from pbvote.rooms.registrar import keys, queries
from pbvote.rooms.registrar import service as registrar_service
from pbvote.rooms.registrar.errors import AlreadyIssued, WrongStyle
from tests.attacks.attackers import mint, rows
from tests.make.polls import Poll, blinded
from tests.make.polls import identify as identify_in
from tests.make.votes import ExampleVoter


@pytest.fixture(autouse=True)
def _leaves_no_trace(voting: Poll, honest: ExampleVoter, published: object) -> Iterator[None]:
    before = rows(voting.rt)
    yield
    assert rows(voting.rt) == before


def refused(poll: Poll, entry: bytes, *errors: type[PbvoteError]) -> None:
    """The box refuses with one of the errors, as a service and over HTTP."""
    with pytest.raises(errors) as found:
        service.cast_ballot(poll.rt, poll.call_id, entry)
    answer = create_box(poll.rt).test_client().post(f"/box/{poll.call_id}/ballots", data=entry)
    assert 400 <= answer.status_code < 500
    assert answer.get_json()["code"] == found.value.code
    assert "Set-Cookie" not in answer.headers


def test_a_random_token(voting: Poll, honest: ExampleVoter) -> None:
    for token in (secrets.token_bytes(256), bytes(256), bytes(255) + b"\1", b"\xff" * 256):
        refused(voting, replace(honest, token=token).ballot(1).encode(), TokenInvalid)


def test_a_token_of_another_call_under_the_very_same_key(voting: Poll) -> None:
    other = ElectionHash(secrets.token_bytes(32))
    foreign = mint(voting, "d1-w1", election_hash=other).voter
    refused(voting, foreign.ballot(1).encode(), TokenInvalid)


@pytest.mark.parametrize("style", ["d1-w2", "d2-w1"])
def test_a_token_of_another_style(voting: Poll, honest: ExampleVoter, style: str) -> None:
    """A light ballot does not become a heavy one, nor move to another district."""
    assert honest.style == "d1-w1"
    moved = replace(honest, style=StyleId(style))
    refused(voting, moved.ballot(4 if style.startswith("d2") else 1).encode(), TokenInvalid)


def test_a_token_under_another_credential(voting: Poll, published: tuple[ExampleVoter, bytes]) -> None:
    """A token that stands in the public log is nobody's but its owner's."""
    owner, _ = published
    thief = replace(mint(voting, "d1-w1").voter, token=owner.token, random=owner.random)
    refused(voting, thief.ballot(2).encode(), TokenInvalid)
    mine = thief.ballot(2)
    posing = thief.sign(replace(mine, credential=owner.point))
    refused(voting, posing.encode(), SignatureBad, SignatureHighS)


def test_every_byte_of_a_ballot_is_bound(voting: Poll, honest: ExampleVoter) -> None:
    entry = honest.ballot(1, 2).encode()
    for at in range(len(entry)):
        altered = bytearray(entry)
        altered[at] ^= 1 << (at % 8)
        with pytest.raises(VerificationError):
            service.cast_ballot(voting.rt, voting.call_id, bytes(altered))


def test_a_truncated_or_extended_ballot(voting: Poll, honest: ExampleVoter) -> None:
    entry = honest.ballot(1).encode()
    for cut in (b"", b"\x02", b"\x02\x01", entry[:-1], entry[:-64], entry[1:], entry + b"\0", entry * 2):
        refused(voting, cut, VerificationError)


def test_a_truncated_or_extended_token(voting: Poll, honest: ExampleVoter) -> None:
    for token in (honest.token[:-1], honest.token[1:], honest.token + b"\0", b"\0" + honest.token):
        refused(voting, replace(honest, token=token).ballot(1).encode(), VerificationError)


def test_the_second_form_of_a_signature(voting: Poll, honest: ExampleVoter) -> None:
    """High-s: otherwise anybody could make another entry of the same ballot."""
    ballot = honest.ballot(1)
    s = int.from_bytes(ballot.signature[32:], "big")
    high = ballot.signature[:32] + (credential.CURVE_ORDER - s).to_bytes(32, "big")
    refused(voting, replace(ballot, signature=high).encode(), SignatureHighS)


@pytest.mark.parametrize("salt_length", [0, 20, 32, 47])
def test_a_token_with_another_salt_length(voting: Poll, salt_length: int) -> None:
    refused(voting, mint(voting, "d1-w1", salt_length=salt_length).voter.ballot(1).encode(), TokenInvalid)


def test_what_the_operator_mints_properly_is_a_good_token(voting: Poll) -> None:
    """The attacks above fail for what they change, not for how they are made."""
    vote = service.vote_of(voting.rt, voting.call_id)
    vote.checker.check(mint(voting, "d1-w1").voter.ballot(1).encode())


@pytest.mark.parametrize("what", ["0", "1", "n-1", "n", "short", "long"])
def test_a_representative_outside_the_range_is_not_signed_and_claims_nothing(voting: Poll, what: str) -> None:
    ticket = identify_in(voting.rt, voting, _id(20))
    signer = keys.signer(voting.rt.keystore, voting.call_id, ticket.style)
    n = signer.public_key.public_numbers().n
    length = blind_rsa.token_length(signer.public_key)
    octets = {
        "0": bytes(length),
        "1": (1).to_bytes(length, "big"),
        "n-1": (n - 1).to_bytes(length, "big"),
        "n": n.to_bytes(length, "big"),
        "short": bytes(length - 1),
        "long": b"\0" + (5).to_bytes(length, "big"),
    }[what]
    before = _issued(voting, ticket.style)
    with pytest.raises(BlindedMessageUnfit):
        registrar_service.issue(voting.rt, ticket, style=ticket.style, blinded=octets)
    assert _issued(voting, ticket.style) == before


def test_a_ticket_for_one_style_buys_no_token_of_another(voting: Poll) -> None:
    ticket = identify_in(voting.rt, voting, _id(21))
    for style in voting.manifest.styles:
        if style.id != ticket.style:
            request = blinded(voting.manifest, style.id)
            with pytest.raises(WrongStyle):
                registrar_service.issue(voting.rt, ticket, style=style.id, blinded=request.blinded)


def test_one_person_gets_one_token_in_whatever_spelling(voting: Poll) -> None:
    voting.issue(22)
    number = _id(22)
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in number)
    for spelling in (number, number.lower(), f" {number} ", wide, f"{number[:5]} {number[5:]}"):
        ticket = identify_in(voting.rt, voting, spelling, device=spelling)
        with pytest.raises(AlreadyIssued):
            registrar_service.issue(
                voting.rt, ticket, style=ticket.style, blinded=blinded(voting.manifest, ticket.style).blinded
            )


def _id(number: int) -> str:
    return invented_id(number)


def _issued(poll: Poll, style: StyleId) -> int:
    with poll.rt.read_main() as tx:
        return queries.issued_per_style(tx, poll.call_id).get(style, 0)
