"""「我可以投票嗎？」: from the day the roll is imported, with the care of the check-in (PRA-13)."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, render_template, request

from pbvote.core.errors import InvalidInput, PbvoteError, all_of
from pbvote.core.identity.national_id import canonical_id
from pbvote.core.rules.eligibility import Style
from pbvote.core.rules.stage import Stage
from pbvote.edges.web.base import limits, policy
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import refused, typed_values
from pbvote.edges.web.checkin.sitting import (
    Page,
    Values,
    birth_typed,
    call_of,
    device,
    notice_version,
    turned_away,
)
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.registrar import queries, service
from pbvote.rooms.registrar.errors import IdentityMismatch, PrivacyNoticeNotRead
from pbvote.words.names import in_call
from pbvote.words.rules import ways_beside_the_roll

bp = Blueprint("looking_up", __name__, url_prefix="/checkin")


@bp.get("/<call_id>/eligible")
@policy.allow("public")
def ask(call_id: str) -> Page:
    """The notice and what is asked; or why nobody can ask now."""
    call, rt = call_of(call_id), runtime()
    try:
        with rt.read_main() as tx:
            service.require_look_up(tx, call, rt.clock())
    except PbvoteError as error:
        return turned_away(call, error)
    return _form(call, {}, {})


@bp.post("/<call_id>/eligible")
@policy.allow("public")
@limits.misses_limited
def answer(call_id: str) -> Page:
    """Whether this person is on the roll, and which ballot is theirs; nothing typed is shown or kept."""
    call, values = call_of(call_id), typed_values()
    if values.get("notice") != notice_version(call):
        return turned_away(call, PrivacyNoticeNotRead(), again=request.path)
    try:
        typed = values.get("national_id", "")
        _number, birth_on = all_of(lambda: canonical_id(typed), lambda: birth_typed(values))
        style = service.look_up(
            runtime(),
            call.id,
            national_id=typed,
            birth_on=birth_on,
            code=values.get("code", ""),
            device=device(),
            address=limits.here(),
        )
    except IdentityMismatch as error:
        return refused(error, lambda errors: _form(call, values, errors, missed=True))
    except InvalidInput as error:
        return refused(error, lambda errors: _form(call, values, errors))
    except PbvoteError as error:
        return turned_away(call, error, again=request.path)
    return _told(call, style)


def _told(call: CallView, style: Style) -> str:
    rules = call.rules
    district = rules.district(style.district)
    return render_template(
        "checkin/eligible_answer.html",
        call=call,
        district=in_call(call, district.name, district.name_en),
        district_id=district.id,
        weight=style.weight,
        weighted=len(rules.weights) > 1,
        is_open=call.stage(runtime().clock()) is Stage.VOTING,
    )


def _form(call: CallView, values: Values, errors: Values, *, missed: bool = False) -> str:
    with runtime().read_main() as tx:
        codes = queries.asks_for_code(tx, call.id)
    return render_template(
        "checkin/eligible.html",
        call=call,
        values=values,
        errors=errors,
        codes=codes,
        missed=missed,
        ways=ways_beside_the_roll(call.rules, said=partial(in_call, call)),
    )
