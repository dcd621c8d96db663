"""An agency's roll file, read whole or not at all: every mistake named by its line and cell.

A spreadsheet or a text file with a line of headings (see :mod:`pbvote.typed.tables`). Columns, under
Chinese or English names:

==============  ======================================================================
id              身分證字號: national identity or resident permit number
birth_date      出生日期: Common Era or ROC
style           投票身分別: id of the ballot style; or district and weight
district        分區: id or name of the district; may be left out where there is one
weight          權重; may be left out where the call knows one
code            驗證碼: optional, what the agency's letter gave this voter
former_id       舊證號: optional, earlier numbers of the same person, ``;`` between them (PRA-14)
==============  ======================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from pbvote.core.errors import InvalidInput, raise_findings
from pbvote.core.identity.errors import IdCheckDigit, IdMalformed
from pbvote.core.identity.national_id import CanonicalId, canonical_id
from pbvote.core.letters import folded, narrow
from pbvote.core.rules.eligibility import TooYoung, require_age
from pbvote.core.rules.ruleset import Ruleset
from pbvote.core.types import StyleId
from pbvote.rooms.registrar.errors import (
    RollBirthDate,
    RollCodeInvalid,
    RollDistrictMissing,
    RollDistrictUnknown,
    RollIdCheckDigit,
    RollIdMalformed,
    RollIdTwice,
    RollMore,
    RollStyleUnknown,
    RollTooYoung,
    RollWeightUnknown,
)
from pbvote.typed.dates import birth_date_of
from pbvote.typed.errors import BirthDateInvalid
from pbvote.typed.numbers import whole_of
from pbvote.typed.tables import Column, Line, Table, read_table
from pbvote.typed.texts import quoted

_SHOWN: Final = 200
_MOST_LINES: Final = 400_000
COLUMNS: Final = (
    Column(
        key="id",
        names=(
            *("身分證字號", "身分證號", "身分證號碼", "身分證統一編號", "國民身分證統一編號", "統一編號"),
            *("統一證號", "證號", "居留證號", "身分證字號或居留證號", "national_id", "id number"),
        ),
        needed=True,
        secret=True,
    ),
    Column(
        key="birth_date",
        names=("出生日期", "出生年月日", "生日", "birth_on", "date of birth", "birthday"),
        needed=True,
        secret=True,
    ),
    Column(key="style", names=("投票身分別", "身分別")),
    Column(key="district", names=("分區", "區別", "選區", "行政區", "區"), whole=True),
    Column(key="weight", names=("權重", "票數權重")),
    Column(key="code", names=("驗證碼", "代碼"), secret=True),
    Column(key="former_id", names=("舊證號", "原證號", "舊統一證號", "原身分證字號"), secret=True),
)
"""What a roll may say of a person; the first name of each stands on the page and in the template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollLine:
    """One person of a roll file; ``repr`` shows no identity."""

    line: int
    person: CanonicalId = field(repr=False)
    former: tuple[CanonicalId, ...] = field(repr=False)
    birth_on: date = field(repr=False)
    code: str = field(repr=False)
    style: StyleId


def parse_roll(content: bytes, ruleset: Ruleset, *, styles: Iterable[StyleId], today: date) -> list[RollLine]:
    """Every line of the file, all of them good.

    Raises:
        InvalidInput, SeveralErrors: what is wrong, by line; at most 200 findings and a count.
    """
    table = read_table(content, COLUMNS, field="roll", most_rows=_MOST_LINES)
    reader = _LineReader(table, ruleset, frozenset(styles), today)
    lines = [read for line in table.lines if (read := reader.read(line)) is not None]
    found = sorted((*table.findings, *reader.findings), key=lambda finding: int(str(finding.facts["line"])))
    findings: list[InvalidInput] = found[:_SHOWN]
    if len(found) > _SHOWN:
        findings.append(RollMore(field="roll", count=len(found) - _SHOWN))
    raise_findings(findings)
    return lines


def template_csv() -> bytes:
    """An empty roll to fill in: the headings, with the mark that spreadsheets look for."""
    return ("\ufeff" + ",".join(column.names[0] for column in COLUMNS) + "\r\n").encode()


class _LineReader:
    """Reads lines under one heading and gathers what is wrong with them."""

    def __init__(self, table: Table, ruleset: Ruleset, styles: frozenset[StyleId], today: date) -> None:
        self.findings: list[InvalidInput] = []
        self._table = table
        self._ruleset = ruleset
        self._styles = styles
        self._today = today
        self._seen: dict[str, int] = {}
        self._read_styles: dict[tuple[str, str, str], StyleId] = {}
        self._weights = ruleset.weights
        self._districts = {
            folded(name): district.id
            for district in ruleset.districts
            for name in (district.name_en, district.name, district.id)
            if name
        }

    def read(self, line: Line) -> RollLine | None:
        """The person of a line, or None where something is wrong with it."""
        number, cells = line.number, line.cells
        before = len(self.findings)
        person = self._number(number, cells["id"], column="id")
        former = tuple(
            known
            for text in cells.get("former_id", "").replace("；", ";").split(";")
            if text.strip() and (known := self._number(number, text, column="former_id")) is not None
        )
        born = self._birth(number, cells["birth_date"])
        style = self._style(number, cells)
        code = cells.get("code", "")
        if code and not 4 <= len(narrow(code)) <= 64:
            self.findings.append(RollCodeInvalid(**self._at(number, "code")))
        if person is None or born is None or style is None or len(self.findings) > before:
            return None
        return RollLine(line=number, person=person, former=former, birth_on=born, code=code, style=style)

    def _at(self, line: int, column: str) -> dict[str, object]:
        return {"field": "roll", "line": line, "cell": self._table.cell(column, line)}

    def _number(self, line: int, text: str, *, column: str) -> CanonicalId | None:
        try:
            number = canonical_id(text)
        except IdMalformed:
            self.findings.append(RollIdMalformed(**self._at(line, column)))
            return None
        except IdCheckDigit:
            self.findings.append(RollIdCheckDigit(**self._at(line, column)))
            return None
        first = self._seen.setdefault(number.number, line)
        if first != line:
            self.findings.append(RollIdTwice(**self._at(line, column), first=first))
            return None
        return number

    def _birth(self, line: int, text: str) -> date | None:
        try:
            born = birth_date_of(text, today=self._today)
            require_age(self._ruleset, born)
        except BirthDateInvalid:
            self.findings.append(RollBirthDate(**self._at(line, "birth_date")))
            return None
        except TooYoung as error:
            self.findings.append(
                RollTooYoung(**self._at(line, "birth_date"), minimum_age=error.facts["minimum_age"])
            )
            return None
        return born

    def _style(self, line: int, cells: Mapping[str, str]) -> StyleId | None:
        """The style of a line; what was read once is known for all lines that say the same."""
        said = cells.get("style", ""), cells.get("district", ""), cells.get("weight", "")
        found = self._read_styles.get(said) or self._style_of(line, cells)
        if found is not None:
            self._read_styles[said] = found
        return found

    def _style_of(self, line: int, cells: Mapping[str, str]) -> StyleId | None:
        said = narrow(cells.get("style", "")).lower()
        if said:
            if said in self._styles:
                return StyleId(said)
            self.findings.append(RollStyleUnknown(**self._at(line, "style"), value=quoted(said)))
            return None
        district, weight = self._district(line, cells), self._weight(line, cells)
        if district is None or weight is None:
            return None
        style = StyleId(f"{district}-w{weight}")
        if style not in self._styles:
            self.findings.append(RollStyleUnknown(**self._at(line, "district"), value=style))
            return None
        return style

    def _district(self, line: int, cells: Mapping[str, str]) -> str | None:
        text = cells.get("district", "")
        if not text and len(self._ruleset.districts) == 1:
            return self._ruleset.districts[0].id
        found = self._districts.get(folded(text))
        at = self._at(line, "district")
        if found is None and not text:
            self.findings.append(RollDistrictMissing(**at))
        elif found is None:
            self.findings.append(RollDistrictUnknown(**at, value=quoted(text)))
        return found

    def _weight(self, line: int, cells: Mapping[str, str]) -> int | None:
        text = cells.get("weight", "")
        if not text and len(self._weights) == 1:
            return self._weights[0]
        try:
            weight = whole_of(text, field="weight")
        except InvalidInput:
            weight = 0
        if weight not in self._weights:
            known = "、".join(map(str, self._weights))
            self.findings.append(
                RollWeightUnknown(**self._at(line, "weight"), value=quoted(text) or "—", known=known)
            )
            return None
        return weight
