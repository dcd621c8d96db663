"""A form sent after the session ended: nothing typed is lost, it waits for a new sign-in."""

from __future__ import annotations

from flask import Response, make_response, render_template, request

from pbvote.edges.web.base.forms import typed_values

_SECRET = {"password", "code", "totp", "passphrase"}


def sent_from_here() -> bool:
    """Whether a page of this service sent the form, and not another site by the browser's hand."""
    origin = request.headers.get("Origin", "")
    return request.headers.get("Sec-Fetch-Site") == "same-origin" or (
        bool(origin) and origin.partition("://")[2] == request.host
    )


def ask_again() -> Response | None:
    """The page that keeps what was typed and sends it again; None where that would be unsafe.

    Only for forms of our own pages: a form that another site sent must not be one press from done.
    Passwords and codes are not kept; files cannot be.
    """
    if request.method != "POST" or request.is_json or not sent_from_here():
        return None
    kept = [(name, value) for name, value in typed_values().items() if name not in _SECRET]
    door = "/staff/sign-in" if request.path.startswith(("/agency", "/audit")) else "/account/sign-in"
    page = render_template("base/again.html", kept=kept, door=door, files=bool(request.files))
    return make_response(page, 401)
