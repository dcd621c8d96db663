"""What a call's fields are called, and what their values are to people, by the list of fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pbvote.core.rules.ruleset import Ruleset
from pbvote.rooms.calls import fields
from pbvote.rooms.calls.kinds import Choice
from pbvote.rooms.calls.layout import Field, Group, Rows, Section
from pbvote.rooms.calls.values import (
    Values,
    field_named,
    in_effect,
    members_of,
    row_count,
    row_lists,
    row_of,
    single_fields,
)
from pbvote.words import formats
from pbvote.words.catalogue import gettext as _
from pbvote.words.catalogue import translated
from pbvote.words.choices import offered

_SHOWN: Final[dict[str, Callable[[Any], str]]] = {
    "text": str,
    "whole": lambda number: f"{number:,}",
    "money": formats.money,
    "percent": lambda share: f"{share / 100:g}%",
    "whole-percent": lambda share: f"{share}%",
    "day": formats.day,
    "moment": formats.moment,
    "yes-no": lambda yes: _("是") if yes else _("否"),
}


def label_of(name: str) -> str:
    """What the form calls a field, or a list of rows; nothing for a name that is none."""
    row, field = row_of(name), field_named(name)
    label = translated(field.label) if field else ""
    if row is not None:
        return f"{row_title(row[0], row[1])} {label}"
    return label or next((list_heading(rows) for rows in row_lists() if rows.name == name), "")


def row_title(rows: Rows, number: int) -> str:
    """What a row is called; ``number`` counts from 0."""
    return _(rows.title, number=number + 1)


def list_heading(rows: Rows) -> str:
    """What a list of rows is called: its heading, or that of the section that it is alone in."""
    own = rows.heading or next(each.heading for each in fields.SECTIONS if rows in each.items)
    return translated(own)


def timeline_rows(ruleset: Ruleset) -> list[tuple[str, datetime]]:
    """The dates of a call by name, in order; those that it does not have are left out."""
    dates = ((name, getattr(ruleset.timeline, name)) for name in members_of("timeline"))
    return [(label_of(f"timeline.{name}"), value) for name, value in dates if value is not None]


@dataclass(frozen=True, slots=True)
class Told:
    """Labels with values under a heading: a section without its rows (level 3), or one row (level 4)."""

    heading: str
    level: int
    rows: tuple[tuple[str, str], ...]


def told(values: Values) -> list[Told]:
    """Every field of a draft with its label and what was typed, in the words of the form."""
    return [part for section in fields.SECTIONS for part in _section(section, values)]


def _section(section: Section, values: Values) -> Iterator[Told]:
    single = [
        (translated(field.label), value_text(field, values.get(field.name, "")))
        for item in section.items
        if not isinstance(item, Rows)
        for field in (item.fields if isinstance(item, Group) else (item,))
        if in_effect(values, field.shown_when)
    ]
    yield Told(translated(section.heading), 3, tuple(single))
    for rows in section.rows():
        for number in range(row_count(values, rows) if in_effect(values, rows.shown_when) else 0):
            start = f"{rows.name}.{number}."
            shown = [
                (translated(each.label), value_text(each, values.get(start + each.name, "")))
                for each in rows.fields
            ]
            yield Told(row_title(rows, number), 4, tuple(shown))


def said(rules: object, within: str) -> list[str]:
    """The sentences that fields say about members of these rules, in the order of the form.

    ``within``: the name of ``rules`` in the ruleset, such as ``intake``.
    """
    told = []
    for field in single_fields():
        place, _dot, member = field.name.rpartition(".")
        if field.says and place == within:
            value = getattr(rules, member)
            if value != field.default:
                told.append(_(field.says, value=_SHOWN[field.kind.shows](value)))
    return told


def value_text(field: Field, typed: str) -> str:
    """What was typed into a field, as people read it. Raises InvalidInput where nobody can."""
    typed = typed.strip()
    if isinstance(field.kind, Choice):
        return dict(offered(field.kind.words)).get(typed or str(field.default), typed)
    if field.kind.shows == "yes-no":
        return _SHOWN["yes-no"](field.kind.read(typed, field=field.name) if typed else field.default)
    return _SHOWN[field.kind.shows](field.kind.read(typed, field=field.name)) if typed else _("（未填）")
