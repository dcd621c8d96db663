"""The words of every ballot form: in the call form, in the rules, on the ballot and on the review.

One entry per form of :mod:`pbvote.core.rules.forms`; a test demands it. Sentences that more forms share stand
in the functions below the entries.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pbvote.core.manifest import MAX_PROJECTS
from pbvote.core.rules.ballot_form import BallotForm
from pbvote.core.rules.forms import FORMS
from pbvote.core.rules.forms.base import FormKind
from pbvote.words.catalogue import gettext as _

Words = Callable[[BallotForm], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormWords:
    """What people read about one ballot form."""

    choice: Callable[[], str]
    """The officer's choice in the call form."""
    rules: Words
    """Sentences of the rules, after the limits."""
    instruction: Callable[[BallotForm], str]
    """What to do, at the head of the ballot."""
    meter: Callable[[], str]
    """How much is used: ``{a}`` of ``{b}``."""


def _set_rules(form: BallotForm) -> list[str]:
    return [_("同一案只能選一次，選擇沒有先後之分。")]


def _points_rules(form: BallotForm) -> list[str]:
    return [_("每人有 %(total)s 點，一案最多 %(most)s 點。", total=form.points_total, most=form.most_points)]


def _set_instruction(form: BallotForm) -> str:
    if form.min_choices == form.max_choices:
        return _("請選剛好 %(count)s 案。", count=form.max_choices)
    if form.min_choices == 0:
        return _("最多選 %(count)s 案；也可以不選，投空白票。", count=form.max_choices)
    return _("請選 %(least)s 到 %(most)s 案。", least=form.min_choices, most=form.max_choices)


def _count_meter() -> str:
    return _("已選 {a}／{b} 案")


WORDS: Final[dict[str, FormWords]] = {
    FormKind.UP_TO: FormWords(
        choice=lambda: _("最多選幾案"),
        rules=_set_rules,
        instruction=_set_instruction,
        meter=_count_meter,
    ),
    FormKind.EXACTLY: FormWords(
        choice=lambda: _("剛好選幾案"),
        rules=_set_rules,
        instruction=_set_instruction,
        meter=_count_meter,
    ),
    FormKind.BETWEEN: FormWords(
        choice=lambda: _("選幾案到幾案"),
        rules=_set_rules,
        instruction=_set_instruction,
        meter=_count_meter,
    ),
    FormKind.KNAPSACK: FormWords(
        choice=lambda: _("在預算內任選（經費合計不超過該區預算）"),
        rules=_set_rules,
        instruction=lambda form: _("請選您支持的方案，經費合計不超過預算。"),
        meter=lambda: _("已選 {a}／{b}"),
    ),
    FormKind.RANKING: FormWords(
        choice=lambda: _("排序：依喜好排出第 1 順位、第 2 順位……"),
        rules=lambda form: [_("請排出先後：第 1 順位的分數最高。")],
        instruction=lambda form: _(
            "請依喜好選最多 %(count)s 案：最先選的是第 1 順位，選好後可以在下方調整順序。",
            count=form.max_choices,
        ),
        meter=_count_meter,
    ),
    FormKind.POINTS: FormWords(
        choice=lambda: _("配點：把點數分給幾個方案"),
        rules=_points_rules,
        instruction=lambda form: _(
            "您有 %(total)s 點，請分給您支持的方案，一案最多 %(most)s 點。不必全部用完。",
            total=form.points_total,
            most=form.most_points,
        ),
        meter=lambda: _("已給 {a}／{b} 點"),
    ),
}


def choices() -> list[tuple[str, str]]:
    """Every form with its name in the call form, in the order of the register."""
    return [(kind, WORDS[kind].choice()) for kind in FORMS]


def rule_sentences(form: BallotForm) -> list[str]:
    """What a ballot may hold, sentence by sentence."""
    sentences = [_limits(form)]
    if form.type.within_budget:
        sentences.append(_("您所選方案的經費合計，不可超過該區的預算。"))
    if form.min_choices == 0:
        sentences.append(_("也可以一案都不選，投空白票。"))
    return sentences + WORDS[form.kind].rules(form)


def _limits(form: BallotForm) -> str:
    least, most = form.min_choices, form.max_choices
    if least == most:
        return _("每人必須剛好選 %(count)s 案。", count=most)
    if most >= MAX_PROJECTS:
        return _("每人可以選任意案數，只要經費合計不超過預算。")
    if least > 1:
        return _("每人要選 %(least)s 到 %(most)s 案。", least=least, most=most)
    return _("每人最多選 %(most)s 案。", most=most)


def instruction(form: BallotForm) -> str:
    """What the ballot asks of the voter."""
    return WORDS[form.kind].instruction(form)


def for_browser(form: BallotForm) -> str:
    """The sentences that the browser fills in while somebody chooses, as JSON."""
    words: Mapping[str, str] = {
        "money": _("{n} 元"),
        "meter": WORDS[form.kind].meter(),
        "given": _("{n} 點"),
        "givenOne": _("1 點"),
        "place": _("第 {n} 順位"),
        "full": _("最多選 {n} 案，已經選滿。要選這一案，請先取消另一案。"),
        "over": _("加上這一案會超出預算 {money}。請先取消另一案，或改選經費較低的方案。"),
        "spent": _("{n} 點已經用完。要給這一案，請先從別案減少。"),
        "pointsFull": _("一案最多 {n} 點。"),
    }
    return json.dumps(words, ensure_ascii=False, separators=(",", ":"))


def limits_for_browser(form: BallotForm) -> str:
    """The form as it stands in the manifest, as JSON."""
    return json.dumps(form.to_json(), separators=(",", ":"))
