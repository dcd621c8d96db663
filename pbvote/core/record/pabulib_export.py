"""A counted district as a Pabulib election, rebuilt byte for byte from the record alone.

Everything comes from the manifest (projects, descriptive strings), the opened ballots in box order and
the outcome; no clock, no setting, no database. The export and the verifier call the same function.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from pbvote.core.errors import InvalidInput
from pbvote.core.record.pabulib import META_REQUIRED, PabulibElection, Table
from pbvote.core.tally.outcome import Fit, Outcome
from pbvote.core.tally.profile import Choices

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
    notes: Sequence[str] = (),
) -> PabulibElection:
    """The election of one district; the same arguments give the same text.

    ``meta`` holds the descriptive keys (description, country, unit, instance, date_begin, date_end,
    and any of min_length, max_length, max_sum_cost, edition, language, currency); all that follows
    from the other arguments is computed here. ``ballots`` are (choices, weight) in box order, spoiled
    ones left out. A ballot of weight w at place n becomes w rows with voter_id n-1 to n-w, because
    the format knows no weights; ``comment`` says so, and names withdrawn projects, the tie order
    where it was needed, and ``notes`` (a demo's banner).

    Raises:
        PabulibUnwritable: a descriptive key is missing or a computed one given, a project id cannot
            stand in a list, or a ballot names a project that is not listed.
    """
    listed = sorted(projects, key=lambda project: project.number)
    _check(meta, listed)
    votes, weighted = _vote_rows({p.number: p.id for p in listed}, ballots)
    total = sum(p.cost_twd for p in listed)
    computed = {
        "district": district,
        "num_projects": str(len(listed)),
        "num_votes": str(len(votes)),
        "budget": str(outcome.budget),
        "vote_type": "choose-1" if meta.get("max_length") == "1" else "approval",
        "rule": _rule(outcome),
    }
    if outcome.spec.threshold:
        computed["min_project_score_threshold"] = str(outcome.spec.threshold)
    if total <= outcome.budget:
        computed["fully_funded"] = "1"
    remarks = [*notes, *_remarks(outcome, weighted=weighted)]
    if remarks:
        computed["comment"] = " ".join(f"#{place}: {text}" for place, text in enumerate(remarks, start=1))
    election = PabulibElection(
        {**meta, **computed},
        Table(
            ("project_id", "cost", "votes", "name", "selected"),
            tuple(_project_row(project, outcome) for project in listed),
        ),
        Table(("voter_id", "vote"), tuple(votes)),
    )
    return election.in_format_order()


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
    if outcome.spec.fit == Fit.STOP:
        return "greedy-no-skip"
    return "greedy-threshold" if outcome.spec.threshold else "greedy"


def _project_row(project: ListedProject, outcome: Outcome) -> tuple[str, ...]:
    return (
        project.id,
        str(project.cost_twd),
        str(outcome.scores[project.number]),
        project.title,
        "1" if project.number in outcome.winners else "0",
    )


def _vote_rows(
    ids: Mapping[int, str], ballots: Iterable[tuple[Choices, int]]
) -> tuple[list[tuple[str, str]], int]:
    """The rows, and how many ballots weigh more than one."""
    rows: list[tuple[str, str]] = []
    weighted = 0
    for place, (choices, weight) in enumerate(ballots, start=1):
        try:
            vote = ",".join([ids[number] for number in choices])
        except KeyError as error:
            raise PabulibUnwritable(field="vote", problem="unknown-project", ballot=place) from error
        if weight == 1:
            rows.append((str(place), vote))
        else:
            weighted += 1
            rows.extend((f"{place}-{copy}", vote) for copy in range(1, weight + 1))
    return rows, weighted


def _remarks(outcome: Outcome, *, weighted: int) -> list[str]:
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
    if outcome.ties:
        lot = f" with lot seed {outcome.lot_seed.hex()}" if outcome.lot_seed else ""
        remarks.append(f"Equal votes are ordered by: {', '.join(outcome.tie_order)}{lot}.")
    return remarks
