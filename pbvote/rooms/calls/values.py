"""The typed values of a draft, by the list of fields: every value a string, under the name of its field.

The names are those of the form and of errors: ``title``, ``districts.0.budget_twd``, ``notice.purpose``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from pbvote.core.errors import InvalidInput
from pbvote.rooms.calls import fields
from pbvote.rooms.calls.layout import Default, Field, Group, Rows, When

Values = Mapping[str, str]
_ROW: Final = re.compile(r"(\w+)\.(\d{1,3})\.(\w+)")


def single_fields() -> Iterator[Field]:
    """Every field that stands in no row, in the order of the form."""
    return (field for section in fields.SECTIONS for field in section.fields())


def row_lists() -> Iterator[Rows]:
    """Every list of rows, in the order of the form."""
    return (rows for section in fields.SECTIONS for rows in section.rows())


def rows_named(name: str) -> Rows:
    """The list of rows of that name. Raises StopIteration for another."""
    return next(rows for rows in row_lists() if rows.name == name)


def field_named(name: str) -> Field | None:
    """The field of a name, also of one in a row (``districts.0.name``); None for a name that is none."""
    row = row_of(name)
    if row is None:
        return next((field for field in single_fields() if field.name == name), None)
    rows, _number, last = row
    return next((field for field in rows.fields if field.name == last), None)


def row_of(name: str) -> tuple[Rows, int, str] | None:
    """The list, the number of the row from 0, and the last part of a name in a row; None for others."""
    found = _ROW.fullmatch(name)
    rows = next((rows for rows in row_lists() if found and rows.name == found[1]), None)
    return (rows, int(found[2]), found[3]) if found and rows else None


def place_of(name: str) -> tuple[int, int, int]:
    """Sorts names into the order of the form; a list of rows stands before its rows, unknown names last."""
    items = [
        one
        for section in fields.SECTIONS
        for item in section.items
        for one in (item.fields if isinstance(item, Group) else (item,))
    ]
    row = row_of(name)
    if row is None:
        return (next((i for i, item in enumerate(items) if item.name == name), len(items)), -1, 0)
    rows, number, last = row
    inside = [field.name for field in rows.fields]
    return (items.index(rows), number, inside.index(last) if last in inside else len(inside))


def members_of(prefix: str) -> tuple[str, ...]:
    """The last parts of the names that begin with ``prefix`` and a dot: ``purpose`` of ``notice``."""
    return tuple(
        field.name.removeprefix(f"{prefix}.")
        for field in single_fields()
        if field.name.startswith(f"{prefix}.")
    )


def in_effect(values: Values, when: When | None) -> bool:
    """Whether a field that is shown when another says something is shown, and therefore read."""
    if when is None:
        return True
    other = field_named(when.name)
    if other is None or not in_effect(values, other.shown_when):
        return False
    return str(_said(other, values.get(when.name, "").strip())) in map(str, when.among())


def _said(field: Field, typed: str) -> object:
    """What the rules take a field to say, whether or not that can be read."""
    if not typed:
        return field.kind.stand_in if isinstance(field.default, Default) else field.default
    try:
        return field.kind.read(typed, field=field.name)
    except InvalidInput:
        return field.kind.stand_in


def known_values(values: Values) -> dict[str, str]:
    """The values that a draft keeps, as typed: known names only, rows numbered without gaps.

    Rows with nothing typed in them are left out.
    """
    kept = {field.name: values[field.name] for field in single_fields() if field.name in values}
    for rows in row_lists():
        for number, row in enumerate(_rows(values, rows)):
            for field in rows.fields:
                if field.name in row:
                    kept[f"{rows.name}.{number}.{field.name}"] = row[field.name]
    return kept


def _rows(values: Values, rows: Rows) -> list[dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for name, value in values.items():
        match = _ROW.fullmatch(name)
        if match and match[1] == rows.name:
            found.setdefault(int(match[2]), {})[match[3]] = value
    telling = [field.name for field in rows.fields if field.says_something]
    return [row for _, row in sorted(found.items()) if any(row.get(name, "").strip() for name in telling)]


def row_count(values: Values, rows: Rows) -> int:
    """How many rows of a list a draft has."""
    return len(_rows(values, rows))


def without_row(values: Values, list_name: str, number: int) -> dict[str, str]:
    """The values without one row of a list."""
    return {name: value for name, value in values.items() if not name.startswith(f"{list_name}.{number}.")}


def shown_values(values: Values) -> dict[str, str]:
    """The draft as the form shows it: what can be read is written as the inputs need it."""
    shown = dict(values)
    for name, value in values.items():
        field = field_named(name)
        if field is not None:
            shown[name] = field.kind.back(value)
    return shown


def starting_values(agency: str, settings: object) -> dict[str, str]:
    """What a new call's form holds before anybody typed: the usual, for an agency of that name."""
    held = {field.name: _start(field, agency, settings) for field in single_fields()}
    for rows in row_lists():
        if rows.fewest:
            held |= {f"{rows.name}.0.{each.name}": _start(each, agency, settings) for each in rows.fields}
    return {name: value for name, value in held.items() if value}


def _start(field: Field, agency: str, settings: object) -> str:
    if field.default is Default.SERVICE:
        return str(getattr(settings, field.name))
    return field.starts if isinstance(field.starts, str) else field.starts(agency)
