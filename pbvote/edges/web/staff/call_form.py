"""The call form: what its choices are called, what it starts with, and how typed values come back."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pbvote.core.errors import InvalidInput
from pbvote.core.rules import ways
from pbvote.core.rules.ruleset import Evidence, GroundKind
from pbvote.core.tally.method import METHODS, Option
from pbvote.core.tally.options import DEFAULT_METHOD
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts.queries import AgencyView
from pbvote.rooms.calls.draft import TIMELINE_FIELDS, row_count
from pbvote.rooms.calls.privacy_notice import suggested_privacy_notice
from pbvote.typed.dates import date_of, moment_field, moment_of
from pbvote.words import ballot_forms as ballot_words
from pbvote.words import methods as method_texts
from pbvote.words import ways as way_texts
from pbvote.words.catalogue import gettext as _
from pbvote.words.language import language
from pbvote.words.rules import evidence_name, ground_name

Options = list[tuple[str, str]]
_ROW = re.compile(r"(districts|grounds|tracks|categories)\.(\d+)\.(\w+)")


def starting_values(rt: Runtime, agency: AgencyView) -> dict[str, str]:
    """What a new call's form holds before anybody typed."""
    vote = rt.settings.vote
    return {
        "vote_kind": "selection",
        "verification": ways.ROLL.name,
        "counter": "1",
        "minimum_age": "16",
        "districts.0.name": agency.name.removesuffix("公所"),
        "grounds.0.kind": "registered",
        "grounds.0.area": agency.name.removesuffix("公所"),
        "grounds.0.evidence": "roll",
        "grounds.0.at_counter_only": "0",
        "grounds.0.weight": "1",
        "ballot_form.kind": "up-to",
        "winner_rule.method": DEFAULT_METHOD,
        "winner_rule.fit": "skip",
        "winner_rule.threshold_votes": "0",
        "tie_order": "cheaper,number",
        "grace_minutes": str(vote.grace_minutes),
        "batch_seconds": str(vote.batch_seconds),
        "batch_least": str(vote.batch_least),
        **suggested_privacy_notice(agency.name),
    }


def shown_values(draft: Mapping[str, str]) -> dict[str, str]:
    """The draft as the form shows it: dates that can be read are written as the inputs need them."""
    shown = dict(draft)
    for name in (*(f"timeline.{field}" for field in TIMELINE_FIELDS), "intake.endorsements_until"):
        try:
            shown[name] = moment_field(moment_of(shown.get(name, ""), field=name))
        except InvalidInput:
            continue
    for name in ("age_on", *(f"grounds.{i}.cut_off_on" for i in range(row_count(draft, "grounds")))):
        try:
            shown[name] = date_of(shown.get(name, ""), field=name).isoformat()
        except InvalidInput:
            continue
    return shown


def without_row(values: Mapping[str, str], list_name: str, number: int) -> dict[str, str]:
    """The values without one row of ``districts``, ``grounds``, ``tracks`` or ``categories``."""
    return {name: value for name, value in values.items() if not name.startswith(f"{list_name}.{number}.")}


def options(rt: Runtime) -> dict[str, Options]:
    """The choices of every select and radio group, by field."""
    offered = [way for way in ways.choosable() if rt.offers(way)]
    return {
        "vote_kind": [
            ("selection", _("票選：承諾依公布的規則處理入選方案")),
            ("survey", _("意向調查：結果供參考")),
        ],
        "verification": way_texts.choices(offered, language()),
        "kind": [(kind.value, ground_name(kind)) for kind in GroundKind],
        "evidence": [(evidence.value, evidence_name(evidence)) for evidence in Evidence],
        "at_counter_only": [("0", _("線上或臨櫃皆可")), ("1", _("限臨櫃辦理"))],
        "ballot_form.kind": ballot_words.choices(),
        **_counting_options(),
    }


def _counting_options() -> dict[str, Options]:
    """The choices of the counting rule."""
    return {
        "winner_rule.fit": fit_options(),
        "winner_rule.method": method_texts.choices(language()),
        "winner_rule.threshold_of": [
            ("", _("固定的得票數（填在上一欄）")),
            ("ballots", _("有效票數的百分比")),
            ("eligible", _("投票人名冊人數的百分比")),
        ],
        "winner_rule.completion": completion_options(),
        "winner_rule.add1_stop": [
            ("overspend", _("提高到再提高就會超支為止")),
            ("exhaustive", _("提高到剩下的錢不夠任何一案為止")),
        ],
        "winner_rule.comparison": [
            ("none", _("不比較")),
            ("satisfaction", _("與得票數的結果比較，較多人投中較多案的結果為準")),
        ],
        "left_over": [
            ("keep", _("留在該區，不流用")),
            ("city-pool", _("各區剩餘合併，依序補給各區備取的方案")),
        ],
        "tie_order": [
            ("cheaper,number", _("經費較低的在前；仍相同時編號較小的在前")),
            ("number", _("編號較小的在前")),
            (
                "cheaper,votes,number",
                _("經費較低的在前；仍相同時得票較多的在前，再相同時編號較小的在前（等額分配的建議）"),
            ),
            ("cheaper,votes,lot", _("經費較低的在前；仍相同時得票較多的在前，再相同時公開抽籤")),
            ("cheaper,lot", _("經費較低的在前；仍相同時公開抽籤")),
            ("lot", _("公開抽籤")),
        ],
    }


def completing() -> list[str]:
    """The methods with settings for the money that their shares leave."""
    return [name for name, method in METHODS.items() if Option.COMPLETION in method.uses]


def fit_options() -> Options:
    """What becomes of a project that does not fit."""
    return [
        ("skip", _("跳過放不下的方案，繼續看下一案")),
        ("stop", _("遇到第一個放不下的方案就停止")),
        ("cover", _("停在第一個放不下的方案；剩餘預算夠它的一定比例時，由其他經費補足")),
    ]


def completion_options() -> Options:
    """What becomes of the money that the first run leaves."""
    return [
        ("add1", _("逐步提高每人份額，直到再提高就會超支")),
        ("add1-utilitarian", _("先逐步提高每人份額，最後剩下的錢再依得票數由高到低用完")),
        ("utilitarian", _("剩下的錢依得票數由高到低用完")),
        ("none", _("剩下的錢不用")),
    ]


def label_of(name: str) -> str:
    """What the form calls a field, for the list of findings at its top."""
    row = _ROW.fullmatch(name)
    if row and row[1] == "districts":
        return _("第 %(number)s 區", number=int(row[2]) + 1) + " " + _row_labels().get(row[3], "")
    if row and row[1] == "tracks":
        return _("第 %(number)s 組", number=int(row[2]) + 1) + " " + _row_labels().get(row[3], "")
    if row and row[1] == "categories":
        return _("第 %(number)s 類", number=int(row[2]) + 1) + " " + _row_labels().get(row[3], "")
    if row:
        return _("第 %(number)s 項資格", number=int(row[2]) + 1) + " " + _row_labels().get(row[3], "")
    return _labels().get(name, "")


def _row_labels() -> dict[str, str]:
    return {
        "name": _("名稱"),
        "budget_twd": _("預算（元）"),
        "id": _("名冊代碼"),
        "kind": _("與本地的關係"),
        "area": _("範圍"),
        "cut_off_on": _("最晚日期"),
        "evidence": _("查驗方式"),
        "at_counter_only": _("辦理方式"),
        "weight": _("一票算幾票"),
        "cap_twd": _("經費上限（元）"),
        "most_winners": _("最多幾案"),
        "quota": _("保障名額"),
    }


def _labels() -> dict[str, str]:
    return {
        "title": _("標題"),
        "title_en": _("英文標題"),
        "description_md": _("活動說明"),
        "vote_kind": _("投票性質"),
        "contact": _("服務窗口"),
        "timeline.proposals_open_at": _("開始收件"),
        "timeline.proposals_close_at": _("收件截止"),
        "timeline.moderation_until": _("送件審核期限"),
        "timeline.voting_opens_at": _("投票開始"),
        "timeline.issue_until": _("投票截止"),
        "grace_minutes": _("投出寬限（分鐘）"),
        "districts": _("區與預算"),
        "verification": _("人別驗證"),
        "counter": _("櫃檯查驗"),
        "minimum_age": _("最低年齡"),
        "age_on": _("年齡計算基準日"),
        "grounds": _("投票資格"),
        "ballot_form.kind": _("每人怎麼選"),
        "ballot_form.min_choices": _("選擇案數下限"),
        "ballot_form.max_choices": _("選擇案數上限"),
        "ballot_form.points_total": _("每人幾點"),
        "ballot_form.points_most": _("一案最多幾點"),
        "winner_rule.method": _("計票方法"),
        "winner_rule.cover_percent": _("補足的最低比例"),
        "winner_rule.threshold_share": _("門檻百分比"),
        "winner_rule.threshold_of": _("門檻的算法"),
        "winner_rule.most_winners": _("最多入選幾案"),
        "winner_rule.floor": _("與經費相稱的門檻"),
        "winner_rule.completion": _("份額用不完的錢"),
        "winner_rule.add1_stop": _("提高份額到何時"),
        "winner_rule.comparison": _("比較步驟"),
        "left_over": _("各區剩餘的錢"),
        "winner_rule.fit": _("遇到剩餘預算放不下的方案"),
        "winner_rule.threshold_votes": _("得票門檻"),
        "tie_order": _("同票處理"),
        **_intake_labels(),
        "notice.agency": _("機關名稱"),
        "notice.purpose": _("蒐集目的"),
        "notice.categories": _("個人資料類別"),
        "notice.period": _("利用期間"),
        "notice.area": _("利用地區"),
        "notice.recipients": _("利用對象"),
        "notice.manner": _("利用方式"),
        "notice.rights": _("當事人權利與行使方式"),
        "notice.effect": _("不提供的影響"),
        "batch_seconds": _("每批間隔（秒）"),
        "batch_least": _("每批最少混合張數"),
    }


def _intake_labels() -> dict[str, str]:
    return {
        "intake.cost_most_twd": _("每案經費上限"),
        "intake.endorsements_least": _("連署人數門檻"),
        "intake.endorsements_until": _("連署截止"),
    }
