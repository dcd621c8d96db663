"""A resident's own pages: proposals with their whole history, invitations, what they follow."""

from __future__ import annotations

from typing import TypeGuard

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from pbvote.core.rules.stage import ACTS, Act
from pbvote.core.types import CallId
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.policy import allow, signed_in
from pbvote.edges.web.resident.proposing import own_proposal
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.counting import queries as counting
from pbvote.rooms.delivery import queries as delivery
from pbvote.rooms.engagement import queries as engagement
from pbvote.rooms.engagement import service as engagement_service
from pbvote.rooms.proposals import coauthors, queries, service
from pbvote.rooms.proposals.changes import changes, since_correction
from pbvote.rooms.proposals.errors import OwnerOnly
from pbvote.rooms.proposals.queries import ProposalView, RevisionView
from pbvote.rooms.proposals.status import Status
from pbvote.typed.dates import taipei_day
from pbvote.words.catalogue import gettext as _
from pbvote.words.outcomes import said_of, said_of_each
from pbvote.words.proposal_parts import part_titles

bp = Blueprint("mine", __name__, url_prefix="/my")

SHOWN_CHANGES = 8
"""How many of the newest versions are compared with the one before on one page."""

Answer = str | Response | tuple[str, int]


@bp.get("/")
@allow("resident")
def mine() -> str:
    """The resident's proposals, invitations and subscriptions, and the calls that take proposals."""
    rt = runtime()
    actor = signed_in()
    now = rt.clock()
    with rt.read_main() as tx:
        resident = accounts.resident_view(tx, actor.id)
        own = queries.list_of_resident(tx, actor.id)
        joint = coauthors.coauthored(tx, actor)
        invited = coauthors.invitations(tx, actor)
        followed = engagement.follows(tx, actor.id)
        published = {call.id: call for call in calls.list_published(tx)}
        endorsed = engagement.endorsed(tx, [proposal.id for proposal in (*own, *joint)])
        told = counting.told_of(tx, [(each.call_id, each.number) for each in (*own, *joint)])
        carried = delivery.find(tx, told)
        subjects = {
            each.proposal_id: queries.find_public(
                tx,
                each.call_id,
                each.proposal_id,
                readable_from=published[CallId(each.call_id)].readable_from,
            )
            for each in followed
            if each.proposal_id
        }
    return render_template(
        "resident/mine.html",
        resident=resident,
        own=own,
        joint=joint,
        invited=invited,
        followed=followed,
        subjects=subjects,
        open_calls=[c for c in published.values() if Act.PROPOSE in ACTS[c.stage(now)]],
        calls=published,
        endorsed=endorsed,
        said=said_of_each(published.values(), told),
        carried=carried,
        today=taipei_day(now),
    )


@bp.get("/proposals/<number:proposal_id>")
@allow("resident")
def show(proposal_id: int) -> str:
    """One's own proposal with its status, the agency's reason, its history and what can be done."""
    call, own = own_proposal(proposal_id)
    with runtime().read_main() as tx:
        history = queries.revisions(tx, proposal_id)
        endorsed = engagement.endorsed(tx, [proposal_id])[proposal_id]
        result = counting.result_of(tx, call.id, own.number)
        carried = delivery.find(tx, [(own.call_id, own.number)])
    newest = history[-1].number - SHOWN_CHANGES if history else 0
    steps = [
        (each, changes(before.content, each.content) if _was_read(before) and each.number > newest else ())
        for before, each in zip([None, *history], history, strict=False)
    ]
    return render_template(
        "resident/show.html",
        call=call,
        proposal=own,
        can=_possible(call, own),
        owner=own.proposer_id == signed_in().id,
        history=steps,
        part_titles=part_titles(),
        changed=since_correction(history),
        said=said_of(call, result.told, result.titles) if result else None,
        certified_at=result.certified_at if result else None,
        carried=next(iter(carried.values()), None),
        today=taipei_day(runtime().clock()),
        endorsed=endorsed,
        due=call.rules.intake.due(call.rules.timeline),
        origin=runtime().settings.web.origin,
    )


@bp.route("/proposals/<number:proposal_id>/withdraw", methods=["GET", "POST"])
@allow("resident")
def withdraw(proposal_id: int) -> Answer:
    """Ask once, then withdraw."""
    call, own = own_proposal(proposal_id)
    _require_owner(own)
    if request.method == "GET":
        return render_template("resident/withdraw.html", call=call, proposal=own)
    service.withdraw(runtime(), signed_in(), proposal_id)
    flash(_("提案已撤回。"))
    return redirect("/my/", 303)


@bp.post("/invitations/<number:coauthor_id>")
@allow("resident")
def invitation(coauthor_id: int) -> Answer:
    """Agree to be named as a co-author, or decline."""
    if request.form.get("answer") == "agree":
        engagement_service.become_coauthor(runtime(), signed_in(), coauthor_id)
        flash(_("您現在是共同提案人。"))
    else:
        coauthors.decline(runtime(), signed_in(), coauthor_id)
        left = request.form.get("answer") == "leave"
        flash(_("您已離開這件提案，您的姓名不會再列出。") if left else _("已婉拒邀請。"))
    return redirect("/my/", 303)


def _was_read(before: RevisionView | None) -> TypeGuard[RevisionView]:
    """Whether a version was handed in: one of a draft does not hold its words."""
    return before is not None and before.content.get("status") != Status.DRAFT


def _require_owner(own: ProposalView) -> None:
    if own.proposer_id != signed_in().id:
        raise OwnerOnly()


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
    if own.proposer_id == signed_in().id and (
        own.status is Status.DRAFT or (open_status and Act.WITHDRAW_PROPOSAL in acts)
    ):
        can.add("withdraw")
    return frozenset(can)
