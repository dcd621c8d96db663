"""The voter roll (投票人名冊): imported as keyed hashes, added to and corrected, never kept in clear (S3)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from pbvote.core.identity.national_id import CanonicalId, principal_id
from pbvote.core.identity.voter_record import person_check, person_key, voter_record
from pbvote.core.rules.eligibility import possible_styles
from pbvote.core.rules.stage import Act
from pbvote.core.rules.ways import ROLL, STATION
from pbvote.core.types import Actor, CallId, Role, StyleId, length_prefixed
from pbvote.platform import activity
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.registrar import attempts, keys, queries
from pbvote.rooms.registrar.errors import (
    IdentityWayClosed,
    RollBeyondFreeze,
    RollFrozen,
    StationCodeCount,
    StyleNotOffered,
)
from pbvote.rooms.registrar.models import Issuance, Poll, RollRow, StyleMerge
from pbvote.rooms.registrar.roll_file import RollLine, parse_roll
from pbvote.typed.dates import taipei_day

_AT_ONCE = 500
_MOST_HOPS = 8
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class RollReport:
    """What an import did."""

    persons: int
    added: int
    corrected: int
    eligible: Mapping[StyleId, int]


def styles_of(tx: Session, call: CallView) -> tuple[StyleId, ...]:
    """The ballot styles that a roll may name: the frozen ones, before the freeze all possible."""
    if not queries.is_frozen(tx, call.id):
        return tuple(style.id for style in possible_styles(call.rules))
    frozen = queries.get_manifest(tx, call.id).styles
    return (*(style.id for style in frozen), *queries.merged_styles(tx, call.id))


def import_roll(rt: Runtime, actor: Actor, call_id: CallId, content: bytes) -> RollReport:
    """Everybody in the file is on the roll afterwards, or nothing has changed.

    Adds and corrects; nobody is removed. The file itself is not kept.

    Raises:
        CallUnknown, RoleNeeded, StageClosed.
        InvalidInput, SeveralErrors: every mistake, by line and cell.
        RollBeyondFreeze: more people than the frozen manifest says, in a vote without a desk.
    """
    with rt.read_main() as tx:
        call = calls.get_call_of(tx, actor, Role.OFFICER, call_id=call_id)
        call.require(Act.IMPORT_ROLL, rt.clock())
        styles = styles_of(tx, call)
    lines = parse_roll(content, call.rules, styles=styles, today=taipei_day(rt.clock()))
    keys.ensure(rt, call_id)
    k_roll = rt.keystore.get(keys.k_roll(call_id))
    rows = _rows_of(k_roll, call_id, lines)
    now = rt.clock()
    with rt.main() as tx:
        calls.get_call_of(tx, actor, Role.OFFICER, call_id=call_id).require(Act.IMPORT_ROLL, now)
        known = _known(tx, call_id, [row["person_key"] for row in rows])
        _upsert(tx, rows)
        linked = [line for line in lines if line.former]
        if linked:
            aliases = Aliases(rt, tx, call_id)
            for line in linked:
                aliases.link((line.person, *line.former))
        if any(line.code for line in lines):
            tx.execute(update(Poll).where(Poll.call_id == call_id).values(codes=True))
        report = RollReport(
            persons=len(lines),
            added=len(rows) - known,
            corrected=known,
            eligible=queries.eligible_per_style(tx, call_id),
        )
        _require_within(tx, call_id, report.eligible)
        activity.record(
            tx, actor, Activity.ROLL_IMPORT, at=now, call_id=call_id, persons=len(lines), added=report.added
        )
    return report


def _require_within(tx: Session, call_id: CallId, eligible: Mapping[StyleId, int]) -> None:
    """The number of people that the frozen manifest published is a bound, where no desk admits others."""
    if not queries.is_frozen(tx, call_id):
        return
    manifest = queries.get_manifest(tx, call_id)
    for style in manifest.styles if manifest.knows_eligible else ():
        if eligible.get(style.id, 0) > style.eligible:
            raise RollBeyondFreeze(
                field="file", style=style.id, most=style.eligible, found=eligible[style.id]
            )


def clear_roll(rt: Runtime, actor: Actor, call_id: CallId) -> int:
    """The roll is empty afterwards; only before the freeze. Returns how many rows went.

    Raises:
        CallUnknown, RoleNeeded, StageClosed.
        RollFrozen: the manifest stands.
    """
    now = rt.clock()
    with rt.main() as tx:
        calls.get_call_of(tx, actor, Role.OFFICER, call_id=call_id).require(Act.IMPORT_ROLL, now)
        if queries.is_frozen(tx, call_id):
            raise RollFrozen(call=call_id)
        gone = tx.execute(delete(RollRow).where(RollRow.call_id == call_id))
        tx.execute(update(Poll).where(Poll.call_id == call_id).values(codes=False))
        count = int(gone.rowcount)  # type: ignore[attr-defined]
        activity.record(tx, actor, Activity.ROLL_CLEAR, at=now, call_id=call_id, rows=count)
    return count


def merge_styles(rt: Runtime, call_id: CallId, into: Mapping[StyleId, StyleId]) -> None:
    """Persons of these styles get the ballot of the other from now on; only before the freeze.

    Raises:
        RollFrozen: the manifest stands.
    """
    with rt.main() as tx:
        merge_styles_in(tx, call_id, into)


def merge_styles_in(tx: Session, call_id: CallId, into: Mapping[StyleId, StyleId]) -> None:
    """:func:`merge_styles` within the caller's transaction."""
    if queries.is_frozen(tx, call_id):
        raise RollFrozen(call=call_id)
    tx.execute(delete(StyleMerge).where(StyleMerge.call_id == call_id))
    for style, target in into.items():
        if style != target:
            tx.add(StyleMerge(call_id=call_id, style=style, into=target))


def unlock(rt: Runtime, actor: Actor, call_id: CallId, number: CanonicalId) -> None:
    """The help desk's act: every miss for the number is forgotten.

    Raises:
        CallUnknown, RoleNeeded, VoteNotReady.
    """
    now = rt.clock()
    with rt.main() as tx:
        calls.get_call_of(tx, actor, Role.OFFICER, call_id=call_id)
        queries.get_manifest(tx, call_id)
        k_roll = rt.keystore.get(keys.k_roll(call_id))
        attempts.unlock(tx, call_id, attempts.person_subject(k_roll, call_id, number.number))
        activity.record(tx, actor, Activity.ROLL_UNLOCK, at=now, call_id=call_id)


def make_station_codes(
    rt: Runtime, actor: Actor, call_id: CallId, count: int, *, style: StyleId
) -> list[str]:
    """New codes for people at a station, each good for one token; shown once, kept as hashes.

    For opinion surveys whose identity verification is off (NDC-01).

    Raises:
        CallUnknown, RoleNeeded, StageClosed, VoteNotReady.
        StationCodeCount, StyleNotOffered.
        IdentityWayClosed: the call verifies identities.
    """
    if not 1 <= count <= 5000:
        raise StationCodeCount(field="count")
    now = rt.clock()
    with rt.main() as tx:
        call = calls.get_call_of(tx, actor, Role.OFFICER, call_id=call_id)
        call.require(Act.IMPORT_ROLL, now)
        if STATION not in call.rules.ways:
            raise IdentityWayClosed(way=STATION.name)
        manifest = queries.get_manifest(tx, call_id)
        if style not in {offered.id for offered in manifest.styles}:
            raise StyleNotOffered(style=style)
        k_roll = rt.keystore.get(keys.k_roll(call_id))
        codes = ["".join(secrets.choice(_LETTERS) for _ in range(12)) for _ in range(count)]
        rows = [
            {
                "call_id": call_id,
                "person_key": person_key(k_roll, call_id, station_subject(code)),
                "check_hash": bytes(32),
                "style": style,
                "channel": STATION.name,
                "with_code": False,
            }
            for code in codes
        ]
        _upsert(tx, rows)
        activity.record(tx, actor, Activity.ROLL_STATION_CODES, at=now, call_id=call_id, count=count)
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]


def station_subject(code: str) -> CanonicalId:
    """What stands in the place of an identity number for the holder of a station code."""
    return CanonicalId(f"station:{code}")


class Aliases:
    """Several numbers of one person resolve to one before anything is hashed (PRA-14).

    A row of a former number keeps the person's principal number, sealed under a key that only the
    former number gives: the table alone tells nobody's number.
    """

    def __init__(self, rt: Runtime, tx: Session, call_id: CallId) -> None:
        self._rt, self._tx, self._call_id = rt, tx, call_id
        self._k_roll = rt.keystore.get(keys.k_roll(call_id))

    def resolve(self, number: CanonicalId) -> CanonicalId:
        """The number under which the person votes; itself where nothing else is known."""
        for _ in range(_MOST_HOPS):
            sealed = self._tx.scalar(
                select(RollRow.principal)
                .where(RollRow.call_id == self._call_id, RollRow.person_key == self._key(number))
                .with_for_update(read=True)  # no import links this number while a token is issued
            )
            if sealed is None:
                break
            number = self.unseal(number, bytes(sealed))
        return number

    def link(self, numbers: Iterable[CanonicalId]) -> CanonicalId:
        """All these numbers are one person's from now on; returns the one that is hashed.

        Where one of them has been issued a token, it stays the one: a new number is no second vote.
        """
        group = {number.number: number for number in numbers}
        group |= {found.number: found for found in [self.resolve(one) for one in group.values()]}
        members = [group[text] for text in sorted(group)]
        issued = self._issued(members)
        chosen = principal_id(issued or members)
        self._add_missing(members)
        for member in members:
            sealed = None if member.number == chosen.number else self._seal(member, chosen)
            self._tx.execute(
                update(RollRow)
                .where(RollRow.call_id == self._call_id, RollRow.person_key == self._key(member))
                .values(principal=sealed)
            )
        return chosen

    def unseal(self, number: CanonicalId, sealed: bytes) -> CanonicalId:
        """The principal number behind a row's sealed bytes."""
        return CanonicalId(keys.open_small(self._alias_key(number), sealed, bound=self._key(number)).decode())

    def _add_missing(self, members: list[CanonicalId]) -> None:
        """A number met only now gets a row that opens nothing by itself."""
        held = {self._key(member) for member in members}
        rows = self._tx.execute(
            select(RollRow.person_key, RollRow.style, RollRow.channel).where(
                RollRow.call_id == self._call_id, RollRow.person_key.in_(held)
            )
        ).all()
        missing = sorted(held - {bytes(row.person_key) for row in rows})
        if not missing or not rows:
            return
        self._tx.execute(
            keys.insert(self._tx, RollRow),
            [
                {
                    "call_id": self._call_id,
                    "person_key": key,
                    "check_hash": secrets.token_bytes(32),
                    "style": rows[0].style,
                    "channel": rows[0].channel,
                    "with_code": False,
                }
                for key in missing
            ],
        )

    def _issued(self, members: list[CanonicalId]) -> list[CanonicalId]:
        if not queries.is_frozen(self._tx, self._call_id):
            return []
        election_hash = queries.get_manifest(self._tx, self._call_id).election_hash
        k_call = self._rt.keystore.get(keys.k_call(self._call_id))
        records = {voter_record(k_call, election_hash, member): member for member in members}
        found = self._tx.scalars(
            select(Issuance.voter_record).where(
                Issuance.call_id == self._call_id, Issuance.voter_record.in_(records)
            )
        )
        return [records[bytes(record)] for record in found]

    def _key(self, number: CanonicalId) -> bytes:
        return person_key(self._k_roll, self._call_id, number)

    def _alias_key(self, number: CanonicalId) -> bytes:
        parts = length_prefixed(self._call_id), length_prefixed(number.number)
        return keys.derive(self._k_roll, "pbvote/alias/v1", *parts)

    def _seal(self, number: CanonicalId, principal: CanonicalId) -> bytes:
        content = principal.number.encode()
        return keys.seal_small(self._alias_key(number), content, bound=self._key(number))


def _rows_of(k_roll: bytes, call_id: CallId, lines: list[RollLine]) -> list[dict[str, Any]]:
    """Rows of every number in the file, in the order of their keys: not in the order of the file."""
    rows = [
        {
            "call_id": call_id,
            "person_key": person_key(k_roll, call_id, number),
            "check_hash": person_check(k_roll, call_id, number, birth_on=line.birth_on, code=line.code),
            "style": line.style,
            "channel": ROLL.name,
            "with_code": bool(line.code),
        }
        for line in lines
        for number in (line.person, *line.former)
    ]
    return sorted(rows, key=lambda row: row["person_key"])


def _known(tx: Session, call_id: CallId, person_keys: list[bytes]) -> int:
    known = 0
    for start in range(0, len(person_keys), _AT_ONCE):
        part = person_keys[start : start + _AT_ONCE]
        query = select(RollRow.person_key).where(RollRow.call_id == call_id, RollRow.person_key.in_(part))
        known += len(tx.scalars(query).all())
    return known


def _upsert(tx: Session, rows: list[dict[str, Any]]) -> None:
    """Insert or correct; what links a former number to its person is left alone."""
    statement = keys.insert(tx, RollRow)
    changed = {name: statement.excluded[name] for name in ("check_hash", "style", "channel", "with_code")}
    statement = statement.on_conflict_do_update(index_elements=["call_id", "person_key"], set_=changed)
    for start in range(0, len(rows), _AT_ONCE):
        tx.execute(statement, rows[start : start + _AT_ONCE])
