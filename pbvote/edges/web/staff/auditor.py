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
from pbvote.edges.web.staff.counting import certified_text, uploaded, vote_facts
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.counting import service
from pbvote.rooms.counting.ceremony import AUDITOR
from pbvote.rooms.registrar import service as registrar_service
from pbvote.rooms.registrar.service import EvidenceReport
from pbvote.words.catalogue import gettext as _
from pbvote.words.errors import sentence

bp = Blueprint("auditor", __name__, url_prefix="/agency/calls/<call_id>/audit")

Answer = str | Response | tuple[str, int]


def problem_name(kind: str) -> str:
    """What is wrong with one issuance, in words."""
    return {
        "evidence-does-not-open": _("憑據打不開，或不是這場投票的憑據"),
        "evidence-of-another-issuance": _("憑據屬於另一筆發放"),
        "evidence-of-another-person": _("憑據上的人與發放紀錄不是同一人"),
        "evidence-of-another-style": _("憑據上的選票類型與發放的不同"),
        "method-not-allowed": _("用了這場投票沒有的核對方式"),
        "no-identity-number": _("憑據上不是正確的證號"),
        "not-on-the-roll": _("名冊上沒有這個人"),
        "roll-has-another-style": _("名冊上這個人的選票類型不同"),
        "entry-without-evidence": _("公開名冊紀錄裡有，卻沒有憑據"),
        "issuance-not-in-log": _("已發放，公開名冊紀錄裡卻沒有"),
    }[kind]


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
    return render_template(
        "staff/auditor.html",
        **vote_facts(call_id, Role.AUDITOR),
        report=report,
        problem_name=problem_name,
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
