"""Documents: PDFs of a few pages, quiet ones and such as do something."""

from __future__ import annotations

import io
from collections.abc import Callable

from pypdf import PdfWriter
from pypdf.annotations import Link
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject


def _dictionary(**entries: object) -> DictionaryObject:
    made = DictionaryObject()
    for name, value in entries.items():
        made[NameObject(f"/{name}")] = NameObject(value) if type(value) is str else value
    return made


def pdf(pages: int = 2, *, change: Callable[[PdfWriter], object] | None = None) -> bytes:
    """A document of empty pages that says who wrote it, as word processors do."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=595, height=842)
    writer.add_metadata({"/Author": "王小明", "/Producer": "WRITER-SECRET"})
    if change:
        change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def with_link(address: str) -> bytes:
    """A page with a link."""
    return pdf(1, change=lambda w: w.add_annotation(0, Link(rect=(50, 50, 200, 80), url=address)))


def _at_opening(act: DictionaryObject) -> Callable[[PdfWriter], object]:
    def change(writer: PdfWriter) -> None:
        writer.root_object[NameObject("/OpenAction")] = act

    return change


def _on_page(name: str, value: DictionaryObject | ArrayObject) -> Callable[[PdfWriter], object]:
    def change(writer: PdfWriter) -> None:
        writer.pages[0][NameObject(name)] = value

    return change


_SCRIPT = _dictionary(S="/JavaScript", JS=TextStringObject("app.alert(1)"))


def _named(writer: PdfWriter) -> None:
    names = ArrayObject([TextStringObject("a"), _SCRIPT])
    writer.root_object[NameObject("/Names")] = _dictionary(JavaScript=_dictionary(Names=names))


ACTIVE: dict[str, Callable[[PdfWriter], object]] = {
    "a program of the document": _named,
    "a program at the opening": _at_opening(_SCRIPT),
    "a command at the opening": _at_opening(_dictionary(S="/Launch", F=TextStringObject("cmd.exe"))),
    "a form that is sent": _at_opening(_dictionary(S="/SubmitForm", F=TextStringObject("https://x.example"))),
    "a program of a page": _on_page("/AA", _dictionary(O=_SCRIPT)),
    "a program deep inside": _on_page(
        "/Resources",
        _dictionary(XObject=_dictionary(X=_dictionary(Y=_dictionary(AA=_dictionary(O=_SCRIPT))))),
    ),
    "a link that runs a program": _on_page(
        "/Annots", ArrayObject([_dictionary(Type="/Annot", Subtype="/Link", A=_SCRIPT)])
    ),
    "a field to fill in": _on_page("/Annots", ArrayObject([_dictionary(Type="/Annot", Subtype="/Widget")])),
    "a file inside": lambda writer: writer.add_attachment("x.exe", b"MZ"),
}
