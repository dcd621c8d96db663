"""The order of the ballot: as the call says, by number, by a draw, or another on every device."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from pbvote.core.manifest import parse_manifest
from pbvote.core.rules.ruleset import BallotOrder, ruleset_from_json
from pbvote.platform.runtime import Runtime
from tests.browser.conftest import Device
from tests.browser.live import LiveVote
from tests.browser.node import Node
from tests.browser.steps import mark
from tests.make.calls import call_rules
from tests.make.polls import moderated_poll
from tests.make.wording import sentences

SHUFFLED = {"values": {"ballot_order": "shuffled"}}


def test_every_order_is_as_likely_as_every_other(tmp_path: Any) -> None:
    """24,000 numbers, 24 orders of four: chi-squared, 23 degrees of freedom, under 49.7 (p = 0.001)."""
    node = Node(tmp_path)
    orders = node.run("order", {"items": [1, 2, 3, 4], "numbers": [n * 178_956_970 for n in range(24_000)]})
    counts = Counter(map(tuple, orders))
    assert set(counts) == set(permutations([1, 2, 3, 4]))
    assert sum((count - 1000) ** 2 / 1000 for count in counts.values()) < 49.7
    assert node.run("order", {"items": [1, 2, 3], "numbers": [7]}) == node.run(
        "order", {"items": [1, 2, 3], "numbers": [7]}
    )


def test_a_call_of_before_keeps_its_bytes_and_another_order_is_a_rule() -> None:
    assert "ballot_order" not in call_rules().to_json()
    for order in (BallotOrder.LOT, BallotOrder.SHUFFLED):
        rules = call_rules({"ballot_order": order.value})
        assert ruleset_from_json(rules.to_json()).ballot_order is order
        assert any("順序" in each or "抽籤決定" in each for each in sentences(rules))


def test_numbers_are_drawn_where_the_call_says_by_lot(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.SystemRandom.shuffle", lambda _self, items: items.reverse())
    poll = moderated_poll(rt, values={"ballot_order": "lot"})
    manifest = poll.freeze()
    assert [each.title for each in manifest.projects] == [f"方案{n}" for n in (5, 4, 3, 2, 1)]
    assert [each.number for each in manifest.projects] == [1, 2, 3, 4, 5]
    assert parse_manifest(manifest.bytes).ruleset.ballot_order is BallotOrder.LOT


def standing(page: Page) -> list[str]:
    return [
        each.get_attribute("value") or "" for each in page.locator('ol.ballot input[name="project"]').all()
    ]


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("vote", [SHUFFLED], indirect=True)
def test_devices_differ_and_a_device_keeps_its_order(vote: LiveVote, device: Device) -> None:
    seen = set()
    for number in range(6):
        phone = device()
        phone.add_init_script(f"try {{ sessionStorage.setItem('pbvote-order', '{number}') }} catch {{}}")
        page = phone.new_page()
        page.goto(vote.url("?district=d1"))
        expect(page.locator('input[value="1"]')).to_be_enabled()
        order = standing(page)
        assert sorted(order) == ["1", "2", "3"]
        page.reload()
        expect(page.locator('input[value="1"]')).to_be_enabled()
        assert standing(page) == order
        seen.add(tuple(order))
    assert len(seen) > 1


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("vote", [SHUFFLED], indirect=True)
def test_the_order_stays_over_review_and_back(vote: LiveVote, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto(vote.url("?district=d1"))
    expect(page.locator('input[value="2"]')).to_be_enabled()
    order = standing(page)
    mark(page, 2)
    page.get_by_role("link", name="修改圈選").click()
    expect(page.locator('input[value="2"]')).to_be_checked()
    assert standing(page) == order
