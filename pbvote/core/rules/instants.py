"""Instants as the canonical JSON carries them."""

from __future__ import annotations

from datetime import UTC, datetime

from pbvote.core.rules.errors import RuleInvalid


def instant_text(value: datetime | None) -> str:
    """An aware instant as ``2026-11-20T16:00:00Z`` (whole seconds); None as ``""``."""
    if value is None:
        return ""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_instant(text: str, *, field: str) -> datetime | None:
    """The instant of :func:`instant_text`.

    Raises:
        RuleInvalid: another form.
    """
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise RuleInvalid(field=field, value=text) from error
