"""The verifier on a record in memory, and a checkpoint that somebody saved."""

from __future__ import annotations

from typing import Any

from pbvote.core.record.given import Expectations
from pbvote.core.record.report import Report
from pbvote.core.record.verify import verify_record
from tests.make import records as rb
from tests.make.records import Built, MemorySource


def check(files: dict[str, bytes], **expected: Any) -> Report:
    """What the verifier finds in these files."""
    return verify_record(MemorySource(files), expectations=Expectations(**expected))


def saved_earlier(built: Built) -> bytes:
    """A checkpoint that somebody saved before the record was complete."""
    return rb.signed(built.box[:-3], built.manifest.box_vkey, built.keys.box).encode()
