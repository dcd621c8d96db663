"""The diary lets the past happen in order, and keeps mail that invented people act on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pbvote.platform.runtime import Message
from pbvote.tools.demo.diary import Diary, DiaryClock, Postbox
from pbvote.tools.demo.pictures import sketch
from pbvote.tools.demo.plan import load_calls, load_city

START = datetime(2026, 1, 1, tzinfo=UTC)
TAIPEI = ZoneInfo("Asia/Taipei")


def test_acts_happen_at_their_time_in_order_whatever_order_they_were_noted_in() -> None:
    clock = DiaryClock(START)
    diary = Diary(clock)
    seen: list[tuple[str, datetime]] = []
    for name, hours in (("late", 5), ("early", 1), ("middle", 3)):
        diary.note(START + timedelta(hours=hours), lambda name=name: seen.append((name, clock())))
    diary.tell()
    assert seen == [
        ("early", START + timedelta(hours=1)),
        ("middle", START + timedelta(hours=3)),
        ("late", START + timedelta(hours=5)),
    ]


def test_acts_of_one_moment_happen_in_the_order_in_which_they_were_noted() -> None:
    diary = Diary(DiaryClock(START))
    seen: list[int] = []
    for number in range(5):
        diary.note(START, lambda number=number: seen.append(number))
    diary.tell()
    assert seen == [0, 1, 2, 3, 4]


@dataclass
class _Sent:
    messages: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> None:
        self.messages.append(message)


def test_links_and_codes_are_kept_back_and_other_mail_goes_on() -> None:
    sent = _Sent()
    postbox = Postbox(sent)
    postbox.send(Message(to="a@demo.example", template="sign-in", language="zh", facts={"token": "t1"}))
    postbox.send(Message(to="a@demo.example", template="proposal-accepted", language="zh", facts={}))
    assert postbox.fact("sign-in", "a@demo.example", "token") == "t1"
    assert [message.template for message in sent.messages] == ["proposal-accepted"]


def test_every_call_has_dates_in_order_at_any_hour_of_any_day() -> None:
    for now in (
        datetime(2026, 2, 28, 0, 5, tzinfo=TAIPEI),
        datetime(2026, 12, 31, 23, 55, tzinfo=TAIPEI),
        datetime(2028, 2, 29, 17, 0, tzinfo=TAIPEI),
    ):
        for call in load_calls(now):
            times = list(call.dates.values())
            assert times == sorted(times)
            assert call.at("published") < now
            years = {str(now.year - 1911), str(now.year - 1910)}
            assert "{" not in call.title
            assert call.key == "survey" or any(year in call.title for year in years)


def test_each_district_has_realistic_projects_that_fit_into_its_budget() -> None:
    for call in load_calls(datetime(2026, 5, 5, 12, tzinfo=TAIPEI)):
        for district, budget in call.budgets.items():
            costs = [project.cost for project in call.projects if project.district == district]
            assert costs
            assert max(costs) <= budget
            assert call.key in {"collecting", "survey"} or sum(costs) > budget


def test_everybody_in_the_city_is_visibly_invented() -> None:
    city = load_city()
    assert all("虛構" in agency.name for agency in city.agencies)
    assert all(re_invented(one.name) for one in city.staff)
    assert all(email.endswith("@demo.example") for email in city.residents)


def re_invented(name: str) -> bool:
    """Whether a name says that nobody bears it."""
    return any(word in name for word in ("測試", "示範"))


def test_a_drawing_is_the_same_for_the_same_proposal_and_another_for_another() -> None:
    assert sketch("haian", seed="a") == sketch("haian", seed="a")
    assert sketch("haian", seed="a") != sketch("haian", seed="b")
