"""A small election record made in memory straight from the core: nobody's service is involved.

built = build_record(voters=20)
built.files            # a good record: file name -> bytes
built.sealed_again()   # the same after an edit of built.box / built.roll, re-signed by the operator
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from pbvote.core.ballot.ballot import pad_length, seal_choices
from pbvote.core.ballot.receipt import Receipt, include_by, make_receipt
from pbvote.core.crypto import blind_rsa, credential, sealing, signing
from pbvote.core.log.checkpoint import Checkpoint, parse_verifier_key, sign_checkpoint, verifier_key
from pbvote.core.log.entry import (
    BallotEntry,
    BatchEntry,
    CloseEntry,
    ManifestEntry,
    NoticeEntry,
    OpeningEntry,
    OutcomeEntry,
    RollEntry,
    entry_hash,
    notice_message,
    parse_ballot,
    roll_commitment,
    token_message,
)
from pbvote.core.log.merkle import RootBuilder, leaf_hash
from pbvote.core.manifest import BallotProject, BallotStyle, Manifest
from pbvote.core.record import contents
from pbvote.core.record.ballots import BallotJob, run_here
from pbvote.core.record.counted import Withdrawal, election_key_file
from pbvote.core.record.report import Findings
from pbvote.core.record.walk import BoxWalk, RollWalk
from pbvote.core.rules.ballot_form import BallotForm, FormKind
from pbvote.core.rules.ruleset import District, Evidence, Ground, GroundKind, Ruleset, VoteKind
from pbvote.core.rules.stage import Timeline
from pbvote.core.rules.ways import Verification
from pbvote.core.rules.winner_rule import WinnerRule
from pbvote.core.tally.tie_breaking import lot_commitment
from pbvote.core.types import CallId, Choices, DistrictId, EntryHash, Mode, ProjectNumber, StyleId

OPENS = datetime(2026, 3, 1, 1, tzinfo=UTC)
ISSUE_UNTIL = datetime(2026, 3, 8, 1, tzinfo=UTC)
CAST_UNTIL = datetime(2026, 3, 8, 1, 30, tzinfo=UTC)
LATEST = include_by(CAST_UNTIL)
CLOSED = int(CAST_UNTIL.timestamp()) + 5


def make_rules(*, tie_order: tuple[str, ...] = ("cheaper", "number"), least: int = 2) -> Ruleset:
    """Two districts, up to three projects, greedy with skip and a threshold of two votes."""
    return Ruleset(
        vote_kind=VoteKind.SELECTION,
        verification=Verification.ROLL,
        minimum_age=16,
        age_on=date(2026, 3, 1),
        grounds=(
            Ground(
                kind=GroundKind.REGISTERED,
                area="安平區",
                cut_off_on=date(2026, 1, 1),
                evidence=Evidence.ROLL,
            ),
        ),
        districts=(
            District(id=DistrictId("d1"), name="安平；東", name_en="Anping East", budget_twd=1_000_000),
            District(id=DistrictId("d2"), name="安平西", name_en="Anping West", budget_twd=500_000),
        ),
        ballot_form=BallotForm(kind=FormKind.UP_TO, min_choices=0, max_choices=3),
        winner_rule=WinnerRule(threshold_votes=2),
        tie_order=tie_order,
        timeline=Timeline(
            proposals_open_at=None,
            proposals_close_at=None,
            moderation_until=datetime(2026, 2, 20, tzinfo=UTC),
            voting_opens_at=OPENS,
            issue_until=ISSUE_UNTIL,
            cast_until=CAST_UNTIL,
        ),
        batch_seconds=1,
        batch_least=least,
    )


@cache
def rsa_keys(name: str) -> blind_rsa.BlindSigner:
    """One signing key per name for the whole test run: making them is slow."""
    return blind_rsa.BlindSigner(blind_rsa.generate_key(2048))


@dataclass(kw_only=True)
class Keys:
    """Every secret of a vote, as a malicious operator would hold them."""

    opening: bytes = field(default_factory=sealing.generate_opening_key)
    auditor: bytes = field(default_factory=sealing.generate_opening_key)
    box: bytes = field(default_factory=signing.generate_seed)
    roll: bytes = field(default_factory=signing.generate_seed)
    tie_seed: bytes = b""
    prefix: str = "here"

    def signer(self, style: str) -> blind_rsa.BlindSigner:
        """The key that signs tokens of a style."""
        return rsa_keys(f"{self.prefix}/{style}")


def make_manifest(keys: Keys, *, call: str = "abcdefghjkmn", mode: Mode = Mode.TEST) -> Manifest:
    """Three styles (one of weight 2), seven projects in two districts."""
    costs = {1: 400_000, 2: 400_000, 3: 300_000, 4: 250_000, 5: 200_000, 6: 200_000, 7: 150_000}
    styles = (("d1-1", "d1", 1), ("d1-2", "d1", 2), ("d2-1", "d2", 1))
    return Manifest(
        mode=mode,
        call=CallId(call),
        agency="臺南市安平區公所",
        title="安平參與式預算; 第一屆",
        origin="http://127.0.0.1:8000",
        styles=tuple(
            BallotStyle(
                id=StyleId(style),
                district=DistrictId(district),
                weight=weight,
                rsa_spki=keys.signer(style).spki,
                eligible=30,
            )
            for style, district, weight in styles
        ),
        hpke_pk=sealing.public_point(keys.opening),
        pad_to=pad_length(costs, BallotForm(kind=FormKind.UP_TO, min_choices=0, max_choices=3)),
        box_vkey=verifier_key(f"127.0.0.1/box/{call}", signing.public_key_of(keys.box)),
        roll_vkey=verifier_key(f"127.0.0.1/roll/{call}", signing.public_key_of(keys.roll)),
        auditor_pk=sealing.public_point(keys.auditor),
        projects=tuple(
            BallotProject(
                number=ProjectNumber(number),
                id=str(100 + number),
                district=DistrictId("d1" if number <= 4 else "d2"),
                title=f"方案{number}",
                summary="摘要",
                place="安平",
                cost_twd=cost,
            )
            for number, cost in costs.items()
        ),
        ruleset=make_rules(tie_order=("lot",) if keys.tie_seed else ("cheaper", "number")),
        tie_seed_hash=lot_commitment(keys.tie_seed).hex() if keys.tie_seed else "",
    )


@dataclass(frozen=True, kw_only=True)
class IssuedToken:
    """A token with its roll entry, as a voter holds it."""

    credential: EllipticCurvePrivateKey
    point: bytes
    random: bytes
    token: bytes
    roll_entry: bytes


def issue_token(keys: Keys, manifest: Manifest, style: str) -> IssuedToken:
    """A token by the blind path, and the roll entry that stands for it."""
    signer = keys.signer(style)
    own = credential.generate_credential()
    point = credential.credential_point(own)
    message = blind_rsa.prepare(token_message(manifest.election_hash, StyleId(style), point))
    blinding = blind_rsa.blind(signer.public_key, message)
    token = blind_rsa.finalize(signer.public_key, message, signer.sign(blinding.blinded), blinding.inverse)
    commitment = roll_commitment(
        manifest.election_hash,
        salt=secrets.token_bytes(32),
        voter_record=secrets.token_bytes(32),
        blinded=blinding.blinded,
    )
    return IssuedToken(
        credential=own,
        point=point,
        random=message[:32],
        token=token,
        roll_entry=RollEntry(StyleId(style), commitment).encode(),
    )


def make_ballot(
    manifest: Manifest,
    token: IssuedToken,
    style: str,
    choices: Iterable[int] = (),
    *,
    sealed: bytes | None = None,
) -> bytes:
    """A signed ballot entry; ``sealed`` puts somebody else's sealed part into it."""
    inner = seal_choices(manifest, style=style, point=token.point, choices=Choices.of_set(choices))
    entry = BallotEntry(
        style=StyleId(style),
        credential=token.point,
        random=token.random,
        token=token.token,
        sequence=0,
        sealed=inner if sealed is None else sealed,
        signature=bytes(64),
    )
    signature = credential.sign(token.credential, entry.signed_message(manifest.election_hash))
    return replace(entry, signature=signature).encode()


@dataclass(kw_only=True)
class Built:
    """A record with everything that made it."""

    keys: Keys
    manifest: Manifest
    box: list[bytes]
    roll: list[bytes]
    checkpoints: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def ballots(self) -> list[int]:
        """Positions of the ballots in the box log."""
        return [i for i, entry in enumerate(self.box) if entry[:1] == b"\x02"]

    def ballot(self, position: int) -> BallotEntry:
        """A ballot, parsed."""
        return parse_ballot(self.box[position], token_length=256)

    def receipt(self, entry: bytes) -> Receipt:
        """The box's promise for an entry."""
        return make_receipt(
            self.manifest.election_hash,
            EntryHash(entry_hash(entry)),
            include_by=LATEST,
            seed=self.keys.box,
        )

    def sealed_again(self) -> dict[str, bytes]:
        """The record after an edit of the logs, with fresh checkpoints and contents: the operator signs."""
        files = dict(self.files)
        for name, entries, vkey, seed in (
            ("box", self.box, self.manifest.box_vkey, self.keys.box),
            ("roll", self.roll, self.manifest.roll_vkey, self.keys.roll),
        ):
            files[f"{name}.log"] = b"".join(map(contents.frame, entries))
            self.checkpoints[name] = signed(entries, vkey, seed)
            files[f"{name}.checkpoint"] = self.checkpoints[name].encode()
        return listed(files)


def signed(entries: list[bytes], vkey: str, seed: bytes) -> str:
    """A checkpoint over the entries."""
    tree = RootBuilder()
    for entry in entries:
        tree.add(leaf_hash(entry))
    name = parse_verifier_key(vkey).name
    return sign_checkpoint(Checkpoint(origin=name, size=tree.size, root=tree.root()), name, seed)


class MemorySource:
    """A record in memory: file name to bytes."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files

    def names(self) -> tuple[str, ...]:
        """Every file's name, sorted."""
        return tuple(sorted(self.files))

    def open(self, name: str) -> BinaryIO:
        """A file. Raises RecordFileMissing."""
        if name not in self.files:
            raise contents.RecordFileMissing(name=name)
        return io.BytesIO(self.files[name])


def listed(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files with a fresh list of contents."""
    source = MemorySource(files)
    return {**files, contents.CONTENTS: contents.list_contents(source)}


def in_batches(entries: list[bytes], style: str, *, number: int, time: int) -> list[bytes]:
    """One batch: the entries in the order of their hashes, then the batch entry."""
    batch = BatchEntry(StyleId(style), number, len(entries), time)
    return [*sorted(entries, key=leaf_hash), batch.encode()]


def count_again(built: Built) -> None:
    """Put the opening, the outcome and the files that follow from the logs at the record's end."""
    built.box = [entry for entry in built.box if entry[0] not in (6, 7)]
    findings = Findings()
    issued = RollWalk(built.manifest, findings).read(built.roll)
    walk = BoxWalk(built.manifest, findings, issued=issued)
    job = BallotJob(built.manifest.bytes, built.keys.opening)
    counting = walk.read(built.box, run=run_here, job=job)
    counted = counting.counted(built.keys.tie_seed)
    built.box.append(OpeningEntry(built.keys.opening, built.keys.tie_seed).encode())
    built.box.append(OutcomeEntry(counted.to_bytes()).encode())
    built.files = {
        contents.MANIFEST: built.manifest.bytes,
        contents.ELECTION_KEY: election_key_file(built.keys.opening, built.keys.tie_seed),
        contents.OUTCOME: counted.to_bytes(),
        **dict(counted.pabulib_files()),
    }
    built.files = built.sealed_again()


def build_record(*, voters: int = 20, tie_seed: bytes = b"", prefix: str = "here") -> Built:
    """A good record: two batches per style, a withdrawn project, a blank and a spoiled ballot."""
    keys = Keys(tie_seed=tie_seed, prefix=prefix)
    call = "abcdefghjkmn" if prefix == "here" else "othercallxyz"
    manifest = make_manifest(keys, call=call)
    styles = [style.id for style in manifest.styles]
    ballots: dict[str, list[bytes]] = {style: [] for style in styles}
    roll: list[bytes] = []
    for voter in range(voters):
        style = styles[voter % len(styles)]
        token = issue_token(keys, manifest, style)
        roll.append(token.roll_entry)
        if voter == voters - 1:
            continue  # a token that was never cast
        numbers = (1, 2, 3, 4) if style.startswith("d1") else (5, 6, 7)
        choices = tuple(sorted({numbers[voter % len(numbers)], numbers[voter * 3 % len(numbers)]}))
        if voter == 4:
            choices = ()
        if voter == 5:
            choices = (1,)  # not on this district's ballot
        ballots[style].append(make_ballot(manifest, token, style, choices))
    box = [ManifestEntry(manifest.bytes).encode()]
    number = 0
    for style in styles:
        number += 1
        box += in_batches(ballots[style][:3], style, number=number, time=int(OPENS.timestamp()) + number)
    statement = Withdrawal(number=3, reason="提案人撤回", time=int(OPENS.timestamp()) + 50).statement()
    signature = signing.sign(keys.roll, notice_message(manifest.election_hash, statement))
    box.append(NoticeEntry(statement, signature).encode())
    for style in styles:
        number += 1
        box += in_batches(ballots[style][3:], style, number=number, time=CLOSED)
    box.append(CloseEntry.of({StyleId(s): len(b) for s, b in ballots.items()}, CLOSED).encode())
    named = [StyleId(entry[3 : 3 + entry[2]].decode()) for entry in roll]
    issued = {style: named.count(style) for style in styles}
    half = len(roll) // 2
    log = in_batches(roll[:half], "", number=1, time=int(OPENS.timestamp()) + 86_400)
    log += in_batches(roll[half:], "", number=2, time=int(ISSUE_UNTIL.timestamp()) + 1)
    log.append(CloseEntry.of(issued, int(ISSUE_UNTIL.timestamp()) + 1).encode())
    built = Built(keys=keys, manifest=manifest, box=box, roll=log)
    count_again(built)
    return built
