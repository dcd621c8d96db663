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

from pbvote.core.types import Actor
from pbvote.edges.web.base import policy
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import Errors, again_if_refused
from pbvote.edges.web.base.limits import here, limiter
from pbvote.edges.web.base.page_forms import OneTimeCode, PageForm, Secret, Text
from pbvote.edges.web.site.language import local_path
from pbvote.rooms.accounts import service, sessions
from pbvote.typed.texts import N_
from pbvote.words.catalogue import gettext as _
from pbvote.words.language import language

bp = Blueprint("login", __name__)

_PENDING_SECONDS = 300
_STAFF, _RESIDENT = "staff", "resident"


class StaffForm(PageForm):
    """Step 1 of the staff."""

    title, button = N_("機關人員登入"), N_("下一步")
    login = Text(N_("帳號"), autocomplete="username", attrs={"autocapitalize": "none", "spellcheck": "false"})
    password = Secret(N_("密碼"), autocomplete="current-password")


class CodeForm(PageForm):
    """Step 2."""

    title, button = N_("輸入驗證碼"), N_("登入")
    code = OneTimeCode(
        N_("六位數驗證碼"),
        hint=N_("打開手機上的驗證器程式，輸入目前顯示的六位數字。每個驗證碼只能用一次。"),
    )


class ResidentForm(PageForm):
    """Where the link is sent."""

    title, button = N_("民眾登入"), N_("寄登入連結給我")
    lead = N_("提案、連署、留言或追蹤才需要登入；投票不需要帳號。")
    email = Text(
        N_("電子郵件"),
        hint=N_("我們會寄一個登入連結給您，不需要密碼。第一次使用時，這樣就會建立帳號。"),
        type="email",
        autocomplete="email",
    )


class LinkForm(PageForm):
    """The button behind the link."""

    title, button = N_("確認登入"), N_("登入")
    lead = N_("按下按鈕就會登入。")


class NameForm(PageForm):
    """The same for somebody who is new."""

    title, button = N_("確認登入"), N_("登入")
    lead = N_("您是第一次使用。請告訴我們怎麼稱呼您。")
    name = Text(
        N_("姓名或稱呼"),
        hint=N_("承辦人會看到；對外公開時預設會遮蔽部分文字。"),
        autocomplete="name",
    )


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
    return _door("site/login/staff.html", StaffForm.typed(), {})


def _door(template: str, form: PageForm, errors: Errors) -> str:
    hidden = {"next": request.values.get("next", "")}
    return render_template(template, form=form, errors=errors, action=request.path, hidden=hidden)


@bp.post("/staff/sign-in")
@policy.allow("public")
@limiter.limit(_rate)
def staff_enter() -> Response:
    """Step 1; the code is asked for next."""
    form = StaffForm.typed()
    with again_if_refused(lambda errors: _door("site/login/staff.html", form, errors)):
        account_id = service.sign_in_staff(runtime(), form.login.data, form.password.data, address=here())
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
    return _door("site/login/code.html", CodeForm.typed(), {})


@bp.post("/staff/code")
@policy.allow("public")
@limiter.limit(_rate)
def code_enter() -> Response:
    """Step 2; signed in afterwards."""
    account_id = _pending()
    if account_id is None:
        return redirect(url_for("login.staff_door"))
    form = CodeForm.typed()
    with again_if_refused(lambda errors: _door("site/login/code.html", form, errors)):
        actor = service.confirm_totp(runtime(), account_id, form.code.data)
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
    return _door("base/form.html", ResidentForm.typed(), {})


@bp.post("/account/sign-in")
@policy.allow("public")
@limiter.limit(_rate)
def resident_ask() -> str:
    """A link is on its way; the page says the same for every address."""
    form = ResidentForm.typed()
    with again_if_refused(lambda errors: _door("base/form.html", form, errors)):
        service.request_sign_in_link(
            runtime(),
            form.email.data,
            request.form.get("name"),
            language=language(),
            goes_to=_next_page("")[:300],
        )
    return render_template("site/login/sent.html", email=form.email.data)


@bp.get("/account/link/<token>")
@policy.allow("public")
def link_door(token: str) -> str:
    """A button: mail programs that open links by themselves spend nothing."""
    form = NameForm if service.link_needs_name(runtime(), token) else LinkForm
    return _door("base/form.html", form.typed(), {})


@bp.post("/account/link/<token>")
@policy.allow("public")
@limiter.limit(_rate)
def link_enter(token: str) -> Response:
    """The link is spent and its owner signed in."""
    form = NameForm.typed()
    with again_if_refused(lambda errors: _door("base/form.html", form, errors)):
        actor = service.use_sign_in_link(runtime(), token, form.name.data)
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
