"""The key ceremony (S0): made off the server; what the server gets is public.

``public.json`` is uploaded at the freeze. The two key files stay with the agency and with the auditor,
each under a passphrase of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pbvote.core import canonical
from pbvote.core.crypto import sealing
from pbvote.core.crypto.keyfile import encrypt_key_file
from pbvote.core.errors import Conflict, InvalidInput, VerificationError
from pbvote.core.types import b64, unb64
from pbvote.rooms.counting.errors import CeremonyFileInvalid

OPENING: Final = "opening-key"
AUDITOR: Final = "auditor-key"
OPENING_FILE: Final = "opening-key.json"
AUDITOR_FILE: Final = "auditor-key.json"
PUBLIC_FILE: Final = "public.json"
_VERSION: Final = 1
_SHORTEST: Final = 12
_LONGEST_FILE: Final = 4096


class PassphraseTooShort(InvalidInput):
    """A passphrase needs at least 12 characters (facts ``field``, ``least``)."""

    code = "ceremony.passphrase-too-short"


class CeremonyFolderInUse(Conflict):
    """The folder holds key files already; a ceremony never overwrites a key (fact ``folder``)."""

    code = "ceremony.folder-in-use"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKeys:
    """What a ceremony publishes: the points that ballots and evidence are sealed to."""

    hpke_pk: bytes
    auditor_pk: bytes


def ceremony_files(passphrase: str, auditor_passphrase: str) -> dict[str, bytes]:
    """Two fresh keys: the key files and the public file, by name.

    Raises:
        PassphraseTooShort: naming the field.
    """
    for field, typed in (("passphrase", passphrase), ("auditor_passphrase", auditor_passphrase)):
        if len(typed) < _SHORTEST:
            raise PassphraseTooShort(field=field, least=_SHORTEST)
    opening, auditor = sealing.generate_opening_key(), sealing.generate_opening_key()
    public = {
        "version": _VERSION,
        "hpke_pk": b64(sealing.public_point(opening)),
        "auditor_pk": b64(sealing.public_point(auditor)),
    }
    return {
        OPENING_FILE: encrypt_key_file(opening, passphrase, purpose=OPENING),
        AUDITOR_FILE: encrypt_key_file(auditor, auditor_passphrase, purpose=AUDITOR),
        PUBLIC_FILE: canonical.encode(public),
    }


def make_ceremony(folder: Path, passphrase: str, auditor_passphrase: str) -> None:
    """Write the files of a fresh ceremony into a folder that has none.

    Raises:
        PassphraseTooShort: naming the field.
        CeremonyFolderInUse: one of the files exists.
    """
    if any((folder / name).exists() for name in (OPENING_FILE, AUDITOR_FILE, PUBLIC_FILE)):
        raise CeremonyFolderInUse(folder=str(folder))
    files = ceremony_files(passphrase, auditor_passphrase)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(content)


def parse_public(content: bytes) -> PublicKeys:
    """The points of a ceremony's public file.

    Raises:
        CeremonyFileInvalid: another file, or points that are none or the same.
    """
    try:
        values = canonical.decode(content[:_LONGEST_FILE].strip())
        if not isinstance(values, dict) or set(values) != {"version", "hpke_pk", "auditor_pk"}:
            raise CeremonyFileInvalid(field="public_key", problem="members")
        keys = PublicKeys(hpke_pk=unb64(str(values["hpke_pk"])), auditor_pk=unb64(str(values["auditor_pk"])))
        sealing.load_point(keys.hpke_pk)
        sealing.load_point(keys.auditor_pk)
    except CeremonyFileInvalid:
        raise
    except (VerificationError, InvalidInput) as error:
        raise CeremonyFileInvalid(field="public_key", problem=error.code) from error
    if values["version"] != _VERSION or keys.hpke_pk == keys.auditor_pk:
        raise CeremonyFileInvalid(field="public_key", problem="values")
    return keys
