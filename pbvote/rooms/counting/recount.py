"""Counting a published vote again: for explanations, replays and what-if, from the public log alone.

The opening key stands in the log once the result is certified (S10); before that there is nothing to count
and every function here says so (PRA-09). Nothing is stored; the opened ballots of the last few votes asked
for are kept in memory.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Final

from pbvote.core.errors import VerificationError
from pbvote.core.log.entry import OpeningEntry, parse_entry
from pbvote.core.record.counted import Counted
from pbvote.core.rules.ruleset import District
from pbvote.core.tally.again import Means
from pbvote.core.tally.explain import Explanation, explain
from pbvote.core.tally.methods import Count, CountSpec, Outcome, Project, TieOrder, checked, count
from pbvote.core.types import CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import queries as ballotbox
from pbvote.rooms.counting import queries
from pbvote.rooms.counting.errors import DistrictUnknown, NotCertified
from pbvote.rooms.counting.progress import Step
from pbvote.rooms.counting.tallying import tally_logs

_KEPT: Final = 2
_TAIL: Final = 8
_opened: OrderedDict[tuple[str, CallId], dict[str, DistrictCount]] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DistrictCount:
    """A district of a published vote: inputs and outcome of its count, and what projects are called.

    ``whole``: the count of all districts.
    """

    district: District
    inputs: Count
    outcome: Outcome
    titles: Mapping[int, str]
    whole: Counted

    def under(self, spec: CountSpec) -> Outcome:
        """The outcome of the same ballots by another rule: never an official one.

        Raises:
            InvalidInput: a rule that makes no sense.
            TieUndecided: cannot happen with the tie order of a call, which always decides.
        """
        known = self.inputs
        return count(spec, known.projects, profile=known.profile, ties=known.ties, withdrawn=known.withdrawn)

    def explained(self, number: int, *, go_on: Callable[[], bool]) -> Explanation:
        """Why a project won or did not, by the whole rule of the call; ``go_on`` as in :class:`Means`."""
        counting = self.whole.counting
        means = Means(
            recount=self._winners if counting.pools else None,
            threshold=lambda more: counting.threshold(self.district.id, more=more),
            go_on=go_on,
        )
        return explain(self.inputs, self.outcome, number, means)

    def _winners(self, changed: Count) -> frozenset[int]:
        """What wins with other inputs of this district: here, or by what all districts leave."""
        outcome = changed.spec.method.run(changed)
        outcomes = {**self.whole.outcomes, self.district.id: outcome}
        known = self.whole.counting.pool_inputs(outcomes, self.whole.tie_seed)
        here = {project.number: project for project in changed.projects}
        numbers = known.scores.keys() & here.keys()
        votes = {**known.votes, **{number: changed.votes.get(number, 0) for number in numbers}}
        pooled = replace(
            known,
            projects=tuple(here.get(project.number, project) for project in known.projects),
            scores={**known.scores, **{number: changed.scores.get(number, 0) for number in numbers}},
            votes=votes,
            ties=known.ties.knowing(votes),
        )
        return frozenset(outcome.winners) | frozenset(pooled.spec.method.run(pooled).winners)


def district_count(rt: Runtime, call_id: CallId, district_id: str) -> DistrictCount:
    """The count of a district, as certified.

    Raises:
        NotCertified: the result is not published yet.
        DistrictUnknown: the vote has no such district.
    """
    found = _districts(rt, call_id)
    if district_id not in found:
        raise DistrictUnknown(district=district_id[:40])
    return found[district_id]


def _districts(rt: Runtime, call_id: CallId) -> dict[str, DistrictCount]:
    name = (str(rt.settings.state_dir), call_id)
    with _lock:
        if name in _opened:
            _opened.move_to_end(name)
            return _opened[name]
    counted = _count_again(rt, call_id)
    districts = counted.counting.manifest.ruleset.districts
    found: dict[str, DistrictCount] = {district.id: _district(counted, district) for district in districts}
    with _lock:
        _opened[name] = found
        while len(_opened) > _KEPT:
            _opened.popitem(last=False)
    return found


def _district(counted: Counted, district: District) -> DistrictCount:
    outcome = counted.outcomes[district.id]
    listed = counted.counting.manifest.projects_of(district.id)
    inputs = checked(
        outcome.spec,
        [Project(number=p.number, cost=p.cost_twd, id=p.id) for p in listed],
        profile=counted.counting.profile(district.id),
        ties=TieOrder(outcome.tie_order, outcome.lot_seed),
        withdrawn=outcome.withdrawn,
    )
    titles: dict[int, str] = {project.number: project.title for project in listed}
    return DistrictCount(district=district, inputs=inputs, outcome=outcome, titles=titles, whole=counted)


def _count_again(rt: Runtime, call_id: CallId) -> Counted:
    with rt.read_main() as tx:
        vote = queries.progress_of(tx, call_id)
        certified = queries.outcome_bytes(tx, call_id)
    if vote.step < Step.PUBLISHED or vote.checks is None:
        raise NotCertified(call=call_id)
    opening = _opening(rt, call_id)
    checks: dict[str, Any] = {
        "box": {"size": vote.checks.box_size, "root": vote.checks.box_root},
        "roll": {"size": vote.checks.roll_size, "root": vote.checks.roll_root},
    }
    tally = tally_logs(
        rt, vote.manifest, private_key=opening.private_key, tie_seed=opening.tie_seed, checked=checks
    )
    if tally.counted.to_bytes() != certified:
        raise NotCertified(call=call_id)  # another version's count, or another log: nothing to explain
    return tally.counted


def _opening(rt: Runtime, call_id: CallId) -> OpeningEntry:
    """The opening entry, which stands just before the outcome at the log's end."""
    with rt.read_box() as tx:
        size = int(ballotbox.checkpoint(tx, call_id).split("\n")[1])
        tail = list(ballotbox.entries(tx, call_id, max(0, size - _TAIL)))
    for octets in reversed(tail):
        try:
            entry = parse_entry(octets, token_lengths={})
        except VerificationError:
            continue
        if isinstance(entry, OpeningEntry):
            return entry
    raise NotCertified(call=call_id)
