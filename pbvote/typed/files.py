"""Files that people upload as tables: text in the encodings that spreadsheets write, and workbooks."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pbvote.core.errors import InvalidInput
from pbvote.core.letters import without_invisible
from pbvote.typed.errors import FileLocked, FileTooLarge, FileUnreadable, QuoteOpen, TableTooLong

MOST_BYTES: Final = 32 << 20
MOST_UNPACKED: Final = 256 << 20
MOST_PARTS: Final = 2000
MOST_COLUMNS: Final = 200
MOST_CELLS: Final = 5_000_000
LONGEST_CELL: Final = 120_000
DELIMITERS: Final = (",", "\t", ";")
SPREADSHEETS: Final = ".csv,.tsv,.txt,.xlsx,.xls,.ods,text/csv"
"""What a file field accepts for a table."""
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_TEXTS: Final = ("<html", "<!doctype", "<?xml", "<table", "<meta", "{\\rtf", "%pdf-")
"""How texts begin that are no tables: a web page or an XML file may be named .xls, and Excel opens it."""
_CHUNK: Final = 1 << 20
_PATIENCE: Final = 90


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of cells, the first of line 1; ``ragged``: a line has as many cells as were written.

    ``lossy``: written in an encoding that has no letter for some names, and puts ``?`` there.
    ``broken``: why the rows end early.
    """

    name: str
    rows: list[list[str]]
    ragged: bool = False
    lossy: bool = False
    broken: InvalidInput | None = None


def text_of(content: bytes, *, field: str) -> tuple[str, str]:
    """The text of a file and its encoding: UTF-8, UTF-16 (with its mark or without), or Big5.

    Raises:
        FileUnreadable: none of them, or control characters, which no text has.
    """
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not any(c in text for c in map(chr, (*range(9), 11, 12, *range(14, 32), 127))):
            return text.removeprefix("\ufeff"), encoding
    raise FileUnreadable(field=field)


def _encodings(content: bytes) -> tuple[str, ...]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    start = content[:4096]
    if b"\x00" in start:
        # a comma or a digit has its zero byte behind it in one order, and before it in the other
        behind, before = start[1::2].count(0), start[0::2].count(0)
        return ("utf-16-le",) if behind > before else ("utf-16-be",)
    return ("utf-8-sig", "cp950")


def sheets_of(content: bytes, *, field: str, most_rows: int) -> list[Sheet]:
    """The sheets of a workbook, or a text file read with each of the delimiters that it holds.

    Raises:
        FileUnreadable, FileLocked, FileTooLarge, TableTooLong: what the file is not.
    """
    if len(content) > MOST_BYTES:
        raise FileTooLarge(field=field)
    if content.startswith((_ZIP, _OLE)):
        return _workbook(content, field=field, most_rows=most_rows)
    text, encoding = text_of(content, field=field)
    if text[:100].lstrip().lower().startswith(_OTHER_TEXTS):
        raise FileUnreadable(field=field)
    first, _, rest = text.partition("\n")
    delimiters: tuple[str, ...] = DELIMITERS
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        # what a spreadsheet reads as its delimiter; the line stays as an empty one
        text, delimiters = f"\n{rest}", (first.strip()[4],)
    used = [delimiter for delimiter in delimiters if delimiter in text] or [","]
    lossy = encoding == "cp950"
    return [_delimited(text, each, lossy=lossy, field=field, most_rows=most_rows) for each in used]


def _delimited(text: str, delimiter: str, *, lossy: bool, field: str, most_rows: int) -> Sheet:
    """The rows as far as they can be read with the delimiter, and why no further."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    broken: InvalidInput | None = None
    try:
        for cells in reader:
            if any(len(cell) > LONGEST_CELL for cell in cells):  # the reader's own limit is the process's
                broken = FileUnreadable(field=field)
                break
            rows.append(cells)
            if len(rows) > most_rows:
                broken = TableTooLong(field=field, most=most_rows)
                break
            if len(cells) > MOST_COLUMNS and any(cells[MOST_COLUMNS:]):
                broken = FileTooLarge(field=field)
                break
            if max(map(len, cells), default=0) > LONGEST_CELL:
                broken = FileUnreadable(field=field)
                break
    except csv.Error as error:
        limit = "limit" in str(error)
        broken = FileUnreadable(field=field) if limit else QuoteOpen(field=field, line=len(rows) + 1)
    return Sheet("", rows, ragged=True, lossy=lossy, broken=broken)


def _workbook(content: bytes, *, field: str, most_rows: int) -> list[Sheet]:
    if content.startswith(_ZIP):
        _require_small(content, field=field)
    try:
        done = subprocess.run(  # noqa: S603 -- our own script, in a process that may fall
            [
                *(sys.executable, "-I", str(Path(__file__).with_name("workbook.py"))),
                *(str(most_rows + 100), str(MOST_CELLS)),
            ],
            input=content,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FileTooLarge(field=field) from error
    if done.returncode == 3:
        raise FileLocked(field=field)
    if done.returncode == 4:
        raise FileUnreadable(field=field)
    if done.returncode:
        raise FileTooLarge(field=field)  # it ran out of memory or time, or said so itself
    sheets = [Sheet(str(name), rows) for name, rows in json.loads(done.stdout)]
    for sheet in sheets:
        if len(sheet.rows) > most_rows:
            raise TableTooLong(field=field, most=most_rows)
        if any(len(cell) > LONGEST_CELL for row in sheet.rows for cell in row):
            raise FileTooLarge(field=field)
    return sheets


def _require_small(content: bytes, *, field: str) -> None:
    """Guarantee that the archive unpacks to what it says it does, and to no more than a table can be."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if len(parts) > MOST_PARTS or len(names) < len(parts):
                raise FileTooLarge(field=field)
            if sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise FileTooLarge(field=field)
            if any(part.flag_bits & 1 for part in parts):
                raise FileLocked(field=field)
            for part in parts:
                with archive.open(part) as stream:
                    while stream.read(_CHUNK):
                        pass
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise FileUnreadable(field=field) from error


def unwrapped(cell: str) -> str:
    """The cell without what is not its text: Excel's ``="A12…"``, a mark, spaces around it."""
    plain = without_invisible(cell).strip() if cell.startswith("\ufeff") else cell.strip()
    if len(plain) >= 3 and plain.startswith('="') and plain.endswith('"'):
        plain = plain[2:-1].replace('""', '"').strip()
    return plain
