"""The voter's client against a small service made of core parts: resuming, checking, forgetting."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import pytest

from pbvote.core.ballot.ballot import BallotChecker, BallotTooMany, open_choices, pad_length
from pbvote.core.ballot.receipt import PromiseInvalid, include_by, make_receipt
from pbvote.core.crypto import blind_rsa, sealing, signing
from pbvote.core.crypto.errors import TokenInvalid
from pbvote.core.log.checkpoint import Checkpoint, sign_checkpoint, verifier_key
from pbvote.core.log.entry import entry_hash
from pbvote.core.log.merkle import leaf_hash, node_hash
from pbvote.core.manifest import BallotProject, BallotStyle, Manifest
from pbvote.core.rules.ballot_form import BallotForm, FormKind
from pbvote.core.rules.ruleset import District, Evidence, Ground, GroundKind, Ruleset, VoteKind
from pbvote.core.rules.stage import Timeline
from pbvote.core.rules.ways import Verification
from pbvote.core.rules.winner_rule import WinnerRule
from pbvote.core.types import CallId, Choices, DistrictId, Mode, ProjectNumber, StyleId, b64, unb64
from pbvote.tools.voter import client, steps
from pbvote.tools.voter.attempt import Attempt, AttemptMalformed, Step, attempt_of
from pbvote.tools.voter.client import Person
from pbvote.tools.voter.errors import NotIncluded, OtherElection, OtherStyle, ServerRefused, ServerUnreachable
from pbvote.tools.voter.page import Page
from pbvote.tools.voter.transport import Request, Response, Session

OPENS = datetime(2026, 5, 1, tzinfo=UTC)
CALL = CallId("abcdefgh2345")
STYLE = StyleId("d1-w1")
BOX_SEED, ROLL_SEED = b"b" * 32, b"r" * 32
ORIGIN = f"pb.example/box/{CALL}"
PERSON = Person(national_id="A123456789", birth_on=date(1980, 2, 3))
CHOICES = Choices((1, 3))


@cache
def signer() -> blind_rsa.BlindSigner:
    return blind_rsa.BlindSigner(blind_rsa.generate_key(2048))


@cache
def opening_key() -> sealing.OpeningKey:
    return sealing.OpeningKey(sealing.generate_opening_key())


def ruleset() -> Ruleset:
    return Ruleset(
        vote_kind=VoteKind.SELECTION,
        verification=Verification.ROLL,
        minimum_age=16,
        age_on=OPENS.date(),
        grounds=(
            Ground(
                kind=GroundKind.REGISTERED,
                area="甲區",
                cut_off_on=date(2026, 1, 1),
                evidence=Evidence.ROLL,
            ),
        ),
        districts=(District(id=DistrictId("d1"), name="甲區", budget_twd=100),),
        ballot_form=BallotForm(kind=FormKind.UP_TO, min_choices=1, max_choices=2),
        winner_rule=WinnerRule(),
        tie_order=("cheaper", "number"),
        timeline=Timeline(
            proposals_open_at=None,
            proposals_close_at=None,
            moderation_until=OPENS - timedelta(days=1),
            voting_opens_at=OPENS,
            issue_until=OPENS + timedelta(days=9),
            cast_until=OPENS + timedelta(days=9, minutes=30),
        ),
    )


@cache
def manifest() -> Manifest:
    projects = tuple(
        BallotProject(
            number=ProjectNumber(n),
            id=str(n),
            district=DistrictId("d1"),
            title=f"方案{n}",
            summary="",
            place="",
            cost_twd=40,
        )
        for n in (1, 2, 3)
    )
    return Manifest(
        mode=Mode.TEST,
        call=CALL,
        agency="甲區公所",
        title="測試",
        origin="http://pb.example",
        styles=(
            BallotStyle(id=STYLE, district=DistrictId("d1"), weight=1, rsa_spki=signer().spki, eligible=30),
        ),
        hpke_pk=opening_key().public_point,
        pad_to=pad_length((1, 2, 3), ruleset().ballot_form),
        box_vkey=verifier_key(ORIGIN, signing.public_key_of(BOX_SEED)),
        roll_vkey=verifier_key(f"pb.example/roll/{CALL}", signing.public_key_of(ROLL_SEED)),
        auditor_pk=sealing.public_point(sealing.generate_opening_key()),
        projects=projects,
        ruleset=ruleset(),
    )


def _json(values: dict[str, Any], status: int = 200) -> Response:
    return Response(status=status, headers=(), body=json.dumps(values).encode())


def _page(text: str, *headers: tuple[str, str]) -> Response:
    return Response(status=200, headers=headers, body=text.encode())


@dataclass
class FakeService:
    """Check-in and box as the voter meets them; ``lost`` numbers the requests whose answers vanish."""

    style: str = STYLE
    lost: frozenset[int] = frozenset()
    issued: dict[str, tuple[bytes, dict[str, bytes]]] = field(default_factory=dict)
    box: dict[bytes, bytes] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    mail: str = ""

    def send(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self._answer(request)
        if len(self.requests) in self.lost:
            raise ServerUnreachable(reason="lost")
        return answer

    def _answer(self, request: Request) -> Response:
        path, _, query = request.path.partition("?")
        door = f"/checkin/{CALL}/"
        if path == f"/box/{CALL}/manifest":
            return Response(status=200, headers=(), body=manifest().bytes)
        if path == door and request.method == "GET":
            cookie = ("set-cookie", "c=1; Path=/checkin; HttpOnly")
            return _page(
                f'<form method="post" action="{door}"><input type="hidden" name="notice" value="1">'
                '<input type="hidden" name="csrf_token" value="t"><input name="national_id"></form>',
                cookie,
            )
        if path == door:
            return self._identify(request)
        if path == f"{door}token":
            return _page(
                '<meta name="csrf-token" content="t"><div id="token-step" '
                f'data-style="{self.style}" data-issue-url="{door}issue"></div>'
            )
        if path == f"{door}issue":
            return self._issue(request)
        if path == f"/box/{CALL}/ballots":
            return self._cast(request)
        return _json({"code": "http.not-found"}, 404)

    def _identify(self, request: Request) -> Response:
        typed = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        assert typed["notice"] == "1"
        assert typed["csrf_token"] == "t"
        if (typed["national_id"], typed["birth_year"]) != (PERSON.national_id, "1980"):
            return Response(status=403, headers=(), body=b'<p data-code="identity.no-match"></p>')
        return Response(status=303, headers=(("location", f"/checkin/{CALL}/token"),), body=b"")

    def _issue(self, request: Request) -> Response:
        assert request.headers["Cookie"] == "c=1"
        asked = json.loads(request.body)
        blinded = unb64(asked["blinded"])
        answer = {"signature": signer().sign(blinded), "salt": b"s" * 32, "voter_record": b"v" * 32}
        first, kept = self.issued.setdefault(PERSON.national_id, (blinded, answer))
        if first != blinded:
            return _json({"code": "registrar.already-issued"}, 409)
        return _json({name: b64(value) for name, value in kept.items()})

    def _cast(self, request: Request) -> Response:
        assert "Cookie" not in request.headers
        entry = BallotChecker(manifest()).check(request.body)
        if self.box.setdefault(entry.credential, request.body) != request.body:
            return _json({"code": "ballot.credential-used"}, 409)
        receipt = make_receipt(
            manifest().election_hash,
            entry_hash(request.body),
            include_by=include_by(manifest().cast_until),
            seed=BOX_SEED,
        )
        return _json(
            {
                "entry_hash": b64(receipt.entry_hash),
                "include_by": receipt.include_by,
                "signature": b64(receipt.signature),
            },
            201,
        )


@dataclass
class MemoryShelf:
    """Keeps the state as text, as a device would; ``break_after`` saves the power goes."""

    text: str = ""
    saves: int = 0
    break_after: int = 0

    def load(self) -> Attempt | None:
        return attempt_of(json.loads(self.text)) if self.text else None

    def save(self, attempt: Attempt) -> None:
        self.text = json.dumps(attempt.to_json())
        self.saves += 1
        if self.saves == self.break_after:
            raise ServerUnreachable(reason="power")


def poll() -> steps.Poll:
    return steps.poll_of(manifest())


def go(service: FakeService, shelf: MemoryShelf) -> Attempt:
    return client.vote(poll(), service, PERSON, choose=lambda _d: CHOICES, shelf=shelf)


def test_a_voter_ends_with_a_promise_for_a_ballot_that_says_what_was_chosen() -> None:
    service, shelf = FakeService(), MemoryShelf()
    attempt = go(service, shelf)
    assert attempt.step is Step.CAST
    (data,) = service.box.values()
    entry = BallotChecker(manifest()).check(data)
    assert open_choices(manifest(), opening_key(), entry) == CHOICES
    assert attempt.entry_hash == entry_hash(data)


@pytest.mark.parametrize("lost", range(1, 6))
def test_a_lost_answer_anywhere_leads_to_the_same_token_and_one_ballot(lost: int) -> None:
    service, shelf = FakeService(lost=frozenset({lost})), MemoryShelf()
    with pytest.raises(ServerUnreachable):
        go(service, shelf)
    assert go(service, shelf).step is Step.CAST
    assert len(service.issued) == len(service.box) == 1


@pytest.mark.parametrize("saves", range(1, 5))
def test_a_crash_after_any_saved_step_resumes_with_the_same_bytes(saves: int) -> None:
    service, shelf = FakeService(), MemoryShelf(break_after=saves)
    with pytest.raises(ServerUnreachable):
        go(service, shelf)
    before = shelf.load()
    assert before is not None
    after = go(service, MemoryShelf(text=shelf.text))
    assert after.step is Step.CAST
    assert after.blinded == before.blinded
    assert not before.entry or after.entry == before.entry
    assert len(service.box) == 1


def test_nothing_that_could_sign_or_unblind_is_kept_once_the_ballot_is_sealed() -> None:
    shelf = MemoryShelf()
    go(FakeService(), shelf)
    assert set(json.loads(shelf.text)) == {
        *("step", "style", "blinded", "salt", "voter_record"),
        *("entry", "entry_hash", "include_by", "promise"),
    }


def test_an_identity_that_does_not_match_is_told_with_the_services_code() -> None:
    stranger = Person(national_id="A123456789", birth_on=date(1981, 2, 3))
    with pytest.raises(ServerRefused) as caught:
        client.vote(poll(), FakeService(), stranger, choose=lambda _d: CHOICES, shelf=MemoryShelf())
    assert caught.value.facts == {"status": 403, "refusal": "identity.no-match"}


def test_an_answer_that_is_no_signature_of_what_was_blinded_is_not_kept() -> None:
    attempt = steps.prepare(poll(), STYLE)
    other = steps.prepare(poll(), STYLE)
    with pytest.raises(TokenInvalid):
        steps.take_token(
            poll(), attempt, signature=signer().sign(other.blinded), salt=bytes(32), voter_record=bytes(32)
        )


def sealed_attempt() -> Attempt:
    attempt = steps.prepare(poll(), STYLE)
    signature = signer().sign(attempt.blinded)
    issued = steps.take_token(poll(), attempt, signature=signature, salt=bytes(32), voter_record=bytes(32))
    return steps.seal(poll(), issued, CHOICES)


def test_an_illegal_choice_is_refused_before_anything_is_sealed() -> None:
    attempt = steps.prepare(poll(), STYLE)
    signature = signer().sign(attempt.blinded)
    issued = steps.take_token(poll(), attempt, signature=signature, salt=bytes(32), voter_record=bytes(32))
    with pytest.raises(BallotTooMany):
        steps.seal(poll(), issued, Choices((1, 2, 3)))


def test_a_promise_of_another_key_or_another_time_is_refused() -> None:
    attempt = sealed_attempt()
    due = include_by(manifest().cast_until)
    election = manifest().election_hash
    forged = make_receipt(election, attempt.entry_hash, include_by=due, seed=ROLL_SEED)
    with pytest.raises(PromiseInvalid):
        steps.take_promise(poll(), attempt, forged)
    late = make_receipt(election, attempt.entry_hash, include_by=due + 1, seed=BOX_SEED)
    with pytest.raises(OtherElection):
        steps.take_promise(poll(), attempt, late)


def test_a_promise_for_another_ballot_is_refused_even_if_it_names_mine() -> None:
    mine, other = sealed_attempt(), sealed_attempt()
    due = include_by(manifest().cast_until)
    receipt = make_receipt(manifest().election_hash, other.entry_hash, include_by=due, seed=BOX_SEED)
    with pytest.raises(PromiseInvalid):
        steps.take_promise(poll(), mine, replace(receipt, entry_hash=mine.entry_hash))


def test_inclusion_is_believed_only_with_a_proof_under_a_signed_checkpoint() -> None:
    attempt = sealed_attempt()
    due = include_by(manifest().cast_until)
    receipt = make_receipt(manifest().election_hash, attempt.entry_hash, include_by=due, seed=BOX_SEED)
    attempt = steps.take_promise(poll(), attempt, receipt)
    neighbour = leaf_hash(b"manifest")
    root = node_hash(neighbour, attempt.entry_hash)
    note = sign_checkpoint(Checkpoint(origin=ORIGIN, size=2, root=root), ORIGIN, BOX_SEED)
    included = steps.take_proof(poll(), attempt, position=1, proof=(neighbour,), checkpoint=note)
    assert included.step is Step.INCLUDED
    with pytest.raises(NotIncluded):
        steps.take_proof(poll(), attempt, position=0, proof=(neighbour,), checkpoint=note)


def test_another_manifest_than_the_published_one_is_refused() -> None:
    with pytest.raises(OtherElection):
        steps.poll_of(manifest(), expect=bytes(32))


def test_a_saved_step_for_another_style_is_not_used() -> None:
    service, shelf = FakeService(style="d9-w1"), MemoryShelf()
    shelf.save(steps.prepare(poll(), STYLE))
    with pytest.raises(OtherStyle):
        go(service, shelf)
    assert service.issued == {}


def test_a_saved_state_with_a_foreign_member_is_refused() -> None:
    with pytest.raises(AttemptMalformed):
        attempt_of({"step": "prepared", "style": STYLE, "national_id": "QQ=="})


def test_a_cookie_goes_only_to_its_path() -> None:
    service = FakeService()
    session = Session(service)
    session.get(f"/checkin/{CALL}/")
    session.get("/checkinx")
    assert "Cookie" not in service.requests[-1].headers
    session.get(f"/checkin/{CALL}/token")
    assert service.requests[-1].headers["Cookie"] == "c=1"


def test_a_page_gives_its_forms_as_a_browser_would_send_them() -> None:
    page = Page(
        '<form method="post" action="/x"><input name="a" value="1"><input type="checkbox" name="b" value="1">'
        '<input type="radio" name="c" value="x"><input type="radio" name="c" value="y" checked>'
        "<textarea name=d>\nline &amp; line\n</textarea>"
        '<select name="e"><option value="p"><option value="q" selected></select>'
        '<button name="f" value="z"></form>'
    )
    form = page.form("a", to="/x")
    assert form.with_({"a": "2"}) == {"a": "2", "c": "y", "d": "line & line\n", "e": "q"}
