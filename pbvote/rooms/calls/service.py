"""An officer drafts a call and publishes it; from then on its rules stand (PRA-05)."""

from __future__ import annotations

import base64
import secrets
from datetime import timedelta

from sqlalchemy.orm import Session

from pbvote.core.errors import InvalidInput, findings_of, raise_findings
from pbvote.core.rules.errors import DateAbsurd
from pbvote.core.rules.instants import instant_text
from pbvote.core.rules.ruleset import Ruleset
from pbvote.core.rules.stage import Act, Progress
from pbvote.core.types import Actor, CallId, Mode, Role
from pbvote.platform import activity
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import Runtime
from pbvote.platform.settings import LEAST_BATCH, LEAST_BATCH_SECONDS
from pbvote.rooms.accounts.access import own_agency
from pbvote.rooms.calls import queries
from pbvote.rooms.calls.draft import parse_draft, text_findings
from pbvote.rooms.calls.errors import (
    CallUnknown,
    DateInPast,
    ProductionRefuses,
    ProgressOutOfOrder,
    VerificationUnavailable,
)
from pbvote.rooms.calls.models import Call
from pbvote.rooms.calls.queries import PRIVACY_NOTICE_FIELDS, CallView
from pbvote.rooms.calls.values import Values, known_values
from pbvote.typed.dates import taipei_day
from pbvote.typed.texts import line, prose

__all__ = ["create_call", "parse_draft", "publish_call", "review_draft", "save_draft", "set_progress"]

_FURTHEST = timedelta(days=5 * 366)
"""Nobody plans a vote further ahead; a later year is a mistyped one."""
PRIVACY_NOTICE_VERSION = 1


def new_call_id() -> CallId:
    """Twelve characters that nobody can guess and everybody can type."""
    return CallId(base64.b32encode(secrets.token_bytes(8)).decode().lower()[:12])


def create_call(rt: Runtime, actor: Actor, values: Values) -> CallView:
    """A draft of the actor's agency exists afterwards, with everything typed in it.

    Raises:
        RoleNeeded: the actor is no officer.
    """
    agency_id = own_agency(actor, Role.OFFICER)
    now = rt.clock()
    with rt.main() as tx:
        row = Call(id=new_call_id(), agency_id=agency_id, draft={}, created_at=now)
        _keep(row, values)
        tx.add(row)
        tx.flush()
        activity.record(tx, actor, Activity.CALL_CREATE, at=now, call_id=row.id)
        return queries.get_call(tx, row.id)


def save_draft(rt: Runtime, actor: Actor, call_id: str, values: Values) -> CallView:
    """The draft holds these values as typed, right or wrong; a published call is not changed.

    Raises:
        CallUnknown, RoleNeeded: not this actor's to edit.
        StageClosed: it is published.
    """
    now = rt.clock()
    with rt.main() as tx:
        queries.get_call_of(tx, actor, Role.OFFICER, call_id=call_id).require(Act.EDIT_CALL, now)
        _keep(queries.locked(tx, call_id), values)
        activity.record(tx, actor, Activity.CALL_SAVE, at=now, call_id=call_id)
        tx.flush()
        return queries.get_call(tx, call_id)


def _keep(row: Call, values: Values) -> None:
    draft = known_values(values)
    row.draft = draft
    row.title = line(draft.get("title", ""))
    row.title_en = line(draft.get("title_en", ""))
    row.description_md = prose(draft.get("description_md", ""))
    row.contact = prose(draft.get("contact", ""))


def review_draft(rt: Runtime, values: Values) -> Ruleset:
    """The rules of a draft that could be published now.

    Raises:
        InvalidInput: all findings at once, each naming the form's field.
    """
    findings: list[InvalidInput] = text_findings(values)
    try:
        ruleset = parse_draft(values, defaults=rt.settings.vote)
    except InvalidInput as error:
        findings.extend(findings_of(error))
        raise_findings(findings)
        raise
    findings.extend(_service_findings(rt, ruleset))
    raise_findings(findings)
    return ruleset


def _notice(values: Values) -> dict[str, str]:
    """The parts of the personal-data notice as they are kept."""
    return {name: prose(values.get(f"notice.{name}", "")) for name in PRIVACY_NOTICE_FIELDS}


def _service_findings(rt: Runtime, ruleset: Ruleset) -> list[InvalidInput]:
    """What this service, in this mode and at this time, refuses."""
    findings: list[InvalidInput] = []
    now, timeline = rt.clock(), ruleset.timeline
    for name in ("proposals_close_at", "voting_opens_at"):
        moment = getattr(timeline, name)
        if moment is not None and moment <= now:
            findings.append(DateInPast(field=f"timeline.{name}"))
        elif moment is not None and moment > now + _FURTHEST:
            first, last = taipei_day(now), taipei_day(now + _FURTHEST)
            on = taipei_day(moment)
            findings.append(DateAbsurd(field=f"timeline.{name}", on=on, first=first, last=last))
    way = ruleset.way
    if not rt.offers(way):
        findings.append(VerificationUnavailable(field="verification", value=way.name))
    if rt.settings.mode is Mode.PRODUCTION:
        for name, value, least in (
            ("batch_least", ruleset.batch_least, LEAST_BATCH),
            ("batch_seconds", ruleset.batch_seconds, LEAST_BATCH_SECONDS),
        ):
            if value < least:
                findings.append(ProductionRefuses(field=name, setting=name, least=least))
        if way.demo_only:
            findings.append(ProductionRefuses(field="verification", setting=", ".join(way.needs), least=""))
    return findings


def publish_call(rt: Runtime, actor: Actor, call_id: str) -> CallView:
    """Everybody sees the call afterwards, and its rules and its notice stand.

    Raises:
        CallUnknown, RoleNeeded: not this actor's to publish.
        StageClosed: it is published already.
        InvalidInput: all findings at once, each naming the form's field; nothing has changed.
    """
    now = rt.clock()
    with rt.main() as tx:
        queries.get_call_of(tx, actor, Role.OFFICER, call_id=call_id).require(Act.PUBLISH, now)
        row = queries.locked(tx, call_id)
        ruleset = review_draft(rt, row.draft)
        row.ruleset = ruleset.to_json()
        row.notice = {
            **_notice(row.draft),
            "version": PRIVACY_NOTICE_VERSION,
        }
        row.progress, row.published_at = int(Progress.PUBLISHED), now
        activity.record(
            tx, actor, Activity.CALL_PUBLISH, at=now, call_id=call_id, notice_version=PRIVACY_NOTICE_VERSION
        )
        tx.flush()
        return queries.get_call(tx, call_id)


def revise_privacy_notice(rt: Runtime, actor: Actor, call_id: str, values: Values) -> CallView:
    """Another text of the personal-data notice, under the next version; the texts before are kept.

    Whoever has read the version before reads this one before they identify; every row of the roll holds
    the version that its person was shown (PRA-17). The same text again changes nothing.

    Raises:
        InvalidInput: parts that are empty or too long, each naming its field.
        CallUnknown, RoleNeeded: not this actor's, or not published.
    """
    now = rt.clock()
    typed = _notice(values)
    with rt.main() as tx:
        if queries.get_call_of(tx, actor, Role.OFFICER, call_id=call_id).ruleset is None:
            raise CallUnknown(call=call_id)
        raise_findings([found for found in text_findings(values) if found.field.startswith("notice.")])
        row = queries.locked(tx, call_id)
        before = {name: row.notice[name] for name in PRIVACY_NOTICE_FIELDS}
        if typed != before:
            version = int(row.notice["version"])
            earlier = [
                *row.notice.get("earlier", []),
                {**before, "version": version, "until": instant_text(now)},
            ]
            row.notice = {**typed, "version": version + 1, "earlier": earlier}
            activity.record(
                tx, actor, Activity.CALL_NOTICE, at=now, call_id=call_id, notice_version=version + 1
            )
            tx.flush()
        return queries.get_call(tx, call_id)


def set_progress(tx: Session, call_id: str, progress: Progress) -> None:
    """The call has taken this step; taking it twice changes nothing.

    Raises:
        CallUnknown: no such call.
        ProgressOutOfOrder: not the next step.
    """
    row = queries.locked(tx, call_id)
    if row.progress == progress:
        return
    if progress != row.progress + 1 or progress < Progress.FROZEN:
        raise ProgressOutOfOrder(now=row.progress, wanted=int(progress))
    row.progress = int(progress)
    tx.flush()
