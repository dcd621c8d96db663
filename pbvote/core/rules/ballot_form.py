"""Which ballots are legal in a call: the form, and the numbers that the call sets for it (PRA-01)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pbvote.core.errors import InvalidInput
from pbvote.core.rules.forms import FORMS
from pbvote.core.rules.forms.base import BallotFormType, FormKind

__all__ = ["BallotForm", "FormKind", "ballot_form_from_json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotForm:
    """Which ballots are legal: between ``min_choices`` and ``max_choices`` projects, each once.

    A knapsack's projects may not cost more than the district has. A ranking puts its projects in order. A
    points ballot gives its projects ``points_total`` points at most, to each between 1 and ``points_most``
    (0: as many as there are). A blank ballot is legal only where ``min_choices`` is 0.
    """

    kind: str
    min_choices: int
    max_choices: int
    points_total: int = 0
    points_most: int = 0

    @property
    def type(self) -> BallotFormType:
        """The form itself: its rules, bytes and words. Raises KeyError for an unknown kind."""
        return FORMS[self.kind]

    @property
    def most_points(self) -> int:
        """The most that one project may get."""
        return self.points_most or self.points_total

    def findings(self) -> list[InvalidInput]:
        """Everything that contradicts itself, each naming its field of the ruleset."""
        return self.type.findings(self)

    def to_json(self) -> dict[str, Any]:
        """The form as strings and integers; further limits only where the form has them."""
        return {
            "kind": str(self.kind),
            "min_choices": self.min_choices,
            "max_choices": self.max_choices,
            **{name: getattr(self, name) for name in self.type.numbers},
        }


def ballot_form_from_json(values: Any) -> BallotForm:
    """The form of :meth:`BallotForm.to_json`; raises KeyError, TypeError or ValueError for another shape."""
    return BallotForm(
        kind=FORMS[values["kind"]].kind,
        min_choices=int(values["min_choices"]),
        max_choices=int(values["max_choices"]),
        points_total=int(values.get("points_total", 0)),
        points_most=int(values.get("points_most", 0)),
    )
