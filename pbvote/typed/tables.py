"""Tables with headings: every cell under its column, every mistake with its line and its cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pbvote.core.errors import InvalidInput, raise_findings
from pbvote.core.letters import folded, has_visible
from pbvote.typed.errors import (
    CellCount,
    CellInError,
    ColumnNameless,
    ColumnsMissing,
    ColumnTwice,
    ColumnUnknown,
    LettersLost,
    SheetsTwo,
    TableEmpty,
)
from pbvote.typed.files import Sheet, sheets_of, unwrapped
from pbvote.typed.texts import quoted

_ABOVE: Final = 20
"""So many lines may stand above the headings: a title, a date, the agency's name."""
_IN_ERROR: Final = re.compile(
    r"#(?:N/A|GETTING_DATA|(?:REF|VALUE|DIV/0|NUM|NULL|[A-Z]+)[!?])|#{3,}|Err:[0-9]{3}"
)
"""What a cell shows where its formula failed, or its column is too narrow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column by its key, with every heading that names it; the first is how people are told of it.

    Each heading may also stand with the key in brackets behind it, as help texts show it. ``whole``:
    names and places, in which a ``?`` is a letter that was lost. ``secret``: no sentence quotes its cells.
    """

    key: str
    names: tuple[str, ...]
    needed: bool = False
    whole: bool = False
    secret: bool = False

    @property
    def shown(self) -> str:
        """The heading as help texts show it: ``身分證字號（id）``."""
        return f"{self.names[0]}（{self.key}）"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number as a spreadsheet counts, and its cells by key, trimmed."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """The lines that have the right shape, and what is wrong with the others."""

    lines: tuple[Line, ...]
    findings: tuple[InvalidInput, ...]
    places: Mapping[str, str]

    def cell(self, key: str, line: int) -> str:
        """Where a cell stands, as a spreadsheet names it: ``C12``."""
        return f"{self.places.get(key, '')}{line}"


def letter_of(position: int) -> str:
    """The letters of a column, counted from 0: A, B … Z, AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _heading(text: str) -> str:
    """A heading without its spaces, width and case."""
    return folded(text).replace(" ", "").strip(":*")


def _blank(cell: str) -> bool:
    """Whether nothing can be read in a cell: nothing, spaces, invisible characters."""
    return not cell.strip() or (not cell.isascii() and not folded(cell))


class _Headings:
    """Knows which column a heading names."""

    def __init__(self, columns: Iterable[Column]) -> None:
        self._key_of: dict[str, str] = {}
        for column in columns:
            for name in (column.key, *column.names):
                self._key_of[_heading(name)] = column.key
                self._key_of[_heading(f"{name}({column.key})")] = column.key

    def key(self, cell: str) -> str:
        return self._key_of.get(_heading(unwrapped(cell)), "")

    def known(self, cells: list[str]) -> int:
        return len({key for cell in cells if (key := self.key(cell))})


def read_table(
    content: bytes, columns: tuple[Column, ...], *, field: str, most_rows: int, surplus: str = "refuse"
) -> Table:
    """The table of a file: text or spreadsheet, whatever its encoding, delimiter and title lines.

    ``surplus``: ``refuse`` or ``pass`` columns whose heading is none of these.

    Raises:
        FileUnreadable, FileLocked, FileTooLarge, TableTooLong, QuoteOpen: the file.
        SheetsTwo, ColumnsMissing, ColumnUnknown, ColumnTwice, SeveralErrors: its headings.
        TableEmpty: nothing below them.
    """
    if not content.strip(b"\x00 \r\n\t"):
        raise TableEmpty(field=field)
    headings = _Headings(columns)
    sheet, at = _chosen(sheets_of(content, field=field, most_rows=most_rows), headings, field=field)
    if sheet.broken is not None:
        raise sheet.broken
    if not any(has_visible(cell) for row in sheet.rows for cell in row):
        raise TableEmpty(field=field)
    first = sheet.rows[at]
    keys = _keys(first, headings, columns, field=field, line=at + 1, surplus=surplus)
    lines: list[Line] = []
    findings: list[InvalidInput] = []
    by_key = {column.key: column for column in columns}
    nameless = {at for at, key in enumerate(keys) if not key} if surplus == "refuse" else set()
    for number, cells in enumerate(sheet.rows[at + 1 :], at + 2):
        if all(map(_blank, cells)):
            continue
        wrong = _nameless(cells, nameless, field=field, line=number)
        wrong = wrong or _shape(cells, len(keys), field=field, line=number, ragged=sheet.ragged)
        wrong = wrong or _lost(cells, keys, by_key, field=field, line=number, lossy=sheet.lossy)
        findings += wrong
        if not wrong:
            values = {key: unwrapped(cell) for key, cell in zip(keys, cells, strict=False) if key}
            lines.append(Line(number, values))
    if not lines and not findings:
        raise TableEmpty(field=field)
    places = {key: letter_of(position) for position, key in enumerate(keys) if key}
    return Table(tuple(lines), tuple(findings), places)


def _chosen(sheets: list[Sheet], headings: _Headings, *, field: str) -> tuple[Sheet, int]:
    """The sheet (or the reading of a text file) that holds the headings, and their row."""
    ranked: list[tuple[int, int, Sheet]] = []
    for sheet in sheets:
        used = [at for at, row in enumerate(sheet.rows) if not all(map(_blank, row))][:_ABOVE]
        counts = [(headings.known(sheet.rows[at]), -at) for at in used]
        best, at = max(counts, default=(0, 0))
        ranked.append((best, used[0] if not best and used else -at, sheet))
    if not ranked:
        return Sheet("", []), 0
    best = max(found for found, _, _ in ranked)
    with_headings = [sheet for found, _, sheet in ranked if found > 1 and sheet.name]
    if len(with_headings) > 1:
        raise SheetsTwo(field=field, first=with_headings[0].name, second=with_headings[1].name)
    return next((sheet, at) for found, at, sheet in ranked if found == best)


def _keys(
    cells: list[str], headings: _Headings, columns: tuple[Column, ...], *, field: str, line: int, surplus: str
) -> list[str]:
    """The key of each column, ``""`` for those that are passed over; empty ones at the end left out."""
    while cells and _blank(cells[-1]):
        cells = cells[:-1]
    findings: list[InvalidInput] = []
    keys: list[str] = []
    if not headings.known(cells):
        surplus = "pass"  # no headings at all: what stands here is data, and quoted nowhere
    for position, cell in enumerate(cells):
        key = headings.key(cell)
        named = f"{letter_of(position)} {quoted(unwrapped(cell))}"
        if key and key in keys:
            before = keys.index(key)
            first = f"{letter_of(before)} {quoted(unwrapped(cells[before]))}"
            findings.append(ColumnTwice(field=field, line=line, first=first, second=named))
        if not key and surplus == "refuse" and folded(cell):
            place = f"{letter_of(position)}{line}"
            findings.append(ColumnUnknown(field=field, line=line, cell=place, column=quoted(unwrapped(cell))))
        keys.append(key)
    missing = [column.shown for column in columns if column.needed and column.key not in keys]
    if missing:
        findings.append(ColumnsMissing(field=field, columns="、".join(missing)))
    raise_findings(findings)
    return keys


def _nameless(cells: list[str], nameless: set[int], *, field: str, line: int) -> list[InvalidInput]:
    """The first cell of a column without a heading; each such column is told of once."""
    told = [at for at in sorted(nameless) if at < len(cells) and not _blank(cells[at])]
    nameless.difference_update(told)
    return [ColumnNameless(field=field, line=line, cell=f"{letter_of(at)}{line}") for at in told]


def _shape(cells: list[str], width: int, *, field: str, line: int, ragged: bool) -> list[InvalidInput]:
    used = len(cells)
    while used > width and _blank(cells[used - 1]):
        used -= 1
    if used > width or (ragged and used < width):
        return [CellCount(field=field, line=line, expected=width, found=used)]
    return []


def _lost(
    cells: list[str], keys: list[str], by_key: Mapping[str, Column], *, field: str, line: int, lossy: bool
) -> list[InvalidInput]:
    """Cells in which a formula failed, or a lossy save left a mark in the place of a letter."""
    found: list[InvalidInput] = []
    for position, (key, cell) in enumerate(zip(keys, cells, strict=False)):
        column = by_key.get(key)
        if column is None:
            continue
        if _IN_ERROR.fullmatch(cell.strip()):
            found.append(CellInError(field=field, line=line, cell=f"{letter_of(position)}{line}"))
        elif "\ufffd" in cell or ("?" in cell and (column.whole or (lossy and _inside(cell)))):
            place, value = f"{letter_of(position)}{line}", "…" if column.secret else quoted(cell)
            found.append(LettersLost(field=field, line=line, cell=place, value=value))
    return found


def _inside(cell: str) -> bool:
    """Whether a ``?`` stands where no question ends: before a letter, or at the start."""
    return any(
        mark == "?" and (at == 0 or behind.isalpha())
        for at, (mark, behind) in enumerate(zip(cell, f"{cell[1:]} ", strict=False))
    )
