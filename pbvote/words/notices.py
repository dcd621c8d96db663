"""What subjects of mail, paces and reasons are called."""

from __future__ import annotations

from pbvote.rooms.accounts.kinds import Pace, Subject
from pbvote.words.catalogue import gettext as _


def pace_name(pace: Pace) -> str:
    """How soon mail comes, in words."""
    names = {
        Pace.AT_ONCE: _("立刻寄"),
        Pace.DAILY: _("每天早上彙整成一封"),
        Pace.WEEKLY: _("每週一早上彙整成一封"),
        Pace.NEVER: _("不要寄"),
    }
    return names[pace]


def subject_name(subject: str) -> str:
    """What mail is about; whatever a link names besides stands for all of it."""
    names = {
        Subject.PROPOSALS: _("我的提案"),
        Subject.FOLLOWED: _("我追蹤的提案"),
        Subject.COMMENTS: _("留言與回覆"),
        Subject.CALLS: _("我追蹤的活動"),
        Subject.LAST_DAY: _("投票最後一天"),
        Subject.RESULTS: _("票選結果"),
        Subject.CARRYING_OUT: _("執行進度"),
    }
    if subject == "digest":
        return _("彙整通知")
    return names[Subject(subject)] if subject in set(Subject) else _("所有通知")
