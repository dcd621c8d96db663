"""Finding proposals: words, filters and orders of the public lists, two queries for any number of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from pbvote.core.letters import folded
from pbvote.core.rules.intake import ReadableFrom
from pbvote.rooms.proposals.models import Proposal
from pbvote.rooms.proposals.queries import ProposalView, is_public, view
from pbvote.rooms.proposals.status import Status

PAGE = 24
MOST_ON_MAP = 500
MOST_WORDS = 3
MOST_LETTERS, LONGEST_WORD = 40, 20


class Order(StrEnum):
    """Orders of a list; ``votes`` only where a certified outcome gives them."""

    RANDOM = "random"
    NUMBER = "number"
    CHEAPEST = "cheapest"
    DEAREST = "dearest"
    NEWEST = "newest"
    VOTES = "votes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a list shall show. Money in whole NT$, 0 = no limit.

    ``status``: ``""`` for what can be or could have been voted for, else ``open`` (not yet decided, where
    the call shows it), ``accepted``, ``rejected`` or ``withdrawn``. ``seed`` makes a random order stable
    from page to page. ``votes``: certified votes by project number.
    """

    words: str = ""
    district: str = ""
    category: str = ""
    cost_least_twd: int = 0
    cost_most_twd: int = 0
    status: str = ""
    order: Order = Order.RANDOM
    seed: int = 0
    readable_from: ReadableFrom = ReadableFrom.DECISION
    votes: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list."""

    items: tuple[ProposalView, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a proposal lies; degrees, WGS 84."""

    id: int
    number: int | None
    title: str
    latitude: float
    longitude: float


_Key = tuple[int, int | None, int, datetime | None]

_STATUSES: dict[str, tuple[Status, ...]] = {
    "": (Status.ACCEPTED, Status.WITHDRAWN, Status.SUBMITTED, Status.CORRECTION),
    "open": (Status.SUBMITTED, Status.CORRECTION),
    "accepted": (Status.ACCEPTED,),
    "rejected": (Status.REJECTED,),
    "withdrawn": (Status.WITHDRAWN,),
}


def words_of(typed: str) -> list[str]:
    """The different words to look for: at most three, none longer than a title's heading, folded."""
    plain = folded(typed)[:MOST_LETTERS]
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in plain.split()))[:MOST_WORDS]


def matches(words: str, *, described: str = "") -> list[ColumnElement[bool]]:
    """Conditions for all words: each occurs in title, summary or place, with both sides folded.

    ``described``: with any text, the start of the description is searched too. Whoever asks is a stranger,
    and so is whoever wrote the texts: words and letters read are few, whatever is typed.
    """
    columns = [Proposal.folded_short, *([Proposal.folded_long] if described else [])]
    return [or_(*(column.contains(word, autoescape=True) for column in columns)) for word in words_of(words)]


def _conditions(call_id: str, search: Search) -> list[ColumnElement[bool]]:
    wanted = _STATUSES.get(search.status, _STATUSES[""])
    found = [
        Proposal.call_id == call_id,
        is_public(readable_from=search.readable_from),
        Proposal.status.in_([status.value for status in wanted]),
    ]
    if search.district:
        found.append(Proposal.district == search.district)
    if search.category:
        found.append(Proposal.category == search.category)
    if search.cost_least_twd:
        found.append(Proposal.cost_twd >= search.cost_least_twd)
    if search.cost_most_twd:
        found.append(Proposal.cost_twd <= search.cost_most_twd)
    return [*found, *matches(search.words, described="start")]


def _rows(tx: Session, call_id: str, search: Search) -> list[_Key]:
    query = select(Proposal.id, Proposal.number, Proposal.cost_twd, Proposal.submitted_at).where(
        *_conditions(call_id, search)
    )
    return [(row[0], row[1], row[2], row[3]) for row in tx.execute(query)]


def _shuffled(seed: int, proposal_id: int) -> bytes:
    """A place that nobody can choose: the digest of seed and id."""
    return hashlib.sha256(f"{seed}:{proposal_id}".encode()).digest()


def _key(search: Search) -> Callable[[_Key], tuple[object, ...]]:
    """What the rows (id, number, cost, submitted at) are sorted by; the id settles equals."""

    def newest(row: _Key) -> float:
        return -(row[3].timestamp() if row[3] else 0.0)

    keys: dict[Order, Callable[[_Key], tuple[object, ...]]] = {
        Order.RANDOM: lambda row: (_shuffled(search.seed, row[0]),),
        Order.NUMBER: lambda row: (row[1] is None, row[1] or 0, row[0]),
        Order.CHEAPEST: lambda row: (row[2], row[0]),
        Order.DEAREST: lambda row: (-row[2], row[0]),
        Order.NEWEST: lambda row: (newest(row), -row[0]),
        Order.VOTES: lambda row: (-search.votes.get(row[1] or 0, -1), row[1] or 0, row[0]),
    }
    return keys[search.order]


def list_public(tx: Session, call_id: str, search: Search, *, page: int = 1, size: int = PAGE) -> Page:
    """One page of what the public may read of a call; a page beyond the last shows the last."""
    rows = sorted(_rows(tx, call_id, search), key=_key(search))
    pages = max(1, -(-len(rows) // size))
    page = min(max(1, page), pages)
    ids = [row[0] for row in rows[(page - 1) * size : page * size]]
    shown = {row.id: view(row) for row in tx.scalars(select(Proposal).where(Proposal.id.in_(ids)))}
    return Page(items=tuple(shown[one] for one in ids), total=len(rows), page=page, pages=pages)


def placed(tx: Session, call_id: str, search: Search) -> list[Place]:
    """The proposals of a list that have a place, for a map; light rows, a few hundred at most."""
    query = (
        select(Proposal.id, Proposal.number, Proposal.title, Proposal.latitude, Proposal.longitude)
        .where(*_conditions(call_id, search), Proposal.latitude.is_not(None), Proposal.longitude.is_not(None))
        .order_by(Proposal.id)
        .limit(MOST_ON_MAP)
    )
    return [
        Place(id=row[0], number=row[1], title=row[2], latitude=row[3], longitude=row[4])
        for row in tx.execute(query)
        if row[3] is not None and row[4] is not None
    ]


def find_everywhere(
    tx: Session, words: str, *, calls: Mapping[str, ReadableFrom], most: int = 40
) -> list[ProposalView]:
    """Proposals of several calls with all the words in title, summary or place, newest first.

    ``calls``: from which step on each shows its proposals.
    """
    if not words.split() or not calls:
        return []
    shown = [
        (Proposal.call_id == call_id) & is_public(readable_from=readable_from)
        for call_id, readable_from in calls.items()
    ]
    rows = tx.scalars(
        select(Proposal)
        .where(or_(*shown), Proposal.status != Status.REJECTED.value, *matches(words))
        .order_by(Proposal.id.desc())
        .limit(most)
    )
    return [view(row) for row in rows]


def count_by_district(
    tx: Session, call_id: str, *, readable_from: ReadableFrom = ReadableFrom.DECISION
) -> Counter[str]:
    """How many public proposals stand in each district; those not feasible are left out."""
    rows = tx.execute(
        select(Proposal.district, func.count())
        .where(
            Proposal.call_id == call_id,
            is_public(readable_from=readable_from),
            Proposal.status != Status.REJECTED.value,
        )
        .group_by(Proposal.district)
    )
    return Counter({district: int(count) for district, count in rows})
