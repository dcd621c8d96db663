"""What a call asks of proposals before the vote: categories, a cost limit, endorsements (連署)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pbvote.core.errors import InvalidInput
from pbvote.core.letters import folded, has_visible
from pbvote.core.rules import members
from pbvote.core.rules.errors import NameTwice, RuleConflict, RuleInvalid, RuleMissing
from pbvote.core.rules.stage import Timeline

MOST_ENDORSEMENTS = 100_000


class ReadableFrom(StrEnum):
    """From which step on everybody may read a proposal: where residents endorse it, before the decision."""

    SUBMISSION = "submission"
    DECISION = "decision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A category (類別) that residents choose for a proposal and filter lists by."""

    id: str
    name: str
    name_en: str = ""

    def to_json(self) -> dict[str, str]:
        """The category as strings."""
        return {"id": self.id, "name": self.name, "name_en": self.name_en}


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Conditions of the intake; money in whole NT$, 0 = no limit.

    ``endorsements_least`` residents have to endorse a proposal before ``endorsements_until`` (None: until
    the intake closes); with 0 nobody needs to.
    """

    categories: tuple[Category, ...] = ()
    cost_most_twd: int = 0
    endorsements_least: int = 0
    endorsements_until: datetime | None = None

    @property
    def readable_from(self) -> ReadableFrom:
        """From which step on everybody may read a proposal."""
        return ReadableFrom.SUBMISSION if self.endorsements_least else ReadableFrom.DECISION

    def due(self, timeline: Timeline) -> datetime | None:
        """Until when endorsements count; None where the call asks for none."""
        if not self.endorsements_least:
            return None
        return self.endorsements_until or timeline.proposals_close_at

    def findings(self, timeline: Timeline) -> list[InvalidInput]:
        """Everything unknown or contradictory, each naming its field of the ruleset."""
        found: list[InvalidInput] = []
        names: set[str] = set()
        for place, category in enumerate(self.categories):
            where = f"categories.{place}.name"
            if not has_visible(category.name):
                found.append(RuleMissing(field=where))
            elif folded(category.name) in names:
                found.append(NameTwice(field=where, value=category.name))
            names.add(folded(category.name))
        if self.cost_most_twd < 0:
            found.append(RuleInvalid(field="intake.cost_most_twd", value=self.cost_most_twd))
        if not 0 <= self.endorsements_least <= MOST_ENDORSEMENTS:
            found.append(RuleInvalid(field="intake.endorsements_least", value=self.endorsements_least))
        opens, until = timeline.proposals_open_at, self.endorsements_until
        if self.endorsements_least and opens is None:
            # nothing is handed in online, so nobody could endorse it
            found.append(RuleConflict(field="intake.endorsements_least", other="timeline.proposals_open_at"))
        elif until and opens and not opens < until <= timeline.moderation_until:
            found.append(RuleConflict(field="intake.endorsements_until", other="timeline.moderation_until"))
        return found

    def to_json(self) -> dict[str, Any]:
        """The conditions as strings and integers; what is at its default is absent."""
        return members.written(self)


def intake_from_json(values: Any) -> Intake:
    """The value of :meth:`Intake.to_json`; raises KeyError, TypeError or ValueError for another shape."""
    intake: Intake = members.read(Intake, values, within="intake", categories=_category)
    return intake


def _category(values: Any) -> Category:
    return Category(id=str(values["id"]), name=str(values["name"]), name_en=str(values["name_en"]))
