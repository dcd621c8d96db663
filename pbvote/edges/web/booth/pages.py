"""The booth (圈票處) and the box's public answers: no session, no cookie, no account.

The pages are shells that the server fills from the frozen manifest; choices, keys and receipts live in
the browser alone. Nothing here is ever told who is asking, and it does not look.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as WsgiResponse

from pbvote.core.ballot.receipt import INCLUDE_WITHIN, code_prefix
from pbvote.core.errors import InvalidInput, NotFound
from pbvote.core.letters import loosely
from pbvote.core.manifest import BallotProject, Manifest
from pbvote.core.record.counted import NoticeKind
from pbvote.core.rules.intake import Intake
from pbvote.core.rules.ruleset import District
from pbvote.core.rules.stage import ACTS, Act, Progress, Stage
from pbvote.core.types import CallId, b64, is_hex_digest
from pbvote.edges.web.base.context import runtime
from pbvote.edges.web.base.forms import refused
from pbvote.edges.web.base.policy import allow
from pbvote.edges.web.booth import calendar
from pbvote.platform.bulletin.log import EntryUnknown
from pbvote.platform.places import BROWSER_MODULES
from pbvote.rooms.ballotbox import queries, service
from pbvote.rooms.ballotbox.errors import WithIdentity
from pbvote.rooms.ballotbox.help import Help, help_of
from pbvote.words.grounds import weight_sentences
from pbvote.words.language import either, language

bp = Blueprint("booth", __name__)

PROJECTS_A_PAGE = 60
_ENTRIES_AT_MOST = 10_000
_ENTRIES_AT_ONCE = 500
_LAST_POSITION = 2**31 - 1
_OCTETS = "application/octet-stream"


class NoSuchPage(NotFound):
    """The address names no page, entry or district of this vote."""

    code = "booth.no-such-page"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """The part of a district's projects that one page shows; ``all``: how many the district has."""

    projects: tuple[BallotProject, ...]
    number: int
    of: int
    total: int
    all: int
    asked: Mapping[str, str]

    def query(self, number: int) -> str:
        """The query of another page of the same list."""
        return urlencode({name: value for name, value in self.asked.items() if value} | {"page": number})


def _manifest(call_id: str) -> Manifest:
    return service.vote_of(runtime(), CallId(call_id)).manifest


def _withdrawn(call_id: str) -> dict[int, str]:
    with runtime().read_box() as tx:
        statements = queries.notices(tx, CallId(call_id))
    reasons: dict[int, str] = {}
    for statement in statements:
        number = statement.get("project")
        if statement.get("kind") == NoticeKind.PROJECT_WITHDRAWN and isinstance(number, int):
            reasons[number] = str(statement.get("reason", ""))
    return reasons


def _stage_and_help(manifest: Manifest) -> tuple[Stage, Help]:
    """The stage by the clock, but never an open one where the box is sealed; and whom to ask."""
    rt = runtime()
    with rt.read_box() as tx:
        sealed, told = queries.sealed_and_help(tx, manifest.call)
    by_clock = manifest.ruleset.timeline.stage(Progress.FROZEN, rt.clock())
    return Stage.CLOSED if sealed else by_clock, told


def _title(manifest: Manifest) -> str:
    return either(manifest.title, manifest.title_en)


def _category_names(manifest: Manifest) -> dict[str, str]:
    return {each.id: either(each.name, each.name_en) for each in manifest.ruleset.intake.categories}


def _name(district: District) -> str:
    return either(district.name, district.name_en)


def _spoken(told: Help) -> tuple[str, str]:
    """The agency and its contact in the reader's language; empty where the box does not know them yet."""
    wanted = (language(), "en", "zh") if language() != "zh" else ("zh",)
    agency, contact = (
        next((texts[each] for each in wanted if each in texts), "") for texts in (told.agency, told.contact)
    )
    return agency, contact


# ---- pages


@bp.get("/booth/<call_id>/")
@allow("public")
def choose(call_id: str) -> str | WsgiResponse:
    """Pick the district, then the projects (S2)."""
    manifest = _manifest(call_id)
    if _from_elsewhere() and {"another", "counter"} & request.args.keys():
        # only our own pages hand the device to somebody else: a link in a mail clears nobody's choices
        return redirect(f"/booth/{manifest.call}/")
    stage, told = _stage_and_help(manifest)
    districts = manifest.ruleset.districts
    wanted = request.args.get("district", districts[0].id if len(districts) == 1 else "")
    frame = {
        "manifest": manifest,
        "stage": stage,
        "sealed_early": stage is Stage.CLOSED and runtime().clock() < manifest.cast_until,
        "district_name": _name,
        "vote_title": _title(manifest),
        "help": _spoken(told),
    }
    if not wanted:
        return render_template(
            "booth/districts.html",
            **frame,
            is_open=Act.CAST in ACTS[stage],
            another=request.args.get("another"),  # passed on: the ballot's page clears the place
        )
    district = next((each for each in districts if each.id == wanted), None)
    if district is None:
        raise NoSuchPage(call=call_id)
    names = _category_names(manifest)
    page = _page(manifest.projects_of(district.id), district.id, manifest.ruleset.intake)
    return render_template(
        "booth/choose.html",
        **frame,
        district=district,
        page=page,
        asked=page.asked,
        weights=weight_sentences(manifest.ruleset),
        category_names=names,
        categories=[(key, name) for key, name in names.items()],
        withdrawn=_withdrawn(call_id),
        form=manifest.ruleset.ballot_form,
        is_open=Act.CAST in ACTS[stage],
    )


def _from_elsewhere() -> bool:
    """Whether another site's page led here (browsers say so themselves)."""
    return request.headers.get("Sec-Fetch-Site", "") in {"cross-site", "same-site"}


def _page(projects: tuple[BallotProject, ...], district: str, intake: Intake) -> _Page:
    asked = {name: request.args.get(name, "")[:100] for name in ("words", "category", "order", "seed")}
    if asked["order"] == "random" and not asked["seed"].isdecimal():
        asked["seed"] = str(secrets.randbelow(10**6))
    kinds = {each.id: f"{each.name} {each.name_en}" for each in intake.categories}
    found = [p for p in projects if _fits(p, asked, kinds.get(p.category, ""))]
    found.sort(key=_order(asked))
    pages = max(1, -(-len(found) // PROJECTS_A_PAGE))
    number = request.args.get("page", 1, type=int)
    if not 1 <= number <= pages:
        raise NoSuchPage(page=number)
    first = (number - 1) * PROJECTS_A_PAGE
    return _Page(
        projects=tuple(found[first : first + PROJECTS_A_PAGE]),
        number=number,
        of=pages,
        total=len(found),
        all=len(projects),
        asked={"district": district, **asked},
    )


def _fits(project: BallotProject, asked: Mapping[str, str], category: str) -> bool:
    text = loosely(f"{project.number} {project.title} {project.summary} {project.place} {category}")
    words = loosely(asked["words"]).split()
    return all(word in text for word in words) and asked["category"] in {"", project.category}


def _order(asked: Mapping[str, str]) -> Callable[[BallotProject], tuple[object, ...]]:
    keys: dict[str, Callable[[BallotProject], tuple[object, ...]]] = {
        "random": lambda p: (hashlib.sha256(f"{asked['seed']}:{p.number}".encode()).digest(),),
        "cheapest": lambda p: (p.cost_twd, p.number),
        "dearest": lambda p: (-p.cost_twd, p.number),
    }
    return keys.get(asked["order"], lambda p: (p.number,))


@bp.get("/booth/<call_id>/<any(review, cast, receipt, done):step>")
@allow("public")
def shell(call_id: str, step: str) -> str:
    """A page whose content the browser fills from what it keeps."""
    manifest = _manifest(call_id)
    with runtime().read_box() as tx:
        told = help_of(tx, manifest.call)
    return render_template(
        f"booth/{step}.html",
        manifest=manifest,
        vote_title=_title(manifest),
        help=_spoken(told),
        public_by=manifest.cast_until + INCLUDE_WITHIN,
    )


@bp.get("/booth/offline")
@allow("public")
def offline() -> str:
    """What the service worker shows where a page can neither be had nor was kept."""
    return render_template("booth/offline.html")


@bp.get("/booth/worker.js")
@allow("public")
def worker() -> Response:
    """The service worker, byte for byte as the manifest names it; booth and check-in begin it."""
    response = Response((BROWSER_MODULES / "worker.js").read_bytes(), content_type="text/javascript")
    response.headers["Service-Worker-Allowed"] = "/"
    response.headers["Cache-Control"] = "no-cache"
    return response


@bp.get("/booth/<call_id>/dates.ics")
@allow("public")
def dates(call_id: str) -> Response:
    """What is still to come after the vote, for a calendar: the same file for everybody."""
    manifest = _manifest(call_id)
    response = Response(calendar.after_the_vote(manifest), content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="{manifest.call}.ics"'
    return response


@bp.get("/booth/check")
@allow("public")
def check() -> str:
    """Look a ballot up by its check code or a saved receipt, in the browser."""
    return _check_page({}, "")


@bp.post("/booth/check")
@allow("public")
def check_without_script() -> Response | str:
    """The same for browsers without JavaScript: the service answers, and says that it is its word."""
    values = {name: request.form.get(name, "").strip() for name in ("call", "code")}
    try:
        with runtime().read_box() as tx:
            queries.proof(tx, CallId(values["call"]), code_prefix(values["code"]))
    except EntryUnknown:
        return _check_page(values, "unknown" if _all_public(values["call"]) else "waiting")
    except InvalidInput as error:
        return refused(error, lambda errors: _check_page(values, "", errors))
    return _check_page(values, "in")


def _all_public(call_id: str) -> bool:
    """Whether every ballot of the vote is in the log by now, as the box has promised."""
    return runtime().clock() > _manifest(call_id).cast_until + INCLUDE_WITHIN


def _check_page(values: dict[str, str], found: str, errors: dict[str, str] | None = None) -> str:
    with runtime().read_box() as tx:
        votes = queries.votes(tx)
    return render_template("booth/check.html", votes=votes, values=values, found=found, errors=errors or {})


# ---- the box


@bp.post("/box/<call_id>/ballots")
@allow("public")
def cast(call_id: str) -> tuple[Response, int]:
    """Take a sealed ballot: raw bytes, and nothing that says whose (S6)."""
    if request.headers.get("Cookie") or request.headers.get("Authorization"):
        raise WithIdentity()
    receipt = service.cast_ballot(runtime(), CallId(call_id), request.get_data(cache=False))
    answer = {
        "entry_hash": b64(receipt.entry_hash),
        "include_by": receipt.include_by,
        "signature": b64(receipt.signature),
    }
    return jsonify(answer), 201


cast.csrf_exempt = True  # type: ignore[attr-defined]


@bp.get("/box/<call_id>/manifest")
@allow("public")
def manifest(call_id: str) -> Response:
    """The frozen manifest, byte for byte."""
    return _frozen(_manifest(call_id).bytes, "application/json")


@bp.get("/box/<call_id>/notices")
@allow("public")
def notices(call_id: str) -> Response:
    """The statements of the signed notices."""
    _manifest(call_id)
    with runtime().read_box() as tx:
        return jsonify(queries.notices(tx, CallId(call_id)))


@bp.get("/box/<call_id>/checkpoint")
@allow("public")
def checkpoint(call_id: str) -> Response:
    """The newest signed checkpoint (C2SP tlog-checkpoint)."""
    with runtime().read_box() as tx:
        return Response(queries.checkpoint(tx, CallId(call_id)), content_type="text/plain; charset=utf-8")


@bp.get("/box/<call_id>/proof/<wanted>")
@allow("public")
def proof(call_id: str, wanted: str) -> Response:
    """The inclusion proof of an entry, by its hash (64 hexadecimal digits) or its check code."""
    prefix = bytes.fromhex(wanted) if is_hex_digest(wanted) else code_prefix(wanted)
    with runtime().read_box() as tx:
        found = queries.proof(tx, CallId(call_id), prefix)
    return jsonify(
        {
            "entry_hash": b64(found.entry_hash),
            "position": found.position,
            "size": found.size,
            "hashes": [b64(each) for each in found.hashes],
            "checkpoint": found.checkpoint,
        }
    )


@bp.get("/box/<call_id>/consistency/<number:old>")
@allow("public")
def consistency(call_id: str, old: int) -> Response:
    """The proof that a log of that size begins the log of the newest checkpoint."""
    with runtime().read_box() as tx:
        hashes, note = queries.consistency(tx, CallId(call_id), old)
    return jsonify({"hashes": [b64(each) for each in hashes], "checkpoint": note})


@bp.get("/box/<call_id>/tile/<int(max=255):level>/<number:index>")
@allow("public")
def tile(call_id: str, level: int, index: int) -> Response:
    """The hashes of a tile, up to 256 times 32 bytes; a full tile never changes."""
    with runtime().read_box() as tx:
        hashes = queries.tile(tx, CallId(call_id), level, index)
    if not hashes:
        raise NoSuchPage(level=level, index=index)
    if len(hashes) == 256 * 32:
        return _frozen(hashes, _OCTETS)
    return Response(hashes, content_type=_OCTETS)


@bp.get("/box/<call_id>/entries")
@allow("public")
def entries(call_id: str) -> Response:
    """Entries from ``start`` on, each behind its length in four bytes, at most ten thousand."""
    start = min(max(0, request.args.get("start", 0, type=int)), _LAST_POSITION)
    stop = min(request.args.get("stop", _LAST_POSITION, type=int), start + _ENTRIES_AT_MOST)
    _manifest(call_id)
    rt = runtime()

    def frames() -> Iterator[bytes]:
        for at in range(start, stop, _ENTRIES_AT_ONCE):
            # no transaction while somebody reads slowly: the write-ahead log could not be emptied
            with rt.read_box() as tx:
                part = list(queries.entries(tx, CallId(call_id), at, min(stop, at + _ENTRIES_AT_ONCE)))
            if not part:
                return
            yield b"".join(len(entry).to_bytes(4, "big") + entry for entry in part)

    return Response(frames(), content_type=_OCTETS)


def _frozen(content: bytes, content_type: str) -> Response:
    """An answer that never changes, so that anybody on the way may keep it."""
    response = Response(content, content_type=content_type)
    response.headers["Cache-Control"] = "public, max-age=3600, immutable"
    return response
