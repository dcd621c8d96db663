"""The voters: each goes through the whole vote over HTTP, on a connection of its own process.

Every voter's attempt is kept in one small SQLite file, saved after each step; whoever is interrupted,
by the server's death or by their own, goes on from there.
"""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from pbvote.core.errors import PbvoteError
from pbvote.core.types import CallId, Choices, ElectionHash
from pbvote.tools.rehearsal.browsing import persist
from pbvote.tools.rehearsal.errors import VotersFailed
from pbvote.tools.rehearsal.pabulib_call import birth_of, national_id_of
from pbvote.tools.voter import client, steps
from pbvote.tools.voter.attempt import Attempt, Step, attempt_of
from pbvote.tools.voter.transport import HttpTransport

VOTING = "voting"
_FAILURES = 20
_DONE = (Step.CAST.value, Step.INCLUDED.value)


class Shelves:
    """The saved attempts of all voters."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=60, isolation_level=None)
        # a process that dies loses nothing; only the rehearsing machine's power failure could
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS attempt (voter INTEGER PRIMARY KEY, step TEXT, state TEXT)"
        )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def of(self, voter: int) -> VoterShelf:
        """One voter's shelf."""
        return VoterShelf(self, voter)

    def load(self, voter: int) -> Attempt | None:
        """A voter's attempt."""
        row = self._connection.execute("SELECT state FROM attempt WHERE voter = ?", (voter,)).fetchone()
        return attempt_of(json.loads(row[0])) if row else None

    def save(self, voter: int, attempt: Attempt) -> None:
        """Keep a voter's attempt."""
        self._connection.execute(
            "INSERT INTO attempt VALUES (?, ?, ?) ON CONFLICT (voter) DO UPDATE SET step = ?2, state = ?3",
            (voter, attempt.step.value, json.dumps(attempt.to_json())),
        )

    def cast(self) -> Iterator[tuple[int, Attempt]]:
        """Every voter with a promise, in order."""
        rows = self._connection.execute(
            "SELECT voter, state FROM attempt WHERE step IN (?, ?) ORDER BY voter", _DONE
        )
        for voter, state in rows:
            yield voter, attempt_of(json.loads(state))

    def finished(self) -> set[int]:
        """The voters with a promise."""
        rows = self._connection.execute("SELECT voter FROM attempt WHERE step IN (?, ?)", _DONE)
        return {voter for (voter,) in rows}


@dataclass(frozen=True, slots=True)
class VoterShelf:
    """One voter's place in :class:`Shelves`."""

    shelves: Shelves
    voter: int

    def load(self) -> Attempt | None:
        """The saved attempt, or None."""
        return self.shelves.load(self.voter)

    def save(self, attempt: Attempt) -> None:
        """Keep it."""
        self.shelves.save(self.voter, attempt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a process of voters is given."""

    origin: str
    call_id: CallId
    election_hash: ElectionHash
    shelves: Path
    voters: Sequence[tuple[int, Choices]]


def run_voters(job: Job, *, done: Any, failures: Any, stop: Event) -> None:
    """Let these voters vote, one after the other."""
    transport = HttpTransport(job.origin)
    with closing(Shelves(job.shelves)) as shelves:
        manifest = persist(lambda: client.fetch_manifest(transport, job.call_id), phase=VOTING)
        poll = steps.poll_of(manifest, expect=job.election_hash)
        failed = 0
        for voter, choices in job.voters:
            if stop.is_set() or failed >= _FAILURES:
                return
            try:
                _vote(poll, transport, shelves.of(voter), choices=choices)
            except PbvoteError as error:
                failed += 1
                failures.put(f"voter {voter}: {error}")
            done.value += 1
    transport.close()


def _vote(poll: steps.Poll, transport: HttpTransport, shelf: VoterShelf, *, choices: Choices) -> None:
    person = client.Person(national_id=national_id_of(shelf.voter), birth_on=birth_of(shelf.voter))
    persist(
        lambda: client.vote(poll, transport, person, choose=lambda _district: choices, shelf=shelf),
        phase=VOTING,
    )


def everybody_votes(job: Job, *, workers: int, advanced: Callable[[int], None], pause: float = 0.2) -> None:
    """Every voter of the job has a promise afterwards; ``advanced`` hears how many are through.

    Raises:
        VotersFailed: some could not; the others are through.
    """
    context = multiprocessing.get_context("spawn")
    failures = context.SimpleQueue()
    stop = context.Event()
    counters = [context.Value("L", 0, lock=False) for _ in range(workers)]
    processes = [
        context.Process(
            target=run_voters,
            args=(_share(job, number, workers),),
            kwargs={"done": counters[number], "failures": failures, "stop": stop},
            daemon=True,
        )
        for number in range(workers)
    ]
    try:
        for process in processes:
            process.start()
        while any(process.is_alive() for process in processes):
            advanced(sum(counter.value for counter in counters))
            time.sleep(pause)
    except BaseException:
        stop.set()
        raise
    finally:
        for process in processes:
            process.join(timeout=30)
    advanced(sum(counter.value for counter in counters))
    reasons = []
    while not failures.empty():
        reasons.append(failures.get())
    broken = [process.exitcode for process in processes if process.exitcode]
    if reasons or broken:
        raise VotersFailed(count=len(reasons) or len(broken), first=reasons[0] if reasons else "process")


def _share(job: Job, number: int, workers: int) -> Job:
    return Job(
        origin=job.origin,
        call_id=job.call_id,
        election_hash=job.election_hash,
        shelves=job.shelves,
        voters=job.voters[number::workers],
    )
