"""A process of the rehearsed service that ends with the rehearsal.

``python -m pbvote.tools.rehearsal.child PARENT serve PORT`` or ``… PARENT worker``: what ``pbvote serve`` and
``pbvote worker`` run, with the settings of the environment.
"""

from __future__ import annotations

import signal
import sys
import threading

from pbvote.edges import worker
from pbvote.edges.bootstrap import runtime_of
from pbvote.edges.server import die_with_parent, serve
from pbvote.platform import logs
from pbvote.platform.settings import load_settings

PROCESSES = 2
THREADS = 8


def _work() -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    worker.run(runtime_of(load_settings()), stop)


def main(parent: int, part: str, port: int) -> None:
    """Serve on loopback, or work, as long as the parent lives."""
    die_with_parent(parent)
    logs.configure()
    if part == "worker":
        _work()
        return
    serve(load_settings(), part="all", host="127.0.0.1", port=port, processes=PROCESSES, threads=THREADS)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0)
