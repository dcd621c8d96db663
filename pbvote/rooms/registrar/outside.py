"""What a service outside has begun and not yet finished: sealed, at the browser, for some minutes.

The server stores nothing of it. It is bound to the call and to the browser's own mark, and holds whom it is
about: nobody finishes it for another person, in another vote, on another device, or a second time.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from sqlalchemy.orm import Session

from pbvote.core import canonical
from pbvote.core.crypto.errors import SealBroken
from pbvote.core.errors import PbvoteError
from pbvote.core.identity.national_id import canonical_id
from pbvote.core.rules.ways import WayOfIdentity
from pbvote.core.types import CallId, length_prefixed, tag
from pbvote.platform.identity import (
    Answer,
    Fields,
    IdentityAnswer,
    IdentityClaim,
    IdentityRequest,
    Pending,
    Picture,
    Redirect,
)
from pbvote.platform.runtime import Runtime
from pbvote.rooms.registrar import attempts, keys
from pbvote.rooms.registrar.errors import PendingBroken, PendingExpired, PendingForeign, PendingUsed

_LONGEST: Final = 2400  # beside the session's other members it has to fit a cookie of 4 KB
_LONGEST_LIFE: Final = 900
_LONGEST_PAUSE: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An identification that goes on at a service; ``sealed`` is for the check-in cookie."""

    way: str
    nonce: str
    pending: Pending
    expires_at: datetime
    notify_to: str
    sealed: str = ""

    @property
    def url(self) -> str:
        """Where the person goes; empty where they scan a picture."""
        return self.pending.show.url if isinstance(self.pending.show, Redirect) else ""

    @property
    def picture(self) -> Picture | None:
        """What they scan, if it is that."""
        return self.pending.show if isinstance(self.pending.show, Picture) else None


def ask(
    rt: Runtime,
    way: WayOfIdentity,
    call_id: CallId,
    *,
    claim: IdentityClaim | None,
    device: str,
    back: str,
    notify_to: str,
) -> IdentityAnswer | Started:
    """Begin with a service: its answer, if there is nothing more to show. No transaction is open."""
    service, nonce = rt.identity[way.name], secrets.token_urlsafe(24)
    begun = service.begin(IdentityRequest(call_id=call_id, claim=claim, back=back, nonce=nonce))
    if isinstance(begun, Answer):
        refused = begun not in (Answer.MATCH, Answer.WAITING)
        return IdentityAnswer(answer=begun if refused else Answer.DOWN)
    # a code is good for the beginning only
    pending = replace(begun, claim=replace(claim, code="") if claim else None)
    if isinstance(begun.show, Fields):
        answer = service.finish(replace(begun, claim=claim), {})
        return answer if answer.answer is not Answer.WAITING else IdentityAnswer(answer=Answer.DOWN)
    life = min(max(begun.expires_in, 1), _LONGEST_LIFE)
    started = Started(
        way=way.name,
        nonce=nonce,
        pending=replace(pending, poll_after=min(max(begun.poll_after, 1), _LONGEST_PAUSE)),
        expires_at=rt.clock() + timedelta(seconds=life),
        notify_to=notify_to,
    )
    sealed = _seal(rt, started, call_id=call_id, device=device)
    if not _is_fit(rt, way, started.pending) or len(sealed) > _LONGEST:
        return IdentityAnswer(answer=Answer.DOWN)
    return replace(started, sealed=sealed)


def _is_fit(rt: Runtime, way: WayOfIdentity, pending: Pending) -> bool:
    """An address that may be shown: over TLS or an app's, and without the number of the person (S3)."""
    show = pending.show
    shown = [getattr(show, name, "") for name in ("url", "text", "link")]
    if pending.claim and any(pending.claim.canonical_id in unquote(text).upper() for text in shown):
        return False
    if isinstance(show, Redirect):
        own = way.demo_only and show.url.startswith(f"{rt.settings.web.origin}/checkin/")
        return own or (show.url.startswith("https://") and bool(urlsplit(show.url).hostname))
    scheme = urlsplit(show.link).scheme if isinstance(show, Picture) else ""
    return scheme not in {"javascript", "data", "vbscript", "http"}


def _bound(call_id: str, device: str) -> bytes:
    return tag("pbvote/pending/v1") + length_prefixed(call_id) + length_prefixed(device)


def _seal(rt: Runtime, started: Started, *, call_id: CallId, device: str) -> str:
    show, claim = started.pending.show, started.pending.claim
    values: dict[str, Any] = {
        "way": started.way,
        "nonce": started.nonce,
        "state": started.pending.state,
        "poll": started.pending.poll_after,
        "expires": int(started.expires_at.timestamp()),
        "notify": started.notify_to,
    }
    if claim:
        values |= {"id": claim.canonical_id, "born": claim.birth_on.isoformat()}
    if isinstance(show, Redirect):
        values["url"] = show.url
    elif isinstance(show, Picture):
        values |= {"text": show.text, "link": show.link}
    key = rt.keystore.get(keys.TICKET)
    sealed = keys.seal_small(key, canonical.encode(values), bound=_bound(call_id, device))
    return base64.urlsafe_b64encode(sealed).decode()


def open_started(rt: Runtime, call_id: CallId, text: str, *, device: str) -> Started:
    """What was begun, from the check-in cookie of the browser with this mark.

    Raises:
        PendingBroken: nothing was begun here, or it is another call's or another browser's.
        PendingExpired: it took too long.
    """
    try:
        if not text or len(text) > _LONGEST or len(call_id) > 32:
            raise PendingBroken()
        sealed = base64.b64decode(text, altchars=b"-_", validate=True)
        key = rt.keystore.get(keys.TICKET)
        values: Any = canonical.decode(keys.open_small(key, sealed, bound=_bound(call_id, device)))
    except (SealBroken, binascii.Error, ValueError) as error:
        raise PendingBroken() from error
    claim = None
    if "id" in values:
        born = date.fromisoformat(values["born"])
        claim = IdentityClaim(call_id=call_id, canonical_id=values["id"], birth_on=born)
    show = (
        Redirect(url=values["url"]) if "url" in values else Picture(text=values["text"], link=values["link"])
    )
    started = Started(
        way=values["way"],
        nonce=values["nonce"],
        pending=Pending(show=show, state=values["state"], claim=claim, poll_after=values["poll"]),
        expires_at=datetime.fromtimestamp(values["expires"], UTC),
        notify_to=values["notify"],
        sealed=text,
    )
    if started.expires_at <= rt.clock():
        raise PendingExpired()
    return started


def require_own(started: Started, given: Mapping[str, str]) -> dict[str, str]:
    """What a service gave the browser to bring back, if it belongs to what this browser has begun.

    Raises:
        PendingForeign: somebody else's return, or none at all.
    """
    state = given.get("state", "")
    if not started.url or not hmac.compare_digest(state.encode(), started.nonce.encode()):
        raise PendingForeign()
    return {name: value for name, value in given.items() if name != "state"}


def use_up(tx: Session, k_roll: bytes, call_id: CallId, started: Started) -> None:
    """Nobody finishes this one again.

    Raises:
        PendingUsed: it has been finished.
    """
    if not attempts.is_first(tx, k_roll, call_id=call_id, nonce=started.nonce, until=started.expires_at):
        raise PendingUsed()


def identified(
    claim: IdentityClaim | None, answer: IdentityAnswer, *, call_id: CallId
) -> IdentityClaim | None:
    """Whom a match is about; None where it is not the person who typed, or the service names nobody."""
    try:
        person = canonical_id(answer.person).number if answer.person else ""
    except PbvoteError:
        return None
    if claim is not None:
        return claim if person in ("", claim.canonical_id) else None
    if not person or answer.birth_on is None:
        return None
    return IdentityClaim(call_id=call_id, canonical_id=person, birth_on=answer.birth_on)
