"""Finding and reading proposals: the list of a call with its filters and orders, and one proposal."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from pbvote.core.rules.stage import ACTS, Act, Stage
from pbvote.core.types import Actor, Role
from pbvote.edges.web.base import security
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import Errors, typed_values
from pbvote.edges.web.base.limits import limiter
from pbvote.edges.web.base.page_forms import Area, PageForm, Radios
from pbvote.edges.web.base.policy import allow, current_actor
from pbvote.edges.web.site import maps
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.counting import queries as counting
from pbvote.rooms.delivery import queries as delivery
from pbvote.rooms.engagement import queries as engagement
from pbvote.rooms.engagement.kinds import CommentKind
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals import search
from pbvote.rooms.proposals.changes import since_submission
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.rooms.proposals.search import Names, Order, Search
from pbvote.rooms.proposals.status import UNDECIDED, Status
from pbvote.typed.dates import taipei_day
from pbvote.typed.numbers import money_or_none
from pbvote.typed.texts import N_
from pbvote.words.catalogue import gettext as _
from pbvote.words.outcomes import said_of, said_of_each, score_name
from pbvote.words.rules import AFTER_FREEZE

bp = Blueprint("listing", __name__)

_SEEDS = 10**6
_FILTERS = ("words", "district", "category", "least", "most", "status", "order")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The filters as they were typed, and what they mean."""

    values: dict[str, str]
    search: Search
    page: int

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return any(self.values[name] for name in ("words", "district", "category", "least", "most"))


def _number(text: str, *, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else otherwise


def _asked(call: CallView, votes: dict[int, int]) -> _Asked:
    values = {name: request.args.get(name, "").strip()[:100] for name in _FILTERS}
    values["seed"] = request.args.get("seed", "")
    order = Order(values["order"]) if values["order"] in tuple(Order) else Order.RANDOM
    if order is Order.VOTES and not votes:
        order = Order.RANDOM  # votes are nobody's to see before the certification
    return _Asked(
        values=values,
        search=Search(
            words=values["words"],
            district=values["district"],
            category=values["category"],
            cost_least_twd=money_or_none(values["least"]) or 0,
            cost_most_twd=money_or_none(values["most"]) or 0,
            status=values["status"],
            order=order,
            seed=_number(values["seed"], otherwise=0),
            readable_from=call.readable_from,
            votes=votes,
            names=Names.of(call.rules),
        ),
        page=_number(request.args.get("page", ""), otherwise=1),
    )


@bp.get("/calls/<call_id>/proposals")
@allow("public")
@limiter.limit("120 per minute", exempt_when=lambda: not request.args.get("words"))
def proposal_list(call_id: str) -> Response:
    """The call's proposals, or its projects once the list is frozen; in a random order unless asked."""
    rt = runtime()
    with rt.read_main() as tx:
        call = calls.get_published(tx, call_id)
        stage = call.stage(rt.clock())
        told = counting.told(tx, [call_id])
        votes = {number: each.score for (_call, number), each in told.items()}
        asked = _asked(call, votes)
        if asked.search.order is Order.RANDOM and not asked.values["seed"]:
            # the seed stands in the address, so that paging and the way back keep the order
            drawn = {"seed": str(1 + secrets.randbelow(_SEEDS - 1))}
            return redirect(f"/calls/{call_id}/proposals?{urlencode({**request.args, **drawn})}")
        page = search.list_public(tx, call_id, asked.search, page=asked.page)
        counted = proposals.count_by_status(tx, call_id)
        endorsed = engagement.endorsed(tx, [p.id for p in page.items]) if call.shows_submitted else None
        placed = search.placed(tx, call_id, asked.search)
    tiles = maps.tile_layer(rt)
    page_of_list = render_template(
        "site/proposals.html",
        call=call,
        stage=stage,
        page=page,
        values=asked.values,
        order=asked.search.order.value,
        narrowed=asked.narrowed,
        votes=votes,
        said=said_of_each([call], told),
        score_name=score_name(call),
        endorsed=endorsed,
        frozen=stage in AFTER_FREEZE,
        undecided=0 if call.shows_submitted else counted[Status.SUBMITTED] + counted[Status.CORRECTION],
        rejected=counted[Status.REJECTED],
        placed=placed,
        beside=maps.map_of_list(rt, call, page.items, placed, asked.values),
        tiles=tiles,
    )
    response = make_response(page_of_list)
    if tiles is not None:
        response.headers["Content-Security-Policy"] = security.with_map(tiles.origin)
    return response


@bp.get("/calls/<call_id>/proposals/<number:proposal_id>")
@allow("public")
def proposal(call_id: str, proposal_id: int) -> str:
    """One proposal that is public."""
    return proposal_page(call_id, proposal_id)


@bp.get("/calls/<call_id>/projects/<number:number>")
@allow("public")
def project(call_id: str, number: int) -> str:
    """One project of the frozen ballot, by its number."""
    with runtime().read_main() as tx:
        calls.get_published(tx, call_id)
        shown = proposals.get_project(tx, call_id, number)
    return proposal_page(call_id, shown.id)


class CommentForm(PageForm):
    """A comment, or a question to the author."""

    button = N_("送出")
    body = Area(
        N_("您想說什麼？"), hint=N_("1,000 字以內，送出後公開，姓名會遮蔽。請不要寫個人資料。"), rows=4
    )
    kind = Radios(N_("這是"))


def _comment_form() -> CommentForm:
    form: CommentForm = CommentForm.typed(kind=CommentKind.COMMENT.value)
    form.kind.choices = [
        (CommentKind.COMMENT.value, _("留言")),
        (CommentKind.QUESTION.value, _("給提案人的問題：提案人會收到信")),
    ]
    return form


def answer_field(comment_id: int) -> str:
    """The name of the field in which a comment is answered."""
    return f"answer-{comment_id}"


def proposal_page(
    call_id: str,
    proposal_id: int,
    *,
    errors: Errors | None = None,
    answering: int = 0,
) -> str:
    """The page of one proposal with what residents say; ``errors`` and what was typed after a refusal.

    ``answering``: the comment whose answer was refused.
    """
    rt = runtime()
    actor = current_actor()
    resident = actor if actor is not None and actor.kind == "resident" else None
    with rt.read_main() as tx:
        call = calls.get_published(tx, call_id)
        shown = proposals.get_public(tx, call_id, proposal_id, readable_from=call.readable_from)
        comments = engagement.comments(tx, proposal_id)
        endorsed = engagement.endorsed(tx, [proposal_id])[proposal_id]
        mine = resident is not None and engagement.endorses(tx, resident.id, proposal_id)
        follows = engagement.follows(tx, resident.id) if resident is not None else []
        result = counting.result_of(tx, call.id, shown.number)
        carried = delivery.find(tx, [(call_id, shown.number)])
        history = proposals.revisions(tx, proposal_id) if call.shows_submitted and not shown.workshop else []
    now = rt.clock()
    stage = call.stage(now)
    due = call.rules.intake.due(call.rules.timeline)
    return render_template(
        "site/proposal.html",
        call=call,
        proposal=shown,
        stage=stage,
        comments=comments,
        said=said_of(call, result.told, result.titles) if result else None,
        carried=next(iter(carried.values()), None),
        today=taipei_day(rt.clock()),
        may_comment=Act.COMMENT in ACTS[stage],
        endorsed=endorsed,
        endorses=mine,
        endorsable=due is not None and now < due and shown.status in UNDECIDED and Act.ENDORSE in ACTS[stage],
        due=due,
        rewritten=since_submission(history),
        followed=any((each.call_id, each.proposal_id) == (call_id, proposal_id) for each in follows),
        is_author=resident is not None and proposals.is_author(shown, resident),
        resident=resident,
        form=_comment_form(),
        **_answering(answering, errors or {}),
        officer=_officer_of(call, actor),
        now=now,
        on_ballot=_on_ballot(shown, stage),
        map=maps.map_of_one(rt, call, shown),
        origin=rt.settings.web.origin,
    )


def _answering(comment_id: int, errors: Errors) -> dict[str, Any]:
    """What was typed into an answer that was refused, with what is wrong beside its own field."""
    if not comment_id:
        return {"answering": 0, "typed": {}, "errors": errors}
    mine = {answer_field(comment_id) if name else "": text for name, text in errors.items()}
    return {"answering": comment_id, "typed": typed_values(), "errors": mine}


def _officer_of(call: CallView, actor: Actor | None) -> bool:
    """Whether somebody answers here for the agency."""
    if actor is None or actor.kind != "officer" or actor.agency_id != call.agency_id:
        return False
    return actor.has(Role.OFFICER)


def _on_ballot(shown: ProposalView, stage: Stage) -> bool:
    return shown.is_project and shown.status is Status.ACCEPTED and stage is Stage.VOTING
