"""Logs never show an identity."""

from __future__ import annotations

import json

import pytest
import structlog

from pbvote import logs
from pbvote.core.identity.national_id import invented_id


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
