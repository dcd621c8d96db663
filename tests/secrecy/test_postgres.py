"""The same on PostgreSQL, where a dump shows the rows of a table as they were written."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Engine, text

from pbvote.core.identity.national_id import canonical_id, invented_id
from pbvote.core.identity.voter_record import voter_record
from pbvote.core.log.entry import entry_hash
from pbvote.platform.db import open_engine
from pbvote.platform.migrate import upgrade_both
from pbvote.rooms.registrar import keys
from tests.make.polls import Poll, moderated_poll
from tests.make.services import make_runtime
from tests.postgres import fresh_database
from tests.secrecy.dumps import BY_CHANCE, DAY, Cell, batches_of, column_of, engine_dump, order_score, values
from tests.secrecy.linking import Thief, rob
from tests.secrecy.whole_poll import BATCHES, STYLES, K, TickingClock

pytestmark = pytest.mark.postgres

PEOPLE = 44
FIRST_DAY = 26


@dataclass(kw_only=True)
class OnPostgres:
    """A closed poll and what a thief copied after a flush in its middle and at its end."""

    poll: Poll
    order: list[int]
    dumps: dict[str, tuple[list[Cell], list[Cell]]]
    places: dict[str, dict[str, list[tuple[Any, ...]]]]


def rows(engine: Engine, statement: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(statement))]
        connection.rollback()
    return found


def copy(made: OnPostgres, moment: str) -> None:
    main, box = made.poll.rt.engine("main"), made.poll.rt.engine("box")
    made.dumps[moment] = engine_dump(main), engine_dump(box)
    made.places[moment] = {
        "issued": rows(main, "select voter_record, batch, xmin::text from registrar_issuance order by ctid"),
        "credentials": rows(box, "select entry_hash, xmin::text from ballotbox_credential order by ctid"),
        "pending": rows(box, "select entry_hash, xmin::text from ballotbox_pending order by ctid"),
    }


@pytest.fixture(scope="module")
def closed(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory, empty_databases: Any
) -> Iterator[OnPostgres]:
    """Forty-four voters on two days, everything on PostgreSQL."""
    clock = TickingClock()
    plain = make_runtime(tmp_path_factory.mktemp("postgres"), empty_databases, clock)
    with fresh_database(postgres_url) as main_url, fresh_database(postgres_url) as box_url:
        upgrade_both(main_url, box_url)
        rt = replace(plain, main_engine=open_engine(main_url), box_engine=open_engine(box_url))
        poll = moderated_poll(rt, people=PEOPLE, styles=STYLES, values=BATCHES)
        poll.freeze()
        poll.open_voting()
        order = list(range(PEOPLE))
        random.Random(1).shuffle(order)
        made = OnPostgres(poll=poll, order=order, dumps={}, places={})
        for rank, number in enumerate(order):
            poll.vote(number, *((1, 2) if number % 2 == 0 else (4,)))
            clock.forward(seconds=20)
            if rank == FIRST_DAY:
                clock.forward(hours=24)
                poll.advance()
                copy(made, "flushed")
        poll.close()
        copy(made, "closed")
        yield made
        for engine in (rt.engine("main"), rt.engine("box"), plain.engine("main"), plain.engine("box")):
            engine.dispose()


def ranks_by_record(made: OnPostgres) -> dict[bytes, int]:
    poll = made.poll
    key = poll.rt.keystore.get(keys.k_call(poll.call_id))
    return {
        voter_record(key, poll.manifest.election_hash, canonical_id(invented_id(number))): rank
        for rank, number in enumerate(made.order)
    }


def ranks_by_ballot(made: OnPostgres) -> dict[bytes, int]:
    return {bytes(entry_hash(entry)): rank for rank, entry in enumerate(made.poll.entries)}


@pytest.mark.parametrize("moment", ["flushed", "closed"])
def test_after_a_flush_no_table_stands_in_the_order_of_arrival(closed: OnPostgres, moment: str) -> None:
    issued, ballots = ranks_by_record(closed), ranks_by_ballot(closed)
    places = closed.places[moment]
    batches = batches_of(column_of(closed.dumps[moment][1], "bulletin_entry", "data"))
    names = [bytes(row[0]) for row in places["credentials"]]
    logged = [{bytes(entry_hash(entry)) for entry in batch} for batch in batches]
    groups = [
        *([issued[bytes(row[0])] for row in places["issued"] if row[1] == number] for number in (1, 2)),
        *([ballots[name] for name in names if name in batch] for batch in logged),
        [ballots[bytes(row[0])] for row in places["pending"]],
    ]
    assert sum(map(len, groups)) >= 2 * FIRST_DAY
    assert abs(order_score(*[group for group in groups if len(group) > 1])) < BY_CHANCE
    waiting = [bytes(row[0]) for row in places["pending"]]
    assert len(waiting) == (2 * K if moment == "flushed" else 0)
    for style in {entry[3:8] for entry in closed.poll.entries}:
        of_style = {bytes(entry_hash(e)) for e in closed.poll.entries if e[3:8] == style}
        assert [w for w in waiting if w in of_style] == sorted(w for w in waiting if w in of_style)


def test_the_number_of_the_writing_transaction_tells_no_arrival(closed: OnPostgres) -> None:
    """PostgreSQL keeps with each row which transaction wrote it; after a flush that is the flush."""
    places = closed.places["flushed"]
    assert len({row[2] for row in places["issued"]}) == 1
    assert len({row[1] for row in places["credentials"]}) == 1
    assert len({row[1] for row in places["pending"]}) == 1


def robbed(closed: OnPostgres, moment: str) -> Thief:
    poll = closed.poll
    main, box = closed.dumps[moment]
    return rob(
        main,
        box,
        k_call=poll.rt.keystore.get(keys.k_call(poll.call_id)),
        election_hash=poll.manifest.election_hash,
        voters=[invented_id(number) for number in range(PEOPLE)],
    )


@pytest.mark.parametrize("moment", ["flushed", "closed"])
def test_the_thief_of_both_dumps_links_nobody(closed: OnPostgres, moment: str) -> None:
    thief = robbed(closed, moment)
    truth = {
        invented_id(number): bytes(entry_hash(entry))
        for number, entry in zip(closed.order, closed.poll.entries, strict=True)
    }
    assert len(thief.issues) == (PEOPLE if moment == "closed" else FIRST_DAY + 1)
    for issue in thief.issues:
        candidates = thief.candidates(issue)
        assert truth[issue.national_id] in candidates
        assert len(candidates) >= K
    for guess in thief.guesses():
        right = sum(truth[person] == name for person, name in guess.items())
        assert right / len(guess) <= 1 / K + 0.25


def test_no_value_is_in_both_databases(closed: OnPostgres) -> None:
    main, box = map(values, closed.dumps["flushed"])
    manifest = closed.poll.manifest
    told = {cell.value for cell in closed.dumps["flushed"][1] if cell.column == "help"}  # whom to ask: public
    known = values([Cell(table="", column="", value=each) for each in (manifest.bytes, *told)]).keys()
    common = main.keys() & box.keys() - known - {manifest.election_hash, manifest.call.encode()}
    assert {each for each in common if not DAY.fullmatch(each)} == set()
