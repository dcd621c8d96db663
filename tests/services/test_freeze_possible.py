"""A ballot that no choice makes legal refuses the freeze, and says where and what to change."""

from __future__ import annotations

import pytest

from pbvote.core.errors import PbvoteError
from pbvote.platform.runtime import Runtime
from pbvote.rooms.counting.errors import BallotImpossible, BallotTooDear
from pbvote.words.errors import text_for
from tests.make.polls import moderated_poll


@pytest.mark.parametrize(
    ("rules", "error", "told"),
    [
        (
            {"ballot_form.kind": "between", "ballot_form.min_choices": "3", "ballot_form.max_choices": "3"},
            BallotImpossible,
            ("只有 2 件", "3 件"),
        ),
        (
            {
                "ballot_form.kind": "knapsack",
                "ballot_form.min_choices": "2",
                "districts.0.budget_twd": "3499999",
            },
            BallotTooDear,
            ("3,500,000", "3,499,999", "2 件"),
        ),
    ],
)
def test_a_freeze_is_refused_with_the_district_and_what_to_change(
    rt: Runtime, rules: dict[str, str], error: type[PbvoteError], told: tuple[str, ...]
) -> None:
    poll = moderated_poll(rt, values=rules)
    with pytest.raises(error) as caught:
        poll.freeze()
    for language in ("zh", "en"):
        sentence = text_for(caught.value, language)
        assert str(caught.value.facts["district"]) in sentence
        assert "—" not in sentence
    assert all(part in text_for(caught.value, "zh") for part in told)


def test_a_knapsack_that_just_fits_is_frozen(rt: Runtime) -> None:
    rules = {
        "ballot_form.kind": "knapsack",
        "ballot_form.min_choices": "2",
        "districts.0.budget_twd": "3500000",
        "districts.1.budget_twd": "5000000",
    }
    assert moderated_poll(rt, values=rules).freeze().ruleset.ballot_form.min_choices == 2
