"""What everybody sees: calls, proposals, projects, and what the service promises."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request

from pbvote.accounts import queries as accounts
from pbvote.calls import queries as calls
from pbvote.calls.queries import CallView
from pbvote.core.manifest import Manifest
from pbvote.core.rules.stage import Stage
from pbvote.core.types import Actor
from pbvote.counting.freeze import SMALL
from pbvote.proposals import queries as proposals
from pbvote.proposals.errors import PictureUnknown
from pbvote.proposals.pictures import media_path
from pbvote.proposals.queries import ProposalView
from pbvote.proposals.status import Status
from pbvote.registrar import queries as registrar
from pbvote.web import rules_text, words
from pbvote.web.context import runtime
from pbvote.web.policy import allow, current_actor

bp = Blueprint("public", __name__)
bp.app_context_processor(words.for_templates)

GROUPS: tuple[tuple[str, frozenset[Stage]], ...] = (
    ("voting", frozenset({Stage.VOTING, Stage.GRACE})),
    ("collecting", frozenset({Stage.COLLECTING})),
    ("preparing", frozenset({Stage.ANNOUNCED, Stage.MODERATION, Stage.READY, Stage.FROZEN, Stage.UNFROZEN})),
    ("counting", frozenset({Stage.CLOSED, Stage.OPENED})),
    ("results", frozenset({Stage.CERTIFIED})),
)
AFTER_FREEZE = frozenset(
    {Stage.FROZEN, Stage.VOTING, Stage.GRACE, Stage.CLOSED, Stage.OPENED, Stage.CERTIFIED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    call: CallView
    stage: Stage


def _number(text: str, *, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else otherwise


@bp.get("/")
@allow("public")
def front() -> str:
    """Every published call, by stage; filtered by county, agency and group of stages."""
    rt = runtime()
    with rt.read_main() as tx:
        published = calls.list_published(tx)
    now = rt.clock()
    wanted = {name: request.args.get(name, "") for name in ("county", "agency", "stage")}
    listed = [
        _Listed(call=call, stage=call.stage(now))
        for call in published
        if wanted["county"] in {"", call.agency.county} and wanted["agency"] in {"", call.agency.slug}
    ]
    groups = [
        (name, [item for item in listed if item.stage in stages])
        for name, stages in GROUPS
        if wanted["stage"] in {"", name}
    ]
    return render_template(
        "public/front.html",
        groups=[(name, items) for name, items in groups if items],
        counties=sorted({call.agency.county for call in published if call.agency.county}),
        agencies=sorted({(call.agency.slug, words.agency_name(call)) for call in published}),
        stages=[name for name, _stages in GROUPS],
        values=wanted,
        filtered=any(wanted.values()),
    )


@bp.get("/calls/<call_id>/")
@allow("public")
def call(call_id: str) -> str:
    """One call: what it is about, its dates and rules in plain words, and what can be done now."""
    rt = runtime()
    with rt.read_main() as tx:
        found = calls.get_published(tx, call_id)
        stage = found.stage(rt.clock())
        counted = proposals.count_by_status(tx, call_id)
        newest = proposals.list_public(tx, call_id)
        manifest = registrar.get_manifest(tx, found.id) if registrar.is_frozen(tx, found.id) else None
    return render_template(
        "public/call.html",
        call=found,
        stage=stage,
        dates=rules_text.timeline_rows(found.rules),
        counted=counted,
        undecided=counted[Status.SUBMITTED] + counted[Status.CORRECTION],
        newest=newest.items[:6],
        total=newest.total,
        frozen=stage in AFTER_FREEZE,
        manifest=manifest,
        small=_small_styles(manifest),
        rules=rules_text.rules_sentences(found.rules),
    )


def _small_styles(manifest: Manifest | None) -> list[tuple[str, int, int]]:
    """Districts, weights and sizes of the small ballot styles: the page says that secrecy is weaker."""
    if manifest is None:
        return []
    return [(s.district, s.weight, s.eligible) for s in manifest.styles if 0 < s.eligible < SMALL]


@bp.get("/calls/<call_id>/proposals")
@allow("public")
def proposal_list(call_id: str) -> str:
    """The call's proposals, or its projects once the list is frozen."""
    rt = runtime()
    values = {name: request.args.get(name, "").strip() for name in ("district", "words", "show")}
    with rt.read_main() as tx:
        found = calls.get_published(tx, call_id)
        page = proposals.list_public(
            tx,
            call_id,
            district=values["district"],
            words=values["words"][:100],
            rejected="only" if values["show"] == "rejected" else "",
            page=_number(request.args.get("page", ""), otherwise=1),
        )
        counted = proposals.count_by_status(tx, call_id)
    stage = found.stage(rt.clock())
    return render_template(
        "public/proposals.html",
        call=found,
        stage=stage,
        page=page,
        values=values,
        frozen=stage in AFTER_FREEZE,
        undecided=counted[Status.SUBMITTED] + counted[Status.CORRECTION],
        rejected=counted[Status.REJECTED],
    )


@bp.get("/calls/<call_id>/proposals/<int(max=2147483647):proposal_id>")
@allow("public")
def proposal(call_id: str, proposal_id: int) -> str:
    """One decided proposal."""
    rt = runtime()
    with rt.read_main() as tx:
        found = calls.get_published(tx, call_id)
        shown = proposals.get_public(tx, call_id, proposal_id)
    return _proposal_page(found, shown)


@bp.get("/calls/<call_id>/projects/<int(max=2147483647):number>")
@allow("public")
def project(call_id: str, number: int) -> str:
    """One project of the frozen ballot, by its number."""
    rt = runtime()
    with rt.read_main() as tx:
        found = calls.get_published(tx, call_id)
        shown = proposals.get_project(tx, call_id, number)
    return _proposal_page(found, shown)


def _proposal_page(found: CallView, shown: ProposalView) -> str:
    stage = found.stage(runtime().clock())
    return render_template("public/proposal.html", call=found, proposal=shown, stage=stage)


@bp.get("/media/<sha256>.webp")
@allow("public")
def media(sha256: str) -> Response:
    """A picture, if a public proposal shows it, or to its proposer and the agency's staff."""
    rt = runtime()
    path = media_path(rt, sha256)
    actor = current_actor()
    with rt.read_main() as tx:
        owners = proposals.owners_of_picture(tx, sha256)
        public = any(owner.status is Status.ACCEPTED or owner.is_project for owner in owners)
        if not public and not any(
            _may_see(owner, actor, agency_id=calls.get_call(tx, owner.call_id).agency_id) for owner in owners
        ):
            raise PictureUnknown()
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise PictureUnknown() from error
    response = Response(content, mimetype="image/webp")
    # the address names the bytes, but a proposal can be taken back: keep it for an hour only
    response.headers["Cache-Control"] = "public, max-age=3600" if public else "private, no-store"
    response.set_etag(sha256)
    response.make_conditional(request)
    return response


def _may_see(owner: ProposalView, actor: Actor | None, *, agency_id: int) -> bool:
    if actor is None:
        return False
    if actor.kind == "resident":
        return owner.proposer_id == actor.id
    return actor.agency_id == agency_id and owner.submitted_at is not None


@bp.get("/about/promise")
@allow("public")
def promise() -> str:
    """What the service promises and what it does not (protocol, last section but storage)."""
    return render_template("public/promise.html")


@bp.get("/about/privacy")
@allow("public")
def privacy() -> str:
    """What the service knows about a person; a signed-in resident sees their own data."""
    rt = runtime()
    actor = current_actor()
    resident = None
    own: list[ProposalView] = []
    if actor is not None and actor.kind == "resident":
        with rt.read_main() as tx:
            resident = accounts.resident_view(tx, actor.id)
            own = proposals.list_of_resident(tx, actor.id)
    return render_template("public/privacy.html", resident=resident, own=own)
