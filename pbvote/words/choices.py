"""What the values of choices are called where somebody chooses: one entry per choice of a call's fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pbvote.core.rules.ruleset import Evidence, GroundKind
from pbvote.core.rules.ways import choosable
from pbvote.words import ballot_forms, methods, ways
from pbvote.words.catalogue import gettext as _
from pbvote.words.grounds import ground_name
from pbvote.words.language import language
from pbvote.words.names import evidence_name

Offers = list[tuple[str, str]]


def _vote_kinds() -> Offers:
    return [
        ("selection", _("票選：承諾依公布的規則處理入選方案")),
        ("survey", _("意向調查：結果供參考")),
    ]


def _fits() -> Offers:
    return [
        ("skip", _("跳過放不下的方案，繼續看下一案")),
        ("stop", _("遇到第一個放不下的方案就停止")),
        ("cover", _("停在第一個放不下的方案；剩餘預算夠它的一定比例時，由其他經費補足")),
    ]


def _thresholds() -> Offers:
    return [
        ("", _("固定的得票數")),
        ("ballots", _("有效票數的百分比")),
        ("eligible", _("投票人名冊人數的百分比")),
    ]


def _completions() -> Offers:
    return [
        ("add1", _("逐步提高每人份額，直到再提高就會超支")),
        ("add1-utilitarian", _("先逐步提高每人份額，最後剩下的錢再依得票數由高到低用完")),
        ("utilitarian", _("剩下的錢依得票數由高到低用完")),
        ("none", _("剩下的錢不用")),
    ]


def _tie_orders() -> Offers:
    return [
        ("cheaper,number", _("經費較低的在前；仍相同時編號較小的在前")),
        ("number", _("編號較小的在前")),
        (
            "cheaper,votes,number",
            _("經費較低的在前；仍相同時得票較多的在前，再相同時編號較小的在前（等額分配的建議）"),
        ),
        ("cheaper,votes,lot", _("經費較低的在前；仍相同時得票較多的在前，再相同時公開抽籤")),
        ("cheaper,lot", _("經費較低的在前；仍相同時公開抽籤")),
        ("lot", _("公開抽籤")),
    ]


WORDS: Final[dict[str, Callable[[], Offers]]] = {
    "vote_kind": _vote_kinds,
    "verification": lambda: ways.choices(choosable(), language()),
    "ground": lambda: [(kind.value, ground_name(kind)) for kind in GroundKind],
    "evidence": lambda: [(evidence.value, evidence_name(evidence)) for evidence in Evidence],
    "at_counter_only": lambda: [("0", _("線上或臨櫃皆可")), ("1", _("限臨櫃辦理"))],
    "ballot_form": ballot_forms.choices,
    "ballot_order": lambda: [
        ("submitted", _("依票選編號，編號依提案先後")),
        ("lot", _("依票選編號，編號在定案時抽籤")),
        ("shuffled", _("每台裝置的順序都不同，編號不變")),
    ],
    "method": lambda: methods.choices(language()),
    "fit": _fits,
    "threshold_of": _thresholds,
    "completion": _completions,
    "add1_stop": lambda: [
        ("overspend", _("提高到再提高就會超支為止")),
        ("exhaustive", _("提高到剩下的錢不夠任何一案為止")),
    ],
    "comparison": lambda: [
        ("none", _("不比較")),
        ("satisfaction", _("與得票數的結果比較，較多人投中較多案的結果為準")),
    ],
    "left_over": lambda: [
        ("keep", _("留在該區，不流用")),
        ("city-pool", _("各區剩餘合併，依序補給各區備取的方案")),
    ],
    "tie_order": _tie_orders,
}


def offered(words: str) -> Offers:
    """Every value of a choice with what it is called, in the order in which it is offered."""
    return WORDS[words]()
