"""Who can open what, and when: evidence, ballots, counts; and that destroyed keys are gone."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from functools import cache

import pytest
from flask.testing import FlaskClient

from pbvote.core import canonical
from pbvote.core.ballot.ballot import open_choices
from pbvote.core.crypto.errors import SealBroken
from pbvote.core.crypto.keyfile import decrypt_key_file
from pbvote.core.crypto.sealing import OpeningKey
from pbvote.core.errors import StageClosed
from pbvote.core.log.entry import Kind, parse_ballot
from pbvote.edges.keystore import KeyMissing
from pbvote.platform.runtime import Runtime
from pbvote.rooms.ballotbox import sequencing
from pbvote.rooms.ballotbox.errors import BoxNotSealed
from pbvote.rooms.counting import queries, service
from pbvote.rooms.counting.ceremony import AUDITOR, OPENING, OPENING_FILE
from pbvote.rooms.counting.errors import BoxNotClosed, NotCertified
from pbvote.rooms.counting.progress import opening_name
from pbvote.rooms.registrar import keys
from pbvote.rooms.registrar import service as registrar_service
from pbvote.rooms.registrar.issuing import evidence_info
from tests.make.polls import (
    AUDITOR_PASSPHRASE,
    PASSPHRASE,
    auditor_key_file,
    ceremony,
    closed_poll,
    moderated_poll,
)
from tests.make.services import MovableClock
from tests.make.visitors import CallDesk
from tests.secrecy.dumps import column_of, file_contents
from tests.secrecy.whole_poll import Held, cells_of

COUNTS = (b'"score"', b'"selected"', b'"runners_up"', b'"trace"', b'"blank"')
SHOWN = ("vote-bar", "tag--won", "bar--selected", "did-not-fit")


@cache
def auditor_secret() -> bytes:
    return decrypt_key_file(auditor_key_file(), AUDITOR_PASSPHRASE, purpose=AUDITOR)


@cache
def opening_secret() -> bytes:
    return decrypt_key_file(ceremony()[OPENING_FILE], PASSPHRASE, purpose=OPENING)


def test_every_piece_of_evidence_opens_with_the_auditors_key_and_no_other(held: Held) -> None:
    cells = cells_of(held, "certified", "main")
    manifest = held.poll.manifest
    sealed = column_of(cells, "registrar_issuance", "evidence")
    infos = [
        evidence_info(manifest.election_hash, each)
        for each in column_of(cells, "registrar_issuance", "blinded_hash")
    ]
    auditor = OpeningKey(auditor_secret())
    named = set()
    for info, piece in zip(infos, sealed, strict=True):
        opened = auditor.open(info, piece)
        said = canonical.decode(opened[2 : 2 + int.from_bytes(opened[:2], "big")])
        assert isinstance(said, dict)
        named.add(said["id"])
    assert named == {voter.national_id for voter in held.voters}
    others = (opening_secret(), (1).to_bytes(32, "big"), secrets.token_bytes(31).rjust(32, b"\0"))
    for other in map(OpeningKey, others):
        with pytest.raises(SealBroken):
            other.open(infos[0], sealed[0])
    with pytest.raises(SealBroken):  # a piece is no evidence for another issuance
        auditor.open(infos[1], sealed[0])


def test_the_auditors_key_opens_no_ballot(held: Held) -> None:
    voter, manifest = held.voters[0], held.poll.manifest
    entry = parse_ballot(voter.entry, token_length=256)
    assert open_choices(manifest, OpeningKey(opening_secret()), entry)
    with pytest.raises(SealBroken):
        open_choices(manifest, OpeningKey(auditor_secret()), entry)


def test_nothing_opens_the_box_before_its_final_checkpoint(rt: Runtime, clock: MovableClock) -> None:
    """Neither while people vote nor after the announced end, as long as the last flush is not signed."""
    poll = moderated_poll(rt)
    poll.freeze()
    poll.open_voting()
    poll.vote(0, 1)
    end = poll.manifest.cast_until
    for moment, refusal in (
        (poll.manifest.opens_at + timedelta(hours=2), StageClosed),
        (poll.manifest.issue_until, StageClosed),
        (end - timedelta(minutes=2), StageClosed),
        (end + timedelta(seconds=1), BoxNotClosed),
    ):
        clock.set(moment)
        with pytest.raises(refusal):
            poll.open_box()
        with pytest.raises(BoxNotSealed):
            sequencing.append_opening(rt, poll.call_id, opening_secret())
        assert not rt.keystore.has(opening_name(poll.call_id))
    poll.advance()
    poll.open_box()
    assert rt.keystore.has(opening_name(poll.call_id))


def test_no_count_stands_in_any_file_before_certification_and_does_afterwards(held: Held) -> None:
    """Counted is not told: not in the databases, the logs, the mails or anywhere in the state folder."""
    for moment in ("voting", "closed", "counted"):
        for name, content in file_contents(held.snapshot(moment)).items():
            assert not [word for word in COUNTS if word in content], (moment, name)
            assert opening_secret() not in content, (moment, name)
            assert opening_secret().hex().encode() not in content, (moment, name)
    certified = b"".join(file_contents(held.snapshot("certified")).values())
    assert all(word in certified for word in COUNTS[:1] + COUNTS[3:4])
    assert opening_secret() in certified
    kinds = {entry[0] for entry in column_of(cells_of(held, "counted", "box"), "bulletin_entry", "data")}
    assert kinds <= {Kind.MANIFEST, Kind.BALLOT, Kind.NOTICE, Kind.BATCH, Kind.CLOSE}


def test_the_log_lines_of_the_count_say_no_number(held: Held) -> None:
    assert any("'event': 'counted'" in line for line in held.logged)
    for line in held.logged:
        assert not [word for word in COUNTS if word.decode().strip('"') in line]


def test_no_page_and_no_export_tells_a_count_before_certification(
    rt: Runtime, site: FlaskClient, box: FlaskClient
) -> None:
    poll = closed_poll(rt)
    poll.open_box()
    public = f"/calls/{poll.call_id}"
    pages: list[str] = []
    for path in ("/", f"{public}/", f"{public}/proposals", f"{public}/projects/1"):
        pages.append(site.get(path).get_data(as_text=True))
    for path in ("results", "outcome.json", "record.zip"):
        assert site.get(f"{public}/{path}").status_code == 404, path
    pages.append(CallDesk(site, poll.officer, poll).room())
    site.delete_cookie("pbvote_session")
    auditing = CallDesk(site, poll.auditor, poll)
    pages.append(auditing.page(f"{auditing.base}/audit"))
    for path in ("notices", "checkpoint", "manifest"):
        pages.append(box.get(f"/box/{poll.call_id}/{path}").get_data(as_text=True))
    assert len(pages) == 9
    # outlines of districts and drawings are no chart of a count; what is written on them is read
    pages = [re.sub(r'<svg\s+class="(atlas|art)\b', "<drawn ", page) for page in pages]
    assert not [(word, page[:80]) for page in pages for word in SHOWN if word in page]
    with rt.read_main() as tx, pytest.raises(NotCertified):
        queries.outcome(tx, poll.call_id)
    poll.certify()
    shown = site.get(f"{public}/results").get_data(as_text=True)
    assert all(word in shown for word in SHOWN[:3])


def test_destroyed_keys_are_gone_from_disk_and_from_the_running_service(
    rt: Runtime, clock: MovableClock
) -> None:
    """After the destruction nobody, the operator with the master key included, names a voter again."""
    poll = closed_poll(rt)
    poll.open_box()
    poll.certify()
    report = registrar_service.audit_evidence(rt, poll.call_id, auditor_secret())
    assert report.good == report.issuances == 12
    with rt.read_main() as tx:
        certified_at = queries.progress_of(tx, poll.call_id).certified_at
    assert certified_at is not None
    before = file_contents(rt.settings.state_dir)
    clock.forward(days=40)
    gone = service.destroy_keys(
        rt,
        poll.officer,
        poll.call_id,
        periods_over_on=(certified_at + timedelta(days=30)).date(),
        totp=poll.officer.code(clock),
    )
    assert {keys.k_call(poll.call_id), keys.k_roll(poll.call_id)} < set(gone)
    for engine in (rt.main_engine, rt.box_engine):
        assert engine is not None
        engine.dispose()
    after = file_contents(rt.settings.state_dir)
    shredded = [content for name, content in before.items() if name.startswith("keys/") and name not in after]
    assert len(shredded) == len(gone)
    everything = b"".join(after.values())
    for content in shredded:
        assert content[12:44] not in everything
    for name in gone:
        assert not rt.keystore.has(name)
    with pytest.raises(KeyMissing):
        registrar_service.audit_evidence(rt, poll.call_id, auditor_secret())
    with pytest.raises(KeyMissing):
        keys.signer(rt.keystore, poll.call_id, "d1-w1")
