"""A document is a PDF that does nothing when it is opened and says nothing of its author."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from pbvote.typed.documents import MOST_PAGES, pdf_of
from pbvote.typed.errors import PdfActive, PdfLocked, PdfLong, PdfUnreadable
from tests.make.files import picture
from tests.make.pdfs import ACTIVE, pdf, with_link


def test_the_pages_stay_and_the_author_goes() -> None:
    kept = pdf_of(pdf(3), field="document")
    again = PdfReader(io.BytesIO(kept.content))
    assert (kept.pages, len(again.pages)) == (3, 3)
    assert again.metadata is None
    for secret in (b"WRITER-SECRET", "王小明".encode("utf-16-be"), "王小明".encode()):
        assert secret not in kept.content


@pytest.mark.parametrize("change", ACTIVE.values(), ids=ACTIVE)
def test_what_does_something_is_refused(change: object) -> None:
    with pytest.raises(PdfActive) as refused:
        pdf_of(pdf(1, change=change), field="document")  # type: ignore[arg-type]
    assert refused.value.field == "document"


@pytest.mark.parametrize(
    ("address", "stays"),
    [("https://city.example/park", True), ("javascript:alert(1)", False), ("file:///etc/passwd", False)],
)
def test_links_to_the_web_stay_and_no_others(address: str, stays: bool) -> None:
    (page,) = PdfReader(io.BytesIO(pdf_of(with_link(address), field="x").content)).pages
    assert [note.get_object()["/A"]["/URI"] for note in page["/Annots"]] == [address] * stays


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7",
        b"text",
        picture(),
        pdf()[:200],
        b"MZ" + b"\0" * 2000 + pdf(),
        b"%PDF-1.7\n" + b"\xff" * 5000,
    ],
)
def test_what_is_no_pdf_or_broken_is_refused(content: bytes) -> None:
    with pytest.raises(PdfUnreadable):
        pdf_of(content, field="x")


def test_a_password_and_too_many_pages_are_named() -> None:
    with pytest.raises(PdfLocked):
        pdf_of(pdf(change=lambda writer: writer.encrypt("secret", algorithm="AES-256")), field="x")
    open_to_all = pdf(change=lambda writer: writer.encrypt("", owner_password="agency", algorithm="AES-256"))
    assert pdf_of(open_to_all, field="x").pages == 2
    with pytest.raises(PdfLong) as refused:
        pdf_of(pdf(MOST_PAGES + 1), field="x")
    assert refused.value.facts["most"] == MOST_PAGES


def test_pages_that_lead_round_in_circles_are_a_broken_file() -> None:
    ring = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 1/Kids[2 0 R]>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF"
    )
    with pytest.raises((PdfUnreadable, PdfLong)):
        pdf_of(ring, field="x")
