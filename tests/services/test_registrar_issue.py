"""One token per person, whatever is tried; what is kept hides who and when (S4, S7)."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import inspect, select, update

from pbvote.core.crypto import blind_rsa
from pbvote.core.crypto.errors import BlindedMessageUnfit
from pbvote.core.errors import StageClosed
from pbvote.core.identity.national_id import invented_id
from pbvote.core.log.checkpoint import open_checkpoint
from pbvote.core.log.entry import (
    BatchEntry,
    CloseEntry,
    RollEntry,
    entry_hash,
    parse_batch,
    parse_close,
    parse_roll,
    roll_commitment,
)
from pbvote.core.types import CallId, StyleId, sha256, tag
from pbvote.platform import activity, outbox
from pbvote.platform.bulletin.log import Log
from pbvote.platform.runtime import Runtime
from pbvote.rooms.registrar import queries, service
from pbvote.rooms.registrar.errors import (
    AlreadyIssued,
    AuditorKeyWrong,
    OtherManifest,
    RequestTaken,
    RollClosed,
    RollKeyWrong,
    RollNotOver,
    TicketExpired,
    WrongStyle,
)
from pbvote.rooms.registrar.models import Attempt, FrozenManifest, Issuance, QueuedIssueMail
from pbvote.rooms.registrar.service import Issued
from pbvote.rooms.registrar.tickets import Ticket
from tests.make.polls import (
    AUDITOR_KEY,
    BIRTH,
    VOTING,
    Poll,
    Request,
    blinded,
    identify,
    new_permit,
    old_permit,
    voting_poll,
)
from tests.make.services import MovableClock

STYLE = StyleId("d1-w1")


@pytest.fixture
def poll(rt: Runtime, clock: MovableClock) -> Poll:
    made = voting_poll(rt, *range(1, 13))
    clock.set(VOTING)
    return made


def issue(rt: Runtime, poll: Poll, ticket: Ticket, request: Request | None = None) -> Issued:
    asked = request or blinded(poll.manifest, STYLE)
    return service.issue(rt, ticket, style=STYLE, blinded=asked.blinded)


def vote(rt: Runtime, poll: Poll, number: int) -> tuple[Request, Issued]:
    request = blinded(poll.manifest, STYLE)
    return request, issue(rt, poll, identify(rt, poll, invented_id(number)), request)


def rows(rt: Runtime) -> list[Issuance]:
    with rt.read_main() as tx:
        return list(tx.scalars(select(Issuance)))


def roll_entries(rt: Runtime, poll: Poll) -> list[bytes]:
    with rt.read_main() as tx:
        return list(queries.roll_entries(tx, poll.call_id))


# --- one token per person


def test_the_answer_becomes_a_token_that_anybody_can_check(rt: Runtime, poll: Poll) -> None:
    request, issued = vote(rt, poll, 1)
    key = blind_rsa.load_public_key(poll.manifest.style(STYLE).rsa_spki)
    token = blind_rsa.finalize(key, request.message, issued.signature, request.blinding.inverse)
    blind_rsa.verify_token(key, request.message, token)


def test_a_second_token_is_refused_and_the_first_row_stays(rt: Runtime, poll: Poll) -> None:
    vote(rt, poll, 1)
    before = [(row.voter_record, row.blinded_hash, row.salt) for row in rows(rt)]
    with pytest.raises(AlreadyIssued):
        vote(rt, poll, 1)
    assert [(row.voter_record, row.blinded_hash, row.salt) for row in rows(rt)] == before


def test_the_same_request_again_gets_the_same_bytes(rt: Runtime, poll: Poll) -> None:
    request, first = vote(rt, poll, 1)
    assert issue(rt, poll, identify(rt, poll, invented_id(1), device="b"), request) == first
    assert len(rows(rt)) == 1


@pytest.mark.parametrize("shift", [0, 0xFEE0])
def test_another_spelling_of_the_number_is_the_same_person(rt: Runtime, poll: Poll, shift: int) -> None:
    vote(rt, poll, 1)
    spelled = " ".join(chr(ord(c) + shift) for c in invented_id(1).lower())
    with pytest.raises(AlreadyIssued):
        issue(rt, poll, identify(rt, poll, spelled))


def permit_poll(rt: Runtime, clock: MovableClock) -> Poll:
    """A permit holder on the roll, once with the new number alone."""
    poll = voting_poll(rt, 1)
    lines = f"id,birth_date\n{new_permit(1)},{BIRTH}\n{old_permit(1)},{BIRTH}\n"
    service.import_roll(rt, poll.officer, poll.call_id, lines.encode())
    clock.set(VOTING)
    return poll


def link(rt: Runtime, poll: Poll) -> None:
    line = f"id,birth_date,former_id\n{new_permit(1)},{BIRTH},{old_permit(1)}\n"
    service.import_roll(rt, poll.officer, poll.call_id, line.encode())


@pytest.mark.parametrize("first", [old_permit, new_permit])
def test_old_and_new_permit_number_are_one_vote(rt: Runtime, clock: MovableClock, first: Any) -> None:
    poll = permit_poll(rt, clock)
    link(rt, poll)
    issue(rt, poll, identify(rt, poll, first(1)))
    second = new_permit if first is old_permit else old_permit
    with pytest.raises(AlreadyIssued):
        issue(rt, poll, identify(rt, poll, second(1)))


def test_a_number_linked_after_the_first_vote_is_no_second_vote(rt: Runtime, clock: MovableClock) -> None:
    poll = permit_poll(rt, clock)
    issue(rt, poll, identify(rt, poll, old_permit(1)))
    link(rt, poll)
    link(rt, poll)  # again changes nothing
    with pytest.raises(AlreadyIssued):
        issue(rt, poll, identify(rt, poll, new_permit(1)))


def test_a_ticket_from_before_the_link_is_no_second_vote(rt: Runtime, clock: MovableClock) -> None:
    poll = permit_poll(rt, clock)
    early = identify(rt, poll, old_permit(1))
    link(rt, poll)
    issue(rt, poll, identify(rt, poll, new_permit(1)))
    with pytest.raises(AlreadyIssued):
        issue(rt, poll, early)


def test_numbers_linked_in_two_files_are_still_one_person(rt: Runtime, clock: MovableClock) -> None:
    poll = permit_poll(rt, clock)
    link(rt, poll)
    naturalised = f"id,birth_date,former_id\n{invented_id(77)},{BIRTH},{new_permit(1)}\n"
    service.import_roll(rt, poll.officer, poll.call_id, naturalised.encode())
    issue(rt, poll, identify(rt, poll, old_permit(1)))
    for number in (new_permit(1), invented_id(77)):
        with pytest.raises(AlreadyIssued):
            issue(rt, poll, identify(rt, poll, number))


def test_a_former_number_shown_at_the_desk_is_no_second_vote(rt: Runtime, clock: MovableClock) -> None:
    from datetime import date

    poll = permit_poll(rt, clock)
    issue(rt, poll, identify(rt, poll, old_permit(1)))
    ticket = service.check_at_desk(
        rt,
        poll.officer,
        poll.call_id,
        national_id=invented_id(77),
        birth_on=BIRTH,
        ground=0,
        district="d1",
        since=date(2001, 1, 1),
        former_id=old_permit(1),
    )
    with pytest.raises(AlreadyIssued):
        issue(rt, poll, ticket)


def test_desk_and_device_are_the_same_row(rt: Runtime, poll: Poll) -> None:
    from datetime import date

    vote(rt, poll, 1)
    ticket = service.check_at_desk(
        rt,
        poll.officer,
        poll.call_id,
        national_id=invented_id(1),
        birth_on=BIRTH,
        ground=0,
        district="d1",
        since=date(2001, 1, 1),
    )
    with pytest.raises(AlreadyIssued):
        issue(rt, poll, ticket)


# --- one message per token


def test_a_message_in_another_persons_row_uses_up_nobodys_token(rt: Runtime, poll: Poll) -> None:
    request, first = vote(rt, poll, 1)
    second = identify(rt, poll, invented_id(2))
    with pytest.raises(RequestTaken):
        issue(rt, poll, second, request)
    assert [row.voter_record for row in rows(rt)] == [first.voter_record]
    issue(rt, poll, second)
    assert issue(rt, poll, identify(rt, poll, invented_id(1)), request) == first
    assert len(rows(rt)) == 2


def test_a_person_who_has_a_token_hears_so_whosever_message_is_sent(rt: Runtime, poll: Poll) -> None:
    request, _ = vote(rt, poll, 1)
    vote(rt, poll, 2)
    with pytest.raises(AlreadyIssued):
        issue(rt, poll, identify(rt, poll, invented_id(2)), request)


def test_no_notice_is_queued_where_the_message_is_anothers(rt: Runtime, poll: Poll) -> None:
    request, _ = vote(rt, poll, 1)
    ticket = replace(identify(rt, poll, invented_id(2)), notify_to="b@example.org")
    with pytest.raises(RequestTaken):
        issue(rt, poll, ticket, request)
    with rt.read_main() as tx:
        assert tx.scalars(select(QueuedIssueMail.id)).all() == []


def test_the_devices_mark_is_one_per_person_and_call_and_in_no_database(rt: Runtime, poll: Poll) -> None:
    ticket = identify(rt, poll, invented_id(1))
    mark = service.person_mark(rt, ticket)
    again = identify(rt, poll, invented_id(1).lower(), device="another")
    assert service.person_mark(rt, again) == mark
    assert len(bytes.fromhex(mark)) == 8
    others = {
        service.person_mark(rt, identify(rt, poll, invented_id(2))),
        service.person_mark(rt, replace(ticket, call_id=CallId("another"))),
    }
    assert len({mark, *others}) == 3
    issue(rt, poll, ticket)
    with rt.engine("main").connect() as connection:
        for table in inspect(connection).get_table_names():
            stored = repr(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            assert mark not in stored
            assert repr(bytes.fromhex(mark))[2:-1] not in stored


# --- what is refused before a row is claimed


def test_another_style_is_refused_and_claims_nothing(rt: Runtime, poll: Poll) -> None:
    ticket = identify(rt, poll, invented_id(1))
    with pytest.raises(WrongStyle):
        service.issue(rt, ticket, style=StyleId("d2-w1"), blinded=bytes(256))
    assert rows(rt) == []


@pytest.mark.parametrize("message", ["0", "1", "n-1", "n", "short", "long"])
def test_an_unfit_message_is_refused_and_claims_nothing(rt: Runtime, poll: Poll, message: str) -> None:
    n = blind_rsa.load_public_key(poll.manifest.style(STYLE).rsa_spki).public_numbers().n
    values = {"0": 0, "1": 1, "n-1": n - 1, "n": n}
    asked = (
        values[message].to_bytes(256, "big") if message in values else bytes(255 + 2 * (message == "long"))
    )
    with pytest.raises(BlindedMessageUnfit):
        service.issue(rt, identify(rt, poll, invented_id(1)), style=STYLE, blinded=asked)
    assert rows(rt) == []
    vote(rt, poll, 1)  # and the voter can still vote


def test_an_old_ticket_claims_nothing(rt: Runtime, poll: Poll, clock: MovableClock) -> None:
    ticket = identify(rt, poll, invented_id(1))
    clock.forward(minutes=rt.settings.identity.ticket_minutes)
    with pytest.raises(TicketExpired):
        issue(rt, poll, ticket)
    assert rows(rt) == []


def test_after_issue_until_no_row_is_claimed_but_a_lost_answer_is_given_again(
    rt: Runtime, poll: Poll, clock: MovableClock
) -> None:
    clock.set(poll.manifest.issue_until - timedelta(seconds=1))
    request, late = blinded(poll.manifest, STYLE), identify(rt, poll, invented_id(1))
    unused = identify(rt, poll, invented_id(2))
    first = issue(rt, poll, late, request)
    clock.set(poll.manifest.issue_until)
    with pytest.raises(StageClosed):
        issue(rt, poll, unused)
    assert len(rows(rt)) == 1
    assert issue(rt, poll, late, request) == first
    with pytest.raises(AlreadyIssued):
        issue(rt, poll, late)
    lasting = replace(late, expires_at=poll.manifest.cast_until + timedelta(hours=1))
    clock.set(poll.manifest.cast_until)
    with pytest.raises(StageClosed):
        service.issue(rt, replace(lasting, canonical_id=invented_id(2)), style=STYLE, blinded=request.blinded)


# --- what is kept


def test_an_issue_keeps_no_number_no_time_and_no_trace_elsewhere(
    rt: Runtime, poll: Poll, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with rt.read_main() as tx:
        acts = len(activity.of_call(tx, poll.call_id))
    for number in range(1, 6):
        vote(rt, poll, number)
    with rt.read_main() as tx:
        assert len(activity.of_call(tx, poll.call_id)) == acts
        assert tx.scalars(select(Attempt.subject)).all() == []
        assert tx.scalars(select(outbox.OutboxMessage.id)).all() == []
    assert [record for record in caplog.records if record.name != "asyncio"] == []
    assert capsys.readouterr().out == ""
    with rt.engine("main").connect() as connection:
        dump = "\n".join(connection.connection.iterdump()).lower()
    for number in range(1, 6):
        assert invented_id(number).lower() not in dump
        assert invented_id(number).encode().hex() not in dump


def test_the_issuance_table_has_exactly_the_columns_of_the_protocol(rt: Runtime) -> None:
    columns = {column["name"] for column in inspect(rt.engine("main")).get_columns("registrar_issuance")}
    assert columns == {
        "call_id",
        "voter_record",
        "style",
        "blinded_hash",
        "salt",
        "batch",
        "channel",
        "evidence",
    }


def test_issuances_lie_in_the_order_of_their_records_not_of_arrival(rt: Runtime, poll: Poll) -> None:
    order = [vote(rt, poll, number)[1].voter_record for number in range(1, 13)]
    with rt.engine("main").connect() as connection:
        stored = [
            bytes(row[0]) for row in connection.exec_driver_sql("SELECT voter_record FROM registrar_issuance")
        ]
    assert stored == sorted(order)
    assert stored != order


def test_evidence_has_one_length_and_says_nothing_to_the_service(rt: Runtime, poll: Poll) -> None:
    for number in range(1, 6):
        vote(rt, poll, number)
    assert len({len(row.evidence) for row in rows(rt)}) == 1
    assert all(invented_id(n).encode() not in row.evidence for row in rows(rt) for n in range(1, 6))


# --- the roll log


def test_the_commitment_is_found_with_salt_and_record_and_hides_without_the_salt(
    rt: Runtime, poll: Poll
) -> None:
    request, issued = vote(rt, poll, 1)
    service.flush_roll(rt, poll.call_id)
    commitment = roll_commitment(
        poll.manifest.election_hash,
        salt=issued.salt,
        voter_record=issued.voter_record,
        blinded=request.blinded,
    )
    assert RollEntry(STYLE, commitment).encode() in roll_entries(rt, poll)
    # who knows the record and the blinded message, but not the salt, cannot tell whose entry it is
    unsalted = sha256(
        tag("pbvote/roll/v1") + poll.manifest.election_hash + issued.voter_record + sha256(request.blinded)
    )
    log = b"".join(roll_entries(rt, poll))
    assert unsalted not in log
    assert issued.voter_record not in log
    assert len({row.salt for row in rows(rt)}) == len(rows(rt))


def test_a_flush_sorts_by_hash_and_ends_with_a_batch_entry_and_a_checkpoint(
    rt: Runtime, poll: Poll, clock: MovableClock
) -> None:
    for number in range(1, 9):
        vote(rt, poll, number)
    assert service.flush_roll(rt, poll.call_id) == 8
    entries = roll_entries(rt, poll)
    hashes = [entry_hash(entry) for entry in entries[:-1]]
    assert hashes == sorted(hashes)
    assert parse_batch(entries[-1]) == BatchEntry(StyleId(""), 1, 8, int(clock.now.timestamp()))
    with rt.read_main() as tx:
        note = queries.roll_checkpoint(tx, poll.call_id)
        name = service.roll_log_name(rt, poll.call_id)
        signed = open_checkpoint(note, poll.manifest.roll_vkey, origin=name)
        assert (signed.size, signed.root) == (9, Log(tx, "main", poll.call_id).root())


def test_each_issuance_is_appended_once(rt: Runtime, poll: Poll) -> None:
    vote(rt, poll, 1)
    assert service.flush_roll(rt, poll.call_id) == 1
    assert service.flush_roll(rt, poll.call_id) == 0
    vote(rt, poll, 2)
    assert service.flush_roll(rt, poll.call_id) == 1
    kinds = Counter(entry[0] for entry in roll_entries(rt, poll))
    assert kinds == {1: 2, 4: 2}
    assert sorted(row.batch for row in rows(rt)) == [1, 2]


def test_the_roll_is_flushed_daily_and_when_no_more_tokens_are_issued(
    rt: Runtime, poll: Poll, clock: MovableClock
) -> None:
    vote(rt, poll, 1)
    with rt.main() as tx:
        tx.execute(update(FrozenManifest).values(flushed_at=clock.now))
    clock.forward(hours=23, minutes=59)
    assert service.flush_roll_when_due(rt, poll.call_id) == 0
    clock.forward(minutes=1)
    assert service.flush_roll_when_due(rt, poll.call_id) == 1
    clock.set(poll.manifest.issue_until - timedelta(minutes=1))
    service.flush_roll_when_due(rt, poll.call_id)
    vote(rt, poll, 2)
    assert service.flush_roll_when_due(rt, poll.call_id) == 0
    clock.set(poll.manifest.issue_until)
    assert service.flush_roll_when_due(rt, poll.call_id) == 1
    assert service.flush_roll_when_due(rt, poll.call_id) == 0


def test_the_roll_closes_once_with_its_counts_and_not_before_the_last_cast(
    rt: Runtime, poll: Poll, clock: MovableClock
) -> None:
    vote(rt, poll, 1)
    clock.set(poll.manifest.cast_until - timedelta(seconds=1))
    with pytest.raises(RollNotOver):
        service.close_roll(rt, poll.call_id)
    clock.set(poll.manifest.cast_until)
    service.close_roll(rt, poll.call_id)
    service.close_roll(rt, poll.call_id)
    entries = roll_entries(rt, poll)
    assert [entry[0] for entry in entries] == [1, 4, 5]
    assert parse_close(entries[-1]) == CloseEntry.of({STYLE: 1}, int(clock.now.timestamp()))
    with pytest.raises(RollClosed):
        service.flush_roll(rt, poll.call_id)
    assert service.flush_roll_when_due(rt, poll.call_id) == 0


def test_a_flush_that_fails_half_way_leaves_nothing(
    rt: Runtime, poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    vote(rt, poll, 1)
    monkeypatch.setattr(Log, "sign_checkpoint", lambda *_a: (_ for _ in ()).throw(OSError("disk")))
    with pytest.raises(OSError, match="disk"):
        service.flush_roll(rt, poll.call_id)
    monkeypatch.undo()
    assert roll_entries(rt, poll) == []
    assert service.flush_roll(rt, poll.call_id) == 1


# --- notices


def test_a_notice_is_queued_sealed_without_call_and_sent_after_the_flush_only(
    rt: Runtime, poll: Poll
) -> None:
    ticket = replace(identify(rt, poll, invented_id(1)), notify_to="me@example.org")
    request = blinded(poll.manifest, STYLE)
    issue(rt, poll, ticket, request)
    issue(rt, poll, ticket, request)  # a retry queues no second notice
    with rt.read_main() as tx:
        (queued,) = tx.scalars(select(QueuedIssueMail)).all()
        assert tx.scalars(select(outbox.OutboxMessage)).all() == []
    assert b"example" not in queued.sealed
    assert {column["name"] for column in inspect(rt.engine("main")).get_columns("registrar_notice")} == {
        "id",
        "sealed",
    }
    service.flush_roll(rt, poll.call_id)
    with rt.read_main() as tx:
        (mail,) = tx.scalars(select(outbox.OutboxMessage)).all()
        assert tx.scalars(select(QueuedIssueMail)).all() == []
    assert (mail.recipient, mail.template, mail.facts) == ("me@example.org", "token-issued", {})


def test_notices_leave_in_random_order(rt: Runtime, poll: Poll) -> None:
    asked = [f"{number:02d}@example.org" for number in range(30)]
    for address in asked:
        service.notify_after_issue(rt, poll.call_id, address)
    service.flush_roll(rt, poll.call_id)
    with rt.read_main() as tx:
        sent = list(tx.scalars(select(outbox.OutboxMessage.recipient).order_by(outbox.OutboxMessage.id)))
    assert sorted(sent) == asked
    assert sent != asked


# --- the manifest


def test_keys_are_made_once_and_the_manifest_is_taken_once(rt: Runtime, poll: Poll) -> None:
    styles = [style.id for style in poll.manifest.styles]
    again = service.prepare_keys(rt, poll.call_id, poll.manifest.ruleset, styles=styles)
    assert again == (((STYLE, poll.manifest.styles[0].rsa_spki),), poll.manifest.roll_vkey)
    service.receive_manifest(rt, poll.manifest)
    with pytest.raises(OtherManifest):
        service.receive_manifest(rt, replace(poll.manifest, title="another"))


def test_a_manifest_with_foreign_keys_is_refused(rt: Runtime, poll: Poll) -> None:
    from pbvote.core.crypto import signing
    from pbvote.core.log.checkpoint import verifier_key

    foreign = verifier_key("x", signing.public_key_of(bytes(32)))
    with pytest.raises(RollKeyWrong):
        service.receive_manifest(rt, replace(poll.manifest, roll_vkey=foreign))
    style = replace(poll.manifest.styles[0], rsa_spki=b"other")
    with pytest.raises(RollKeyWrong):
        service.receive_manifest(rt, replace(poll.manifest, styles=(style,)))


def test_counts_per_style_are_those_of_the_rows(rt: Runtime, poll: Poll) -> None:
    vote(rt, poll, 1)
    vote(rt, poll, 2)
    with rt.read_main() as tx:
        assert queries.issued_per_style(tx, poll.call_id) == {STYLE: 2}
        assert queries.eligible_per_style(tx, poll.call_id) == {STYLE: 12}


# --- the evidence


@pytest.fixture
def closed(rt: Runtime, poll: Poll, clock: MovableClock) -> Poll:
    for number in range(1, 6):
        vote(rt, poll, number)
    clock.set(poll.manifest.cast_until)
    service.close_roll(rt, poll.call_id)
    return poll


def problems(rt: Runtime, poll: Poll) -> list[str]:
    return sorted(one.kind for one in service.audit_evidence(rt, poll.call_id, AUDITOR_KEY).problems)


def test_honest_evidence_opens_for_the_auditor_and_matches(rt: Runtime, closed: Poll) -> None:
    report = service.audit_evidence(rt, closed.call_id, AUDITOR_KEY, actor=closed.auditor)
    assert (report.issuances, report.good, report.per_method, report.problems) == (5, 5, {"roll": 5}, ())


def test_evidence_opens_after_the_vote_for_the_auditors_key_and_role_only(
    rt: Runtime, poll: Poll, clock: MovableClock
) -> None:
    from pbvote.rooms.accounts.errors import RoleNeeded

    with pytest.raises(RollNotOver):
        service.audit_evidence(rt, poll.call_id, AUDITOR_KEY)
    clock.set(poll.manifest.cast_until)
    with pytest.raises(AuditorKeyWrong):
        service.audit_evidence(rt, poll.call_id, (8).to_bytes(32, "big"))
    with pytest.raises(RoleNeeded):
        service.audit_evidence(rt, poll.call_id, AUDITOR_KEY, actor=poll.officer)


def test_an_invented_roll_entry_has_no_evidence(rt: Runtime, poll: Poll, clock: MovableClock) -> None:
    """The public verifier cannot see this; the audit does (protocol: stuffing)."""
    vote(rt, poll, 1)
    with rt.main() as tx:
        Log(tx, "main", poll.call_id).append([RollEntry(STYLE, bytes(32)).encode()])
    clock.set(poll.manifest.cast_until)
    service.close_roll(rt, poll.call_id)
    assert problems(rt, poll) == ["entry-without-evidence"]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("garbage", "evidence-does-not-open"),
        ("swapped", "evidence-does-not-open"),
        ("channel", "evidence-of-another-issuance"),
        ("record", "evidence-of-another-person"),
    ],
)
def test_altered_evidence_is_found(
    rt: Runtime, poll: Poll, clock: MovableClock, change: str, kind: str
) -> None:
    vote(rt, poll, 1)
    vote(rt, poll, 2)
    first, second = rows(rt)
    with rt.main() as tx:
        one = update(Issuance).where(Issuance.voter_record == first.voter_record)
        if change == "garbage":
            tx.execute(one.values(evidence=bytes(529)))
        elif change == "swapped":
            tx.execute(one.values(evidence=second.evidence))
        elif change == "channel":
            tx.execute(one.values(channel="counter"))
        else:
            tx.execute(one.values(voter_record=bytes(32)))
    clock.set(poll.manifest.cast_until)
    service.close_roll(rt, poll.call_id)
    assert problems(rt, poll) == [kind]


def test_a_person_who_was_never_on_the_roll_is_found(rt: Runtime, poll: Poll, clock: MovableClock) -> None:
    ticket = replace(identify(rt, poll, invented_id(1)), canonical_id=invented_id(4321))
    issue(rt, poll, ticket)  # as an operator with the ticket key could
    clock.set(poll.manifest.cast_until)
    service.close_roll(rt, poll.call_id)
    assert problems(rt, poll) == ["not-on-the-roll"]


def test_a_style_that_the_evidence_does_not_name_is_found(
    rt: Runtime, poll: Poll, clock: MovableClock
) -> None:
    vote(rt, poll, 1)
    other = StyleId("d1-w2")
    with rt.main() as tx:
        tx.execute(update(Issuance).values(style=other))
    clock.set(poll.manifest.cast_until)
    service.close_roll(rt, poll.call_id)
    assert problems(rt, poll) == ["evidence-of-another-style"]


def test_evidence_of_releases_that_did_not_name_the_style_is_read_and_held_against_the_roll(
    rt: Runtime, poll: Poll, clock: MovableClock
) -> None:
    from pbvote.core import canonical
    from pbvote.core.crypto import sealing
    from pbvote.rooms.registrar.issuing import evidence_info

    def sealed_before(row: Issuance, number: int) -> bytes:
        said = {"id": invented_id(number), "method": "roll", "transaction": "", "notice": 1}
        content = canonical.encode({**said, "blinded": row.blinded_hash.hex()})
        padded = (len(content).to_bytes(2, "big") + content).ljust(448, b"\0")
        return sealing.seal(
            poll.manifest.auditor_pk, evidence_info(poll.manifest.election_hash, row.blinded_hash), padded
        )

    vote(rt, poll, 1)
    with rt.main() as tx:
        row = tx.scalars(select(Issuance)).one()
        row.evidence = sealed_before(row, 1)
    clock.set(poll.manifest.cast_until)
    assert service.audit_evidence(rt, poll.call_id, AUDITOR_KEY).good == 1
    other = StyleId("d1-w2")
    with rt.main() as tx:
        tx.scalars(select(Issuance)).one().style = other
    assert problems(rt, poll) == ["roll-has-another-style"]


def test_an_issuance_missing_from_the_log_is_found(rt: Runtime, closed: Poll) -> None:
    with rt.read_main() as tx:
        entries = list(queries.roll_entries(tx, closed.call_id))
    assert parse_roll(entries[0]).style == STYLE
    with rt.main() as tx:
        tx.execute(
            update(Issuance).where(Issuance.voter_record == rows(rt)[0].voter_record).values(salt=bytes(32))
        )
    assert problems(rt, closed) == ["entry-without-evidence", "issuance-not-in-log"]
