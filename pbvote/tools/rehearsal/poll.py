"""Hold a whole poll on a real election's ballots, over HTTP, and say what came out.

Officer, proposer, auditor and voters use the service as it is; :mod:`pbvote.tools.rehearsal.phases` has the
order of what they do.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pbvote.core.errors import PbvoteError
from pbvote.core.printable import printable, printable_json
from pbvote.tools.rehearsal import databases
from pbvote.tools.rehearsal.errors import RecordNotEmpty
from pbvote.tools.rehearsal.pabulib_call import read_call
from pbvote.tools.rehearsal.phases import EXPORT, Rehearsal
from pbvote.tools.rehearsal.state import PollState
from pbvote.tools.rehearsal.state import Progress as Saved
from pbvote.tools.rehearsal.supervisor import free_port
from pbvote.words.errors import text_for


def rehearse(
    *,
    file: Path,
    voters: int | None,
    workers: int,
    database_url: str,
    box_database_url: str,
    record: Path | None,
    state: Path | None,
    resume: bool,
    as_json: bool,
) -> int:
    """Hold the poll; 0 if the verifier passes and no official winner disagrees, 1 otherwise.

    Raises:
        PbvoteError: the input cannot be used, and nothing has begun (status 2 of the command).
    """
    call = read_call(file, voters)
    folder = (state or Path(tempfile.mkdtemp(prefix="pbvote-rehearsal-"))).absolute()
    main_url, box_url = databases.urls(database_url, box_database_url, folder=folder)
    wanted = Saved(
        file=call.file,
        voters=call.voters,
        main_url=main_url,
        box_url=box_url,
        record=str(record.absolute()) if record is not None else "",
    )
    poll = _resumed(folder, wanted) if resume else _begun(folder, wanted)
    console = Console(stderr=True)
    try:
        with _bar(console) as bar:
            report = Rehearsal(call=call, state=poll, workers=workers, bar=bar).run()
    except PbvoteError as error:
        for line in (text_for(error, "zh"), text_for(error, "en"), str(error), f"--state {folder} --resume"):
            console.print(f"pbvote: {printable(line)}", markup=False, highlight=False, soft_wrap=True)
        if as_json:
            print(printable_json({"file": call.file, "error": error.code}))
        return 1
    _print(report, console, as_json=as_json)
    good = report.pop("verifier") == 0 and report["agree"] is not False and not report["missing"]
    if good and state is None and record is not None:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if good else 1


def _begun(folder: Path, wanted: Saved) -> PollState:
    wanted.record = wanted.record or str(folder / "record")
    _require_absent_or_empty(Path(wanted.record))
    for url in (wanted.main_url, wanted.box_url):
        databases.make_missing(url)
        databases.require_empty(url)
    wanted.port = free_port()
    return PollState.begin(folder, wanted)


def _resumed(folder: Path, wanted: Saved) -> PollState:
    """The earlier poll; a record wanted elsewhere is written there, one that is there is kept."""
    poll = PollState.resume(folder, wanted)
    if wanted.record and wanted.record != poll.progress.record:
        _require_absent_or_empty(Path(wanted.record))
        poll.progress.record = wanted.record
        poll.progress.done = [name for name in poll.progress.done if name != EXPORT]
    return poll


def _require_absent_or_empty(record: Path) -> None:
    if record.exists() and (not record.is_dir() or any(record.iterdir())):
        raise RecordNotEmpty(folder=str(record))


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _print(report: Mapping[str, Any], console: Console, *, as_json: bool) -> None:
    shown = {name: value for name, value in report.items() if name not in {"verifier", "missing"}}
    if as_json:
        print(printable_json(shown))
        return
    for name, value in shown.items():
        print(f"{name}: {printable_json(value)}")
    if report["verifier"] or report["missing"]:
        console.print(f"verifier: {report['verifier']}, missing: {report['missing']}", markup=False)
