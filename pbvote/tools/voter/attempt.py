"""A voter's saved state: one value per step, everything needed to go on and nothing more.

Once the box has promised, the credential, the blinding and the choices are gone; only the ballot's
bytes and the promise stay, for the check that it is in the log.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from pbvote.core.errors import InvalidInput
from pbvote.core.types import EntryHash, b64, unb64
from pbvote.tools.voter.errors import StepOutOfOrder


class Step(StrEnum):
    """How far an attempt is, in order."""

    PREPARED = "prepared"  # credential and blinding made, nothing asked
    ISSUED = "issued"  # the token is here
    SEALED = "sealed"  # the ballot is final
    CAST = "cast"  # the box has promised
    INCLUDED = "included"  # the log proves it


class AttemptMalformed(InvalidInput):
    """The saved state cannot be read (fact ``member``)."""

    code = "voter.attempt-malformed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One voter's way through one election; ``repr`` shows the step and the style only."""

    step: Step
    style: str
    credential: bytes = field(default=b"", repr=False)
    message: bytes = field(default=b"", repr=False)
    blinded: bytes = field(default=b"", repr=False)
    inverse: bytes = field(default=b"", repr=False)
    token: bytes = field(default=b"", repr=False)
    salt: bytes = field(default=b"", repr=False)
    voter_record: bytes = field(default=b"", repr=False)
    entry: bytes = field(default=b"", repr=False)
    entry_hash: EntryHash = field(default=EntryHash(b""), repr=False)
    include_by: int = 0
    promise: bytes = field(default=b"", repr=False)

    def require(self, step: Step) -> None:
        """Guarantee that the attempt stands at this step.

        Raises:
            StepOutOfOrder: it is before or behind it.
        """
        if self.step is not step:
            raise StepOutOfOrder(at=self.step.value, wanted=step.value)

    def wiped(self) -> Attempt:
        """The attempt without credential, blinding and token: what may stay on a device."""
        return replace(self, credential=b"", message=b"", inverse=b"", token=b"")

    def to_json(self) -> dict[str, str | int]:
        """Strings and integers; empty members are left out."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {
            name: b64(value) if isinstance(value, bytes) else value for name, value in values.items() if value
        }


_BYTES = frozenset(f.name for f in fields(Attempt)) - {"step", "style", "include_by"}


def attempt_of(values: dict[str, Any]) -> Attempt:
    """The attempt of :meth:`Attempt.to_json`.

    Raises:
        AttemptMalformed: another step, a foreign member, or not base64.
    """
    if not set(values) <= _BYTES | {"step", "style", "include_by"}:
        raise AttemptMalformed(member="foreign")
    try:
        octets: dict[str, Any] = {name: unb64(values[name]) for name in _BYTES & set(values)}
        return Attempt(
            step=Step(values["step"]),
            style=str(values["style"]),
            include_by=int(values.get("include_by", 0)),
            **octets,
        )
    except (KeyError, TypeError, ValueError, InvalidInput) as error:
        raise AttemptMalformed(member=type(error).__name__) from error
