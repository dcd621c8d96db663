"""Choosing the language and the size of the letters: each in a cookie that holds nothing else."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, redirect, request
from werkzeug.wrappers import Response

from pbvote.edges.web.base import i18n, policy
from pbvote.words.language import offered

bp = Blueprint("language", __name__)


def local_path(target: str) -> str:
    """The path if it stays on this site, else the front page."""
    if not target.startswith("/") or target.startswith("//") or "\\" in target:
        return "/"
    if not target.isprintable():  # browsers drop tabs and line ends: /<tab>/host would leave the site
        return "/"
    return target


@bp.get("/language/<wanted>")
@policy.allow("public")
def choose(wanted: str) -> Response:
    """Remember the language for a year and go back to the page."""
    if wanted not in {each.code for each in offered()}:
        abort(404)
    return _remembering(i18n.COOKIE, wanted)


@bp.get("/letters/<wanted>")
@policy.allow("public")
def letters(wanted: str) -> Response:
    """Remember the size of the letters for a year and go back to the page."""
    if wanted not in i18n.LETTERS:
        abort(404)
    return _remembering(i18n.LETTERS_COOKIE, wanted)


def _remembering(cookie: str, value: str) -> Response:
    response = redirect(local_path(request.args.get("next", "/")))
    response.set_cookie(
        cookie,
        value,
        max_age=31536000,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return response
