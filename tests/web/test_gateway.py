"""The gateway alone: deadlines, places, order, and that what arrives is what was sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from pbvote.edges.gateway import Gateway, Limits

Told = TypeVar("Told")

SOON = Limits(grace=0.3, bytes_a_second=10_000, reading=0.3, bodies=4, total=4000)


def alone(story: Coroutine[Any, Any, Told]) -> Told:
    """What the story comes to, in a thread of its own: another test's browser may keep a loop in this one."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, story).result()


def _echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    seen = {name: value for name, value in environ.items() if isinstance(value, str)}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({**seen, "body": body.decode("latin-1")}).encode()]


class _Client:
    """One request, its body given part by part; the answer as it comes."""

    def __init__(self, path: str = "/", **headers: str) -> None:
        self.scope = {
            "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"a=b",
            "http_version": "1.1", "scheme": "http", "client": ("127.0.0.9", 5), "server": ("127.0.0.1", 80),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        self.parts: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[dict[str, Any]] = []
        self.reads = asyncio.Event()
        self.reads.set()

    def give(self, body: bytes, *, more: bool = False) -> None:
        self.parts.put_nowait({"type": "http.request", "body": body, "more_body": more})

    async def receive(self) -> dict[str, Any]:
        return await self.parts.get()

    async def send(self, message: Any) -> None:
        await self.reads.wait()
        self.sent.append(dict(message))

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])

    @property
    def answer(self) -> dict[str, str]:
        return dict(json.loads(self.body))


def _gateway(app: Any = _echo, limits: Limits = SOON) -> Gateway:
    return Gateway(app, limit=lambda path: 100 if path == "/small" else 3000, threads=2, limits=limits)


def _ask(gateway: Gateway, client: _Client) -> Any:
    return asyncio.create_task(gateway(client.scope, client.receive, client.send))


def test_the_application_gets_the_whole_request_in_its_octets() -> None:
    async def story() -> _Client:
        client = _Client(
            "/a/%E5%9C%88?", content_length="6", cookie="a=1", x_forwarded_for="1", content_type="t"
        )
        client.scope["headers"] += [(b"cookie", b"b=2"), (b"x_forwarded_for", b"9"), (b"te-st", b"1")]  # type: ignore[operator]
        client.give(b"abc", more=True)
        client.give(b"def")
        await _ask(_gateway(), client)
        return client

    seen = alone(story()).answer
    assert seen["body"] == "abcdef"
    assert seen["CONTENT_LENGTH"] == "6"
    assert seen["CONTENT_TYPE"] == "t"
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/a/圈?"
    assert seen["HTTP_COOKIE"] == "a=1; b=2"
    assert seen["HTTP_X_FORWARDED_FOR"] == "1"
    assert seen["REMOTE_ADDR"] == "127.0.0.9"
    assert seen["QUERY_STRING"] == "a=b"


@pytest.mark.parametrize("announced", ["10", ""])
@pytest.mark.parametrize("trickle", [0, 20])
def test_a_body_that_does_not_keep_coming_is_given_up(announced: str, trickle: int) -> None:
    async def story() -> _Client:
        kind = {"content_length": "2000"} if announced else {"transfer_encoding": "chunked"}
        client = _Client(**kind)
        task = _ask(_gateway(), client)
        for _ in range(trickle):
            client.give(b"a", more=True)
            await asyncio.sleep(0.05)
        await asyncio.wait_for(task, 30)
        return client

    client = alone(story())
    assert client.status == 408
    assert client.answer["code"] == "http.slow"
    assert (b"connection", b"close") in client.sent[0]["headers"]


def test_when_all_places_are_taken_the_oldest_is_given_up_and_a_quick_one_is_served() -> None:
    async def story() -> tuple[list[_Client], _Client]:
        gateway = _gateway(limits=Limits(grace=60, bodies=3, total=10_000))
        slow = [_Client(content_length="9") for _ in range(5)]
        for client in slow:
            _ask(gateway, client)
            await asyncio.sleep(0)
        quick = _Client(content_length="2")
        quick.give(b"ok")
        await asyncio.wait_for(_ask(gateway, quick), 30)
        await asyncio.sleep(0.05)
        return slow, quick

    slow, quick = alone(story())
    assert quick.answer["body"] == "ok"
    assert [client.status if client.sent else 0 for client in slow] == [408, 408, 408, 0, 0]


def test_bodies_under_way_never_take_more_than_their_room() -> None:
    async def story() -> tuple[Gateway, list[_Client]]:
        gateway = _gateway(limits=Limits(grace=60, bodies=50, total=5000))
        clients = [_Client(content_length="3000") for _ in range(4)]
        for client in clients:
            client.give(b"x" * 2000, more=True)
            _ask(gateway, client)
        await asyncio.sleep(0.1)
        return gateway, clients

    gateway, clients = alone(story())
    assert [client.status if client.sent else 0 for client in clients] == [408, 408, 0, 0]


def test_a_reader_who_does_not_read_ends_the_answer_and_lets_go_of_its_source() -> None:
    closed: list[int] = []

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 100_000
        finally:
            closed.append(1)

    def app(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        return endless()

    async def story() -> _Client:
        client = _Client()
        task = _ask(_gateway(app), client)
        await asyncio.sleep(0.05)
        client.reads.clear()
        await asyncio.wait_for(task, 30)
        return client

    assert alone(story()).status == 200
    assert closed == [1]


def test_a_length_over_the_limit_is_told_to_the_application_without_reading() -> None:
    async def story(**kind: str) -> _Client:
        client = _Client("/small", **kind)
        client.give(b"x" * 150, more=True)
        await asyncio.wait_for(_ask(_gateway(), client), 30)
        return client

    announced = alone(story(content_length="101")).answer
    assert announced["CONTENT_LENGTH"] == "101"
    assert announced["body"] == ""
    grown = alone(story(transfer_encoding="chunked")).answer
    assert int(grown["CONTENT_LENGTH"]) == 150
