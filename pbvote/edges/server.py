"""Runs the applications under granian, in one or more processes that die with their parent."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from functools import partial
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from pbvote.edges import worker
from pbvote.edges.bootstrap import Part, runtime_of
from pbvote.edges.gateway import Gateway
from pbvote.edges.web.app import body_limit, create_service
from pbvote.platform import logs
from pbvote.platform.db import Which, is_sqlite
from pbvote.platform.migrate import require_current
from pbvote.platform.settings import Settings

_PR_SET_PDEATHSIG = 1
_CONNECTIONS = 8192
"""Connections that one process holds at once, idle ones too; further ones wait."""
_HEAD_MILLISECONDS = 15_000
"""From the first byte of a request, or the end of the one before, to the end of the next head."""


def die_with_parent(parent: int) -> None:
    """A server whose parent was killed must not keep the port: the kernel ends it, or a watch does.

    ``parent`` is the parent's own word for its process id: a parent that died before this line is no
    longer there to be asked for.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    if os.getppid() != parent:
        os._exit(1)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def load(settings: Settings, part: Part, parent: int, threads: int) -> Gateway:
    """The application of one server process."""
    die_with_parent(parent)
    logs.configure()
    app = create_service(runtime_of(settings, part), part)
    return Gateway(app, limit=partial(body_limit, settings.web), threads=threads)


def allow_connections() -> None:
    """Every connection is a file: as many as the machine lets this user have."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def serve(
    settings: Settings, *, part: Part, host: str, port: int, processes: int = 1, threads: int = 8
) -> None:
    """Serve until stopped; on SQLite the worker runs inside.

    Raises:
        SchemaOutdated: a database is not migrated. DemoPartInProduction, SecretMissing.
    """
    # a forked child would inherit SQLite's memory of the locks that this process holds, and wait for ever
    multiprocessing.set_start_method("spawn", force=True)
    allow_connections()
    rt = runtime_of(settings, part)
    sides: tuple[Which, ...] = ("main", "box") if part == "all" else (part,)
    for side in sides:
        require_current(rt.engine(side), side)
    embedded = part == "all" and is_sqlite(rt.engine("main"))
    stop = threading.Event()
    if embedded:
        threading.Thread(
            target=worker.run, args=(rt, stop), kwargs={"holder": worker.EMBEDDED}, daemon=True
        ).start()
    server: Any = Granian(
        "pbvote",
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        workers=processes,
        backpressure=_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=_HEAD_MILLISECONDS),
        log_access=False,
        log_enabled=False,
        respawn_failed_workers=True,
    )
    server.serve(target_loader=partial(load, settings, part, os.getpid(), threads), wrap_loader=False)
    stop.set()
