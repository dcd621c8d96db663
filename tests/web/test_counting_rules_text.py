"""The rules of the count in words, for every method and option that a call can choose."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from pbvote.core.errors import InvalidInput
from pbvote.core.tally.method import METHODS, Option
from pbvote.core.tally.options import Completion
from pbvote.words import methods as method_texts
from tests.make.calls import call_rules
from tests.make.wording import HAN, sentences


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_told_in_both_languages(site: FlaskClient, method: str) -> None:
    points = {"ballot_form.kind": "points", "ballot_form.points_total": "9"}
    form = points if METHODS[method].reads_worth else {}
    ruleset = call_rules({**form, "winner_rule.method": method})
    assert ruleset.winner_rule.method is METHODS[method]
    chinese, english = sentences(ruleset), sentences(ruleset, "en")
    assert len(chinese) == len(english)
    assert set(method_texts.sentences(ruleset.winner_rule, "zh")) <= set(chinese)
    told = method_texts.sentences(ruleset.winner_rule, "en")
    assert set(told) <= set(english)
    assert not any(HAN.search(text) for text in told)


@pytest.mark.parametrize("completion", list(Completion))
def test_what_becomes_of_the_money_left_is_told(site: FlaskClient, completion: Completion) -> None:
    ruleset = call_rules(
        {"winner_rule.method": "equal-shares-cost", "winner_rule.completion": completion.value}
    )
    told = "".join(sentences(ruleset))
    assert ("逐步提高每人的份額" in told) == completion.raises
    assert ("補給放得下的方案" in told) == completion.fills
    assert ("不再使用" in told) == (completion is Completion.NONE)


def test_the_floor_by_cost_is_told_with_an_example(site: FlaskClient) -> None:
    ruleset = call_rules({"winner_rule.floor": "3"})
    assert ruleset.winner_rule.to_json()["floor"] == 3
    told = "".join(sentences(ruleset))
    assert "經費占預算比例的 3 分之 1" in told
    assert "經費占預算 30% 的方案，至少要有 10% 的投票人支持" in told
    english = " ".join(sentences(ruleset, "en"))
    assert "30% of the budget" in english
    assert "at least 10% of the voters" in english
    assert "floor" not in call_rules({"winner_rule.floor": "0"}).winner_rule.to_json()


def test_votes_between_cost_and_number_are_told(site: FlaskClient) -> None:
    ruleset = call_rules({"tie_order": "cheaper,votes,number"})
    told = (
        "方案不分先後時，經費較低的在前；仍然相同時，投給它的選票較多的在前；仍然相同時，方案編號較小的在前。"
    )
    assert told in sentences(ruleset)
    assert any("the project on more ballots first" in text for text in sentences(ruleset, "en"))


def test_a_lot_is_told_with_its_seal(site: FlaskClient) -> None:
    told = "".join(sentences(call_rules({"tie_order": "cheaper,votes,lot"})))
    assert "公開抽籤。抽籤用的亂數在投票開始前就已封存" in told


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"winner_rule.method": "dice"}, "winner_rule.method"),
        ({"winner_rule.fit": "jump"}, "winner_rule.fit"),
        ({"winner_rule.fit": "cover", "winner_rule.cover_percent": "100"}, "winner_rule.cover_percent"),
        ({"winner_rule.floor": "1001"}, "winner_rule.floor"),
        (
            {"winner_rule.method": "equal-shares-cost", "winner_rule.completion": "half"},
            "winner_rule.completion",
        ),
        ({"winner_rule.method": "equal-shares-points"}, "winner_rule.method"),
        ({"tie_order": "cheaper,votes"}, "tie_order"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(typed: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        call_rules(typed).check()
    assert field in str(caught.value)


def test_options_that_a_method_does_not_use_stay_at_their_default() -> None:
    typed = {
        "winner_rule.fit": "stop",
        "winner_rule.completion": "add1",
        "winner_rule.comparison": "satisfaction",
    }
    for name, method in METHODS.items():
        if method.reads_worth:
            continue
        rule = call_rules({**typed, "winner_rule.method": name}).winner_rule
        assert rule.fit.stops == (Option.FIT in method.uses)
        assert rule.completion.raises == (Option.COMPLETION in method.uses)
        assert (rule.comparison.value == "satisfaction") == (Option.COMPARISON in method.uses)
