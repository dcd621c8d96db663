"""What an attacker reads: every column of every table, and every byte of every file, raw."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import sqrt
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, inspect, text

from pbvote.core.log.entry import Kind, parse_batch

DAY = re.compile(rb"\d{4}-\d\d-\d\d")
LEAST = 8
"""From this length on a value could link two rows (protocol, "Storage: who learns what")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value of a dump, where it stands, as bytes."""

    table: str
    column: str
    value: bytes


def _octets(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


@cache
def sqlite_dump(path: Path) -> tuple[Cell, ...]:
    """Every value of a SQLite file that nobody changes any more, tables in the order of their rows."""
    database = sqlite3.connect(path)
    try:
        named = "select name from sqlite_master where type='table' order by name"
        tables = [str(row[0]) for row in database.execute(named)]
        cells: list[Cell] = []
        for table in tables:
            rows = database.execute(f'select * from "{table}"')
            columns = [str(each[0]) for each in rows.description]
            cells += _cells(table, columns, rows)
        return tuple(cells)
    finally:
        database.close()


def engine_dump(engine: Engine) -> list[Cell]:
    """Every value of a database behind an engine, rows as they come."""
    cells: list[Cell] = []
    with engine.connect() as connection:
        for table in sorted(inspect(connection).get_table_names()):
            rows = connection.execute(text(f'select * from "{table}"'))
            cells += _cells(table, list(rows.keys()), rows)
        connection.rollback()
    return cells


def _cells(table: str, columns: list[str], rows: Iterable[Any]) -> Iterator[Cell]:
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            if value is not None:
                yield Cell(table=table, column=column, value=_octets(value))


def column_of(cells: Iterable[Cell], table: str, column: str) -> list[bytes]:
    """The values of one column in the order of the dump."""
    return [cell.value for cell in cells if (cell.table, cell.column) == (table, column)]


def spellings(value: bytes) -> Iterator[bytes]:
    """The value, the leaves of the JSON that it is, and what its hexadecimal or base64 text stands for."""
    yield value
    try:
        text_of = value.decode()
    except UnicodeDecodeError:
        return
    try:
        parsed = json.loads(text_of)
    except ValueError:
        parsed = None
    for leaf in _leaves(parsed):
        yield leaf.encode()
        yield from _decoded(leaf)
    for line in text_of.splitlines():
        for word in (line, *line.split()):
            yield word.encode()
            yield from _decoded(word)


def _leaves(parsed: Any) -> Iterator[str]:
    if isinstance(parsed, dict):
        for name, value in parsed.items():
            yield str(name)
            yield from _leaves(value)
    elif isinstance(parsed, list):
        for value in parsed:
            yield from _leaves(value)
    elif isinstance(parsed, str | int):
        yield str(parsed)


def _decoded(word: str) -> Iterator[bytes]:
    with contextlib.suppress(ValueError):
        yield bytes.fromhex(word)
    with contextlib.suppress(binascii.Error, ValueError):
        yield base64.b64decode(word, validate=True)


def values(cells: Iterable[Cell]) -> dict[bytes, set[str]]:
    """Every value of eight bytes or more in every spelling, with the columns where it stands."""
    found: dict[bytes, set[str]] = {}
    for cell in cells:
        for spelling in spellings(cell.value):
            if len(spelling) >= LEAST:
                found.setdefault(spelling, set()).add(f"{cell.table}.{cell.column}")
    return found


def windows(octets: bytes) -> Iterator[bytes]:
    """Every run of eight bytes that could tell anything: small integers and padding could not."""
    for at in range(len(octets) - LEAST + 1):
        window = octets[at : at + LEAST]
        if len(set(window)) > LEAST // 2:
            yield window


def all_windows(octets: Iterable[bytes]) -> set[bytes]:
    """The runs of many values."""
    return {window for each in octets for window in windows(each)}


def file_contents(folder: Path) -> dict[str, bytes]:
    """Every file under a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def order_score(*runs: Iterable[int]) -> float:
    """How many standard deviations the order of the runs is away from chance (Kendall's tau, pooled).

    Each run is the ranks of arrival in the order in which they are found. Untouched order scores far
    beyond :data:`BY_CHANCE`, reversed order far below its negative.
    """
    total, variance = 0, 0.0
    for run in map(list, runs):
        total += sum(1 if later > earlier else -1 for earlier, later in combinations(run, 2))
        variance += len(run) * (len(run) - 1) * (2 * len(run) + 5) / 18
    return total / sqrt(variance)


BY_CHANCE = 5.5
"""Chance goes beyond this in one of some ten million runs."""


def batches_of(entries: Iterable[bytes]) -> list[list[bytes]]:
    """The entries of a log that belong to voters, batch by batch."""
    found: list[list[bytes]] = [[]]
    for entry in entries:
        if entry[0] == Kind.BATCH:
            assert parse_batch(entry).count == len(found[-1])
            found.append([])
        elif entry[0] in (Kind.BALLOT, Kind.ROLL):
            found[-1].append(entry)
    return found[:-1]
