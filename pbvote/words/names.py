"""The names of statuses, calls, agencies and districts in the reader's language, for every page."""

from __future__ import annotations

from pbvote.core.rules.winner_rule import Track
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.proposals.status import Status
from pbvote.words.catalogue import gettext as _
from pbvote.words.language import either
from pbvote.words.rules import stage_name, vote_kind_name


def status_name(status: Status) -> str:
    """What a proposal's status is called."""
    names: dict[Status, str] = {
        Status.DRAFT: _("草稿"),
        Status.SUBMITTED: _("待審核"),
        Status.CORRECTION: _("待補正"),
        Status.ACCEPTED: _("通過審核"),
        Status.REJECTED: _("未通過審核"),
        Status.WITHDRAWN: _("已撤回"),
    }
    return names[status]


def call_title(call: CallView) -> str:
    """The call's title, in English where the agency gave one."""
    return either(call.title, call.title_en)


def agency_name(call: CallView) -> str:
    """The agency's name, in English where there is one."""
    return either(call.agency.name, call.agency.name_en)


def district_name(call: CallView, district_id: str) -> str:
    """The district's name, in English where the agency gave one; an unknown id as it is."""
    for district in call.ruleset.districts if call.ruleset else ():
        if district.id == district_id:
            return either(district.name, district.name_en)
    return district_id


def category_name(call: CallView, category_id: str) -> str:
    """The category's name, in English where the agency gave one; nothing for none."""
    for category in call.ruleset.intake.categories if call.ruleset else ():
        if category.id == category_id:
            return either(category.name, category.name_en)
    return ""


def for_templates() -> dict[str, object]:
    """The functions of this module, and the names of stages and kinds, under their own names."""
    return {
        function.__name__: function
        for function in (
            *(stage_name, status_name, vote_kind_name),
            *(call_title, agency_name, district_name, category_name),
        )
    }


def track_name(track: Track) -> str:
    """The track's name, in English where the agency gave one."""
    return either(track.name, track.name_en)
