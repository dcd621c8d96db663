"""The statement (切結, PRA-03): asked of whom it concerns, once identified, and kept with the act."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pbvote.core.identity.national_id import canonical_id, invented_id
from pbvote.core.identity.voter_record import voter_record
from pbvote.core.types import StyleId
from pbvote.edges.identity.sandbox import AREA, PEOPLE
from pbvote.platform.runtime import Runtime
from pbvote.rooms.registrar import keys
from pbvote.rooms.registrar import service as registrar
from pbvote.rooms.registrar.errors import GroundUnstated
from pbvote.rooms.registrar.evidence import Problem
from pbvote.rooms.registrar.issuing import seal_evidence
from pbvote.rooms.registrar.models import Issuance
from pbvote.rooms.registrar.tickets import Ticket
from tests.make.polls import AUDITOR_KEY, VOTING, Poll, blinded, identify, voting_poll
from tests.make.services import MovableClock

STYLE = StyleId("d1-w1")
LIVING = {
    "grounds.1.kind": "resident",
    "grounds.1.area": "大新北市",
    "grounds.1.cut_off_on": "2026-01-31",
    "grounds.1.evidence": "statement",
    "grounds.1.weight": "1",
}
LIVING_ONLY = {"grounds.0.kind": "resident", "grounds.0.evidence": "statement"}


def poll_of(rt: Runtime, clock: MovableClock, values: dict[str, str]) -> Poll:
    poll = voting_poll(rt, 1, 2, values=values, without=["districts.1", "grounds.1"])
    clock.set(VOTING)
    return poll


class Visitor:
    def __init__(self, client: FlaskClient, poll: Poll) -> None:
        self.client, self.base = client, f"/checkin/{poll.call_id}"

    def post(self, path: str, form: dict[str, str]) -> Any:
        page = self.client.get(path).get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        return self.client.post(path, data={"csrf_token": token[1], **form})

    def identify(self, number: int = 1) -> Any:
        born = {"birth_year": "45", "birth_month": "3", "birth_day": "8"}
        return self.post(f"{self.base}/", {"notice": "1", "national_id": invented_id(number), **born})


def test_who_votes_on_the_roll_alone_never_meets_a_statement(
    rt: Runtime, checkin: FlaskClient, clock: MovableClock
) -> None:
    visitor = Visitor(checkin, poll_of(rt, clock, {}))
    assert "負責" not in checkin.get(f"{visitor.base}/").get_data(as_text=True)
    assert visitor.identify().location == f"{visitor.base}/token"
    assert checkin.get(f"{visitor.base}/statement").location == f"{visitor.base}/token"


def test_where_the_roll_cannot_tell_the_person_says_on_which_ground_they_vote(
    rt: Runtime, checkin: FlaskClient, clock: MovableClock
) -> None:
    visitor = Visitor(checkin, poll_of(rt, clock, LIVING))
    assert "切結" not in checkin.get(f"{visitor.base}/").get_data(as_text=True)
    path = f"{visitor.base}/statement"
    assert visitor.identify().location == path
    assert checkin.get(f"{visitor.base}/token").location == path  # no way round it
    page = checkin.get(path).get_data(as_text=True)
    for text in ("設籍在新北市", "住在大新北市", "願為不實的聲明負責"):
        assert text in page
    refused = visitor.post(path, {})
    assert refused.status_code == 422
    assert "請選擇您依哪一項資格投票" in refused.get_data(as_text=True)
    assert visitor.post(path, {"ground": "7"}).status_code == 422
    assert visitor.post(path, {"ground": "1"}).location == f"{visitor.base}/token"
    assert checkin.get(f"{visitor.base}/token").status_code == 200


def test_a_statement_reads_in_english_too(rt: Runtime, checkin: FlaskClient, clock: MovableClock) -> None:
    visitor = Visitor(checkin, poll_of(rt, clock, LIVING_ONLY))
    visitor.identify()
    page = checkin.get(f"{visitor.base}/statement", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "I have lived in" in page
    assert "answer for a false statement" in page
    assert 'type="radio"' not in page  # one ground: nothing to choose


def test_no_token_without_the_statement_whoever_asks(rt: Runtime, clock: MovableClock) -> None:
    poll = poll_of(rt, clock, LIVING_ONLY)
    ticket = identify(rt, poll, invented_id(1))
    asked = blinded(poll.manifest, STYLE)
    with pytest.raises(GroundUnstated):
        registrar.issue(rt, ticket, style=STYLE, blinded=asked.blinded)
    with rt.read_main() as tx:
        assert tx.scalar(select(Issuance.style)) is None
    registrar.issue(rt, registrar.stating(ticket, "0"), style=STYLE, blinded=asked.blinded)


def test_the_auditor_sees_the_ground_and_misses_a_statement_that_was_left_out(
    rt: Runtime, clock: MovableClock
) -> None:
    poll = poll_of(rt, clock, LIVING_ONLY)
    for number in (1, 2):
        ticket = registrar.stating(identify(rt, poll, invented_id(number)), "0")
        registrar.issue(rt, ticket, style=STYLE, blinded=blinded(poll.manifest, STYLE).blinded)
    clock.set(poll.manifest.cast_until)
    clock.forward(days=1)
    registrar.close_roll(rt, poll.call_id)
    assert registrar.audit_evidence(rt, poll.call_id, AUDITOR_KEY).problems == ()
    # an operator who writes an issuance past the page
    for ground, kind in ((None, Problem.NO_STATEMENT), (9, Problem.OTHER_GROUND)):
        with rt.main() as tx:
            for row in tx.scalars(select(Issuance)):
                if row.voter_record == record_of(rt, poll, 1):
                    row.evidence = evidence(poll, row, ground)
        assert [one.kind for one in registrar.audit_evidence(rt, poll.call_id, AUDITOR_KEY).problems] == [
            kind
        ]


def record_of(rt: Runtime, poll: Poll, number: int) -> bytes:
    k_call = rt.keystore.get(keys.k_call(poll.call_id))
    return voter_record(k_call, poll.manifest.election_hash, canonical_id(invented_id(number)))


def evidence(poll: Poll, row: Issuance, ground: int | None) -> bytes:
    """Of the first person, with that ground."""
    person = canonical_id(invented_id(1))
    ticket = Ticket(
        call_id=poll.call_id,
        canonical_id=person.number,
        style=STYLE,
        method=row.channel,
        notice=1,
        ground=ground,
        expires_at=poll.manifest.cast_until,
    )
    return seal_evidence(poll.manifest, ticket, person=person, blinded_hash=row.blinded_hash)


def test_a_service_that_names_the_tie_leaves_nothing_to_choose(
    rt: Runtime, checkin: FlaskClient, clock: MovableClock
) -> None:
    """The identity service says that the person works there: theirs is that ground alone."""
    values = {"verification": "sandbox", "grounds.0.area": AREA, "grounds.0.evidence": "registry"}
    values |= LIVING | {"grounds.1.kind": "employed", "grounds.1.area": AREA}
    poll = poll_of(rt, clock, values)
    visitor = Visitor(checkin, poll)
    kinds = {person.bonds[0].kind: person for person in PEOPLE if person.shows == "match"}
    for kind, goes_to in (("registered", "token"), ("employed", "statement")):
        person = kinds[kind]
        born = {
            "birth_year": str(person.birth_on.year),
            "birth_month": str(person.birth_on.month),
            "birth_day": str(person.birth_on.day),
        }
        answer = visitor.post(f"{visitor.base}/", {"notice": "1", "national_id": person.national_id, **born})
        assert answer.location == f"{visitor.base}/{goes_to}", kind
    page = checkin.get(f"{visitor.base}/statement").get_data(as_text=True)
    assert f"就在{AREA}工作" in page
    assert "設籍" not in page.split("<form")[1].split("</form>")[0]
