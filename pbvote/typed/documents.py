"""Documents that people hand in: a PDF that is one, does nothing by itself and does not name its author.

The file is read and made anew in a process of its own (``pdf.py``), one at a time.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pbvote.typed.errors import PdfActive, PdfLocked, PdfLong, PdfUnreadable

MOST_PAGES: Final = 100
_PATIENCE: Final = 45.0
_START: Final = 1024
"""Bytes among which a PDF says that it is one (ISO 32000-2, 7.5.2, as readers take it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdf:
    """A document as it is kept: its pages made into a file of our own."""

    content: bytes
    pages: int


def pdf_of(content: bytes, *, field: str) -> Pdf:
    """The document, made anew from its pages.

    Raises:
        PdfUnreadable: no PDF, or a broken one. PdfLocked: it opens with a password only.
        PdfLong: more pages than are taken, or more in it than can be read.
        PdfActive: it holds programs, forms, or other files.
    """
    if b"%PDF-" not in content[:_START]:
        raise PdfUnreadable(field=field)
    try:
        done = subprocess.run(  # noqa: S603 -- our own script, in a process that may fall
            [sys.executable, "-I", str(Path(__file__).with_name("pdf.py")), str(MOST_PAGES)],
            input=content,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PdfLong(field=field, most=MOST_PAGES) from error
    if done.returncode == 3:
        raise PdfLocked(field=field)
    if done.returncode == 4:
        raise PdfUnreadable(field=field)
    if done.returncode == 6:
        raise PdfActive(field=field)
    if done.returncode:
        raise PdfLong(field=field, most=MOST_PAGES)  # too many pages, or it ran out of memory or time
    pages, _, anew = done.stdout.partition(b"\n")
    return Pdf(content=anew, pages=int(pages))
