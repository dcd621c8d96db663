"""Winners are taken up once their result is certified; officers of the agency keep them up.

What was certified is never changed here: number, title, district and money granted are the result's, and
only what a certified outcome funds has a state at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core.errors import InvalidInput, raise_findings
from pbvote.core.types import Actor, CallId, Role
from pbvote.platform import activity
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import MailTemplate, Runtime
from pbvote.rooms.calls import mail
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.counting import queries as counting
from pbvote.rooms.delivery import history, photos
from pbvote.rooms.delivery.errors import (
    DeliveryChanged,
    NotCarriedOut,
    NothingSaid,
    OverGranted,
    PhotoMissing,
    PhotoUnknown,
    ReasonNeeded,
    StateUnknown,
)
from pbvote.rooms.delivery.kinds import PLANNED, STEPS, ChangeKind, State, needs_reason
from pbvote.rooms.delivery.models import Change, Delivery, Milestone, TakenUp
from pbvote.rooms.engagement import queries as engagement
from pbvote.rooms.proposals import queries as proposals
from pbvote.typed.dates import ROC, date_of, taipei_day
from pbvote.typed.numbers import money_of
from pbvote.typed.texts import line, prose, telephone_of, text_findings

LONGEST_NOTE: Final = 1000
LONGEST_OFFICE: Final = 60


def take_up(rt: Runtime) -> int:
    """List the winners of every certified selection vote that is not listed yet; returns how many.

    The worker does it, also for results of before this list existed. A survey binds nobody: its winners
    are not carried out because of it (NDC-03).
    """
    with rt.read_main() as tx:
        known = set(tx.scalars(select(TakenUp.call_id)))
        waiting = [call_id for call_id in counting.certified(tx) if call_id not in known]
    return sum(_take_up_call(rt, call_id) for call_id in waiting)


def _take_up_call(rt: Runtime, call_id: CallId) -> int:
    with rt.main() as tx:
        if tx.get(TakenUp, call_id) is not None:
            return 0
        tx.add(TakenUp(call_id=call_id, at=rt.clock()))
        call = calls.get_published(tx, call_id)
        certified_at = counting.progress_of(tx, call_id).certified_at
        if call.is_survey or certified_at is None:
            return 0
        names = {str(district.id): district.name for district in call.rules.districts}
        found = {int(p.number or 0): p for p in proposals.projects_of_call(tx, call_id)}
        day = taipei_day(certified_at)
        winners = counting.winners(tx, call_id)
        for winner in winners:
            proposal = found.get(winner.number)
            district = str(proposal.district) if proposal else winner.district
            tx.add(
                Delivery(
                    call_id=call_id,
                    number=winner.number,
                    proposal_id=proposal.id if proposal else 0,
                    agency_id=call.agency_id,
                    year=day.year - ROC,
                    district=district,
                    district_name=names.get(district, district),
                    title=winner.title,
                    granted_twd=winner.cost_twd,
                    certified_on=day,
                    state=State.APPROVED.value,
                    since_on=day,
                    office=call.agency_name,
                    telephone="",
                    version=1,
                    milestones=[
                        Milestone(position=position, state=step.value)
                        for position, step in enumerate(PLANNED)
                    ],
                )
            )
        return len(winners)


def held(tx: Session, actor: Actor, call_id: str, number: int) -> tuple[CallView, Delivery]:
    """The call and the project, held until the transaction ends, for officers of its agency.

    Raises:
        CallUnknown, RoleNeeded: another agency's, or without the role.
        NotCarriedOut: no such project, or its result does not fund it.
    """
    call = calls.get_call_of(tx, actor, Role.OFFICER, call_id=call_id)
    row = tx.scalars(
        select(Delivery).where(Delivery.call_id == call_id, Delivery.number == number).with_for_update()
    ).first()
    told = counting.told(tx, [call_id], numbers=[number]).get((call_id, number))
    if row is None or told is None or not told.standing.funded:
        raise NotCarriedOut(project=number)
    return call, row


def require_seen(row: Delivery, seen: int | None) -> None:
    """Guarantee that the officer saw what stands there now.

    Raises:
        DeliveryChanged: somebody has saved since.
    """
    if seen != row.version:
        raise DeliveryChanged(seen=seen or 0, current=row.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What an update says; money in whole NT$, None: not told."""

    state: State
    since_on: date
    spent_twd: int | None
    note: str


def update(
    rt: Runtime,
    actor: Actor,
    call_id: str,
    number: int,
    typed: Mapping[str, str],
    *,
    seen: int | None,
    photo: bytes = b"",
    waiting: str = "",
) -> None:
    """Say how far a winner is, what was spent, and show a photograph; who follows hears of it by mail.

    ``typed``: ``state``, ``since_on``, ``spent_twd``, ``note``, and for a photograph ``alt`` and ``moment``.
    ``seen``: the version that the form was opened with. ``waiting``: in place of ``photo``, what
    :func:`keep_photo` returned.

    Raises:
        InvalidInput: what was typed, each finding with its field.
        DeliveryChanged, PhotosFull, PicturesBusy, PicturesMany: the state of things forbids it.
        CallUnknown, RoleNeeded, NotCarriedOut: as for :func:`held`.
    """
    now = rt.clock()
    with_photo = bool(photo or waiting)
    with rt.read_main() as tx:  # whatever costs little is asked before a picture is decoded
        _call, row = held(tx, actor, call_id, number)
        require_seen(row, seen)
        _read(row, typed, today=taipei_day(now), with_photo=with_photo)
        fresh = photos.checked(row, typed) if with_photo else None
    shown = None
    if fresh:
        shown = photos.stored(rt, actor, photo) if photo else photos.waiting(rt, waiting)
    with rt.main() as tx:
        call, row = held(tx, actor, call_id, number)
        require_seen(row, seen)
        said = _read(row, typed, today=taipei_day(now), with_photo=with_photo)
        before = State(row.state)
        facts = history.differences(_standing(row), _standing_after(row, said))
        _apply(row, said)
        if fresh and shown:
            facts |= photos.add(row, shown, fresh, at=now)
        row.version += 1
        change = history.write(tx, row, actor, ChangeKind.UPDATE, at=now, note=said.note, facts=facts)
        activity.record(
            tx,
            actor,
            Activity.DELIVERY_UPDATE,
            at=now,
            call_id=call_id,
            subject=str(number),
            state=row.state,
        )
        if said.note or said.state != before:
            tell(tx, call, row, change, to_the_call=said.state != before)
    if waiting:
        photos.let_go(rt, waiting)


def keep_photo(rt: Runtime, actor: Actor, call_id: str, number: int, photo: bytes) -> str:
    """Keep the photograph of an update that was refused, shown to nobody; returns what finds it again.

    Raises:
        PictureType, PictureBroken, PictureTooLarge, PicturesBusy, PicturesMany: as for proposals.
        CallUnknown, RoleNeeded, NotCarriedOut: as for :func:`held`.
    """
    with rt.read_main() as tx:
        held(tx, actor, call_id, number)
    return photos.wait(rt, actor, photo)


def _standing(row: Delivery) -> dict[str, str | int | None]:
    return {"state": row.state, "since": row.since_on.isoformat(), "spent": row.spent_twd}


def _standing_after(row: Delivery, said: _Said) -> dict[str, str | int | None]:
    return {"state": said.state.value, "since": said.since_on.isoformat(), "spent": said.spent_twd}


def _read(row: Delivery, typed: Mapping[str, str], *, today: date, with_photo: bool) -> _Said:
    """What was typed, read and held against the project."""
    findings: list[InvalidInput] = []
    note = prose(typed.get("note", ""))
    findings += text_findings(note, field="note", most=LONGEST_NOTE, missing=None)
    before = State(row.state)
    state, since_on, spent = before, row.since_on, row.spent_twd
    try:
        state = _state(typed)
        since_on = _since(row, state, typed, today=today)
    except InvalidInput as error:
        findings.append(error)
    try:
        spent = money_of(typed["spent_twd"], field="spent_twd") if typed.get("spent_twd") else None
    except InvalidInput as error:
        findings.append(error)
    if not findings and not note:
        findings += _unexplained(row, state, spent)
    if not with_photo and (line(typed.get("alt", "")) or typed.get("moment")):
        findings.append(PhotoMissing(field="picture"))
    said = _Said(state=state, since_on=since_on, spent_twd=spent, note=note)
    same = _standing(row) == _standing_after(row, said)
    if not findings and not note and not with_photo and same:
        findings.append(NothingSaid(field="state"))
    raise_findings(findings)
    return said


def _state(typed: Mapping[str, str]) -> State:
    if typed.get("state", "") not in tuple(State):
        raise StateUnknown(field="state")
    return State(typed["state"])


def _since(row: Delivery, state: State, typed: Mapping[str, str], *, today: date) -> date:
    """The day on which the state began: typed, or today where it is a new one.

    It is not before the result, nor before an earlier step was reached.
    """
    if not typed.get("since_on"):
        return row.since_on if state == row.state else today
    reached = [row.certified_on]
    if state in STEPS:
        earlier = [step.value for step in STEPS[: STEPS.index(state)]]
        reached += [m.actual_on for m in row.milestones if m.state in earlier and m.actual_on]
    return date_of(typed["since_on"], field="since_on", first=max(reached), last=today)


def _unexplained(row: Delivery, state: State, spent: int | None) -> list[InvalidInput]:
    """What has to be said aloud, and is not."""
    if needs_reason(State(row.state), state) or (spent or 0) < (row.spent_twd or 0):
        return [ReasonNeeded(field="note")]
    if spent is not None and spent > row.granted_twd and spent != row.spent_twd:
        return [OverGranted(field="note", granted=row.granted_twd)]
    return []


def _apply(row: Delivery, said: _Said) -> None:
    row.state, row.since_on, row.spent_twd = said.state.value, said.since_on, said.spent_twd
    if said.state in STEPS:
        for milestone in row.milestones:
            if milestone.state == said.state:
                milestone.actual_on = said.since_on
            elif milestone.state and STEPS.index(State(milestone.state)) > STEPS.index(said.state):
                milestone.actual_on = None
    row.due_on = due_of(row)


def due_of(row: Delivery) -> date | None:
    """The earliest planned date that was not met; None where the project has ended or nothing is planned."""
    state = State(row.state)
    if state.ended:
        return None
    open_dates = [
        m.planned_on
        for m in row.milestones
        if m.planned_on
        and m.actual_on is None
        and (not m.state or STEPS.index(State(m.state)) > STEPS.index(state))
    ]
    return min(open_dates, default=None)


def name_office(
    rt: Runtime, actor: Actor, call_id: str, number: int, typed: Mapping[str, str], *, seen: int | None
) -> None:
    """Say which office is in charge, and its telephone.

    Raises:
        InvalidInput: an empty name, or no telephone number.
        DeliveryChanged, CallUnknown, RoleNeeded, NotCarriedOut: as for :func:`update`.
    """
    now = rt.clock()
    office = line(typed.get("office", ""))
    with rt.main() as tx:
        _call, row = held(tx, actor, call_id, number)
        require_seen(row, seen)
        findings = text_findings(office, field="office", most=LONGEST_OFFICE)
        telephone = ""
        try:
            telephone = telephone_of(typed.get("telephone", ""), field="telephone")
        except InvalidInput as error:
            findings.append(error)
        raise_findings(findings)
        facts = history.differences(
            {"office": row.office, "telephone": row.telephone}, {"office": office, "telephone": telephone}
        )
        if not facts:
            raise NothingSaid(field="office")
        row.office, row.telephone = office, telephone
        row.version += 1
        history.write(tx, row, actor, ChangeKind.OFFICE, at=now, note="", facts=facts)
        activity.record(tx, actor, Activity.DELIVERY_OFFICE, at=now, call_id=call_id, subject=str(number))


def remove_photo(rt: Runtime, actor: Actor, call_id: str, number: int, photo_id: int, *, reason: str) -> None:
    """Take a photograph away, its file too; the history keeps that it was there, and why it went.

    Raises:
        ReasonNeeded: no reason. PhotoUnknown: no such photograph.
        CallUnknown, RoleNeeded, NotCarriedOut: as for :func:`update`.
    """
    now = rt.clock()
    note = prose(reason)
    with rt.main() as tx:
        _call, row = held(tx, actor, call_id, number)
        found = next((photo for photo in photos.kept(row) if photo.id == photo_id), None)
        if found is None:
            raise PhotoUnknown()
        raise_findings(text_findings(note, field="reason", most=LONGEST_NOTE, missing=ReasonNeeded))
        found.removed_at = now
        facts: history.Facts = {"photo.alt": found.alt, "photo.moment": found.moment}
        history.write(tx, row, actor, ChangeKind.PHOTO_REMOVED, at=now, note=note, facts=facts)
        activity.record(
            tx, actor, Activity.DELIVERY_PHOTO_REMOVE, at=now, call_id=call_id, subject=str(number)
        )
    photos.forget(rt, found.sha256)


def tell(tx: Session, call: CallView, row: Delivery, change: Change, *, to_the_call: bool) -> None:
    """Mail to who follows the project and to its authors; ``to_the_call``: and to who follows the call."""
    followers = engagement.followers_of_project(tx, call.id, row.proposal_id, of_the_call=to_the_call)
    found = proposals.of_ids(tx, [row.proposal_id]).get(row.proposal_id)
    authors: set[int] = set()
    if found:
        authors = {c.resident_id for c in found.coauthors if c.agreed_at and c.resident_id}
        authors |= {found.proposer_id} if found.proposer_id else set()
    for resident_id in {*followers, *authors}:
        mail.tell(
            tx,
            call,
            resident_id,
            MailTemplate.DELIVERY_CHANGED,
            at=change.at,
            following=resident_id in followers,
            proposal_title=row.title,
            number=row.number,
            state=row.state,
            changed=str(change.facts.get("state.before", "")) != "",
            later=_later(change),
            note=change.note,
            office=f"{row.office} {row.telephone}" if row.telephone else "",
        )


def _later(change: Change) -> str:
    """The new date of completion, where it was put off; ``2026-11-20``."""
    before, after = (str(change.facts.get(f"finished.planned.{side}", "")) for side in ("before", "after"))
    return after if before and after > before else ""
