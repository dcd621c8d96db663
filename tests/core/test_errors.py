"""Errors carry a stable code and facts, and nothing is lost on the way to whoever handles them."""

from __future__ import annotations

import pickle
import re

import pytest

from pbvote.core import errors
from pbvote.core.ballot.ballot import BallotTooFew
from pbvote.core.errors import (
    InvalidInput,
    PbvoteError,
    SeveralErrors,
    StageClosed,
    every_error,
    findings_of,
    raise_findings,
)
from pbvote.core.rules.errors import RuleMissing
from pbvote.core.types import NotBase64, b64, length_prefixed, unb64


def test_an_error_says_its_code_and_facts_and_no_prose() -> None:
    error = BallotTooFew(field="choices", count=0, least=1)
    assert str(error) == "ballot.too-few (field='choices', count=0, least=1)"
    assert error.field == "choices"
    assert str(StageClosed()) == "stage.closed"
    assert InvalidInput().field == ""


def test_no_finding_raises_nothing_one_raises_itself_and_more_raise_all() -> None:
    one, two = RuleMissing(field="a"), RuleMissing(field="b")
    raise_findings([])
    with pytest.raises(RuleMissing) as single:
        raise_findings([one])
    assert findings_of(single.value) == (one,)
    with pytest.raises(SeveralErrors) as several:
        raise_findings([one, two])
    assert findings_of(several.value) == (one, two)
    assert str(several.value) == "rules.missing (field='a'); rules.missing (field='b')"


def test_every_code_is_area_dot_reason_and_stands_for_one_class() -> None:
    classes = list(every_error())
    codes = [cls.code for cls in classes]
    assert StageClosed in classes
    assert InvalidInput not in classes
    assert len(set(codes)) == len(codes)
    for code in codes:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*\.[a-z0-9]+(-[a-z0-9]+)*", code), code


def test_an_error_crosses_a_process_boundary_with_its_facts() -> None:
    """A verifier that uses all cores gets the finding of its worker, not a broken pool."""
    error = pickle.loads(pickle.dumps(BallotTooFew(field="choices", count=0, least=1)))  # noqa: S301
    assert type(error) is BallotTooFew
    assert error.facts == {"field": "choices", "count": 0, "least": 1}
    several = pickle.loads(pickle.dumps(SeveralErrors((RuleMissing(field="a"), RuleMissing(field="b")))))  # noqa: S301
    assert isinstance(several, SeveralErrors)
    assert [finding.field for finding in several.findings] == ["a", "b"]


def test_every_error_belongs_to_one_family() -> None:
    """One table maps family to status, so an error of two families would have two answers."""
    families = {
        errors.InvalidInput,
        errors.NotPermitted,
        errors.NotFound,
        errors.Conflict,
        errors.RateLimited,
        errors.VerificationError,
        errors.ServiceUnavailable,
    }
    for cls in every_error():
        assert issubclass(cls, PbvoteError)
        assert len(families & set(cls.__mro__)) == 1, cls


@pytest.mark.parametrize(
    "text", ["?", "QQ", "QQ=", "QQ==\n", " QQ==", "QQ==QQ==", "Q Q==", "QR==", "公", "-_=="]
)
def test_base64_of_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(NotBase64) as caught:
        unb64(text, field="blinded")
    assert caught.value.field == "blinded"


def test_base64_gives_the_bytes_back() -> None:
    for octets in (b"", b"A", bytes(range(256))):
        assert unb64(b64(octets)) == octets


def test_a_length_prefix_has_one_byte() -> None:
    assert length_prefixed("東") == b"\x03" + "東".encode()
    assert length_prefixed("x" * 255)[0] == 255
    with pytest.raises(ValueError, match="255"):
        length_prefixed("x" * 256)
