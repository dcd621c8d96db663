"""Makes one PDF anew from its pages, from standard input to standard output, in a process of its own.

Run as a script by :mod:`pbvote.typed.documents`, never imported: a file that unpacks to far more than it
says, or leads round in circles, ends this process and no other. What is written is the pages, their
pictures, types and links to the web; not what a file can do when it is opened, nor who wrote it with what. A
file that can do something is refused rather than cleaned: its author should know, and printing it helps.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from typing import Any

MEMORY = 1 << 30
SECONDS = 30
MOST_OBJECTS = 300_000
LOCKED, UNREADABLE, LONG, ACTIVE = 3, 4, 5, 6
_ACTS = frozenset(
    f"/{name}"
    for name in (
        *("JavaScript", "Launch", "SubmitForm", "ImportData", "Rendition", "Movie", "Sound"),
        *("GoToR", "GoToE", "RichMediaExecute"),
    )
)
"""Kinds of actions (ISO 32000-2, 12.6.4) that do more than turn to a page or name an address on the web."""
_SPOKEN = frozenset(["/JS", "/JavaScript", "/XFA", "/EmbeddedFiles", "/EF", "/RichMediaContent", "/Launch"])
"""Entries of dictionaries that hold programs, forms of programs, or other files."""
_NOTES = frozenset(["/Widget", "/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"])
"""Kinds of annotations (12.5.6) that take something from the reader or play something."""
_PAGE = frozenset(
    f"/{name}"
    for name in (
        *("Type", "Parent", "MediaBox", "CropBox", "Rotate", "UserUnit", "Resources", "Contents", "Group"),
        "Annots",
    )
)
_WEB = ("https://", "http://", "mailto:")
_TELLTALE = ("/Metadata", "/PieceInfo", "/LastModified")


def _bounded() -> None:
    try:
        import resource
    except ImportError:  # no such limits on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def _dictionaries(root: Any) -> Iterator[Any]:
    """Every dictionary that can be reached, each once."""
    from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

    todo, seen, count = [root], set(), 0
    while todo:
        one = todo.pop()
        if isinstance(one, IndirectObject):
            if (one.idnum, one.generation) in seen:
                continue
            seen.add((one.idnum, one.generation))
            one = one.get_object()
        count += 1
        if count > MOST_OBJECTS:
            raise MemoryError
        if isinstance(one, DictionaryObject):
            yield one
            todo += [one.raw_get(name) for name in one]
        elif isinstance(one, ArrayObject):
            todo += list(one)


def _acts(one: Any) -> bool:
    return (
        not _SPOKEN.isdisjoint(one)
        or str(one.get("/S", "")) in _ACTS
        or (str(one.get("/Subtype", "")) in _NOTES)
        or bool(one.get("/AA"))
    )


def _strip(page: Any) -> None:
    """Leave what is seen of the page, and its links to the web."""
    from pypdf.generic import ArrayObject, NameObject

    for name in [name for name in page if name not in _PAGE]:
        del page[name]
    links = [note.get_object() for note in page.get("/Annots") or ()]
    page[NameObject("/Annots")] = ArrayObject([link for link in links if _is_web_link(link)])
    for link in page["/Annots"]:
        for name in [name for name in link if name not in ("/Type", "/Subtype", "/Rect", "/A", "/Border")]:
            del link[name]


def _is_web_link(note: Any) -> bool:
    act = note.get("/A")
    act = act.get_object() if act is not None else {}
    address = str(act.get("/URI", "")).lower()
    return note.get("/Subtype") == "/Link" and "/Next" not in act and address.startswith(_WEB)


def _anew(content: bytes, most_pages: int) -> tuple[int, int, bytes]:
    """Exit status, number of pages, and the new file."""
    from pypdf import PdfReader, PdfWriter

    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        return LOCKED, 0, b""
    root = reader.trailer["/Root"]
    for one in _dictionaries(root):
        if _acts(one):
            return ACTIVE, 0, b""
        for name in _TELLTALE:
            one.pop(name, None)
    pages = list(reader.pages)
    if not pages:
        return UNREADABLE, 0, b""
    if len(pages) > most_pages:
        return LONG, 0, b""
    writer = PdfWriter()
    for page in pages:
        _strip(page)
        writer.add_page(page)
    writer.metadata = None
    out = io.BytesIO()
    writer.write(out)
    again = PdfReader(io.BytesIO(out.getvalue()))
    if any(_acts(one) for one in _dictionaries(again.trailer["/Root"])):
        return ACTIVE, 0, b""
    return 0, len(again.pages), out.getvalue()


def main() -> int:
    """Exit status 0 with the number of pages, a line end and the new file on standard output."""
    _bounded()
    content = sys.stdin.buffer.read()
    try:
        status, pages, anew = _anew(content, int(sys.argv[1]))
    except MemoryError:
        return LONG
    except Exception:
        return UNREADABLE
    if status == 0:
        sys.stdout.buffer.write(f"{pages}\n".encode() + anew)
    return status


if __name__ == "__main__":
    sys.exit(main())
