"""A way of identity that nobody but this test knows goes the whole way, through the pages that residents see.

Its service asks everything on a page of its own. It is registered where a new one is: an entry, its words and
a module with its adapter; everything else asks those.
"""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from pbvote.core.crypto.keyfile import decrypt_key_file
from pbvote.core.errors import findings_of
from pbvote.core.record.report import Flaw
from pbvote.core.record.verify import Expectations, verify_record
from pbvote.core.rules.ways import WAYS, Asks, WayOfIdentity
from pbvote.core.types import Mode, b64
from pbvote.edges import identity as services
from pbvote.edges.web.app import create_checkin, create_site
from pbvote.edges.web.staff import call_form
from pbvote.platform.places import TEMPLATES
from pbvote.platform.runtime import Runtime
from pbvote.platform.settings import Settings
from pbvote.rooms.calls import service as calls_service
from pbvote.rooms.calls.draft import parse_draft
from pbvote.rooms.calls.errors import VerificationUnavailable
from pbvote.rooms.counting.ceremony import AUDITOR
from pbvote.rooms.counting.freeze import forbidden_parts, small_styles
from pbvote.rooms.registrar import service as registrar_service
from pbvote.words import rules as rules_text
from pbvote.words import ways as way_texts
from pbvote.words.language import in_language
from tests.architecture.source import PACKAGE, ROOT
from tests.make import records
from tests.make.calls import call_values
from tests.make.polls import AUDITOR_PASSPHRASE, Poll, auditor_key_file, blinded, moderated_poll
from tests.make.services import MovableClock, make_runtime

NAME = "fake-card"
WAY = WayOfIdentity(
    name=NAME, asks=Asks.NOTHING, demo_only=True, has_service=True, needs=(f"identity.services.{NAME}",)
)
WORDS = {
    "name": {"zh": "假卡", "en": "Fake card"},
    "service": {"zh": "假卡服務", "en": "fake card service"},
    "choice": {"zh": "假卡：到假卡服務確認", "en": "Fake card: confirm at its service"},
    "sentence": {"zh": "投票前要用假卡確認身分。", "en": "You confirm who you are with a fake card."},
    "sentence-with-desk": {"zh": "用假卡，或到櫃檯。", "en": "With a fake card, or at a desk."},
    "lead": {"zh": "下一步會到假卡服務。", "en": "The next step is the fake card service."},
}
MODULE = """
from datetime import date
from pbvote.core.identity.national_id import invented_id
from pbvote.platform.identity import Answer, IdentityAnswer, Pending, Redirect, StatedBond

class Card:
    def __init__(self, url):
        self.url, self.answer, self.person = url, Answer.MATCH, invented_id(3)

    def begin(self, asked):
        assert asked.claim is None
        self.back = asked.back
        return Pending(show=Redirect(url=f"{self.url}/ask?state={asked.nonce}"), state="case-7")

    def finish(self, pending, given):
        assert pending.state == "case-7"
        if self.answer is not Answer.MATCH or given.get("code") != "good":
            return IdentityAnswer(answer=Answer.NO_MATCH if self.answer is Answer.MATCH else self.answer)
        bond = StatedBond(kind="registered", area="新北市", district="d1", since_on=date(2000, 1, 1))
        return IdentityAnswer(answer=Answer.MATCH, bonds=(bond,), transaction="case-7",
                              person=self.person, birth_on=date(1956, 3, 8))

def adapter(settings):
    return Card(settings.identity.services["fake-card"]["url"].get_secret_value())
"""
SETTINGS = {"sandbox": True, "services": {NAME: {"url": "https://card.example"}}}


@pytest.fixture(autouse=True)
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "services"
    folder.mkdir()
    (folder / f"{NAME}.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.setattr(services, "__path__", [*services.__path__, str(folder)])
    monkeypatch.setitem(WAYS, NAME, WAY)
    monkeypatch.setitem(way_texts.texts(), NAME, WORDS)
    yield
    sys.modules.pop(f"{services.__name__}.{NAME}", None)


@pytest.fixture
def carded(tmp_path: Path, empty_databases: Path, clock: MovableClock) -> Iterator[Runtime]:
    """A service that has the way: its settings are there."""
    folder = tmp_path / "carded"
    folder.mkdir()
    runtime = make_runtime(folder, empty_databases, clock, identity=SETTINGS)
    yield runtime
    runtime.engine("main").dispose()
    runtime.engine("box").dispose()


@pytest.fixture
def poll(carded: Runtime) -> Poll:
    """A vote of this way that is open."""
    made = moderated_poll(carded, people=0, values={"verification": NAME, "counter": "0"})
    made.freeze()
    made.open_voting()
    return made


class Browser:
    """Somebody at the check-in."""

    def __init__(self, client: FlaskClient, poll: Poll) -> None:
        self.client, self.base = client, f"/checkin/{poll.call_id}"

    def page(self, path: str) -> str:
        answer = self.client.get(f"{self.base}{path}")
        assert answer.status_code == 200, (path, answer.status_code)
        return html.unescape(answer.get_data(as_text=True))

    def post(self, path: str, page: str, **form: str) -> Any:
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found
        return self.client.post(f"{self.base}{path}", data={"csrf_token": found[1], **form})

    def go(self) -> str:
        """On to the page that leads to the service; its state."""
        begun = self.post("/", self.page("/"), notice="1")
        assert (begun.status_code, begun.location) == (303, f"{self.base}/service")
        link = re.search(r'href="(https://card\.example/[^"]+)"', self.page("/service"))
        assert link
        return parse_qs(urlsplit(link[1]).query)["state"][0]

    def back(self, **query: str) -> Any:
        return self.client.get(f"{self.base}/back", query_string=query)


@pytest.fixture
def browser(carded: Runtime, poll: Poll) -> Browser:
    return Browser(create_checkin(carded).test_client(), poll)


def service_of(rt: Runtime) -> Any:
    return rt.identity[NAME]


def code_of(answer: Any) -> str:
    found = re.search(r'data-code="([^"]+)"', answer.get_data(as_text=True))
    return found[1] if found else ""


# -- where it can be chosen


def test_its_settings_decide_whether_a_call_can_choose_it(rt: Runtime, carded: Runtime) -> None:
    offered = {}
    for runtime in (rt, carded):
        with create_site(runtime).test_request_context("/"):
            offered[runtime.offers(WAY)] = call_form.offers(runtime)["verification"]
    assert (NAME, "假卡：到假卡服務確認") in offered[True]
    assert NAME not in dict(offered[False])
    values = call_values() | {"verification": NAME}
    with pytest.raises(VerificationUnavailable):
        calls_service.review_draft(rt, values)
    assert calls_service.review_draft(carded, values).way is WAY


def test_production_refuses_it_while_it_is_for_demonstrations_only(carded: Runtime) -> None:
    rules = parse_draft(call_values() | {"verification": NAME}, defaults=carded.settings.vote)
    assert f"identity.services.{NAME}" in carded.settings.forbidden_in_production()
    real = replace(carded, settings=carded.settings.model_copy(update={"mode": Mode.PRODUCTION}))
    assert f"verification={NAME}" in forbidden_parts(real, rules)
    found = calls_service._service_findings(real, rules)
    assert "verification" in {finding.field for finding in found}
    assert findings_of(found[-1])[0].facts["setting"] == f"identity.services.{NAME}"


def test_its_secrets_are_in_no_picture_of_the_settings(carded: Runtime) -> None:
    assert "card.example" not in repr(carded.settings)
    assert isinstance(carded.settings, Settings)


def test_its_sentence_stands_in_the_rules_in_both_languages(carded: Runtime) -> None:
    rules = parse_draft(call_values() | {"verification": NAME, "counter": "0"}, defaults=carded.settings.vote)
    with in_language("zh"):
        assert "投票前要用假卡確認身分。" in rules_text.rules_sentences(rules)
        assert "用假卡，或到櫃檯。" in rules_text.rules_sentences(replace(rules, desk=True))
    with in_language("en"):
        assert "You confirm who you are with a fake card." in rules_text.rules_sentences(rules)


# -- the whole way


def test_a_voter_goes_to_its_page_comes_back_and_votes(carded: Runtime, poll: Poll, browser: Browser) -> None:
    manifest = poll.manifest
    assert {style.eligible for style in manifest.styles} == {0}
    assert not manifest.knows_eligible
    assert small_styles(manifest.ruleset, {style.id: 1 for style in manifest.styles}) == ()
    assert "下一步會到假卡服務。" in browser.page("/")
    who = browser.page("/")
    assert "由「假卡服務」確認" in who
    assert "national_id" not in who
    state = browser.go()
    assert service_of(carded).back.endswith(f"{browser.base}/back")
    done = browser.back(state=state, code="good")
    assert (done.status_code, done.location) == (303, f"{browser.base}/token")
    token = browser.page("/token")
    assert 'data-style="d1-w1"' in token
    csrf = re.search(r'<meta name="csrf-token" content="([^"]+)"', token)
    assert csrf
    asked = {"style": "d1-w1", "blinded": b64(blinded(manifest, manifest.styles[0].id).blinded)}
    headers = {"X-CSRFToken": csrf[1]}
    assert browser.client.post(f"{browser.base}/issue", json=asked, headers=headers).status_code == 200
    poll.close()
    secret = decrypt_key_file(auditor_key_file(), AUDITOR_PASSPHRASE, purpose=AUDITOR)
    report = registrar_service.audit_evidence(carded, poll.call_id, secret, actor=poll.auditor)
    assert (report.good, report.per_method, report.problems) == (1, {NAME: 1}, ())
    assert report.sample == ("case-7",)


def test_the_verifier_names_it_in_a_production_record() -> None:
    built = records.build_record(voters=2)
    rules = replace(built.manifest.ruleset, verification=NAME)
    real = replace(built.manifest, mode=Mode.PRODUCTION, ruleset=rules)
    built.box[0] = b"\x00\x01" + real.bytes
    built.files["manifest.json"] = real.bytes
    report = verify_record(records.MemorySource(built.sealed_again()), expectations=Expectations())
    assert NAME in {finding.detail for finding in report.findings if finding.flaw is Flaw.MANIFEST_UNFIT}


# -- what can go wrong on the way


def test_who_comes_back_without_the_cookie_passes_through_our_own_page_first(browser: Browser) -> None:
    """A strict cookie does not travel with a request that another site causes; the state waits for it."""
    state = browser.go()
    kept = browser.client.get_cookie("pbvote_checkin", path="/checkin") or browser.client.get_cookie(
        "__Secure-pbvote_checkin", path="/checkin"
    )
    assert kept
    browser.client.delete_cookie(kept.key, path="/checkin")
    passing = browser.back(state=state, code="good")
    assert passing.status_code == 200
    assert "Set-Cookie" not in passing.headers
    assert passing.headers["Referrer-Policy"] == "no-referrer"
    address = re.search(r'content="0;url=([^"]+)"', passing.get_data(as_text=True))
    assert address
    browser.client.set_cookie(kept.key, kept.value, path="/checkin")
    done = browser.client.get(html.unescape(address[1]))
    assert done.location == f"{browser.base}/token"


def test_no_other_browser_state_or_vote_can_finish_it(carded: Runtime, poll: Poll, browser: Browser) -> None:
    state = browser.go()
    stranger = Browser(create_checkin(carded).test_client(), poll)
    assert code_of(stranger.back(state=state, code="good", here="1")) == "identity.pending-broken"
    theirs = stranger.go()
    assert code_of(stranger.back(state=state, code="good")) == "identity.pending-foreign"
    assert code_of(browser.back(state=theirs, code="good")) == "identity.pending-foreign"
    assert code_of(browser.back(code="good")) == "identity.pending-foreign"
    assert browser.back(state=state, code="good").status_code == 303, "a stranger's link does no harm"


def test_a_return_is_good_once_and_not_for_ever(
    carded: Runtime, poll: Poll, clock: MovableClock, browser: Browser
) -> None:
    state = browser.go()
    with browser.client.session_transaction(f"{browser.base}/") as session:
        before = dict(session)
    assert browser.back(state=state, code="good").status_code == 303
    with browser.client.session_transaction(f"{browser.base}/") as session:
        session.clear()
        session.update(before)
    assert code_of(browser.back(state=state, code="good")) == "identity.pending-used"
    later = browser.go()
    clock.forward(minutes=6)
    assert code_of(browser.back(state=later, code="good")) == "identity.pending-expired"
    assert browser.client.get(f"{browser.base}/token").location == f"{browser.base}/"


def test_a_return_cannot_be_used_in_another_vote(carded: Runtime, poll: Poll, browser: Browser) -> None:
    state = browser.go()
    with browser.client.session_transaction(f"{browser.base}/") as session:
        sealed, device = session["pending"], session["device"]
    given = {"state": state, "code": "good"}
    from pbvote.rooms.registrar.errors import PendingBroken

    for call_id, mark in (("elsewhere", device), (poll.call_id, "another device")):
        with pytest.raises(PendingBroken):
            registrar_service.finish(carded, call_id, sealed, device=mark, given=given)


def test_a_service_that_is_down_admits_nobody_and_loses_nothing(carded: Runtime, browser: Browser) -> None:
    """NDC-05."""
    from pbvote.platform.identity import Answer

    state = browser.go()
    for answer, status in ((Answer.DOWN, 503), (Answer.TIMEOUT, 503)):
        service_of(carded).answer = answer
        refused = browser.back(state=state, code="good")
        assert refused.status_code == status
        assert f'href="{browser.base}/service"' in refused.get_data(as_text=True)
    assert browser.client.get(f"{browser.base}/token").location == f"{browser.base}/"
    service_of(carded).answer = Answer.MATCH
    assert browser.back(state=state, code="good").status_code == 303


def test_what_the_service_itself_has_locked_is_said(carded: Runtime, browser: Browser) -> None:
    from pbvote.platform.identity import Answer

    state = browser.go()
    service_of(carded).answer = Answer.LOCKED
    assert code_of(browser.back(state=state, code="good")) == "identity.locked"


def test_a_refusal_at_the_service_is_a_miss_that_pauses_the_device(browser: Browser) -> None:
    codes = []
    for _ in range(4):
        codes.append(code_of(browser.back(state=browser.go(), code="bad")))
    assert codes == ["identity.no-match"] * 3 + ["identity.paused"]


@pytest.mark.parametrize(
    "url",
    [
        "http://card.example/ask",
        "javascript:alert(1)",
        "//card.example",
        "https://",
        "https://card.example/" + "x" * 3000,
    ],
)
def test_an_address_that_is_not_fit_is_never_shown(carded: Runtime, browser: Browser, url: str) -> None:
    service_of(carded).url = url
    begun = browser.post("/", browser.page("/"), notice="1")
    assert code_of(begun) in {"identity.service-down"} if not url.endswith(":") else True
    assert browser.client.get(f"{browser.base}/service").location == f"{browser.base}/"


@pytest.mark.parametrize("person", ["", "A12", "A123456788"])
def test_a_match_without_a_person_is_none(carded: Runtime, browser: Browser, person: str) -> None:
    service_of(carded).person = person
    assert code_of(browser.back(state=browser.go(), code="good")) == "identity.no-match"


# -- the registers


def test_every_service_has_an_adapter_and_every_way_its_line_in_the_protocol() -> None:
    protocol = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    for way in WAYS.values():
        if way.name != NAME:
            assert f"`{way.name}`" in protocol
            assert (PACKAGE / "edges" / "identity" / f"{way.name}.py").exists() is way.has_service


def test_the_files_that_name_a_way_are_counted() -> None:
    """Measured on the sandbox: an entry, a module, the words, the docs; its own page beside, and data."""
    named = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(r'"sandbox"|SANDBOX', path.read_text(encoding="utf-8"))
    }
    page = {"edges/web/app.py"}  # loads the page of the invented service
    assert named - page == {"core/rules/ways.py"}


def test_no_room_asks_which_way_it_is() -> None:
    """What follows from a way is asked of the way; a room may only say which of them it is itself."""
    asks = re.compile(
        r"verification (?:is|==|!=|in) (?:not )?[A-Z\"'{(]|Verification\."
        r"|way(?:\.name)? (?:is|==) (?:not )?[A-Z\"'{]"
        r"|\(\"roll\", \"counter\"|way == '"
    )
    places = [*PACKAGE.rglob("*.py"), *TEMPLATES.rglob("*.html")]
    found = {path.name for path in places if asks.search(path.read_text(encoding="utf-8"))}
    assert found == {"ways.py"}
