"""An agency's roll file, read whole or not at all: every mistake named by its line.

Comma or tab separated, UTF-8 or Big5, with a heading line. Columns (Chinese or English names):

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

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from pbvote.core.errors import InvalidInput, raise_findings
from pbvote.core.identity.errors import IdCheckDigit, IdMalformed
from pbvote.core.identity.national_id import CanonicalId, canonical_id
from pbvote.core.rules.eligibility import TooYoung, require_age
from pbvote.core.rules.ruleset import Ruleset
from pbvote.core.types import StyleId
from pbvote.rooms.registrar.birth_dates import birth_date
from pbvote.rooms.registrar.errors import (
    BirthDateInvalid,
    RollBirthDate,
    RollCodeInvalid,
    RollColumnMissing,
    RollColumnUnknown,
    RollEmpty,
    RollFieldCount,
    RollIdCheckDigit,
    RollIdMalformed,
    RollIdTwice,
    RollMore,
    RollNotText,
    RollStyleUnknown,
    RollTooYoung,
)

_SHOWN: Final = 200
_COLUMNS: Final = {
    "id": ("id", "national_id", "身分證字號", "身分證統一編號", "國民身分證統一編號", "統一證號"),
    "birth_date": ("birth_date", "birth_on", "出生日期", "出生年月日", "生日"),
    "style": ("style", "投票身分別", "身分別"),
    "district": ("district", "分區", "選區", "行政區"),
    "weight": ("weight", "權重"),
    "code": ("code", "驗證碼", "代碼"),
    "former_id": ("former_id", "舊證號", "原證號", "舊統一證號"),
}
_COLUMN_OF: Final = {name: column for column, names in _COLUMNS.items() for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class RollLine:
    """One person of a roll file; ``repr`` shows no identity."""

    line: int
    person: CanonicalId = field(repr=False)
    former: tuple[CanonicalId, ...] = field(repr=False)
    birth_on: date = field(repr=False)
    code: str = field(repr=False)
    style: StyleId


def parse_roll(content: bytes, ruleset: Ruleset, *, styles: Iterable[StyleId]) -> list[RollLine]:
    """Every line of the file, all of them good.

    Raises:
        RollFileInvalid, SeveralErrors: what is wrong, by line; at most 200 findings and a count.
    """
    rows = _rows(_text(content))
    heading = _heading(next(rows, (1, []))[1])
    reader = _LineReader(heading, ruleset, frozenset(styles))
    lines = [line for number, fields in rows if (line := reader.read(number, fields)) is not None]
    if not lines and not reader.findings:
        raise RollEmpty(field="roll")
    findings = reader.findings[:_SHOWN]
    if len(reader.findings) > _SHOWN:
        findings.append(RollMore(field="roll", count=len(reader.findings) - _SHOWN))
    raise_findings(findings)
    return lines


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp950"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise RollNotText(field="roll")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    first, _, _ = text.partition("\n")
    delimiter = "\t" if "\t" in first else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise RollNotText(field="roll", line=reader.line_num) from error


def _heading(cells: list[str]) -> list[str]:
    findings: list[InvalidInput] = []
    columns = []
    for cell in cells:
        name = unicodedata.normalize("NFKC", cell).strip().lower()
        if name not in _COLUMN_OF:
            findings.append(RollColumnUnknown(field="roll", column=cell.strip()[:40]))
        columns.append(_COLUMN_OF.get(name, ""))
    for needed, shown in (("id", "身分證字號 (id)"), ("birth_date", "出生日期 (birth_date)")):
        if needed not in columns:
            findings.append(RollColumnMissing(field="roll", column=shown))
    raise_findings(findings)
    return columns


class _LineReader:
    """Reads lines under one heading and gathers what is wrong with them."""

    def __init__(self, heading: list[str], ruleset: Ruleset, styles: frozenset[StyleId]) -> None:
        self.findings: list[InvalidInput] = []
        self._heading = heading
        self._ruleset = ruleset
        self._styles = styles
        self._seen: dict[str, int] = {}
        self._weights = sorted({ground.weight for ground in ruleset.grounds} or {1})

    def read(self, line: int, fields: list[str]) -> RollLine | None:
        """The person of a line, or None where something is wrong with it."""
        if len(fields) != len(self._heading):
            found, expected = len(fields), len(self._heading)
            self.findings.append(RollFieldCount(field="roll", line=line, expected=expected, found=found))
            return None
        cells = {name: cell.strip() for name, cell in zip(self._heading, fields, strict=True)}
        before = len(self.findings)
        person = self._number(line, cells["id"], column="身分證字號")
        former = tuple(
            number
            for text in cells.get("former_id", "").replace("；", ";").split(";")
            if text.strip() and (number := self._number(line, text, column="舊證號")) is not None
        )
        born = self._birth(line, cells["birth_date"])
        style = self._style(line, cells)
        code = cells.get("code", "")
        if code and not 4 <= len(code) <= 64:
            self.findings.append(RollCodeInvalid(field="roll", line=line))
        if person is None or born is None or style is None or len(self.findings) > before:
            return None
        return RollLine(line=line, person=person, former=former, birth_on=born, code=code, style=style)

    def _number(self, line: int, text: str, *, column: str) -> CanonicalId | None:
        try:
            number = canonical_id(text)
        except IdMalformed:
            self.findings.append(RollIdMalformed(field="roll", line=line, column=column))
            return None
        except IdCheckDigit:
            self.findings.append(RollIdCheckDigit(field="roll", line=line, column=column))
            return None
        first = self._seen.setdefault(number.number, line)
        if first != line:
            self.findings.append(RollIdTwice(field="roll", line=line, first=first))
            return None
        return number

    def _birth(self, line: int, text: str) -> date | None:
        try:
            born = birth_date(text)
            require_age(self._ruleset, born)
        except BirthDateInvalid:
            self.findings.append(RollBirthDate(field="roll", line=line))
            return None
        except TooYoung as error:
            least = error.facts["minimum_age"]
            self.findings.append(RollTooYoung(field="roll", line=line, minimum_age=least))
            return None
        return born

    def _style(self, line: int, cells: dict[str, str]) -> StyleId | None:
        said = cells.get("style", "")
        if not said:
            district = self._district(cells.get("district", ""))
            weight = cells.get("weight", "") or (str(self._weights[0]) if len(self._weights) == 1 else "")
            said = f"{district}-w{weight}"
        if said in self._styles:
            return StyleId(said)
        self.findings.append(RollStyleUnknown(field="roll", line=line, value=said[:40]))
        return None

    def _district(self, text: str) -> str:
        districts = self._ruleset.districts
        if not text and len(districts) == 1:
            return districts[0].id
        return next((d.id for d in districts if text in (d.id, d.name, d.name_en) and text), text)
