"""Every promise sentence is shown only at stages of the call at which it is true.

The sentences stand once, in ``pbvote.words.promises``, each with its stages. Here a call is led through all
of its stages, every page that a voter can open is rendered in both languages, and each sentence found there
has to be true at that stage. Words that promise something may stand in no voter's page outside the register.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from pbvote.core.rules.stage import Progress, Stage
from pbvote.edges.web.app import create_box, create_checkin, create_site
from pbvote.platform.places import PACKAGE
from pbvote.platform.runtime import Runtime
from pbvote.words.language import in_language
from pbvote.words.promises import EVERY, PROMISES, promise
from tests.make.polls import Poll, moderated_poll

ROOT = Path(__file__).parents[2]
LANGUAGES = ("zh-TW", "en")


def _at(*moment: int) -> Callable[[Poll], None]:
    return lambda poll: poll.clock.set(datetime(*moment, tzinfo=UTC))  # type: ignore[misc]


def _freeze(poll: Poll) -> None:
    poll.freeze()
    poll.advance()  # the box has the manifest


def _vote(poll: Poll) -> None:
    poll.open_voting()
    poll.vote(0, 1)


JOURNEY: tuple[tuple[Stage, Callable[[Poll], object]], ...] = (
    (Stage.ANNOUNCED, _at(2026, 3, 9)),
    (Stage.COLLECTING, _at(2026, 3, 20)),
    (Stage.MODERATION, _at(2026, 4, 10)),
    (Stage.READY, _at(2026, 4, 21)),
    (Stage.FROZEN, _freeze),
    (Stage.VOTING, _vote),
    (Stage.GRACE, lambda poll: poll.clock.set(poll.manifest.issue_until)),
    (Stage.CLOSED, Poll.close),
    (Stage.OPENED, Poll.open_box),
    (Stage.CERTIFIED, Poll.certify),
)


def _clients(rt: Runtime) -> dict[str, FlaskClient]:
    made = {"booth": create_box(rt), "checkin": create_checkin(rt), "": create_site(rt)}
    return {name: app.test_client() for name, app in made.items()}


def _addresses(call: str) -> Iterator[str]:
    yield from ("/", "/about/promise", "/about/privacy")
    yield from (f"/calls/{call}/{path}" for path in ("", "proposals", "projects/1", "results"))
    yield from ("/booth/check", f"/booth/{call}/", f"/booth/{call}/?district=d1")
    yield from (f"/booth/{call}/{path}" for path in ("review", "cast", "receipt", "done"))
    yield from (f"/checkin/{call}/", f"/checkin/{call}/eligible")


def _pages(rt: Runtime, call: str, language: str) -> Iterator[tuple[str, str]]:
    clients = _clients(rt)
    for address in _addresses(call):
        client = clients.get(address.split("/")[1], clients[""])
        answer = client.get(address, headers={"Accept-Language": language}, follow_redirects=True)
        yield address, _text(answer.get_data(as_text=True))


def _text(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))


def _sentences(language: str) -> dict[str, str]:
    """Every promise in one language, spaces as on a page."""
    with in_language("en" if language.startswith("en") else "zh"):
        return {each.key: re.sub(r"\s+", " ", promise(each.key)) for each in PROMISES}


def _stage(poll: Poll) -> Stage:
    from pbvote.rooms.calls import queries

    with poll.rt.read_main() as tx:
        call = queries.get_call(tx, poll.call_id)
    return call.rules.timeline.stage(Progress(call.progress), poll.clock.now)


def _held(rt: Runtime, poll: Poll) -> dict[tuple[str, Stage], set[str]]:
    """Where each promise was seen: key and stage with the addresses; false ones fail at once."""
    seen: dict[tuple[str, Stage], set[str]] = {}
    truths = {each.key: each.stages for each in PROMISES}
    texts = {language: _sentences(language) for language in LANGUAGES}
    for stage, act in JOURNEY:
        act(poll)
        assert _stage(poll) is stage
        for language, sentences in texts.items():
            for address, page in _pages(rt, poll.call_id, language):
                for key, sentence in sentences.items():
                    if sentence in page:
                        assert stage in truths[key], f"{key} is false at {stage} and stands on {address}"
                        seen.setdefault((key, stage), set()).add(f"{language} {address}")
    return seen


@pytest.mark.parametrize("kind", ["selection", "survey"])
def test_every_promise_stands_only_where_it_is_true(rt: Runtime, kind: str) -> None:
    seen = _held(rt, moderated_poll(rt, values={"vote_kind": kind}))
    shown = {key for key, _stage in seen}
    assert {each.key for each in PROMISES} - shown <= {"account-apart"}  # asks for a signed-in resident
    for language in LANGUAGES:
        for page in ("review", "receipt"):
            told = {
                stage
                for (key, stage), where in seen.items()
                if key == "code-reveals"
                and any(each.startswith(language) and each.endswith(f"/{page}") for each in where)
            }
            assert told >= {Stage.FROZEN, Stage.VOTING, Stage.GRACE, Stage.CLOSED, Stage.CERTIFIED}
    for (_key, stage), where in seen.items():
        assert {each[:2] for each in where} == {"zh", "en"}, (stage, where)  # never in one language alone
    assert Stage.CLOSED in {stage for key, stage in seen if key == "count-not-yet"}
    assert Stage.CERTIFIED not in {stage for key, stage in seen if key == "count-not-yet"}


def test_a_sentence_at_a_stage_at_which_it_is_false_is_found(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check of this module itself: were the code's sentence true before the result only, it fails."""
    from dataclasses import replace

    early = tuple(
        replace(each, stages=EVERY - {Stage.CERTIFIED}) if each.key == "code-reveals" else each
        for each in PROMISES
    )
    monkeypatch.setattr(f"{__name__}.PROMISES", early)
    with pytest.raises(AssertionError, match="code-reveals is false at certified"):
        _held(rt, moderated_poll(rt))


def test_every_promise_rests_on_words_of_the_threat_model() -> None:
    document = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    assert [each.key for each in PROMISES if each.threats not in document] == []
    assert len({each.key for each in PROMISES}) == len(PROMISES)


# --- words that promise, outside the register

PROMISING = re.compile(
    "沒有人|任何人|匿名|看不到|看不出|讀不到|永遠|絕不|保證|不會知道|無法得知|不會顯示|查不出|見證"
)
PAGES = ("site", "site/login", "resident", "staff", "booth", "checkin", "mail", "demo")
PLAIN = {
    "無法對監看網路或控制運作中伺服器的人隱藏您。": "a title of what is not promised",
    "在人數很少的投票身分別裡，無法保證看不出是誰投的。": "a title of what is not promised",
    "結果公布後，任何人都能查核。": "the title of anybody-checks",
    "任何人都可以下載投票查核資料，在自己的電腦上重新檢查每一張選票、重新計票。"
    "請以機關公告上印的核對碼比對。": "results page: certified",
    "如果是您剛才開始的，可以繼續。如果是別人的，請按「換我投票」："
    "先前的內容不會顯示。": "booth.js shows nothing of it",
    "還沒有人留言。": "no promise",
    "歡迎您提案。提案和投票都不用任何人同意；投票資格請看這次活動的規則。": "PRA-15",
    "用兩三句話寫出重點，例如「兩家廠商的估價單，含稅 29 萬和 31 萬元」。"
    "給打不開或看不到文件的人。": "a hint",
    "有沒有人提過了？": "no promise",
    "有沒有人提過了？這些提案和您的很像：": "no promise",
    "每張投票券都留有一份密封的驗證憑據，只有查核人員的金鑰能打開。系統在記憶體中逐筆打開，"
    "核對是否真有其人、是否在名冊上；畫面不顯示任何人的身分。": "the auditor's page shows numbers alone",
    "這些證號不屬於任何人。設籍的人，一票以兩票計。": "invented people",
    "都是臺灣時間。階段會自動依時間切換，沒有人能提前或延後。": "core/rules/stage.py",
    "這座城市的日期已經過了，有些階段看不到。請結束後執行 pbvote demo --fresh 重新建立。": "no promise",
    "查驗完成。按下按鈕後，您會在這台裝置登出，接著請把裝置交給民眾，"
    "並離開到看不到畫面的地方。": "what staff is asked to do",
    "銷毀後，任何人都無法再從系統資料查出誰領過投票券，也無法再核對驗證憑據。"
    "下列金鑰會立即銷毀，不能復原：": "what the officer is about to do; operations.md, Destruction",
    "這是預覽，民眾還看不到。公告之後規則就不能再改，請仔細核對。": "a draft",
}


def _voters_texts() -> Iterator[tuple[str, str]]:
    """Every Chinese text of a page or mail that voters read, with its file."""
    for folder in PAGES:
        for path in sorted((ROOT / "templates" / folder).glob("*.*")):
            content = path.read_text(encoding="utf-8")
            if path.suffix == ".html":
                for text in re.findall(r"_\('([^']+)'", content):
                    yield path.name, text
            elif ".zh." in path.name:
                for line in content.splitlines():
                    yield path.name, line
    rules = (PACKAGE / "words" / "rules.py").read_text(encoding="utf-8")
    for text in re.findall(r'"([^"\n]+)"', rules):
        yield "rules.py", text


def test_no_page_promises_anything_outside_the_register() -> None:
    loose = {(name, text) for name, text in _voters_texts() if PROMISING.search(text) and text not in PLAIN}
    assert {each for each in loose if not each[0].startswith(("sign-in", "contact-code"))} == set()


def test_no_text_anywhere_says_what_is_false_once_the_result_is_published() -> None:
    """The old sentences and their kind, in every language and every room."""
    false = re.compile(
        r"不會顯示(?:您|選)了?什麼|看不到內容|不能用來賣票|不會顯示您的選擇|經過見證|witnessed checkpoint"
        r"|shows? no choice\b(?! until)|does not show (?:what|the choice)|cannot be used to sell",
        re.IGNORECASE,
    )
    files = [
        path
        for folder in ("templates", "pbvote", "docs")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".html", ".txt", ".py", ".js", ".po", ".toml", ".md"} and path.is_file()
    ] + [ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "CHANGELOG.md"]
    found = [
        (path.name, match[0]) for path in files for match in false.finditer(path.read_text(encoding="utf-8"))
    ]
    allowed = {("receipt.py", "shows no choice"), ("protocol.md", "shows no choice")}  # with their time
    assert set(found) <= allowed
