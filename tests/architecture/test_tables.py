"""What the tables may hold (protocol, "Storage: who learns what")."""

from __future__ import annotations

import pytest
from sqlalchemy import Date, DateTime, Table, Time

from pbvote.edges.tables import METADATA

SECRET: dict[str, set[str]] = {
    "registrar_issuance": {
        "call_id",
        "voter_record",
        "style",
        "blinded_hash",
        "salt",
        "batch",
        "channel",
        "evidence",
    },
    "ballotbox_credential": {"call_id", "credential", "entry_hash"},
    "ballotbox_pending": {"call_id", "style", "entry_hash", "entry"},
}
SHARED = {"bulletin_entry", "bulletin_tile", "bulletin_checkpoint", "alembic_version"}


def _table(name: str) -> Table:
    return next(m.tables[name] for m in METADATA.values() if name in m.tables)


@pytest.mark.parametrize("name", SECRET)
def test_a_table_of_the_vote_has_the_columns_of_the_protocol_and_no_other(name: str) -> None:
    assert {column.name for column in _table(name).columns} == SECRET[name]


@pytest.mark.parametrize("name", SECRET)
def test_no_table_of_the_vote_knows_a_time_an_address_or_a_session(name: str) -> None:
    words = {"time", "at", "on", "date", "addr", "address", "ip", "agent", "session", "cookie", "device"}
    words |= {"seq", "sequence", "email"}
    for column in _table(name).columns:
        implementation = getattr(column.type, "impl", column.type)
        assert not isinstance(implementation, DateTime | Date | Time), column.name
        assert not words & set(column.name.split("_")), column.name
        assert column.server_default is None, column.name
        assert column.autoincrement is not True, column.name


@pytest.mark.parametrize("name", SECRET)
def test_no_hidden_row_number_tells_the_order_of_arrival(name: str) -> None:
    assert _table(name).dialect_options["sqlite"]["with_rowid"] is False


def test_the_two_databases_have_only_the_public_logs_in_common() -> None:
    assert set(METADATA["main"].tables) & set(METADATA["box"].tables) <= SHARED


def test_no_table_of_one_database_points_into_the_other() -> None:
    for metadata in METADATA.values():
        for table in metadata.tables.values():
            for key in table.foreign_keys:
                assert key.target_fullname.split(".")[0] in metadata.tables, (table.name, key.target_fullname)


def test_every_table_is_called_after_its_room() -> None:
    main = (
        "accounts activity bulletin calls counting delivery engagement moderation outbox proposals registrar"
    )
    rooms = {"main": main.split(), "box": ["ballotbox", "bulletin"]}
    for side, metadata in METADATA.items():
        for name in metadata.tables:
            assert name.startswith(tuple(f"{room}_" for room in rooms[side])), name
