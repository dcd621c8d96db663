"""Reads one spreadsheet (.xlsx, .xls, .ods) from standard input in a process of its own.

Run as a script by :mod:`pbvote.typed.files`, never imported: a file that unpacks to far more than it says,
or names a cell at the far corner of a sheet, ends this process and no other. Writes JSON: a list of
``[name of the sheet, rows]``, each cell as the text that a person would have typed.
"""

from __future__ import annotations

import io
import json
import sys
from datetime import date, datetime, time

MEMORY = 1 << 30
SECONDS = 60
SHEETS = 20


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
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return "" if value is None else str(value)


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
            if rows:
                sheets.append([name, rows])
    except PasswordError:
        return 3
    except (CalamineError, ValueError, OSError):
        return 4
    if len(shown) > SHEETS:
        return 5
    json.dump(sheets, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
