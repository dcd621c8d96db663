"""The further languages: complete where a voter walks, the same facts, their own letters."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import pytest
from jinja2 import Environment, StrictUndefined

from pbvote.core.errors import every_error
from pbvote.platform.runtime import MailTemplate
from pbvote.words import mails
from pbvote.words.catalogue import texts
from pbvote.words.errors import all_texts
from pbvote.words.language import LANGUAGES, in_language, named, offered
from pbvote.words.promises import PROMISES
from tests.architecture.source import ROOT

FURTHER = [each.code for each in offered() if each.code not in LANGUAGES]
TO_VOTERS = (
    MailTemplate.CONTACT_CODE,
    MailTemplate.TOKEN_ISSUED,
    MailTemplate.SIGN_IN,
    MailTemplate.VOTE_OPENS,
    MailTemplate.VOTE_LAST_DAY,
    MailTemplate.VOTE_RESULTS,
)
CHINESE = re.compile("[\u3400-\u9fff\uff00-\uffef\u3000-\u303f]+")
EXAMPLES = {"公園", "步道"}
"""Words to search for, which are Chinese because what is searched is."""
LETTERS = {"vi": r"[\u0102-\u01b0\u1ea0-\u1ef9]", "th": r"[\u0e00-\u0e7f]"}
"""Letters that no other of our languages has."""


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogue_tool", ROOT / "tools" / "catalogue.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_largest_groups_of_foreign_residents_have_their_language() -> None:
    assert {"vi", "id", "th"} <= set(FURTHER)


@pytest.mark.parametrize("code", FURTHER)
def test_the_way_from_call_to_receipt_is_complete(tool: ModuleType, code: str) -> None:
    uses = tool.found(code)
    way = [text for text, places in uses.items() if tool.on_the_way(places)]
    assert len(way) > 800
    assert [text for text in way if not texts(code).get(text)] == []


def test_a_gap_on_the_way_is_a_fault_and_elsewhere_is_none(tool: ModuleType) -> None:
    way, elsewhere = ["templates/booth/receipt.html"], ["templates/site/privacy.html"]
    assert len(tool.faults("vi", {"您好": way}, {})) == 1
    assert tool.faults("vi", {"您好": elsewhere}, {}) == []
    assert tool.faults("vi", {"您好": way}, {"您好": "Xin chào"}) == []
    assert len(tool.faults("vi", {"%(a)s 案": way}, {"%(a)s 案": "dự án"})) == 1
    assert len(tool.faults("vi", {"%(a)s 案": way}, {"%(a)s 案": "%(b)s dự án"})) == 1


@pytest.mark.parametrize("code", FURTHER)
def test_a_text_has_the_facts_of_its_chinese(tool: ModuleType, code: str) -> None:
    assert tool.faults(code, tool.found(code), texts(code)) == []


@pytest.mark.parametrize("code", FURTHER)
def test_no_text_is_left_in_another_language(code: str) -> None:
    found = {text: set(CHINESE.findall(said)) - EXAMPLES for text, said in texts(code).items()}
    assert {text: signs for text, signs in found.items() if signs} == {}
    foreign = [letters for other, letters in LETTERS.items() if other != code]
    mixed = [said for said in texts(code).values() for letters in foreign if re.search(letters, said)]
    assert mixed == []


@pytest.mark.parametrize("code", FURTHER)
def test_a_file_says_its_name_and_that_a_speaker_has_still_to_read_it(code: str) -> None:
    tongue = named(code)
    assert tongue.name != code
    assert tongue.needs_review
    assert tongue.catalogue
    assert tongue.catalogue.read_text(encoding="utf-8").startswith("# ")  # the glossary


@pytest.mark.parametrize("code", FURTHER)
@pytest.mark.parametrize("template", TO_VOTERS)
def test_mails_to_voters(code: str, template: MailTemplate) -> None:
    source = mails.source(template.value, code)
    assert source.startswith("Subject: ")
    assert not CHINESE.search(source)
    assert source != mails.source(template.value, "en")
    facts = {"origin": "https://o.example", "code": "123456", "minutes": 30, "title": "t", "name": "n"}
    facts |= {
        "call_title": "c",
        "call_id": "i",
        "issue_until": "2026-05-09",
        "unsubscribe": "/u",
        "token": "x",
    }
    written = Environment(undefined=StrictUndefined, autoescape=True).from_string(source).render(facts)
    assert "{{" not in written


@pytest.mark.parametrize("code", FURTHER)
def test_promises_are_kept_in_every_language(code: str) -> None:
    with in_language(code):
        said = [promise.say() for promise in PROMISES]
    assert [text for text in said if CHINESE.search(text) or "\ufdd0" in text] == []


@pytest.mark.parametrize("code", FURTHER)
def test_what_refuses_a_voter_at_check_in_and_box_is_said_in_their_language(code: str) -> None:
    # those of the record are met by readers of records, whichever test has loaded them before
    codes = {cls.code for cls in every_error() if not cls.__module__.startswith("pbvote.core.record")}
    met = [
        code
        for code in codes
        if code.startswith(("identity.", "eligibility.", "ballot.", "http.", "receipt."))
    ]
    met += ["internal", "registrar.already-issued", "stage.closed", "box.sealed", "calls.unknown"]
    lacking = [each for each in met if each in all_texts() and not texts(code).get(all_texts()[each]["zh"])]
    assert lacking == []
    assert len(met) > 25
