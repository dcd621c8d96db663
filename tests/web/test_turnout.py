"""Turnout is never above the whole roll: where more ballots were cast, it is said to be unknown."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from pbvote.edges.web.site import result_totals
from pbvote.edges.web.site.result_totals import Turnout
from pbvote.platform.runtime import Runtime
from tests.make.polls import moderated_poll


def test_more_ballots_than_people_give_no_turnout() -> None:
    over = Turnout(name="東", eligible=100, cast=101)
    assert over.contradictory
    assert over.per_mille == 0
    whole = Turnout(name="東", eligible=100, cast=100)
    assert (whole.contradictory, whole.per_mille) == (False, 1000)
    unknown = Turnout(name="東", eligible=0, cast=7)
    assert (unknown.contradictory, unknown.per_mille) == (False, 0)


def test_the_page_says_that_it_is_unknown(
    rt: Runtime, site: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = moderated_poll(rt)
    poll.freeze()
    poll.open_voting()
    poll.close()
    poll.open_box()
    poll.certify()
    rows = [Turnout(name="東區", eligible=100, cast=101), Turnout(name="西區", eligible=200, cast=50)]
    monkeypatch.setattr(result_totals, "turnout", lambda *_: rows)
    for language, told in (("zh", "不計算投票率"), ("en", "no turnout is given")):
        page = site.get(f"/calls/{poll.call_id}/results", headers={"Accept-Language": language})
        text = page.get_data(as_text=True)
        assert told in text
        assert "25.0%" in text
        assert "101.0%" not in text
