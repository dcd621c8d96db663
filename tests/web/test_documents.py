"""A proposal's documents: added, described, private until decided, and served so that they do nothing."""

from __future__ import annotations

import io

import pytest
from flask.testing import FlaskClient

from pbvote.core.types import Actor, CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.proposals import queries, service
from tests.make.files import picture
from tests.make.pdfs import ACTIVE, pdf
from tests.make.people import put_resident
from tests.make.proposals import proposal_values, put_submitted
from tests.make.visitors import Browser

NAME = "王小明的估價單.pdf"


@pytest.fixture
def browser(browser: Browser, ming: Actor) -> Browser:
    browser.sign_in(ming)
    return browser


def upload(content: bytes, says: str = "兩家估價") -> dict[str, object]:
    return {"document": (io.BytesIO(content), NAME), "says": says}


def test_a_document_is_added_described_and_removed(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId
) -> None:
    draft = service.save_draft(rt, ming, call_id, proposal_values())
    base = f"/my/proposals/{draft.id}"
    assert browser.post(f"{base}/documents", {"says": "沒有檔案"}).status_code == 422
    for content, why in (
        (picture(), "這個檔案不是 PDF"),
        (pdf(change=ACTIVE["a program of the document"]), "有程式、可填寫的表單或附帶的檔案"),
        (pdf(101), "最多 100 頁"),
    ):
        refused = browser.post(f"{base}/documents", upload(content))
        page = refused.get_data(as_text=True)
        assert (refused.status_code, why in page, "兩家估價</textarea>" in page) == (422, True, True)
    assert browser.post(f"{base}/documents", upload(pdf(2), says="")).location == f"{base}/edit/documents"
    (document,) = service.save_draft(rt, ming, call_id, {}, proposal_id=draft.id, part=()).documents
    assert "還要補" in browser.page(f"{base}/edit")
    assert "第 1 份文件還沒有摘要" in browser.page(f"{base}/check")
    assert "PDF，2 頁，0.1 MB" in browser.page(f"{base}/edit/documents")
    long = browser.post(f"{base}/documents/arrange", {f"says-{document.id}": "長" * 1001})
    assert (long.status_code, "長" * 1001 in long.get_data(as_text=True)) == (422, True)
    done = browser.post(f"{base}/documents/arrange", {f"says-{document.id}": "兩家估價", "action": "done"})
    assert done.location == f"{base}/edit"
    assert browser.post(f"{base}/check", {}).status_code == 303
    browser.post(f"{base}/documents/{document.id}/remove", {})
    with rt.read_main() as tx:
        assert queries.get(tx, draft.id).documents == ()


def test_a_document_is_private_until_accepted_and_then_served_for_keeping_only(
    rt: Runtime, site: FlaskClient, browser: Browser, ming: Actor, officer: Actor, call_id: CallId
) -> None:
    sent = put_submitted(rt, ming, call_id)
    service.attach_document(rt, ming, sent.id, content=pdf(), name=NAME, says="兩家估價")
    with rt.read_main() as tx:
        address = f"/media/{queries.get(tx, sent.id).documents[0].sha256}.pdf"
    mine = browser.site.get(address)
    assert (mine.status_code, mine.headers["Cache-Control"]) == (200, "private, no-store")
    stranger = Browser(site)
    stranger.sign_in(put_resident(rt, "李小華"))
    assert site.get(address).status_code == 404
    stranger.sign_in(officer)
    assert site.get(address).status_code == 200
    case = stranger.page(f"/agency/proposals/{sent.id}")
    assert "兩家估價" in case
    moderation_service.decide(rt, officer, sent.id, decision="accept")
    with site.session_transaction() as session:
        session.clear()
    answer = site.get(address)
    assert answer.data.startswith(b"%PDF-")
    assert {
        name: answer.headers[name]
        for name in (
            "Content-Type",
            "Content-Disposition",
            "X-Content-Type-Options",
            "Content-Security-Policy",
        )
    } == {
        "Content-Type": "application/pdf",
        "Content-Disposition": f'attachment; filename="proposal-{sent.id}-1.pdf"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    page = Browser(site).page(f"/calls/{call_id}/proposals/{sent.id}")
    assert "兩家估價" in page
    assert "王小明的估價單" not in page
    assert site.get(f"/media/{'0' * 64}.pdf").status_code == 404


def test_the_same_document_again_is_not_added_and_its_newer_summary_is_kept(
    rt: Runtime, browser: Browser, ming: Actor, call_id: CallId
) -> None:
    draft = service.save_draft(rt, ming, call_id, proposal_values())
    base = f"/my/proposals/{draft.id}"
    browser.post(f"{base}/documents", upload(pdf(2), says=""))
    assert "文件已加入。" in browser.page(f"{base}/edit/documents")
    for says, said in (
        ("三家估價", "沒有再加一次；摘要換成您剛才寫的。"),
        ("三家估價", "沒有再加一次。"),
        ("", "沒有再加一次。"),
    ):
        browser.post(f"{base}/documents", upload(pdf(2), says=says))
        page = browser.page(f"{base}/edit/documents")
        assert said in page
        assert "文件已加入" not in page
    with rt.read_main() as tx:
        (document,) = queries.get(tx, draft.id).documents
    assert document.says == "三家估價"
