"""Totals of a published result: turnout by district, and votes and money by category.

Turnout of few people is not printed: whoever knows the few could guess what they did. The record that
auditors check holds every sealed ballot all the same, as the promise page says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pbvote.core.manifest import Manifest
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.counting.freeze import SMALL
from pbvote.words import names as words
from pbvote.words.catalogue import gettext as _

FEW_BALLOTS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnout:
    """One district, or all of them; ``eligible`` is 0 where no roll says how many that is."""

    name: str
    eligible: int
    cast: int

    @property
    def hidden(self) -> bool:
        """Whether too few people are concerned to print it."""
        return 0 < self.eligible < SMALL or 0 < self.cast < FEW_BALLOTS

    @property
    def contradictory(self) -> bool:
        """Whether more ballots were cast than the roll has people, so that it cannot be the whole roll."""
        return 0 < self.eligible < self.cast

    @property
    def per_mille(self) -> int:
        """Ballots cast per thousand eligible; 0 where nobody knows how many are eligible."""
        return 1000 * self.cast // self.eligible if self.eligible and not self.contradictory else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryTotal:
    """What one category got; money in whole NT$, ``share`` of all money spent in thousandths."""

    name: str
    projects: int
    winners: int
    score: int
    spent_twd: int
    share: int


def turnout(call: CallView, manifest: Manifest, districts: Sequence[dict[str, Any]]) -> list[Turnout]:
    """Turnout by district and, with more than one, of the whole vote."""
    eligible: dict[str, int] = {}
    for style in manifest.styles:
        eligible[style.district] = eligible.get(style.district, 0) + style.eligible
    rows = [
        Turnout(
            name=words.district_name(call, values["id"]),
            eligible=eligible.get(values["id"], 0),
            cast=sum(style["cast"] for style in values["styles"]),
        )
        for values in districts
    ]
    if len(rows) < 2 or any(row.hidden or row.contradictory for row in rows):
        return rows  # a total beside one hidden row would give the row away; one of wrong parts is wrong
    whole = Turnout(
        name=_("合計"), eligible=sum(row.eligible for row in rows), cast=sum(row.cast for row in rows)
    )
    return [*rows, whole]


def by_category(
    call: CallView, manifest: Manifest, districts: Sequence[dict[str, Any]]
) -> list[CategoryTotal]:
    """Totals by category in the order of the call's list; nothing where the call has none."""
    category = {project.number: project.category for project in manifest.projects}
    rows = [row for values in districts for row in values["outcome"]["trace"]]
    won = [row for row in rows if row["fate"] == "selected"]
    spent = sum(row["cost"] for row in won) or 1
    totals = []
    for each in call.rules.intake.categories:
        here = [row for row in rows if category.get(row["project"]) == each.id]
        winners = [row for row in won if category.get(row["project"]) == each.id]
        money = sum(row["cost"] for row in winners)
        totals.append(
            CategoryTotal(
                name=words.category_name(call, each.id),
                projects=len(here),
                winners=len(winners),
                score=sum(row["score"] for row in here),
                spent_twd=money,
                share=1000 * money // spent,
            )
        )
    return totals
