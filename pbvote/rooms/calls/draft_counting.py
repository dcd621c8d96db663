"""The part of a draft that says what a ballot looks like and who wins."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

from pbvote.core.manifest import MAX_PROJECTS
from pbvote.core.rules.ballot_form import BallotForm
from pbvote.core.rules.errors import RuleInvalid, RuleMissing
from pbvote.core.rules.forms import FORMS
from pbvote.core.rules.winner_rule import ThresholdOf, Track, WinnerRule
from pbvote.core.tally.method import METHODS, Method, Option
from pbvote.core.tally.options import (
    DEFAULT_METHOD,
    SKIP,
    STOP,
    Add1Stop,
    Comparison,
    Completion,
    Fit,
    FitKind,
    Score,
)
from pbvote.core.tally.spec import falling_positions
from pbvote.typed.errors import NotAPercentage

if TYPE_CHECKING:
    from pbvote.rooms.calls.draft import Reader

_Chosen = TypeVar("_Chosen", bound=StrEnum)
_USUAL_COVER: Final = 80


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
    method = _method(read)
    of = _chosen(read, "winner_rule.threshold_of", ThresholdOf.NONE)
    score = Score(form.type.score)
    completes, compares = Option.COMPLETION in method.uses, Option.COMPARISON in method.uses
    completion = _chosen(read, "winner_rule.completion", Completion.ADD1)
    return WinnerRule(
        method=method,
        fit=_fit(read) if Option.FIT in method.uses else SKIP,
        threshold_votes=0 if of else read.whole("winner_rule.threshold_votes", default=0),
        threshold_share=read.percent("winner_rule.threshold_share") if of else 0,
        threshold_of=of,
        score=score,
        positions=falling_positions(form.max_choices) if score is Score.POSITIONAL else (),
        most_winners=read.whole("winner_rule.most_winners", default=0),
        floor=read.whole("winner_rule.floor", default=0),
        completion=completion if completes else Completion.NONE,
        add1_stop=_chosen(read, "winner_rule.add1_stop", Add1Stop.OVERSPEND),
        comparison=_chosen(read, "winner_rule.comparison", Comparison.NONE) if compares else Comparison.NONE,
    )


def _chosen(read: Reader, name: str, absent: _Chosen) -> _Chosen:
    """The option that was chosen, or the one that stands for nothing typed."""
    return read.member(name, type(absent)) if read.text(name) else absent


def _method(read: Reader) -> Method:
    typed = read.text("winner_rule.method") or DEFAULT_METHOD
    if typed not in METHODS:
        read.findings.append(RuleInvalid(field="winner_rule.method", value=typed))
    return METHODS.get(typed, METHODS[DEFAULT_METHOD])


def _fit(read: Reader) -> Fit:
    kind = _chosen(read, "winner_rule.fit", FitKind.SKIP)
    if kind is not FitKind.COVER:
        return STOP if kind is FitKind.STOP else SKIP
    share = read.percent("winner_rule.cover_percent", default=_USUAL_COVER * 100)
    percent, part = divmod(share, 100)
    if part:
        read.findings.append(
            NotAPercentage(field="winner_rule.cover_percent", value=read.text("winner_rule.cover_percent"))
        )
    elif not 1 <= percent <= 99:
        read.findings.append(RuleInvalid(field="winner_rule.cover_percent", value=percent))
    return Fit(FitKind.COVER, percent if 1 <= percent <= 99 else _USUAL_COVER)


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
