"""The sentences of the rules say what the rules say, in both languages."""

from __future__ import annotations

import pytest

from pbvote.core.rules.ruleset import Evidence, GroundKind
from pbvote.core.rules.stage import Stage
from pbvote.words import grounds, names
from pbvote.words.language import in_language
from tests.make.calls import call_rules
from tests.make.wording import HAN, sentences


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"vote_kind": "survey"}, "這是意向調查：結果供機關參考，不代表一定執行。"),
        (
            {"vote_kind": "survey", "verification": "contact"},
            "本次不驗證身分：每個確認過的電子郵件或每張現場領到的號碼只能投一次。",
        ),
        ({"ballot_form.kind": "exactly"}, "每人必須剛好選 3 案。"),
        ({"ballot_form.kind": "between", "ballot_form.min_choices": "2"}, "每人要選 2 到 3 案。"),
        ({"ballot_form.min_choices": "0"}, "也可以一案都不選，投空白票。"),
        (
            {"ballot_form.kind": "knapsack", "ballot_form.max_choices": ""},
            "每人可以選任意案數，只要經費合計不超過預算。",
        ),
        ({"ballot_form.kind": "knapsack"}, "您所選方案的經費合計，不可超過該區的預算。"),
        (
            {"winner_rule.fit": "stop"},
            "遇到第一個經費超過剩餘預算的方案就停止，排在它後面的方案都不入選。",
        ),
        (
            {"winner_rule.threshold_votes": "3315"},
            "得票不到 3315 票的方案不會入選；剛好 3315 票算是達到門檻。",
        ),
        ({"tie_order": "number"}, "得票相同時，方案編號較小的在前。"),
        ({"districts.1.name": "", "districts.1.budget_twd": ""}, "總預算是 5,000,000 元。"),
    ],
)
def test_each_rule_is_said_in_its_sentence(change: dict[str, str], said: str) -> None:
    assert said in sentences(call_rules(change))
    assert said not in sentences(call_rules())


def test_weights_are_explained_only_where_they_differ() -> None:
    weighted = "得票數是加權後的票數。"
    assert weighted in sentences(call_rules())
    assert weighted not in sentences(call_rules({"grounds.1.weight": "1"}))


def test_english_sentences_hold_no_chinese_beyond_the_names_that_the_agency_typed() -> None:
    for change in (
        {},
        {"ballot_form.kind": "knapsack", "winner_rule.fit": "stop", "tie_order": "cheaper,lot"},
        {"vote_kind": "survey", "verification": "contact"},
        {"verification": "counter", "winner_rule.threshold_votes": "5"},
    ):
        for sentence in sentences(call_rules(change), "en"):
            rest = sentence
            for name in ("新北市", "新店區", "西區"):
                rest = rest.replace(name, "")
            assert not HAN.search(rest), sentence


def test_every_stage_ground_and_evidence_has_a_name() -> None:
    with in_language("zh"):
        assert all(names.stage_name(stage) for stage in Stage)
        assert all(grounds.ground_name(kind) for kind in GroundKind)
        assert all(names.evidence_name(evidence) for evidence in Evidence)
