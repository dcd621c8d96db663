"""``python -m pbvote.verifier DIR``: check an election record on any computer, without a network.

Exit status 0 valid, 1 invalid, 2 not a record, 3 the command cannot be used and nothing was checked. Only
:mod:`pbvote.core` is used.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import cpu_count
from pathlib import Path
from typing import Final, NoReturn

from pbvote.core.printable import printable, printable_json
from pbvote.core.record.ballots import CheckedBallot, Chunk, Job, Run, run_here
from pbvote.core.record.contents import FolderSource
from pbvote.core.record.given import Expectations, ExpectationUnfit
from pbvote.core.record.report import MEANINGS, NotARecord, Report
from pbvote.core.record.verify import verify_record

VALID: Final = 0
INVALID: Final = 1
NOT_A_RECORD: Final = 2
NOT_CHECKED: Final = 3
_LONGEST_GIVEN: Final = 1 << 20


class _Parser(argparse.ArgumentParser):
    """A mistake in the command is no statement about a record, and has an exit status of its own."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and end."""
        self.print_usage(sys.stderr)
        self.exit(NOT_CHECKED, f"{self.prog}: {message}\n")


def _arguments() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m pbvote.verifier",
        description="Check an election record. Exit status: 0 valid, 1 invalid, 2 not a record, "
        "3 nothing was checked because the command cannot be used.",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the record")
    parser.add_argument("--json", action="store_true", help="print the report as JSON alone")
    parser.add_argument(
        "--expect-manifest",
        metavar="EH",
        action="append",
        default=[],
        help="election hash as printed on the notice, 64 digits",
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
        "--workers", type=_workers, default=cpu_count(), metavar="N", help="processes (default: all cores)"
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


def _workers(text: str) -> int:
    if not re.fullmatch("0*[1-9][0-9]{0,3}", text):
        raise argparse.ArgumentTypeError("takes a whole number from 1 to 9999")
    return int(text)


def _hash_of(typed: list[str]) -> str:
    """The hash to compare with; one that is blank or given twice is a mistake, never no wish."""
    if len(typed) > 1 or not all(text.strip() for text in typed):
        raise ExpectationUnfit(field="expect-manifest")
    return typed[0] if typed else ""


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
    for number in report.withdrawn:
        yield f"project {number}: withdrawn by a notice during the vote"
    for name in report.own_files:
        yield f"{name}: the record's own checkpoint, which compares nothing"
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
        verdict = "not-a-record" if status == NOT_A_RECORD else "invalid"
        print(printable_json({"verdict": verdict, "code": code}))
    else:
        print(printable(f"ERROR {code}"))
    return status


def main(arguments: list[str] | None = None) -> int:
    """Run the check and return the exit status."""
    parser = _arguments()
    options = parser.parse_args(arguments)
    try:
        expectations = Expectations(
            election_hash=_hash_of(options.expect_manifest),
            checkpoints=_given(options.checkpoint),
            receipts=_given(options.receipt),
        )
    except OSError as error:
        parser.error(printable(f"cannot read {error.filename}: nothing was checked"))
    except ExpectationUnfit:
        parser.error(
            "--expect-manifest takes, once, the 64 hexadecimal digits on the notice: nothing was checked"
        )
    try:
        report = _verify(options.folder, expectations, options.workers)
    except NotARecord:
        return _refused("not-a-record", as_json=options.json, status=NOT_A_RECORD)
    except Exception as error:  # a hostile record may find a mistake of ours, but never a yes
        return _refused(f"internal: {type(error).__name__}", as_json=options.json, status=INVALID)
    if options.json:
        print(printable_json(report.to_json(), indent=1))
    else:
        for line in _lines(report):
            print(printable(line))
    return VALID if report.is_valid else INVALID


if __name__ == "__main__":
    sys.exit(main())
