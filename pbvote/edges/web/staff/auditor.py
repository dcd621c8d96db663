"""Auditors (查核人員): the checks, their approval, the record, and the audit of the sealed evidence."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template
from werkzeug.wrappers import Response

from pbvote.core.crypto.keyfile import decrypt_key_file
from pbvote.core.errors import PbvoteError
from pbvote.core.types import CallId, Role
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import Errors, again_if_refused
from pbvote.edges.web.base.page_forms import PageForm, Secret, Upload
from pbvote.edges.web.base.policy import allow, signed_in
from pbvote.edges.web.staff.counting import MOST_KEY_FILE, CertifyForm, certified_text, vote_facts
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.counting import service
from pbvote.rooms.counting.ceremony import AUDITOR
from pbvote.rooms.registrar import service as registrar_service
from pbvote.rooms.registrar.service import EvidenceReport
from pbvote.typed.texts import N_
from pbvote.words import ways as way_texts
from pbvote.words.language import language
from pbvote.words.names import problem_name

bp = Blueprint("auditor", __name__, url_prefix="/agency/calls/<call_id>/audit")


class EvidenceForm(PageForm):
    """The auditor's own key."""

    button = N_("開始核對")
    key_file = Upload(N_("查核金鑰檔（auditor-key.json）"), accept=".json")
    passphrase = Secret(N_("通關密語"))


def _field_of(error: PbvoteError) -> str:
    """Nothing but the two fields of the form can be wrong."""
    return "passphrase" if error.code.startswith("keyfile.passphrase") else "key_file"


@bp.get("")
@allow("auditor")
def room(call_id: str) -> str:
    """Where the vote stands, and what an auditor can do now."""
    return _room(CallId(call_id), {}, None)


@bp.post("/certify")
@allow("auditor")
def certify(call_id: str) -> Response:
    """The auditor's approval of the result."""
    with again_if_refused(lambda errors: _room(CallId(call_id), errors, None)):
        totp = CertifyForm.typed().totp.data
        due = service.certify(runtime(), signed_in(), CallId(call_id), totp=totp)
    flash(certified_text(due))
    return redirect(f"/agency/calls/{call_id}/audit", 303)


def _room(call_id: CallId, errors: Errors, report: EvidenceReport | None) -> str:
    return render_template(
        "staff/auditor.html",
        **vote_facts(call_id, Role.AUDITOR),
        report=report,
        problem_name=problem_name,
        way_name=lambda way: way_texts.name(way, language()),
        certifying=CertifyForm(),
        evidence=EvidenceForm(),
        errors=errors,
    )


@bp.post("/evidence")
@allow("auditor")
def evidence(call_id: str) -> str:
    """Open the sealed evidence with the auditor's own key, in memory, and compare it with the roll."""
    rt, actor = runtime(), signed_in()
    with rt.read_main() as tx:
        calls.get_call_of(tx, actor, Role.AUDITOR, call_id=call_id)
    form = EvidenceForm.typed()
    with again_if_refused(lambda errors: _room(CallId(call_id), errors, None), place=_field_of):
        key_file = form.key_file.content(MOST_KEY_FILE)
        secret = decrypt_key_file(key_file, form.passphrase.data, purpose=AUDITOR)
        report = registrar_service.audit_evidence(rt, CallId(call_id), secret, actor=actor)
    return _room(CallId(call_id), {}, report)
