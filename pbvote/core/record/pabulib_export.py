"""A counted district as a Pabulib election, rebuilt byte for byte from the record alone.

Everything comes from the manifest (projects, descriptive strings), the opened ballots in box order and
the outcome; no clock, no setting, no database. The export and the verifier call the same function.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from pbvote.core import canonical
from pbvote.core.errors import InvalidInput
from pbvote.core.record.pabulib import META_REQUIRED, PabulibElection, Table
from pbvote.core.rules.forms import FORMS
from pbvote.core.rules.forms.base import BallotFormType
from pbvote.core.tally.method import UNKNOWN_RULE
from pbvote.core.tally.outcome import Outcome
from pbvote.core.types import Choices

RULE_NOTE = "Counted by this rule: "
"""What stands before the rule in ``comment``."""

_COMPUTED = frozenset(
    {
        *("district", "num_projects", "num_votes", "budget", "vote_type", "rule"),
        *("min_project_score_threshold", "fully_funded", "comment"),
    }
)


class PabulibUnwritable(InvalidInput):
    """The district cannot be written in the format (facts: field, problem)."""

    code = "pabulib.unwritable"


class ListedProject(Protocol):
    """What the export takes from a project of the manifest."""

    @property
    def number(self) -> int:
        """Published ballot number."""

    @property
    def id(self) -> str:
        """Stable id, which becomes ``project_id``."""

    @property
    def title(self) -> str:
        """Title as on the ballot."""

    @property
    def cost_twd(self) -> int:
        """Cost in NT$."""


def pabulib_of(
    district: str,
    meta: Mapping[str, str],
    *,
    projects: Sequence[ListedProject],
    ballots: Iterable[tuple[Choices, int]],
    outcome: Outcome,
    kind: str,
    pooled: Sequence[int] = (),
    notes: Sequence[str] = (),
) -> PabulibElection:
    """The election of one district; the same arguments give the same text.

    ``meta`` holds the descriptive keys (description, country, unit, instance, date_begin, date_end,
    and any of min_length, max_length, max_sum_cost, edition, language, currency); all that follows
    from the other arguments is computed here. ``ballots`` are (choices, weight) in box order, spoiled
    ones left out. A ballot of weight w at place n becomes w rows with voter_id n-1 to n-w, because
    the format knows no weights; ``comment`` says so, and names withdrawn projects, the tie order
    where it was needed, the whole rule as JSON (:data:`RULE_NOTE`), so that the file re-counts to the same
    outcome, and ``notes`` (a demo's banner). ``pooled`` won with what other districts left.

    Raises:
        PabulibUnwritable: a descriptive key is missing or a computed one given, a project id cannot
            stand in a list, or a ballot names a project that is not listed.
    """
    listed = _as_counted(projects, outcome)
    _check(meta, listed)
    form = FORMS[kind]
    rows = _Rows({p.number: p.id for p in listed}, form)
    for place, (choices, weight) in enumerate(ballots, start=1):
        rows.add(place, choices, weight)
    total = sum(p.cost_twd for p in listed)
    computed = {
        "district": district,
        "num_projects": str(len(listed)),
        "num_votes": str(len(rows.rows)),
        "budget": str(outcome.budget),
        "vote_type": form.vote_type(meta.get("max_length", "")),
        "rule": _rule(outcome),
    }
    if outcome.spec.threshold:
        computed["min_project_score_threshold"] = str(outcome.spec.threshold)
    if total <= outcome.budget:
        computed["fully_funded"] = "1"
    remarks = [*notes, *_remarks(outcome, weighted=rows.weighted, pooled=pooled)]
    remarks.append(RULE_NOTE + _rule_note(outcome, [project.number for project in listed]))
    if remarks:
        computed["comment"] = " ".join(f"#{place}: {text}" for place, text in enumerate(remarks, start=1))
    election = PabulibElection(
        {**meta, **computed},
        Table(
            ("project_id", "cost", "votes", "score", "name", "selected"),
            tuple(_project_row(project, outcome, rows.votes, pooled) for project in listed),
        ),
        Table(
            ("voter_id", "vote", "points") if form.gives_points else ("voter_id", "vote"),
            tuple(rows.rows),
        ),
    )
    return election.in_format_order()


def _as_counted(projects: Sequence[ListedProject], outcome: Outcome) -> list[ListedProject]:
    """Projects in the order of the count, so that equal scores stand as the tie order put them.

    Readers that know no tie order keep the order of the rows.
    """
    ranks = {row.project: (row.rank == 0, row.rank) for row in outcome.trace}
    return sorted(projects, key=lambda project: (*ranks[project.number], project.number))


def _check(meta: Mapping[str, str], projects: Sequence[ListedProject]) -> None:
    for key in META_REQUIRED:
        if key not in _COMPUTED and not meta.get(key):
            raise PabulibUnwritable(field=key, problem="key-missing")
    for key in meta:
        if key in _COMPUTED:
            raise PabulibUnwritable(field=key, problem="key-computed")
    for project in projects:
        if not project.id or "," in project.id or project.id != project.id.strip():
            raise PabulibUnwritable(field="project_id", problem="project-id", project=project.number)


def _rule(outcome: Outcome) -> str:
    """The format's word for the rule; the whole rule stands in the comment."""
    spec = outcome.spec
    special = spec.groups or spec.most_winners or spec.floor or outcome.withdrawn
    return UNKNOWN_RULE if special else spec.method.pabulib_rule(spec)


def _rule_note(outcome: Outcome, numbers: Sequence[int]) -> str:
    """The rule, the tie order and the ballot numbers in row order as one JSON object."""
    return canonical.encode(
        {
            "spec": outcome.spec.to_json(),
            "tie_order": list(outcome.tie_order),
            "lot_seed": outcome.lot_seed.hex(),
            "withdrawn": list(outcome.withdrawn),
            "numbers": list(numbers),
        }
    ).decode()


def _project_row(
    project: ListedProject, outcome: Outcome, votes: Mapping[int, int], pooled: Sequence[int]
) -> tuple[str, ...]:
    number = project.number
    selected = "1" if number in outcome.winners else "2" if number == outcome.covered else "0"
    return (
        project.id,
        str(project.cost_twd),
        str(votes.get(number, 0)),
        str(outcome.scores[number]),
        project.title,
        "3" if number in pooled else selected,
    )


class _Rows:
    """Vote rows, and the weighted votes of every project."""

    def __init__(self, ids: Mapping[int, str], form: BallotFormType) -> None:
        self._ids = ids
        self._form = form
        self.rows: list[tuple[str, ...]] = []
        self.weighted = 0
        self.votes: dict[int, int] = {}

    def add(self, place: int, choices: Choices, weight: int) -> None:
        """A ballot of weight w as w rows, in the order that the format wants."""
        projects, points = self._form.in_pabulib(choices)
        for number in projects:
            self.votes[number] = self.votes.get(number, 0) + weight
        try:
            fields = [",".join([self._ids[number] for number in projects])]
        except KeyError as error:
            raise PabulibUnwritable(field="vote", problem="unknown-project", ballot=place) from error
        if self._form.gives_points:
            fields.append(",".join(map(str, points)))
        if weight == 1:
            self.rows.append((str(place), *fields))
        else:
            self.weighted += 1
            self.rows.extend((f"{place}-{copy}", *fields) for copy in range(1, weight + 1))


def _remarks(outcome: Outcome, *, weighted: int, pooled: Sequence[int]) -> list[str]:
    remarks: list[str] = []
    if weighted:
        remarks.append(
            f"Ballots carry an integer weight by ballot style. A ballot of weight w is written as w rows "
            f"with voter_id n-1 to n-w ({weighted} such ballots)."
        )
    if outcome.withdrawn:
        numbers = ", ".join(map(str, outcome.withdrawn))
        remarks.append(
            f"Withdrawn after the ballot was fixed and passed over by the count: ballot number {numbers}."
        )
    if outcome.covered:
        remarks.append(
            f"Ballot number {outcome.covered} (selected=2) is funded with "
            f"{outcome.row_of(outcome.covered).missing} from outside this budget."
        )
    if set(pooled) & outcome.scores.keys():
        remarks.append("selected=3: funded with what all districts left, after the count of each.")
    if outcome.ties:
        lot = f" with lot seed {outcome.lot_seed.hex()}" if outcome.lot_seed else ""
        remarks.append(f"Equal votes are ordered by: {', '.join(outcome.tie_order)}{lot}.")
    return remarks
