"""What was typed in Chinese says so on an English page, so that it is read aloud as such (WCAG 3.1.2)."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from werkzeug.test import Client

from pbvote.edges.web.base.i18n import tongue_of
from pbvote.platform.runtime import Runtime
from pbvote.words.language import in_language
from tests.make.polls import Poll, moderated_poll

CHINESE = re.compile("[\u3400-\u9fff]")
UNSPOKEN = {"title", "script", "option", "textarea", "template"}
VOID = {"meta", "link", "input", "img", "br", "hr", "source"}


class Read(HTMLParser):
    """Texts that are mostly Chinese, with the language that holds for them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.within: list[tuple[str, str]] = []
        self.chinese: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.within.append((tag, dict(attrs).get("lang") or ""))

    def handle_endtag(self, tag: str) -> None:
        while self.within and self.within.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        text = data.strip()
        if UNSPOKEN & {tag for tag, _ in self.within}:
            return
        if text and 4 * len(CHINESE.findall(text)) >= len(text):
            self.chinese.append((next((lang for _, lang in reversed(self.within) if lang), ""), text))


def chinese(client: FlaskClient | Client, path: str) -> list[tuple[str, str]]:
    answer = client.get(path, headers={"Accept-Language": "en"}, follow_redirects=True)
    assert answer.status_code == 200, path
    return Read(answer.get_data(as_text=True)).chinese


def test_proposals_and_calls(service: Client, poll: Poll) -> None:
    call = poll.call_id
    paths = ["/", f"/calls/{call}/", f"/calls/{call}/proposals"]
    paths += [f"/booth/{call}/?district=d1", f"/booth/{call}/receipt", f"/checkin/{call}/"]
    for path in paths:
        found = chinese(service, path)
        assert found, path
        assert [text for lang, text in found if lang != "zh-Hant-TW"] == [], path


def test_results(rt: Runtime, site: FlaskClient) -> None:
    poll = moderated_poll(rt)
    poll.freeze()
    poll.open_voting()
    for number, choices in ((0, (1, 3)), (3, (3,)), (6, (2, 3)), (1, (4,))):
        poll.vote(number, *choices)
    poll.close()
    poll.open_box()
    poll.certify()
    call = poll.call_id
    for path in (f"/calls/{call}/results", f"/calls/{call}/projects/1", f"/calls/{call}/proposals"):
        assert [text for lang, text in chinese(site, path) if lang != "zh-Hant-TW"] == [], path


@pytest.mark.parametrize(
    ("reader", "text", "named"),
    [
        ("en", "把橋下的空間改成球場", "zh-Hant-TW"),
        ("en", "Registered in 雲海市 on or before 30 July 2026", ""),
        ("en", "A bench for everybody", ""),
        ("zh", "A bench for everybody", "en"),
        ("zh", "把橋下的空間改成球場", ""),
        ("zh", "LINE", ""),
        ("en", "", ""),
    ],
)
def test_a_name_within_a_sentence_keeps_the_sentences_language(reader: str, text: str, named: str) -> None:
    with in_language(reader):
        assert tongue_of(text) == named
