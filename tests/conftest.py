"""Fixtures: a fresh service per test on SQLite, under a clock that the test moves."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from werkzeug.test import Client

from pbvote.core.types import Actor, CallId
from pbvote.edges.web.app import create_box, create_checkin, create_service, create_site
from pbvote.platform.db import BoxBase, MainBase, open_engine
from pbvote.platform.migrate import upgrade_both
from pbvote.platform.runtime import Runtime
from tests.make.calls import published_call
from tests.make.people import Staff, put_agency, put_resident, put_staff
from tests.make.polls import VOTING, Poll, survey_poll, voting_poll
from tests.make.proposals import COLLECTING
from tests.make.services import MovableClock, close, make_runtime

# a slow machine is no fault of the code: examples are counted, never timed
hypothesis_settings.register_profile("pbvote", deadline=None)
hypothesis_settings.load_profile("pbvote")


@pytest.fixture(autouse=True)
def _no_network_beyond_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if host not in {"", "localhost", "::1"} and not str(host).startswith("127."):
            raise AssertionError(f"a test reached for {host}")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture(scope="session")
def empty_databases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both databases, migrated once, to be copied."""
    folder = tmp_path_factory.mktemp("empty")
    upgrade_both(f"sqlite:///{folder / 'main'}.db", f"sqlite:///{folder / 'box'}.db")
    return folder


@pytest.fixture
def rt(tmp_path: Path, empty_databases: Path, clock: MovableClock) -> Iterator[Runtime]:
    runtime = make_runtime(tmp_path, empty_databases, clock)
    yield runtime
    close(runtime)


@pytest.fixture
def site(rt: Runtime) -> FlaskClient:
    return create_site(rt).test_client()


@pytest.fixture
def checkin(rt: Runtime) -> FlaskClient:
    return create_checkin(rt).test_client()


@pytest.fixture
def box(rt: Runtime) -> FlaskClient:
    return create_box(rt).test_client()


@pytest.fixture
def service(rt: Runtime) -> Client:
    """All applications behind one origin, with a cookie jar."""
    return Client(create_service(rt))


@pytest.fixture
def officer(rt: Runtime) -> Staff:
    """An officer of the agency ``shilin``."""
    return put_staff(rt, put_agency(rt, "shilin"), "lin")


@pytest.fixture
def call_id(rt: Runtime, officer: Staff, clock: MovableClock) -> CallId:
    """A published call of the officer's agency that collects proposals."""
    found = published_call(rt, officer)
    clock.set(COLLECTING)
    return found


@pytest.fixture
def ming(rt: Runtime) -> Actor:
    """A resident."""
    return put_resident(rt, "王小明")


@pytest.fixture
def poll(rt: Runtime, clock: MovableClock) -> Poll:
    """Voting is open for persons 1 and 2."""
    made = voting_poll(rt, 1, 2)
    clock.set(VOTING)
    return made


@pytest.fixture
def survey(rt: Runtime, clock: MovableClock) -> Poll:
    """A survey that asks for no identity is open."""
    made = survey_poll(rt)
    clock.set(VOTING)
    return made


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server's URL; CI may not go without."""
    from tests.postgres import postgres_server

    try:
        with postgres_server() as url:
            yield url
    except ImportError as error:  # the wheel exists for common platforms only
        if os.environ.get("PBVOTE_NOTHING_SKIPPED"):
            raise
        pytest.skip(f"no PostgreSQL here: {error}")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def shared(request: pytest.FixtureRequest, rt: Runtime) -> Iterator[Runtime]:
    """A runtime whose databases are on each kind of server, for acts of several people at once."""
    if request.param == "sqlite":
        yield rt
        return
    from tests.postgres import fresh_database

    url = request.getfixturevalue("postgres_url")
    with fresh_database(url) as main_url, fresh_database(url) as box_url:
        main, box = open_engine(main_url, pool_size=20), open_engine(box_url, pool_size=20)
        MainBase.metadata.create_all(main)
        BoxBase.metadata.create_all(box)
        yield replace(rt, main_engine=main, box_engine=box)
        main.dispose()
        box.dispose()
