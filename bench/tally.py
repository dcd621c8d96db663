"""The count measured side by side with an independent library, in one run.

    python bench/tally.py [--shared DIR] [--only NAME]

Every comparison is interleaved A B B A and given as the ratio of CPU times (median and range). A program
that does not end within its limit is stopped, and the ratio is then a lower bound. pabutools (GPL) is used
here and in tests alone.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pbvote.core.record.elections import read_countable
from pbvote.core.tally.methods import Profile, TieOrder
from pbvote.tools.pabulib.simulating import Simulation

HERE = Path(__file__).parent
LARGE = ("Poland_Lodz_2023.pb", "Poland_Wroclaw_2017.pb", "Poland_Wroclaw_2015_up_to_150.pb")
ADD1 = "Poland_Lodz_2023.pb"
LIMIT = 300.0
BY_ID = TieOrder(("id",))


def _ours(path: Path, *, completion: str = "none", profile: str = "ready") -> Callable[[], list[str]]:
    """A count of a file that is read already; ``fresh`` lays the ballots out and hashes them again."""
    countable = read_countable(path)
    spec = countable.spec("equal-shares-cost", completion=completion)
    if profile == "ready" and completion == "none":
        countable.count(spec, BY_ID)

    def run() -> list[str]:
        given = countable
        if profile == "fresh":
            object.__setattr__(given, "profile", Profile(countable.profile.groups))
        return [given.ids[number] for number in given.count(spec, BY_ID).winners]

    return run


def _theirs(path: Path, *, fractions: str, completion: str = "none") -> Callable[[], list[str]]:
    """pabutools on the merged profile of a file that is read already."""
    warnings.simplefilter("ignore")
    import pabutools.fractions as arithmetic
    from pabutools.election import Cost_Sat, parse_pabulib
    from pabutools.rules import exhaustion_by_budget_increase, method_of_equal_shares
    from pabutools.tiebreaking import lexico_tie_breaking

    arithmetic.FRACTION = fractions
    instance, profile = parse_pabulib(str(path))
    merged = profile.as_multiprofile()
    given = {"sat_class": Cost_Sat, "tie_breaking": lexico_tie_breaking}
    if completion == "none":
        return lambda: [p.name for p in method_of_equal_shares(instance, merged, **given)]
    return lambda: [
        p.name
        for p in exhaustion_by_budget_increase(
            instance,
            merged,
            method_of_equal_shares,
            rule_params=given,
            budget_step=profile.num_ballots(),
        )
    ]


def _measure(make: Callable[[], Callable[[], Any]], answers: Any) -> None:
    run = make()
    start = time.process_time()
    result = run()
    answers.put((time.process_time() - start, len(result)))


def _cpu(make: Callable[[], Callable[[], Any]], *, limit: float = LIMIT) -> tuple[float, int, str]:
    """CPU seconds of one run in a process of its own, the number of winners, and ``stopped`` if it was."""
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    child = context.Process(target=_measure, args=(make, answers))
    child.start()
    try:
        cpu, winners = answers.get(timeout=limit + 60)
    except Exception:
        child.kill()
        child.join()
        return limit, -1, "stopped"
    child.join()
    return cpu, winners, ""


def _ratio(
    name: str, a: Callable[[], Any], b: Callable[[], Any], *, rounds: int, limit: float = LIMIT
) -> None:
    """Print how many times longer ``b`` takes than ``a``, A B B A."""
    ours: list[float] = []
    theirs: list[float] = []
    note = ""
    for _ in range(rounds):
        order = [(a, ours), (b, theirs), (b, theirs), (a, ours)]
        for make, times in order:
            if note and times is theirs:
                theirs.append(theirs[-1])
                continue
            cpu, winners, stopped = _cpu(make, limit=limit)
            times.append(cpu)
            note = note or (stopped if times is theirs else "")
            if not stopped:
                print(f"    {cpu:9.4f} s  {winners} winners", flush=True)
    ratios = sorted(t / o for o, t in zip(ours, theirs, strict=True))
    bound = ">= " if note else ""
    print(
        f"{name}: ours {statistics.median(ours):.4f} s, other {bound}{statistics.median(theirs):.2f} s, "
        f"ratio {bound}{statistics.median(ratios):.0f} ({ratios[0]:.0f} to {ratios[-1]:.0f})",
        flush=True,
    )


def equal_shares(shared: Path) -> None:
    """Equal Shares on files of more than 60,000 voters, exact on both sides."""
    for name in LARGE:
        path = shared / "pabulib" / name
        exact = partial(_theirs, path, fractions="gmpy2")
        for profile in ("ready", "fresh"):
            _ratio(f"{name} {profile}", partial(_ours, path, profile=profile), exact, rounds=1)


def add1(shared: Path) -> None:
    """Add1 against the library's float arithmetic."""
    path = shared / "pabulib" / ADD1
    floats = partial(_theirs, path, fractions="float", completion="add1")
    _ratio(f"{ADD1} Add1", partial(_ours, path, completion="add1"), floats, rounds=1)


def million(_: Path) -> None:
    """One million invented ballots of 200 projects: reading, counting, memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.pb"
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(Simulation(voters=1_000_000, projects=200, seed=7).lines())
        print(f"    file of {path.stat().st_size / 1e6:.0f} MB", flush=True)
        for method in ("equal-shares-cost", "greedy-votes"):
            code = (
                "import json,resource,sys,time\n"
                "from pathlib import Path\n"
                "from pbvote.core.record.elections import read_countable\n"
                "from pbvote.core.tally.methods import TieOrder\n"
                "a=time.process_time(); c=read_countable(Path(sys.argv[1])); b=time.process_time()\n"
                "o=c.count(c.spec(sys.argv[2]),TieOrder(('id',))); d=time.process_time()\n"
                "print(json.dumps([b-a,d-b,len(o.winners),len(c.profile.groups),"
                "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))\n"
            )
            command = [sys.executable, "-c", code, str(path), method]
            done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # this program
            reading, counting, winners, distinct, peak = json.loads(done.stdout)
            print(
                f"1,000,000 x 200 {method}: reading {reading:.1f} s, count {counting:.2f} s with layout and "
                f"digest, {winners} winners, {distinct:,} distinct ballots, peak {peak / 1024:.0f} MB",
                flush=True,
            )


def plain(shared: Path) -> None:
    """The plain count, file to winners, against a script under node."""
    if shutil.which("node") is None:
        print("plain count: node is not here")
        return
    path = shared / "pabulib" / "Poland_Lodz_2023.pb"
    ratios = []
    for _ in range(4):
        times = {}
        for name, command in (
            (
                "ours",
                [
                    sys.executable,
                    "-c",
                    "from pbvote.tools.cli import main; main()",
                    "tally",
                    str(path),
                    "--ties",
                    "id",
                    "--json",
                ],
            ),
            ("node", ["node", str(HERE / "plain_count.mjs"), str(path)]),
        ):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(  # noqa: S603  # these programs
                command, capture_output=True, check=True, env={**os.environ, "PYTHONPATH": str(HERE.parent)}
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times[name] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        ratios.append(times["ours"] / times["node"])
    spread = f"({min(ratios):.2f} to {max(ratios):.2f})"
    print(f"plain count, whole program: ours / node {statistics.median(ratios):.2f} {spread}")


BENCHES = {"equal-shares": equal_shares, "add1": add1, "million": million, "plain": plain}


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=HERE.parent.parent / "shared")
    parser.add_argument("--only", choices=sorted(BENCHES))
    given = parser.parse_args()
    for name, bench in BENCHES.items():
        if given.only in (None, name):
            print(f"== {name}", flush=True)
            bench(given.shared)


if __name__ == "__main__":
    main()
