"""Somebody who sends or reads slowly holds a connection, never a thread: everybody else is served.

Against a real process (``python -m pbvote serve``), each part of the service alone and all together.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

PAGES = {"all": "/", "main": "/", "box": "/booth/check"}
THREADS = 2


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _page(port: int, path: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        answer.read()
        return int(answer.status)


@contextmanager
def serving(folder: Path, part: str) -> Iterator[int]:
    """A server process of few threads; its port."""
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PBVOTE_")},
        "PBVOTE_MODE": "test",
        "PBVOTE_STATE_DIR": str(folder),
        "PBVOTE_SECRET_KEY": "s" * 64,
        "PBVOTE_MASTER_KEY": "m" * 64,
    }
    command = [sys.executable, "-m", "pbvote", "serve", part, "--port", str(port), "--threads", str(THREADS)]
    with subprocess.Popen(command, env=environment) as process:
        try:
            for _ in range(300):
                try:
                    _page(port, PAGES[part])
                    break
                except (urllib.error.URLError, ConnectionError):
                    assert process.poll() is None
                    time.sleep(0.1)
            yield port
        finally:
            process.terminate()


@pytest.fixture(scope="module", params=["all", "main", "box"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, empty_databases: Path
) -> Iterator[tuple[str, int]]:
    folder = tmp_path_factory.mktemp("serving")
    for which in ("main", "box"):
        shutil.copy(empty_databases / f"{which}.db", folder / f"{which}.db")
    with serving(folder, request.param) as port:
        yield request.param, port


def _head(path: str, *lines: str) -> bytes:
    return "\r\n".join((f"POST {path} HTTP/1.1", "Host: pb.test", *lines, "", "")).encode()


SLOW = {
    "a body that is announced": lambda path: _head(path, "Content-Length: 1000") + b"a",
    "a body in pieces": lambda path: _head(path, "Transfer-Encoding: chunked") + b"1\r\na\r\n",
    "a form": lambda path: (
        _head(path, "Content-Type: application/x-www-form-urlencoded", "Content-Length: 90") + b"a="
    ),
    "half a head": lambda path: f"POST {path} HTTP/1.1\r\nHost: pb.te".encode(),
    "nothing": lambda _path: b"",
}
TARGETS = {"all": ("/sign-out", "/box/x/ballots", "/checkin/x/"), "main": ("/sign-out", "/checkin/x/")}


@pytest.mark.parametrize("kind", SLOW)
def test_many_slow_senders_hold_up_nobody(server: tuple[str, int], kind: str) -> None:
    part, port = server
    with ExitStack() as stack:
        slow = []
        for target in TARGETS.get(part, ("/box/x/ballots", "/booth/check")):
            for _ in range(10 * THREADS):
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
                connection.sendall(SLOW[kind](target))
                slow.append(connection)
        for _ in range(5):
            assert _page(port, PAGES[part]) == 200
        for connection in slow[-3:]:  # and they were really held open meanwhile
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)


def test_many_slow_readers_hold_up_nobody(server: tuple[str, int]) -> None:
    part, port = server
    request = f"GET {PAGES[part]} HTTP/1.1\r\nHost: pb.test\r\n\r\n".encode()
    with ExitStack() as stack:
        for _ in range(10 * THREADS):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            connection.connect(("127.0.0.1", port))
            connection.sendall(request * 20)
        for _ in range(5):
            assert _page(port, PAGES[part]) == 200


def _status(port: int, request: bytes) -> int:
    """The status of the first answer to these bytes; nothing further is sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request)
        return int(connection.recv(20).split(b" ")[1])


def test_a_body_that_is_announced_too_long_is_refused_before_a_byte_of_it(server: tuple[str, int]) -> None:
    part, port = server
    form = "Content-Type: application/x-www-form-urlencoded"
    if part != "main":
        assert _status(port, _head("/box/x/ballots", "Content-Length: 131073")) == 413
    if part != "box":
        assert _status(port, _head("/sign-out", form, "Content-Length: 99999999999")) == 413
        assert _status(port, _head("/checkin/x/", form, "Content-Length: 131073")) == 413


def test_pieces_that_grow_too_long_are_refused_on_the_way(server: tuple[str, int]) -> None:
    part, port = server
    target = "/checkin/x/" if part == "main" else "/booth/check"
    head = _head(target, "Content-Type: application/x-www-form-urlencoded", "Transfer-Encoding: chunked")
    piece = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    assert _status(port, head + 3 * piece) == 413


@pytest.mark.parametrize(
    "lines",
    [("Host: other.test",), ("Content-Length: 1", "Content-Length: 2"), ("Content-Length: -1",)],
    ids=["two hosts", "two lengths", "a negative length"],
)
def test_a_request_that_can_be_read_in_two_ways_is_refused(
    server: tuple[str, int], lines: tuple[str, ...]
) -> None:
    part, port = server
    head = _head(PAGES[part], *lines).replace(b"POST", b"GET", 1)
    assert _status(port, head) == 400
