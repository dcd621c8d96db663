"""The pictures of one's own proposal: several at once, their order, and words for each."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template
from werkzeug.wrappers import Response

from pbvote.edges.web.base import uploads
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import Errors, again_if_refused, typed_values
from pbvote.edges.web.base.policy import allow, signed_in
from pbvote.edges.web.base.uploads import Refused
from pbvote.edges.web.resident.progress import progress
from pbvote.edges.web.resident.proposing import own_proposal
from pbvote.rooms.proposals import service
from pbvote.rooms.proposals.pictures import MOST_PICTURES
from pbvote.words.catalogue import gettext as _
from pbvote.words.proposal_parts import part_titles

bp = Blueprint("own_pictures", __name__, url_prefix="/my/proposals/<number:proposal_id>")

Answer = str | Response | tuple[str, int]


@bp.get("/edit/pictures")
@allow("resident")
def pictures(proposal_id: int) -> str:
    """The pictures of the proposal."""
    return _page(proposal_id, {})


@bp.post("/pictures")
@allow("resident")
def add(proposal_id: int) -> Answer:
    """Add the pictures that were chosen; those that are refused are named, the others stay."""
    own_proposal(proposal_id)
    after, refused = uploads.take_pictures(proposal_id)
    if uploads.wants_json():
        return uploads.picture_taken(after, refused)
    if refused or after is None:
        wrong = {} if refused else {"picture": _("請先選擇圖片。")}
        return _page(proposal_id, wrong, refused), max((each.status for each in refused), default=422)
    flash(_("圖片已加入。請替每一張寫一句說明。"))
    return redirect(_home(proposal_id), 303)


@bp.post("/pictures/arrange")
@allow("resident")
def arrange(proposal_id: int) -> Answer:
    """Keep words and order; then stay, or go back to the task list."""
    _call, own = own_proposal(proposal_id)
    with again_if_refused(lambda errors: _page(proposal_id, errors)):
        uploads.arranged(proposal_id, own)
    done = typed_values().get("action") == "done"
    return uploads.pictures_kept(f"/my/proposals/{proposal_id}/edit" if done else _home(proposal_id))


@bp.post("/pictures/<number:picture_id>/remove")
@allow("resident")
def drop(proposal_id: int, picture_id: int) -> Answer:
    """Take one picture away; words that were typed for the others are kept."""
    _call, own = own_proposal(proposal_id)
    with again_if_refused(lambda errors: _page(proposal_id, errors)):
        uploads.arranged(proposal_id, own)
        service.remove_picture(runtime(), signed_in(), proposal_id, picture_id)
    flash(_("圖片已移除。"))
    return redirect(_home(proposal_id), 303)


def _home(proposal_id: int) -> str:
    return f"/my/proposals/{proposal_id}/edit/pictures"


def _page(proposal_id: int, errors: Errors, refused: list[Refused] | None = None) -> str:
    call, own = own_proposal(proposal_id)
    return render_template(
        "resident/part_pictures.html",
        call=call,
        proposal=own,
        title=part_titles()["pictures"],
        part="pictures",
        progress=progress(call, own, "pictures"),
        values=typed_values() if errors else {},
        errors=errors,
        refused=refused or [],
        most_pictures=MOST_PICTURES,
        most_bytes=runtime().settings.web.upload_bytes,
    )
