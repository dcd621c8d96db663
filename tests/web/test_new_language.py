"""A language that only this test knows: one file, and readers can choose it.

Filipino, with a handful of texts: what it has is shown, what it lacks is said in English, marked as such; how
it writes a day, and that nobody has read it yet, stand in its header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug.test import Client

from pbvote.edges.mail import MailRenderer
from pbvote.edges.web.base.pieces import spoken
from pbvote.platform.runtime import MailTemplate, Message, Runtime
from pbvote.rooms.calls.errors import CallUnknown
from pbvote.words import catalogue, formats, language, mails, pieces
from pbvote.words.catalogue import gettext
from pbvote.words.errors import text_for
from pbvote.words.language import in_language
from tests.make.polls import Poll
from tests.make.visitors import in_one_line

HEADER = """\
# vote = pagboto
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: fil\\n"
"X-Name: Filipino\\n"
"X-Review: needed\\n"
"X-Day: d MMMM y\\n"
"X-Year: {day} (Republika {roc})\\n"
"X-Short: EEE d MMM y, HH:mm\\n"
"""
TEXTS = {
    "查核我的票": "Suriin ang aking boto",
    "參與式預算投票": "Pagboto sa badyet",
    "%(amount)s 元": "%(amount)s dolyar ng Taiwan",
    "語言": "Wika",
    "這份翻譯還沒有經過母語人士校對；內容以中文為準。": "Hindi pa nasusuri ang saling ito.",
    "找不到這個徵件主題。請確認網址，或回首頁查看所有徵件。": "Wala ang tawag na ito.",
    "投票前會在線上驗證身分；也可以到承辦機關的櫃檯辦理，不需要手機或憑證。": "Susuriin kung sino ka.",
    "%(count)s 個方案": "%(count)s panukala",
}
FOREIGN = re.compile("[\ufdd0-\ufdd2]")
CONTACT = {"code": "123456", "minutes": 30, "title": "調查"}


def write(folder: Path, texts: dict[str, str]) -> None:
    entries = (f'msgid "{text}"\nmsgstr "{said}"\n' for text, said in texts.items())
    (folder / "fil.po").write_text("\n".join((HEADER, *entries)), encoding="utf-8")


@pytest.fixture
def filipino(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "catalogues"
    folder.mkdir()
    write(folder, TEXTS)
    monkeypatch.setattr(language, "FOLDERS", [*language.FOLDERS, folder])
    catalogue.forget()
    yield folder
    monkeypatch.undo()
    catalogue.forget()


def page(service: Client, path: str, **headers: str) -> str:
    answer = service.get(path, headers=headers or {"Accept-Language": "fil-PH,fil;q=0.9"})
    assert answer.status_code == 200, path
    return in_one_line(answer.get_data(as_text=True))


def test_a_reader_whose_browser_asks_for_it_gets_it(filipino: Path, service: Client, poll: Poll) -> None:
    shown = page(service, f"/calls/{poll.call_id}/")
    assert '<html lang="fil">' in shown
    assert "Pagboto sa badyet" in shown
    assert "dolyar ng Taiwan" in shown
    assert "Susuriin kung sino ka." in shown
    assert re.search(r"\d mayo 2026 \(Republika 115\)", shown, re.IGNORECASE)


def test_what_it_lacks_is_said_in_english_and_says_so(filipino: Path, service: Client, poll: Poll) -> None:
    shown = page(service, f"/calls/{poll.call_id}/")
    assert '<span lang="en">Who may vote?</span>' in shown
    assert not FOREIGN.search(shown)
    assert "<title>" in shown
    assert "<span" not in re.findall(r"<title>(.*?)</title>", shown)[0]
    assert 'lang="zh-Hant-TW"' in shown  # what the agency wrote has no English


def test_the_choice_is_a_menu_by_own_names_and_is_remembered(filipino: Path, service: Client) -> None:
    shown = page(service, "/")
    menu = re.findall(r"<details class=\"tongues\">(.*?)</details>", shown)[0]
    names = re.findall(r'href="/language/(\w+)\?next=/" lang="([\w-]+)"[^>]*>(.*?)</a>', menu)
    assert names[:2] == [("zh", "zh-Hant-TW", "中文"), ("en", "en", "English")]
    # the language that is spoken already names none of its own
    assert re.search(r'href="/language/fil\?next=/"\s+aria-current="true"\s*>Filipino</a>', menu)
    assert service.get("/language/fil?next=/").status_code == 302
    assert '<html lang="fil">' in page(service, "/", **{"Accept-Language": "zh-TW"})
    assert service.get("/language/xx").status_code == 404


def test_the_page_says_once_that_a_speaker_has_still_to_read_it(filipino: Path, service: Client) -> None:
    note = "Hindi pa nasusuri ang saling ito."
    assert page(service, "/").count(note) == 1
    assert page(service, "/booth/check").count(note) == 1
    assert "tongue-note" not in page(service, "/", **{"Accept-Language": "en"})


def test_pages_of_staff_are_in_english(filipino: Path, service: Client) -> None:
    shown = page(service, "/staff/sign-in")
    assert '<html lang="en">' in shown
    assert "tongues" not in shown
    assert "Filipino" not in shown


def test_errors_dates_and_money(filipino: Path) -> None:
    assert text_for(CallUnknown(call="x"), "fil") == "Wala ang tawag na ito."
    moment = datetime(2026, 12, 5, 9, tzinfo=UTC)
    with in_language("fil"):
        assert formats.money(5_000_000) == "5,000,000 dolyar ng Taiwan"
        assert formats.day(moment) == "5 Disyembre 2026 (Republika 115)"
        assert formats.moment(moment) == "5 Disyembre 2026 (Republika 115), 17:00"
        assert formats.short(moment) == "Sab 5 Dis 2026, 17:00"
        assert gettext("%(count)s 個方案", count=1) == "1 panukala"


def mail(to: str) -> str:
    message = Message(to="a@b.example", template=MailTemplate.CONTACT_CODE, language=to, facts=CONTACT)
    sent = MailRenderer(origin="https://o.example", sender="c@d.example").mail(message)
    return f"{sent['Subject']}\n{sent.get_content()}"


def test_a_mail_is_in_the_language_as_a_whole_or_in_english(filipino: Path) -> None:
    assert mail("fil") == mail("en")
    assert mail("en").startswith("Your voting code: 123456\n")
    lines = mails.lines_of("contact-code")
    write(filipino, TEXTS | {line: re.sub("[^ -~]+", " LINYA ", line) for line in lines})
    catalogue.forget()
    subject, _, body = mail("fil").partition("\n")
    assert "123456" in body
    assert "LINYA" in body
    assert not re.search("[\u4e00-\u9fff]", body.replace("調查", ""))
    assert subject == "LINYA 123456"


def test_nothing_but_marked_pieces_changes_on_a_page(rt: Runtime) -> None:
    marked = pieces.said_in("en", "A <b>bold</b> " + pieces.said_in("zh", "橋") + " word")
    text = f'<p title="{marked}">{marked}</p><option>{marked}</option><svg><text>{marked}</text></svg>'
    inner = 'A <b>bold</b> <span lang="zh-Hant-TW">橋</span> word'
    assert spoken(f"<i>{marked}</i>") == f'<i><span lang="en">{inner}</span></i>'
    shown = spoken(text.replace("<b>", "").replace("</b>", ""))
    assert shown.count("<span") == 2
    assert not FOREIGN.search(shown)
    assert (
        spoken('<p data-words="{&#34;\\ufdd0en\\ufdd1x\\ufdd2&#34;}">a</p>')
        == '<p data-words="{&#34;x&#34;}">a</p>'
    )
    assert spoken("<p>\ufdd0en\ufdd1open</p>") == "<p>open</p>"
