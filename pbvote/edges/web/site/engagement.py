"""Endorsing, commenting, reporting and following, and the officers' page of reported comments."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from pbvote.core.types import Role
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import Errors, again_if_refused, typed_values
from pbvote.edges.web.base.page_forms import Area, PageForm
from pbvote.edges.web.base.policy import allow, signed_in
from pbvote.edges.web.site import listing
from pbvote.edges.web.site.talking import address_of_proposal, proposal_of_comment
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.engagement import following, queries, service
from pbvote.rooms.proposals import queries as proposals
from pbvote.typed.texts import N_, yes_of
from pbvote.words.catalogue import gettext as _

bp = Blueprint("engagement", __name__)

Answer = str | Response
_PROPOSAL = "/calls/<call_id>/proposals/<number:proposal_id>"
_COMMENT = "/comments/<number:comment_id>"


class ReportForm(PageForm):
    """Why a comment should go."""

    title, button = N_("檢舉留言"), N_("送出檢舉")
    reason = Area(
        N_("有什麼問題？"), hint=N_("例如：人身攻擊、洩漏個人資料、廣告。只有承辦機關看得到。"), rows=3
    )


def _try(call_id: str, proposal_id: int, act: Callable[[], object], *, place: str, done: str) -> Answer:
    """Do it and go back to the proposal; a refusal shows the page with everything typed still in it."""
    with again_if_refused(lambda errors: listing.proposal_page(call_id, proposal_id, errors=errors)):
        result = act()
    flash(done)
    with runtime().read_main() as tx:
        shown = proposals.get(tx, proposal_id)
    mark = place.format(id=result)
    return redirect(f"{address_of_proposal(call_id, shown)}{mark}", 303)


@bp.post(f"{_PROPOSAL}/endorse")
@allow("resident")
def endorse(call_id: str, proposal_id: int) -> Answer:
    """Endorse, or take the endorsement back."""
    wanted = yes_of(request.form.get("wanted", ""), field="wanted")
    return _try(
        call_id,
        proposal_id,
        lambda: (service.endorse if wanted else service.take_back)(runtime(), signed_in(), proposal_id),
        place="#endorse",
        done=_("謝謝您的連署。") if wanted else _("已收回連署。"),
    )


@bp.route(f"/calls/<call_id>{_COMMENT}/report", methods=["GET", "POST"])
@allow("resident")
def report(call_id: str, comment_id: int) -> Answer:
    """Why a comment should go; the agency decides."""
    shown, found = proposal_of_comment(call_id, comment_id)
    form, back = ReportForm.typed(), address_of_proposal(call_id, shown)

    def page(errors: Errors) -> str:
        return render_template(
            "site/report.html", form=form, errors=errors, action=request.path, comment=found, back=back
        )

    if request.method == "GET":
        return page({})
    with again_if_refused(page):
        service.report(runtime(), signed_in(), comment_id, reason=form.reason.data)
    flash(_("謝謝您的檢舉，承辦機關會處理。"))
    return redirect(f"{back}#comments", 303)


@bp.post("/calls/<call_id>/follow")
@allow("resident")
def follow(call_id: str) -> Answer:
    """Follow a call or one of its proposals by mail, or stop."""
    wanted = yes_of(request.form.get("wanted", ""), field="wanted")
    typed = request.form.get("proposal", "0")
    proposal_id = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0
    act = following.follow if wanted else following.unfollow
    act(runtime(), signed_in(), call_id, proposal_id=proposal_id)
    flash(_("有新消息時會寄信給您；每封信都能一鍵取消。") if wanted else _("不會再寄這類信給您。"))
    if request.form.get("back") == "mine":
        return redirect("/my/", 303)
    if not proposal_id:
        return redirect(f"/calls/{call_id}/", 303)
    with runtime().read_main() as tx:
        call = calls.get_published(tx, call_id)
        shown = proposals.find_public(tx, call_id, proposal_id, readable_from=call.readable_from)
    if shown and request.form.get("back") == "progress":
        return redirect(f"{address_of_proposal(call_id, shown)}/progress", 303)
    # whether the number ever was a proposal is nobody's to learn
    return redirect(address_of_proposal(call_id, shown) if shown else f"/calls/{call_id}/", 303)


@bp.get("/agency/calls/<call_id>/comments")
@allow("officer")
def desk(call_id: str) -> str:
    """Reported comments, the longest waiting first."""
    return _desk_page(call_id, {})


@bp.post(f"/agency/calls/<call_id>{_COMMENT}")
@allow("officer")
def judge(call_id: str, comment_id: int) -> Answer:
    """Hide a comment with a reason, or keep it."""
    values = typed_values()
    hide = values.get("verdict") == "hide"
    with again_if_refused(lambda errors: _desk_page(call_id, errors, refused=comment_id)):
        if hide:
            service.hide(runtime(), signed_in(), comment_id, reason=values.get("reason", ""))
        else:
            service.keep(runtime(), signed_in(), comment_id)
    flash(_("留言已隱藏，作者會收到理由。") if hide else _("留言保留，檢舉已結案。"))
    return redirect(f"/agency/calls/{call_id}/comments", 303)


def _desk_page(call_id: str, errors: Errors, *, refused: int = 0) -> str:
    with runtime().read_main() as tx:
        call = calls.get_call_of(tx, signed_in(), Role.OFFICER, call_id=call_id)
        waiting = queries.reported(tx, call_id)
        subjects = {each.comment.proposal_id: proposals.get(tx, each.comment.proposal_id) for each in waiting}
    return render_template(
        "staff/comments.html",
        call=call,
        waiting=waiting,
        subjects=subjects,
        errors=errors,
        refused=refused,
        typed=typed_values(),
        address=address_of_proposal,
    )
