"""Proposers under 18: what needs their representative's consent, how it is given, and what stays masked."""

from __future__ import annotations

import pytest

from pbvote.core.errors import InvalidInput, findings_of
from pbvote.core.identity.national_id import invented_id
from pbvote.core.rules.intake import ReadableFrom
from pbvote.core.types import Actor, CallId
from pbvote.platform.runtime import Runtime
from pbvote.rooms.moderation import service as moderation_service
from pbvote.rooms.proposals import queries, service
from pbvote.rooms.proposals.errors import ConsentOutstanding, IdentityNumberTyped, ProposalUnknown
from pbvote.rooms.proposals.queries import ProposalView
from tests.make.files import picture
from tests.make.people import put_agency, put_staff
from tests.make.proposals import proposal_values
from tests.make.services import MovableClock

FORM = {"minor": "1", "guardian_how": "form", "guardian_name": "王大明", "guardian_contact": "02-2345-6789"}
PAPER = {"minor": "1", "guardian_how": "paper"}


def draft_of(rt: Runtime, ming: Actor, call_id: CallId, **values: str) -> ProposalView:
    return service.save_draft(rt, ming, call_id, proposal_values(**values))


def wrong(rt: Runtime, ming: Actor, draft: ProposalView) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        service.submit(rt, ming, draft.id)
    return {finding.field: finding.code for finding in findings_of(refused.value)}


def public(rt: Runtime, proposal: ProposalView) -> ProposalView:
    with rt.read_main() as tx:
        return queries.get_public(tx, proposal.call_id, proposal.id, readable_from=ReadableFrom.SUBMISSION)


def test_a_minor_proposes_masked_without_anybodys_consent(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor
) -> None:
    sent = service.submit(rt, ming, draft_of(rt, ming, call_id, minor="1").id)
    assert (sent.minor, sent.guardian, sent.public_name) == (True, {}, "王○明")
    assert moderation_service.decide(rt, officer, sent.id, decision="accept").status == "accepted"


def test_name_and_pictures_need_the_representative(rt: Runtime, call_id: CallId, ming: Actor) -> None:
    named = draft_of(rt, ming, call_id, minor="1", show_name="1")
    assert wrong(rt, ming, named) == {"guardian_how": "proposals.consent-missing"}
    pictured = draft_of(rt, ming, call_id, minor="1")
    service.attach_picture(rt, ming, pictured.id, content=picture(), alt="現場")
    assert wrong(rt, ming, pictured) == {"guardian_how": "proposals.consent-missing"}
    half = draft_of(rt, ming, call_id, minor="1", show_name="1", guardian_how="form")
    assert wrong(rt, ming, half) == dict.fromkeys(("guardian_name", "guardian_contact"), "proposals.missing")
    grown_up = draft_of(rt, ming, call_id, show_name="1", guardian_how="form")
    assert service.submit(rt, ming, grown_up.id).guardian == {}  # of age: nothing of anybody is kept


def test_the_consent_in_the_form_is_stored_with_the_act(
    rt: Runtime, call_id: CallId, ming: Actor, clock: MovableClock
) -> None:
    given_at = clock().isoformat()
    sent = service.submit(rt, ming, draft_of(rt, ming, call_id, show_name="1", **FORM).id)
    kept = {"how": "form", "name": "王大明", "contact": "02-2345-6789", "at": given_at}
    assert (sent.guardian, sent.public_name) == (kept, "王小明")
    with rt.read_main() as tx:
        version = queries.revisions(tx, sent.id)[-1].content
    assert version["consent"] == "form"
    assert "王大明" not in str(version)  # the person stands in one place only
    clock.forward(hours=1)
    service.save_draft(rt, ming, call_id, {"summary": "改"}, proposal_id=sent.id, part=("summary",))
    assert service.revise(rt, ming, sent.id).guardian == kept


def test_until_the_paper_has_come_nothing_of_it_is_public(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor, clock: MovableClock
) -> None:
    draft = draft_of(rt, ming, call_id, show_name="1", **PAPER)
    service.attach_picture(rt, ming, draft.id, content=picture(), alt="現場")
    sent = service.submit(rt, ming, draft.id)
    assert (public(rt, sent).pictures, public(rt, sent).public_name) == ((), "王○明")
    with pytest.raises(ConsentOutstanding):
        moderation_service.decide(rt, officer, sent.id, decision="accept")
    stranger = put_staff(rt, put_agency(rt, "wanhua"), "chen")
    with pytest.raises(Exception, match="unknown"):
        moderation_service.receive_consent(rt, stranger, sent.id)
    first = moderation_service.receive_consent(rt, officer, sent.id)
    clock.forward(hours=1)
    assert moderation_service.receive_consent(rt, officer, sent.id).guardian == first.guardian
    accepted = moderation_service.decide(rt, officer, sent.id, decision="accept")
    assert (len(public(rt, accepted).pictures), accepted.public_name) == (1, "王小明")
    other = service.submit(rt, ming, draft_of(rt, ming, call_id, title="別案").id)
    with pytest.raises(ProposalUnknown):
        moderation_service.receive_consent(rt, officer, other.id)  # no paper is awaited


def test_a_picture_added_afterwards_waits_for_consent_too(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor
) -> None:
    sent = service.submit(rt, ming, draft_of(rt, ming, call_id, minor="1").id)
    service.attach_picture(rt, ming, sent.id, content=picture(), alt="現場")
    assert public(rt, sent).pictures == ()
    with pytest.raises(ConsentOutstanding):
        moderation_service.decide(rt, officer, sent.id, decision="accept")


@pytest.mark.parametrize("field", ["guardian_name", "guardian_contact"])
def test_an_identity_number_is_not_even_kept_in_the_draft(
    rt: Runtime, call_id: CallId, ming: Actor, field: str
) -> None:
    draft = draft_of(rt, ming, call_id)
    number = invented_id(7)
    with pytest.raises(IdentityNumberTyped) as refused:
        service.save_draft(
            rt, ming, call_id, {field: f"王大明 {number.lower()}"}, proposal_id=draft.id, part=(field,)
        )
    assert refused.value.facts == {"field": field}
    with rt.read_main() as tx:
        assert number.lower() not in str(queries.get(tx, draft.id).typed).lower()
