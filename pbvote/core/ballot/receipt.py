"""The receipt (投票查核碼): a signed promise and a code that names one entry (S6, S8).

Until the opening key is published the code shows no choice; from then on it leads to the plaintext.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pbvote.core.crypto import signing
from pbvote.core.errors import InvalidInput, VerificationError
from pbvote.core.letters import narrow
from pbvote.core.types import ElectionHash, EntryHash, tag

INCLUDE_WITHIN = timedelta(hours=1)
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_CODE_BYTES = 10
_CODE_LETTERS = 16
_REDUCE = 0b100101
"""x^5 + x^2 + 1, primitive over GF(2): its root has the order 31, more than a code has letters."""


class PromiseInvalid(VerificationError):
    """The promise does not carry the box's signature for this ballot."""

    code = "promise.invalid"


class CheckCodeMalformed(InvalidInput):
    """Not a check code: sixteen letters and digits, and one more that checks them."""

    code = "receipt.code-malformed"


class CheckCodeMistyped(InvalidInput):
    """The check character does not fit the sixteen before it: one is wrong, or two have changed places."""

    code = "receipt.code-mistyped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The box's promise: the entry with this hash is in the log by ``include_by`` (Unix seconds)."""

    entry_hash: EntryHash
    include_by: int
    signature: bytes


def include_by(cast_until: datetime) -> int:
    """The same instant for every ballot of a call, so that it says nothing about one."""
    return int((cast_until + INCLUDE_WITHIN).timestamp())


def promise_message(election_hash: ElectionHash, entry_hash: EntryHash, include_by: int) -> bytes:
    """What the box signs."""
    return tag("pbvote/promise/v1") + election_hash + entry_hash + include_by.to_bytes(8, "big")


def make_receipt(
    election_hash: ElectionHash, entry_hash: EntryHash, *, include_by: int, seed: bytes
) -> Receipt:
    """Sign a promise; the same ballot always gets the same bytes (Ed25519 is deterministic)."""
    message = promise_message(election_hash, entry_hash, include_by)
    return Receipt(entry_hash=entry_hash, include_by=include_by, signature=signing.sign(seed, message))


def verify_receipt(election_hash: ElectionHash, receipt: Receipt, *, public_key: bytes) -> None:
    """Guarantee that the box made this promise.

    Raises:
        PromiseInvalid: another key, ballot, vote or time.
    """
    try:
        message = promise_message(election_hash, receipt.entry_hash, receipt.include_by)
        signing.verify(public_key, message, receipt.signature)
    except (VerificationError, OverflowError) as error:  # a saved receipt may say any number
        raise PromiseInvalid() from error


def _check_value(values: Iterable[int]) -> int:
    """What the next character has to be, 0 to 31; 0 where the last one was the check character and fits.

    Damm's scheme over GF(32): every letter counts with a power of its own of the field's generator, so that
    no single wrong character and no exchange of two characters leaves the sum as it was.
    """
    state = 0
    for value in values:
        state = (state ^ value) << 1
        if state & 32:
            state ^= _REDUCE
    return state


def check_code(entry_hash: EntryHash) -> str:
    """The first 80 bits of the entry's hash and a check character, as ``ABCD-EFGH-JKMN-PQRS-T``."""
    number = int.from_bytes(entry_hash[:_CODE_BYTES], "big")
    values = [number >> shift & 31 for shift in range(75, -1, -5)]
    letters = "".join(_ALPHABET[value] for value in (*values, _check_value(values)))
    return "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))


def code_prefix(text: str) -> bytes:
    """The ten hash bytes of a check code as people type it: case, width, spaces, dashes, O/0, I/L/1.

    Codes of sixteen letters, of votes that were cast before there was a check character, are read too.

    Raises:
        CheckCodeMalformed: not so many characters of the alphabet.
        CheckCodeMistyped: the check character does not fit.
    """
    letters = re.sub(r"[\s\-\u2010-\u2015\u2212]", "", narrow(text)).upper()
    letters = letters.replace("O", "0").replace("I", "1").replace("L", "1")
    if len(letters) not in (_CODE_LETTERS, _CODE_LETTERS + 1) or any(c not in _ALPHABET for c in letters):
        raise CheckCodeMalformed(field="code")
    values = [_ALPHABET.index(letter) for letter in letters]
    if len(values) > _CODE_LETTERS and _check_value(values):
        raise CheckCodeMistyped(field="code")
    number = 0
    for value in values[:_CODE_LETTERS]:
        number = number << 5 | value
    return number.to_bytes(_CODE_BYTES, "big")
