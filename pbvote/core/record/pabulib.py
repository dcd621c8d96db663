"""The Pabulib .pb format: read without loss, written with right quoting, byte for byte the same.

One UTF-8 text per district: sections META, PROJECTS and VOTES, each a title line, a header line and
rows of ``;``-separated fields; a field holding ``;``, a quote or a line break is quoted, quotes inside
are doubled. Columns that the format does not name are kept. For an election whose columns stand in
the format's order, ``read_pabulib(write_pabulib(election)) == election``.

Example:
    >>> election = read_pabulib(Path("Poland_Gdansk_2020.pb"))
    >>> election.meta["unit"], election.budget
    ('Gdańsk', Fraction(3600000, 1))
    >>> next(election.ballots()).choices
    ('16',)
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NoReturn, TextIO

from pbvote.core.errors import InvalidInput
from pbvote.core.record.pabulib_columns import META_ORDER, PROJECT_ORDER, VOTE_ORDER
from pbvote.core.record.voter_ids import VoterIds

META_REQUIRED = (
    "description",
    "country",
    "unit",
    "instance",
    "num_projects",
    "num_votes",
    "budget",
    "vote_type",
    "rule",
    "date_begin",
    "date_end",
)
VOTE_TYPES = frozenset({"approval", "ordinal", "cumulative", "scoring", "choose-1"})
_TYPES_WITH_POINTS = frozenset({"cumulative", "scoring"})
_LONGEST_FIELD = 10_000_000
_SECTIONS = ("META", "PROJECTS", "VOTES")
_AMOUNT = re.compile(r"[0-9]+(?:[.,][0-9]+)?(?:[eE]\+?[0-9]{1,2})?", re.ASCII)
_POINTS = re.compile(r"-?[0-9]{1,6}(?:\.[0-9]{1,3})?", re.ASCII)  # sums of any election stay whole
_NEEDS_QUOTES = re.compile(r'[;"\r\n]')


class PabulibMalformed(InvalidInput):
    """The text is no Pabulib file (facts: line from 1, problem, field)."""

    code = "pabulib.malformed"


@dataclass(frozen=True, slots=True)
class Table:
    """Column names and rows of fields as they stand in the file."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def records(self) -> Iterator[dict[str, str]]:
        """Every row as a mapping from column to field."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def in_order(self, known: tuple[str, ...]) -> Table:
        """The same table with the known columns first, in that order, and the others behind as given."""
        columns = _ordered(self.columns, known)
        places = [self.columns.index(name) for name in columns]
        return Table(columns, tuple(tuple(row[place] for place in places) for row in self.rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class PabulibProject:
    """A project row with its cost exact; ``selected`` is 0 to 3, or None where the file is silent."""

    id: str
    cost: Fraction
    name: str
    selected: int | None
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PabulibVote:
    """A vote row as recorded: choices (project ids) and points in the order of the file.

    ``duplicates`` are the ids that the row names more than once. Official files hold such rows; what
    becomes of them is the reader's declared policy, never a silent correction.
    """

    voter_id: str
    choices: tuple[str, ...]
    points: tuple[str, ...]
    duplicates: tuple[str, ...]
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MergedVotes:
    """Equal VOTES rows merged, as written; ``repeating`` rows name a project twice.

    ``voters_again`` rows have the voter_id of a row before them, ``voter_again`` is the first such id.
    """

    groups: dict[str | tuple[str, str], int]  # a pair with its points where the file has such a column
    repeating: int
    voters_again: int = 0
    voter_again: str = ""

    def drained(self) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], int]]:
        """Project ids, their points (or none) and the number of such rows; forgotten as they go."""
        while self.groups:
            key, rows = self.groups.popitem()
            vote, points = key if isinstance(key, tuple) else (key, "")
            yield _items(vote), _items(points), rows


@dataclass(frozen=True, slots=True)
class PabulibElection:
    """A whole file: META as a mapping, PROJECTS and VOTES as tables."""

    meta: Mapping[str, str]
    projects: Table
    votes: Table

    @property
    def budget(self) -> Fraction:
        """META ``budget``, exact."""
        return amount(self.meta["budget"])

    @property
    def threshold(self) -> Fraction:
        """META ``min_project_score_threshold`` (inclusive), 0 where the file names none."""
        return amount(self.meta.get("min_project_score_threshold", "0"))

    def listed(self) -> tuple[PabulibProject, ...]:
        """The projects in file order."""
        return tuple(
            PabulibProject(
                id=row["project_id"],
                cost=amount(row["cost"]),
                name=row.get("name", ""),
                selected=int(row["selected"]) if row.get("selected") else None,
                fields=row,
            )
            for row in self.projects.records()
        )

    def ballots(self) -> Iterator[PabulibVote]:
        """The votes in file order."""
        for row in self.votes.records():
            choices = _items(row["vote"])
            seen = dict.fromkeys(choices)
            again = () if len(seen) == len(choices) else tuple(c for c in seen if choices.count(c) > 1)
            yield PabulibVote(
                voter_id=row["voter_id"],
                choices=choices,
                points=_items(row.get("points", "")),
                duplicates=again,
                fields=row,
            )

    def in_format_order(self) -> PabulibElection:
        """The same election with keys and columns in the order of the format."""
        meta = {key: self.meta[key] for key in _ordered(tuple(self.meta), META_ORDER)}
        projects, votes = self.projects.in_order(PROJECT_ORDER), self.votes.in_order(VOTE_ORDER)
        return PabulibElection(meta, projects, votes)


def amount(text: str) -> Fraction:
    """The exact value of an amount such as ``400000.0``, ``12,5`` or ``1e6``.

    Raises:
        ValueError: any other spelling.
    """
    if not _AMOUNT.fullmatch(text.strip()):
        raise ValueError(text)
    return Fraction(text.strip().replace(",", "."))


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",")) if text.strip() else ()


def _ordered(names: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    first = tuple(name for name in known if name in names)
    return first + tuple(name for name in names if name not in known)


def read_merged(source: str | Path) -> tuple[PabulibElection, MergedVotes]:
    """An election with an empty VOTES table, and its votes merged while reading.

    For counting: the rows are checked as :func:`read_pabulib` checks them and not kept, so that memory
    follows the number of distinct ballots.

    Raises:
        PabulibMalformed, OSError: as :func:`read_pabulib`.
    """
    with _opened(source) as lines:
        return _Reader(lines).merged()


def read_pabulib(source: str | Path) -> PabulibElection:
    """The election of a .pb text, or of the file at a path.

    Everything is checked that a count depends on: obligatory keys and columns, exact amounts, unique
    project ids, votes only for listed projects, and the numbers of projects and votes announced in
    META, so that a file cut short is not taken for a smaller election.

    Raises:
        PabulibMalformed: with the line at which reading ended, the problem and the field.
        OSError: the path cannot be read.
    """
    with _opened(source) as lines:
        return _Reader(lines).election()


@contextmanager
def _opened(source: str | Path) -> Iterator[TextIO]:
    """The text line by line; what is not UTF-8 is an error that names the line."""
    if isinstance(source, str):
        yield io.StringIO(source.removeprefix("\ufeff"), newline="")
        return
    with source.open(encoding="utf-8-sig", newline="") as lines:
        try:
            yield lines
        except UnicodeDecodeError as error:
            raise PabulibMalformed(line=_bad_line(source), problem="not-utf-8", field="") from error


def _bad_line(path: Path) -> int:
    lines = path.read_bytes().splitlines()
    bad = (number for number, line in enumerate(lines, start=1) if "\ufffd" in line.decode(errors="replace"))
    return next(bad, 1)


class _Reader:
    """One pass over the lines; every check knows where it stands."""

    def __init__(self, lines: TextIO) -> None:
        csv.field_size_limit(_LONGEST_FIELD)
        self._rows = csv.reader(lines, delimiter=";", strict=True)
        self._ids: set[str] = set()
        self._points_expected = False

    def election(self) -> PabulibElection:
        meta, projects = self._head()
        columns = self._columns(("voter_id", "vote"))
        vote, points = self._vote_columns(columns)
        rows: list[tuple[str, ...]] = []
        for row in self._full_rows(columns, ""):
            self._check_vote(row[vote], row[points] if points is not None else "")
            rows.append(tuple(row))
        self._announced(meta, "num_votes", len(rows))
        return PabulibElection(meta, projects, Table(columns, tuple(rows)))

    def merged(self) -> tuple[PabulibElection, MergedVotes]:
        meta, projects = self._head()
        columns = self._columns(("voter_id", "vote"))
        vote, points = self._vote_columns(columns)
        groups: dict[str | tuple[str, str], int] = {}
        found = repeating = 0
        again: set[str | tuple[str, str]] = set()
        voter, voters = columns.index("voter_id"), VoterIds()
        for row in self._full_rows(columns, ""):
            key = row[vote] if points is None else (row[vote], row[points])
            if key not in groups:
                self._check_vote(row[vote], row[points] if points is not None else "")
                named = _items(row[vote])
                if len(set(named)) != len(named):
                    again.add(key)
            groups[key] = groups.get(key, 0) + 1
            found += 1
            repeating += key in again
            voters.see(row[voter])
        self._announced(meta, "num_votes", found)
        election = PabulibElection(meta, projects, Table(columns, ()))
        return election, MergedVotes(groups, repeating, voters.again, voters.first_again)

    def _head(self) -> tuple[dict[str, str], Table]:
        if self._next_row() != ["META"]:
            self._refuse("section-missing", "META")
        meta = self._meta()
        columns = self._columns(("project_id", "cost"))
        rows: list[tuple[str, ...]] = []
        for row in self._full_rows(columns, "VOTES"):
            self._check_project(columns, row)
            rows.append(tuple(row))
        self._announced(meta, "num_projects", len(rows))
        return meta, Table(columns, tuple(rows))

    def _vote_columns(self, columns: tuple[str, ...]) -> tuple[int, int | None]:
        if self._points_expected and "points" not in columns:
            self._refuse("column-missing", "points")
        return columns.index("vote"), columns.index("points") if "points" in columns else None

    def _refuse(self, problem: str, field: str) -> NoReturn:
        raise PabulibMalformed(line=max(1, self._rows.line_num), problem=problem, field=field)

    def _next_row(self) -> list[str] | None:
        """The next row that is not blank, titles upper-cased; None at the end."""
        try:
            row = next((found for found in self._rows if found), None)
        except csv.Error:
            self._refuse("quoting", "")
        if row is not None and len(row) == 1 and row[0].strip().upper() in _SECTIONS:
            return [row[0].strip().upper()]
        return row

    def _until(self, title: str) -> Iterator[list[str]]:
        """Rows up to the title of the next section, or up to the end for an empty title."""
        while (row := self._next_row()) is not None:
            if len(row) == 1 and row[0] in _SECTIONS:
                if row[0] != title:
                    self._refuse("section-unexpected", row[0])
                return
            yield row
        if title:
            self._refuse("section-missing", title)

    def _meta(self) -> dict[str, str]:
        if self._next_row() != ["key", "value"]:
            self._refuse("header", "META")
        meta: dict[str, str] = {}
        for row in self._until("PROJECTS"):
            if len(row) != 2:
                self._refuse("number-of-fields", row[0])
            if row[0] in meta:
                self._refuse("key-repeated", row[0])
            meta[row[0]] = row[1]
        for key in META_REQUIRED:
            if key not in meta:
                self._refuse("key-missing", key)
        for key in ("budget", "min_project_score_threshold"):
            if key in meta:
                self._check_amount(meta[key], key)
        if meta["vote_type"] not in VOTE_TYPES:
            self._refuse("unknown-vote-type", "vote_type")
        self._points_expected = meta["vote_type"] in _TYPES_WITH_POINTS
        return meta

    def _columns(self, required: tuple[str, ...]) -> tuple[str, ...]:
        header = self._next_row()
        columns = tuple(header or ())
        for name in required:
            if name not in columns:
                self._refuse("column-missing", name)
        if len(set(columns)) != len(columns):
            self._refuse("column-repeated", next(name for name in columns if columns.count(name) > 1))
        return columns

    def _full_rows(self, columns: tuple[str, ...], next_title: str) -> Iterator[list[str]]:
        for row in self._until(next_title):
            if len(row) != len(columns):
                self._refuse("number-of-fields", columns[min(len(row), len(columns) - 1)])
            yield row

    def _check_project(self, columns: tuple[str, ...], row: list[str]) -> None:
        project = row[columns.index("project_id")]
        if not project or project != project.strip() or "," in project:
            self._refuse("project-id", "project_id")
        if project in self._ids:
            self._refuse("project-repeated", "project_id")
        self._ids.add(project)
        self._check_amount(row[columns.index("cost")], "cost")
        if "selected" in columns and row[columns.index("selected")] not in ("", "0", "1", "2", "3"):
            self._refuse("selected", "selected")

    def _check_vote(self, vote: str, points: str) -> None:
        choices = _items(vote)
        if not self._ids.issuperset(choices):
            self._refuse("unknown-project", "vote")
        if self._points_expected:
            given = _items(points)
            if len(given) != len(choices):
                self._refuse("number-of-points", "points")
            if not all(_POINTS.fullmatch(each) for each in given):
                self._refuse("points", "points")

    def _check_amount(self, text: str, field: str) -> None:
        if not _AMOUNT.fullmatch(text.strip()):
            self._refuse("amount", field)

    def _announced(self, meta: Mapping[str, str], key: str, found: int) -> None:
        if meta[key].strip() != str(found):
            self._refuse("number-differs", key)


def write_pabulib(election: PabulibElection) -> str:
    """The .pb text: keys and columns in the format's order, LF, one newline at the end."""
    ordered = election.in_format_order()
    lines = ["META", "key;value", *(_line(pair) for pair in ordered.meta.items())]
    for title, table in (("PROJECTS", ordered.projects), ("VOTES", ordered.votes)):
        lines += [title, _line(table.columns), *map(_line, table.rows)]
    return "\n".join(lines) + "\n"


def _line(fields: tuple[str, ...]) -> str:
    return ";".join(map(_field, fields))


def _field(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text
