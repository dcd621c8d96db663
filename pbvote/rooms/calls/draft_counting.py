"""The part of a draft that says what a ballot looks like and who wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbvote.core.manifest import MAX_PROJECTS
from pbvote.core.rules.ballot_form import BallotForm
from pbvote.core.rules.forms import FORMS
from pbvote.core.rules.winner_rule import WinnerRule
from pbvote.core.tally.options import Fit, FitKind, Score
from pbvote.core.tally.spec import falling_positions
from pbvote.rooms.calls.layout import Default

if TYPE_CHECKING:
    from pbvote.rooms.calls.draft import Reader


def ballot_form(read: Reader) -> BallotForm:
    """A limit that a form does not need may stay empty; a blank ballot is legal only where 0 is typed."""
    form = FORMS[read.value("ballot_form.kind")]
    most: object = MAX_PROJECTS if form.most_may_be_empty else Default.REQUIRED
    largest = read.value("ballot_form.max_choices", default=most)
    least = {"one": 1, "most": largest, "asked": Default.REQUIRED}[form.least_if_empty]
    numbers = {name: Default.REQUIRED if value is None else value for name, value in form.numbers.items()}
    members = read.members(
        BallotForm, "ballot_form", defaults={**numbers, "max_choices": most, "min_choices": least}
    )
    return BallotForm(**members)


def winner_rule(read: Reader, form: BallotForm) -> WinnerRule:
    """The method and its options; what the chosen method has no use for is left at its default.

    A ballot with points is counted by points, a ranking by places: as many for the first as places.
    """
    members = read.members(WinnerRule, "winner_rule")
    if "fit" in members:
        covers = members["fit"] == FitKind.COVER
        members["fit"] = Fit(members["fit"], read.value("winner_rule.cover_percent") if covers else 0)
    score = Score(form.type.score)
    positions = falling_positions(form.max_choices) if score is Score.POSITIONAL else ()
    return WinnerRule(**members, score=score, positions=positions)
