"""What if (試算): a published vote's ballots under another rule, for its agency and its auditors.

Never an official result, and every page says so. Nothing is stored; only certified votes can be asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NoReturn

from flask import Blueprint, render_template, request

from pbvote.core.errors import InvalidInput, all_of
from pbvote.core.rules.errors import RuleInvalid
from pbvote.core.rules.ruleset import MAX_MONEY
from pbvote.core.tally.method import METHODS, Option
from pbvote.core.tally.methods import CountSpec, Outcome
from pbvote.core.tally.options import SKIP, Add1Stop, Comparison, Completion, Fit, FitKind
from pbvote.core.types import CallId, Role
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import Errors, again_if_refused
from pbvote.edges.web.base.page_forms import Money, PageForm, Select, Text
from pbvote.edges.web.base.policy import allow, signed_in
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.counting import recount
from pbvote.rooms.counting.recount import DistrictCount
from pbvote.typed.numbers import money_of, whole_of
from pbvote.typed.texts import N_, quoted
from pbvote.words import methods as method_texts
from pbvote.words import names as words
from pbvote.words.choices import offered
from pbvote.words.language import language
from pbvote.words.outcomes import score_name
from pbvote.words.rules import method_name

bp = Blueprint("what_if", __name__, url_prefix="/agency/calls/<call_id>")

_MOST_ADD1_WORK: Final = 40_000_000
"""Steps of Add1 times ballots times projects that a page may ask for; the command line has no such limit."""


class WhatIfForm(PageForm):
    """Another rule for the same ballots."""

    title, button = N_("試算"), N_("試算")
    district = Select(N_("區"))
    method = Select(N_("計票方法"))
    budget = Money(N_("預算（元）"))
    threshold = Text(N_("得票門檻"), inputmode="numeric")
    fit = Select(N_("遇到剩餘預算放不下的方案"))
    completion = Select(N_("等額分配：份額用不完的錢"))


class TooMuchWork(InvalidInput):
    """An Add1 count of this size is not for a web page (fact ``field``)."""

    code = "what-if.too-much"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A project by the certified outcome and by the other rule: whether it won."""

    number: int
    title: str
    cost_twd: int
    score: int
    certified: bool
    tried: bool


@bp.get("/what-if")
@allow("officer")
def for_officers(call_id: str) -> str:
    """The page for the agency's officers."""
    return _page(call_id, Role.OFFICER, f"/agency/calls/{call_id}/counting")


@bp.get("/audit/what-if")
@allow("auditor")
def for_auditors(call_id: str) -> str:
    """The same for auditors."""
    return _page(call_id, Role.AUDITOR, f"/agency/calls/{call_id}/audit")


def _page(call_id: str, role: Role, back: str) -> str:
    rt = runtime()
    with rt.read_main() as tx:
        call = calls.get_call_of(tx, signed_in(), role, call_id=call_id)
    districts = call.rules.districts
    wanted = request.args.get("district", districts[0].id)
    found = recount.district_count(rt, CallId(call_id), wanted)
    form = _form(call, found)

    def page(errors: Errors, tried: Outcome | None = None) -> str:
        return render_template(
            "staff/what_if.html",
            call=call,
            back=back,
            form=form,
            errors=errors,
            found=found,
            tried=tried,
            rows=_rows(found, tried) if tried else (),
            method=method_name(found.outcome.spec.method),
            score_name=score_name(call),
            tried_method=method_name(tried.spec.method) if tried else "",
        )

    if "method" not in request.args:
        return page({})
    with again_if_refused(page):
        tried = found.under(_spec(found, form))
    return page({}, tried)


def _form(call: CallView, found: DistrictCount) -> WhatIfForm:
    """The rule that was asked for, or the certified one."""
    form = WhatIfForm(request.args, data=_certified(found))
    form.district.choices = [(each.id, words.district_name(call, each.id)) for each in call.rules.districts]
    form.method.choices = method_texts.names(language())
    form.fit.choices = [(value, text) for value, text in offered("fit") if value != FitKind.COVER]
    form.completion.choices = offered("completion")
    if len(call.rules.districts) == 1:
        del form.district
    return form


def _certified(found: DistrictCount) -> dict[str, str]:
    """The form as the certified rule would fill it in."""
    spec = found.outcome.spec
    return {
        "district": found.district.id,
        "method": spec.method.name,
        "fit": str(spec.fit),
        "threshold": str(spec.threshold),
        "budget": str(spec.budget),
        "completion": (spec.completion if spec.uses(Option.COMPLETION) else Completion.ADD1).value,
    }


def _spec(found: DistrictCount, form: WhatIfForm) -> CountSpec:
    """The certified rule with what was typed in its place."""
    values = form.data
    known = METHODS.get(values["method"])
    uses = known.uses if known else frozenset()
    method, budget, threshold, fit, completion = all_of(
        lambda: known or _refuse("method", values),
        lambda: _budget(values),
        lambda: whole_of(values["threshold"], field="threshold"),
        lambda: _fit(values) if Option.FIT in uses else SKIP,
        lambda: _member(values, "completion", Completion) if Option.COMPLETION in uses else Completion.NONE,
    )
    spec = replace(
        found.outcome.spec,
        method=method,
        budget=budget,
        threshold=threshold,
        fit=fit,
        completion=completion,
        add1_stop=Add1Stop.OVERSPEND,
        comparison=Comparison.NONE,
    )
    groups = found.inputs.profile.groups
    if completion.raises:
        steps = sum(p.cost for p in found.inputs.projects) // max(1, found.inputs.profile.weight)
        if steps * len(groups) > _MOST_ADD1_WORK:
            raise TooMuchWork(field="completion")
    return spec


def _budget(values: dict[str, str]) -> int:
    budget = money_of(values["budget"], field="budget")
    if not 0 < budget <= MAX_MONEY:
        raise RuleInvalid(field="budget", value=budget)
    return budget


def _member(values: dict[str, str], name: str, kind: type[Completion]) -> Completion:
    try:
        return kind(values[name])
    except ValueError:
        _refuse(name, values)


def _fit(values: dict[str, str]) -> Fit:
    try:
        return Fit.of(values["fit"])
    except ValueError:
        _refuse("fit", values)


def _refuse(name: str, values: dict[str, str]) -> NoReturn:
    raise RuleInvalid(field=name, value=quoted(values[name]))


def _rows(found: DistrictCount, tried: Outcome) -> tuple[Row, ...]:
    certified = found.outcome
    rows = sorted(certified.trace, key=lambda row: (row.rank == 0, row.rank, row.project))
    return tuple(
        Row(
            number=row.project,
            title=found.titles[row.project],
            cost_twd=row.cost,
            score=row.score,
            certified=row.project in certified.winners,
            tried=row.project in tried.winners,
        )
        for row in rows
    )
