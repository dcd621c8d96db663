"""The count in memory (計票): the public logs, the opening key, and the verifier's own functions.

Nothing is written here. Before certification a caller may keep :meth:`Tally.checks` and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pbvote.core.errors import VerificationError
from pbvote.core.log.checkpoint import open_checkpoint, parse_verifier_key
from pbvote.core.manifest import Manifest
from pbvote.core.record.ballots import BallotJob, Job, OpeningJob, run_here
from pbvote.core.record.contents import BOX_LOG, ROLL_LOG
from pbvote.core.record.counted import Counted
from pbvote.core.record.report import Findings, Flaw
from pbvote.core.record.walk import BoxWalk, RollWalk, Scan, scan_log
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import queries as ballotbox
from pbvote.rooms.registrar import queries as registrar


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A count and what the verifier's checks say about the logs that it was made from."""

    counted: Counted
    findings: Findings
    box: Scan
    roll: Scan

    def checks(self) -> dict[str, Any]:
        """What officers and auditors see before certification: no count, not even of blank ballots."""
        styles = self.counted.counting.styles.items()
        return {
            "box": {"size": self.box.size, "root": self.box.root.hex()},
            "roll": {"size": self.roll.size, "root": self.roll.root.hex()},
            "styles": {s: {"issued": f.issued, "cast": f.cast, "spoiled": f.spoiled} for s, f in styles},
            "findings": sorted(flaw.value for flaw in self.findings.counts),
        }


def tally_logs(
    rt: Runtime, manifest: Manifest, *, private_key: bytes, tie_seed: bytes, checked: Mapping[str, Any]
) -> Tally:
    """Check and open every ballot of the closed logs, and count, all in memory.

    ``checked`` are the checks of an earlier tally: where the logs still begin with what was checked
    then, the ballots are only opened; where they do not, that is a finding. Empty: everything is checked.

    Raises:
        InvalidInput, Conflict: the manifest's rules cannot be counted.
    """
    call_id, findings = manifest.call, Findings()
    with rt.read_main() as main, rt.read_box() as box:
        before = {log: checked[log]["size"] for log in ("box", "roll") if checked}
        roll_scan = scan_log(registrar.roll_entries(main, call_id), sizes=[before.get("roll", 0)])
        box_scan = scan_log(ballotbox.entries(box, call_id), sizes=[before.get("box", 0)])
        notes = {
            ROLL_LOG: (registrar.roll_checkpoint(main, call_id), manifest.roll_vkey, roll_scan),
            BOX_LOG: (ballotbox.checkpoint(box, call_id), manifest.box_vkey, box_scan),
        }
        for log, (note, vkey, scan) in notes.items():
            _check_signed(findings, log, note=note, vkey=vkey, scan=scan)
        roll = RollWalk(manifest, findings)
        issued = roll.read(registrar.roll_entries(main, call_id))
        walk = BoxWalk(manifest, findings, issued=issued)
        job: Job = BallotJob(manifest.bytes, private_key)
        if checked and _goes_on(findings, checked, scans={"box": box_scan, "roll": roll_scan}):
            job = OpeningJob(manifest.bytes, private_key)
        counting = walk.read(ballotbox.entries(box, call_id), run=run_here, job=job)
    for log, closed in ((ROLL_LOG, roll.closed), (BOX_LOG, walk.closed)):
        if closed is None:
            findings.add(Flaw.LOG_SHRUNK, log, detail="no close")
    return Tally(counted=counting.counted(tie_seed), findings=findings, box=box_scan, roll=roll_scan)


def _goes_on(findings: Findings, checked: Mapping[str, Any], *, scans: Mapping[str, Scan]) -> bool:
    """Whether both logs begin with what was checked before."""
    for log, scan in scans.items():
        root = scan.roots.get(checked[log]["size"])
        if root is None or root.hex() != checked[log]["root"]:
            findings.add(Flaw.SPLIT_VIEW, f"{log}.log", detail="since the count")
            return False
    return True


def _check_signed(findings: Findings, log: str, *, note: str, vkey: str, scan: Scan) -> None:
    try:
        checkpoint = open_checkpoint(note, vkey, origin=parse_verifier_key(vkey).name)
    except VerificationError as error:
        findings.add(Flaw.CHECKPOINT_UNSIGNED, log, detail=error.code)
        return
    if (checkpoint.size, checkpoint.root) != (scan.size, scan.root):
        findings.add(Flaw.ENTRY_ALTERED, log)
