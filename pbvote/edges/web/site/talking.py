"""Comments below a proposal: writing, asking, answering, editing and deleting; without script."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import Errors, again_if_refused, typed_values
from pbvote.edges.web.base.page_forms import Area, PageForm
from pbvote.edges.web.base.policy import allow, signed_in
from pbvote.edges.web.site import listing
from pbvote.edges.web.site.listing import CommentForm, answer_field
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.engagement import queries, talking
from pbvote.rooms.engagement.errors import CommentNotYours, CommentUnknown
from pbvote.rooms.engagement.kinds import CommentKind, Voice
from pbvote.rooms.engagement.queries import CommentView
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.typed.texts import N_
from pbvote.words.catalogue import gettext as _

bp = Blueprint("talking", __name__)

Answer = str | Response
_PROPOSAL = "/calls/<call_id>/proposals/<number:proposal_id>"
_COMMENT = "/calls/<call_id>/comments/<number:comment_id>"


class EditForm(PageForm):
    """What a comment says instead."""

    title, button = N_("修改留言"), N_("儲存修改")
    body = Area(N_("留言內容"), hint=N_("1,000 字以內。修改後會標示「已編輯」和時間。"), rows=5)


class DeleteForm(PageForm):
    """Nothing is asked but the press of the button."""

    title, button, variant = N_("刪除這則留言？"), N_("刪除留言"), "danger"
    lead = N_("刪除後無法復原，文字會從資料庫清除。如果有人回覆過，原處會寫「留言者已刪除」。")


def address_of_proposal(call_id: str, proposal: ProposalView) -> str:
    """Where a proposal or a project is read."""
    if proposal.is_project:
        return f"/calls/{call_id}/projects/{proposal.number}"
    return f"/calls/{call_id}/proposals/{proposal.id}"


def proposal_of_comment(call_id: str, comment_id: int) -> tuple[ProposalView, CommentView]:
    """The proposal that a comment stands under, and the comment.

    Raises:
        CommentUnknown: none of this call, or not to be seen.
    """
    with runtime().read_main() as tx:
        call = calls.get_published(tx, call_id)
        found = queries.comment_of(tx, comment_id)
        if found is None or found.hidden or found.deleted:
            raise CommentUnknown(comment=comment_id)
        shown = proposals.get_public(tx, call_id, found.proposal_id, readable_from=call.readable_from)
        return shown, found


def _back(call_id: str, proposal_id: int, place: str) -> Response:
    with runtime().read_main() as tx:
        shown = proposals.get(tx, proposal_id)
    return redirect(f"{address_of_proposal(call_id, shown)}#{place}", 303)


def _sent(call_id: str, proposal_id: int, write: Callable[[], int], *, answering: int = 0) -> Response:
    """Write it and go there; a refusal shows the page with everything typed still in its place."""

    def page(errors: Errors) -> str:
        return listing.proposal_page(call_id, proposal_id, errors=errors, answering=answering)

    with again_if_refused(page):
        written = write()
    flash(_("已送出，現在大家都看得到。"))
    return _back(call_id, proposal_id, f"comment-{written}")


@bp.post(f"{_PROPOSAL}/comments")
@allow("resident")
def comment(call_id: str, proposal_id: int) -> Answer:
    """Write a comment, or a question to the author."""
    form = CommentForm.typed()
    write = talking.ask if form.kind.data == CommentKind.QUESTION else talking.comment
    return _sent(
        call_id, proposal_id, lambda: write(runtime(), signed_in(), proposal_id, body=form.body.data)
    )


@bp.post(f"{_COMMENT}/answer")
@allow("resident")
def answer(call_id: str, comment_id: int) -> Answer:
    """A resident's answer to a comment."""
    return _answer(call_id, comment_id)


@bp.post(f"/agency{_COMMENT}/answer")
@allow("officer")
def agency_answer(call_id: str, comment_id: int) -> Answer:
    """The agency's answer to a comment."""
    return _answer(call_id, comment_id)


def _answer(call_id: str, comment_id: int) -> Answer:
    shown, _found = proposal_of_comment(call_id, comment_id)
    body = typed_values().get(answer_field(comment_id), "")
    return _sent(
        call_id,
        shown.id,
        lambda: talking.answer(runtime(), signed_in(), comment_id, body=body),
        answering=comment_id,
    )


@bp.route(f"{_COMMENT}/edit", methods=["GET", "POST"])
@allow("resident")
def edit(call_id: str, comment_id: int) -> Answer:
    """One's own comment, for a while after it was sent."""
    return _edit(call_id, comment_id)


@bp.route(f"/agency{_COMMENT}/edit", methods=["GET", "POST"])
@allow("officer")
def agency_edit(call_id: str, comment_id: int) -> Answer:
    """The agency's own answer, for a while after it was sent."""
    return _edit(call_id, comment_id)


def _edit(call_id: str, comment_id: int) -> Answer:
    shown, found = proposal_of_comment(call_id, comment_id)
    actor = signed_in()
    if found.voice is not Voice.AGENCY and not found.is_by(actor):
        raise CommentNotYours()
    form = EditForm.typed(body=found.body)

    def page(errors: Errors) -> str:
        return _form_page(form, errors, shown, found)

    if request.method == "GET":
        return page({})
    with again_if_refused(page):
        talking.edit(runtime(), actor, comment_id, body=form.body.data)
    flash(_("已儲存修改。"))
    return _back(call_id, shown.id, f"comment-{comment_id}")


@bp.route(f"{_COMMENT}/delete", methods=["GET", "POST"])
@allow("resident")
def delete(call_id: str, comment_id: int) -> Answer:
    """Ask once, then delete one's own comment."""
    shown, found = proposal_of_comment(call_id, comment_id)
    if not found.is_by(signed_in()):
        raise CommentNotYours()
    if request.method == "GET":
        return _form_page(DeleteForm.typed(), {}, shown, found)
    talking.delete(runtime(), signed_in(), comment_id)
    flash(_("留言已刪除。"))
    return _back(call_id, shown.id, "comments")


def _form_page(form: PageForm, errors: Errors, shown: ProposalView, found: CommentView) -> str:
    call = shown.call_id
    return render_template(
        "site/comment_form.html",
        form=form,
        errors=errors,
        action=request.path,
        comment=found,
        quoted=isinstance(form, DeleteForm),
        back=f"{address_of_proposal(call, shown)}#comment-{found.id}",
    )
