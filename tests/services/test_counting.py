"""From the freeze to the publication: nothing too early, nobody alone, no count before its time."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pbvote.core.crypto.errors import KeyFileOtherPurpose, PassphraseWrong
from pbvote.core.errors import InvalidInput, StageClosed, findings_of
from pbvote.core.rules.stage import Progress
from pbvote.core.types import Mode, Role, StyleId
from pbvote.platform import activity
from pbvote.platform.runtime import Runtime
from pbvote.rooms.accounts.errors import RoleNeeded, TotpRefused
from pbvote.rooms.ballotbox import queries as ballotbox
from pbvote.rooms.calls import queries as calls
from pbvote.rooms.calls.errors import CallUnknown
from pbvote.rooms.counting import queries, service, steps
from pbvote.rooms.counting.ceremony import (
    PUBLIC_FILE,
    CeremonyFolderInUse,
    PassphraseTooShort,
    ceremony_files,
    make_ceremony,
    parse_public,
)
from pbvote.rooms.counting.errors import (
    ApprovedAlready,
    BoxNotClosed,
    CeremonyFileInvalid,
    ChecksFailed,
    DemoPartAtFreeze,
    DestroyedAlready,
    DestructionDate,
    FreezeUndecided,
    FreezeWithoutProjects,
    NotCertified,
    NotCounted,
    OpeningKeyOther,
    WithdrawalReasonMissing,
)
from pbvote.rooms.counting.freeze import forbidden_parts
from pbvote.rooms.counting.models import Vote
from pbvote.rooms.counting.progress import Step, opening_name
from pbvote.rooms.proposals.workshop import enter_workshop_proposal
from pbvote.rooms.registrar import keys as registrar_keys
from pbvote.rooms.registrar import service as registrar_service
from tests.make.people import hire
from tests.make.polls import (
    ACCEPTED,
    AUDITOR_PASSPHRASE,
    PASSPHRASE,
    Poll,
    auditor_key_file,
    ceremony,
    closed_poll,
    moderated_poll,
)
from tests.make.proposals import COLLECTING, MODERATION, workshop_values
from tests.make.services import MovableClock


def vote_of(rt: Runtime, poll: Poll) -> queries.VoteView:
    with rt.read_main() as tx:
        return queries.progress_of(tx, poll.call_id)


# -- the freeze


def test_the_freeze_numbers_the_projects_and_reaches_registrar_and_box(
    rt: Runtime,
) -> None:
    poll = moderated_poll(rt)
    manifest = poll.freeze()
    assert [p.number for p in manifest.projects] == [1, 2, 3, 4, 5]
    assert manifest.projects_of("d2")[0].title == "方案4"
    assert {s.id: s.eligible for s in manifest.styles} == {
        "d1-w1": 4,
        "d1-w2": 4,
        "d2-w1": 4,
        "d2-w2": 0,
    }
    assert dict(manifest.client_modules)
    poll.advance()
    assert vote_of(rt, poll).step is Step.HANDED
    with rt.read_box() as tx:
        assert ballotbox.get_manifest(tx, poll.call_id).bytes == manifest.bytes
    with rt.read_main() as tx:
        call = calls.get_call(tx, poll.call_id)
        acts = [act.act for act in activity.of_call(tx, poll.call_id)]
    assert call.progress is Progress.FROZEN
    assert "vote.freeze" in acts


def test_handing_over_again_after_a_crash_changes_nothing(rt: Runtime) -> None:
    poll = moderated_poll(rt)
    poll.freeze()
    poll.advance()
    with rt.main() as tx:
        tx.get_one(Vote, poll.call_id).step = Step.FROZEN
    poll.advance()
    assert vote_of(rt, poll).step is Step.HANDED
    with rt.read_box() as tx:
        assert len(list(ballotbox.entries(tx, poll.call_id))) == 1


@pytest.mark.parametrize("moment", [COLLECTING, MODERATION, MODERATION + timedelta(days=60)])
def test_nothing_is_frozen_before_the_moderation_deadline_or_after_the_opening(
    rt: Runtime, clock: MovableClock, moment: datetime
) -> None:
    poll = moderated_poll(rt)
    clock.set(moment)
    with pytest.raises(StageClosed):
        poll.freeze()


def test_a_frozen_vote_is_not_frozen_again(rt: Runtime) -> None:
    poll = moderated_poll(rt)
    poll.freeze()
    with pytest.raises(StageClosed):
        poll.freeze()


def test_an_undecided_proposal_blocks_the_freeze(rt: Runtime, clock: MovableClock) -> None:
    poll = moderated_poll(rt)
    now = clock.now
    clock.set(MODERATION)
    enter_workshop_proposal(rt, poll.officer, poll.call_id, workshop_values(title="晚到"))
    clock.set(now)
    with pytest.raises(FreezeUndecided) as refused:
        poll.freeze()
    assert refused.value.facts["count"] == 1


def test_a_district_without_projects_blocks_the_freeze(rt: Runtime) -> None:
    poll = moderated_poll(rt, values={"districts.2.name": "南區", "districts.2.budget_twd": "1000000"})
    with pytest.raises(FreezeWithoutProjects) as refused:
        poll.freeze()
    assert refused.value.facts["district"] == "南區"


def test_every_small_style_is_named_until_it_is_accepted_or_merged(rt: Runtime) -> None:
    poll = moderated_poll(rt)
    with pytest.raises(InvalidInput) as refused:
        poll.freeze(accept_small=ACCEPTED[:1])
    assert {f.field for f in findings_of(refused.value)} == {"small.d1-w2", "small.d2-w1", "small.d2-w2"}
    into = {StyleId("d1-w2"): StyleId("d1-w1"), StyleId("d2-w2"): StyleId("d2-w1")}
    manifest = poll.freeze(merge=into, accept_small=(StyleId("d1-w1"), StyleId("d2-w1")))
    assert {s.id: s.eligible for s in manifest.styles} == {"d1-w1": 8, "d2-w1": 4}
    view = vote_of(rt, poll)
    assert view.small == ("d1-w1", "d2-w1")
    assert view.merged == into


@pytest.mark.parametrize(
    "into",
    [
        {"d1-w1": "d2-w1"},
        {"d1-w1": "d1-w1"},
        {"d1-w1": "d1-w2", "d1-w2": "d1-w1"},
        {"d9-w1": "d1-w1"},
    ],
)
def test_styles_merge_within_their_district_only(rt: Runtime, into: dict[StyleId, StyleId]) -> None:
    poll = moderated_poll(rt)
    with pytest.raises(InvalidInput) as refused:
        poll.freeze(merge=into)
    assert {f.code for f in findings_of(refused.value)} == {"counting.merge-impossible"}


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"auditor_pk":"","hpke_pk":"","version":1}'])
def test_only_the_public_file_of_a_ceremony_is_taken(rt: Runtime, content: bytes) -> None:
    poll = moderated_poll(rt, people=0)
    with pytest.raises(CeremonyFileInvalid):
        poll.freeze(public_key_file=content)


def test_a_key_file_in_the_place_of_the_public_file_is_refused(rt: Runtime) -> None:
    poll = moderated_poll(rt, people=0)
    with pytest.raises(CeremonyFileInvalid):
        poll.freeze(public_key_file=auditor_key_file())


def test_production_names_every_demo_only_part_and_freezes_nothing(rt: Runtime) -> None:
    poll = moderated_poll(rt)
    object.__setattr__(rt, "settings", rt.settings.model_copy(update={"mode": Mode.PRODUCTION}))
    with pytest.raises(DemoPartAtFreeze) as refused:
        poll.freeze()
    named = str(refused.value.facts["parts"])
    for part in ("identity.sandbox", "mail.backend=folder", "vote.rsa_bits<3072", "batch_least<20"):
        assert part in named
    with rt.read_main() as tx:
        assert queries.find_vote(tx, poll.call_id) is None
        rules = calls.get_call(tx, poll.call_id).rules
    assert "batch_seconds<600" in forbidden_parts(rt, rules)


def test_only_an_officer_of_the_agency_freezes(rt: Runtime) -> None:
    poll = moderated_poll(rt, people=0)
    with pytest.raises(RoleNeeded):
        service.freeze(rt, poll.auditor, poll.call_id, public_key_file=ceremony()[PUBLIC_FILE])
    stranger = poll.officer.__class__(kind="officer", id=99, agency_id=None, roles=frozenset({Role.OFFICER}))
    with pytest.raises(CallUnknown):
        service.freeze(rt, stranger, poll.call_id, public_key_file=ceremony()[PUBLIC_FILE])


# -- close, open, certify


def test_a_whole_vote_is_counted_certified_and_published(rt: Runtime) -> None:
    poll = closed_poll(rt)
    assert vote_of(rt, poll).step is Step.SEALED
    assert vote_of(rt, poll).turnout == {"d1-w1": 4, "d1-w2": 4, "d2-w1": 3, "d2-w2": 0}
    poll.open_box()
    view = vote_of(rt, poll)
    assert view.step is Step.COUNTED
    assert view.checks is not None
    assert view.checks.findings == ()
    assert view.checks.styles["d2-w1"] == {"issued": 4, "cast": 3, "spoiled": 0}
    poll.certify()
    assert vote_of(rt, poll).step is Step.EXPLAINED
    with rt.read_main() as tx:
        outcome = queries.outcome(tx, poll.call_id)
        assert calls.get_call(tx, poll.call_id).progress is Progress.CERTIFIED
    east, west = outcome["districts"]
    # weights: four ballots of weight 1 for 1 and 3, four of weight 2 for 2; 3 is withdrawn
    assert east["outcome"]["scores"] == [
        {"project": 1, "score": 4},
        {"project": 2, "score": 8},
        {"project": 3, "score": 4},
    ]
    assert east["outcome"]["winners"] == [2]
    assert east["outcome"]["runners_up"] == [1]
    assert east["outcome"]["withdrawn"] == [3]
    assert west["outcome"]["winners"] == [5]
    assert outcome["withdrawn"][0]["reason"] == "場地另有用途"


def test_the_box_is_not_opened_before_the_final_checkpoint(rt: Runtime, clock: MovableClock) -> None:
    poll = moderated_poll(rt)
    poll.freeze()
    poll.open_voting()
    with pytest.raises(StageClosed):
        poll.open_box()
    clock.set(poll.manifest.cast_until + timedelta(seconds=1))
    with pytest.raises(BoxNotClosed):
        poll.open_box()
    assert not rt.keystore.has(opening_name(poll.call_id))


def test_wrong_files_passphrases_codes_and_keys_open_nothing(rt: Runtime) -> None:
    poll = closed_poll(rt)
    with pytest.raises(PassphraseWrong):
        poll.open_box(passphrase="wrong passphrase")
    with pytest.raises(KeyFileOtherPurpose):
        poll.open_box(key_file=auditor_key_file(), passphrase=AUDITOR_PASSPHRASE)
    other = ceremony_files(PASSPHRASE, AUDITOR_PASSPHRASE)
    with pytest.raises(OpeningKeyOther):
        poll.open_box(key_file=other["opening-key.json"])
    with pytest.raises(TotpRefused):
        poll.open_box(totp="000000")
    with pytest.raises(RoleNeeded):
        service.open_box(rt, poll.auditor, poll.call_id, key_file=b"", passphrase="", totp="000000")
    assert not rt.keystore.has(opening_name(poll.call_id))
    assert vote_of(rt, poll).step is Step.SEALED


def test_a_code_that_opened_the_box_does_not_certify(rt: Runtime, clock: MovableClock) -> None:
    poll = closed_poll(rt)
    code = poll.officer.code(clock)
    poll.open_box(totp=code)
    with pytest.raises(TotpRefused):
        service.certify(rt, poll.officer, poll.call_id, totp=code)


def test_certifying_takes_an_officer_and_an_auditor_two_people(rt: Runtime, clock: MovableClock) -> None:
    poll = closed_poll(rt)
    both = hire(rt, "both", Role.OFFICER, Role.AUDITOR)
    second = hire(rt, "second", Role.OFFICER)
    clerk = hire(rt, "clerk", Role.ADMINISTRATOR)
    with pytest.raises(StageClosed):
        service.certify(rt, both, poll.call_id, totp=both.code(clock))
    poll.open_box()
    with pytest.raises(RoleNeeded):
        service.certify(rt, clerk, poll.call_id, totp=clerk.code(clock))
    assert service.certify(rt, both, poll.call_id, totp=both.code(clock)) == (Role.AUDITOR,)
    with pytest.raises(ApprovedAlready):
        service.certify(rt, both, poll.call_id, totp=both.code(clock))
    with pytest.raises(RoleNeeded):
        service.certify(rt, second, poll.call_id, totp=second.code(clock))
    poll.advance()
    with rt.read_main() as tx, pytest.raises(NotCertified):
        queries.outcome(tx, poll.call_id)
    assert service.certify(rt, poll.auditor, poll.call_id, totp=poll.auditor.code(clock)) == ()
    poll.advance()
    assert vote_of(rt, poll).step is Step.EXPLAINED


def test_nothing_is_certified_before_the_count_or_with_findings(rt: Runtime, clock: MovableClock) -> None:
    poll = closed_poll(rt)
    poll.open_box()
    with rt.main() as tx:
        row = tx.get_one(Vote, poll.call_id)
        row.step = Step.OPENED
    with pytest.raises(NotCounted):
        service.certify(rt, poll.officer, poll.call_id, totp=poll.officer.code(clock))
    with rt.main() as tx:
        row = tx.get_one(Vote, poll.call_id)
        row.step, row.checks = Step.COUNTED, {**row.checks, "findings": ["token-forged"]}
    with pytest.raises(ChecksFailed) as refused:
        service.certify(rt, poll.officer, poll.call_id, totp=poll.officer.code(clock))
    assert refused.value.facts["codes"] == "token-forged"


def test_ballots_that_the_operator_put_into_the_log_fail_the_checks(rt: Runtime, clock: MovableClock) -> None:
    """Stuffing inside the database is seen before anything can be certified."""
    poll = closed_poll(rt)
    path = rt.settings.state_dir / "box.db"
    with sqlite3.connect(path) as box:
        query = "select position, data from bulletin_entry where substr(data,1,1)=x'02'"
        found = box.execute(query).fetchall()
        position, content = found[0]
        changed = bytearray(content)
        changed[-1] ^= 1
        box.execute("update bulletin_entry set data=? where position=?", (bytes(changed), position))
    poll.open_box()
    checks = vote_of(rt, poll).checks
    assert checks is not None
    assert {"entry-altered", "signature-bad"} <= set(checks.findings)
    with pytest.raises(ChecksFailed):
        service.certify(rt, poll.officer, poll.call_id, totp=poll.officer.code(clock))


def test_a_log_rewritten_between_count_and_publication_publishes_nothing(
    rt: Runtime, clock: MovableClock
) -> None:
    poll = closed_poll(rt)
    poll.open_box()
    for person_ in (poll.officer, poll.auditor):
        service.certify(rt, person_, poll.call_id, totp=person_.code(clock))
    with sqlite3.connect(rt.settings.state_dir / "box.db") as box:
        box.execute("update bulletin_entry set data=x'0201' where position=1")
    with pytest.raises(ChecksFailed) as refused:
        poll.advance()
    assert "split-view" in str(refused.value.facts["codes"])
    with rt.read_main() as tx, pytest.raises(NotCertified):
        queries.outcome(tx, poll.call_id)


def test_before_certification_no_database_file_or_log_holds_a_count_or_the_key(
    rt: Runtime, capsys: pytest.CaptureFixture[str]
) -> None:
    """PRA-09: only turnout, spoiled and issuances per style are stored."""
    poll = closed_poll(rt)
    poll.open_box()
    secret = rt.keystore.get(opening_name(poll.call_id))
    for path in sorted(Path(rt.settings.state_dir).rglob("*")):
        if path.is_file():
            assert secret not in path.read_bytes(), path
    for name in ("main", "box"):
        dump = "\n".join(sqlite3.connect(rt.settings.state_dir / f"{name}.db").iterdump())
        for word in ("winners", "scores", "runners_up", '"blank"', secret.hex()):
            assert word not in dump, (name, word)
    shown = capsys.readouterr()
    assert "score" not in shown.out + shown.err
    with rt.read_box() as tx:
        kinds = [entry[0] for entry in ballotbox.entries(tx, poll.call_id)]
    assert kinds[-1] == 5


def test_every_step_may_run_again_after_a_crash(rt: Runtime, clock: MovableClock) -> None:
    poll = closed_poll(rt)
    poll.open_box()
    for person_ in (poll.officer, poll.auditor):
        service.certify(rt, person_, poll.call_id, totp=person_.code(clock))
    manifest = poll.manifest
    work = steps._WORK
    for step in (Step.APPROVED, Step.APPROVED):
        work[step](rt, manifest)
    with rt.read_main() as tx:
        first = queries.outcome_bytes(tx, poll.call_id)
    assert vote_of(rt, poll).step is Step.PUBLISHED
    with rt.main() as tx:
        # as if the process had died after the log was written and before the outcome was stored
        row = tx.get_one(Vote, poll.call_id)
        row.step, row.outcome = Step.APPROVED, None
    poll.advance()
    with rt.read_main() as tx:
        assert queries.outcome_bytes(tx, poll.call_id) == first
    with rt.read_box() as tx:
        kinds = [entry[0] for entry in ballotbox.entries(tx, poll.call_id)]
    assert kinds.count(6) == kinds.count(7) == 1


def test_the_opening_key_leaves_the_key_store_when_it_is_public(rt: Runtime) -> None:
    poll = closed_poll(rt)
    poll.open_box()
    assert rt.keystore.has(opening_name(poll.call_id))
    poll.certify()
    assert not rt.keystore.has(opening_name(poll.call_id))


def test_the_trouble_of_one_vote_does_not_hold_up_another(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = moderated_poll(rt)
    poll.freeze()
    with rt.main() as tx:
        row = tx.get_one(Vote, poll.call_id)
        tx.add(
            Vote(
                call_id="aaaaaaaaaaaa",
                manifest=b"broken",
                step=Step.FROZEN,
                small=[],
                merged={},
                frozen_at=row.frozen_at,
                turnout={},
                checks={},
            )
        )
    steps.advance(rt)
    assert vote_of(rt, poll).step is Step.HANDED


# -- withdrawing, drawing lots, destroying


def test_a_withdrawal_needs_a_reason_and_a_project_that_is_still_there(
    rt: Runtime,
) -> None:
    poll = moderated_poll(rt)
    poll.freeze()
    with pytest.raises(WithdrawalReasonMissing):
        service.withdraw_project(rt, poll.officer, poll.call_id, 1, "  ")
    service.withdraw_project(rt, poll.officer, poll.call_id, 1, "提案人撤回")
    poll.advance()
    with rt.read_box() as tx:
        assert [n["project"] for n in ballotbox.notices(tx, poll.call_id)] == [1]
    with rt.read_main() as tx:
        assert queries.withdrawn(tx, poll.call_id) == {1}
    with pytest.raises(Exception, match="proposals"):
        service.withdraw_project(rt, poll.officer, poll.call_id, 1, "再一次")


def test_a_lot_is_committed_to_at_the_freeze_and_shown_at_the_end(rt: Runtime) -> None:
    """PRA-04: the seed's commitment stands in the manifest before anybody votes."""
    poll = moderated_poll(rt, values={"tie_order": "lot"})
    poll.freeze()
    assert len(poll.manifest.tie_seed_hash) == 64
    poll.open_voting()
    poll.vote(0, 1, 2, 3)
    poll.close()
    poll.open_box()
    poll.certify()
    with rt.read_main() as tx:
        outcome = queries.outcome(tx, poll.call_id)
    assert len(outcome["tie_seed"]) == 64
    assert outcome["districts"][0]["outcome"]["ties"][0]["decided_by"] == ["lot"]


def test_keys_are_destroyed_after_the_periods_by_an_officer_and_recorded(
    rt: Runtime, clock: MovableClock
) -> None:
    """PRA-18."""
    poll = closed_poll(rt)
    officer = poll.officer
    today = clock.now.date()
    with pytest.raises(NotCertified):
        service.destroy_keys(rt, officer, poll.call_id, periods_over_on=today, totp=officer.code(clock))
    poll.open_box()
    poll.certify()
    day = clock.now.date() + timedelta(days=30)
    with pytest.raises(DestructionDate):
        service.destroy_keys(rt, officer, poll.call_id, periods_over_on=day, totp=officer.code(clock))
    clock.forward(days=31)
    names = service.destroy_keys(rt, officer, poll.call_id, periods_over_on=day, totp=officer.code(clock))
    assert registrar_keys.k_call(poll.call_id) in names
    assert not any(rt.keystore.has(name) for name in names)
    with pytest.raises(DestroyedAlready):
        service.destroy_keys(rt, officer, poll.call_id, periods_over_on=day, totp=officer.code(clock))
    with rt.read_main() as tx:
        recorded = activity.of_call(tx, poll.call_id)[0]
    assert recorded.act == "keys.destroy"
    assert json.loads(json.dumps(recorded.facts))["periods_over_on"] == day.isoformat()


def test_invented_issuances_pass_the_public_and_fail_the_evidence_audit(
    rt: Runtime,
) -> None:
    """Stuffing with an invented roll: the auditors' side of the limit that tests/tamper asserts."""
    from pbvote.core.crypto.keyfile import decrypt_key_file
    from pbvote.rooms.counting.ceremony import AUDITOR

    poll = moderated_poll(rt)
    poll.freeze()
    poll.open_voting()
    poll.vote(0, 1)
    path = rt.settings.state_dir / "main.db"
    with sqlite3.connect(path) as main:
        main.execute(
            "insert into registrar_issuance select call_id, randomblob(32), style, randomblob(32), "
            "randomblob(32), 0, channel, evidence from registrar_issuance limit 1"
        )
    poll.close()
    poll.open_box()
    checks = vote_of(rt, poll).checks
    assert checks is not None
    assert checks.findings == ()
    secret = decrypt_key_file(auditor_key_file(), AUDITOR_PASSPHRASE, purpose=AUDITOR)
    report = registrar_service.audit_evidence(rt, poll.call_id, secret, actor=poll.auditor)
    assert (report.issuances, report.good) == (2, 1)
    assert [problem.kind for problem in report.problems] == ["evidence-does-not-open"]


# -- the ceremony


def test_a_ceremony_writes_three_files_and_never_overwrites_a_key(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    make_ceremony(folder, PASSPHRASE, AUDITOR_PASSPHRASE)
    assert sorted(path.name for path in folder.iterdir()) == [
        "auditor-key.json",
        "opening-key.json",
        "public.json",
    ]
    assert (folder / "opening-key.json").stat().st_mode & 0o077 == 0
    parse_public((folder / "public.json").read_bytes() + b"\n")
    with pytest.raises(CeremonyFolderInUse):
        make_ceremony(folder, PASSPHRASE, AUDITOR_PASSPHRASE)
    with pytest.raises(PassphraseTooShort) as refused:
        make_ceremony(tmp_path / "other", PASSPHRASE, "short")
    assert refused.value.field == "auditor_passphrase"
