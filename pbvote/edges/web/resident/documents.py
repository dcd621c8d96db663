"""The documents of one's own proposal: PDFs, each with a summary for those who do not open it."""

from __future__ import annotations

import re

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from pbvote.edges.web.base import uploads
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import Errors, again_if_refused, typed_values
from pbvote.edges.web.base.policy import allow, signed_in
from pbvote.edges.web.resident.progress import progress
from pbvote.edges.web.resident.proposing import own_proposal
from pbvote.rooms.proposals import documents, service
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.typed.documents import MOST_PAGES
from pbvote.words.catalogue import gettext as _
from pbvote.words.proposal_parts import part_titles

bp = Blueprint("own_documents", __name__, url_prefix="/my/proposals/<number:proposal_id>")

Answer = str | Response | tuple[str, int]
_SAYS = re.compile(r"says-(\d{1,9})", re.ASCII)


@bp.get("/edit/documents")
@allow("resident")
def shown(proposal_id: int) -> str:
    """The documents of the proposal."""
    return _page(proposal_id, {})


@bp.post("/documents")
@allow("resident")
def add(proposal_id: int) -> Answer:
    """Add one document with its summary; what was typed stays where the file is refused."""
    _call, before = own_proposal(proposal_id)
    upload = next(iter(uploads.chosen("document")), None)
    if upload is None:
        return _page(proposal_id, {"document": _("請先選擇一份 PDF。")}), 422
    with again_if_refused(lambda errors: _page(proposal_id, errors), place=lambda _error: "document"):
        after = service.attach_document(
            runtime(),
            signed_in(),
            proposal_id,
            content=uploads.content_of(upload),
            name=uploads.name_of(upload),
            says=request.form.get("says", ""),
        )
    flash(_said(before, after))
    return redirect(_home(proposal_id), 303)


def _said(before: ProposalView, after: ProposalView) -> str:
    if len(after.documents) > len(before.documents):
        return _("文件已加入。")
    if after.documents != before.documents:
        return _("這份文件已經在下面，沒有再加一次；摘要換成您剛才寫的。")
    return _("這份文件已經在下面，沒有再加一次。")


@bp.post("/documents/arrange")
@allow("resident")
def describe(proposal_id: int) -> Answer:
    """Keep the summaries; then stay, or go back to the task list."""
    _keep(proposal_id)
    flash(_("已儲存。"))
    done = typed_values().get("action") == "done"
    return redirect(f"/my/proposals/{proposal_id}/edit" if done else _home(proposal_id), 303)


@bp.post("/documents/<number:document_id>/remove")
@allow("resident")
def drop(proposal_id: int, document_id: int) -> Answer:
    """Take one document away; summaries that were typed for the others are kept."""
    _keep(proposal_id)
    service.remove_document(runtime(), signed_in(), proposal_id, document_id)
    flash(_("文件已移除。"))
    return redirect(_home(proposal_id), 303)


def _keep(proposal_id: int) -> None:
    found = [(_SAYS.fullmatch(name), text) for name, text in typed_values().items()]
    says = {int(name[1]): text for name, text in found if name}
    with again_if_refused(lambda errors: _page(proposal_id, errors)):
        service.describe_documents(runtime(), signed_in(), proposal_id, says=says)


def _home(proposal_id: int) -> str:
    return f"/my/proposals/{proposal_id}/edit/documents"


def _page(proposal_id: int, errors: Errors) -> str:
    call, own = own_proposal(proposal_id)
    return render_template(
        "resident/part_documents.html",
        call=call,
        proposal=own,
        title=part_titles()["documents"],
        part="documents",
        progress=progress(call, own, "documents"),
        values=typed_values() if errors else {},
        errors=errors,
        most=documents.MOST_DOCUMENTS,
        most_pages=MOST_PAGES,
        most_bytes=runtime().settings.web.upload_bytes,
    )
