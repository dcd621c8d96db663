"""A call's rules in plain words: the same sentences in the officer's preview and on the public page.

Generated from the ruleset, so that the explanation can never say something else than the count does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from pbvote.core.rules.ruleset import BallotOrder, Evidence, Ground, GroundKind, Ruleset, VoteKind
from pbvote.core.rules.stage import Stage
from pbvote.core.rules.winner_rule import LeftOver, ThresholdOf, Track, WinnerRule
from pbvote.core.tally.method import Method, Option
from pbvote.core.tally.options import Comparison, Completion, Score
from pbvote.core.tally.tie_breaking import TieKey
from pbvote.words import call_fields, explanations
from pbvote.words import methods as method_texts
from pbvote.words import ways as way_texts
from pbvote.words.ballot_forms import rule_sentences
from pbvote.words.catalogue import gettext as _
from pbvote.words.formats import day, moment, money
from pbvote.words.grounds import ground_name
from pbvote.words.language import either, gap, language
from pbvote.words.names import evidence_name
from pbvote.words.promises import promise

AFTER_FREEZE = frozenset(
    {Stage.FROZEN, Stage.VOTING, Stage.GRACE, Stage.CLOSED, Stage.OPENED, Stage.CERTIFIED}
)
"""Stages in which the list of projects stands."""


Said = Callable[[str, str], str]
"""What the agency called something in Chinese and in English, for the reader."""


def rules_by_topic(ruleset: Ruleset, *, said: Said = either) -> list[tuple[str, list[str]]]:
    """The same sentences as :func:`rules_sentences`, under the questions that people ask."""
    topics = [
        (_("這次投票有什麼效力？"), [_meaning(ruleset)]),
        (_("誰可以投票？"), _who(ruleset, said)),
        (_("提案有什麼條件？"), intake_sentences(ruleset)),
        (_("什麼時候投票？"), _when(ruleset)),
        (_("一張票可以選幾案？"), [*rule_sentences(ruleset.ballot_form), *_order(ruleset)]),
        (_("有多少錢？"), _money(ruleset, said)),
        (_("怎麼計票、誰會入選？"), [*_counting(ruleset, said), tie_sentence(ruleset)]),
        (_("別人看得到我選什麼嗎？"), [_secrecy()]),
    ]
    return [(question, sentences) for question, sentences in topics if sentences]


def rules_sentences(ruleset: Ruleset) -> list[str]:
    """Who votes, what a ballot may say and how votes are counted, sentence by sentence."""
    return [sentence for _question, sentences in rules_by_topic(ruleset) for sentence in sentences]


def _meaning(ruleset: Ruleset) -> str:
    if ruleset.vote_kind is VoteKind.SURVEY:
        return _("這是意向調查：結果供機關參考，不代表一定執行。")
    return _("這是票選：機關承諾依公布的規則處理入選方案，經費仍須完成預算審議或核定。")


def _who(ruleset: Ruleset, said: Said) -> list[str]:
    how = way_texts.sentence(ruleset, language())
    if not ruleset.way.has_person:
        return [how]
    sentences = [
        _(
            "%(day)s當天年滿 %(age)s 歲，並符合下列任一項資格的人可以投票。",
            day=day(ruleset.age_on),
            age=ruleset.minimum_age,
        )
    ]
    sentences.extend(ground_sentence(ground, said=said) for ground in ruleset.grounds)
    sentences.append(how)
    if len(ruleset.weights) > 1:
        sentences.append(_("符合好幾項資格的人只能投一次，以其中計票最多的一項計算。"))
    return sentences


def ground_sentence(ground: Ground, *, said: Said = either) -> str:
    """One ground of eligibility with its area, date, evidence, channel and weight (PRA-03)."""
    parts = [
        _(
            "%(ground)s：在%(day)s以前（含當日）已在%(area)s%(ground)s，查驗方式為%(evidence)s",
            ground=ground_name(ground.kind),
            day=day(ground.cut_off_on),
            area=said(ground.area, ""),
            evidence=evidence_name(ground.evidence),
        )
    ]
    if ground.desk_only:
        parts.append(_("只能臨櫃辦理"))
    if ground.weight > 1:
        parts.append(_("一票以 %(weight)s 票計算", weight=ground.weight))
    return _("，").join(parts) + _("。")


def ways_beside_the_roll(ruleset: Ruleset, *, said: Said = either) -> list[str]:
    """What somebody can do whom the roll does not have: from the rules, most useful first (PRA-13)."""
    told = [_("名冊上的證號可能是舊的：換過身分證號或居留證號的人，請試舊的號碼。")]
    if ruleset.has_desk:
        told.append(_("帶身分證件和資格證明到承辦機關的櫃檯，人員查驗後可以當場投票。"))
    by_document = [
        ground
        for ground in ruleset.grounds
        if ground.desk_only or ground.evidence in (Evidence.DOCUMENT, Evidence.STATEMENT)
    ]
    told.extend(ground_sentence(ground, said=said) for ground in by_document)
    told.append(_("以為自己應該在名冊上的人，請在投票前聯絡下方的服務窗口更正。"))
    return told


def held_sentence(ground: Ground, *, said: Said = either) -> str:
    """The ground in the words of the person who has it (切結)."""
    facts = {"day": day(ground.cut_off_on), "area": said(ground.area, "")}
    match ground.kind:
        case GroundKind.REGISTERED:
            return _("我在%(day)s以前（含當日）就設籍在%(area)s。", **facts)
        case GroundKind.RESIDENT:
            return _("我在%(day)s以前（含當日）就住在%(area)s。", **facts)
        case GroundKind.EMPLOYED:
            return _("我在%(day)s以前（含當日）就在%(area)s工作。", **facts)
        case GroundKind.ENROLLED:
            return _("我在%(day)s以前（含當日）就在%(area)s上學。", **facts)
        case _ as never:
            assert_never(never)


def intake_sentences(ruleset: Ruleset) -> list[str]:
    """What a proposal has to satisfy before it can stand on the ballot, beside the officers' decision."""
    if ruleset.timeline.proposals_open_at is None:
        return []
    intake = ruleset.intake
    sentences = [*call_fields.said(intake, "intake"), _("提案經費超過該區預算的，無法入選。")]
    due = intake.due(ruleset.timeline)
    if due:
        sentences.append(
            _(
                "提案送出後公開徵求連署，到%(when)s為止要有 %(count)s 人連署，才能列入票選。",
                when=moment(due),
                count=intake.endorsements_least,
            )
        )
    return sentences


def _when(ruleset: Ruleset) -> list[str]:
    timeline = ruleset.timeline
    return [
        _(
            "投票時間從%(start)s到%(end)s。",
            start=moment(timeline.voting_opens_at),
            end=moment(timeline.issue_until),
        ),
        _("截止前已經領到投票券的人，最晚可在%(end)s投出。", end=moment(timeline.cast_until)),
    ]


def _money(ruleset: Ruleset, said: Said) -> list[str]:
    districts = ruleset.districts
    if len(districts) == 1:
        return [_("總預算是 %(amount)s。", amount=money(districts[0].budget_twd))]
    budgets = _("、").join(
        _("%(name)s %(amount)s", name=said(one.name, one.name_en), amount=money(one.budget_twd))
        for one in districts
    )
    return [
        _("預算分成 %(count)s 區：%(budgets)s。", count=len(districts), budgets=budgets),
        _("每人只在一區投票，各區分開計票，預算不互相流用。")
        if ruleset.left_over is LeftOver.KEEP
        else _("每人只在一區投票，各區分開計票；各區剩餘的錢合併，依序補給各區因經費不足而備取的方案。"),
    ]


def _counting(ruleset: Ruleset, said: Said) -> list[str]:
    rule = ruleset.winner_rule
    told = [*method_texts.sentences(rule, language())]
    if rule.uses(Option.COMPLETION):
        told += [completion_sentence(rule)]
    if rule.comparison is Comparison.SATISFACTION:
        told.append(_compared())
    told += [*_threshold(rule), *_floor(rule)]
    if any(ground.weight > 1 for ground in ruleset.grounds):
        told.append(_("得票數是加權後的票數。"))
    if rule.uses(Option.FIT):
        told.append(_fit(rule))
    told += call_fields.said(rule, "winner_rule")
    told += [_track(track, said) for track in ruleset.tracks]
    if rule.uses(Option.FIT) and (rule.threshold_votes or rule.threshold_share or rule.floor):
        told.append(_("達到門檻但預算不夠的方案，依順序列為備取。"))
    elif rule.uses(Option.FIT):
        told.append(_("預算不夠而沒有入選的方案，依順序列為備取。"))
    return told


def completion_sentence(rule: WinnerRule) -> str:
    """What becomes of the money that the first run leaves."""
    raised = _("還有剩錢時，逐步提高每人的份額重新計算，直到再提高就會超出預算為止。")
    filled = _("最後剩下的錢，依得票數由高到低補給放得下的方案。")
    match rule.completion:
        case Completion.ADD1:
            return raised
        case Completion.UTILITARIAN:
            return filled
        case Completion.ADD1_UTILITARIAN:
            return raised + gap() + filled
        case Completion.NONE:
            return _("最後剩下的錢不再使用。")


def _compared() -> str:
    return _("最後與單純依得票數的結果比較：如果較多人在後者投中較多案，就以後者為準。")


def _threshold(rule: WinnerRule) -> list[str]:
    if rule.threshold_share:
        percent = f"{rule.threshold_share / 100:g}"
        if rule.threshold_of is ThresholdOf.ELIGIBLE:
            return [_("得票不到投票人名冊人數 %(percent)s%% 的方案不會入選；剛好達到也算。", percent=percent)]
        return [_("得票不到有效票數 %(percent)s%% 的方案不會入選；剛好達到也算。", percent=percent)]
    if rule.threshold_votes:
        return [
            _(
                "得票不到 %(votes)s 票的方案不會入選；剛好 %(votes)s 票算是達到門檻。",
                votes=rule.threshold_votes,
            )
        ]
    return []


def _floor(rule: WinnerRule) -> list[str]:
    """The cost-proportional floor, with an example that needs no fraction."""
    if not rule.floor:
        return []
    return [
        _(
            "方案的經費越高，需要的票越多：得票占投票人數的比例，"
            "至少要有經費占預算比例的 %(floor)s 分之 1，才可能入選；剛好達到也算。"
            "例如經費占預算 30%% 的方案，至少要有 %(percent)s%% 的投票人支持。",
            floor=rule.floor,
            percent=f"{30 / rule.floor:.3g}",
        )
    ]


def _fit(rule: WinnerRule) -> str:
    percent = rule.fit.cover
    if percent:
        return _(
            "遇到第一個經費超過剩餘預算的方案就停止；"
            "剩餘預算夠它的 %(percent)s%% 時，不足的部分由其他經費補足。",
            percent=percent,
        )
    if rule.fit.stops:
        return _("遇到第一個經費超過剩餘預算的方案就停止，排在它後面的方案都不入選。")
    return _("某案的經費超過剩餘預算時就跳過它，繼續看下一案，直到看完所有方案。")


def _track(track: Track, said: Said) -> str:
    limits = []
    if track.quota:
        limits.append(_("先選出 %(count)s 案（保障名額）", count=track.quota))
    if track.most_winners:
        limits.append(_("最多 %(count)s 案", count=track.most_winners))
    if track.cap_twd:
        limits.append(_("經費合計不超過 %(amount)s", amount=money(track.cap_twd)))
    name = said(track.name, track.name_en)
    if not limits:
        return _("組別：%(name)s。", name=name)
    return _("%(name)s：%(limits)s。", name=name, limits=_("，").join(limits))


def tie_sentence(ruleset: Ruleset) -> str:
    """How equal votes are decided (PRA-04)."""
    chain = _("；仍然相同時，").join(explanations.tie_key(key, language()) for key in ruleset.tie_order)
    by_votes = ruleset.winner_rule.score is Score.VOTES
    if TieKey.VOTES in ruleset.tie_order or not by_votes:  # level in price or points; votes may tell apart
        told = _("方案不分先後時，%(chain)s。", chain=chain)
    else:
        told = _("得票相同時，%(chain)s。", chain=chain)
    if TieKey.LOT in ruleset.tie_order:
        told += _("抽籤用的亂數在投票開始前就已封存，並公布核對碼。")
    return told


def _order(ruleset: Ruleset) -> list[str]:
    """In which order the projects stand on the ballot, where it is not that of the proposals."""
    match ruleset.ballot_order:
        case BallotOrder.SUBMITTED:
            return []
        case BallotOrder.LOT:
            return [_("選票上的方案依票選編號排列；編號在定案時由系統抽籤決定。")]
        case BallotOrder.SHUFFLED:
            return [_("選票上方案的順序，每台裝置都不同；票選編號不變。")]


def _secrecy() -> str:
    return promise("secrecy-rule")


def method_name(method: Method) -> str:
    """What a method of counting is called."""
    return method_texts.name(method, language())
