"""Proofs good and broken, by transparency-dev: each file is named after what was broken in it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from pbvote.core.log import merkle
from pbvote.core.log.errors import ConsistencyInvalid, InclusionInvalid
from tests.shared_data import shared_path

FOLDER = shared_path("vectors/merkle")


def _probes(kind: str) -> list[Any]:
    files = sorted((FOLDER / kind).rglob("*.json"))
    return [pytest.param(file, id=str(file.relative_to(FOLDER / kind))) for file in files]


def _octets(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def _load(file: Path) -> tuple[dict[str, Any], list[bytes]]:
    probe = json.loads(file.read_text())
    return probe, [_octets(part) for part in probe["proof"] or []]


@pytest.mark.parametrize("file", _probes("inclusion"))
def test_inclusion_probe(file: Path) -> None:
    probe, proof = _load(file)

    def check() -> None:
        merkle.verify_inclusion(
            _octets(probe["leafHash"]),
            index=probe["leafIdx"],
            size=probe["treeSize"],
            proof=proof,
            root=_octets(probe["root"]),
        )

    if probe["wantErr"]:
        with pytest.raises(InclusionInvalid):
            check()
    else:
        check()


@pytest.mark.parametrize("file", _probes("consistency"))
def test_consistency_probe(file: Path) -> None:
    probe, proof = _load(file)

    def check() -> None:
        merkle.verify_consistency(
            old_size=probe["size1"],
            new_size=probe["size2"],
            old_root=_octets(probe["root1"]),
            new_root=_octets(probe["root2"]),
            proof=proof,
        )

    if probe["wantErr"]:
        with pytest.raises(ConsistencyInvalid):
            check()
    else:
        check()
