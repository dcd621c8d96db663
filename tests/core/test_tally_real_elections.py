"""Real elections: the official winners, and exact winners under lexicographic ties."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from pbvote.core.record.pabulib import PabulibElection, read_pabulib, write_pabulib
from tests.core.tally_cases import count_real
from tests.shared_data import shared_path

OFFICIAL_TIES = ("cheaper", "number")

OTHER_TIES = {
    # 615 and 308 both had 88 votes; the city took 615, listed first and the dearer of the two.
    "Poland_Warszawa_2018_Niskie_Okecie.pb": ("number",),
}
"""Files whose official result needs another tie order than cheaper, then earlier number."""

FITS = {"greedy": "skip", "greedy-threshold": "skip", "greedy-no-skip": "stop"}

OFFICIAL = [
    "Poland_Gdynia_2021_Chwarzno-Wiczlino__small.pb",
    "Poland_Gdynia_2023_Chwarzno-Wiczlino__small.pb",
    "Poland_Lodz_2020_Widzew_Wschod.pb",
    "Poland_Lodz_2020_Wiskitno.pb",
    "Poland_Lodz_2022_Zdrowie-Mania.pb",
    "Poland_Lodz_2023.pb",
    "Poland_Warszawa_2017_Ursus_Polnocny.pb",
    "Poland_Warszawa_2018_Niskie_Okecie.pb",
    "Poland_Warszawa_2022_Ursus.pb",
    "Poland_Warszawa_2023_Ursus.pb",
    "Poland_Warszawa_2026_Tarchomin.pb",
    "Poland_Wroclaw_2015_up_to_150.pb",
    "Poland_Wroclaw_2017.pb",
]
"""Every file of the folder with a greedy rule, a vote type of one voice per project, and winners."""


class Expected(NamedTuple):
    """A line of EXPECTED.jsonl."""

    file: str
    winners: list[str]


@cache
def _read(path: Path) -> PabulibElection:
    return read_pabulib(path)


def _folder() -> Path:
    return shared_path("pabulib/EXPECTED.jsonl").parent


def _expected() -> Iterator[Expected]:
    for line in shared_path("pabulib/EXPECTED.jsonl").read_text().splitlines():
        row = json.loads(line)
        yield Expected(row["file"], row["greedy_votes"])


def _decided_by_greedy(election: PabulibElection) -> bool:
    return (
        election.meta["rule"] in FITS
        and election.meta["vote_type"] in ("approval", "choose-1")
        and any(project.selected == 1 for project in election.listed())
    )


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_count_gives_the_official_winners(name: str) -> None:
    election = _read(shared_path(f"pabulib/{name}"))
    winners = count_real(
        election,
        tie_keys=OTHER_TIES.get(name, OFFICIAL_TIES),
        fit=FITS[election.meta["rule"]],
        threshold=election.threshold,
    )
    assert set(winners) == {project.id for project in election.listed() if project.selected == 1}


def test_no_real_file_with_a_greedy_rule_is_left_out() -> None:
    found = [path.name for path in sorted(_folder().glob("*.pb")) if _decided_by_greedy(_read(path))]
    assert found == OFFICIAL


def test_the_tie_order_decides_who_wins_in_a_real_election() -> None:
    election = _read(shared_path("pabulib/Poland_Warszawa_2018_Niskie_Okecie.pb"))
    by_cost, by_number = (
        set(count_real(election, tie_keys=keys, fit="skip", threshold=election.threshold))
        for keys in (OFFICIAL_TIES, ("number",))
    )
    assert by_cost - by_number == {"308", "302"}
    assert by_number - by_cost == {"615"}


def test_winners_and_their_order_are_exact_under_lexicographic_ties() -> None:
    compared = 0
    for expected in _expected():
        path = _folder() / expected.file
        if not path.exists():
            continue
        winners = count_real(_read(path), tie_keys=("id",), fit="skip", threshold=Fraction(0))
        assert winners == expected.winners, expected.file
        compared += 1
    assert compared >= 15


def test_every_real_file_survives_reading_and_writing() -> None:
    for path in sorted(_folder().glob("*.pb")):
        election = _read(path)
        assert read_pabulib(write_pabulib(election)) == election, path.name
