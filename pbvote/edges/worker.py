"""The worker: batches, closing and counting steps, then mail, under a lease in the main database.

Every duty is idempotent, so that a worker may die at any moment and another takes over.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from pbvote.core.errors import PbvoteError
from pbvote.platform import outbox
from pbvote.platform.runtime import Runtime
from pbvote.rooms import records
from pbvote.rooms.accounts import notices
from pbvote.rooms.accounts import service as accounts_service
from pbvote.rooms.counting import steps
from pbvote.rooms.delivery import service as delivery
from pbvote.rooms.engagement import reminders
from pbvote.rooms.registrar import service as registrar_service

log = structlog.get_logger()

LEASE_SECONDS = 30
EMBEDDED = "embedded"
"""Holder's name of the worker inside ``pbvote serve``: there is one, and its successor is itself."""


def round_of_duties(rt: Runtime) -> None:
    """Do whatever is due, once: the votes' steps first, records, sign-in links that have run out; then mail.

    One duty's trouble never keeps another from its turn.
    """
    _duties_of_the_votes(rt)
    _try(outbox.send_due, rt)


def _duties_of_the_votes(rt: Runtime) -> None:
    for duty in (
        steps.advance,
        delivery.take_up,
        records.archive_published,
        accounts_service.forget_old_links,
        registrar_service.forget_old_misses,
        reminders.post_due,
        notices.post_digests,
    ):
        _try(duty, rt)


def _try(duty: Callable[[Runtime], object], rt: Runtime) -> None:
    try:
        duty(rt)
    except PbvoteError as error:
        log.warning("worker duty failed", duty=duty.__name__, code=error.code)
    except Exception as error:
        log.exception("worker duty failed", duty=duty.__name__, exc_info=error)


@contextmanager
def _lease_kept(rt: Runtime, holder: str) -> Iterator[None]:
    """Renew the lease while a long round runs (a count of a large vote takes minutes)."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(LEASE_SECONDS / 3):
            try:
                outbox.take_lease(rt, outbox.Duty.WORKER, holder=holder, seconds=LEASE_SECONDS)
            except Exception as error:
                log.warning("lease not renewed", exc_info=error)

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def run(rt: Runtime, stop: threading.Event, *, holder: str = "") -> None:
    """Work until told to stop; an error is logged and the next round tries again.

    Mail goes out in a thread of its own: a mail server that hangs holds up no vote.
    """
    holder = holder or secrets.token_hex(8)
    mail = threading.Thread()
    while not stop.is_set():
        started = time.monotonic()
        try:
            if outbox.take_lease(rt, outbox.Duty.WORKER, holder=holder, seconds=LEASE_SECONDS):
                with _lease_kept(rt, holder):
                    _duties_of_the_votes(rt)
                if not mail.is_alive():
                    mail = threading.Thread(target=_try, args=(outbox.send_due, rt), daemon=True)
                    mail.start()
        except PbvoteError as error:
            log.warning("worker round failed", code=error.code)
        except Exception as error:
            log.exception("worker round failed", exc_info=error)
        stop.wait(max(0.05, rt.settings.worker_seconds - (time.monotonic() - started)))
    if mail.ident is not None:
        mail.join(timeout=2)
