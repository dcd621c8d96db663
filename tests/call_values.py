"""A complete call as an officer types it, and the people of an agency, for tests of every room."""

from __future__ import annotations

from pbvote.core.types import Actor, AgencyId, Role
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import service as accounts_service
from pbvote.rooms.calls.privacy_notice import suggested_privacy_notice


def call_values() -> dict[str, str]:
    """Two districts, two grounds, up to three projects, voting from 2026-05-01 09:00 in Taipei."""
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
        **suggested_privacy_notice("士林區公所"),
    }


def put_agency(rt: Runtime, slug: str) -> int:
    """An agency of that short name."""
    return int(
        accounts_service.create_agency(
            rt, slug=slug, name=f"{slug}公所", level="township", county="臺北市"
        ).id
    )


def staff_of(agency_id: int, *roles: Role, account_id: int = 1) -> Actor:
    """Somebody of the agency: an officer unless roles are given."""
    return Actor(
        kind="officer",
        id=account_id,
        agency_id=AgencyId(agency_id),
        roles=frozenset(roles or (Role.OFFICER,)),
    )
