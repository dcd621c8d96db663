"""After the result: the board over all calls, one project's progress, its photographs, table and feed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from pbvote.core.rules.ruleset import District
from pbvote.edges.web.base import downloads
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.limits import limiter
from pbvote.edges.web.base.policy import allow, current_actor
from pbvote.edges.web.site import feed
from pbvote.platform.runtime import Runtime
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.counting import queries as counting
from pbvote.rooms.delivery import board, queries
from pbvote.rooms.delivery.board import Glance, News, Wanted
from pbvote.rooms.delivery.errors import PhotoUnknown
from pbvote.rooms.delivery.kinds import STEPS, Moment, State, needs_reason
from pbvote.rooms.delivery.photos import SHELF
from pbvote.rooms.delivery.queries import DeliveryView, HistoryView, PhotoView
from pbvote.rooms.engagement import queries as engagement
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals.pictures import WIDTHS, picture_bytes
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.typed.dates import taipei_day
from pbvote.words import delivery as words
from pbvote.words import names
from pbvote.words.catalogue import gettext as _
from pbvote.words.language import either
from pbvote.words.outcomes import said_of

bp = Blueprint("progress", __name__)
bp.app_context_processor(lambda: {**words.for_templates(), "carried_out": carried_out})

_FILTERS = ("call", "agency", "year", "district", "state", "late")
_PROJECT = "/calls/<call_id>/projects/<number:number>/progress"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The filters as they stand in the address, and what they mean."""

    values: Mapping[str, str]
    wanted: Wanted
    page: int
    call: CallView | None

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return any(self.values.values())

    @property
    def everything(self) -> dict[str, str]:
        """The filters that say anything, for links."""
        return {name: value for name, value in self.values.items() if value}

    def others(self, name: str) -> dict[str, str]:
        """The same without one of the filters, for links that set it anew."""
        return {each: value for each, value in self.everything.items() if each != name}


def _today(rt: Runtime) -> date:
    return taipei_day(rt.clock())


def _number(text: str, *, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else otherwise


def _asked(rt: Runtime, published: Iterable[CallView]) -> _Asked:
    """What the address asks for; what it cannot mean finds nothing rather than everything."""
    values = {name: request.args.get(name, "").strip()[:60] for name in _FILTERS}
    listed = list(published)
    agencies = {call.agency.slug: call.agency_id for call in listed}
    return _Asked(
        values=values,
        wanted=Wanted(
            call_id=values["call"],
            agency_id=agencies.get(values["agency"], -1) if values["agency"] else 0,
            year=_number(values["year"], otherwise=-1) if values["year"] else 0,
            district_name=values["district"],
            state=State(values["state"]) if values["state"] in tuple(State) else None,
            late_on=_today(rt) if values["late"] else None,
        ),
        page=_number(request.args.get("page", ""), otherwise=1),
        call=next((call for call in listed if call.id == values["call"]), None),
    )


def carried_out() -> Glance:
    """What any page may say of the carrying out in short: for the front page."""
    rt = runtime()
    with rt.read_main() as tx:
        return board.glance(tx, today=_today(rt))


@bp.get("/progress")
@allow("public")
def everything() -> str:
    """Every winner of every call by its state, what is late by name, and the rate that is finished."""
    rt = runtime()
    with rt.read_main() as tx:
        published = calls.list_published(tx)
        asked = _asked(rt, published)
        wanted, day = asked.wanted, _today(rt)
        apart = wanted.state is None and wanted.late_on is None
        overall = replace(wanted, state=None, late_on=None)
        figures = board.figures(tx, overall, today=day)
        columns = board.columns(tx, wanted) if apart else {}
        page = None if apart else board.listed(tx, wanted, page=asked.page)
        late = board.listed(tx, replace(overall, late_on=day), size=4).items if apart else ()
        shown = [*(each for column in columns.values() for each in column), *(page.items if page else ())]
        photos = queries.first_photos(tx, (each.id for each in shown))
        beside = proposals.of_ids(tx, (each.proposal_id for each in shown))
        offered = board.offered(tx, overall)
    by_agency = {int(call.agency_id): call.agency for call in published}
    return render_template(
        "site/board.html",
        asked=asked,
        figures=figures,
        columns=columns,
        page=page,
        late=late,
        photos=photos,
        proposals=beside,
        calls={call.id: call for call in published},
        years=offered.years,
        district_names=_district_names(published, offered.districts),
        agencies=[
            (by_agency[each].slug, either(by_agency[each].name, by_agency[each].name_en))
            for each in offered.agencies
            if each in by_agency
        ],
        states=tuple(State),
        today=day,
        origin=rt.settings.web.origin,
    )


def _district_names(published: Iterable[CallView], wanted: Iterable[str]) -> list[tuple[str, str]]:
    """What districts are called, and in English where an agency gave a name."""
    every: Iterable[District] = (each for call in published for each in call.rules.districts)
    english = {each.name: each.name_en for each in every if each.name_en}
    return [(name, either(name, english.get(name, ""))) for name in wanted]


@bp.get(_PROJECT)
@allow("public")
def project(call_id: str, number: int) -> str:
    """One winner: its state, its photographs, its dates planned and actual, its money, and its history."""
    rt = runtime()
    actor = current_actor()
    resident = actor if actor is not None and actor.kind == "resident" else None
    with rt.read_main() as tx:
        call = calls.get_published(tx, call_id)
        found = queries.get(tx, call_id, number)
        history = queries.history_of(tx, found)
        proposal = proposals.of_ids(tx, [found.proposal_id]).get(found.proposal_id)
        told = counting.told(tx, [call_id], numbers=[number])[call_id, number]
        followed = resident is not None and any(
            each.call_id == call_id and each.proposal_id == found.proposal_id
            for each in engagement.follows(tx, resident.id)
        )
    return render_template(
        "site/progress.html",
        call=call,
        project=found,
        proposal=proposal,
        said=said_of(call, told),
        history=history,
        reason=reason_of(found, history),
        steps=STEPS,
        moments=tuple(Moment),
        followed=followed,
        resident=resident,
        today=_today(rt),
        shared_picture=_shared(found, proposal),
        origin=rt.settings.web.origin,
    )


def _shared(found: DeliveryView, proposal: ProposalView | None) -> PhotoView | None:
    """The photograph that stands for the project where its link is shared: of what is finished, first."""
    taken = [photo for moment in reversed(Moment) for photo in found.taken(moment)[-1:]]
    return taken[0] if taken else None


def reason_of(found: DeliveryView, history: HistoryView) -> str:
    """Why it is cancelled, or why it went back a step, in the agency's words."""
    for change in history.changes:
        before, after = change.facts.get("state.before"), change.facts.get("state.after")
        if after == found.state.value and before and needs_reason(State(str(before)), found.state):
            return change.note
        if after:
            break
    return ""


@bp.get("/progress.csv")
@allow("public")
@limiter.limit("60 per minute")
def table() -> Response:
    """The same projects as a table for a spreadsheet: money in whole NT$, dates as 2026-11-20."""
    rt = runtime()
    with rt.read_main() as tx:
        published = {call.id: call for call in calls.list_published(tx)}
        asked = _asked(rt, published.values())
        found = board.every(tx, asked.wanted)
    day, origin = _today(rt), rt.settings.web.origin
    return downloads.table(
        "progress.csv", _heads(), (_row(published[each.call_id], each, day, origin) for each in found)
    )


def _heads() -> list[str]:
    planned = [_("預定%(step)s", step=words.state_name(step)) for step in STEPS[1:]]
    actual = [_("實際%(step)s", step=words.state_name(step)) for step in STEPS[1:]]
    return [
        *(_("年度"), _("徵件主題"), _("機關"), _("編號"), _("方案"), _("分區"), _("狀態")),
        *(_("這個狀態開始的日期"), _("核定金額（元）"), _("已支用（元）")),
        *(each for pair in zip(planned, actual, strict=True) for each in pair),
        *(_("逾期天數"), _("負責單位"), _("電話"), _("最後更新"), _("網址")),
    ]


def _row(call: CallView, each: DeliveryView, day: date, origin: str) -> list[object]:
    dates = [value for step in each.steps for value in (step.planned_on, step.actual_on)]
    return [
        *(each.year, names.call_title(call), names.agency_name(call), each.number, each.title),
        *(names.district_name(call, each.district), words.state_name(each.state), each.since_on),
        *(each.granted_twd, each.spent_twd, *dates, each.late_days(day), each.office, each.telephone),
        *(taipei_day(each.changed_at) if each.changed_at else None, f"{origin}{address(each)}"),
    ]


def address(each: DeliveryView) -> str:
    """Where a project's progress is read."""
    return f"/calls/{each.call_id}/projects/{each.number}/progress"


@bp.get("/progress.atom")
@allow("public")
def news() -> Response:
    """The newest changes as a feed (RFC 4287), narrowed as the board is."""
    rt = runtime()
    with rt.read_main() as tx:
        published = {str(call.id): call for call in calls.list_published(tx)}
        asked = _asked(rt, published.values())
        found = board.news(tx, asked.wanted)
    title = _("執行進度")
    if asked.call is not None:
        title = _("%(label)s：%(text)s", label=title, text=names.call_title(asked.call))
    return _feed(
        rt, found, title=title, page=f"/progress?{urlencode(asked.everything)}".rstrip("?"), calls=published
    )


@bp.get(f"{_PROJECT}.atom")
@allow("public")
def news_of_one(call_id: str, number: int) -> Response:
    """The changes of one project as a feed."""
    rt = runtime()
    with rt.read_main() as tx:
        call = calls.get_published(tx, call_id)
        one = queries.get(tx, call_id, number)
        found = board.news(tx, Wanted(call_id=call_id), number=number)
    title = _("%(label)s：%(text)s", label=_("執行進度"), text=one.title)
    return _feed(rt, found, title=title, page=address(one), calls={call_id: call})


def _feed(
    rt: Runtime, found: list[News], *, title: str, page: str, calls: Mapping[str, CallView]
) -> Response:
    origin = rt.settings.web.origin
    entries = [
        feed.Entry(
            address=f"{origin}{address(each.project)}#c{each.change.number}",
            title=_("%(label)s：%(text)s", label=each.project.title, text=words.headline(each.change)),
            text="\n".join(filter(None, (*words.lines_of(each.change), each.change.note))),
            at=each.change.at,
            author=names.agency_name(calls[each.project.call_id]),
        )
        for each in found
        if each.project.call_id in calls
    ]
    newest: datetime = entries[0].at if entries else rt.clock()
    return feed.atom(
        entries,
        title=title,
        page=f"{origin}{page}",
        itself=f"{origin}{request.full_path.rstrip('?')}",
        updated=newest,
        author=_("參與式預算投票"),
    )


@bp.get("/media/delivery/<sha256>.webp")
@allow("public")
def photo(sha256: str) -> Response:
    """A photograph as it was kept."""
    return _photo(sha256, 0)


@bp.get("/media/delivery/<sha256>-<int(max=9999):width>.webp")
@allow("public")
def narrower_photo(sha256: str, width: int) -> Response:
    """A photograph at most that many pixels wide."""
    if width not in WIDTHS:
        raise PhotoUnknown()
    return _photo(sha256, width)


def _photo(sha256: str, width: int) -> Response:
    rt = runtime()
    with rt.read_main() as tx:
        if not queries.shows(tx, sha256):
            raise PhotoUnknown()
    response = Response(picture_bytes(rt, sha256, width=width, shelf=SHELF), mimetype="image/webp")
    # a photograph can be taken away: keep it for an hour only
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.set_etag(f"{sha256}-{width}")
    response.make_conditional(request)
    return response
