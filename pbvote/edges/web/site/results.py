"""The published result: what won, what did not and why, and the record for everybody to check."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, render_template, request, send_file

from pbvote.core.tally.explain import explain
from pbvote.core.tally.method import method_named
from pbvote.core.types import CallId
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.policy import allow
from pbvote.edges.web.site import result_totals
from pbvote.edges.web.site.replay import ReplayStep, replay_steps
from pbvote.rooms import records
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.counting import queries, recount
from pbvote.rooms.counting.recount import DistrictCount
from pbvote.rooms.proposals.errors import ProposalUnknown
from pbvote.words import explanations
from pbvote.words import names as words
from pbvote.words.catalogue import gettext as _
from pbvote.words.explanations import Sentences
from pbvote.words.formats import money
from pbvote.words.language import language
from pbvote.words.rules import method_name, tie_sentence

bp = Blueprint("results", __name__, url_prefix="/calls/<call_id>")
bp.app_context_processor(lambda: {"thousandths": _thousandths})


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """A project in the order in which the count considered it."""

    number: int
    title: str
    cost_twd: int
    score: int
    fate: str
    reason: str
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictResult:
    """The result of one district."""

    id: str
    name: str
    budget_twd: int
    spent_twd: int
    cast: int
    spoiled: int
    blank: int
    issued: int
    rows: tuple[ResultRow, ...]
    waiting: tuple[int, ...]
    ties: tuple[str, ...]
    method: str

    @property
    def winners(self) -> tuple[ResultRow, ...]:
        """The winners in order."""
        return tuple(row for row in self.rows if row.fate == "selected")

    @property
    def runners_up(self) -> tuple[ResultRow, ...]:
        """備取: the order continued behind the winners."""
        rows = {row.number: row for row in self.rows}
        return tuple(rows[number] for number in self.waiting)

    @property
    def left_twd(self) -> int:
        """What the winners leave of the budget; nothing where the rule looks at no money."""
        return max(0, self.budget_twd - self.spent_twd)


def _thousandths(share: int) -> str:
    """A length for an SVG bar: thousandths of the whole as per cent."""
    return f"{share / 10:.1f}%"


@bp.get("/results")
@allow("public")
def page(call_id: str) -> str:
    """The certified result; before certification there is nothing to read."""
    with runtime().read_main() as tx:
        call = calls.get_published(tx, call_id)
        outcome = queries.outcome(tx, CallId(call_id))
        vote = queries.progress_of(tx, CallId(call_id))
    pool = outcome.get("pool")
    return render_template(
        "site/results.html",
        call=call,
        vote=vote,
        districts=[_district(call, values) for values in outcome["districts"]],
        pool=_pool(call, outcome) if pool else None,
        withdrawn=outcome["withdrawn"],
        tie_rule=tie_sentence(call.rules),
        weighted=any(ground.weight > 1 for ground in call.rules.grounds),
        turnout=result_totals.turnout(call, vote.manifest, outcome["districts"]),
        categories=result_totals.by_category(call, vote.manifest, outcome["districts"]),
    )


def sentences_of(call: CallView) -> Sentences:
    """The wording of explanations for the reader of this page."""
    rules = call.rules
    return Sentences(
        language=language(),
        money=money,
        score=rules.winner_rule.score,
        groups={track.id: words.track_name(track) for track in rules.tracks},
    )


def _pool(call: CallView, outcome: dict[str, Any]) -> dict[str, Any]:
    """What the districts' left-over money bought."""
    titles = {p["number"]: p["title"] for d in outcome["districts"] for p in d["projects"]}
    pool = outcome["pool"]
    return {
        "budget_twd": pool["spec"]["budget"],
        "spent_twd": pool["spent"],
        "winners": [(number, titles[number]) for number in pool["winners"]],
    }


def _district(call: CallView, values: dict[str, Any]) -> DistrictResult:
    outcome = values["outcome"]
    wording = sentences_of(call)
    projects = {project["number"]: project for project in values["projects"]}
    most = max((row["score"] for row in outcome["trace"]), default=0) or 1
    trace = sorted(outcome["trace"], key=lambda row: (row["rank"] == 0, row["rank"], row["project"]))
    totals = {
        name: sum(style[name] for style in values["styles"])
        for name in ("issued", "cast", "spoiled", "blank")
    }
    return DistrictResult(
        id=values["id"],
        name=words.district_name(call, values["id"]),
        budget_twd=values["budget_twd"],
        spent_twd=outcome["spent"],
        rows=tuple(
            ResultRow(
                number=row["project"],
                title=projects[row["project"]]["title"],
                cost_twd=row["cost"],
                score=row["score"],
                fate=row["fate"],
                reason=wording.reason(row),
                share=1000 * row["score"] // most,
            )
            for row in trace
        ),
        waiting=tuple(outcome["runners_up"]),
        ties=tuple(_tie(tie) for tie in outcome["ties"]),
        method=method_name(method_named(outcome["spec"]["method"])),
        **totals,
    )


def _tie(tie: dict[str, Any]) -> str:
    numbers = _listed(tie["projects"])
    how = _("、").join(explanations.tie_key(key, language()) for key in tie["decided_by"])
    if "round" in tie:
        return _(
            "第 %(round)s 輪 %(numbers)s 號不分先後：%(how)s", round=tie["round"], numbers=numbers, how=how
        )
    return _("%(numbers)s 號同為 %(score)s 票：%(how)s", numbers=numbers, score=f"{tie['score']:,}", how=how)


def _listed(numbers: list[int]) -> str:
    """Numbers as people list them."""
    return _("、").join(str(number) for number in numbers)


@bp.get("/results/<district_id>/<int(max=999999):number>")
@allow("public")
def why(call_id: str, district_id: str, number: int) -> str:
    """Why a project won or did not, and what would have changed it, counted again on the spot."""
    rt = runtime()
    with rt.read_main() as tx:
        call = calls.get_published(tx, call_id)
    found = recount.district_count(rt, CallId(call_id), district_id)
    if number not in found.titles:
        raise ProposalUnknown(proposal=number)
    said = sentences_of(call).explanation(_explained(found, number))
    return render_template(
        "site/why.html",
        call=call,
        found=found,
        district_name=words.district_name(call, district_id),
        row=found.outcome.row_of(number),
        title=found.titles[number],
        reason=said[0],
        more=said[1:],
        fixed=bool(found.outcome.endowment),
    )


@lru_cache(maxsize=2_000)
def _explained(found: DistrictCount, number: int) -> dict[str, object]:
    return explain(found.inputs, found.outcome, number).to_json()


@bp.get("/results/<district_id>/rounds")
@allow("public")
def replay(call_id: str, district_id: str) -> str:
    """The count step by step; every step is a page of its own, without a script."""
    rt = runtime()
    with rt.read_main() as tx:
        call = calls.get_published(tx, call_id)
    found = recount.district_count(rt, CallId(call_id), district_id)
    steps = _steps(found)
    at = min(max(1, request.args.get("round", 1, type=int)), len(steps))
    step = steps[at - 1] if steps else None  # none where every project was withdrawn
    return render_template(
        "site/replay.html",
        call=call,
        found=found,
        district_name=words.district_name(call, district_id),
        method=method_name(found.outcome.spec.method),
        step=step,
        at=at,
        of=len(steps),
        done=steps[: max(0, at - 1)],
        sentences=sentences_of(call),
        tie_rule=tie_sentence(call.rules),
    )


@lru_cache(maxsize=50)
def _steps(found: DistrictCount) -> tuple[ReplayStep, ...]:
    return replay_steps(found)


@bp.get("/outcome.json")
@allow("public")
def outcome_file(call_id: str) -> Response:
    """The certified outcome as it stands in the public log."""
    with runtime().read_main() as tx:
        calls.get_published(tx, call_id)
        content = queries.outcome_bytes(tx, CallId(call_id))
    return Response(content, mimetype="application/json")


@bp.get("/record.zip")
@allow("public")
def record(call_id: str) -> Response:
    """The election record for the offline verifier."""
    rt = runtime()
    with rt.read_main() as tx:
        calls.get_published(tx, call_id)
    path = records.archive(rt, CallId(call_id))
    return send_file(path, mimetype="application/zip", as_attachment=True, download_name=path.name)
