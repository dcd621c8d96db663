"""Auditors (查核人員): the checks, their approval, the record, and the audit of the sealed evidence."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from pbvote.core.crypto.keyfile import decrypt_key_file
from pbvote.core.errors import Conflict, InvalidInput, VerificationError
from pbvote.core.types import CallId, Role
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import field_errors
from pbvote.edges.web.base.policy import allow, signed_in
from pbvote.edges.web.staff.counting import certified_text, style_namer, uploaded
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.counting import queries, service
from pbvote.rooms.counting.ceremony import AUDITOR
from pbvote.rooms.registrar import service as registrar_service
from pbvote.rooms.registrar.service import EvidenceReport
from pbvote.words import ways as way_texts
from pbvote.words.errors import sentence
from pbvote.words.language import language
from pbvote.words.names import problem_name
from pbvote.words.rules import stage_name

bp = Blueprint("auditor", __name__, url_prefix="/agency/calls/<call_id>/audit")

Answer = str | Response | tuple[str, int]


@bp.get("")
@allow("auditor")
def room(call_id: str) -> str:
    """Where the vote stands, and what an auditor can do now."""
    return _room(CallId(call_id), {}, None)


@bp.post("/certify")
@allow("auditor")
def certify(call_id: str) -> Answer:
    """The auditor's approval of the result."""
    try:
        totp = request.form.get("totp", "").strip()
        due = service.certify(runtime(), signed_in(), CallId(call_id), totp=totp)
    except InvalidInput as error:
        return _room(CallId(call_id), field_errors(error), None), 422
    except Conflict as error:
        return _room(CallId(call_id), {"": sentence(error)}, None), 409
    flash(certified_text(due))
    return redirect(f"/agency/calls/{call_id}/audit", 303)


def _room(call_id: CallId, errors: dict[str, str], report: EvidenceReport | None) -> str:
    rt, actor = runtime(), signed_in()
    with rt.read_main() as tx:
        call = calls.get_call_of(tx, actor, Role.AUDITOR, call_id=call_id)
        vote = queries.find_vote(tx, call_id)
        people = accounts.staff_names(tx, [a.account_id for a in vote.approvals] if vote else [])
    stage = call.stage(rt.clock())
    return render_template(
        "staff/auditor.html",
        call=call,
        stage=stage,
        stage_name=stage_name(stage),
        vote=vote,
        people=people,
        me=actor,
        style_name=style_namer(call),
        report=report,
        problem_name=problem_name,
        way_name=lambda way: way_texts.name(way, language()),
        values={},
        errors=errors,
    )


@bp.post("/evidence")
@allow("auditor")
def evidence(call_id: str) -> Answer:
    """Open the sealed evidence with the auditor's own key, in memory, and compare it with the roll."""
    rt, actor = runtime(), signed_in()
    with rt.read_main() as tx:
        calls.get_call_of(tx, actor, Role.AUDITOR, call_id=call_id)
    try:
        secret = decrypt_key_file(uploaded("key_file"), request.form.get("passphrase", ""), purpose=AUDITOR)
        report = registrar_service.audit_evidence(rt, CallId(call_id), secret, actor=actor)
    except (VerificationError, InvalidInput, Conflict) as error:
        wrong = "passphrase" if error.code.startswith("keyfile.passphrase") else "key_file"
        return _room(CallId(call_id), {wrong: sentence(error)}, None), 400
    return _room(CallId(call_id), {}, report)
