"""Several people, one device; one person, several devices; a device that staff hand over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from pbvote.core.types import unb64
from pbvote.rooms.registrar import service as registrar_service
from tests.browser.conftest import Device
from tests.browser.live import LiveVote
from tests.browser.steps import (
    KEPT,
    choose,
    code_on,
    counted,
    hand_over,
    identify,
    issued,
    mark,
    new_page,
    sign_in_officer,
    tell_who,
    unfold,
)
from tests.make import polls

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_two_people_vote_one_after_the_other_and_see_nothing_of_each_other(
    vote: LiveVote, phone: BrowserContext, clock: Any
) -> None:
    page = new_page(phone)
    choose(page, vote, 1, 3)
    identify(page, vote.ids[0])
    first = code_on(page)
    unfold(page, "換家人用這台裝置投票")
    page.get_by_role("button", name="清除並換另一位投票").click()
    page.get_by_role("link", name="東區").click()
    expect(page.locator(".meter__count")).to_have_text("已選 0／2 案")
    assert page.locator("input:checked").count() == 0
    choose(page, vote, 2)
    identify(page, vote.ids[2])
    second = code_on(page)
    assert second != first
    expect(page.locator("[data-others-section]")).to_be_hidden()
    assert first not in page.content()
    assert counted(vote, clock) == [(1, 3), (2,)]


def test_one_identity_in_two_browsers_gets_one_vote(vote: LiveVote, device: Device, clock: Any) -> None:
    first, second = new_page(device()), new_page(device())
    choose(first, vote, 1)
    identify(first, vote.ids[0])
    code_on(first)
    choose(second, vote, 2)
    identify(second, vote.ids[0])
    expect(second.locator('[data-panel="used"]')).to_be_visible()
    second.reload()
    expect(second.locator('[data-panel="used"]')).to_be_visible()
    assert (issued(vote), counted(vote, clock)) == (1, [(1,)])


def test_choices_of_somebody_whose_token_is_gone_are_never_cast_for_the_next_who_identifies(
    vote: LiveVote, device: Device, clock: Any
) -> None:
    first, shared = new_page(device()), new_page(device())
    choose(first, vote, 1)
    identify(first, vote.ids[0])
    code_on(first)
    choose(shared, vote, 1, 3)
    identify(shared, vote.ids[0])
    expect(shared.locator('[data-panel="used"]')).to_be_visible()
    shared.goto(f"{vote.origin}/checkin/{vote.manifest.call}/")  # the next person, by whatever way
    tell_who(shared, vote.ids[2])
    expect(shared.locator("[data-nothing]")).to_be_visible()
    shared.get_by_role("link", name="去選方案").click()
    expect(shared.locator('input[value="1"]')).to_be_enabled()
    assert shared.locator("input:checked").count() == 0
    mark(shared, 2)
    shared.get_by_role("link", name="投出選票").or_(shared.get_by_role("link", name="下一步")).first.click()
    code_on(shared)
    assert counted(vote, clock) == [(1,), (2,)]


# --- one began and stopped half-way, another takes the device


def lose(route: Route) -> None:
    """The server hears and answers; the device never learns."""
    route.fetch()
    route.abort()


STOPS: dict[str, tuple[str, Callable[[Route], None]]] = {
    "asking": ("**/issue", lambda route: route.abort()),
    "claimed": ("**/issue", lose),
    "signed": ("**/vote/cast.js", lambda route: route.abort()),
    "sealed": ("**/ballots", lambda route: route.abort()),
    "cast": ("**/ballots", lose),
}


def stop_at(page: Page, vote: LiveVote, state: str) -> None:
    """Person 0 chooses project 1 and comes as far as this."""
    pattern, trouble = STOPS.get(state, ("**/nothing", lambda route: route.abort()))
    page.route(pattern, trouble)
    page.goto(vote.url("?district=d1"))
    page.locator('input[value="1"]').check()
    expect(page.locator(".meter__count")).to_have_text("已選 1／2 案")
    if state != "choosing":
        mark(page)
        page.get_by_role("link", name="下一步").click()
        expect(page.locator('[name="national_id"]')).to_be_visible()
    if state in STOPS:
        tell_who(page, vote.ids[0])
        seen = {"asking": "retry", "claimed": "retry", "sealed": "waiting", "cast": "waiting"}
        if state == "signed":
            page.wait_for_url(vote.url("cast"))
        else:
            expect(page.locator(f'[data-panel="{seen[state]}"]')).to_be_visible()
    page.unroute(pattern)


def expect_a_clean_ballot(page: Page) -> None:
    expect(page.locator(".meter__count")).to_have_text("已選 0／2 案")
    assert page.locator("input:checked").count() == 0


def the_first_returns(phone: BrowserContext, vote: LiveVote) -> None:
    """Person 0 takes the device up again, says so, fills in project 3 and identifies."""
    for page in phone.pages:
        page.close()
    page = phone.new_page()
    page.goto(vote.url("?district=d1"))
    expect(page.get_by_role("heading", name="這台裝置已投出一票")).to_be_visible()  # the other one's
    page.get_by_role("button", name="我是另一位，開始新的選票").click()
    expect_a_clean_ballot(page)
    mark(page, 3)
    identify(page, vote.ids[0])
    code_on(page)


def what_counts(state: str) -> list[tuple[int, ...]]:
    """A sealed ballot stays what it is; before that, the newest choices count."""
    return [(1,), (2,)] if state in {"sealed", "cast"} else [(2,), (3,)]


@pytest.mark.parametrize("state", ["choosing", "who", "claimed", "cast"])
def test_whoever_says_it_is_their_turn_sees_nothing_of_who_stopped_and_both_vote(
    vote: LiveVote, phone: BrowserContext, clock: Any, state: str
) -> None:
    stop_at(new_page(phone), vote, state)
    phone.pages[0].close()
    page = phone.new_page()
    page.goto(vote.url("?district=d1"))
    expect(page.get_by_role("heading", name="這台裝置上有未完成的投票")).to_be_visible()
    assert page.locator("input:checked").count() == 0
    page.locator('[data-panel="whose"] [data-other-person]').click()
    expect_a_clean_ballot(page)
    mark(page, 2)
    identify(page, vote.ids[2])
    code_on(page)
    assert "河濱步道加燈" not in page.content()
    the_first_returns(phone, vote)
    assert (issued(vote), counted(vote, clock)) == (2, what_counts(state))


@pytest.mark.parametrize("state", ["asking", "signed", "sealed"])
def test_whoever_identifies_where_another_stopped_gets_a_ballot_of_their_own(
    vote: LiveVote, phone: BrowserContext, clock: Any, state: str
) -> None:
    page = new_page(phone)
    stop_at(page, vote, state)
    claimed = issued(vote)
    page.goto(f"{vote.origin}/checkin/{vote.manifest.call}/?district=d1")
    tell_who(page, vote.ids[2])
    expect(page.locator('[data-panel="district"]')).to_be_visible()
    assert issued(vote) == claimed  # nothing is claimed for choices that are not theirs
    page.locator("[data-booth]").click()
    expect_a_clean_ballot(page)
    mark(page, 2)
    page.get_by_role("link", name="下一步").click()
    code_on(page)
    the_first_returns(phone, vote)
    assert (issued(vote), counted(vote, clock)) == (2, what_counts(state))


def test_whoever_gets_the_device_at_the_identity_form_can_fill_in_their_own_ballot(
    vote: LiveVote, phone: BrowserContext, clock: Any
) -> None:
    page = new_page(phone)
    stop_at(page, vote, "who")
    page.get_by_role("link", name="先圈選您自己的選票").click()
    page.get_by_role("link", name="東區").click()
    expect_a_clean_ballot(page)
    page.locator('input[value="2"]').check()
    expect(page.locator(".meter__count")).to_have_text("已選 1／2 案")  # it counts what is on the disk
    page.reload()
    expect(page.locator('input[value="2"]')).to_be_checked()
    mark(page)
    identify(page, vote.ids[2])
    code_on(page)
    assert counted(vote, clock) == [(2,)]


def test_a_request_that_stands_in_anothers_row_is_made_afresh(
    vote: LiveVote, phone: BrowserContext, clock: Any
) -> None:
    page = new_page(phone)
    stop_at(page, vote, "asking")
    taken = page.evaluate(KEPT, vote.manifest.call)["attempt"]["blinded"]
    ticket = polls.identify(vote.rt, vote.poll, vote.ids[2])
    registrar_service.issue(vote.rt, ticket, style=ticket.style, blinded=unb64(taken))
    page.get_by_role("button", name="再試一次").click()
    code_on(page)
    assert (issued(vote), counted(vote, clock)) == (2, [(1,)])


# --- a device that staff hand over


def test_a_device_that_staff_hand_over_starts_afresh_and_wipes_itself(
    vote: LiveVote, phone: BrowserContext, clock: Any
) -> None:
    page = new_page(phone)
    sign_in_officer(page, vote)
    page.goto(vote.url("?district=d1"))
    page.locator('input[value="1"]').check()  # somebody left choices on the desk's device
    expect(page.locator(".meter__count")).to_have_text("已選 1／2 案")
    hand_over(page, vote, vote.ids[0])
    expect_a_clean_ballot(page)
    page.locator('input[value="3"]').check()
    page.reload()
    expect(page.locator('input[value="3"]')).to_be_checked()
    mark(page)
    page.get_by_role("link", name="下一步").click()
    code_on(page)
    expect(page.locator("[data-own-device]:visible")).to_have_count(0)
    page.goto(f"{vote.origin}/agency/")
    assert "/staff/sign-in" in page.url
    page.goto(vote.url("receipt"))
    code_on(page)
    phone.clock.run_for(121_000)
    expect(page.get_by_role("heading", name="已清除")).to_be_visible()
    page.goto(vote.url("receipt"))
    expect(page.get_by_role("heading", name="這台裝置上沒有查核碼")).to_be_visible()
    kept = page.evaluate(KEPT, vote.manifest.call)
    assert kept == {"draft": None, "attempt": None, "aside": None, "receipt": None}
    assert counted(vote, clock) == [(3,)]
