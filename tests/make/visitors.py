"""People at a browser: a stranger, a resident or an officer who is signed in, staff who come by the doors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pbvote.core.types import Actor, CallId
from pbvote.edges.web.base import i18n
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.accounts import service as accounts_service
from pbvote.rooms.calls import queries as calls
from tests.make.people import PASSWORD, Staff, hire
from tests.make.polls import Poll
from tests.make.services import MovableClock


def in_one_line(page: str) -> str:
    """The page as its reader sees it: white space is one space, and none beside or at the end of a tag."""
    tidy = re.sub(r"\s+>", ">", " ".join(page.split()))
    return re.sub(r"\s*(<[^>]*>)\s*", lambda tag: tag[1], tidy)


class Browser:
    """Follows links and sends forms with the token that the page carries."""

    def __init__(self, site: FlaskClient) -> None:
        self.site = site

    def sign_in(self, actor: Actor) -> None:
        kind = "resident" if actor.kind == "resident" else "staff"
        with self.site.session_transaction() as session:
            session.clear()
            session["_user_id"], session["_fresh"] = f"{kind}:{actor.id}:1:0", True

    def page(self, path: str, *, status: int = 200) -> str:
        answer = self.site.get(path)
        if answer.status_code == 302 and "seed=" in answer.location:
            answer = self.site.get(answer.location)  # a list in a random order keeps its seed in the address
        assert answer.status_code == status, (path, answer.status_code)
        return answer.get_data(as_text=True)

    def speak(self, language: str) -> None:
        self.site.set_cookie(i18n.COOKIE, language)

    def token(self) -> str:
        door = self.site.get("/account/sign-in", follow_redirects=True).get_data(as_text=True)
        found = re.search(r'name="csrf_token" value="([^"]+)"', door)
        assert found
        return found[1]

    def post(self, path: str, form: Mapping[str, Any]) -> TestResponse:
        return self.site.post(path, data=dict(form) | {"csrf_token": self.token()})


class Desk(Browser):
    """A browser of an agency's staff, who come in by the doors: password, then code."""

    def __init__(self, site: FlaskClient, clock: MovableClock) -> None:
        super().__init__(site)
        self.clock = clock

    def enter(self, who: Staff) -> None:
        """Both doors open."""
        password = self.post("/staff/sign-in", {"login": who.login, "password": PASSWORD})
        assert password.status_code == 302
        assert self.post("/staff/code", {"code": who.code(self.clock)}).status_code == 302


class CallDesk(Desk):
    """The same, at one call's rooms."""

    def __init__(self, site: Any, who: Staff, poll: Poll) -> None:
        super().__init__(site, poll.clock)
        self.base = f"/agency/calls/{poll.call_id}"
        self.enter(who)

    def room(self, name: str = "counting") -> str:
        """What stands in a room of the call."""
        return self.page(f"{self.base}/{name}")

    def act(self, name: str, form: Mapping[str, Any] | None = None, **fields: Any) -> TestResponse:
        """A form of one of the rooms."""
        return self.post(f"{self.base}/{name}", {**(form or {}), **fields})


def shilin_desk(rt: Runtime, site: FlaskClient, clock: MovableClock) -> Desk:
    """An officer of a new agency, signed in by password and code."""
    accounts_service.create_agency(rt, slug="shilin", name="士林區公所", level="township", county="臺北市")
    desk = Desk(site, clock)
    desk.enter(hire(rt, "lin"))
    return desk


def new_call(desk: Desk, values: dict[str, str], action: str = "save") -> TestResponse:
    """The call form sent for the first time."""
    return desk.post("/agency/calls/new", values | {"action": action})


def first_call(rt: Runtime) -> CallId:
    """The newest call of that agency."""
    with rt.read_main() as tx:
        agency = accounts.agency_of_slug(tx, "shilin")
        return CallId(calls.list_of_agency(tx, agency.id)[0].id)
