"""The P-256 base mode vector of RFC 9180 (A.3.1), for opening: sealing draws its own ephemeral key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pbvote.core.crypto import sealing
from pbvote.core.crypto.errors import SealBroken

VECTOR = {
    name: value if name == "source" else bytes.fromhex(value)
    for name, value in json.loads((Path(__file__).parent / "hpke_p256.json").read_text()).items()
}


def test_the_points_belong_to_the_private_keys() -> None:
    assert sealing.public_point(VECTOR["skRm"]) == VECTOR["pkRm"]
    assert sealing.public_point(VECTOR["skEm"]) == VECTOR["pkEm"]


def test_the_key_schedule_leads_to_the_key_and_nonce_of_the_standard() -> None:
    cipher = AESGCM(VECTOR["key"])
    plaintext = cipher.decrypt(VECTOR["base_nonce"], VECTOR["ct"], VECTOR["aad"])
    assert plaintext == VECTOR["pt"]
    # the protocol uses no associated data, so the same key and nonce seal it once more without
    sealed = VECTOR["pkEm"] + cipher.encrypt(VECTOR["base_nonce"], plaintext, b"")
    assert sealing.open_sealed(VECTOR["skRm"], VECTOR["info"], sealed) == plaintext


def test_the_published_ciphertext_with_associated_data_is_not_opened_without() -> None:
    with pytest.raises(SealBroken):
        sealing.open_sealed(VECTOR["skRm"], VECTOR["info"], VECTOR["pkEm"] + VECTOR["ct"])
