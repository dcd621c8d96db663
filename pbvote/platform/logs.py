"""Structured logs (JSON lines on stderr) that hold codes and ids, never identities or ballots."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_IDENTITY = re.compile(r"[A-Z][A-D1289][0-9]{8}", re.IGNORECASE)
_MOBILE = re.compile(r"(?:\+886|\b0)9[0-9]{8}\b")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def _redact_text(text: str) -> str:
    return _MAIL.sub("[mail]", _MOBILE.sub("[phone]", _IDENTITY.sub("[id]", text)))


def redact(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank whatever looks like an identity number, a mail address or a mobile number, in every value."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _redact_text(value)
        elif isinstance(value, bytes):
            event[key] = "[bytes]"
    return event


def configure() -> None:
    """Log to stderr; a traceback is part of the line and is redacted with it."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
