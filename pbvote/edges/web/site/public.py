"""What everybody sees: calls, proposals, projects, and what the service promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from flask import Blueprint, Response, current_app, make_response, render_template, request

from pbvote.core.letters import folded, loosely
from pbvote.core.manifest import Manifest
from pbvote.core.rules.ruleset import District
from pbvote.core.rules.stage import Stage
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.limits import limiter
from pbvote.edges.web.base.policy import allow, current_actor
from pbvote.edges.web.site import maps, where
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.counting import queries as counting
from pbvote.rooms.counting.freeze import SMALL
from pbvote.rooms.delivery import board
from pbvote.rooms.engagement import queries as engagement
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals import search
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.rooms.proposals.search import Names, Order, Search, Searched
from pbvote.rooms.proposals.status import Status
from pbvote.rooms.registrar import queries as registrar
from pbvote.rooms.registrar import service as registrar_service
from pbvote.typed.dates import taipei_day
from pbvote.words import names as words
from pbvote.words import rules as rules_text
from pbvote.words.call_fields import timeline_rows
from pbvote.words.outcomes import said_of_each

bp = Blueprint("public", __name__)
bp.app_context_processor(words.for_templates)

GROUPS: tuple[tuple[str, frozenset[Stage]], ...] = (
    ("voting", frozenset({Stage.VOTING, Stage.GRACE})),
    ("collecting", frozenset({Stage.COLLECTING})),
    ("preparing", frozenset({Stage.ANNOUNCED, Stage.MODERATION, Stage.READY, Stage.FROZEN, Stage.UNFROZEN})),
    ("counting", frozenset({Stage.CLOSED, Stage.OPENED})),
    ("results", frozenset({Stage.CERTIFIED})),
)
COUNTY_COOKIE = "pbvote_county"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    call: CallView
    stage: Stage
    projects: int
    near: bool

    @property
    def budget_twd(self) -> int:
        """What all districts of the call have together."""
        return sum(district.budget_twd for district in self.call.rules.districts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ballot:
    call: CallView
    district: District


@bp.get("/")
@allow("public")
@limiter.limit("120 per minute", exempt_when=lambda: not request.args.get("words"))
def front() -> Response:
    """Every published call by stage, those of the reader's county first; and proposals by words."""
    rt = runtime()
    wanted = {
        name: request.args.get(name, "").strip()[:100] for name in ("words", "county", "agency", "stage")
    }
    now = rt.clock()
    near = wanted["county"] or request.cookies.get(COUNTY_COOKIE, "")
    with rt.read_main() as tx:
        published = calls.list_published(tx)
        searched = _searched(published, now) if wanted["words"] else {}
        found = search.find_everywhere(tx, wanted["words"], calls=searched)
        projects = proposals.count_public(tx, [str(call.id) for call in published])
        told = counting.told_of(tx, [(each.call_id, each.number) for each in found.items])
    listed = [
        _Listed(
            call=call,
            stage=call.stage(now),
            projects=projects[call.id],
            near=folded(call.agency.county) == folded(near),
        )
        for call in published
        if folded(wanted["county"]) in {"", folded(call.agency.county)}
        and wanted["agency"] in {"", call.agency.slug}
        and (not wanted["words"] or _has_words(call, searched, wanted["words"], found.items))
    ]
    # the reader's county first, votes that decide before surveys, and what ends soonest before the rest
    listed.sort(key=lambda item: (not item.near, item.call.is_survey, item.call.rules.timeline.issue_until))
    counties = sorted({call.agency.county for call in published if call.agency.county})
    response = make_response(
        render_template(
            "site/front.html",
            groups=_grouped(listed, wanted["stage"]),
            found=found.items,
            partly=found.partly,
            said=said_of_each(published, told),
            ballots=_ballots(listed, searched, wanted["words"]),
            home=None if any(wanted.values()) else where.choice_at_home(rt, published, near),
            calls={call.id: call for call in published},
            counties=counties,
            agencies=sorted({(call.agency.slug, words.agency_name(call)) for call in published}),
            stages=[name for name, _stages in GROUPS],
            values=wanted,
            near=near if near in counties else "",
            filtered=any(wanted.values()),
        )
    )
    if wanted["county"] in counties:
        _remember(response, COUNTY_COOKIE, wanted["county"])
    return response


def _grouped(listed: list[_Listed], wanted: str) -> list[tuple[str, list[_Listed]]]:
    """The groups that have a call, or that one of them which is wanted."""
    groups = [(name, [item for item in listed if item.stage in stages]) for name, stages in GROUPS]
    return [(name, items) for name, items in groups if items and wanted in {"", name}]


def _searched(published: Sequence[CallView], now: datetime) -> dict[str, Searched]:
    """The calls as they are searched, in the order of the groups: what can be voted for now comes first."""

    def group(call: CallView) -> int:
        stage = call.stage(now)
        return next(at for at, (_name, stages) in enumerate(GROUPS) if stage in stages)

    return {
        str(call.id): Searched(readable_from=call.readable_from, names=Names.of(call.rules))
        for call in sorted(published, key=group)
    }


def _ballots(listed: list[_Listed], searched: Mapping[str, Searched], typed: str) -> list[_Ballot]:
    """The ballots of the districts that were typed, in votes that are open now."""
    asked = search.words_of(typed)

    def named(call: CallView) -> set[str]:
        return {each for word in asked for each in searched[str(call.id)].names.districts_with(word)}

    return [
        _Ballot(call=item.call, district=district)
        for item in listed
        if asked and item.stage is Stage.VOTING
        for found in [named(item.call)]
        for district in item.call.rules.districts
        if district.id in found
    ]


def _has_words(
    call: CallView, searched: Mapping[str, Searched], typed: str, found: Sequence[ProposalView]
) -> bool:
    """Whether the call itself, or one of the proposals found, has the words."""
    district_names = " ".join(name for name, _id in searched[str(call.id)].names.districts)
    titles = f"{call.title} {call.title_en} {call.agency.name} {call.agency.name_en} {call.agency.county}"
    own = f"{loosely(titles)} {district_names}"
    return all(word in own for word in search.words_of(typed)) or any(
        proposal.call_id == call.id for proposal in found
    )


def _remember(response: Response, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=31536000,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


@bp.get("/calls/<call_id>/")
@allow("public")
def call(call_id: str) -> str:
    """One call: what it is about, its dates and rules in plain words, and what can be done now."""
    rt = runtime()
    actor = current_actor()
    resident = actor if actor is not None and actor.kind == "resident" else None
    with rt.read_main() as tx:
        found = calls.get_published(tx, call_id)
        stage = found.stage(rt.clock())
        counted = proposals.count_by_status(tx, call_id)
        some = search.list_public(
            tx,
            call_id,
            Search(order=Order.RANDOM, seed=_of_today(rt), readable_from=found.readable_from),
            size=6,
        )
        told = counting.told_of(tx, [(call_id, each.number) for each in some.items])
        by_district = search.count_by_district(tx, call_id, readable_from=found.readable_from)
        manifest = registrar.get_manifest(tx, found.id) if registrar.is_frozen(tx, found.id) else None
        can_look_up = registrar_service.can_look_up(tx, found, rt.clock())
        carried = board.figures(tx, board.Wanted(call_id=call_id), today=taipei_day(rt.clock()))
        followed = resident is not None and any(
            each.call_id == call_id and not each.proposal_id for each in engagement.follows(tx, resident.id)
        )
    return render_template(
        "site/call.html",
        call=found,
        stage=stage,
        dates=timeline_rows(found.rules),
        now=rt.clock(),
        undecided=0 if found.shows_submitted else counted[Status.SUBMITTED] + counted[Status.CORRECTION],
        some=some.items,
        carried=carried,
        said=said_of_each([found], told),
        total=some.total,
        by_district=by_district,
        districts=maps.map_of_districts(rt, found, by_district),
        frozen=stage in rules_text.AFTER_FREEZE,
        manifest=manifest,
        small=_small_styles(manifest),
        rules=rules_text.rules_by_topic(found.rules, said=partial(words.in_call, found)),
        followed=followed,
        resident=resident,
        can_look_up=can_look_up,
        origin=rt.settings.web.origin,
    )


def _of_today(rt: Runtime) -> int:
    """The few proposals on a call's page change from day to day, so that none always stands in front."""
    return rt.clock().date().toordinal()


def _small_styles(manifest: Manifest | None) -> list[tuple[str, int, int]]:
    """Districts, weights and sizes of the small ballot styles: the page says that secrecy is weaker."""
    if manifest is None:
        return []
    return [(s.district, s.weight, s.eligible) for s in manifest.styles if 0 < s.eligible < SMALL]


@bp.get("/about/promise")
@allow("public")
def promise() -> str:
    """What the service promises and what it does not (protocol, last section but storage)."""
    return render_template("site/promise.html")


@bp.get("/about/privacy")
@allow("public")
def privacy() -> str:
    """What the service knows about a person; a signed-in resident sees their own data."""
    rt = runtime()
    actor = current_actor()
    resident = None
    own: list[ProposalView] = []
    doings: dict[str, int] = {}
    if actor is not None and actor.kind == "resident":
        with rt.read_main() as tx:
            resident = accounts.resident_view(tx, actor.id)
            own = proposals.list_of_resident(tx, actor.id)
            doings = {
                "endorsed": engagement.endorsements_by(tx, actor.id),
                "comments": engagement.comments_by(tx, actor.id),
                "followed": len(engagement.follows(tx, actor.id)),
            }
    return render_template("site/privacy.html", resident=resident, own=own, doings=doings)


@bp.get("/about/accessibility")
@allow("public")
def accessibility() -> str:
    """Which rules the pages keep, how that is checked, and what is not known (網站無障礙規範 110.07)."""
    return render_template("site/accessibility.html")


@bp.get("/about/pages")
@allow("public")
def sitemap() -> str:
    """Every page that anybody may open, with the published calls (網站導覽)."""
    with runtime().read_main() as tx:
        return render_template("site/sitemap.html", calls=calls.list_published(tx))
