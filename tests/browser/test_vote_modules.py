"""The browser's protocol against the standards' vectors and against the service's own code."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import segno
from cryptography.hazmat.primitives.asymmetric import ec

from pbvote.core.ballot.ballot import BallotChecker, open_choices
from pbvote.core.ballot.receipt import check_code, make_receipt
from pbvote.core.crypto import credential, sealing, signing
from pbvote.core.log.entry import entry_hash
from pbvote.core.log.merkle import append_tiles, leaf_hash, root
from pbvote.core.manifest import Manifest
from pbvote.core.types import Choices, b64, unb64
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import sequencing, service
from tests.browser.node import ClientError, Node
from tests.make.boxes import CLOSED, ballots, box_manifest, open_vote
from tests.make.votes import NORTH_1, opening_key, signer
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
    assert found == [None, "too-few", "too-many", "project-twice", "project-unknown", None]


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


def test_the_browsers_root_is_the_trees(node: Node) -> None:
    hashes = [leaf_hash(i.to_bytes(2, "big")) for i in range(300)]
    sizes = (1, 2, 3, 7, 8, 21, 40, 255, 256, 257, 300)
    expected = []
    for size in sizes:
        made = append_tiles(_Nothing(), 0, hashes[:size])
        reader = _Tiles({(level, index): octets for level, index, octets in made})
        expected.append(root(reader, size).hex())
    assert node.run("root", [[each.hex() for each in hashes[:size]] for size in sizes]) == expected


class _Nothing:
    def tile(self, level: int, index: int, /) -> bytes:
        return b""


class _Tiles:
    def __init__(self, tiles: dict[tuple[int, int], bytes]) -> None:
        self._tiles = tiles

    def tile(self, level: int, index: int, /) -> bytes:
        return self._tiles.get((level, index), b"")


def test_the_browser_finds_a_cast_ballot_in_the_log_without_naming_it(
    node: Node, rt: Runtime, clock: Any, box: Any
) -> None:
    manifest = open_vote(rt, clock)
    early = _public(box, manifest)
    first, second, third = ballots(manifest, 3)
    for each in (first, second):
        service.cast_ballot(rt, manifest.call, each)
    clock.set(CLOSED)
    sequencing.seal(rt, manifest.call)
    late = _public(box, manifest)

    def read(*rounds: dict[str, str], **wanted: str) -> Any:
        given = {"manifest": sent(manifest), "rounds": rounds, "wanted": [wanted]}
        return node.run("log", given)

    names = [entry_hash(each) for each in (first, second, third)]
    for name, there in zip(names, (True, True, False), strict=True):
        for wanted in ({"hash": name.hex()}, {"code": check_code(name)}, {"code": check_code(name)[:19]}):
            for rounds in ((late,), (early, late), (late, late)):
                found = read(*rounds, **wanted)
                assert (found["read"], found["has"], found["signature"]) == (True, [there], "valid")
                assert {path.partition("/vote/")[2] for path in found["asked"]} == {"checkpoint", "tile/0/0"}
    assert read(early, hash=names[0].hex())["has"] == [False]
    assert read({}, hash=names[0].hex())["has"] == [False]  # nothing has been published
    hidden = {path: octets for path, octets in late.items() if "tile" not in path}
    assert read(hidden, hash=names[0].hex())["read"] is False
    shorn = bytearray(unb64(late["/box/vote/tile/0/0"]))
    shorn[40] ^= 1
    for broken, code in (
        (late | {"/box/vote/tile/0/0": b64(bytes(shorn))}, "log-wrong"),
        (late | {"/box/vote/tile/0/0": b64(bytes(shorn[:-32]))}, "log-wrong"),
        (late | {"/box/vote/checkpoint": b64(b"x\n\ny")}, "checkpoint-invalid"),
    ):
        with pytest.raises(ClientError, match=code):
            read(broken, hash=names[0].hex())
    with pytest.raises(ClientError, match="log-shrank"):
        read(late, early, hash=names[0].hex())


def _public(box: Any, manifest: Manifest) -> dict[str, str]:
    paths = ("checkpoint", "tile/0/0")
    return {f"/box/vote/{path}": b64(box.get(f"/box/{manifest.call}/{path}").data) for path in paths}


def test_the_qr_codes_are_those_of_another_maker(node: Node) -> None:
    # texts that fill their version: there the other maker adds no byte of its own
    texts = [letter * room for letter, room in zip("abcdefghij", _ROOM, strict=True)] + ["查核" * 7]
    cases = [(text, mask) for text in texts for mask in range(8)]
    for (text, mask), cells in zip(cases, node.run("qr", cases), strict=True):
        other = segno.make(
            text, error="m", boost_error=False, micro=False, mode="byte", mask=mask, encoding="utf-8"
        )
        assert cells == [list(row) for row in other.matrix], (text, mask)


_ROOM = (14, 26, 42, 62, 84, 106, 122, 152, 180, 213)


def test_the_qr_code_of_a_check_code_is_filled_by_the_standards_bytes(node: Node) -> None:
    text = "https://vote.example/booth/check#abc/ABCD-EFGH-JKMN-PQRS"
    (cells,) = node.run("qr", [(text, 0)])
    filler = "x" * 62  # the same version, full: its frame is the other maker's
    other = segno.make(filler, error="m", boost_error=False, micro=False, mode="byte", mask=0)
    assert len(cells) == len(other.matrix)
    bits = f"0100{len(text):08b}" + "".join(f"{octet:08b}" for octet in text.encode()) + "0000"
    octets = [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]
    octets += [0xEC, 0x11] * 32
    woven = [octet for pair in zip(octets[:32], octets[32:64], strict=True) for octet in pair]
    assert _data_of(cells)[:64] == woven


def _data_of(cells: list[list[int]]) -> list[int]:
    """The bytes of a version 4 code under mask 0, in the order in which they were written."""
    size, bits, up = 33, "", True
    for right in (*range(size - 1, 6, -2), 5, 3, 1):
        for row in reversed(range(size)) if up else range(size):
            for column in (right, right - 1):
                corner = (
                    (row < 9 and column < 9)
                    or (row < 9 and column > size - 9)
                    or (row > size - 9 and column < 9)
                )
                aligned = abs(row - 26) <= 2 and abs(column - 26) <= 2
                if not (corner or aligned or 6 in (row, column)):
                    bits += str(cells[row][column] ^ ((row + column) % 2 == 0))
        up = not up
    return [int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8)]


@pytest.mark.parametrize("length", [1, 100, 214])
def test_a_qr_code_picks_a_mask_and_refuses_what_is_too_long(node: Node, length: int) -> None:
    if length > 213:
        with pytest.raises(ClientError, match="too long"):
            node.run("qr", [("x" * length, None)])
        return
    (picked,) = node.run("qr", [("x" * length, None)])
    assert picked in node.run("qr", [("x" * length, mask) for mask in range(8)])


def test_codes_are_read_as_people_type_them(node: Node) -> None:
    vectors = json.loads((Path(__file__).parents[1] / "vectors" / "check_codes.json").read_text("utf-8"))
    made = node.run("made", [case["hash"] for case in vectors["codes"]])
    assert made == [case["code"] for case in vectors["codes"]]
    read = node.run("codes", [case["text"] for case in vectors["typed"]])
    for case, found in zip(vectors["typed"], read, strict=True):
        assert (found.get("code"), found["fault"]) == (case["code"], case["fault"]), case["text"]
        if not case["fault"]:
            assert found["checked"] is (len(case["code"]) == 21)


def test_the_browser_finds_every_wrong_character_and_every_exchange_of_neighbours(node: Node) -> None:
    letters, good = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", "ABCDEFGHJKMNPQRS1"
    wrong = [good[:at] + each + good[at + 1 :] for at in range(17) for each in letters if each != good[at]]
    wrong += [good[:at] + good[at + 1] + good[at] + good[at + 2 :] for at in range(16)]
    assert len(wrong) == 17 * 31 + 16
    assert {found["fault"] for found in node.run("codes", wrong)} == {"mistyped"}
