"""Kinds of call fields: how each reads what was typed, and how what was typed comes back into its input.

A kind knows nothing of Flask and of no language; ``shows`` names how its value is told to people
(:mod:`pbvote.words.call_fields`), ``drawn`` which input the page draws.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final

from pbvote.core.errors import InvalidInput
from pbvote.core.letters import has_visible
from pbvote.core.rules.errors import RuleInvalid
from pbvote.typed.dates import date_of, moment_field, moment_of
from pbvote.typed.errors import NotAPercentage
from pbvote.typed.numbers import MOST, money_of, percent_of, whole_of
from pbvote.typed.texts import line, prose, text_findings, yes_of

NAME_MOST: Final = 200
TEXT_MOST: Final = 20_000
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How a field is drawn, read and shown again; ``stand_in`` takes the place of what could not be read."""

    drawn: ClassVar[str] = "text"
    type: ClassVar[str] = "text"
    inputmode: ClassVar[str] = ""
    shows: ClassVar[str] = "text"
    chosen: ClassVar[bool] = False
    """Whether the input says something before anybody typed: a select, radios, a box to tick."""

    @property
    def stand_in(self) -> Any:
        """Something that the rules can be compared with."""
        return None

    def nothing(self, text: str) -> bool:
        """Whether what was typed is as good as nothing where something is needed."""
        return not text

    def read(self, text: str, *, field: str) -> Any:
        """The value of what was typed, which is never nothing. Raises InvalidInput."""
        raise NotImplementedError

    def back(self, text: str) -> str:
        """What was typed, as the input needs it; what cannot be read stays as it is."""
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Kind):
    """One line of text."""

    most: int = NAME_MOST

    @property
    def stand_in(self) -> str:
        """Nothing."""
        return ""

    def nothing(self, text: str) -> bool:
        """Characters that nobody can see are no text."""
        return not has_visible(text)

    def kept(self, text: str) -> str:
        """The text as it is kept."""
        return line(text)

    def read(self, text: str, *, field: str) -> str:
        """The text. Raises the first of what is wrong with it."""
        kept = self.kept(text)
        for finding in text_findings(kept, field=field, most=self.most, missing=None):
            raise finding
        return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Area(Line):
    """A text of several lines, in an input of so many ``rows``."""

    drawn = "area"
    most: int = TEXT_MOST
    rows: int = 3

    def kept(self, text: str) -> str:
        """With its lines."""
        return prose(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code(Kind):
    """A short code of small letters, digits and hyphens."""

    def read(self, text: str, *, field: str) -> str:
        """The code. Raises RuleInvalid."""
        if not _CODE.fullmatch(text):
            raise RuleInvalid(field=field, value=text)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(Kind):
    """A whole number."""

    inputmode = "numeric"
    shows = "whole"
    least: int = 0
    most: int = MOST
    if_unread: int = 0

    @property
    def stand_in(self) -> int:
        """The number that stands for one that nobody can read."""
        return self.if_unread

    def read(self, text: str, *, field: str) -> int:
        """The number. Raises NotANumber, RuleInvalid."""
        value = whole_of(text, field=field)
        if not self.least <= value <= self.most:
            raise RuleInvalid(field=field, value=value)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Money(Kind):
    """Whole NT$."""

    shows = "money"

    @property
    def stand_in(self) -> int:
        """Nothing."""
        return 0

    def read(self, text: str, *, field: str) -> int:
        """The amount. Raises NotMoney."""
        return money_of(text, field=field)


@dataclass(frozen=True, slots=True, kw_only=True)
class Percent(Kind):
    """A percentage, read in 1/10,000ths."""

    inputmode = "decimal"
    shows = "percent"

    @property
    def stand_in(self) -> int:
        """One per cent."""
        return 100

    def read(self, text: str, *, field: str) -> int:
        """The share. Raises NotAPercentage."""
        return percent_of(text, field=field)


@dataclass(frozen=True, slots=True, kw_only=True)
class WholePercent(Kind):
    """A percentage without decimals, from 1 to 99."""

    inputmode = "numeric"
    shows = "whole-percent"

    def read(self, text: str, *, field: str) -> int:
        """The number of per cent. Raises NotAPercentage, RuleInvalid."""
        percent, part = divmod(percent_of(text, field=field), 100)
        if part:
            raise NotAPercentage(field=field, value=text)
        if not 1 <= percent <= 99:
            raise RuleInvalid(field=field, value=percent)
        return percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Kind):
    """A date."""

    type = "date"
    shows = "day"

    @property
    def stand_in(self) -> date:
        """A day before all."""
        return date.min

    def read(self, text: str, *, field: str) -> date:
        """The day. Raises NotADate, DateOutOfRange."""
        return date_of(text, field=field)

    def back(self, text: str) -> str:
        """As a browser's date field holds it."""
        try:
            return date_of(text, field="").isoformat()
        except InvalidInput:
            return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment(Kind):
    """A date with a time of day in Taipei."""

    type = "datetime-local"
    shows = "moment"

    def read(self, text: str, *, field: str) -> Any:
        """The instant. Raises NotADate, NotAMoment, DateOutOfRange."""
        return moment_of(text, field=field)

    def back(self, text: str) -> str:
        """As a browser's field for date and time holds it."""
        try:
            return moment_field(moment_of(text, field=""))
        except InvalidInput:
            return text


@dataclass(frozen=True, slots=True, kw_only=True)
class YesNo(Kind):
    """A box to tick."""

    drawn = "checkbox"
    shows = "yes-no"
    chosen = True

    @property
    def stand_in(self) -> bool:
        """No."""
        return False

    def read(self, text: str, *, field: str) -> bool:
        """Whether it says yes. Raises NeitherYesNorNo."""
        return yes_of(text, field=field)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Kind):
    """One of several values, whose ``words`` stand under that name in :mod:`pbvote.words.choices`.

    of: the values: an enumeration, or a register with what it holds by now.
    """

    drawn = "select"
    shows = "choice"
    chosen = True
    words: str
    of: Iterable[str]

    @property
    def stand_in(self) -> Any:
        """The first."""
        return next(iter(self.of))

    def read(self, text: str, *, field: str) -> Any:
        """The value itself. Raises RuleInvalid."""
        for value in self.of:
            if value == text:
                return value
        raise RuleInvalid(field=field, value=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Radios(Choice):
    """A choice of which all values are to be seen at once."""

    drawn = "radios"


@dataclass(frozen=True, slots=True, kw_only=True)
class Either(Choice):
    """Yes or no as a choice between two descriptions, ``0`` and ``1``."""

    of: Iterable[str] = ("0", "1")

    @property
    def stand_in(self) -> bool:
        """No."""
        return False

    def read(self, text: str, *, field: str) -> bool:
        """Whether it says yes. Raises NeitherYesNorNo."""
        return yes_of(text, field=field)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Choice):
    """An order of keys, offered as some usual ones; others can be typed into a file."""

    @property
    def stand_in(self) -> tuple[str, ...]:
        """None at all."""
        return ()

    def read(self, text: str, *, field: str) -> tuple[str, ...]:
        """The keys."""
        return tuple(key.strip() for key in text.split(",") if key.strip())
