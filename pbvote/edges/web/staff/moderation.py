"""Officers: the queue, one case, and proposals entered from workshops."""

from __future__ import annotations

import re
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from pbvote.core.errors import Conflict, InvalidInput, findings_of
from pbvote.core.rules.stage import ACTS, Act
from pbvote.core.types import Role
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import field_errors, typed_values
from pbvote.edges.web.base.policy import allow, signed_in
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.moderation.service import Case
from pbvote.rooms.proposals import service as proposals_service
from pbvote.rooms.proposals.pictures import MOST_PICTURES
from pbvote.rooms.proposals.status import MOVES, Move, Status
from pbvote.rooms.proposals.workshop import COLUMNS, template_csv
from pbvote.typed.dates import moment_field, moment_of
from pbvote.typed.files import SPREADSHEETS
from pbvote.words import names as words
from pbvote.words.catalogue import gettext as _
from pbvote.words.errors import sentence

bp = Blueprint("moderation", __name__, url_prefix="/agency")

Answer = str | Response | tuple[str, int]
_PLACE = re.compile(r"lines\.(\d+)\.(\w*)")


@bp.get("/calls/<call_id>/moderation")
@allow("officer")
def queue(call_id: str) -> str:
    """What waits for a decision, what waits for a correction, and what is decided."""
    call, waiting = moderation_service.queue(runtime(), signed_in(), call_id)
    return render_template("staff/moderation_queue.html", call=call, queue=waiting, acts=_open_acts(call))


@bp.get("/proposals/<number:proposal_id>")
@allow("officer")
def case(proposal_id: int) -> str:
    """One proposal with its history and the decision form."""
    found = moderation_service.case(runtime(), signed_in(), proposal_id)
    return _case_page(found, {"correct_until": _latest(found)}, {})


@bp.post("/proposals/<number:proposal_id>")
@allow("officer")
def decide(proposal_id: int) -> Answer:
    """Take the decision, or show what is missing with everything typed kept."""
    rt = runtime()
    values = typed_values()
    found = moderation_service.case(rt, signed_in(), proposal_id)
    try:
        after = moderation_service.decide(
            rt,
            signed_in(),
            proposal_id,
            decision=values.get("decision", ""),
            reason=values.get("reason", ""),
            correct_until=_typed_moment(values),
            seen=_seen(values),
        )
    except InvalidInput as error:
        return _case_page(found, values, field_errors(error)), 422
    except Conflict as error:
        again = moderation_service.case(rt, signed_in(), proposal_id)
        return _case_page(again, values, {"": sentence(error)}), 409
    flash(_("已記錄對「%(title)s」的審核決定。", title=after.title))
    return redirect(f"/agency/calls/{found.call.id}/moderation", 303)


@bp.post("/proposals/<number:proposal_id>/group")
@allow("officer")
def classify(proposal_id: int) -> Answer:
    """Put a proposal into a track, or beside others of which one at most can win."""
    found = moderation_service.case(runtime(), signed_in(), proposal_id)
    values = typed_values()
    try:
        moderation_service.classify(
            runtime(),
            signed_in(),
            proposal_id,
            track=values.get("track", ""),
            exclusive=values.get("exclusive", ""),
        )
    except InvalidInput as error:
        return _case_page(found, values, field_errors(error)), 422
    flash(_("已儲存組別與擇一。"))
    return redirect(f"/agency/proposals/{proposal_id}", 303)


def _typed_moment(values: dict[str, str]) -> datetime | None:
    typed = values.get("correct_until", "")
    if values.get("decision") != Move.CORRECT.value or not typed:
        return None
    return moment_of(typed, field="correct_until")


def _seen(values: dict[str, str]) -> int | None:
    typed = values.get("seen", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 9 else None


def _latest(found: Case) -> str:
    return moment_field(found.call.rules.timeline.moderation_until)


def _case_page(found: Case, values: dict[str, str], errors: dict[str, str]) -> str:
    proposal = found.proposal
    acts = _open_acts(found.call)
    decisions = [
        move.value
        for move in (Move.ACCEPT, Move.CORRECT, Move.REJECT)
        if proposal.status in MOVES[move] and Act.MODERATE in acts
    ]
    return render_template(
        "staff/moderation_case.html",
        case=found,
        call=found.call,
        proposal=proposal,
        decisions=decisions,
        groupable=Act.MODERATE in acts and proposal.status not in (Status.REJECTED, Status.WITHDRAWN),
        tracks=[("", _("不分組")), *((t.id, words.track_name(t)) for t in found.call.rules.tracks)],
        values={"track": proposal.track, "exclusive": proposal.exclusive, **values},
        errors=errors,
        latest=found.call.rules.timeline.moderation_until,
        editable=bool(proposal.workshop)
        and Act.ENTER_WORKSHOP_PROPOSAL in acts
        and proposal.status in {*MOVES[Move.REVISE], *MOVES[Move.SUBMIT]},
        withdrawable=bool(proposal.workshop)
        and Act.WITHDRAW_PROPOSAL in acts
        and proposal.status in MOVES[Move.WITHDRAW],
        most_pictures=MOST_PICTURES,
    )


@bp.route("/calls/<call_id>/workshop/new", methods=["GET", "POST"])
@allow("officer")
def workshop_new(call_id: str) -> Answer:
    """Enter one proposal of a workshop."""
    call = _own_call(call_id)
    if request.method == "GET":
        return _workshop_page(call, {}, {}, proposal_id=None)
    values = typed_values()
    try:
        entered = proposals_service.enter_workshop_proposal(runtime(), signed_in(), call_id, values)
    except InvalidInput as error:
        return _workshop_page(call, values, field_errors(error), proposal_id=None), 422
    except Conflict as error:
        errors = {"": sentence(error)}
        return _workshop_page(call, values, errors, proposal_id=None), 409
    flash(_("已登錄「%(title)s」，請接著審核。", title=entered.title))
    return redirect(f"/agency/proposals/{entered.id}", 303)


@bp.route("/proposals/<number:proposal_id>/edit", methods=["GET", "POST"])
@allow("officer")
def workshop_edit(proposal_id: int) -> Answer:
    """Change a proposal that was entered from a workshop."""
    found = moderation_service.case(runtime(), signed_in(), proposal_id)
    own = found.proposal
    if request.method == "GET":
        values = own.values | own.workshop | {"proposer_name": own.proposer_name}
        return _workshop_page(found.call, values, {}, proposal_id=proposal_id)
    values = typed_values()
    try:
        proposals_service.revise_workshop_proposal(runtime(), signed_in(), proposal_id, values)
    except InvalidInput as error:
        return _workshop_page(found.call, values, field_errors(error), proposal_id=proposal_id), 422
    except Conflict as error:
        errors = {"": sentence(error)}
        return _workshop_page(found.call, values, errors, proposal_id=proposal_id), 409
    flash(_("已更新提案內容。"))
    return redirect(f"/agency/proposals/{proposal_id}", 303)


@bp.post("/proposals/<number:proposal_id>/withdraw")
@allow("officer")
def workshop_withdraw(proposal_id: int) -> Answer:
    """Take an entered proposal back at its proposer's wish."""
    after = proposals_service.withdraw_workshop_proposal(runtime(), signed_in(), proposal_id)
    flash(_("提案已撤回。"))
    return redirect(f"/agency/calls/{after.call_id}/moderation", 303)


@bp.post("/proposals/<number:proposal_id>/pictures")
@allow("officer")
def workshop_picture(proposal_id: int) -> Answer:
    """Add a picture to an entered proposal."""
    upload = request.files.get("picture")
    alt = request.form.get("alt", "")
    try:
        proposals_service.attach_picture(
            runtime(), signed_in(), proposal_id, content=upload.read() if upload else b"", alt=alt
        )
    except InvalidInput as error:
        found = moderation_service.case(runtime(), signed_in(), proposal_id)
        values = {"alt": alt, "correct_until": _latest(found)}
        return _case_page(found, values, field_errors(error)), 422
    flash(_("圖片已加入。"))
    return redirect(f"/agency/proposals/{proposal_id}#pictures", 303)


@bp.post("/proposals/<number:proposal_id>/pictures/<number:picture_id>/remove")
@allow("officer")
def workshop_drop_picture(proposal_id: int, picture_id: int) -> Answer:
    """Take a picture away from an entered proposal."""
    proposals_service.remove_picture(runtime(), signed_in(), proposal_id, picture_id)
    flash(_("圖片已移除。"))
    return redirect(f"/agency/proposals/{proposal_id}#pictures", 303)


@bp.route("/calls/<call_id>/workshop/import", methods=["GET", "POST"])
@allow("officer")
def workshop_import(call_id: str) -> Answer:
    """Import a table: all of it, or none and every error with its line."""
    call = _own_call(call_id)
    if request.method == "GET":
        return _import_page(call, [])
    upload = request.files.get("file")
    try:
        report = proposals_service.import_workshop_table(
            runtime(), signed_in(), call_id, upload.read() if upload else b""
        )
    except InvalidInput as error:
        return _import_page(call, _by_line(error)), 422
    flash(_("已匯入 %(count)s 件提案。", count=len(report.created)))
    return redirect(f"/agency/calls/{call_id}/moderation", 303)


def _by_line(error: InvalidInput) -> list[tuple[str, str, str]]:
    """``(line, column, sentence)`` of every finding, in the file's order."""
    rows: list[tuple[str, str, str]] = []
    for finding in findings_of(error):
        place = _PLACE.fullmatch(finding.field)
        line, column = (place[1], COLUMNS.get(place[2], "")) if place else ("", "")
        column = " ".join(filter(None, (str(finding.facts.get("cell", "")), column)))
        rows.append((line, column, sentence(finding)))
    return rows


@bp.get("/calls/<call_id>/workshop/template.csv")
@allow("officer")
def workshop_template(call_id: str) -> Response:
    """The empty table."""
    _own_call(call_id)
    return Response(
        template_csv(),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="workshop-proposals.csv"'},
    )


def _own_call(call_id: str) -> CallView:
    with runtime().read_main() as tx:
        return calls.get_call_of(tx, signed_in(), Role.OFFICER, call_id=call_id)


def _open_acts(call: CallView) -> frozenset[Act]:
    return ACTS[call.stage(runtime().clock())]


def _workshop_page(
    call: CallView, values: dict[str, str], errors: dict[str, str], *, proposal_id: int | None
) -> str:
    return render_template(
        "staff/moderation_workshop.html",
        call=call,
        values=values,
        errors=errors,
        proposal_id=proposal_id,
        acts=_open_acts(call),
    )


def _import_page(call: CallView, wrong: list[tuple[str, str, str]]) -> str:
    return render_template(
        "staff/moderation_import.html",
        call=call,
        wrong=wrong,
        columns=list(COLUMNS.values()),
        accept=SPREADSHEETS,
        acts=_open_acts(call),
    )
