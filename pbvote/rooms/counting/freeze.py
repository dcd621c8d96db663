"""The freeze (S1): the accepted proposals, the rules and the keys become one manifest, once."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from pbvote.core.ballot.ballot import pad_length
from pbvote.core.ballot.possible import Obstacle, why_impossible
from pbvote.core.crypto import signing
from pbvote.core.errors import InvalidInput, raise_findings
from pbvote.core.manifest import BallotProject, BallotStyle, Manifest, parse_manifest
from pbvote.core.rules.eligibility import possible_styles, style_of
from pbvote.core.rules.ruleset import BallotOrder, District, Ruleset
from pbvote.core.rules.stage import Act, Progress
from pbvote.core.tally.tie_breaking import lot_commitment
from pbvote.core.types import Actor, CallId, Mode, ProjectNumber, Role, StyleId
from pbvote.platform import activity
from pbvote.platform.activity import Activity
from pbvote.platform.runtime import Runtime
from pbvote.platform.settings import LEAST_BATCH, LEAST_BATCH_SECONDS
from pbvote.rooms.ballotbox import service as ballotbox_service
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls import service as calls_service
from pbvote.rooms.calls.queries import CallView
from pbvote.rooms.counting.ceremony import PublicKeys, parse_public
from pbvote.rooms.counting.client_modules import client_modules
from pbvote.rooms.counting.errors import (
    BallotImpossible,
    BallotPointsShort,
    BallotTooDear,
    DemoPartAtFreeze,
    FreezeUndecided,
    FreezeWithoutProjects,
    MergeImpossible,
    SmallStyle,
)
from pbvote.rooms.counting.models import Vote
from pbvote.rooms.counting.progress import Step, tie_seed_name
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals import service as proposals_service
from pbvote.rooms.proposals.queries import ProposalView
from pbvote.rooms.registrar import queries as registrar
from pbvote.rooms.registrar import service as registrar_service

SMALL: Final = 20
"""A ballot style with fewer eligible people hides too little (protocol, S1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezePlan:
    """What a freeze would fix now, for the officer to look at first."""

    call: CallView
    projects: tuple[ProposalView, ...]
    undecided: int
    eligible: Mapping[StyleId, int]
    small: tuple[StyleId, ...]
    forbidden: tuple[str, ...]


def plan_freeze(rt: Runtime, actor: Actor, call_id: CallId) -> FreezePlan:
    """What would be frozen now, and what stands in the way.

    Raises:
        CallUnknown, RoleNeeded.
    """
    with rt.read_main() as tx:
        call = calls.get_call_of(tx, actor, Role.OFFICER, call_id=call_id)
        eligible = registrar.eligible_per_style(tx, call_id)
        styles = {style.id: eligible.get(style.id, 0) for style in possible_styles(call.rules)}
        return FreezePlan(
            call=call,
            projects=tuple(proposals.accepted_in_order(tx, call_id)),
            undecided=len(proposals.undecided(tx, call_id)),
            eligible=styles,
            small=small_styles(call.rules, styles),
            forbidden=tuple(forbidden_parts(rt, call.rules)),
        )


def small_styles(rules: Ruleset, eligible: Mapping[StyleId, int]) -> tuple[StyleId, ...]:
    """The styles under 20 eligible; none where nobody can know how many are eligible."""
    if not rules.way.reads_roll:
        return ()
    return tuple(style for style, count in eligible.items() if count < SMALL)


def forbidden_parts(rt: Runtime, rules: Ruleset) -> list[str]:
    """In production: every demo-only part of the settings and of the call's rules, by name."""
    if rt.settings.mode is not Mode.PRODUCTION:
        return []
    of_rules = {
        f"verification={rules.way.name}": rules.way.demo_only,
        f"batch_least<{LEAST_BATCH}": rules.batch_least < LEAST_BATCH,
        f"batch_seconds<{LEAST_BATCH_SECONDS}": rules.batch_seconds < LEAST_BATCH_SECONDS,
    }
    return [*rt.settings.forbidden_in_production(), *(name for name, on in of_rules.items() if on)]


def freeze(
    rt: Runtime,
    actor: Actor,
    call_id: CallId,
    *,
    public_key_file: bytes,
    accept_small: tuple[StyleId, ...] = (),
    merge: Mapping[StyleId, StyleId] | None = None,
) -> Manifest:
    """The manifest, stored; the worker hands it to registrar and box, voting opens at its time.

    A freeze that is refused leaves nothing but keys, which a second try uses again.

    Raises:
        CallUnknown, RoleNeeded.
        StageClosed: intake has not ended, voting should have opened, or the vote is frozen already.
        DemoPartAtFreeze: in production, naming every demo-only part.
        FreezeUndecided, FreezeWithoutProjects, BallotImpossible, BallotTooDear, BallotPointsShort:
            the list of proposals is not ready.
        CeremonyFileInvalid: the uploaded file.
        SmallStyle, MergeImpossible, SeveralErrors: naming the style.
    """
    joined = dict(merge or {})
    with rt.read_main() as tx:
        call, accepted = _ready(rt, tx, actor, call_id)
        counted = registrar.eligible_per_style(tx, call_id, merged=joined)
    public = parse_public(public_key_file)
    _check_merge(call.rules, joined)
    eligible = {s.id: counted.get(s.id, 0) for s in possible_styles(call.rules) if s.id not in joined}
    small = small_styles(call.rules, eligible)
    raise_findings([SmallStyle(field=f"small.{s}", style=s) for s in small if s not in accept_small])
    if call.rules.ballot_order is BallotOrder.LOT:
        secrets.SystemRandom().shuffle(accepted)
    manifest = _manifest(rt, call, accepted, public=public, eligible=eligible)
    now = rt.clock()
    with rt.main() as tx:
        _ready(rt, tx, actor, call_id)
        registrar_service.merge_styles_in(tx, call_id, joined)
        numbers = dict(zip((p.id for p in accepted), (p.number for p in manifest.projects), strict=True))
        proposals_service.set_numbers(tx, call_id, numbers)
        tx.add(_row(manifest, small=small, joined=joined, now=now))
        calls_service.set_progress(tx, call_id, Progress.FROZEN)
        activity.record(
            tx,
            actor,
            Activity.VOTE_FREEZE,
            at=now,
            call_id=call_id,
            election_hash=manifest.election_hash.hex(),
            projects=len(numbers),
            small=list(small),
            merged=joined,
        )
    registrar_service.receive_manifest(rt, manifest)
    return manifest


def _row(
    manifest: Manifest, *, small: tuple[StyleId, ...], joined: Mapping[StyleId, StyleId], now: datetime
) -> Vote:
    return Vote(
        call_id=manifest.call,
        manifest=manifest.bytes,
        step=Step.FROZEN,
        small=list(small),
        merged=dict(joined),
        frozen_at=now,
        turnout={},
        checks={},
    )


def _ready(rt: Runtime, tx: Session, actor: Actor, call_id: CallId) -> tuple[CallView, list[ProposalView]]:
    """The call and its accepted proposals, if everything allows a freeze now."""
    call = calls.get_call_of(tx, actor, Role.OFFICER, call_id=call_id)
    call.require(Act.FREEZE, rt.clock())
    parts = forbidden_parts(rt, call.rules)
    if parts:
        raise DemoPartAtFreeze(parts=", ".join(parts))
    undecided = proposals.undecided(tx, call_id)
    if undecided:
        raise FreezeUndecided(count=len(undecided), proposals=undecided)
    accepted = proposals.accepted_in_order(tx, call_id)
    for district in call.rules.districts:
        costs = [proposal.cost_twd for proposal in accepted if proposal.district == district.id]
        if not costs:
            raise FreezeWithoutProjects(district=district.name)
        _require_possible(call.rules, district, costs)
    return call, accepted


def _require_possible(rules: Ruleset, district: District, costs: list[int]) -> None:
    """Guarantee that some choice makes a legal ballot in a district."""
    least = rules.ballot_form.min_choices
    found = why_impossible(rules.ballot_form, costs, budget=district.budget_twd)
    if found is None:
        return
    match found.obstacle:
        case Obstacle.TOO_FEW_PROJECTS:
            raise BallotImpossible(district=district.name, least=least, count=found.there)
        case Obstacle.OVER_BUDGET:
            raise BallotTooDear(
                district=district.name,
                least=least,
                needed=f"{found.needed:,}",
                budget=f"{found.there:,}",
            )
        case Obstacle.TOO_FEW_POINTS:
            raise BallotPointsShort(district=district.name, least=least, points=found.there)


def _check_merge(rules: Ruleset, joined: Mapping[StyleId, StyleId]) -> None:
    """Only styles of one district merge, and never into one that is merged away itself."""
    possible = {style.id for style in possible_styles(rules)}
    findings: list[InvalidInput] = []
    for style, into in joined.items():
        known = style in possible and into in possible and into not in joined and style != into
        if not known or style_of(style).district != style_of(into).district:
            findings.append(MergeImpossible(field=f"merge.{style}", style=style, into=into))
    raise_findings(findings)


def _manifest(
    rt: Runtime,
    call: CallView,
    accepted: list[ProposalView],
    *,
    public: PublicKeys,
    eligible: Mapping[StyleId, int],
) -> Manifest:
    """The manifest with keys made for it; keys are kept, so that a second try gives the same."""
    spki, roll_vkey = registrar_service.prepare_keys(rt, call.id, call.rules, styles=eligible)
    host = urlsplit(rt.settings.web.origin).netloc
    box_vkey = ballotbox_service.prepare_key(rt, call.id, log_name=f"{host}/box/{call.id}")
    numbers = range(1, len(accepted) + 1)
    manifest = Manifest(
        mode=rt.settings.mode,
        call=call.id,
        agency=call.agency.name,
        title=call.title,
        title_en=call.title_en,
        origin=rt.settings.web.origin,
        styles=tuple(
            BallotStyle(
                id=style,
                district=style_of(style).district,
                weight=style_of(style).weight,
                rsa_spki=key,
                eligible=eligible[style] if call.rules.way.reads_roll else 0,
            )
            for style, key in spki
        ),
        hpke_pk=public.hpke_pk,
        pad_to=pad_length(numbers, call.rules.ballot_form),
        box_vkey=box_vkey,
        roll_vkey=roll_vkey,
        auditor_pk=public.auditor_pk,
        projects=tuple(_projects(accepted)),
        ruleset=call.rules,
        tie_seed_hash=_tie_commitment(rt, call),
        client_modules=client_modules(),
    )
    return parse_manifest(manifest.bytes)


def _projects(accepted: list[ProposalView]) -> Iterator[BallotProject]:
    """The accepted proposals with their numbers on the ballot."""
    for number, proposal in enumerate(accepted, start=1):
        yield BallotProject(
            number=ProjectNumber(number),
            id=str(proposal.id),
            district=proposal.district,
            title=proposal.title,
            summary=proposal.summary,
            place=proposal.place,
            cost_twd=proposal.cost_twd,
            track=proposal.track,
            exclusive=proposal.exclusive,
            category=proposal.category,
            picture=proposal.pictures[0].sha256 if proposal.pictures else "",
            picture_alt=(proposal.pictures[0].alt or proposal.title) if proposal.pictures else "",
        )


def _tie_commitment(rt: Runtime, call: CallView) -> str:
    """The commitment to the seed of the lot, where the rules draw one (PRA-04)."""
    if "lot" not in call.rules.tie_order:
        return ""
    name = tie_seed_name(call.id)
    if not rt.keystore.has(name):
        rt.keystore.put(name, signing.generate_seed())
    return lot_commitment(rt.keystore.get(name)).hex()
