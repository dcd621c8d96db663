"""The frozen manifest: one value, one spelling, and everything that the vote stands on inside it (PRA-05)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbvote.core import canonical
from pbvote.core.manifest import Manifest, ManifestMalformed, Trustees, UnknownStyle, parse_manifest
from pbvote.core.types import Mode, ProjectNumber, StyleId
from tests.make.votes import (
    NORTH,
    NORTH_1,
    PROJECTS,
    RULESET,
    SOUTH,
    TIMELINE,
    example_manifest,
    manifest_with,
    project,
)


def _values() -> dict[str, Any]:
    values = canonical.decode(example_manifest().bytes)
    assert isinstance(values, dict)
    return values


def test_a_manifest_is_read_as_it_was_frozen() -> None:
    manifest = example_manifest()
    again = parse_manifest(manifest.bytes)
    assert again == manifest
    assert again.bytes == manifest.bytes
    assert manifest.election_hash == hashlib.sha256(manifest.bytes).digest()


def test_a_manifest_with_trustees_and_witnesses_is_read_as_it_was_frozen() -> None:
    manifest = manifest_with(
        trustees=Trustees(threshold=2, keys=("a", "b", "c"), shares=(("0", "x"), ("1", "y"))),
        witnesses=("w1", "w2"),
        client_modules=(("a.js", "00"), ("b.js", "11")),
        tie_seed_hash="ab" * 32,
    )
    assert parse_manifest(manifest.bytes) == manifest


def test_the_dates_of_the_vote_are_those_of_the_rules() -> None:
    manifest = example_manifest()
    assert manifest.opens_at == TIMELINE.voting_opens_at
    assert manifest.issue_until == TIMELINE.issue_until
    assert manifest.cast_until == TIMELINE.cast_until


def test_a_ballot_shows_the_projects_of_its_district_alone() -> None:
    manifest = example_manifest()
    assert [p.number for p in manifest.projects_of(NORTH)] == [1, 2, 3, 4]
    assert [p.number for p in manifest.projects_of(SOUTH)] == [10]
    assert manifest.projects_of("nowhere") == ()


def test_an_unknown_style_is_refused_by_name() -> None:
    assert example_manifest().style(NORTH_1).district == NORTH
    with pytest.raises(UnknownStyle) as caught:
        example_manifest().style("west-w1")
    assert caught.value.facts == {"style": "west-w1"}


CHANGES: list[dict[str, Any]] = [
    {"mode": Mode.PRODUCTION},
    {"call": "otherotherot"},
    {"agency": "另一機關"},
    {"title": "另一主題"},
    {"origin": "https://other.example"},
    {"styles": example_manifest().styles[:2]},
    {"styles": tuple(replace(s, weight=s.weight + 1) for s in example_manifest().styles)},
    {"styles": tuple(replace(s, eligible=s.eligible + 1) for s in example_manifest().styles)},
    {"styles": example_manifest().styles[::-1]},
    {"hpke_pk": example_manifest().auditor_pk},
    {"pad_to": example_manifest().pad_to + 16},
    {"box_vkey": "x"},
    {"roll_vkey": "x"},
    {"auditor_pk": example_manifest().hpke_pk},
    {"projects": PROJECTS[:-1]},
    {"projects": (replace(PROJECTS[0], cost_twd=PROJECTS[0].cost_twd + 1), *PROJECTS[1:])},
    {"projects": (replace(PROJECTS[0], title="改名"), *PROJECTS[1:])},
    {"projects": (replace(PROJECTS[0], district=SOUTH), *PROJECTS[1:])},
    {"ruleset": replace(RULESET, tie_order=("number",))},
    {"ruleset": replace(RULESET, timeline=replace(TIMELINE, cast_until=TIMELINE.cast_until + timedelta(1)))},
    {"tie_seed_hash": "00" * 32},
    {"client_modules": ()},
    {"witnesses": ("w",)},
    {"trustees": Trustees(threshold=2)},
]


def test_whatever_changes_changes_the_hash_on_the_notice() -> None:
    """PRA-05: who compares EH knows that rules, projects, keys and dates are the printed ones."""
    hashes = {manifest_with(**change).election_hash for change in CHANGES}
    assert len(hashes | {example_manifest().election_hash}) == len(CHANGES) + 1


@pytest.mark.parametrize("name", sorted(example_manifest().to_json()))
def test_a_missing_member_is_refused(name: str) -> None:
    values = _values()
    del values[name]
    with pytest.raises(ManifestMalformed):
        parse_manifest(canonical.encode(values))


@pytest.mark.parametrize("name", sorted(example_manifest().to_json()))
@pytest.mark.parametrize(
    "value", [-1, "", "x", "1", [], {}, [1], [{}], {"a": 1}, [[]], "2026-01-01T00:00:00Z"]
)
def test_a_member_of_another_kind_is_refused_or_read_word_for_word(name: str, value: Any) -> None:
    """A hostile manifest gives a named error or says exactly what its bytes say; never a crash."""
    octets = canonical.encode({**_values(), name: value})
    try:
        manifest = parse_manifest(octets)
    except ManifestMalformed:
        return
    assert manifest.bytes == octets


@pytest.mark.parametrize("part", ["styles", "projects", "ruleset", "trustees", "batch"])
def test_a_surplus_member_is_refused_at_every_level(part: str) -> None:
    values = _values()
    inner = values[part][0] if isinstance(values[part], list) else values[part]
    inner["more"] = 1
    with pytest.raises(ManifestMalformed):
        parse_manifest(canonical.encode(values))
    with pytest.raises(ManifestMalformed):
        parse_manifest(canonical.encode({**_values(), "more": 1}))


@pytest.mark.parametrize("name", ["opens_at", "issue_until", "cast_until"])
def test_dates_that_disagree_with_the_rules_are_refused(name: str) -> None:
    with pytest.raises(ManifestMalformed):
        parse_manifest(canonical.encode({**_values(), name: "2027-01-01T00:00:00Z"}))


def test_another_version_is_refused() -> None:
    for version in (0, 2, "1"):
        with pytest.raises(ManifestMalformed) as caught:
            parse_manifest(canonical.encode({**_values(), "version": version}))
        assert caught.value.facts == {"problem": "version"}


@pytest.mark.parametrize(
    ("problem", "changes"),
    [
        (
            "number-twice",
            {"projects": (project(1, NORTH, 1), replace(project(2, NORTH, 1), number=ProjectNumber(1)))},
        ),
        ("project-twice", {"projects": (project(1, NORTH, 1), replace(project(2, NORTH, 1), id="p1"))}),
        ("number-order", {"projects": PROJECTS[::-1]}),
        ("number-range", {"projects": (project(0, NORTH, 1),)}),
        ("number-range", {"projects": (project(1_000_000, NORTH, 1),)}),
        ("style-twice", {"styles": (example_manifest().styles[0],) * 2}),
        ("style-none", {"styles": ()}),
        ("style-id", {"styles": (replace(example_manifest().styles[0], id=StyleId("")),)}),
        ("style-id", {"styles": (replace(example_manifest().styles[0], id=StyleId("字" * 86)),)}),
        ("eligible", {"styles": (replace(example_manifest().styles[0], eligible=-1),)}),
        ("district", {"styles": (replace(example_manifest().styles[0], district="west"),)}),
        ("district", {"projects": (replace(PROJECTS[0], district="west"),)}),
        ("weight", {"styles": (replace(example_manifest().styles[0], weight=0),)}),
        ("weight", {"styles": (replace(example_manifest().styles[0], weight=10),)}),
        ("cost", {"projects": (project(1, NORTH, -1),)}),
        ("point", {"hpke_pk": bytes(64)}),
        ("point", {"auditor_pk": b""}),
        ("pad", {"pad_to": 1}),
        ("pad", {"pad_to": 60_001}),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused_by_name(problem: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ManifestMalformed) as caught:
        parse_manifest(manifest_with(**changes).bytes)
    assert caught.value.facts == {"problem": problem}


@given(st.binary(max_size=100))
def test_any_bytes_are_refused(octets: bytes) -> None:
    with pytest.raises(ManifestMalformed):
        parse_manifest(octets)


@given(st.integers(0, len(example_manifest().bytes) - 1), st.integers(1, 255))
def test_a_manifest_with_a_byte_changed_is_refused_or_has_another_hash(place: int, change: int) -> None:
    octets = bytearray(example_manifest().bytes)
    octets[place] ^= change
    try:
        manifest: Manifest = parse_manifest(bytes(octets))
    except ManifestMalformed:
        return
    assert manifest.bytes == bytes(octets)
    assert manifest.election_hash != example_manifest().election_hash


@pytest.mark.parametrize("octets", [b"[" * 50_000, b'{"version":1}', b"[]", b"1", b'{"version":1,"mode":{}}'])
def test_a_hostile_document_is_no_manifest(octets: bytes) -> None:
    with pytest.raises(ManifestMalformed):
        parse_manifest(octets)
