"""A class of the rules as the members of a JSON object, by the list of its own fields.

What is at its default is absent (docs/adr/0006-absent-means-default.md): a member that a later release adds
leaves the bytes of rules that were frozen before it as they were. Members are strings, whole numbers, yes
and no (0 and 1 in JSON), instants, and lists of objects that are written and read by the functions given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, Field, fields
from datetime import datetime
from functools import cache
from typing import Any, get_type_hints

from pbvote.core.rules.instants import instant_text, parse_instant


def written(rules: Any, *, always: Collection[str] = ()) -> dict[str, Any]:
    """The members of a dataclass that depart from their defaults, and those that have none.

    always: members that the first release wrote at their defaults too.
    """
    members = {each.name: getattr(rules, each.name) for each in fields(rules)}
    return {
        each.name: _written(members[each.name])
        for each in fields(rules)
        if each.name in always or members[each.name] != _default(each)
    }


def read(kind: type, values: Mapping[str, Any], *, within: str, **readers: Callable[[Any], Any]) -> Any:
    """The value of :func:`written`.

    within: the name of the object in the rules, for errors. readers: what reads one object of a list.
    Raises KeyError, TypeError, ValueError or an InvalidInput for another shape.
    """
    hints = _hints(kind)
    members = {
        each.name: _read(values[each.name], hints[each.name], f"{within}.{each.name}", readers.get(each.name))
        for each in fields(kind)
        if each.name in values
    }
    return kind(**members)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _default(member: Field[Any]) -> Any:
    return member.default_factory() if member.default_factory is not MISSING else member.default


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, tuple):
        return [each.to_json() for each in value]
    return value


def _read(value: Any, kind: Any, name: str, reader: Callable[[Any], Any] | None) -> Any:
    if reader is not None:
        return tuple(reader(each) for each in value)
    if kind == datetime | None:
        return parse_instant(str(value), field=name)
    return kind(value)
