"""Documents of a proposal: what costs little comes first, words may follow, files go in the end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pbvote.core.errors import InvalidInput, PbvoteError, StageClosed
from pbvote.core.types import Actor, CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.proposals import documents, queries, service
from pbvote.rooms.proposals.errors import (
    DocumentLarge,
    DocumentsBusy,
    DocumentsFull,
    DocumentUnknown,
    SaysMissing,
    WrongStatus,
)
from pbvote.typed.errors import PdfUnreadable
from tests.make.pdfs import pdf
from tests.make.proposals import MODERATION, proposal_values, put_submitted
from tests.make.services import MovableClock


def attach(
    rt: Runtime, actor: Actor, proposal_id: int, pages: int = 1, says: str = ""
) -> queries.ProposalView:
    return service.attach_document(
        rt, actor, proposal_id, content=pdf(pages), name="王小明的估價單.pdf", says=says
    )


def test_a_document_is_kept_described_and_handed_in(rt: Runtime, call_id: CallId, ming: Actor) -> None:
    draft = service.save_draft(rt, ming, call_id, proposal_values())
    attach(rt, ming, draft.id)
    kept = attach(rt, ming, draft.id)  # the same again is one
    (document,) = kept.documents
    assert (document.name, document.pages, document.says) == ("王小明的估價單.pdf", 1, "")
    assert document.size == len(documents.document_bytes(rt, document.sha256))
    with pytest.raises(SaysMissing) as refused:
        service.submit(rt, ming, draft.id)
    assert refused.value.facts == {"field": "documents", "number": 1}
    with pytest.raises(InvalidInput) as long:
        service.describe_documents(rt, ming, draft.id, says={document.id: "長" * 1001})
    assert long.value.field == f"says-{document.id}"
    described = service.describe_documents(
        rt, ming, draft.id, says={document.id: " 兩家估價 ", 999: "別人的"}
    )
    assert described.documents[0].says == "兩家估價"
    assert service.describe_documents(rt, ming, draft.id, says={}).revision == described.revision
    sent = service.submit(rt, ming, draft.id)
    with rt.read_main() as tx:
        assert queries.revisions(tx, sent.id)[-1].content["documents"] == [document.sha256]


def test_what_cannot_be_attached_anyway_is_refused_before_anything_is_read(
    rt: Runtime, call_id: CallId, ming: Actor, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = service.save_draft(rt, ming, call_id, {})
    for pages in range(1, documents.MOST_DOCUMENTS + 1):
        attach(rt, ming, draft.id, pages)
    own = service.save_draft(rt, ming, call_id, {})

    def never(_content: bytes, *, field: str) -> None:
        raise AssertionError(f"{field} was read before the cheap checks")

    monkeypatch.setattr(documents, "pdf_of", never)
    with pytest.raises(DocumentsFull):
        attach(rt, ming, draft.id, 9)
    with pytest.raises(DocumentLarge):
        service.attach_document(
            rt, ming, own.id, content=b"%PDF" * (rt.settings.web.upload_bytes // 4 + 1), name="x", says=""
        )
    with pytest.raises(InvalidInput):
        attach(rt, ming, own.id, says="長" * 1001)
    with pytest.raises(PbvoteError):
        attach(rt, Actor(kind="resident", id=ming.id + 1000), own.id)
    clock.forward(days=400)
    with pytest.raises(StageClosed):
        attach(rt, ming, own.id)


def test_one_document_is_read_at_a_time(
    rt: Runtime, call_id: CallId, ming: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = service.save_draft(rt, ming, call_id, {})
    monkeypatch.setattr(documents, "_WAIT_SECONDS", 0.01)
    with documents._reading, pytest.raises(DocumentsBusy):
        attach(rt, ming, draft.id)
    with pytest.raises(PdfUnreadable):
        service.attach_document(rt, ming, draft.id, content=b"text", name="x", says="")
    assert attach(rt, ming, draft.id).documents  # the place is free again after a refusal


def test_a_removed_document_leaves_the_disk_unless_another_proposal_has_it(
    rt: Runtime, call_id: CallId, ming: Actor
) -> None:
    drafts = [service.save_draft(rt, ming, call_id, {}) for _ in range(2)]
    kept = [attach(rt, ming, draft.id) for draft in drafts]
    path = documents.document_path(rt, kept[0].documents[0].sha256)
    service.remove_document(rt, ming, kept[0].id, kept[0].documents[0].id)
    assert path.exists()
    with pytest.raises(DocumentUnknown):
        service.remove_document(rt, ming, kept[0].id, kept[1].documents[0].id)
    service.remove_document(rt, ming, kept[1].id, kept[1].documents[0].id)
    assert not path.exists()
    for name in (kept[0].documents[0].sha256, "..", "0" * 63):
        with pytest.raises(DocumentUnknown):
            documents.document_bytes(rt, name)


def test_what_was_decided_keeps_its_documents(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor, clock: MovableClock
) -> None:
    sent = put_submitted(rt, ming, call_id)
    kept = attach(rt, ming, sent.id, says="估價")
    moderation_service.decide(rt, officer, sent.id, decision="accept")
    for act in (
        lambda: attach(rt, ming, sent.id, 3),
        lambda: service.remove_document(rt, ming, sent.id, kept.documents[0].id),
        lambda: service.describe_documents(rt, ming, sent.id, says={kept.documents[0].id: "別的"}),
    ):
        with pytest.raises(WrongStatus):
            act()
    clock.set(MODERATION + timedelta(days=90))
