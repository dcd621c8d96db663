"""Real elections: the official winners by the file's own rule, and exact winners under lexicographic ties."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pbvote.core.record.elections import Countable, OfficialRule, official_rule, read_countable
from pbvote.core.record.pabulib import read_pabulib, write_pabulib
from pbvote.core.tally.methods import TieOrder
from tests.shared_data import shared_path

EXPLAINED = {
    "Poland_Warszawa_2018_Las.pb",
    "Poland_Warszawa_2018_Ursynow_Wysoki_Poludniowy.pb",
}
"""Official results that do not follow from the votes; docs/tally.md says what is known of them."""

METHODS: dict[str, dict[str, str]] = {
    "greedy_votes": {"method": "greedy-votes"},
    "greedy_votes_per_cost": {"method": "greedy-votes-per-cost"},
    "mes_cost": {"method": "equal-shares-cost"},
    "mes_card": {"method": "equal-shares-count"},
    "phragmen": {"method": "phragmen"},
    "mes_cost_add1_exhaustive": {
        "method": "equal-shares-cost",
        "completion": "add1",
        "add1_stop": "exhaustive",
    },
    "mes_cost_add1_until_overspend": {"method": "equal-shares-cost", "completion": "add1"},
}
MOST_VOTERS_FOR_ADD1 = 600
"""Add1 is run up to this size here: a larger file takes seconds each, and there are hundreds."""


def _folder() -> Path:
    return shared_path("pabulib/EXPECTED.jsonl").parent


@cache
def _read(name: str) -> Countable:
    return read_countable(_folder() / name)


def _more() -> Iterator[tuple[str, Countable]]:
    """The files in the archive, one at a time."""
    with tarfile.open(_folder() / "more.tar.xz") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name.endswith(".pb") else None
            if content is not None:
                text = io.TextIOWrapper(content, encoding="utf-8-sig", newline="").read()
                yield Path(member.name).name, read_countable(text)


def _expected() -> dict[str, dict[str, Any]]:
    lines = shared_path("pabulib/EXPECTED.jsonl").read_text().splitlines()
    return {row["file"]: row for row in map(json.loads, lines)}


def _misses_its_official_winners(countable: Countable) -> str:
    """The difference from the official winners; empty where there is none, or nothing to compare."""
    rule = official_rule(countable)
    if rule is None or not countable.official:
        return ""
    outcome = countable.count(rule.spec, rule.ties)
    ours = {countable.ids[number] for number in outcome.winners}
    difference = ours ^ set(countable.official)
    return ",".join(sorted(difference))


def _unlike(countable: Countable, expected: dict[str, Any]) -> list[str]:
    """The methods whose winners, order or final endowment are not the expected ones."""
    different = []
    for key, options in METHODS.items():
        wanted = expected.get(key)
        if wanted is None or (isinstance(wanted, dict) and expected["n"] > MOST_VOTERS_FOR_ADD1):
            continue
        outcome = countable.count(countable.spec(**options), TieOrder(("id",)))
        winners = [countable.ids[number] for number in outcome.winners]
        if isinstance(wanted, dict):
            endowment = Fraction(outcome.endowment) / countable.scale
            if "final_endowment" in wanted and endowment != Fraction(wanted["final_endowment"]):
                different.append(f"{key} endowment")
            wanted = wanted["winners"]
        if (sorted(winners) if key == "phragmen" else winners) != wanted:
            different.append(key)
    return different


@pytest.mark.parametrize("name", sorted(path.name for path in _folder().glob("*.pb")))
def test_a_files_own_rule_gives_its_official_winners(name: str) -> None:
    assert _misses_its_official_winners(_read(name)) == ""


@pytest.mark.parametrize("name", sorted(path.name for path in _folder().glob("*.pb")))
def test_winners_and_their_order_are_exact_under_lexicographic_ties(name: str) -> None:
    expected = _expected().get(name)
    if expected is not None:
        assert _unlike(_read(name), expected) == []


@pytest.mark.slow
def test_the_whole_collection_agrees_but_for_what_is_explained() -> None:
    expected, official, exact = _expected(), set(), []
    compared = 0
    for name, countable in _more():
        if _misses_its_official_winners(countable):
            official.add(name)
        if name in expected and expected[name]["n"] <= 5_000:
            compared += 1
            exact += [(name, key) for key in _unlike(countable, expected[name])]
    assert exact == []
    assert compared > 400
    assert official == EXPLAINED


def test_the_tie_order_decides_who_wins_in_a_real_election() -> None:
    countable = _read("Poland_Warszawa_2018_Niskie_Okecie.pb")
    rule = official_rule(countable)
    assert isinstance(rule, OfficialRule)
    by_cost, by_number = (
        {countable.ids[n] for n in countable.count(rule.spec, TieOrder(keys)).winners}
        for keys in (("cheaper", "number"), ("number",))
    )
    assert by_cost - by_number == {"308", "302"}
    assert by_number - by_cost == {"615"}


def test_every_real_file_survives_reading_and_writing() -> None:
    for path in sorted(_folder().glob("*.pb")):
        election = read_pabulib(path)
        assert read_pabulib(write_pabulib(election)) == election, path.name
