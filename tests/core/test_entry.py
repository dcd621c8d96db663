from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote.core.log.entry import (
    BallotEntry,
    BatchEntry,
    CloseEntry,
    Entry,
    ManifestEntry,
    NoticeEntry,
    OpeningEntry,
    OutcomeEntry,
    RollEntry,
    cast_message,
    entry_hash,
    parse_ballot,
    parse_entry,
    roll_commitment,
    token_message,
)
from pbvote.core.log.errors import EntryMalformed
from pbvote.core.types import ElectionHash, StyleId

EH = ElectionHash(b"\x11" * 32)
A = StyleId("A")
TOKEN_LENGTHS = {A: 256, StyleId("東區"): 384}
BALLOT = BallotEntry(
    style=A,
    credential=b"\x04" + b"\x22" * 64,
    random=b"\x33" * 32,
    token=b"\x44" * 256,
    sequence=0,
    sealed=b"\x55" * 145,
    signature=b"\x66" * 64,
)
EXAMPLES: list[Entry] = [
    ManifestEntry(b'{"version":1}'),
    RollEntry(A, b"\x77" * 32),
    RollEntry(StyleId("東區"), b"\x77" * 32),
    BALLOT,
    NoticeEntry(b'{"project":3}', b"\x88" * 64),
    BatchEntry(style=A, number=1, count=100, time=1_800_000_000),
    BatchEntry(style=StyleId(""), number=0, count=0, time=0),
    CloseEntry.of({A: 17, StyleId("B"): 0}, 1_800_000_000),
    OpeningEntry(b"\x99" * 32),
    OpeningEntry(b"\x99" * 32, b"\xaa" * 32),
    OutcomeEntry(b'{"winners":[1,2]}'),
]


def _parse(octets: bytes) -> Entry:
    return parse_entry(octets, token_lengths=TOKEN_LENGTHS)


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda e: type(e).__name__)
def test_an_entry_is_read_as_it_was_written(entry: Entry) -> None:
    octets = entry.encode()
    assert octets[:2] == bytes([entry.kind, 1])
    assert _parse(octets) == entry
    assert _parse(octets).encode() == octets


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda e: type(e).__name__)
def test_a_truncated_or_extended_entry_is_refused(entry: Entry) -> None:
    octets = entry.encode()
    for broken in (*(octets[:n] for n in range(len(octets))), octets + b"\0", octets + b" "):
        with pytest.raises(EntryMalformed):
            _parse(broken)


@pytest.mark.parametrize("octets", [b"", b"\x08\x01", b"\xff\x01", b"\x02", b"\x00\x02{}", b"\x01\x00"])
def test_an_unknown_kind_or_version_is_refused(octets: bytes) -> None:
    with pytest.raises(EntryMalformed):
        _parse(octets)


@given(st.binary(max_size=200), st.integers(0, 8))
@settings(max_examples=300)
def test_any_bytes_are_refused_or_are_the_only_form_of_what_they_say(octets: bytes, kind: int) -> None:
    for candidate in (octets, bytes([kind, 1]) + octets):
        try:
            entry = _parse(candidate)
        except EntryMalformed:
            continue
        assert entry.encode() == candidate


def test_the_bytes_of_a_ballot_entry_are_those_of_the_protocol() -> None:
    expected = (
        b"\x02\x01\x01A\x04"
        + b"\x22" * 64
        + b"\x33" * 32
        + b"\x44" * 256
        + b"\x00\x00\x00\x00"
        + b"\x00\x91"
        + b"\x55" * 145
        + b"\x66" * 64
    )
    assert BALLOT.encode() == expected
    assert BALLOT.body == expected[:-64]
    assert BALLOT.signed_message(EH) == b"pbvote/cast/v1\x00" + EH + expected[:-64]
    assert cast_message(EH, BALLOT.body) == BALLOT.signed_message(EH)


def test_a_ballot_is_read_with_the_token_length_of_its_style_only() -> None:
    assert parse_ballot(BALLOT.encode(), token_length=256) == BALLOT
    for length in (0, 255, 257, 384):
        with pytest.raises(EntryMalformed):
            parse_ballot(BALLOT.encode(), token_length=length)


def test_a_ballot_of_an_unknown_style_is_refused() -> None:
    with pytest.raises(EntryMalformed):
        parse_entry(BALLOT.encode(), token_lengths={StyleId("B"): 256})


def test_a_style_that_is_not_utf8_or_empty_is_refused() -> None:
    for style in (b"\x01\xff", b"\x00", b"\x02\xc0\x80"):
        with pytest.raises(EntryMalformed):
            _parse(b"\x01\x01" + style + bytes(32))


@pytest.mark.parametrize(
    "octets",
    [
        b'\x00\x01{"version": 1}',
        b"\x00\x01not json",
        b'\x07\x01{"b":1,"a":2}',
        b'\x05\x01{"counts":{"A":-1},"time":1}',
        b'\x05\x01{"counts":{"A":"1"},"time":1}',
        b'\x05\x01{"counts":[],"time":1}',
        b'\x05\x01{"counts":{},"time":"1"}',
        b'\x05\x01{"counts":{}}',
        b'\x05\x01{"counts":{},"more":1,"time":1}',
        b"\x05\x01[]",
        b"\x03\x01\x00\x00\x00\x03{ }" + bytes(64),
        b"\x06\x01\x1f" + bytes(31) + b"\x00",
        b"\x06\x01\x20" + bytes(32) + b"\x01\x00",
        b"\x04\x01\x00" + b"\x00" * 8 + b"\xff" * 8,
    ],
)
def test_content_out_of_form_is_refused(octets: bytes) -> None:
    with pytest.raises(EntryMalformed):
        _parse(octets)


def test_a_closing_entry_gives_back_its_counts_and_time() -> None:
    entry = CloseEntry.of({StyleId("B"): 2, A: 1}, 1_800_000_000)
    assert entry.content == b'{"counts":{"A":1,"B":2},"time":1800000000}'
    assert entry.counts == {"A": 1, "B": 2}
    assert entry.time == 1_800_000_000


def test_an_entry_out_of_form_cannot_even_be_made() -> None:
    with pytest.raises(EntryMalformed):
        RollEntry(StyleId("x" * 256), bytes(32))
    with pytest.raises(EntryMalformed):
        RollEntry(StyleId("\ud800"), bytes(32))
    with pytest.raises(EntryMalformed):
        BatchEntry(style=A, number=2**32, count=0, time=0)
    with pytest.raises(EntryMalformed):
        OpeningEntry(bytes(31))


def test_an_entry_is_named_by_its_leaf_hash() -> None:
    octets = BALLOT.encode()
    assert entry_hash(octets) == hashlib.sha256(b"\x00" + octets).digest()


def test_the_repr_of_an_opening_does_not_show_the_key() -> None:
    assert "99" not in repr(OpeningEntry(b"\x99" * 32))


def test_the_token_message_separates_election_style_and_credential() -> None:
    point = b"\x04" + bytes(64)
    assert token_message(EH, A, point) == b"pbvote/token/v1\x00" + EH + b"\x01A" + point


def test_a_roll_commitment_depends_on_every_part() -> None:
    def commitment(**change: bytes) -> bytes:
        parts = {"salt": bytes(32), "voter_record": b"\1" * 32, "blinded": b"\2" * 256, **change}
        return roll_commitment(EH, **parts)

    expected = hashlib.sha256(
        b"pbvote/roll/v1\x00" + EH + bytes(32) + b"\1" * 32 + hashlib.sha256(b"\2" * 256).digest()
    ).digest()
    assert commitment() == expected
    others = {
        commitment(salt=b"\3" * 32),
        commitment(voter_record=b"\3" * 32),
        commitment(blinded=b"\3" * 256),
        roll_commitment(
            ElectionHash(bytes(32)), salt=bytes(32), voter_record=b"\1" * 32, blinded=b"\2" * 256
        ),
    }
    assert len(others | {expected}) == 5
    for wrong in ({"salt": bytes(31)}, {"voter_record": bytes(33)}):
        with pytest.raises(ValueError, match="32 bytes"):
            commitment(**wrong)
