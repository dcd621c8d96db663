from __future__ import annotations

import hashlib
import hmac
from datetime import date

import pytest

from pbvote.core.identity.national_id import canonical_id
from pbvote.core.identity.voter_record import person_check, person_key, voter_record
from pbvote.core.types import CallId, ElectionHash

KEY = b"\x01" * 32
CALL = CallId("c1")
EH = ElectionHash(b"\x11" * 32)
ANN = canonical_id("A123456789")
BOB = canonical_id("A800000014")
BORN = date(1990, 5, 17)


def test_the_voter_record_is_the_hmac_of_the_protocol() -> None:
    message = b"pbvote/tools/voter/v1\x00" + EH + b"A123456789"
    assert voter_record(KEY, EH, ANN) == hmac.digest(KEY, message, hashlib.sha256)


def test_the_same_id_in_another_spelling_has_the_same_record() -> None:
    spelled = canonical_id("\uff41123-456-789 ")
    assert voter_record(KEY, EH, spelled) == voter_record(KEY, EH, ANN)
    assert person_key(KEY, CALL, spelled) == person_key(KEY, CALL, ANN)


def test_every_key_call_and_person_has_other_values() -> None:
    values = [
        voter_record(KEY, EH, ANN),
        voter_record(b"\x02" * 32, EH, ANN),
        voter_record(KEY, ElectionHash(b"\x12" * 32), ANN),
        voter_record(KEY, EH, BOB),
        person_key(KEY, CALL, ANN),
        person_key(b"\x02" * 32, CALL, ANN),
        person_key(KEY, CallId("c2"), ANN),
        person_key(KEY, CALL, BOB),
        person_check(KEY, CALL, ANN, birth_on=BORN),
        person_check(KEY, CALL, ANN, birth_on=date(1990, 5, 18)),
        person_check(KEY, CALL, BOB, birth_on=BORN),
        person_check(KEY, CALL, ANN, birth_on=BORN, code="K7"),
        person_check(KEY, CALL, ANN, birth_on=BORN, code="K8"),
    ]
    assert len(set(values)) == len(values)
    assert {len(value) for value in values} == {32}


def test_a_code_is_compared_as_people_type_it() -> None:
    written = person_check(KEY, CALL, ANN, birth_on=BORN, code="K7QX-2M")
    typed = person_check(KEY, CALL, ANN, birth_on=BORN, code=" ｋ7qx 2m")
    assert written == typed


def test_a_short_key_hides_nothing_and_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        person_key(b"short", CALL, ANN)
    with pytest.raises(ValueError, match="32 bytes"):
        voter_record(KEY, ElectionHash(b"short"), ANN)
