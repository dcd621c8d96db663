"""The published result: what won, what did not and why, and the record for everybody to check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, send_file

from pbvote import records
from pbvote.calls import queries as calls
from pbvote.calls.queries import CallView
from pbvote.core.types import CallId
from pbvote.counting import queries
from pbvote.web import i18n, words
from pbvote.web.context import runtime
from pbvote.web.policy import allow
from pbvote.web.rules_text import tie_sentence
from pbvote.web.translate import gettext as _

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
    ties: tuple[str, ...]

    @property
    def winners(self) -> tuple[ResultRow, ...]:
        """The winners in order."""
        return tuple(row for row in self.rows if row.fate == "selected")

    @property
    def runners_up(self) -> tuple[ResultRow, ...]:
        """備取: the order continued behind the winners."""
        return tuple(row for row in self.rows if row.fate in {"did-not-fit", "stopped"})


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
    return render_template(
        "public/results.html",
        call=call,
        vote=vote,
        districts=[_district(call, values) for values in outcome["districts"]],
        withdrawn=outcome["withdrawn"],
        tie_rule=tie_sentence(call.rules),
    )


def _district(call: CallView, values: dict[str, Any]) -> DistrictResult:
    outcome = values["outcome"]
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
                reason=_reason(row),
                share=1000 * row["score"] // most,
            )
            for row in trace
        ),
        ties=tuple(_tie(tie) for tie in outcome["ties"]),
        **totals,
    )


def _reason(row: dict[str, Any]) -> str:
    """Why a project won or what it missed, in one sentence."""
    fate = row["fate"]
    if fate == "selected":
        return _("入選")
    if fate == "withdrawn":
        return _("投票期間退出，不列入計票")
    if fate == "below-threshold":
        return _("未達門檻，還差 %(votes)s 票", votes=f"{row['missing']:,}")
    if fate == "stopped":
        return _("備取：排序在 %(number)s 號之後，計票到該方案為止", number=row["stopped_by"])
    return _(
        "備取：輪到時剩餘 %(left)s，還差 %(missing)s",
        left=i18n.money(row["money_left"]),
        missing=i18n.money(row["missing"]),
    )


def _tie(tie: dict[str, Any]) -> str:
    numbers = _listed(tie["projects"])
    keys = {
        "cheaper": _("經費較低者在前"),
        "number": _("編號較小者在前"),
        "id": _("提案代號較小者在前"),
        "lot": _("依公開抽籤"),
    }
    how = _("、").join(keys[key] for key in tie["decided_by"])
    return _("%(numbers)s 號同為 %(score)s 票：%(how)s", numbers=numbers, score=f"{tie['score']:,}", how=how)


def _listed(numbers: list[int]) -> str:
    """Numbers as people list them."""
    return _("、").join(str(number) for number in numbers)


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
