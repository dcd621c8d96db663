"""Every component of the pages on one page, to look at while they are made; production never loads it."""

from __future__ import annotations

from flask import Blueprint, render_template

from pbvote.edges.web.base.policy import allow

bp = Blueprint("style_page", __name__)


@bp.get("/style")
@allow("public")
def style() -> str:
    """The components with their class names."""
    return render_template("site/style.html")
