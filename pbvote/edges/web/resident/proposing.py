"""Writing a proposal: a task list, one thing per page, everything kept as it is typed.

What was typed is stored before it is judged, so that no refusal loses a word.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from flask import Blueprint, after_this_request, flash, jsonify, redirect, render_template
from werkzeug.wrappers import Response

from pbvote.core.errors import InvalidInput, PbvoteError
from pbvote.core.rules.stage import ACTS, Act
from pbvote.edges.web.base import security
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import Errors, again_if_refused, typed_values
from pbvote.edges.web.base.limits import limiter
from pbvote.edges.web.base.policy import allow, signed_in
from pbvote.edges.web.resident.placing import placing
from pbvote.edges.web.resident.progress import FIELDS_OF, Values, errors_of, progress, said_when_handed_in
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.proposals import coauthors, queries, service, together
from pbvote.rooms.proposals.changes import Change, changes
from pbvote.rooms.proposals.parts import PARTS, WHOLE, reply_field, reply_findings
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.rooms.proposals.readiness import whole_findings
from pbvote.rooms.proposals.similar import similar_to
from pbvote.rooms.proposals.status import EDITABLE, Move, Status
from pbvote.typed.numbers import money_or_none
from pbvote.words import formats
from pbvote.words import rules as rules_text
from pbvote.words.catalogue import gettext as _
from pbvote.words.errors import sentence
from pbvote.words.proposal_parts import field_labels, part_titles

bp = Blueprint("proposing", __name__, url_prefix="/my")

Answer = str | Response | tuple[str, int]
_ONE = "/proposals/<number:proposal_id>"
_PART = f"{_ONE}/edit/<any({', '.join(FIELDS_OF)}):part>"


@bp.get("/calls/<call_id>/proposals/new")
@allow("resident")
def new(call_id: str) -> str:
    """The first part of a new proposal; nothing is stored before something was typed."""
    with runtime().read_main() as tx:
        call = calls.get_published(tx, call_id)
    call.require(Act.PROPOSE, runtime().clock())
    return _part_page(call, None, "idea", {"form": secrets.token_urlsafe(16)}, {})


@bp.post("/calls/<call_id>/proposals/new")
@allow("resident")
def begin(call_id: str) -> Answer:
    """Keep the first words as a draft, then go on to the task list."""
    values = typed_values()
    with runtime().read_main() as tx:
        call = calls.get_published(tx, call_id)
    with again_if_refused(lambda errors: _part_page(call, None, "idea", values, errors)):
        draft = _first(call_id, values)
    return _after_part(call, draft, "idea", values)


def _first(call_id: str, values: Values) -> ProposalView:
    """The draft that a page begins, whether its button or its saving while typing comes first."""
    return service.save_draft(runtime(), signed_in(), call_id, values, form=values.get("form", ""))


@bp.post("/calls/<call_id>/proposals/autosave")
@allow("resident")
@limiter.limit("120 per minute")
def autosave_first(call_id: str) -> Answer:
    """The first words of a proposal become a draft; the page goes on with the draft's own addresses."""
    try:
        draft = _first(call_id, typed_values())
    except PbvoteError as error:
        return _not_saved(error)
    call, draft = own_proposal(draft.id)
    base = f"/my/proposals/{draft.id}"
    moved = {"edit": f"{base}/edit/idea", "autosave": f"{base}/autosave/idea"}
    seen = _number(draft, "idea")
    return jsonify({"saved": 1, "similar": _similar_links(call, draft), "seen": seen, **moved})


@bp.get(f"{_ONE}/edit")
@allow("resident")
def tasks(proposal_id: int) -> str:
    """The task list."""
    call, own = own_proposal(proposal_id)
    return _tasks_page(call, own, {}, {})


@bp.post(f"{_ONE}/reply/<any({', '.join((*PARTS, WHOLE))}):part>")
@allow("resident")
def reply(proposal_id: int, part: str) -> Answer:
    """Keep what is answered to the agency about a part that has no form of its own, or about all of it."""
    call, own = own_proposal(proposal_id)
    name = reply_field(part)
    values = {name: typed_values().get(name, "")}
    own = service.save_draft(runtime(), signed_in(), call.id, values, proposal_id=proposal_id, part=(name,))
    errors = {finding.field: sentence(finding) for finding in reply_findings(values)}
    if errors:
        return _tasks_page(call, own, values, errors), 422
    flash(_("回覆已儲存，會和補正一起送出。"))
    where = f"/{part}" if part in PARTS else ""
    return redirect(f"/my/proposals/{proposal_id}/edit{where}", 303)


def _tasks_page(call: CallView, own: ProposalView, values: Values, errors: dict[str, str]) -> str:
    return render_template(
        "resident/tasks.html",
        call=call,
        proposal=own,
        values=own.values | values,
        errors=errors,
        progress=progress(call, own),
        owner=own.proposer_id == signed_in().id,
        edits=_last_edits(own),
        open=_is_open(call, own),
    )


def _last_edits(own: ProposalView) -> dict[str, together.Edit]:
    """Who changed each part last, where several write."""
    if not any(each.agreed_at for each in own.coauthors):
        return {}
    found = {part: together.last_edit(own, part) for part in PARTS}
    return {part: edit for part, edit in found.items() if edit}


@bp.get(_PART)
@allow("resident")
def part(proposal_id: int, part: str) -> str:
    """One part with what was typed last."""
    call, own = own_proposal(proposal_id)
    return _part_page(call, own, part, own.values, {})


@bp.post(_PART)
@allow("resident")
def keep_part(proposal_id: int, part: str) -> Answer:
    """Keep one part; go on, or show what is wrong with it (it is kept all the same)."""
    values = typed_values()
    call, _before = own_proposal(proposal_id)

    def again(errors: Errors) -> str:
        _call, now = own_proposal(proposal_id)
        return _part_page(call, now, part, now.values | values, errors)

    with again_if_refused(again):
        own = _saved(call, proposal_id, part, values)
    return _after_part(call, own, part, values)


def _after_part(call: CallView, own: ProposalView, part: str, values: Values) -> Answer:
    if values.get("action") == "later":
        flash(_("已儲存。還沒有送出，您可以隨時回來繼續寫。"))
        return redirect(f"/my/proposals/{own.id}/edit", 303)
    errors = errors_of(call, own.values, part, works=_has_works(own))
    if errors:
        return _part_page(call, own, part, own.values, errors), 422
    amount = money_or_none(own.values["cost_twd"]) if part == "cost" else None
    flash(_("已儲存，經費讀成 %(amount)s。", amount=formats.money(amount)) if amount else _("已儲存。"))
    return redirect(f"/my/proposals/{own.id}/edit{_next_part(call, own, part)}", 303)


def _has_works(own: ProposalView) -> bool:
    return bool(own.pictures or own.documents)


def _next_part(call: CallView, own: ProposalView, part: str) -> str:
    """The part behind this one that still lacks something, or the task list."""
    names = list(FIELDS_OF)
    for name in names[names.index(part) + 1 :]:
        if errors_of(call, own.values, name, works=_has_works(own)):
            return f"/{name}"
    return ""


@bp.post(f"{_ONE}/autosave/<any({', '.join(FIELDS_OF)}):part>")
@allow("resident")
@limiter.limit("120 per minute")
def autosave(proposal_id: int, part: str) -> Answer:
    """Keep what stands in the form now; the page asks for it while somebody types."""
    values = typed_values()
    call, own = own_proposal(proposal_id)
    try:
        own = _saved(call, proposal_id, part, values)
    except PbvoteError as error:
        return _not_saved(error)
    similar = _similar_links(call, own) if part == "idea" else []
    return jsonify({"saved": 1, "similar": similar, "seen": _number(own, part)})


def _saved(call: CallView, proposal_id: int, part: str, values: Values) -> ProposalView:
    """The draft with what was typed for the part, unless another author changed it since it was opened."""
    seen = values.pop("seen", "")
    return service.save_draft(
        runtime(),
        signed_in(),
        call.id,
        values,
        proposal_id=proposal_id,
        part=FIELDS_OF[part],
        name=part,
        seen=int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 9 else None,
    )


def _other(own: ProposalView | None, part: str) -> together.Edit | None:
    """Who changed the part last, if it was somebody else."""
    last = together.last_edit(own, part) if own else None
    return last if last and last.resident_id != signed_in().id else None


def _beside(own: ProposalView | None, part: str, *, typed: bool) -> tuple[together.Aside, ...]:
    """What was set aside of the part; without one's own version where it stands in the form."""
    found = together.asides(own, part) if own else ()
    return tuple(each for each in found if not typed or each.resident_id != signed_in().id)


def _number(own: ProposalView | None, part: str) -> int:
    last = together.last_edit(own, part) if own else None
    return last.number if last else 0


@bp.post(f"{_ONE}/aside/<any({', '.join(FIELDS_OF)}):part>/<number:resident_id>")
@allow("resident")
def use_aside(proposal_id: int, part: str, resident_id: int) -> Answer:
    """Take the version of a part that was set aside, or drop it."""
    take = typed_values().get("action") == "use"
    together.use_aside(
        runtime(),
        signed_in(),
        proposal_id,
        part=part,
        fields=FIELDS_OF[part],
        resident_id=resident_id,
        take=take,
    )
    flash(_("已改用那一份；原來的留在旁邊。") if take else _("那一份已經刪掉。"))
    return redirect(f"/my/proposals/{proposal_id}/edit/{part}", 303)


def _similar(call: CallView, own: ProposalView) -> list[ProposalView]:
    values = own.values
    with runtime().read_main() as tx:
        return similar_to(
            tx,
            own,
            title=values.get("title", ""),
            text=values.get("summary", "") + values.get("place", ""),
            readable_from=call.readable_from,
        )


def _similar_links(call: CallView, own: ProposalView) -> list[dict[str, str]]:
    """Title and address of what is like the words so far, for the page that is being written on."""
    return [
        {"title": other.title, "href": f"/calls/{call.id}/proposals/{other.id}"}
        for other in _similar(call, own)
    ]


def _not_saved(error: PbvoteError) -> Response:
    response = jsonify({"saved": 0, "text": sentence(error)})
    response.status_code = 409
    return response


@bp.post(f"{_ONE}/coauthors")
@allow("resident")
@limiter.limit("30 per hour")
def invite(proposal_id: int) -> Answer:
    """Name a co-author; they are asked by mail."""
    call, own = own_proposal(proposal_id)
    typed = typed_values()
    with again_if_refused(lambda errors: _part_page(call, own, "people", own.values | typed, errors)):
        coauthors.invite(runtime(), signed_in(), proposal_id, email=typed.get("email", ""))
    flash(_("邀請已寄出；對方同意後，姓名才會列在提案上。"))
    return redirect(f"/my/proposals/{proposal_id}/edit/people", 303)


@bp.post(f"{_ONE}/coauthors/<number:coauthor_id>/remove")
@allow("resident")
def uninvite(proposal_id: int, coauthor_id: int) -> Answer:
    """Take a co-author off the list."""
    coauthors.remove(runtime(), signed_in(), proposal_id, coauthor_id)
    flash(_("已移除共同提案人。"))
    return redirect(f"/my/proposals/{proposal_id}/edit/people", 303)


@bp.get(f"{_ONE}/consent")
@allow("resident")
def consent(proposal_id: int) -> str:
    """The paper on which a minor's representative consents, to be printed."""
    call, own = own_proposal(proposal_id)
    return render_template("resident/consent.html", call=call, proposal=own)


@bp.get(f"{_ONE}/check")
@allow("resident")
def check(proposal_id: int) -> str:
    """Check the answers before handing in: what it says, what changed, and what is similar."""
    call, own = own_proposal(proposal_id)
    return _check_page(call, own, {})


@bp.post(f"{_ONE}/check")
@allow("resident")
def hand_in(proposal_id: int) -> Answer:
    """Hand the draft in: a first time, as a correction, or in the place of what waits in the queue."""
    call, own = own_proposal(proposal_id)
    act: Callable[..., ProposalView] = service.revise if own.status is Status.SUBMITTED else service.submit
    with again_if_refused(lambda errors: _check_page(call, own, errors)):
        after = act(runtime(), signed_in(), proposal_id)
    flash(said_when_handed_in(call))
    return redirect(f"/my/proposals/{after.id}", 303)


def own_proposal(proposal_id: int) -> tuple[CallView, ProposalView]:
    """A proposal that the resident writes, as its proposer or with them, and its call."""
    with runtime().read_main() as tx:
        own = queries.get_authored(tx, signed_in(), proposal_id)
        return calls.get_call(tx, own.call_id), own


def _is_open(call: CallView, own: ProposalView) -> bool:
    """Whether the proposal can be handed in now; the services check again."""
    acts = ACTS[call.stage(runtime().clock())]
    wanted = Act.CORRECT if own.status is Status.CORRECTION else Act.PROPOSE
    late = own.correct_until is not None and runtime().clock() >= own.correct_until
    return own.status in EDITABLE and wanted in acts and not (own.status is Status.CORRECTION and late)


def _budgets(call: CallView) -> dict[str, int]:
    return {district.id: district.budget_twd for district in call.rules.districts}


def _part_page(
    call: CallView, own: ProposalView | None, part: str, values: Values, errors: dict[str, str]
) -> str:
    if part == "place":
        after_this_request(security.allow_position)
    return render_template(
        f"resident/part_{part}.html",
        call=call,
        proposal=own,
        part=part,
        title=part_titles()[part],
        values=values,
        errors=errors,
        labels=field_labels(),
        action=f"/my/proposals/{own.id}/edit/{part}" if own else f"/my/calls/{call.id}/proposals/new",
        budget=_budgets(call).get(values.get("district", "") or next(iter(_budgets(call)))),
        cost=money_or_none(values.get("cost_twd", "")),
        progress=progress(call, own, part),
        owner=own is None or own.proposer_id == signed_in().id,
        seen=_number(own, part),
        seen_by=_other(own, part) if "" in errors else None,
        part_fields=FIELDS_OF[part],
        asides=_beside(own, part, typed="" in errors),
        clauses=rules_text.intake_sentences(call.rules),
        most_coauthors=coauthors.MOST_COAUTHORS,
        placing=placing(runtime(), call, values) if part == "place" else None,
    )


def _said(findings: list[InvalidInput]) -> dict[str, str]:
    return {finding.field: sentence(finding) for finding in reversed(findings)}


def _shown_at(field: str) -> str:
    """The row of the check page on which a finding stands; the head of the page where there is none."""
    if field.startswith("guardian_"):
        return "guardian_how"
    return "" if field.startswith("reply_") else field


def _check_page(call: CallView, own: ProposalView, errors: dict[str, str]) -> str:
    values = own.values
    content, findings = whole_findings(own, call.rules)
    missing = {_shown_at(name): text for name, text in (errors or _said(findings)).items()}
    with runtime().read_main() as tx:
        before = [each for each in queries.revisions(tx, own.id) if each.move == Move.CORRECT]
    district = _budgets(call).get(content.district)
    return render_template(
        "resident/check.html",
        call=call,
        proposal=own,
        values=values,
        content=content,
        errors=missing,
        labels=field_labels(),
        parts=FIELDS_OF,
        titles=part_titles(),
        similar=_similar(call, own),
        changed=_changed(call, before[-1].content, values) if before else (),
        placing=placing(runtime(), call, values),
        over_budget=bool(district and content.cost_twd > district),
        owner=own.proposer_id == signed_in().id,
        open=_is_open(call, own),
    )


def _changed(call: CallView, before: dict[str, object], values: Values) -> tuple[Change, ...]:
    """What the draft changes of what was sent back for correction."""
    amount = money_or_none(values.get("cost_twd", ""))
    now = dict(values) | {"cost_twd": str(amount) if amount else values.get("cost_twd", "")}
    return changes({name: before.get(name, "") for name in before}, now)
