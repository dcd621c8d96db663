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
