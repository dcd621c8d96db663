"""What the demo page tells its visitors: written when the city has been made, read by the page.

The file is the mark that the city is complete: it is written last, and at once.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pbvote.core.errors import NotFound

FILE: Final = "city.json"
KEY_FILES: Final = ("opening-key.json", "auditor-key.json", "public.json")
VERSION: Final = 1


class CityUnknown(NotFound):
    """The demo city has not been made here."""

    code = "demo.city-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffFacts:
    """Somebody to sign in as at an agency."""

    account_id: int
    login: str
    password: str = field(repr=False)
    name: str
    role: str
    agency: str
    agency_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VoterFacts:
    """An identity number to vote with; ``shows`` says what happens, ``kind`` which ground holds."""

    national_id: str
    birth_on: str
    shows: str
    kind: str
    district: str
    district_en: str
    weight: int

    @property
    def may_vote(self) -> bool:
        """Whether this number still leads to a ballot."""
        return bool(self.weight) and self.shows != "voted"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """A call of the city by what it shows."""

    key: str
    id: str
    title: str
    title_en: str
    agency: str  # slug


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """An agency's ceremony: the folder of its files, and the passphrases."""

    agency: str  # slug
    name: str
    name_en: str
    passphrase: str = field(repr=False)
    auditor_passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CityFacts:
    """The whole demo page."""

    name: str
    name_en: str
    made_at: str
    good_until: str
    staff: tuple[StaffFacts, ...]
    residents: dict[str, str]
    voters: tuple[VoterFacts, ...]
    calls: tuple[CallFacts, ...]
    keys: tuple[KeyFacts, ...]

    def call(self, key: str) -> CallFacts:
        """The call of that stage."""
        return next(call for call in self.calls if call.key == key)

    def is_stale(self, now: datetime) -> bool:
        """Whether the city's dates have run out, so that a fresh one shows more."""
        return now >= datetime.fromisoformat(self.good_until)


def keys_folder(state_dir: Path, agency: str) -> Path:
    """Where the files of an agency's ceremony lie."""
    return state_dir / "ceremony" / agency


def write_facts(state_dir: Path, facts: CityFacts) -> None:
    """The city is complete afterwards."""
    fresh = state_dir / f".{FILE}"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump({"version": VERSION, **asdict(facts)}, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(state_dir / FILE)


def read_facts(state_dir: Path) -> CityFacts:
    """The facts of a complete city.

    Raises:
        CityUnknown: there is none, or it was made by another version.
    """
    try:
        values: dict[str, Any] = json.loads((state_dir / FILE).read_text(encoding="utf-8"))
        if values.pop("version") != VERSION:
            raise CityUnknown()
        return CityFacts(
            **{
                **values,
                "staff": tuple(StaffFacts(**one) for one in values["staff"]),
                "voters": tuple(VoterFacts(**one) for one in values["voters"]),
                "calls": tuple(CallFacts(**one) for one in values["calls"]),
                "keys": tuple(KeyFacts(**one) for one in values["keys"]),
            }
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CityUnknown() from error
