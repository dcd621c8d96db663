"""What follows from the officers' acts, across the two databases: numbered steps that a worker resumes.

Each step may run again after a crash at any point of it; the step number moves only when all of it is
done. No step waits: what is not due yet is left for the next round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from sqlalchemy import select, update

from pbvote.core.errors import PbvoteError
from pbvote.core.manifest import Manifest, parse_manifest
from pbvote.core.rules.stage import Progress
from pbvote.core.types import SYSTEM, CallId
from pbvote.platform import activity
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import queries as ballotbox
from pbvote.rooms.ballotbox import sequencing
from pbvote.rooms.ballotbox import service as ballotbox_service
from pbvote.rooms.ballotbox.errors import BoxSealed
from pbvote.rooms.ballotbox.help import Help
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls import service as calls_service
from pbvote.rooms.counting import ending, explaining
from pbvote.rooms.counting.errors import ChecksFailed
from pbvote.rooms.counting.models import Notice, Vote
from pbvote.rooms.counting.progress import Handing, Step, opening_name, tie_seed_name
from pbvote.rooms.counting.tallying import Tally, tally_logs
from pbvote.rooms.registrar import service as registrar_service

log = structlog.get_logger()


def advance(rt: Runtime) -> None:
    """Do for every vote under way whatever is due; one vote's trouble never holds up another."""
    with rt.read_main() as tx:
        under_way = list(tx.scalars(select(Vote.call_id).where(Vote.step < Step.EXPLAINED)))
    for call_id in under_way:
        try:
            advance_vote(rt, CallId(call_id))
        except PbvoteError as error:
            log.warning("vote step failed", call=call_id, code=error.code)
        except Exception as error:
            log.exception("vote step failed", call=call_id, exc_info=error)


def _remind(rt: Runtime, manifest: Manifest) -> None:
    """Nothing to do but to say aloud that a sealed vote does not fit the clock."""
    ending.warn_if_early(rt, manifest.call, manifest.cast_until)


def advance_vote(rt: Runtime, call_id: CallId) -> Step:
    """Take one vote as far as it goes now; returns the step where it stands."""
    while True:
        with rt.read_main() as tx:
            row = tx.get_one(Vote, call_id)
            before, manifest = Step(row.step), row.manifest
        work = _WORK.get(before)
        if work is None:
            return before
        work(rt, parse_manifest(manifest))
        with rt.read_main() as tx:
            after = Step(tx.get_one(Vote, call_id).step)
        if after == before:
            return after


def _move(rt: Runtime, call_id: CallId, before: Step, **values: object) -> None:
    """Take the step; somebody else having taken it already is the same."""
    with rt.main() as tx:
        tx.execute(
            update(Vote).where(Vote.call_id == call_id, Vote.step == before).values(step=before + 1, **values)
        )


def _hand_over(rt: Runtime, manifest: Manifest) -> None:
    registrar_service.receive_manifest(rt, manifest)
    ballotbox_service.receive_manifest(rt, manifest.bytes)
    _tell_whom_to_ask(rt, manifest.call)
    _move(rt, manifest.call, Step.FROZEN)


def _tell_whom_to_ask(rt: Runtime, call_id: CallId) -> None:
    """The box's pages say whom to ask, in every language that the agency gave."""
    with rt.read_main() as tx:
        call = calls.get_call(tx, call_id)
    agency = {"zh": call.agency.name, "en": call.agency.name_en}
    contact = {"zh": call.contact}
    for language in call.translations:
        agency[language] = agency.get(language) or call.translation(call.agency.name, language)
        contact[language] = call.translation(call.contact, language)
    told = Help(
        agency={language: text for language, text in agency.items() if text},
        contact={language: text for language, text in contact.items() if text},
    )
    ballotbox_service.keep_help(rt, call_id, told)


def _run_vote(rt: Runtime, manifest: Manifest) -> None:
    """Notices, roll and batches while the vote runs; both logs closed when it is over."""
    call_id = manifest.call
    _tell_whom_to_ask(rt, call_id)
    _hand_notices(rt, call_id)
    if not ending.is_over(rt, call_id, manifest.cast_until):
        registrar_service.flush_roll_when_due(rt, call_id)
        _flush(rt, manifest)
        return
    registrar_service.stop_issuing(rt, call_id)  # first: never a token for a box that is sealed
    note = sequencing.seal(rt, call_id)
    registrar_service.close_roll(rt, call_id)
    _move(rt, call_id, Step.HANDED, sealed_checkpoint=note, turnout=_turnout(rt, call_id))


def _flush(rt: Runtime, manifest: Manifest) -> None:
    """Flush what is due and copy the turnout that the public log shows."""
    try:
        sequencing.flush(rt, manifest.call)
    finally:
        turnout = _turnout(rt, manifest.call)
        with rt.read_main() as tx:
            known = tx.get_one(Vote, manifest.call).turnout
        if known != turnout:
            with rt.main() as tx:
                tx.get_one(Vote, manifest.call).turnout = turnout


def _turnout(rt: Runtime, call_id: CallId) -> dict[str, int]:
    vote = ballotbox_service.vote_of(rt, call_id)
    with rt.read_box() as tx:
        return {str(style): count for style, count in ballotbox.turnout(tx, vote).items()}


def _hand_notices(rt: Runtime, call_id: CallId) -> None:
    waiting = (
        select(Notice).where(Notice.call_id == call_id, Notice.handed == Handing.WAITING).order_by(Notice.id)
    )
    with rt.read_main() as tx:
        notices = [(row.id, row.statement, row.signature) for row in tx.scalars(waiting.order_by(Notice.id))]
    for notice_id, statement, signature in notices:
        try:
            ballotbox_service.receive_notice(rt, call_id, statement, signature)
            handed = Handing.HANDED
        except BoxSealed:
            handed = Handing.TOO_LATE
        with rt.main() as tx:
            tx.get_one(Notice, notice_id).handed = handed


def _tally(rt: Runtime, manifest: Manifest, checked: Mapping[str, Any]) -> Tally:
    return tally_logs(
        rt,
        manifest,
        private_key=rt.keystore.get(opening_name(manifest.call)),
        tie_seed=tie_seed_of(rt, manifest),
        checked=checked,
    )


def tie_seed_of(rt: Runtime, manifest: Manifest) -> bytes:
    """The seed of the lot, or nothing where the rules draw none."""
    return rt.keystore.get(tie_seed_name(manifest.call)) if manifest.tie_seed_hash else b""


def _count(rt: Runtime, manifest: Manifest) -> None:
    """Count in memory, keep the checks, forget the count."""
    checks = _tally(rt, manifest, {}).checks()
    log.info("counted", call=manifest.call, findings=checks["findings"])
    _move(rt, manifest.call, Step.OPENED, checks=checks)


def _publish(rt: Runtime, manifest: Manifest) -> None:
    """Key entry, outcome entry and final checkpoint in the log; then the outcome for everybody."""
    call_id = manifest.call
    with rt.read_main() as tx:
        checked = tx.get_one(Vote, call_id).checks
    tally = _tally(rt, manifest, checked)
    if tally.findings.counts:
        raise ChecksFailed(codes=", ".join(tally.checks()["findings"]))
    outcome = tally.counted.to_bytes()
    key = rt.keystore.get(opening_name(call_id))
    sequencing.append_opening(rt, call_id, key, tie_seed_of(rt, manifest))
    sequencing.append_outcome(rt, call_id, outcome)
    now = rt.clock()
    with rt.main() as tx:
        moved = tx.execute(
            update(Vote)
            .where(Vote.call_id == call_id, Vote.step == Step.APPROVED)
            .values(step=Step.PUBLISHED, outcome=outcome, certified_at=now)
        )
        if moved.rowcount:  # type: ignore[attr-defined]
            calls_service.set_progress(tx, call_id, Progress.CERTIFIED)
            activity.record(tx, SYSTEM, Activity.VOTE_PUBLISH, at=now, call_id=call_id)


def _forget_key(rt: Runtime, manifest: Manifest) -> None:
    """The key is public in the log now; the key store has no more use for it."""
    rt.keystore.shred(opening_name(manifest.call))
    rt.keystore.shred(tie_seed_name(manifest.call))
    _move(rt, manifest.call, Step.PUBLISHED)


def _explain(rt: Runtime, manifest: Manifest) -> None:
    """What is said of every project, as far as one round may take."""
    if explaining.explain_some(rt, manifest.call):
        _move(rt, manifest.call, Step.DONE)


_WORK: Mapping[Step, Callable[[Runtime, Manifest], None]] = {
    Step.FROZEN: _hand_over,
    Step.HANDED: _run_vote,
    Step.SEALED: _remind,
    Step.OPENED: _count,
    Step.APPROVED: _publish,
    Step.PUBLISHED: _forget_key,
    Step.DONE: _explain,
}
