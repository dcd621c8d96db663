"""Documents of a proposal: PDFs made anew from their pages, each with words for those who do not open it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pbvote.core.errors import InvalidInput, raise_findings
from pbvote.core.types import Actor, is_hex_digest
from pbvote.platform import activity
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import Runtime
from pbvote.rooms.proposals import store
from pbvote.rooms.proposals.errors import (
    DocumentLarge,
    DocumentsBusy,
    DocumentsFull,
    DocumentUnknown,
    SaysMissing,
)
from pbvote.rooms.proposals.models import Document, Proposal
from pbvote.rooms.proposals.pictures import editable, megabytes, require_few, write
from pbvote.rooms.proposals.queries import ProposalView, view
from pbvote.typed.documents import Pdf, pdf_of
from pbvote.typed.texts import line, prose, text_findings

MOST_DOCUMENTS = 3
LONGEST_SAYS = 1000
_LONGEST_NAME = 200
_WAIT_SECONDS = 10.0
_reading = threading.Semaphore(1)
"""One document is read at a time; who waits longer than ten seconds is told to come again."""


def document_path(rt: Runtime, sha256: str) -> Path:
    """Where the bytes of a stored document lie.

    Raises:
        DocumentUnknown: not the name of a document.
    """
    if not is_hex_digest(sha256):
        raise DocumentUnknown()
    return rt.settings.state_dir / "media" / sha256[:2] / f"{sha256}.pdf"


def document_bytes(rt: Runtime, sha256: str) -> bytes:
    """The bytes of a stored document.

    Raises:
        DocumentUnknown: no such document.
    """
    try:
        return document_path(rt, sha256).read_bytes()
    except FileNotFoundError as error:
        raise DocumentUnknown() from error


def _read(content: bytes) -> Pdf:
    if not _reading.acquire(timeout=_WAIT_SECONDS):
        raise DocumentsBusy(retry_after=30)
    try:
        return pdf_of(content, field="document")
    finally:
        _reading.release()


def attach_document(
    rt: Runtime, actor: Actor, proposal_id: int, *, content: bytes, name: str, says: str
) -> ProposalView:
    """Add a document with words on what stands in it; they may follow until the proposal is handed in.

    One that is there already is not added again; it gets the words, where there are some.

    Raises:
        InvalidInput: no PDF that can be taken (``field`` = document), or words too long (``field`` = says).
        DocumentsFull: three are there already.
        PicturesMany, DocumentsBusy: too many within an hour, or at once.
        ProposalUnknown, WrongStatus, StageClosed: not this actor's, or not to be changed now.
    """
    says = prose(says)
    raise_findings(text_findings(says, field="says", most=LONGEST_SAYS, missing=None))
    most = rt.settings.web.upload_bytes
    if len(content) > most:
        raise DocumentLarge(field="document", most=megabytes(most))
    with rt.read_main() as tx:  # whatever costs little is asked before a document is read
        if len(editable(tx, rt, actor, proposal_id=proposal_id).documents) >= MOST_DOCUMENTS:
            raise DocumentsFull(most=MOST_DOCUMENTS)
    require_few(rt, actor)
    pdf = _read(content)
    sha256 = hashlib.sha256(pdf.content).hexdigest()
    write(document_path(rt, sha256), pdf.content)
    now = rt.clock()
    with rt.main() as tx:
        row = editable(tx, rt, actor, proposal_id=proposal_id)
        if any(old.sha256 == sha256 for old in row.documents):
            _describe_again(tx, row, actor, sha256, says, at=now)
            return view(row)
        if len(row.documents) >= MOST_DOCUMENTS:
            raise DocumentsFull(most=MOST_DOCUMENTS)
        row.documents.append(
            Document(
                proposal_id=row.id,
                sha256=sha256,
                name=line(name)[:_LONGEST_NAME],
                says=says,
                pages=pdf.pages,
                size=len(pdf.content),
            )
        )
        store.keep_version(tx, row, "attach-document", actor=actor, at=now)
        activity.record(
            tx, actor, Activity.PROPOSAL_DOCUMENT, at=now, call_id=row.call_id, subject=str(row.id)
        )
        return view(row)


def _describe_again(
    tx: Session, row: Proposal, actor: Actor, sha256: str, says: str, *, at: datetime
) -> None:
    document = next(each for each in row.documents if each.sha256 == sha256)
    if says and says != document.says:
        document.says = says
        store.keep_version(tx, row, "describe-documents", actor=actor, at=at)


def describe_documents(
    rt: Runtime, actor: Actor, proposal_id: int, *, says: Mapping[int, str]
) -> ProposalView:
    """Give documents these words, by their ids; ids of documents that are gone are passed over.

    Raises:
        InvalidInput: words too long, with ``field`` = ``says-<id>``; nothing is changed.
        ProposalUnknown, WrongStatus, StageClosed: as for :func:`attach_document`.
    """
    written = {document_id: prose(text) for document_id, text in says.items()}
    findings: list[InvalidInput] = []
    for document_id, text in written.items():
        findings += text_findings(text, field=f"says-{document_id}", most=LONGEST_SAYS, missing=None)
    raise_findings(findings)
    with rt.main() as tx:
        row = editable(tx, rt, actor, proposal_id=proposal_id)
        before = [document.says for document in row.documents]
        for document in row.documents:
            document.says = written.get(document.id, document.says)
        if [document.says for document in row.documents] != before:
            store.keep_version(tx, row, "describe-documents", actor=actor, at=rt.clock())
        return view(row)


def remove_document(rt: Runtime, actor: Actor, proposal_id: int, document_id: int) -> ProposalView:
    """Take a document away; its file goes too unless another proposal has the same.

    Raises:
        DocumentUnknown: the proposal has no such document.
        ProposalUnknown, WrongStatus, StageClosed: as for :func:`attach_document`.
    """
    with rt.main() as tx:
        row = editable(tx, rt, actor, proposal_id=proposal_id)
        document = next((old for old in row.documents if old.id == document_id), None)
        if document is None:
            raise DocumentUnknown()
        row.documents.remove(document)
        tx.delete(document)
        store.keep_version(tx, row, "remove-document", actor=actor, at=rt.clock())
        same = select(func.count()).select_from(Document).where(Document.sha256 == document.sha256)
        left = tx.scalar(same)
        after = view(row)
    if not left:
        document_path(rt, document.sha256).unlink(missing_ok=True)
    return after


def document_findings(proposal: ProposalView) -> list[InvalidInput]:
    """The first document that has no words yet."""
    for at, document in enumerate(proposal.documents, 1):
        if not document.says:
            return [SaysMissing(field="documents", number=at)]
    return []
