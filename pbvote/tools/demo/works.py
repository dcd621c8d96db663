"""What became of the demo's winners: officers keep them up by the real services, at the time of each act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pbvote.core.types import Actor, CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.delivery import queries, schedule, service
from pbvote.rooms.delivery.queries import DeliveryView
from pbvote.tools.demo.pictures import site
from pbvote.tools.demo.plan import moment_at, read_table
from pbvote.typed.dates import taipei_day

Typed = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One visit of the officer to a project's forms; days of ``planned`` and ``milestones`` from today."""

    at: datetime
    state: str = ""
    spent: str = ""
    note: str = ""
    photo: str = ""
    alt: str = ""
    office: str = ""
    telephone: str = ""
    why: str = ""
    planned: Mapping[str, int] = field(default_factory=dict)
    milestones: tuple[tuple[str, *tuple[int, ...]], ...] = ()


def load_works(now: datetime) -> dict[str, tuple[Act, ...]]:
    """The acts by the title of the project that they are on."""
    return {
        work["title"]: tuple(
            Act(
                **{
                    **act,
                    "at": moment_at(act["at"], now),
                    "milestones": tuple(tuple(each) for each in act.get("milestones", ())),
                }
            )
            for act in work["acts"]
        )
        for work in read_table("works")["works"]
    }


def keep_up(rt: Runtime, officer: Actor, call_id: CallId, title: str, act: Act, *, today: datetime) -> None:
    """Fill in and send the forms of one visit; a project that did not win has none."""
    with rt.read_main() as tx:
        found = {each.title: each for each in queries.of_call(tx, call_id).values()}.get(title)
    if found is None:
        return
    if act.office:
        typed = {"office": act.office, "telephone": act.telephone}
        service.name_office(rt, officer, call_id, found.number, typed, seen=_seen(rt, found))
    if act.planned:
        schedule.plan(rt, officer, call_id, found.number, _dates(act, today), seen=_seen(rt, found))
    if act.state or act.note:
        photo = site(found.title, stage=act.photo) if act.photo else b""
        seen = _seen(rt, found)
        service.update(rt, officer, call_id, found.number, _said(act, found), seen=seen, photo=photo)


def _seen(rt: Runtime, found: DeliveryView) -> int:
    with rt.read_main() as tx:
        return queries.get(tx, found.call_id, found.number).version


def _said(act: Act, found: DeliveryView) -> Typed:
    spent = act.spent or ("" if found.spent_twd is None else str(found.spent_twd))
    return {
        "state": act.state or found.state.value,
        "since_on": "",
        "spent_twd": spent,
        "note": act.note,
        "alt": act.alt,
        "moment": act.photo,
    }


def _dates(act: Act, today: datetime) -> Typed:
    def day(offset: int) -> str:
        return (taipei_day(today) + timedelta(days=offset)).isoformat()

    typed = {f"{step}.planned": day(offset) for step, offset in act.planned.items()}
    for number, (title, *days) in enumerate(act.milestones):
        typed[f"own.{number}.title"] = title
        kinds = zip(("planned", "actual"), days, strict=False)
        typed |= {f"own.{number}.{kind}": day(offset) for kind, offset in kinds}
    return typed | {"why": act.why}
