"""Mail by choice: at once, in digests, or never; nothing twice, nothing lost, nothing demanded dropped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from pbvote.core.types import Actor
from pbvote.edges import worker
from pbvote.edges.mail import MailRenderer
from pbvote.platform import leaving, outbox
from pbvote.platform.outbox import OutboxMessage
from pbvote.platform.places import TEMPLATES
from pbvote.platform.runtime import MailTemplate, Runtime
from pbvote.rooms.accounts import notices
from pbvote.rooms.accounts.errors import LanguageUnknown, PaceUnknown
from pbvote.rooms.accounts.kinds import Pace, Subject
from pbvote.rooms.accounts.models import Notice
from tests.make.people import put_resident
from tests.make.services import MovableClock

TITLES = {"zh": "雲海市票選", "en": "Yunhai vote", "vi": "Bỏ phiếu Vân Hải"}
# 2026-03-02 01:00 UTC is a Monday, 09:00 in Taipei
NEXT_DAY = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
NEXT_MONDAY = datetime(2026, 3, 8, 23, 0, tzinfo=UTC)


def say(rt: Runtime, who: Actor, template: MailTemplate, **facts: Any) -> None:
    with rt.main() as tx:
        notices.deliver(tx, who.id, template, at=rt.clock(), title_for=TITLES.__getitem__, **facts)


def answered(rt: Runtime, who: Actor, body: str) -> None:
    say(
        rt,
        who,
        MailTemplate.COMMENT_ANSWERED,
        proposal_title="公園",
        body=body,
        path="/calls/c/proposals/1#comment-2",
        by_agency=False,
        comment_id=2,
    )


def prefer(rt: Runtime, who: Actor, pace: Pace, subject: Subject = Subject.COMMENTS) -> None:
    notices.choose(rt, who.id, {subject: pace.value}, language="zh")


def posted(rt: Runtime) -> list[OutboxMessage]:
    with rt.read_main() as tx:
        return list(tx.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def waiting(rt: Runtime) -> int:
    with rt.read_main() as tx:
        return tx.scalar(select(func.count()).select_from(Notice)) or 0


def text_of(rt: Runtime, row: OutboxMessage) -> Any:
    renderer = MailRenderer(origin="https://pb.example", sender="no-reply@pb.example")
    return renderer.mail(outbox._message(rt, row))


def test_every_mail_is_about_something_or_demanded_for_a_reason() -> None:
    assert set(notices.KINDS) == set(MailTemplate)


def test_nothing_chosen_means_at_once(rt: Runtime, ming: Actor) -> None:
    answered(rt, ming, "好")
    (mail,) = posted(rt)
    assert (mail.template, mail.facts["leave"], mail.facts["call_title"]) == (
        "comment-answered",
        [ming.id, "~comments"],
        "雲海市票選",
    )


def test_never_means_never_and_demanded_mail_comes_all_the_same(rt: Runtime, ming: Actor) -> None:
    notices.stop(rt, ming.id, "~all")
    answered(rt, ming, "好")
    assert (posted(rt), waiting(rt)) == ([], 0)
    say(
        rt,
        ming,
        MailTemplate.PROPOSAL_REJECTED,
        proposal_title="公園",
        proposal_id=1,
        reason="重複",
        contact="",
    )
    (mail,) = posted(rt)
    assert "leave" not in {name for name, value in mail.facts.items() if value is not None}
    assert text_of(rt, mail)["List-Unsubscribe"] is None


@pytest.mark.parametrize(("pace", "due"), [(Pace.DAILY, NEXT_DAY), (Pace.WEEKLY, NEXT_MONDAY)])
def test_a_digest_waits_for_its_morning_and_tells_everything_once(
    rt: Runtime, ming: Actor, clock: MovableClock, pace: Pace, due: datetime
) -> None:
    prefer(rt, ming, pace)
    answered(rt, ming, "第一則")
    clock.forward(hours=2)
    answered(rt, ming, "第二則")
    clock.set(due - timedelta(seconds=1))
    assert notices.post_digests(rt) == 0
    clock.set(due)
    assert [notices.post_digests(rt) for _ in range(2)] == [1, 0]
    (row,) = posted(rt)
    mail = text_of(rt, row)
    body = mail.get_content()
    assert mail["Subject"] == "參與式預算：2 則新消息"
    assert body.index("第一則") < body.index("第二則")
    assert body.count("您好") == 1
    assert body.count("https://pb.example/unsubscribe/") == 1
    assert body.count("https://pb.example/notifications/") == 1
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert waiting(rt) == 0


def test_a_digest_is_in_the_language_of_its_morning(rt: Runtime, ming: Actor, clock: MovableClock) -> None:
    prefer(rt, ming, Pace.DAILY, Subject.CALLS)
    say(rt, ming, MailTemplate.VOTE_OPENS, call_id="c", issue_until="x", contact="", proposal_title="")
    notices.choose(rt, ming.id, {}, language="en")
    clock.set(NEXT_DAY)
    notices.post_digests(rt)
    mail = text_of(rt, posted(rt)[0])
    assert mail["Subject"] == "Participatory budget: 1 message"
    assert "Yunhai vote" in mail.get_content()
    assert "雲海" not in mail.get_content()


def test_mail_that_a_digest_would_bring_too_late_goes_at_once(rt: Runtime, ming: Actor) -> None:
    prefer(rt, ming, Pace.WEEKLY, Subject.LAST_DAY)
    late = rt.clock() + timedelta(days=1)
    say(rt, ming, MailTemplate.VOTE_LAST_DAY, needed_by=late, call_id="c", issue_until="x")
    assert [row.template for row in posted(rt)] == ["vote-last-day"]
    early = rt.clock() + timedelta(days=9)
    say(rt, ming, MailTemplate.VOTE_LAST_DAY, needed_by=early, call_id="c", issue_until="x")
    assert (len(posted(rt)), waiting(rt)) == (1, 1)


def test_a_new_choice_takes_along_what_waits(rt: Runtime, ming: Actor, clock: MovableClock) -> None:
    prefer(rt, ming, Pace.WEEKLY)
    answered(rt, ming, "一")
    prefer(rt, ming, Pace.DAILY)
    clock.set(NEXT_DAY)
    assert notices.post_digests(rt) == 1
    prefer(rt, ming, Pace.WEEKLY)
    answered(rt, ming, "二")
    prefer(rt, ming, Pace.AT_ONCE)
    assert notices.post_digests(rt) == 1
    prefer(rt, ming, Pace.DAILY)
    answered(rt, ming, "三")
    prefer(rt, ming, Pace.NEVER)
    clock.forward(days=9)
    assert notices.post_digests(rt) == 0
    assert waiting(rt) == 0


def test_nobody_gets_an_empty_digest_nor_somebody_elses(
    rt: Runtime, ming: Actor, clock: MovableClock
) -> None:
    other = put_resident(rt, "李小華")
    for who in (ming, other):
        prefer(rt, who, Pace.DAILY)
    answered(rt, ming, "給王小明")
    clock.set(NEXT_DAY)
    worker.round_of_duties(rt)
    mails = list((rt.settings.state_dir / "mail").glob("*.eml"))
    assert len(mails) == 1
    assert posted(rt) == []


def test_a_worker_that_dies_before_its_commit_loses_and_repeats_nothing(
    rt: Runtime, ming: Actor, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefer(rt, ming, Pace.DAILY)
    answered(rt, ming, "好")
    clock.set(NEXT_DAY)
    post = outbox.post

    def die(*given: Any, **facts: Any) -> None:
        post(*given, **facts)
        given[0].flush()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "post", die)
        with pytest.raises(KeyboardInterrupt):
            notices.post_digests(rt)
    assert (posted(rt), waiting(rt)) == ([], 1)
    assert notices.post_digests(rt) == 1
    assert (len(posted(rt)), waiting(rt)) == (1, 0)


def test_two_workers_at_once_post_one_digest(shared: Runtime, clock: MovableClock) -> None:
    who = put_resident(shared, "王小明")
    prefer(shared, who, Pace.DAILY)
    for n in range(5):
        answered(shared, who, f"第 {n} 則")
    clock.set(NEXT_DAY)
    start, counted = Barrier(4), []

    def work() -> None:
        start.wait()
        counted.append(notices.post_digests(shared))

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counted) == 1
    assert [len(row.facts["items"]) for row in posted(shared)] == [5]


def test_a_digest_costs_the_same_for_one_message_and_for_fifty(
    rt: Runtime, ming: Actor, clock: MovableClock
) -> None:
    prefer(rt, ming, Pace.DAILY)
    counts = []
    for many in (1, 50):
        for n in range(many):
            answered(rt, ming, f"{n}")
        clock.forward(days=1)
        seen: list[str] = []

        def listen(*given: Any, seen: list[str] = seen) -> None:
            seen.append(given[2])

        event.listen(rt.engine("main"), "before_cursor_execute", listen)
        assert notices.post_digests(rt) == 1
        event.remove(rt.engine("main"), "before_cursor_execute", listen)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_link_of_a_digest_stops_digests_alone(rt: Runtime, ming: Actor) -> None:
    prefer(rt, ming, Pace.DAILY)
    notices.stop(rt, ming.id, "~digest")
    with rt.read_main() as tx:
        chosen = notices.paces(tx, ming.id)
    assert chosen.pop(Subject.COMMENTS) is Pace.NEVER
    assert set(chosen.values()) == {Pace.AT_ONCE}


def test_what_is_none_of_the_choices_is_refused(rt: Runtime, ming: Actor) -> None:
    with pytest.raises(PaceUnknown):
        notices.choose(rt, ming.id, {Subject.COMMENTS: "hourly"}, language="zh")
    with pytest.raises(LanguageUnknown):
        notices.choose(rt, ming.id, {}, language="fr")


@given(st.integers(min_value=0, max_value=366 * 24 * 3600))
def test_digests_come_at_seven_and_weekly_ones_on_mondays(seconds: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    for pace, longest in ((Pace.DAILY, 1), (Pace.WEEKLY, 7)):
        due = notices.next_digest(pace, now)
        assert due is not None
        assert timedelta(0) < due - now <= timedelta(days=longest)
        local = due + timedelta(hours=8)
        assert (local.hour, local.minute, local.second) == (7, 0, 0)
        assert pace is Pace.DAILY or local.weekday() == 0


@pytest.mark.parametrize("token", ["", "1", "1.~all", "1.~all.00", "x.~all.00", "²." + "~all.00"])
def test_a_forged_link_is_nobodys(rt: Runtime, token: str) -> None:
    assert leaving.read(rt.settings, token) is None
    good = leaving.token_of(rt.settings, resident_id=1, topic="~all")
    assert leaving.read(rt.settings, good) == (1, "~all")
    assert leaving.read(rt.settings, good.replace("1.", "2.", 1)) is None


@pytest.mark.parametrize("template", [kind for kind, of in notices.KINDS.items() if isinstance(of, Subject)])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_can_stand_in_a_digest_begins_with_its_greeting(template: MailTemplate, language: str) -> None:
    text = (TEMPLATES / "mail" / f"{template}.{language}.txt").read_text("utf-8")
    said = text[text.index("Subject:") :]
    greeting, text_of_it = said.partition("\n")[2].lstrip("\n").split("\n\n", 1)
    assert greeting == ("Dear {{ name }}," if language == "en" else "{{ name }} 您好：")
    assert text_of_it.strip()


def test_a_reader_of_a_further_language_is_written_to_in_it(rt: Runtime, clock: MovableClock) -> None:
    who = put_resident(rt, "Nguyễn", language="vi")
    say(rt, who, MailTemplate.VOTE_OPENS, call_id="c", issue_until="x", contact="", proposal_title="")
    assert "Bỏ phiếu Vân Hải" in text_of(rt, posted(rt)[0]).get_content()
    notices.choose(rt, who.id, {Subject.CALLS: "daily"}, language="vi", among=("zh", "en", "vi"))
    say(rt, who, MailTemplate.VOTE_OPENS, call_id="c", issue_until="x", contact="", proposal_title="")
    clock.set(NEXT_DAY)
    assert notices.post_digests(rt) == 1
    mail = text_of(rt, posted(rt)[-1])
    assert mail["Subject"] == "Ngân sách có sự tham gia: 1 tin mới"
    assert "Bỏ phiếu Vân Hải" in mail.get_content()
