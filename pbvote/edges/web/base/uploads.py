"""Pictures that a form sends: each for itself, so that one that is refused keeps none of the others out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import flash, jsonify, redirect, request
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from pbvote.core.errors import PbvoteError
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.error_status import status_of
from pbvote.edges.web.base.forms import typed_values
from pbvote.edges.web.base.policy import signed_in
from pbvote.rooms.proposals import gallery
from pbvote.rooms.proposals import service as proposals
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.words.catalogue import gettext as _
from pbvote.words.errors import sentence

_ALT = re.compile(r"alt-(\d{1,9})", re.ASCII)
_STEP = re.compile(r"(up|down)-(\d{1,9})", re.ASCII)
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A file that was not taken: what it is called where it came from, why, and what to do."""

    name: str
    text: str
    status: int


def chosen(field: str) -> list[FileStorage]:
    """The files that were really chosen for the field, in the order of the form."""
    return [upload for upload in request.files.getlist(field) if upload.filename]


def content_of(upload: FileStorage) -> bytes:
    """The file's bytes, one more than are allowed at most: what is larger is not read."""
    return upload.stream.read(runtime().settings.web.upload_bytes + 1)


def name_of(upload: FileStorage) -> str:
    """What the file is called where it came from, at a length that a sentence bears."""
    name = (upload.filename or "").replace("\\", "/").rpartition("/")[2]
    return name if len(name) <= _LONGEST_NAME else f"…{name[-_LONGEST_NAME:]}"


def take_pictures(proposal_id: int) -> tuple[ProposalView | None, list[Refused]]:
    """Attach every picture of the request; the proposal after the last that was taken, and what was not."""
    alts = request.form.getlist("alt")
    after, refused = None, []
    for at, upload in enumerate(chosen("picture")):
        try:
            after = proposals.attach_picture(
                runtime(),
                signed_in(),
                proposal_id,
                content=content_of(upload),
                alt=alts[at] if at < len(alts) else "",
            )
        except PbvoteError as error:
            refused.append(Refused(name=name_of(upload), text=sentence(error), status=status_of(error)))
    return after, refused


def picture_taken(after: ProposalView | None, refused: list[Refused]) -> Response:
    """The answer to the page's script, which sends one picture at a time."""
    if refused or after is None:
        text = refused[0].text if refused else _("請先選擇圖片。")
        response = jsonify({"text": text})
        response.status_code = refused[0].status if refused else 422
        return response
    newest = after.pictures[-1]
    return jsonify({"id": newest.id, "sha256": newest.sha256, "alt": newest.alt})


def arranged(proposal_id: int, pictures: ProposalView) -> None:
    """Keep the words typed for the pictures and the order asked for: a step of one, or all of it."""
    typed = typed_values()
    order = [picture.id for picture in pictures.pictures]
    step = _STEP.fullmatch(typed.get("action", ""))
    if step:
        order = gallery.moved(order, int(step[2]), by=-1 if step[1] == "up" else 1)
    elif typed.get("order"):
        order = [int(each) for each in typed["order"].split(",") if each.isascii() and each.isdecimal()][:99]
    proposals.arrange_pictures(runtime(), signed_in(), proposal_id, order=order, alts=_alts(typed))


def _alts(typed: dict[str, str]) -> dict[int, str]:
    found = [(_ALT.fullmatch(name), text) for name, text in typed.items()]
    return {int(name[1]): text for name, text in found if name}


def wants_json() -> bool:
    """Whether the page's script asks, and not somebody who sends a form."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def pictures_kept(page: str) -> Response:
    """Back to the page of the pictures after they were arranged; to its script, that it is done."""
    if wants_json():
        return jsonify({"saved": 1})
    flash(_("已儲存。"))
    return redirect(page, 303)
