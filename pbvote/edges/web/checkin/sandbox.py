"""The page of the invented identity service; loaded only where invented people exist, never in production."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from pbvote.edges.web.base import policy
from pbvote.edges.web.checkin.sitting import call_of

bp = Blueprint("checkin_sandbox", __name__, url_prefix="/checkin")


@bp.get("/<call_id>/sandbox")
@policy.allow("public")
def consent(call_id: str) -> str:
    """Agree or not, and go back; like a service outside, it is told no more than the state."""
    return render_template(
        "checkin/sandbox.html", call=call_of(call_id), state=request.args.get("state", "")[:100]
    )
