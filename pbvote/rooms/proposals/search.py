"""Finding proposals: words, filters and orders of the public lists, two queries for any number of them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from pbvote.core.letters import loosely
from pbvote.core.rules.intake import ReadableFrom
from pbvote.core.rules.ruleset import Ruleset
from pbvote.rooms.proposals.models import Proposal
from pbvote.rooms.proposals.queries import ProposalView, is_public, public_view
from pbvote.rooms.proposals.status import Status

PAGE = 24
MOST_ON_MAP = 500
MOST_WORDS = 3
MOST_LETTERS, LONGEST_WORD = 40, 20
MOST_PARTS = 12
_CHINESE = re.compile(r"[\u3400-\u9fff]{3,}")


class Order(StrEnum):
    """Orders of a list; ``votes`` only where a certified outcome gives them."""

    RANDOM = "random"
    NUMBER = "number"
    CHEAPEST = "cheapest"
    DEAREST = "dearest"
    NEWEST = "newest"
    VOTES = "votes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a call's districts and categories are called, as words are looked for, with their ids."""

    districts: tuple[tuple[str, str], ...] = ()
    categories: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, rules: Ruleset) -> Names:
        """The names in both languages."""
        return cls(
            districts=tuple((loosely(f"{one.name}\n{one.name_en}"), one.id) for one in rules.districts),
            categories=tuple(
                (loosely(f"{one.name}\n{one.name_en}"), one.id) for one in rules.intake.categories
            ),
        )

    def districts_with(self, word: str) -> list[str]:
        """The ids of the districts whose name holds the word."""
        return [each for name, each in self.districts if word in name]

    def categories_with(self, word: str) -> list[str]:
        """The ids of the categories whose name holds the word."""
        return [each for name, each in self.categories if word in name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """A call whose proposals are searched with those of others: from which step on it shows them."""

    readable_from: ReadableFrom
    names: Names = Names()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Proposals with all the words, or, where there is none, with a part of a word (``partly``)."""

    items: tuple[ProposalView, ...] = ()
    partly: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a list shall show. Money in whole NT$, 0 = no limit.

    ``status``: ``""`` for what can be or could have been voted for, else ``open`` (not yet decided, where
    the call shows it), ``accepted``, ``rejected`` or ``withdrawn``. ``seed`` makes a random order stable
    from page to page. ``votes``: certified votes by project number. ``names``: of the call's districts and
    categories, which words find too.
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
    names: Names = Names()


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
    plain = loosely(typed)[:MOST_LETTERS]
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in plain.split()))[:MOST_WORDS]


def _holds(word: str, names: Names) -> ColumnElement[bool]:
    """The word occurs in title, summary, place or the start of the text, or names district or category."""
    found = [
        column.contains(word, autoescape=True) for column in (Proposal.folded_short, Proposal.folded_long)
    ]
    districts, categories = names.districts_with(word), names.categories_with(word)
    if districts:
        found.append(Proposal.district.in_(districts))
    if categories:
        found.append(Proposal.category.in_(categories))
    return or_(*found)


def matches(words: str, names: Names) -> list[ColumnElement[bool]]:
    """Conditions for all words, with both sides in one spelling.

    Whoever asks is a stranger, and so is whoever wrote the texts: words and letters read are few, whatever
    is typed.
    """
    return [_holds(word, names) for word in words_of(words)]


def parts_of(words: str) -> list[str]:
    """The pairs of neighbouring letters in words of three Chinese letters or more: 里鄰公園 has 公園."""
    found = (run for word in words_of(words) for run in _CHINESE.findall(word))
    return list(dict.fromkeys(run[at : at + 2] for run in found for at in range(len(run) - 1)))[:MOST_PARTS]


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
    return [*found, *matches(search.words, search.names)]


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
    shown = {row.id: public_view(row) for row in tx.scalars(select(Proposal).where(Proposal.id.in_(ids)))}
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


def find_everywhere(tx: Session, words: str, *, calls: Mapping[str, Searched], most: int = 40) -> Found:
    """Proposals of several calls with all the words, those of the first calls first, then newest first.

    Where no proposal has them all, those with a part of a word, with the most parts first. ``calls``: in the
    order in which their proposals are wanted.
    """
    if not words_of(words) or not calls:
        return Found()
    rows = _of_calls(tx, calls, lambda names: and_(*matches(words, names)), most)
    parts = parts_of(words)
    if rows or not parts:
        return Found(items=tuple(public_view(row) for row in rows))
    rows = _of_calls(tx, calls, lambda names: or_(*(_holds(part, names) for part in parts)), MOST_ON_MAP)
    texts = {row.id: f"{row.folded_short} {row.folded_long}" for row in rows}
    rows.sort(key=lambda row: -sum(part in texts[row.id] for part in parts))  # a stable sort keeps the order
    return Found(items=tuple(public_view(row) for row in rows[:most]), partly=True)


def _of_calls(
    tx: Session,
    calls: Mapping[str, Searched],
    wanted: Callable[[Names], ColumnElement[bool]],
    most: int,
) -> list[Proposal]:
    shown = [
        (Proposal.call_id == call_id) & is_public(readable_from=each.readable_from) & wanted(each.names)
        for call_id, each in calls.items()
    ]
    rank = case({call_id: at for at, call_id in enumerate(calls)}, value=Proposal.call_id)
    rows = tx.scalars(
        select(Proposal)
        .where(or_(*shown), Proposal.status != Status.REJECTED.value)
        .order_by(rank, Proposal.id.desc())
        .limit(most)
    )
    return list(rows)


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
