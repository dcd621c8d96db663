"""Roles x endpoints: who may call what follows from what the view declares, and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from werkzeug.routing import AnyConverter, IntegerConverter, Rule
from werkzeug.test import TestResponse

from pbvote.core.types import Role
from pbvote.edges.web.app import create_box, create_checkin, create_site
from pbvote.edges.web.base import policy
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import service as accounts_service
from pbvote.rooms.accounts.models import Agency, Resident, StaffAccount
from tests.architecture.source import ROOT, modules
from tests.make.services import MovableClock, make_runtime

PEOPLE = ("nobody", "resident", *(role.value for role in Role))
ENDING = {"account.close", "login.sign_out"}
"""After these nobody is signed in: they are asked last, the account's end before the sign-out."""
WELCOME = {
    "public": set(PEOPLE),
    "resident": {"resident"},
    "staff": {role.value for role in Role},
    **{role.value: {role.value} for role in Role},
}
DOORS = {"resident": "/account/sign-in"}


@pytest.fixture
def rt(tmp_path: Path, empty_databases: Path, clock: MovableClock) -> Iterator[Runtime]:
    """With the demo page, so that it is asked too."""
    runtime = make_runtime(tmp_path, empty_databases, clock, demo_page=True)
    yield runtime
    runtime.engine("main").dispose()
    runtime.engine("box").dispose()


@pytest.fixture
def app(rt: Runtime) -> Flask:
    return create_site(rt)


@pytest.fixture
def people(rt: Runtime) -> dict[str, str]:
    """What the session of each person holds."""
    # straight into the tables: hashing a password for each takes seconds
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    held = {"nobody": ""}
    with rt.main() as tx:
        agency = Agency(slug="testing", name="測試機關", name_en="", level="county", county="某市")
        tx.add(agency)
        tx.flush()
        for role in Role:
            account = StaffAccount(
                agency_id=agency.id,
                login=role.value,
                name="測試人員",
                password_hash="-",
                roles=[role.value],
                created_at=moment,
            )
            tx.add(account)
            tx.flush()
            held[role.value] = f"staff:{account.id}:1:{int(moment.timestamp())}"
        resident = Resident(email="someone@example.tw", name="某人", language="zh", confirmed_at=moment)
        tx.add(resident)
        tx.flush()
        held["resident"] = f"resident:{resident.id}:1:{int(moment.timestamp())}"
    return held


def _filled(rule: Rule) -> dict[str, object]:
    values: dict[str, object] = {}
    for name, converter in rule._converters.items():
        if isinstance(converter, IntegerConverter):
            values[name] = 1
        elif isinstance(converter, AnyConverter):
            values[name] = sorted(converter.items)[0]
        else:
            values[name] = "abcdefghij23"
    return values


def _requests(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Endpoint, method and path of everything that can be asked."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule.endpoint, method, adapter.build(rule.endpoint, _filled(rule), method=method)


def _audience(app: Flask, endpoint: str) -> str:
    return str(getattr(app.view_functions[endpoint], "audience", ""))


def _ask(app: Flask, method: str, path: str, *, held: str) -> TestResponse:
    """One request with a session of its own, past the check for forged forms."""
    client = app.test_client()
    with client.session_transaction() as session:
        session["csrf_token"] = "0" * 40
        if held:
            session["_user_id"], session["_fresh"] = held, True
    secret = app.config["SECRET_KEY"]
    token = URLSafeTimedSerializer(secret, salt="wtf-csrf-token").dumps("0" * 40)
    return client.open(path, method=method, headers={"X-CSRFToken": token, "Accept": "application/json"})


def _is_refused(response: TestResponse) -> bool:
    return response.status_code == 403 and (response.get_json(silent=True) or {}).get("code") in (
        policy.RoleMissing.code,
        policy.ResidentsOnly.code,
    )


def _is_door(response: TestResponse, audience: str) -> bool:
    door = DOORS.get(audience, "/staff/sign-in")
    return response.status_code == 302 and response.headers["Location"].startswith(door)


def test_every_module_with_views_is_part_of_an_application(rt: Runtime, app: Flask) -> None:
    mounted = {name for each in (app, create_checkin(rt), create_box(rt)) for name in each.blueprints}
    written = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in modules()
        if "bp = Blueprint(" in path.read_text("utf-8")
    }
    assert len(written) > 8
    assert {import_module(name).bp.name for name in written} == mounted


@pytest.mark.parametrize("person", PEOPLE)
def test_every_endpoint_answers_each_role_as_it_declares(
    app: Flask, people: dict[str, str], person: str
) -> None:
    wrong = []
    # signing out ends the account's sessions, so it is asked last
    for endpoint, method, path in sorted(_requests(app), key=lambda each: (each[0] in ENDING, each[0])):
        audience = _audience(app, endpoint)
        response = _ask(app, method, path, held=people[person])
        if person in WELCOME[audience]:
            good = not _is_refused(response) and not (audience != "public" and _is_door(response, audience))
        elif person == "nobody":
            good = _is_door(response, audience)
        else:
            good = _is_refused(response)
        if not good or response.status_code >= 500:
            wrong.append(f"{method} {path} ({endpoint}, {audience}) -> {response.status_code}")
    assert wrong == []


def test_the_check_in_and_the_box_know_no_roles(rt: Runtime) -> None:
    for app in (create_checkin(rt), create_box(rt)):
        for endpoint, view in app.view_functions.items():
            assert getattr(view, "audience", None) == "public", endpoint
        for endpoint, method, path in _requests(app):
            assert app.test_client().open(path, method=method).status_code < 500, (endpoint, method)


def test_the_box_never_sets_a_cookie(rt: Runtime) -> None:
    app = create_box(rt)
    for _endpoint, method, path in _requests(app):
        assert "Set-Cookie" not in app.test_client().open(path, method=method).headers, path


def test_the_check_ins_cookie_goes_to_the_check_in_alone(rt: Runtime) -> None:
    app = create_checkin(rt)
    assert app.config["SESSION_COOKIE_PATH"] == "/checkin"
    assert app.config["SESSION_COOKIE_NAME"] != create_site(rt).config["SESSION_COOKIE_NAME"]


def test_an_application_with_a_view_for_nobody_in_particular_does_not_start() -> None:
    app = Flask("undeclared")
    app.add_url_rule("/fine", "fine", policy.allow("public")(lambda: "fine"))
    app.add_url_rule("/bare", "bare", lambda: "bare")
    del app.view_functions["static"]
    with pytest.raises(policy.AudienceUndeclared, match="^bare$"):
        policy.install(app, None)


def test_an_audience_that_nobody_declared_is_a_mistake_at_import() -> None:
    with pytest.raises(policy.AudienceUndeclared, match="everybody"):
        policy.allow("everybody")


def test_a_suspended_account_is_nobody_with_its_next_request(
    rt: Runtime, app: Flask, people: dict[str, str]
) -> None:
    from pbvote.core.types import Actor, AgencyId
    from pbvote.rooms.accounts import queries

    with rt.read_main() as tx:
        administrator = queries.staff_actor(tx, int(people["administrator"].split(":")[1]))
    assert isinstance(administrator, Actor)
    assert administrator.agency_id == AgencyId(1)
    assert _ask(app, "GET", "/agency/", held=people["officer"]).status_code == 200
    accounts_service.suspend_staff(rt, administrator, int(people["officer"].split(":")[1]))
    assert _is_door(_ask(app, "GET", "/agency/", held=people["officer"]), "officer")
