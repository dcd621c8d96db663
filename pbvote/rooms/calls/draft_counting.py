"""The part of a draft that says what a ballot looks like and who wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbvote.core.manifest import MAX_PROJECTS
from pbvote.core.rules.ballot_form import BallotForm
from pbvote.core.rules.errors import RuleInvalid, RuleMissing
from pbvote.core.rules.forms import FORMS
from pbvote.core.rules.winner_rule import (
    EQUAL_SHARES,
    GREEDY,
    Add1Stop,
    Comparison,
    Completion,
    Fit,
    Method,
    Score,
    Track,
    WinnerRule,
)
from pbvote.typed.errors import NotAPercentage

if TYPE_CHECKING:
    from pbvote.rooms.calls.draft import Reader


def ballot_form(read: Reader) -> BallotForm:
    """A limit that a form does not need may stay empty; a blank ballot is legal only where 0 is typed."""
    kind = _form_kind(read)
    form = FORMS[kind]
    most = "ballot_form.max_choices"
    if form.most_may_be_empty:
        largest = read.whole(most, default=MAX_PROJECTS)
    else:
        largest = read.whole(most, stand_in=MAX_PROJECTS)
    if_empty = {"one": 1, "most": largest, "asked": None}[form.least_if_empty]
    return BallotForm(
        kind=kind,
        min_choices=read.whole("ballot_form.min_choices", default=if_empty),
        max_choices=largest,
        **{name: read.whole(f"ballot_form.{name}", default=value) for name, value in form.numbers.items()},
    )


def _form_kind(read: Reader) -> str:
    typed = read.text("ballot_form.kind")
    if typed in FORMS:
        return FORMS[typed].kind
    wrong = RuleInvalid if typed else RuleMissing
    read.findings.append(wrong(field="ballot_form.kind", **({"value": typed} if typed else {})))
    return next(iter(FORMS))


def winner_rule(read: Reader, form: BallotForm) -> WinnerRule:
    """The method and its options; what the chosen method has no use for is left at its default.

    A ballot with points is counted by points, a ranking by places: as many for the first as places.
    """
    method = read.text("winner_rule.method") or Method.GREEDY_VOTES.value
    fit = read.text("winner_rule.fit") or Fit.SKIP.value
    if fit == "cover":
        fit = f"cover:{_cover(read)}"
    of = read.text("winner_rule.threshold_of")
    score = Score(form.type.score)
    shares = method in EQUAL_SHARES
    completion = read.text("winner_rule.completion") or Completion.ADD1.value
    return WinnerRule(
        method=method,
        fit=fit if method in GREEDY else Fit.SKIP.value,
        threshold_votes=0 if of else read.whole("winner_rule.threshold_votes", default=0),
        threshold_share=read.percent("winner_rule.threshold_share") if of else 0,
        threshold_of=of,
        score=score.value,
        positions=tuple(range(form.max_choices, 0, -1)) if score is Score.POSITIONAL else (),
        most_winners=read.whole("winner_rule.most_winners", default=0),
        completion=completion if shares else Completion.NONE.value,
        add1_stop=read.text("winner_rule.add1_stop") or Add1Stop.OVERSPEND.value,
        comparison=(read.text("winner_rule.comparison") if shares else "") or Comparison.NONE.value,
    )


def _cover(read: Reader) -> int:
    """A whole percentage, 80 where none is typed."""
    name = "winner_rule.cover_percent"
    share = read.percent(name, default=8000)
    if share % 100:
        read.findings.append(NotAPercentage(field=name, value=read.text(name)))
    return share // 100


def tracks(read: Reader) -> tuple[Track, ...]:
    """The tracks typed, numbered from t1."""
    return tuple(
        Track(
            id=f"t{i + 1}",
            name=read.named(f"tracks.{i}.name"),
            name_en=read.named(f"tracks.{i}.name_en"),
            cap_twd=read.money(f"tracks.{i}.cap_twd", default=0),
            most_winners=read.whole(f"tracks.{i}.most_winners", default=0),
            quota=read.whole(f"tracks.{i}.quota", default=0),
        )
        for i in read.rows("tracks")
    )
