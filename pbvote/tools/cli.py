"""The command line. Each command only parses, calls one use case, and prints."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pbvote import __version__
from pbvote.core.errors import Conflict, InvalidInput, PbvoteError, SeveralErrors
from pbvote.core.printable import printable, printable_json
from pbvote.typed.numbers import money_of, whole_of


class PathUnusable(Conflict):
    """A file or folder that cannot be read or written (facts ``path``, ``why`` as the system says it)."""

    code = "tools.path-unusable"


class Group(click.Group):
    """Turns an expected error into a sentence and exit status 2, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except PbvoteError as error:
            _say(error)
            ctx.exit(2)
        except OSError as error:
            if error.filename is None:
                raise
            _say(PathUnusable(path=os.fsdecode(error.filename), why=error.strerror or ""))
            ctx.exit(2)


def _say(error: PbvoteError) -> None:
    from pbvote.words.errors import text_for

    findings = error.findings if isinstance(error, SeveralErrors) else (error,)
    for finding in findings:
        where = f"{finding.facts['field']}: " if finding.facts.get("field") else ""
        zh, en = (printable(where + text_for(finding, language)) for language in ("zh", "en"))
        click.echo(f"pbvote: {zh}", err=True)
        click.echo(f"        {en} [{finding.code}]", err=True)


class HumanNumber(click.ParamType[int, Any]):
    """A number as people write it, read as every form reads it: ``1,200``, ``３００``, ``85萬``."""

    name = "number"

    def __init__(self, read: Callable[..., int], *, least: int = 0) -> None:
        self._read, self._least = read, least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; a usage error with the sentence of the forms otherwise."""
        from pbvote.words.errors import text_for

        if isinstance(value, int):
            return value
        try:
            number = self._read(str(value), field=param.name if param else "")
        except InvalidInput as error:
            self.fail(f"{text_for(error, 'zh')}\n{text_for(error, 'en')}", param, ctx)
        if number < self._least:
            self.fail(f"{number} < {self._least}", param, ctx)
        return number


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pbvote")
def main() -> None:
    """參與式預算投票：保密、可查核。Participatory budgeting with a secret, verifiable ballot."""
    from pbvote.platform import logs

    logs.configure()


@main.command()
@click.argument("part", type=click.Choice(["all", "main", "box"]), default="all")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=8000, show_default=True)
@click.option("--processes", type=int, default=1, show_default=True, help="server processes")
@click.option("--threads", type=int, default=8, show_default=True, help="threads in each")
def serve(part: Any, host: str, port: int, processes: int, threads: int) -> None:
    """Serve: all (one process group, SQLite), or main and box apart behind a proxy."""
    from pbvote.edges.server import serve as run
    from pbvote.platform.settings import load_settings

    run(load_settings(), part=part, host=host, port=port, processes=processes, threads=threads)


@main.command()
def worker() -> None:
    """Work: mail, batches, closing and counting (needed beside `serve` on PostgreSQL)."""
    import signal
    import threading

    from pbvote.edges import worker as duties
    from pbvote.edges.bootstrap import runtime_of
    from pbvote.platform.migrate import require_current
    from pbvote.platform.settings import load_settings

    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    rt = runtime_of(load_settings())
    require_current(rt.engine("main"), "main")
    require_current(rt.engine("box"), "box")
    duties.run(rt, stop)


@main.command()
def migrate() -> None:
    """Bring both databases to this version's schema."""
    from pbvote.platform.migrate import upgrade_both
    from pbvote.platform.settings import load_settings

    settings = load_settings()
    settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    upgrade_both(settings.url("main"), settings.url("box"))
    click.echo("ok")


@main.command("create-agency")
@click.option("--slug", required=True, help="short name in addresses, such as xindian")
@click.option("--name", required=True)
@click.option("--name-en", default="")
@click.option("--level", type=click.Choice(["central", "county", "township"]), required=True)
@click.option("--county", default="")
def create_agency(slug: str, name: str, name_en: str, level: str, county: str) -> None:
    """Add an agency (機關), the tenant of calls and officers."""
    from pbvote.edges.bootstrap import runtime_of
    from pbvote.platform.settings import load_settings
    from pbvote.rooms.accounts import service

    rt = runtime_of(load_settings(), "main")
    service.create_agency(rt, slug=slug, name=name, name_en=name_en, level=level, county=county)
    click.echo("ok")


@main.command("create-officer")
@click.option("--agency", "agency_slug", required=True)
@click.option("--login", required=True)
@click.option("--name", required=True)
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(["officer", "auditor", "administrator"]),
)
@click.option("--password", default=None, help="better not: every user of the machine can read a command")
@click.option("--password-stdin", is_flag=True, help="take the first line of the standard input")
def create_officer(
    agency_slug: str,
    login: str,
    name: str,
    roles: tuple[str, ...],
    password: str | None,
    *,
    password_stdin: bool,
) -> None:
    """Add an officer, auditor or administrator; prints the TOTP address for an authenticator app.

    The password is asked for twice where neither option is given.
    """
    from pbvote.edges.bootstrap import runtime_of
    from pbvote.platform.settings import load_settings
    from pbvote.rooms.accounts import service

    rt = runtime_of(load_settings(), "main")
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    if password is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    made = service.create_staff(
        rt, agency_slug=agency_slug, login=login, name=name, roles=roles, password=password
    )
    click.echo(made[1])


@main.command()
@click.option("--out", "folder", required=True, type=click.Path(path_type=Path, file_okay=False))
@click.option("--passphrase", prompt=True, hide_input=True, confirmation_prompt=True, help="opening key")
@click.option(
    "--auditor-passphrase", prompt=True, hide_input=True, confirmation_prompt=True, help="auditor's key"
)
def ceremony(folder: Path, passphrase: str, auditor_passphrase: str) -> None:
    """Make the opening key and the auditor's key, off the server (S0)."""
    from pbvote.rooms.counting.ceremony import make_ceremony

    make_ceremony(folder, passphrase, auditor_passphrase)
    for path in sorted(folder.iterdir()):
        click.echo(path)


@main.command()
@click.argument("call_id")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def export(call_id: str, folder: Path) -> None:
    """Write a certified call's record for `python -m pbvote.verifier FOLDER`."""
    from pbvote.core.types import CallId
    from pbvote.edges.bootstrap import runtime_of
    from pbvote.platform.settings import load_settings
    from pbvote.rooms import records

    records.export(runtime_of(load_settings()), CallId(call_id), folder)
    click.echo(folder)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=8000, show_default=True)
@click.option(
    "--state",
    "state_dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/demo"),
    show_default=True,
)
@click.option("--fresh", is_flag=True, help="start the city anew")
def demo(host: str, port: int, state_dir: Path, fresh: bool) -> None:
    """Serve a living demo city: invented districts, calls in every stage, people to try."""
    from pbvote.tools.demo.city import run_demo

    run_demo(state_dir, host=host, port=port, keep="" if fresh else "keep")


@main.command()
@click.option("--pabulib", "file", required=True, type=click.Path(path_type=Path))
@click.option("--voters", type=HumanNumber(whole_of, least=1), help="only the first N ballots")
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--database-url", default="", help="main database; SQLite in the state folder by default")
@click.option("--box-database-url", default="", help="default: the same with _box appended to the name")
@click.option("--record", type=click.Path(path_type=Path), help="absent or empty folder for the record")
@click.option("--state", type=click.Path(path_type=Path), help="server.pid, server.port, saved steps")
@click.option("--resume", is_flag=True, help="go on with the poll in --state")
@click.option("--json", "as_json", is_flag=True, help="one JSON object on stdout")
def rehearse(**options: Any) -> None:
    """Run a whole poll over HTTP on a real election's ballots, and check the result."""
    from pbvote.tools.rehearsal.poll import rehearse as run

    sys.exit(run(**options))


_LANGUAGE = click.option(
    "--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="of the table"
)
_TIES = click.option(
    "--ties",
    default=None,
    metavar="KEY[,KEY...]",
    help="id, number, cheaper, votes, lot:SEED, tried in this order; SEED is 64 hexadecimal digits, or any "
    "text, whose SHA-256 it then is. There is no default: a tie that is not decided ends with status 3.",
)
_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="one JSON object on stdout")


def _undecided(error: PbvoteError, ids: dict[int, str]) -> None:
    """Name the projects that nothing tells apart, and end with status 3."""
    numbers: Any = error.facts["projects"]
    named = printable(", ".join(ids[number] for number in numbers))
    click.echo(
        f"pbvote: 方案 {named} 不分先後，請用 --ties 加上決定順序的方式，例如 cheaper,number。", err=True
    )
    click.echo(
        f"        Projects {named} are level and nothing decides; add keys, such as --ties cheaper,number.",
        err=True,
    )
    sys.exit(3)


_OF_A_RULE = (
    *("method", "fit", "threshold", "floor", "score", "completion", "add1_stop", "comparison", "ties"),
)


def _require_no_rule_of_ones_own() -> None:
    """Refuse options that the file's own rule would make to nothing.

    Raises:
        click.UsageError: naming the first.
    """
    ctx = click.get_current_context()
    for name in _OF_A_RULE:
        if ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(f"--official counts by the file's own rule: {option} cannot go with it")


@main.command()
@_FILE
@click.option("--official", is_flag=True, help="count by the file's own rule and compare with `selected`")
@click.option("--method", default="greedy-votes", show_default=True, help="a method's name")
@click.option("--fit", default="skip", show_default=True, help="skip, stop or cover:PERCENT (greedy)")
@click.option("--threshold", type=HumanNumber(whole_of), default=0, show_default=True, help="least score")
@click.option(
    "--floor",
    type=click.IntRange(min=0, max=1000),
    default=0,
    show_default=True,
    help="least share of the voters: cost / (FLOOR x budget); 0 is none",
)
@click.option("--score", type=click.Choice(["votes", "points", "positional"]), default="votes")
@click.option(
    "--completion", type=click.Choice(["none", "add1", "utilitarian", "add1-utilitarian"]), default="none"
)
@click.option("--add1-stop", type=click.Choice(["overspend", "exhaustive"]), default="overspend")
@click.option("--comparison", type=click.Choice(["none", "satisfaction"]), default="none")
@click.option("--duplicates", type=click.Choice(["dedupe", "as-recorded"]), default="dedupe")
@_TIES
@_AS_JSON
@click.option(
    "--trace", type=click.Path(path_type=Path, dir_okay=False), help="write the trace as JSON lines"
)
@click.option("--explain", "explained", is_flag=True, help="say of every project why it did not win")
@_LANGUAGE
def tally(file: Path, **options: Any) -> None:
    """Count a Pabulib file by one rule, or officially."""
    from pbvote.tools.pabulib import counting
    from pbvote.tools.pabulib.tally_command import run

    if options["official"]:
        _require_no_rule_of_ones_own()
    sys.exit(
        run(counting.read_file(file, duplicates=options.pop("duplicates")), undecided=_undecided, **options)
    )


@main.command("check-trace")
@_FILE
@click.argument("trace", type=click.Path(path_type=Path, dir_okay=False))
def check_trace(file: Path, trace: Path) -> None:
    """Check that a trace follows from the ballots of a Pabulib file."""
    from pbvote.tools.pabulib import counting

    counting.check_file(counting.read_file(file), trace)
    click.echo("ok")


@main.command()
@_FILE
@_TIES
@_AS_JSON
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="write the comparison as a page")
@_LANGUAGE
def compare(file: Path, ties: str | None, as_json: bool, svg: Path | None, language: str) -> None:
    """Count a Pabulib file by every method, side by side."""
    from pbvote.core.tally.tie_breaking import TieUndecided
    from pbvote.tools.pabulib import counting
    from pbvote.tools.pabulib.chart import chart
    from pbvote.tools.pabulib.comparing import compare as compared
    from pbvote.tools.pabulib.printing import print_comparison, remarks

    countable = counting.read_file(file)
    try:
        columns = compared(countable, counting.tie_order(ties or ""))
    except TieUndecided as error:
        _undecided(error, countable.ids)
        raise
    if svg is not None:
        svg.write_text(chart(countable, columns, language=language), encoding="utf-8")
    if as_json:
        for line in remarks(countable, language):
            click.echo(printable(line), err=True)
        click.echo(printable_json([column.to_json(countable) for column in columns]))
    else:
        print_comparison(countable, columns, language=language)


@main.command()
@click.option("--voters", type=HumanNumber(whole_of), required=True)
@click.option("--projects", type=HumanNumber(whole_of, least=1), required=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--form", type=click.Choice(["approval", "ranking", "points"]), default="approval")
@click.option(
    "--budget",
    type=HumanNumber(money_of),
    default=0,
    help="NT$, such as 85萬; a quarter of all costs by default",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
def simulate(out: Path, **options: Any) -> None:
    """Write an invented election of any size; the same seed gives the same file everywhere."""
    from pbvote.tools.pabulib.simulating import Simulation

    simulation = Simulation(**options)
    simulation.check()
    with out.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(simulation.lines())
    click.echo(printable(str(out)))
