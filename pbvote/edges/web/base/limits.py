"""How often one network address may try at the check-in; in the memory of one process, nothing is stored.

Only what went wrong counts, and codes that were mailed: whole families vote from one address.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import g
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.wrappers import Response

from pbvote.edges.web.base.context import runtime

limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=False)


def _rate() -> str:
    return runtime().settings.identity.address_rate


def count_this() -> None:
    """This request counts like a miss: something was sent to an address that anybody could have typed."""
    g.counts = True


def _counts(response: Response) -> bool:
    return response.status_code in {403, 429} or bool(g.get("counts"))


def misses_limited(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view where guesses are made: after many misses the address is told to come later."""
    limited: Callable[..., Any] = limiter.shared_limit(_rate, scope="checkin-misses", deduct_when=_counts)(
        view
    )
    return limited


def here() -> str:
    """The network address that this request comes from."""
    return get_remote_address()
