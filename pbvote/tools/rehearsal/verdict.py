"""What came out: the verifier's word, the official winners, and every promise against the record."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbvote.core.log.entry import entry_hash
from pbvote.core.manifest import Manifest
from pbvote.core.record import contents
from pbvote.tools.rehearsal.pabulib_call import PabulibCall
from pbvote.tools.rehearsal.state import PollState
from pbvote.tools.rehearsal.voters import Shelves
from pbvote.tools.voter.errors import PageUnreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the verifier said."""

    status: int
    report: dict[str, Any]


def numbers_of(manifest: Manifest, call: PabulibCall, state: PollState) -> dict[int, int]:
    """From a project's place in the file (1, 2, …) to its number on the ballot.

    Raises:
        PageUnreadable: the frozen ballot does not hold exactly the file's projects.
    """
    number = {project.id: int(project.number) for project in manifest.projects}
    proposals = state.progress.proposals
    wanted = {at: str(proposals[project.id]) for at, project in enumerate(call.projects, start=1)}
    if set(wanted.values()) != set(number):
        raise PageUnreadable(missing="projects")
    return {at: number[proposal] for at, proposal in wanted.items()}


def verify(record: Path, *, expect: bytes) -> Found:
    """The verdict of ``python -m pbvote.verifier``, in a process of its own."""
    command = [sys.executable, "-m", "pbvote.verifier", str(record), "--json"]
    command += ["--expect-manifest", expect.hex()]
    ran = subprocess.run(command, stdout=subprocess.PIPE, check=False)  # noqa: S603 -- our own module
    try:
        report = json.loads(ran.stdout)
    except ValueError:
        report = {}
    return Found(status=ran.returncode, report=report if isinstance(report, dict) else {})


def missing_promises(record: Path, shelves_path: Path) -> tuple[int, int]:
    """How many voters hold a promise, and how many of those ballots are not exactly once in the box log."""
    with (record / contents.BOX_LOG).open("rb") as stream:
        seen = Counter(entry_hash(entry) for entry in contents.read_frames(stream))
    shelves = Shelves(shelves_path)
    promised = [attempt.entry_hash for _, attempt in shelves.cast()]
    shelves.close()
    return len(promised), sum(1 for name in promised if seen[name] != 1)


def report(call: PabulibCall, state: PollState, *, record: Path, found: Found) -> dict[str, Any]:
    """The figures of the poll; ``verifier`` and ``missing`` are for the exit status."""
    cast, missing = missing_promises(record, state.folder / "voters.db")
    outcome = json.loads((record / contents.OUTCOME).read_bytes())["districts"][0]["outcome"]
    by_proposal = {str(number): id_ for id_, number in state.progress.proposals.items()}
    manifest = json.loads((record / contents.MANIFEST).read_bytes())
    by_number = {project["number"]: by_proposal[project["id"]] for project in manifest["projects"]}
    winners = [by_number[number] for number in outcome["winners"]]
    official = call.official_winners
    comparable = bool(official) and call.complete
    styles = found.report.get("styles", {}).values()
    return {
        "file": call.file,
        "projects": len(call.projects),
        "voters": call.voters,
        "ballots_cast": cast,
        "ballots_counted": sum(style["cast"] - style["spoiled"] for style in styles),
        "method": outcome["spec"]["method"],
        "winners": winners,
        "official_winners": official,
        "agree": set(winners) == set(official) if comparable else None,
        "refused": call.refused,
        "restarts": state.progress.restarts,
        "record": str(record),
        "seconds": dict(state.progress.seconds),
        "tie_order": call.tie_order,
        "verifier": found.status,
        "missing": missing,
    }
