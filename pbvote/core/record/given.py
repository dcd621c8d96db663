"""What the reader of a record brings along to compare it with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pbvote.core.ballot.receipt import Receipt
from pbvote.core.errors import InvalidInput, VerificationError
from pbvote.core.manifest import Manifest
from pbvote.core.types import EntryHash, is_hex_digest, unb64


class ExpectationUnfit(InvalidInput):
    """What was given to compare with is none: an election hash has 64 hexadecimal digits."""

    code = "record.expectation-unfit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What the reader brings along to compare with: the notice's EH, old checkpoints, receipts.

    ``election_hash`` is empty, or 64 hexadecimal digits in any case with spaces around them.

    Raises:
        ExpectationUnfit: anything else was given as the election hash: nothing would be compared.
    """

    election_hash: str = ""
    checkpoints: Mapping[str, bytes] = field(default_factory=dict)
    receipts: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.election_hash:
            cleaned = self.election_hash.strip().lower()
            if not is_hex_digest(cleaned):
                raise ExpectationUnfit(field="expect-manifest")
            object.__setattr__(self, "election_hash", cleaned)


class ReceiptMalformed(VerificationError):
    """The file is no saved receipt of this vote (fact ``problem``)."""

    code = "receipt.malformed"


def parse_receipt(content: bytes, manifest: Manifest) -> Receipt:
    """The receipt that a voter saved, as JSON; spaces and order of members do not matter.

    Raises:
        ReceiptMalformed: another form, or another vote's receipt.
        NotBase64: a member is not base64.
    """
    try:
        values: Any = json.loads(content)
        entry_hash = unb64(str(values["entry_hash"]), field="entry_hash")
        signature = unb64(str(values["signature"]), field="signature")
        include_by, call = int(values["include_by"]), str(values["call"])
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise ReceiptMalformed(problem="members") from error
    if call != manifest.call:
        raise ReceiptMalformed(problem="call")
    if len(entry_hash) != 32 or not 0 <= include_by < 2**53:
        raise ReceiptMalformed(problem="members")
    return Receipt(entry_hash=EntryHash(entry_hash), include_by=include_by, signature=signature)
