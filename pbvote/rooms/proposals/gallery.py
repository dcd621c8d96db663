"""The pictures of a proposal together: their order, and the words that stand for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pbvote.core.errors import InvalidInput, raise_findings
from pbvote.core.types import Actor
from pbvote.platform.runtime import Runtime
from pbvote.rooms.proposals import store
from pbvote.rooms.proposals.errors import AltMissing
from pbvote.rooms.proposals.models import Picture
from pbvote.rooms.proposals.pictures import LONGEST_ALT, editable
from pbvote.rooms.proposals.queries import ProposalView, view
from pbvote.typed.texts import line, text_findings


def arrange_pictures(
    rt: Runtime,
    actor: Actor,
    proposal_id: int,
    *,
    order: Sequence[int] = (),
    alts: Mapping[int, str] | None = None,
) -> ProposalView:
    """Bring the pictures into this order and give them these words; both by the pictures' ids.

    Ids of pictures that are gone are passed over, pictures that ``order`` does not name keep their turn
    behind it. Words may be missing until the proposal is handed in.

    Raises:
        InvalidInput: words too long, with ``field`` = ``alt-<id>``; nothing is changed.
        ProposalUnknown, WrongStatus, StageClosed: as for
            :func:`~pbvote.rooms.proposals.pictures.attach_picture`.
    """
    written = {picture_id: line(text) for picture_id, text in (alts or {}).items()}
    findings: list[InvalidInput] = []
    for picture_id, text in written.items():
        findings += text_findings(text, field=f"alt-{picture_id}", most=LONGEST_ALT, missing=None)
    raise_findings(findings)
    turn = {picture_id: at for at, picture_id in enumerate(order)}
    with rt.main() as tx:
        row = editable(tx, rt, actor, proposal_id=proposal_id)
        before = _state(row.pictures)
        row.pictures.sort(key=lambda picture: turn.get(picture.id, len(turn)))
        for at, picture in enumerate(row.pictures, 1):
            picture.position = at
            picture.alt = written.get(picture.id, picture.alt)
        if _state(row.pictures) != before:
            store.keep_version(tx, row, "arrange-pictures", actor=actor, at=rt.clock())
        return view(row)


def _state(pictures: Sequence[Picture]) -> list[tuple[int, str]]:
    return [(picture.id, picture.alt) for picture in pictures]


def moved(order: Sequence[int], picture_id: int, *, by: int) -> list[int]:
    """The order with one picture some places further on, or back; at either end it stays."""
    left = [each for each in order if each != picture_id]
    if picture_id not in order:
        return left
    at = min(max(0, list(order).index(picture_id) + by), len(left))
    return [*left[:at], picture_id, *left[at:]]


def picture_findings(proposal: ProposalView) -> list[InvalidInput]:
    """The first picture that has no words yet."""
    for at, picture in enumerate(proposal.pictures, 1):
        if not picture.alt:
            return [AltMissing(field="pictures", number=at)]
    return []
