"""The schedule of a project: when its steps are planned, and milestones of its own, all saved at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from pbvote.core.errors import InvalidInput, raise_findings
from pbvote.core.types import Actor
from pbvote.platform import activity
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import Runtime
from pbvote.rooms.delivery import history, service
from pbvote.rooms.delivery.errors import MilestonesFull, NothingSaid, PlanOutOfOrder, ReasonNeeded
from pbvote.rooms.delivery.kinds import PLANNED, ChangeKind
from pbvote.rooms.delivery.models import Delivery, Milestone
from pbvote.typed.dates import date_of, taipei_day
from pbvote.typed.texts import line, prose, text_findings

MOST_MILESTONES: Final = 12
LONGEST_TITLE: Final = 40
_YEARS_AHEAD: Final = 20


@dataclass(frozen=True, slots=True)
class _Row:
    """A milestone as it was typed and read."""

    title: str
    planned_on: date | None
    actual_on: date | None


def numbers_in(typed: Mapping[str, str]) -> list[int]:
    """The numbers of the form's rows of milestones: ``own.0.title``, ``own.1.planned``."""
    found = (name.split(".") for name in typed if name.startswith("own."))
    return sorted({int(each[1]) for each in found if len(each) == 3 and each[1].isdecimal()})


def plan(
    rt: Runtime, actor: Actor, call_id: str, number: int, typed: Mapping[str, str], *, seen: int | None
) -> None:
    """Plan the steps and the milestones; who follows hears of a completion that is put off.

    ``typed``: ``tendered.planned``, ``building.planned``, ``finished.planned``, and for milestones
    ``own.N.title``, ``own.N.planned``, ``own.N.actual``; a row that is empty is no milestone. ``why``: the
    reason.

    Raises:
        InvalidInput: what was typed, each finding with its field.
        DeliveryChanged, CallUnknown, RoleNeeded, NotCarriedOut: as for :func:`service.update`.
    """
    now = rt.clock()
    with rt.main() as tx:
        call, row = service.held(tx, actor, call_id, number)
        service.require_seen(row, seen)
        note = prose(typed.get("why", ""))
        steps, own = _read(row, typed, note=note, today=taipei_day(now))
        before = _written(row)
        after = _as_written(row, steps, own)
        facts = history.differences(before, after)
        if not facts:
            raise NothingSaid(field="why")
        if not note and _is_put_off(before, after):
            raise ReasonNeeded(field="why")
        _replace(row, steps, own)
        tx.flush()
        row.due_on = service.due_of(row)
        row.version += 1
        change = history.write(tx, row, actor, ChangeKind.SCHEDULE, at=now, note=note, facts=facts)
        activity.record(tx, actor, Activity.DELIVERY_SCHEDULE, at=now, call_id=call_id, subject=str(number))
        if "finished.planned.before" in facts or note:
            service.tell(tx, call, row, change, to_the_call=False)


def _read(
    row: Delivery, typed: Mapping[str, str], *, note: str, today: date
) -> tuple[dict[str, date | None], list[_Row]]:
    """The planned dates of the steps, and the milestones in the order of the form."""
    findings: list[InvalidInput] = []
    findings += text_findings(note, field="why", most=service.LONGEST_NOTE, missing=None)
    last = date(today.year + _YEARS_AHEAD, 12, 31)
    first = row.certified_on

    def day(name: str, *, until: date) -> date | None:
        if not typed.get(name):
            return None
        try:
            return date_of(typed[name], field=name, first=first, last=until)
        except InvalidInput as error:
            findings.append(error)
            return None

    steps = {step.value: day(f"{step.value}.planned", until=last) for step in PLANNED}
    latest = first
    for name, planned in steps.items():
        if planned and planned < latest:
            findings.append(PlanOutOfOrder(field=f"{name}.planned"))
        latest = max(latest, planned or latest)
    own: list[_Row] = []
    for number in numbers_in(typed):
        title = line(typed.get(f"own.{number}.title", ""))
        awaited, met = f"own.{number}.planned", f"own.{number}.actual"
        if not any((title, typed.get(awaited), typed.get(met))):
            continue
        findings += text_findings(title, field=f"own.{number}.title", most=LONGEST_TITLE)
        own.append(_Row(title, day(awaited, until=last), day(met, until=today)))
        if len(own) == MOST_MILESTONES + 1:
            findings.append(MilestonesFull(field=f"own.{number}.title", most=MOST_MILESTONES))
    raise_findings(findings)
    return steps, own


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""


def _entry(title: str, planned: date | None, actual: date | None) -> str:
    """A milestone in the history: its title, its planned and its actual date, parted by a bar."""
    return f"{title}|{_text(planned)}|{_text(actual)}"


def _written(row: Delivery) -> dict[str, str]:
    found = {f"{m.state}.planned": _text(m.planned_on) for m in row.milestones if m.state}
    own = [m for m in row.milestones if not m.state]
    return found | {f"own{at}": _entry(m.title, m.planned_on, m.actual_on) for at, m in enumerate(own, 1)}


def _as_written(row: Delivery, steps: Mapping[str, date | None], own: list[_Row]) -> dict[str, str]:
    found = {f"{name}.planned": _text(day) for name, day in steps.items()}
    return found | {f"own{at}": _entry(m.title, m.planned_on, m.actual_on) for at, m in enumerate(own, 1)}


def _is_put_off(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Whether a step that had a date comes later now, or has none any more."""
    names = [f"{step.value}.planned" for step in PLANNED]
    return any(before.get(name) and not "" < after[name] <= before[name] for name in names)


def _replace(row: Delivery, steps: Mapping[str, date | None], own: list[_Row]) -> None:
    for milestone in row.milestones:
        if milestone.state:
            milestone.planned_on = steps[milestone.state]
    kept = [m for m in row.milestones if not m.state]
    for at, said in enumerate(own):
        if at < len(kept):
            one = kept[at]
            one.title, one.planned_on, one.actual_on = said.title, said.planned_on, said.actual_on
        else:
            row.milestones.append(
                Milestone(
                    position=len(PLANNED) + at,
                    title=said.title,
                    planned_on=said.planned_on,
                    actual_on=said.actual_on,
                )
            )
    for surplus in kept[len(own) :]:
        row.milestones.remove(surplus)
