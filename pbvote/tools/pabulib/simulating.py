"""Invented elections of any size: the same bytes for the same seed on every machine.

Voters live in areas and have interests, and so do projects; a voter likes what is near or close to their
interests several times more, and some projects are popular with everybody. Nothing here resembles a real
place. The only source of chance is ``random.Random(seed).random()``, whose sequence Python guarantees.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final, TypeAlias

from pbvote.tools.pabulib.errors import TooLarge

MOST_VOTERS: Final = 50_000_000
MOST_PROJECTS: Final = 5_000
_AREAS: Final = ("東湖", "北嶺", "南埔", "西港", "中寮", "上坪", "下灣", "新庄")
_INTERESTS: Final = ("兒童", "長輩", "綠地", "文化", "運動", "通學", "動物", "防災")
_THINGS: Final = (
    "小公園",
    "共學空間",
    "步道",
    "圖書角",
    "球場",
    "座椅",
    "夜間照明",
    "菜園",
    "遊戲場",
    "講堂",
)
_CHOICES: Final = 10
_POINTS: Final = 10
_NEAR, _DEAR = 4.0, 3.0
_Draw: TypeAlias = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """An invented election; ``form`` is approval, ranking or points; ``budget`` 0 lets it be invented."""

    voters: int
    projects: int
    seed: int
    form: str = "approval"
    budget: int = 0

    def check(self) -> None:
        """Guarantee a size that can be made.

        Raises:
            TooLarge: more voters or projects than that.
        """
        for field, most in (("voters", MOST_VOTERS), ("projects", MOST_PROJECTS)):
            if getattr(self, field) > most:
                raise TooLarge(field=field, value=getattr(self, field))

    def lines(self) -> Iterator[str]:
        """The file line by line, in memory that does not grow with the number of voters."""
        draw = Random(self.seed).random  # noqa: S311  # invented ballots, no secret
        listed = [_project(number, draw()) for number in range(1, self.projects + 1)]
        budget = self.budget or max(1, sum(cost for _, _, cost in listed) // 4)
        yield from self._meta(budget)
        yield "PROJECTS\n"
        yield "project_id;cost;name\n"
        for number, (area, interest, cost) in enumerate(listed, start=1):
            thing = _THINGS[number % len(_THINGS)]
            yield f"{number};{cost};{_AREAS[area]}{_INTERESTS[interest]}{thing} {number}\n"
        yield "VOTES\n"
        yield "voter_id;vote;points\n" if self.form == "points" else "voter_id;vote\n"
        tables = _tables(listed, [draw() for _ in listed])
        for voter in range(1, self.voters + 1):
            yield f"{voter};{self._vote(tables, draw)}\n"

    def _meta(self, budget: int) -> Iterator[str]:
        kind = {"approval": "approval", "ranking": "ordinal", "points": "cumulative"}[self.form]
        meta = {
            "description": f"Invented election, seed {self.seed}",
            "country": "Taiwan",
            "unit": "Invented City",
            "instance": "2026",
            "num_projects": str(self.projects),
            "num_votes": str(self.voters),
            "budget": str(budget),
            "vote_type": kind,
            "rule": "unknown",
            "date_begin": "01.01.2026",
            "date_end": "31.01.2026",
            "min_length": "1",
            "max_length": str(min(_CHOICES, self.projects)),
        }
        if self.form == "points":
            meta |= {"min_points": "1", "max_points": str(_POINTS), "max_sum_points": str(_POINTS)}
        meta |= {"language": "zh", "currency": "TWD", "experimental": "1"}
        yield "META\nkey;value\n"
        yield from (f"{key};{value}\n" for key, value in meta.items())

    def _vote(self, tables: dict[tuple[int, int], list[float]], draw: _Draw) -> str:
        area = int(draw() * len(_AREAS))
        table = tables[area, int(draw() * len(_INTERESTS))]
        most = min(_CHOICES, self.projects)
        wanted = 1 + int(draw() * most)
        chosen: dict[int, None] = {}
        for _ in range(4 * wanted):
            if len(chosen) == wanted:
                break
            chosen[bisect(table, draw() * table[-1]) + 1] = None
        numbers = list(chosen)
        if self.form == "ranking":
            return ",".join(map(str, numbers))
        if self.form == "approval":
            return ",".join(map(str, sorted(numbers)))
        points = [_POINTS // len(numbers)] * len(numbers)
        points[0] += _POINTS - sum(points)
        return f"{','.join(map(str, numbers))};{','.join(map(str, points))}"


def _project(number: int, drawn: float) -> tuple[int, int, int]:
    """Area, interest and cost: between 50,000 and about 3,000,000, small ones more often."""
    cost = 50_000 + int(drawn**3 * 3_000_000) // 1_000 * 1_000
    return number % len(_AREAS), number // len(_AREAS) % len(_INTERESTS), cost


def _tables(listed: list[tuple[int, int, int]], popular: list[float]) -> dict[tuple[int, int], list[float]]:
    """Accumulated liking of every project, for each kind of voter."""
    return {
        (area, interest): list(
            accumulate(
                (0.2 + popularity**4) * (_NEAR if at == area else 1.0) * (_DEAR if about == interest else 1.0)
                for (at, about, _), popularity in zip(listed, popular, strict=True)
            )
        )
        for area in range(len(_AREAS))
        for interest in range(len(_INTERESTS))
    }
