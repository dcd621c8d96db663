"""Officers: the queue, one case, and proposals entered from workshops."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from pbvote.core.errors import InvalidInput, findings_of
from pbvote.core.rules.stage import ACTS, Act
from pbvote.core.types import Role
from pbvote.edges.web.base import uploads
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import Errors, again_if_refused, refused, typed_values
from pbvote.edges.web.base.page_forms import Area, Checks, PageForm, Radios, Select, Text, Upload
from pbvote.edges.web.base.policy import allow, signed_in
from pbvote.edges.web.base.uploads import Refused
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
from pbvote.typed.texts import N_
from pbvote.words import formats
from pbvote.words import names as words
from pbvote.words.catalogue import gettext as _
from pbvote.words.errors import sentence
from pbvote.words.proposal_parts import part_titles

bp = Blueprint("moderation", __name__, url_prefix="/agency")

Answer = str | Response
_DECISIONS = (Move.ACCEPT, Move.CORRECT, Move.REJECT)
_PLACE = re.compile(r"lines\.(\d+)\.(\w*)")


class DecisionForm(PageForm):
    """The decision on a proposal."""

    button = N_("送出決定")
    decision = Radios(N_("決定"))
    reason = Area(
        N_("理由"),
        hint=N_("補正和不通過必填，寫得具體，讓人知道怎麼改。提案人會收到；不通過的理由也會公開。"),
        rows=5,
        optional=True,
    )
    parts = Checks(
        N_("要補正的項目"),
        hint=N_("只在請提案人補正時使用。勾選的項目會在提案人的清單上標出來；都不勾就是整件提案。"),
    )
    correct_until = Text(N_("補正期限"), type="datetime-local", optional=True)


class GroupForm(PageForm):
    """The track of a proposal, and what it excludes."""

    button, variant = N_("儲存組別"), "quiet"
    track = Select(N_("組別"))
    exclusive = Text(
        N_("只能擇一的方案"),
        hint=N_(
            "和別案只能蓋其中一案時，兩案填一樣的名稱，例如「車站前廣場」；得票高的入選，另一案就不入選。"
            "沒有就留空。"
        ),
        optional=True,
    )


class TableForm(PageForm):
    """The table of a workshop."""

    button = N_("匯入")
    file = Upload(
        N_("提案表"),
        hint=N_("試算表（.xlsx、.ods、.xls）或 CSV（UTF-8、UTF-16 或 Big5）。"),
        accept=SPREADSHEETS,
    )


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
    return _case_page(found, {}, {})


@bp.post("/proposals/<number:proposal_id>")
@allow("officer")
def decide(proposal_id: int) -> Answer:
    """Take the decision, or show what is missing with everything typed kept."""
    rt = runtime()
    form = DecisionForm.typed()
    found = moderation_service.case(rt, signed_in(), proposal_id)
    with _case_again(proposal_id, deciding=form):
        after = moderation_service.decide(
            rt,
            signed_in(),
            proposal_id,
            decision=form.decision.data,
            reason=form.reason.data,
            correct_until=_typed_moment(form),
            parts=tuple(form.parts.data or ()),
            seen=_seen(typed_values()),
        )
    flash(_("已記錄對「%(title)s」的審核決定。", title=after.title))
    return redirect(f"/agency/calls/{found.call.id}/moderation", 303)


@bp.post("/proposals/<number:proposal_id>/group")
@allow("officer")
def classify(proposal_id: int) -> Answer:
    """Put a proposal into a track, or beside others of which one at most can win."""
    form = GroupForm.typed()
    with _case_again(proposal_id, grouping=form):
        moderation_service.classify(
            runtime(), signed_in(), proposal_id, track=form.track.data, exclusive=form.exclusive.data
        )
    flash(_("已儲存組別與擇一。"))
    return redirect(f"/agency/proposals/{proposal_id}", 303)


@bp.post("/proposals/<number:proposal_id>/consent")
@allow("officer")
def receive_consent(proposal_id: int) -> Response:
    """The paper of a minor's representative has come."""
    moderation_service.receive_consent(runtime(), signed_in(), proposal_id)
    flash(_("已記錄收到同意書。"))
    return redirect(f"/agency/proposals/{proposal_id}", 303)


@contextmanager
def _case_again(
    proposal_id: int, values: Mapping[str, str] | None = None, **forms: PageForm
) -> Iterator[None]:
    """A refusal shows the case as it is now, with what was typed."""

    def page(errors: Errors) -> str:
        found = moderation_service.case(runtime(), signed_in(), proposal_id)
        return _case_page(found, errors, values or {}, **forms)

    with again_if_refused(page):
        yield


def _typed_moment(form: DecisionForm) -> datetime | None:
    typed: str = form.correct_until.data
    if form.decision.data != Move.CORRECT.value or not typed:
        return None
    return moment_of(typed, field="correct_until")


def _seen(values: dict[str, str]) -> int | None:
    typed = values.get("seen", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 9 else None


def _forms(found: Case, sent: Mapping[str, PageForm]) -> dict[str, PageForm]:
    """The forms of a case: those that were sent as they were, the others as they start."""
    proposal, latest = found.proposal, found.call.rules.timeline.moderation_until
    forms: dict[str, PageForm] = {
        "deciding": DecisionForm(data={"correct_until": moment_field(latest)}),
        "grouping": GroupForm(data={"track": proposal.track, "exclusive": proposal.exclusive}),
        **sent,
    }
    may = [
        move
        for move in _DECISIONS
        if proposal.status in MOVES[move] and Act.MODERATE in _open_acts(found.call)
    ]
    names = {Move.ACCEPT: _("通過"), Move.CORRECT: _("請提案人補正"), Move.REJECT: _("不通過")}
    forms["deciding"].decision.choices = [(move.value, names[move]) for move in may]
    forms["deciding"].correct_until.description = _(
        "只在請提案人補正時使用（臺北時間），最晚到審核期限 %(when)s。", when=formats.moment(latest)
    )
    missing = found.call.rules.intake.endorsements_least - found.endorsed
    if missing > 0 and not proposal.workshop:
        forms["deciding"].decision.description = _(
            "還差 %(count)s 人連署，達到門檻前不能通過。", count=missing
        )
    forms["deciding"].parts.choices = list(part_titles().items())
    if Move.CORRECT not in may:
        del forms["deciding"].correct_until
        del forms["deciding"].parts
    tracks = found.call.rules.tracks
    forms["grouping"].track.choices = [("", _("不分組")), *((t.id, words.track_name(t)) for t in tracks)]
    if not tracks:
        del forms["grouping"].track
    return forms


def _case_page(
    found: Case,
    errors: Errors,
    values: Mapping[str, str],
    refused: Sequence[Refused] = (),
    **sent: PageForm,
) -> str:
    proposal = found.proposal
    acts = _open_acts(found.call)
    return render_template(
        "staff/moderation_case.html",
        case=found,
        call=found.call,
        proposal=proposal,
        forms=_forms(found, sent),
        groupable=Act.MODERATE in acts and proposal.status not in (Status.REJECTED, Status.WITHDRAWN),
        values=values,
        errors=errors,
        editable=bool(proposal.workshop)
        and Act.ENTER_WORKSHOP_PROPOSAL in acts
        and proposal.status in {*MOVES[Move.REVISE], *MOVES[Move.SUBMIT]},
        withdrawable=bool(proposal.workshop)
        and Act.WITHDRAW_PROPOSAL in acts
        and proposal.status in MOVES[Move.WITHDRAW],
        part_titles=part_titles(),
        most_pictures=MOST_PICTURES,
        most_bytes=runtime().settings.web.upload_bytes,
        refused=refused,
    )


@bp.route("/calls/<call_id>/workshop/new", methods=["GET", "POST"])
@allow("officer")
def workshop_new(call_id: str) -> Answer:
    """Enter one proposal of a workshop."""
    call = _own_call(call_id)
    if request.method == "GET":
        return _workshop_page(call, {}, {}, proposal_id=None)
    values = typed_values()
    with again_if_refused(lambda errors: _workshop_page(call, values, errors, proposal_id=None)):
        entered = proposals_service.enter_workshop_proposal(runtime(), signed_in(), call_id, values)
    flash(
        _(
            "已登錄「%(title)s」，經費讀成 %(amount)s。請接著審核。",
            title=entered.title,
            amount=formats.money(entered.cost_twd),
        )
    )
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
    with again_if_refused(lambda errors: _workshop_page(found.call, values, errors, proposal_id=proposal_id)):
        proposals_service.revise_workshop_proposal(runtime(), signed_in(), proposal_id, values)
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
def workshop_picture(proposal_id: int) -> Answer | tuple[str, int]:
    """Add pictures to an entered proposal; those that are refused are named, the others stay."""
    moderation_service.case(runtime(), signed_in(), proposal_id)
    after, refused = uploads.take_pictures(proposal_id)
    if uploads.wants_json():
        return uploads.picture_taken(after, refused)
    if refused or after is None:
        found = moderation_service.case(runtime(), signed_in(), proposal_id)
        wrong = {} if refused else {"picture": _("請先選擇圖片。")}
        page = _case_page(found, wrong, {}, refused=refused)
        return page, max((each.status for each in refused), default=422)
    flash(_("圖片已加入。請替每一張寫一句說明。"))
    return redirect(f"/agency/proposals/{proposal_id}#pictures", 303)


@bp.post("/proposals/<number:proposal_id>/pictures/arrange")
@allow("officer")
def workshop_arrange(proposal_id: int) -> Answer:
    """Keep the words and the order of an entered proposal's pictures."""
    with _case_again(proposal_id, typed_values()):
        uploads.arranged(proposal_id, moderation_service.case(runtime(), signed_in(), proposal_id).proposal)
    return uploads.pictures_kept(f"/agency/proposals/{proposal_id}#pictures")


@bp.post("/proposals/<number:proposal_id>/pictures/<number:picture_id>/remove")
@allow("officer")
def workshop_drop_picture(proposal_id: int, picture_id: int) -> Answer:
    """Take a picture away from an entered proposal."""
    with _case_again(proposal_id, typed_values()):
        uploads.arranged(proposal_id, moderation_service.case(runtime(), signed_in(), proposal_id).proposal)
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
    content = TableForm.typed().file.content()
    try:
        report = proposals_service.import_workshop_table(runtime(), signed_in(), call_id, content)
    except InvalidInput as error:
        by_line = _by_line(error)
        return refused(error, lambda _errors: _import_page(call, by_line))
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
        form=TableForm(),
        acts=_open_acts(call),
    )
