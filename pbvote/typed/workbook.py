"""Reads one spreadsheet (.xlsx, .xls, .ods) from standard input in a process of its own.

Run as a script by :mod:`pbvote.typed.files`, never imported: a file that unpacks to far more than it says,
or names a cell at the far corner of a sheet, ends this process and no other. Writes JSON: a list of
``[name of the sheet, rows]``, each cell as the text that a person would have typed. A cell of an .xlsx
file whose formula failed, or was never worked out, holds an error such as ``#REF!``, and is never blank.
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from xml.etree import ElementTree

MEMORY = 1 << 30
SECONDS = 60
SHEETS = 20
NOT_WORKED_OUT = "#CALC!"
_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*[^/>])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)<")
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")


def _bounded() -> None:
    try:
        import resource
    except ImportError:  # no such limits on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return "" if value is None else str(value)


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of an .xlsx archive that holds each sheet, by the sheet's name."""
    links = {
        link.get("Id"): link.get("Target", "")
        for link in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 -- bounded
    }
    parts: dict[str, str] = {}
    for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():  # noqa: S314 -- bounded
        if sheet.tag.rpartition("}")[2] == "sheet":
            linked = next((v for k, v in sheet.attrib.items() if k.rpartition("}")[2] == "id"), None)
            target = links.get(linked, "")
            parts[sheet.get("name", "")] = target[1:] if target.startswith("/") else f"xl/{target}"
    return parts


def _failed(content: bytes, name: str) -> Iterator[tuple[int, int, str]]:
    """Row, column (from 0) and error of every cell that the reader would give back as blank."""
    if not content.startswith(b"PK"):
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return
        part = _sheet_parts(archive).get(name, "")
        xml = archive.read(part) if part in archive.namelist() else b""
    for found in _CELL.finditer(xml):
        place, value = _PLACE.search(found[1]), _VALUE.search(found[2])
        in_error = b't="e"' in found[1]
        if place is None or not (in_error or (value is None and _FORMULA.search(found[2]))):
            continue
        column = 0
        for letter in place[1]:
            column = column * 26 + letter - 64
        text = value[1].decode(errors="replace") if value else NOT_WORKED_OUT
        yield int(place[2]) - 1, column - 1, text


def main() -> int:
    """Exit status 0 with the sheets on standard output, 3 where a password is needed, 4 where unreadable."""
    _bounded()
    content = sys.stdin.buffer.read()
    most_rows, most_cells = int(sys.argv[1]), int(sys.argv[2])
    from python_calamine import (
        CalamineError,
        CalamineWorkbook,
        PasswordError,
        SheetTypeEnum,
        SheetVisibleEnum,
    )

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        shown = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
        sheets = []
        for name in shown[:SHEETS]:
            sheet = book.get_sheet_by_name(name)
            if sheet.total_width * max(1, sheet.total_height) > most_cells or sheet.total_height > most_rows:
                return 5
            rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
            for row, column, text in _failed(content, name):
                if row < len(rows) and column < len(rows[row]):
                    rows[row][column] = text
            if rows:
                sheets.append([name, rows])
    except PasswordError:
        return 3
    except (CalamineError, ValueError, OSError, KeyError, ElementTree.ParseError):
        return 4
    if len(shown) > SHEETS:
        return 5
    json.dump(sheets, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
