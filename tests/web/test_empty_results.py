"""Results where nobody voted, in a district or at all: every page answers in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from pbvote.core.tally.method import METHODS, Option
from pbvote.core.tally.options import Completion
from pbvote.core.types import Choices
from pbvote.platform.runtime import Runtime
from pbvote.rooms import records
from pbvote.rooms.counting import service
from pbvote.verifier.__main__ import main as verify
from tests.make.polls import Poll, moderated_poll
from tests.make.visitors import CallDesk

COMPLETING = [name for name, method in METHODS.items() if Option.COMPLETION in method.uses]
RULES = [
    *((name, "none", "greedy") for name in METHODS if name not in COMPLETING),
    *((name, "none", "shares") for name in COMPLETING),
    *(
        ("equal-shares-cost", completion, "shares")
        for completion in map(str, Completion)
        if completion != Completion.NONE
    ),
]


def _published(rt: Runtime, ballots: dict[int, Choices], **rules: str) -> Poll:
    poll = moderated_poll(rt, values=rules)
    poll.freeze()
    poll.open_voting()
    for number, choices in ballots.items():
        poll.cast(number, choices)
    poll.close()
    poll.open_box()
    poll.certify()
    return poll


def _every_page(poll: Poll, site: FlaskClient) -> dict[str, str]:
    """All pages of the result in both languages, each with status 200."""
    base = f"/calls/{poll.call_id}/results"
    pages = [base]
    for district in poll.manifest.ruleset.districts:
        pages.append(f"{base}/{district.id}/rounds")
        pages += [f"{base}/{district.id}/{p.number}" for p in poll.manifest.projects_of(district.id)]
    shown = {}
    for page in pages:
        for language in ("zh", "en"):
            answer = site.get(page, headers={"Accept-Language": language})
            assert answer.status_code == 200, (page, language)
            shown[f"{language} {page.removeprefix(base)}"] = answer.get_data(as_text=True)
    return shown


@pytest.mark.parametrize(("method", "completion", "kind"), RULES, ids=str)
def test_a_district_where_nobody_voted_has_all_its_pages_and_a_valid_record(
    rt: Runtime,
    site: FlaskClient,
    tmp_path: Path,
    method: str,
    completion: str,
    kind: str,
) -> None:
    rules = {"winner_rule.method": method, "winner_rule.completion": completion, "winner_rule.floor": "3"}
    ballots = {0: Choices((1, 3)), 1: Choices((2,)), 3: Choices((3,))}
    if method == "equal-shares-points":
        points = {"ballot_form.kind": "points", "ballot_form.points_total": "10"}
        rules |= points
        ballots = {0: Choices((1, 3), (4, 2)), 1: Choices((2,), (9,)), 3: Choices((3,), (1,))}
    poll = _published(rt, ballots, **rules)
    shown = _every_page(poll, site)
    if kind == "shares" and completion in ("none", "add1"):
        assert "這一區沒有人投票。" in shown["zh /d2/4"]
        assert "nobody voted here." in shown["en /d2/5"]
        assert "No ballot supports it" in shown["en /d2/5"]
        assert "Nobody voted here." in shown["en "]
    desk = CallDesk(site, poll.officer, poll)
    for other in METHODS:
        if METHODS[other].reads_worth == (method == "equal-shares-points"):
            asked = f"district=d2&method={other}&completion={completion}"
            assert "審定" in desk.page(f"/agency/calls/{poll.call_id}/what-if?{asked}")
    records.export(rt, poll.call_id, tmp_path / "record")
    assert verify([str(tmp_path / "record")]) == 0


@pytest.mark.parametrize("method", ["greedy-votes", "equal-shares-cost", "phragmen"])
@pytest.mark.parametrize("votes", ["nobody", "blank"])
def test_a_vote_of_nobody_or_of_blank_ballots_is_published(
    rt: Runtime, site: FlaskClient, tmp_path: Path, method: str, votes: str
) -> None:
    ballots = {0: Choices(()), 1: Choices(()), 2: Choices(())} if votes == "blank" else {}
    rules = {"winner_rule.method": method, "ballot_form.min_choices": "0"}
    poll = _published(rt, ballots, **rules)
    shown = _every_page(poll, site)
    told = "".join(shown.values())
    if votes == "blank" or method == "phragmen":
        assert ("nobody voted here." in told) == (votes == "nobody")
    records.export(rt, poll.call_id, tmp_path / "record")
    assert verify([str(tmp_path / "record")]) == 0


def test_a_district_with_every_project_withdrawn_has_a_replay_without_steps(
    rt: Runtime, site: FlaskClient
) -> None:
    poll = moderated_poll(rt)
    poll.freeze()
    poll.open_voting()
    poll.vote(0, 1)
    for number in (4, 5):
        service.withdraw_project(rt, poll.officer, poll.call_id, number=number, reason="提案人撤回")
    poll.close()
    poll.open_box()
    poll.certify()
    shown = _every_page(poll, site)
    assert "沒有計票的步驟" in shown["zh /d2/rounds"]
    assert "no steps to show" in shown["en /d2/rounds"]
