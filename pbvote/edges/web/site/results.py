"""The published result: what won, what did not and why, and the record for everybody to check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, render_template, request, send_file

from pbvote.core.tally.explain import Standing
from pbvote.core.tally.method import method_named
from pbvote.core.types import CallId
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.policy import allow
from pbvote.edges.web.site import maps, result_totals
from pbvote.edges.web.site.replay import ReplayStep, replay_steps
from pbvote.rooms import records
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.counting import queries, recount
from pbvote.rooms.counting.errors import DistrictUnknown
from pbvote.rooms.counting.recount import DistrictCount
from pbvote.rooms.delivery import queries as delivery
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals.errors import ProposalUnknown
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.typed.dates import taipei_day
from pbvote.words import explanations
from pbvote.words import names as words
from pbvote.words.catalogue import gettext as _
from pbvote.words.language import language
from pbvote.words.outcomes import Said, said_of, score_name, sentences_of
from pbvote.words.rules import method_name, tie_sentence

bp = Blueprint("results", __name__, url_prefix="/calls/<call_id>")
bp.app_context_processor(lambda: {"thousandths": _thousandths})


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """A project in the order in which the count considered it; ``share``: thousandths of the best score."""

    number: int
    title: str
    cost_twd: int
    score: int
    said: Said
    share: int
    project: ProposalView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A winner's part of the budget bar: where it begins and how long it is, in thousandths."""

    row: ResultRow
    start: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictResult:
    """The result of one district. ``threshold``: thousandths of the best score where its line stands."""

    id: str
    name: str
    budget_twd: int
    spent_twd: int
    cast: int
    spoiled: int
    blank: int
    issued: int
    rows: tuple[ResultRow, ...]
    threshold: int
    threshold_score: str
    ties: tuple[str, ...]
    method: str
    minds_money: bool

    @property
    def winners(self) -> tuple[ResultRow, ...]:
        """The winners of the district's own money, in order."""
        return tuple(row for row in self.rows if row.said.standing is Standing.WON)

    @property
    def others(self) -> tuple[ResultRow, ...]:
        """Whatever this district's own money does not pay for, in order."""
        return tuple(row for row in self.rows if row.said.standing is not Standing.WON)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The budget as a bar of projects; none where the rule looks at no money."""
        whole, before, found = max(self.budget_twd, self.spent_twd, 1), 0, []
        for row in self.winners if self.minds_money else ():
            start = 1000 * before // whole
            before += row.cost_twd
            found.append(Segment(row=row, start=start, length=1000 * before // whole - start))
        return tuple(found)

    @property
    def left_twd(self) -> int:
        """What the winners leave of the budget; nothing where the rule looks at no money."""
        return max(0, self.budget_twd - self.spent_twd) if self.minds_money else 0


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
        told = queries.told(tx, [call_id])
        projects = {int(each.number or 0): each for each in proposals.projects_of_call(tx, call_id)}
        carried = delivery.of_call(tx, call_id)
    said = {number: said_of(call, each) for (_call, number), each in told.items()}
    districts = [_district(call, values, said, projects) for values in outcome["districts"]]
    funded = [row for district in districts for row in district.rows if row.said.funded]
    pool = outcome.get("pool")
    return render_template(
        "site/results.html",
        call=call,
        vote=vote,
        districts=districts,
        funded=funded,
        listed=sum(len(district.rows) for district in districts),
        spent_twd=sum(row.cost_twd for row in funded),
        cast=sum(district.cast for district in districts),
        beside=maps.map_of_funded(runtime(), call, [row.project for row in funded if row.project]),
        pool=_pool(call, outcome) if pool else None,
        withdrawn=outcome["withdrawn"],
        carried=carried,
        today=taipei_day(runtime().clock()),
        origin=runtime().settings.web.origin,
        tie_rule=tie_sentence(call.rules),
        score_name=score_name(call),
        weighted=any(ground.weight > 1 for ground in call.rules.grounds),
        turnout=result_totals.turnout(call, vote.manifest, outcome["districts"]),
        categories=result_totals.by_category(call, vote.manifest, outcome["districts"]),
    )


def _pool(call: CallView, outcome: dict[str, Any]) -> dict[str, Any]:
    """What the districts' left-over money bought."""
    titles = titles_of(outcome)
    pool = outcome["pool"]
    return {
        "budget_twd": pool["spec"]["budget"],
        "spent_twd": pool["spent"],
        "winners": [(number, titles[number]) for number in pool["winners"]],
    }


def _district(
    call: CallView,
    values: dict[str, Any],
    said: Mapping[int, Said],
    projects: Mapping[int, ProposalView],
) -> DistrictResult:
    outcome = values["outcome"]
    titles = {project["number"]: project["title"] for project in values["projects"]}
    threshold = outcome["spec"]["threshold"]
    most = max([threshold, *(row["score"] for row in outcome["trace"])]) or 1
    trace = sorted(outcome["trace"], key=lambda row: (row["rank"] == 0, row["rank"], row["project"]))
    totals = {
        name: sum(style[name] for style in values["styles"])
        for name in ("issued", "cast", "spoiled", "blank")
    }
    method = method_named(outcome["spec"]["method"])
    return DistrictResult(
        id=values["id"],
        name=words.district_name(call, values["id"]),
        budget_twd=values["budget_twd"],
        spent_twd=outcome["spent"],
        rows=tuple(
            ResultRow(
                number=row["project"],
                title=titles[row["project"]],
                cost_twd=row["cost"],
                score=row["score"],
                said=said[row["project"]],
                share=1000 * max(0, row["score"]) // most,
                project=projects.get(row["project"]),
            )
            for row in trace
        ),
        threshold=1000 * threshold // most,
        threshold_score=sentences_of(call).scored(threshold) if threshold else "",
        ties=tuple(_tie(call, tie) for tie in outcome["ties"]),
        method=method_name(method),
        minds_money=method.recheck().minds_money,
        **totals,
    )


def _tie(call: CallView, tie: dict[str, Any]) -> str:
    numbers = _listed(tie["projects"])
    how = _("、").join(explanations.tie_key(key, language()) for key in tie["decided_by"])
    if "round" in tie:
        return _(
            "第 %(round)s 輪 %(numbers)s 號不分先後：%(how)s", round=tie["round"], numbers=numbers, how=how
        )
    score = sentences_of(call).scored(tie["score"])
    return _("%(numbers)s 號同為 %(score)s：%(how)s", numbers=numbers, score=score, how=how)


def _listed(numbers: list[int]) -> str:
    """Numbers as people list them."""
    return _("、").join(str(number) for number in numbers)


@bp.get("/results/<district_id>/<int(max=999999):number>")
@allow("public")
def why(call_id: str, district_id: str, number: int) -> str:
    """Why a project won or did not, what would have changed it, and the arithmetic of it."""
    with runtime().read_main() as tx:
        call = calls.get_published(tx, call_id)
        outcome = queries.outcome(tx, CallId(call_id))
        told = queries.told(tx, [call_id], numbers=[number]).get((call_id, number))
    district = next((each for each in outcome["districts"] if each["id"] == district_id), None)
    if district is None:
        raise DistrictUnknown(district=district_id[:40])
    if told is None or told.district != district_id:
        raise ProposalUnknown(proposal=number)
    titles = titles_of(outcome)
    return render_template(
        "site/why.html",
        call=call,
        district_id=district_id,
        district_name=words.district_name(call, district_id),
        row=told.found["reason"],
        title=titles[number],
        said=said_of(call, told, titles),
        score_name=score_name(call),
        minds_money=method_named(district["outcome"]["spec"]["method"]).recheck().minds_money,
    )


def titles_of(outcome: dict[str, Any]) -> dict[int, str]:
    """What the projects of a certified document are called."""
    return {p["number"]: p["title"] for district in outcome["districts"] for p in district["projects"]}


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
        sentences=sentences_of(call, found.titles),
        score_name=score_name(call),
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
