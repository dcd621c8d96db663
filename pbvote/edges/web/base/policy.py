"""Who may call what. Every endpoint declares it, or the application refuses to start.

Names only: who is behind a request is told by the resolver that :func:`install` is given, which on
the site is :func:`pbvote.edges.web.site.login.current_actor`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from flask import Flask, current_app, redirect, request
from werkzeug.wrappers import Response

from pbvote.core.errors import NotPermitted
from pbvote.core.types import Actor, Role
from pbvote.edges.web.base.again import ask_again

Resolver = Callable[[], Actor | None]
View = TypeVar("View", bound=Callable[..., Any])

AUDIENCES = frozenset({"public", "resident", "staff", *(role.value for role in Role)})


class RoleMissing(NotPermitted):
    """Signed in, but without the role that this page asks for (fact ``audience``)."""

    code = "policy.role-missing"


class ResidentsOnly(NotPermitted):
    """A page for residents, opened from a staff account."""

    code = "policy.residents-only"


class AudienceUndeclared(Exception):
    """A view without an audience: a mistake in the code, found at start-up."""


def allow(audience: str) -> Callable[[View], View]:
    """Declare who may call a view: public, resident, staff (any role), or a role."""
    if audience not in AUDIENCES:
        raise AudienceUndeclared(audience)

    def mark(view: View) -> View:
        view.audience = audience  # type: ignore[attr-defined]
        return view

    return mark


def current_actor() -> Actor | None:
    """The account behind this request, or None; the check-in and the box have none."""
    resolve: Resolver | None = current_app.extensions.get("pbvote-actor")
    return resolve() if resolve is not None else None


def signed_in() -> Actor:
    """The account behind a request whose view is not public."""
    actor = current_actor()
    if actor is None:
        raise RoleMissing(audience="staff")
    return actor


def install(app: Flask, resolve: Resolver | None) -> None:
    """Check that every endpoint declares its audience and enforce it on each request.

    Raises:
        AudienceUndeclared: naming the endpoints that do not.
    """
    undeclared = [
        name for name, view in app.view_functions.items() if getattr(view, "audience", None) is None
    ]
    if undeclared:
        raise AudienceUndeclared(", ".join(sorted(undeclared)))
    app.extensions["pbvote-actor"] = resolve
    app.before_request(_enforce)


def _enforce() -> Response | None:
    if request.endpoint is None:
        return None
    audience = str(getattr(current_app.view_functions[request.endpoint], "audience", ""))
    if audience == "public":
        return None
    actor = current_actor()
    if actor is None:
        again = ask_again()
        if again is not None:
            return again
        door = "/account/sign-in" if audience == "resident" else "/staff/sign-in"
        here = request.full_path.rstrip("?") if request.method == "GET" else ""
        return redirect(f"{door}?next={quote(here, safe='/')}" if here else door)
    if not _fits(actor, audience):
        if audience == "resident":
            raise ResidentsOnly()
        raise RoleMissing(audience=audience)
    return None


def _fits(actor: Actor, audience: str) -> bool:
    if audience == "resident":
        return actor.kind == "resident"
    if actor.kind != "officer":
        return False
    return audience == "staff" or actor.has(Role(audience))
