"""The demo city is made by the real services, shows every stage, and is kept."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pbvote.core.crypto.keyfile import decrypt_key_file
from pbvote.core.rules.stage import Stage
from pbvote.core.types import CallId, Mode
from pbvote.edges import bootstrap, worker
from pbvote.edges.web.demo.facts import CityFacts, keys_folder, read_facts
from pbvote.platform.migrate import upgrade_both
from pbvote.platform.runtime import Runtime
from pbvote.platform.settings import Settings
from pbvote.rooms import records
from pbvote.rooms.accounts import queries as accounts
from pbvote.rooms.ballotbox import queries as ballotbox
from pbvote.rooms.ballotbox import service as ballotbox_service
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.counting.ceremony import OPENING
from pbvote.rooms.moderation import queries as moderation
from pbvote.rooms.proposals import queries as proposals
from pbvote.rooms.proposals.status import Status
from pbvote.rooms.registrar import service as registrar_service
from pbvote.rooms.registrar.errors import AlreadyIssued
from pbvote.tools.demo import city as demo
from pbvote.tools.demo import folder
from pbvote.tools.demo.guide import guide
from pbvote.tools.demo.voters import people_to_try, people_who_voted
from pbvote.tools.voter import steps
from pbvote.verifier.__main__ import main as verify

pytestmark = pytest.mark.slow  # a whole city is made once


@dataclass(frozen=True)
class Made:
    """A city in a folder."""

    rt: Runtime
    facts: CityFacts
    settings: Settings

    def call_id(self, key: str) -> CallId:
        """The id of the call of that stage."""
        return CallId(self.facts.call(key).id)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """One city for all tests of this module."""
    state_dir = tmp_path_factory.mktemp("demo") / "city"
    folder.claim(state_dir)
    settings = demo.demo_settings(state_dir, host="127.0.0.1", port=8000)
    upgrade_both(settings.url("main"), settings.url("box"))
    facts = demo.found_city(settings)
    rt = bootstrap.runtime_of(settings)
    yield Made(rt, facts, settings)
    rt.engine("main").dispose()
    rt.engine("box").dispose()


def test_there_is_a_call_in_every_stage(made: Made) -> None:
    with made.rt.read_main() as tx:
        stages = {
            call.key: calls.get_published(tx, call.id).stage(made.rt.clock()) for call in made.facts.calls
        }
    assert stages == {
        "collecting": Stage.COLLECTING,
        "moderation": Stage.MODERATION,
        "voting": Stage.VOTING,
        "survey": Stage.VOTING,
        "closed": Stage.CLOSED,
        "certified": Stage.CERTIFIED,
    }


def test_the_record_of_the_certified_call_passes_the_verifier(made: Made, tmp_path: Path) -> None:
    records.export(made.rt, made.call_id("certified"), tmp_path / "record")
    assert verify([str(tmp_path / "record")]) == 0


def test_eighty_ballots_were_counted_in_the_certified_call(made: Made) -> None:
    vote = ballotbox_service.vote_of(made.rt, made.call_id("certified"))
    with made.rt.read_box() as tx:
        assert sum(ballotbox.turnout(tx, vote).values()) == 80


def test_the_queue_holds_accepted_waiting_corrected_and_rejected_proposals(made: Made) -> None:
    with made.rt.read_main() as tx:
        statuses = set(proposals.count_by_status(tx, made.call_id("moderation")))
        queue = moderation.queue(tx, made.call_id("moderation"))
    assert statuses == {Status.ACCEPTED, Status.SUBMITTED, Status.CORRECTION, Status.REJECTED}
    assert len(queue.waiting) == 3
    assert [one.correct_until > made.rt.clock() for one in queue.correcting if one.correct_until] == [True]


def test_each_district_of_the_vote_has_seven_projects_and_one_came_from_a_workshop(made: Made) -> None:
    with made.rt.read_main() as tx:
        projects = [p for p in proposals.list_of_call(tx, made.call_id("voting"), *Status) if p.number]
    for district in ("d1", "d2", "d3"):
        assert sum(one.district == district for one in projects) == 7
    assert any(one.workshop for one in projects)
    assert any(one.proposer_id for one in projects)


def test_a_number_left_to_visitors_is_issued_a_token_and_one_that_voted_is_not(made: Made) -> None:
    call_id = made.call_id("voting")
    poll = steps.poll_of(ballotbox_service.vote_of(made.rt, call_id).manifest)

    def issue(shows: str) -> Any:
        person = next(one for one in made.facts.voters if one.shows == shows)
        ticket = registrar_service.identify(
            made.rt,
            call_id,
            national_id=person.national_id,
            birth_on=date.fromisoformat(person.birth_on),
            code="",
            device="test",
        )
        attempt = steps.prepare(poll, ticket.style)
        return registrar_service.issue(made.rt, ticket, style=ticket.style, blinded=attempt.blinded)

    assert issue("match").signature
    with pytest.raises(AlreadyIssued):
        issue("voted")


def test_nobody_who_is_left_to_visitors_has_voted() -> None:
    free = {person.national_id for person in people_to_try()}
    voted = {person.national_id for person in people_who_voted(("d1", "d2", "d3"))}
    assert free
    assert voted
    assert not free & voted


def test_a_cast_ballot_is_in_the_box_after_one_batch_time(made: Made) -> None:
    manifest = ballotbox_service.vote_of(made.rt, made.call_id("voting")).manifest
    assert manifest.mode is Mode.DEMO
    assert manifest.ruleset.batch_seconds < 60
    assert manifest.ruleset.batch_least == 0


def test_the_staff_of_an_agency_hold_one_role_each(made: Made) -> None:
    with made.rt.read_main() as tx:
        for one in made.facts.staff:
            actor = accounts.staff_actor(tx, one.account_id)
            assert actor is not None
            assert {role.value for role in actor.roles} == {one.role}


def test_the_printed_passphrase_opens_the_key_file_that_the_page_offers(made: Made) -> None:
    for key in made.facts.keys:
        content = (keys_folder(made.settings.state_dir, key.agency) / "opening-key.json").read_bytes()
        assert len(decrypt_key_file(content, key.passphrase, purpose=OPENING)) == 32


def test_no_spent_link_or_code_of_the_past_lies_in_the_mail_folder(made: Made) -> None:
    texts = [path.read_text() for path in (made.settings.state_dir / "mail").glob("*.eml")]
    assert texts
    assert not [text for text in texts if "/account/link/" in text]


def test_the_worker_finds_nothing_broken_afterwards(made: Made) -> None:
    worker.round_of_duties(made.rt)


def test_the_guide_names_every_account_number_and_call_in_both_languages(made: Made) -> None:
    text = guide(made.facts, origin="http://127.0.0.1:8000", now=made.rt.clock())
    for wanted in (
        *(one.login for one in made.facts.staff),
        *(one.password for one in made.facts.staff),
        *(one.national_id for one in made.facts.voters),
        *(call.id for call in made.facts.calls),
        "投票用證號",
        "Numbers to vote with",
        "http://127.0.0.1:8000/demo",
    ):
        assert wanted in text
    assert "--fresh" not in text


def test_a_city_whose_dates_have_run_out_says_so(made: Made) -> None:
    later = datetime.fromisoformat(made.facts.good_until) + timedelta(days=1)
    assert "--fresh" in guide(made.facts, origin="http://127.0.0.1:8000", now=later)


def test_the_facts_read_back_as_they_were_written(made: Made) -> None:
    assert read_facts(made.settings.state_dir) == made.facts


def test_secrets_do_not_show_in_the_facts_repr(made: Made) -> None:
    shown = repr(made.facts)
    assert not re.search("cloud-sea|brook-officer|seven-pines", shown)


def test_a_second_start_keeps_the_city(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Settings] = []
    monkeypatch.setattr(demo, "serve", lambda settings, **_: served.append(settings))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    before = (made.settings.state_dir / "city.json").read_bytes()
    demo.run_demo(made.settings.state_dir, host="127.0.0.1", port=port, keep="keep")
    assert (made.settings.state_dir / "city.json").read_bytes() == before
    assert served[0].mode is Mode.DEMO
