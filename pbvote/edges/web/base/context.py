"""The runtime of the application that serves this request."""

from __future__ import annotations

from typing import cast

from flask import current_app

from pbvote.platform.runtime import Runtime


def runtime() -> Runtime:
    """The ports chosen at start-up."""
    return cast(Runtime, current_app.extensions["pbvote"])
