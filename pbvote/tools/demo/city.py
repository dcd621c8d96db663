"""``pbvote demo``: one command, one folder, a living city to click through."""

from __future__ import annotations

import logging
import sqlite3
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

import click
import structlog
from sqlalchemy import Engine, event

from pbvote.core.errors import Conflict
from pbvote.core.rules.ruleset import GroundKind
from pbvote.core.types import Mode
from pbvote.edges import bootstrap
from pbvote.edges.identity import SandboxPerson
from pbvote.edges.server import serve
from pbvote.edges.web.demo.facts import (
    CallFacts,
    CityFacts,
    KeyFacts,
    StaffFacts,
    VoterFacts,
    write_facts,
)
from pbvote.platform import logs
from pbvote.platform.db import truncate_wal
from pbvote.platform.migrate import upgrade_both
from pbvote.platform.runtime import Runtime
from pbvote.platform.settings import DatabaseSettings, Settings
from pbvote.tools.demo import folder
from pbvote.tools.demo.guide import guide
from pbvote.tools.demo.plan import CallPlan
from pbvote.tools.demo.seed import City, make_city
from pbvote.tools.demo.voters import can_vote, people_to_try, people_who_voted

_ANYWHERE: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 -- compared with, not bound to


class NotADemo(Conflict):
    """The environment asks for another mode than demo (fact ``mode``)."""

    code = "demo.other-mode"


def demo_settings(state_dir: Path, *, host: str, port: int) -> Settings:
    """The settings of a demo whose everything lies in one folder.

    Raises:
        NotADemo: ``PBVOTE_MODE`` says something else.
    """
    address = "127.0.0.1" if host in _ANYWHERE else f"[{host}]" if ":" in host else host
    settings = bootstrap.settings_with_local_secrets(
        mode=Mode.DEMO.value, state_dir=state_dir, web={"origin": f"http://{address}:{port}"}
    )
    if settings.mode is not Mode.DEMO:
        raise NotADemo(mode=settings.mode.value)
    # never a database of somebody else that the environment happens to name
    return settings.model_copy(update={"database": DatabaseSettings(), "state_dir": state_dir})


def run_demo(state_dir: Path, *, host: str, port: int, keep: str) -> None:
    """Serve the demo city until stopped; ``keep`` empty throws a city that is there away.

    Raises:
        FolderNotOurs, PortBusy, NotADemo: nothing was touched.
    """
    state_dir = state_dir.absolute()
    folder.require_free_port(host, port)
    folder.claim(state_dir)
    if not keep:
        folder.empty(state_dir)
    facts = folder.kept_city(state_dir)
    settings = demo_settings(state_dir, host=host, port=port)
    upgrade_both(settings.url("main"), settings.url("box"))
    if facts is None:
        click.echo("正在建立示範城市，約需十幾秒……  Making the demo city, some seconds …", err=True)
        started = time.monotonic()
        facts = found_city(settings)
        click.echo(f"完成  done: {time.monotonic() - started:.0f} s", err=True)
    click.echo(guide(facts, origin=settings.web.origin, now=bootstrap.system_clock()))
    serve(settings, part="all", host=host, port=port)


def found_city(settings: Settings) -> CityFacts:
    """The city has been made, and what visitors need to know is written down, last and at once.

    While it is made nothing waits for the disk: half a city is thrown away in any case. The databases
    are brought to the disk before the city counts as complete.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    rt = bootstrap.runtime_of(_told_at_once(settings))
    for engine in _engines(rt):
        event.listen(engine, "connect", _hurry)
    city, plans = make_city(rt)
    facts = _facts(city, plans)
    for engine in _engines(rt):
        engine.dispose()
    _bring_to_disk(bootstrap.runtime_of(settings))
    write_facts(settings.state_dir, facts)
    logs.configure()
    return facts


def _told_at_once(settings: Settings) -> Settings:
    """The same settings, with votes that end when the diary's clock says so: it never goes wrong."""
    vote = settings.vote.model_copy(update={"seal_after_seconds": 0})
    return settings.model_copy(update={"vote": vote})


def _engines(rt: Runtime) -> tuple[Engine, Engine]:
    return rt.engine("main"), rt.engine("box")


def _hurry(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _bring_to_disk(rt: Runtime) -> None:
    for engine in _engines(rt):
        truncate_wal(engine)
        engine.dispose()


def _facts(city: City, plans: tuple[CallPlan, ...]) -> CityFacts:
    agencies = {one.slug: one for one in city.plan.agencies}
    moderation = next(call for call in plans if call.key == "moderation")
    return CityFacts(
        name=city.plan.name,
        name_en=city.plan.name_en,
        made_at=city.now.isoformat(),
        good_until=(moderation.at("moderation_until") - timedelta(hours=1)).isoformat(),
        staff=tuple(
            StaffFacts(
                account_id=city.staff[one.login],
                login=one.login,
                password=one.password,
                name=one.name,
                role=one.role,
                agency=agencies[one.agency].name,
                agency_en=agencies[one.agency].name_en,
            )
            for one in city.plan.staff
        ),
        residents=dict(city.plan.residents),
        voters=_voters(city, plans),
        calls=tuple(
            CallFacts(
                key=call.key,
                id=city.calls[call.key],
                title=call.title,
                title_en=call.title_en,
                agency=call.agency,
            )
            for call in plans
        ),
        keys=tuple(
            KeyFacts(
                agency=one.slug,
                name=one.name,
                name_en=one.name_en,
                passphrase=one.passphrase,
                auditor_passphrase=one.auditor_passphrase,
            )
            for one in city.plan.agencies
        ),
    )


def _voters(city: City, plans: tuple[CallPlan, ...]) -> tuple[VoterFacts, ...]:
    """People who have not voted, by district; one who has; and the special cases."""
    voting = next(call for call in plans if call.key == "voting")
    districts = [city.plan.districts[key].id for key in voting.budgets]
    voted = next(iter(people_who_voted(districts)))
    free = sorted(people_to_try(), key=lambda person: districts.index(person.bonds[0].district))
    facts = [_voter(city, person) for person in free]
    able = [one for one in facts if one.may_vote]
    return (*able, _voter(city, voted, shows="voted"), *(one for one in facts if not one.may_vote))


def _voter(city: City, person: SandboxPerson, *, shows: str = "") -> VoterFacts:
    bond = person.bonds[0]
    district = next(one for one in city.plan.districts.values() if one.id == bond.district)
    weights = {ground["kind"]: int(ground["weight"]) for ground in city.plan.grounds}
    votes = can_vote(person) or person.shows == "permit"
    return VoterFacts(
        national_id=person.national_id,
        birth_on=person.birth_on.isoformat(),
        shows=shows or person.shows,
        kind=GroundKind(bond.kind).value,
        district=district.name,
        district_en=district.name_en,
        weight=weights[bond.kind] if votes else 0,
    )
