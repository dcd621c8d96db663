"""Keeps the rehearsed service running: whatever kills it, it is back on the same port.

The pid in ``server.pid`` is that of the process that owns the port; killing it ends its children too
(see :func:`pbvote.edges.server.die_with_parent`), which is how a power failure is rehearsed.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from pbvote.tools.rehearsal.errors import ServerWouldNotStart
from pbvote.tools.rehearsal.state import write_whole

_READY_SECONDS = 90.0
_MOST_FAILURES = 3
_PAUSE = 0.05


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Supervised:
    """One process that is started again whenever it ends by itself."""

    def __init__(self, *arguments: str, env: Mapping[str, str], log: Path, ended: Callable[[], None]) -> None:
        self._command = [sys.executable, "-m", "pbvote.tools.rehearsal.child", str(os.getpid()), *arguments]
        self._env, self._log, self._ended = dict(env), log, ended
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self.started: Callable[[int], None] = lambda _pid: None
        self.began = time.monotonic()
        self.failures = 0
        # a child ends when the thread that started it ends, so one thread starts them all
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Run it until :meth:`stop`."""
        self._thread.start()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            with self._lock, self._log.open("ab") as log:
                self._process = subprocess.Popen(  # noqa: S603 -- our own interpreter and module
                    self._command, env=self._env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
                self.started(self._process.pid)
            self.began = time.monotonic()
            self._process.wait()
            if self._stopping.is_set():
                return
            self._ended()
            self.failures += self._process.returncode > 0
            if time.monotonic() - self.began < 2:
                time.sleep(0.5)

    def stop(self) -> None:
        """End it, gently and then not."""
        self._stopping.set()
        with self._lock:
            process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Supervisor:
    """The server on its port, and on PostgreSQL the worker beside it."""

    def __init__(
        self, folder: Path, port: int, *, env: Mapping[str, str], restarted: Callable[[], None], apart: bool
    ) -> None:
        self._folder, self._port = folder, port
        log = folder / "server.log"
        self._server = Supervised("serve", str(port), env=env, log=log, ended=restarted)
        self._server.started = self._note_pid
        self._parts = [self._server]
        if apart:
            worker_log = folder / "worker.log"
            self._parts.append(Supervised("worker", env=env, log=worker_log, ended=lambda: None))

    def _note_pid(self, pid: int) -> None:
        write_whole(self._folder / "server.pid", f"{pid}\n")

    def __enter__(self) -> Supervisor:
        write_whole(self._folder / "server.port", f"{self._port}\n")
        for part in self._parts:
            part.start()
        self._wait()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for part in self._parts:
            part.stop()
        (self._folder / "server.pid").unlink(missing_ok=True)

    def _wait(self) -> None:
        while not _listens(self._port):
            # whoever kills a server before it is up only makes us wait; one that ends by itself does not
            late = time.monotonic() - self._server.began > _READY_SECONDS
            if late or self._server.failures >= _MOST_FAILURES:
                self.__exit__(None, None, None)
                raise ServerWouldNotStart(log=str(self._folder / "server.log"))
            time.sleep(_PAUSE)


def child_environment(values: Mapping[str, str]) -> dict[str, str]:
    """The environment of the service's processes: ours without its ``PBVOTE_*``, and these values."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PBVOTE_")}
    return kept | dict(values)
