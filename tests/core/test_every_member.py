"""Every member of the rules' classes goes into the manifest and comes back, those of tomorrow too."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from pbvote.core.rules.intake import Category, Intake, intake_from_json
from pbvote.core.rules.winner_rule import Track, track_from_json

UNUSUAL: dict[str, Any] = {
    "int": 7,
    "str": "x",
    "bool": True,
    "datetime | None": datetime(2026, 5, 1, tzinfo=UTC),
    "tuple[Category, ...]": (Category(id="c1", name="公園", name_en="Parks"),),
}


@pytest.mark.parametrize(("kind", "read"), [(Intake, intake_from_json), (Track, track_from_json)])
def test_nothing_is_lost_on_the_way_through_json(kind: type, read: Any) -> None:
    made = kind(**{each.name: UNUSUAL[str(each.type)] for each in dataclasses.fields(kind)})
    assert read(made.to_json()) == made


@pytest.mark.parametrize(
    "old", [Intake(cost_most_twd=5), Track(id="t1", name="甲")], ids=lambda rules: type(rules).__name__
)
def test_a_member_of_tomorrow_leaves_the_bytes_of_today(old: Any) -> None:
    added = [("tomorrow", int, dataclasses.field(default=0))]
    later = dataclasses.make_dataclass("Later", added, bases=(type(old),), frozen=True, kw_only=True)
    values = {each.name: getattr(old, each.name) for each in dataclasses.fields(old)}
    assert later(**values).to_json() == old.to_json()
    assert later(**values, tomorrow=1).to_json() == {**old.to_json(), "tomorrow": 1}
