"""Officers: freeze, turnout, withdraw a project, open, certify, destroy keys; one room for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template
from werkzeug.wrappers import Response

from pbvote.core.errors import InvalidInput, PbvoteError
from pbvote.core.rules.stage import ACTS, Stage
from pbvote.core.types import CallId, Role, StyleId
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import Errors, again_if_refused, typed_values
from pbvote.edges.web.base.page_forms import Area, OneTimeCode, PageForm, Secret, Select, Text, Upload
from pbvote.edges.web.base.policy import allow, signed_in
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.counting import queries, service
from pbvote.rooms.counting.errors import DestructionDate
from pbvote.rooms.counting.freeze import plan_freeze
from pbvote.rooms.counting.queries import VoteView
from pbvote.typed.dates import date_of
from pbvote.typed.texts import N_
from pbvote.words import names as words
from pbvote.words.catalogue import gettext as _
from pbvote.words.names import stage_name

bp = Blueprint("counting", __name__, url_prefix="/agency/calls/<call_id>")

MOST_KEY_FILE = 8192


class FreezeForm(PageForm):
    """Before the small styles of the list, which are asked for one by one."""

    public_key = Upload(N_("公開金鑰檔（public.json）"), accept=".json")


class WithdrawForm(PageForm):
    """Which project leaves, and why."""

    button, variant = N_("標示退出"), "danger"
    number = Select(N_("方案"))
    reason = Area(N_("理由（會公開）"), rows=3)


class OpenForm(PageForm):
    """The opening key."""

    button = N_("開票")
    key_file = Upload(N_("開票金鑰檔（opening-key.json）"), accept=".json")
    passphrase = Secret(N_("通關密語"))
    totp = OneTimeCode(N_("驗證器上的六位數字"), hint=N_("每個號碼只能用一次。"))


class CertifyForm(PageForm):
    """The approval, of officers and of auditors."""

    button = N_("審定")
    totp = OneTimeCode(N_("驗證器上的六位數字"), hint=N_("每個號碼只能用一次。"))


class DestroyForm(PageForm):
    """The destruction of the keys."""

    button, variant = N_("核定並銷毀"), "danger"
    periods_over_on = Text(N_("申訴與救濟期間屆滿日"), type="date")
    totp = OneTimeCode(N_("驗證器上的六位數字"))


@bp.get("/counting")
@allow("officer")
def room(call_id: str) -> str:
    """Where the vote stands and the one thing that the officer can do next."""
    return _room(CallId(call_id), {})


def _forms(call: CallView, vote: VoteView | None, sent: Mapping[str, PageForm]) -> dict[str, PageForm]:
    """The forms of the room: those that were sent as they were, the others empty."""
    forms = {
        "freeze": FreezeForm(),
        "withdraw": WithdrawForm(),
        "opening": OpenForm(),
        "certifying": CertifyForm(),
        "destroying": DestroyForm(),
        **sent,
    }
    gone = _withdrawn(call.id) if vote else frozenset()
    projects = vote.manifest.projects if vote else ()
    forms["withdraw"].number.choices = [
        (str(each.number), f"{each.number} {each.title}") for each in projects if each.number not in gone
    ]
    return forms


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


def _room(call_id: CallId, errors: Errors, **sent: PageForm) -> str:
    shown = vote_facts(call_id, Role.OFFICER)
    call, stage, vote = shown["call"], shown["stage"], shown["vote"]
    plannable = vote is None and stage is not Stage.DRAFT
    return render_template(
        "staff/counting_room.html",
        **shown,
        plan=plan_freeze(runtime(), signed_in(), call_id) if plannable else None,
        open_acts={act.value for act in ACTS[stage]},
        destruction_list=service.keys_to_destroy(call, vote.manifest) if vote else (),
        forms=_forms(call, vote, sent),
        typed=typed_values(),
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


def _field_of(error: PbvoteError) -> str:
    """Beside which field stands what is wrong with a key file."""
    if error.code.startswith("keyfile.passphrase"):
        return "passphrase"
    return "key_file" if error.code.startswith(("keyfile.", "counting.key")) else ""


@contextmanager
def _again(call_id: str, **forms: PageForm) -> Iterator[None]:
    """A refusal shows the room with what was typed kept; secrets are never shown again."""
    with again_if_refused(lambda errors: _room(CallId(call_id), errors, **forms), place=_field_of):
        yield


def _back(call_id: str) -> Response:
    return redirect(f"/agency/calls/{call_id}/counting", 303)


@bp.post("/freeze")
@allow("officer")
def freeze(call_id: str) -> Response:
    """Freeze the list, the rules and the keys."""
    form, values = FreezeForm.typed(), typed_values()
    with _again(call_id, freeze=form):
        manifest = service.freeze(
            runtime(),
            signed_in(),
            CallId(call_id),
            public_key_file=form.public_key.content(MOST_KEY_FILE),
            accept_small=tuple(
                StyleId(name.removeprefix("small.")) for name in values if name.startswith("small.")
            ),
            merge={
                StyleId(name.removeprefix("merge.")): StyleId(into)
                for name, into in values.items()
                if name.startswith("merge.") and into
            },
        )
    flash(_("已定案。核對碼：%(code)s", code=manifest.election_hash.hex()))
    return _back(call_id)


@bp.post("/withdraw-project")
@allow("officer")
def withdraw_project(call_id: str) -> Response:
    """Mark a project as withdrawn."""
    form = WithdrawForm.typed()
    number = form.number.data
    with _again(call_id, withdraw=form):
        service.withdraw_project(
            runtime(),
            signed_in(),
            CallId(call_id),
            int(number) if number.isascii() and number.isdecimal() and len(number) < 7 else 0,
            form.reason.data,
        )
    flash(_("已標示 %(number)s 號方案退出票選，並公告理由。", number=number))
    return _back(call_id)


@bp.post("/open")
@allow("officer")
def open_box(call_id: str) -> Response:
    """Bring the opening key."""
    form = OpenForm.typed()
    with _again(call_id, opening=form):
        service.open_box(
            runtime(),
            signed_in(),
            CallId(call_id),
            key_file=form.key_file.content(MOST_KEY_FILE),
            passphrase=form.passphrase.data,
            totp=form.totp.data,
        )
    flash(_("開票金鑰正確。系統正在計票與檢查，得票數在審定前不會顯示。"))
    return _back(call_id)


@bp.post("/certify")
@allow("officer")
def certify(call_id: str) -> Response:
    """The officer's approval of the result."""
    with _again(call_id):
        totp = CertifyForm.typed().totp.data
        due = service.certify(runtime(), signed_in(), CallId(call_id), totp=totp)
    flash(certified_text(due))
    return _back(call_id)


def certified_text(due: tuple[Role, ...]) -> str:
    """What happens after an approval."""
    return _("已記錄您的審定，還需要另一人審定。") if due else _("兩人都已審定，結果將在數秒內公告。")


@bp.post("/destroy-keys")
@allow("officer")
def destroy_keys(call_id: str) -> Response:
    """Destroy the keys on the list, after the complaint and appeal periods."""
    form = DestroyForm.typed()
    with _again(call_id, destroying=form):
        names = service.destroy_keys(
            runtime(),
            signed_in(),
            CallId(call_id),
            periods_over_on=_typed_day(form.periods_over_on.data),
            totp=form.totp.data,
        )
    flash(_("已銷毀 %(count)s 把金鑰，並留下紀錄。", count=len(names)))
    return _back(call_id)


def _typed_day(text: str) -> date:
    try:
        return date_of(text, field="periods_over_on")
    except InvalidInput as error:
        raise DestructionDate(field="periods_over_on") from error
