"""A rehearsal of a small poll end to end: every phase over HTTP, then the offline verifier."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from pbvote.core.record.pabulib import PabulibElection, Table, write_pabulib
from pbvote.core.types import Choices, sha256
from pbvote.tools.rehearsal.databases import urls
from pbvote.tools.rehearsal.errors import DatabaseUnsupported, FieldUnsupported
from pbvote.tools.rehearsal.pabulib_call import PabulibCall, read_call
from tests.postgres import postgres_server

PROJECTS = (("A", "50", "1"), ("B", "30", "1"), ("C;x", "40", "0"))
VOTES = ("A", "A", "A,B", "A", "B", "B,A", "C;x", "C;x,B", "B", "A", "A,B,C;x", "B,B")
"""Twelve voters: the last but one names too many, the last one project twice; both are refused."""


def election(**meta: str) -> PabulibElection:
    """A small file as cities publish them; ``meta`` changes single keys, ``""`` removes one."""
    keys = {
        "description": "測試",
        "country": "Taiwan",
        "unit": "測試市",
        "instance": "2026",
        "num_projects": str(len(PROJECTS)),
        "num_votes": str(len(VOTES)),
        "budget": "90",
        "vote_type": "approval",
        "rule": "greedy",
        "date_begin": "01.05.2026",
        "date_end": "10.05.2026",
        "max_length": "2",
    } | meta
    projects = tuple((i, c, f"方案 {i}", s) for i, c, s in PROJECTS)
    votes = tuple((str(n), vote) for n, vote in enumerate(VOTES))
    return PabulibElection(
        {name: value for name, value in keys.items() if value},
        Table(("project_id", "cost", "name", "selected"), projects),
        Table(("voter_id", "vote"), votes),
    )


def file_of(folder: Path, **meta: str) -> Path:
    path = folder / "small.pb"
    path.write_text(write_pabulib(election(**meta)), encoding="utf-8")
    return path


def call_of(folder: Path, voters: int | None = None, **meta: str) -> PabulibCall:
    return read_call(file_of(folder, **meta), voters)


# ---- from a file to a call


def test_ballots_that_the_rules_refuse_are_counted_and_not_sent(tmp_path: Path) -> None:
    call = call_of(tmp_path)
    assert call.refused == 2
    assert call.ballots[5] == Choices((1, 2))
    assert call.ballots[-2:] == (None, None)


def test_the_first_ballots_of_a_file_can_be_taken_alone(tmp_path: Path) -> None:
    call = call_of(tmp_path, 3)
    assert (call.voters, len(call.ballots), call.complete) == (3, 3, False)
    assert len(call.roll().decode("utf-8-sig").splitlines()) == 1 + 3


@pytest.mark.parametrize(
    ("meta", "field"),
    [
        ({"rule": "equalshares"}, "rule"),
        ({"vote_type": "ordinal"}, "vote_type"),
        ({"budget": "0.5"}, "budget"),
        ({"min_length": "3"}, "min_length"),
    ],
)
def test_what_the_service_does_not_offer_is_refused_by_its_field(
    tmp_path: Path, meta: dict[str, str], field: str
) -> None:
    with pytest.raises(FieldUnsupported) as caught:
        call_of(tmp_path, **meta)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("meta", "form"),
    [
        ({}, ("up-to", 1, 2)),
        ({"vote_type": "choose-1"}, ("exactly", 1, 1)),
        ({"min_length": "2"}, ("exactly", 2, 2)),
        ({"min_length": "2", "max_length": "3"}, ("between", 2, 3)),
        ({"max_length": ""}, ("up-to", 1, 3)),
        ({"max_length": "", "max_sum_cost": "90"}, ("knapsack", 1, 3)),
        ({"max_length": "", "max_sum_cost": "80"}, ("up-to", 1, 3)),
    ],
)
def test_the_ballot_form_follows_from_the_file(
    tmp_path: Path, meta: dict[str, str], form: tuple[str, int, int]
) -> None:
    limits = call_of(tmp_path, **meta).limits
    assert (limits.kind, limits.least, limits.most) == form


def test_a_fractional_budget_is_floored_and_a_fractional_threshold_rounded_up(tmp_path: Path) -> None:
    call = call_of(tmp_path, budget="90.9", rule="greedy-threshold", min_project_score_threshold="2.5")
    assert (call.budget, call.threshold, call.fit) == (90, 3, "skip")


def test_the_tie_order_is_the_one_under_which_the_file_agrees_with_itself(tmp_path: Path) -> None:
    tied = election(budget="50", num_votes="2")
    votes = Table(("voter_id", "vote"), (("1", "A"), ("2", "B")))
    path = tmp_path / "tied.pb"
    for winner, order in (("A", "number"), ("B", "cheaper,number")):
        rows = tuple((i, c, n, "1" if i == winner else "0") for i, c, n, _ in tied.projects.rows)
        path.write_text(
            write_pabulib(PabulibElection(tied.meta, Table(tied.projects.columns, rows), votes)),
            encoding="utf-8",
        )
        assert read_call(path, None).tie_order == order


def test_the_box_database_is_named_after_the_main_one(tmp_path: Path) -> None:
    main, box = urls("postgresql://me:pw@db/city?host=/run", "", folder=tmp_path)
    assert main == "postgresql+psycopg://me:pw@db/city?host=%2Frun"
    assert box == "postgresql+psycopg://me:pw@db/city_box?host=%2Frun"
    assert urls("sqlite:////data/main.db", "", folder=tmp_path)[1] == "sqlite:////data/main_box.db"
    with pytest.raises(DatabaseUnsupported):
        urls("mysql://db/x", "", folder=tmp_path)


# ---- the whole poll


_KILLS = 6


def rehearse(file: Path, state: Path, *more: str, stdout: Any = subprocess.PIPE) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pbvote", "rehearse", "--pabulib", str(file), "--state", str(state)]
    return subprocess.Popen([*command, "--json", *more], stdout=stdout, stderr=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=500)
    assert process.returncode == 0, err + out
    report: dict[str, Any] = json.loads(out)
    return report


def require_small_result(report: dict[str, Any]) -> None:
    assert report["winners"] == ["A", "B"]
    assert report["agree"] is True
    assert (report["voters"], report["refused"]) == (12, 2)
    assert (report["ballots_cast"], report["ballots_counted"]) == (10, 10)
    ran = subprocess.run(
        [sys.executable, "-m", "pbvote.verifier", report["record"]], capture_output=True, check=False
    )
    assert ran.returncode == 0


@contextlib.contextmanager
def killing(state: Path, *, after: float) -> Iterator[list[int]]:
    """Kill the rehearsed server by its pid, each time some seconds after it has come up."""
    stop, killed = threading.Event(), []

    def run() -> None:
        while not stop.wait(0.1) and len(killed) < _KILLS:
            with contextlib.suppress(OSError, ValueError):
                port = int((state / "server.port").read_text())
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                stop.wait(after)
                pid = int((state / "server.pid").read_text())
                if pid not in killed and not stop.is_set():
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield killed
    finally:
        stop.set()
        thread.join()


@pytest.mark.slow
def test_a_whole_poll_agrees_with_the_official_winners_and_passes_the_verifier(tmp_path: Path) -> None:
    state, record = tmp_path / "state", tmp_path / "record"
    report = finished(rehearse(file_of(tmp_path), state, "--record", str(record)))
    require_small_result(report)
    assert report["record"] == str(record)
    assert report["restarts"] == 0
    assert report["official_winners"] == ["A", "B"]
    assert {"call", "voting", "close", "verify"} <= set(report["seconds"])
    digests = {path.name: sha256(path.read_bytes()) for path in record.iterdir() if path.is_file()}
    again = finished(rehearse(file_of(tmp_path), state, "--resume"))
    assert again["winners"] == report["winners"]
    assert digests == {name: sha256((record / name).read_bytes()) for name in digests}


@pytest.mark.slow
def test_a_server_killed_again_and_again_breaks_no_promise(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    with killing(state, after=4.5) as killed:
        report = finished(rehearse(file_of(tmp_path), state))
    require_small_result(report)
    # a kill in the last moment, while the server is being stopped, needs no restart
    assert len(killed) > 1
    assert len(killed) - report["restarts"] in (0, 1)


@pytest.mark.slow
def test_a_killed_rehearsal_leaves_no_server_behind_and_goes_on(tmp_path: Path) -> None:
    state = tmp_path / "state"
    process = rehearse(file_of(tmp_path), state)
    until = time.monotonic() + 120
    while not (state / "server.pid").exists() and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(4)
    process.kill()
    process.communicate()
    port = int((state / "server.port").read_text())
    time.sleep(3)
    with socket.socket() as probe, pytest.raises(OSError, match="refused"):
        probe.connect(("127.0.0.1", port))
    require_small_result(finished(rehearse(file_of(tmp_path), state, "--resume")))
    assert int((state / "server.port").read_text()) == port


@pytest.mark.slow
@pytest.mark.postgres
def test_a_whole_poll_runs_on_postgresql_and_is_not_begun_on_a_database_in_use(tmp_path: Path) -> None:
    file = file_of(tmp_path)
    with postgres_server() as server:
        name = f"rehearsed_{os.getpid()}"
        url = make_url(server).set(database=name).render_as_string(hide_password=False)
        require_small_result(finished(rehearse(file, tmp_path / "state", "--database-url", url)))
        second = rehearse(file, tmp_path / "other", "--database-url", url)
        _, err = second.communicate(timeout=120)
        assert second.returncode == 2
        assert "rehearsal.database-not-empty" in err


def test_a_record_folder_in_use_is_refused_before_anything_begins(tmp_path: Path) -> None:
    (tmp_path / "record").mkdir()
    (tmp_path / "record" / "old").touch()
    process = rehearse(file_of(tmp_path), tmp_path / "state", "--record", str(tmp_path / "record"))
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert "rehearsal.record-not-empty" in err
    assert not (tmp_path / "state").exists()
