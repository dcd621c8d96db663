from __future__ import annotations

import pytest

from pbvote.core import canonical
from pbvote.core.crypto.errors import KeyFileDamaged, KeyFileOtherPurpose, PassphraseWrong
from pbvote.core.crypto.keyfile import decrypt_key_file, encrypt_key_file, key_file_purpose

SECRET = bytes(range(32))
PASSPHRASE = "雨夜花 Caf\u00e9"


@pytest.fixture(scope="module")
def content() -> bytes:
    return encrypt_key_file(SECRET, PASSPHRASE, purpose="opening-key")


def test_the_passphrase_opens_the_file_however_it_was_composed(content: bytes) -> None:
    decomposed = "雨夜花 Cafe\u0301"
    assert decrypt_key_file(content + b"\n", decomposed, purpose="opening-key") == SECRET
    assert key_file_purpose(content) == "opening-key"


def test_another_passphrase_does_not_open_it(content: bytes) -> None:
    with pytest.raises(PassphraseWrong):
        decrypt_key_file(content, "雨夜花", purpose="opening-key")


def test_a_file_for_another_purpose_is_named_and_a_renamed_one_does_not_open(
    content: bytes,
) -> None:
    with pytest.raises(KeyFileOtherPurpose) as caught:
        decrypt_key_file(content, PASSPHRASE, purpose="auditor-key")
    assert caught.value.facts == {"expected": "auditor-key", "found": "opening-key"}
    renamed = content.replace(b"opening-key", b"auditor-key")
    with pytest.raises(PassphraseWrong):
        decrypt_key_file(renamed, PASSPHRASE, purpose="auditor-key")


def test_the_secret_stands_nowhere_in_the_file(content: bytes) -> None:
    assert SECRET not in content
    assert SECRET.hex().encode() not in content


@pytest.mark.parametrize(
    "change",
    [
        {"kdf": {"name": "scrypt", "n": 2, "r": 8, "p": 1, "salt": ""}},
        {"kdf": 5},
        {"kdf": {"name": "scrypt", "n": 2**17, "r": 8, "p": 1}},
        {"nonce": "AAAA"},
        {"nonce": 7},
        {"ciphertext": "AAAA"},
        {"ciphertext": "not base64!"},
        {"format": "pbvote-key/v2"},
        {"purpose": 1},
    ],
)
def test_a_file_with_a_wrong_member_is_damaged(content: bytes, change: dict[str, object]) -> None:
    members = canonical.decode(content)
    assert isinstance(members, dict)
    with pytest.raises(KeyFileDamaged):
        decrypt_key_file(canonical.encode({**members, **change}), PASSPHRASE, purpose="opening-key")


@pytest.mark.parametrize("length", [0, 1, 40, 100])
def test_a_truncated_file_is_damaged(content: bytes, length: int) -> None:
    with pytest.raises(KeyFileDamaged):
        decrypt_key_file(content[:length], PASSPHRASE, purpose="opening-key")


@pytest.mark.parametrize("text", [b"[]", b'"key"', b"\xff\xfe", b"{}"])
def test_another_file_is_no_key_file(text: bytes) -> None:
    with pytest.raises(KeyFileDamaged):
        key_file_purpose(text)
