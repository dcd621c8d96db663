"""The browser's protocol against the standards' vectors and against the service's own code."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from pbvote.core.ballot.ballot import BallotChecker, open_choices
from pbvote.core.ballot.receipt import check_code, make_receipt
from pbvote.core.crypto import credential, sealing, signing
from pbvote.core.log.entry import entry_hash
from pbvote.core.log.merkle import append_tiles, inclusion_proof, leaf_hash, root
from pbvote.core.manifest import Manifest
from pbvote.core.types import Choices, b64, unb64
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import sequencing, service
from tests.box_vote import CLOSED, ballots, box_manifest, open_vote
from tests.browser.node import ClientError, Node
from tests.core.example_vote import NORTH_1, opening_key, signer
from tests.shared_data import shared_path


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    return Node(tmp_path_factory.mktemp("node"))


def sent(manifest: Manifest) -> str:
    return b64(manifest.bytes)


def issue(attempt: dict[str, Any]) -> dict[str, Any]:
    signature = signer(attempt["style"]).sign(unb64(attempt["blinded"]))
    return {**attempt, "signature": b64(signature)}


def test_blinding_and_unblinding_give_every_vector_of_rfc_9474(node: Node) -> None:
    vectors = json.loads(Path(shared_path("vectors/rfc9474_vectors.json")).read_text())
    results = node.run("rfc9474", vectors)
    assert [r["blinded"] for r in results] == [v["blinded_msg"].removeprefix("0x") for v in vectors]
    assert [r["signature"] for r in results] == [v["sig"].removeprefix("0x") for v in vectors]


def test_sealing_gives_the_vector_of_rfc_9180(node: Node) -> None:
    vector = json.loads((Path(__file__).parents[1] / "vectors" / "hpke_p256.json").read_text())
    secret = ec.derive_private_key(int(vector["skEm"], 16), ec.SECP256R1()).private_numbers()
    point = secret.public_numbers

    def part(value: int) -> str:
        return base64.urlsafe_b64encode(value.to_bytes(32, "big")).rstrip(b"=").decode()

    ephemeral = {
        "kty": "EC",
        "crv": "P-256",
        "x": part(point.x),
        "y": part(point.y),
        "d": part(secret.private_value),
    }
    given = {
        "point": vector["pkRm"],
        "info": vector["info"],
        "plaintext": vector["pt"],
        "associated": vector["aad"],
        "ephemeral": ephemeral,
    }
    assert node.run("hpke", given) == vector["pkEm"] + vector["ct"]


def test_what_the_browser_seals_opens_here_and_only_under_the_same_purpose(node: Node) -> None:
    private = sealing.generate_opening_key()
    given = {
        "point": sealing.public_point(private).hex(),
        "info": b"purpose".hex(),
        "plaintext": b"text".hex(),
    }
    sealed = bytes.fromhex(node.run("hpke", given))
    assert sealing.open_sealed(private, b"purpose", sealed) == b"text"
    assert len(sealed) == 4 + sealing.SEALED_OVERHEAD
    with pytest.raises(sealing.SealBroken):
        sealing.open_sealed(private, b"other", sealed)


def test_the_browsers_signatures_are_low_s_and_verify(node: Node) -> None:
    for point, message, signature in node.run("signatures", {"count": 12}):
        credential.verify_signature(bytes.fromhex(point), bytes.fromhex(message), bytes.fromhex(signature))


@pytest.mark.parametrize("choices", [[1], [4, 2, 1]])
def test_a_ballot_made_by_the_browser_is_taken_by_the_box_and_opens(
    node: Node, rt: Runtime, choices: list[int]
) -> None:
    manifest = box_manifest(rt)
    attempt = issue(node.run("begin", {"manifest": sent(manifest), "style": NORTH_1}))
    made = node.run("ballot", {"manifest": sent(manifest), "attempt": attempt, "choices": choices})
    octets = unb64(made["entry"])
    entry = BallotChecker(manifest).check(octets)
    assert open_choices(manifest, sealing.OpeningKey(opening_key()), entry) == Choices.of_set(choices)
    assert made["hash"] == entry_hash(octets).hex()
    assert made["code"] == check_code(entry_hash(octets))
    assert made["fault"] is None


def test_no_two_attempts_have_anything_in_common(node: Node, rt: Runtime) -> None:
    manifest = box_manifest(rt)
    first = node.run("begin", {"manifest": sent(manifest), "style": NORTH_1})
    second = node.run("begin", {"manifest": sent(manifest), "style": NORTH_1})
    for name in ("point", "message", "inverse", "blinded"):
        assert first[name] != second[name]
    assert len(unb64(first["blinded"])) == 256


def test_an_issuer_that_signs_something_else_is_found_out(node: Node, rt: Runtime) -> None:
    manifest = box_manifest(rt)
    attempt = issue(node.run("begin", {"manifest": sent(manifest), "style": NORTH_1}))
    wrong = bytearray(unb64(attempt["signature"]))
    wrong[-1] ^= 1
    for signature in (b64(bytes(wrong)), b64(bytes(256)), b64(b"short")):
        given = {
            "manifest": sent(manifest),
            "attempt": {**attempt, "signature": signature},
            "choices": [1],
        }
        with pytest.raises(ClientError, match="token-invalid"):
            node.run("ballot", given)


def test_browser_and_core_agree_on_what_a_legal_ballot_is(node: Node, rt: Runtime) -> None:
    manifest = box_manifest(rt)
    cases: list[list[Any]] = [
        ["north", [1]],
        ["north", []],
        ["north", [1, 2, 3, 4]],
        ["north", [1, 1]],
        ["north", [10]],
        ["south", [10]],
    ]
    found = node.run("faults", {"manifest": sent(manifest), "cases": cases})
    assert found == [None, "too-few", "too-many", "unknown", "unknown", None]


def test_the_browser_checks_the_boxs_promise(node: Node, rt: Runtime) -> None:
    manifest = box_manifest(rt)
    seed = rt.keystore.get(service.key_name(manifest.call))
    name = leaf_hash(b"a ballot")
    promise = make_receipt(manifest.election_hash, name, include_by=1_700_000_000, seed=seed)
    receipt = {
        "entryHash": name.hex(),
        "includeBy": promise.include_by,
        "signature": b64(promise.signature),
    }
    assert node.run("promise", {"manifest": sent(manifest), "receipt": receipt}) == "valid"
    for change in (
        {"includeBy": promise.include_by + 1},
        {"entryHash": leaf_hash(b"another").hex()},
        {"signature": b64(signing.sign(bytes(32), b"other"))},
    ):
        given = {"manifest": sent(manifest), "receipt": {**receipt, **change}}
        assert node.run("promise", given) == "invalid"


def test_the_browsers_inclusion_check_agrees_with_the_tree(node: Node) -> None:
    hashes = [leaf_hash(bytes([i])) for i in range(40)]
    cases: list[dict[str, Any]] = []
    expected: list[bool] = []
    for size in (1, 2, 3, 7, 8, 21, 40):
        made = append_tiles(_Nothing(), 0, hashes[:size])
        reader = _Tiles({(level, index): octets for level, index, octets in made})
        for position in range(size):
            case = {
                "hash": hashes[position].hex(),
                "position": position,
                "size": size,
                "proof": [each.hex() for each in inclusion_proof(reader, position, size)],
                "root": root(reader, size).hex(),
            }
            longer = [*case["proof"], "00" * 32]
            cases += [case, {**case, "hash": leaf_hash(b"x").hex()}, {**case, "proof": longer}]
            expected += [True, False, False]
            if size > 1:
                cases.append({**case, "position": (position + 1) % size})
                expected.append(False)
    assert node.run("inclusion", cases) == expected


class _Nothing:
    def tile(self, level: int, index: int, /) -> bytes:
        return b""


class _Tiles:
    def __init__(self, tiles: dict[tuple[int, int], bytes]) -> None:
        self._tiles = tiles

    def tile(self, level: int, index: int, /) -> bytes:
        return self._tiles.get((level, index), b"")


def test_the_browser_finds_a_cast_ballot_in_the_box_and_nothing_else(
    node: Node, rt: Runtime, clock: Any, box: Any
) -> None:
    manifest = open_vote(rt, clock)
    first, second = ballots(manifest, 2)
    for each in (first, second):
        service.cast_ballot(rt, manifest.call, each)
    clock.set(CLOSED)
    sequencing.seal(rt, manifest.call)
    name = entry_hash(first)
    answer = box.get(f"/box/{manifest.call}/proof/{name.hex()}").json

    def proves(given: dict[str, Any], **wanted: str) -> Any:
        return node.run("proof", {"manifest": sent(manifest), "answer": given, "wanted": wanted})

    assert proves(answer, hash=name.hex()) == {"inBox": True, "signature": "valid"}
    assert proves(answer, code=check_code(name))["inBox"] is True
    assert proves(answer, hash=entry_hash(second).hex())["inBox"] is False
    assert proves({**answer, "position": answer["position"] + 1}, hash=name.hex())["inBox"] is False
    other = answer["checkpoint"].replace(f"/box/{manifest.call}\n", "/box/other\n", 1)
    for note in (other, answer["checkpoint"].replace("\n4\n", "\n5\n"), "", "x\n\ny"):
        if note == answer["checkpoint"]:
            continue
        with pytest.raises(ClientError, match="checkpoint-invalid"):
            proves({**answer, "checkpoint": note}, hash=name.hex())


def test_codes_are_read_as_people_type_them(node: Node) -> None:
    good = "0123-4567-89AB-CDEF"
    for typed in ("0123-4567-89ab-cdef", "ol23 4567 89AB CDEF", "０１２３４５６７８９ＡＢＣＤＥＦ"):
        assert node.run("codes", [typed]) == [good]
    assert node.run("codes", ["short", "0123456789ABCDEU", ""]) == [None, None, None]
