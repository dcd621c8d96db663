"""Calls: a draft loses nothing, a published call is complete, every finding names its field."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pbvote.core.errors import InvalidInput, StageClosed, findings_of
from pbvote.core.manifest import MAX_PROJECTS
from pbvote.core.rules.ballot_form import FormKind
from pbvote.core.rules.ruleset import ruleset_from_json
from pbvote.core.rules.stage import Act, Progress, Stage
from pbvote.core.types import Actor, Mode, Role
from pbvote.platform import activity
from pbvote.platform.runtime import Runtime
from pbvote.platform.settings import VoteSettings
from pbvote.rooms.accounts import service as accounts_service
from pbvote.rooms.accounts.errors import RoleNeeded
from pbvote.rooms.calls import queries, service
from pbvote.rooms.calls.draft import parse_draft
from pbvote.rooms.calls.errors import CallUnknown, ProgressOutOfOrder
from pbvote.rooms.calls.values import known_values, starting_values
from tests.make.calls import call_values
from tests.make.people import put_agency, staff_of
from tests.make.services import MovableClock, settings_in

DEFAULTS = VoteSettings()


def findings(values: dict[str, str]) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        parse_draft(values, defaults=DEFAULTS)
    return {finding.field: finding.code for finding in findings_of(refused.value)}


def test_complete_values_become_the_rules_as_typed() -> None:
    ruleset = parse_draft(call_values(), defaults=DEFAULTS)
    assert [d.budget_twd for d in ruleset.districts] == [5_000_000, 3_000_000]
    assert [d.id for d in ruleset.districts] == ["d1", "d2"]
    assert ruleset.grounds[1].weight == 2
    assert ruleset.timeline.voting_opens_at == datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
    assert ruleset.timeline.cast_until - ruleset.timeline.issue_until == timedelta(minutes=30)
    assert ruleset.age_on == date(2026, 5, 1)
    assert (ruleset.batch_seconds, ruleset.batch_least) == (3600, 50)
    assert ruleset_from_json(ruleset.to_json()) == ruleset


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"districts.0.budget_twd": "很多"}, "districts.0.budget_twd", "typed.not-money"),
        ({"districts.0.budget_twd": "-5"}, "districts.0.budget_twd", "typed.not-money"),
        ({"districts.0.budget_twd": "0"}, "districts.0.budget_twd", "rules.budget-not-positive"),
        ({"districts.1.budget_twd": ""}, "districts.1.budget_twd", "rules.missing"),
        ({"districts.1.name": "東區"}, "districts.1.name", "rules.twice"),
        ({"intake.cost_most_twd": "5,000,001"}, "intake.cost_most_twd", "rules.cap-above-budget"),
        (
            {"tracks.0.name": "青年組", "tracks.0.cap_twd": "800萬"},
            "tracks.0.cap_twd",
            "rules.cap-above-budget",
        ),
        ({"districts.1.id": "D 2"}, "districts.1.id", "rules.invalid"),
        ({"timeline.voting_opens_at": "2026-02-30T09:00"}, "timeline.voting_opens_at", "typed.not-a-date"),
        ({"timeline.voting_opens_at": ""}, "timeline.voting_opens_at", "rules.missing"),
        ({"timeline.issue_until": "2026-04-30T09:00"}, "timeline.issue_until", "timeline.date-order"),
        ({"timeline.proposals_open_at": ""}, "timeline.proposals_open_at", "timeline.date-missing"),
        ({"grace_minutes": "0"}, "grace_minutes", "rules.invalid"),
        ({"vote_kind": ""}, "vote_kind", "rules.missing"),
        ({"verification": "palm"}, "verification", "rules.invalid"),
        ({"verification": "contact"}, "verification", "rules.survey-only"),
        ({"minimum_age": "121"}, "minimum_age", "rules.invalid"),
        ({"minimum_age": ""}, "minimum_age", "rules.missing"),
        ({"grounds.0.cut_off_on": ""}, "grounds.0.cut_off_on", "rules.missing"),
        ({"grounds.0.weight": "10"}, "grounds.0.weight", "rules.invalid"),
        ({"grounds.0.area": ""}, "grounds.0.area", "rules.missing"),
        (
            {"grounds.0.evidence": "document"},
            "grounds.0.at_counter_only",
            "calls.document-needs-counter",
        ),
        ({"grounds.0.at_counter_only": "1", "counter": ""}, "counter", "calls.counter-needed"),
        ({"ballot_form.max_choices": ""}, "ballot_form.max_choices", "rules.missing"),
        ({"ballot_form.min_choices": "9"}, "ballot_form.min_choices", "rules.ballot-limits"),
        (
            {"ballot_form.kind": "exactly", "ballot_form.min_choices": "2"},
            "ballot_form.max_choices",
            "rules.ballot-limits",
        ),
        (
            {"ballot_form.kind": "between", "ballot_form.min_choices": ""},
            "ballot_form.min_choices",
            "rules.missing",
        ),
        ({"winner_rule.fit": "squeeze"}, "winner_rule.fit", "rules.invalid"),
        ({"winner_rule.threshold_votes": "x"}, "winner_rule.threshold_votes", "typed.not-a-number"),
        ({"winner_rule.method": "dice"}, "winner_rule.method", "rules.invalid"),
        ({"tie_order": "cheaper"}, "tie_order", "rules.tie-unfinished"),
        ({"batch_seconds": "0"}, "batch_seconds", "rules.invalid"),
    ],
)
def test_each_wrong_value_is_refused_alone_with_its_field(
    change: dict[str, str], field: str, code: str
) -> None:
    assert findings(call_values() | change) == {field: code}


def test_every_finding_comes_at_once() -> None:
    found = findings({})
    assert {"vote_kind", "districts", "grounds", "timeline.issue_until", "tie_order"} <= set(found)


@pytest.mark.parametrize(
    ("form", "least", "most"),
    [
        ({"ballot_form.kind": "exactly", "ballot_form.min_choices": ""}, 3, 3),
        ({"ballot_form.kind": "between", "ballot_form.min_choices": "2"}, 2, 3),
        ({"ballot_form.kind": "up-to", "ballot_form.min_choices": "0"}, 0, 3),
        ({"ballot_form.kind": "up-to", "ballot_form.min_choices": ""}, 1, 3),
        ({"ballot_form.kind": "knapsack", "ballot_form.max_choices": ""}, 1, MAX_PROJECTS),
    ],
)
def test_each_ballot_form_takes_the_limits_that_it_needs(form: dict[str, str], least: int, most: int) -> None:
    ballot = parse_draft(call_values() | form, defaults=DEFAULTS).ballot_form
    assert ballot.kind is FormKind(form["ballot_form.kind"])
    assert (ballot.min_choices, ballot.max_choices) == (least, most)


def test_a_survey_may_go_without_verification_and_then_states_no_grounds() -> None:
    ruleset = parse_draft(
        call_values() | {"vote_kind": "survey", "verification": "contact"}, defaults=DEFAULTS
    )
    assert ruleset.grounds == ()
    assert ruleset.desk is False


@pytest.mark.parametrize(
    ("agency", "place"),
    [
        ("士林區公所", "士林區"),
        ("臺北市士林區公所", "臺北市士林區"),
        ("雲海市政府（虛構）", "雲海市"),
        ("雲海市政府民政局", "雲海市"),
        ("雲海縣政府", "雲海縣"),
        ("客家事務局", ""),
    ],
)
def test_a_new_call_names_the_place_and_not_the_agency(agency: str, place: str) -> None:
    held = starting_values(agency, DEFAULTS)
    assert held.get("grounds.0.area", "") == held.get("districts.0.name", "") == place


def test_a_call_may_start_at_the_vote() -> None:
    values = call_values() | {"timeline.proposals_open_at": "", "timeline.proposals_close_at": ""}
    assert parse_draft(values, defaults=DEFAULTS).timeline.proposals_open_at is None


def test_a_draft_keeps_everything_as_typed_even_what_is_wrong(rt: Runtime, officer: Actor) -> None:
    values = {"title": "半成品", "districts.0.budget_twd": "很多", "timeline.issue_until": "下週"}
    call = service.create_call(rt, officer, values)
    assert call.draft == values
    assert call.progress is Progress.DRAFT
    assert service.save_draft(rt, officer, call.id, {"title": "改"}).title == "改"


def test_a_draft_keeps_no_unknown_names_and_numbers_its_rows_without_gaps() -> None:
    kept = known_values(
        {
            "evil": "x",
            "districts.1.name": "東",
            "districts.7.name": "西",
            "districts.8.budget_twd": " ",
            "grounds.0.kind": "resident",
        }
    )
    assert kept == {"districts.0.name": "東", "districts.1.name": "西"}


def test_a_published_call_has_its_rules_its_notice_and_a_stage(
    rt: Runtime, officer: Actor, clock: MovableClock
) -> None:
    call = service.publish_call(rt, officer, service.create_call(rt, officer, call_values()).id)
    assert call.notice is not None
    assert call.notice.version == 1
    assert call.notice.rights
    assert call.stage(clock.now) is Stage.ANNOUNCED
    clock.set(datetime(2026, 3, 20, tzinfo=UTC))
    call.require(Act.PROPOSE, clock.now)
    with rt.read_main() as tx:
        assert [c.id for c in queries.list_published(tx)] == [call.id]
        assert [a.act for a in activity.of_call(tx, call.id)] == ["call.publish", "call.create"]


def test_a_published_call_is_never_changed_or_published_again(rt: Runtime, officer: Actor) -> None:
    call = service.publish_call(rt, officer, service.create_call(rt, officer, call_values()).id)
    with pytest.raises(StageClosed):
        service.save_draft(rt, officer, call.id, {"title": "x"})
    with pytest.raises(StageClosed):
        service.publish_call(rt, officer, call.id)
    with rt.read_main() as tx:
        assert queries.get_call(tx, call.id) == call


def refused_fields(rt: Runtime, officer: Actor, values: dict[str, str]) -> dict[str, str]:
    call = service.create_call(rt, officer, values)
    with pytest.raises(InvalidInput) as refused:
        service.publish_call(rt, officer, call.id)
    with rt.read_main() as tx:
        assert queries.get_call(tx, call.id).progress is Progress.DRAFT
    return {finding.field: finding.code for finding in findings_of(refused.value)}


@pytest.mark.parametrize(
    "part",
    ["agency", "purpose", "categories", "period", "area", "recipients", "manner", "rights", "effect"],
)
def test_no_call_publishes_without_each_part_of_the_notice(rt: Runtime, officer: Actor, part: str) -> None:
    values = call_values() | {f"notice.{part}": "  "}
    assert refused_fields(rt, officer, values) == {f"notice.{part}": "calls.notice-incomplete"}


@pytest.mark.parametrize("name", ["title", "description_md", "contact"])
def test_no_call_publishes_without_its_texts(rt: Runtime, officer: Actor, name: str) -> None:
    assert refused_fields(rt, officer, call_values() | {name: " "}) == {name: "calls.text-missing"}


def test_text_and_rule_findings_come_together(rt: Runtime, officer: Actor) -> None:
    found = refused_fields(rt, officer, call_values() | {"title": "", "tie_order": "cheaper"})
    assert set(found) == {"title", "tie_order"}


def test_a_vote_that_would_have_opened_already_is_not_published(
    rt: Runtime, officer: Actor, clock: MovableClock
) -> None:
    clock.set(datetime(2026, 5, 1, 1, 0, tzinfo=UTC))
    assert refused_fields(rt, officer, call_values()) == {
        "timeline.proposals_close_at": "calls.date-in-past",
        "timeline.voting_opens_at": "calls.date-in-past",
    }


def in_production(rt: Runtime, folder: Path) -> Runtime:
    settings = settings_in(folder).model_copy(update={"mode": Mode.PRODUCTION})
    return Runtime(
        settings=settings,
        clock=rt.clock,
        keystore=rt.keystore,
        identity=rt.identity,
        messenger=rt.messenger,
        main_engine=rt.main_engine,
        box_engine=rt.box_engine,
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"batch_least": "19"}, "batch_least"),
        ({"batch_seconds": "599"}, "batch_seconds"),
        ({"verification": "sandbox"}, "verification"),
    ],
)
def test_production_refuses_what_weakens_a_vote_and_names_it(
    rt: Runtime, officer: Actor, tmp_path: Path, change: dict[str, str], field: str
) -> None:
    values: dict[str, Any] = call_values() | {"batch_least": "20", "batch_seconds": "600"} | change
    service.review_draft(rt, values)
    found = refused_fields(in_production(rt, tmp_path), officer, values)
    assert found == {field: "calls.production-refuses"}


def test_an_officer_sees_and_touches_only_their_agencys_calls(rt: Runtime, officer: Actor) -> None:
    call = service.create_call(rt, officer, call_values())
    stranger = staff_of(put_agency(rt, "xindian"))
    with pytest.raises(CallUnknown):
        service.save_draft(rt, stranger, call.id, {})
    with pytest.raises(CallUnknown):
        service.publish_call(rt, stranger, call.id)
    with rt.read_main() as tx:
        with pytest.raises(CallUnknown):
            queries.get_call_of_agency(tx, stranger, call_id=call.id)
        assert queries.list_of_agency(tx, int(stranger.agency_id or 0)) == []
        assert queries.list_published(tx) == []
        with pytest.raises(CallUnknown):
            queries.get_published(tx, call.id)


def test_only_an_officer_drafts_and_publishes(rt: Runtime, officer: Actor) -> None:
    call = service.create_call(rt, officer, call_values())
    auditor = staff_of(int(officer.agency_id or 0), Role.AUDITOR)
    for act in (
        lambda: service.create_call(rt, auditor, {}),
        lambda: service.save_draft(rt, auditor, call.id, {}),
        lambda: service.publish_call(rt, auditor, call.id),
        lambda: service.create_call(rt, Actor(kind="resident", id=1), {}),
    ):
        with pytest.raises(RoleNeeded):
            act()


def test_progress_takes_one_step_after_the_other_and_the_same_twice_is_harmless(
    rt: Runtime, officer: Actor
) -> None:
    call = service.publish_call(rt, officer, service.create_call(rt, officer, call_values()).id)
    with rt.main() as tx:
        service.set_progress(tx, call.id, Progress.FROZEN)
        service.set_progress(tx, call.id, Progress.FROZEN)
        for wrong in (Progress.PUBLISHED, Progress.CERTIFIED):
            with pytest.raises(ProgressOutOfOrder):
                service.set_progress(tx, call.id, wrong)
        service.set_progress(tx, call.id, Progress.OPENED)
        service.set_progress(tx, call.id, Progress.CERTIFIED)
    with rt.read_main() as tx:
        assert queries.get_call(tx, call.id).progress is Progress.CERTIFIED


def test_call_ids_are_twelve_typable_characters_and_differ() -> None:
    ids = {service.new_call_id() for _ in range(50)}
    assert len(ids) == 50
    assert all(len(i) == 12 and i.isalnum() and i == i.lower() for i in ids)


def test_an_agency_is_found_by_its_short_name(rt: Runtime) -> None:
    made = accounts_service.create_agency(
        rt, slug="nantou", name="南投縣政府", level="county", county="南投縣"
    )
    with rt.read_main() as tx:
        from pbvote.rooms.accounts.queries import agency_of_slug

        assert agency_of_slug(tx, "nantou") == made
