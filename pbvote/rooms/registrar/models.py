"""Tables of the registrar: who may vote and who was issued a token, as keyed hashes only.

No table holds an identity number, a name, an address in clear, a token, a credential, or a time finer
than a day for anybody who checked in (protocol, "Storage"). On SQLite the tables are kept in the order
of their keys, so that no hidden row number tells the order of arrival.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pbvote.platform.db import Flag, Instant, MainBase

_BY_KEY: dict[str, Any] = {"sqlite_with_rowid": False}


class Poll(MainBase):
    """What the registrar keeps per call before there is a manifest; the row guards the making of keys."""

    __tablename__ = "registrar_poll"
    __table_args__ = _BY_KEY

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    codes: Mapped[bool] = mapped_column(Flag, default=False)  # some voters got a code by letter


class FrozenManifest(MainBase):
    """The frozen manifest as the registrar received it, and how far the roll log is."""

    __tablename__ = "registrar_manifest"

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    election_hash: Mapped[bytes] = mapped_column(LargeBinary)
    manifest: Mapped[bytes] = mapped_column(LargeBinary)
    batches: Mapped[int] = mapped_column(default=0)
    flushed_at: Mapped[datetime] = mapped_column(Instant)
    closed: Mapped[int] = mapped_column(default=0)  # of queries.Closing


class RollRow(MainBase):
    """A person on the roll (投票人名冊) of a call (S3).

    ``principal`` is filled where the number is a former one: the number under which the person votes,
    sealed under a key that only the former number gives (PRA-14).
    """

    __tablename__ = "registrar_roll"
    __table_args__ = _BY_KEY

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    check_hash: Mapped[bytes] = mapped_column(LargeBinary)
    style: Mapped[str]
    channel: Mapped[str]  # the way of identity that wrote it
    with_code: Mapped[bool] = mapped_column(Flag, default=False)
    principal: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)


class StyleMerge(MainBase):
    """A ballot style that was merged into another at the freeze."""

    __tablename__ = "registrar_style_merge"

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    style: Mapped[str] = mapped_column(primary_key=True)
    into: Mapped[str] = mapped_column("into_style")


class Issuance(MainBase):
    """One ballot token was issued (S4); unique per person, so there is never a second.

    What was signed is unique too: one blinded message can never use up two people's tokens.
    """

    __tablename__ = "registrar_issuance"
    __table_args__ = (UniqueConstraint("call_id", "blinded_hash"), _BY_KEY)

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    voter_record: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    style: Mapped[str]
    blinded_hash: Mapped[bytes] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    batch: Mapped[int] = mapped_column(default=0, index=True)  # 0: waits for the next roll flush
    channel: Mapped[str]
    evidence: Mapped[bytes] = mapped_column(LargeBinary)


class Attempt(MainBase):
    """Misses of a day, by number and by number and device; gone after a success or the day's end."""

    __tablename__ = "registrar_attempt"
    __table_args__ = _BY_KEY

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    day: Mapped[date]
    misses: Mapped[int]
    paused_until: Mapped[int] = mapped_column(BigInteger, default=0)  # unix seconds, to five minutes


class QueuedIssueMail(MainBase):
    """Somebody wants to be told by mail that a token was issued: sealed, without call or record."""

    __tablename__ = "registrar_notice"
    __table_args__ = _BY_KEY

    id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Assistance(MainBase):
    """How many voters were assisted at a desk, by day: only the fact is kept (PRA-16)."""

    __tablename__ = "registrar_assistance"

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
