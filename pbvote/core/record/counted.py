"""The count as it is certified: one canonical document, a function of the record alone.

The service and the verifier call the same functions, so that a difference is a difference in what was
counted. Integers and strings only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from pbvote.core import canonical
from pbvote.core.errors import VerificationError
from pbvote.core.manifest import BallotProject, Manifest
from pbvote.core.record.ballots import CheckedBallot
from pbvote.core.record.contents import PABULIB
from pbvote.core.record.pabulib import write_pabulib
from pbvote.core.record.pabulib_export import pabulib_of
from pbvote.core.record.report import StyleFigures
from pbvote.core.record.spoiled import Reasons
from pbvote.core.rules.ruleset import District, Ruleset
from pbvote.core.rules.winner_rule import LeftOver, ThresholdOf
from pbvote.core.tally.methods import (
    Count,
    CountSpec,
    Fate,
    Group,
    Outcome,
    Profile,
    Project,
    TieOrder,
    checked,
    count,
)
from pbvote.core.tally.options import SKIP, Score
from pbvote.core.tally.spec import share_of
from pbvote.core.types import TAIPEI, Choices, Mode

VERSION: Final = 1
"""Taiwan has had no summer time since 1979; the exported dates need no time zone table."""


class NoticeKind(StrEnum):
    """What a signed notice in the box log says."""

    PROJECT_WITHDRAWN = "project-withdrawn"


class NoticeUnfit(VerificationError):
    """The statement of a notice is none that this version knows (fact ``problem``)."""

    code = "notice.unfit"


class ElectionKeyMalformed(VerificationError):
    """Not an election key file."""

    code = "record.election-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A project withdrawn after the freeze: its number, the reason and the time (Unix seconds)."""

    number: int
    reason: str
    time: int

    def statement(self) -> bytes:
        """What the notice signs."""
        return canonical.encode(
            {
                "kind": NoticeKind.PROJECT_WITHDRAWN.value,
                "project": self.number,
                "reason": self.reason,
                "time": self.time,
            }
        )


def parse_withdrawal(statement: bytes) -> Withdrawal:
    """The withdrawal that a notice states.

    Raises:
        NoticeUnfit: another kind or other members.
        NotCanonical: not canonical JSON.
    """
    values = canonical.decode(statement)
    if not isinstance(values, dict) or set(values) != {"kind", "project", "reason", "time"}:
        raise NoticeUnfit(problem="members")
    number, reason, time = values["project"], values["reason"], values["time"]
    if values["kind"] != NoticeKind.PROJECT_WITHDRAWN:
        raise NoticeUnfit(problem="kind")
    if not isinstance(number, int) or not isinstance(reason, str) or not isinstance(time, int):
        raise NoticeUnfit(problem="members")
    return Withdrawal(number=number, reason=reason, time=time)


def election_key_file(private_key: bytes, tie_seed: bytes) -> bytes:
    """The bytes of ``election-key.json``."""
    return canonical.encode({"version": VERSION, "hpke_sk": private_key.hex(), "tie_seed": tie_seed.hex()})


def parse_election_key(content: bytes) -> tuple[bytes, bytes]:
    """Private key and tie seed of an election key file.

    Raises:
        ElectionKeyMalformed, NotCanonical.
    """
    values = canonical.decode(content)
    try:
        if not isinstance(values, dict) or values.keys() != {"version", "hpke_sk", "tie_seed"}:
            raise ElectionKeyMalformed()
        key, seed = values["hpke_sk"], values["tie_seed"]
        if values["version"] != VERSION or not isinstance(key, str) or not isinstance(seed, str):
            raise ElectionKeyMalformed()
        pair = bytes.fromhex(key), bytes.fromhex(seed)
    except ValueError as error:
        raise ElectionKeyMalformed() from error
    if election_key_file(*pair) != content:
        raise ElectionKeyMalformed()  # hexadecimal can be spelled in several ways; this file in one
    return pair


def count_spec(rules: Ruleset, listed: Sequence[BallotProject], *, budget: int, threshold: int) -> CountSpec:
    """The rule of a district's count: the winner rule, and its tracks and exclusions in numbers."""
    rule = rules.winner_rule
    labels = sorted({project.exclusive for project in listed} - {""})
    exclusive = [tuple(p.number for p in listed if p.exclusive == label) for label in labels]
    groups = [(track, tuple(p.number for p in listed if p.track == track.id)) for track in rules.tracks]
    return CountSpec(
        **rule.options(),
        budget=budget,
        threshold=threshold,
        groups=tuple(
            Group(
                name=track.id,
                projects=numbers,
                cap=track.cap_twd,
                most=track.most_winners,
                quota=track.quota,
            )
            for track, numbers in groups
            if numbers
        ),
        exclusions=tuple(numbers for numbers in exclusive if len(numbers) > 1),
    )


def _within(choices: Choices, numbers: Collection[int], *, positions: tuple[int, ...]) -> Choices:
    """What a ballot says of these projects alone; a ranking as the points of its places."""
    places = range(len(choices.projects))
    points = choices.points or tuple(positions[i] if i < len(positions) else 0 for i in places)
    kept = sorted((n, p) for n, p in zip(choices.projects, points, strict=True) if n in numbers)
    given = tuple(p for _, p in kept) if choices.points or positions else ()
    return Choices(tuple(n for n, _ in kept), given)


@dataclass(slots=True)
class Counting:
    """Opened ballots on their way into the count, in box order.

    Memory grows by one reference per ballot; equal choices are held once.
    """

    manifest: Manifest
    issued: Mapping[str, int]
    withdrawals: dict[int, Withdrawal] = field(default_factory=dict)
    styles: dict[str, StyleFigures] = field(default_factory=dict)
    reasons: Reasons = field(default_factory=Reasons)
    _ballots: dict[str, list[tuple[Choices, int]]] = field(default_factory=dict)
    _known: dict[tuple[Choices, int], tuple[Choices, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for style in self.manifest.styles:
            self.styles[style.id] = StyleFigures(issued=self.issued.get(style.id, 0))
        for district in self.manifest.ruleset.districts:
            self._ballots[district.id] = []

    def add(self, ballot: CheckedBallot) -> None:
        """Take one ballot that passed every check."""
        figures = self.styles[ballot.style]
        figures.cast += 1
        self.reasons.take(ballot.sealed, ballot.spoiled)
        if ballot.spoiled:
            figures.spoiled += 1
            return
        if not ballot.choices.projects:
            figures.blank += 1
        style = self.manifest.style(ballot.style)
        row = (ballot.choices, style.weight)
        self._ballots[style.district].append(self._known.setdefault(row, row))

    def withdraw(self, withdrawal: Withdrawal) -> None:
        """Take a notice; the first one on a project stands."""
        self.withdrawals.setdefault(withdrawal.number, withdrawal)

    def counted(self, tie_seed: bytes) -> Counted:
        """The count of every district.

        Raises:
            InvalidInput, Conflict: the rules of the manifest cannot be counted (core.tally's errors).
        """
        outcomes: dict[str, Outcome] = {
            district.id: self._outcome(district, tie_seed) for district in self.manifest.ruleset.districts
        }
        pool = self._pool(outcomes, tie_seed) if self.pools else None
        return Counted(counting=self, tie_seed=tie_seed, outcomes=outcomes, pool=pool)

    @property
    def pools(self) -> bool:
        """Whether what all districts leave is counted out once more."""
        return self.manifest.ruleset.left_over is LeftOver.CITY_POOL

    def _ties(self, tie_seed: bytes) -> TieOrder:
        keys = self.manifest.ruleset.tie_order
        return TieOrder(keys, tie_seed if "lot" in keys else b"")

    def profile(self, district: str) -> Profile:
        """The merged ballots of a district."""
        return Profile.merged(self._ballots[district])

    def threshold(self, district: str, *, more: int = 0) -> int:
        """The least score in a district; a share is of its valid ballots or of its eligible persons.

        ``more``: with so many further ballots.
        """
        rule = self.manifest.ruleset.winner_rule
        styles = [style for style in self.manifest.styles if style.district == district]
        if rule.threshold_of is ThresholdOf.ELIGIBLE:
            return share_of(rule.threshold_share, sum(style.eligible for style in styles))
        if rule.threshold_of is ThresholdOf.BALLOTS:
            return share_of(rule.threshold_share, len(self._ballots[district]) + more)
        return rule.threshold_votes

    def _outcome(self, district: District, tie_seed: bytes) -> Outcome:
        listed = self.manifest.projects_of(district.id)
        numbers = {project.number for project in listed}
        return count(
            count_spec(
                self.manifest.ruleset,
                listed,
                budget=district.budget_twd,
                threshold=self.threshold(district.id),
            ),
            [Project(number=p.number, cost=p.cost_twd, id=p.id) for p in listed],
            profile=self.profile(district.id),
            ties=self._ties(tie_seed),
            withdrawn=sorted(numbers & self.withdrawals.keys()),
        )

    def _pool(self, outcomes: Mapping[str, Outcome], tie_seed: bytes) -> Outcome:
        inputs = self.pool_inputs(outcomes, tie_seed)
        return inputs.spec.method.run(inputs)

    def pool_inputs(self, outcomes: Mapping[str, Outcome], tie_seed: bytes) -> Count:
        """What the districts left buys the best of what their own money did not (left-over: city pool).

        One more count over every district's projects that reached the threshold and were passed over for
        want of money alone; ballots enter with the scores that they gave in their district.
        """
        rules = self.manifest.ruleset
        won = {number for outcome in outcomes.values() for number in outcome.winners}
        taken = {p.exclusive for p in self.manifest.projects if p.number in won} - {""}
        waiting = {
            row.project
            for outcome in outcomes.values()
            for row in outcome.trace
            if row.fate in (Fate.DID_NOT_FIT, Fate.STOPPED)
        }
        listed = [p for p in self.manifest.projects if p.number in waiting and p.exclusive not in taken]
        numbers = {project.number for project in listed}
        plain = replace(rules, tracks=(), winner_rule=replace(rules.winner_rule, most_winners=0))
        spec = count_spec(
            plain, listed, budget=sum(o.budget - o.spent for o in outcomes.values()), threshold=0
        )
        score = Score.VOTES if rules.winner_rule.score is Score.VOTES else Score.POINTS
        return checked(
            replace(spec, fit=SKIP, score=score, positions=(), floor=0),
            [Project(number=p.number, cost=p.cost_twd, id=p.id) for p in listed],
            profile=Profile.merged(
                (_within(choices, numbers, positions=spec.positions), weight)
                for ballots in self._ballots.values()
                for choices, weight in ballots
            ),
            ties=self._ties(tie_seed),
        )

    def ballots_of(self, district: str) -> list[tuple[Choices, int]]:
        """Choices and weight of every counted ballot of a district, in box order."""
        return self._ballots[district]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The count of every district, ready to be written."""

    counting: Counting
    tie_seed: bytes
    outcomes: Mapping[str, Outcome]
    pool: Outcome | None = None

    def to_json(self) -> dict[str, Any]:
        """The certified document (``outcome.json``)."""
        manifest = self.counting.manifest
        withdrawals = sorted(self.counting.withdrawals.values(), key=lambda w: w.number)
        pool = {"pool": self.pool.to_json()} if self.pool else {}
        return pool | {
            "version": VERSION,
            "call": manifest.call,
            "election_hash": manifest.election_hash.hex(),
            "mode": manifest.mode.value,
            "title": manifest.title,
            "tie_seed": self.tie_seed.hex(),
            "withdrawn": [{"project": w.number, "reason": w.reason, "time": w.time} for w in withdrawals],
            "spoiled": dict(self.counting.reasons.now),
            "districts": [self._district(d) for d in manifest.ruleset.districts],
        }

    def to_bytes(self) -> bytes:
        """Canonical bytes of :meth:`to_json`."""
        return canonical.encode(self.to_json())

    def to_bytes_before(self) -> bytes:
        """The same with the reasons for spoiled ballots as releases up to 0.1.0 named them."""
        return canonical.encode({**self.to_json(), "spoiled": dict(self.counting.reasons.before)})

    def _district(self, district: District) -> dict[str, Any]:
        manifest, figures = self.counting.manifest, self.counting.styles
        styles = [style for style in manifest.styles if style.district == district.id]
        return {
            "id": district.id,
            "name": district.name,
            "name_en": district.name_en,
            "budget_twd": district.budget_twd,
            "styles": [
                {
                    "id": s.id,
                    "weight": s.weight,
                    "issued": figures[s.id].issued,
                    "cast": figures[s.id].cast,
                    "spoiled": figures[s.id].spoiled,
                    "blank": figures[s.id].blank,
                }
                for s in styles
            ],
            "projects": [
                {"number": p.number, "id": p.id, "title": p.title, "cost_twd": p.cost_twd}
                for p in manifest.projects_of(district.id)
            ],
            "outcome": self.outcomes[district.id].to_json(),
        }

    def pabulib_files(self) -> Iterator[tuple[str, bytes]]:
        """Name and bytes of one Pabulib file per district."""
        for district in self.counting.manifest.ruleset.districts:
            election = pabulib_of(
                district.name,
                _pabulib_meta(self.counting.manifest, district),
                projects=self.counting.manifest.projects_of(district.id),
                ballots=self.counting.ballots_of(district.id),
                outcome=self.outcomes[district.id],
                kind=self.counting.manifest.ruleset.ballot_form.kind,
                pooled=self.pool.winners if self.pool else (),
                notes=_notes(self.counting.manifest),
            )
            yield f"{PABULIB}/{district.id}.pb", write_pabulib(election).encode()


def _day(instant: datetime) -> str:
    return instant.astimezone(TAIPEI).strftime("%d.%m.%Y")


def _pabulib_meta(manifest: Manifest, district: District) -> dict[str, str]:
    form = manifest.ruleset.ballot_form
    listed = len(manifest.projects_of(district.id))
    meta = {
        "description": manifest.title or manifest.call,
        "country": "Taiwan",
        "unit": manifest.agency or manifest.origin,
        "instance": str(manifest.opens_at.astimezone(TAIPEI).year),
        "date_begin": _day(manifest.opens_at),
        "date_end": _day(manifest.issue_until),
        "min_length": str(min(form.min_choices, listed)),
        "max_length": str(min(form.max_choices, listed)),
        "language": "zh",
        "currency": "TWD",
    }
    return meta | form.type.pabulib_meta(form, budget=district.budget_twd)


def _notes(manifest: Manifest) -> list[str]:
    notes = [f"Election hash {manifest.election_hash.hex()}."]
    if manifest.mode is not Mode.PRODUCTION:
        notes.insert(0, f"Not a real vote: made in mode {manifest.mode.value}.")
    return notes
