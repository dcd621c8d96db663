"""Where an officer goes next: the rooms of a call, the next step of a stage, the names of acts."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, url_for

from pbvote.core.rules.stage import Stage
from pbvote.core.rules.ways import STATION
from pbvote.core.types import Actor, Role
from pbvote.rooms.calls.queries import CallView
from pbvote.words.catalogue import gettext as _


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A page about a call where one kind of work is done."""

    name: str
    hint: str
    url: str


def next_step(stage: Stage) -> str:
    """What the officer has to do now, in one sentence."""
    steps = {
        Stage.DRAFT: _("填完規則後按「檢查並預覽」，確認民眾看到的內容，再公告。"),
        Stage.ANNOUNCED: _("等待收件開始。可以先匯入名冊，或登錄工作坊提案。"),
        Stage.COLLECTING: _("提案陸續送件，請儘早審核；需要補正的，請寫清楚期限。"),
        Stage.MODERATION: _("請在審核期限前完成所有提案的審核。期限過後才能定案票選方案。"),
        Stage.READY: _("審核期限已過。請定案票選方案：投票開始前一定要定案，否則投票不會開始。"),
        Stage.FROZEN: _("已定案。請把公告上的核對碼張貼出來，等待投票開始。"),
        Stage.UNFROZEN: _("投票開始時間已過，但沒有定案，所以投票不會開始。"),
        Stage.VOTING: _("投票進行中。可以到櫃檯查驗頁協助民眾，並查看投票人數。"),
        Stage.GRACE: _("已停止發券，等候已領券的民眾投出選票。"),
        Stage.CLOSED: _("投票已截止。請由承辦人以開票金鑰開票。"),
        Stage.OPENED: _("已開票，系統還不顯示得票數。請承辦人與查核人員兩人完成審定。"),
        Stage.CERTIFIED: _("結果已公告。入選方案有進展時，請更新執行進度。"),
    }
    return steps[stage]


def rooms_of(call: CallView, stage: Stage, actor: Actor) -> list[Room]:
    """The rooms that this actor may enter, in the order of a call's life."""
    officer, auditor = actor.has(Role.OFFICER), actor.has(Role.AUDITOR)
    published = stage is not Stage.DRAFT
    rules = call.ruleset
    rolled = rules is not None and rules.way.reads_roll
    desk = rules is not None and rules.has_desk
    handed_out = rules is not None and STATION in rules.ways
    table = [
        (officer and not published, "agency.edit_call", _("編輯草稿"), _("標題、說明、日期、資格與計票規則")),
        (officer and not published, "agency.preview", _("檢查並預覽"), _("看民眾會看到的內容，然後公告")),
        (
            officer,
            "languages.overview",
            _("其他語言的文字"),
            _("說明、服務窗口與個資告知的翻譯；缺的那一段，外國讀者看到的是中文"),
        ),
        (officer and published, "moderation.queue", _("送件審核"), _("審核提案、登錄與匯入工作坊提案")),
        (officer and published, "engagement.desk", _("檢舉的留言"), _("民眾檢舉的留言：隱藏或保留")),
        (officer and published, "agency.notice", _("個資告知"), _("改寫告知事項；每一版都會留下")),
        (officer and rolled, "desk.roll", _("投票人名冊"), _("匯入名冊，只保存加密比對用的代碼")),
        (officer and desk, "desk.desk", _("櫃檯查驗"), _("查驗證件後，把裝置交給民眾投票")),
        (
            officer and handed_out,
            "desk.station_codes",
            _("現場號碼"),
            _("不驗證身分時，在現場發給民眾的投票號碼"),
        ),
        (officer and published, "counting.room", _("定案、開票與審定"), _("定案票選方案、看投票人數、開票")),
        (
            officer and stage is Stage.CERTIFIED and not call.is_survey,
            "delivering.of_call",
            _("執行進度"),
            _("入選方案的狀態、日期、經費與照片"),
        ),
        (auditor and published, "auditor.room", _("查核"), _("審定結果、匯出投票查核資料、抽查驗證憑據")),
    ]
    return [
        Room(name=name, hint=hint, url=url_for(endpoint, call_id=call.id))
        for allowed, endpoint, name, hint in table
        if allowed and endpoint in current_app.view_functions
    ]
