"""The vectors of RFC 9474 appendix A, all four variants."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from pbvote.core.crypto import blind_rsa
from pbvote.core.crypto.errors import TokenInvalid
from tests.shared_data import shared_path

VECTORS = json.loads(shared_path("vectors/rfc9474_vectors.json").read_text())


@dataclass(frozen=True, slots=True)
class Vector:
    members: dict[str, str]

    def octets(self, name: str) -> bytes:
        return bytes.fromhex((self.members[name] or "").removeprefix("0x"))

    def integer(self, name: str) -> int:
        return int(self.members[name], 16)

    def key(self) -> rsa.RSAPrivateKey:
        p, q, d, n, e = (self.integer(name) for name in "pqdne")
        public = rsa.RSAPublicNumbers(e, n)
        return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()


@pytest.fixture(params=VECTORS, ids=[v["name"] for v in VECTORS])
def vector(request: pytest.FixtureRequest) -> Vector:
    return Vector(request.param)


def test_every_step_gives_the_bytes_of_the_standard(vector: Vector) -> None:
    key = vector.key()
    public = key.public_key()
    salt = vector.octets("salt")
    message = vector.octets("input_msg")
    assert message == vector.octets("msg_prefix") + vector.octets("msg")
    factor = pow(vector.integer("inv"), -1, vector.integer("n"))
    blinding = blind_rsa._blind_with(public, message, salt=salt, factor=factor)
    assert blinding.blinded == vector.octets("blinded_msg")
    signature = blind_rsa.BlindSigner(key).sign(blinding.blinded)
    assert signature == vector.octets("blind_sig")
    token = blind_rsa.finalize(public, message, signature, blinding.inverse, salt_length=len(salt))
    assert token == vector.octets("sig")


def test_a_vector_with_another_salt_length_is_refused_where_48_is_due(vector: Vector) -> None:
    public = vector.key().public_key()
    due = 0 if vector.octets("salt") else 48
    with pytest.raises(TokenInvalid):
        blind_rsa.verify_token(public, vector.octets("input_msg"), vector.octets("sig"), salt_length=due)
