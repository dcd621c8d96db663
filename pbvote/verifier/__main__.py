"""``python -m pbvote.verifier DIR``: check an election record on any computer, without a network.

Exit status 0 valid, 1 invalid, 2 not a record. Only :mod:`pbvote.core` is used.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import cpu_count
from pathlib import Path
from typing import Final

from pbvote.core.record.ballots import CheckedBallot, Chunk, Job, Run, run_here
from pbvote.core.record.contents import FolderSource
from pbvote.core.record.report import MEANINGS, NotARecord, Report
from pbvote.core.record.verify import Expectations, verify_record

VALID: Final = 0
INVALID: Final = 1
NOT_A_RECORD: Final = 2
_LONGEST_GIVEN: Final = 1 << 20


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pbvote.verifier",
        description="Check an election record. Exit status: 0 valid, 1 invalid, 2 not a record.",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the record")
    parser.add_argument("--json", action="store_true", help="print the report as JSON alone")
    parser.add_argument(
        "--expect-manifest", metavar="EH", default="", help="election hash as printed on the notice"
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        help="a checkpoint that you saved earlier (may be repeated)",
    )
    parser.add_argument(
        "--receipt",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        help="a receipt that you saved (may be repeated)",
    )
    parser.add_argument(
        "--workers", type=int, default=cpu_count(), metavar="N", help="processes (default: all cores)"
    )
    return parser


def spread_over(pool: ProcessPoolExecutor, workers: int) -> Run:
    """Work chunks off in a pool, in order, with a bounded number of them in memory."""

    def run(job: Job, chunks: Iterable[Chunk]) -> Iterator[list[CheckedBallot]]:
        waiting: deque[Future[list[CheckedBallot]]] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(job, chunk))
            if len(waiting) > 3 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    return run


def _verify(folder: Path, expectations: Expectations, workers: int) -> Report:
    source = FolderSource(folder)
    if workers <= 1:
        return verify_record(source, expectations=expectations, run=run_here)
    with ProcessPoolExecutor(max_workers=workers) as pool:
        return verify_record(source, expectations=expectations, run=spread_over(pool, workers))


def _given(paths: list[Path]) -> dict[str, bytes]:
    given: dict[str, bytes] = {}
    for path in paths:
        with path.open("rb") as stream:
            given[str(path)] = stream.read(_LONGEST_GIVEN)
    return given


def _lines(report: Report) -> Iterator[str]:
    yield f"call           {report.call}  {report.title}"
    yield f"agency         {report.agency}"
    yield f"mode           {report.mode}"
    yield f"election hash  {report.election_hash}"
    yield f"box log        {report.box.size} entries, root {report.box.root.hex()}"
    yield f"roll log       {report.roll.size} entries, root {report.roll.root.hex()}"
    for style, figures in report.styles.items():
        yield (
            f"style {style}: {figures.issued} tokens issued, {figures.cast} ballots cast, "
            f"{figures.spoiled} spoiled, {figures.blank} blank"
        )
    for district, winners in report.winners.items():
        yield f"district {district}: winning project numbers {', '.join(map(str, winners)) or 'none'}"
    if report.mode != "production":
        yield f"NOT A REAL VOTE: this record was made in mode {report.mode}."
    for finding in report.findings:
        place = f" entry {finding.position}" if finding.position >= 0 else ""
        detail = f" ({finding.detail})" if finding.detail else ""
        yield f"ERROR {finding.flaw.value}: {finding.file}{place}: {MEANINGS[finding.flaw]}{detail}"
    for flaw, count in report.counts.items():
        yield f"{flaw.value}: {count} in all"
    yield _sentence(report)


def _sentence(report: Report) -> str:
    if not report.is_valid:
        return "INVALID"
    if not report.compared:
        return "consistent, but not compared with the published notice (use --expect-manifest EH)"
    return f"VALID, compared with your own: {', '.join(report.compared)}"


def _refused(code: str, *, as_json: bool, status: int) -> int:
    if as_json:
        print(json.dumps({"verdict": "not-a-record" if status == NOT_A_RECORD else "invalid", "code": code}))
    else:
        print(f"ERROR {code}")
    return status


def main(arguments: list[str] | None = None) -> int:
    """Run the check and return the exit status."""
    options = _arguments().parse_args(arguments)
    try:
        expectations = Expectations(
            election_hash=options.expect_manifest,
            checkpoints=_given(options.checkpoint),
            receipts=_given(options.receipt),
        )
    except OSError as error:
        return _refused(f"not-readable: {error.filename}", as_json=options.json, status=NOT_A_RECORD)
    try:
        report = _verify(options.folder, expectations, options.workers)
    except NotARecord:
        return _refused("not-a-record", as_json=options.json, status=NOT_A_RECORD)
    except Exception as error:  # a hostile record may find a mistake of ours, but never a yes
        return _refused(f"internal: {type(error).__name__}", as_json=options.json, status=INVALID)
    if options.json:
        print(json.dumps(report.to_json(), ensure_ascii=False, indent=1))
    else:
        for line in _lines(report):
            print(line)
    return VALID if report.is_valid else INVALID


if __name__ == "__main__":
    sys.exit(main())
