"""Logs never show an identity."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from pbvote.core.identity.national_id import invented_id
from pbvote.platform import logs
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox.models import PENDING


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """What is configured here ends here: it writes to a stream that closes with the test."""
    yield
    structlog.reset_defaults()


def test_identities_and_addresses_are_blanked_even_in_a_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure()
    secret = invented_id(7)
    log = structlog.get_logger()
    try:
        raise ValueError(f"bad {secret} of resident@example.tw")
    except ValueError as error:
        log.exception("unexpected", exc_info=error, note=f"id={secret}", raw=secret.encode())
    line = capsys.readouterr().err.strip()
    assert json.loads(line)["event"] == "unexpected"
    assert secret not in line
    assert "resident@example.tw" not in line


def test_a_statement_that_fails_does_not_write_its_values_into_the_log(rt: Runtime) -> None:
    row = {"call_id": "c", "style": "SECRET", "entry_hash": b"h", "entry": b"e"}
    with pytest.raises(IntegrityError) as failed, rt.box() as tx:
        tx.execute(insert(PENDING), [row, row])
    assert "SECRET" not in str(failed.value)
