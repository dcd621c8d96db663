"""What the acts of the activity log (操作紀錄) are called."""

from __future__ import annotations

from collections.abc import Mapping

from pbvote.core.types import Role
from pbvote.platform.activity import Activity
from pbvote.words.catalogue import gettext as _
from pbvote.words.names import role_name

_OF_A_PROPOSAL = ("proposal.", "moderation.")


def activity_name(act: str) -> str:
    """An act in the reader's language; one that an earlier version wrote and this one no longer knows
    stays as its code."""
    names = {
        Activity.ACCOUNT_RESTORE: _("恢復帳號"),
        Activity.ACCOUNT_SIGN_IN: _("登入"),
        Activity.ACCOUNT_SUSPEND: _("停用帳號"),
        Activity.CALL_CREATE: _("建立草稿"),
        Activity.CALL_NOTICE: _("改寫個資告知"),
        Activity.CALL_PUBLISH: _("公告徵件"),
        Activity.CALL_SAVE: _("儲存草稿"),
        Activity.CALL_TRANSLATE: _("填寫其他語言的文字"),
        Activity.COMMENT_ANSWER: _("以機關名義回覆留言"),
        Activity.COMMENT_EDIT: _("修改機關的回覆"),
        Activity.COMMENT_HIDE: _("隱藏留言"),
        Activity.COMMENT_KEEP: _("保留留言"),
        Activity.DELIVERY_OFFICE: _("更新執行的負責單位"),
        Activity.DELIVERY_PHOTO_REMOVE: _("移除執行照片"),
        Activity.DELIVERY_SCHEDULE: _("更新執行時程"),
        Activity.DELIVERY_UPDATE: _("更新執行進度"),
        Activity.EVIDENCE_AUDIT: _("查核驗證憑據"),
        Activity.KEYS_DESTROY: _("銷毀金鑰"),
        Activity.MODERATION_ACCEPT: _("審核通過"),
        Activity.MODERATION_CONSENT: _("收到法定代理人的紙本同意書"),
        Activity.MODERATION_CLASSIFY: _("設定組別與互斥標記"),
        Activity.MODERATION_CORRECT: _("要求補正"),
        Activity.MODERATION_REJECT: _("審核不通過"),
        Activity.PROJECT_WITHDRAW: _("票選方案退出"),
        Activity.PROPOSAL_COAUTHOR_AGREE: _("同意共同提案"),
        Activity.PROPOSAL_COAUTHOR_DECLINE: _("婉拒共同提案"),
        Activity.PROPOSAL_CORRECT: _("補正提案"),
        Activity.PROPOSAL_ENTER_WORKSHOP: _("登錄工作坊提案"),
        Activity.PROPOSAL_IMPORT_WORKSHOP: _("匯入工作坊提案"),
        Activity.PROPOSAL_INVITE: _("邀請共同提案人"),
        Activity.PROPOSAL_DOCUMENT: _("加入文件"),
        Activity.PROPOSAL_PICTURE: _("加入圖片"),
        Activity.PROPOSAL_REVISE: _("修改提案"),
        Activity.PROPOSAL_SUBMIT: _("送出提案"),
        Activity.PROPOSAL_UNINVITE: _("移除共同提案人"),
        Activity.PROPOSAL_WITHDRAW: _("撤回提案"),
        Activity.ROLL_CLEAR: _("清除投票人名冊"),
        Activity.ROLL_IMPORT: _("匯入投票人名冊"),
        Activity.ROLL_STATION_CODES: _("產生現場號碼"),
        Activity.ROLL_UNLOCK: _("解除驗證暫停"),
        Activity.VOTE_CERTIFY: _("審定"),
        Activity.VOTE_FREEZE: _("定案票選方案"),
        Activity.VOTE_OPEN: _("開票"),
        Activity.VOTE_PUBLISH: _("公告結果"),
    }
    return names[Activity(act)] if act in names else act


def proposal_of(act: str, subject: str) -> int | None:
    """The proposal that an act was done on; None where it was another thing."""
    return int(subject) if act.startswith(_OF_A_PROPOSAL) and subject.isdecimal() else None


def subject_name(act: str, subject: str, titles: Mapping[int, str]) -> str:
    """What an act was done on, in words; ``titles``: what proposals are called."""
    proposal = proposal_of(act, subject)
    if proposal is not None:
        title = titles.get(proposal, "")
        return _("「%(title)s」", title=title) if title else _("提案第 %(id)s 號", id=proposal)
    if act == Activity.PROJECT_WITHDRAW or act.startswith("delivery."):
        return _("%(number)s 號", number=subject)
    if act == Activity.VOTE_CERTIFY and subject in set(Role):
        return role_name(Role(subject))
    if act.startswith("comment.") and subject:
        return _("第 %(id)s 則留言", id=subject)
    return subject
