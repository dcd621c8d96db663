"""Signing in: staff with password and one-time code, residents with a mailed link.

The only module that knows Flask-Login. Everything else asks ``policy.current_actor``.
The check-in and the booth have nothing to do with it: voting needs no account.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from flask import Blueprint, Flask, flash, g, redirect, render_template, request, session, url_for
from flask_login import LoginManager, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from pbvote.core.errors import InvalidInput
from pbvote.core.types import Actor
from pbvote.edges.web.base import policy
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import field_errors, typed_values
from pbvote.edges.web.base.limits import here, limiter
from pbvote.edges.web.site.language import local_path
from pbvote.rooms.accounts import service, sessions
from pbvote.rooms.accounts.errors import SignInFailed
from pbvote.words.catalogue import gettext as _
from pbvote.words.language import language

bp = Blueprint("login", __name__)

_PENDING_SECONDS = 300
_STAFF, _RESIDENT = "staff", "resident"


class _Visitor:
    """What Flask-Login asks of somebody signed in."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, actor: Actor, marks: str = "") -> None:
        self.actor, self.marks = actor, marks

    def get_id(self) -> str:
        """What the session holds: the actor's kind and id, the session's number and when it began."""
        return self.marks


def _marks(actor: Actor, *, number: int, since: int) -> str:
    kind = _RESIDENT if actor.kind == "resident" else _STAFF
    return f"{kind}:{actor.id}:{number}:{since}"


def _load(visitor_id: str) -> _Visitor | None:
    """The account as it is now: a session that was ended, on whatever device, is nobody's."""
    kind, *parts = visitor_id.split(":")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return None
    account_id, number, since = map(int, parts)
    rt = runtime()
    with rt.read_main() as tx:
        actor = sessions.actor_in_session(
            rt,
            tx,
            kind=kind,
            account_id=account_id,
            number=number,
            since=datetime.fromtimestamp(since, UTC),
        )
    return _Visitor(actor, visitor_id) if actor is not None else None


def install(app: Flask) -> None:
    """Sessions and sign-in limits of the site application."""
    manager = LoginManager()
    manager.session_protection = None  # a phone changes its address while its owner writes
    manager.user_loader(_load)
    manager.init_app(app)
    limiter.init_app(app)


def current_actor() -> Actor | None:
    """The account behind this request, or None."""
    visitor = current_user
    return cast("Actor", visitor.actor) if visitor and visitor.is_authenticated else None


def _rate() -> str:
    return runtime().settings.web.login_rate


def _enter(actor: Actor) -> None:
    """A new session, so that nothing planted before the sign-in lives on in it."""
    session.clear()
    session.permanent = True
    g.pop("_login_user", None)
    rt = runtime()
    with rt.read_main() as tx:
        number = sessions.session_number(tx, actor)
    login_user(_Visitor(actor, _marks(actor, number=number, since=int(rt.clock().timestamp()))))


def _next_page(home: str) -> str:
    wanted = request.values.get("next", "")
    return local_path(wanted) if wanted else home


@bp.get("/staff/sign-in")
@policy.allow("public")
def staff_door() -> str | Response:
    """Login and password."""
    actor = current_actor()
    if actor is not None and actor.kind == "officer":
        return redirect(_next_page("/agency/"))
    return _staff_form({}, {})


def _staff_form(values: dict[str, str], errors: dict[str, str]) -> str:
    return render_template(
        "site/login/staff.html", values=values, errors=errors, next=request.values.get("next", "")
    )


@bp.post("/staff/sign-in")
@policy.allow("public")
@limiter.limit(_rate)
def staff_enter() -> Response | tuple[str, int]:
    """Step 1; the code is asked for next."""
    values = typed_values()
    password = request.form.get("password", "")  # untrimmed: spaces are part of a password
    try:
        account_id = service.sign_in_staff(runtime(), values.get("login", ""), password, address=here())
    except SignInFailed as error:
        return _staff_form(values, field_errors(error)), 422
    session.clear()
    until = int(runtime().clock().timestamp()) + _PENDING_SECONDS
    session["pending"] = {"account": account_id, "until": until}
    return redirect(url_for("login.code_door", next=request.values.get("next") or None))


def _pending() -> int | None:
    pending = session.get("pending")
    if not isinstance(pending, dict) or runtime().clock().timestamp() > pending["until"]:
        return None
    return int(pending["account"])


@bp.get("/staff/code")
@policy.allow("public")
def code_door() -> str | Response:
    """The six digits of the authenticator."""
    if _pending() is None:
        return redirect(url_for("login.staff_door"))
    return render_template("site/login/code.html", errors={}, next=request.values.get("next", ""))


@bp.post("/staff/code")
@policy.allow("public")
@limiter.limit(_rate)
def code_enter() -> Response | tuple[str, int]:
    """Step 2; signed in afterwards."""
    account_id = _pending()
    if account_id is None:
        return redirect(url_for("login.staff_door"))
    try:
        actor = service.confirm_totp(runtime(), account_id, typed_values().get("code", ""))
    except InvalidInput as error:
        page = render_template(
            "site/login/code.html", errors=field_errors(error), next=request.values.get("next", "")
        )
        return page, 422
    target = _next_page("/agency/")
    _enter(actor)
    return redirect(target)


@bp.get("/account/sign-in")
@policy.allow("public")
def resident_door() -> str | Response:
    """A mail address; for those who propose, never for those who only vote."""
    actor = current_actor()
    if actor is not None and actor.kind == "resident":
        return redirect(_next_page("/my/"))
    return render_template("site/login/resident.html", values={}, errors={})


@bp.post("/account/sign-in")
@policy.allow("public")
@limiter.limit(_rate)
def resident_ask() -> str | tuple[str, int]:
    """A link is on its way; the page says the same for every address."""
    values = typed_values()
    try:
        service.request_sign_in_link(
            runtime(),
            values.get("email", ""),
            values.get("name"),
            language=language(),
            goes_to=_next_page("")[:300],
        )
    except InvalidInput as error:
        return render_template("site/login/resident.html", values=values, errors=field_errors(error)), 422
    return render_template("site/login/sent.html", email=values.get("email", ""))


@bp.get("/account/link/<token>")
@policy.allow("public")
def link_door(token: str) -> str:
    """A button: mail programs that open links by themselves spend nothing."""
    needs_name = service.link_needs_name(runtime(), token)
    return render_template("site/login/link.html", needs_name=needs_name, values={}, errors={})


@bp.post("/account/link/<token>")
@policy.allow("public")
@limiter.limit(_rate)
def link_enter(token: str) -> Response | tuple[str, int]:
    """The link is spent and its owner signed in."""
    values = typed_values()
    try:
        actor = service.use_sign_in_link(runtime(), token, values.get("name", ""))
    except InvalidInput as error:
        page = render_template(
            "site/login/link.html", needs_name=True, values=values, errors=field_errors(error)
        )
        return page, 422
    _enter(actor)
    flash(_("您已登入。"))
    return redirect(_next_page("/my/"))


@bp.post("/sign-out")
@policy.allow("public")
def sign_out() -> Response:
    """The account's sessions have ended, here and wherever their cookies were copied to."""
    actor = current_actor()
    if actor is not None:
        sessions.end_sessions(runtime(), actor)
    logout_user()
    session.clear()
    flash(_("您已登出，其他裝置上的登入也一併結束。"))
    return redirect("/")
