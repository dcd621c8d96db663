"""A poster as a PDF of one A4 page: title, picture, one sentence, when and where, a QR code.

The Chinese face is embedded, the characters that are used alone. It comes from a file of the machine: the
setting ``poster.font``, or the places where Debian, Fedora and Alpine put Noto Sans CJK. Why, in
docs/adr/0015-posters-with-an-embedded-face.md.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import segno
from fontTools.ttLib import TTCollection, TTLibError
from fpdf import FPDF
from PIL import Image

from pbvote.core.errors import ServiceUnavailable
from pbvote.edges.web.site.typeset import lines_of
from pbvote.platform.settings import PosterSettings

logging.getLogger("fontTools").setLevel(logging.ERROR)

_KNOWN: Final = (
    "/usr/share/fonts/opentype/noto",  # Debian, Ubuntu: fonts-noto-cjk
    "/usr/share/fonts/google-noto-sans-cjk-fonts",  # Fedora
    "/usr/share/fonts/google-noto-cjk",
    "/usr/share/fonts/noto",  # Alpine: font-noto-cjk
    "/usr/share/fonts/noto-cjk",  # Arch
)
_REGULAR: Final = "NotoSansCJK-Regular.ttc"
_BOLD: Final = "NotoSansCJK-Bold.ttc"
_WIDTH, _HEIGHT, _MARGIN = 210.0, 297.0, 17.0
_PICTURE = (_WIDTH - 2 * _MARGIN, 105.0)
_QR = 46.0
_INK, _SOFT, _BRAND = (17, 33, 42), (70, 90, 100), (15, 74, 99)


class PosterFontMissing(ServiceUnavailable):
    """No Chinese face is on this machine: the printable page stays (setting ``poster.font``)."""

    code = "poster.font-missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    """What stands on a poster. ``facts``: labels with texts; of ``picture`` and ``drawing`` one or none."""

    language: str
    heading: str
    title: str
    sentence: str
    facts: tuple[tuple[str, str], ...]
    address: str
    scan: str
    agency: str
    note: str = ""
    picture: bytes = b""
    drawing: str = ""


@dataclass(frozen=True, slots=True)
class Face:
    """A face of a font file; ``number``: which one of a collection."""

    path: Path
    number: int


def faces(settings: PosterSettings) -> tuple[Face, Face]:
    """The regular and the bold face.

    Raises:
        PosterFontMissing: neither a setting nor a known place has one.
    """
    regular = settings.font or _found(_REGULAR)
    if regular is None or not regular.is_file():
        raise PosterFontMissing()
    bold = settings.font_bold or (_found(_BOLD) if settings.font is None else None)
    bold = bold if bold is not None and bold.is_file() else regular
    return _face(regular), _face(bold)


def has_faces(settings: PosterSettings) -> bool:
    """Whether posters can be made here."""
    try:
        faces(settings)
    except PosterFontMissing:
        return False
    return True


def _found(name: str) -> Path | None:
    return next((path for place in _KNOWN if (path := Path(place) / name).is_file()), None)


@lru_cache(maxsize=8)
def _face(path: Path) -> Face:
    """The face for Taiwan's forms of characters; the first one where the file has no such name."""
    if path.suffix.lower() not in {".ttc", ".otc"}:
        return Face(path, 0)
    try:
        with TTCollection(str(path), lazy=True) as collection:
            names = [str(font["name"].getDebugName(1)) for font in collection.fonts]
    except (TTLibError, OSError) as error:
        raise PosterFontMissing() from error
    return Face(path, next((number for number, name in enumerate(names) if name.endswith(" TC")), 0))


def pdf_of(poster: Poster, settings: PosterSettings, *, now: datetime) -> bytes:
    """The poster as a PDF.

    Raises:
        PosterFontMissing: see :func:`faces`.
    """
    page = _Page(poster, *faces(settings), now=now)
    page.head()
    page.picture()
    page.words()
    page.facts()
    page.foot()
    return page.bytes()


class _Page:
    """One A4 page, set from above; ``y`` is where the next thing goes, in millimetres."""

    def __init__(self, poster: Poster, regular: Face, bold: Face, *, now: datetime) -> None:
        self._poster = poster
        self._pdf = pdf = FPDF(format="A4", unit="mm")
        pdf.set_auto_page_break(False)
        pdf.set_margin(0)
        pdf.c_margin = 0
        pdf.add_font("face", "", regular.path, collection_font_number=regular.number)
        pdf.add_font("face", "B", bold.path, collection_font_number=bold.number)
        pdf.set_title(poster.title)
        pdf.set_author(poster.agency)
        pdf.set_lang("en" if poster.language == "en" else "zh-TW")
        pdf.set_creation_date(now)
        pdf.add_page()
        self.y = 0.0

    def bytes(self) -> bytes:
        return bytes(self._pdf.output())

    def head(self) -> None:
        """A band with what this belongs to."""
        self._pdf.set_fill_color(*_BRAND)
        self._pdf.rect(0, 0, _WIDTH, 22, style="F")
        self._text(self._poster.heading, size=15, bold=True, colour=(255, 255, 255), at=6.5, most=1)
        self.y = 28.0

    def picture(self) -> None:
        width, height = _PICTURE
        poster = self._poster
        if poster.picture:
            self._pdf.image(_cropped(poster.picture, width / height), _MARGIN, self.y, width, height)
        elif poster.drawing:
            with self._pdf.rect_clip(_MARGIN, self.y, width, height):
                drawn = width * 3 / 4
                svg = io.BytesIO(poster.drawing.encode())
                self._pdf.image(svg, _MARGIN, self.y - (drawn - height) / 2, width, drawn)
        else:
            return
        self.y += height + 2
        if poster.note:
            self._text(poster.note, size=9, colour=_SOFT, most=1)
        self.y += 4

    def words(self) -> None:
        """The title as large as its length allows, and one sentence."""
        for size in (34, 29, 24, 20):
            if len(self._lines(self._poster.title, size=size, bold=True)) <= 2 or size == 20:
                break
        self._text(self._poster.title, size=size, bold=True, most=3)
        self.y += 2
        self._text(self._poster.sentence, size=18, most=4)

    def facts(self) -> None:
        """When and where on the left, the code on the right, both from one height above the foot."""
        top = max(self.y + 6, _HEIGHT - 24 - _QR - 16)
        self._qr(_WIDTH - _MARGIN - _QR, top)
        self.y = top
        for label, text in self._poster.facts:
            self._text(label, size=11, colour=_SOFT, width=_WIDTH - 2 * _MARGIN - _QR - 8, most=1)
            self._text(text, size=15, bold=True, width=_WIDTH - 2 * _MARGIN - _QR - 8, most=2)
            self.y += 2.5

    def foot(self) -> None:
        self._pdf.set_draw_color(*_BRAND)
        self._pdf.line(_MARGIN, _HEIGHT - 21, _WIDTH - _MARGIN, _HEIGHT - 21)
        self.y = _HEIGHT - 19
        self._text(self._poster.agency, size=12, bold=True, most=1)
        self._text(self._poster.address, size=9, colour=_SOFT, most=1)

    def _qr(self, left: float, top: float) -> None:
        rows = [list(row) for row in segno.make(self._poster.address, error="m").matrix]
        module = _QR / len(rows)
        self._pdf.set_fill_color(0, 0, 0)
        for down, row in enumerate(rows):
            for right, dark in enumerate(row):
                if dark:  # a hair wider than a module, or readers see white lines between them
                    self._pdf.rect(
                        left + right * module, top + down * module, module + 0.02, module + 0.02, style="F"
                    )
        self.y = top + _QR + 2
        self._text(self._poster.scan, size=10, colour=_SOFT, left=left, width=_QR, most=2)

    def _lines(self, text: str, *, size: float, bold: bool = False, width: float = 0.0) -> list[str]:
        self._pdf.set_font("face", "B" if bold else "", size)
        return lines_of(
            _printable(text, getattr(self._pdf.current_font, "cmap", {})),
            width=width or _WIDTH - 2 * _MARGIN,
            measure=self._pdf.get_string_width,
        )

    def _text(
        self,
        text: str,
        *,
        size: float,
        bold: bool = False,
        colour: tuple[int, int, int] = _INK,
        at: float | None = None,
        left: float = _MARGIN,
        width: float = 0.0,
        most: int,
    ) -> None:
        """Lines at ``y``, which moves below them; what is more than ``most`` lines ends in an ellipsis."""
        lines = self._lines(text, size=size, bold=bold, width=width)
        if len(lines) > most:
            lines = [
                *lines[: most - 1],
                _shortened(lines[most - 1], width or _WIDTH - 2 * _MARGIN, self._wide),
            ]
        self.y = self.y if at is None else at
        self._pdf.set_text_color(*colour)
        height = size * 0.3528 * 1.4
        for line in lines:
            self._pdf.set_xy(left, self.y)
            self._pdf.cell(w=width or _WIDTH - 2 * _MARGIN, h=height, text=line)
            self.y += height

    def _wide(self, text: str) -> float:
        return float(self._pdf.get_string_width(text))


def _printable(text: str, known: Container[int]) -> str:
    """What the face can draw: an emoji without a glyph would be an empty box."""
    return "".join(c for c in text if c.isspace() or ord(c) in known)


def _shortened(line: str, width: float, measure: Callable[[str], float]) -> str:
    while line and measure(line + "…") > width:
        line = line[:-1]
    return line + "…"


def _cropped(picture: bytes, ratio: float) -> Image.Image:
    """The middle of a picture in that ratio of width to height."""
    with Image.open(io.BytesIO(picture)) as opened:
        whole = opened.convert("RGB")
    width, height = whole.size
    if width / height > ratio:
        cut = (width - height * ratio) / 2
        return whole.crop((int(cut), 0, int(width - cut), height))
    cut = (height - width / ratio) / 2
    return whole.crop((0, int(cut), width, int(height - cut)))
