"""A project's own pages end with its result: won, runner-up, lost or withdrawn, and why."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from pbvote.core.types import Actor, Choices
from pbvote.platform.runtime import Runtime
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals.models import Proposal
from tests.make.polls import Poll, closed_poll, moderated_poll
from tests.make.visitors import Browser

BALLOTS = {0: (1, 3), 3: (3,), 6: (2, 3), 1: (2,), 2: (4,), 5: (5,), 8: (5,)}


def _published(rt: Runtime, **values: str) -> Poll:
    poll = moderated_poll(rt, values=values)
    poll.freeze()
    poll.open_voting()
    for number, chosen in BALLOTS.items():
        points = (4, 3)[: len(chosen)] if values.get("ballot_form.kind") == "points" else ()
        poll.cast(number, Choices(chosen, points))
    poll.close()
    poll.open_box()
    poll.certify()
    return poll


def _read(site: FlaskClient, address: str, language: str) -> str:
    answer = site.get(address, headers={"Accept-Language": language})
    assert answer.status_code == 200, address
    return " ".join(answer.get_data(as_text=True).split())


def test_the_authors_pages_say_what_became_of_the_project(
    rt: Runtime, site: FlaskClient, ming: Actor
) -> None:
    poll = _published(rt)
    with rt.main() as tx:
        tx.execute(
            update(Proposal)
            .where(Proposal.call_id == poll.call_id, Proposal.number.in_([1, 2]))
            .values(proposer_id=ming.id)
        )
    with rt.read_main() as tx:
        ids = {number: proposals.get_project(tx, poll.call_id, number).id for number in (1, 2)}
    Browser(site).sign_in(ming)
    expected = {
        "zh": ("入選", "備取第 1", "再多 3 票就會入選。", "結果公告：入選"),
        "en": ("Funded", "Runner-up 1", "3 votes more would have been needed.", "Result published: Funded"),
    }
    for language, (won, waiting, lacked, published) in expected.items():
        mine = _read(site, "/my/", language)
        assert f'<span class="tag tag--won">{won}</span>' in mine
        assert f'<span class="tag tag--runner-up">{waiting}</span>' in mine
        assert lacked in mine
        assert "通過審核" not in mine
        assert published in _read(site, f"/my/proposals/{ids[2]}", language)
        lost = _read(site, f"/my/proposals/{ids[1]}", language)
        assert lacked in lost
        assert f"/calls/{poll.call_id}/results#d-d1" in lost


@pytest.mark.parametrize(
    ("language", "unit", "other"), [("zh", " 分", r"\d 票"), ("en", " points", r"\d votes?\b")]
)
def test_a_vote_by_points_speaks_of_points(
    rt: Runtime, site: FlaskClient, language: str, unit: str, other: str
) -> None:
    rules = {
        "ballot_form.kind": "points",
        "ballot_form.points_total": "10",
        "winner_rule.score": "points",
        "winner_rule.threshold_votes": "3",
    }
    poll = _published(rt, **rules)
    for page in ("results", "results/d1/1", "projects/1", "proposals?seed=1", "results/d1/rounds"):
        shown = _read(site, f"/calls/{poll.call_id}/{page}", language)
        assert unit in shown, page
        assert re.search(other, shown) is None, page
    level = {"zh": "方案不分先後時", "en": "level"}[language]
    assert level in _read(site, f"/calls/{poll.call_id}/results", language)
    head = {"zh": "得分", "en": "Points"}[language]
    assert head in _read(site, f"/calls/{poll.call_id}/results/d1/1", language)


def test_a_project_that_costs_more_than_everything_is_told_so(rt: Runtime, site: FlaskClient) -> None:
    poll = _published(rt, **{"districts.1.budget_twd": "600000"})
    base = f"/calls/{poll.call_id}"
    told = {
        "zh": "經費超過這裡的全部預算，再多人支持也不會入選。",
        "en": "it costs more than the whole budget, so no support would have been enough.",
    }
    for language, sentence in told.items():
        assert sentence in _read(site, f"{base}/projects/5", language)
        assert sentence in _read(site, f"{base}/results/d2/5", language)


def test_a_withdrawn_project_stays_withdrawn_and_has_no_other_result(rt: Runtime, site: FlaskClient) -> None:
    poll = closed_poll(rt)
    before = _read(site, f"/calls/{poll.call_id}/projects/2", "zh")
    assert "入選" not in before
    poll.open_box()
    assert "tag--won" not in _read(site, f"/calls/{poll.call_id}/proposals?seed=1", "zh")
    poll.certify()
    shown = _read(site, f"/calls/{poll.call_id}/projects/3", "zh")
    assert '<span class="tag tag--withdrawn">已退出票選</span>' in shown
    assert "outcome__line" not in shown
    assert "tag--won" in _read(site, f"/calls/{poll.call_id}/projects/2", "zh")


def test_a_lost_tie_names_the_project_that_came_first(rt: Runtime, site: FlaskClient) -> None:
    poll = moderated_poll(rt)
    poll.freeze()
    poll.open_voting()
    for number, chosen in ((2, 4), (5, 5)):
        poll.vote(number, chosen)
    poll.close()
    poll.open_box()
    poll.certify()
    pages = [_read(site, f"/calls/{poll.call_id}/results/d2/{number}", "zh") for number in (4, 5)]
    lost = next(page for page in pages if "再多 1 票就會入選。" in page)
    assert "不分上下" in lost


def test_a_link_that_is_shared_shows_what_became_of_the_project(rt: Runtime, site: FlaskClient) -> None:
    """What a messenger reads of the page: the same one sentence, from our own origin."""
    poll = _published(rt)
    for language, sentence in (("zh", "備取第 1：再多 3 票就會入選。"), ("en", "Runner-up 1: 3 votes more")):
        shown = _read(site, f"/calls/{poll.call_id}/projects/1", language)
        assert f'<meta property="og:description" content="{sentence}' in shown
        assert '<meta property="og:title" content="方案1">' in shown
        assert f'content="{rt.settings.web.origin}/calls/{poll.call_id}/projects/1"' in shown
    shown = _read(site, f"/calls/{poll.call_id}/results", "en")
    assert re.search(r'og:description" content="\d projects were chosen"', shown)
