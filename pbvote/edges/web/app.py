"""The applications: the site, the check-in (a cookie of its own) and the box (no cookie).

Three Flask applications under one origin. They share templates and static files, and nothing else
that a request could carry from one to the other.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta
from types import ModuleType
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog
from flask import Flask, Response, get_flashed_messages, jsonify, render_template, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from pbvote.core.errors import PbvoteError, RateLimited
from pbvote.core.rules.ways import SANDBOX
from pbvote.core.types import Mode
from pbvote.edges.web.base import compression, i18n, limits, pieces, policy, security
from pbvote.edges.web.base.addresses import NumberConverter
from pbvote.edges.web.base.again import ask_again
from pbvote.edges.web.base.error_status import status_of
from pbvote.edges.web.booth import pages as booth
from pbvote.edges.web.checkin import looking_up
from pbvote.edges.web.checkin import outside as checkin_service
from pbvote.edges.web.checkin import pages as checkin
from pbvote.edges.web.resident import account, documents, mine, pictures, placing, proposing, telephone
from pbvote.edges.web.site import (
    amounts,
    engagement,
    language,
    listing,
    login,
    media,
    notifications,
    progress,
    public,
    results,
    sharing,
    talking,
    where,
)
from pbvote.edges.web.staff import (
    agency,
    auditor,
    counting,
    delivering,
    desk,
    languages,
    moderation,
    what_if,
)
from pbvote.platform.places import TEMPLATES, WEB
from pbvote.platform.runtime import Runtime
from pbvote.platform.settings import WebSettings
from pbvote.words import ballot_forms as ballot_words
from pbvote.words import promises
from pbvote.words.drawings import drawing
from pbvote.words.errors import sentence, sentence_of

log = structlog.get_logger()

csrf = CSRFProtect()

_SMALL_PARTS = ("/checkin/", "/booth/", "/box/")
_SMALL_BODY = 128 * 1024
"""Bytes: a ballot, or what somebody types at the check-in, and nothing larger."""

_HTTP_TEXTS = {404: "http.not-found", 405: "http.method", 413: "http.too-large", 429: "http.rate"}

SITE: tuple[ModuleType, ...] = (
    amounts,
    language,
    login,
    public,
    where,
    listing,
    media,
    proposing,
    pictures,
    documents,
    placing,
    mine,
    telephone,
    account,
    engagement,
    talking,
    sharing,
    notifications,
    moderation,
    agency,
    desk,
    counting,
    auditor,
    results,
    progress,
    delivering,
    what_if,
    languages,
)


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html")
    return best == "application/json" or request.is_json or request.path.startswith("/box/")


def _answer(code: str, text: str, status: int, reference: str = "") -> tuple[Response | str, int]:
    if _wants_json():
        return jsonify({"code": code, "text": text, "reference": reference}), status
    return render_template(
        "base/error.html", code=code, text=text, status=status, reference=reference
    ), status


def _install_errors(app: Flask) -> None:
    @app.errorhandler(PbvoteError)
    def expected(error: PbvoteError) -> Any:
        body, status = _answer(error.code, sentence(error), status_of(error))
        response = app.make_response((body, status))
        if isinstance(error, RateLimited):
            response.headers["Retry-After"] = str(error.facts.get("retry_after", 60))
        return response

    @app.errorhandler(CSRFError)
    def forged(_error: CSRFError) -> Any:
        again = ask_again() if app.config["KEEPS_FORMS"] else None
        if again is not None:
            return again
        return _answer("http.csrf", sentence_of("http.csrf"), 400)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Any:
        if error.code is not None and error.code < 400:
            return error
        status = error.code or 500
        code = _HTTP_TEXTS.get(status, "http.bad-request")
        body, status = _answer(code, sentence_of(code), status)
        response = app.make_response((body, status))
        if status == 429:
            response.headers["Retry-After"] = "60"  # the limits per address are per minute
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Any:
        reference = uuid.uuid4().hex[:12]
        # the route, never the address with its values: a value could be an identity or a ballot
        log.exception("unexpected", reference=reference, endpoint=request.endpoint, exc_info=error)
        return _answer("internal", sentence_of("internal"), 500, reference)


def body_limit(settings: WebSettings, path: str) -> int:
    """Bytes that a request to the path may bring: a form with its files on the site, else a ballot's."""
    return _longest_body(settings, "site" if not path.startswith(_SMALL_PARTS) else "box")


def _longest_body(settings: WebSettings, name: str) -> int:
    return settings.upload_bytes * 6 if name == "site" else _SMALL_BODY


def _bare_app(rt: Runtime, name: str, *, static: str | None) -> Flask:
    app = Flask(
        f"pbvote.edges.web.{name}",
        root_path=str(WEB),
        template_folder=str(TEMPLATES),
        static_folder="static" if static else None,
        static_url_path=static,
    )
    settings = rt.settings
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SESSION_COOKIE_SECURE=settings.web.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(minutes=settings.web.session_minutes),
        MAX_CONTENT_LENGTH=_longest_body(settings.web, name),
        MAX_FORM_MEMORY_SIZE=settings.web.upload_bytes,
        MAX_FORM_PARTS=5000,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # no page sends a referrer
        KEEPS_FORMS=name == "site",  # the check-in never repeats an identity number
    )
    app.extensions["pbvote"] = rt
    app.url_map.converters["number"] = NumberConverter
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    i18n.install(app)
    security.install(app, security.CONTENT_SECURITY_POLICY if name == "site" else security.WITH_WORKER)
    compression.install(app)
    pieces.install(app)  # what was asked for last is done first
    _install_errors(app)
    mode = settings.mode
    app.jinja_env.globals.update(mode=mode.value, rehearsed=mode is not Mode.PRODUCTION, messages=lambda: ())
    app.jinja_env.globals.update(promise=promises.promise, ballot_words=ballot_words, drawing=drawing)
    return app


def _finish(app: Flask, resolve: policy.Resolver | None, *modules: ModuleType) -> Flask:
    for module in modules:
        app.register_blueprint(module.bp)
    for view in app.view_functions.values():
        if getattr(view, "csrf_exempt", False):
            csrf.exempt(view)
    if "static" in app.view_functions:
        app.view_functions["static"] = policy.allow("public")(_static_view(app))
    policy.install(app, resolve)
    return app


def _static_view(app: Flask) -> Any:
    def static(filename: str) -> Response:
        return app.send_static_file(filename)

    return static


def _cookie_name(rt: Runtime, name: str) -> str:
    """The name whose prefix binds a cookie to TLS (and this host, path ``/``); bare where there is no TLS."""
    return name if rt.settings.web.secure_cookies else name.rpartition("-")[2]


def create_site(rt: Runtime) -> Flask:
    """The site: public pages, residents, officers, auditors."""
    app = _bare_app(rt, "site", static="/static")
    app.config.update(SESSION_COOKIE_NAME=_cookie_name(rt, "__Host-pbvote_session"), SESSION_COOKIE_PATH="/")
    app.jinja_env.globals["messages"] = get_flashed_messages
    csrf.init_app(app)
    login.install(app)
    app.context_processor(lambda: {"actor": login.current_actor()})
    modules = SITE
    if rt.settings.mode is not Mode.PRODUCTION:
        from pbvote.edges.web.site import style_page  # production never loads it

        modules = (*modules, style_page)
    if rt.settings.demo_page:
        from pbvote.edges.web.demo import pages as demo_page  # nor this

        modules = (*modules, demo_page)
    return _finish(app, login.current_actor, *modules)


def create_checkin(rt: Runtime) -> Flask:
    """The check-in: its own cookie, sent to ``/checkin`` alone; no account is ever read."""
    app = _bare_app(rt, "checkin", static=None)
    app.config.update(
        SESSION_COOKIE_NAME=_cookie_name(rt, "__Secure-pbvote_checkin"),
        SESSION_COOKIE_PATH="/checkin",
        SESSION_COOKIE_SAMESITE="Strict",
        PERMANENT_SESSION_LIFETIME=timedelta(minutes=rt.settings.identity.ticket_minutes),
    )
    csrf.init_app(app)
    limits.limiter.init_app(app)
    modules = [checkin, checkin_service, looking_up]
    if rt.offers(SANDBOX):
        from pbvote.edges.web.checkin import sandbox  # production never loads it

        modules.append(sandbox)
    return _finish(app, None, *modules)


def create_box(rt: Runtime) -> Flask:
    """The box: pages and answers without any cookie."""
    app = _bare_app(rt, "box", static=None)
    return _finish(app, None, booth)


class _Mounted:
    """An application that keeps its full paths: the mount only chooses, it does not cut."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["PATH_INFO"] = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        environ["SCRIPT_NAME"] = ""
        return self._app(environ, start_response)


def _behind_proxies(rt: Runtime, app: WSGIApplication) -> WSGIApplication:
    count = rt.settings.web.trusted_proxies
    return ProxyFix(app, x_for=count, x_proto=count, x_host=count) if count else app


def create_service(rt: Runtime, part: str = "all") -> WSGIApplication:
    """One WSGI application: ``all`` for a single process, or ``main`` and ``box`` behind a proxy."""
    if part == "box":
        return _behind_proxies(rt, create_box(rt))
    mounts: dict[str, WSGIApplication] = {"/checkin": _Mounted(create_checkin(rt))}
    if part == "all":
        box = _Mounted(create_box(rt))
        mounts |= {"/booth": box, "/box": box}
    return _behind_proxies(rt, DispatcherMiddleware(create_site(rt), mounts))
