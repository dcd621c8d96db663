"""Makes the city: every call goes through its stages by the real services, at the time of each act."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, TypeVar

import pyotp

from pbvote.core.rules.ways import WAYS
from pbvote.core.types import Actor, CallId, Role
from pbvote.edges import worker
from pbvote.edges.web.demo.facts import keys_folder
from pbvote.platform import outbox
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.accounts import service as accounts_service
from pbvote.rooms.calls import service as calls_service
from pbvote.rooms.calls.translations import pieces, save_translations
from pbvote.rooms.counting import service as counting_service
from pbvote.rooms.counting.ceremony import OPENING_FILE, PUBLIC_FILE, make_ceremony
from pbvote.rooms.engagement import service as engagement_service
from pbvote.rooms.engagement import talking
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.proposals import service as proposals_service
from pbvote.rooms.registrar import queries as registrar
from pbvote.tools.demo.diary import Diary, DiaryClock, Postbox
from pbvote.tools.demo.pictures import sketch
from pbvote.tools.demo.plan import (
    CallPlan,
    CityPlan,
    ProjectPlan,
    draft_of,
    english_of,
    load_calls,
    load_city,
)
from pbvote.tools.demo.voters import Poll, people_who_voted
from pbvote.tools.demo.works import Act, keep_up, load_works
from pbvote.words.catalogue import texts
from pbvote.words.language import SECOND, SOURCE, offered

BURSTS: Final = 3
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_LANDSCAPES: Final = ("步道", "溪畔", "沙灘", "海堤")
_DAY: Final = timedelta(days=1)

Voter = TypeVar("Voter")


@dataclass(slots=True)
class City:
    """The city while it is made; ``now`` is the present that its dates are counted from."""

    rt: Runtime
    now: datetime
    plan: CityPlan
    postbox: Postbox
    diary: Diary
    staff: dict[str, int] = field(default_factory=dict)  # login -> account
    residents: dict[str, Actor] = field(default_factory=dict)  # mail address -> actor
    calls: dict[str, CallId] = field(default_factory=dict)  # key -> call
    proposals: dict[tuple[str, str], int] = field(default_factory=dict)  # key, title -> proposal

    def actor(self, agency: str, role: Role) -> Actor:
        """The agency's account with the role."""
        login = next(s.login for s in self.plan.staff if s.agency == agency and s.role == role.value)
        with self.rt.read_main() as tx:
            actor = accounts.staff_actor(tx, self.staff[login])
        if actor is None:
            raise LookupError(login)
        return actor

    def code_of(self, actor: Actor) -> str:
        """The six digits that the account's authenticator shows now."""
        secret = self.rt.keystore.get(f"account/{actor.id}/totp").decode()
        return pyotp.TOTP(secret).at(self.rt.clock())


def make_city(rt: Runtime) -> tuple[City, tuple[CallPlan, ...]]:
    """The whole city, from its agencies to the certified result; takes some seconds."""
    now, plan = rt.clock(), load_city()
    plans = load_calls(now)
    clock = DiaryClock(min(call.at("published") for call in plans).astimezone(UTC) - _DAY)
    postbox = Postbox(rt.messenger)
    past = replace(rt, clock=clock, messenger=postbox)
    city = City(rt=past, now=now, plan=plan, postbox=postbox, diary=Diary(clock))
    _settle_people(city)
    for call in plans:
        _write_call(city, call)
    city.diary.tell()
    outbox.send_due(past)
    return city, plans


def _settle_people(city: City) -> None:
    """Agencies with their key ceremonies, staff, and residents who followed the link in their mail."""
    rt = city.rt
    for agency in city.plan.agencies:
        accounts_service.create_agency(
            rt,
            slug=agency.slug,
            name=agency.name,
            name_en=agency.name_en,
            level=agency.level,
            county=agency.county,
        )
        folder = keys_folder(rt.settings.state_dir, agency.slug)
        make_ceremony(folder, agency.passphrase, agency.auditor_passphrase)
    for one in city.plan.staff:
        account_id, _uri = accounts_service.create_staff(
            rt,
            agency_slug=one.agency,
            login=one.login,
            name=one.name,
            roles=(one.role,),
            password=one.password,
        )
        city.staff[one.login] = account_id
    for email, name in city.plan.residents.items():
        accounts_service.request_sign_in_link(rt, email, name, language="zh")
        outbox.send_due(rt)
        token = city.postbox.fact("sign-in", email, "token")
        city.residents[email] = accounts_service.use_sign_in_link(rt, token, name)


def _write_call(city: City, call: CallPlan) -> None:
    """Everything that has happened to a call so far goes into the diary."""
    note = _noting(city)
    note(call.at("published"), partial(_publish, city, call))
    for project, at in zip(call.projects, _spread(city, call), strict=True):
        note(at, partial(_propose, city, call, project))
        decision = project.decision or ("accept" if call.freeze_at <= city.now else "")
        if decision:
            note(_decided_at(city, call, at), partial(_decide, city, call, project, decision=decision))
    note(call.freeze_at, partial(_freeze, city, call))
    note(call.freeze_at + _MINUTE, partial(worker.round_of_duties, city.rt))
    _write_vote(city, call)


def _noting(city: City) -> Callable[[datetime, Callable[[], None]], None]:
    """Notes what lies in the past, and passes over the rest."""

    def note(at: datetime, act: Callable[[], None]) -> None:
        if at <= city.now:
            city.diary.note(at, act)

    return note


def _spread(city: City, call: CallPlan) -> list[datetime]:
    """When each proposal came: evenly over the intake, as far as it has gone."""
    if call.has_intake:
        opens, closes = call.at("proposals_open_at"), call.at("proposals_close_at")
    else:
        opens, closes = call.at("published") + _HOUR, call.at("moderation_until") - _DAY
    closes = min(closes, city.now - _DAY)
    step = (closes - opens) / (len(call.projects) + 1)
    return [opens + step * (number + 1) for number in range(len(call.projects))]


def _decided_at(city: City, call: CallPlan, proposed_at: datetime) -> datetime:
    """A day after the intake ended, or after the proposal came while it is still open."""
    intake_ends = call.at("proposals_close_at") if call.has_intake else call.at("moderation_until") - _DAY
    open_still = intake_ends > city.now
    return min((proposed_at if open_still else max(intake_ends, proposed_at)) + 20 * _HOUR, city.now)


def _publish(city: City, call: CallPlan) -> None:
    officer = city.actor(call.agency, Role.OFFICER)
    made = calls_service.create_call(city.rt, officer, draft_of(call, city.plan))
    own = {SECOND: english_of(call, city.plan)}
    for language in (each.code for each in offered() if each.code != SOURCE):
        known = {**texts(language), **own.get(language, {})}
        typed = {one.digest: known.get(one.text, "") for one in pieces(made, language)}
        save_translations(city.rt, officer, made.id, language, typed=typed, shown={})
    calls_service.publish_call(city.rt, officer, made.id)
    city.calls[call.key] = made.id


def _propose(city: City, call: CallPlan, project: ProjectPlan) -> None:
    rt, call_id = city.rt, city.calls[call.key]
    values = project.values(city.plan.districts[project.district].id)
    if project.by:
        actor = city.residents[project.by]
        made = proposals_service.save_draft(rt, actor, call_id, values)
        _illustrate(city, call, project, actor=actor, proposal_id=made.id)
        proposals_service.submit(rt, actor, made.id)
        _talk(city, call, project, proposal_id=made.id)
    else:
        actor = city.actor(call.agency, Role.OFFICER)
        held_on = (rt.clock() - 5 * _DAY).date().isoformat()
        origin = {
            "proposer_name": project.name,
            "meeting": project.workshop,
            "held_on": held_on,
            "sheet": project.sheet,
        }
        made = proposals_service.enter_workshop_proposal(rt, actor, call_id, {**values, **origin})
    city.proposals[call.key, project.title] = made.id


def _talk(city: City, call: CallPlan, project: ProjectPlan, *, proposal_id: int) -> None:
    """Neighbours endorse where the call asks for it, and one asks something that the author answers."""
    if int(call.rule.get("intake.endorsements_least", "0")) == 0:
        return
    others = [actor for email, actor in city.residents.items() if email != project.by]
    for actor in others[: len(others) if project.decision == "accept" else 1]:
        engagement_service.endorse(city.rt, actor, proposal_id)
    if project.decision == "accept":
        asked = talking.ask(city.rt, others[0], proposal_id, body="施工的時候，輪椅和娃娃車要怎麼繞行？")
        said = "會分兩段施工，一次只封一邊，另一邊保留 1.5 公尺的通道。"
        talking.answer(city.rt, city.residents[project.by], asked, body=said)


def _illustrate(city: City, call: CallPlan, project: ProjectPlan, *, actor: Actor, proposal_id: int) -> None:
    """Proposals about land and water show a drawing of hills, made here and now; others their category's."""
    if not any(word in project.title for word in _LANDSCAPES):
        return
    proposals_service.attach_picture(
        city.rt,
        actor,
        proposal_id,
        content=sketch(project.district, seed=project.title),
        alt=f"示意圖：{project.place}",
    )


def _decide(city: City, call: CallPlan, project: ProjectPlan, *, decision: str) -> None:
    moderation_service.decide(
        city.rt,
        city.actor(call.agency, Role.OFFICER),
        city.proposals[call.key, project.title],
        decision=decision,
        reason=project.reason,
        correct_until=call.at("moderation_until") - 2 * _DAY if decision == "correct" else None,
    )


def _freeze(city: City, call: CallPlan) -> None:
    folder = keys_folder(city.rt.settings.state_dir, call.agency)
    counting_service.freeze(
        city.rt,
        city.actor(call.agency, Role.OFFICER),
        city.calls[call.key],
        public_key_file=(folder / PUBLIC_FILE).read_bytes(),
    )


def _write_vote(city: City, call: CallPlan) -> None:
    """Ballots in bursts, each followed by the worker; then, as far as time has come, close and count."""
    note, opens, ends = _noting(city), call.at("voting_opens_at"), call.at("issue_until")
    work = partial(worker.round_of_duties, city.rt)
    latest = min(ends, city.now) - 10 * _MINUTE
    for burst in range(BURSTS):
        at = opens + (latest - opens) * (burst + 1) / (BURSTS + 1)
        note(at, partial(_vote, city, call, burst=burst))
        note(at + _MINUTE, work)
    closed = ends + timedelta(minutes=city.rt.settings.vote.grace_minutes)
    note(ends + _MINUTE, work)
    note(closed + _MINUTE, work)
    if call.key != "certified":
        return
    note(closed + _HOUR, partial(_open, city, call))
    note(closed + _HOUR + _MINUTE, work)
    note(closed + _DAY, partial(_certify, city, call, role=Role.OFFICER))
    note(closed + _DAY + _HOUR, partial(_certify, city, call, role=Role.AUDITOR))
    note(closed + _DAY + _HOUR + _MINUTE, work)
    for title, acts in load_works(city.now).items():
        for act in acts:
            note(act.at, partial(_keep_up, city, call, title, act))


def _keep_up(city: City, call: CallPlan, title: str, act: Act) -> None:
    officer = city.actor(call.agency, Role.OFFICER)
    keep_up(city.rt, officer, city.calls[call.key], title, act, today=city.now)


def _vote(city: City, call: CallPlan, *, burst: int) -> None:
    popularity = {project.title: project.popularity for project in call.projects}
    with city.rt.read_main() as tx:
        manifest = registrar.get_manifest(tx, city.calls[call.key])
    poll = Poll(rt=city.rt, call_id=manifest.call, popularity=popularity, manifest=manifest)
    if not WAYS[call.verification].has_person:
        for number in _share(list(range(call.ballots)), burst):
            poll.vote_with_mail(f"neighbour{number + 1}@demo.example", city.postbox)
        return
    districts = [city.plan.districts[key].id for key in call.budgets]
    voters = list(people_who_voted(districts))[: call.ballots]
    for person in _share(voters, burst):
        poll.vote_with_number(person)


def _share(everybody: Sequence[Voter], burst: int) -> Sequence[Voter]:
    """The part of the voters who come in this burst."""
    return everybody[burst::BURSTS]


def _open(city: City, call: CallPlan) -> None:
    officer = city.actor(call.agency, Role.OFFICER)
    agency = next(one for one in city.plan.agencies if one.slug == call.agency)
    folder = keys_folder(city.rt.settings.state_dir, call.agency)
    counting_service.open_box(
        city.rt,
        officer,
        city.calls[call.key],
        key_file=(folder / OPENING_FILE).read_bytes(),
        passphrase=agency.passphrase,
        totp=city.code_of(officer),
    )


def _certify(city: City, call: CallPlan, *, role: Role) -> None:
    actor = city.actor(call.agency, role)
    counting_service.certify(city.rt, actor, city.calls[call.key], totp=city.code_of(actor))
