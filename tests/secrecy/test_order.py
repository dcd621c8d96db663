"""The order of arrival is stored nowhere: not in a log, not in a table, not in the bytes of a file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from pbvote.core.identity.national_id import canonical_id, invented_id
from pbvote.core.identity.voter_record import voter_record
from pbvote.core.log.entry import RollEntry, entry_hash, roll_commitment
from pbvote.core.types import StyleId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import sequencing
from pbvote.rooms.ballotbox import service as ballotbox_service
from pbvote.rooms.registrar import keys
from pbvote.rooms.registrar import service as registrar_service
from tests.make.boxes import ballots, open_vote
from tests.make.polls import moderated_poll
from tests.make.services import MovableClock
from tests.secrecy.dumps import BY_CHANCE, batches_of, column_of, order_score
from tests.secrecy.whole_poll import Held, Voter, cells_of

PAGE = 4096


def log_of(held: Held, which: str) -> list[bytes]:
    """The entries as they stand in the database."""
    with sqlite3.connect(held.snapshot("certified-opened") / f"{which}.db") as database:
        rows = database.execute("select data from bulletin_entry order by position")
        return [bytes(row[0]) for row in rows]


def test_an_order_that_is_kept_would_be_seen() -> None:
    """The measure itself: kept and reversed order are far outside chance, also in small pieces."""
    assert order_score(range(60)) > 2 * BY_CHANCE - 1
    assert order_score(range(60, 0, -1)) < -BY_CHANCE
    assert order_score(*[range(12)] * 5) > BY_CHANCE
    assert abs(order_score([3, 1, 4, 2, 5, 0])) < BY_CHANCE


def test_within_every_batch_the_box_log_stands_in_the_order_of_hashes(held: Held) -> None:
    batches = batches_of(log_of(held, "box"))
    ranks = [[held.voter_of(entry_hash(entry)).rank for entry in batch] for batch in batches]
    for batch in batches:
        hashes = [entry_hash(entry) for entry in batch]
        assert hashes == sorted(hashes)
    assert sum(map(len, ranks)) == len(held.voters)
    assert abs(order_score(*ranks)) < BY_CHANCE


def test_within_every_batch_the_roll_log_stands_in_the_order_of_hashes(held: Held) -> None:
    manifest = held.poll.manifest
    cells = cells_of(held, "certified", "main")
    records = column_of(cells, "registrar_issuance", "voter_record")
    salts = dict(zip(records, column_of(cells, "registrar_issuance", "salt"), strict=True))
    rank_of = {
        RollEntry(
            StyleId(voter.style),
            roll_commitment(
                manifest.election_hash,
                salt=salts[voter.voter_record],
                voter_record=voter.voter_record,
                blinded=voter.blinded,
            ),
        ).encode(): voter.rank
        for voter in held.voters
    }
    batches = batches_of(log_of(held, "main"))
    assert sum(map(len, batches)) == len(held.voters)
    assert abs(order_score(*[[rank_of[entry] for entry in batch] for batch in batches])) < BY_CHANCE


@pytest.mark.parametrize("moment", ["between", "voting", "closed", "certified"])
def test_no_table_stands_in_the_order_of_arrival(held: Held, moment: str) -> None:
    main, box = (cells_of(held, moment, which) for which in ("main", "box"))
    by_record = {voter.voter_record: voter.rank for voter in held.voters}
    issued = [by_record[each] for each in column_of(main, "registrar_issuance", "voter_record")]
    named = [held.voter_of(each).rank for each in column_of(box, "ballotbox_credential", "entry_hash")]
    assert len(issued) == len(named) >= 40
    assert abs(order_score(issued)) < BY_CHANCE
    assert abs(order_score(named)) < BY_CHANCE


@pytest.mark.parametrize("moment", ["voting", "closed"])
def test_the_bytes_of_the_box_file_do_not_keep_the_order_of_arrival(held: Held, moment: str) -> None:
    """Inside a page SQLite puts what comes later before what came earlier, whatever the keys are.

    Rows of one page and one batch (or still waiting) are compared: which batch it was is public.
    """
    content = truncated(held.snapshot(f"{moment}-opened") / "box.db")
    cells = cells_of(held, moment, "box")
    batches = batches_of(column_of(cells, "bulletin_entry", "data"))
    number = {bytes(entry_hash(entry)): at for at, batch in enumerate(batches) for entry in batch}
    names = set(column_of(cells, "ballotbox_credential", "entry_hash"))
    groups: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for voter in held.voters:
        if voter.entry_hash in names:
            at = content.index(credential_of(voter) + voter.entry_hash)
            group = (at // PAGE, number.get(voter.entry_hash, -1))
            groups.setdefault(group, []).append((at, voter.rank))
    assert sum(map(len, groups.values())) == len(names)
    assert abs(order_score(*by_place(groups))) < BY_CHANCE


@pytest.mark.parametrize("moment", ["voting", "closed"])
def test_the_bytes_of_the_main_file_do_not_keep_the_order_of_arrival(held: Held, moment: str) -> None:
    content = truncated(held.snapshot(f"{moment}-opened") / "main.db")
    cells = cells_of(held, moment, "main")
    records = column_of(cells, "registrar_issuance", "voter_record")
    numbers = column_of(cells, "registrar_issuance", "batch")
    flushed = {record: int(number) for record, number in zip(records, numbers, strict=True) if number != b"0"}
    groups: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for voter in held.voters:
        if voter.voter_record in flushed:
            at = content.index(voter.voter_record + voter.style.encode())
            groups.setdefault((at // PAGE, flushed[voter.voter_record]), []).append((at, voter.rank))
    assert sum(map(len, groups.values())) == len(flushed) >= 40
    assert abs(order_score(*by_place(groups))) < BY_CHANCE


def by_page(path: Path, ranks: dict[bytes, int]) -> list[list[int]]:
    """Ranks of arrival in the order in which the needles lie within each page of a database."""
    content = truncated(path)
    pages: dict[int, list[tuple[int, int]]] = {}
    for needle, rank in ranks.items():
        at = content.find(needle)
        while at >= 0:
            pages.setdefault(at // PAGE, []).append((at, rank))
            at = content.find(needle, at + 1)
    return [[rank for _, rank in sorted(page)] for page in pages.values()]


def test_a_flush_ends_what_the_pages_of_the_box_told(rt: Runtime, clock: MovableClock) -> None:
    """Before it the bytes tell the order of arrival plainly; afterwards they do not."""
    manifest = open_vote(rt, clock)
    entries = ballots(manifest, 28)  # one page of credentials
    for entry in entries:
        ballotbox_service.cast_ballot(rt, manifest.call, entry)
    start = 3 + len(manifest.styles[0].id)
    ranks = {entry[start : start + 65] + entry_hash(entry): rank for rank, entry in enumerate(entries)}
    path = rt.settings.state_dir / "box.db"
    assert abs(order_score(*by_page(path, ranks))) > BY_CHANCE
    assert sequencing.flush(rt, manifest.call) == 25
    assert abs(order_score(*by_page(path, ranks))) < BY_CHANCE


def test_a_flush_of_the_roll_ends_what_the_pages_of_main_told(rt: Runtime) -> None:
    poll = moderated_poll(rt, people=36)
    poll.freeze()
    poll.open_voting()
    key = rt.keystore.get(keys.k_call(poll.call_id))
    ranks: dict[bytes, int] = {}
    for number in range(36):
        poll.issue(number)
        person = canonical_id(invented_id(number))
        ranks[voter_record(key, poll.manifest.election_hash, person)] = number
    path = rt.settings.state_dir / "main.db"
    assert abs(order_score(*by_page(path, ranks))) > BY_CHANCE
    assert registrar_service.flush_roll(rt, poll.call_id) == 36
    assert abs(order_score(*by_page(path, ranks))) < BY_CHANCE


def truncated(path: Path) -> bytes:
    """The bytes of a database whose write-ahead log has been taken in."""
    with sqlite3.connect(path) as database:
        database.execute("pragma wal_checkpoint(truncate)")
    return path.read_bytes()


def by_place(groups: dict[tuple[int, int], list[tuple[int, int]]]) -> list[list[int]]:
    """The ranks of every group in the order of the file."""
    return [[rank for _, rank in sorted(group)] for group in groups.values()]


def credential_of(voter: Voter) -> bytes:
    """The credential in a ballot entry: behind its kind, version and style."""
    start = 3 + len(voter.style)
    return voter.entry[start : start + 65]
