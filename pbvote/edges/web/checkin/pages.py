"""Check-in (報到): who is voting. Its cookie goes to /checkin alone; no account is ever read here.

One thing per page: the privacy notice, then who you are, then the ballot token. What was typed is shown
again after a mistake and stored nowhere; the sealed ticket in the cookie is all that is kept.
"""

from __future__ import annotations

from functools import partial

from flask import Blueprint, make_response, redirect, render_template, request, session
from werkzeug.wrappers import Response

from pbvote.core.crypto.errors import BlindedMessageUnfit
from pbvote.core.errors import InvalidInput, PbvoteError, all_of
from pbvote.core.identity.national_id import canonical_id
from pbvote.core.rules.eligibility import style_of
from pbvote.core.rules.ruleset import Evidence
from pbvote.core.rules.ways import DESK, Asks
from pbvote.core.types import CallId, StyleId, b64, unb64
from pbvote.edges.web.base import limits, policy
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import refused, sent_json, typed_values
from pbvote.edges.web.checkin.sitting import (
    Page,
    Values,
    admit,
    back_address,
    birth_typed,
    call_of,
    device,
    keep,
    notice_version,
    require_open,
    turned_away,
)
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.registrar import queries, service
from pbvote.rooms.registrar.errors import (
    GroundUnstated,
    PrivacyNoticeNotRead,
    TicketBroken,
    TicketExpired,
)
from pbvote.rooms.registrar.outside import Started
from pbvote.rooms.registrar.tickets import Ticket
from pbvote.typed.texts import address_of
from pbvote.words import rules as rules_text
from pbvote.words import ways as way_texts
from pbvote.words.language import language
from pbvote.words.names import for_templates, in_call

bp = Blueprint("checkin", __name__, url_prefix="/checkin")
bp.app_context_processor(
    lambda: {
        "minutes": runtime().settings.identity.ticket_minutes,
        **for_templates(),
    }
)


@bp.get("/<call_id>/")
@policy.allow("public")
def start(call_id: str) -> Page:
    """The privacy notice and, under it, what is asked (PRA-17); at a desk the notice alone."""
    call = call_of(call_id)
    for name in ("ticket", "pending"):
        session.pop(name, None)  # whoever starts is not the person before
    try:
        require_open(call.id)
    except PbvoteError as error:
        return turned_away(call, error)
    if call.rules.way.at_desk:
        return render_template(
            "checkin/desk.html", call=call, lead=way_texts.lead(call.rules.way, language())
        )
    return _form(call, {"district": request.args.get("district", "")}, {})


@bp.post("/<call_id>/")
@policy.allow("public")
@limits.misses_limited
def identify(call_id: str) -> Page:
    """Who somebody is; on to the ballot token, or the same form with what to do next."""
    call, values = call_of(call_id), typed_values()
    if values.get("notice") != notice_version(call):
        return turned_away(call, PrivacyNoticeNotRead())
    if call.rules.way.asks is Asks.MAILBOX:
        return _ask_for_code(call, values)

    def ask() -> Ticket | Started:
        back = back_address(call.id)
        if call.rules.way.asks is Asks.NOTHING:
            notify = _notify_address(values)
            return service.start(runtime(), call.id, device=device(), back=back, notify_to=notify)
        typed = values.get("national_id", "")
        _number, birth_on, notify = all_of(
            lambda: canonical_id(typed),  # read again where it is used: here for every mistake at once
            lambda: birth_typed(values),
            lambda: _notify_address(values),
        )
        return service.identify(
            runtime(),
            call.id,
            national_id=typed,
            birth_on=birth_on,
            code=values.get("code", ""),
            device=device(),
            address=limits.here(),
            back=back,
            notify_to=notify,
        )

    return admit(call, values, ask, form=_form)


def _ask_for_code(call: CallView, values: Values) -> Page:
    email = values.get("email", "")
    try:
        service.request_contact_code(runtime(), call.id, email=email, language=language())
    except InvalidInput as error:
        return refused(error, lambda errors: _form(call, values, errors))
    except PbvoteError as error:
        return turned_away(call, error)
    limits.count_this()
    return _code_form(call, values, {})


@bp.post("/<call_id>/code")
@policy.allow("public")
@limits.misses_limited
def confirm_code(call_id: str) -> Page:
    """The code that was mailed; surveys without identity verification only (NDC-01)."""
    call, values = call_of(call_id), typed_values()

    def ask() -> Ticket:
        return service.confirm_contact_code(
            runtime(),
            call.id,
            email=values.get("email", ""),
            code=values.get("code", ""),
            district=values.get("district", ""),
            device=device(),
            address=limits.here(),
        )

    return admit(call, values, ask, form=_code_form)


@bp.route("/<call_id>/station", methods=["GET", "POST"])
@policy.allow("public")
@limits.misses_limited
def station(call_id: str) -> Page:
    """A code handed out at a station; surveys without identity verification only (NDC-01)."""
    call, values = call_of(call_id), typed_values()
    if request.method == "GET":
        if request.args.get("notice") != notice_version(call):
            return redirect(f"/checkin/{call.id}/")
        return _station_form(call, {}, {})

    def ask() -> Ticket:
        code = values.get("code", "")
        return service.confirm_station_code(
            runtime(), call.id, code=code, device=device(), address=limits.here()
        )

    return admit(call, values, ask, form=_station_form)


@bp.route("/<call_id>/statement", methods=["GET", "POST"])
@policy.allow("public")
def statement(call_id: str) -> Page:
    """Who votes on a ground that they state themselves (切結, PRA-03) says which, and stands by it."""
    call = call_of(call_id)
    ticket = _identified(call)
    if not isinstance(ticket, Ticket):
        return ticket
    if not service.owes_statement(call.rules, ticket):
        return redirect(f"/checkin/{call.id}/token")
    if request.method == "GET":
        return _statement_form(call, ticket, {})
    try:
        keep(service.stating(ticket, typed_values().get("ground", "")))
    except GroundUnstated as error:
        return refused(error, lambda errors: _statement_form(call, ticket, errors))
    return redirect(f"/checkin/{call.id}/token", 303)


def _statement_form(call: CallView, ticket: Ticket, errors: Values) -> str:
    said = partial(in_call, call)
    grounds = [(place, call.rules.grounds[place]) for place in ticket.grounds]
    return render_template(
        "checkin/statement.html",
        call=call,
        grounds=[(str(place), rules_text.held_sentence(ground, said=said)) for place, ground in grounds],
        stated=[str(place) for place, ground in grounds if ground.evidence is Evidence.STATEMENT],
        errors=errors,
    )


def _identified(call: CallView) -> Ticket | Page:
    """The ticket of whoever was identified in this sitting; or the page for whoever was not."""
    try:
        return _ticket(call.id)
    except TicketBroken:
        return redirect(f"/checkin/{call.id}/")
    except TicketExpired as error:
        return turned_away(call, error)


@bp.get("/<call_id>/token")
@policy.allow("public")
def token(call_id: str) -> Page:
    """The page whose module fetches the ballot token."""
    call = call_of(call_id)
    ticket = _identified(call)
    if not isinstance(ticket, Ticket):
        return ticket
    if service.owes_statement(call.rules, ticket):
        return redirect(f"/checkin/{call.id}/statement")
    style = style_of(ticket.style)
    district = call.rules.district(style.district)
    named = in_call(call, district.name, district.name_en)
    return render_template(
        "checkin/token.html",
        call=call,
        ticket=ticket,
        style=style,
        district_name=named,
        person=service.person_mark(runtime(), ticket),
        has_token=service.has_token(runtime(), ticket),
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
    if ticket.method != DESK.name:
        raise TicketBroken()
    session.clear()
    keep(ticket)
    district = style_of(ticket.style).district
    return redirect(f"/booth/{call_id}/?district={district}&counter=1", 303)


counter.csrf_exempt = True  # type: ignore[attr-defined]


@bp.get("/<call_id>/alive")
@policy.allow("public")
def alive(call_id: str) -> Response:
    """Somebody is still filling the form in: their cookie lasts as long again."""
    call_of(call_id)
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


def _ticket(call_id: str) -> Ticket:
    return service.open_ticket(runtime(), CallId(call_id), str(session.get("ticket", "")))


def _notify_address(values: Values) -> str:
    typed = values.get("notify", "")
    return address_of(typed, field="notify") if typed else ""


def _form(call: CallView, values: Values, errors: Values) -> str:
    way = call.rules.way
    with runtime().read_main() as tx:
        codes = queries.asks_for_code(tx, call.id)
    return render_template(
        "checkin/contact.html" if way.asks is Asks.MAILBOX else "checkin/who.html",
        call=call,
        lead=way_texts.lead(way, language()),
        values=values,
        errors=errors,
        codes=codes,
        service=way_texts.service(way, language()) if way.asks is Asks.NOTHING else "",
    )


def _code_form(call: CallView, values: Values, errors: Values) -> str:
    return render_template("checkin/code.html", call=call, values=values, errors=errors)


def _station_form(call: CallView, values: Values, errors: Values) -> str:
    return render_template("checkin/station.html", call=call, values=values, errors=errors)
