"""A session ends on the server: a copied cookie is worth nothing after the sign-out, wherever it lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from pbvote.core.types import Role
from pbvote.edges.web.app import create_checkin, create_site
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import queries
from pbvote.rooms.accounts import service as accounts_service
from tests.make.people import hire, mailed_token
from tests.make.services import MovableClock, make_runtime, settings_in
from tests.make.visitors import Desk


@pytest.fixture
def rt(tmp_path: Path, empty_databases: Path, clock: MovableClock) -> Iterator[Runtime]:
    """A service with the staff's real longest session."""
    runtime = make_runtime(tmp_path, empty_databases, clock, web={"staff_session_hours": 12})
    accounts_service.create_agency(runtime, slug="shilin", name="士林區公所", level="township")
    yield runtime
    for which in ("main", "box"):
        runtime.engine(which).dispose()


def _copy(site: FlaskClient, rt: Runtime) -> FlaskClient:
    """Another browser into which the cookie was copied."""
    cookie = site.get_cookie("pbvote_session")
    assert cookie is not None
    other = create_site(rt).test_client()
    other.set_cookie("pbvote_session", cookie.value)
    return other


def _is_in(site: FlaskClient, page: str = "/agency/") -> bool:
    return bool(site.get(page).status_code == 200)


def test_a_copied_cookie_of_staff_fails_after_the_sign_out(rt: Runtime, clock: MovableClock) -> None:
    desk = Desk(create_site(rt).test_client(), clock)
    desk.enter(hire(rt, "lin"))
    stolen = _copy(desk.site, rt)
    assert _is_in(stolen)
    desk.post("/sign-out", {})
    assert not _is_in(desk.site)
    assert not _is_in(stolen)


def test_a_copied_cookie_of_a_resident_fails_after_the_sign_out(rt: Runtime, clock: MovableClock) -> None:
    desk = Desk(create_site(rt).test_client(), clock)
    accounts_service.request_sign_in_link(rt, "mei@example.org", "陳小美")
    token = mailed_token(rt)
    desk.post(f"/account/link/{token}", {})
    stolen = _copy(desk.site, rt)
    assert _is_in(stolen, "/my/")
    desk.post("/sign-out", {})
    assert not _is_in(stolen, "/my/")


def test_a_suspension_ends_sessions_for_good(rt: Runtime, clock: MovableClock) -> None:
    desk = Desk(create_site(rt).test_client(), clock)
    desk.enter(hire(rt, "lin"))
    hire(rt, "chief", Role.ADMINISTRATOR)
    with rt.read_main() as tx:
        admin = queries.staff_actor(tx, 2)
    assert admin is not None
    accounts_service.suspend_staff(rt, admin, 1)
    accounts_service.restore_staff(rt, admin, 1)
    assert not _is_in(desk.site)


def test_a_session_of_staff_ends_twelve_hours_after_it_began(rt: Runtime, clock: MovableClock) -> None:
    desk = Desk(create_site(rt).test_client(), clock)
    desk.enter(hire(rt, "lin"))
    for _ in range(11):
        clock.forward(hours=1)
        assert _is_in(desk.site)
    clock.forward(hours=1)
    assert not _is_in(desk.site)


def test_a_cookie_from_before_sessions_had_numbers_is_nobodys(rt: Runtime, clock: MovableClock) -> None:
    hire(rt, "lin")
    site = create_site(rt).test_client()
    now = int(clock.now.timestamp())
    for held in ("staff:1", "staff:1:2:0", f"staff:1:1:{now + 60}", f"staff:1:0:{now}", "staff:1:1:x", ":::"):
        with site.session_transaction() as session:
            session["_user_id"], session["_fresh"] = held, True
        assert not _is_in(site), held
    with site.session_transaction() as session:
        session["_user_id"], session["_fresh"] = f"staff:1:1:{now}", True
    assert _is_in(site)


def test_cookies_over_tls_are_bound_to_their_host(tmp_path: Path, rt: Runtime) -> None:
    secure = rt.settings.model_copy(
        update={"web": settings_in(tmp_path).web.model_copy(update={"secure_cookies": True})}
    )
    object.__setattr__(rt, "settings", secure)
    assert create_site(rt).config["SESSION_COOKIE_NAME"] == "__Host-pbvote_session"
    assert create_checkin(rt).config["SESSION_COOKIE_NAME"] == "__Secure-pbvote_checkin"
