from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote.core.crypto.signing import public_key_of
from pbvote.core.errors import VerificationError
from pbvote.core.log.checkpoint import (
    Checkpoint,
    open_checkpoint,
    parse_verifier_key,
    sign_checkpoint,
    verifier_key,
)
from pbvote.core.log.errors import (
    CheckpointMalformed,
    CheckpointOtherOrigin,
    CheckpointUnsigned,
    VerifierKeyMalformed,
)

SEED = bytes(range(32))
ORIGIN = "pbvote.example/c1/box"
KEY = verifier_key(ORIGIN, public_key_of(SEED))
CHECKPOINT = Checkpoint(origin=ORIGIN, size=300, root=b"\x42" * 32)
NOTE = sign_checkpoint(CHECKPOINT, ORIGIN, SEED)


def test_a_signed_checkpoint_opens_to_what_was_signed() -> None:
    assert open_checkpoint(NOTE, KEY, origin=ORIGIN) == CHECKPOINT
    assert sign_checkpoint(CHECKPOINT, ORIGIN, SEED) == NOTE


def test_lines_of_witnesses_before_and_after_are_passed_over() -> None:
    text, _, own = NOTE.partition("\n\n")
    other = sign_checkpoint(CHECKPOINT, "witness.example", b"\7" * 32).partition("\n\n")[2]
    for lines in (own + other, other + own, other + own + other):
        assert open_checkpoint(f"{text}\n\n{lines}", KEY, origin=ORIGIN) == CHECKPOINT


def test_a_checkpoint_signed_by_others_alone_is_unsigned() -> None:
    note = sign_checkpoint(CHECKPOINT, "witness.example", b"\7" * 32)
    with pytest.raises(CheckpointUnsigned):
        open_checkpoint(note, KEY, origin=ORIGIN)
    impostor = sign_checkpoint(CHECKPOINT, ORIGIN, b"\7" * 32)
    with pytest.raises(CheckpointUnsigned):
        open_checkpoint(impostor, KEY, origin=ORIGIN)


def test_a_changed_size_is_unsigned() -> None:
    with pytest.raises(CheckpointUnsigned):
        open_checkpoint(NOTE.replace("\n300\n", "\n299\n"), KEY, origin=ORIGIN)


def test_a_checkpoint_of_another_log_is_named() -> None:
    other = Checkpoint(origin="pbvote.example/c2/box", size=300, root=b"\x42" * 32)
    with pytest.raises(CheckpointOtherOrigin) as caught:
        open_checkpoint(sign_checkpoint(other, ORIGIN, SEED), KEY, origin=ORIGIN)
    assert caught.value.facts == {"expected": ORIGIN, "found": "pbvote.example/c2/box"}


@pytest.mark.parametrize("length", range(len(NOTE)))
def test_no_beginning_of_a_note_opens(length: int) -> None:
    with pytest.raises(VerificationError):
        open_checkpoint(NOTE[:length], KEY, origin=ORIGIN)


def test_any_character_changed_does_not_open() -> None:
    for place in range(len(NOTE)):
        changed = NOTE[:place] + chr(ord(NOTE[place]) ^ 1) + NOTE[place + 1 :]
        with pytest.raises(VerificationError):
            open_checkpoint(changed, KEY, origin=ORIGIN)


@given(st.text(max_size=100))
@settings(max_examples=60)
def test_any_text_is_refused_by_name(text: str) -> None:
    with pytest.raises(VerificationError):
        open_checkpoint(text, KEY, origin=ORIGIN)
    with pytest.raises(VerificationError):
        open_checkpoint(f"{CHECKPOINT.text()}\n{text}\n", KEY, origin=ORIGIN)


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"o\n1\n{ROOT}",
        f"o\n1\n{ROOT}\nextension\n",
        f"\n1\n{ROOT}\n",
        f"o\x07\n1\n{ROOT}\n",
        f"o\n01\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n+1\n{ROOT}\n",
        f"o\n1_0\n{ROOT}\n",
        f"o\n\u0661\n{ROOT}\n",
        f"o\n{10**40}\n{ROOT}\n",
        f"o\n1\n{ROOT[:-1]}\n",
        f"o\n1\n{ROOT[:-2]}B=\n",
        f"o\n1\n{base64.b64encode(bytes(31)).decode()}\n",
        f"o\n1\n{ROOT}\r\n",
    ],
)
def test_another_text_is_no_checkpoint(text: str) -> None:
    with pytest.raises(CheckpointMalformed):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "name",
        "name+00000000",
        KEY[:-1],
        KEY.replace("+", " ", 1),
        KEY.replace(ORIGIN, "other"),
        KEY.upper(),
        f"{ORIGIN}+00000000+{KEY.rpartition('+')[2]}",
    ],
)
def test_another_line_is_no_verifier_key(line: str) -> None:
    with pytest.raises(VerifierKeyMalformed):
        parse_verifier_key(line)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb"])
def test_a_name_that_would_break_the_note_is_refused(name: str) -> None:
    with pytest.raises(VerifierKeyMalformed):
        sign_checkpoint(CHECKPOINT, name, SEED)


def test_nothing_is_signed_that_a_reader_would_refuse() -> None:
    with pytest.raises(CheckpointMalformed):
        sign_checkpoint(Checkpoint(origin="a\nb", size=1, root=bytes(32)), ORIGIN, SEED)
    with pytest.raises(CheckpointMalformed):
        sign_checkpoint(Checkpoint(origin="a", size=-1, root=bytes(32)), ORIGIN, SEED)
