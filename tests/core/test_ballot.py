"""The ballot: legal choices, a seal of constant length, and an entry of which every byte is bound."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbvote.core.ballot.ballot import (
    BallotChecker,
    BallotForeignProject,
    BallotLength,
    BallotOverBudget,
    BallotPointsRange,
    BallotPointsTooMany,
    BallotTooFew,
    BallotTooMany,
    BallotTwice,
    BallotUnreadable,
    decode_choices,
    encode_choices,
    open_choices,
    pad_length,
    require_legal,
    seal_choices,
    seal_info,
)
from pbvote.core.crypto import blind_rsa, sealing
from pbvote.core.crypto.credential import CURVE_ORDER
from pbvote.core.crypto.errors import KeyUnfit, SealBroken, SignatureBad, SignatureHighS, TokenInvalid
from pbvote.core.errors import InvalidInput, VerificationError
from pbvote.core.log.entry import BallotEntry
from pbvote.core.log.errors import EntryMalformed
from pbvote.core.manifest import Manifest, UnknownStyle
from pbvote.core.rules.ballot_form import BallotForm, FormKind
from pbvote.core.rules.errors import RuleInvalid
from pbvote.core.types import CallId, Choices, StyleId
from tests.make.votes import (
    NORTH,
    NORTH_1,
    NORTH_2,
    PROJECTS,
    RULESET,
    SOUTH,
    SOUTH_1,
    ExampleVoter,
    example_manifest,
    manifest_with,
    opening_key,
)

PAD = example_manifest().pad_to
SET = RULESET.ballot_form
RANKING = BallotForm(kind=FormKind.RANKING, min_choices=1, max_choices=3)
POINTS = BallotForm(kind=FormKind.POINTS, min_choices=0, max_choices=3, points_total=10, points_most=6)


@cache
def voter(style: StyleId = NORTH_1) -> ExampleVoter:
    """A voter with a token, made once: making one costs an RSA signature."""
    return ExampleVoter.with_token(example_manifest(), style)


@cache
def checker() -> BallotChecker:
    """The box's check under the example's manifest."""
    return BallotChecker(example_manifest())


def open_key() -> sealing.OpeningKey:
    """The opened key."""
    return sealing.OpeningKey(opening_key())


def _with_form(kind: FormKind, least: int, most: int) -> Manifest:
    form = BallotForm(kind=kind, min_choices=least, max_choices=most)
    return manifest_with(ruleset=replace(RULESET, ballot_form=form))


# --- what a legal choice is


@pytest.mark.parametrize("choices", [(1,), (1, 2, 3), (4, 1), (2, 3, 4)])
def test_up_to_k_projects_of_the_district_are_legal(choices: tuple[int, ...]) -> None:
    """PRA-01."""
    require_legal(example_manifest(), NORTH, Choices(choices))


@pytest.mark.parametrize(
    ("choices", "error"),
    [
        ((), BallotTooFew),
        ((1, 2, 3, 4), BallotTooMany),
        ((1, 1), BallotTwice),
        ((1, 10), BallotForeignProject),
        ((99,), BallotForeignProject),
        ((-1,), BallotForeignProject),
    ],
)
def test_an_illegal_choice_is_refused_by_name(choices: tuple[int, ...], error: type[InvalidInput]) -> None:
    """PRA-01: a project of another district is as foreign as one that does not exist."""
    with pytest.raises(error) as caught:
        require_legal(example_manifest(), NORTH, Choices(choices))
    assert caught.value.field == "choices"


def test_a_blank_ballot_is_legal_only_where_the_minimum_is_zero() -> None:
    require_legal(_with_form(FormKind.UP_TO, 0, 3), NORTH, Choices())
    with pytest.raises(BallotTooFew):
        require_legal(_with_form(FormKind.UP_TO, 1, 3), NORTH, Choices())


def test_exactly_k_is_neither_more_nor_less() -> None:
    """PRA-01, PRA-03: exactly 8 of 18 in the source, 2 of 4 here."""
    manifest = _with_form(FormKind.EXACTLY, 2, 2)
    require_legal(manifest, NORTH, Choices((1, 2)))
    with pytest.raises(BallotTooFew):
        require_legal(manifest, NORTH, Choices((1,)))
    with pytest.raises(BallotTooMany):
        require_legal(manifest, NORTH, Choices((1, 2, 3)))


def test_a_knapsack_ballot_may_spend_the_budget_to_the_last_dollar() -> None:
    """PRA-01."""
    manifest = _with_form(FormKind.KNAPSACK, 1, 4)
    require_legal(manifest, NORTH, Choices((1, 2)))
    with pytest.raises(BallotOverBudget) as caught:
        require_legal(manifest, NORTH, Choices((1, 2, 3)))
    assert caught.value.facts["cost_twd"] == 1_000_001
    assert caught.value.facts["budget_twd"] == 1_000_000


def test_a_ballot_of_an_unknown_district_is_refused() -> None:
    with pytest.raises((BallotForeignProject, RuleInvalid)):
        require_legal(example_manifest(), "west", Choices((1,)))


# --- plaintext


@given(st.sets(st.integers(1, 999_999), max_size=8))
def test_choices_survive_their_plaintext_in_ascending_order(choices: set[int]) -> None:
    plaintext = encode_choices(Choices.of_set(choices), 80)
    assert len(plaintext) == 80
    assert decode_choices(plaintext, SET) == Choices.of_set(choices)


@given(st.sets(st.sampled_from([p.number for p in PROJECTS]), max_size=3))
def test_the_plaintext_is_one_length_whatever_the_choice(choices: set[int]) -> None:
    assert len(encode_choices(Choices.of_set(choices), PAD)) == PAD


@given(st.sets(st.integers(1, 999_999), min_size=1, max_size=40), st.integers(1, 40))
def test_the_longest_legal_ballot_fits_and_the_length_says_nothing_about_it(
    numbers: set[int], most: int
) -> None:
    pad = pad_length(numbers, BallotForm(kind=FormKind.UP_TO, min_choices=0, max_choices=most))
    longest = sorted(numbers, key=lambda n: len(str(n)), reverse=True)[:most]
    assert len(encode_choices(Choices.of_set(longest), pad)) == pad
    assert pad % 16 == 0
    assert pad - 16 < 2 + len(str(sorted(longest)).replace(" ", "")) <= pad


def test_the_bytes_of_a_plaintext_are_those_of_the_protocol() -> None:
    assert encode_choices(Choices.of_set((10, 2)), 16) == b"\x00\x06[2,10]" + bytes(8)
    assert encode_choices(Choices(), 16) == b"\x00\x02[]" + bytes(12)


def test_more_choices_than_the_length_holds_are_refused() -> None:
    with pytest.raises(BallotTooMany):
        encode_choices(Choices.of_set(range(100_000, 100_010)), 16)


@pytest.mark.parametrize(
    "plaintext",
    [
        b"",
        b"\x00",
        b"\x00\x00",
        bytes(PAD),
        b"\xff\xff[1]",
        b"\x00\x03[1]\x01" + bytes(9),
        b"\x00\x03[1]" + bytes(9) + b"\x01",
        b"\x00\x04[1] ",
        b"\x00\x05[2,1]",
        b'\x00\x05["1"]',
        b'\x00\x07{"a":1}',
        b"\x00\x05[[1]]",
        b"\x00\x01[",
        b"\x00\x011",
        b"\x00\x06[true]",
        b"\x00\x05[1.0]",
        b"\x00\x03\xff\xfe\xfd",
        b"\xff\xff" + b"[" * 65_535,
    ],
    ids=lambda octets: repr(octets[:16]),
)
def test_what_is_no_plaintext_is_unreadable_and_never_crashes(plaintext: bytes) -> None:
    with pytest.raises(BallotUnreadable):
        decode_choices(plaintext, SET)


@given(st.binary(max_size=64))
def test_any_plaintext_is_unreadable_or_the_only_spelling_of_its_choices(plaintext: bytes) -> None:
    try:
        choices = decode_choices(plaintext, SET)
    except BallotUnreadable:
        return
    assert encode_choices(choices, len(plaintext)) == plaintext


def test_a_ranking_keeps_its_order_and_a_set_has_none() -> None:
    ranked = encode_choices(Choices((3, 1, 2)), 32)
    assert ranked.startswith(b"\x00\x07[3,1,2]")
    assert decode_choices(ranked, RANKING) == Choices((3, 1, 2))
    with pytest.raises(BallotUnreadable):
        decode_choices(ranked, SET)


def test_points_are_pairs_in_order_of_the_numbers() -> None:
    given = encode_choices(Choices((1, 4), (6, 2)), 32)
    assert given.startswith(b"\x00\x0d[[1,6],[4,2]]")
    assert decode_choices(given, POINTS) == Choices((1, 4), (6, 2))
    assert decode_choices(encode_choices(Choices(), 16), POINTS) == Choices()


@pytest.mark.parametrize(
    "text", [b"[1,4]", b"[[4,1],[1,2]]", b"[[1]]", b"[[1,2,3]]", b'[["1",2]]', b"[[1,2],3]", b"{}"]
)
def test_what_is_no_points_ballot_is_unreadable(text: bytes) -> None:
    with pytest.raises(BallotUnreadable):
        decode_choices(len(text).to_bytes(2, "big") + text + bytes(20), POINTS)


@given(st.dictionaries(st.integers(1, 999_999), st.integers(1, 1000), min_size=1, max_size=12))
def test_the_longest_points_ballot_fits(points: dict[int, int]) -> None:
    form = BallotForm(
        kind=FormKind.POINTS, min_choices=0, max_choices=len(points), points_total=1000, points_most=1000
    )
    numbers = tuple(sorted(points))
    choices = Choices(numbers, tuple(points[number] for number in numbers))
    pad = pad_length(numbers, form)
    assert decode_choices(encode_choices(choices, pad), form) == choices
    assert decode_choices(encode_choices(Choices(numbers, (1000,) * len(numbers)), pad), form)


def test_points_stay_within_the_whole_and_within_one_projects_share() -> None:
    """PRA-01: cumulative points."""
    manifest = manifest_with(ruleset=replace(RULESET, ballot_form=POINTS))
    require_legal(manifest, NORTH, Choices((1, 2), (6, 4)))
    require_legal(manifest, NORTH, Choices())
    with pytest.raises(BallotPointsTooMany):
        require_legal(manifest, NORTH, Choices((1, 2), (6, 5)))
    for points in (0, 7, -1):
        with pytest.raises(BallotPointsRange):
            require_legal(manifest, NORTH, Choices((1,), (points,)))


# --- the seal


@given(st.sets(st.sampled_from([1, 2, 3, 4]), max_size=3))
def test_a_sealed_ballot_is_one_length_whatever_the_choice(choices: set[int]) -> None:
    assert len(voter().seal(*choices)) == PAD + sealing.SEALED_OVERHEAD


def test_the_whole_entry_is_one_length_whatever_the_choice() -> None:
    lengths = {len(voter().ballot(*choices).encode()) for choices in ((1,), (1, 2), (1, 2, 3), (2, 3, 4))}
    assert len(lengths) == 1
    assert lengths.pop() <= 1900


def test_a_sealed_ballot_opens_to_its_choices() -> None:
    assert open_choices(example_manifest(), open_key(), voter().ballot(3, 1)) == Choices((1, 3))


def test_the_same_choice_never_gives_the_same_seal_twice() -> None:
    assert voter().seal(1) != voter().seal(1)


def test_a_copied_box_does_not_open() -> None:
    """Ballot copying: somebody else's sealed ballot under one's own token passes the box and is spoiled."""
    original = voter().ballot(1, 2)
    copier = ExampleVoter.with_token(example_manifest())
    copied = copier.entry(original.sealed)
    assert checker().check(copied.encode()) == copied
    with pytest.raises(SealBroken):
        open_choices(example_manifest(), open_key(), copied)


def test_a_seal_opens_for_its_own_vote_style_credential_and_sequence_alone() -> None:
    entry = voter().ballot(1)
    other_point = ExampleVoter.with_token(example_manifest()).point
    others = [
        (example_manifest(), replace(entry, style=NORTH_2)),
        (example_manifest(), replace(entry, credential=other_point)),
        (example_manifest(), replace(entry, sequence=1)),
        (manifest_with(call=CallId("otherotherot")), entry),
    ]
    assert open_choices(example_manifest(), open_key(), entry) == Choices((1,))
    for manifest, wrong in others:
        with pytest.raises(SealBroken):
            open_choices(manifest, open_key(), wrong)
    stranger = sealing.OpeningKey(sealing.generate_opening_key())
    with pytest.raises(SealBroken):
        open_choices(example_manifest(), stranger, entry)


@pytest.mark.parametrize("length", [0, 1, 64, 65, 80, 81, PAD + 80, PAD + 82])
def test_a_sealed_part_of_any_length_fails_by_name(length: int) -> None:
    sealed = (voter().seal(1) + bytes(2))[:length]
    with pytest.raises(SealBroken):
        open_choices(example_manifest(), open_key(), voter().entry(sealed))


def test_a_sealed_text_that_is_no_ballot_is_unreadable() -> None:
    info = seal_info(example_manifest().election_hash, NORTH_1, voter().point, 0)
    entry = voter().entry(sealing.seal(example_manifest().hpke_pk, info, b"\xff" * PAD))
    checker().check(entry.encode())
    with pytest.raises(BallotUnreadable):
        open_choices(example_manifest(), open_key(), entry)


def test_the_info_of_a_seal_is_that_of_the_protocol() -> None:
    import hashlib

    binding = hashlib.sha256(b"\x04" * 65 + b"\x00\x00\x00\x07").digest()
    assert seal_info(b"\x11" * 32, "A", b"\x04" * 65, 7) == (
        b"pbvote/ballot/v1\x00" + b"\x11" * 32 + b"\x01A" + binding
    )


def test_nothing_is_sealed_to_what_is_no_point() -> None:
    with pytest.raises(KeyUnfit):
        seal_choices(
            manifest_with(hpke_pk=b"\x04" + bytes(64)),
            style=NORTH_1,
            point=voter().point,
            choices=Choices((1,)),
        )


# --- what the box checks


@pytest.mark.parametrize("style", [NORTH_1, NORTH_2, SOUTH_1])
def test_a_good_ballot_of_every_style_passes(style: StyleId) -> None:
    entry = voter(style).ballot(10 if style == SOUTH_1 else 1)
    assert checker().check(entry.encode()) == entry


def test_every_bit_of_a_ballot_entry_is_bound() -> None:
    """Whatever is changed on the way, the box refuses it: nothing in an entry is free to vary."""
    octets = voter().ballot(1, 2).encode()
    checker().check(octets)
    for place in range(len(octets)):
        for bit in (0x01, 0x80):
            changed = bytearray(octets)
            changed[place] ^= bit
            with pytest.raises(VerificationError):
                checker().check(bytes(changed))


@given(st.data())
def test_a_ballot_cut_or_stretched_anywhere_is_refused(data: st.DataObject) -> None:
    octets = voter().ballot(1).encode()
    place = data.draw(st.integers(0, len(octets)))
    extra = data.draw(st.binary(min_size=1, max_size=4))
    for changed in (octets[:place] + extra + octets[place:], octets[:place], octets[place:], octets * 2):
        if changed == octets:
            continue
        with pytest.raises(VerificationError):
            checker().check(changed)


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_by_name(octets: bytes) -> None:
    for candidate in (octets, b"\x02\x01\x08north-w1" + octets):
        with pytest.raises((EntryMalformed, UnknownStyle, VerificationError)):
            checker().check(candidate)


def test_the_second_form_of_a_signature_is_refused() -> None:
    entry = voter().ballot(1)
    s = int.from_bytes(entry.signature[32:], "big")
    high = entry.signature[:32] + (CURVE_ORDER - s).to_bytes(32, "big")
    with pytest.raises(SignatureHighS):
        checker().check(replace(entry, signature=high).encode())


@pytest.mark.parametrize(
    "signature",
    [
        bytes(64),
        b"\xff" * 32 + bytes(31) + b"\x01",
        bytes(31) + b"\x01" + bytes(32),
        CURVE_ORDER.to_bytes(32, "big") + bytes(31) + b"\x01",
    ],
    ids=["zero", "r too large", "s zero", "r is the order"],
)
def test_a_degenerate_signature_is_refused(signature: bytes) -> None:
    with pytest.raises(SignatureBad):
        checker().check(replace(voter().ballot(1), signature=signature).encode())


def test_a_token_is_not_a_bearer_token() -> None:
    """Who reads a token in the public log can do nothing with it: it names the credential."""
    original, thief = voter().ballot(1), ExampleVoter.with_token(example_manifest())
    stolen = thief.sign(replace(thief.ballot(2), token=original.token, random=original.random))
    with pytest.raises(TokenInvalid):
        checker().check(stolen.encode())
    borrowed = thief.sign(
        replace(thief.ballot(2), token=original.token, random=original.random, credential=original.credential)
    )
    with pytest.raises(SignatureBad):
        checker().check(borrowed.encode())


def test_a_random_token_is_refused() -> None:
    forger = voter()
    forged = forger.sign(replace(forger.ballot(1), token=b"\x5a" * 256))
    with pytest.raises(TokenInvalid):
        checker().check(forged.encode())


def test_a_token_of_another_style_or_call_is_refused() -> None:
    """A light ballot's token does not cast a heavy one, nor does a token of another call."""
    light = ExampleVoter.with_token(example_manifest(), NORTH_1)
    heavy = replace(light, style=NORTH_2)
    with pytest.raises(TokenInvalid):
        checker().check(heavy.ballot(1).encode())
    elsewhere = ExampleVoter.with_token(manifest_with(call=CallId("otherotherot")))
    with pytest.raises(TokenInvalid):
        checker().check(replace(elsewhere, manifest=example_manifest()).ballot(1).encode())


def test_a_token_with_another_salt_length_is_refused() -> None:
    from pbvote.core.log.entry import token_message
    from tests.make.votes import signer

    someone = ExampleVoter.with_token(example_manifest())
    key = signer(NORTH_1)
    message = blind_rsa.prepare(token_message(example_manifest().election_hash, NORTH_1, someone.point))
    blinding = blind_rsa.blind(key.public_key, message, salt_length=0)
    token = blind_rsa.finalize(
        key.public_key, message, key.sign(blinding.blinded), blinding.inverse, salt_length=0
    )
    someone = replace(someone, random=message[:32], token=token)
    with pytest.raises(TokenInvalid):
        checker().check(someone.ballot(1).encode())


@pytest.mark.parametrize("length", [0, 1, PAD + 80, PAD + 82, 5000])
def test_a_sealed_part_of_another_length_is_refused_even_if_signed(length: int) -> None:
    """A length of one's own would be a mark on the ballot."""
    entry = voter().entry(bytes(length))
    with pytest.raises(BallotLength):
        checker().check(entry.encode())


def test_a_ballot_of_an_unknown_style_is_refused_by_name() -> None:
    entry = replace(voter().ballot(1), style=StyleId("west-w1"))
    with pytest.raises(UnknownStyle):
        checker().check(entry.encode())


def test_a_checker_knows_the_token_length_of_every_style() -> None:
    assert checker().token_lengths == {NORTH_1: 256, NORTH_2: 256, SOUTH_1: 256}


def test_a_manifest_with_a_key_that_makes_tokens_forgeable_gives_no_checker() -> None:
    weak = tuple(replace(s, rsa_spki=b"\x30\x00") for s in example_manifest().styles)
    with pytest.raises(KeyUnfit):
        BallotChecker(manifest_with(styles=weak))


def test_parsing_alone_verifies_nothing() -> None:
    unsigned = replace(voter().ballot(1), signature=bytes(64))
    assert isinstance(checker().parse(unsigned.encode()), BallotEntry)


def test_a_withdrawn_project_stays_legal_to_choose() -> None:
    """PRA-06: notices never change validity; the tally skips the project."""
    import inspect

    assert "notice" not in inspect.signature(require_legal).parameters
    require_legal(example_manifest(), SOUTH, Choices((10,)))
