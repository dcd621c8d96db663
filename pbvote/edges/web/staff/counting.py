"""Officers: freeze, turnout, withdraw a project, open, certify, destroy keys; one room for all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from pbvote.core.errors import Conflict, InvalidInput, PbvoteError, VerificationError
from pbvote.core.rules.stage import ACTS, Stage
from pbvote.core.types import CallId, Role, StyleId
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import field_errors, typed_values
from pbvote.edges.web.base.policy import allow, signed_in
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.counting import queries, service
from pbvote.rooms.counting.errors import DestructionDate
from pbvote.rooms.counting.freeze import plan_freeze
from pbvote.typed.dates import date_of
from pbvote.words import names as words
from pbvote.words.catalogue import gettext as _
from pbvote.words.errors import sentence
from pbvote.words.rules import stage_name

bp = Blueprint("counting", __name__, url_prefix="/agency/calls/<call_id>")

Answer = str | Response | tuple[str, int]
_MOST_KEY_FILE = 8192


@bp.get("/counting")
@allow("officer")
def room(call_id: str) -> str:
    """Where the vote stands and the one thing that the officer can do next."""
    return _room(CallId(call_id), {}, {})


def vote_facts(call_id: CallId, role: Role) -> dict[str, Any]:
    """What the rooms of officers and of auditors both show: the call, its vote, and who approved."""
    rt, actor = runtime(), signed_in()
    with rt.read_main() as tx:
        call = calls.get_call_of(tx, actor, role, call_id=call_id)
        vote = queries.find_vote(tx, call_id)
        people = accounts.staff_names(tx, [a.account_id for a in vote.approvals] if vote else [])
    stage = call.stage(rt.clock())
    return {
        "call": call,
        "stage": stage,
        "stage_name": stage_name(stage),
        "vote": vote,
        "people": people,
        "me": actor,
        "style_name": style_namer(call),
    }


def _room(call_id: CallId, values: dict[str, str], errors: dict[str, str]) -> str:
    shown = vote_facts(call_id, Role.OFFICER)
    call, stage, vote = shown["call"], shown["stage"], shown["vote"]
    plannable = vote is None and stage is not Stage.DRAFT
    return render_template(
        "staff/counting_room.html",
        **shown,
        plan=plan_freeze(runtime(), signed_in(), call_id) if plannable else None,
        open_acts={act.value for act in ACTS[stage]},
        withdrawn=_withdrawn(call_id) if vote else frozenset(),
        destruction_list=service.keys_to_destroy(call, vote.manifest) if vote else (),
        values=values,
        errors=errors,
    )


def _withdrawn(call_id: CallId) -> frozenset[int]:
    with runtime().read_main() as tx:
        return queries.withdrawn(tx, call_id)


def style_namer(call: CallView) -> Callable[[str], str]:
    """A ballot style in words: district, and the weight where it is more than one."""

    def name(style_id: str) -> str:
        district, _mark, weight = style_id.rpartition("-w")
        text = words.district_name(call, district)
        if weight == "1":
            return text
        return _("%(district)s（每票計 %(weight)s 票）", district=text, weight=weight)

    return name


def _again(call_id: CallId, values: dict[str, str], error: PbvoteError) -> Answer:
    """The room with what was typed kept and the reason shown; secrets are never shown again."""
    kept = {name: value for name, value in values.items() if name not in {"passphrase", "totp"}}
    if isinstance(error, InvalidInput):
        return _room(call_id, kept, field_errors(error)), 422
    status = 409 if isinstance(error, Conflict) else 400
    return _room(call_id, kept, {_field_of(error): sentence(error)}), status


def _field_of(error: PbvoteError) -> str:
    if error.code.startswith("keyfile.passphrase"):
        return "passphrase"
    return "key_file" if error.code.startswith(("keyfile.", "counting.key")) else ""


def uploaded(name: str) -> bytes:
    """The bytes of an uploaded key file; nothing where none was chosen."""
    file = request.files.get(name)
    return file.stream.read(_MOST_KEY_FILE) if file is not None else b""


def _back(call_id: str) -> Response:
    return redirect(f"/agency/calls/{call_id}/counting", 303)


@bp.post("/freeze")
@allow("officer")
def freeze(call_id: str) -> Answer:
    """Freeze the list, the rules and the keys."""
    values = typed_values()
    try:
        manifest = service.freeze(
            runtime(),
            signed_in(),
            CallId(call_id),
            public_key_file=uploaded("public_key"),
            accept_small=tuple(
                StyleId(name.removeprefix("small.")) for name in values if name.startswith("small.")
            ),
            merge={
                StyleId(name.removeprefix("merge.")): StyleId(into)
                for name, into in values.items()
                if name.startswith("merge.") and into
            },
        )
    except (InvalidInput, Conflict) as error:
        return _again(CallId(call_id), values, error)
    flash(_("已定案。核對碼：%(code)s", code=manifest.election_hash.hex()))
    return _back(call_id)


@bp.post("/withdraw-project")
@allow("officer")
def withdraw_project(call_id: str) -> Answer:
    """Mark a project as withdrawn."""
    values = typed_values()
    number = values.get("number", "")
    try:
        service.withdraw_project(
            runtime(),
            signed_in(),
            CallId(call_id),
            int(number) if number.isascii() and number.isdecimal() and len(number) < 7 else 0,
            values.get("reason", ""),
        )
    except (InvalidInput, Conflict) as error:
        return _again(CallId(call_id), values, error)
    flash(_("已標示 %(number)s 號方案退出票選，並公告理由。", number=number))
    return _back(call_id)


@bp.post("/open")
@allow("officer")
def open_box(call_id: str) -> Answer:
    """Bring the opening key."""
    values = typed_values()
    try:
        service.open_box(
            runtime(),
            signed_in(),
            CallId(call_id),
            key_file=uploaded("key_file"),
            passphrase=request.form.get("passphrase", ""),
            totp=values.get("totp", ""),
        )
    except (InvalidInput, Conflict, VerificationError) as error:
        return _again(CallId(call_id), values, error)
    flash(_("開票金鑰正確。系統正在計票與檢查，得票數在審定前不會顯示。"))
    return _back(call_id)


@bp.post("/certify")
@allow("officer")
def certify(call_id: str) -> Answer:
    """The officer's approval of the result."""
    values = typed_values()
    try:
        due = service.certify(runtime(), signed_in(), CallId(call_id), totp=values.get("totp", ""))
    except (InvalidInput, Conflict) as error:
        return _again(CallId(call_id), values, error)
    flash(certified_text(due))
    return _back(call_id)


def certified_text(due: tuple[Role, ...]) -> str:
    """What happens after an approval."""
    return _("已記錄您的審定，還需要另一人審定。") if due else _("兩人都已審定，結果將在數秒內公告。")


@bp.post("/destroy-keys")
@allow("officer")
def destroy_keys(call_id: str) -> Answer:
    """Destroy the keys on the list, after the complaint and appeal periods."""
    values = typed_values()
    try:
        names = service.destroy_keys(
            runtime(),
            signed_in(),
            CallId(call_id),
            periods_over_on=_typed_day(values.get("periods_over_on", "")),
            totp=values.get("totp", ""),
        )
    except (InvalidInput, Conflict) as error:
        return _again(CallId(call_id), values, error)
    flash(_("已銷毀 %(count)s 把金鑰，並留下紀錄。", count=len(names)))
    return _back(call_id)


def _typed_day(text: str) -> date:
    try:
        return date_of(text, field="periods_over_on")
    except InvalidInput as error:
        raise DestructionDate(field="periods_over_on") from error
