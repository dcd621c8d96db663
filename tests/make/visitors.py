"""A browser that is signed in, for the tests of the pages about proposals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pbvote.core.types import Actor
from pbvote.edges.web.base import i18n


class Browser:
    """Follows links and sends forms with the token that the page carries."""

    def __init__(self, site: FlaskClient) -> None:
        self.site = site

    def sign_in(self, actor: Actor) -> None:
        kind = "resident" if actor.kind == "resident" else "staff"
        with self.site.session_transaction() as session:
            session.clear()
            session["_user_id"], session["_fresh"] = f"{kind}:{actor.id}", True

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
