"""What an amount is read as, while somebody types it: the pages' script asks the one reader there is."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from pbvote.edges.web.base.limits import limiter
from pbvote.edges.web.base.policy import allow
from pbvote.typed.numbers import money_or_none
from pbvote.words.amounts import understood

bp = Blueprint("amounts", __name__)


@bp.get("/amount")
@allow("public")
@limiter.limit("300 per minute")
def amount() -> Response:
    """The sentence beside the field, and the amount; none where it cannot be read."""
    typed = request.args.get("typed", "")
    return jsonify({"said": understood(typed), "amount": money_or_none(typed)})
