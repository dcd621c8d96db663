"""Examples worked by hand, with their sources."""

from __future__ import annotations

from fractions import Fraction

from pbvote.core.tally.explain import explain
from pbvote.core.tally.methods import Choices, CountSpec, Outcome, Profile, Project, TieOrder, checked, count

BY_ID = TieOrder(("id",))


def _count(
    method: str, ballots: dict[str, int], *, costs: dict[str, int], budget: int, **options: str
) -> tuple[list[str], Outcome]:
    """Winners by letter; a ballot is the string of the letters that it names."""
    number = {letter: place for place, letter in enumerate(costs, start=1)}
    outcome = count(
        CountSpec(method=method, budget=budget, **options),  # type: ignore[arg-type]
        [Project(number=number[letter], cost=cost, id=letter) for letter, cost in costs.items()],
        profile=Profile.merged(
            (Choices.of_set(number[x] for x in names), votes) for names, votes in ballots.items()
        ),
        ties=BY_ID,
    )
    letters = list(costs)
    return [letters[winner - 1] for winner in outcome.winners], outcome


def test_phragmens_own_example_of_1894() -> None:
    """Three seats; ballots 1034 ABC, 519 PQR, 90 ABQ, 47 APQ. Elected: A, Q, B.

    Phragmén 1894, as in Janson, Phragmén's and Thiele's election methods (arXiv 1611.08826), where the
    first loads are 1/1171 for A (1034 + 90 + 47 ballots), then (1 + 137/1171)/656 for Q, below the
    (1 + 1124/1171)/1124 that B would need.
    """
    ballots = {"ABC": 1034, "PQR": 519, "ABQ": 90, "APQ": 47}
    winners, outcome = _count("phragmen", ballots, costs=dict.fromkeys("ABCPQR", 1), budget=3)
    assert winners == ["A", "Q", "B"]
    assert outcome.rounds[0].price == "0.00085397096"  # 1/1171
    second = (1 + Fraction(137, 1171)) / 656
    assert Fraction(outcome.rounds[1].price) == round(second, 10)
    assert second < (1 + Fraction(1124, 1171)) / 1124


def test_phragmen_shares_seats_among_parties_as_dhondt_does() -> None:
    """Votes 53, 24, 23 for seven seats: quotients 53, 26.5, 24, 23, 17.7, 13.25, 12 give 4, 2 and 1.

    Brill, Freeman, Janson, Lackner (AAAI 2017): on party lists sequential Phragmén is the method of D'Hondt.
    """
    parties = {"ABCDEFG": 53, "HIJKLMN": 24, "OPQRSTU": 23}
    costs = dict.fromkeys("".join(parties), 1)
    winners, _ = _count("phragmen", parties, costs=costs, budget=7)
    assert [len(set(winners) & set(party)) for party in parties] == [4, 2, 1]


def test_equal_shares_gives_a_cohesive_group_its_part_of_the_seats() -> None:
    """60 voters for A to J, 40 for K to T, ten seats of cost 1: six and four.

    Each voter has 1/10. A seat costs the sixty 1/60 each, the forty 1/40 each: 6 · 1/60 = 4 · 1/40 = 1/10.
    Peters, Skowron, Proportionality and the Limits of Welfarism (EC 2020), where the rule is Rule X: a group
    of l/k of the voters who agree decides l of k seats (extended justified representation).
    """
    sides = {"ABCDEFGHIJ": 60, "KLMNOPQRST": 40}
    winners, outcome = _count("equal-shares-count", sides, costs=dict.fromkeys("".join(sides), 1), budget=10)
    assert [len(set(winners) & set(side)) for side in sides] == [6, 4]
    assert outcome.endowment == "1/10"
    greedy, _ = _count("greedy-votes", sides, costs=dict.fromkeys("".join(sides), 1), budget=10)
    assert [len(set(greedy) & set(side)) for side in sides] == [10, 0]


def test_equal_shares_alone_may_spend_nothing_and_add1_repairs_it() -> None:
    """Two voters, a budget of 2, each wants one project of cost 2: a share of 1 pays for neither.

    At a share of 2 both could be bought and would overspend, so Add1 stays at 1 and buys nothing either;
    with costs 2 and 3 the share of 2 buys the first. Not exhaustive in general: Peters, Pierczyński, Skowron
    (NeurIPS 2021), who complete the rule for that reason.
    """
    ballots = {"A": 1, "B": 1}
    assert _count("equal-shares-cost", ballots, costs={"A": 2, "B": 2}, budget=2)[0] == []
    assert _count("equal-shares-cost", ballots, costs={"A": 2, "B": 2}, budget=2, completion="add1")[0] == []
    winners, outcome = _count(
        "equal-shares-cost", ballots, costs={"A": 2, "B": 3}, budget=2, completion="add1"
    )
    assert (winners, outcome.endowment) == (["A"], "2")
    spent, _ = _count(
        "equal-shares-cost", ballots, costs={"A": 2, "B": 2}, budget=2, completion="utilitarian"
    )
    assert spent == ["A"]


def test_the_cost_utility_buys_the_large_project_and_the_count_utility_the_small_ones() -> None:
    """Ten voters, a budget of 100, so 10 each. Six want L (60) and S (12), all ten want T (30).

    By cost a unit of L and of S costs its supporters 1/6 each, of T 1/10: T first (3 each, 7 left). L then
    needs 10 from each of six who have 7: not to be had; S takes 2 each. By count the prices are S 2, T 3,
    L 10: S, then T, and nothing is left for L. Definitions of Peters, Pierczyński, Skowron (2021).
    """
    ballots = {"LST": 6, "T": 4}
    costs = {"L": 60, "S": 12, "T": 30}
    by_cost, _ = _count("equal-shares-cost", ballots, costs=costs, budget=100)
    by_count, outcome = _count("equal-shares-count", ballots, costs=costs, budget=100)
    assert (by_cost, by_count) == (["T", "S"], ["S", "T"])
    assert [each.price for each in outcome.rounds] == ["2", "3"]


def test_votes_and_votes_per_cost_fund_different_projects() -> None:
    """A: 6 votes for 90; B and C: 5 and 4 votes for 50 each; budget 100.

    By votes A leaves 10, which pays for nothing more. Per cost B (1/10) and C (4/50) come before A (6/90).
    Greedy rules of Talmon, Faliszewski, A Framework for Approval-Based Budgeting Methods (AAAI 2019).
    """
    ballots = {"A": 6, "B": 5, "C": 4}
    costs = {"A": 90, "B": 50, "C": 50}
    assert _count("greedy-votes", ballots, costs=costs, budget=100)[0] == ["A"]
    assert _count("greedy-votes-per-cost", ballots, costs=costs, budget=100)[0] == ["B", "C"]


def test_a_losers_measures_are_a_cheaper_price_or_further_voters() -> None:
    """A: 5 votes for 70; B: 4 for 40; budget 100. B would have won at 30, or with two more voters.

    With one more B is level with A, which comes first by id; with two more B comes first and A no longer
    fits. Boehmer et al., Evaluation of Project Performance in Participatory Budgeting (IJCAI 2024).
    """
    listed = [Project(number=1, cost=70, id="A"), Project(number=2, cost=40, id="B")]
    profile = Profile.merged([(Choices((1,)), 5), (Choices((2,)), 4)])
    spec = CountSpec(method="greedy-votes", budget=100)
    outcome = count(spec, listed, profile=profile, ties=BY_ID)
    found = explain(checked(spec, listed, profile=profile, ties=BY_ID), outcome, 2)
    assert (found.largest_cost, found.more_support) == (30, 2)
