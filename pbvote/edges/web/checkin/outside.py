"""Between our page and our page: the person is at an identity service, or confirms on their phone (NDC-05).

Nothing here names a service. What was begun is sealed in the check-in cookie. That cookie does not travel
with a request that another site causes, so whoever comes back from a service passes through one page of
ours first.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint, make_response, redirect, render_template, request, session

from pbvote.core.errors import PbvoteError, ServiceUnavailable
from pbvote.core.rules.ways import WAYS
from pbvote.core.types import CallId
from pbvote.edges.web.base import limits, policy
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.checkin.sitting import Page, call_of, device, go_on, turned_away
from pbvote.rooms.registrar import service
from pbvote.rooms.registrar.errors import PendingBroken, PendingForeign
from pbvote.rooms.registrar.outside import Started
from pbvote.rooms.registrar.tickets import Ticket
from pbvote.words import ways as way_texts
from pbvote.words.language import language

bp = Blueprint("checkin_service", __name__, url_prefix="/checkin")

_LONGEST_RETURN = 4000


@bp.get("/<call_id>/service")
@policy.allow("public")
def show(call_id: str) -> Page:
    """Where to go, or what to scan."""
    call = call_of(call_id)
    try:
        started = service.open_started(runtime(), call.id, _sealed(), device=device())
    except PendingBroken:
        return redirect(f"/checkin/{call.id}/")
    except PbvoteError as error:
        return turned_away(call, error)
    return render_template(
        "checkin/service.html",
        call=call,
        started=started,
        service=way_texts.service(WAYS[started.way], language()),
    )


@bp.post("/<call_id>/service")
@policy.allow("public")
@limits.misses_limited
def again(call_id: str) -> Page:
    """Ask the service whether the person has confirmed; JSON for the page's own script."""
    call = call_of(call_id)
    scripted = request.accept_mimetypes.best == "application/json"
    try:
        found = _finish(call.id, None)
    except PbvoteError as error:
        if scripted:
            raise
        return turned_away(call, error, again=_way_on(call.id))
    if scripted and isinstance(found, Started):
        return make_response({"wait": found.pending.poll_after})
    answer = go_on(call, found)
    return make_response({"go": answer.location}) if scripted else answer


@bp.get("/<call_id>/back")
@policy.allow("public")
@limits.misses_limited
def back(call_id: str) -> Page:
    """The return from a page of the service."""
    call = call_of(call_id)
    given = {name: value for name, value in request.args.items() if name != "here"}
    if sum(map(len, given.values())) > _LONGEST_RETURN:
        return turned_away(call, PendingForeign())
    if "pending" not in session and "here" not in request.args:
        address = f"/checkin/{call.id}/back?{urlencode({**given, 'here': '1'})}"
        return render_template("checkin/back.html", call=call, address=address)
    try:
        return go_on(call, _finish(call.id, given))
    except PbvoteError as error:
        return turned_away(call, error, again=_way_on(call.id))


def _sealed() -> str:
    return str(session.get("pending", ""))


def _finish(call_id: CallId, given: Mapping[str, str] | None) -> Ticket | Started:
    """The answer; what was begun is forgotten when it cannot be finished any more."""
    try:
        return service.finish(
            runtime(), call_id, _sealed(), device=device(), given=given, address=limits.here()
        )
    except (PendingForeign, ServiceUnavailable):
        raise  # somebody else's link, or a service that may be up again: ours stays
    except PbvoteError:
        session.pop("pending", None)
        raise


def _way_on(call_id: CallId) -> str:
    """Where "try again" leads: on with what was begun, if it still stands."""
    return f"/checkin/{call_id}/service" if "pending" in session else f"/checkin/{call_id}/"
