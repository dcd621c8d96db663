"""Why, step by step, and what if: the pages behind a published result."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, event, select

from pbvote.core import canonical
from pbvote.platform.runtime import Runtime
from pbvote.rooms.counting import explaining, queries
from pbvote.rooms.counting.models import Told, Vote
from pbvote.rooms.counting.progress import Step
from tests.make.polls import Poll, closed_poll, moderated_poll
from tests.make.visitors import CallDesk


def _published(rt: Runtime, **changes: str) -> Poll:
    """Five ballots in the east, three in the west, certified."""
    poll = moderated_poll(rt, values=changes)
    poll.freeze()
    poll.open_voting()
    for number, choices in ((0, (1, 3)), (3, (3,)), (6, (2, 3)), (1, (2,)), (2, (4,)), (5, (5,)), (8, (5,))):
        poll.vote(number, *choices)
    poll.close()
    poll.open_box()
    poll.certify()
    return poll


def _page(site: FlaskClient, address: str, *, status: int = 200) -> str:
    answer = site.get(address)
    assert answer.status_code == status, address
    return answer.get_data(as_text=True)


def test_one_sentence_with_one_number_stands_on_every_page_of_a_project(
    rt: Runtime, site: FlaskClient
) -> None:
    """F2: a neighbour read "1 vote short" above "12 more voters needed"."""
    poll = _published(rt)
    base = f"/calls/{poll.call_id}"
    results = f"{base}/results"
    links = set(re.findall(rf'"({results}/d[12]/\d+)"', _page(site, results)))
    assert len(links) == 2
    said = {"zh": "再多 3 票就會入選。", "en": "3 votes more would have been needed."}
    pages = [results, f"{results}/d1/1", f"{base}/projects/1", f"{base}/proposals?seed=1", f"{base}/"]
    for language, sentence in said.items():
        for address in pages:
            shown = site.get(address, headers={"Accept-Language": language}).get_data(as_text=True)
            assert sentence in shown, (language, address)
            assert "還差" not in shown
            assert " short" not in shown
    shown = _page(site, f"{results}/d1/1")
    assert "輪到本案時還剩" in shown
    assert "多 3 票，整個計票再算一次，本案入選；多 2 票則沒有" in shown
    assert "經費在 1,500,000 元以下時也會入選" in shown
    for absent in ("d1/99", "d1/4", "d9/1"):
        _page(site, f"{results}/{absent}", status=404)


@pytest.mark.parametrize("method", ["greedy-votes", "equal-shares-cost", "equal-shares-count", "phragmen"])
def test_every_step_of_the_count_is_a_page(rt: Runtime, site: FlaskClient, method: str) -> None:
    poll = _published(rt, **{"winner_rule.method": method, "winner_rule.completion": "utilitarian"})
    address = f"/calls/{poll.call_id}/results/d1/rounds"
    first = _page(site, address)
    steps = re.search(r"第 1 步，共 (\d+) 步", first)
    assert steps is not None
    assert int(steps[1]) == 3
    for number in range(1, 4):
        shown = _page(site, f"{address}?round={number}")
        assert f"第 {number} 步" in shown
    if method.startswith("equal"):
        assert "票合力支付" in first
    assert f"第 {steps[1]} 步" in _page(site, f"{address}?round=99")
    assert "第 1 步" in _page(site, f"{address}?round=-3")


def test_nothing_of_it_is_there_before_certification(rt: Runtime, site: FlaskClient) -> None:
    """PRA-09."""
    poll = closed_poll(rt)
    poll.open_box()
    base = f"/calls/{poll.call_id}/results"
    for address in (base, f"{base}/d1/1", f"{base}/d1/rounds"):
        _page(site, address, status=404)
    desk = CallDesk(site, poll.officer, poll)
    assert site.get(f"{desk.base}/what-if?method=phragmen").status_code == 404


def test_what_if_is_marked_and_changes_nothing(rt: Runtime, site: FlaskClient) -> None:
    poll = _published(rt)
    before = site.get(f"/calls/{poll.call_id}/outcome.json").data
    desk = CallDesk(site, poll.officer, poll)
    address = f"{desk.base}/what-if"
    assert "試算，非正式結果" in _page(site, address)
    tried = "method=equal-shares-cost&budget=1000000&threshold=0&fit=skip&completion=none&district=d1"
    shown = _page(site, f"{address}?{tried}")
    assert "試算，非正式結果" in shown
    assert "不同" in shown
    _page(site, f"{address}?{tried.replace('1000000', 'lots')}", status=422)
    _page(site, f"{address}?{tried.replace('equal-shares-cost', 'dice')}", status=422)
    wrong = tried.replace("1000000", "lots").replace("threshold=0", "threshold=x")
    refused = _page(site, f"{address}?{wrong}", status=422)
    assert [name for name in ("budget", "threshold") if f'href="#f-{name}"' not in refused] == []
    assert site.get(f"{desk.base}/audit/what-if").status_code == 403
    assert site.get(f"/calls/{poll.call_id}/outcome.json").data == before
    site.delete_cookie("pbvote_session")
    auditing = CallDesk(site, poll.auditor, poll)
    assert "審定結果與試算" in _page(site, f"{auditing.base}/audit/what-if?{tried}")


def test_what_if_names_every_mistake_at_once(rt: Runtime, site: FlaskClient) -> None:
    poll = _published(rt)
    desk = CallDesk(site, poll.officer, poll)
    page = _page(site, f"{desk.base}/what-if?method=guess&budget=much&threshold=few", status=422)
    summary = page[page.index("error-summary") :].partition("</ul>")[0]
    assert [f'href="#f-{name}"' in summary for name in ("method", "budget", "threshold")] == [True] * 3
    page = _page(site, f"{desk.base}/what-if?method=guess&budget=1000&threshold=1", status=422)
    summary = page[page.index("error-summary") :].partition("</ul>")[0]
    assert [f'href="#f-{name}"' in summary for name in ("method", "budget", "threshold")] == [
        True,
        False,
        False,
    ]


def test_a_result_of_the_first_release_still_renders(rt: Runtime, site: FlaskClient) -> None:
    """Its trace has the members of a greedy count alone, and no rounds, groups or pool."""
    poll = _published(rt)
    with rt.main() as tx:
        row = tx.scalars(select(Vote)).one()
        assert row.outcome is not None
        values: Any = canonical.decode(row.outcome)
        plain = {"rank", "project", "score", "cost", "money_left", "fate", "missing", "stopped_by"}
        for district in values["districts"]:
            outcome = district["outcome"]
            assert set(outcome["spec"]) == {"method", "budget", "fit", "threshold"}
            assert all(set(line) == plain for line in outcome["trace"])
    assert "備取" in _page(site, f"/calls/{poll.call_id}/results")


def test_what_the_worker_has_not_explained_yet_has_a_standing_and_no_number(
    rt: Runtime, site: FlaskClient
) -> None:
    """A result that an earlier release certified: until the worker comes by, then like any other."""
    poll = _published(rt)
    with rt.main() as tx:
        tx.execute(delete(Told))
        tx.scalars(select(Vote)).one().step = Step.DONE
    pages = [f"/calls/{poll.call_id}/{page}" for page in ("results", "results/d1/1", "projects/1")]
    for address in pages:
        shown = _page(site, address)
        assert "備取第 1" in shown
        assert "再多" not in shown
    poll.advance()
    for address in pages:
        assert "再多 3 票就會入選。" in _page(site, address)
    with rt.read_main() as tx:
        assert tx.scalars(select(Vote.step)).one() == Step.EXPLAINED


def test_a_result_that_takes_too_long_to_explain_is_finished_in_slices_and_without_numbers(
    rt: Runtime,
) -> None:
    poll = _published(rt)
    with rt.main() as tx:
        tx.execute(delete(Told))
    seconds = iter(range(0, 10_000, 7))
    rounds = 1
    while not explaining.explain_some(rt, poll.call_id, steady=lambda: float(next(seconds))):
        rounds += 1
    assert 1 < rounds < 10
    with rt.read_main() as tx:
        told = queries.told(tx, [poll.call_id])
    assert len(told) == len(poll.manifest.projects)
    without = [
        each for each in told.values() if not each.standing.funded and "more_support" not in each.found
    ]
    assert without
    assert all("hopeless" not in each.found for each in without)


@pytest.mark.parametrize("page", ["results", "proposals?seed=1", "", "projects/1", "results/d1/1"])
def test_the_number_of_queries_does_not_grow_with_the_projects(
    rt: Runtime, site: FlaskClient, page: str
) -> None:
    poll = _published(rt)
    counted: list[str] = []

    def count(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        counted.append(statement)

    event.listen(rt.engine("main"), "before_cursor_execute", count)
    try:
        _page(site, f"/calls/{poll.call_id}/{page}")
    finally:
        event.remove(rt.engine("main"), "before_cursor_execute", count)
    told = [statement for statement in counted if "counting_told" in statement]
    assert len(told) == 1
    assert len(counted) < 30
    assert len([statement for statement in counted if "FROM proposals_picture" in statement]) <= 2
