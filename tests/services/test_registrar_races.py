"""Two issues for one person at the same time: threads, processes, and both kinds of database (S4)."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from pbvote.core.errors import PbvoteError
from pbvote.core.identity.national_id import invented_id
from pbvote.core.types import StyleId
from pbvote.edges import bootstrap
from pbvote.platform.db import BoxBase
from pbvote.platform.runtime import Runtime
from pbvote.rooms.registrar import service
from pbvote.rooms.registrar.models import Issuance
from pbvote.rooms.registrar.tickets import Ticket
from tests.make.polls import VOTING, Poll, Request, blinded, identify, voting_poll
from tests.make.services import MovableClock, settings_in

STYLE = StyleId("d1-w1")


@pytest.fixture
def poll(shared: Runtime, clock: MovableClock) -> Poll:
    made = voting_poll(shared, *range(1, 21))
    clock.set(VOTING)
    return made


def ask(rt: Runtime, ticket: Ticket, request: Request, gate: Barrier | None = None) -> str:
    """The outcome as a word."""
    if gate is not None:
        gate.wait(20)
    try:
        return service.issue(rt, ticket, style=STYLE, blinded=request.blinded).signature.hex()
    except PbvoteError as error:
        return error.code


def issuances(rt: Runtime) -> int:
    with rt.read_main() as tx:
        return len(tx.scalars(select(Issuance.voter_record)).all())


def test_of_many_threads_with_one_identity_exactly_one_gets_a_token(shared: Runtime, poll: Poll) -> None:
    tickets = [identify(shared, poll, invented_id(1), device=f"d{n}") for n in range(12)]
    requests = [blinded(poll.manifest, STYLE) for _ in tickets]
    gate = Barrier(len(tickets))
    with ThreadPoolExecutor(len(tickets)) as pool:
        outcomes = list(
            pool.map(lambda ticket, request: ask(shared, ticket, request, gate), tickets, requests)
        )
    assert outcomes.count("registrar.already-issued") == 11
    assert issuances(shared) == 1


def test_the_same_request_sent_many_times_at_once_gets_the_same_bytes(shared: Runtime, poll: Poll) -> None:
    ticket, request = identify(shared, poll, invented_id(1)), blinded(poll.manifest, STYLE)
    gate = Barrier(8)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _n: ask(shared, ticket, request, gate), range(8)))
    assert len(set(outcomes)) == 1
    assert "." not in outcomes[0]
    assert issuances(shared) == 1


def test_of_many_people_with_one_message_exactly_one_gets_a_token(shared: Runtime, poll: Poll) -> None:
    tickets = [identify(shared, poll, invented_id(n), device=f"d{n}") for n in range(1, 11)]
    request = blinded(poll.manifest, STYLE)
    gate = Barrier(len(tickets))
    with ThreadPoolExecutor(len(tickets)) as pool:
        outcomes = list(pool.map(lambda ticket: ask(shared, ticket, request, gate), tickets))
    assert outcomes.count("registrar.request-taken") == 9
    assert issuances(shared) == 1
    loser = tickets[next(n for n, outcome in enumerate(outcomes) if "." in outcome)]
    assert "." not in ask(shared, loser, blinded(poll.manifest, STYLE))


def test_whoever_asks_again_during_a_flush_gets_the_same_bytes(shared: Runtime, poll: Poll) -> None:
    people = range(1, 13)
    tickets = [identify(shared, poll, invented_id(n), device=f"d{n}") for n in people]
    requests = [blinded(poll.manifest, STYLE) for _ in people]
    first = [ask(shared, ticket, request) for ticket, request in zip(tickets, requests, strict=True)]
    gate = Barrier(13)

    def work(position: int) -> str:
        if position == 12:
            gate.wait(20)
            return str(service.flush_roll(shared, poll.call_id))
        return ask(shared, tickets[position], requests[position], gate)

    with ThreadPoolExecutor(13) as pool:
        outcomes = list(pool.map(work, range(13)))
    assert outcomes == [*first, "12"]
    assert issuances(shared) == 12


def places(rt: Runtime) -> list[bytes]:
    """The records in the order in which the table's file holds them."""
    with rt.engine("main").connect() as connection:
        order = "" if rt.engine("main").dialect.name == "sqlite" else " ORDER BY ctid"
        rows = connection.exec_driver_sql(f"SELECT voter_record FROM registrar_issuance{order}")
        return [bytes(row[0]) for row in rows]


def test_after_a_flush_no_place_in_the_table_tells_the_order_of_arrival(shared: Runtime, poll: Poll) -> None:
    def arrive(people: range) -> list[bytes]:
        return [
            service.issue(
                shared,
                identify(shared, poll, invented_id(n), device=f"d{n}"),
                style=STYLE,
                blinded=blinded(poll.manifest, STYLE).blinded,
            ).voter_record
            for n in people
        ]

    first = arrive(range(1, 12))
    service.flush_roll(shared, poll.call_id)
    assert places(shared) == sorted(first) != first
    second = arrive(range(12, 21))
    service.flush_roll(shared, poll.call_id)
    both = places(shared)
    assert [record for record in both if record in first] == sorted(first)
    assert [record for record in both if record in second] == sorted(second) != second


def test_different_people_do_not_stand_in_each_others_way(shared: Runtime, poll: Poll) -> None:
    people = range(1, 21)
    with ThreadPoolExecutor(8) as pool:
        tickets = list(pool.map(lambda n: identify(shared, poll, invented_id(n), device=f"d{n}"), people))
        outcomes = list(pool.map(lambda t: ask(shared, t, blinded(poll.manifest, STYLE)), tickets))
    assert [outcome for outcome in outcomes if "." in outcome] == []
    assert issuances(shared) == 20


def test_a_flush_among_issues_loses_nobody(shared: Runtime, poll: Poll) -> None:
    tickets = [identify(shared, poll, invented_id(n), device=f"d{n}") for n in range(1, 21)]

    def work(position: int) -> Any:
        if position % 5 == 4:
            return service.flush_roll(shared, poll.call_id)
        return ask(shared, tickets[position], blinded(poll.manifest, STYLE))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(20)))
    service.flush_roll(shared, poll.call_id)
    from pbvote.rooms.registrar import queries

    with shared.read_main() as tx:
        kinds = [entry[0] for entry in queries.roll_entries(tx, poll.call_id)]
    assert kinds.count(1) == issuances(shared) == 16


def test_many_misses_at_once_are_all_counted(shared: Runtime, poll: Poll) -> None:
    from datetime import date

    gate = Barrier(10)

    def guess(number: int) -> str:
        gate.wait(20)
        try:
            identify(shared, poll, invented_id(1), birth_on=date(1950, 1, 1 + number))
        except PbvoteError as error:
            return error.code
        return "matched"

    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(guess, range(10)))
    assert outcomes.count("identity.no-match") == 3
    assert outcomes.count("identity.paused") == 7


def _issue_elsewhere(folder: str, database: str, ticket: Ticket, asked: bytes, gate: Any, told: Any) -> None:
    """In another process: its own runtime over the same databases and keys."""
    settings = settings_in(Path(folder), database={"main_url": database})
    clock = MovableClock()
    clock.set(VOTING)
    rt = replace(bootstrap.runtime_of(settings), clock=clock)
    gate.wait(60)
    try:
        told.put(service.issue(rt, ticket, style=STYLE, blinded=asked).signature.hex())
    except PbvoteError as error:
        told.put(error.code)


def test_of_several_processes_with_one_identity_exactly_one_gets_a_token(
    shared: Runtime, poll: Poll, tmp_path: Path
) -> None:
    spawn = multiprocessing.get_context("spawn")
    gate, told = spawn.Barrier(3), spawn.Queue()
    url = shared.engine("main").url.render_as_string(hide_password=False)
    workers = [
        spawn.Process(
            target=_issue_elsewhere,
            args=(
                str(tmp_path),
                url,
                identify(shared, poll, invented_id(1), device=f"d{n}"),
                blinded(poll.manifest, STYLE).blinded,
                gate,
                told,
            ),
        )
        for n in range(3)
    ]
    for worker in workers:
        worker.start()
    outcomes = [told.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join(30)
    assert outcomes.count("registrar.already-issued") == 2
    assert issuances(shared) == 1


def test_roll_and_audit_work_on_both_kinds_of_database(
    shared: Runtime, poll: Poll, clock: MovableClock
) -> None:
    from tests.make.polls import AUDITOR_KEY

    for number in range(1, 4):
        ask(shared, identify(shared, poll, invented_id(number)), blinded(poll.manifest, STYLE))
    service.flush_roll_when_due(shared, poll.call_id)
    clock.set(poll.manifest.cast_until)
    service.close_roll(shared, poll.call_id)
    report = service.audit_evidence(shared, poll.call_id, AUDITOR_KEY)
    assert (report.good, report.problems) == (3, ())
    assert BoxBase.metadata.tables.keys().isdisjoint({"registrar_issuance", "registrar_roll"})
