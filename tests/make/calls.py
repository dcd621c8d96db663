"""A call as an officer types it: its values, the rules in them, a draft, a published call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pbvote.core.rules.ruleset import Ruleset
from pbvote.core.types import Actor, CallId
from pbvote.edges.identity.sandbox import AREA
from pbvote.platform.runtime import Runtime
from pbvote.platform.settings import VoteSettings
from pbvote.rooms.calls import service as calls_service
from pbvote.rooms.calls.draft import parse_draft
from pbvote.rooms.calls.privacy_notice import SUGGESTED
from tests.make.people import Staff, put_agency, staff_of

ONE_GROUND = ("grounds.1",)  # to be left out, so that everybody's vote weighs 1
ONE_STYLE = ("districts.1", *ONE_GROUND)  # and everybody votes in one district
NO_GROUNDS = ("grounds",)

SANDBOX = {"verification": "sandbox", "grounds.0.area": AREA, "grounds.0.evidence": "registry"}
SURVEY = {"verification": "contact", "vote_kind": "survey", "counter": "0"}  # without NO_GROUNDS


def call_values(values: Mapping[str, str] | None = None, *, without: Iterable[str] = ()) -> dict[str, str]:
    """Two districts, two grounds, up to three projects, voting from 2026-05-01 09:00 in Taipei.

    ``without`` leaves fields out by their names or by what the names begin with (``"grounds.1"``).
    """
    left_out = tuple(f"{name}." for name in without)
    kept = {name: value for name, value in _complete().items() if not f"{name}.".startswith(left_out)}
    return kept | dict(values or {})


def call_rules(values: Mapping[str, str] | None = None, *, without: Iterable[str] = ()) -> Ruleset:
    """The rules in the values."""
    return parse_draft(call_values(values, without=without), defaults=VoteSettings())


def published_call(
    rt: Runtime, officer: Actor, *, values: Mapping[str, str] | None = None, without: Iterable[str] = ()
) -> CallId:
    """A published call; the clock stands before its intake."""
    call_id = calls_service.create_call(rt, officer, call_values(values, without=without)).id
    calls_service.publish_call(rt, officer, call_id)
    return call_id


def published(
    rt: Runtime, *, values: Mapping[str, str] | None = None, without: Iterable[str] = ()
) -> tuple[CallId, Staff]:
    """A published call of an agency of its own, and the agency's officer."""
    officer = staff_of(put_agency(rt, "shilin"))
    return published_call(rt, officer, values=values, without=without), officer


def _complete() -> dict[str, str]:
    return {
        "title": "115年參與式預算",
        "title_en": "Participatory budget 2026",
        "description_md": "一起決定公園怎麼改造。",
        "contact": "民政課 02-0000-0000",
        "vote_kind": "selection",
        "verification": "roll",
        "counter": "1",
        "minimum_age": "16",
        "districts.0.name": "東區",
        "districts.0.name_en": "East",
        "districts.0.budget_twd": "5,000,000",
        "districts.1.name": "西區",
        "districts.1.budget_twd": "3000000",
        "grounds.0.kind": "registered",
        "grounds.0.area": "新北市",
        "grounds.0.cut_off_on": "115-01-31",
        "grounds.0.evidence": "roll",
        "grounds.0.at_counter_only": "0",
        "grounds.0.weight": "1",
        "grounds.1.kind": "registered",
        "grounds.1.area": "新店區",
        "grounds.1.cut_off_on": "2026-01-31",
        "grounds.1.evidence": "roll",
        "grounds.1.weight": "2",
        "ballot_form.kind": "up-to",
        "ballot_form.max_choices": "3",
        "winner_rule.fit": "skip",
        "winner_rule.threshold_votes": "0",
        "tie_order": "cheaper,number",
        "timeline.proposals_open_at": "2026-03-10T09:00",
        "timeline.proposals_close_at": "2026-04-01T17:30",
        "timeline.moderation_until": "2026-04-20T17:30",
        "timeline.voting_opens_at": "2026-05-01T09:00",
        "timeline.issue_until": "2026-05-10T17:00",
        "notice.agency": "士林區公所",
        **{f"notice.{name}": text for name, text in SUGGESTED.items()},
    }
