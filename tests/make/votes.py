"""One small vote for the tests of the core: two districts, three styles, everything real but short."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from pbvote.core.ballot import ballot
from pbvote.core.crypto import blind_rsa, credential, sealing
from pbvote.core.log.entry import BallotEntry, token_message
from pbvote.core.manifest import BallotProject, BallotStyle, Manifest
from pbvote.core.rules.ballot_form import BallotForm, FormKind
from pbvote.core.rules.ruleset import District, Evidence, Ground, GroundKind, Ruleset, VoteKind
from pbvote.core.rules.stage import Timeline
from pbvote.core.rules.ways import Verification
from pbvote.core.rules.winner_rule import WinnerRule
from pbvote.core.types import CallId, Choices, DistrictId, Mode, ProjectNumber, StyleId

NORTH, SOUTH = DistrictId("north"), DistrictId("south")
NORTH_1, NORTH_2, SOUTH_1 = StyleId("north-w1"), StyleId("north-w2"), StyleId("south-w1")

TIMELINE = Timeline(
    proposals_open_at=datetime(2026, 3, 1, tzinfo=UTC),
    proposals_close_at=datetime(2026, 4, 1, tzinfo=UTC),
    moderation_until=datetime(2026, 4, 15, tzinfo=UTC),
    voting_opens_at=datetime(2026, 5, 1, tzinfo=UTC),
    issue_until=datetime(2026, 5, 8, 10, 0, tzinfo=UTC),
    cast_until=datetime(2026, 5, 8, 10, 30, tzinfo=UTC),
)

RULESET = Ruleset(
    vote_kind=VoteKind.SELECTION,
    verification=Verification.ROLL,
    minimum_age=15,
    age_on=date(2026, 5, 1),
    grounds=(
        Ground(
            kind=GroundKind.REGISTERED,
            area="新店區",
            cut_off_on=date(2026, 1, 1),
            evidence=Evidence.ROLL,
            weight=2,
        ),
        Ground(
            kind=GroundKind.EMPLOYED,
            area="新北市",
            cut_off_on=date(2026, 1, 1),
            evidence=Evidence.STATEMENT,
        ),
        Ground(
            kind=GroundKind.ENROLLED,
            area="新北市",
            cut_off_on=date(2026, 2, 1),
            evidence=Evidence.DOCUMENT,
            desk_only=True,
            weight=3,
        ),
    ),
    districts=(
        District(id=NORTH, name="北區", name_en="North", budget_twd=1_000_000),
        District(id=SOUTH, name="南區", budget_twd=500_000),
    ),
    ballot_form=BallotForm(kind=FormKind.UP_TO, min_choices=1, max_choices=3),
    winner_rule=WinnerRule(),
    tie_order=("cheaper", "number"),
    timeline=TIMELINE,
    batch_seconds=60,
    batch_least=5,
)


def project(number: int, district: DistrictId, cost_twd: int) -> BallotProject:
    """A project with invented words."""
    return BallotProject(
        number=ProjectNumber(number),
        id=f"p{number}",
        district=district,
        title=f"方案 {number}",
        summary="樹蔭與座椅",
        place="河濱公園",
        cost_twd=cost_twd,
    )


PROJECTS = (
    project(1, NORTH, 400_000),
    project(2, NORTH, 600_000),
    project(3, NORTH, 1),
    project(4, NORTH, 250_000),
    project(10, SOUTH, 500_000),
)


@cache
def signer(style: str) -> blind_rsa.BlindSigner:
    """The issuing key of a style, made once for the whole run."""
    del style
    return blind_rsa.BlindSigner(blind_rsa.generate_key(2048))


@cache
def opening_key() -> bytes:
    """The private key of the vote, made once."""
    return sealing.generate_opening_key()


@cache
def example_manifest() -> Manifest:
    """The frozen vote."""
    return Manifest(
        mode=Mode.TEST,
        call=CallId("abcdefghij23"),
        agency="某市政府",
        title="某市參與式預算",
        origin="https://vote.example.gov.tw",
        styles=tuple(
            BallotStyle(id=style, district=district, weight=weight, rsa_spki=signer(style).spki, eligible=40)
            for style, district, weight in ((NORTH_1, NORTH, 1), (NORTH_2, NORTH, 2), (SOUTH_1, SOUTH, 1))
        ),
        hpke_pk=sealing.public_point(opening_key()),
        pad_to=ballot.pad_length((p.number for p in PROJECTS), RULESET.ballot_form),
        box_vkey="vote.example/box+00000000+AQ==",
        roll_vkey="vote.example/roll+00000000+AQ==",
        auditor_pk=sealing.public_point(sealing.generate_opening_key()),
        projects=PROJECTS,
        ruleset=RULESET,
        client_modules=(("cast.js", "00" * 32),),
    )


def manifest_with(**changes: Any) -> Manifest:
    """The frozen vote with other values."""
    return replace(example_manifest(), **changes)


@dataclass
class ExampleVoter:
    """A voter who holds a token of a style."""

    manifest: Manifest
    style: StyleId
    credential: ec.EllipticCurvePrivateKey
    point: bytes
    random: bytes
    token: bytes

    @classmethod
    def with_token(cls, manifest: Manifest, style: StyleId = NORTH_1) -> ExampleVoter:
        """A voter after the issue."""
        secret = credential.generate_credential()
        point = credential.credential_point(secret)
        message = blind_rsa.prepare(token_message(manifest.election_hash, style, point))
        key = signer(style)
        blinding = blind_rsa.blind(key.public_key, message)
        token = blind_rsa.finalize(key.public_key, message, key.sign(blinding.blinded), blinding.inverse)
        return cls(manifest, style, secret, point, message[: blind_rsa.PREFIX_LENGTH], token)

    def seal(self, *choices: int) -> bytes:
        """The voter's sealed ballot."""
        return ballot.seal_choices(
            self.manifest, style=self.style, point=self.point, choices=Choices.of_set(choices)
        )

    def entry(self, sealed: bytes, *, sequence: int = 0) -> BallotEntry:
        """A signed entry around any sealed bytes."""
        unsigned = BallotEntry(
            style=self.style,
            credential=self.point,
            random=self.random,
            token=self.token,
            sequence=sequence,
            sealed=sealed,
            signature=bytes(64),
        )
        return self.sign(unsigned)

    def sign(self, unsigned: BallotEntry) -> BallotEntry:
        """The entry with this voter's signature."""
        message = unsigned.signed_message(self.manifest.election_hash)
        return replace(unsigned, signature=credential.sign(self.credential, message))

    def ballot(self, *choices: int) -> BallotEntry:
        """A complete ballot for these projects."""
        return self.ballot_of(Choices.of_set(choices))

    def ballot_of(self, choices: Choices) -> BallotEntry:
        """A complete ballot that says this, legal or not."""
        sealed = ballot.seal_choices(self.manifest, style=self.style, point=self.point, choices=choices)
        return self.entry(sealed)
