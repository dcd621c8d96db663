"""The door in front of the applications: a request is read whole, under limits, before it gets a thread.

The applications are WSGI and run in a few threads. Whoever sends slowly, or reads slowly, must not hold
one: bodies are collected here, on the event loop, and answers are sent from here. A body has to keep
coming (``Limits``); where too many are under way the one that has waited longest gives up its place, so
that many slow senders cannot keep out a quick one.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any, Final
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication, WSGIEnvironment

from pbvote.words.errors import all_texts

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
_Headers = list[tuple[bytes, bytes]]

_IN_MEMORY: Final = 256 * 1024
"""Bytes of a body that stay in memory; a ballot or a check-in never reaches a temporary file."""
_PART: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a sender and a reader may take; times in seconds, sizes in bytes."""

    grace: float = 15.0
    bytes_a_second: int = 4096
    reading: float = 60.0
    bodies: int = 256
    total: int = 512 * 1024 * 1024

    def deadline(self, received: int) -> float:
        """Seconds from its start by which a body of which so much has come must be complete."""
        return self.grace + received / self.bytes_a_second


class _Refused(Exception):
    """The request gets this answer and the connection ends."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class _Reading:
    """One body on its way, and the moment at which waiting for it ends."""

    def __init__(self) -> None:
        self.content: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        self.length = 0
        self.timeout: asyncio.Timeout | None = None
        self.is_given_up = False

    def give_up(self) -> None:
        """End the waiting now; what came of it is let go."""
        self.is_given_up = True
        if self.timeout is not None:
            self.timeout.reschedule(0)


class Gateway:
    """An ASGI application around a WSGI application; ``limit`` is the longest body of a path."""

    def __init__(
        self,
        app: WSGIApplication,
        *,
        limit: Callable[[str], int],
        threads: int,
        limits: Limits | None = None,
    ) -> None:
        self._app, self._limit, self._limits = app, limit, limits or Limits()
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="request")
        self._readings: dict[_Reading, None] = {}  # oldest first
        self._total = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        reading = _Reading()
        try:
            await self._answer(scope, receive, send, reading=reading)
        except _Refused as refused:
            await _refuse(send, refused)
        finally:
            self._total -= reading.length
            reading.content.close()

    async def _answer(self, scope: Scope, receive: Receive, send: Send, *, reading: _Reading) -> None:
        headers = _joined(scope["headers"])
        environ = _environ(scope, headers)
        announced = headers.get("content-length", "")
        if "transfer-encoding" in headers or announced not in {"", "0"}:
            environ["CONTENT_LENGTH"] = announced
            # a body that is announced too long is not read at all: the application refuses it in words
            if not announced or int(announced) <= self._limit(scope["path"]):
                await self._read(scope, receive, reading)
                environ["CONTENT_LENGTH"] = str(reading.length)
        reading.content.seek(0)
        environ["wsgi.input"] = reading.content
        await self._run(environ, send)

    async def _read(self, scope: Scope, receive: Receive, reading: _Reading) -> None:
        """Collect the body; a chunked one is left where it passes the limit, which its length then says."""
        limits, most = self._limits, self._limit(scope["path"])
        loop = asyncio.get_running_loop()
        started = loop.time()
        self._readings[reading] = None
        try:
            self._make_room()
            async with asyncio.timeout(limits.grace) as reading.timeout:
                while reading.length <= most:
                    message = await receive()
                    if reading.is_given_up:
                        raise TimeoutError
                    if message["type"] != "http.request":
                        raise _Refused(400, "http.bad-request")
                    part = message.get("body", b"")
                    reading.content.write(part)
                    reading.length += len(part)
                    self._total += len(part)
                    self._make_room()
                    if not message.get("more_body", False):
                        return
                    reading.timeout.reschedule(started + limits.deadline(reading.length))
        except TimeoutError as error:
            raise _Refused(408, "http.slow") from error
        finally:
            del self._readings[reading]

    def _make_room(self) -> None:
        """Whoever has waited longest gives up its place where too much is under way."""
        waiting = [each for each in self._readings if not each.is_given_up]
        while waiting and (len(waiting) > self._limits.bodies or self._total > self._limits.total):
            oldest = waiting.pop(0)
            oldest.give_up()
            self._total -= oldest.length
            oldest.length = 0
        if self._total > self._limits.total:
            raise _Refused(503, "http.busy")

    async def _run(self, environ: WSGIEnvironment, send: Send) -> None:
        """Run the application in a thread, part by part; no thread waits for whoever reads the answer."""
        loop = asyncio.get_running_loop()
        context = contextvars.copy_context()  # one for all parts: the application's own marks live in it
        answer = _Answer(self._app, environ)
        try:
            part, is_last = await loop.run_in_executor(self._threads, context.run, answer.start)
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            while True:
                async with asyncio.timeout(self._limits.reading):
                    await send({"type": "http.response.body", "body": part, "more_body": not is_last})
                if is_last:
                    return
                part, is_last = await loop.run_in_executor(self._threads, context.run, answer.next_part)
        except TimeoutError:
            return  # nobody reads: the connection ends
        finally:
            await loop.run_in_executor(self._threads, context.run, answer.close)


class _Answer:
    """The application's answer, taken part by part in whatever thread is free."""

    def __init__(self, app: WSGIApplication, environ: WSGIEnvironment) -> None:
        self._app, self._environ = app, environ
        self._result: Iterable[bytes] = ()
        self._parts: Iterator[bytes] = iter(())
        self.status = 500
        self.headers: _Headers = []

    def start(self) -> tuple[bytes, bool]:
        """Call the application; the first part of its answer, and whether that is all."""
        self._result = self._app(self._environ, self._start_response)
        self._parts = iter(self._result)
        return self.next_part()

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], _error: object = None
    ) -> Callable[[bytes], object]:
        self.status = int(status.split(" ", 1)[0])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return _no_write

    def next_part(self) -> tuple[bytes, bool]:
        """Some more of the answer, and whether it is the last of it."""
        collected = bytearray()
        for part in self._parts:
            collected += part
            if len(collected) >= _PART:
                return bytes(collected), False
        return bytes(collected), True

    def close(self) -> None:
        """The application may let go of what the answer came from."""
        close = getattr(self._result, "close", None)
        if close is not None:
            close()


def _no_write(_data: bytes) -> None:
    raise NotImplementedError("the applications answer with iterables")


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """One text per header; a name with an underscore could pass for another (CGI names) and is dropped.

    Raises:
        _Refused: two hosts or two lengths, of which somebody in front may have read the other.
    """
    found: dict[str, str] = {}
    for raw_name, raw in headers:
        name, value = raw_name.decode("latin-1").lower(), raw.decode("latin-1")
        if "_" in name:
            continue
        if name in found and name in {"host", "content-length", "content-type"}:
            raise _Refused(400, "http.bad-request")
        mark = "; " if name == "cookie" else ","
        found[name] = f"{found[name]}{mark}{value}" if name in found else value
    if not found.get("content-length", "0").isdecimal():
        raise _Refused(400, "http.bad-request")
    return found


def _environ(scope: Scope, headers: Mapping[str, str]) -> WSGIEnvironment:
    """The request as WSGI wants it (PEP 3333): octets in latin-1."""
    server = scope.get("server") or ("127.0.0.1", 80)
    client = scope.get("client") or ("", 0)
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": _path(scope),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": str(client[0]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name, value in headers.items():
        if name == "content-type":
            environ["CONTENT_TYPE"] = value
        elif name not in {"content-length", "transfer-encoding", "connection"}:
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return environ


def _path(scope: Scope) -> str:
    raw = scope.get("raw_path")
    octets = unquote_to_bytes(raw) if raw else scope["path"].encode()
    return octets.decode("latin-1")


async def _refuse(send: Send, refused: _Refused) -> None:
    """A short answer in both languages; whoever sent half a request has no page to go back to."""
    text = all_texts()[refused.code]
    body = json.dumps({"code": refused.code, "text": f"{text['zh']} {text['en']}"}, ensure_ascii=False)
    headers = [(b"content-type", b"application/json"), (b"connection", b"close"), (b"retry-after", b"5")]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode(), "more_body": False})
