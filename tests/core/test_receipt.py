"""The receipt: a promise that binds the box, and a code that shows no choice."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote.core.ballot.receipt import (
    CheckCodeMalformed,
    CheckCodeMistyped,
    PromiseInvalid,
    Receipt,
    check_code,
    code_prefix,
    include_by,
    make_receipt,
    promise_message,
    verify_receipt,
)
from pbvote.core.crypto import signing
from pbvote.core.types import ElectionHash, EntryHash

EH = ElectionHash(b"\x11" * 32)
HASH = EntryHash(bytes(range(32)))
SEED = b"\x22" * 32
KEY = signing.public_key_of(SEED)
BY = 1_778_239_800


def receipt() -> Receipt:
    """A good one."""
    return make_receipt(EH, HASH, include_by=BY, seed=SEED)


def test_a_promise_verifies_and_is_the_same_bytes_every_time() -> None:
    """S6: a lost answer is harmless, the same ballot gets the same promise again."""
    verify_receipt(EH, receipt(), public_key=KEY)
    assert receipt() == receipt()


def test_the_message_of_a_promise_is_that_of_the_protocol() -> None:
    assert promise_message(EH, HASH, BY) == b"pbvote/promise/v1\x00" + EH + HASH + BY.to_bytes(8, "big")


@pytest.mark.parametrize(
    "change",
    [
        {"entry_hash": EntryHash(bytes(32))},
        {"entry_hash": EntryHash(HASH[:-1])},
        {"entry_hash": EntryHash(b"")},
        {"include_by": BY + 1},
        {"include_by": -1},
        {"include_by": 2**64},
        {"signature": bytes(64)},
        {"signature": b""},
    ],
)
def test_a_promise_about_anything_else_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(PromiseInvalid):
        verify_receipt(EH, replace(receipt(), **change), public_key=KEY)


def test_a_promise_of_another_vote_or_box_is_refused() -> None:
    with pytest.raises(PromiseInvalid):
        verify_receipt(ElectionHash(bytes(32)), receipt(), public_key=KEY)
    for key in (signing.public_key_of(b"\x23" * 32), b"", bytes(31)):
        with pytest.raises(PromiseInvalid):
            verify_receipt(EH, receipt(), public_key=key)


def test_every_ballot_of_a_call_is_promised_for_the_same_instant() -> None:
    """A time of its own would say when a ballot was cast."""
    assert include_by(datetime(2026, 5, 8, 10, 30, tzinfo=UTC)) == BY
    assert int(datetime(2026, 5, 8, 11, 30, tzinfo=UTC).timestamp()) == BY


@given(st.binary(min_size=32, max_size=32))
def test_a_check_code_names_the_first_eighty_bits(entry_hash: bytes) -> None:
    code = check_code(EntryHash(entry_hash))
    assert len(code) == 21
    assert code_prefix(code) == entry_hash[:10]


@given(st.binary(min_size=32, max_size=32))
def test_a_code_of_a_vote_before_there_was_a_check_character_is_read(entry_hash: bytes) -> None:
    assert code_prefix(check_code(EntryHash(entry_hash))[:19]) == entry_hash[:10]


LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@settings(max_examples=30)
@given(st.binary(min_size=32, max_size=32))
def test_every_wrong_character_and_every_exchange_of_two_is_found(entry_hash: bytes) -> None:
    good = check_code(EntryHash(entry_hash)).replace("-", "")
    wrong = {
        good[:at] + letter + good[at + 1 :] for at in range(17) for letter in LETTERS if letter != good[at]
    }
    for one, other in combinations(range(17), 2):
        letters = list(good)
        letters[one], letters[other] = letters[other], letters[one]
        wrong |= {"".join(letters)} - {good}
    assert len(wrong) >= 17 * 31
    for text in wrong:
        with pytest.raises(CheckCodeMistyped) as caught:
            code_prefix(text)
        assert caught.value.field == "code"


VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "check_codes.json").read_text("utf-8"))


def test_the_vectors_that_the_browser_meets_too() -> None:
    for case in VECTORS["codes"]:
        assert check_code(EntryHash(bytes.fromhex(case["hash"]))) == case["code"]
    faults = {"": None, "malformed": CheckCodeMalformed, "mistyped": CheckCodeMistyped}
    for case in VECTORS["typed"]:
        fault = faults[case["fault"]]
        if fault is None:
            assert code_prefix(case["text"]) == code_prefix(case["code"])
            continue
        with pytest.raises(fault):
            code_prefix(case["text"])


@given(st.binary(min_size=32, max_size=32), st.data())
def test_a_check_code_is_read_as_people_type_it(entry_hash: bytes, data: st.DataObject) -> None:
    code = check_code(EntryHash(entry_hash))
    looks_like = {"0": "0OoＯ０", "1": "1IiLlｌ", "-": "- –—－ "}
    typed = "".join(data.draw(st.sampled_from(looks_like.get(c, c + c.lower()))) for c in code)
    full_width = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in code)
    for text in (typed, full_width, f"  {code}\n", code.replace("-", ""), code.lower()):
        assert code_prefix(text) == entry_hash[:10]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ABCD",
        "ABCD-EFGH-JKMN-PQR",
        "ABCD-EFGH-JKMN-PQRS-TV",
        "UUUU-UUUU-UUUU-UUUU",
        "圖" * 16,
        "\x00" * 16,
        "A" * 100_000,
    ],
)
def test_what_is_no_check_code_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(CheckCodeMalformed) as caught:
        code_prefix(text)
    assert caught.value.field == "code"


@given(st.text(max_size=24))
def test_any_text_is_a_check_code_or_refused(text: str) -> None:
    try:
        prefix = code_prefix(text)
    except (CheckCodeMalformed, CheckCodeMistyped):
        return
    assert len(prefix) == 10
