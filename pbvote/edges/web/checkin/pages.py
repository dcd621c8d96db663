"""Check-in (報到): who is voting. Its cookie goes to /checkin alone; no account is ever read here.

One thing per page: the privacy notice, then who you are, then the ballot token. What was typed is shown
again after a mistake and stored nowhere; the sealed ticket in the cookie is all that is kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from flask import Blueprint, make_response, redirect, render_template, request, session
from werkzeug.wrappers import Response

from pbvote.core.crypto.errors import BlindedMessageUnfit
from pbvote.core.errors import InvalidInput, PbvoteError, RateLimited
from pbvote.core.rules.eligibility import style_of
from pbvote.core.rules.ruleset import Evidence, Verification
from pbvote.core.types import CallId, StyleId, b64, unb64
from pbvote.edges.web.base import limits, policy
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.error_status import status_of
from pbvote.edges.web.base.forms import field_errors, sent_json, typed_values
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.registrar import queries, service
from pbvote.rooms.registrar.errors import (
    IdentityMismatch,
    PrivacyNoticeNotRead,
    TicketBroken,
    TicketExpired,
)
from pbvote.rooms.registrar.tickets import Ticket
from pbvote.typed.dates import birth_date_of, birth_date_of_parts, taipei_day
from pbvote.typed.texts import address_of
from pbvote.words import rules as rules_text
from pbvote.words.errors import sentence
from pbvote.words.language import either, language

bp = Blueprint("checkin", __name__, url_prefix="/checkin")
bp.context_processor(
    lambda: {
        "minutes": runtime().settings.identity.ticket_minutes,
        "ground_sentence": rules_text.ground_sentence,
    }
)

Page = str | tuple[str, int] | Response
Values = dict[str, str]


@bp.get("/<call_id>/")
@policy.allow("public")
def start(call_id: str) -> Page:
    """The privacy notice, before anything is asked (PRA-17)."""
    call = _call(call_id)
    session.pop("ticket", None)  # whoever starts is not the person before
    try:
        _require_open(call.id)
    except PbvoteError as error:
        return _refused(call, error)
    return render_template(
        "checkin/notice.html",
        call=call,
        district=request.args.get("district", ""),
        way=call.rules.verification.value,
    )


@bp.get("/<call_id>/who")
@policy.allow("public")
def who(call_id: str) -> Page:
    """The form; only behind the notice in its present version."""
    call = _call(call_id)
    if request.args.get("notice") != _notice_version(call):
        return redirect(f"/checkin/{call.id}/")
    try:
        _require_open(call.id)
    except PbvoteError as error:
        return _refused(call, error)
    return _form(call, {"district": request.args.get("district", "")}, {})


@bp.post("/<call_id>/")
@policy.allow("public")
@limits.misses_limited
def identify(call_id: str) -> Page:
    """Who somebody is; on to the ballot token, or the same form with what to do next."""
    call, values = _call(call_id), typed_values()
    if values.get("notice") != _notice_version(call):
        return _refused(call, PrivacyNoticeNotRead())
    if call.rules.verification is Verification.CONTACT:
        return _ask_for_code(call, values)

    def ask() -> Ticket:
        notify = _notify_address(values)
        ticket = service.identify(
            runtime(),
            call.id,
            national_id=values.get("national_id", ""),
            birth_on=_birth(values),
            code=values.get("code", ""),
            device=_device(),
            address=limits.here(),
        )
        return replace(ticket, notify_to=notify)

    return _admit(call, values, ask, form=_form)


def _ask_for_code(call: CallView, values: Values) -> Page:
    email = values.get("email", "")
    try:
        service.request_contact_code(runtime(), call.id, email=email, language=language())
    except InvalidInput as error:
        return _form(call, values, field_errors(error)), 422
    except PbvoteError as error:
        return _refused(call, error)
    limits.count_this()
    return _code_form(call, values, {})


@bp.post("/<call_id>/code")
@policy.allow("public")
@limits.misses_limited
def confirm_code(call_id: str) -> Page:
    """The code that was mailed; surveys without identity verification only (NDC-01)."""
    call, values = _call(call_id), typed_values()

    def ask() -> Ticket:
        return service.confirm_contact_code(
            runtime(),
            call.id,
            email=values.get("email", ""),
            code=values.get("code", ""),
            district=values.get("district", ""),
            device=_device(),
            address=limits.here(),
        )

    return _admit(call, values, ask, form=_code_form)


@bp.route("/<call_id>/station", methods=["GET", "POST"])
@policy.allow("public")
@limits.misses_limited
def station(call_id: str) -> Page:
    """A code handed out at a station; surveys without identity verification only (NDC-01)."""
    call, values = _call(call_id), typed_values()
    if request.method == "GET":
        if request.args.get("notice") != _notice_version(call):
            return redirect(f"/checkin/{call.id}/")
        return _station_form(call, {}, {})

    def ask() -> Ticket:
        code = values.get("code", "")
        return service.confirm_station_code(
            runtime(), call.id, code=code, device=_device(), address=limits.here()
        )

    return _admit(call, values, ask, form=_station_form)


def _admit(call: CallView, values: Values, ask: Callable[[], Ticket], *, form: Callable[..., str]) -> Page:
    """Keep the ticket and go on; a mistake or a service that is down keeps everything typed."""
    try:
        ticket = ask()
    except InvalidInput as error:
        return form(call, values, field_errors(error)), 422
    except IdentityMismatch as error:
        return form(call, values, {"": sentence(error)}), 403
    except PbvoteError as error:
        return _refused(call, error)
    shown = call.notice.version if call.notice else 0
    _keep(replace(ticket, notice=shown, language=language()))
    return redirect(f"/checkin/{call.id}/token", 303)


@bp.get("/<call_id>/token")
@policy.allow("public")
def token(call_id: str) -> Page:
    """The page whose module fetches the ballot token."""
    call = _call(call_id)
    try:
        ticket = _ticket(call.id)
    except TicketBroken:
        return redirect(f"/checkin/{call.id}/")
    except TicketExpired as error:
        return _refused(call, error)
    style = style_of(ticket.style)
    district = call.rules.district(style.district)
    named = either(district.name, district.name_en)
    return render_template(
        "checkin/token.html",
        call=call,
        ticket=ticket,
        style=style,
        district_name=named,
        person=service.person_mark(runtime(), ticket),
    )


@bp.post("/<call_id>/issue")
@policy.allow("public")
def issue(call_id: str) -> Response:
    """The blind signature of the browser's message, once per person; JSON."""
    asked = sent_json()
    if not isinstance(asked, dict) or not isinstance(asked.get("blinded"), str):
        raise BlindedMessageUnfit(field="blinded", reason="missing")
    issued = service.issue(
        runtime(),
        _ticket(call_id),
        style=StyleId(str(asked.get("style", ""))),
        blinded=unb64(asked["blinded"], field="blinded"),
    )
    return make_response(
        {
            "signature": b64(issued.signature),
            "salt": b64(issued.salt),
            "voter_record": b64(issued.voter_record),
        }
    )


@bp.post("/<call_id>/counter")
@policy.allow("public")
def counter(call_id: str) -> Response:
    """An officer hands the device over: the sealed ticket is the proof (PRA-13)."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise TicketBroken()
    ticket = service.open_ticket(runtime(), CallId(call_id), request.form.get("ticket", ""))
    if ticket.method != "counter":
        raise TicketBroken()
    session.clear()
    _keep(ticket)
    district = style_of(ticket.style).district
    return redirect(f"/booth/{call_id}/?district={district}&counter=1", 303)


counter.csrf_exempt = True  # type: ignore[attr-defined]


@bp.get("/<call_id>/alive")
@policy.allow("public")
def alive(call_id: str) -> Response:
    """Somebody is still filling the form in: their cookie lasts as long again."""
    _call(call_id)
    if "csrf_token" not in session:
        raise TicketBroken()  # it has ended already: what was typed would not be taken
    session.modified = True
    return make_response("", 204)


@bp.post("/<call_id>/leave")
@policy.allow("public")
def leave(call_id: str) -> Response:
    """Nothing of the check-in is left on this device."""
    session.clear()
    if request.is_json:
        return make_response("", 204)
    return redirect(f"/booth/{call_id}/", 303)


def _call(call_id: str) -> CallView:
    with runtime().read_main() as tx:
        return calls.get_published(tx, call_id)


def _require_open(call_id: CallId) -> None:
    rt = runtime()
    with rt.read_main() as tx:
        service.require_identify(tx, call_id, rt.clock())


def _notice_version(call: CallView) -> str:
    return str(call.notice.version) if call.notice else "0"


def _device() -> str:
    """A random mark of this browser, in its own cookie; misses are counted by it (S3)."""
    if "device" not in session:
        session["device"] = secrets.token_hex(16)
    session.permanent = True
    return str(session["device"])


def _keep(ticket: Ticket) -> None:
    session["ticket"] = service.seal_ticket(runtime(), ticket)
    session.permanent = True


def _ticket(call_id: str) -> Ticket:
    return service.open_ticket(runtime(), CallId(call_id), str(session.get("ticket", "")))


def _birth(values: Values) -> date:
    today = taipei_day(runtime().clock())
    if values.get("birth_on"):
        return birth_date_of(values["birth_on"], today=today)
    year, month, day = (values.get(f"birth_{part}", "") for part in ("year", "month", "day"))
    return birth_date_of_parts(year, month, day, today=today)


def _notify_address(values: Values) -> str:
    typed = values.get("notify", "")
    return address_of(typed, field="notify") if typed else ""


def _form(call: CallView, values: Values, errors: Values) -> str:
    way = call.rules.verification
    with runtime().read_main() as tx:
        codes = queries.asks_for_code(tx, call.id)
    stated = [g for g in call.rules.grounds if g.evidence is Evidence.STATEMENT and not g.at_counter_only]
    template = "checkin/contact.html" if way is Verification.CONTACT else "checkin/who.html"
    return render_template(template, call=call, values=values, errors=errors, codes=codes, stated=stated)


def _code_form(call: CallView, values: Values, errors: Values) -> str:
    return render_template("checkin/code.html", call=call, values=values, errors=errors)


def _station_form(call: CallView, values: Values, errors: Values) -> str:
    return render_template("checkin/station.html", call=call, values=values, errors=errors)


def _refused(call: CallView, error: PbvoteError) -> Response:
    """A refusal that says what to do next, with the agency's contact."""
    text = sentence(error)
    page = render_template("checkin/refused.html", call=call, text=text, code=error.code)
    response = make_response(page, status_of(error))
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(error.facts.get("retry_after", 60))
    return response
