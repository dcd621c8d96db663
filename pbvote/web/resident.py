"""A resident's own proposals: draft, submit, change, pictures, withdraw.

What was typed is stored before it is judged, so that no refusal loses a word.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from pbvote.accounts import queries as accounts
from pbvote.calls import queries as calls
from pbvote.calls.queries import CallView
from pbvote.core.errors import Conflict, InvalidInput
from pbvote.core.rules.stage import ACTS, Act
from pbvote.proposals import queries as proposals
from pbvote.proposals import service
from pbvote.proposals.pictures import MOST_PICTURES
from pbvote.proposals.queries import ProposalView
from pbvote.proposals.status import Status
from pbvote.web import i18n
from pbvote.web.context import runtime
from pbvote.web.forms import field_errors, typed_values
from pbvote.web.policy import allow, signed_in
from pbvote.web.texts import text_for
from pbvote.web.translate import gettext as _

bp = Blueprint("resident", __name__, url_prefix="/my")

Answer = str | Response | tuple[str, int]


@bp.get("/")
@allow("resident")
def mine() -> str:
    """The resident's proposals, and the calls that take new ones."""
    rt = runtime()
    actor = signed_in()
    now = rt.clock()
    with rt.read_main() as tx:
        resident = accounts.resident_view(tx, actor.id)
        own = proposals.list_of_resident(tx, actor.id)
        open_calls = [c for c in calls.list_published(tx) if Act.PROPOSE in ACTS[c.stage(now)]]
        titles = {call_id: calls.get_call(tx, call_id) for call_id in {p.call_id for p in own}}
    return render_template(
        "resident/mine.html", resident=resident, own=own, open_calls=open_calls, calls=titles
    )


@bp.get("/calls/<call_id>/proposals/new")
@allow("resident")
def new(call_id: str) -> str:
    """An empty proposal form."""
    rt = runtime()
    with rt.read_main() as tx:
        call = calls.get_published(tx, call_id)
    call.require(Act.PROPOSE, rt.clock())
    return _form(call, None, {}, {})


@bp.post("/calls/<call_id>/proposals/new")
@allow("resident")
def begin(call_id: str) -> Answer:
    """Keep the first version of a draft, then submit it if that was asked."""
    rt = runtime()
    values = typed_values()
    with rt.read_main() as tx:
        call = calls.get_published(tx, call_id)
    try:
        draft = service.save_draft(rt, signed_in(), call_id, values)
    except Conflict as error:
        return _form(call, None, values, {"": text_for(error, i18n.language())}), 409
    return _handed_in(call, draft, values)


@bp.get("/proposals/<int(max=2147483647):proposal_id>")
@allow("resident")
def show(proposal_id: int) -> str:
    """One's own proposal with its status, the agency's reason and what can be done."""
    call, own = _own(proposal_id)
    return render_template("resident/show.html", call=call, proposal=own, can=_possible(call, own))


@bp.get("/proposals/<int(max=2147483647):proposal_id>/edit")
@allow("resident")
def edit(proposal_id: int) -> str:
    """The form with what was typed last."""
    call, own = _own(proposal_id)
    return _form(call, own, own.values, {})


@bp.post("/proposals/<int(max=2147483647):proposal_id>/edit")
@allow("resident")
def change(proposal_id: int) -> Answer:
    """Keep the draft, submit it, or replace a submitted version."""
    values = typed_values()
    call, own = _own(proposal_id)
    if own.status is Status.SUBMITTED:
        return _attempt(
            call, own, values, lambda: service.revise(runtime(), signed_in(), proposal_id, values)
        )
    try:
        own = service.save_draft(runtime(), signed_in(), call.id, values, proposal_id=proposal_id)
    except Conflict as error:
        return _form(call, own, values, {"": text_for(error, i18n.language())}), 409
    return _handed_in(call, own, values)


def _handed_in(call: CallView, draft: ProposalView, values: dict[str, str]) -> Answer:
    """After keeping a draft: submit it, or say that it is kept."""
    if values.get("action") != "submit":
        flash(_("草稿已儲存。還沒有送出，您可以隨時回來繼續寫。"))
        return redirect(f"/my/proposals/{draft.id}/edit", 303)
    return _attempt(call, draft, values, lambda: service.submit(runtime(), signed_in(), draft.id))


def _attempt(
    call: CallView, own: ProposalView, values: dict[str, str], act: Callable[[], ProposalView]
) -> Answer:
    """Do it, or show the form again with everything typed and every error at its field."""
    try:
        after = act()
    except InvalidInput as error:
        return _form(call, own, values, field_errors(error)), 422
    except Conflict as error:
        return _form(call, own, values, {"": text_for(error, i18n.language())}), 409
    flash(_("提案已送出，承辦機關會進行審核，結果會以電子郵件通知您。"))
    return redirect(f"/my/proposals/{after.id}", 303)


@bp.route("/proposals/<int(max=2147483647):proposal_id>/withdraw", methods=["GET", "POST"])
@allow("resident")
def withdraw(proposal_id: int) -> Answer:
    """Ask once, then withdraw."""
    call, own = _own(proposal_id)
    if request.method == "GET":
        return render_template("resident/withdraw.html", call=call, proposal=own)
    service.withdraw(runtime(), signed_in(), proposal_id)
    flash(_("提案已撤回。"))
    return redirect("/my/", 303)


@bp.post("/proposals/<int(max=2147483647):proposal_id>/pictures")
@allow("resident")
def add_picture(proposal_id: int) -> Answer:
    """Add one picture with its description."""
    call, own = _own(proposal_id)
    upload = request.files.get("picture")
    alt = request.form.get("alt", "")
    try:
        service.attach_picture(
            runtime(), signed_in(), proposal_id, content=upload.read() if upload else b"", alt=alt
        )
    except InvalidInput as error:
        return _form(call, own, own.values | {"alt": alt}, field_errors(error)), 422
    except Conflict as error:
        return _form(call, own, own.values | {"alt": alt}, {"": text_for(error, i18n.language())}), 409
    flash(_("圖片已加入。"))
    return redirect(f"/my/proposals/{proposal_id}/edit#pictures", 303)


@bp.post("/proposals/<int(max=2147483647):proposal_id>/pictures/<int(max=2147483647):picture_id>/remove")
@allow("resident")
def drop_picture(proposal_id: int, picture_id: int) -> Answer:
    """Take one picture away."""
    service.remove_picture(runtime(), signed_in(), proposal_id, picture_id)
    flash(_("圖片已移除。"))
    return redirect(f"/my/proposals/{proposal_id}/edit#pictures", 303)


def _own(proposal_id: int) -> tuple[CallView, ProposalView]:
    with runtime().read_main() as tx:
        own = proposals.get_own(tx, signed_in(), proposal_id)
        return calls.get_call(tx, own.call_id), own


def _possible(call: CallView, own: ProposalView) -> frozenset[str]:
    """What the page offers now; the services check again."""
    now = runtime().clock()
    acts = ACTS[call.stage(now)]
    can = set()
    if own.status is Status.DRAFT or (own.status is Status.SUBMITTED and Act.PROPOSE in acts):
        can.add("edit")
    if (
        own.status is Status.CORRECTION
        and Act.CORRECT in acts
        and own.correct_until
        and now < own.correct_until
    ):
        can.add("edit")
    open_status = own.status in {Status.SUBMITTED, Status.CORRECTION, Status.ACCEPTED}
    if own.status is Status.DRAFT or (open_status and Act.WITHDRAW_PROPOSAL in acts):
        can.add("withdraw")
    return frozenset(can)


def _form(call: CallView, own: ProposalView | None, values: dict[str, str], errors: dict[str, str]) -> str:
    return render_template(
        "resident/form.html",
        call=call,
        proposal=own,
        values=values,
        errors=errors,
        most_pictures=MOST_PICTURES,
        action=f"/my/proposals/{own.id}/edit" if own else f"/my/calls/{call.id}/proposals/new",
    )
