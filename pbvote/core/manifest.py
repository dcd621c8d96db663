"""The frozen manifest: all that the ballot box knows, and entry 0 of its log (protocol, S1).

EH, the SHA-256 of the manifest's bytes, is what an agency prints on its notice. Whoever compares it
knows the rules, the projects, the keys and the dates that the vote was held under.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from pbvote.core import canonical
from pbvote.core.errors import VerificationError
from pbvote.core.rules.instants import instant_text, parse_instant
from pbvote.core.rules.ruleset import Ruleset, ruleset_from_json
from pbvote.core.types import (
    CallId,
    DistrictId,
    ElectionHash,
    Mode,
    ProjectNumber,
    StyleId,
    b64,
    is_hex_digest,
    sha256,
    unb64,
)

VERSION = 1
MAX_PROJECTS = 5000


class ManifestMalformed(VerificationError):
    """Not a manifest of this version (fact ``problem``)."""

    code = "manifest.malformed"


class UnknownStyle(VerificationError):
    """The manifest has no such ballot style."""

    code = "manifest.unknown-style"


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotStyle:
    """A ballot style with the key that signs its tokens; ``eligible`` is 0 where nobody can know."""

    id: StyleId
    district: DistrictId
    weight: int
    rsa_spki: bytes
    eligible: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotProject:
    """A project (票選方案): an accepted proposal with its number on the ballot."""

    number: ProjectNumber
    id: str
    district: DistrictId
    title: str
    summary: str
    place: str
    cost_twd: int
    track: str = ""
    exclusive: str = ""  # of the projects that share a label at most one wins (擇一)
    category: str = ""
    picture: str = ""  # SHA-256 of the picture that the ballot shows, hexadecimal
    picture_alt: str = ""

    def to_json(self) -> dict[str, Any]:
        """The project as strings and integers; track, label and picture only where it has them."""
        members: dict[str, Any] = {
            "number": self.number,
            "id": self.id,
            "district": self.district,
            "title": self.title,
            "summary": self.summary,
            "place": self.place,
            "cost_twd": self.cost_twd,
        }
        for name in ("track", "exclusive", "category", "picture", "picture_alt"):
            if value := getattr(self, name):
                members[name] = value
        return members


@dataclass(frozen=True, slots=True, kw_only=True)
class Trustees:
    """Who holds the election key: empty ``keys`` means one passphrase-encrypted file (S0)."""

    threshold: int = 1
    keys: tuple[str, ...] = ()
    shares: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One vote, frozen."""

    mode: Mode
    call: CallId
    agency: str
    title: str
    title_en: str = ""
    origin: str
    styles: tuple[BallotStyle, ...]
    hpke_pk: bytes
    pad_to: int
    box_vkey: str
    roll_vkey: str
    auditor_pk: bytes
    projects: tuple[BallotProject, ...]
    ruleset: Ruleset
    tie_seed_hash: str = ""
    client_modules: tuple[tuple[str, str], ...] = ()
    witnesses: tuple[str, ...] = ()
    trustees: Trustees = field(default_factory=Trustees)

    @cached_property
    def bytes(self) -> bytes:
        """Canonical bytes."""
        return canonical.encode(self.to_json())

    @cached_property
    def election_hash(self) -> ElectionHash:
        """EH: SHA-256 of :attr:`bytes`."""
        return ElectionHash(sha256(self.bytes))

    @property
    def opens_at(self) -> datetime:
        """Voting opens."""
        return self.ruleset.timeline.voting_opens_at

    @property
    def issue_until(self) -> datetime:
        """The announced close: no token is issued from here on."""
        return self.ruleset.timeline.issue_until

    @property
    def cast_until(self) -> datetime:
        """A token already issued can be cast until here."""
        return self.ruleset.timeline.cast_until

    @cached_property
    def _styles(self) -> dict[str, BallotStyle]:
        return {style.id: style for style in self.styles}

    def style(self, style_id: str) -> BallotStyle:
        """The style of that id.

        Raises:
            UnknownStyle: there is none.
        """
        try:
            return self._styles[style_id]
        except KeyError as error:
            raise UnknownStyle(style=style_id) from error

    @property
    def knows_eligible(self) -> bool:
        """Whether ``eligible`` of a style is a bound: a roll was imported and no desk admits further people.

        Then 0 means nobody; elsewhere the number says nothing.
        """
        return self.ruleset.way.reads_roll and not self.ruleset.has_desk

    def projects_of(self, district: str) -> tuple[BallotProject, ...]:
        """The projects on a district's ballot, by number."""
        return tuple(project for project in self.projects if project.district == district)

    def to_json(self) -> dict[str, Any]:
        """The manifest as objects, arrays, integers and strings; an English title only where there is one."""
        rare = {"title_en": self.title_en} if self.title_en else {}
        return rare | {
            "version": VERSION,
            "mode": self.mode.value,
            "call": self.call,
            "agency": self.agency,
            "title": self.title,
            "origin": self.origin,
            "styles": [
                {
                    "id": s.id,
                    "district": s.district,
                    "weight": s.weight,
                    "rsa_spki": b64(s.rsa_spki),
                    "eligible": s.eligible,
                }
                for s in self.styles
            ],
            "hpke_pk": b64(self.hpke_pk),
            "pad_to": self.pad_to,
            "box_vkey": self.box_vkey,
            "roll_vkey": self.roll_vkey,
            "auditor_pk": b64(self.auditor_pk),
            "witnesses": list(self.witnesses),
            "trustees": {
                "threshold": self.trustees.threshold,
                "keys": list(self.trustees.keys),
                "shares": dict(self.trustees.shares),
            },
            "opens_at": instant_text(self.opens_at),
            "issue_until": instant_text(self.issue_until),
            "cast_until": instant_text(self.cast_until),
            "batch": {"seconds": self.ruleset.batch_seconds, "least": self.ruleset.batch_least},
            "projects": [project.to_json() for project in self.projects],
            "ruleset": self.ruleset.to_json(),
            "tie_seed_hash": self.tie_seed_hash,
            "client_modules": dict(self.client_modules),
        }


def _style(values: dict[str, Any]) -> BallotStyle:
    return BallotStyle(
        id=StyleId(str(values["id"])),
        district=DistrictId(str(values["district"])),
        weight=int(values["weight"]),
        rsa_spki=unb64(values["rsa_spki"]),
        eligible=int(values["eligible"]),
    )


def _project(values: dict[str, Any]) -> BallotProject:
    return BallotProject(
        number=ProjectNumber(int(values["number"])),
        id=str(values["id"]),
        district=DistrictId(str(values["district"])),
        title=str(values["title"]),
        summary=str(values["summary"]),
        place=str(values["place"]),
        cost_twd=int(values["cost_twd"]),
        track=str(values.get("track", "")),
        exclusive=str(values.get("exclusive", "")),
        category=str(values.get("category", "")),
        picture=str(values.get("picture", "")),
        picture_alt=str(values.get("picture_alt", "")),
    )


def _trustees(values: dict[str, Any]) -> Trustees:
    return Trustees(
        threshold=int(values["threshold"]),
        keys=tuple(str(key) for key in values["keys"]),
        shares=tuple(sorted((str(k), str(v)) for k, v in values["shares"].items())),
    )


def _build(values: dict[str, Any]) -> Manifest:
    return Manifest(
        mode=Mode(values["mode"]),
        call=CallId(str(values["call"])),
        agency=str(values["agency"]),
        title=str(values["title"]),
        title_en=str(values.get("title_en", "")),
        origin=str(values["origin"]),
        styles=tuple(_style(s) for s in values["styles"]),
        hpke_pk=unb64(values["hpke_pk"]),
        pad_to=int(values["pad_to"]),
        box_vkey=str(values["box_vkey"]),
        roll_vkey=str(values["roll_vkey"]),
        auditor_pk=unb64(values["auditor_pk"]),
        projects=tuple(_project(p) for p in values["projects"]),
        ruleset=ruleset_from_json(values["ruleset"]),
        tie_seed_hash=str(values["tie_seed_hash"]),
        client_modules=tuple(sorted((str(k), str(v)) for k, v in values["client_modules"].items())),
        witnesses=tuple(str(w) for w in values["witnesses"]),
        trustees=_trustees(values["trustees"]),
    )


def parse_manifest(data: bytes) -> Manifest:
    """The manifest of canonical bytes; ``parse_manifest(m.bytes).bytes == m.bytes``.

    Raises:
        ManifestMalformed: another version, a missing or surplus member, dates that disagree with
            the ruleset, numbers, projects or styles twice, a project or style of no district, a
            number out of its range.
    """
    try:
        values = canonical.decode(data)
        if not isinstance(values, dict) or values.get("version") != VERSION:
            raise ManifestMalformed(problem="version")
        manifest = _build(values)
        if manifest.bytes != data:
            raise ManifestMalformed(problem="members")
        parse_instant(str(values["opens_at"]), field="opens_at")
    except ManifestMalformed:
        raise
    except Exception as error:  # whatever a hostile file provokes is one answer
        raise ManifestMalformed(problem=type(error).__name__) from error
    _check_sense(manifest)
    return manifest


def _check_sense(manifest: Manifest) -> None:
    districts = {district.id for district in manifest.ruleset.districts}
    numbers = [project.number for project in manifest.projects]
    checks = {
        "number-twice": len(set(numbers)) == len(numbers),
        "number-order": numbers == sorted(numbers),
        "project-twice": len({p.id for p in manifest.projects}) == len(manifest.projects),
        "number-range": all(0 < n <= 999_999 for n in numbers) and len(numbers) <= MAX_PROJECTS,
        "style-twice": len({s.id for s in manifest.styles}) == len(manifest.styles),
        "style-none": bool(manifest.styles),
        # L(style) has one length byte, and the roll's batches use the empty style
        "style-id": all(0 < len(s.id.encode()) <= 255 for s in manifest.styles),
        "eligible": all(s.eligible >= 0 for s in manifest.styles),
        "district": all(s.district in districts for s in manifest.styles)
        and all(p.district in districts for p in manifest.projects),
        "weight": all(1 <= s.weight <= 9 for s in manifest.styles),
        "track": {p.track for p in manifest.projects} <= {"", *(t.id for t in manifest.ruleset.tracks)},
        "category": {p.category for p in manifest.projects}
        <= {"", *(c.id for c in manifest.ruleset.intake.categories)},
        "picture": all(is_hex_digest(p.picture) for p in manifest.projects if p.picture),
        "cost": all(p.cost_twd >= 0 for p in manifest.projects),
        "point": len(manifest.hpke_pk) == 65 and len(manifest.auditor_pk) == 65,
        "pad": 2 <= manifest.pad_to <= 60_000,
    }
    for problem, good in checks.items():
        if not good:
            raise ManifestMalformed(problem=problem)
