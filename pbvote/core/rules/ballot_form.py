"""Which ballots are legal (PRA-01)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pbvote.core.errors import InvalidInput
from pbvote.core.rules.errors import BallotLimits, RuleInvalid

MOST_POINTS: Final = 1000


class FormKind(StrEnum):
    """Ballot forms of PRA-01."""

    UP_TO = "up-to"
    EXACTLY = "exactly"
    BETWEEN = "between"
    KNAPSACK = "knapsack"
    RANKING = "ranking"  # 排序
    POINTS = "points"  # 配點


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotForm:
    """Which ballots are legal: between ``min_choices`` and ``max_choices`` projects, each once.

    A knapsack's projects may not cost more than the district has. A ranking puts its projects in order. A
    points ballot gives its projects ``points_total`` points at most, to each between 1 and ``points_most``
    (0: as many as there are). A blank ballot is legal only where ``min_choices`` is 0.
    """

    kind: FormKind
    min_choices: int
    max_choices: int
    points_total: int = 0
    points_most: int = 0

    @property
    def within_budget(self) -> bool:
        """Whether the chosen projects' cost must fit the district's budget."""
        return self.kind is FormKind.KNAPSACK

    @property
    def most_points(self) -> int:
        """The most that one project may get."""
        return self.points_most or self.points_total

    def findings(self) -> list[InvalidInput]:
        """Everything that contradicts itself, each naming its field of the ruleset."""
        found: list[InvalidInput] = []
        if not 0 <= self.min_choices <= self.max_choices or self.max_choices < 1:
            found.append(BallotLimits(field="ballot_form.min_choices"))
        if self.kind is FormKind.EXACTLY and self.min_choices != self.max_choices:
            found.append(BallotLimits(field="ballot_form.max_choices"))
        if self.kind is FormKind.POINTS:
            if not 1 <= self.points_total <= MOST_POINTS or self.points_total < self.min_choices:
                found.append(RuleInvalid(field="ballot_form.points_total", value=self.points_total))
            if not 0 <= self.points_most <= self.points_total:
                found.append(RuleInvalid(field="ballot_form.points_most", value=self.points_most))
        elif self.points_total or self.points_most:
            found.append(RuleInvalid(field="ballot_form.points_total", value=self.points_total))
        return found

    def to_json(self) -> dict[str, Any]:
        """The form as strings and integers; points only where there are any."""
        members: dict[str, Any] = {
            "kind": self.kind.value,
            "min_choices": self.min_choices,
            "max_choices": self.max_choices,
        }
        if self.kind is FormKind.POINTS:
            members |= {"points_total": self.points_total, "points_most": self.points_most}
        return members


def ballot_form_from_json(values: Any) -> BallotForm:
    """The form of :meth:`BallotForm.to_json`; raises KeyError, TypeError or ValueError for another shape."""
    return BallotForm(
        kind=FormKind(values["kind"]),
        min_choices=int(values["min_choices"]),
        max_choices=int(values["max_choices"]),
        points_total=int(values.get("points_total", 0)),
        points_most=int(values.get("points_most", 0)),
    )
