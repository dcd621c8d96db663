"""Pictures of proposals, whole or in the widths that lists need, and their documents."""

from __future__ import annotations

from flask import Blueprint, Response, request

from pbvote.core.errors import NotFound
from pbvote.core.types import Actor
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.policy import allow, current_actor
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.proposals import owners
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals.documents import document_bytes
from pbvote.rooms.proposals.errors import DocumentUnknown, PictureUnknown
from pbvote.rooms.proposals.pictures import WIDTHS, picture_bytes
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.rooms.proposals.status import Status

bp = Blueprint("media", __name__)


@bp.get("/media/<sha256>.webp")
@allow("public")
def picture(sha256: str) -> Response:
    """A picture as it was kept."""
    return _answer(sha256, 0)


@bp.get("/media/<sha256>-<int(max=9999):width>.webp")
@allow("public")
def narrower(sha256: str, width: int) -> Response:
    """A picture at most that many pixels wide."""
    if width not in WIDTHS:
        raise PictureUnknown()
    return _answer(sha256, width)


@bp.get("/media/<sha256>.pdf")
@allow("public")
def document(sha256: str) -> Response:
    """A document, to be kept and never shown as a page of ours: it can reach nothing of this origin."""
    rt = runtime()
    with rt.read_main() as tx:
        shown_by = owners.owners_of_document(tx, sha256)
    public = _may_be_read(rt, shown_by, missing=DocumentUnknown)
    response = Response(document_bytes(rt, sha256), mimetype="application/pdf")
    at = next((n for n, d in enumerate(shown_by[0].documents, 1) if d.sha256 == sha256), 1)
    response.headers["Content-Disposition"] = f'attachment; filename="proposal-{shown_by[0].id}-{at}.pdf"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return _cached(response, sha256, public=public)


def _answer(sha256: str, width: int) -> Response:
    rt = runtime()
    with rt.read_main() as tx:
        shown_by = owners.owners_of_picture(tx, sha256)
    public = _may_be_read(rt, shown_by, missing=PictureUnknown)
    response = Response(picture_bytes(rt, sha256, width=width), mimetype="image/webp")
    return _cached(response, f"{sha256}-{width}", public=public)


def _cached(response: Response, tag: str, *, public: bool) -> Response:
    # the address names the bytes, but a proposal can be taken back: keep it for an hour only
    response.headers["Cache-Control"] = "public, max-age=3600" if public else "private, no-store"
    response.set_etag(tag)
    response.make_conditional(request)
    return response


def _may_be_read(rt: Runtime, shown_by: list[ProposalView], *, missing: type[NotFound]) -> bool:
    """Whether everybody may see it; its proposer and the agency's staff may as well.

    Raises:
        NotFound: the ``missing`` one, because it is not for this reader.
    """
    actor = current_actor()
    with rt.read_main() as tx:
        found = [(owner, calls.get_call(tx, owner.call_id)) for owner in shown_by]
    if any(
        _is_public(owner, shows_submitted=call.ruleset is not None and call.shows_submitted)
        for owner, call in found
    ):
        return True
    if not any(_may_see(owner, actor, agency_id=call.agency_id) for owner, call in found):
        raise missing()
    return False


def _is_public(owner: ProposalView, *, shows_submitted: bool) -> bool:
    if owner.awaits_consent:
        return False
    waiting = owner.status in {Status.SUBMITTED, Status.CORRECTION}
    return owner.status is Status.ACCEPTED or owner.is_project or (waiting and shows_submitted)


def _may_see(owner: ProposalView, actor: Actor | None, *, agency_id: int) -> bool:
    if actor is None:
        return False
    if actor.kind == "resident":
        return proposals.is_author(owner, actor)
    return actor.agency_id == agency_id and owner.submitted_at is not None
