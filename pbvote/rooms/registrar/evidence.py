"""The audit of the sealed evidence: every token in the roll log stands for one identified person.

The public verifier sees that there are no more ballots than issuances; that the issuances are not
invented only this audit shows (protocol, "What we promise").
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core import canonical
from pbvote.core.crypto.errors import SealBroken
from pbvote.core.crypto.sealing import OpeningKey
from pbvote.core.errors import PbvoteError
from pbvote.core.identity.national_id import CanonicalId, canonical_id
from pbvote.core.identity.voter_record import person_key, voter_record
from pbvote.core.log.entry import Kind, RollEntry, parse_roll, roll_commitment_of
from pbvote.core.manifest import Manifest
from pbvote.core.rules.eligibility import grounds_of_weight, may_owe_statement, style_of
from pbvote.core.rules.stage import Progress, Stage
from pbvote.core.types import SYSTEM, Actor, CallId, Role, StyleId
from pbvote.platform import activity
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.registrar import keys, queries
from pbvote.rooms.registrar.errors import AuditorKeyWrong, RollNotOver
from pbvote.rooms.registrar.issuing import evidence_info
from pbvote.rooms.registrar.models import Issuance, RollRow

_AT_ONCE = 500


class Problem(StrEnum):
    """What can be wrong with an issuance."""

    DOES_NOT_OPEN = "evidence-does-not-open"
    OTHER_ISSUANCE = "evidence-of-another-issuance"
    OTHER_PERSON = "evidence-of-another-person"
    OTHER_STYLE = "evidence-of-another-style"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    NO_IDENTITY_NUMBER = "no-identity-number"
    NOT_ON_THE_ROLL = "not-on-the-roll"
    ROLL_HAS_OTHER_STYLE = "roll-has-another-style"
    ENTRY_WITHOUT_EVIDENCE = "entry-without-evidence"
    NOT_IN_LOG = "issuance-not-in-log"
    OTHER_GROUND = "no-such-ground-for-this-style"
    NO_STATEMENT = "no-statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceProblem:
    """One thing that is wrong; ``commitment`` is the entry's in the roll log, never an identity."""

    kind: Problem
    commitment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceReport:
    """What an audit found; ``sample`` are transactions to look up at the identity service."""

    issuances: int
    good: int
    per_method: Mapping[str, int]
    problems: tuple[EvidenceProblem, ...]
    sample: tuple[str, ...]


def audit_evidence(
    rt: Runtime, call_id: CallId, auditor_private: bytes, *, actor: Actor = SYSTEM
) -> EvidenceReport:
    """Open every piece of evidence and compare it with its issuance, the roll and the roll log.

    Only after the vote, because it tells who has voted. Staff need the auditor's role; the system actor
    stands for a caller that has checked it.

    Raises:
        CallUnknown, RoleNeeded, VoteNotReady.
        RollNotOver: tokens can still be cast.
        AuditorKeyWrong: not the key of the manifest.
        KeyMissing: the keys were shredded.
    """
    now = rt.clock()
    with rt.read_main() as tx:
        if actor != SYSTEM:
            calls.get_call_of(tx, actor, Role.AUDITOR, call_id=call_id)
        manifest = queries.get_manifest(tx, call_id)
        if manifest.ruleset.timeline.stage(Progress.FROZEN, now) is not Stage.CLOSED:
            raise RollNotOver(call=call_id)
        key = OpeningKey(auditor_private)
        if key.public_point != manifest.auditor_pk:
            raise AuditorKeyWrong()
        report = _Audit(rt, tx, manifest, key).run()
    with rt.main() as tx:
        activity.record(
            tx,
            actor,
            Activity.EVIDENCE_AUDIT,
            at=now,
            call_id=call_id,
            issuances=report.issuances,
            problems=len(report.problems),
        )
    return report


class _Audit:
    """One pass over the issuances and one over the roll log."""

    def __init__(self, rt: Runtime, tx: Session, manifest: Manifest, key: OpeningKey) -> None:
        self._tx, self._manifest, self._key = tx, manifest, key
        self._k_call = rt.keystore.get(keys.k_call(manifest.call))
        self._k_roll = rt.keystore.get(keys.k_roll(manifest.call))
        self._merged = queries.merged_styles(tx, manifest.call)
        self._problems: list[EvidenceProblem] = []
        self._methods: Counter[str] = Counter()
        self._transactions: list[str] = []
        self._expected: set[bytes] = set()

    def run(self) -> EvidenceReport:
        """The report."""
        total = good = 0
        query = select(Issuance).where(Issuance.call_id == self._manifest.call)
        for row in self._tx.scalars(query.execution_options(yield_per=_AT_ONCE)):
            total += 1
            good += self._check(row)
        self._compare_log()
        sample = [secrets.choice(self._transactions) for _ in range(min(50, len(self._transactions)))]
        return EvidenceReport(
            issuances=total,
            good=good,
            per_method=dict(self._methods),
            problems=tuple(self._problems),
            sample=tuple(sorted(set(sample))),
        )

    def _check(self, row: Issuance) -> bool:
        commitment = roll_commitment_of(
            self._manifest.election_hash,
            salt=row.salt,
            voter_record=row.voter_record,
            blinded_hash=row.blinded_hash,
        )
        if row.batch:
            self._expected.add(RollEntry(StyleId(row.style), commitment).encode())
        kind = self._problem_of(row)
        if kind:
            self._problems.append(EvidenceProblem(kind=kind, commitment=commitment.hex()))
        return not kind

    def _problem_of(self, row: Issuance) -> Problem | None:
        info = evidence_info(self._manifest.election_hash, row.blinded_hash)
        try:
            opened = self._key.open(info, row.evidence)
            length = int.from_bytes(opened[:2], "big")
            said: Any = canonical.decode(opened[2 : 2 + length])
            number, method = str(said["id"]), str(said["method"])
            transaction = str(said["transaction"])
        except (SealBroken, PbvoteError, KeyError, TypeError):
            return Problem.DOES_NOT_OPEN
        self._methods[method] += 1
        if transaction:
            self._transactions.append(transaction)
        if said.get("blinded") != row.blinded_hash.hex() or method != row.channel:
            return Problem.OTHER_ISSUANCE
        record = voter_record(self._k_call, self._manifest.election_hash, CanonicalId(number))
        if record != row.voter_record:
            return Problem.OTHER_PERSON
        # evidence of releases up to 0.1.0 does not name the style: the roll alone can tell
        if said.get("style", row.style) != row.style:
            return Problem.OTHER_STYLE
        # evidence of releases up to 0.1.0 says nothing of the ground either
        return self._problem_with(number, method, style=row.style) or (
            self._problem_of_ground(str(said["ground"]), method, row.style) if "ground" in said else None
        )

    def _problem_of_ground(self, ground: str, method: str, style: str) -> Problem | None:
        """Whoever could vote on a statement alone made it; a ground that is named is one of the rules."""
        rules = self._manifest.ruleset
        if ground:
            return None if ground in map(str, range(len(rules.grounds))) else Problem.OTHER_GROUND
        way = next(each for each in rules.ways if each.name == method)
        if way.at_desk or not way.has_person:
            return None
        styles = {style, *(of for of, into in self._merged.items() if into == style)}
        possible = [place for one in styles for place in grounds_of_weight(rules, style_of(one).weight)]
        stated = [place for place in possible if may_owe_statement(rules, (place,))]
        return Problem.NO_STATEMENT if stated and len(stated) == len(possible) else None

    def _problem_with(self, number: str, method: str, *, style: str) -> Problem | None:
        """The person must be one that this method could have identified, for this ballot style."""
        allowed = {way.name: way for way in self._manifest.ruleset.ways}
        if method not in allowed:
            return Problem.METHOD_NOT_ALLOWED
        if allowed[method].has_person:
            try:
                canonical_id(number)
            except PbvoteError:
                return Problem.NO_IDENTITY_NUMBER
        if allowed[method].on_roll:
            key = person_key(self._k_roll, self._manifest.call, CanonicalId(number))
            known = self._tx.execute(
                select(RollRow.style, RollRow.channel).where(
                    RollRow.call_id == self._manifest.call, RollRow.person_key == key
                )
            ).first()
            if known is None:
                return Problem.NOT_ON_THE_ROLL
            # at a desk the officer decides by the documents, whatever an imported row says
            decided_by_row = method == known.channel
            if decided_by_row and self._merged.get(StyleId(known.style), known.style) != style:
                return Problem.ROLL_HAS_OTHER_STYLE
        return None

    def _compare_log(self) -> None:
        """Every roll entry has its issuance and the other way round."""
        missing = set(self._expected)
        for data in queries.roll_entries(self._tx, self._manifest.call):
            if data[:1] != bytes([Kind.ROLL]):
                continue
            commitment = parse_roll(data).commitment.hex()
            if data not in self._expected:
                self._problems.append(
                    EvidenceProblem(kind=Problem.ENTRY_WITHOUT_EVIDENCE, commitment=commitment)
                )
            missing.discard(data)
        self._problems.extend(
            EvidenceProblem(kind=Problem.NOT_IN_LOG, commitment=parse_roll(data).commitment.hex())
            for data in sorted(missing)
        )
