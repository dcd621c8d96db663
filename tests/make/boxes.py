"""The example vote inside a real ballot box, with voters who hold tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from pbvote.core.crypto import signing
from pbvote.core.log.checkpoint import verifier_key
from pbvote.core.log.entry import notice_message
from pbvote.core.manifest import Manifest
from pbvote.core.types import StyleId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import service
from tests.make.votes import NORTH_1, TIMELINE, ExampleVoter, manifest_with

ROLL_SEED = bytes(range(32))
OPEN = TIMELINE.voting_opens_at + timedelta(hours=1)
CLOSED = TIMELINE.cast_until + timedelta(seconds=1)


def box_manifest(rt: Runtime, **changes: Any) -> Manifest:
    """The example's manifest under the keys of this box."""
    plain = manifest_with(**changes)
    rules = replace(plain.ruleset, batch_seconds=60, batch_least=3)
    return replace(
        plain,
        ruleset=rules,
        box_vkey=service.prepare_key(rt, plain.call, log_name=f"vote.example/box/{plain.call}"),
        roll_vkey=verifier_key("vote.example/roll", signing.public_key_of(ROLL_SEED)),
    )


def open_vote(rt: Runtime, clock: Any, **changes: Any) -> Manifest:
    """A box that has received the vote, with voting open."""
    manifest = box_manifest(rt, **changes)
    service.receive_manifest(rt, manifest.bytes)
    clock.set(OPEN)
    return manifest


def ballots(manifest: Manifest, count: int, style: StyleId = NORTH_1) -> list[bytes]:
    """Valid ballots of as many voters."""
    choice = 10 if style.startswith("south") else 1
    return [ExampleVoter.with_token(manifest, style).ballot(choice).encode() for _ in range(count)]


def signed_notice(manifest: Manifest, statement: bytes, seed: bytes = ROLL_SEED) -> bytes:
    """The signature of the main side under a notice."""
    return signing.sign(seed, notice_message(manifest.election_hash, statement))
