"""The fields of a call, in the order of the form: the one list that everything about them comes from.

The form, what a draft keeps, how it is read into rules, the preview and the names of fields in errors all
come from :data:`SECTIONS`. A field whose name is the path of a member of the rules (``intake.cost_most_twd``)
fills that member. ``CONTRIBUTING.md`` says how to add one.
"""

from __future__ import annotations

import re
from typing import Final

from pbvote.core.rules.ruleset import Evidence, GroundKind, VoteKind
from pbvote.core.rules.ways import CHOOSABLE, ROLL, WAYS
from pbvote.rooms.calls.errors import PrivacyNoticeIncomplete, TextMissing
from pbvote.rooms.calls.fields_counting import BALLOT, WINNERS, name_in_english
from pbvote.rooms.calls.kinds import (
    Area,
    Choice,
    Code,
    Day,
    Either,
    Kind,
    Line,
    Moment,
    Money,
    Radios,
    Whole,
    YesNo,
)
from pbvote.rooms.calls.layout import Default, Field, Rows, Section, When
from pbvote.rooms.calls.privacy_notice import SUGGESTED
from pbvote.typed.texts import N_

TITLE_MOST: Final = 100
CONTACT_MOST: Final = 1000

_CHECKED = When("verification", lambda: [way.name for way in WAYS.values() if way.has_person])
"""Nobody checks grounds or documents where identity is not checked: to state them would mislead."""


_PLACE: Final = re.compile(r"(\S{1,10}?[縣市鄉鎮區])(?:政府|公所)")


def _place_of(agency: str) -> str:
    """The place that an agency is named after, 雲海市 for 雲海市政府民政局; nothing where it names none."""
    found = _PLACE.match(agency)
    return found[1] if found else ""


def _notice(name: str, label: str, kind: Kind | None = None) -> Field:
    return Field(
        name=f"notice.{name}",
        kind=kind or Area(),
        label=label,
        missing=PrivacyNoticeIncomplete,
        starts=SUGGESTED.get(name, str),
        translatable=True,
    )


BASICS: Final = Section(
    id="basics",
    heading=N_("基本說明"),
    items=(
        Field(
            name="title",
            kind=Line(most=TITLE_MOST),
            label=N_("標題"),
            hint=N_("民眾最先看到的名稱，例如「115年參與式預算：公園改造」。"),
            missing=TextMissing,
            translatable=True,
        ),
        Field(
            name="title_en",
            kind=Line(most=TITLE_MOST),
            label=N_("英文標題"),
            default="",
            optional=True,
            english=True,
        ),
        Field(
            name="description_md",
            kind=Area(rows=10),
            label=N_("活動說明"),
            hint=N_("可以分段、用「- 」列點、用「## 」加小標題。寫清楚目的、提案範圍與經費用途。"),
            missing=TextMissing,
            translatable=True,
        ),
        Field(
            name="vote_kind",
            kind=Radios(words="vote_kind", of=VoteKind),
            label=N_("投票性質"),
            hint=N_("公告後不能更改，所有頁面都會標示。"),
            starts=VoteKind.SELECTION.value,
        ),
        Field(
            name="contact",
            kind=Line(most=CONTACT_MOST),
            label=N_("服務窗口"),
            hint=N_("承辦單位、電話與地址，民眾遇到問題時會看到。"),
            missing=TextMissing,
            translatable=True,
        ),
    ),
)

DATES: Final = Section(
    id="dates",
    heading=N_("時程"),
    hint=N_("都是臺灣時間。階段會自動依時間切換，沒有人能提前或延後。"),
    items=(
        Field(
            name="timeline.proposals_open_at",
            kind=Moment(),
            label=N_("開始收件"),
            hint=N_("只票選工作坊的提案、不在線上收件時，收件的兩個時間都留空。"),
            default=None,
            optional=True,
        ),
        Field(
            name="timeline.proposals_close_at",
            kind=Moment(),
            label=N_("收件截止"),
            default=None,
            optional=True,
        ),
        Field(
            name="timeline.moderation_until",
            kind=Moment(),
            label=N_("送件審核期限"),
            hint=N_("審核在這之前完成，接著定案票選方案。"),
        ),
        Field(
            name="timeline.voting_opens_at",
            kind=Moment(),
            label=N_("投票開始"),
            hint=N_("這之前必須定案，否則投票不會開始。"),
        ),
        Field(
            name="timeline.issue_until",
            kind=Moment(),
            label=N_("投票截止"),
            hint=N_("對外公告的截止時間；之後不再發投票券。"),
        ),
        Field(
            name="grace_minutes",
            kind=Whole(least=1, most=24 * 60),
            label=N_("投出寬限（分鐘）"),
            hint=N_("截止前已領到投票券的人，還有幾分鐘可以投出。一般 30 分鐘。"),
            default=Default.SERVICE,
        ),
    ),
)

DISTRICTS: Final = Rows(
    name="districts",
    title=N_("第 %(number)s 區"),
    add=N_("再加一區"),
    fewest=1,
    letter="d",
    fields=(
        Field(
            name="name",
            kind=Line(),
            label=N_("名稱"),
            hint=N_("和區、鄉鎮市、里或村同名（例如「信義區」）就會有地圖；全部一起投就寫「全市」。"),
            default="",
            starts=_place_of,
            translatable=True,
        ),
        name_in_english(),
        Field(name="budget_twd", kind=Money(), label=N_("預算（元）"), hint=N_("整數，例如 5,000,000。")),
        Field(
            name="id",
            kind=Code(),
            label=N_("名冊代碼"),
            hint=N_("匯入名冊時代表這一區；留空會自動編為 d1、d2……"),
            optional=True,
            makes_row=False,
        ),
    ),
)

GROUNDS: Final = Rows(
    name="grounds",
    title=N_("第 %(number)s 項資格"),
    add=N_("再加一項資格"),
    heading=N_("投票資格"),
    hint=N_("符合任何一項就能投票。選「不驗證身分」時不適用，可以不填。"),
    fewest=1,
    shown_when=_CHECKED,
    fields=(
        Field(
            name="kind",
            kind=Choice(words="ground", of=GroundKind),
            label=N_("與本地的關係"),
            starts=GroundKind.REGISTERED.value,
        ),
        Field(
            name="area",
            kind=Line(),
            label=N_("範圍"),
            hint=N_("例如「士林區」或「新北市」。"),
            default="",
            starts=_place_of,
            translatable=True,
        ),
        Field(
            name="cut_off_on",
            kind=Day(),
            label=N_("最晚日期"),
            hint=N_("在這一天（含）以前就已設籍、居住、就業或就學。"),
        ),
        Field(
            name="evidence",
            kind=Choice(words="evidence", of=Evidence),
            label=N_("查驗方式"),
            starts=Evidence.ROLL.value,
        ),
        Field(
            name="at_counter_only",
            kind=Either(words="at_counter_only"),
            label=N_("辦理方式"),
            default=False,
            starts="0",
        ),
        Field(
            name="weight",
            kind=Whole(),
            label=N_("一票算幾票"),
            hint=N_("一般填 1；例如本區居民加倍計算時填 2。"),
            default=1,
            starts="1",
            makes_row=False,
        ),
    ),
)

VOTERS: Final = Section(
    id="voters",
    heading=N_("誰可以投票"),
    items=(
        Field(
            name="verification",
            kind=Radios(words="verification", of=CHOOSABLE),
            label=N_("人別驗證"),
            hint=N_("確認投票的人是本人，並且只投一次。公告後不能更改。"),
            starts=ROLL.name,
        ),
        Field(
            name="counter",
            kind=YesNo(),
            label=N_("櫃檯查驗"),
            asks=N_("同時開放到櫃檯查驗證件（給沒有手機或不在名冊上的民眾）"),
            default=False,
            starts="1",
            shown_when=_CHECKED,
        ),
        Field(
            name="minimum_age",
            kind=Whole(),
            label=N_("最低年齡"),
            hint=N_("以足歲計算。"),
            starts="16",
        ),
        Field(
            name="age_on",
            kind=Day(),
            label=N_("年齡計算基準日"),
            hint=N_("留空表示投票開始當天。"),
            optional=True,
        ),
        GROUNDS,
    ),
)

CATEGORIES: Final = Rows(
    name="categories",
    title=N_("第 %(number)s 類"),
    add=N_("加一類"),
    heading=N_("類別"),
    hint=N_("提案人替提案選一類，民眾可以依類別找方案，例如「公園綠地」「行人安全」。不分類就留空。"),
    letter="c",
    fields=(
        Field(name="name", kind=Line(), label=N_("名稱"), default="", translatable=True),
        name_in_english(),
    ),
)

INTAKE: Final = Section(
    id="intake",
    heading=N_("徵件條件"),
    items=(
        Field(
            name="intake.cost_most_twd",
            kind=Money(),
            label=N_("每案經費上限（元）"),
            hint=N_("超過的提案無法送出；留空表示只受該區預算限制。"),
            default=0,
            optional=True,
            says=N_("每件提案的經費不得超過 %(value)s。"),
        ),
        Field(
            name="intake.endorsements_least",
            kind=Whole(),
            label=N_("連署人數門檻"),
            hint=N_("提案送出後公開徵求連署，達到這個人數才能通過審核。留空或填 0 表示不需要連署。"),
            default=0,
            optional=True,
        ),
        Field(
            name="intake.endorsements_until",
            kind=Moment(),
            label=N_("連署截止"),
            hint=N_("留空表示到收件截止為止。"),
            default=None,
            optional=True,
        ),
        CATEGORIES,
    ),
)

NOTICE: Final = Section(
    id="notice",
    heading=N_("個人資料蒐集告知事項"),
    short=N_("個資告知"),
    hint=N_(
        "個人資料保護法第 8 條要求在民眾填身分資料之前告知。"
        "每一項都要填；已填好的是建議文字，請依貴機關情形修改。"
    ),
    items=(
        _notice("agency", N_("機關名稱"), Line()),
        _notice("purpose", N_("蒐集目的")),
        _notice("categories", N_("個人資料類別")),
        _notice("period", N_("利用期間"), Area(rows=2)),
        _notice("area", N_("利用地區"), Area(rows=2)),
        _notice("recipients", N_("利用對象"), Area(rows=2)),
        _notice("manner", N_("利用方式")),
        _notice("rights", N_("當事人權利與行使方式")),
        _notice("effect", N_("不提供的影響")),
    ),
)

SECRECY: Final = Section(
    id="secrecy",
    heading=N_("進階設定"),
    hint=N_("選票會混成一批才放進公開紀錄，公開紀錄的時間就不會透露誰投了哪一張。不確定時請保留預設值。"),
    items=(
        Field(
            name="batch_seconds",
            kind=Whole(),
            label=N_("每批間隔（秒）"),
            hint=N_("正式環境至少 600 秒。"),
            default=Default.SERVICE,
        ),
        Field(
            name="batch_least",
            kind=Whole(),
            label=N_("每批最少混合張數"),
            hint=N_("每種投票身分別分開計算；正式環境至少 20 張。"),
            default=Default.SERVICE,
        ),
    ),
)

SECTIONS: tuple[Section, ...] = (
    BASICS,
    DATES,
    Section(
        id="districts",
        heading=N_("區與預算"),
        hint=N_("各區分開投票、分開計票。全市（鄉鎮）一起投時只要填一列。"),
        items=(DISTRICTS,),
    ),
    VOTERS,
    INTAKE,
    BALLOT,
    WINNERS,
    NOTICE,
    SECRECY,
)
