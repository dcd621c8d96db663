"""Identification: one answer for every mismatch, pauses that no stranger can turn against a voter (S3)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from pbvote.core.errors import PbvoteError, RateLimited, StageClosed
from pbvote.core.identity.errors import IdCheckDigit, IdMalformed
from pbvote.core.identity.national_id import CanonicalId, invented_id
from pbvote.core.identity.voter_record import person_check, person_key
from pbvote.core.rules.eligibility import NoGround, TooYoung
from pbvote.edges.identity.sandbox import PEOPLE, SandboxPerson, SandboxVerifier
from pbvote.platform import activity
from pbvote.platform.identity import Answer, Fields, IdentityAnswer, IdentityClaim, Pending
from pbvote.platform.runtime import Runtime
from pbvote.platform.settings import IdentitySettings
from pbvote.rooms.accounts.errors import RoleNeeded
from pbvote.rooms.calls.errors import CallUnknown
from pbvote.rooms.registrar import attempts, keys, looking_up, service
from pbvote.rooms.registrar.errors import (
    CodesSpent,
    DeskChoice,
    IdentityLocked,
    IdentityMismatch,
    IdentityServiceDown,
    IdentityServiceTimeout,
    IdentityWayClosed,
    LockedUntilTomorrow,
    PairPaused,
    TicketBroken,
    TicketExpired,
    TooSoon,
    VoteNotReady,
)
from pbvote.rooms.registrar.models import Assistance, Attempt, RollRow
from pbvote.typed.errors import NotAnAddress
from pbvote.typed.texts import address_of
from tests.make.calls import ONE_STYLE, SANDBOX, published
from tests.make.people import put_agency, staff_of
from tests.make.polls import BIRTH, VOTING, Poll, freeze_at_once, identify, voting_poll
from tests.make.services import MovableClock


@pytest.fixture
def sandbox_poll(rt: Runtime, clock: MovableClock) -> Poll:
    made = voting_poll(rt, values=SANDBOX)
    clock.set(VOTING)
    return made


def attempts_kept(rt: Runtime) -> int:
    with rt.read_main() as tx:
        return len(tx.scalars(select(Attempt.subject)).all())


def miss(rt: Runtime, poll: Poll, national_id: str, **more: Any) -> PbvoteError:
    with pytest.raises(PbvoteError) as refused:
        identify(rt, poll, national_id, birth_on=date(1999, 9, 9), **more)
    return refused.value


# --- one answer, one work


def test_the_right_person_gets_a_ticket_and_nothing_is_stored(rt: Runtime, poll: Poll) -> None:
    with rt.read_main() as tx:
        acts = len(activity.of_call(tx, poll.call_id))
    ticket = identify(rt, poll, invented_id(1))
    assert (ticket.style, ticket.method) == ("d1-w1", "roll")
    assert attempts_kept(rt) == 0
    with rt.read_main() as tx:
        assert len(activity.of_call(tx, poll.call_id)) == acts


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
def test_the_number_may_be_typed_in_any_width_case_and_with_spaces(
    rt: Runtime, poll: Poll, spelling: Callable[[str], str]
) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in spelling(invented_id(1)))
    spaced = f" {wide[:3]} {wide[3:7]}-{wide[7:]} "
    assert identify(rt, poll, spaced).canonical_id == invented_id(1)


def test_a_typing_mistake_is_said_at_once_and_counts_as_no_miss(rt: Runtime, poll: Poll) -> None:
    good = invented_id(1)
    with pytest.raises(IdCheckDigit):
        identify(rt, poll, good[:-1] + str((int(good[-1]) + 1) % 10))
    with pytest.raises(IdMalformed):
        identify(rt, poll, "A1234")
    assert attempts_kept(rt) == 0


@contextmanager
def work_of(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every statement and every keyed hash in between, in order."""
    done: list[str] = []

    def statement(_c: Any, _cursor: Any, text: str, *_more: Any) -> None:
        done.append(text)

    def counted(name: str) -> None:
        real = getattr(looking_up, name)

        def hashed(*args: Any, **kwargs: Any) -> Any:
            done.append(name)
            return real(*args, **kwargs)

        monkeypatch.setattr(looking_up, name, hashed)

    for name in ("person_key", "person_check"):
        counted(name)
    event.listen(rt.engine("main"), "before_cursor_execute", statement)
    try:
        yield done
    finally:
        event.remove(rt.engine("main"), "before_cursor_execute", statement)
        monkeypatch.undo()


@pytest.mark.parametrize("code", ["長" * 100, "x" * 256, "\ufdfa" * 64])
def test_a_code_of_any_length_does_not_tell_who_is_on_the_roll(rt: Runtime, poll: Poll, code: str) -> None:
    known = miss(rt, poll, invented_id(1), code=code)
    unknown = miss(rt, poll, invented_id(900), code=code)
    assert (known.code, known.facts) == (unknown.code, unknown.facts)
    assert isinstance(unknown, IdentityMismatch)
    assert attempts_kept(rt) == 4, "both were counted as misses"


def test_unknown_number_wrong_date_and_wrong_code_take_the_same_work_and_get_one_answer(
    rt: Runtime, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id, officer = published(rt, without=ONE_STYLE)
    lines = (
        f"{invented_id(1)},1956-03-08,WXYZ\n{invented_id(2)},1956-03-08,QRST\n{invented_id(3)},1956-03-08,\n"
    )
    service.import_roll(rt, officer, call_id, f"id,birth_date,code\n{lines}".encode())
    poll = Poll(rt=rt, call_id=call_id, officer=officer, auditor=officer, frozen=freeze_at_once(rt, call_id))
    clock.set(VOTING)
    identify(rt, poll, invented_id(1), code="wx-yz")  # warms what is read once per process
    tries = {
        "unknown": (invented_id(99), BIRTH, "WXYZ"),
        "date": (invented_id(1), date(1956, 3, 9), "WXYZ"),
        "code": (invented_id(2), BIRTH, "XXXX"),
        "no code": (invented_id(3), date(1956, 3, 9), ""),
    }
    seen = {}
    for name, (number, birth_on, code) in tries.items():
        with work_of(rt, monkeypatch) as done, pytest.raises(IdentityMismatch) as refused:
            identify(rt, poll, number, birth_on=birth_on, code=code, device=name)
        seen[name] = (tuple(done), refused.value.code, tuple(refused.value.facts.items()))
    assert len(set(seen.values())) == 1
    assert seen["unknown"][0].count("person_check") == 1


def test_a_voter_without_a_code_may_type_anything_there(rt: Runtime, poll: Poll) -> None:
    assert identify(rt, poll, invented_id(1), code="whatever").style == "d1-w1"


def test_a_person_on_the_roll_who_is_too_young_is_told_so(rt: Runtime, poll: Poll) -> None:
    child = date(2015, 6, 1)
    key = rt.keystore.get(keys.k_roll(poll.call_id))
    person = CanonicalId(invented_id(1))
    with rt.main() as tx:  # an import would have refused the line
        tx.execute(
            update(RollRow)
            .where(RollRow.person_key == person_key(key, poll.call_id, person))
            .values(check_hash=person_check(key, poll.call_id, person, birth_on=child))
        )
    with pytest.raises(TooYoung):
        identify(rt, poll, invented_id(1), birth_on=child)


# --- misses


def test_three_misses_pause_this_device_for_this_number_only(rt: Runtime, poll: Poll) -> None:
    left = [miss(rt, poll, invented_id(1)).facts["left"] for _ in range(3)]
    assert left == [2, 1, 0]
    assert isinstance(miss(rt, poll, invented_id(1)), PairPaused)
    with pytest.raises(PairPaused):
        identify(rt, poll, invented_id(1))  # even the right answer waits
    assert identify(rt, poll, invented_id(1), device="another").style == "d1-w1"
    assert identify(rt, poll, invented_id(2)).style == "d1-w1"


def test_an_unknown_number_is_paused_like_a_known_one(rt: Runtime, poll: Poll) -> None:
    codes = [[miss(rt, poll, invented_id(n)).code for _ in range(4)] for n in (1, 99)]
    assert codes[0] == codes[1] == ["identity.no-match"] * 3 + ["identity.paused"]


def test_a_pause_ends_and_starts_counting_anew(rt: Runtime, poll: Poll, clock: MovableClock) -> None:
    for _ in range(3):
        miss(rt, poll, invented_id(1))
    clock.forward(minutes=21)
    assert miss(rt, poll, invented_id(1)).facts["left"] == 2
    assert identify(rt, poll, invented_id(1)).style == "d1-w1"


def test_a_pause_is_stored_to_five_minutes_and_misses_to_the_day(rt: Runtime, poll: Poll) -> None:
    for _ in range(3):
        miss(rt, poll, invented_id(1))
    with rt.read_main() as tx:
        kept = tx.execute(select(Attempt.paused_until, Attempt.day)).all()
    assert {row.paused_until % 300 for row in kept} == {0}
    assert {row.day for row in kept} == {date(2026, 5, 2)}


def test_success_forgives_the_misses_of_the_pair(rt: Runtime, poll: Poll) -> None:
    for _ in range(2):
        miss(rt, poll, invented_id(1))
    identify(rt, poll, invented_id(1))
    assert miss(rt, poll, invented_id(1)).facts["left"] == 2


def test_many_devices_lock_a_number_only_at_the_cap_and_until_tomorrow(
    rt: Runtime, poll: Poll, clock: MovableClock
) -> None:
    cap = rt.settings.identity.misses_a_day
    for number in range(cap):
        assert isinstance(miss(rt, poll, invented_id(1), device=f"d{number}"), IdentityMismatch)
    with pytest.raises(LockedUntilTomorrow) as locked:
        identify(rt, poll, invented_id(1), device="the voter's own")
    assert 0 < int(str(locked.value.facts["retry_after"])) <= 12 * 3600 + 1
    assert identify(rt, poll, invented_id(2), device="d1").style == "d1-w1"
    clock.forward(seconds=int(str(locked.value.facts["retry_after"])))
    assert identify(rt, poll, invented_id(1), device="the voter's own").style == "d1-w1"


def test_the_help_desk_unlocks_a_number_at_once_and_the_log_names_nobody(rt: Runtime, poll: Poll) -> None:
    for _ in range(3):
        miss(rt, poll, invented_id(1))
    service.unlock(rt, poll.officer, poll.call_id, invented_id(1).lower())
    assert identify(rt, poll, invented_id(1)).style == "d1-w1"
    with rt.read_main() as tx:
        entry = activity.of_call(tx, poll.call_id)[0]
    assert (entry.act, entry.subject, entry.facts) == ("roll.unlock", "", {})
    with pytest.raises(CallUnknown):
        service.unlock(rt, staff_of(put_agency(rt, "other")), poll.call_id, invented_id(1))
    with pytest.raises(RoleNeeded):
        service.unlock(rt, poll.auditor, poll.call_id, invented_id(1))


def guess(rt: Runtime, poll: Poll, *, person: int = 1, address: str = "192.0.2.1", device: str = "") -> Any:
    """A wrong birth date from an address, by a browser that keeps no cookie; the refusal."""
    with pytest.raises((RateLimited, IdentityMismatch)) as refused:
        service.identify(
            rt,
            poll.call_id,
            national_id=invented_id(person),
            birth_on=date(1999, 9, 9),
            code="",
            device=device or secrets.token_hex(8),
            address=address,
        )
    return refused.value


def test_after_some_misses_an_address_is_told_to_come_later_and_nobody_sleeps(
    rt: Runtime, poll: Poll, clock: MovableClock
) -> None:
    limits = rt.settings.identity
    for _ in range(limits.misses_before_slow + 1):
        assert isinstance(guess(rt, poll), IdentityMismatch)
    waits = []
    for _ in range(6):
        refused = guess(rt, poll)
        assert isinstance(refused, TooSoon)
        waits.append(refused.facts["retry_after"])
        assert isinstance(guess(rt, poll), TooSoon)  # asking again does not lengthen it
        clock.forward(seconds=float(str(refused.facts["retry_after"])))
        assert isinstance(guess(rt, poll), IdentityMismatch)
    assert waits[:2] == [1, 1]
    assert max(waits) == waits[-1] == limits.slowest_seconds
    refused = guess(rt, poll)
    assert isinstance(refused, TooSoon)
    assert attempts_kept(rt) == limits.misses_before_slow + 1 + 6 + 1  # each a device's, and the number's


def test_the_brake_on_a_guesser_holds_up_neither_the_voter_nor_another_number(
    rt: Runtime, poll: Poll
) -> None:
    while not isinstance(guess(rt, poll), TooSoon):
        pass
    voter = {"birth_on": BIRTH, "code": "", "device": "the voter's own"}
    ticket = service.identify(rt, poll.call_id, national_id=invented_id(1), address="192.0.2.77", **voter)
    assert ticket.style == "d1-w1"
    neighbour = service.identify(rt, poll.call_id, national_id=invented_id(2), address="192.0.2.1", **voter)
    assert neighbour.style == "d1-w1"


def test_a_clock_that_is_set_back_does_not_hold_anybody_for_long(
    rt: Runtime, poll: Poll, clock: MovableClock
) -> None:
    while not isinstance(guess(rt, poll), TooSoon):
        pass
    clock.forward(hours=-1)
    assert isinstance(guess(rt, poll), IdentityMismatch)


def test_the_wait_doubles_and_ends_at_the_longest() -> None:
    limits = IdentitySettings(misses_before_slow=2, slowest_seconds=1.0)
    assert [attempts.delay(n, limits) for n in (0, 1, 2, 3, 4, 5, 500)] == [0, 0, 0.25, 0.5, 1, 1, 1]


def test_misses_of_earlier_days_are_forgotten_and_todays_kept(
    rt: Runtime, poll: Poll, clock: MovableClock
) -> None:
    miss(rt, poll, invented_id(1))
    service.forget_old_misses(rt)
    assert attempts_kept(rt) > 0
    clock.forward(days=1)
    service.forget_old_misses(rt)
    assert attempts_kept(rt) == 0


# --- the service behind


@pytest.mark.parametrize(
    ("shows", "error"),
    [
        ("no-match", IdentityMismatch),
        ("locked", IdentityLocked),
        ("down", IdentityServiceDown),
        ("timeout", IdentityServiceTimeout),
        ("too-young", TooYoung),
        ("no-ground", NoGround),
    ],
)
def test_each_answer_of_the_identity_service_has_its_own_refusal(
    rt: Runtime, sandbox_poll: Poll, shows: str, error: type[PbvoteError]
) -> None:
    person = next(one for one in PEOPLE if one.shows == shows)
    with pytest.raises(error):
        identify(rt, sandbox_poll, person.national_id, birth_on=person.birth_on)
    assert (attempts_kept(rt) > 0) == (shows == "no-match")


def test_a_service_that_is_down_never_counts_and_never_pauses(rt: Runtime, sandbox_poll: Poll) -> None:
    person = next(one for one in PEOPLE if one.shows == "down")
    for _ in range(8):
        with pytest.raises(IdentityServiceDown):
            identify(rt, sandbox_poll, person.national_id, birth_on=person.birth_on)


def test_a_match_brings_the_style_of_the_persons_ties_and_its_transaction(
    rt: Runtime, sandbox_poll: Poll
) -> None:
    person = next(one for one in PEOPLE if one.shows == "match" and one.bonds[0].district == "d1")
    ticket = identify(rt, sandbox_poll, person.national_id, birth_on=person.birth_on)
    assert (ticket.style, ticket.method) == ("d1-w1", "sandbox")
    assert ticket.transaction.startswith("sandbox-")


def test_the_service_is_asked_with_no_transaction_open(rt: Runtime, sandbox_poll: Poll) -> None:
    person = PEOPLE[0]

    class Watching:
        def begin(self, asked: object) -> Pending:
            with rt.main():  # on SQLite a second writer would wait for ever
                return Pending(show=Fields())

        def finish(self, pending: Pending, given: object) -> IdentityAnswer:
            with rt.main():
                return IdentityAnswer(answer=Answer.DOWN)

    watched = replace(rt, identity={"sandbox": Watching()})
    with pytest.raises(IdentityServiceDown):
        identify(watched, sandbox_poll, person.national_id)


def test_invented_people_answer_by_number_and_birth_date_alone() -> None:
    person = SandboxPerson(national_id=invented_id(5), birth_on=BIRTH, answer=Answer.MATCH)
    verifier = SandboxVerifier([person])

    def answer(number: int, born: date) -> Answer:
        claim = IdentityClaim(call_id="c", canonical_id=invented_id(number), birth_on=born)
        return verifier.finish(Pending(show=Fields(), claim=claim), {}).answer

    assert answer(5, BIRTH) is Answer.MATCH
    assert answer(5, date(1956, 3, 9)) is Answer.NO_MATCH
    assert answer(6, BIRTH) is Answer.NO_MATCH
    assert len({one.national_id for one in PEOPLE}) == len(PEOPLE)


# --- when


def test_nobody_checks_in_before_voting_after_issuing_or_without_a_manifest(
    rt: Runtime, poll: Poll, clock: MovableClock
) -> None:
    timeline = poll.manifest.ruleset.timeline
    for moment in (
        timeline.voting_opens_at - timedelta(seconds=1),
        timeline.issue_until,
        timeline.cast_until,
    ):
        clock.set(moment)
        with pytest.raises(StageClosed):
            identify(rt, poll, invented_id(1))
    with pytest.raises(VoteNotReady):
        identify(rt, replace(poll, call_id="nowhere"), invented_id(1))  # type: ignore[arg-type]


# --- tickets


def test_a_ticket_opens_for_its_call_and_its_minutes_only(
    rt: Runtime, poll: Poll, clock: MovableClock
) -> None:
    ticket = identify(rt, poll, invented_id(1))
    sealed = service.seal_ticket(rt, ticket)
    assert service.open_ticket(rt, poll.call_id, sealed) == replace(
        ticket, expires_at=ticket.expires_at.replace(microsecond=0)
    )
    assert invented_id(1) not in sealed
    with pytest.raises(TicketBroken):
        service.open_ticket(rt, "another", sealed)  # type: ignore[arg-type]
    for bad in ("", "x", sealed[:-4], "A" + sealed[1:], sealed * 20, "é"):
        with pytest.raises(TicketBroken):
            service.open_ticket(rt, poll.call_id, bad)
    clock.forward(minutes=rt.settings.identity.ticket_minutes)
    with pytest.raises(TicketExpired):
        service.open_ticket(rt, poll.call_id, sealed)


def test_no_text_of_a_ticket_or_an_error_shows_a_number(rt: Runtime, poll: Poll) -> None:
    ticket = identify(rt, poll, invented_id(1))
    assert invented_id(1) not in repr(ticket)
    assert invented_id(1) not in repr(miss(rt, poll, invented_id(1)))
    assert invented_id(1) not in str(miss(rt, poll, invented_id(1)))


# --- the desk


def at_desk(rt: Runtime, poll: Poll, national_id: str, **more: Any) -> Any:
    given: dict[str, Any] = {
        "birth_on": BIRTH,
        "ground": 0,
        "district": "d1",
        "since": date(2001, 1, 1),
        **more,
    }
    return service.check_at_desk(rt, poll.officer, poll.call_id, national_id=national_id, **given)


def test_staff_write_the_same_row_for_a_person_who_is_not_on_the_roll(rt: Runtime, poll: Poll) -> None:
    ticket = at_desk(rt, poll, invented_id(50))
    assert (ticket.method, ticket.style) == ("counter", "d1-w1")
    with rt.read_main() as tx:
        row = tx.scalars(select(RollRow).where(RollRow.channel == "counter")).one()
    assert row.style == "d1-w1"
    with pytest.raises(IdentityMismatch):
        identify(rt, poll, invented_id(50))  # a row made at a desk opens at a desk only


def test_a_roll_voter_at_the_desk_keeps_the_row_of_the_roll(rt: Runtime, poll: Poll) -> None:
    at_desk(rt, poll, invented_id(1))
    assert identify(rt, poll, invented_id(1)).style == "d1-w1"


def test_the_desk_writes_no_activity_entry_and_counts_assistance_by_day(rt: Runtime, poll: Poll) -> None:
    with rt.read_main() as tx:
        before = len(activity.of_call(tx, poll.call_id))
    at_desk(rt, poll, invented_id(50), assistance="staff")
    at_desk(rt, poll, invented_id(51), assistance="staff")
    at_desk(rt, poll, invented_id(52))
    with rt.read_main() as tx:
        assert len(activity.of_call(tx, poll.call_id)) == before
        (row,) = tx.scalars(select(Assistance)).all()
    assert (row.kind, row.count, row.day) == ("staff", 2, date(2026, 5, 2))


def test_the_desk_follows_the_rules_too(rt: Runtime, poll: Poll) -> None:
    with pytest.raises(NoGround):
        at_desk(rt, poll, invented_id(50), since=date(2026, 4, 1))
    with pytest.raises(TooYoung):
        at_desk(rt, poll, invented_id(50), birth_on=date(2015, 1, 1))
    with pytest.raises(DeskChoice):
        at_desk(rt, poll, invented_id(50), district="d9")
    with pytest.raises(DeskChoice):
        at_desk(rt, poll, invented_id(50), ground=7)
    with pytest.raises(IdMalformed) as former:
        at_desk(rt, poll, invented_id(50), former_id="no")
    assert former.value.field == "former_id"


def test_only_officers_of_the_agency_sit_at_the_desk(rt: Runtime, poll: Poll) -> None:
    with pytest.raises(CallUnknown):
        at_desk(rt, replace(poll, officer=staff_of(put_agency(rt, "other"))), invented_id(50))
    with pytest.raises(RoleNeeded):
        at_desk(rt, replace(poll, officer=poll.auditor), invented_id(50))


def test_a_call_without_a_desk_has_none(rt: Runtime, clock: MovableClock) -> None:
    poll = voting_poll(rt, 1, values={"counter": "0"})
    clock.set(VOTING)
    with pytest.raises(IdentityWayClosed):
        at_desk(rt, poll, invented_id(50))


# --- identity verification off (NDC-01)


def mailed_code(rt: Runtime) -> str:
    from pbvote.platform.outbox import OutboxMessage

    with rt.read_main() as tx:
        row = tx.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
    assert row is not None
    return str(row.facts["code"])


def confirm(rt: Runtime, survey: Poll, email: str, code: str, device: str = "d") -> Any:
    return service.confirm_contact_code(
        rt, survey.call_id, email=email, code=code, district="d1", device=device, address=device
    )


def test_a_mailed_code_admits_the_address_in_any_spelling(rt: Runtime, survey: Poll) -> None:
    service.request_contact_code(rt, survey.call_id, email="Who@Example.org", language="zh")
    ticket = confirm(rt, survey, " who@EXAMPLE.org ", mailed_code(rt))
    assert (ticket.method, ticket.style, ticket.canonical_id) == ("contact", "d1-w1", "mail:who@example.org")


def test_a_code_is_good_for_its_address_and_half_an_hour(
    rt: Runtime, survey: Poll, clock: MovableClock
) -> None:
    service.request_contact_code(rt, survey.call_id, email="a@example.org", language="zh")
    code = mailed_code(rt)
    with pytest.raises(IdentityMismatch):
        confirm(rt, survey, "b@example.org", code)
    clock.forward(minutes=31)
    with pytest.raises(IdentityMismatch):
        confirm(rt, survey, "a@example.org", code)


@pytest.mark.parametrize(
    "address",
    [
        "g:a@example.org",
        "(1)a@example.org",
        "a(1)@example.org",
        "a@(1)example.org",
        "=?utf-8?q?a?=@example.org",
        ".:@?#b.tw",
        "a\x00@example.org",
        "a..b@example.org",
        "a@example",
    ],
)
def test_an_address_that_a_mail_program_reads_otherwise_is_none(address: str) -> None:
    with pytest.raises(NotAnAddress):
        address_of(address)


def test_guessing_a_code_is_paused_and_mails_are_limited(rt: Runtime, survey: Poll) -> None:
    for _ in range(5):
        service.request_contact_code(rt, survey.call_id, email="a@example.org", language="zh")
    with pytest.raises(CodesSpent):
        service.request_contact_code(rt, survey.call_id, email="a@example.org", language="zh")
    wrong = "000000" if mailed_code(rt) != "000000" else "111111"
    for _ in range(3):
        with pytest.raises(IdentityMismatch):
            confirm(rt, survey, "a@example.org", wrong)
    with pytest.raises(PairPaused):
        confirm(rt, survey, "a@example.org", mailed_code(rt))


def test_a_station_code_admits_its_holder(rt: Runtime, survey: Poll) -> None:
    codes = service.make_station_codes(
        rt, survey.officer, survey.call_id, 3, style=survey.manifest.styles[0].id
    )
    assert len(set(codes)) == 3
    ticket = service.confirm_station_code(
        rt, survey.call_id, code=codes[0].lower().replace("-", " "), device="d"
    )
    assert (ticket.method, ticket.style) == ("station", "d1-w1")
    with pytest.raises(IdentityMismatch):
        service.confirm_station_code(rt, survey.call_id, code="ABCD-2345-WXYZ", device="d")


def test_a_survey_asks_for_no_identity_and_a_selection_for_no_mail(rt: Runtime, survey: Poll) -> None:
    with pytest.raises(IdentityWayClosed):
        identify(rt, survey, invented_id(1))


def test_a_selection_vote_admits_nobody_by_mail_or_station_code(rt: Runtime, poll: Poll) -> None:
    with pytest.raises(IdentityWayClosed):
        service.request_contact_code(rt, poll.call_id, email="a@example.org", language="zh")
    with pytest.raises(IdentityWayClosed):
        service.make_station_codes(rt, poll.officer, poll.call_id, 1, style=poll.manifest.styles[0].id)
