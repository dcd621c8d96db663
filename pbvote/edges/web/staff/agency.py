"""The agency's desk: its calls from draft to publication, and its accounts.

Every page belongs to the agency of whoever is signed in; another agency's call does not exist here.
"""

from __future__ import annotations

import re

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from pbvote.core.rules.ruleset import Ruleset
from pbvote.core.rules.stage import Act, Stage
from pbvote.core.types import Role
from pbvote.edges.web.base import policy
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import Errors, again_if_refused, typed_values
from pbvote.edges.web.base.policy import signed_in
from pbvote.edges.web.staff import call_form
from pbvote.edges.web.staff.agency_rooms import next_step, rooms_of
from pbvote.edges.web.staff.languages import gaps
from pbvote.platform import activity
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.accounts import service as accounts_service
from pbvote.rooms.accounts.access import own_agency
from pbvote.rooms.calls import queries, service
from pbvote.rooms.calls.errors import CallUnknown
from pbvote.rooms.calls.fields import NOTICE
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.calls.values import place_of, starting_values, without_row
from pbvote.rooms.delivery import board
from pbvote.rooms.proposals import queries as proposals
from pbvote.typed.dates import taipei_day
from pbvote.words.activities import activity_name, proposal_of, subject_name
from pbvote.words.call_fields import label_of, timeline_rows, told
from pbvote.words.catalogue import gettext as _
from pbvote.words.names import stage_name, vote_kind_name
from pbvote.words.rules import rules_sentences

bp = Blueprint("agency", __name__)

_ROW_ACTION = re.compile(r"(add|remove)-(\w+)(?:-(\d{1,3}))?")
Page = str | Response


@bp.get("/agency/")
@policy.allow("staff")
def dashboard() -> str:
    """The agency's calls with their stage and what is to be done."""
    rt, actor = runtime(), signed_in()
    with rt.read_main() as tx:
        agency = accounts.get_agency(tx, int(actor.agency_id or 0))
        calls = queries.list_of_agency(tx, agency.id)
        account = accounts.staff_view(tx, actor.id)
        now = rt.clock()
        wanted = board.Wanted(agency_id=agency.id if actor.has(Role.OFFICER) else -1)
        carried = board.figures(tx, wanted, today=taipei_day(now))
    rows = [_row(call, call.stage(now)) for call in calls]
    return render_template("staff/dashboard.html", agency=agency, account=account, rows=rows, carried=carried)


def _row(call: CallView, stage: Stage) -> dict[str, object]:
    return {
        "call": call,
        "stage": stage,
        "stage_name": stage_name(stage),
        "next_step": next_step(stage),
        "kind": vote_kind_name(call.ruleset.vote_kind) if call.ruleset else "",
    }


@bp.get("/agency/calls/<call_id>")
@policy.allow("staff")
def call_page(call_id: str) -> str:
    """One call: its stage, the next step, the rooms where work is done, and what was done."""
    rt, actor = runtime(), signed_in()
    with rt.read_main() as tx:
        call = queries.get_call_of_agency(tx, actor, call_id=call_id)
        acts = activity.of_call(tx, call_id, limit=50)
        names = accounts.staff_names(tx, (a.actor_id for a in acts if a.actor_kind == "officer"))
        subjects = [proposal_of(each.act, each.subject) for each in acts]
        titles = proposals.titles(tx, (each for each in subjects if each is not None))
    stage = call.stage(rt.clock())
    return render_template(
        "staff/call.html",
        **_row(call, stage),
        dates=timeline_rows(call.ruleset) if call.ruleset else [],
        rooms=rooms_of(call, stage, actor),
        acts=[
            (
                act,
                activity_name(act.act),
                # a resident's number may be an officer's number too
                names.get(act.actor_id, "") if act.actor_kind == "officer" else "",
                subject_name(act.act, act.subject, titles),
            )
            for act in acts
        ],
    )


@bp.get("/agency/calls/new")
@policy.allow("officer")
def new_call() -> str:
    """An empty form with the usual values filled in."""
    rt, actor = runtime(), signed_in()
    with rt.read_main() as tx:
        agency = accounts.get_agency(tx, own_agency(actor, Role.OFFICER))
    return _form(starting_values(agency.name, rt.settings.vote), {})


@bp.post("/agency/calls/new")
@policy.allow("officer")
def create_call() -> Page:
    """The draft exists afterwards, whatever was typed."""
    call = service.create_call(runtime(), signed_in(), _typed())
    return _after_saving(call.id)


@bp.get("/agency/calls/<call_id>/edit")
@policy.allow("officer")
def edit_call(call_id: str) -> str:
    """The draft as it was typed."""
    rt = runtime()
    with rt.read_main() as tx:
        call = queries.get_call_of(tx, signed_in(), Role.OFFICER, call_id=call_id)
    call.require(Act.EDIT_CALL, rt.clock())
    return _form(dict(call.draft), {}, call_id=call.id)


@bp.post("/agency/calls/<call_id>/edit")
@policy.allow("officer")
def save_call(call_id: str) -> Page:
    """The draft holds what was typed; with ``check`` every finding is shown, or else the preview."""
    service.save_draft(runtime(), signed_in(), call_id, _typed())
    return _after_saving(call_id)


def _typed() -> dict[str, str]:
    """The form's values, after the removal of a row where that was asked for."""
    values = typed_values()
    action = _ROW_ACTION.fullmatch(values.pop("action", ""))
    if action and action[1] == "remove" and action[3]:
        return without_row(values, action[2], int(action[3]))
    return values


def _after_saving(call_id: str) -> Page:
    action = request.form.get("action", "")
    row_action = _ROW_ACTION.fullmatch(action)
    edit = url_for("agency.edit_call", call_id=call_id)
    if row_action:
        list_name = row_action[2]
        extra = f"?more={list_name}" if row_action[1] == "add" else ""
        return redirect(f"{edit}{extra}#{list_name}", 303)
    if action != "check":
        flash(_("草稿已儲存。"))
        return redirect(edit, 303)
    with runtime().read_main() as tx:
        draft = dict(queries.get_call(tx, call_id).draft)
    with again_if_refused(lambda errors: _form(draft, errors, call_id=call_id), label_of):
        service.review_draft(runtime(), draft)
    return redirect(url_for("agency.preview", call_id=call_id), 303)


def _form(values: dict[str, str], errors: dict[str, str], *, call_id: str = "") -> str:
    return render_template(
        "staff/form.html",
        **call_form.page_values(runtime(), values, more=request.args.get("more", "")),
        errors=dict(sorted(errors.items(), key=lambda each: place_of(each[0]))),
        call_id=call_id,
        action=url_for("agency.save_call", call_id=call_id) if call_id else url_for("agency.create_call"),
    )


@bp.route("/agency/calls/<call_id>/notice", methods=["GET", "POST"])
@policy.allow("officer")
def notice(call_id: str) -> Page:
    """The personal-data notice of a published call: its text now, and every version before."""
    rt, values = runtime(), typed_values()
    if request.method == "GET":
        return _notice_page(call_id, {}, {})
    with again_if_refused(lambda errors: _notice_page(call_id, values, errors), label_of):
        after = service.revise_privacy_notice(rt, signed_in(), call_id, values)
    version = after.notice.version if after.notice else 0
    flash(_("個資告知已儲存，現在是第 %(version)s 版。", version=version))
    return redirect(url_for("agency.notice", call_id=call_id), 303)


def _notice_page(call_id: str, typed: dict[str, str], errors: Errors) -> str:
    rt = runtime()
    with rt.read_main() as tx:
        call = queries.get_call_of(tx, signed_in(), Role.OFFICER, call_id=call_id)
        earlier = queries.earlier_privacy_notices(tx, call_id)
    if call.notice is None:
        raise CallUnknown(call=call_id)
    kept = {f"notice.{name}": getattr(call.notice, name) for name in queries.PRIVACY_NOTICE_FIELDS}
    return render_template(
        "staff/notice.html",
        **call_form.page_values(rt, typed or kept),
        section=NOTICE,
        call=call,
        errors=errors,
        earlier=earlier,
    )


@bp.get("/agency/calls/<call_id>/preview")
@policy.allow("officer")
def preview(call_id: str) -> Page:
    """What residents will read, made from the rules; or what still stands in the way."""
    rt = runtime()
    with rt.read_main() as tx:
        call = queries.get_call_of(tx, signed_in(), Role.OFFICER, call_id=call_id)
    call.require(Act.EDIT_CALL, rt.clock())
    with again_if_refused(lambda errors: _form(dict(call.draft), errors, call_id=call_id), label_of):
        ruleset = service.review_draft(rt, call.draft)
    return render_template(
        "staff/preview.html", call=call, gaps=gaps(call), **_as_residents_see(call, ruleset)
    )


def _as_residents_see(call: CallView, ruleset: Ruleset) -> dict[str, object]:
    return {
        "ruleset": ruleset,
        "kind": vote_kind_name(ruleset.vote_kind),
        "sentences": rules_sentences(ruleset),
        "told": told(call.draft),
    }


@bp.post("/agency/calls/<call_id>/publish")
@policy.allow("officer")
def publish(call_id: str) -> Page:
    """Everybody sees the call afterwards; or every finding stands beside its field."""
    rt, actor = runtime(), signed_in()

    def page(errors: Errors) -> str:
        with rt.read_main() as tx:
            draft = dict(queries.get_call_of(tx, actor, Role.OFFICER, call_id=call_id).draft)
        return _form(draft, errors, call_id=call_id)

    with again_if_refused(page, label_of):
        call = service.publish_call(rt, actor, call_id)
    flash(_("已公告。民眾現在可以看到這個徵件主題。"))
    return redirect(url_for("agency.call_page", call_id=call.id), 303)


@bp.get("/agency/accounts")
@policy.allow("administrator")
def staff_accounts() -> str:
    """The agency's accounts, for its administrator."""
    rt, actor = runtime(), signed_in()
    with rt.read_main() as tx:
        people = accounts.staff_of_agency(tx, own_agency(actor, Role.ADMINISTRATOR))
    return render_template("staff/accounts.html", people=people, now=rt.clock())


@bp.post("/agency/accounts/<number:account_id>/<any(suspend, restore):act>")
@policy.allow("administrator")
def change_account(account_id: int, act: str) -> Response:
    """Suspend a colleague's account, or restore and unlock it."""
    if act == "suspend":
        accounts_service.suspend_staff(runtime(), signed_in(), account_id)
        flash(_("帳號已停用。"))
    else:
        accounts_service.restore_staff(runtime(), signed_in(), account_id)
        flash(_("帳號已恢復使用。"))
    return redirect(url_for("agency.staff_accounts"), 303)
