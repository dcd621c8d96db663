"""What every page of a check-in shares: the call, the browser's mark, the ticket, and how a refusal looks."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from flask import make_response, redirect, render_template, session
from werkzeug.wrappers import Response

from pbvote.core.errors import InvalidInput, PbvoteError, RateLimited, StageClosed
from pbvote.core.rules.eligibility import DeskOnly, NoGround, TooYoung
from pbvote.core.types import CallId
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.error_status import status_of
from pbvote.edges.web.base.forms import refused
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.registrar import service
from pbvote.rooms.registrar.errors import (
    IdentityLocked,
    IdentityMismatch,
    IdentityWayClosed,
    IssuingEnded,
    LockedUntilTomorrow,
    StyleNotOffered,
    VoteNotReady,
)
from pbvote.rooms.registrar.outside import Started
from pbvote.rooms.registrar.tickets import Ticket
from pbvote.typed.dates import birth_date_of, birth_date_of_parts, taipei_day
from pbvote.words.errors import sentence
from pbvote.words.language import language

Page = str | tuple[str, int] | Response
Values = dict[str, str]


_FINAL = (
    *(StageClosed, VoteNotReady, IssuingEnded, IdentityWayClosed),
    *(IdentityLocked, LockedUntilTomorrow, TooYoung, NoGround, DeskOnly, StyleNotOffered),
)
"""What trying again does not change: the page offers the help desk instead."""


def call_of(call_id: str) -> CallView:
    """The published call. Raises CallUnknown."""
    with runtime().read_main() as tx:
        return calls.get_published(tx, call_id)


def require_open(call_id: CallId) -> None:
    """Guarantee that somebody can be identified now."""
    rt = runtime()
    with rt.read_main() as tx:
        service.require_identify(tx, call_id, rt.clock())


def birth_typed(values: Values) -> date:
    """The date of birth, in one field or in three. Raises BirthDateInvalid."""
    today = taipei_day(runtime().clock())
    if values.get("birth_on"):
        return birth_date_of(values["birth_on"], today=today)
    year, month, day = (values.get(f"birth_{part}", "") for part in ("year", "month", "day"))
    return birth_date_of_parts(year, month, day, today=today)


def notice_version(call: CallView) -> str:
    """The version of the privacy notice, as the forms carry it."""
    return str(call.notice.version) if call.notice else "0"


def device() -> str:
    """A random mark of this browser, in its own cookie; misses are counted by it (S3)."""
    if "device" not in session:
        session["device"] = secrets.token_hex(16)
    session.permanent = True
    return str(session["device"])


def back_address(call_id: CallId) -> str:
    """Where an identity service sends the browser back to."""
    return f"{runtime().settings.web.origin}/checkin/{call_id}/back"


def keep(ticket: Ticket) -> None:
    """The sealed ticket is in the cookie, and nothing that came before it."""
    session.pop("pending", None)
    session["ticket"] = service.seal_ticket(runtime(), ticket)
    session.permanent = True


def go_on(call: CallView, found: Ticket | Started) -> Response:
    """Keep what was found out and go to the next page."""
    if isinstance(found, Started):
        session.pop("ticket", None)
        session["pending"] = found.sealed
        session.permanent = True
        return redirect(f"/checkin/{call.id}/service", 303)
    shown = call.notice.version if call.notice else 0
    keep(replace(found, notice=shown, language=language()))
    owes = service.owes_statement(call.rules, found)
    return redirect(f"/checkin/{call.id}/{'statement' if owes else 'token'}", 303)


def admit(
    call: CallView, values: Values, ask: Callable[[], Ticket | Started], *, form: Callable[..., str]
) -> Page:
    """Go on with what was found out; a mistake keeps everything typed."""
    try:
        found = ask()
    except (InvalidInput, IdentityMismatch) as error:
        return refused(error, lambda errors: form(call, values, errors))
    except PbvoteError as error:
        return turned_away(call, error)
    return go_on(call, found)


def turned_away(call: CallView, error: PbvoteError, *, again: str = "") -> Response:
    """A refusal that says what to do next, with the agency's contact."""
    page = render_template(
        "checkin/refused.html",
        call=call,
        text=sentence(error),
        code=error.code,
        again="" if isinstance(error, _FINAL) else again or f"/checkin/{call.id}/",
    )
    response = make_response(page, status_of(error))
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(error.facts.get("retry_after", 60))
    return response
