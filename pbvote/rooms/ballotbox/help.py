"""Whom a voter can ask: told to the box by the worker, so that its pages read no other database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from pbvote.core.types import CallId
from pbvote.rooms.ballotbox.models import VOTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """Whom a voter can ask: the agency's name and its contact, each by language (``zh`` at least)."""

    agency: Mapping[str, str]
    contact: Mapping[str, str]


def help_of(tx: Session, call_id: CallId) -> Help:
    """Whom the voters of a call can ask; empty where nobody has told the box yet."""
    return help_from(tx.scalar(select(VOTE.c.help).where(VOTE.c.call_id == call_id)))


def help_from(kept: Mapping[str, Mapping[str, str]] | None) -> Help:
    """The help that stands in a row, or none."""
    kept = kept or {}
    return Help(agency=kept.get("agency", {}), contact=kept.get("contact", {}))
