"""The names of kinds, stages, statuses, calls and districts in the reader's language, for every page."""

from __future__ import annotations

from typing import Final, assert_never

from babel import Locale

from pbvote.core.rules.ruleset import Evidence, VoteKind
from pbvote.core.rules.stage import Stage
from pbvote.core.rules.winner_rule import Track
from pbvote.core.types import Role
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.engagement.kinds import CommentKind
from pbvote.rooms.proposals.status import Status
from pbvote.rooms.registrar.documents import Assisted
from pbvote.rooms.registrar.evidence import Problem
from pbvote.words.catalogue import gettext as _
from pbvote.words.language import SECOND, SOURCE, either, language

_STAFF: Final = {SOURCE: "zh_Hant_TW"}
"""Chinese as CLDR calls it, in which languages are named to staff."""


def vote_kind_name(kind: VoteKind) -> str:
    """意向調查 or 票選 (NDC-03)."""
    return _("意向調查") if kind is VoteKind.SURVEY else _("票選")


def evidence_name(evidence: Evidence) -> str:
    """How a ground is shown."""
    match evidence:
        case Evidence.REGISTRY:
            return _("戶籍或機關資料查驗")
        case Evidence.ROLL:
            return _("投票人名冊比對")
        case Evidence.STATEMENT:
            return _("本人簽署切結")
        case Evidence.DOCUMENT:
            return _("臨櫃出示證件")
        case _ as never:
            assert_never(never)


def stage_name(stage: Stage) -> str:
    """The stage (階段) of a call in two to five characters."""
    names = {
        Stage.DRAFT: _("草稿"),
        Stage.ANNOUNCED: _("即將收件"),
        Stage.COLLECTING: _("徵件中"),
        Stage.MODERATION: _("送件審核中"),
        Stage.READY: _("等待定案"),
        Stage.FROZEN: _("即將投票"),
        Stage.UNFROZEN: _("尚未定案"),
        Stage.VOTING: _("投票中"),
        Stage.GRACE: _("等候最後投出"),
        Stage.CLOSED: _("已截止"),
        Stage.OPENED: _("審定中"),
        Stage.CERTIFIED: _("已公告結果"),
    }
    return names[stage]


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


def problem_name(problem: Problem) -> str:
    """What is wrong with one issuance, in words."""
    names: dict[Problem, str] = {
        Problem.DOES_NOT_OPEN: _("憑據打不開，或不是這場投票的憑據"),
        Problem.OTHER_ISSUANCE: _("憑據屬於另一筆發放"),
        Problem.OTHER_PERSON: _("憑據上的人與發放紀錄不是同一人"),
        Problem.OTHER_STYLE: _("憑據上的選票類型與發放的不同"),
        Problem.METHOD_NOT_ALLOWED: _("用了這場投票沒有的核對方式"),
        Problem.NO_IDENTITY_NUMBER: _("憑據上不是正確的證號"),
        Problem.NOT_ON_THE_ROLL: _("名冊上沒有這個人"),
        Problem.ROLL_HAS_OTHER_STYLE: _("名冊上這個人的選票類型不同"),
        Problem.ENTRY_WITHOUT_EVIDENCE: _("公開名冊紀錄裡有，卻沒有憑據"),
        Problem.NOT_IN_LOG: _("已發放，公開名冊紀錄裡卻沒有"),
        Problem.OTHER_GROUND: _("憑據上的資格不是這場投票的資格"),
        Problem.NO_STATEMENT: _("這種選票要本人切結，憑據上卻沒有切結"),
    }
    return names[problem]


def comment_kind_name(kind: CommentKind) -> str:
    """What somebody wrote under a proposal: a comment, a question or an answer."""
    names: dict[CommentKind, str] = {
        CommentKind.COMMENT: _("留言"),
        CommentKind.QUESTION: _("提問"),
        CommentKind.ANSWER: _("回答"),
    }
    return names[kind]


def assistance_name(kind: Assisted) -> str:
    """How somebody was assisted at a desk (PRA-16)."""
    names: dict[Assisted, str] = {
        Assisted.NOT: _("不需要"),
        Assisted.COMPANION: _("由本人選的一位陪同"),
        Assisted.STAFF: _("由兩位工作人員協助"),
    }
    return names[kind]


def role_name(role: Role) -> str:
    """What somebody of the staff does."""
    names: dict[Role, str] = {
        Role.OFFICER: _("承辦人"),
        Role.AUDITOR: _("查核人員"),
        Role.ADMINISTRATOR: _("管理人員"),
    }
    return names[role]


def in_call(call: CallView, text: str, english: str = "") -> str:
    """A text of the call in the reader's language, as far as the agency gave it; else English, else Chinese.

    ``english``: what the call's own field for the English of it holds.
    """
    wanted = language()
    if wanted == SOURCE or not text:
        return text
    own = english if wanted == SECOND else ""
    given = own or call.translation(text, wanted)
    return given or either(text, english or call.translation(text, SECOND))


def call_title(call: CallView) -> str:
    """The call's title."""
    return in_call(call, call.title, call.title_en)


def call_contact(call: CallView) -> str:
    """Where help is to be had: office, telephone, address."""
    return in_call(call, call.contact)


def notice_rows(call: CallView) -> list[tuple[str, str]]:
    """The personal-data notice (個資法 art. 8), question by question; nothing before publication."""
    notice = call.notice
    if notice is None:
        return []
    rows = (
        (_("誰在收集"), notice.agency),
        (_("為了什麼"), notice.purpose),
        (_("收集哪些資料"), notice.categories),
        (_("保存多久"), notice.period),
        (_("在哪裡使用"), notice.area),
        (_("誰會使用"), notice.recipients),
        (_("怎麼使用"), notice.manner),
        (_("您的權利"), notice.rights),
        (_("不提供的話"), notice.effect),
    )
    return [(name, in_call(call, text)) for name, text in rows]


def language_name(code: str) -> str:
    """A language as staff speak of it."""
    own = {SOURCE: _("中文"), SECOND: _("英文")}
    return own.get(code) or Locale.parse(code).get_display_name(_STAFF.get(language(), SECOND)) or code


def agency_name(call: CallView) -> str:
    """The agency's name, in English where there is one."""
    return either(call.agency.name, call.agency.name_en)


def district_name(call: CallView, district_id: str) -> str:
    """The district's name in the reader's language, as far as the agency gave one; an unknown id as it is."""
    for district in call.ruleset.districts if call.ruleset else ():
        if district.id == district_id:
            return in_call(call, district.name, district.name_en)
    return district_id


def category_name(call: CallView, category_id: str) -> str:
    """The category's name in the reader's language, as far as the agency gave one; nothing for none."""
    for category in call.ruleset.intake.categories if call.ruleset else ():
        if category.id == category_id:
            return in_call(call, category.name, category.name_en)
    return ""


def for_templates() -> dict[str, object]:
    """The functions of this module, and the names of stages and kinds, under their own names."""
    return {
        function.__name__: function
        for function in (
            *(stage_name, status_name, vote_kind_name, comment_kind_name, role_name),
            *(in_call, call_title, call_contact, notice_rows, agency_name, district_name, category_name),
            language_name,
        )
    }


def track_name(track: Track) -> str:
    """The track's name, in English where the agency gave one."""
    return either(track.name, track.name_en)
