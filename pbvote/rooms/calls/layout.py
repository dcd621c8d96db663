"""What the call form is made of: fields, rows of fields, groups and sections, as data.

Labels and hints are Traditional Chinese and marked with ``N_``; whoever shows them translates them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from pbvote.core.errors import InvalidInput
from pbvote.core.rules.errors import RuleMissing
from pbvote.rooms.calls.kinds import Kind


class Default(Enum):
    """What stands for nothing typed, where that is no value of its own."""

    REQUIRED = "required"
    """Nothing: something has to be typed."""
    SERVICE = "service"
    """The service's own number, the setting of that name."""


@dataclass(frozen=True, slots=True)
class When:
    """A field matters only while another one says one of these values."""

    name: str
    among: Callable[[], Collection[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the call form; in rows ``name`` is the last part of the name.

    default: what stands for nothing typed. missing: the error where that is not allowed. optional: the
    form says so. starts: what a new call's form holds, or what it makes of the agency's name.
    makes_row: whether a row with nothing typed but this is a row. asks: what stands beside a box to tick.
    says: the sentence about it in the rules in plain words, where it departs from its default; the value
    stands at ``%(value)s``. translatable: residents read what is typed here, so it can be given in every
    language (:mod:`pbvote.rooms.calls.translations`).
    """

    part: ClassVar[str] = "field"
    name: str
    kind: Kind
    label: str
    hint: str = ""
    default: object = Default.REQUIRED
    missing: type[InvalidInput] = RuleMissing
    optional: bool = False
    english: bool = False
    starts: str | Callable[[str], str] = ""
    shown_when: When | None = None
    makes_row: bool = True
    asks: str = ""
    says: str = ""
    translatable: bool = False

    @property
    def says_something(self) -> bool:
        """Whether a row in which this is typed is one; what a select shows by itself says nothing."""
        return self.makes_row and not self.kind.chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A list of rows with the same fields: ``districts.0.name``, ``districts.1.name``.

    title: what one row is called, with its number. heading, hint: of the list; a list without heading has
    its section's. fewest: rows that the form shows at least. letter: of the ids that rows get.
    """

    part: ClassVar[str] = "rows"
    name: str
    title: str
    add: str
    fields: tuple[Field, ...]
    heading: str = ""
    hint: str = ""
    fewest: int = 0
    letter: str = ""
    shown_when: When | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Fields behind a heading that is opened when it matters."""

    part: ClassVar[str] = "group"
    heading: str
    fields: tuple[Field, ...]
    shown_when: When


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the form under a heading of its own; ``short`` is its name in the list of parts."""

    id: str
    heading: str
    items: tuple[Field | Rows | Group, ...]
    short: str = ""
    hint: str = ""

    def fields(self) -> Iterator[Field]:
        """The single fields, those in groups too."""
        for item in self.items:
            if isinstance(item, Group):
                yield from item.fields
            elif isinstance(item, Field):
                yield item

    def rows(self) -> Iterator[Rows]:
        """The lists of rows."""
        return (item for item in self.items if isinstance(item, Rows))
