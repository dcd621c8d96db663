"""Who wins (PRA-02) as data: a method of counting and its options, every number a setting of the call.

Absent means default: only what departs from the plain count is written, so that rules frozen before an
option existed keep their bytes and their hash.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

from pbvote.core.errors import InvalidInput
from pbvote.core.letters import folded, has_visible
from pbvote.core.rules import members
from pbvote.core.rules.ballot_form import BallotForm
from pbvote.core.rules.errors import NameTwice, RuleConflict, RuleInvalid, RuleMissing
from pbvote.core.tally.method import Option, Says
from pbvote.core.tally.options import CountOptions, Score
from pbvote.core.tally.spec import WHOLE

_SAYS: Final = {Score.VOTES: Says.SET, Score.POINTS: Says.POINTS, Score.POSITIONAL: Says.RANKING}


class LeftOver(StrEnum):
    """What becomes of the money that districts leave."""

    KEEP = "keep"
    CITY_POOL = "city-pool"


class ThresholdOf(StrEnum):
    """What a share of votes is a share of; NONE where the threshold is a number of votes."""

    NONE = ""
    BALLOTS = "ballots"
    ELIGIBLE = "eligible"


def ballots_say(form: BallotForm) -> Says:
    """What the ballots of a form say of their projects."""
    return _SAYS[Score(form.type.score)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A track (組別) of projects with limits inside each district's count; 0 = no limit.

    ``cap_twd``: money at most; ``most_winners``: winners at most; ``quota`` (保障名額): that many of its
    projects are chosen before all others.
    """

    id: str
    name: str
    name_en: str = ""
    cap_twd: int = 0
    most_winners: int = 0
    quota: int = 0

    def to_json(self) -> dict[str, Any]:
        """The track as strings and integers; limits of the first release also at their default."""
        return members.written(self, always=("name_en", "cap_twd", "most_winners", "quota"))


@dataclass(frozen=True, slots=True, kw_only=True)
class WinnerRule(CountOptions):
    """A method with its options, and the least score to win.

    threshold_votes: least score, 0 = none; or instead of it threshold_share in 1/10,000ths of
    ``threshold_of``: valid ballots cast or persons eligible in the district. most_winners: in each district.
    """

    threshold_votes: int = 0
    threshold_share: int = 0
    threshold_of: ThresholdOf = ThresholdOf.NONE

    def __post_init__(self) -> None:
        CountOptions.__post_init__(self)
        try:
            object.__setattr__(self, "threshold_of", ThresholdOf(self.threshold_of))
        except ValueError as error:
            raise self._unknown("threshold_of", self.threshold_of) from error

    def _unknown(self, name: str, value: str) -> InvalidInput:
        return RuleInvalid(field=f"winner_rule.{name}", value=value)

    def findings(self, form: BallotForm) -> list[InvalidInput]:
        """Everything contradictory, out of range or without effect, each naming its field of the ruleset."""
        return [*self._numbers(), *self._useless(form), *self._threshold()]

    def _numbers(self) -> Iterator[InvalidInput]:
        most = {
            "threshold_votes": 10**9,
            "threshold_share": WHOLE + 1,
            "most_winners": 10_000,
            "add1_step": 10**9,
        }
        wrong = {*self.out_of_range(), *(n for n, end in most.items() if not 0 <= getattr(self, n) < end)}
        if any(value > 10_000 for value in self.positions):
            wrong.add("positions")
        for name in sorted(wrong):
            value = getattr(self, name)
            shown = ",".join(map(str, value)) if name == "positions" else value
            yield RuleInvalid(field=f"winner_rule.{name}", value=shown)

    def _useless(self, form: BallotForm) -> Iterator[InvalidInput]:
        because = {
            "method": "winner_rule.method",
            "ballots": "ballot_form.kind",
            "score": "winner_rule.score",
        }
        for useless in self.without_effect(ballots_say(form)):
            field = f"winner_rule.{useless.option}"
            if useless.because:
                yield RuleConflict(field=field, other=because[useless.because])
            else:
                yield RuleMissing(field=field)

    def _threshold(self) -> Iterator[InvalidInput]:
        if bool(self.threshold_share) != bool(self.threshold_of):
            yield RuleMissing(field="winner_rule.threshold_share")
        if self.threshold_share and self.threshold_votes:
            yield RuleConflict(field="winner_rule.threshold_share", other="winner_rule.threshold_votes")

    def to_json(self) -> dict[str, Any]:
        """The rule as strings and integers; options at their default are absent."""
        return self._members("method", "fit", "threshold_votes")


def winner_rule_from_json(values: Any) -> WinnerRule:
    """The rule of :meth:`WinnerRule.to_json`.

    Raises:
        KeyError, TypeError, ValueError: another shape.
        RuleInvalid: an option with a value that it does not have.
    """
    known = {field.name: field.default for field in fields(WinnerRule)}
    if set(values) - known.keys():
        raise KeyError(*sorted(set(values) - known.keys()))
    given: dict[str, Any] = {}
    for name, value in values.items():
        if name == "positions":
            given[name] = tuple(int(each) for each in value)
        else:
            given[name] = int(value) if type(known[name]) is int else str(value)
    return WinnerRule(**given)


def track_findings(tracks: tuple[Track, ...], rule: WinnerRule) -> list[InvalidInput]:
    """Everything wrong with the tracks, each naming its field of the ruleset."""
    found: list[InvalidInput] = []
    names: set[str] = set()
    for place, track in enumerate(tracks):
        where = f"tracks.{place}"
        if not has_visible(track.name):
            found.append(RuleMissing(field=f"{where}.name"))
        elif folded(track.name) in names:
            found.append(NameTwice(field=f"{where}.name", value=track.name))
        names.add(folded(track.name))
        for field in ("cap_twd", "most_winners", "quota"):
            if getattr(track, field) < 0:
                found.append(RuleInvalid(field=f"{where}.{field}", value=getattr(track, field)))
        if track.quota and not rule.uses(Option.QUOTA):
            found.append(RuleConflict(field=f"{where}.quota", other="winner_rule.method"))
        if track.most_winners and track.quota > track.most_winners:
            found.append(RuleConflict(field=f"{where}.quota", other=f"{where}.most_winners"))
    return found


def track_from_json(values: Any) -> Track:
    """The track of :meth:`Track.to_json`; raises KeyError, TypeError or ValueError for another shape."""
    track: Track = members.read(Track, values, within="tracks")
    return track
