"""The fields of a call that say what a ballot looks like and who wins; the rest stands in ``fields.py``."""

from __future__ import annotations

from typing import Final

from pbvote.core.manifest import MAX_PROJECTS
from pbvote.core.rules.forms import FORMS
from pbvote.core.rules.ruleset import BallotOrder
from pbvote.core.rules.winner_rule import LeftOver, ThresholdOf
from pbvote.core.tally.method import METHODS, Option
from pbvote.core.tally.options import DEFAULT_METHOD, Add1Stop, Comparison, Completion, FitKind
from pbvote.rooms.calls.kinds import Choice, Line, Money, Order, Percent, Radios, Whole, WholePercent
from pbvote.rooms.calls.layout import Field, Group, Rows, Section, When
from pbvote.typed.texts import N_

TIE_ORDERS: Final = (
    *("cheaper,number", "number", "cheaper,votes,number"),
    *("cheaper,votes,lot", "cheaper,lot", "lot"),
)


def _method_with(option: Option) -> When:
    return When("winner_rule.method", lambda: [name for name, one in METHODS.items() if option in one.uses])


def _form_with(number: str) -> When:
    return When("ballot_form.kind", lambda: [kind for kind, form in FORMS.items() if number in form.numbers])


_SHARE = When("winner_rule.threshold_of", lambda: [of for of in ThresholdOf if of is not ThresholdOf.NONE])


def name_in_english() -> Field:
    """The name of a row in English."""
    return Field(name="name_en", kind=Line(), label=N_("英文名稱"), default="", optional=True, english=True)


BALLOT: Final = Section(
    id="ballot",
    heading=N_("選票"),
    items=(
        Field(
            name="ballot_form.kind",
            kind=Radios(words="ballot_form", of=FORMS),
            label=N_("每人怎麼選"),
            starts="up-to",
        ),
        Field(
            name="ballot_form.min_choices",
            kind=Whole(),
            label=N_("選擇案數下限"),
            hint=N_("留空視為 1；填 0 表示可以投空白票。「剛好選幾案」可以留空。"),
            optional=True,
        ),
        Field(
            name="ballot_form.max_choices",
            kind=Whole(if_unread=MAX_PROJECTS),
            label=N_("選擇案數上限"),
            hint=N_("「剛好選幾案」就填那個數字；「在預算內任選」可以留空。"),
            optional=True,
        ),
        Field(
            name="ballot_form.points_total",
            kind=Whole(),
            label=N_("每人幾點"),
            hint=N_("選「配點」時才填，例如 10。"),
            optional=True,
            shown_when=_form_with("points_total"),
        ),
        Field(
            name="ballot_form.points_most",
            kind=Whole(),
            label=N_("一案最多幾點"),
            hint=N_("選「配點」時才填；留空表示可以全部給同一案。"),
            optional=True,
            shown_when=_form_with("points_most"),
        ),
        Field(
            name="ballot_order",
            kind=Radios(words="ballot_order", of=BallotOrder),
            label=N_("選票上方案的順序"),
            hint=N_("排在前面的方案比較容易被看到；抽籤或每台裝置不同比較公平。"),
            default=BallotOrder.SUBMITTED,
            starts=BallotOrder.SHUFFLED.value,
        ),
    ),
)

TRACKS: Final = Rows(
    name="tracks",
    title=N_("第 %(number)s 組"),
    add=N_("加一組"),
    heading=N_("組別"),
    hint=N_("方案要分組並有各組的上限或保障名額時才需要，例如「青年組」。審核時再把提案歸到組別。"),
    letter="t",
    fields=(
        Field(name="name", kind=Line(), label=N_("名稱"), default="", translatable=True),
        name_in_english(),
        Field(
            name="cap_twd",
            kind=Money(),
            label=N_("經費上限（元）"),
            hint=N_("各區分別計算；留空表示沒有上限。"),
            default=0,
            optional=True,
        ),
        Field(name="most_winners", kind=Whole(), label=N_("最多幾案"), default=0, optional=True),
        Field(
            name="quota",
            kind=Whole(),
            label=N_("保障名額"),
            hint=N_("先從這一組選出這麼多案，再看其他方案。"),
            default=0,
            optional=True,
        ),
    ),
)

SHARES: Final = Group(
    heading=N_("等額分配的設定"),
    shown_when=_method_with(Option.COMPLETION),
    fields=(
        Field(
            name="winner_rule.completion",
            kind=Choice(words="completion", of=Completion),
            label=N_("份額用不完的錢"),
            default=Completion.ADD1,
            shown_when=_method_with(Option.COMPLETION),
        ),
        Field(
            name="winner_rule.add1_stop",
            kind=Choice(words="add1_stop", of=Add1Stop),
            label=N_("提高份額到何時"),
            default=Add1Stop.OVERSPEND,
            shown_when=When("winner_rule.completion", lambda: [each for each in Completion if each.raises]),
        ),
        Field(
            name="winner_rule.comparison",
            kind=Choice(words="comparison", of=Comparison),
            label=N_("比較步驟"),
            default=Comparison.NONE,
            shown_when=_method_with(Option.COMPARISON),
        ),
    ),
)

WINNERS: Final = Section(
    id="winners",
    heading=N_("計票規則"),
    items=(
        Field(
            name="winner_rule.method",
            kind=Radios(words="method", of=METHODS),
            label=N_("計票方法"),
            hint=N_("各區分開計票。「檢查並預覽」會用白話寫出民眾看到的規則。"),
            default=DEFAULT_METHOD,
            starts=DEFAULT_METHOD,
        ),
        Field(
            name="winner_rule.fit",
            kind=Radios(words="fit", of=FitKind),
            label=N_("遇到剩餘預算放不下的方案"),
            default=FitKind.SKIP,
            starts=FitKind.SKIP.value,
            shown_when=_method_with(Option.FIT),
        ),
        Field(
            name="winner_rule.threshold_votes",
            kind=Whole(),
            label=N_("得票門檻"),
            hint=N_("至少要幾票才能入選；剛好達到也算。填 0 表示沒有門檻。"),
            default=0,
            starts="0",
            shown_when=When("winner_rule.threshold_of", lambda: [ThresholdOf.NONE]),
        ),
        Field(
            name="winner_rule.threshold_of",
            kind=Choice(words="threshold_of", of=ThresholdOf),
            label=N_("門檻的算法"),
            default=ThresholdOf.NONE,
        ),
        Field(
            name="winner_rule.threshold_share",
            kind=Percent(),
            label=N_("門檻百分比"),
            hint=N_("選百分比時才填，例如 5 或 2.5。"),
            optional=True,
            shown_when=_SHARE,
        ),
        Field(
            name="winner_rule.cover_percent",
            kind=WholePercent(),
            label=N_("補足的最低比例"),
            hint=N_("選「由其他經費補足」時才填；剩餘預算至少夠該案的百分之幾，例如 80。"),
            default=80,
            optional=True,
            shown_when=When("winner_rule.fit", lambda: [FitKind.COVER]),
        ),
        Field(
            name="winner_rule.most_winners",
            kind=Whole(),
            label=N_("最多入選幾案"),
            hint=N_("每區；留空或填 0 表示不限。"),
            default=0,
            optional=True,
            says=N_("每區最多入選 %(value)s 案。"),
        ),
        Field(
            name="winner_rule.floor",
            kind=Whole(),
            label=N_("與經費相稱的門檻"),
            hint=N_(
                "經費越高的方案需要越多票。填 3 表示：得票占投票人數的比例，"
                "至少要有經費占預算比例的三分之一；留空或填 0 表示不設。"
            ),
            default=0,
            optional=True,
        ),
        Field(
            name="left_over",
            kind=Choice(words="left_over", of=LeftOver),
            label=N_("各區剩餘的錢"),
            default=LeftOver.KEEP,
        ),
        Field(
            name="tie_order",
            kind=Order(words="tie_order", of=TIE_ORDERS),
            label=N_("同票處理"),
            hint=N_("事先公布，計票時照做，不會臨時決定。"),
            default=(),
            starts=TIE_ORDERS[0],
        ),
        SHARES,
        TRACKS,
    ),
)
