"""Links in mail that end it: made from the service's secret and kept nowhere (RFC 8058).

A topic is the id of a call, or ``~`` with what mail is about (``~comments``), ``~digest`` or ``~all``.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from pbvote.platform.settings import Settings

_MARK: Final = 20


def token_of(settings: Settings, *, resident_id: int, topic: str) -> str:
    """The end of a link by which a resident stops the mail of a topic."""
    body = f"{resident_id}.{topic}"
    return f"{body}.{_mac(settings, body)}"


def read(settings: Settings, token: str) -> tuple[int, str] | None:
    """The resident and the topic of a link; None for a token that this service never made."""
    body, _, mark = token.rpartition(".")
    resident, _, topic = body.partition(".")
    if not resident.isdecimal() or not hmac.compare_digest(mark.encode(), _mac(settings, body).encode()):
        return None
    return int(resident), topic


def _mac(settings: Settings, body: str) -> str:
    key = settings.secret_key.get_secret_value().encode()
    return hmac.new(key, f"unsubscribe:{body}".encode(), hashlib.sha256).hexdigest()[: 2 * _MARK]
