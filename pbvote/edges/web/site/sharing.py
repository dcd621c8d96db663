"""Telling others of a call, a proposal, a project or a result: link, LINE, QR code, poster.

What is shared is the address of a public page, and never anything of the reader's own: no code, no choice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, urlsplit

import segno
from flask import Blueprint, Response, make_response, render_template
from markupsafe import Markup

from pbvote.core.rules.stage import Stage
from pbvote.core.types import CallId
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.limits import limiter
from pbvote.edges.web.base.policy import allow
from pbvote.edges.web.site import poster
from pbvote.edges.web.site.poster import Poster
from pbvote.edges.web.site.talking import address_of_proposal
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.counting import queries as counting
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals.errors import ProposalUnknown
from pbvote.rooms.proposals.pictures import picture_bytes
from pbvote.rooms.proposals.queries import PictureView, ProposalView
from pbvote.rooms.proposals.status import UNDECIDED, Status
from pbvote.words.catalogue import gettext as _
from pbvote.words.drawings import drawing
from pbvote.words.formats import day, short
from pbvote.words.language import LANGUAGES, in_language, language
from pbvote.words.names import agency_name, call_title
from pbvote.words.outcomes import Said, said_of

bp = Blueprint("sharing", __name__, url_prefix="/calls/<call_id>")
bp.app_context_processor(lambda: {"line_address": line_address})

_ART = Path(__file__).parent.parent / "static" / "art.svg"
_TONE = re.compile(r"var\(--[\w-]+,\s*(#[0-9a-fA-F]{3,6})\)")


def line_address(address: str) -> str:
    """Where LINE offers to send an address, in its application or in the browser.

    A link that somebody presses: no page asks LINE for anything by itself.
    """
    return f"https://social-plugins.line.me/lineit/share?url={quote(address, safe='')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What is shared: its public page, and what a poster says of it."""

    call: CallView
    path: str
    title: str
    sentence: str
    symbol: str
    facts: tuple[tuple[str, str], ...]
    picture: PictureView | None = None
    back: str = ""

    @property
    def address(self) -> str:
        """Where everybody reads it."""
        return runtime().settings.web.origin + self.path

    @property
    def qr(self) -> Markup:
        """The address as a QR code, black on white whatever the page's colours."""
        made = segno.make(self.address, error="m")
        # drawn by segno from the address alone
        return Markup(made.svg_inline(scale=6, border=4, light="#fff", dark="#000", omitsize=True))  # noqa: S704


def _of_call(call_id: str) -> Shared:
    rt = runtime()
    with rt.read_main() as tx:
        call = calls.get_published(tx, call_id)
    stage = call.stage(rt.clock())
    sentence = _("一起決定「%(title)s」的經費用在哪裡。", title=call_title(call))
    return Shared(
        call=call,
        path=f"/calls/{call.id}/",
        title=call_title(call),
        sentence=sentence,
        symbol="hall",
        facts=_when(call, stage, None, None),
    )


def _of_results(call_id: str) -> Shared:
    with runtime().read_main() as tx:
        call = calls.get_published(tx, call_id)
        counting.outcome(tx, CallId(call_id))  # nothing to share before it is published
        told = counting.told(tx, [call_id])
    funded = sum(said_of(call, each).funded for each in told.values())
    return Shared(
        call=call,
        path=f"/calls/{call.id}/results",
        title=_("「%(title)s」的票選結果", title=call_title(call)),
        sentence=_("大家選出了 %(count)s 個方案", count=funded) if funded else _("票選結果已經公告。"),
        symbol="hall",
        facts=((_("結果"), _("每一票、每一步計票都能在網站上查核。")),),
    )


def _of_proposal(call_id: str, *, proposal_id: int = 0, number: int = 0) -> Shared:
    """A proposal that everybody reads.

    Raises:
        ProposalUnknown: none, or one that was rejected or taken back.
    """
    rt = runtime()
    with rt.read_main() as tx:
        call = calls.get_published(tx, call_id)
        if number:
            shown = proposals.get_project(tx, call_id, number)
        else:
            shown = proposals.get_public(tx, call_id, proposal_id, readable_from=call.readable_from)
        result = counting.result_of(tx, call.id, shown.number)
    if shown.status in {Status.REJECTED, Status.WITHDRAWN}:
        raise ProposalUnknown(proposal=shown.id)
    said = said_of(call, result.told, result.titles) if result else None
    return Shared(
        call=call,
        path=address_of_proposal(call_id, shown),
        title=shown.title,
        sentence=shown.summary,
        symbol=drawing(call.rules.intake, shown.category, shown.title),
        facts=_when(call, call.stage(rt.clock()), shown, said),
        picture=shown.pictures[0] if shown.pictures else None,
    )


def _when(
    call: CallView, stage: Stage, shown: ProposalView | None, said: Said | None
) -> tuple[tuple[str, str], ...]:
    """When and where one endorses or votes; what became of it once it is counted."""
    line = call.rules.timeline
    facts: list[tuple[str, str]] = []
    if shown is not None and shown.number is not None:
        facts.append((_("票選編號"), _("%(number)s 號", number=shown.number)))
    due = call.rules.intake.due(line)
    if said is not None:
        return (*facts, (_("票選結果"), said.headline))
    if shown is not None and shown.status in UNDECIDED and due and runtime().clock() < due:
        facts.append((_("連署到"), short(due)))
    if stage in {Stage.GRACE, Stage.CLOSED, Stage.OPENED, Stage.CERTIFIED}:
        return (*facts, (_("投票"), _("已經截止，結果會公告在網站上。")))
    facts += [
        (_("投票開始"), short(line.voting_opens_at)),
        (_("投票截止"), short(line.issue_until)),
        (
            _("在哪裡投票"),
            _("掃描 QR 碼，或到 %(host)s", host=urlsplit(runtime().settings.web.origin).netloc),
        ),
    ]
    return tuple(facts)


def _shared(call_id: str, proposal_id: int, number: int, *, results: bool) -> Shared:
    if results:
        return _of_results(call_id)
    if proposal_id or number:
        return _of_proposal(call_id, proposal_id=proposal_id, number=number)
    return _of_call(call_id)


@bp.get("/share")
@bp.get("/proposals/<number:proposal_id>/share")
@bp.get("/projects/<number:number>/share")
@bp.get("/results/share", defaults={"results": True})
@allow("public")
def share(call_id: str, proposal_id: int = 0, number: int = 0, *, results: bool = False) -> str:
    """Every way to tell others, on one page that needs no script."""
    rt = runtime()
    return render_template(
        "site/share.html",
        shared=_shared(call_id, proposal_id, number, results=results),
        has_pdf=poster.has_faces(rt.settings.poster),
        languages=LANGUAGES,
    )


@bp.get("/poster")
@bp.get("/proposals/<number:proposal_id>/poster")
@bp.get("/projects/<number:number>/poster")
@bp.get("/results/poster", defaults={"results": True})
@allow("public")
def printable(call_id: str, proposal_id: int = 0, number: int = 0, *, results: bool = False) -> str:
    """The poster as a page, for printers and for voices."""
    return render_template(
        "site/poster.html",
        shared=_shared(call_id, proposal_id, number, results=results),
        now=runtime().clock(),
    )


@bp.get("/poster-<lang>.pdf")
@bp.get("/proposals/<number:proposal_id>/poster-<lang>.pdf")
@bp.get("/projects/<number:number>/poster-<lang>.pdf")
@bp.get("/results/poster-<lang>.pdf", defaults={"results": True})
@allow("public")
@limiter.limit("20 per minute")
def pdf(call_id: str, lang: str, proposal_id: int = 0, number: int = 0, *, results: bool = False) -> Response:
    """The poster as a PDF, in the language of its address."""
    rt = runtime()
    with in_language(lang if lang in LANGUAGES else language()):
        shared = _shared(call_id, proposal_id, number, results=results)
        content = poster.pdf_of(_poster(shared), rt.settings.poster, now=rt.clock())
    response: Response = make_response(content)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="poster-{call_id}-{lang}.pdf"'
    return response


def _poster(shared: Shared) -> Poster:
    rt, picture = runtime(), shared.picture
    return Poster(
        language=language(),
        heading=_("參與式預算 · %(title)s", title=call_title(shared.call)),
        title=shared.title,
        sentence=shared.sentence,
        facts=shared.facts,
        address=shared.address,
        scan=_("掃描看完整內容"),
        agency=_("%(agency)s　%(when)s 製作", agency=agency_name(shared.call), when=day(rt.clock())),
        note="" if picture else _("示意圖：依類別畫的"),
        picture=picture_bytes(rt, picture.sha256) if picture else b"",
        drawing="" if picture else symbol_of(shared.symbol),
    )


@lru_cache(maxsize=32)
def symbol_of(name: str) -> str:
    """A drawing as an SVG file of its own, in its colours by day."""
    found = re.search(
        rf'<symbol id="{re.escape(name)}" viewBox="([^"]+)"[^>]*>(.*?)</symbol>',
        _ART.read_text("utf-8"),
        re.S,
    )
    if found is None:
        return ""
    inner = _TONE.sub(r"\1", found[2])
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{found[1]}">{inner}</svg>'
