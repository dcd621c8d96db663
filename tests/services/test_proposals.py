"""Proposals: drafts keep everything, submitting checks everything, workshops import all or nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from pbvote.core.errors import InvalidInput, StageClosed, findings_of
from pbvote.core.types import Actor, CallId, Role
from pbvote.platform import activity
from pbvote.platform.outbox import OutboxMessage
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts.errors import RoleNeeded
from pbvote.rooms.calls import service as calls_service
from pbvote.rooms.calls.errors import CallUnknown
from pbvote.rooms.proposals import queries, search, service
from pbvote.rooms.proposals.errors import (
    CorrectionLate,
    EnteredTwice,
    NumbersDisagree,
    PictureBroken,
    PicturesFull,
    PictureTooLarge,
    PictureType,
    PictureUnknown,
    ProposalUnknown,
    WrongStatus,
)
from pbvote.rooms.proposals.models import Picture, Proposal
from pbvote.rooms.proposals.names import masked
from pbvote.rooms.proposals.pictures import encode, media_path
from pbvote.rooms.proposals.search import Search
from pbvote.rooms.proposals.status import MOVES, Move, Status, after
from pbvote.rooms.proposals.workshop import template_csv
from pbvote.typed.errors import TextTooLong
from tests.make.calls import published_call
from tests.make.files import picture
from tests.make.people import put_agency, put_resident, staff_of
from tests.make.proposals import (
    COLLECTING,
    MODERATION,
    proposal_values,
    put_submitted,
    workshop_table,
    workshop_values,
)
from tests.make.services import MovableClock


def wrong_fields(error: InvalidInput) -> dict[str, str]:
    return {finding.field: finding.code for finding in findings_of(error)}


def mails(rt: Runtime) -> list[OutboxMessage]:
    with rt.read_main() as tx:
        return list(tx.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def decide(rt: Runtime, proposal_id: int, decision: Move, *, until: datetime | None = None) -> None:
    with rt.main() as tx:
        service.apply_decision(
            tx,
            proposal_id,
            decision=decision,
            reason="說明",
            correct_until=until,
            actor=Actor(kind="officer", id=1),
            at=rt.clock(),
        )


def test_a_draft_keeps_every_word_as_typed_even_what_is_wrong(
    rt: Runtime, call_id: CallId, ming: Actor
) -> None:
    typed = {
        "title": " 遊具 ",
        "cost_twd": "三十萬",
        "description_md": "第一行\n\n  第二行",
        "district": "火星",
    }
    draft = service.save_draft(rt, ming, call_id, typed | {"unknown": "x"})
    assert draft.status is Status.DRAFT
    with rt.read_main() as tx:
        assert queries.get_own(tx, ming, draft.id).values == typed
    again = service.save_draft(rt, ming, call_id, {"title": "改了"}, proposal_id=draft.id)
    assert (again.id, again.values) == (draft.id, {"title": "改了"})


def test_a_draft_does_not_grow_without_end(rt: Runtime, call_id: CallId, ming: Actor) -> None:
    with pytest.raises(TextTooLong) as long:
        service.save_draft(rt, ming, call_id, {"description_md": "長" * 1_000_000})
    assert (long.value.facts["most"], long.value.facts["length"]) == (100_000, 1_000_000)
    draft = service.save_draft(rt, ming, call_id, {"description_md": "長" * 50_000})
    assert len(draft.values["description_md"]) == 50_000
    with pytest.raises(InvalidInput) as refused:
        service.submit(rt, ming, draft.id)
    assert wrong_fields(refused.value)["description_md"] == "typed.text-too-long"


def test_submitting_an_incomplete_draft_names_every_field_and_loses_nothing(
    rt: Runtime, call_id: CallId, ming: Actor
) -> None:
    typed = {"title": "遊具", "cost_twd": "三十幾萬", "district": "火星", "summary": "長" * 201}
    draft = service.save_draft(rt, ming, call_id, typed)
    with pytest.raises(InvalidInput) as refused:
        service.submit(rt, ming, draft.id)
    assert wrong_fields(refused.value) == {
        "summary": "typed.text-too-long",
        "district": "proposals.district-unknown",
        "place": "proposals.missing",
        "cost_twd": "proposals.cost-invalid",
        "description_md": "proposals.missing",
    }
    with rt.read_main() as tx:
        kept = queries.get(tx, draft.id)
    assert (kept.status, kept.values, kept.revision) == (Status.DRAFT, typed, 0)
    assert mails(rt) == []


def test_a_complete_proposal_goes_into_the_queue_with_mail_history_and_activity(
    rt: Runtime, call_id: CallId, ming: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    assert (sent.status, sent.cost_twd, sent.district) == (Status.SUBMITTED, 300_000, "d1")
    assert (sent.submitted_at, sent.typed, sent.revision) == (COLLECTING, {}, 1)
    assert [(m.recipient, m.template) for m in mails(rt)] == [("王小明@example.org", "proposal-received")]
    with rt.read_main() as tx:
        assert [a.act for a in activity.of_call(tx, call_id, subject=str(sent.id))] == ["proposal.submit"]
        assert [r.move for r in queries.revisions(tx, sent.id)] == ["submit"]
        assert queries.undecided(tx, call_id) == [sent.id]


def test_a_district_may_be_left_out_where_there_is_only_one(
    rt: Runtime, officer: Actor, ming: Actor, clock: MovableClock
) -> None:
    one = {f"districts.1.{name}": "" for name in ("name", "budget_twd")}
    call_id = published_call(rt, officer, values=one)
    clock.set(COLLECTING)
    assert put_submitted(rt, ming, call_id, district="").district == "d1"


def rewrite(rt: Runtime, ming: Actor, sent: queries.ProposalView, **changes: str) -> queries.ProposalView:
    service.save_draft(rt, ming, sent.call_id, proposal_values(**changes), proposal_id=sent.id)
    return service.revise(rt, ming, sent.id)


def test_a_submitted_proposal_can_be_replaced_while_the_intake_is_open_and_never_by_a_broken_version(
    rt: Runtime, call_id: CallId, ming: Actor, clock: MovableClock
) -> None:
    sent = put_submitted(rt, ming, call_id)
    with pytest.raises(InvalidInput):
        rewrite(rt, ming, sent, title="")
    changed = rewrite(rt, ming, sent, title="新名稱")
    assert (changed.title, changed.revision, changed.status) == ("新名稱", 2, Status.SUBMITTED)
    clock.set(MODERATION)
    with pytest.raises(StageClosed):
        rewrite(rt, ming, sent)
    with rt.read_main() as tx:
        assert [r.content["title"] for r in queries.revisions(tx, sent.id)] == ["和平公園共融遊具", "新名稱"]


def test_nothing_is_begun_or_submitted_outside_the_intake_but_an_old_draft_stays_writable(
    rt: Runtime, officer: Actor, ming: Actor, clock: MovableClock
) -> None:
    call_id = published_call(rt, officer)
    with pytest.raises(StageClosed):
        service.save_draft(rt, ming, call_id, proposal_values())
    clock.set(COLLECTING)
    draft = service.save_draft(rt, ming, call_id, proposal_values())
    clock.set(MODERATION)
    service.save_draft(rt, ming, call_id, proposal_values(title="晚了"), proposal_id=draft.id)
    with pytest.raises(StageClosed):
        service.submit(rt, ming, draft.id)
    with rt.read_main() as tx:
        assert queries.get(tx, draft.id).values["title"] == "晚了"


def test_nobody_touches_somebody_elses_proposal(rt: Runtime, call_id: CallId, ming: Actor) -> None:
    sent = put_submitted(rt, ming, call_id)
    other = put_resident(rt, "李小華")
    acts: tuple[Callable[[], object], ...] = (
        lambda: service.save_draft(rt, other, call_id, {}, proposal_id=sent.id),
        lambda: service.submit(rt, other, sent.id),
        lambda: service.revise(rt, other, sent.id),
        lambda: service.withdraw(rt, other, sent.id),
        lambda: service.attach_picture(rt, other, sent.id, content=picture(), alt="x"),
        lambda: service.remove_picture(rt, other, sent.id, 1),
    )
    for act in acts:
        with pytest.raises(ProposalUnknown):
            act()


def test_an_officer_with_a_residents_number_is_not_that_resident(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    same_number = staff_of(int(officer.agency_id or 0), account_id=ming.id)
    with pytest.raises(ProposalUnknown):
        service.withdraw(rt, same_number, sent.id)
    with pytest.raises(ProposalUnknown):
        service.save_draft(rt, officer, call_id, proposal_values())


def test_a_call_that_is_not_published_takes_no_draft(rt: Runtime, officer: Actor, ming: Actor) -> None:
    hidden = calls_service.create_call(rt, officer, {"title": "未公開"}).id
    with pytest.raises(CallUnknown):
        service.save_draft(rt, ming, hidden, proposal_values())


def test_a_correction_is_handed_in_before_its_date_and_not_after(
    rt: Runtime, call_id: CallId, ming: Actor, clock: MovableClock
) -> None:
    first, second = put_submitted(rt, ming, call_id), put_submitted(rt, ming, call_id, title="第二件")
    clock.set(MODERATION)
    for sent in (first, second):
        decide(rt, sent.id, Move.CORRECT, until=MODERATION + timedelta(days=3))
    service.save_draft(rt, ming, call_id, proposal_values(place="改在西側"), proposal_id=first.id)
    with rt.read_main() as tx:
        kept = queries.get(tx, first.id)
    assert (kept.place, kept.values["place"]) == ("和平公園東側", "改在西側")
    corrected = service.submit(rt, ming, first.id)
    assert (corrected.status, corrected.place) == (Status.SUBMITTED, "改在西側")
    clock.set(MODERATION + timedelta(days=3))
    with pytest.raises(CorrectionLate):
        service.submit(rt, ming, second.id)
    with rt.read_main() as tx:
        assert queries.undecided(tx, call_id) == [first.id, second.id]


def test_withdrawing_is_final_and_not_possible_once_the_list_is_frozen(
    rt: Runtime, call_id: CallId, ming: Actor, clock: MovableClock
) -> None:
    gone = service.withdraw(rt, ming, put_submitted(rt, ming, call_id).id)
    assert gone.status is Status.WITHDRAWN
    with pytest.raises(WrongStatus):
        service.submit(rt, ming, gone.id)
    stays = put_submitted(rt, ming, call_id, title="第二件")
    clock.set(datetime(2026, 5, 2, tzinfo=UTC))
    with pytest.raises(StageClosed):
        service.withdraw(rt, ming, stays.id)


def test_the_table_of_moves_never_leaves_withdrawn_and_never_submits_twice() -> None:
    assert all(Status.WITHDRAWN not in steps for steps in MOVES.values())
    with pytest.raises(WrongStatus):
        after(Status.SUBMITTED, Move.SUBMIT)
    with pytest.raises(WrongStatus):
        after(Status.DRAFT, Move.ACCEPT)


def test_freezing_numbers_exactly_the_accepted_ones(rt: Runtime, call_id: CallId, ming: Actor) -> None:
    sent = [put_submitted(rt, ming, call_id, title=f"提案 {n}") for n in range(3)]
    decide(rt, sent[2].id, Move.ACCEPT)
    decide(rt, sent[0].id, Move.ACCEPT)
    decide(rt, sent[1].id, Move.REJECT)
    with rt.main() as tx:
        accepted = queries.accepted_in_order(tx, call_id)
        assert [p.id for p in accepted] == [sent[0].id, sent[2].id]
        service.set_numbers(tx, call_id, {p.id: n for n, p in enumerate(accepted, 1)})
    with rt.read_main() as tx:
        assert [(p.number, p.title) for p in queries.list_of_call(tx, call_id, *Status) if p.number] == [
            (1, "提案 0"),
            (2, "提案 2"),
        ]
    with rt.main() as tx, pytest.raises(NumbersDisagree):
        service.set_numbers(tx, call_id, {sent[0].id: 1})


def test_two_projects_never_share_a_number(rt: Runtime, call_id: CallId, ming: Actor) -> None:
    sent = [put_submitted(rt, ming, call_id, title=f"提案 {n}") for n in range(2)]
    for p in sent:
        decide(rt, p.id, Move.ACCEPT)
    with pytest.raises(IntegrityError), rt.main() as tx:
        service.set_numbers(tx, call_id, {p.id: 7 for p in sent})


def test_a_withdrawn_project_keeps_its_number_and_its_proposer_is_told(
    rt: Runtime, call_id: CallId, ming: Actor
) -> None:
    """PRA-06"""
    sent = put_submitted(rt, ming, call_id)
    decide(rt, sent.id, Move.ACCEPT)
    with rt.main() as tx:
        service.set_numbers(tx, call_id, {sent.id: 4})
    with rt.main() as tx:
        gone = service.withdraw_project(tx, call_id, 4, reason="土地產權有爭議", at=rt.clock())
    assert (gone.status, gone.number, gone.reason) == (Status.WITHDRAWN, 4, "土地產權有爭議")
    assert mails(rt)[-1].template == "project-withdrawn"
    with rt.read_main() as tx:
        assert [p.number for p in search.list_public(tx, call_id, Search()).items] == [4]
    with rt.main() as tx, pytest.raises(WrongStatus):
        service.withdraw_project(tx, call_id, 4, reason="again", at=rt.clock())
    with rt.main() as tx, pytest.raises(ProposalUnknown):
        service.withdraw_project(tx, call_id, 5, reason="none", at=rt.clock())


def test_the_public_reads_decided_proposals_only(rt: Runtime, call_id: CallId, ming: Actor) -> None:
    waiting = put_submitted(rt, ming, call_id, title="等待中")
    accepted = put_submitted(rt, ming, call_id, title="通過的 100% 公園")
    rejected = put_submitted(rt, ming, call_id, title="不通過的", district="d2")
    correcting = put_submitted(rt, ming, call_id, title="補正中")
    draft = service.save_draft(rt, ming, call_id, {"title": "草稿"})
    decide(rt, accepted.id, Move.ACCEPT)
    decide(rt, rejected.id, Move.REJECT)
    decide(rt, correcting.id, Move.CORRECT, until=MODERATION)
    with rt.read_main() as tx:
        for asked, ids in (
            (Search(), [accepted.id]),
            (Search(status="rejected"), [rejected.id]),
            (Search(words="公園 100%"), [accepted.id]),
            (Search(words="1000"), []),
            (Search(district="d2"), []),
        ):
            assert [p.id for p in search.list_public(tx, call_id, asked).items] == ids
        for hidden in (waiting, correcting, draft):
            with pytest.raises(ProposalUnknown):
                queries.get_public(tx, call_id, hidden.id)
        with pytest.raises(ProposalUnknown):
            queries.get_public(tx, "other", accepted.id)
        assert draft.id not in [p.id for p in queries.list_of_call(tx, call_id, *Status)]
        assert sum(queries.count_by_status(tx, call_id).values()) == 4


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王小明", "王○明"),
        ("王明", "王○"),
        ("歐陽小明", "歐○○明"),
        ("王", "王○"),
        ("Ann Lee", "A○○ L○○"),
        ("ann-marie", "A○○ M○○"),
        ("", ""),
    ],
)
def test_names_are_masked_in_public(name: str, shown: str) -> None:
    """PRA-15"""
    assert masked(name) == shown


def test_a_name_is_shown_only_where_its_owner_asked(rt: Runtime, call_id: CallId, ming: Actor) -> None:
    """PRA-15"""
    assert put_submitted(rt, ming, call_id).public_name == "王○明"
    assert put_submitted(rt, ming, call_id, show_name="1").public_name == "王小明"


# pictures


def test_a_picture_is_turned_upright_and_loses_place_and_camera() -> None:
    encoded = encode(picture())
    assert (encoded.width, encoded.height) == (30, 40)
    assert b"CAMERA-SECRET" not in encoded.content
    with Image.open(io.BytesIO(encoded.content)) as stored:
        assert stored.format == "WEBP"
        assert not stored.getexif()


def test_a_large_picture_is_made_smaller() -> None:
    assert max(encode(picture("PNG", (3000, 100))).width, 0) <= 1600


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", PictureType),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", PictureType),
        (b"GIF89a" + b"\0" * 40, PictureType),
        (b"%PDF-1.7", PictureType),
        (picture()[:60], PictureBroken),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 60, PictureBroken),
        (picture().replace(b"\x01\x0f\x00\x02", b"\x01\x00\x00\x02"), PictureBroken),  # a width of letters
    ],
)
def test_what_is_no_picture_is_refused(content: bytes, error: type[InvalidInput]) -> None:
    with pytest.raises(error):
        encode(content)


def test_a_decompression_bomb_is_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    with pytest.raises(PictureTooLarge):
        encode(out.getvalue())


def test_five_pictures_fit_and_a_sixth_does_not(rt: Runtime, call_id: CallId, ming: Actor) -> None:
    draft = service.save_draft(rt, ming, call_id, {})
    for shade in range(5):
        after_one = service.attach_picture(
            rt, ming, draft.id, content=picture(shade=shade * 40), alt=f"圖 {shade}"
        )
    assert [p.alt for p in after_one.pictures] == [f"圖 {n}" for n in range(5)]
    with pytest.raises(PicturesFull):
        service.attach_picture(rt, ming, draft.id, content=picture(shade=250), alt="第六張")
    assert len(list((rt.settings.state_dir / "media").rglob("*.webp"))) == 5


def test_the_same_picture_twice_is_one(rt: Runtime, call_id: CallId, ming: Actor) -> None:
    draft = service.save_draft(rt, ming, call_id, {})
    for _ in range(2):
        kept = service.attach_picture(rt, ming, draft.id, content=picture(), alt="公園")
    assert len(kept.pictures) == 1


def test_a_removed_picture_leaves_the_disk_unless_another_proposal_shows_it(
    rt: Runtime, call_id: CallId, ming: Actor
) -> None:
    drafts = [service.save_draft(rt, ming, call_id, {}) for _ in range(2)]
    kept = [service.attach_picture(rt, ming, d.id, content=picture(), alt="公園") for d in drafts]
    path = media_path(rt, kept[0].pictures[0].sha256)
    service.remove_picture(rt, ming, kept[0].id, kept[0].pictures[0].id)
    assert path.exists()
    with pytest.raises(PictureUnknown):
        service.remove_picture(rt, ming, kept[0].id, kept[1].pictures[0].id)
    service.remove_picture(rt, ming, kept[1].id, kept[1].pictures[0].id)
    assert not path.exists()
    with rt.read_main() as tx:
        assert tx.scalar(select(func.count()).select_from(Picture)) == 0


def test_pictures_of_a_decided_proposal_stay_as_they_are(rt: Runtime, call_id: CallId, ming: Actor) -> None:
    sent = put_submitted(rt, ming, call_id)
    decide(rt, sent.id, Move.ACCEPT)
    with pytest.raises(WrongStatus):
        service.attach_picture(rt, ming, sent.id, content=picture(), alt="公園")


def test_an_officer_never_changes_the_pictures_of_a_residents_proposal(
    rt: Runtime, call_id: CallId, ming: Actor, officer: Actor
) -> None:
    sent = put_submitted(rt, ming, call_id)
    with pytest.raises(WrongStatus):
        service.attach_picture(rt, officer, sent.id, content=picture(), alt="公園")


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "a" * 63, ""])
def test_only_a_hash_names_a_stored_picture(rt: Runtime, name: str) -> None:
    with pytest.raises(PictureUnknown):
        media_path(rt, name)


# workshops


def count(rt: Runtime) -> int:
    with rt.read_main() as tx:
        return tx.scalar(select(func.count()).select_from(Proposal)) or 0


def test_an_officer_enters_a_workshop_proposal_for_somebody_without_an_account(
    rt: Runtime, call_id: CallId, officer: Actor
) -> None:
    """NDC-04"""
    entered = service.enter_workshop_proposal(rt, officer, call_id, workshop_values())
    assert (entered.status, entered.proposer_id, entered.public_name) == (Status.SUBMITTED, None, "陳○文")
    assert entered.workshop == {"meeting": "中正里說明會", "held_on": "2026-03-01", "sheet": "簽到表 3 號"}
    assert mails(rt) == []
    with pytest.raises(EnteredTwice):
        service.enter_workshop_proposal(rt, officer, call_id, workshop_values())


def test_a_workshop_proposal_needs_its_origin_and_its_content_at_once(
    rt: Runtime, call_id: CallId, officer: Actor
) -> None:
    with pytest.raises(InvalidInput) as refused:
        service.enter_workshop_proposal(
            rt, officer, call_id, workshop_values() | {"held_on": "昨天", "title": ""}
        )
    assert wrong_fields(refused.value) == {"held_on": "typed.not-a-date", "title": "proposals.missing"}
    assert count(rt) == 0


def test_another_agencys_officer_and_an_auditor_enter_nothing(
    rt: Runtime, call_id: CallId, officer: Actor
) -> None:
    """NDC-06"""
    stranger = staff_of(put_agency(rt, "wanhua"))
    auditor = staff_of(int(officer.agency_id or 0), Role.AUDITOR)
    entered = service.enter_workshop_proposal(rt, officer, call_id, workshop_values())
    acts: tuple[Callable[[Actor], object], ...] = (
        lambda who: service.enter_workshop_proposal(rt, who, call_id, workshop_values(title="別的")),
        lambda who: service.import_workshop_table(
            rt, who, call_id, workshop_table(workshop_values(title="別的"))
        ),
        lambda who: service.revise_workshop_proposal(rt, who, entered.id, workshop_values()),
        lambda who: service.withdraw_workshop_proposal(rt, who, entered.id),
    )
    for act in acts:
        with pytest.raises(CallUnknown):
            act(stranger)
        with pytest.raises(RoleNeeded):
            act(auditor)


def test_an_entered_proposal_can_be_corrected_and_withdrawn_by_its_agency(
    rt: Runtime, call_id: CallId, officer: Actor, ming: Actor
) -> None:
    entered = service.enter_workshop_proposal(rt, officer, call_id, workshop_values())
    decide(rt, entered.id, Move.CORRECT, until=MODERATION)
    changed = service.revise_workshop_proposal(rt, officer, entered.id, workshop_values(place="西側"))
    assert (changed.status, changed.place) == (Status.SUBMITTED, "西側")
    assert service.withdraw_workshop_proposal(rt, officer, entered.id).status is Status.WITHDRAWN
    residents_own = put_submitted(rt, ming, call_id)
    with pytest.raises(ProposalUnknown):
        service.revise_workshop_proposal(rt, officer, residents_own.id, workshop_values())
    with pytest.raises(ProposalUnknown):
        service.withdraw_workshop_proposal(rt, officer, residents_own.id)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp950"])
def test_a_table_comes_in_whole_in_its_order(
    rt: Runtime, call_id: CallId, officer: Actor, encoding: str
) -> None:
    """NDC-04"""
    content = workshop_table(
        workshop_values(title="甲案", district="東區"),
        workshop_values(title="乙案", description_md="有,逗號\n和換行", show_name="是"),
        workshop_values(title="丙案", show_name="否"),
    )
    report = service.import_workshop_table(rt, officer, call_id, content.decode().encode(encoding))
    with rt.read_main() as tx:
        found = [queries.get(tx, proposal_id) for proposal_id in report.created]
    assert [p.title for p in found] == ["甲案", "乙案", "丙案"]
    assert [p.id for p in found] == sorted(p.id for p in found)
    assert [p.name_shown for p in found] == [False, True, False]
    assert found[0].district == "d1"
    assert found[1].description_md == "有,逗號\n和換行"


def test_one_wrong_line_keeps_the_whole_table_out_and_every_error_has_its_line(
    rt: Runtime, call_id: CallId, officer: Actor
) -> None:
    content = workshop_table(
        workshop_values(title="甲案", description_md="兩\n行"),
        workshop_values(title="乙案", cost_twd="很多", held_on=""),
        workshop_values(title="甲案"),
        workshop_values(title="丙案", district="火星"),
    )
    with pytest.raises(InvalidInput) as refused:
        service.import_workshop_table(rt, officer, call_id, content)
    assert wrong_fields(refused.value) == {
        "lines.3.held_on": "proposals.missing",
        "lines.3.cost_twd": "proposals.cost-invalid",
        "lines.4.title": "proposals.entered-twice",
        "lines.5.district": "proposals.district-unknown",
    }
    assert count(rt) == 0


def test_importing_the_same_table_again_is_refused(rt: Runtime, call_id: CallId, officer: Actor) -> None:
    content = workshop_table(workshop_values())
    service.import_workshop_table(rt, officer, call_id, content)
    with pytest.raises(EnteredTwice) as refused:
        service.import_workshop_table(rt, officer, call_id, content)
    assert refused.value.field == "lines.2.title"
    assert count(rt) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "typed.table-empty"),
        (template_csv(), "typed.table-empty"),
        (b"PK\x03\x04\x00\x00\xff\xff", "typed.file-unreadable"),
        ("提案名稱,摘要\nx,y\n".encode(), "typed.columns-missing"),
        (workshop_table(workshop_values()) + b"a" * 200_000 + b"\n", "typed.file-unreadable"),
    ],
)
def test_what_is_no_such_table_is_refused_as_a_whole(
    rt: Runtime, call_id: CallId, officer: Actor, content: bytes, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        service.import_workshop_table(rt, officer, call_id, content)
    assert refused.value.code == code


def test_a_comma_too_many_is_found_instead_of_shifting_the_line(
    rt: Runtime, call_id: CallId, officer: Actor
) -> None:
    content = workshop_table(workshop_values(show_name="1")).rstrip() + b",surplus\r\n"
    with pytest.raises(InvalidInput) as refused:
        service.import_workshop_table(rt, officer, call_id, content)
    assert wrong_fields(refused.value) == {"lines.2.": "typed.cell-count"}


def test_workshop_proposals_are_taken_before_the_intake_opens_but_not_after_the_freeze_date(
    rt: Runtime, officer: Actor, clock: MovableClock
) -> None:
    call_id = published_call(rt, officer)
    assert service.enter_workshop_proposal(rt, officer, call_id, workshop_values()).id
    clock.set(datetime(2026, 5, 2, tzinfo=UTC))
    with pytest.raises(StageClosed):
        service.enter_workshop_proposal(rt, officer, call_id, workshop_values(title="晚了"))


def test_the_meetings_date_is_kept_as_a_date_of_both_calendars(
    rt: Runtime, call_id: CallId, officer: Actor
) -> None:
    typed = ("115/3/1", "2026-03-01")
    kept = set()
    for n, text in enumerate(typed):
        values = workshop_values(title=f"案 {n}") | {"held_on": text}
        kept.add(service.enter_workshop_proposal(rt, officer, call_id, values).workshop["held_on"])
    assert kept == {date(2026, 3, 1).isoformat()}
