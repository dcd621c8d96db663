"""The roll: read whole or not at all, kept as keyed hashes, never in clear (S3, PRA-14)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, text

from pbvote.core.errors import InvalidInput, findings_of
from pbvote.core.identity.national_id import invented_id
from pbvote.core.types import CallId, Role, StyleId
from pbvote.platform import activity
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts.errors import RoleNeeded
from pbvote.rooms.calls.errors import CallUnknown
from pbvote.rooms.registrar import queries, service
from pbvote.rooms.registrar.errors import RollBeyondFreeze, RollFrozen
from pbvote.rooms.registrar.models import RollRow
from tests.make.calls import ONE_STYLE, published
from tests.make.people import put_agency, staff_of
from tests.make.polls import VOTING, freeze_at_once, identify, roll_csv, voting_poll
from tests.make.services import MovableClock


def refused(rt: Runtime, content: bytes, **changes: str) -> list[tuple[str, object]]:
    """Codes and lines of what an import finds; nothing may be on the roll afterwards."""
    call_id, officer = published(rt, values=changes)
    with pytest.raises(InvalidInput) as found:
        service.import_roll(rt, officer, call_id, content)
    assert rows(rt, call_id) == []
    return [(one.code, one.facts.get("line")) for one in findings_of(found.value)]


def rows(rt: Runtime, call_id: CallId) -> list[RollRow]:
    with rt.read_main() as tx:
        return list(tx.scalars(select(RollRow).where(RollRow.call_id == call_id)))


def test_a_roll_in_big5_with_chinese_headings_and_roc_dates_is_read(rt: Runtime) -> None:
    call_id, officer = published(rt)
    content = (
        "身分證字號,出生年月日,分區,權重\r\n"
        f"{invented_id(1).lower()},民國45年3月8日,東區,1\r\n"
        f"{invented_id(2)},0450308,西區,2\r\n"
    ).encode("cp950")
    report = service.import_roll(rt, officer, call_id, content)
    assert report.persons == report.added == 2
    assert report.eligible == {"d1-w1": 1, "d2-w2": 1}


def test_a_byte_order_mark_and_tabs_and_full_width_digits_do_no_harm(rt: Runtime) -> None:
    call_id, officer = published(rt, without=ONE_STYLE)
    wide = "".join(chr(ord(c) + 0xFEE0) for c in invented_id(3))
    content = f"\ufeffid\tbirth_date\n{wide}\t１９５６/３/８\n".encode()
    assert service.import_roll(rt, officer, call_id, content).eligible == {"d1-w1": 1}


def test_every_mistake_is_named_by_its_line_and_nothing_is_imported_by_half(rt: Runtime) -> None:
    good = invented_id(1)
    wrong_digit = good[:-1] + str((int(good[-1]) + 1) % 10)
    content = (
        "id,birth_date,style,code\n"
        f"{good},1956-03-08,d1-w1,\n"
        "A12,1956-03-08,d1-w1,\n"
        f"{wrong_digit},1956-03-08,d1-w1,\n"
        f"{good},1956-03-08,d1-w1,\n"
        f"{invented_id(2)},1956-02-30,d1-w1,\n"
        f"{invented_id(3)},2020-01-01,d1-w1,\n"
        f"{invented_id(4)},1956-03-08,d9-w1,\n"
        f"{invented_id(5)},1956-03-08,d1-w1,ab\n"
        f"{invented_id(6)},1956-03-08\n"
    ).encode()
    assert refused(rt, content) == [
        ("roll.id-malformed", 3),
        ("roll.id-check-digit", 4),
        ("roll.id-twice", 5),
        ("roll.birth-date", 6),
        ("roll.too-young", 7),
        ("roll.style-unknown", 8),
        ("roll.code-invalid", 9),
        ("typed.cell-count", 10),
    ]


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (b"", ["typed.table-empty"]),
        (b"id,birth_date\n", ["typed.table-empty"]),
        (b"id,name\n", ["typed.column-unknown", "typed.columns-missing"]),
        (b"\x00\x01\xff\x02", ["typed.file-unreadable"]),
    ],
)
def test_a_file_that_is_no_roll_is_refused_with_a_reason(
    rt: Runtime, content: bytes, codes: list[str]
) -> None:
    assert [code for code, _ in refused(rt, content)] == codes


def test_two_hundred_mistakes_are_shown_and_the_rest_counted(rt: Runtime) -> None:
    content = b"id,birth_date\n" + b"x,y\n" * 150
    found = refused(rt, content)
    assert len(found) == 201
    assert found[-1][0] == "roll.more"


def test_the_database_holds_no_number_no_date_and_no_file_order(rt: Runtime) -> None:
    call_id, officer = published(rt, without=ONE_STYLE)
    service.import_roll(rt, officer, call_id, roll_csv(*range(1, 40)))
    with rt.engine("main").connect() as connection:
        dump = "\n".join(connection.connection.iterdump())
    for number in range(1, 40):
        assert invented_id(number) not in dump
        assert invented_id(number).encode().hex() not in dump.lower()
    assert "1956-03-08" not in dump
    keys = [bytes(row.person_key) for row in rows(rt, call_id)]
    assert len(keys) == 39
    assert keys == sorted(keys)


def test_the_same_person_has_another_key_in_another_call(rt: Runtime) -> None:
    call_id, officer = published(rt, without=ONE_STYLE)
    service.import_roll(rt, officer, call_id, roll_csv(1))
    from pbvote.rooms.calls import service as calls_service
    from tests.make.calls import call_values

    other = calls_service.create_call(rt, officer, call_values())
    calls_service.publish_call(rt, officer, other.id)
    service.import_roll(rt, officer, other.id, roll_csv(1))
    assert rows(rt, call_id)[0].person_key != rows(rt, other.id)[0].person_key


def test_importing_again_corrects_and_adds_and_removes_nobody(rt: Runtime) -> None:
    call_id, officer = published(rt, without=ONE_STYLE)
    service.import_roll(rt, officer, call_id, roll_csv(1, 2))
    report = service.import_roll(rt, officer, call_id, roll_csv(2, 3))
    assert (report.persons, report.added, report.corrected) == (2, 1, 1)
    assert report.eligible == {"d1-w1": 3}


def test_a_roll_can_be_emptied_before_the_freeze_and_not_after(rt: Runtime) -> None:
    call_id, officer = published(rt, without=ONE_STYLE)
    service.import_roll(rt, officer, call_id, roll_csv(1, 2))
    assert service.clear_roll(rt, officer, call_id) == 2
    service.import_roll(rt, officer, call_id, roll_csv(1))
    freeze_at_once(rt, call_id)
    with pytest.raises(RollFrozen):
        service.clear_roll(rt, officer, call_id)
    with pytest.raises(RollFrozen):
        service.merge_styles(rt, call_id, {})
    assert len(rows(rt, call_id)) == 1


def test_only_an_officer_of_the_agency_imports(rt: Runtime) -> None:
    call_id, officer = published(rt)
    with pytest.raises(CallUnknown):
        service.import_roll(rt, staff_of(put_agency(rt, "other")), call_id, roll_csv(1))
    with pytest.raises(RoleNeeded):
        service.import_roll(rt, replace(officer, roles=frozenset({Role.AUDITOR})), call_id, roll_csv(1))


def test_the_activity_log_counts_persons_and_names_nobody(rt: Runtime) -> None:
    call_id, officer = published(rt, without=ONE_STYLE)
    service.import_roll(rt, officer, call_id, roll_csv(1, 2))
    with rt.read_main() as tx:
        entry = activity.of_call(tx, call_id)[0]
    assert (entry.act, entry.facts) == ("roll.import", {"persons": 2, "added": 2})


def test_a_former_number_is_no_second_person(rt: Runtime) -> None:
    call_id, officer = published(rt, without=ONE_STYLE)
    from tests.make.polls import new_permit, old_permit

    line = f"{new_permit(1)},1956-03-08,{old_permit(1)};{old_permit(2)}\n"
    report = service.import_roll(rt, officer, call_id, f"id,birth_date,former_id\n{line}".encode())
    assert len(rows(rt, call_id)) == 3
    assert report.eligible == {"d1-w1": 1}
    with rt.engine("main").connect() as connection:
        dump = "\n".join(connection.connection.iterdump())
    assert new_permit(1).encode().hex() not in dump.lower()


def test_persons_of_a_merged_style_get_the_other_ballot(rt: Runtime) -> None:
    call_id, officer = published(rt)
    content = f"id,birth_date,style\n{invented_id(1)},1956-03-08,d2-w2\n".encode()
    service.import_roll(rt, officer, call_id, content)
    service.merge_styles(rt, call_id, {StyleId("d2-w2"): StyleId("d2-w1")})
    with rt.read_main() as tx:
        assert queries.eligible_per_style(tx, call_id) == {"d2-w1": 1}


def test_people_can_be_added_while_the_vote_runs(rt: Runtime, clock: MovableClock) -> None:
    poll = voting_poll(rt, 1)
    clock.set(VOTING)
    service.import_roll(rt, poll.officer, poll.call_id, roll_csv(2))
    assert identify(rt, poll, invented_id(2)).style == "d1-w1"


def test_where_no_desk_admits_others_nobody_is_added_beyond_the_published_number(
    rt: Runtime, clock: MovableClock
) -> None:
    poll = voting_poll(rt, 1, values={"counter": "0"})
    clock.set(VOTING)
    with pytest.raises(RollBeyondFreeze) as refused:
        service.import_roll(rt, poll.officer, poll.call_id, roll_csv(2))
    assert {name: refused.value.facts[name] for name in ("style", "most")} == {"style": "d1-w1", "most": 1}
    service.import_roll(rt, poll.officer, poll.call_id, roll_csv(1))  # a correction is fine
    assert identify(rt, poll, invented_id(1)).style == "d1-w1"


def test_the_roll_tables_keep_no_hidden_row_order(rt: Runtime) -> None:
    with rt.engine("main").connect() as connection:
        made = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE name IN ('registrar_roll', 'registrar_issuance')")
        ).all()
    assert len(made) == 2
    assert all("WITHOUT ROWID" in statement for _, statement in made)
