"""HTTP as the voter's client needs it: a port, and one implementation on the standard library."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from pbvote.tools.voter.errors import PageUnreadable, ServerRefused, ServerUnreachable

FORM = "application/x-www-form-urlencoded"
_CODE = re.compile(r'data-code="([a-z.-]{1,60})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; ``headers`` beyond those that follow from the body."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer; header names in lower case, the values of a repeated header in order."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """The first header of that (lower-case) name, or ``""``."""
        return next((value for found, value in self.headers if found == name), "")

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode(errors="replace")

    def json(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            PageUnreadable: it is none.
        """
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise PageUnreadable(missing="json") from error
        if not isinstance(value, dict):
            raise PageUnreadable(missing="json object")
        return value


class Transport(Protocol):
    """Sends one request and returns its answer; follows no redirect, keeps no cookie."""

    def send(self, request: Request) -> Response:
        """Send.

        Raises:
            ServerUnreachable: no answer came; whether the request arrived is not known.
        """
        ...


class HttpTransport:
    """A keep-alive connection to one origin. Not to be shared between threads."""

    def __init__(self, origin: str, *, timeout: float = 60.0) -> None:
        parts = urlsplit(origin)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=timeout)

    def send(self, request: Request) -> Response:
        """Send. Raises ServerUnreachable."""
        try:
            self._connection.request(
                request.method, request.path, body=request.body or None, headers=dict(request.headers)
            )
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise ServerUnreachable(reason=type(error).__name__) from error
        headers = tuple((name.lower(), value) for name, value in answer.getheaders())
        return Response(status=answer.status, headers=headers, body=body)

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        self._connection.close()


class Session:
    """A browser's tab as far as a form needs one: cookies by path, forms, redirects.

    Cookies live in memory and end with the session.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._cookies: dict[tuple[str, str], str] = {}

    def get(self, path: str, **headers: str) -> Response:
        """GET, following redirects within the origin."""
        return self._follow(Request(method="GET", path=path, headers=headers))

    def post(self, path: str, values: Mapping[str, str] | list[tuple[str, str]]) -> Response:
        """POST a form; a redirect is returned, not followed."""
        body = urlencode(values).encode()
        return self.send(Request(method="POST", path=path, headers={"Content-Type": FORM}, body=body))

    def send(self, request: Request) -> Response:
        """One request with the cookies of its path."""
        headers = {"Accept": "text/html", **request.headers}
        cookies = [f"{n}={v}" for (n, under), v in self._cookies.items() if _covers(under, request.path)]
        if cookies:
            headers["Cookie"] = "; ".join(cookies)
        answer = self._transport.send(
            Request(method=request.method, path=request.path, headers=headers, body=request.body)
        )
        self._keep(answer)
        return answer

    def _follow(self, request: Request) -> Response:
        answer = self.send(request)
        for _ in range(5):
            if answer.status not in (301, 302, 303, 307, 308):
                break
            answer = self.send(Request(method="GET", path=location(answer), headers=request.headers))
        return answer

    def _keep(self, answer: Response) -> None:
        for name, value in answer.headers:
            if name != "set-cookie":
                continue
            pair, *attributes = (part.strip() for part in value.split(";"))
            cookie, _, content = pair.partition("=")
            named = dict(a.partition("=")[::2] for a in attributes)
            lowered = {key.lower(): text for key, text in named.items()}
            place = (cookie, lowered.get("path", "/"))
            if lowered.get("max-age") == "0" or not content or "1970" in lowered.get("expires", ""):
                self._cookies.pop(place, None)
            else:
                self._cookies[place] = content


def _covers(under: str, path: str) -> bool:
    plain = path.partition("?")[0]
    return plain == under or plain.startswith(under.rstrip("/") + "/")


def location(answer: Response) -> str:
    """Where a redirect within the origin leads, as a path.

    Raises:
        PageUnreadable: no redirect.
    """
    parts = urlsplit(answer.header("location"))
    if not parts.path.startswith("/"):
        raise PageUnreadable(missing="location")
    return parts.path + (f"?{parts.query}" if parts.query else "")


def require_ok(answer: Response, *accepted: int) -> Response:
    """Guarantee that the service took the step.

    Raises:
        ServerUnreachable: it is overloaded or broken for the moment (502 to 504).
        ServerRefused: any other status than 200 or the accepted ones.
    """
    if answer.status in (accepted or (200,)):
        return answer
    if answer.status in (502, 503, 504):
        raise ServerUnreachable(reason=f"status {answer.status}")
    raise ServerRefused(status=answer.status, refusal=_refusal(answer))


def _refusal(answer: Response) -> str:
    """The service's own code for a refusal, in JSON or marked on the page, or ``""``."""
    try:
        return str(answer.json().get("code", ""))
    except PageUnreadable:
        marked = _CODE.search(answer.text)
        return marked[1] if marked else ""
