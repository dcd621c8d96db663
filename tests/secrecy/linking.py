"""The best that a thief of both databases, of the list of voters and of ``K_call`` can do.

Everything that could connect an issuance with a ballot is tried: styles, batches and their times, the
order of the rows, of the log and of the hashes. What the thief cannot have (exact times) can be handed
in, to see that the guesses are good ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pbvote.core.identity.national_id import canonical_id
from pbvote.core.identity.voter_record import voter_record
from pbvote.core.log.entry import Kind, ballot_style, entry_hash, parse_batch
from pbvote.core.types import ElectionHash
from tests.secrecy.dumps import Cell, column_of

_STILL_WAITING = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issuance that the thief has given a name."""

    national_id: str
    style: str
    since: int  # nothing was issued to this person before
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """A ballot and the first moment at which the log shows it."""

    name: bytes
    style: str
    shown: int
    row: int
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Thief:
    """Both dumps, read as far as they can be read."""

    issues: tuple[Issue, ...]
    casts: tuple[Cast, ...]

    def candidates(self, issue: Issue) -> set[bytes]:
        """Ballots that can be this person's: of the style, and not in the log before the issue."""
        return {cast.name for cast in self.casts if cast.style == issue.style and cast.shown > issue.since}

    def people(self, name: bytes) -> set[str]:
        """People whose this ballot can be."""
        return {issue.national_id for issue in self.issues if name in self.candidates(issue)}

    def guesses(self) -> Iterable[dict[str, bytes]]:
        """Every way of pairing off by an order that the dumps show."""
        for by_cast in ("row", "place", "name", "shown"):
            for by_issue in ("row", "since"):
                yield self._paired(by_issue, by_cast)

    def _paired(self, by_issue: str, by_cast: str) -> dict[str, bytes]:
        issues = sorted(self.issues, key=lambda each: (getattr(each, by_issue), each.row))
        casts = sorted(self.casts, key=lambda each: (getattr(each, by_cast), each.row))
        return pair_off(
            [(each.national_id, each.style) for each in issues], [(each.name, each.style) for each in casts]
        )


def pair_off(people: Sequence[tuple[str, str]], ballots: Sequence[tuple[bytes, str]]) -> dict[str, bytes]:
    """The n-th person of a style with the n-th ballot of that style."""
    guess: dict[str, bytes] = {}
    for style in {style for _, style in people}:
        those = [person for person, of in people if of == style]
        these = [name for name, of in ballots if of == style]
        guess.update(zip(those, these, strict=False))
    return guess


def rob(
    main: Sequence[Cell],
    box: Sequence[Cell],
    *,
    k_call: bytes,
    election_hash: ElectionHash,
    voters: Iterable[str],
) -> Thief:
    """What both dumps, the list of voters and ``K_call`` tell."""
    names = {voter_record(k_call, election_hash, canonical_id(each)): each for each in voters}
    records = column_of(main, "registrar_issuance", "voter_record")
    styles = column_of(main, "registrar_issuance", "style")
    batches = column_of(main, "registrar_issuance", "batch")
    since = _roll_times(main)
    issues = tuple(
        Issue(national_id=names[record], style=style.decode(), since=since[int(batch)], row=row)
        for row, (record, style, batch) in enumerate(zip(records, styles, batches, strict=True))
    )
    return Thief(issues=issues, casts=tuple(_casts(box)))


def _roll_times(main: Sequence[Cell]) -> Mapping[int, int]:
    """For every batch of the roll the time of the one before; 0 stands for what waits."""
    ends = [
        (parse_batch(entry).number, parse_batch(entry).time)
        for entry in column_of(main, "bulletin_entry", "data")
        if entry[0] == Kind.BATCH
    ]
    starts = {1: 0}
    for number, time in ends:
        starts[number + 1] = time
    return {**starts, 0: ends[-1][1] if ends else 0}


def _casts(box: Sequence[Cell]) -> Iterable[Cast]:
    rows = {name: at for at, name in enumerate(column_of(box, "ballotbox_credential", "entry_hash"))}
    batch: list[tuple[int, bytes]] = []
    for place, entry in enumerate(column_of(box, "bulletin_entry", "data")):
        if entry[0] == Kind.BALLOT:
            batch.append((place, entry))
        elif entry[0] == Kind.BATCH:
            for at, ballot in batch:
                name = bytes(entry_hash(ballot))
                yield Cast(
                    name=name,
                    style=ballot_style(ballot),
                    shown=parse_batch(entry).time,
                    row=rows[name],
                    place=at,
                )
            batch = []
    for place, entry in enumerate(column_of(box, "ballotbox_pending", "entry"), _STILL_WAITING):
        name = bytes(entry_hash(entry))
        yield Cast(name=name, style=ballot_style(entry), shown=_STILL_WAITING, row=rows[name], place=place)
