"""Winners are carried out: what an officer may say, what stays as certified, what nobody can rewrite."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlalchemy import delete, event, select, update

from pbvote.core.errors import InvalidInput, PbvoteError, findings_of
from pbvote.core.types import Actor, CallId
from pbvote.edges.mail import MailRenderer
from pbvote.platform.activity import Activity, of_call
from pbvote.platform.outbox import OutboxMessage
from pbvote.platform.runtime import MailTemplate, Message, Runtime
from pbvote.rooms.accounts.errors import RoleNeeded
from pbvote.rooms.calls.errors import CallUnknown
from pbvote.rooms.counting import queries as counting
from pbvote.rooms.delivery import board, photos, queries, schedule, service
from pbvote.rooms.delivery.board import Wanted
from pbvote.rooms.delivery.errors import DeliveryChanged, NotCarriedOut, PhotosFull, PhotoUnknown
from pbvote.rooms.delivery.kinds import ChangeKind, Moment, State, needs_reason
from pbvote.rooms.delivery.models import Change, Delivery, TakenUp
from pbvote.rooms.engagement import following
from pbvote.rooms.proposals import pictures
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals.models import Proposal
from pbvote.typed.dates import taipei_day
from tests.make.delivered import WINNERS, certified_poll, delivered_poll, said
from tests.make.files import picture
from tests.make.people import put_agency, put_resident, staff_of
from tests.make.polls import Poll


@pytest.fixture
def poll(rt: Runtime) -> Poll:
    """A certified vote whose winners are taken up."""
    return delivered_poll(rt)


def today(poll: Poll) -> date:
    return taipei_day(poll.clock.now)


def shown(poll: Poll, number: int = 2) -> queries.DeliveryView:
    with poll.rt.read_main() as tx:
        return queries.get(tx, poll.call_id, number)


def history(poll: Poll, number: int = 2) -> queries.HistoryView:
    with poll.rt.read_main() as tx:
        return queries.history_of(tx, queries.get(tx, poll.call_id, number))


def say(poll: Poll, number: int = 2, *, photo: bytes = b"", **changes: str) -> None:
    """The officer saves the form as it stands, with changes."""
    now = shown(poll, number)
    start = said(state=now.state.value, spent_twd="" if now.spent_twd is None else str(now.spent_twd))
    service.update(
        poll.rt, poll.officer, poll.call_id, number, start | changes, seen=now.version, photo=photo
    )


def plan(poll: Poll, number: int = 2, **changes: str) -> None:
    typed = {name.replace("__", "."): text for name, text in changes.items()}
    seen = shown(poll, number).version
    schedule.plan(poll.rt, poll.officer, poll.call_id, number, typed, seen=seen)


def refused(act: Callable[[], object]) -> dict[str, str]:
    """What was refused, by field."""
    with pytest.raises(InvalidInput) as caught:
        act()
    return {finding.field: finding.code for finding in findings_of(caught.value)}


# --- what is carried out


def test_the_winners_of_a_certified_vote_are_taken_up_once_as_they_were_certified(poll: Poll) -> None:
    with poll.rt.read_main() as tx:
        listed = queries.of_call(tx, poll.call_id)
        outcome = counting.outcome(tx, poll.call_id)
        titles = {p.number: p.title for p in proposals.projects_of_call(tx, poll.call_id)}
    costs = {row["project"]: row["cost"] for d in outcome["districts"] for row in d["outcome"]["trace"]}
    won = {number for d in outcome["districts"] for number in d["outcome"]["winners"]}
    assert won == set(WINNERS)
    assert {n: (each.granted_twd, each.title) for n, each in listed.items()} == {
        n: (costs[n], titles[n]) for n in WINNERS
    }
    for each in listed.values():
        assert (each.state, each.spent_twd, each.changed_at) == (State.APPROVED, None, None)
    assert service.take_up(poll.rt) == 0


def test_nothing_is_carried_out_before_the_certification_and_losers_never_are(rt: Runtime) -> None:
    poll = certified_poll(rt)
    with rt.read_main() as tx, pytest.raises(NotCarriedOut):
        queries.get(tx, poll.call_id, 2)
    assert service.take_up(rt) == len(WINNERS)
    for number in (1, 4, 99):
        with rt.read_main() as tx, pytest.raises(NotCarriedOut):
            queries.get(tx, poll.call_id, number)
        with pytest.raises(NotCarriedOut):
            service.update(rt, poll.officer, poll.call_id, number, said(state="tendered"), seen=1)


def test_a_survey_binds_nobody(rt: Runtime) -> None:
    poll = certified_poll(rt, vote_kind="survey")
    assert service.take_up(rt) == 0
    with rt.read_main() as tx:
        assert queries.of_call(tx, poll.call_id) == {}
        assert tx.get(TakenUp, poll.call_id) is not None


def test_a_row_that_no_result_funds_is_neither_shown_nor_kept_up(poll: Poll) -> None:
    """Whatever stands in this room's table, the certified result has the last word."""
    with poll.rt.main() as tx:
        tx.execute(update(Delivery).where(Delivery.number == 2).values(number=1))
    with poll.rt.read_main() as tx, pytest.raises(NotCarriedOut):
        queries.get(tx, poll.call_id, 1)
    with pytest.raises(NotCarriedOut):
        service.update(poll.rt, poll.officer, poll.call_id, 1, said(state="tendered"), seen=1)


# --- saying how far it is


def test_a_project_goes_on_and_its_dates_money_and_history_follow(poll: Poll) -> None:
    poll.clock.forward(days=40)
    say(poll, state="tendered", since_on="", spent_twd="13萬")
    tendered_on = today(poll)
    poll.clock.forward(days=30)
    start = (today(poll) - timedelta(days=3)).isoformat()
    say(poll, state="building", since_on=start, spent_twd="1,250,000 元", note="動工了。")
    now = shown(poll)
    assert (now.state, now.since_on.isoformat(), now.spent_twd) == (State.BUILDING, start, 1_250_000)
    assert [m.actual_on for m in now.steps] == [tendered_on, now.since_on, None]
    assert now.spent_share == 500
    told = history(poll)
    assert told.whole
    assert [(c.number, c.kind, c.note) for c in told.changes] == [
        (2, ChangeKind.UPDATE, "動工了。"),
        (1, ChangeKind.UPDATE, ""),
    ]
    assert told.changes[0].facts["state.before"] == "tendered"
    assert told.changes[0].facts["spent.before"] == 130_000
    assert told.changes[0].officer_id == poll.officer.id


@pytest.mark.parametrize(
    ("before", "after", "needed"),
    [
        (State.APPROVED, State.BUILDING, False),
        (State.BUILDING, State.BUILDING, False),
        (State.BUILDING, State.TENDERED, True),
        (State.FINISHED, State.BUILDING, True),
        (State.APPROVED, State.CANCELLED, True),
        (State.CANCELLED, State.APPROVED, True),
    ],
)
def test_what_goes_back_or_ends_early_is_explained(before: State, after: State, needed: bool) -> None:
    assert needs_reason(before, after) is needed


def test_going_back_needs_a_reason_and_forgets_the_later_steps(poll: Poll) -> None:
    poll.clock.forward(days=20)
    say(poll, state="building")
    assert refused(lambda: say(poll, state="tendered")) == {"note": "delivery.reason-needed"}
    say(poll, state="tendered", note="廠商停工，重新發包。")
    assert [m.actual_on for m in shown(poll).steps] == [today(poll), None, None]
    assert len(history(poll).changes) == 2


def test_a_cancelled_project_keeps_its_result_and_its_money(poll: Poll) -> None:
    with poll.rt.read_main() as tx:
        before = counting.outcome_bytes(tx, poll.call_id)
    plan(poll, finished__planned="2026-06-01")
    poll.clock.set(poll.clock.now.replace(month=7))
    assert shown(poll).late_days(today(poll)) > 0
    assert refused(lambda: say(poll, state="cancelled")) == {"note": "delivery.reason-needed"}
    say(poll, state="cancelled", note="土地所有人不同意使用。")
    now = shown(poll)
    assert (now.state, now.due_on, now.late_days(today(poll))) == (State.CANCELLED, None, 0)
    with poll.rt.read_main() as tx:
        assert counting.outcome_bytes(tx, poll.call_id) == before
        assert counting.told(tx, [poll.call_id], numbers=[2])[poll.call_id, 2].standing.funded
    assert refused(lambda: say(poll, state="approved")) == {"note": "delivery.reason-needed"}
    say(poll, state="approved", note="改用隔壁的市有地。")
    assert shown(poll).state is State.APPROVED


def test_everything_wrong_is_said_at_once(poll: Poll) -> None:
    typed = said(state="half-way", spent_twd="很多", note="字" * 1001)
    act = lambda: service.update(poll.rt, poll.officer, poll.call_id, 2, typed, seen=1)  # noqa: E731
    assert refused(act) == {
        "state": "delivery.state-unknown",
        "spent_twd": "typed.not-money",
        "note": "typed.text-too-long",
    }
    assert refused(lambda: say(poll)) == {"state": "delivery.nothing-said"}
    tomorrow = (today(poll) + timedelta(days=1)).isoformat()
    assert refused(lambda: say(poll, state="tendered", since_on=tomorrow)) == {
        "since_on": "typed.date-out-of-range"
    }
    earlier = (shown(poll).certified_on - timedelta(days=1)).isoformat()
    assert refused(lambda: say(poll, state="tendered", since_on=earlier)) == {
        "since_on": "typed.date-out-of-range"
    }


def test_a_step_does_not_begin_before_the_one_that_was_reached(poll: Poll) -> None:
    poll.clock.forward(days=30)
    say(poll, state="tendered")
    poll.clock.forward(days=30)
    before = (today(poll) - timedelta(days=31)).isoformat()
    assert refused(lambda: say(poll, state="building", since_on=before)) == {
        "since_on": "typed.date-out-of-range"
    }


def test_more_money_than_granted_and_less_than_before_are_explained(poll: Poll) -> None:
    granted = shown(poll).granted_twd
    assert refused(lambda: say(poll, spent_twd=str(granted + 1))) == {"note": "delivery.over-granted"}
    say(poll, spent_twd=str(granted + 1), note="物價調整款由本所自籌。")
    assert shown(poll).spent_share == 1000
    assert refused(lambda: say(poll, spent_twd="100")) == {"note": "delivery.reason-needed"}
    assert refused(lambda: say(poll, spent_twd="")) == {"note": "delivery.reason-needed"}
    say(poll, spent_twd="100", note="前一筆多打了零。")
    assert history(poll).changes[0].facts == {"spent.before": granted + 1, "spent.after": 100}


# --- dates


def test_a_planned_date_that_passes_is_overdue_until_it_is_met(poll: Poll) -> None:
    plan(
        poll,
        tendered__planned="115-06-01",
        finished__planned="115/9/30",
        own__0__title="說明會",
        own__0__planned="2026-06-20",
    )
    now = shown(poll)
    assert now.due_on == date(2026, 6, 1)
    assert [(m.title, m.planned_on) for m in now.own] == [("說明會", date(2026, 6, 20))]
    poll.clock.set(poll.clock.now.replace(month=6, day=11))
    assert now.late_days(today(poll)) == 10
    say(poll, state="tendered", since_on="2026-06-05")
    assert shown(poll).due_on == date(2026, 6, 20)
    poll.clock.set(poll.clock.now.replace(month=6, day=25))
    plan(
        poll,
        tendered__planned="2026-06-01",
        finished__planned="2026-09-30",
        own__0__title="說明會",
        own__0__planned="2026-06-20",
        own__0__actual="2026-06-22",
    )
    now = shown(poll)
    assert now.due_on == date(2026, 9, 30)
    assert [m.late_days(today(poll)) for m in now.milestones] == [4, 0, 0, 2]
    say(poll, state="finished")
    assert shown(poll).due_on is None


def test_a_date_that_is_put_off_or_dropped_needs_a_reason(poll: Poll) -> None:
    plan(poll, building__planned="2026-07-01", finished__planned="2026-08-01")
    for changes in ({"finished__planned": "2026-08-02"}, {"finished__planned": ""}):
        kept = {"building__planned": "2026-07-01"} | changes
        assert refused(lambda kept=kept: plan(poll, **kept)) == {"why": "delivery.reason-needed"}
    plan(poll, building__planned="2026-07-01", finished__planned="2026-07-15")
    plan(poll, building__planned="2026-07-01", finished__planned="2026-10-01", why="等待橋梁檢測。")
    facts = history(poll).changes[0].facts
    assert facts == {"finished.planned.before": "2026-07-15", "finished.planned.after": "2026-10-01"}


def test_wrong_dates_stand_beside_their_fields(poll: Poll) -> None:
    found = refused(
        lambda: plan(
            poll,
            tendered__planned="2026-08-01",
            building__planned="2026-07-01",
            finished__planned="某天",
            own__3__planned="2026-07-01",
            own__4__title="驗收",
            own__4__actual="2099-01-01",
        )
    )
    assert found == {
        "building.planned": "delivery.plan-out-of-order",
        "finished.planned": "typed.not-a-date",
        "own.3.title": "typed.text-missing",
        "own.4.actual": "typed.date-out-of-range",
    }
    rows = {f"own__{n}__title": f"第{n}次說明會" for n in range(13)}
    assert set(refused(lambda: plan(poll, **rows)).values()) == {"delivery.milestones-full"}
    assert refused(lambda: plan(poll)) == {"why": "delivery.nothing-said"}


def test_milestones_can_be_changed_and_taken_away_and_the_history_says_so(poll: Poll) -> None:
    plan(poll, own__0__title="說明會", own__0__planned="2026-06-20", own__1__title="選址")
    plan(poll, own__0__title="選址", own__0__actual=today(poll).isoformat())
    assert [m.title for m in shown(poll).own] == ["選址"]
    facts = history(poll).changes[0].facts
    assert facts["own1.before"] == "說明會|2026-06-20|"
    assert facts["own2.before"] == "選址||"
    assert "own2.after" not in facts


# --- who may, and two at once


def test_only_officers_of_the_agency_keep_a_project_up(poll: Poll) -> None:
    stranger = staff_of(put_agency(poll.rt, "other"), account_id=77)
    for actor, error in ((stranger, CallUnknown), (poll.auditor, RoleNeeded)):
        acts: tuple[Callable[[Actor], object], ...] = (
            lambda a: service.update(poll.rt, a, poll.call_id, 2, said(state="tendered"), seen=1),
            lambda a: schedule.plan(poll.rt, a, poll.call_id, 2, {"own.0.title": "x"}, seen=1),
            lambda a: service.name_office(poll.rt, a, poll.call_id, 2, {}, seen=1),
            lambda a: service.remove_photo(poll.rt, a, poll.call_id, 2, 1, reason="x"),
        )
        for act in acts:
            with pytest.raises(error):
                act(actor)
    assert history(poll).changes == ()


def test_who_saves_what_somebody_else_has_changed_is_told(poll: Poll) -> None:
    say(poll, state="tendered")
    for act in (
        lambda: service.update(poll.rt, poll.officer, poll.call_id, 2, said(state="building"), seen=1),
        lambda: service.update(poll.rt, poll.officer, poll.call_id, 2, said(state="building"), seen=None),
        lambda: schedule.plan(poll.rt, poll.officer, poll.call_id, 2, {"own.0.title": "x"}, seen=1),
        lambda: service.name_office(
            poll.rt, poll.officer, poll.call_id, 2, {"office": "工務課", "telephone": "1999"}, seen=1
        ),
    ):
        with pytest.raises(DeliveryChanged):
            act()
    assert shown(poll).state is State.TENDERED


AT_ONCE = 6


@pytest.fixture
def listed(shared: Runtime, monkeypatch: pytest.MonkeyPatch) -> tuple[Runtime, Actor, CallId]:
    """One winner on either kind of database; that it won is taken for granted here."""
    from tests.make.calls import published_call

    officer = staff_of(put_agency(shared, "shilin"))
    call_id = published_call(shared, officer)
    day = date(2026, 3, 1)
    with shared.main() as tx:
        tx.add(
            Delivery(
                call_id=call_id,
                number=2,
                proposal_id=0,
                agency_id=int(officer.agency_id or 0),
                year=115,
                district="d1",
                district_name="東區",
                title="方案2",
                granted_twd=900_000,
                certified_on=day,
                state="approved",
                since_on=day,
                office="公所",
                telephone="",
                version=1,
            )
        )
    funded = type("Told", (), {"standing": type("Standing", (), {"funded": True})()})()
    monkeypatch.setattr(counting, "told", lambda _tx, ids, numbers: {(ids[0], n): funded for n in numbers})
    return shared, officer, call_id


def at_once(act: Callable[[int], object], refusal: type[PbvoteError]) -> int:
    gate = Barrier(AT_ONCE)

    def one(number: int) -> bool:
        gate.wait(60)
        try:
            act(number)
        except refusal:
            return False
        return True

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(pool.map(one, range(AT_ONCE)))


def test_of_several_who_save_at_once_one_is_heard(listed: tuple[Runtime, Actor, CallId]) -> None:
    rt, officer, call_id = listed

    def act(number: int) -> None:
        typed = said(state="tendered", spent_twd=str(1000 + number))
        service.update(rt, officer, call_id, 2, typed, seen=1)

    assert at_once(act, DeliveryChanged) == 1
    with rt.read_main() as tx:
        row = queries.get(tx, call_id, 2)
        assert (row.version, len(queries.history_of(tx, row).changes)) == (2, 1)


def test_photographs_keep_to_their_number_when_several_arrive_at_once(
    listed: tuple[Runtime, Actor, CallId], monkeypatch: pytest.MonkeyPatch
) -> None:
    rt, officer, call_id = listed
    monkeypatch.setattr(photos, "MOST_PHOTOS", 1)
    stored = pictures.encode(picture())
    monkeypatch.setattr(photos, "stored", lambda *_given: stored)
    typed = said(alt="施工現場", moment="during")
    refusal = (DeliveryChanged, PhotosFull)
    gate = lambda _n: service.update(rt, officer, call_id, 2, typed, seen=1, photo=b"x")  # noqa: E731
    assert at_once(gate, refusal) == 1  # type: ignore[arg-type]


# --- photographs


def test_a_photograph_is_kept_without_place_and_camera_and_can_be_taken_away(poll: Poll) -> None:
    say(poll, photo=picture(), alt="空地上堆著雜物", moment="before")
    say(poll, photo=picture(shade=9), alt="新的球場", moment="after", state="finished")
    now = shown(poll)
    assert [(p.alt, p.moment) for p in now.photos] == [
        ("空地上堆著雜物", Moment.BEFORE),
        ("新的球場", Moment.AFTER),
    ]
    first = now.photos[0]
    content = pictures.picture_bytes(poll.rt, first.sha256, shelf=photos.SHELF)
    assert b"CAMERA-SECRET" not in content
    with poll.rt.read_main() as tx:
        assert queries.shows(tx, first.sha256)
        assert queries.first_photos(tx, [now.id])[now.id].alt == "新的球場"
    remove = lambda reason: service.remove_photo(  # noqa: E731
        poll.rt, poll.officer, poll.call_id, 2, first.id, reason=reason
    )
    assert refused(lambda: remove(" ")) == {"reason": "delivery.reason-needed"}
    remove("照到路過的孩子。")
    with pytest.raises(PhotoUnknown):
        remove("再一次")
    path = pictures.media_path(poll.rt, first.sha256, shelf=photos.SHELF)
    assert not path.exists()
    assert [p.alt for p in shown(poll).photos] == ["新的球場"]
    told = history(poll)
    assert told.whole
    assert (told.changes[0].kind, told.changes[0].note) == (ChangeKind.PHOTO_REMOVED, "照到路過的孩子。")


def test_a_photograph_needs_its_words_and_its_moment(poll: Poll) -> None:
    assert refused(lambda: say(poll, photo=picture(), alt="", moment="")) == {
        "alt": "proposals.missing",
        "moment": "delivery.moment-unknown",
    }
    assert refused(lambda: say(poll, photo=b"no picture", alt="球場", moment="after")) == {
        "picture": "proposals.picture-type"
    }
    assert history(poll).changes == ()


def test_the_same_picture_of_a_proposal_has_a_file_of_its_own(poll: Poll) -> None:
    say(poll, photo=picture(), alt="球場", moment="after")
    sha = shown(poll).photos[0].sha256
    pictures.forget(poll.rt, sha)  # what a proposal does with its own
    assert pictures.picture_bytes(poll.rt, sha, shelf=photos.SHELF)


# --- the office


def test_the_office_in_charge_has_a_name_and_a_telephone(poll: Poll) -> None:
    def name(**typed: str) -> None:
        seen = shown(poll).version
        service.name_office(poll.rt, poll.officer, poll.call_id, 2, typed, seen=seen)

    assert refused(lambda: name(office="", telephone="請洽櫃檯")) == {
        "office": "typed.text-missing",
        "telephone": "typed.not-a-telephone",
    }
    name(office="工務課　養護股", telephone="０２-2345-6789 轉 12")
    now = shown(poll)
    assert (now.office, now.telephone) == ("工務課 養護股", "02-2345-6789 轉 12")
    assert refused(lambda: name(office=now.office, telephone=now.telephone)) == {
        "office": "delivery.nothing-said"
    }


# --- history and log


def test_a_change_that_is_rewritten_or_lost_is_noticed(poll: Poll) -> None:
    for state in ("tendered", "building", "finished"):
        poll.clock.forward(days=2)
        say(poll, state=state, note=f"現在是{state}")
    assert history(poll).whole
    with poll.rt.main() as tx:
        tx.execute(update(Change).where(Change.number == 2).values(note="其實沒有延誤"))
    assert not history(poll).whole
    with poll.rt.main() as tx:
        tx.execute(update(Change).where(Change.number == 2).values(note="現在是building"))
    assert history(poll).whole
    with poll.rt.main() as tx:
        tx.execute(delete(Change).where(Change.number == 1))
    assert not history(poll).whole


def test_every_act_stands_in_the_activity_log(poll: Poll) -> None:
    say(poll, photo=picture(), alt="球場", moment="before")
    plan(poll, finished__planned="2026-12-01")
    service.name_office(
        poll.rt,
        poll.officer,
        poll.call_id,
        2,
        {"office": "工務課", "telephone": "1999"},
        seen=shown(poll).version,
    )
    photo = shown(poll).photos[0].id
    service.remove_photo(poll.rt, poll.officer, poll.call_id, 2, photo, reason="拍錯地方")
    with poll.rt.read_main() as tx:
        acts = [each.act for each in of_call(tx, poll.call_id) if each.act.startswith("delivery.")]
    assert acts == [
        Activity.DELIVERY_PHOTO_REMOVE,
        Activity.DELIVERY_OFFICE,
        Activity.DELIVERY_SCHEDULE,
        Activity.DELIVERY_UPDATE,
    ]


# --- mail


def mails(poll: Poll) -> list[tuple[str, str, bool]]:
    """Receiver, note and whether its link ends the call's mail, of what waits; then the outbox is empty."""
    with poll.rt.main() as tx:
        rows = list(tx.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))
        found = [
            (row.recipient.partition("@")[0], str(row.facts["note"]), row.facts["leave"][1] == poll.call_id)
            for row in rows
            if row.template == "delivery-changed"
        ]
        tx.execute(delete(OutboxMessage))
    return sorted(found)


def test_who_follows_and_who_proposed_hears_of_it(poll: Poll) -> None:
    rt = poll.rt
    author, neighbour, watcher = (put_resident(rt, name) for name in ("author", "neighbour", "watcher"))
    project = shown(poll).proposal_id
    with rt.main() as tx:
        tx.execute(update(Proposal).where(Proposal.id == project).values(proposer_id=author.id))
    following.follow(rt, neighbour, poll.call_id, proposal_id=project)
    following.follow(rt, watcher, poll.call_id)
    mails(poll)
    say(poll, state="tendered")
    assert mails(poll) == [("author", "", False), ("neighbour", "", True), ("watcher", "", True)]
    say(poll, note="選好廠商了。")
    assert mails(poll) == [("author", "選好廠商了。", False), ("neighbour", "選好廠商了。", True)]
    say(poll, spent_twd="1000")
    assert mails(poll) == []
    say(poll, 5, state="tendered")
    assert mails(poll) == [("watcher", "", True)]
    token = following.unsubscribe_token(rt, resident_id=neighbour.id, call_id=poll.call_id)
    following.unsubscribe(rt, token)
    say(poll, state="building")
    assert [who for who, _note, _leave in mails(poll)] == ["author", "watcher"]


def test_a_completion_that_is_put_off_is_told(poll: Poll) -> None:
    neighbour = put_resident(poll.rt, "neighbour")
    following.follow(poll.rt, neighbour, poll.call_id, proposal_id=shown(poll).proposal_id)
    plan(poll, finished__planned="2026-08-01")
    assert mails(poll) == []
    plan(poll, finished__planned="2026-11-20", why="等待橋梁檢測。")
    with poll.rt.read_main() as tx:
        facts = tx.scalars(select(OutboxMessage.facts)).all()
    assert [each["later"] for each in facts] == ["2026-11-20"]


@pytest.mark.parametrize(
    ("language", "subject", "sentence"),
    [
        ("zh", "方案2：執行狀態改為「取消」", "執行狀態現在是：取消。"),
        ("en", "方案2: now cancelled", "is now cancelled."),
    ],
)
def test_the_mail_reads_well_in_both_languages(
    poll: Poll, language: str, subject: str, sentence: str
) -> None:
    neighbour = put_resident(poll.rt, "neighbour", language=language)
    following.follow(poll.rt, neighbour, poll.call_id, proposal_id=shown(poll).proposal_id)
    mails(poll)
    say(poll, state="cancelled", note="第一段。\n\n第二段。")
    with poll.rt.read_main() as tx:
        row = tx.scalars(select(OutboxMessage)).one()
    message = Message(
        to=row.recipient, template=MailTemplate(row.template), language=row.language, facts=row.facts
    )
    mail = MailRenderer(origin="https://vote.example", sender="vote@vote.example").mail(message)
    text = mail.get_content()
    assert mail["Subject"] == subject
    assert sentence in text
    assert "第一段。\n\n第二段。" in text
    assert f"https://vote.example/calls/{poll.call_id}/projects/2/progress" in text
    assert "民政課 02-0000-0000" in text  # no office has been named yet
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


# --- the board


def test_the_figures_count_every_winner(poll: Poll) -> None:
    say(poll, 2, state="finished", spent_twd="2400000")
    say(poll, 3, state="cancelled", note="不做了。")
    plan(poll, 5, finished__planned="2026-06-01")
    poll.clock.set(poll.clock.now.replace(month=6, day=2))
    with poll.rt.read_main() as tx:
        found = board.figures(tx, Wanted(), today=today(poll))
        west = board.figures(tx, Wanted(district_name="西區"), today=today(poll))
        late = board.listed(tx, Wanted(late_on=today(poll)))
        columns = board.columns(tx, Wanted())
        offered = board.offered(tx, Wanted())
    assert (found.total, found.finished, found.rate, found.late) == (3, 1, 33, 1)
    assert (found.granted_twd, found.spent_twd) == (2_500_000 + 1_000_000 + 2_000_000, 2_400_000)
    assert (west.total, west.finished) == (1, 0)
    assert [each.number for each in late.items] == [5]
    assert {state: [p.number for p in found] for state, found in columns.items() if found} == {
        State.FINISHED: [2],
        State.CANCELLED: [3],
        State.APPROVED: [5],
    }
    assert (offered.years, offered.districts) == ((115,), ("東區", "西區"))


def statements_of(rt: Runtime, act: Callable[[], object]) -> int:
    """How many statements an act sends to the database."""
    sent: list[str] = []

    def statement(*call: object) -> None:
        sent.append(str(call[2]))

    event.listen(rt.engine("main"), "before_cursor_execute", statement)
    try:
        act()
    finally:
        event.remove(rt.engine("main"), "before_cursor_execute", statement)
    return len(sent)


def five_thousand_more(poll: Poll) -> None:
    row = shown(poll)
    with poll.rt.main() as tx:
        tx.add_all(
            Delivery(
                call_id=poll.call_id,
                number=1000 + n,
                proposal_id=0,
                agency_id=row.agency_id,
                year=115,
                district="d1",
                district_name=f"第{n % 30}區",
                title=f"方案{n}",
                granted_twd=100_000,
                certified_on=row.certified_on,
                state=tuple(State)[n % 5].value,
                since_on=row.since_on,
                office="公所",
                telephone="",
                version=1,
                due_on=row.certified_on if n % 7 == 0 else None,
            )
            for n in range(5000)
        )


def test_five_thousand_projects_cost_as_many_queries_as_three(poll: Poll) -> None:
    rt = poll.rt

    def read() -> None:
        with rt.read_main() as tx:
            found = board.columns(tx, Wanted())
            queries.first_photos(tx, [p.id for column in found.values() for p in column])
            board.figures(tx, Wanted(), today=today(poll))
            board.glance(tx, today=today(poll))
            board.listed(tx, Wanted(year=115), page=3)
            board.every(tx, Wanted())
            board.news(tx, Wanted())
            board.offered(tx, Wanted())

    few = statements_of(rt, read)
    five_thousand_more(poll)
    assert statements_of(rt, read) == few
    with rt.read_main() as tx:
        found = board.columns(tx, Wanted())
        page = board.listed(tx, Wanted(), page=3)
    assert {len(column) for column in found.values()} == {board.IN_A_COLUMN}
    assert (page.total, len(page.items)) == (5003, board.PAGE)


def test_the_worker_takes_up_results_of_before(rt: Runtime) -> None:
    from pbvote.edges import worker

    poll = certified_poll(rt)
    worker.round_of_duties(replace(rt))
    assert shown(poll).state is State.APPROVED
